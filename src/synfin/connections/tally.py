"""When a connection was first and last seen, and how much each side sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.connections.group import CREATES, Grouping, grown
from synfin.connections.segments import QUOTED, Segments

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers

FIRST, PREVIOUS, PACKETS, BYTES, PAYLOAD = 0, 1, 2, 4, 6
"""Columns of `Tallies.state`; the last three have one column for each side."""


class Tallies:
    """Times and sums of every connection.

    Attributes:
        state: int64 (capacity, 8): time of the first and of the latest header (quotations too), then for
            each side packets, their bytes on the wire, their payload bytes.
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, 8), np.int64)

    def advance(self, segments: Segments, grouping: Grouping, count: int) -> tuple[Integers, Integers]:
        """Count the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            count: how many connections there are.

        Returns:
            nanoseconds since the connection's first header, and since the one before: as
            `tcp.time_relative` and `tcp.time_delta`.
        """
        self.state = grown(self.state, count)
        rows = np.stack(
            (
                segments.time,
                segments.side,
                segments.extent,
                segments.wire_length,
                segments.length,
                grouping.role,
            )
        )
        out = np.empty((2, len(segments)), np.int64)
        tally(grouping.connection, rows, self.state, out)
        return out[0], out[1]


@kernel
def tally(connection: Integers, rows: Integers, state: Integers, out: Integers) -> None:
    """Count each segment to its connection; times are subtracted, whatever their order.

    Args:
        connection: of each segment.
        rows: (6, n) time, side, extent, wire length, payload length, role.
        state: see `Tallies.state`; updated.
        out: (2, n) time since the first and since the previous header of the connection; filled.
    """
    for row in range(len(connection)):
        of, time, side = connection[row], rows[0, row], rows[1, row]
        if rows[5, row] & CREATES:
            state[of, FIRST], state[of, PREVIOUS] = time, time
        out[0, row], out[1, row] = time - state[of, FIRST], time - state[of, PREVIOUS]
        state[of, PREVIOUS] = time
        if rows[2, row] != QUOTED:
            state[of, PACKETS + side] += 1
            state[of, BYTES + side] += rows[3, row]
            state[of, PAYLOAD + side] += rows[4, row]
