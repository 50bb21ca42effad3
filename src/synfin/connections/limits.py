"""What limits a side's sending: the receive window, the congestion window, a loss, or nothing to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, RARE, kernel
from synfin.connections.sides import (
    COUNT,
    LARGEST,
    LATEST,
    LIMITED_BY,
    NEXT,
    OFFER,
    RECOVER,
    SINCE,
    UNA,
    WINDOW,
    flight,
    mss_of,
    troubled,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

APPLICATION, RECEIVE_WINDOW, CONGESTION_WINDOW, LOSS = range(4)
NOTHING = -1

LAST = -1
"""Instead of the payload of the latest segment: it had a FIN, and no more is to come."""

OPTIONS_ROOM = 40
"""TCP options take at most so many bytes of a segment."""


@kernel(plain_below=PART)
def limit(wide: Integers, narrow: Values, pool: Integers, limited: Integers, side: int, time: int) -> None:
    """Judge what limits sending from now on, and count the time until now if that is something else."""
    kind = limit_of(wide, narrow, pool, side)
    if kind != narrow[side, LIMITED_BY] - 1:
        settle_limit(wide, narrow, limited, side, time)
        narrow[side, LIMITED_BY] = kind + 1
        wide[side, SINCE] = time


@kernel(plain_below=RARE)
def settle_limit(wide: Integers, narrow: Values, limited: Integers, side: int, time: int) -> None:
    """Count the time since the limit began."""
    kind, passed = narrow[side, LIMITED_BY] - 1, time - wide[side, SINCE]
    if kind >= 0 and passed > 0:
        limited[side, kind] += passed
    narrow[side, LIMITED_BY] = 0


@kernel(plain_below=PART)
def limit_of(wide: Integers, narrow: Values, pool: Integers, side: int) -> int:
    """What limits sending.

    An episode of loss lasts until all that was sent before it is acknowledged (RFC 6582 3.2). The window
    limits when less than a full segment fits; the congestion window, when segments that are full are on
    their way and no more are sent; else there was nothing to send.
    """
    peer, count, latest = side ^ 1, narrow[side, COUNT], narrow[side, LATEST]
    window = narrow[peer, WINDOW] - 2
    if wide[side, NEXT] == 0 or wide[side, UNA] == 0 or window == -2 or (latest == LAST and count == 0):
        return NOTHING
    full = max(min(mss_of(wide[peer, OFFER]), narrow[side, LARGEST]), 1)
    if count == 0:
        return RECEIVE_WINDOW if 0 <= window < min(full, max(window, 1)) else APPLICATION
    if troubled(narrow, pool, side, RECOVER):
        return LOSS
    on_way = flight(wide, narrow, pool, side)
    if window >= 0 and window - on_way < min(full, max(window, 1)):
        return RECEIVE_WINDOW
    return CONGESTION_WINDOW if latest > 0 and latest + OPTIONS_ROOM >= full else APPLICATION
