"""The packets in which a connection's opening and closing happened, each noted when first seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.group import Grouping, grown
from synfin.connections.segments import (
    ACK,
    ACK_NUMBER,
    EXTENT,
    FIN,
    FLAGS,
    LENGTH,
    NUMBER,
    QUOTED,
    RST,
    SEQ,
    SIDE,
    SYN,
    TIME,
    WHOLE,
    Segments,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

(
    SYN_PACKET,
    SYN_TIME,
    SYNS,
    SYN_DATA,
    ANSWER,
    ANSWER_TIME,
    LAST_ANSWER_TIME,
    ANSWERS,
    ISN,
    TAKES_DATA,
    CONFIRMS,
    CONFIRM_TIME,
    CONFIRM_DATA,
    STRAY,
    FIN_PACKET,
    FINS,
    FIN_END,
    TAKES_FIN,
    RST_PACKET,
    RSTS,
    ABORTS,
    UNREACHABLE,
) = range(22)
"""Columns of `Milestones.state`, for what each side sent; packet numbers are 0 if there was none:

* `SYN_PACKET` first SYN without ACK; `SYN_TIME` the latest before it was answered; `SYNS` how many;
  `SYN_DATA` payload in the first.
* `ANSWER` first SYN with ACK, with its time; `LAST_ANSWER_TIME` the latest before it was confirmed;
  `ANSWERS` how many; `TAKES_DATA` 1 if it acknowledges data that came with the SYN.
* `ISN` sequence number of its SYN + 1, 0 if not seen.
* `CONFIRMS` first segment without SYN that acknowledges the other's SYN, its time, its payload.
* `STRAY` first segment that answers the other's SYN with an ACK that does not fit it.
* `FIN_PACKET` first FIN, `FINS` how many, `FIN_END` the number that acknowledges it;
  `TAKES_FIN` first segment that acknowledges the other's FIN.
* `RST_PACKET` first RST, `RSTS` how many; `ABORTS` the first that ends what the latest SYN asked for.
* `UNREACHABLE` first ICMP error that quotes a segment of this side.
"""
WIDTH = UNREACHABLE + 1

MARKS = SYN | FIN | RST
"""Flags that make a segment a milestone."""

OPENING, CLOSING, ALL_BUT_OPENING = 1, 2, 0xFE
"""Phases of a connection in which any segment may be a milestone."""

TAKES, MISFITS, AGAIN = 1, 2, 4
"""What a segment does: it acknowledges the other's FIN; it does not fit the other's SYN or its own, but an
earlier connection on these endpoints; it repeats its side's FIN."""

MOST_IN_SYN = 1 << 16
"""Bytes that a SYN can carry at most: an acknowledgment further on belongs to an earlier connection."""


