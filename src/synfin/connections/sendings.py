"""Every sending of a side's bytes until they are acknowledged, and what was known when bytes came again.

This only observes. Whether a segment was resent, and why, is judged from these observations in `causes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import PART, RARE, kernel
from synfin.basics.time import MILLISECOND
from synfin.connections.again import note_event, write
from synfin.connections.clues import Clues, clues
from synfin.connections.group import CREATES, REUSES, Grouping, grown
from synfin.connections.limits import LAST, limit, settle_limit
from synfin.connections.needless import (
    check_sacked,
    check_undo,
    echoed_earlier,
    end_episode,
    is_single,
    reported,
    reports_copy,
)
from synfin.connections.offers import MSS_AT
from synfin.connections.order import order, sample, unseen
from synfin.connections.round_trips import BINS, count_rtt, note_rtt
from synfin.connections.scaling import UNKNOWN
from synfin.connections.segments import (
    ACK,
    ACK_NUMBER,
    EXTENT,
    FIN,
    FLAGS,
    IDENT,
    LENGTH,
    NUMBER,
    RST,
    SYN,
    WHOLE,
    Segments,
)
from synfin.connections.segments import SEQ as SEQ_NUMBER
from synfin.connections.segments import SIDE as SENDER
from synfin.connections.segments import TIME as CAPTURE_TIME
from synfin.connections.segments import WINDOW as WINDOW_FIELD
from synfin.connections.sequence import DUPLICATE_ACK, KEEP_ALIVE, LATE, NEW, OLD
from synfin.connections.sides import (
    ADVANCED,
    ARRIVED,
    BLOCKS,
    BLOCKS_AT_MOST,
    COUNT,
    DELAYED,
    DSACK,
    DUPLICATES,
    EIFEL,
    END,
    FIRST_ROW,
    FOLLOWING,
    HEAD,
    HEARD,
    HEARD_IN,
    HISTOGRAMS,
    KARN,
    KEEPER,
    LARGEST,
    LAST_FRAME,
    LAST_TIME,
    LATEST,
    LEAST_RTT,
    LIMITED_BY,
    MOST_SENDINGS,
    NARROW,
    NEXT,
    OFFER,
    P_ACK,
    P_FLAGS,
    P_IDENT,
    P_LENGTH,
    P_NUMBER,
    P_SEQ,
    P_SIZE,
    P_TIME,
    P_TSECR,
    P_WINDOW,
    RECOVER,
    REMEMBERED,
    RESENT_TS,
    RTT,
    SAID,
    SAMPLED,
    SEQ,
    SINCE,
    SOURCE,
    SPURIOUS,
    STAMP,
    STAMPS,
    SYNS,
    TAIL,
    TIME,
    TIMES,
    TOLD,
    TROUBLE,
    UNA,
    UNDONE,
    UNLOST,
    USED,
    WIDE,
    WINDOW,
    distance,
    drop_head,
    flight,
    free_row,
    take_empty_row,
    take_row,
)
from synfin.connections.signs import EVENT, ROW, SAME_IDENT, SIDE, SIGNS, WENT_UNSEEN, WHICH

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.offers import Said

AT, BY, S_DSACK, S_EIFEL, S_COPY, S_NEEDLESS, S_SPURIOUS, S_ARRIVED, S_UNLOST = range(REMARK := 9)
"""Columns of `Seen.remarks`: the row among the chunk's segments; which side it is of, as in `sides`; what its
acknowledgment tells of the other side's sendings, as in `sides`; the packet of which this pure acknowledgment
is a copy, and whether it therefore only looks like a duplicate one."""

FLIGHT, D_RTT, D_SOURCE, D_DELAYED = range(DENSE := 4)
"""Rows of `Seen.dense`, 0 where there is nothing to tell: bytes on their way after this segment + 1; what its
acknowledgment tells, as in `sides`."""

HELD_AT_LEAST, HELD_AT_MOST = 20 * MILLISECOND, 500 * MILLISECOND
"""How long an acknowledgment is held back for another segment to come: less than 0.5 s (RFC 9293 3.8.6.3);
what is shorter than the first cannot be told from the path."""

ROWS_PER_PACKET = 6
"""So many rows of the pool a packet may need."""


class Seen(NamedTuple):
    """What was observed of a chunk; int64.

    Attributes:
        events: (events, EVENT), see `signs`: one row for each segment with numbers that were, or should have
            been, sent before, in packet order.
        remarks: (remarks, REMARK), in packet order.
        dense: (DENSE, segments), or no columns if not asked for.
    """

    events: Integers
    remarks: Integers
    dense: Integers

    def first(self, events: int, remarks: int) -> Seen:
        """Only so many events and remarks."""
        return Seen(self.events[:events], self.remarks[:remarks], self.dense)


def room(segments: int, *, is_dense: bool = False) -> Seen:
    """Room for what may be observed of so many segments."""
    return Seen(
        np.empty((segments, EVENT), np.int64),
        np.empty((segments, REMARK), np.int64),
        np.zeros((DENSE, segments if is_dense else 0), np.int64),
    )


class Sendings:
    """What each side of every connection has on its way.

    Attributes:
        wide, narrow, pool: see `sides`.
        limited: int64 (sides, 4): ns for which sending was limited by each kind of `limits`.
        histogram: uint8 (rows, BINS): see `round_trips`.
        hops: uint8 (sides,): time to live of each side's first SYN, 0 if unknown.
    """

    def __init__(self) -> None:
        self.wide = np.zeros((0, WIDE), np.int64)
        self.narrow: Values = np.zeros((0, NARROW), np.int32)
        self.limited = np.zeros((0, 4), np.int64)
        self.histogram: Values = np.zeros((1, BINS), np.uint8)
        self.hops: Values = np.zeros(0, np.uint8)
        self.pool = np.zeros((FIRST_ROW, FOLLOWING + 1), np.int64)
        self.pool[KEEPER, USED] = FIRST_ROW

    def advance(
        self,
        segments: Segments,
        grouping: Grouping,
        brings: Integers,
        more: tuple[Integers, Said],
        *,
        is_dense: bool,
    ) -> Seen:
        """Observe the next chunk; `make_room` comes first.

        Args:
            segments: its segments.
            grouping: their connections.
            brings: see `Sequences.advance`.
            more: each segment's shift count, see `Scales.advance`; what the SYNs offer.
            is_dense: whether to tell, too, what there is to tell of every segment.
        """
        known: Clues = clues(segments)
        shift, offered = more
        self.note_hops(grouping.connection, offered)
        out = room(len(segments), is_dense=is_dense)
        told = observe(
            grouping.connection,
            segments.matrix,
            (grouping.role, brings, shift, offered.packed),
            (known.stamps, known.sacks, known.blocks),
            self.kept,
            out,
        )
        return out.first(*told)

    @property
    def kept(self) -> tuple[Integers, Values, Integers, Integers, Values]:
        """What `watch` brings forward."""
        return self.wide, self.narrow, self.pool, self.limited, self.histogram

    def make_room(self, segments: int, count: int) -> None:
        """Make sure that so many more segments, and this many connections, fit."""
        self.wide = grown(self.wide, 2 * count)
        self.narrow = grown(self.narrow, 2 * count)
        self.limited = grown(self.limited, 2 * count)
        self.hops = grown(self.hops, 2 * count)
        used, histograms = int(self.pool[KEEPER, USED]), int(self.pool[KEEPER, HISTOGRAMS])
        self.histogram = grown(self.histogram, min(histograms + segments, 2 * count) + 1)
        if used + ROWS_PER_PACKET * segments > len(self.pool):
            larger = np.zeros((2 * used + 2 * ROWS_PER_PACKET * segments, FOLLOWING + 1), np.int64)
            larger[:used] = self.pool[:used]  # what was never used takes no memory
            self.pool = larger

    def note_hops(self, connection: Integers, offered: Said) -> None:
        """Note how far the SYNs of a chunk have come; `connection` is of each of its segments."""
        rows, hops = offered.opening[::-1], offered.hops[::-1]  # of several the first counts
        side = 2 * connection[rows] + offered.found.side[rows]
        fresh = (self.hops[side] == 0) & (hops > 0)
        self.hops[side[fresh]] = hops[fresh]

    def least_rtt(self, side: Integers) -> Integers:
        """The shortest round trip, ns, from the place of capture to the other side and back; 0 if unknown."""
        values: Integers = self.wide[side, LEAST_RTT]
        return values

    def limits(self, side: Integers) -> Integers:
        """How long each of these sides was limited, and by what, ns (n, 4), up to its latest packet."""
        values: Integers = self.limited[side].copy()
        kind = self.narrow[side, LIMITED_BY].astype(np.int64) - 1
        latest = np.maximum(self.wide[side, LAST_TIME], self.wide[side ^ 1, LAST_TIME])
        row = np.flatnonzero(kind >= 0)
        values[row, kind[row]] += np.maximum(latest[row] - self.wide[side[row], SINCE], 0)
        return values

    def is_joined(self, side: Integers) -> Flags:
        """Whether a side sent a segment larger than the other said it takes."""
        mss = (self.wide[side ^ 1, OFFER] >> MSS_AT) - 1
        joined: Flags = (mss > 0) & (self.narrow[side, LARGEST] > mss)
        return joined


@kernel
def observe(
    connection: Integers,
    rows: Integers,
    about: tuple[Integers, Integers, Integers, Integers],
    marks: tuple[Integers, Integers, Integers],
    kept: tuple[Integers, Values, Integers, Integers, Values],
    out: tuple[Integers, Integers, Integers],
) -> tuple[int, int]:
    """Follow each segment.

    Args:
        connection: of each segment.
        rows: see `Segments.matrix`; what is not `WHOLE` is not followed.
        about: of each segment: role, what it brings, shift count; what each SYN offers, packed.
        marks: see `Clues`.
        kept: wide, narrow, pool, limited and histogram, see `Sendings`; updated.
        out: see `Seen`; filled.

    Returns:
        how many events, and how many remarks there are.
    """
    role, brings, shifts, offers = about
    told, opened = (0, 0), 0
    for at in range(len(connection)):
        is_syn = rows[FLAGS, at] & SYN
        offer = offers[opened] if is_syn else 0
        opened += 1 if is_syn else 0
        known = (at, connection[at], role[at], brings[at], shifts[at], offer)
        told = watch(rows, known, marks, kept, out, told)
    return told


@kernel(plain_below=PART)
def watch(  # noqa: C901 - one flat course
    rows: Integers,
    about: tuple[int, int, int, int, int, int],
    marks: tuple[Integers, Integers, Integers],
    kept: tuple[Integers, Values, Integers, Integers, Values],
    out: tuple[Integers, Integers, Integers],
    told: tuple[int, int],
) -> tuple[int, int]:
    """Follow one segment.

    Args:
        rows: see `observe`.
        about: where it stands in the chunk, its connection, role, what it brings, shift count, packed offer.
        marks: see `observe`.
        kept: see `observe`.
        out: see `observe`.
        told: how many events, and how many remarks there are.

    Returns:
        how many there are now.
    """
    at, of, role, brings, shift, offer = about
    if rows[EXTENT, at] != WHOLE:
        return told
    stamps, sacks, blocks = marks
    wide, narrow, pool, limited, histogram = kept
    events, remarks, dense = out
    found, remarked = told
    side, flags, time = 2 * of + rows[SENDER, at], rows[FLAGS, at], rows[CAPTURE_TIME, at]
    if flags & RST:
        settle_limit(wide, narrow, limited, side, time)
        settle_limit(wide, narrow, limited, side ^ 1, time)
        return told
    packet = packet_of(rows, (brings, shift), stamps, at)
    signs, stride = order(wide, narrow, side, packet)
    signs |= unseen(wide, narrow, pool, side, packet, stride)
    if brings & (OLD | LATE | KEEP_ALIVE) or signs & WENT_UNSEEN:
        events[found, ROW], events[found, WHICH], events[found, SIDE] = at, of, side & 1
        events[found, SIGNS] = signs
        note_event(wide, narrow, pool, side, packet, events[found])
        found += 1
    if brings & NEW:
        if role:
            renew(wide, narrow, pool, side, role)
        send(wide, narrow, pool, side, packet, signs & WENT_UNSEEN)
    una, window = wide[side ^ 1, UNA], narrow[side, WINDOW]
    if flags & ACK:
        load_blocks(pool, blocks, sacks[at])
        copy = listen(wide, narrow, pool, side, packet, signs & SAME_IDENT)
        if copy != NOTHING:
            remark(remarks, remarked, pool, (at, side, brings), copy)
            remarked += 1
        if pool[TOLD, RTT]:
            tell_rtt(narrow, pool, histogram, dense, side ^ 1, at)
    note_last(wide, narrow, side, packet, offer)
    if dense.shape[1] and packet[P_SIZE]:
        dense[FLIGHT, at] = flight(wide, narrow, pool, side) + 1
    if packet[P_SIZE]:
        limit(wide, narrow, pool, limited, side, time)
    if wide[side ^ 1, UNA] != una or narrow[side, WINDOW] != window or sacks[at]:
        limit(wide, narrow, pool, limited, side ^ 1, time)
    return found, remarked


@kernel(plain_below=PART)
def packet_of(rows: Integers, known: tuple[int, int], stamps: Integers, at: int) -> tuple[int, ...]:
    """What is handed around of a packet, see `sides`; `known` are what it brings and its shift count."""
    flags, length, window = rows[FLAGS, at], rows[LENGTH, at], rows[WINDOW_FIELD, at]
    brings, shift = known
    size = length
    if flags & (SYN | FIN):
        size += (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
    if not flags & SYN:
        if shift >= 0:
            window <<= shift
        elif shift == UNKNOWN and window > 0:
            window = np.int64(-1)
    ident = rows[IDENT, at]
    ident = ident if ident else -1  # many hosts send 0 where they may
    place = rows[SEQ_NUMBER, at], rows[ACK_NUMBER, at], length, size, window, rows[CAPTURE_TIME, at]
    return (*place, rows[NUMBER, at], ident, stamps[0, at], stamps[1, at], brings, flags)


@kernel(plain_below=PART)
def listen(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], is_same: int
) -> int:
    """Take in an acknowledgment: the packet of which it is a copy, 0 if it tells something, or `NOTHING`."""
    peer = side ^ 1
    repeats = wide[peer, UNA] == packet[P_ACK] + 1
    if packet[P_SIZE] == 0 and repeats and is_same:
        return int(wide[side, LAST_FRAME])
    tells = not repeats or packet[P_SIZE] == 0 or pool[SAID, BLOCKS_AT_MOST] > 0
    if wide[peer, NEXT] and tells and hear(wide, narrow, pool, side, packet):
        return 0
    return NOTHING


NOTHING = -1


@kernel(plain_below=PART)
def note_last(wide: Integers, narrow: Values, side: int, packet: tuple[int, ...], offer: int) -> None:
    """Note the side's latest packet."""
    narrow[side, WINDOW] = packet[P_WINDOW] + 2
    wide[side, LAST_FRAME], wide[side, LAST_TIME] = packet[P_NUMBER], packet[P_TIME]
    if packet[P_FLAGS] & SYN:
        narrow[side, SYNS] += 1
        wide[side, OFFER] = offer


