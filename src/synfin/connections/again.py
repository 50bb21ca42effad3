"""What is known when numbers come again, or late; what tells a resent segment from a copy or a late one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, RARE, kernel
from synfin.basics.time import MILLISECOND
from synfin.connections.needless import sacked_about
from synfin.connections.offers import SACK
from synfin.connections.order import CONSTANT, RTO_FLOOR, overtook
from synfin.connections.segments import FIN, SYN
from synfin.connections.sequence import KEEP_ALIVE, LATE, NEW, OLD
from synfin.connections.sides import (
    ADVANCED,
    COUNT,
    DUPLICATES,
    END,
    EPISODE,
    FOLLOWING,
    FRAME,
    HEAD,
    HEARD,
    HEARD_IN,
    LAST_FRAME,
    LEAST_RTT,
    MARK,
    MEMORIES,
    MOST_MEMORIES,
    MOST_SENDINGS,
    NEXT,
    OFFER,
    P_BRINGS,
    P_FLAGS,
    P_IDENT,
    P_LENGTH,
    P_NUMBER,
    P_SEQ,
    P_SIZE,
    P_TIME,
    P_TSVAL,
    RECOVER,
    REGULARITY,
    REMEMBERED,
    RESENT_TS,
    RTTVAR,
    SEQ,
    SRTT,
    STAMP,
    SYNS,
    TAIL,
    TIME,
    TIMES,
    UNA,
    UNDONE,
    WINDOW,
    distance,
    free_row,
    take_row,
    trouble_of,
    troubled,
)
from synfin.connections.signs import (
    ACKED_UP_TO,
    ALL_ACKED,
    ALREADY_ACKED,
    ASKS,
    BRINGS,
    CLOSES,
    COPIED,
    DUPS,
    IDENT_LATER,
    IDENT_TELLS,
    IS_HEAD,
    IS_TAIL,
    KNOWN,
    LEAST_PATH,
    NAMED,
    NAMED_AFTER,
    OPENS,
    ORIGINAL,
    OTHER_IDENT,
    OVERTAKEN,
    OVERTAKES,
    PATH,
    PROMPT,
    QUIET,
    RESENT,
    RTO,
    SACK_AGREED,
    SACKED_ABOVE,
    SAME_IDENT,
    SAME_STAMP,
    SENT,
    SENT_UP_TO,
    SIGNS,
    SINCE,
    SINCE_ADVANCE,
    SINCE_GAP,
    STAMP_LATER,
    STAMP_TELLS,
    SYN_REPEATED,
    UNSEEN,
    WAS_UNDONE,
    WENT_UNSEEN,
    WINDOW_CLOSED,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

NEVER = 1 << 60

AT_ONCE, SHORTEST_SYN_TIMER = MILLISECOND, 100 * MILLISECOND
"""The same segment within these times is a copy if nothing says otherwise; the second is for a SYN."""

LATE_SHARE, LATE_WHOLE, LATE_AT_MOST = 4, 5, 3 * MILLISECOND
"""What fills a gap sooner than within four fifths of a round trip was not asked for; the time is for paths
that are unknown."""


@kernel(plain_below=RARE)
def note_event(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], event: Integers
) -> None:
    """Write down what is known when numbers come again, or late; and that they did.

    What is kept is updated, see `sides`; `event` is a row as in `signs`, whose `SIGNS` hold what is known
    already, and is filled.
    """
    peer, time, signs = side ^ 1, packet[P_TIME], event[SIGNS]
    heard, advanced, there = wide[side, HEARD], wide[side, ADVANCED], wide[peer, LEAST_RTT]
    event[ORIGINAL], event[SINCE], event[SENT], event[SINCE_GAP] = 0, -1, 0, -1
    event[PATH], event[LEAST_PATH] = wide[side, SRTT] + there, wide[side, LEAST_RTT] + there
    event[ACKED_UP_TO], event[SENT_UP_TO] = wide[side, UNA] - 1, wide[side, NEXT] - 1
    event[QUIET] = max(time - (heard - 1) - there, 0) if heard else NEVER
    event[SINCE_ADVANCE] = max(time - (advanced - 1) - there, 0) if advanced else NEVER
    event[RTO] = event[PATH] + max(4 * wide[side, RTTVAR], RTO_FLOOR)
    event[DUPS], event[PROMPT] = narrow[side, DUPLICATES], wide[side, HEARD_IN]
    event[BRINGS] = packet[P_BRINGS]
    signs |= place_of(wide, narrow, side, packet)
    signs |= again(wide, narrow, pool, side, packet, event)
    signs |= sacked_about(narrow, pool, side, packet[P_SEQ], packet[P_SIZE])
    if not signs & SAME_IDENT and overtook(narrow, pool, side, packet):
        signs |= OVERTAKES
    signs |= nature(packet, event, signs)
    if signs & COPIED:
        event[ORIGINAL] = copied(wide, narrow, pool, side, packet, event[ORIGINAL])
    if signs & RESENT and not signs & ASKS:
        trouble = trouble_of(narrow, pool, side)
        signs |= begin_or_continue(pool, trouble, wide[side, NEXT], packet[P_SEQ], packet[P_TSVAL])
        pool[trouble, EPISODE] += 1 if signs & SACKED_ABOVE else 0  # more than a timer speaks for it
        remember(pool, trouble, packet, worth(signs, event))
    event[SIGNS] = signs


@kernel(plain_below=PART)
def place_of(wide: Integers, narrow: Values, side: int, packet: tuple[int, ...]) -> int:
    """Where a segment lies among what is acknowledged and what was sent."""
    signs, peer, una, following = 0, side ^ 1, wide[side, UNA], wide[side, NEXT]
    seq, size = packet[P_SEQ], packet[P_SIZE]
    end = (seq + size) & 0xFFFFFFFF
    if una:
        signs |= ALREADY_ACKED if size and distance(end, una - 1) >= 0 else 0
        signs |= IS_HEAD if distance(seq, una - 1) >= 0 else 0
        signs |= ALL_ACKED if una == following else 0
    else:
        signs |= IS_HEAD
    signs |= IS_TAIL if following and distance(following - 1, end) >= 0 else 0
    signs |= SYN_REPEATED if narrow[peer, SYNS] > narrow[side, SYNS] else 0
    signs |= WINDOW_CLOSED if narrow[peer, WINDOW] == 2 else 0
    signs |= SACK_AGREED if wide[side, OFFER] & wide[peer, OFFER] & SACK else 0
    signs |= OPENS if packet[P_FLAGS] & SYN else 0
    return signs | (CLOSES if packet[P_FLAGS] & FIN and packet[P_LENGTH] == 0 else 0)


@kernel(plain_below=PART)
def again(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], event: Integers
) -> int:
    """Find the earlier sendings of these numbers, and mark them as sent again; add what was not seen."""
    seq, time, size, ident = packet[P_SEQ], packet[P_TIME], packet[P_SIZE], packet[P_IDENT]
    end = (seq + size) & 0xFFFFFFFF
    can_tell = ident >= 0 and narrow[side, REGULARITY] != CONSTANT
    signs, before, at = 0, 0, narrow[side, HEAD] + 0
    while at:
        if distance(pool[at, SEQ], end) <= 0:
            break
        if distance(seq, pool[at, END]) > 0:
            if event[ORIGINAL] == 0:
                event[ORIGINAL] = pool[at, FRAME]
            event[SINCE] = time - pool[at, TIME]
            event[SENT] = max(event[SENT], pool[at, TIMES])
            if pool[at, MARK] >= 0 and can_tell:
                signs |= SAME_IDENT if pool[at, MARK] == ident else OTHER_IDENT
            if pool[at, STAMP] >= 0 and pool[at, STAMP] == packet[P_TSVAL]:
                signs |= SAME_STAMP
            pool[at, TIMES] += 1
            pool[at, TIME], pool[at, STAMP], pool[at, MARK] = time, packet[P_TSVAL], ident
        before, at = at, pool[at, FOLLOWING]
    if at:
        event[SINCE_GAP] = time - pool[at, TIME]
    if event[ORIGINAL] == 0:
        signs |= remembered_before(narrow, pool, side, packet, event)
        is_outstanding = wide[side, UNA] == 0 or distance(wide[side, UNA] - 1, end) > 0
        fills = packet[P_BRINGS] & (LATE | NEW) == LATE
        if size and fills and is_outstanding and narrow[side, HEAD]:
            insert(narrow, pool, side, packet, before)
    return signs


@kernel(plain_below=PART)
def remembered_before(
    narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], event: Integers
) -> int:
    """What an earlier resending of the same range, acknowledged meanwhile, tells."""
    at, ident = troubled(narrow, pool, side, REMEMBERED), packet[P_IDENT]
    while at and packet[P_SIZE]:
        if pool[at, SEQ] == packet[P_SEQ]:
            event[ORIGINAL] = pool[at, FRAME]
            event[SINCE] = packet[P_TIME] - pool[at, TIME]
            event[SENT] = 2
            if pool[at, MARK] >= 0 and ident >= 0 and narrow[side, REGULARITY] != CONSTANT:
                return SAME_IDENT if pool[at, MARK] == ident else OTHER_IDENT
            return 0
        at = pool[at, FOLLOWING]
    return 0


@kernel(plain_below=PART)
def insert(narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], before: int) -> None:
    """Put numbers that fill a gap where they belong: behind `before`, 0 for the front."""
    if narrow[side, COUNT] >= MOST_SENDINGS:
        return
    at = take_row(pool)
    write(pool, at, packet, 2)
    if before:
        pool[at, FOLLOWING] = pool[before, FOLLOWING]
        pool[before, FOLLOWING] = at
        if narrow[side, TAIL] == before:
            narrow[side, TAIL] = at
    else:
        pool[at, FOLLOWING] = narrow[side, HEAD]
        narrow[side, HEAD] = at
    narrow[side, COUNT] += 1


@kernel(plain_below=PART)
def write(pool: Integers, at: int, packet: tuple[int, ...], times: int) -> None:
    """Fill in a row with the numbers and marks of the present packet."""
    pool[at, SEQ], pool[at, END] = packet[P_SEQ], (packet[P_SEQ] + packet[P_SIZE]) & 0xFFFFFFFF
    pool[at, TIME], pool[at, FRAME] = packet[P_TIME], packet[P_NUMBER]
    pool[at, STAMP], pool[at, MARK], pool[at, TIMES] = packet[P_TSVAL], packet[P_IDENT], times


@kernel(plain_below=PART)
def nature(packet: tuple[int, ...], event: Integers, signs: int) -> int:
    """What a segment is whose numbers were sent before, or should have been: a copy, late, or resent.

    A host marks each packet that it sends with another identification. Where that tells nothing, the same
    segment so soon that no sender can have resent it is a copy, and what fills a gap before the sender can
    have heard of it was late.
    """
    brings, since, path, found = packet[P_BRINGS], event[SINCE], event[LEAST_PATH], 0
    was_seen, fills = brings & OLD != 0, brings & (OLD | LATE) == LATE
    tells, later = (IDENT_TELLS, IDENT_LATER) if signs & IDENT_TELLS else (STAMP_TELLS, STAMP_LATER)
    is_older = signs & (tells | later | OVERTAKES) == tells
    is_later = signs & (later | OVERTAKES) != 0
    within = SHORTEST_SYN_TIMER if signs & OPENS else (min(AT_ONCE, path // 2) if path else AT_ONCE)
    is_answer = signs & (OPENS | SYN_REPEATED) == OPENS | SYN_REPEATED
    is_at_once = 0 <= since < within and not is_answer and not signs & (OTHER_IDENT | STAMP_LATER)
    late = LATE_SHARE * path if path else LATE_WHOLE * LATE_AT_MOST
    is_too_soon = fills and not is_later and 0 <= LATE_WHOLE * event[SINCE_GAP] < late
    if was_seen and (signs & SAME_IDENT or is_at_once):
        found = COPIED
    elif (was_seen or fills) and (is_older or is_too_soon):
        found = OVERTAKEN
    elif was_seen or fills:
        found = RESENT
    found |= RESENT if signs & WENT_UNSEEN else 0
    is_probe = brings & KEEP_ALIVE and signs & ALL_ACKED and not is_older
    one_byte = found & RESENT and packet[P_LENGTH] == 1 and signs & WINDOW_CLOSED
    return found | ASKS if is_probe or one_byte else found


@kernel(plain_below=PART)
def copied(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], original: int
) -> int:
    """The packet of which this is a copy: perhaps one that resent the numbers, or the latest."""
    at = troubled(narrow, pool, side, REMEMBERED)
    while at:
        if pool[at, SEQ] == packet[P_SEQ] and pool[at, MARK] == packet[P_IDENT]:
            return int(pool[at, FRAME])
        at = pool[at, FOLLOWING]
    return int(original) if original else int(wide[side, LAST_FRAME])


@kernel(plain_below=PART)
def begin_or_continue(pool: Integers, trouble: int, following: int, seq: int, tsval: int) -> int:
    """Begin an episode of resending if none is on; it lasts until what was sent by then is acknowledged."""
    signs = WAS_UNDONE if pool[trouble, UNDONE] else 0
    if pool[trouble, RECOVER] == 0 or pool[trouble, UNDONE]:
        if pool[trouble, RESENT_TS] == 0 or pool[trouble, UNDONE]:
            pool[trouble, RESENT_TS] = tsval + 1
        pool[trouble, RECOVER], pool[trouble, EPISODE], pool[trouble, UNDONE] = following, 0, 0
    latest = pool[trouble, REMEMBERED]
    is_same = pool[trouble, EPISODE] > 0 and latest and pool[latest, SEQ] == seq
    pool[trouble, EPISODE] += 0 if is_same else 1
    return signs


@kernel(plain_below=PART)
def worth(signs: int, event: Integers) -> int:
    """What is known of a resent segment at once, for `remember`."""
    known = (KNOWN if signs & ALREADY_ACKED else 0) | (NAMED if signs & NAMED_AFTER else 0)
    return known if event[BRINGS] & OLD and event[ORIGINAL] else known | UNSEEN


@kernel(plain_below=PART)
def remember(pool: Integers, trouble: int, packet: tuple[int, ...], known: int) -> None:
    """Remember a resent range, newest first, to know it when a later packet speaks of it."""
    if pool[trouble, MEMORIES] >= MOST_MEMORIES:
        before = pool[trouble, REMEMBERED]
        while pool[pool[before, FOLLOWING], FOLLOWING]:
            before = pool[before, FOLLOWING]
        free_row(pool, pool[before, FOLLOWING])
        pool[before, FOLLOWING] = 0
        pool[trouble, MEMORIES] -= 1
    at = take_row(pool)
    write(pool, at, packet, known)
    pool[at, FOLLOWING] = pool[trouble, REMEMBERED]
    pool[trouble, REMEMBERED] = at
    pool[trouble, MEMORIES] += 1
