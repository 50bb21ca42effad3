"""Every sending of a side's bytes until they are acknowledged, and what was known when bytes came again.

This only observes. Whether a segment was resent, and why, is judged from these observations in `causes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.clues import Clues, clues
from synfin.connections.group import CREATES, REUSES, Grouping, grown
from synfin.connections.offers import MSS_AT, SACK
from synfin.connections.segments import ACK, FIN, RST, SYN, WHOLE, Segments
from synfin.connections.sequence import KEEP_ALIVE, LATE, NEW, OLD

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values

MILLISECOND = 1_000_000

(
    NEXT,
    UNA,
    HEAD,
    TAIL,
    COUNT,
    REMEMBERED,
    MEMORIES,
    BLOCKS,
    HEARD,
    HEARD_IN,
    DUPLICATES,
    RECOVER,
    RESENT_TS,
    EPISODE,
    UNDONE,
    SRTT,
    RTTVAR,
    LEAST_RTT,
    IDENT,
    REGULARITY,
    TSVAL,
    OFFER,
    WINDOW,
    LARGEST,
    LATEST,
    SYNS,
    HOPS,
    SINCE_WHEN,
    LIMITED_BY,
    SAMPLES,
    SAMPLED,
    LAST_FRAME,
    LAST_TIME,
    ADVANCED,
    STEP,
    ONES,
    IS_ALONE,
    OWED,
) = range(38)
"""Columns of `Sendings.state`; numbers and times are stored with 1 added where 0 is "not known":

* `NEXT`: after the highest number sent; `UNA`: the other side's highest ack.
* `HEAD`, `TAIL`, `COUNT`: the list of sendings not acknowledged; `REMEMBERED`, `MEMORIES`: that of resent
  ranges; `BLOCKS`: the row with the latest SACK blocks of the other side.
* `HEARD`: when the other side last told something new about these sendings, and in which packet;
  `DUPLICATES`: its duplicate acknowledgments since `UNA` moved.
* `RECOVER`: `NEXT` when the first segment of the present episode was resent; `RESENT_TS`: the TSval of that
  one, `EPISODE`: how many were; `UNDONE`: whether an ack has shown since that the first was needless.
* `SRTT`, `RTTVAR` (RFC 6298 2), `LEAST_RTT`: ns, from the place of capture to the other side and back.
* `IDENT`, `REGULARITY`: latest IP identification, and how well it counts: 1 to 7, 0 unknown, -1 constant,
  -2 random. `TSVAL`: the latest.
* `OFFER`: what the SYN offered, packed as in `Offers`; `WINDOW`: bytes; `LARGEST`, `LATEST`: payload.
* `SYNS`: how many were sent; `HOPS`: of the first packet; `LAST_FRAME`, `LAST_TIME`: the latest packet.
* `ADVANCED`: when `UNA` moved.
* `STEP`: how far the identification went forward in the latest packet; `ONES`: how often by 1, lately;
  `IS_ALONE`: whether it counts this connection's packets alone; `OWED`: how many segments went by unseen
  whose numbers are expected to come again.
* `SAMPLES`: the row that tells which identification went with which number, `SAMPLED`: when it was told.
* `SINCE_WHEN`, `LIMITED_BY`: since when, and by what, sending is limited; the first is 0 if by nothing.
"""
WIDTH = OWED + 1

SEQ, END, TIME, FRAME, STAMP, MARK, TIMES, FOLLOWING = range(8)
"""Columns of `Sendings.pool`. A sending: its numbers; when it was last sent; the packet that sent it first;
TSval and IP identification of the latest; how often. A resent range: the same, `FRAME` being its own packet,
`TIMES` what is known of it (`KNOWN` and others, below). SACK blocks: left << 32 | right in the
first four. Samples, the latest first: where a segment began, << 16, | its IP identification, + 1."""

MOST_SENDINGS, MOST_MEMORIES = 4096, 32
"""Entries kept per side; the oldest are forgotten: time and memory are bounded."""

(
    ROW,
    WHICH,
    SIDE,
    ORIGINAL,
    SINCE,
    QUIET,
    SIGNS,
    DUPS,
    PATH,
    LEAST_PATH,
    SENT,
    PROMPT,
    BRINGS,
    SINCE_GAP,
    ACKED_UP_TO,
    SENT_UP_TO,
    SINCE_ADVANCE,
    RTO,
) = range(18)
EVENT_WIDTH = RTO + 1
"""Columns of `Seen.events`: the row among the chunk's segments; connection and side; the packet that sent
these numbers first, 0 if unseen; ns since they were last sent, -1 if unseen; ns since the sender last heard
something new of the other side, as the sender sees it; bits (below); duplicate acknowledgments; smoothed
round trip of the whole path, and the shortest, 0 if unknown; how often these numbers were sent before; the
packet in which the sender last heard something new; what the segment brings; ns since the capture first
showed later numbers, -1 if it did not; raw numbers up to which all was acknowledged and sent by then; ns
since more was acknowledged, as the sender sees it; the retransmission timeout, ns (RFC 6298 2 with the floor
of Linux)."""

(
    IS_HEAD,
    IS_TAIL,
    SACKED_ABOVE,
    IS_SACKED,
    ALREADY_ACKED,
    WAS_UNDONE,
    SAME_IDENT,
    OTHER_IDENT,
    IDENT_TELLS,
    IDENT_LATER,
    STAMP_TELLS,
    STAMP_LATER,
    SYN_REPEATED,
    WINDOW_CLOSED,
    SACK_AGREED,
    ALL_ACKED,
    SAME_STAMP,
    OVERTAKES,
    WENT_UNSEEN,
    COPIED,
    OVERTAKEN,
    RESENT,
    ASKS,
    OPENS,
    CLOSES,
) = (1 << bit for bit in range(25))
NAMED_AFTER = OPENS | CLOSES
"""Bits of `SIGNS`. The segment begins at the lowest number not acknowledged; it ends at the highest; the
other side has SACKed numbers above it, or all of it, or acknowledged it; the episode's first resending was
shown to be needless; the IP identification is that of the latest sending of these numbers, or is another
one; the identification tells the order, and it was sent after all that was seen before; likewise by TSval;
the other side's SYN came again, too; the other side's window is closed; both SYNs permit SACK; everything is
acknowledged; same TSval as that sending; by its IP identification it was sent after numbers beyond its own
were sent first; the IP identifications show that as many segments as this went by unseen.