@kernel(plain_below=RARE)
def remark(remarks: Integers, place: int, pool: Integers, by: tuple[int, int, int], copy: int) -> None:
    """Hand over what is rarely told, and begin anew; `by` is the row, its side, and what it brings."""
    at, side, brings = by
    remarks[place, AT], remarks[place, BY], remarks[place, S_COPY] = at, side, copy
    remarks[place, S_NEEDLESS] = 1 if copy > 0 and brings & DUPLICATE_ACK else 0
    remarks[place, S_DSACK], remarks[place, S_EIFEL] = pool[TOLD, DSACK], pool[TOLD, EIFEL]
    remarks[place, S_SPURIOUS] = pool[TOLD, SPURIOUS]
    remarks[place, S_ARRIVED], remarks[place, S_UNLOST] = pool[TOLD, ARRIVED], pool[TOLD, UNLOST]
    pool[TOLD, DSACK], pool[TOLD, EIFEL], pool[TOLD, SPURIOUS] = 0, 0, 0
    pool[TOLD, ARRIVED], pool[TOLD, UNLOST] = 0, 0


@kernel(plain_below=PART)
def tell_rtt(narrow: Values, pool: Integers, histogram: Values, dense: Integers, side: int, at: int) -> None:
    """Hand over the round trip that an acknowledgment of this side's sendings completes, and begin anew."""
    if pool[TOLD, DELAYED] == 0:
        count_rtt(narrow, pool, histogram, side, pool[TOLD, RTT])
    if dense.shape[1]:
        dense[D_RTT, at], dense[D_SOURCE, at] = pool[TOLD, RTT], pool[TOLD, SOURCE]
        dense[D_DELAYED, at] = pool[TOLD, DELAYED]
    pool[TOLD, RTT], pool[TOLD, SOURCE], pool[TOLD, DELAYED] = 0, 0, 0


