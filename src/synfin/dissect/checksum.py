"""The Internet checksum (RFC 1071), summed over many stretches of bytes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from synfin.basics.arrays import Bytes, Integers

MUCH = 10_000
"""Bytes from which on the compiled loop is worth its start."""

GOOD = 0xFFFF
"""The sum over bytes that include a correct checksum."""


def internet_checksum(data: Bytes, start: ArrayLike, end: ArrayLike, initial: ArrayLike = 0) -> Integers:
    """One's-complement sum of the 16-bit words of each stretch, folded to 16 bits (RFC 1071 section 1).

    What a sender writes is the complement of this, taken with the checksum field as 0; over bytes that hold
    a correct checksum the sum is `GOOD`. An odd last byte counts as if a zero followed it.

    Args:
        data: uint8, the buffer.
        start: first byte of each stretch.
        end: one past its last byte; a stretch that ends before it starts is empty.
        initial: for each, a sum to begin with (a pseudo-header's), not negative; words may be unfolded.

    Returns:
        int64, 0 to 0xFFFF, one for each stretch.
    """
    first, last = (np.ascontiguousarray(bound, np.int64) for bound in np.broadcast_arrays(start, end))
    sums = np.array(np.broadcast_to(np.asarray(initial, np.int64), first.shape))
    much = int(np.maximum(last - first, 0).sum()) >= MUCH
    (_add_words if much else _add_words.plain)(sums, first, last, data)
    return sums


@kernel(plain_below=0)
def _add_words(sums: Integers, start: Integers, end: Integers, data: Bytes) -> None:
    for row in range(len(sums)):
        total = sums[row]
        even = start[row] + max(end[row] - start[row], 0) // 2 * 2
        for position in range(start[row], even, 2):
            total += (np.int64(data[position]) << 8) | np.int64(data[position + 1])
        if even < end[row]:
            total += np.int64(data[even]) << 8
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        sums[row] = total
