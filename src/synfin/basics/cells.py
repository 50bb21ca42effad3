"""How much room text takes in the cells of a terminal, and how it is fitted into them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOT_FIRST = frozenset(
    "\uff0c\u3002\u3001\uff1b\uff1a\uff1f\uff01\uff09\u300b\u300d\u300f\u201d\u2019\u2026\u00b7%,.;:!?)]}"
)
"""Characters that no line begins with: closing and pausing punctuation, full-width and plain."""

NOT_LAST = frozenset("\uff08\u300a\u300c\u300e\u201c\u2018([{")
"""Characters that no line ends with: opening punctuation."""

NO_BREAK_SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""


def cells(text: str) -> int:
    """How many columns the text takes: Chinese characters two, combining ones none (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(character) for character in text)


@lru_cache(maxsize=4096)
def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, align: str = "<") -> str:
    """The text filled up with blanks; `align` is <, > or ^. Longer text is left as it is."""
    room = max(width - cells(text), 0)
    before = {"<": 0, ">": room, "^": room // 2}[align]
    return " " * before + text + " " * (room - before)


def shortened(text: str, width: int) -> str:
    """The text, its end replaced by "…" if it is wider than `width`."""
    if cells(text) <= width:
        return text
    kept, taken = "", 1
    for character in text:
        taken += _cells_of(character)
        if taken > width:
            break
        kept += character
    return kept + "…" if width > 0 else ""


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, broken at blanks and between Chinese characters.

    A piece without a place to break that is wider than a line is cut. No-break spaces come out as blanks.
    """
    lines: list[str] = []
    line, used = "", 0
    for piece in _unbreakable(text):
        needed = cells(piece.rstrip(" "))
        while used + needed > width:
            if line:
                lines += [line.rstrip(" ")] if line.strip() else []
                line, used, piece = "", 0, piece.lstrip(" ")
            else:
                head = _cut(piece, width)
                lines.append(head)
                piece = piece[len(head) :]
            needed = cells(piece.rstrip(" "))
        line += piece
        used += cells(piece)
    if line.strip() or not lines:
        lines.append(line.rstrip(" "))
    return [made.replace(NO_BREAK_SPACE, " ") for made in lines]


def packed(texts: Sequence[str], width: int, separator: str = " · ") -> list[str]:
    """The texts side by side, separated, in as few lines as possible; a long one is wrapped."""
    lines: list[str] = []
    for text in texts:
        for piece in wrapped(text, width):
            if lines and cells(lines[-1]) + cells(separator) + cells(piece) <= width:
                lines[-1] += separator + piece
            else:
                lines.append(piece)
    return lines


def _cut(text: str, width: int) -> str:
    """As much of the text's beginning as fits, at least one character."""
    end = 1
    while end < len(text) and cells(text[: end + 1]) <= width:
        end += 1
    return text[:end]


def _unbreakable(text: str) -> Iterator[str]:
    """The pieces between which a line may end; blanks belong to the piece before them."""
    piece = ""
    for character in text:
        if piece and _may_break(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _may_break(left: str, right: str) -> bool:
    if left == " ":
        return right != " "
    if right in NOT_FIRST or left in NOT_LAST or right in (" ", NO_BREAK_SPACE) or left == NO_BREAK_SPACE:
        return False
    return _cells_of(left) == 2 or _cells_of(right) == 2