@kernel(plain_below=PART)
def load_blocks(pool: Integers, blocks: Integers, place: int) -> None:
    """Take up the SACK blocks of the present packet; `place` is their row + 1, 0 for none."""
    if place == 0:
        pool[SAID, BLOCKS_AT_MOST] = 0
    else:
        for column in range(BLOCKS_AT_MOST + 1):
            pool[SAID, column] = blocks[place - 1, column]


@kernel(plain_below=RARE)
def renew(wide: Integers, narrow: Values, pool: Integers, side: int, role: int) -> None:
    """Forget what was sent if the numbers begin anew."""
    if role & (CREATES | REUSES) != REUSES:
        return
    while narrow[side, HEAD]:
        drop_head(narrow, pool, side)
    wide[side, NEXT] = 0
    if narrow[side, TROUBLE]:
        pool[narrow[side, TROUBLE], RECOVER] = 0


@kernel(plain_below=PART)
def send(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], was_sent: int
) -> None:
    """Put what is new of a segment at the end of the list; `was_sent` if the capture only did not see it."""
    seq, time, length, following = packet[P_SEQ], packet[P_TIME], packet[P_LENGTH], wide[side, NEXT]
    if narrow[side, COUNT] >= MOST_SENDINGS:
        drop_head(narrow, pool, side)
    at = take_row(pool)
    write(pool, at, packet, 2 if was_sent else 1)
    if following and distance(seq, following - 1) > 0:
        pool[at, SEQ], pool[at, TIMES] = following - 1, 2
    tail = narrow[side, TAIL]
    if tail:
        pool[tail, FOLLOWING] = at
    else:
        narrow[side, HEAD] = at
    narrow[side, TAIL] = at
    narrow[side, COUNT] += 1
    wide[side, NEXT] = pool[at, END] + 1
    if length and packet[P_IDENT] >= 0:
        path = wide[side, LEAST_RTT] + wide[side ^ 1, LEAST_RTT]
        if time - wide[side, SAMPLED] >= path >> 1:
            sample(wide, narrow, pool, side, packet)
    narrow[side, LATEST] = LAST if packet[P_FLAGS] & FIN else length
    if length > narrow[side, LARGEST]:
        narrow[side, LARGEST] = length


