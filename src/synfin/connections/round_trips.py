"""How long segments take from the place of capture to the other side and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.sides import HISTOGRAMS, KEEPER, LEAST_RTT, ROUND_TRIPS, RTTVAR, SRTT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Integers, Values

BINS, OCTAVE, FIRST_OCTAVE = 80, 4, 13
"""The histogram of round trips: quarters of octaves from 2**13 ns (8 microseconds) to 2**33 ns (8.6 s)."""
FULL_BIN = 255


@kernel(plain_below=PART)
def note_rtt(wide: Integers, side: int, rtt: int) -> None:
    """Smooth the round trip (RFC 6298 2)."""
    smooth = wide[side, SRTT]
    if smooth == 0:
        wide[side, SRTT], wide[side, RTTVAR], wide[side, LEAST_RTT] = rtt, rtt >> 1, rtt
        return
    wide[side, RTTVAR] += (abs(smooth - rtt) - wide[side, RTTVAR]) >> 2
    wide[side, SRTT] = max(smooth + ((rtt - smooth) >> 3), 1)
    wide[side, LEAST_RTT] = min(wide[side, LEAST_RTT], rtt)


@kernel(plain_below=PART)
def count_rtt(narrow: Values, pool: Integers, histogram: Values, side: int, rtt: int) -> None:
    """Count a round trip to its bin; when one is full, all of that side are halved."""
    row = narrow[side, ROUND_TRIPS] + 0
    if row == 0:
        pool[KEEPER, HISTOGRAMS] += 1
        row = pool[KEEPER, HISTOGRAMS]
        narrow[side, ROUND_TRIPS] = row
    octave, rest, step = 0, rtt >> FIRST_OCTAVE, 32
    while step:
        if rest >> step:
            octave += step
            rest >>= step
        step >>= 1
    quarter = ((rtt << 2) >> (FIRST_OCTAVE + octave)) & 3
    at = min(OCTAVE * octave + quarter, BINS - 1) if rtt >> FIRST_OCTAVE else 0
    if histogram[row, at] == FULL_BIN:
        for each in range(BINS):
            histogram[row, each] = histogram[row, each] >> 1
    histogram[row, at] += 1


def quantiles(histogram: Values, rows: Integers, percents: Sequence[int]) -> Integers:
    """Round trips, ns (percents, rows), that so many percent of those counted do not exceed; 0 for none.

    Args:
        histogram: uint8 (n, BINS).
        rows: which of them.
        percents: ascending; within a bin values are taken to be spread evenly.
    """
    out = np.empty((4, len(percents), len(rows)), np.int64)
    percent = np.array(percents, np.int64)
    find_bins(rows, histogram, percent, out)
    at, below, inside, total = out
    part = np.where(inside > 0, (total * percent[:, None] / 100 - below) / np.maximum(inside, 1), 0)
    octave, quarter = at // OCTAVE, at % OCTAVE
    value = (1 + (quarter + part) / OCTAVE) * (1 << octave + FIRST_OCTAVE)
    return np.where(total > 0, value, 0).astype(np.int64)


@kernel
def find_bins(rows: Integers, histogram: Values, percents: Integers, out: Integers) -> None:
    """The first bins up to which there is at least that share of all.

    Args:
        rows: of each result.
        histogram: see `quantiles`.
        percents: the shares, ascending.
        out: (4, percents, n) the bin; how many are below, in it, and in all; filled.
    """
    for result in range(len(rows)):
        row, total = rows[result], np.int64(0)
        for each in range(BINS):
            total += np.int64(histogram[row, each])
        at, below, inside = 0, np.int64(0), np.int64(histogram[row, 0])
        for which in range(len(percents)):
            share = (total * percents[which] + 99) // 100
            while at < BINS - 1 and below + inside < share:
                at += 1
                below += inside
                inside = np.int64(histogram[row, at])
            out[0, which, result], out[1, which, result] = at, below
            out[2, which, result], out[3, which, result] = inside, total
