"""What shows that a resending was needless: DSACK (RFC 2883), echoed times (RFC 3522), early answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, RARE, kernel
from synfin.connections.offers import SACK
from synfin.connections.sides import (
    ARRIVED,
    BLOCKS,
    BLOCKS_AT_MOST,
    DSACK,
    EIFEL,
    END,
    EPISODE,
    FOLLOWING,
    FRAME,
    HEAD,
    NEXT,
    OFFER,
    RECOVER,
    REMEMBERED,
    RESENT_TS,
    SAID,
    SEQ,
    SPURIOUS,
    STAMP,
    TIMES,
    TOLD,
    TROUBLE,
    UNA,
    UNDONE,
    UNLOST,
    distance,
)
from synfin.connections.signs import IS_SACKED, KNOWN, NAMED, REPORTED, SACKED_ABOVE, UNSEEN

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values


@kernel(plain_below=PART)
def reports_copy(pool: Integers, ack: int) -> bool:
    """Whether the first SACK block of the present packet reports what came twice (RFC 2883 4)."""
    left, right = pool[SAID, 0] >> 32 & 0xFFFFFFFF, pool[SAID, 0] & 0xFFFFFFFF
    if distance(right, ack) >= 0:
        return True
    second = pool[SAID, 1]
    return bool(
        pool[SAID, BLOCKS_AT_MOST] > 1
        and distance(second >> 32 & 0xFFFFFFFF, left) >= 0
        and distance(right, second & 0xFFFFFFFF) >= 0
    )


@kernel(plain_below=RARE)
def reported(narrow: Values, pool: Integers, side: int) -> None:
    """Note the packet that resent what came twice: the latest not yet reported; -1 if there is none."""
    left, right = pool[SAID, 0] >> 32 & 0xFFFFFFFF, pool[SAID, 0] & 0xFFFFFFFF
    pool[TOLD, DSACK] = -1
    trouble = narrow[side, TROUBLE]
    at = pool[trouble, REMEMBERED] if trouble else 0
    while at:
        overlaps = distance(pool[at, SEQ], right) > 0 and distance(left, pool[at, END]) > 0
        if overlaps and not pool[at, TIMES] & REPORTED:
            show(pool, at)
            pool[at, TIMES] |= REPORTED
            pool[TOLD, DSACK] = pool[at, FRAME]
            return
        at = pool[at, FOLLOWING]


@kernel(plain_below=RARE)
def echoed_earlier(narrow: Values, pool: Integers, side: int, ack: int, tsecr: int) -> None:
    """Note the packet that resent the lowest outstanding numbers, if the ack echoes an earlier time."""
    trouble = narrow[side, TROUBLE]
    at, head = pool[trouble, REMEMBERED] if trouble else 0, pool[narrow[side, HEAD], SEQ]
    while at:
        if pool[at, SEQ] == head and pool[at, STAMP] >= 0 and distance(pool[at, END], ack) >= 0:
            if distance(tsecr, pool[at, STAMP]) <= 0:
                return
            if not pool[at, TIMES] & KNOWN:
                show(pool, at)
                pool[TOLD, EIFEL] = pool[at, FRAME]
                return
        at = pool[at, FOLLOWING]


@kernel(plain_below=PART)
def show(pool: Integers, at: int) -> None:
    """Note that a resending was needless, and with it that the sending before was not lost."""
    known = pool[at, TIMES]
    if not known & KNOWN:
        pool[TOLD, SPURIOUS] += 0 if known & NAMED else 1
        if known & UNSEEN:
            pool[TOLD, UNLOST] += 1
        else:
            pool[TOLD, ARRIVED] += 1
    pool[at, TIMES] = known | KNOWN


@kernel(plain_below=RARE)
def end_episode(narrow: Values, pool: Integers, side: int, ack: int) -> None:
    """End an episode of which all is acknowledged; its time stays while anything resent is on its way."""
    trouble = narrow[side, TROUBLE]
    if pool[trouble, RECOVER]:
        if distance(pool[trouble, RECOVER] - 1, ack) < 0:
            return
        pool[trouble, RECOVER] = 0
    at = narrow[side, HEAD] + 0
    while at and pool[at, TIMES] <= 1:
        at = pool[at, FOLLOWING]
    if at == 0:
        pool[trouble, RESENT_TS] = 0


@kernel(plain_below=RARE)
def check_undo(wide: Integers, narrow: Values, pool: Integers, side: int, ack: int, tsecr: int) -> None:
    """Note if an ack shows that the episode's first resending was needless.

    By the time that it echoes, or because it acknowledges what was sent once, and not SACKed, right after a
    single one (RFC 5682 2.1).
    """
    trouble = narrow[side, TROUBLE]
    if tsecr >= 0 and pool[trouble, RESENT_TS] > 0:
        if distance(tsecr, pool[trouble, RESENT_TS] - 1) > 0:
            pool[trouble, UNDONE] = 1
        return
    if pool[trouble, EPISODE] > 1:
        return
    at, has_resent, has_original = narrow[side, HEAD] + 0, False, False
    while at and distance(pool[at, END], ack) >= 0:
        if pool[at, TIMES] > 1:
            has_resent = True
        elif distance(pool[at, END], pool[trouble, RECOVER] - 1) >= 0 and not is_sacked(
            narrow, pool, side, at
        ):
            has_original = True
        at = pool[at, FOLLOWING]
    if has_original and (wide[side, OFFER] & SACK or not has_resent):
        pool[trouble, UNDONE] = 1


@kernel(plain_below=PART)
def is_single(narrow: Values, pool: Integers, side: int) -> bool:
    """Whether a single segment was resent in the present episode."""
    trouble = narrow[side, TROUBLE]
    return bool(
        trouble and pool[trouble, RECOVER] and pool[trouble, EPISODE] == 1 and pool[trouble, REMEMBERED]
    )


@kernel(plain_below=RARE)
def check_sacked(wide: Integers, narrow: Values, pool: Integers, side: int, edges: int) -> None:
    """Note if a SACK block names, right after a single resending, what was sent before and only once.

    Linux looks for that as long as nothing more is acknowledged, or new data could be sent then.
    """
    trouble = narrow[side, TROUBLE]
    recover = pool[trouble, RECOVER]
    resent = pool[pool[trouble, REMEMBERED], SEQ]
    left, right = edges >> 32 & 0xFFFFFFFF, edges & 0xFFFFFFFF
    is_earlier = distance(right, recover - 1) >= 0
    has_resent = distance(left, resent) >= 0 and distance(resent, right) > 0
    is_open = wide[side, UNA] == resent + 1 or distance(recover, wide[side, NEXT]) > 0
    if is_open and is_earlier and not has_resent:
        pool[trouble, UNDONE] = 1


@kernel(plain_below=PART)
def is_sacked(narrow: Values, pool: Integers, side: int, at: int) -> bool:
    """Whether the latest SACK blocks name all of a sending."""
    size = distance(pool[at, SEQ], pool[at, END])
    return sacked_about(narrow, pool, side, pool[at, SEQ], size) & IS_SACKED != 0


@kernel(plain_below=PART)
def sacked_about(narrow: Values, pool: Integers, side: int, seq: int, size: int) -> int:
    """Whether the latest SACK blocks name numbers above a segment, or all of it."""
    signs, blocks = 0, narrow[side, BLOCKS]
    if blocks == 0 or size == 0:
        return 0
    for at in range(BLOCKS_AT_MOST):
        left, right = pool[blocks, at] >> 32 & 0xFFFFFFFF, pool[blocks, at] & 0xFFFFFFFF
        if left == right:
            continue
        if distance(seq, left) >= size:
            signs |= SACKED_ABOVE
        if distance(left, seq) >= 0 and distance((seq + size) & 0xFFFFFFFF, right) >= 0:
            signs |= IS_SACKED
    return signs