@kernel(plain_below=PART)
def hear(wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...]) -> bool:
    """Take in what an acknowledgment says about the other side's sendings; whether there is a remark."""
    ack, peer, said = packet[P_ACK], side ^ 1, pool[SAID, BLOCKS_AT_MOST]
    una, reports = wide[peer, UNA], 0
    if said and reports_copy(pool, ack):
        reports = 1
        reported(narrow, pool, peer)
    if una and distance(una - 1, ack) < 0:
        return reports > 0  # what else it tells is older than what is known
    has_advanced = una != ack + 1
    if has_advanced:
        move_on(wide, narrow, pool, peer, packet)
    news = False
    if said > reports:
        news = keep_blocks(narrow, pool, peer, reports, said - reports)
        if news and is_single(narrow, pool, peer):
            check_sacked(wide, narrow, pool, peer, pool[SAID, reports])
    elif has_advanced and narrow[peer, BLOCKS]:
        free_row(pool, narrow[peer, BLOCKS])
        narrow[peer, BLOCKS] = 0
    if not has_advanced and packet[P_SIZE] == 0 and narrow[peer, COUNT]:
        is_duplicate = news or narrow[side, WINDOW] == packet[P_WINDOW] + 2
        narrow[peer, DUPLICATES] += 1 if is_duplicate else 0
        news = is_duplicate
    if has_advanced or news:
        wide[peer, HEARD], wide[peer, HEARD_IN] = packet[P_TIME] + 1, packet[P_NUMBER]
    return reports > 0 or bool(pool[TOLD, EIFEL] != 0)


