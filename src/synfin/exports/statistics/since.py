"""When packets came, counted from the capture's first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.capture.chunk import NO_TIME

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable


def since_first(table: PacketTable) -> Integers:
    """Nanoseconds since the first packet; 0 for records that have no time."""
    first, time = table.clock.first, table.chunk.time
    if first == NO_TIME:
        return np.zeros(len(time), np.int64)
    return np.where(time == NO_TIME, 0, time - first)
