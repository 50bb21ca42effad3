"""When a connection was first and last seen, and how much each side sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.basics.time import MILLISECOND
from synfin.connections.group import CREATES, Grouping, grown
from synfin.connections.segments import (
    CAPTURED,
    EXTENT,
    LENGTH,
    NUMBER,
    QUOTED,
    SIDE,
    TIME,
    WIRE_LENGTH,
    Segments,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers

FIRST, PREVIOUS, PACKETS, BYTES, PAYLOAD, LACKS, FIRST_PACKET, LAST_PACKET = 0, 1, 2, 4, 6, 8, 9, 10
"""Columns of `Tallies.state`; packets, bytes and payload have one column for each side."""

CUT, BACKWARDS, STEPPED = 1, 2, 4
"""Bits of `LACKS`: a packet was captured in part only; a packet is earlier than the one before; by more than
`OVERTAKING`."""

OVERTAKING = MILLISECOND
"""So much earlier may a packet be that several processors, or interfaces, wrote to the file."""


class Tallies:
    """Times and sums of every connection.

    Attributes:
        state: int64 (capacity, 11): time of the first and of the latest header (quotations too); for each
            side packets, their bytes on the wire, their payload bytes; `CUT` | `BACKWARDS` | `STEPPED`;
            number of the first and of the latest packet (no quotations).
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, 11), np.int64)

    def make_room(self, count: int) -> None:
        """Make sure that so many connections fit."""
        self.state = grown(self.state, count)

    def advance(
        self, segments: Segments, grouping: Grouping, count: int, counted: Flags | None = None
    ) -> tuple[Integers, Integers]:
        """Count the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            count: how many connections there are.
            counted: which segments count, beside those that begin a connection; None for all.

        Returns:
            nanoseconds since the connection's first header, and since the one before: as
            `tcp.time_relative` and `tcp.time_delta`.
        """
        self.make_room(count)
        out = np.zeros((2, len(segments)), np.int64)
        if counted is None or counted.all():
            tally(grouping.connection, grouping.role, segments.matrix, self.state, out)
            return out[0], out[1]
        chosen = np.flatnonzero(counted | (grouping.role & CREATES != 0))
        some = np.empty((2, len(chosen)), np.int64)
        tally(
            grouping.connection[chosen],
            grouping.role[chosen],
            segments.matrix[:, chosen],
            self.state,
            some,
        )
        out[:, chosen] = some
        return out[0], out[1]


@kernel
def tally(connection: Integers, role: Integers, rows: Integers, state: Integers, out: Integers) -> None:
    """Count each segment to its connection; times are subtracted, whatever their order.

    Args:
        connection: of each segment.
        role: of each segment in the grouping.
        rows: see `Segments.matrix`.
        state: see `Tallies.state`; updated.
        out: (2, n) time since the first and since the previous header of the connection; filled.
    """
    for row in range(len(connection)):
        out[0, row], out[1, row] = count(rows, row, connection[row], role[row], state)


@kernel(plain_below=PART)
def count(rows: Integers, row: int, of: int, role: int, state: Integers) -> tuple[int, int]:
    """Count one segment; returns the times since the first and since the previous header."""
    number, time, side = rows[NUMBER, row], rows[TIME, row], rows[SIDE, row]
    if role & CREATES:
        state[of, FIRST], state[of, PREVIOUS] = time, time
    since_first, since_previous = time - state[of, FIRST], time - state[of, PREVIOUS]
    if since_previous < 0:
        state[of, LACKS] |= BACKWARDS | (STEPPED if -since_previous > OVERTAKING else 0)
    state[of, PREVIOUS] = time
    if rows[EXTENT, row] != QUOTED:
        if rows[CAPTURED, row] < rows[WIRE_LENGTH, row]:
            state[of, LACKS] |= CUT
        if state[of, FIRST_PACKET] == 0:
            state[of, FIRST_PACKET] = number
        state[of, LAST_PACKET] = number
        state[of, PACKETS + side] += 1
        state[of, BYTES + side] += rows[WIRE_LENGTH, row]
        state[of, PAYLOAD + side] += rows[LENGTH, row]
    return since_first, since_previous
