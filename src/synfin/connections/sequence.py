"""What each segment brings: bytes not seen before, bytes seen before, a gap, or only an acknowledgment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.basics.sequence import distance as between
from synfin.connections.group import CREATES, REUSES, Grouping, grown
from synfin.connections.segments import (
    ACK,
    ACK_NUMBER,
    EXTENT,
    FIN,
    FLAGS,
    LENGTH,
    RST,
    SEQ,
    SIDE,
    SYN,
    TIME,
    WHOLE,
    Segments,
)
from synfin.connections.segments import WINDOW as WINDOW_FIELD

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers

NEW, OLD, GAP, LATE, KEEP_ALIVE, DUPLICATE_ACK, ZERO_WINDOW, WINDOW_UPDATE, ACKS_UNSEEN = (
    1 << bit for bit in range(9)
)
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
EVERYTHING = 1 << 9

(
    NEXT,
    LOWEST,
    ACKED,
    WINDOW,
    ZERO_SINCE,
    ZERO_TIME,
    RESENT,
    DUPLICATES,
    UNANSWERED,
    MISSED,
    HOLES,
    HOLE_COUNT,
) = range(12)
WIDTH = HOLE_COUNT + 1
"""Columns of `Sequences.state`; the first five hold a number + 1, so that 0 is "not known"."""

BEGIN, END, FOLLOWING = range(3)
"""Columns of `Sequences.holes`."""

MOST_HOLES = 64
"""Missing ranges remembered of one side; what is missing beyond that counts as seen: time is bounded."""


class Sequences:
    """How far each side of every connection has come.

    Attributes:
        state: int64 (capacity, 2, WIDTH), for each side: number after its highest and lowest number seen, its
            last ack and window field, since when and how long its window was zero (ns), segments resent,
            duplicate acknowledgments sent, segments resent or probes sent since the other side was last
            heard, times the other side acknowledged what is missing in the capture; the first of its
            missing ranges, how many there are.
        holes: int64 (capacity, 3): begin and end of each missing range, and the range that follows it in
            its side's list, 0 for none. Row 0 is none of them: it holds how many rows were ever used, and
            the first free one.
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, 2, WIDTH), np.int64)
        self.holes = np.zeros((1, 3), np.int64)

    def make_room(self, segments: int, count: int) -> None:
        """Make sure that so many connections fit, and the holes that so many segments may leave."""
        self.state = grown(self.state, count)
        self.holes = grown(self.holes, int(self.holes[0, BEGIN]) + segments + 1)

    def advance(self, segments: Segments, grouping: Grouping, count: int) -> Integers:
        """Judge the next chunk; `count` is how many connections there are.

        Returns:
            for each segment the bits of what it brings.
        """
        self.make_room(len(segments), count)
        out = np.empty(len(segments), np.int64)
        judge(grouping.connection, grouping.role, segments.matrix, self.state, self.holes, out)
        return out


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def judge(
    connection: Integers, role: Integers, rows: Integers, state: Integers, holes: Integers, out: Integers
) -> None:
    """Compare each segment with what its side and the other sent before.

    Args:
        connection: of each segment.
        role: of each segment in the grouping.
        rows: see `Segments.matrix`; what is not `WHOLE` is not judged.
        state: see `Sequences.state`; updated.
        holes: see `Sequences.holes`; updated.
        out: the bits of what each brings; filled.
    """
    for row in range(len(connection)):
        out[row] = compare(rows, row, connection[row], role[row], state, holes)


