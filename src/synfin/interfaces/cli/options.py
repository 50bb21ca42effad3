"""Options that several subcommands share, and how a command ends."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from synfin.session import Session

Decorated = Any

LONGEST_KEY = 4096
"""Characters of a key."""


def language() -> str:
    """The reader's language by the locale: "zh" or "en"."""
    import os

    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if chosen.lower().startswith("zh") else "en"


def lang_option(function: Decorated) -> Decorated:
    """`--lang en|zh`."""
    return click.option(
        "--lang", type=click.Choice(["en", "zh"]), default=language, help="Language [default: by the locale]."
    )(function)


def color_option(function: Decorated) -> Decorated:
    """`--color auto|always|never`; NO_COLOR is obeyed."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colours [default: auto].",
    )(function)


def output_option(function: Decorated) -> Decorated:
    """`-o FILE`."""
    return click.option("-o", "--output", metavar="FILE", help="Write to FILE [default: standard output].")(
        function
    )


def anonymize_options(function: Decorated) -> Decorated:
    """`--anonymize`, and what decides which address becomes which."""
    for option in (
        click.option("--key-file", metavar="FILE", help="Take the key from FILE; made if it is not there."),
        click.option("--key", metavar="WORDS", help="The same key replaces the same addresses alike."),
        click.option(
            "--anonymize",
            is_flag=True,
            help="Replace addresses (those with a common prefix alike), zero contents, leave out names and "
            "remarks; times, sizes, ports, sequence numbers and verdicts stay.",
        ),
    ):
        function = option(function)
    return function


def anonymous(session: Session, *, anonymize: bool, key: str | None, key_file: str | None) -> Session:
    """The capture as it is to be shown; a key made by chance is told on standard error."""
    import secrets

    from synfin.operations import anonymized

    if not anonymize:
        if key is not None or key_file is not None:
            raise click.UsageError("A key is of use only with --anonymize.")
        return session
    if key is not None and key_file is not None:
        raise click.UsageError("Give the key with --key or with --key-file, not with both.")
    if key_file is not None:
        return anonymized(session, _key_in(key_file))
    if key is None:
        key = secrets.token_hex(16)
        click.echo(f"synfin: addresses replaced with --key {key} (whoever has it can tell which)", err=True)
    return anonymized(session, key)


def _key_in(path: str) -> str:
    """The key that a file holds; a new one, readable by its owner only, where there is no file."""
    import os
    import secrets

    from synfin.basics.errors import CaptureError
    from synfin.capture.writing import unwritable

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as the user named it
                key = file.read(LONGEST_KEY).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CaptureError(f"{path} cannot be read as a key: {error}.", path=path) from None
        if not key:
            raise CaptureError(f"{path} holds no key.", path=path) from None
        return key
    except OSError as error:
        raise unwritable(path, error) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        key = secrets.token_hex(16)
        file.write(key + "\n")
    return key


def deliver(text: str, path: str | None, session: Session | None = None) -> None:
    """Write a finished text to a file, or to standard output.

    Raises:
        ExportError: the file cannot be written, or is the capture that the text is about.
    """
    from pathlib import Path

    from synfin.capture.writing import unwritable

    if path is None or path == "-":
        click.echo(text, nl=False)
        return
    if session is not None:
        spare_capture(path, session)
    try:
        Path(path).write_text(text, "utf-8")
    except OSError as error:
        raise unwritable(path, error) from None


def spare_capture(path: str | None, session: Session) -> None:
    """Refuse to write to the file that is being read; asked before any work is done for nothing.

    Raises:
        ExportError: it is that file.
    """
    from synfin.basics.errors import ExportError
    from synfin.capture.writing import are_same

    if path and any(are_same(read, path) for read in session.capture.paths):
        raise ExportError(f"{path} is the capture being read; write to another file.")


def output_file(path: str | None) -> AbstractContextManager[IO[bytes]]:
    """Where a result goes: a file that is there whole or not at all, or standard output.

    What is no plain file, a device or a pipe, is never replaced by one: it is written to.

    Raises:
        OSError: the system refuses.
    """
    from pathlib import Path

    if path is None or path == "-":
        return click.open_file("-", "wb")
    is_plain = Path(path).is_file() or not Path(path).exists()
    return click.open_file(path, "wb", atomic=is_plain)


def colored(choice: str) -> bool:
    """Whether to colour what goes to standard output."""
    import os

    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return choice == "always"


def open_files(files: Iterable[str], **settings: Any) -> Session:  # noqa: ANN401 - passed on
    """Open captures for a command, telling on standard error when kernels have to be compiled first."""
    from synfin.basics.kernel import when_compiling
    from synfin.engine.memory import end_loading, keep_freed_memory
    from synfin.engine.pipeline import switch_promptly
    from synfin.operations import open_session

    keep_freed_memory()
    switch_promptly()
    when_compiling(_tell_once())
    session = open_session(*files, **settings)
    end_loading()
    click.get_current_context().call_on_close(session.capture.close)
    return session


def _tell_once() -> Callable[[str], None]:
    told: list[str] = []

    def tell(name: str) -> None:
        if not told:
            click.echo("synfin: preparing its kernels for this machine, once; a few seconds …", err=True)
        told.append(name)

    return tell


def write(pieces: Iterable[bytes | memoryview], session: Session) -> None:
    """Write to standard output; with a progress bar where that does not go to the terminal itself."""
    from contextlib import nullcontext

    from synfin.interfaces.cli.progress import progress

    out = sys.stdout.buffer
    with nullcontext() if sys.stdout.isatty() else progress(session):
        for piece in pieces:
            out.write(piece)
            if session.capture.is_live:
                out.flush()
    out.flush()


def problems(session: Session) -> int:
    """Say what was wrong with the files; the exit code that this means."""
    for problem in session.capture.problems:
        where = f"{problem.path}: " if problem.path else ""
        click.echo(
            f"synfin: {where}{problem.message} (byte {problem.offset}; {problem.packet} packets kept)",
            err=True,
        )
    return 4 if session.capture.problems else 0
