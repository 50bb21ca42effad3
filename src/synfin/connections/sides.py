"""What is remembered of each side of a connection while its segments are on their way.

A side is a row number: twice its connection's number, plus 1 for the higher of both endpoints; the other side
is `side ^ 1`. Little is kept of every side; what only some have lies in the pool, in lists of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, RARE, kernel
from synfin.connections.offers import MSS_AT

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

(
    NEXT,
    UNA,
    SINCE,
    TSVAL,
    OFFER,
    HEARD,
    HEARD_IN,
    ADVANCED,
    SRTT,
    RTTVAR,
    LEAST_RTT,
    SAMPLED,
    LAST_FRAME,
    LAST_TIME,
) = range(WIDE := 14)
"""Columns of `wide`, int64; numbers and times are stored with 1 added where 0 is "not known":

* `NEXT`: after the highest number sent; `UNA`: the other side's highest ack; `ADVANCED`: when that moved.
* `SINCE`: since when sending is limited by what it is limited by. `TSVAL`: the latest.
* `OFFER`: what the SYN offered, packed as in `Offers`.
* `HEARD`: when the other side last told something new about this side's sendings, and in which packet.
* `SRTT`, `RTTVAR` (RFC 6298 2), `LEAST_RTT`: ns, from the place of capture to the other side and back.
* `SAMPLED`: when it was last noted which identification goes with which number.
* `LAST_FRAME`, `LAST_TIME`: the latest packet.
"""

(
    HEAD,
    TAIL,
    COUNT,
    WINDOW,
    LATEST,
    LARGEST,
    LIMITED_BY,
    IDENT,
    REGULARITY,
    ONES,
    IS_ALONE,
    DUPLICATES,
    BLOCKS,
    SYNS,
    SAMPLES,
    TROUBLE,
    ROUND_TRIPS,
) = range(NARROW := 17)
"""Columns of `narrow`, int32:

* `HEAD`, `TAIL`, `COUNT`: the list of sendings not acknowledged; `BLOCKS`: the row with the other side's
  latest SACK blocks; `SAMPLES`: the row of identifications and numbers; `TROUBLE`: the row of what is going
  on since something was resent; `ROUND_TRIPS`: the row of the histogram; 0 for none.
* `WINDOW`: bytes + 2, 1 for a window of unknown scale, 0 for none yet; `LATEST`, `LARGEST`: payload.
* `LIMITED_BY`: kind + 1, 0 for none. `DUPLICATES`: the other side's acknowledgments that repeat `UNA`.
* `IDENT`: latest IP identification + 1, `REGULARITY`: how well it counts, 1 to 7, 0 unknown, -1 constant, -2
  random; `ONES`: how often it went forward by 1, lately; `IS_ALONE`: whether it counts this connection's
  packets alone. `SYNS`: how many were sent.
