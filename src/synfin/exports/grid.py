"""A grid of numbers and words as text, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.dissect import text
from synfin.dissect.text import LONGEST_DECIMAL, PAIRS, put_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Bytes, Flags, Integers

UNKNOWN = int(np.iinfo(np.int64).min)
"""Stands for a number that is not known."""


class Column(NamedTuple):
    """How the cells of a column are written.

    Attributes:
        texts: of words, each of them, a cell being an index; of numbers, what stands before each, and what is
            written instead of an unknown one.
        is_number: whether its cells are numbers.
    """

    texts: Sequence[str]
    is_number: bool


class Grid:
    """Writes rows of the same columns."""

    def __init__(self, columns: Sequence[Column], end: str) -> None:
        """Prepare the texts; `end` is written after each row."""
        texts = text.from_list([*(one for column in columns for one in column.texts), end])
        firsts = np.cumsum([0] + [len(column.texts) for column in columns])
        is_number = np.array([column.is_number for column in columns], np.bool_)
        self._kinds, self._texts = (firsts, is_number), (texts.data, texts.ends)
        longest = np.maximum.reduceat(np.diff(texts.ends), firsts)
        self._longest = int(longest.sum()) + LONGEST_DECIMAL * int(is_number.sum())

    def written(self, cells: Integers) -> memoryview:
        """The rows with these cells: int64 (columns, rows)."""
        out = np.empty(cells.shape[1] * self._longest + LONGEST_DECIMAL, np.uint8)
        return out.data[: write(cells, self._kinds, self._texts, PAIRS, out)]


@kernel
def write(
    cells: Integers,
    kinds: tuple[Integers, Flags],
    texts: tuple[Bytes, Integers],
    pairs: Bytes,
    out: Bytes,
) -> int:
    """Write the cells of each row, and its end.

    Args:
        cells: see `Grid.written`.
        kinds: of each column the index of its first text, then that of the end; whether it holds numbers.
        texts: of all columns, and where each begins.
        pairs: `PAIRS`.
        out: long enough for everything.

    Returns:
        bytes written.
    """
    firsts, is_number = kinds
    data, ends = texts
    at, columns = 0, len(is_number)
    for row in range(cells.shape[1]):
        for column in range(columns + 1):
            which, value = firsts[column], np.int64(UNKNOWN)
            if column < columns:
                value = cells[column, row]
                if not is_number[column]:
                    which += value
                    value = np.int64(UNKNOWN)
                elif value == UNKNOWN:
                    which += 1
            for position in range(ends[which], ends[which + 1]):
                out[at] = data[position]
                at += 1
            if value != UNKNOWN:
                at = put_decimal(out, at, int(value), pairs)
    return at