And what follows from all that: the network, or the capture, made it, for the sender sent it once; the network
delivered it after what was sent later; the sender sent these numbers before; it only asks for an
acknowledgment; it is a SYN; it is a FIN without data."""

FLIGHT, RTT, SOURCE, DELAYED, DSACK, EIFEL, COPY, SPURIOUS, ARRIVED, UNLOST = range(10)
"""Columns of `Seen.told`, 0 where there is nothing to tell: bytes on their way after this segment + 1; the
round trip that it completes, ns, and how that is known (`KARN`, `STAMPS`); how long the acknowledgment was
held back, ns; the packet whose resending a DSACK, or the echoed timestamp, shows to be needless (-1: a DSACK
for what is not known to be resent); the packet of which this pure acknowledgment is a copy; how many
resendings it was the first to show to be spurious, and of how many earlier sendings, first seen or not seen
by the capture, that they were not lost."""
TOLD_WIDTH = UNLOST + 1
KARN, STAMPS = 1, 2

APPLICATION, RECEIVE_WINDOW, CONGESTION_WINDOW, LOSS = range(4)
"""What limits sending."""
LAST = -1
"""Instead of the payload of the latest segment: it had a FIN, and no more is to come."""

BINS, OCTAVE, FIRST_OCTAVE = 80, 4, 13
"""The histogram of round trips: quarters of octaves from 2**13 ns (8 microseconds) to 2**33 ns (8.6 s)."""
FULL_BIN = 255

HELD_AT_LEAST, HELD_AT_MOST = 20 * MILLISECOND, 500 * MILLISECOND
"""How long an acknowledgment is held back for another segment to come: less than 0.5 s (RFC 9293 3.8.6.3);
what is shorter than the first cannot be told from the path."""

SMALLEST_MSS = 536
"""RFC 9293 3.7.1: what everyone takes."""
OPTIONS_ROOM = 40
"""TCP options take at most so many bytes of a segment."""

IGNORED = 1 << 12
SIZES = np.array([((kind & SYN) > 0) + ((kind & FIN) > 0) for kind in range((SYN | FIN) + 1)], np.int64)
"""Sequence numbers that SYN and FIN take."""


class Seen(NamedTuple):
    """What was observed of a chunk; int64.

    Attributes:
        events: (events, EVENT_WIDTH), one row for each segment with numbers that were, or should have been,
            sent before, in packet order.
        told: (segments, TOLD_WIDTH).
    """

    events: Integers
    told: Integers


class Sendings:
    """What each side of every connection has on its way.

    Attributes:
        state: int64 (capacity, 2, WIDTH).
        limited: int64 (capacity, 2, 4): ns for which sending was limited by each kind.
        histogram: uint8 (capacity, 2, BINS): round trips; when one is full, all of that side are halved.
        pool: int64 (rows, 8); row 0 holds how many rows were ever used, and the first free one.
    """

    def __init__(self) -> None:
        self.state = np.zeros((0, 2, WIDTH), np.int64)
        self.limited = np.zeros((0, 2, 4), np.int64)
        self.histogram: Values = np.zeros((0, 2, BINS), np.uint8)
        self.pool = np.zeros((1, 8), np.int64)

    def advance(
        self,
        segments: Segments,
        grouping: Grouping,
        brings: Integers,
        more: tuple[Integers, Integers],
        count: int,
    ) -> Seen:
        """Observe the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            brings: see `Sequences.advance`.
            more: each segment's window in bytes, -1 if its scale is unknown; packed offer of each SYN.
            count: how many connections there are.
        """
        self.state = grown(self.state, count)
        self.limited = grown(self.limited, count)
        self.histogram = grown(self.histogram, count)
        self.pool = grown(self.pool, int(self.pool[0, SEQ]) + 3 * len(segments) + 1)
        window, offer = more
        flags = segments.flags | np.where(segments.extent == WHOLE, 0, IGNORED)
        known: Clues = clues(segments)
        rows = np.stack(
            (
                *(segments.side, flags, segments.seq, segments.ack, segments.length, window),
                *(segments.time, segments.number, brings, grouping.role, offer, *known[:6]),
                segments.length + SIZES[flags & (SYN | FIN)],
            )
        )
        events = np.empty((len(segments), EVENT_WIDTH), np.int64)
        told = np.zeros((len(segments), TOLD_WIDTH), np.int64)
        found = observe(
            grouping.connection,
            rows,
            known.blocks,
            (self.state, self.limited, self.histogram, self.pool),
            (events, told, np.zeros(TOLD_WIDTH, np.int64)),
        )
        return Seen(events[:found], told)

    def least_rtt(self, chosen: Integers, side: Integers) -> Integers:
        """The shortest round trip, ns, from the place of capture to the other side and back; 0 if unknown."""
        values: Integers = self.state[chosen, side, LEAST_RTT]
        return values

    def round_trips(self, chosen: Integers, side: Integers) -> Values:
        """The histogram of each of these sides, uint8 (n, BINS)."""
        return self.histogram[chosen, side]

    def limits(self, chosen: Integers, side: Integers) -> Integers:
        """How long each of these sides was limited, and by what, ns (n, 4)."""
        values: Integers = self.limited[chosen, side]
        return values

    def hops(self, chosen: Integers, side: Integers) -> Integers:
        """The time to live of each side's first packet, -1 if it sent none."""
        values: Integers = self.state[chosen, side, HOPS] - 1
        return values

    def is_joined(self, chosen: Integers, side: Integers) -> Flags:
        """Whether a side sent a segment larger than the other said it takes."""
        mss = (self.state[chosen, 1 - side, OFFER] >> MSS_AT) - 1
        joined: Flags = (mss > 0) & (self.state[chosen, side, LARGEST] > mss)
        return joined


