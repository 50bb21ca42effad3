"""What was said of every segment of a chunk, as columns, and what is remembered until the next chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.connections.analysis.judge import (
    FIRST_RTT,
    PACKET,
    SEGMENT_WIDTH,
    STATE_WIDTH,
    VERDICT_WIDTH,
    judge,
)
from synfin.connections.group import Grouping, grown
from synfin.connections.sacked import BLOCK, OPTION

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.connections.segments import Segments

MOST_BLOCKS = 3
"""SACK blocks of a segment that count against what is under way; Wireshark does not look at the fourth."""


class Verdicts(NamedTuple):
    """What is said of each segment, int64; 0 where there is nothing to say.

    Attributes:
        says: bits, see `judge`.
        duplicates, duplicate_of: how many times its number was acknowledged before without need, and the
            packet that did it first.
        acks, rtt: the packet that it acknowledges, and nanoseconds since.
        flight, pushed: bytes under way after it, and since the last push.
        rto, rto_of: nanoseconds since the oldest packet not acknowledged, where it is sent again; and which.
    """

    says: Integers
    duplicates: Integers
    duplicate_of: Integers
    acks: Integers
    rtt: Integers
    flight: Integers
    pushed: Integers
    rto: Integers
    rto_of: Integers


class Judge:
    """What is remembered of every connection.

    Attributes:
        state: int64 (2 * capacity, STATE_WIDTH), for each side: number after its highest, and packet and time
            that brought it; number up to which nothing is missing; its last ack, that packet's time and what
            was said of it; its last window field + 1; the packet that first said its last ack, and how often
            it was said again; whether bytes under way cannot be told; bytes since the last push, and whether
            the latest payload had one; whether its window is not scaled yet; whether it closed first; the
            size of the SACK blocks it sent last; then its unacknowledged segments: the oldest and the newest
            row, how many, whether their numbers only went up, and the lowest and highest number, counted
            from its first.
        times: int64 (capacity, 2): time of the latest SYN; from it to the first acknowledgment, 0 if unknown.
        unacked: int64 (capacity, 5), see `judge`.
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, STATE_WIDTH), np.int64)
        self.times = np.zeros((0, 2), np.int64)
        self.unacked = np.zeros((1, 5), np.int64)

    def advance(self, segments: Segments, grouping: Grouping, peer_shift: Integers, count: int) -> Verdicts:
        """Judge the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            peer_shift: how far the other side's window is known to be scaled.
            count: how many connections there are.
        """
        self.state = grown(self.state, 2 * count)
        self.times = grown(self.times, count)
        self.unacked = grown(self.unacked, int(self.unacked[0, PACKET]) + len(segments) + 1)
        rows = np.empty((len(segments), SEGMENT_WIDTH), np.int64)
        columns = (
            segments.side,
            segments.flags,
            segments.seq,
            segments.ack,
            segments.length,
            segments.window,
            segments.time,
            segments.number,
            segments.extent,
            grouping.role,
            peer_shift,
            sacked(segments),
            grouping.base,
            grouping.peer_base,
        )
        for place, values in enumerate(columns):
            rows[:, place] = values
        out = np.zeros((len(segments), VERDICT_WIDTH), np.int64)
        judge(grouping.connection, rows, self.state, self.times, self.unacked, out)
        return Verdicts(*out.T)

    def first_rtt(self, connection: Integers) -> Integers:
        """Nanoseconds from the SYN to the first acknowledgment after it, 0 where they are not known."""
        rtt: Integers = self.times[connection, FIRST_RTT]
        return rtt


def sacked(segments: Segments) -> Integers:
    """Bytes that each segment's first SACK blocks name."""
    table, total = segments.headers.table, np.zeros(len(segments), np.int64)
    if BLOCK not in table.catalogue.by_name or not len(table.layer(BLOCK)):
        return total
    blocks, options = table.rows(BLOCK), table.layer(OPTION)
    option = blocks.layer.position
    first = np.searchsorted(option, option, "left")
    counts = blocks.is_whole & (np.arange(len(option)) - first < MOST_BLOCKS)
    size = (blocks.values("sack.right_raw") - blocks.values("sack.left_raw"))[counts] & 0xFFFFFFFF
    of = np.zeros(len(table.layer("tcp")), np.int64)
    np.add.at(of, options.position[option[counts]], size)
    return of[segments.rows]
