"""A display filter, ready to run: text in, one bool per packet out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synfin.basics.errors import FilterError
from synfin.filters.capture_filter import translated
from synfin.filters.checking.check import Checker
from synfin.filters.evaluation.evaluate import matching
from synfin.filters.language.grammar import parse
from synfin.filters.language.macros import SHIPPED, expanded
from synfin.filters.language.printing import printed, tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synfin.basics.arrays import Flags
    from synfin.dissect.catalogue import Catalogue
    from synfin.dissect.table import PacketTable
    from synfin.filters.checking import checked
    from synfin.filters.checking.operands import Selected
    from synfin.filters.language import syntax


LINE = 160
"""Characters of the filter that are shown around an error."""

TEXT = 1000
"""Characters of a message or hint, which may quote the filter."""


@dataclass(frozen=True)
class Filter:
    """A filter that was understood.

    Attributes:
        text: as the user wrote it.
        syntax: what it says.
        test: what is evaluated.
        fields: names of the fields and protocols it needs.
        warnings: sentences about what may not be meant; the filter works all the same.
        catalogue: the fields it was checked against.
    """

    text: str
    syntax: syntax.Test
    test: checked.Test
    fields: frozenset[str]
    warnings: tuple[str, ...]
    catalogue: Catalogue

    def mask(self, table: PacketTable) -> Flags:
        """One bool per packet of the chunk: True where it matches.

        Raises:
            FilterError: arithmetic between fields of which a packet has absurdly many values.
        """
        return matching(self.test, table)

    def printed(self) -> str:
        """The filter in its plainest spelling."""
        return printed(self.syntax)

    def tree(self) -> list[str]:
        """What was understood, as lines of an indented tree."""
        return tree(self.syntax)


def compile_filter(
    text: str,
    catalogue: Catalogue,
    *,
    macros: Mapping[str, str] | None = None,
    references: Mapping[str, Sequence[Selected]] | None = None,
) -> Filter:
    """Understand a display filter; the empty one selects every packet.

    Args:
        text: a filter in Wireshark's language.
        catalogue: the fields there are.
        macros: the user's macros by name, besides the shipped ones; see `macros.read_macros`.
        references: values of fields in the selected packet, for `${field}`; see `references.selected`.

    Raises:
        FilterError: it cannot be understood; `render_error` makes lines of it.
    """
    try:
        return _compiled(text, catalogue, macros or {}, references or {})
    except FilterError as error:
        hint = _as_capture_filter(text, catalogue) or error.hint
        raise FilterError(str(error), span=error.span, hint=hint, source=text) from None


def _compiled(
    text: str, catalogue: Catalogue, macros: Mapping[str, str], references: Mapping[str, Sequence[Selected]]
) -> Filter:
    expansion = expanded(text, {**SHIPPED, **macros}, catalogue.fields.__contains__)
    checker = Checker(catalogue, references)
    try:
        parsed = parse(expansion.text)
        test = checker.test(parsed)
    except FilterError as error:
        raise FilterError(str(error), span=expansion.original(error.span), hint=error.hint) from None
    warnings = list(checker.warnings)
    if "~=" in expansion.text and "!==" in printed(parsed):
        warnings.append("Filter contains deprecated tokens: write `!==` instead of `~=`.")
    return Filter(text, parsed, test, checker.fields, tuple(warnings), catalogue)


def _as_capture_filter(text: str, catalogue: Catalogue) -> str:
    """A hint, if the text is a capture filter that says the same as some display filter."""
    display = translated(text)
    if not display:
        return ""
    try:
        _compiled(display, catalogue, {}, {})
    except FilterError:
        return "This looks like a capture filter (BPF), which is another language."
    return f"This is a capture filter (BPF). As a display filter: {display}"


def render_error(error: FilterError, text: str) -> str:
    """The error as lines: what is wrong, where (a caret under the text), and a hint.

    Args:
        error: what `compile_filter` raised.
        text: the filter as the user wrote it.
    """
    lines = [_window(str(error), 0, TEXT)[0]]
    begin, end = error.span
    if text and end > begin:
        line_begin = text.rfind("\n", 0, begin) + 1
        line_end = text.find("\n", begin)
        line = text[line_begin : len(text) if line_end < 0 else line_end]
        first = begin - line_begin
        width = max(min(end - line_begin, len(line)) - first, 1)
        line, first = _window(line, first)
        lines += [
            "  " + line,
            "  " + " " * _columns(line[:first]) + _marker(line[first : first + width], width),
        ]
    if error.hint:
        lines.append(_window(f"Hint: {error.hint}", 0, TEXT)[0])
    return "\n".join(lines)


def _window(line: str, first: int, most: int = LINE) -> tuple[str, int]:
    """The part of a long line around a position, made printable, and where the position is in it."""
    line = "".join(character if character.isprintable() else "·" for character in line)
    if len(line) <= most:
        return line, first
    begin = max(first - most // 2, 0)
    cut = line[begin : begin + most] + ("…" if begin + most < len(line) else "")
    return ("…" + cut if begin else cut), first - begin + (1 if begin else 0)


def _columns(text: str) -> int:
    """Terminal cells: Chinese characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _marker(marked: str, width: int) -> str:
    cells = max(_columns(marked), 1) if marked else min(width, 1)
    return "^" + "~" * (cells - 1)
