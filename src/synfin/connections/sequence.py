"""What each segment brings: bytes not seen before, bytes seen before, a gap, or nothing but an acknowledgment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.group import CREATES, REUSES, Grouping, grown
from synfin.connections.segments import ACK, FIN, RST, SYN, WHOLE, Segments

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers

NEW, OLD, GAP, LATE, KEEP_ALIVE, DUPLICATE_ACK, ZERO_WINDOW, WINDOW_UPDATE, ACKS_UNSEEN = (1 << bit for bit in range(9))
"""What a segment brings, as bits:

* `NEW`: sequence numbers beyond all that its side sent before; `GAP`: with others missing in between.
* `OLD`: numbers that were seen before: it was resent, or copied on the way or by the capture.
* `LATE`: numbers below the highest that were missing until now: reordered, or resent after a loss before
  the place of capture.
* `KEEP_ALIVE`: at most one byte, just below the highest number, all of which is acknowledged
  (RFC 9293 3.8.4); it is not `OLD`.
* `DUPLICATE_ACK`: the definition of RFC 5681 2.
* `ZERO_WINDOW`: its sender takes no more data. `WINDOW_UPDATE`: nothing but a new window.
* `ACKS_UNSEEN`: it acknowledges numbers that are missing in the capture.
"""

EDGES = 6
"""A side's missing numbers are remembered as up to three ranges, begin and end; more are taken as one."""

(NEXT, LOWEST, ACKED, WINDOW, ZERO_SINCE, ZERO_TIME, RESENT, DUPLICATES, UNANSWERED, MISSED, HOLES) = range(11)
WIDTH = HOLES + EDGES
"""Columns of `Sequences.state`; the first five hold a number + 1, so that 0 is "not known"."""