(
    R_SIDE,
    R_FLAGS,
    R_SEQ,
    R_ACK,
    R_LENGTH,
    R_WINDOW,
    R_TIME,
    R_NUMBER,
    R_BRINGS,
    R_ROLE,
    R_OFFER,
    R_IDENT,
    R_HOPS,
    R_TSVAL,
    R_TSECR,
    R_FIRST,
    R_COUNT,
    R_SIZE,
) = range(18)
"""Rows of what the kernel is given."""


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def observe(
    connection: Integers,
    rows: Integers,
    blocks: Integers,
    kept: tuple[Integers, Integers, Values, Integers],
    out: tuple[Integers, Integers, Integers],
) -> int:
    """Follow each segment.

    Args:
        connection: of each segment.
        rows: (18, n), see above.
        blocks: see `Clues.blocks`.
        kept: state, limited, histogram and pool, see `Sendings`; updated.
        out: `Seen.events`, filled from the first row on; `Seen.told`, filled; (TOLD_WIDTH) zeros, used for
            one packet at a time: a view of `told` for each would cost more.

    Returns:
        how many events there are.
    """
    state, limited, histogram, pool = kept
    events, told, tells = out
    found = 0
    for at in range(len(connection)):
        row, of, side = rows[:, at], connection[at], rows[R_SIDE, at]
        if row[R_FLAGS] & IGNORED:
            continue
        own, peer, time = state[of, side], state[of, 1 - side], row[R_TIME]
        charge(state[of], limited, of, time)
        if row[R_FLAGS] & RST:
            own[SINCE_WHEN], peer[SINCE_WHEN] = 0, 0
            continue
        signs = order(own, row[R_IDENT], row[R_TSVAL]) | count_unseen(own, peer, row)
        if row[R_BRINGS] & (OLD | LATE | KEEP_ALIVE) or signs & WENT_UNSEEN:
            events[found, ROW], events[found, WHICH], events[found, SIDE] = at, of, side
            events[found, SIGNS] = signs
            note_event(own, peer, pool, row, events[found])
            found += 1
        if row[R_BRINGS] & NEW:
            send(own, peer, pool, row, signs)
        if row[R_SIZE] == 0 and signs & SAME_IDENT and peer[UNA] == row[R_ACK] + 1:
            told[at, COPY] = own[LAST_FRAME]
        elif row[R_FLAGS] & ACK and (peer[UNA] != row[R_ACK] + 1 or row[R_SIZE] == 0 or row[R_COUNT]):
            hear(own, peer, pool, row, blocks, tells)
            if tells[RTT] > 0 and tells[DELAYED] == 0:
                count_rtt(histogram[of, 1 - side], tells[RTT])
            publish(tells, told, at)
        note_last(own, row)
        if row[R_SIZE]:
            told[at, FLIGHT] = flight(own, pool) + 1
        limit(own, peer, pool, time)
        limit(peer, own, pool, time)
    return found


@kernel(plain_below=PART)
def charge(sides: Integers, limited: Integers, of: int, time: int) -> None:
    """Count the time since the connection's previous packet to what limited the sending of each side."""
    for side in range(2):
        since = sides[side, SINCE_WHEN]
        if since and time >= since:
            limited[of, side, sides[side, LIMITED_BY]] += time + 1 - since


@kernel(plain_below=PART)
def publish(tells: Integers, told: Integers, at: int) -> None:
    """Hand over what an acknowledgment tells, and begin anew."""
    for column in range(RTT, TOLD_WIDTH):
        told[at, column] = tells[column]
        tells[column] = 0


@kernel(plain_below=PART)
def note_last(own: Integers, row: Integers) -> None:
    """Note the side's latest packet."""
    own[WINDOW] = row[R_WINDOW] + 2
    own[LAST_FRAME], own[LAST_TIME] = row[R_NUMBER], row[R_TIME]
    own[HOPS] = own[HOPS] if own[HOPS] else row[R_HOPS] + 1
    if row[R_FLAGS] & SYN:
        own[SYNS] += 1
        own[OFFER] = row[R_OFFER]


@kernel(plain_below=PART)
def count_unseen(own: Integers, peer: Integers, row: Integers) -> int:
    """`WENT_UNSEEN` if a segment repeats what was lost before the place of capture, else 0."""
    if row[R_FLAGS] & SYN:
        own[IS_ALONE] = 1 if row[R_IDENT] < 0 else 0
        return 0
    may_tell = (own[STEP] > 1 or own[OWED]) and row[R_LENGTH] and row[R_BRINGS] & NEW
    return settle(own, peer, row) if may_tell else 0


@kernel(plain_below=PART)
def limit(own: Integers, peer: Integers, pool: Integers, time: int) -> None:
    """Judge what limits sending from now on.

    An episode of loss lasts until all that was sent before it is acknowledged (RFC 6582 3.2). The window
    limits when less than a full segment fits; the congestion window, when segments that are full are on
    their way and no more are sent; else there was nothing to send.
    """
    if own[NEXT] == 0 or own[UNA] == 0 or peer[WINDOW] == 0 or (own[LATEST] == LAST and own[COUNT] == 0):
        own[SINCE_WHEN] = 0
        return
    window = peer[WINDOW] - 2
    full = max(min(mss_of(peer), own[LARGEST]), 1)
    on_way = flight(own, pool) if own[COUNT] else 0
    if own[COUNT] and own[RECOVER]:
        kind = LOSS
    elif window >= 0 and window - on_way < min(full, max(window, 1)):
        kind = RECEIVE_WINDOW
    elif own[COUNT] and own[LATEST] > 0 and own[LATEST] + OPTIONS_ROOM >= full:
        kind = CONGESTION_WINDOW
    else:
        kind = APPLICATION
    own[SINCE_WHEN], own[LIMITED_BY] = time + 1, kind


@kernel(plain_below=PART)
def mss_of(peer: Integers) -> int:
    """The largest segment that a side says it takes; large if that is not known."""
    mss = (peer[OFFER] >> MSS_AT) - 1
    return int(mss) if mss > 0 else (SMALLEST_MSS if peer[OFFER] else 1 << 16)


@kernel(plain_below=PART)
def flight(own: Integers, pool: Integers) -> int:
    """Bytes on their way: sent, not acknowledged, not SACKed."""
    if own[UNA] == 0:
        return int(distance(pool[own[HEAD], SEQ], own[NEXT] - 1)) if own[HEAD] else 0
    sacked = 0
    if own[BLOCKS]:
        for at in range(4):
            edges = pool[own[BLOCKS], at]
            sacked += distance(edges >> 32, edges & 0xFFFFFFFF)
    return max(distance(own[UNA] - 1, own[NEXT] - 1) - sacked, 0)


