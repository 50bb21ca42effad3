"""How long segments take from the place of capture to the other side and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.sides import HISTOGRAMS, KEEPER, LEAST_RTT, ROUND_TRIPS, RTTVAR, SRTT

if TYPE_CHECKING:
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


def quantile(histogram: Values, share: float) -> Integers:
    """The round trip, ns, which this share of those counted does not exceed; 0 for an empty histogram.

    Args:
        histogram: uint8 (n, BINS).
        share: from 0 to 1; within a bin values are taken to be spread evenly.
    """
    upto = np.cumsum(histogram, axis=1, dtype=np.int32)
    total = upto[:, -1]
    wanted = total * share
    at = np.minimum((upto < wanted[:, None]).sum(axis=1), BINS - 1)
    row = np.arange(len(histogram))
    inside = histogram[row, at].astype(np.float64)
    part = np.where(inside > 0, (wanted - (upto[row, at] - inside)) / np.maximum(inside, 1), 0)
    octave, quarter = at // OCTAVE, at % OCTAVE
    value = np.ldexp(1 + (quarter + part) / OCTAVE, octave + FIRST_OCTAVE)
    return np.where(total > 0, value, 0).astype(np.int64)