class Sequences:
    """How far each side of every connection has come.

    Attributes:
        state: int64 (capacity, 2, WIDTH), for each side: number after its highest and lowest number seen, its
            last ack and window field, since when and how long its window was zero (ns), segments resent,
            duplicate acknowledgments sent, segments resent or probes sent since the other side was last
            heard, times the other side acknowledged what is missing in the capture, missing ranges.
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, 2, WIDTH), np.int64)

    def advance(self, segments: Segments, grouping: Grouping, count: int) -> Integers:
        """Judge the next chunk; `count` is how many connections there are.

        Returns:
            for each segment the bits of what it brings.
        """
        self.state = grown(self.state, count)
        out = np.zeros(len(segments), np.int64)
        is_judged = segments.extent == WHOLE
        rows = np.stack((segments.side, segments.flags | np.where(is_judged, 0, IGNORED), segments.seq, segments.ack))
        sizes = np.stack((segments.length, segments.window, segments.time, grouping.role))
        judge(grouping.connection, rows, sizes, self.state, out)
        return out


IGNORED = 1 << 12
"""A bit beyond the flags: the segment is not judged."""


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def judge(connection: Integers, rows: Integers, sizes: Integers, state: Integers, out: Integers) -> None:
    """Compare each segment with what its side and the other sent before.

    Args:
        connection: of each segment.
        rows: (4, n) side, flags, seq, ack.
        sizes: (4, n) payload length, window field, time, role.
        state: see `Sequences.state`; updated.
        out: the bits of what each brings; filled.
    """
    for row in range(len(connection)):
        flags = rows[1, row]
        if flags & IGNORED:
            continue
        side = rows[0, row]
        own, peer = state[connection[row], side], state[connection[row], 1 - side]
        length, window, time = sizes[0, row], sizes[1, row], sizes[2, row]
        brings = np.int64(0)
        if sizes[3, row] & REUSES and not sizes[3, row] & CREATES:
            own[NEXT] = 0
        peer[UNANSWERED] = 0
        if not flags & RST:
            size = length + (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
            is_probe = size <= 1 and not flags & (SYN | FIN) and (size == 0 or own[NEXT] == peer[ACKED])
            brings = place(own, rows[2, row], size, is_probe)
            if brings & (OLD | KEEP_ALIVE):
                own[UNANSWERED] += 1
                own[RESENT] += 1 if brings & OLD else 0
            if flags & ACK:
                brings |= acknowledge(own, peer, rows[3, row], (size, window))
            if not flags & (SYN | FIN):
                if window == 0:
                    brings |= ZERO_WINDOW
                    if own[ZERO_SINCE] == 0:
                        own[ZERO_SINCE] = time + 1
                elif own[ZERO_SINCE] != 0:
                    own[ZERO_TIME] += time + 1 - own[ZERO_SINCE]
                    own[ZERO_SINCE] = 0
            own[WINDOW] = window + 1
        out[row] = brings


@kernel(plain_below=PART)
def place(own: Integers, seq: int, size: int, may_probe: bool) -> int:
    """Where `size` numbers from `seq` on lie among those its side sent before; `own` is updated."""
    end = (seq + size) & 0xFFFFFFFF
    if own[NEXT] == 0:
        own[LOWEST], own[NEXT] = seq + 1, end + 1
        for edge in range(EDGES):
            own[HOLES + edge] = 0
        return NEW if size else 0
    ahead = distance(own[NEXT] - 1, seq)
    if ahead == -1 and may_probe:
        return KEEP_ALIVE
    if size == 0:
        return 0
    beyond = distance(own[NEXT] - 1, end)
    brings = np.int64(0)
    if ahead > 0:
        remember(own, own[NEXT] - 1, seq)
        own[NEXT] = end + 1
        return NEW | GAP
    if ahead < 0:
        inside = size - max(beyond, 0)
        missing = np.int64(fill(own, seq, inside))
        below = distance(seq, own[LOWEST] - 1)
        if below > 0:
            missing += min(below, inside)
            own[LOWEST] = seq + 1
        brings = (LATE if missing else 0) | (OLD if missing < inside else 0)
    if beyond > 0:
        own[NEXT] = end + 1
        brings |= NEW
    return brings


@kernel(plain_below=PART)
def remember(own: Integers, begin: int, end: int) -> None:
    """Add a missing range above the others; the highest two become one if there is no room."""
    at = HOLES
    while at < HOLES + EDGES - 2 and own[at] != own[at + 1]:
        at += 2
    if own[at] == own[at + 1]:
        own[at] = begin
    own[at + 1] = end


@kernel(plain_below=PART)
def fill(own: Integers, seq: int, size: int) -> int:
    """How many of `size` numbers from `seq` on were missing; they are not any more."""
    filled = np.int64(0)
    for at in range(HOLES, HOLES + EDGES, 2):
        span = distance(own[at], own[at + 1])
        if span == 0:
            continue
        begin = max(distance(own[at], seq), 0)
        end = min(distance(own[at], seq) + size, span)
        if end <= begin:
            continue
        filled += end - begin
        if begin == 0:
            own[at] = (own[at] + end) & 0xFFFFFFFF
        elif end == span:
            own[at + 1] = (own[at] + begin) & 0xFFFFFFFF
        else:
            split(own, at, (own[at] + begin) & 0xFFFFFFFF, (own[at] + end) & 0xFFFFFFFF)
    return filled


@kernel(plain_below=PART)
def split(own: Integers, at: int, begin: int, end: int) -> None:
    """Take the middle out of a missing range; without room for two the rest below counts as seen."""
    for free in range(HOLES, HOLES + EDGES, 2):
        if own[free] == own[free + 1]:
            own[free], own[free + 1] = own[at], begin
            break
    own[at] = end


@kernel(plain_below=PART)
def acknowledge(own: Integers, peer: Integers, ack: int, carried: tuple[int, int]) -> int:
    """What an acknowledgment says; `carried` are the numbers that its segment takes, and its window."""
    size, window = carried
    brings = np.int64(0)
    repeats = own[ACKED] == ack + 1
    if peer[NEXT] != 0:
        ahead = distance(peer[NEXT] - 1, ack)
        if ahead > 0 or forget(peer, ack):
            brings |= ACKS_UNSEEN
            peer[MISSED] += 1
            if ahead > 0:
                peer[NEXT] = ack + 1
        elif size == 0 and repeats and own[WINDOW] == window + 1 and ahead < 0:
            brings |= DUPLICATE_ACK
            own[DUPLICATES] += 1
        elif size == 0 and repeats and window > 0 and own[WINDOW] > 0 and own[WINDOW] != window + 1:
            brings |= WINDOW_UPDATE
    own[ACKED] = ack + 1
    return brings


@kernel(plain_below=PART)
def forget(peer: Integers, ack: int) -> bool:
    """Drop what is missing below `ack`: it has arrived, though the capture lacks it; whether there was any."""
    found = False
    for at in range(HOLES, HOLES + EDGES, 2):
        span = distance(peer[at], peer[at + 1])
        passed = min(distance(peer[at], ack), span)
        if span > 0 and passed > 0:
            peer[at] = (peer[at] + passed) & 0xFFFFFFFF
            found = True
    return found


def gap(one: Integers, other: Integers) -> Integers:
    """How far numbers stored with 1 added, `other`, lie past `one`."""
    from synfin.basics import sequence

    return sequence.distance(one, other)