@kernel(plain_below=PART)
def order(own: Integers, ident: int, tsval: int) -> int:
    """Whether a packet was sent after all that its side sent before, as far as its own marks tell."""
    signs = 0
    own[STEP] = 0
    if ident >= 0:
        if own[IDENT]:
            step = ((ident - own[IDENT] + 1 + 0x8000) & 0xFFFF) - 0x8000
            signs |= IDENT_TELLS if own[REGULARITY] > 0 and -STRIDE <= step <= STRIDE and step else 0
            signs |= IDENT_LATER if signs and step > 0 else 0
            signs |= SAME_IDENT if step == 0 and own[REGULARITY] > 0 else 0
            note_step(own, step)
            if step > 0 or own[REGULARITY] <= 0:
                own[IDENT] = ident + 1
        else:
            own[IDENT] = ident + 1
    if tsval >= 0:
        step = distance(own[TSVAL] - 1, tsval) if own[TSVAL] else 1
        signs |= STAMP_TELLS if step and own[TSVAL] else 0
        signs |= STAMP_LATER if step > 0 and own[TSVAL] else 0
        if step > 0:
            own[TSVAL] = tsval + 1
    return signs


@kernel(plain_below=PART)
def settle(own: Integers, peer: Integers, row: Integers) -> int:
    """Whether a segment that seems new repeats one that was lost before the place of capture.

    A host that counts the IP identifications of each connection by itself tells how many packets went by
    unseen. If then, after a pause that only its timer explains, the numbers go on where they were, these
    are resent: as many as went by, less those that the gap in the numbers accounts for, and less those
    resent in vain meanwhile, each after twice the time of the one before (RFC 6298 5.5).
    """
    path, pause = own[LEAST_RTT] + peer[LEAST_RTT], row[R_TIME] - own[LAST_TIME]
    missing = distance(own[NEXT] - 1, row[R_SEQ]) if own[NEXT] else 0
    if own[STEP] > 1:
        unseen = own[STEP] - 1
        own[OWED] = 0
        has_hole = own[BLOCKS] != 0 or own[DUPLICATES] > 0  # then resent segments went by unseen
        if (
            path > 0
            and not has_hole
            and pause >= max(min(2 * path, path + RTO_FLOOR) * 9 // 10, 2 * MILLISECOND)
        ):
            if missing > 0:
                unseen -= (missing + own[LARGEST] - 1) // max(own[LARGEST], 1)
                return WENT_UNSEEN if unseen > 0 else 0
            own[OWED] = max(unseen - in_vain(own, peer, path, pause), 1)
    if missing > 0:
        own[OWED] = 0
    if own[OWED] > 0:
        own[OWED] -= 1
        return WENT_UNSEEN
    return 0


@kernel(plain_below=PART)
def in_vain(own: Integers, peer: Integers, path: int, pause: int) -> int:
    """How many segments a timer resent during a pause before the one that ended it."""
    timer = path + RTO_FLOOR
    if pause < timer:
        return 0
    probes = 1 if own[OFFER] & peer[OFFER] & SACK else 0
    resent, passed = 0, timer
    while passed + (timer << (resent + 1)) <= pause and resent < 15:
        resent += 1
        passed += timer << resent
    return resent + probes


RTO_FLOOR = 200 * MILLISECOND
"""The least that Linux adds to the round trip for its timeout."""

STRIDE, SURE, ENOUGH, CONSTANT, RANDOM = 4096, 7, 3, -1, -2
"""IP identifications of a host that counts them go forward by less than this from packet to packet."""


@kernel(plain_below=PART)
def note_step(own: Integers, step: int) -> None:
    """Learn whether a side counts its IP identifications."""
    regularity = own[REGULARITY]
    if step == 1:
        own[ONES] = min(own[ONES] + 1, SURE)
    elif step != 0:
        own[STEP] = step if own[IS_ALONE] and own[ONES] >= ENOUGH and step > 0 else 0
        own[ONES] = max(own[ONES] - 2, 0) if step > 0 else own[ONES]
    if 0 < step <= STRIDE:
        own[REGULARITY] = min(max(regularity, 0) + 1, SURE)
    elif step == 0:
        own[REGULARITY] = regularity - 2 if regularity > 2 else CONSTANT
    elif step < -STRIDE or step > STRIDE:
        own[REGULARITY] = regularity - 3 if regularity > 3 else RANDOM


@kernel(plain_below=PART)
def take_row(pool: Integers) -> int:
    """A free row."""
    at = int(pool[0, FOLLOWING])
    if at:
        pool[0, FOLLOWING] = pool[at, FOLLOWING]
    else:
        pool[0, SEQ] += 1
        at = int(pool[0, SEQ])
    pool[at, FOLLOWING] = 0
    return at


@kernel(plain_below=PART)
def free_row(pool: Integers, at: int) -> None:
    """Give a row back."""
    pool[at, FOLLOWING] = pool[0, FOLLOWING]
    pool[0, FOLLOWING] = at


@kernel(plain_below=PART)
def drop_head(own: Integers, pool: Integers) -> None:
    """Forget the oldest sending."""
    at = own[HEAD]
    own[HEAD] = pool[at, FOLLOWING]
    own[COUNT] -= 1
    if own[HEAD] == 0:
        own[TAIL] = 0
    free_row(pool, at)


@kernel(plain_below=PART)
def send(own: Integers, peer: Integers, pool: Integers, row: Integers, signs: int) -> None:
    """Put what is new of a segment at the end of the list."""
    if row[R_ROLE] & REUSES and not row[R_ROLE] & CREATES:
        while own[HEAD]:
            drop_head(own, pool)
        own[NEXT], own[RECOVER] = 0, 0
    seq, end = row[R_SEQ], (row[R_SEQ] + row[R_SIZE]) & 0xFFFFFFFF
    if own[NEXT] and distance(seq, own[NEXT] - 1) > 0:
        seq = own[NEXT] - 1
    if own[COUNT] >= MOST_SENDINGS:
        drop_head(own, pool)
    at = take_row(pool)
    pool[at, SEQ], pool[at, END], pool[at, TIME], pool[at, FRAME] = seq, end, row[R_TIME], row[R_NUMBER]
    pool[at, STAMP], pool[at, MARK] = row[R_TSVAL], row[R_IDENT]
    pool[at, TIMES] = 1 if seq == row[R_SEQ] and not signs & WENT_UNSEEN else 2
    if own[TAIL]:
        pool[own[TAIL], FOLLOWING] = at
    else:
        own[HEAD] = at
    own[TAIL] = at
    own[COUNT] += 1
    own[NEXT] = end + 1
    if (
        row[R_IDENT] >= 0
        and row[R_LENGTH]
        and (row[R_TIME] - own[SAMPLED] >= (own[LEAST_RTT] + peer[LEAST_RTT]) // 2)
    ):
        sample(own, pool, row)
    own[LATEST] = LAST if row[R_FLAGS] & FIN else row[R_LENGTH]
    own[LARGEST] = max(own[LARGEST], row[R_LENGTH])


@kernel(plain_below=PART)
def sample(own: Integers, pool: Integers, row: Integers) -> None:
    """Keep which identification goes with which number, twice a round trip."""
    if own[SAMPLES] == 0:
        own[SAMPLES] = take_row(pool)
        for at in range(FOLLOWING):
            pool[own[SAMPLES], at] = 0
    kept = pool[own[SAMPLES]]
    for at in range(FOLLOWING - 1, 0, -1):
        kept[at] = kept[at - 1]
    kept[0] = (row[R_SEQ] << 16 | row[R_IDENT]) + 1
    own[SAMPLED] = row[R_TIME]


@kernel(plain_below=PART)
def is_after_later_numbers(own: Integers, pool: Integers, seq: int, ident: int) -> bool:
    """Whether a segment was sent after numbers beyond its own were sent first: then it was resent."""
    if own[SAMPLES] == 0 or own[REGULARITY] <= 0 or ident < 0:
        return False
    for at in range(FOLLOWING):
        kept = pool[own[SAMPLES], at] - 1
        if kept >= 0 and distance(seq, kept >> 16) > 0:
            step = ((ident - (kept & 0xFFFF) + 0x8000) & 0xFFFF) - 0x8000
            if 0 < step <= STRIDE:
                return True
    return False


@kernel(plain_below=PART)
def note_event(own: Integers, peer: Integers, pool: Integers, row: Integers, event: Integers) -> None:
    """Write down what is known when numbers come again, or late; and that they did."""
    seq, time, size, signs = row[R_SEQ], row[R_TIME], row[R_SIZE], event[SIGNS]
    event[ORIGINAL], event[SINCE], event[SENT], event[SINCE_GAP] = 0, -1, 0, -1
    event[PATH], event[LEAST_PATH] = own[SRTT] + peer[LEAST_RTT], own[LEAST_RTT] + peer[LEAST_RTT]
    event[ACKED_UP_TO], event[SENT_UP_TO] = own[UNA] - 1, own[NEXT] - 1
    event[QUIET] = max(time - (own[HEARD] - 1) - peer[LEAST_RTT], 0) if own[HEARD] else NEVER
    event[SINCE_ADVANCE] = max(time - (own[ADVANCED] - 1) - peer[LEAST_RTT], 0) if own[ADVANCED] else NEVER
    event[RTO] = event[PATH] + max(4 * own[RTTVAR], RTO_FLOOR)
    event[DUPS], event[PROMPT] = own[DUPLICATES], own[HEARD_IN]
    event[BRINGS] = row[R_BRINGS]
    signs |= place_of(own, peer, seq, size)
    signs |= again(own, pool, row, event)
    if own[BLOCKS]:
        signs |= sacked_about(pool[own[BLOCKS]], seq, size)
    if is_after_later_numbers(own, pool, seq, row[R_IDENT]) and not signs & SAME_IDENT:
        signs |= OVERTAKES
    signs |= nature(row, event, signs)
    if signs & COPIED:
        event[ORIGINAL] = copied(own, pool, row, event[ORIGINAL])
    if signs & RESENT and not signs & ASKS:
        signs |= begin_or_continue(own, row[R_TSVAL])
        own[EPISODE] += 1 if signs & SACKED_ABOVE else 0  # more than a timer speaks for it
        remember(own, pool, row, worth(signs, event))
    event[SIGNS] = signs


NEVER = 1 << 60


@kernel(plain_below=PART)
def copied(own: Integers, pool: Integers, row: Integers, original: int) -> int:
    """The packet of which this is a copy: perhaps one that resent the numbers, or the latest."""
    at = own[REMEMBERED]
    while at:
        if pool[at, SEQ] == row[R_SEQ] and pool[at, MARK] == row[R_IDENT]:
            return int(pool[at, FRAME])
        at = pool[at, FOLLOWING]
    return original if original else int(own[LAST_FRAME])


@kernel(plain_below=PART)
def nature(row: Integers, event: Integers, signs: int) -> int:
    """What a segment is whose numbers were sent before, or should have been: a copy, late, or resent.

    A host marks each packet that it sends with another identification. Where that tells nothing, the same
    segment so soon that no sender can have resent it is a copy, and what fills a gap before the sender can
    have heard of it was late.
    """
    brings, since, path = row[R_BRINGS], event[SINCE], event[LEAST_PATH]
    found = OPENS if row[R_FLAGS] & SYN else 0
    found |= CLOSES if row[R_FLAGS] & FIN and row[R_LENGTH] == 0 else 0
    was_seen, fills = brings & OLD != 0, brings & (OLD | LATE) == LATE
    tells, later = (IDENT_TELLS, IDENT_LATER) if signs & IDENT_TELLS else (STAMP_TELLS, STAMP_LATER)
    is_older = signs & (tells | later | OVERTAKES) == tells
    is_later = signs & (later | OVERTAKES) != 0
    within = SHORTEST_SYN_TIMER if found & OPENS else (min(AT_ONCE, path // 2) if path else AT_ONCE)
    is_answer = found & OPENS and signs & SYN_REPEATED
    is_at_once = 0 <= since < within and not is_answer and not signs & (OTHER_IDENT | STAMP_LATER)
    late = LATE_SHARE * path if path else LATE_WHOLE * LATE_AT_MOST
    is_too_soon = fills and not is_later and 0 <= LATE_WHOLE * event[SINCE_GAP] < late
    if was_seen and (signs & SAME_IDENT or is_at_once):
        found |= COPIED
    elif (was_seen or fills) and (is_older or is_too_soon):
        found |= OVERTAKEN
    elif was_seen or fills:
        found |= RESENT
    found |= RESENT if signs & WENT_UNSEEN else 0
    is_probe = brings & KEEP_ALIVE and signs & ALL_ACKED and not is_older
    one_byte = found & RESENT and row[R_LENGTH] == 1 and signs & WINDOW_CLOSED
    return found | ASKS if is_probe or one_byte else found


AT_ONCE, SHORTEST_SYN_TIMER = MILLISECOND, 100 * MILLISECOND
"""The same segment within these times is a copy if nothing says otherwise; the second is for a SYN."""

LATE_SHARE, LATE_WHOLE, LATE_AT_MOST = 4, 5, 3 * MILLISECOND
"""What fills a gap sooner than within four fifths of a round trip was not asked for; the time is for paths
that are unknown."""


@kernel(plain_below=PART)
def worth(signs: int, event: Integers) -> int:
    """What is known of a resent segment at once, for `remember`."""
    known = KNOWN if signs & ALREADY_ACKED else 0
    known |= NAMED if signs & (OPENS | CLOSES) else 0
    return known if event[BRINGS] & OLD and event[ORIGINAL] else known | UNSEEN


@kernel(plain_below=PART)
def place_of(own: Integers, peer: Integers, seq: int, size: int) -> int:
    """Where a segment lies among what is acknowledged and what was sent."""
    signs = 0
    end = (seq + size) & 0xFFFFFFFF
    if own[UNA]:
        signs |= ALREADY_ACKED if size and distance(end, own[UNA] - 1) >= 0 else 0
        signs |= IS_HEAD if distance(seq, own[UNA] - 1) >= 0 else 0
        signs |= ALL_ACKED if own[UNA] == own[NEXT] else 0
    else:
        signs |= IS_HEAD
    signs |= IS_TAIL if own[NEXT] and distance(own[NEXT] - 1, end) >= 0 else 0
    signs |= SYN_REPEATED if peer[SYNS] > own[SYNS] else 0
    signs |= WINDOW_CLOSED if peer[WINDOW] == 2 else 0
    signs |= SACK_AGREED if own[OFFER] & peer[OFFER] & SACK else 0
    return signs


@kernel(plain_below=PART)
def again(own: Integers, pool: Integers, row: Integers, event: Integers) -> int:
    """Find the earlier sendings of these numbers, and mark them as sent again; add what was not seen."""
    seq, time, size = row[R_SEQ], row[R_TIME], row[R_SIZE]
    end = (seq + size) & 0xFFFFFFFF
    signs, before, at = 0, 0, own[HEAD]
    while at:
        if distance(pool[at, SEQ], end) <= 0:
            break
        if distance(seq, pool[at, END]) > 0:
            if event[ORIGINAL] == 0:
                event[ORIGINAL] = pool[at, FRAME]
            event[SINCE] = time - pool[at, TIME]
            event[SENT] = max(event[SENT], pool[at, TIMES])
            if pool[at, MARK] >= 0 and row[R_IDENT] >= 0 and own[REGULARITY] != CONSTANT:
                signs |= SAME_IDENT if pool[at, MARK] == row[R_IDENT] else OTHER_IDENT
            if pool[at, STAMP] >= 0 and pool[at, STAMP] == row[R_TSVAL]:
                signs |= SAME_STAMP
            pool[at, TIMES] += 1
            pool[at, TIME], pool[at, STAMP], pool[at, MARK] = time, row[R_TSVAL], row[R_IDENT]
        before, at = at, pool[at, FOLLOWING]
    if at:
        event[SINCE_GAP] = time - pool[at, TIME]
    if event[ORIGINAL] == 0:
        signs |= remembered_before(own, pool, row, event)
        is_outstanding = own[UNA] == 0 or distance(own[UNA] - 1, end) > 0
        if size and row[R_BRINGS] & LATE and not row[R_BRINGS] & NEW and is_outstanding and own[HEAD]:
            insert(own, pool, row, end, before)
    return signs


@kernel(plain_below=PART)
def remembered_before(own: Integers, pool: Integers, row: Integers, event: Integers) -> int:
    """What an earlier resending of the same range, acknowledged meanwhile, tells."""
    at, signs = own[REMEMBERED], 0
    while at and row[R_SIZE]:
        if pool[at, SEQ] == row[R_SEQ]:
            event[ORIGINAL] = pool[at, FRAME]
            event[SINCE] = row[R_TIME] - pool[at, TIME]
            event[SENT] = 2
            if pool[at, MARK] >= 0 and row[R_IDENT] >= 0 and own[REGULARITY] != CONSTANT:
                signs = SAME_IDENT if pool[at, MARK] == row[R_IDENT] else OTHER_IDENT
            break
        at = pool[at, FOLLOWING]
    return signs


@kernel(plain_below=PART)
def insert(own: Integers, pool: Integers, row: Integers, end: int, before: int) -> None:
    """Put numbers that fill a gap where they belong: behind `before`, 0 for the front."""
    if own[COUNT] >= MOST_SENDINGS:
        return
    at = take_row(pool)
    pool[at, SEQ], pool[at, END], pool[at, TIME], pool[at, FRAME] = (
        row[R_SEQ],
        end,
        row[R_TIME],
        row[R_NUMBER],
    )
    pool[at, STAMP], pool[at, MARK], pool[at, TIMES] = row[R_TSVAL], row[R_IDENT], 2
    if before:
        pool[at, FOLLOWING] = pool[before, FOLLOWING]
        pool[before, FOLLOWING] = at
        if own[TAIL] == before:
            own[TAIL] = at
    else:
        pool[at, FOLLOWING] = own[HEAD]
        own[HEAD] = at
    own[COUNT] += 1


@kernel(plain_below=PART)
def sacked_about(edges: Integers, seq: int, size: int) -> int:
    """Whether the latest SACK blocks name numbers above a segment, or all of it."""
    signs = 0
    for at in range(4):
        left, right = edges[at] >> 32, edges[at] & 0xFFFFFFFF
        if left == right:
            continue
        if distance(seq, left) >= size and size:
            signs |= SACKED_ABOVE
        if size and distance(left, seq) >= 0 and distance((seq + size) & 0xFFFFFFFF, right) >= 0:
            signs |= IS_SACKED
    return signs


@kernel(plain_below=PART)
def begin_or_continue(own: Integers, tsval: int) -> int:
    """Begin an episode of resending if none is on; it lasts until what was sent by then is acknowledged."""
    signs = WAS_UNDONE if own[UNDONE] else 0
    if own[RECOVER] == 0 or own[UNDONE]:
        own[RECOVER], own[RESENT_TS], own[EPISODE], own[UNDONE] = own[NEXT], tsval + 1, 0, 0
    own[EPISODE] += 1
    return signs


@kernel(plain_below=PART)
def remember(own: Integers, pool: Integers, row: Integers, known: int) -> None:
    """Remember a resent range, newest first, to know it when a later packet speaks of it."""
    if own[MEMORIES] >= MOST_MEMORIES:
        before = own[REMEMBERED]
        while pool[pool[before, FOLLOWING], FOLLOWING]:
            before = pool[before, FOLLOWING]
        free_row(pool, pool[before, FOLLOWING])
        pool[before, FOLLOWING] = 0
        own[MEMORIES] -= 1
    at = take_row(pool)
    pool[at, SEQ], pool[at, END] = row[R_SEQ], (row[R_SEQ] + row[R_SIZE]) & 0xFFFFFFFF
    pool[at, TIME], pool[at, FRAME] = row[R_TIME], row[R_NUMBER]
    pool[at, STAMP], pool[at, MARK], pool[at, TIMES] = row[R_TSVAL], row[R_IDENT], known
    pool[at, FOLLOWING] = own[REMEMBERED]
    own[REMEMBERED] = at
    own[MEMORIES] += 1


@kernel(plain_below=PART)
def hear(
    own: Integers, peer: Integers, pool: Integers, row: Integers, blocks: Integers, told: Integers
) -> None:
    """Take in what an acknowledgment says about the other side's sendings."""
    ack = row[R_ACK]
    if peer[NEXT] == 0:
        return
    reports = 1 if row[R_COUNT] and is_duplicate(blocks, row) else 0
    if reports:
        told[DSACK] = needless(peer, pool, blocks[row[R_FIRST]], told)
    if peer[UNA] and distance(peer[UNA] - 1, ack) < 0:
        return  # what else it tells is older than what is known
    has_advanced = peer[UNA] == 0 or peer[UNA] != ack + 1
    if has_advanced:
        move_on(peer, pool, row, told)
    news = False
    if row[R_COUNT] > reports:
        news = keep_blocks(peer, pool, blocks, row[R_FIRST] + reports, row[R_COUNT] - reports)
        if news and peer[RECOVER] and peer[EPISODE] == 1 and peer[REMEMBERED]:
            check_sacked(peer, pool, blocks[row[R_FIRST] + reports])
    elif has_advanced and peer[BLOCKS]:
        free_row(pool, peer[BLOCKS])
        peer[BLOCKS] = 0
    if not has_advanced and row[R_SIZE] == 0 and peer[COUNT] and (news or own[WINDOW] == row[R_WINDOW] + 2):
        peer[DUPLICATES] += 1
        news = True
    if has_advanced or news:
        peer[HEARD], peer[HEARD_IN] = row[R_TIME] + 1, row[R_NUMBER]


@kernel(plain_below=PART)
def move_on(peer: Integers, pool: Integers, row: Integers, told: Integers) -> None:
    """Take in that more is acknowledged than before."""
    ack = row[R_ACK]
    may_jump = 1 if peer[BLOCKS] or peer[DUPLICATES] else 0
    if peer[HEAD] and peer[REMEMBERED] and row[R_TSECR] >= 0:
        told[EIFEL] = needless_head(peer, pool, ack, row[R_TSECR], told)
    if distance(peer[NEXT] - 1, ack) > 0:
        peer[NEXT] = ack + 1
    if peer[RECOVER] and peer[UNDONE] == 0:
        check_undo(peer, pool, ack, row[R_TSECR])
    acknowledge(peer, pool, row, may_jump, told)
    peer[UNA], peer[ADVANCED], peer[DUPLICATES] = ack + 1, row[R_TIME] + 1, 0
    if peer[RECOVER] and distance(peer[RECOVER] - 1, ack) >= 0:
        peer[RECOVER] = 0


@kernel(plain_below=PART)
def is_duplicate(blocks: Integers, row: Integers) -> bool:
    """Whether a segment's first block reports what came twice (RFC 2883 4)."""
    at = row[R_FIRST]
    if distance(blocks[at, 1], row[R_ACK]) >= 0:
        return True
    return (
        row[R_COUNT] > 1
        and distance(blocks[at + 1, 0], blocks[at, 0]) >= 0
        and distance(blocks[at, 1], blocks[at + 1, 1]) >= 0
    )


@kernel(plain_below=PART)
def needless(peer: Integers, pool: Integers, block: Integers, told: Integers) -> int:
    """The packet that resent what came twice: the latest not yet reported; -1 if none."""
    at = peer[REMEMBERED]
    while at:
        overlaps = distance(pool[at, SEQ], block[1]) > 0 and distance(block[0], pool[at, END]) > 0
        if overlaps and not pool[at, TIMES] & REPORTED:
            show(pool, at, told)
            pool[at, TIMES] |= REPORTED
            return int(pool[at, FRAME])
        at = pool[at, FOLLOWING]
    return -1


@kernel(plain_below=PART)
def needless_head(peer: Integers, pool: Integers, ack: int, tsecr: int, told: Integers) -> int:
    """The packet that resent the lowest outstanding numbers, if the ack echoes an earlier time (RFC 3522)."""
    at, head = peer[REMEMBERED], pool[peer[HEAD], SEQ]
    while at:
        if pool[at, SEQ] == head and pool[at, STAMP] >= 0 and distance(pool[at, END], ack) >= 0:
            if distance(tsecr, pool[at, STAMP]) <= 0:
                return 0
            if not pool[at, TIMES] & KNOWN:
                show(pool, at, told)
                return int(pool[at, FRAME])
        at = pool[at, FOLLOWING]
    return 0


@kernel(plain_below=PART)
def show(pool: Integers, at: int, told: Integers) -> None:
    """Note that a resending was needless, and with it that the sending before was not lost."""
    known = pool[at, TIMES]
    if not known & KNOWN:
        told[SPURIOUS] += 0 if known & NAMED else 1
        told[UNLOST if known & UNSEEN else ARRIVED] += 1
    pool[at, TIMES] = known | KNOWN


KNOWN, REPORTED, NAMED, UNSEEN = 1, 2, 4, 8
"""Of a resent range: that it was needless is known, and a DSACK said so; it is named after its SYN or FIN;
the capture does not show the sending before it."""


@kernel(plain_below=PART)
def check_undo(peer: Integers, pool: Integers, ack: int, tsecr: int) -> None:
    """Note if an ack shows that the episode's first resending was needless.

    By the time that it echoes, or because it acknowledges what was sent once, and not SACKed, right after a
    single one (RFC 5682 2.1).
    """
    if tsecr >= 0 and peer[RESENT_TS] > 0:
        if distance(tsecr, peer[RESENT_TS] - 1) > 0:
            peer[UNDONE] = 1
        return
    if peer[EPISODE] > 1:
        return
    at, has_resent, has_original = peer[HEAD], False, False
    while at and distance(pool[at, END], ack) >= 0:
        if pool[at, TIMES] > 1:
            has_resent = True
        elif distance(pool[at, END], peer[RECOVER] - 1) >= 0 and not is_sacked(peer, pool, at):
            has_original = True
        at = pool[at, FOLLOWING]
    if has_original and (peer[OFFER] & SACK or not has_resent):
        peer[UNDONE] = 1


@kernel(plain_below=PART)
def check_sacked(peer: Integers, pool: Integers, block: Integers) -> None:
    """Note if a SACK block names, right after a single resending, what was sent before and only once.

    Linux looks for that as long as nothing more is acknowledged, or new data could be sent then.
    """
    resent = pool[peer[REMEMBERED], SEQ]
    is_earlier = distance(block[1], peer[RECOVER] - 1) >= 0
    has_resent = distance(block[0], resent) >= 0 and distance(resent, block[1]) > 0
    is_open = peer[UNA] == resent + 1 or distance(peer[RECOVER], peer[NEXT]) > 0
    if is_open and is_earlier and not has_resent:
        peer[UNDONE] = 1


@kernel(plain_below=PART)
def is_sacked(peer: Integers, pool: Integers, at: int) -> bool:
    """Whether the latest SACK blocks name all of a sending."""
    if peer[BLOCKS] == 0:
        return False
    size = distance(pool[at, SEQ], pool[at, END])
    return sacked_about(pool[peer[BLOCKS]], pool[at, SEQ], size) & IS_SACKED != 0


@kernel(plain_below=PART)
def acknowledge(peer: Integers, pool: Integers, row: Integers, may_jump: int, told: Integers) -> None:
    """Drop what is acknowledged; the round trip of the latest of it, or of what the timestamp names.

    An ack that jumps over a gap says nothing of when what lay behind the gap had arrived.
    """
    ack, time, tsecr = row[R_ACK], row[R_TIME], row[R_TSECR]
    karn, echoed, dropped = -1, -1, 0
    is_sure = may_jump == 0
    while peer[HEAD] and distance(pool[peer[HEAD], END], ack) >= 0:
        at = peer[HEAD]
        karn = time - pool[at, TIME]
        is_sure = is_sure and pool[at, TIMES] == 1
        if echoed < 0 and tsecr >= 0 and pool[at, STAMP] == tsecr:
            echoed = karn
        dropped += 1
        drop_head(peer, pool)
    if karn > 0 and is_sure:
        told[RTT], told[SOURCE] = karn, KARN
    elif echoed > 0:
        told[RTT], told[SOURCE] = echoed, STAMPS
    if told[RTT] > 0:
        held = told[RTT] - peer[LEAST_RTT] if peer[LEAST_RTT] else 0
        if row[R_SIZE] == 0 and dropped == 1 and peer[COUNT] == 0 and HELD_AT_LEAST <= held <= HELD_AT_MOST:
            told[DELAYED] = held
        note_rtt(peer, told[RTT])


@kernel(plain_below=PART)
def note_rtt(peer: Integers, rtt: int) -> None:
    """Smooth the round trip (RFC 6298 2)."""
    if peer[SRTT] == 0:
        peer[SRTT], peer[RTTVAR], peer[LEAST_RTT] = rtt, rtt // 2, rtt
        return
    peer[RTTVAR] += (abs(peer[SRTT] - rtt) - peer[RTTVAR]) // 4
    peer[SRTT] = max(peer[SRTT] + (rtt - peer[SRTT]) // 8, 1)
    peer[LEAST_RTT] = min(peer[LEAST_RTT], rtt)


@kernel(plain_below=PART)
def count_rtt(histogram: Values, rtt: int) -> None:
    """Count a round trip to its bin."""
    octave, rest = 0, rtt >> FIRST_OCTAVE
    while rest > 1:
        octave += 1
        rest >>= 1
    quarter = ((rtt << 2) >> (FIRST_OCTAVE + octave)) & 3
    at = min(OCTAVE * octave + quarter, BINS - 1) if rtt >> FIRST_OCTAVE else 0
    if histogram[at] == FULL_BIN:
        for each in range(BINS):
            histogram[each] = histogram[each] >> 1
    histogram[at] += 1


@kernel(plain_below=PART)
def keep_blocks(peer: Integers, pool: Integers, blocks: Integers, first: int, many: int) -> bool:
    """Keep the SACK blocks of an ack; whether they tell anything new."""
    if peer[BLOCKS] == 0:
        peer[BLOCKS] = take_row(pool)
        for at in range(4):
            pool[peer[BLOCKS], at] = 0
    kept = pool[peer[BLOCKS]]
    news = False
    for at in range(4):
        edges = np.int64(0)
        if at < many:
            edges = blocks[first + at, 0] << 32 | blocks[first + at, 1]
        news = news or (edges != kept[at] and edges != 0)
        kept[at] = edges
    return news
