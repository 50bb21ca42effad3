"""Cuts the text of a filter into words, literals, strings and operators, the longest match first."""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

from synfin.basics.errors import FilterError


class Lexeme(Enum):
    """What sort of token it is."""

    WORD = "word"
    FIELD = "field with a leading dot"
    LITERAL = "address or bytes"
    STRING = "quoted string"
    CHARACTER = "character constant"
    OPERATOR = "operator"
    RANGES = "what stands in brackets"
    LAYERS = "what stands after #"
    REFERENCE = "${field}"
    END = "end"


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: what sort it is.
        text: operators in their first spelling (`&&` for `and`); words as written; ranges without brackets.
        begin: first character.
        end: one past the last.
        value: bytes of a string or character constant.
    """

    kind: Lexeme
    text: str
    begin: int
    end: int
    value: bytes = b""


WORDS = {
    "eq": "==",
    "any_eq": "==",
    "ne": "!=",
    "all_ne": "!=",
    "all_eq": "===",
    "any_ne": "!==",
    "gt": ">",
    "ge": ">=",
    "lt": "<",
    "le": "<=",
    "contains": "contains",
    "matches": "matches",
    "and": "&&",
    "or": "||",
    "not": "!",
    "in": "in",
    "any": "any",
    "all": "all",
    "bitwise_and": "&",
}
"""Operators that are words, and what they mean. Upper case is no keyword."""

SYMBOLS = {"~": "matches", "~=": "~="}

_OPERATOR = re.compile(r"===|!==|~=|==|!=|>=|<=|&&|\|\||\.\.|[~><!+\-*/%&(){},@]")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}(?:/[0-9]{{1,2}})?")
_HEX2 = "[0-9A-Fa-f]{2}"
_BYTES = re.compile(
    rf"{_HEX2}(?:(?::{_HEX2})+|(?:-{_HEX2})+|(?:\.{_HEX2})+)|[0-9A-Fa-f]{{4}}(?:\.[0-9A-Fa-f]{{4}}){{2}}"
)
_COLON_BYTES = re.compile(r":[0-9A-Fa-f]+(?:[:.\-][0-9A-Fa-f]+)*")
_MAYBE_IPV6 = re.compile(r"(?:[0-9A-Fa-f]{0,4}:){2,8}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4})?")
_IPV6_PREFIX = re.compile(r"/[0-9]{1,3}")
_BLANK = re.compile(r"[ \t\r\n]+")
_REFERENCE = re.compile(r"\$\{(@?[^{}\s]*)\}|\$(@?[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)(?!\()")
_LAYERS = re.compile(r"#(?:([0-9]+)|\[([^\]\"]*)\])")
_RANGES = re.compile(r"\[([^\]\"]*)\]")
_SIMPLE_ESCAPES = {
    "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34,
}  # fmt: skip
_NUMERIC_ESCAPE = re.compile(r"([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")


def tokens(text: str) -> list[Token]:
    """The tokens of a filter, ending with `END`.

    Raises:
        FilterError: a string, character constant or bracket is broken.
    """
    found: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            found.append(Token(Lexeme.END, "", len(text), len(text)))
            return found
        found.append(_token(text, at))
        at = found[-1].end


def _token(text: str, at: int) -> Token:
    first = text[at]
    if first == '"' or (first in "rR" and text[at + 1 : at + 2] == '"'):
        return _string(text, at)
    if first == "'":
        return _character(text, at)
    if first == "#":
        return _bracketed(text, at, _LAYERS, Lexeme.LAYERS)
    if first == "[":
        return _bracketed(text, at, _RANGES, Lexeme.RANGES)
    if first == "$":
        return _reference(text, at)
    return _longest(text, at)


def _longest(text: str, at: int) -> Token:
    """Addresses, words and operators compete; the longest wins, and literals win ties."""
    candidates = [
        (_end(_IPV4, text, at), Lexeme.LITERAL),
        (_end_of_ipv6(text, at), Lexeme.LITERAL),
        (_end(_BYTES, text, at), Lexeme.LITERAL),
        (_end(_COLON_BYTES, text, at), Lexeme.LITERAL),
        (_end(_WORD, text, at), Lexeme.WORD),
        (_end(_WORD, text, at + 1) if text[at] == "." else 0, Lexeme.FIELD),
        (_end(_OPERATOR, text, at), Lexeme.OPERATOR),
    ]
    end, kind = max(candidates, key=lambda candidate: candidate[0])
    if end == 0:
        return Token(Lexeme.OPERATOR, text[at], at, at + 1)
    word = text[at:end]
    if kind is Lexeme.WORD and word in WORDS:
        return Token(Lexeme.OPERATOR, WORDS[word], at, end)
    if kind is Lexeme.OPERATOR:
        return Token(kind, SYMBOLS.get(word, word), at, end)
    return Token(kind, word[1:] if kind is Lexeme.FIELD else word, at, end)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else 0


def _end_of_ipv6(text: str, at: int) -> int:
    match = _MAYBE_IPV6.match(text, at)
    if not match:
        return 0
    for end in range(match.end(), at + 1, -1):
        try:
            IPv6Address(text[at:end])
        except AddressValueError:
            continue
        prefix = _IPV6_PREFIX.match(text, end)
        return prefix.end() if prefix else end
    return 0


def _bracketed(text: str, at: int, pattern: re.Pattern[str], kind: Lexeme) -> Token:
    match = pattern.match(text, at)
    if match:
        inside = next((group for group in match.groups() if group is not None), "")
        return Token(kind, inside, at, match.end())
    if kind is Lexeme.RANGES or text[at + 1 : at + 2] == "[":
        raise FilterError(
            "The right bracket was missing from a slice.", span=(at, len(text)), hint="Close it with `]`."
        )
    if at + 1 >= len(text):
        raise FilterError(
            "Unexpected end of filter expression.",
            span=(at, at + 1),
            hint="After `#` comes a layer's number.",
        )
    raise FilterError(
        f'Expected digit or "[", not "{text[at + 1]}".',
        span=(at, at + 2),
        hint="`#` picks a layer, as in `ip.src#2`; filters have no comments.",
    )


def _reference(text: str, at: int) -> Token:
    match = _REFERENCE.match(text, at)
    if not match:
        return Token(Lexeme.OPERATOR, "$", at, at + 1)
    name = match.group(1) if match.group(1) is not None else match.group(2)
    end = match.end()
    if match.group(1) is None:
        layers = _LAYERS.match(text, end)
        if layers:
            name, end = text[match.start(2) : layers.end()], layers.end()
    return Token(Lexeme.REFERENCE, name, at, end)


def _string(text: str, at: int) -> Token:
    raw = text[at] != '"'
    begin = at + 2 if raw else at + 1
    end = _closing_quote(text, begin, '"')
    if end < 0:
        raise FilterError(
            "The final quote was missing from a quoted string.",
            span=(at, len(text)),
            hint='Close it with `"`.',
        )
    value = text[begin:end].encode("utf-8", "surrogateescape") if raw else _unescaped(text, begin, end)
    return Token(Lexeme.STRING, text[at : end + 1], at, end + 1, value)


def _closing_quote(text: str, at: int, quote: str) -> int:
    """Where the closing quote stands, -1 if nowhere; a backslash hides the character after it."""
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    return at if at < len(text) else -1


def _character(text: str, at: int) -> Token:
    end = _closing_quote(text, at + 1, "'")
    if end < 0:
        raise FilterError("The final quote was missing from a character constant.", span=(at, len(text)))
    span, written = (at, end + 1), text[at : end + 1]
    if end == at + 1:
        raise FilterError(
            "Empty character constant.", span=span, hint="One character goes between the quotes."
        )
    try:
        value = _unescaped(text, at + 1, end)
    except FilterError:
        raise FilterError(f"{written} isn't a valid character constant.", span=span) from None
    if len(value) > 1 and text[at + 1] != "\\" and end - at == 2:
        raise FilterError(f"{written} is no ASCII character.", span=span, hint="Write its bytes as a string.")
    if len(value) != 1:
        hint = "Strings are written with double quotes."
        raise FilterError(f"{written} is too long to be a valid character constant.", span=span, hint=hint)
    return Token(Lexeme.CHARACTER, written, at, end + 1, value)


def _unescaped(text: str, at: int, end: int) -> bytes:
    pieces: list[bytes] = []
    while at < end:
        plain = text.find("\\", at, end)
        stop = end if plain < 0 else plain
        pieces.append(text[at:stop].encode("utf-8", "surrogateescape"))
        at = stop
        if at < end:
            piece, at = _escape(text, at, end)
            pieces.append(piece)
    return b"".join(pieces)


def _escape(text: str, at: int, end: int) -> tuple[bytes, int]:
    """The bytes of the escape sequence at `at`, and where it ends."""
    letter = text[at + 1]
    if letter in _SIMPLE_ESCAPES:
        return bytes([_SIMPLE_ESCAPES[letter]]), at + 2
    match = _NUMERIC_ESCAPE.match(text, at + 1, end)
    if not match:
        problem = "universal character name" if letter in "uU" else "character escape sequence"
        raise FilterError(
            f"\\{letter} is not a valid {problem}.",
            span=(at, at + 2),
            hint='Write `\\\\` for a backslash, or use a raw string: r"…".',
        )
    octal, hexadecimal, *universal = match.groups()
    if octal is not None or hexadecimal is not None:
        value = int(octal, 8) if octal is not None else int(hexadecimal, 16)
        if value > 255:
            raise FilterError(f"\\{octal} is larger than 255.", span=(at, match.end()))
        return bytes([value]), match.end()
    return _universal(int(universal[0] or universal[1], 16), text, (at, match.end())), match.end()


def _universal(point: int, text: str, span: tuple[int, int]) -> bytes:
    """UTF-8 of a code point, with the restrictions of C."""
    if (point < 0xA0 and point not in (0x24, 0x40, 0x60)) or 0xD800 <= point <= 0xDFFF or point > 0x10FFFF:
        raise FilterError(f"{text[span[0] : span[1]]} is not a valid universal character name.", span=span)
    return chr(point).encode()
