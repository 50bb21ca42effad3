"""In which order a side sent its packets, as far as IP identifications and timestamps tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, RARE, kernel
from synfin.basics.time import MILLISECOND
from synfin.connections.offers import SACK
from synfin.connections.segments import SYN
from synfin.connections.sequence import NEW
from synfin.connections.sides import (
    BLOCKS,
    DUPLICATES,
    FOLLOWING,
    IDENT,
    IS_ALONE,
    LARGEST,
    LAST_TIME,
    LEAST_RTT,
    NEXT,
    OFFER,
    ONES,
    OWED,
    P_BRINGS,
    P_FLAGS,
    P_IDENT,
    P_LENGTH,
    P_SEQ,
    P_TIME,
    P_TSVAL,
    REGULARITY,
    SAMPLED,
    SAMPLES,
    TROUBLE,
    TSVAL,
    distance,
    take_empty_row,
    trouble_of,
    troubled,
)
from synfin.connections.signs import (
    IDENT_LATER,
    IDENT_TELLS,
    SAME_IDENT,
    STAMP_LATER,
    STAMP_TELLS,
    WENT_UNSEEN,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

RTO_FLOOR = 200 * MILLISECOND
"""The least that Linux adds to the round trip for its timeout."""

STRIDE, SURE, ENOUGH, CONSTANT, RANDOM = 4096, 7, 3, -1, -2
"""IP identifications of a host that counts them go forward by less than this from packet to packet."""


@kernel(plain_below=PART)
def order(wide: Integers, narrow: Values, side: int, packet: tuple[int, ...]) -> tuple[int, int]:
    """Whether a packet was sent after all that its side sent before, as far as its own marks tell.

    Returns:
        bits of `signs`; how far the identification went forward if that tells how many packets were sent.
    """
    signs, stride = 0, 0
    ident, tsval = packet[P_IDENT], packet[P_TSVAL]
    if ident >= 0:
        known = narrow[side, IDENT]
        if known:
            step = ((ident - known + 1 + 0x8000) & 0xFFFF) - 0x8000
            is_counting = narrow[side, REGULARITY] > 0
            if is_counting and -STRIDE <= step <= STRIDE and step:
                signs = IDENT_TELLS | (IDENT_LATER if step > 0 else 0)
            signs |= SAME_IDENT if step == 0 and is_counting else 0
            stride = note_step(narrow, side, step)
            if step > 0 or narrow[side, REGULARITY] <= 0:
                narrow[side, IDENT] = ident + 1
        else:
            narrow[side, IDENT] = ident + 1
    if tsval >= 0:
        latest = wide[side, TSVAL]
        step = distance(latest - 1, tsval) if latest else 1
        if latest and step:
            signs |= STAMP_TELLS | (STAMP_LATER if step > 0 else 0)
        if step > 0:
            wide[side, TSVAL] = tsval + 1
    return signs, stride


@kernel(plain_below=PART)
def note_step(narrow: Values, side: int, step: int) -> int:
    """Learn whether a side counts its IP identifications; returns the step if it tells of other packets."""
    regularity, ones, stride = narrow[side, REGULARITY], narrow[side, ONES], 0
    if step == 1 and regularity == SURE and ones == SURE:
        return 0
    if step == 1:
        narrow[side, ONES] = min(ones + 1, SURE)
    elif step > 0:
        stride = step if narrow[side, IS_ALONE] and ones >= ENOUGH else 0
        narrow[side, ONES] = max(ones - 2, 0)
    if 0 < step <= STRIDE:
        narrow[side, REGULARITY] = min(max(regularity, 0) + 1, SURE)
    elif step == 0:
        narrow[side, REGULARITY] = regularity - 2 if regularity > 2 else CONSTANT
    elif step < -STRIDE or step > STRIDE:
        narrow[side, REGULARITY] = regularity - 3 if regularity > 3 else RANDOM
    return int(stride)


@kernel(plain_below=PART)
def unseen(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], stride: int
) -> int:
    """`WENT_UNSEEN` if a segment repeats what was lost before the place of capture, else 0."""
    if packet[P_FLAGS] & SYN:
        narrow[side, IS_ALONE] = 1 if packet[P_IDENT] < 0 else 0
        return 0
    if stride <= 1 and narrow[side, TROUBLE] == 0:
        return 0
    may_tell = packet[P_LENGTH] and packet[P_BRINGS] & NEW
    if may_tell and (stride > 1 or troubled(narrow, pool, side, OWED)):
        return settle(wide, narrow, pool, side, packet, stride)
    return 0


@kernel(plain_below=RARE)
def settle(
    wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...], stride: int
) -> int:
    """Whether a segment that seems new repeats one that was lost before the place of capture.

    A host that counts the IP identifications of each connection by itself tells how many packets went by
    unseen. If then, after a pause that only its timer explains, the numbers go on where they were, these
    are resent: as many as went by, less those that the gap in the numbers accounts for, and less those
    resent in vain meanwhile, each after twice the time of the one before (RFC 6298 5.5).
    """
    path = wide[side, LEAST_RTT] + wide[side ^ 1, LEAST_RTT]
    pause = packet[P_TIME] - wide[side, LAST_TIME]
    missing = distance(wide[side, NEXT] - 1, packet[P_SEQ]) if wide[side, NEXT] else 0
    trouble = trouble_of(narrow, pool, side)
    if stride > 1:
        went_by = stride - 1
        pool[trouble, OWED] = 0
        has_hole = narrow[side, BLOCKS] != 0 or narrow[side, DUPLICATES] > 0  # then resent ones went by
        is_timer = pause >= max(min(2 * path, path + RTO_FLOOR) * 9 // 10, 2 * MILLISECOND)
        if path > 0 and not has_hole and is_timer:
            if missing > 0:
                largest = max(narrow[side, LARGEST], 1)
                return WENT_UNSEEN if went_by > (missing + largest - 1) // largest else 0
            agreed = wide[side, OFFER] & wide[side ^ 1, OFFER] & SACK
            pool[trouble, OWED] = max(went_by - in_vain(path, pause, agreed), 1)
    if missing > 0:
        pool[trouble, OWED] = 0
    if pool[trouble, OWED] > 0:
        pool[trouble, OWED] -= 1
        return WENT_UNSEEN
    return 0


@kernel(plain_below=PART)
def in_vain(path: int, pause: int, has_probes: int) -> int:
    """How many segments a timer resent during a pause before the one that ended it."""
    timer = path + RTO_FLOOR
    if pause < timer:
        return 0
    resent, passed = 0, timer
    while passed + (timer << (resent + 1)) <= pause and resent < 15:
        resent += 1
        passed += timer << resent
    return resent + (1 if has_probes else 0)


@kernel(plain_below=RARE)
def sample(wide: Integers, narrow: Values, pool: Integers, side: int, packet: tuple[int, ...]) -> None:
    """Keep which identification goes with which number, twice a round trip."""
    if narrow[side, SAMPLES] == 0:
        narrow[side, SAMPLES] = take_empty_row(pool)
    kept = narrow[side, SAMPLES]
    for at in range(FOLLOWING - 1, 0, -1):
        pool[kept, at] = pool[kept, at - 1]
    pool[kept, 0] = (packet[P_SEQ] << 16 | packet[P_IDENT]) + 1
    wide[side, SAMPLED] = packet[P_TIME]


@kernel(plain_below=PART)
def overtook(narrow: Values, pool: Integers, side: int, packet: tuple[int, ...]) -> bool:
    """Whether a segment was sent after numbers beyond its own were sent first: then it was resent."""
    kept, ident = narrow[side, SAMPLES], packet[P_IDENT]
    if kept == 0 or narrow[side, REGULARITY] <= 0 or ident < 0:
        return False
    for at in range(FOLLOWING):
        known = pool[kept, at] - 1
        if known >= 0 and distance(packet[P_SEQ], known >> 16) > 0:
            step = ((ident - (known & 0xFFFF) + 0x8000) & 0xFFFF) - 0x8000
            if 0 < step <= STRIDE:
                return True
    return False
