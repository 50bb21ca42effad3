"""Rows that are alike bear the same number: what is said of them is worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.connections.endpoints import SECRET
from synfin.connections.group import LOAD

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values


def alike(rows: Integers) -> tuple[Integers, Integers]:
    """The number of each row (n, words), in the order in which they first appear; the first row of each."""
    slots = np.zeros(1 << (LOAD * len(rows)).bit_length(), np.int32)
    numbers, firsts = np.empty((2, len(rows)), np.int64)
    return numbers, firsts[: number(rows, slots, (numbers, firsts), SECRET)]


@kernel
def number(rows: Integers, slots: Values, out: tuple[Integers, Integers], secret: Integers) -> int:
    """Number the rows.

    Args:
        rows: (n, words).
        slots: a power of two of them, all 0; a number + 1 where one was put.
        out: see `alike`; filled.
        secret: `SECRET`, so that nobody can choose rows that all fall into one place.

    Returns:
        how many different ones there are.
    """
    numbers, firsts = out
    mask, words, count = len(slots) - 1, rows.shape[1], 0
    for row in range(len(rows)):
        at = secret[9]
        for word in range(words):
            for half in (rows[row, word] & 0xFFFFFFFF, (rows[row, word] >> 32) & 0xFFFFFFFF):
                at = ((at ^ half) * secret[word & 7]) & 0xFFFFFFFF
                at ^= at >> 15
        at &= mask
        while slots[at] != 0:
            other, same = firsts[slots[at] - 1], 0
            while same < words and rows[other, same] == rows[row, same]:
                same += 1
            if same == words:
                break
            at = (at + 1) & mask
        if slots[at] == 0:
            firsts[count] = row
            count += 1
            slots[at] = count
        numbers[row] = slots[at] - 1
    return count
