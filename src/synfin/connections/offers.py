"""What each side offered in its SYN: maximum segment size, window scaling, SACK, timestamps, fast open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.connections.group import Grouping, grown
from synfin.connections.options import ABSENT, FAMILY
from synfin.connections.segments import HOPS, QUOTED, SYN, Segments
from synfin.dissect.items import read_items
from synfin.dissect.layers import HeaderRows

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values

SEEN, SACK, TIMESTAMPS, FAST_OPEN = 1, 2, 4, 8
SHIFT_AT, SHIFT_MASK = 4, 0x1FF
MSS_AT = 13
"""How an offer is packed into 32 bits: four flags, shift count + 1 in nine bits, MSS + 1 above."""


NUMBERS = {"tcp.options.mss": "mss_val", "tcp.options.wscale": "wscale.shift"}
"""Options that offer a number, and the field that it is in."""

FLAGS = {"tcp.options.sack_perm": SACK, "tcp.options.timestamp": TIMESTAMPS, "tcp.options.tfo": FAST_OPEN}
"""Options that are an offer by being there."""


class Offer(NamedTuple):
    """What some sides offered, one entry each.

    Attributes:
        seen: whether their SYN was captured.
        mss: bytes, -1 for none.
        shift: window scale, -1 for none.
        sack, timestamps, fast_open: whether the option was there.
    """

    seen: Flags
    mss: Integers
    shift: Integers
    sack: Flags
    timestamps: Flags
    fast_open: Flags


@dataclass(frozen=True)
class Said:
    """What the SYNs among the segments of a chunk offer; int64, one entry for each of them.

    Attributes:
        found: the segments.
        opening: which of them are SYNs, in ascending order.
        packed: the offer; 0 in a quotation.
        shift: the window scale, `ABSENT` for none; quotations have one, too, but offer nothing.
        is_whole: 1 where all of the header is known, and with it whether there is a window scale, else 0.
        hops: time to live or hop limit, 0 if there is no IP header around.
    """

    found: Segments
    opening: Integers
    packed: Integers
    shift: Integers
    is_whole: Integers
    hops: Integers

    @property
    def scales(self) -> tuple[Integers, Integers]:
        """What `scaling.learn` learns from."""
        return self.is_whole, self.shift


def said(found: Segments) -> Said:
    """What the segments of a chunk offer; worked out once, then kept."""
    kept = found.headers.table.kept
    made: Said | None = kept.get("tcp offers")
    if made is None or made.found is not found:
        made = kept["tcp offers"] = _said(found)
    return made


def _said(found: Segments) -> Said:
    opening = np.flatnonzero((found.flags & SYN) != 0)
    mss, shift, others = _offered(found, opening)
    packed = SEEN | (shift + 1) << SHIFT_AT | (mss + 1) << MSS_AT | others
    packed = np.where(found.extent[opening] != QUOTED, packed, 0)
    is_whole = np.ones(len(opening), np.int64)
    if found.chosen is not None:
        is_whole[:] = found.headers.is_whole[found.chosen[opening]]
    return Said(found, opening, packed, shift, is_whole, found.matrix[HOPS, opening])


def _offered(found: Segments, opening: Integers) -> tuple[Integers, Integers, Integers]:
    """Maximum segment size and window scale of some segments, `ABSENT` for none, and what `FLAGS` say."""
    table = found.headers.table
    headers = HeaderRows(table, table.layer("tcp").taken(found.rows[opening]))
    wanted = {option: (field,) for option, field in NUMBERS.items()} | dict.fromkeys(FLAGS, ())
    mss, shift, *others = read_items(headers, table.catalogue.plans[FAMILY], wanted)
    flags = [np.where(start >= 0, flag, 0) for start, flag in zip(others, FLAGS.values(), strict=True)]
    return mss, shift, np.bitwise_or.reduce(flags)


class Offers:
    """The latest offer of every side.

    Attributes:
        state: uint32 (capacity, 2), packed; 0 if no SYN was seen.
    """

    def __init__(self) -> None:
        self.state: Values = np.zeros((0, 2), np.uint32)

    def advance(self, segments: Segments, grouping: Grouping, count: int) -> Said:
        """Look at the SYNs of the next chunk; `count` is how many connections there are."""
        self.state = grown(self.state, count)
        made = said(segments)
        offers = np.flatnonzero(made.packed)
        rows = made.opening[offers]
        self.state[grouping.connection[rows], segments.side[rows]] = made.packed[offers]
        return made


def unpacked(packed: Values) -> Offer:
    """The parts of packed offers."""
    whole = packed.astype(np.int64)
    return Offer(
        seen=whole & SEEN != 0,
        mss=np.where(whole, (whole >> MSS_AT) - 1, ABSENT),
        shift=np.where(whole, (whole >> SHIFT_AT & SHIFT_MASK) - 1, ABSENT),
        sack=whole & SACK != 0,
        timestamps=whole & TIMESTAMPS != 0,
        fast_open=whole & FAST_OPEN != 0,
    )