@kernel(plain_below=PART)
def compare(rows: Integers, row: int, of: int, role: int, state: Integers, holes: Integers) -> int:
    """Compare one segment; returns the bits of what it brings."""
    flags, side = rows[FLAGS, row], rows[SIDE, row]
    if rows[EXTENT, row] != WHOLE:
        return 0
    own, peer = state[of, side], state[of, 1 - side]
    length, window, time = rows[LENGTH, row], rows[WINDOW_FIELD, row], rows[TIME, row]
    peer[UNANSWERED] = 0
    if flags & RST:
        return 0
    if role & REUSES and not role & CREATES:
        own[NEXT] = 0
    size = length + (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
    is_probe = size <= 1 and not flags & (SYN | FIN) and (size == 0 or own[NEXT] == peer[ACKED])
    brings = place(own, holes, rows[SEQ, row], size, is_probe)
    if flags & SYN and flags & ACK and own[ACKED] == 0:
        brings &= NEW  # its SYN went out before, but not this acknowledgment: a simultaneous open
    if brings & (OLD | KEEP_ALIVE):
        own[UNANSWERED] += 1
        own[RESENT] += 1 if brings & OLD else 0
    if flags & ACK:
        brings |= acknowledge(own, peer, holes, rows[ACK_NUMBER, row], (size, window))
    if not flags & (SYN | FIN):
        brings |= note_window(own, window, time)
    own[WINDOW] = window + 1
    return brings


@kernel(plain_below=PART)
def note_window(own: Integers, window: int, time: int) -> int:
    """Count the time for which the window was zero."""
    if window == 0:
        if own[ZERO_SINCE] == 0:
            own[ZERO_SINCE] = time + 1
        return ZERO_WINDOW
    if own[ZERO_SINCE] != 0:
        own[ZERO_TIME] += time + 1 - own[ZERO_SINCE]
        own[ZERO_SINCE] = 0
    return 0


@kernel(plain_below=PART)
def place(own: Integers, holes: Integers, seq: int, size: int, may_probe: int) -> int:
    """Where `size` numbers from `seq` on lie among those its side sent before; `own` is updated."""
    end = (seq + size) & 0xFFFFFFFF
    if own[NEXT] == 0:
        own[LOWEST], own[NEXT] = seq + 1, end + 1
        while own[HOLES]:
            remove(own, holes, 0, own[HOLES])
        return NEW if size else 0
    ahead = distance(own[NEXT] - 1, seq)
    if ahead == -1 and may_probe:
        return KEEP_ALIVE
    if size == 0:
        return 0
    beyond = distance(own[NEXT] - 1, end)
    if ahead > 0:
        add(own, holes, own[NEXT] - 1, seq)
        own[NEXT] = end + 1
        return NEW | GAP
    brings = 0
    if ahead < 0:
        inside = size - max(beyond, 0)
        missing = fill(own, holes, seq, inside)
        below = distance(seq, own[LOWEST] - 1)
        if below > 0:
            missing += min(below, inside)
            if below > inside:
                add(own, holes, (seq + inside) & 0xFFFFFFFF, own[LOWEST] - 1)
            own[LOWEST] = seq + 1
        brings = (LATE if missing else 0) | (OLD if missing < inside else 0)
    if beyond > 0:
        own[NEXT] = end + 1
        brings |= NEW
    return brings


@kernel(plain_below=PART)
def add(own: Integers, holes: Integers, begin: int, end: int) -> None:
    """Remember a missing range, first in the list; with too many it counts as seen."""
    if own[HOLE_COUNT] >= MOST_HOLES:
        return
    at = holes[0, FOLLOWING]
    if at:
        holes[0, FOLLOWING] = holes[at, FOLLOWING]
    else:
        holes[0, BEGIN] += 1
        at = holes[0, BEGIN]
    holes[at, BEGIN], holes[at, END], holes[at, FOLLOWING] = begin, end, own[HOLES]
    own[HOLES] = at
    own[HOLE_COUNT] += 1


@kernel(plain_below=PART)
def remove(own: Integers, holes: Integers, before: int, at: int) -> None:
    """Take a range out of its list; `before` is the one that it follows, 0 if it is the first."""
    if before:
        holes[before, FOLLOWING] = holes[at, FOLLOWING]
    else:
        own[HOLES] = holes[at, FOLLOWING]
    holes[at, FOLLOWING] = holes[0, FOLLOWING]
    holes[0, FOLLOWING] = at
    own[HOLE_COUNT] -= 1


@kernel(plain_below=PART)
def fill(own: Integers, holes: Integers, seq: int, size: int) -> int:
    """How many of `size` numbers from `seq` on were missing; they are not any more."""
    filled, before, at = 0, 0, int(own[HOLES])
    while at:
        following, origin = int(holes[at, FOLLOWING]), int(holes[at, BEGIN])
        span = distance(origin, holes[at, END])
        begin = max(distance(origin, seq), 0)
        end = min(distance(origin, seq) + size, span)
        if end > begin:
            filled += end - begin
            if begin == 0 and end == span:
                remove(own, holes, before, at)
                at = following
                continue
            if begin == 0:
                holes[at, BEGIN] = (origin + end) & 0xFFFFFFFF
            else:
                if end < span:
                    add(own, holes, (origin + end) & 0xFFFFFFFF, holes[at, END])
                holes[at, END] = (origin + begin) & 0xFFFFFFFF
        before, at = at, following
    return filled


@kernel(plain_below=PART)
def acknowledge(own: Integers, peer: Integers, holes: Integers, ack: int, carried: tuple[int, int]) -> int:
    """What an acknowledgment says; `carried` are the numbers that its segment takes, and its window."""
    size, window = carried
    brings = 0
    repeats = own[ACKED] == ack + 1
    if peer[NEXT] != 0:
        ahead = distance(peer[NEXT] - 1, ack)
        if forget(peer, holes, ack) or ahead > 0:
            brings |= ACKS_UNSEEN
            peer[MISSED] += 1
            if ahead > 0:
                peer[NEXT] = ack + 1
        elif size == 0 and repeats and own[WINDOW] == window + 1 and ahead < 0:
            brings |= DUPLICATE_ACK
            own[DUPLICATES] += 1
        elif size == 0 and repeats and window > 0 and own[WINDOW] != window + 1:
            brings |= WINDOW_UPDATE
    own[ACKED] = ack + 1
    return brings


@kernel(plain_below=PART)
def forget(peer: Integers, holes: Integers, ack: int) -> bool:
    """Drop what is missing below `ack`: it arrived, though the capture lacks it; whether there was any."""
    found, before, at = False, 0, int(peer[HOLES])
    while at:
        following = int(holes[at, FOLLOWING])
        passed = distance(holes[at, BEGIN], ack)
        if passed > 0:
            found = True
            if distance(holes[at, END], ack) >= 0:
                remove(peer, holes, before, at)
                at = following
                continue
            holes[at, BEGIN] = ack
        before, at = at, following
    return found


def gap(one: Integers, other: Integers) -> Integers:
    """How far numbers stored with 1 added, `other`, lie past `one`."""
    return between(one, other)
