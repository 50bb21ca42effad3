"""A broken request raises one of five errors, each with a sentence a user can act on.

Broken *packets* are data (stop rows) and never raise. Anything else that escapes is a bug of ours.
"""


class SynfinError(Exception):
    """Base of everything synfin raises on purpose; `str()` is a whole sentence for the user."""


class CaptureError(SynfinError):
    """A capture cannot be opened or read at all.

    Args:
        message: what is wrong and what to do, as one sentence.
        path: the file as the user named it, or "-" for standard input.
        offset: byte in the (decompressed) file where reading failed, -1 if no position applies.
        permitted: False if only a permission is missing.
    """

    def __init__(self, message: str, *, path: str = "", offset: int = -1, permitted: bool = True) -> None:
        super().__init__(message)
        self.path = path
        self.offset = offset
        self.permitted = permitted


class FilterError(SynfinError):
    """A display filter cannot be understood.

    Args:
        message: what is wrong.
        span: first and one-past-last character of the offending text.
        hint: what the user may have meant, or "".
        source: the filter as the user wrote it, "" if no filter was written.
    """

    def __init__(
        self, message: str, *, span: tuple[int, int] = (0, 0), hint: str = "", source: str = ""
    ) -> None:
        super().__init__(message)
        self.span = span
        self.hint = hint
        self.source = source


class DefinitionError(SynfinError):
    """A protocol, fact or other plug-in value contradicts itself or another one."""


class ExportError(SynfinError):
    """Output cannot be written as asked.

    Args:
        message: what is wrong and what to do, as one sentence.
        permitted: False if only a permission is missing.
        begun: True if some of it had been written before.
    """

    def __init__(self, message: str, *, permitted: bool = True, begun: bool = False) -> None:
        super().__init__(message)
        self.permitted = permitted
        self.begun = begun


class EngineError(SynfinError):
    """A job could not be run to its end."""
