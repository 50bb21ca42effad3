"""Macros are text: `${name:a;b}`, `${name;a;b}` and `$name(a, b)` are replaced before anything is parsed."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import FilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_NESTING = 32
"""Macros inside macros."""

MAX_LENGTH = 1 << 20
"""Characters of an expanded filter; macros that multiply each other end here."""

SHIPPED: Mapping[str, str] = {
    "private_ipv4": "$1 in {10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16}",
    "private_ipv6": "$1 == fc00::/7",
    "private_ethernet": "$1[0] & 02",
}
"""Macros that are always there."""

_CALL = re.compile(r"\$(?:\{|([A-Za-z_][A-Za-z0-9_]*)\()")
_NAME = re.compile(r"[A-Za-z0-9_]*\Z")
_ARGUMENT = re.compile(r"\$([0-9]+)")
_LINE = re.compile(r'\s*"?([A-Za-z0-9_]+)"?(?:\([^)]*\))?\s*[, ]\s*(.*?)\s*\Z')


class Expansion(NamedTuple):
    """A filter without macros.

    Attributes:
        text: what is left to parse.
        pieces: (begin in `text`, begin in the original, end in the original, whether it was replaced).
    """

    text: str
    pieces: tuple[tuple[int, int, int, bool], ...]

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        """The characters of the original filter that became these; a macro call as a whole."""
        starts = [piece[0] for piece in self.pieces]

        def place(at: int, side: int) -> int:
            begin, first, last, replaced = self.pieces[max(bisect_right(starts, at) - 1, 0)]
            return (first, last)[side] if replaced else min(first + at - begin, last)

        if not self.pieces:
            return span
        first, last = place(span[0], 0), place(max(span[1] - 1, span[0]), 1)
        _, _, _, replaced = self.pieces[max(bisect_right(starts, max(span[1] - 1, span[0])) - 1, 0)]
        return first, last if replaced else last + (1 if span[1] > span[0] else 0)


def expanded(text: str, macros: Mapping[str, str], is_field: Callable[[str], bool]) -> Expansion:
    """The filter with its macros replaced.

    Args:
        text: the filter.
        macros: name to text with `$1`, `$2`, … for the arguments.
        is_field: `${x}` with the name of a field is a reference and stays.

    Raises:
        FilterError: a macro does not exist, has other arguments, is broken or nested too deeply.
    """
    pieces: list[tuple[int, int, int, bool]] = []
    done: list[str] = []
    length = at = 0
    for begin, end, body in _replacements(text, macros, is_field):
        try:
            new = _wholly_expanded(body, macros, is_field)
        except FilterError as error:
            raise FilterError(str(error), span=(begin, end), hint=error.hint) from None
        for piece, first, last, replaced in ((text[at:begin], at, begin, False), (new, begin, end, True)):
            pieces.append((length, first, last, replaced))
            done.append(piece)
            length += len(piece)
        at = end
    pieces.append((length, at, len(text), False))
    done.append(text[at:])
    return Expansion("".join(done), tuple(pieces))


def read_macros(text: str) -> dict[str, str]:
    """The macros of a file in Wireshark's format: lines `"name","text"` or `"name" text`; `#` comments."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = None if line.lstrip().startswith("#") else _LINE.match(line)
        if match:
            name, body = match.groups()
            is_quoted = len(body) > 1 and body.startswith('"') and body.endswith('"')
            found[name] = (
                re.sub(r'\\(.)|""', lambda one: one.group(1) or '"', body[1:-1]) if is_quoted else body
            )
    return found


def _replacements(
    text: str, macros: Mapping[str, str], is_field: Callable[[str], bool]
) -> list[tuple[int, int, str]]:
    """Of each macro call: first character, one past the last, and the body, which may have more calls."""
    found: list[tuple[int, int, str]] = []
    at = 0
    while match := _outside_strings(text, at):
        name, arguments, at = _call(text, match)
        if match.group(1) is not None or not is_field(name.lstrip("@").split("#")[0]):
            found.append((match.start(), at, _body(name, arguments, macros, (match.start(), at))))
    return found


def _wholly_expanded(text: str, macros: Mapping[str, str], is_field: Callable[[str], bool]) -> str:
    """A macro's body without macros."""
    for _ in range(MAX_NESTING):
        calls = _replacements(text, macros, is_field)
        if not calls:
            return text
        for begin, end, new in reversed(calls):
            text = text[:begin] + new + text[end:]
        if len(text) > MAX_LENGTH:
            raise FilterError("The macros make the filter too long.")
    raise FilterError("too much nesting in macros", hint="A macro may not contain itself.")


def _outside_strings(text: str, at: int) -> re.Match[str] | None:
    """The next macro call that is not inside a quoted string."""
    while at < len(text):
        character = text[at]
        if character in "\"'":
            at += 1
            while at < len(text) and text[at] != character:
                at += 2 if text[at] == "\\" else 1
        elif character == "$":
            match = _CALL.match(text, at)
            if match:
                return match
        at += 1
    return None


def _call(text: str, match: re.Match[str]) -> tuple[str, list[str], int]:
    """Name and arguments of the call at `match`, and where it ends."""
    closing, separator = ("}", ";") if match.group(1) is None else (")", ",")
    end = text.find(closing, match.end())
    if end < 0:
        raise FilterError(
            "end of filter in the middle of a macro expression",
            span=(match.start(), len(text)),
            hint=f"Close it with `{closing}`.",
        )
    inside = text[match.end() : end]
    if match.group(1) is not None:
        name, given = match.group(1), inside
        is_empty = not inside.strip()
    else:
        name, found, given = _split_name(inside)
        is_empty = not found or not given
    return name, [] if is_empty else _arguments(given, separator), end + 1


def _split_name(inside: str) -> tuple[str, bool, str]:
    """`name:arguments` or `name;arguments`."""
    first = re.search("[:;]", inside)
    if first is None:
        return inside, False, ""
    return inside[: first.start()], True, inside[first.end() :]


def _arguments(text: str, separator: str) -> list[str]:
    """Arguments by their separator; a backslash takes the next character as it is."""
    pieces = [""]
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            pieces[-1] += text[at + 1]
            at += 2
            continue
        if text[at] == separator:
            pieces.append("")
        else:
            pieces[-1] += text[at]
        at += 1
    return [piece.strip() for piece in pieces]


def _body(name: str, arguments: list[str], macros: Mapping[str, str], span: tuple[int, int]) -> str:
    if not _NAME.match(name):
        raise FilterError(
            "invalid character in macro name",
            span=span,
            hint="A reference to the selected packet names a field: ${ip.src}." if "." in name else "",
        )
    if name not in macros:
        known = ", ".join(sorted(macros)) or "none"
        raise FilterError(f"macro '{name}' does not exist", span=span, hint=f"Known macros: {known}.")
    body = macros[name]
    wanted = max((int(number) for number in _ARGUMENT.findall(body)), default=0)
    if wanted != len(arguments):
        raise FilterError(
            f"wrong number of arguments for macro '{name}', expecting {wanted} instead of {len(arguments)}",
            span=span,
        )
    if not all(arguments):
        raise FilterError(f"null argument in macro '{name}'", span=span, hint="Every argument needs a text.")
    return _ARGUMENT.sub(lambda match: arguments[int(match.group(1)) - 1], body)
