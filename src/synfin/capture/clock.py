"""Ticks of any clock become nanoseconds by integer arithmetic alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values


SECOND = 1_000_000_000
LAST_SECOND = np.iinfo(np.int64).max // SECOND - 1
"""Seconds from the epoch, either way, that 64 bits of nanoseconds surely hold: into the year 2262."""


class Clock(NamedTuple):
    """What the numbers in timestamps mean (pcapng if_tsresol and if_tsoffset).

    Attributes:
        resolution: exponent of the unit: 10**-resolution seconds, or 2**-(resolution - 128) from 128 on.
        offset: seconds to add.
    """

    resolution: int = 6
    offset: int = 0

    @property
    def digits(self) -> int:
        """Decimal digits after the second that its ticks have, at most 9; 2**-n has n of them."""
        return min(self.resolution & 0x7F, 9)

    def nanoseconds(self, ticks: Values) -> Integers:
        """Times since the epoch, rounded down; the nearest that 64 bits hold if they do not hold one.

        Args:
            ticks: uint64.
        """
        exponent = self.resolution & 0x7F
        if self.resolution & 0x80:
            seconds, rest = _binary(ticks, exponent)
        else:
            scale = 10 ** max(9 - exponent, 0)
            if (
                exponent <= 9
                and not self.offset
                and (not len(ticks) or int(ticks.max()) < (1 << 63) // scale)
            ):
                return (ticks * np.uint64(scale)).astype(np.int64)
            seconds, rest = _decimal(ticks, exponent)
        whole = np.minimum(seconds, np.uint64(1 << 62)).astype(np.int64)
        whole += max(-(1 << 61), min(self.offset, 1 << 61))
        return np.clip(whole, -LAST_SECOND, LAST_SECOND) * SECOND + rest.astype(np.int64)


def _decimal(ticks: Values, exponent: int) -> tuple[Values, Values]:
    """Seconds and nanoseconds of ticks of 10**-exponent seconds."""
    if exponent >= 20:
        return _finest(ticks)
    unit = np.uint64(10**exponent)
    rest = ticks % unit
    if exponent <= 9:
        return ticks // unit, rest * np.uint64(10 ** (9 - exponent))
    return ticks // unit, rest // np.uint64(10 ** (exponent - 9))


def _binary(ticks: Values, exponent: int) -> tuple[Values, Values]:
    """Seconds and nanoseconds of ticks of 2**-exponent seconds."""
    if exponent >= 64:
        return _finest(ticks)
    rest = ticks & np.uint64((1 << exponent) - 1)
    if exponent < 32:
        return ticks >> np.uint64(exponent), rest * np.uint64(SECOND) >> np.uint64(exponent)
    high, _ = _times_second(rest)
    return ticks >> np.uint64(exponent), high >> np.uint64(exponent - 32)


def _finest(ticks: Values) -> tuple[Values, Values]:
    """Seconds and nanoseconds of ticks of 1 / (2**64 - 1) seconds: no clock is taken to be finer."""
    unit = np.uint64((1 << 64) - 1)
    rest = ticks % unit
    high, low = _times_second(rest)
    whole, low = high >> np.uint64(32), (high << np.uint64(32)) | low
    return ticks // unit, whole + (low >= unit - whole)


def _times_second(rest: Values) -> tuple[Values, Values]:
    """`rest` times a thousand million, as a multiple of 2**32 and what remains."""
    half = np.uint64(32)
    mask = np.uint64(0xFFFFFFFF)
    upper, lower = rest >> half, rest & mask
    low = lower * np.uint64(SECOND)
    return upper * np.uint64(SECOND) + (low >> half), low & mask
