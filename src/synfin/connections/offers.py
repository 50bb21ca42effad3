"""What each side offered in its SYN: maximum segment size, window scaling, SACK, timestamps, fast open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.connections.group import Grouping, grown
from synfin.connections.options import ABSENT, Offered
from synfin.connections.segments import QUOTED, SYN, Segments

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values

SEEN, SACK, TIMESTAMPS, FAST_OPEN = 1, 2, 4, 8
SHIFT_AT, SHIFT_MASK = 4, 0x1FF
MSS_AT = 13
"""How an offer is packed into 32 bits: four flags, shift count + 1 in nine bits, MSS + 1 above."""


WANTED = tuple(f"tcp.options.{name}" for name in ("wscale", "mss", "sack_perm", "timestamp", "tfo"))
"""The options that a SYN makes its offers with."""


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
    """What the segments of a chunk offer.

    Attributes:
        found: the segments.
        packed: int64, 0 for what is no SYN.
        shift: int64, the window scale, `ABSENT` for none; quotations have one, too, but offer nothing.
    """

    found: Segments
    packed: Integers
    shift: Integers


def said(found: Segments) -> Said:
    """What the segments of a chunk offer; worked out once, then kept."""
    kept = found.headers.table.kept
    made: Said | None = kept.get("tcp offers")
    if made is None or made.found is not found:
        made = kept["tcp offers"] = _said(found)
    return made


def _said(found: Segments) -> Said:
    made = Said(found, np.zeros(len(found), np.int64), np.full(len(found), ABSENT, np.int64))
    is_syn = np.flatnonzero(found.flags & SYN)
    if not len(is_syn):
        return made
    chosen = Offered(found.headers.table, found.rows[is_syn], WANTED)
    shift = chosen.number("tcp.options.wscale", "wscale.shift")
    mss = chosen.number("tcp.options.mss", "mss_val")
    packed = SEEN | (shift + 1) << SHIFT_AT | (mss + 1) << MSS_AT
    packed |= np.where(chosen.has("tcp.options.sack_perm"), SACK, 0)
    packed |= np.where(chosen.has("tcp.options.timestamp"), TIMESTAMPS, 0)
    packed |= np.where(chosen.has("tcp.options.tfo"), FAST_OPEN, 0)
    made.packed[is_syn] = np.where(found.extent[is_syn] != QUOTED, packed, 0)
    made.shift[is_syn] = shift
    return made


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
        self.state[grouping.connection[offers], segments.side[offers]] = made.packed[offers]
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