class Milestones:
    """The noted packets of every connection.

    Attributes:
        state: int64 (capacity, 2, WIDTH).
        phase: uint8 (capacity,).
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, 2, WIDTH), np.int64)
        self.phase: Values = np.zeros(0, np.uint8)

    def make_room(self, count: int) -> None:
        """Make sure that so many connections fit."""
        self.state = grown(self.state, count)
        self.phase = grown(self.phase, count)

    def advance(self, segments: Segments, grouping: Grouping, count: int) -> Integers:
        """Look at the next chunk; `count` is how many connections there are.

        Returns:
            for each segment `TAKES`, `MISFITS`, `AGAIN` or 0.
        """
        self.make_room(count)
        out = np.empty(len(segments), np.int64)
        note(grouping.connection, segments.matrix, self.state, self.phase, out)
        return out


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def note(connection: Integers, rows: Integers, state: Integers, phase: Values, out: Integers) -> None:
    """Note the packets that open and close connections.

    Args:
        connection: of each segment.
        rows: see `Segments.matrix`.
        state: see `Milestones`; updated.
        phase: see `Milestones`; updated.
        out: what each acknowledgment does; filled.
    """
    for row in range(len(connection)):
        out[row] = mark(rows, row, connection[row], state, phase)


@kernel(plain_below=PART)
def mark(rows: Integers, row: int, of: int, state: Integers, phase: Values) -> int:
    """Note one packet, if it opens or closes something; returns what its acknowledgment does."""
    side, flags, extent = rows[SIDE, row], rows[FLAGS, row], rows[EXTENT, row]
    if phase[of] == 0 and flags & MARKS == 0 and extent == WHOLE:
        return 0
    own, peer = state[of, side], state[of, 1 - side]
    number, time, length = rows[NUMBER, row], rows[TIME, row], rows[LENGTH, row]
    seq, ack = rows[SEQ, row], rows[ACK_NUMBER, row]
    if extent != WHOLE:
        if extent == QUOTED and own[UNREACHABLE] == 0:
            own[UNREACHABLE] = number
        return 0
    if flags & RST:
        return note_reset(own, seq, number)
    does = 0
    if flags & SYN:
        phase[of] |= OPENING
        does = note_syn(own, peer, (flags, seq, ack), (number, time, length))
    elif flags & ACK and phase[of] & OPENING:
        does = note_confirmation(own, peer, ack, (number, time, length))
        if min(own[CONFIRMS], peer[CONFIRMS]) > 0:
            phase[of] &= ALL_BUT_OPENING
    end = seq + length + (1 if flags & SYN else 0)
    does |= note_closing(own, peer, (flags, end, ack), number)
    if flags & FIN:
        phase[of] |= CLOSING
    return does


@kernel(plain_below=PART)
def note_reset(own: Integers, seq: int, number: int) -> int:
    """Note a RST; returns `MISFITS` if it answers a segment of an earlier connection, else 0."""
    beyond = distance(own[ISN], seq)
    own[RST_PACKET] = own[RST_PACKET] if own[RST_PACKET] else number
    own[RSTS] += 1
    if own[ISN] and own[CONFIRMS] == 0 and beyond != 0 and beyond != own[SYN_DATA]:
        return MISFITS
    own[ABORTS] = own[ABORTS] if own[ABORTS] else number
    return 0


@kernel(plain_below=PART)
def note_closing(own: Integers, peer: Integers, header: tuple[int, int, int], number: int) -> int:
    """Note a FIN, or the acknowledgment of one; `header` is flags, the number a FIN takes, ack."""
    flags, end, ack = header
    does = 0
    if flags & ACK and peer[FINS] and distance(peer[FIN_END], ack) >= 0:
        does = TAKES
        own[TAKES_FIN] = own[TAKES_FIN] if own[TAKES_FIN] else number
    if flags & FIN:
        does |= AGAIN if own[FINS] else 0
        own[FINS] += 1
        own[FIN_END] = (end + 1) & 0xFFFFFFFF
        own[FIN_PACKET] = own[FIN_PACKET] if own[FIN_PACKET] else number
    return does


@kernel(plain_below=PART)
def note_syn(own: Integers, peer: Integers, header: tuple[int, int, int], noted: tuple[int, int, int]) -> int:
    """Note a SYN, with or without ACK; `header` is flags, seq, ack, `noted` packet number, time, length."""
    flags, seq, ack = header
    number, time, length = noted
    own[ISN] = seq + 1
    if not flags & ACK:
        if own[SYNS] == 0:
            own[SYN_PACKET], own[SYN_DATA] = number, length
        if own[CONFIRMS] == 0:  # it asks anew after a refusal
            own[ABORTS] = peer[ABORTS] = 0
        if peer[ANSWERS] == 0:
            own[SYN_TIME] = time
        own[SYNS] += 1
        return 0
    if own[ANSWERS] == 0:
        own[ANSWER], own[ANSWER_TIME] = number, time
    if peer[CONFIRMS] == 0:
        own[LAST_ANSWER_TIME] = time
    own[ANSWERS] += 1
    beyond = distance(peer[ISN], ack)
    if peer[ISN] == 0 or 0 <= beyond <= MOST_IN_SYN:
        own[TAKES_DATA] = 1 if peer[ISN] and beyond > 0 else 0
        return 0
    return MISFITS


@kernel(plain_below=PART)
def note_confirmation(own: Integers, peer: Integers, ack: int, noted: tuple[int, int, int]) -> int:
    """Note an acknowledgment without SYN while the connection opens; returns `MISFITS` or 0."""
    beyond = distance(peer[ISN], ack)
    is_early = own[ISN] == 0 and peer[CONFIRMS] == 0
    if peer[ISN] and (beyond < 0 or (is_early and beyond > MOST_IN_SYN)):
        if own[ISN] == 0 and own[STRAY] == 0:
            own[STRAY] = noted[0]
        return MISFITS
    if own[CONFIRMS] == 0:
        own[CONFIRMS], own[CONFIRM_TIME], own[CONFIRM_DATA] = noted
    return 0