@kernel(plain_below=PART)
def move_on(wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...]) -> None:
    """Take in that more of what a side sent is acknowledged than before."""
    ack, tsecr, trouble = packet[P_ACK], packet[P_TSECR], narrow[side, TROUBLE]
    if trouble and narrow[side, HEAD] and pool[trouble, REMEMBERED] and tsecr >= 0:
        echoed_earlier(narrow, pool, side, ack, tsecr)
    if distance(wide[side, NEXT] - 1, ack) > 0:
        wide[side, NEXT] = ack + 1
    if trouble and pool[trouble, RECOVER] and pool[trouble, UNDONE] == 0:
        check_undo(wide, narrow, pool, side, ack, tsecr)
    acknowledge(wide, narrow, pool, side, packet)
    wide[side, UNA], wide[side, ADVANCED], narrow[side, DUPLICATES] = ack + 1, packet[P_TIME] + 1, 0
    if trouble and (pool[trouble, RECOVER] or pool[trouble, RESENT_TS]):
        end_episode(narrow, pool, side, ack)


@kernel(plain_below=PART)
def acknowledge(wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...]) -> None:
    """Drop what is acknowledged; the round trip of the latest of it, or of what the timestamp names.

    An ack that jumps over a gap says nothing of when what lay behind the gap had arrived.
    """
    ack, time, tsecr = packet[P_ACK], packet[P_TIME], packet[P_TSECR]
    is_sure = narrow[side, BLOCKS] == 0 and narrow[side, DUPLICATES] == 0
    karn, echoed, dropped = -1, -1, 0
    at = narrow[side, HEAD] + 0
    while at and distance(pool[at, END], ack) >= 0:
        karn = time - pool[at, TIME]
        is_sure = is_sure and pool[at, TIMES] == 1
        if echoed < 0 and tsecr >= 0 and pool[at, STAMP] == tsecr:
            echoed = karn
        dropped += 1
        drop_head(narrow, pool, side)
        at = narrow[side, HEAD] + 0
    rtt = karn if is_sure and karn > 0 else echoed
    if rtt <= 0:
        return
    pool[TOLD, RTT], pool[TOLD, SOURCE] = rtt, KARN if is_sure and karn > 0 else STAMPS
    least = wide[side, LEAST_RTT]
    held = rtt - least if least else 0
    is_lone = packet[P_SIZE] == 0 and dropped == 1 and narrow[side, COUNT] == 0
    if is_lone and HELD_AT_LEAST <= held <= HELD_AT_MOST:
        pool[TOLD, DELAYED] = held
    note_rtt(wide, side, rtt)


@kernel(plain_below=RARE)
def keep_blocks(narrow: Values, pool: Integers, side: int, first: int, many: int) -> bool:
    """Keep the SACK blocks of an ack; whether they tell anything new."""
    if narrow[side, BLOCKS] == 0:
        narrow[side, BLOCKS] = take_empty_row(pool)
    kept, news = narrow[side, BLOCKS], False
    for at in range(BLOCKS_AT_MOST):
        edges = pool[SAID, first + at] if at < many else np.int64(0)
        news = news or (edges != pool[kept, at] and edges != 0)
        pool[kept, at] = edges
    return news