"""

SEQ, END, TIME, FRAME, STAMP, MARK, TIMES, FOLLOWING = range(8)
"""Columns of the pool, int64. A sending: its numbers; when it was last sent; the packet that sent it first;
TSval and IP identification of the latest; how often. A resent range: the same, `FRAME` being its own packet,
`TIMES` what is known of it. SACK blocks: left << 32 | right in the first four, in the fifth how many.
Samples, the latest first: where a segment began, << 16, | its IP identification, + 1. The last is the row
that follows in a list, 0 for none."""

RECOVER, RESENT_TS, EPISODE, UNDONE, REMEMBERED, MEMORIES, OWED = range(7)
"""Columns of a row of trouble: `NEXT` when the first segment of the present episode was resent, 0 if none is
on; the TSval of that one; how many were resent; whether an ack has shown since that the first was needless;
the list of resent ranges, and how many there are; how many segments went by unseen whose numbers are expected
to come again."""

KEEPER, TOLD, SAID, FIRST_ROW = range(4)
"""Rows of the pool with a meaning of their own: which rows are free; what the present acknowledgment tells;
its SACK blocks. In the first: how many rows and how many histograms were ever used; the first free row."""
USED, HISTOGRAMS = SEQ, END

RTT, SOURCE, DELAYED, DSACK, EIFEL, SPURIOUS, ARRIVED, UNLOST = range(8)
"""Columns of what an acknowledgment tells, 0 where there is nothing: the round trip that it completes, ns,
and how that is known (`KARN`, `STAMPS`); how long it was held back, ns; the packet whose resending a DSACK,
or the echoed timestamp, shows to be needless (-1: a DSACK for what is not known to be resent); how many
resendings it was the first to show to be spurious, and of how many earlier sendings, first seen or not seen
by the capture, that they were not lost."""
KARN, STAMPS = 1, 2

(
    P_SEQ,
    P_ACK,
    P_LENGTH,
    P_SIZE,
    P_WINDOW,
    P_TIME,
    P_NUMBER,
    P_IDENT,
    P_TSVAL,
    P_TSECR,
    P_BRINGS,
    P_FLAGS,
) = range(12)
"""What is handed around of the present packet: payload, numbers that it takes, window in bytes or -1 if its
scale is unknown, what it brings (see `sequence`), and others by the names of the protocol; -1 for absent."""

MOST_SENDINGS, MOST_MEMORIES = 4096, 32
"""Entries kept per side; the oldest are forgotten: time and memory are bounded."""

BLOCKS_AT_MOST = 4
"""RFC 2018 3: so many fit."""

SMALLEST_MSS = 536
"""RFC 9293 3.7.1: what everyone takes."""


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel(plain_below=PART)
def take_row(pool: Integers) -> int:
    """A free row."""
    at = pool[KEEPER, FOLLOWING]
    if at:
        pool[KEEPER, FOLLOWING] = pool[at, FOLLOWING]
    else:
        at = pool[KEEPER, USED]
        pool[KEEPER, USED] = at + 1
    pool[at, FOLLOWING] = 0
    return int(at)


@kernel(plain_below=PART)
def take_empty_row(pool: Integers) -> int:
    """A free row, all 0."""
    at = take_row(pool)
    for column in range(FOLLOWING):
        pool[at, column] = 0
    return at


@kernel(plain_below=PART)
def free_row(pool: Integers, at: int) -> None:
    """Give a row back."""
    pool[at, FOLLOWING] = pool[KEEPER, FOLLOWING]
    pool[KEEPER, FOLLOWING] = at


@kernel(plain_below=PART)
def drop_head(narrow: Values, pool: Integers, side: int) -> None:
    """Forget a side's oldest sending."""
    at = narrow[side, HEAD]
    narrow[side, HEAD] = pool[at, FOLLOWING]
    narrow[side, COUNT] -= 1
    if narrow[side, HEAD] == 0:
        narrow[side, TAIL] = 0
    free_row(pool, at)


@kernel(plain_below=PART)
def trouble_of(narrow: Values, pool: Integers, side: int) -> int:
    """The row of what is going on since something was resent; made if there is none."""
    if narrow[side, TROUBLE] == 0:
        narrow[side, TROUBLE] = take_empty_row(pool)
    return int(narrow[side, TROUBLE])


@kernel(plain_below=PART)
def troubled(narrow: Values, pool: Integers, side: int, column: int) -> int:
    """One of its columns, 0 if there is no such row."""
    at = narrow[side, TROUBLE]
    return int(pool[at, column]) if at else 0


@kernel(plain_below=PART)
def mss_of(offer: int) -> int:
    """The largest segment that an offer says its side takes; large if that is not known."""
    mss = (offer >> MSS_AT) - 1
    return int(mss) if mss > 0 else (SMALLEST_MSS if offer else 1 << 16)


@kernel(plain_below=PART)
def flight(wide: Integers, narrow: Values, pool: Integers, side: int) -> int:
    """Bytes on their way: sent, not acknowledged, not SACKed."""
    if wide[side, UNA] == 0:
        head = narrow[side, HEAD]
        return int(distance(pool[head, SEQ], wide[side, NEXT] - 1)) if head else 0
    blocks = narrow[side, BLOCKS]
    sacked = sacked_bytes(pool, blocks) if blocks else 0
    return int(max(distance(wide[side, UNA] - 1, wide[side, NEXT] - 1) - sacked, 0))


@kernel(plain_below=RARE)
def sacked_bytes(pool: Integers, blocks: int) -> int:
    """How many bytes the SACK blocks in a row name."""
    sacked = 0
    for at in range(BLOCKS_AT_MOST):
        edges = pool[blocks, at]
        sacked += distance(edges >> 32, edges & 0xFFFFFFFF)
    return sacked
