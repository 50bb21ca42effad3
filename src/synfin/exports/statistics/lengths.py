"""How long packets are: counts in ranges that double, with the densest tenth of a second of each."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.basics.time import MILLISECOND
from synfin.exports.statistics.since import since_first
from synfin.exports.statistics.table import Column, Table

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.table import PacketTable

EDGES = (0, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120)
"""Bytes from which each range begins, as Wireshark has them."""

SLOT = 5 * MILLISECOND
"""Bursts are counted in steps of this."""

SLOTS = 20
"""Steps of the time in which a burst is counted: a tenth of a second."""

BURST_TIME = SLOTS * SLOT // MILLISECOND

COUNT, SUM, LEAST, MOST, RECENT, BURST, BURST_START, NEWEST = range(8)
"""Columns of `Lengths.state`: packets; their bytes; the shortest and longest; packets in the current tenth of
a second, and most of them ever; when those began; the newest slot."""


class Lengths:
    """Counts of packets by their length on the wire; a `Count`.

    Attributes:
        state: int64 (1 + ranges, 8): all packets, then each range.
    """

    names: tuple[str, ...] = ()

    def __init__(self) -> None:
        rows = 1 + len(EDGES)
        self.state = np.zeros((rows, 8), np.int64)
        self._slots = np.zeros((rows, SLOTS, 3), np.int64)
        self._slots[:, 1:, 0] = -SLOTS
        self._edges = np.array(EDGES, np.int64)
        self._first: int | None = None
        self._last = 0

    def part(self, table: PacketTable, chosen: Flags | None) -> tuple[Integers, Integers]:
        """Lengths and times of a chunk's packets."""
        length, time = table.chunk.length, since_first(table)
        return (length, time) if chosen is None else (length[chosen], time[chosen])

    def add(self, part: tuple[Integers, Integers]) -> None:
        """Count them."""
        length, time = part
        if not len(length):
            return
        if self._first is None:
            self._first = int(time[0])
        self._last = int(time[-1])
        measure(length, time, self._edges, self.state, self._slots)

    def table(self) -> Table:
        """All packets first, then one row for each range."""
        labels = ["all", *(f"{a}-{b - 1}" for a, b in pairwise(EDGES)), f"{EDGES[-1]}-"]
        state = self.state
        count = state[:, COUNT].tolist()
        elapsed = (self._last - (self._first or 0)) / MILLISECOND
        total = count[0]
        bursts = state[:, BURST].tolist()
        starts = [at if one else None for at, one in zip(state[:, BURST_START].tolist(), bursts, strict=True)]

        def known(values: list[float]) -> list[float | None]:
            return [value if number else None for value, number in zip(values, count, strict=True)]

        averages = (state[:, SUM] / np.maximum(state[:, COUNT], 1)).tolist()
        return Table(
            (
                Column("range", "text", labels),
                Column("count", "count", count),
                Column("average", "average", known(averages)),
                Column("shortest", "count", known(state[:, LEAST].tolist())),
                Column("longest", "count", known(state[:, MOST].tolist())),
                Column("rate", "rate", [one / elapsed if elapsed > 0 else None for one in count]),
                Column("share", "share", [one / total if total else None for one in count]),
                Column("burst_rate", "rate", [one / BURST_TIME if one else None for one in bursts]),
                Column("burst_start", "time", starts),
            )
        )


@kernel
def measure(length: Integers, time: Integers, edges: Integers, state: Integers, slots: Integers) -> None:
    """Count each packet to all of them and to its range.

    Args:
        length: bytes on the wire.
        time: nanoseconds since the capture's first packet.
        edges: where the ranges begin.
        state: see `Lengths.state`; updated.
        slots: (rows, SLOTS, 3) of the newest slots: number, packets, time of the first; updated.
    """
    for at in range(len(length)):
        size = length[at]
        row = 1
        while row < len(edges) and size >= edges[row]:
            row += 1
        for of in (0, row):
            own = state[of]
            own[LEAST] = min(own[LEAST], size) if own[COUNT] else size
            own[MOST] = max(own[MOST], size)
            own[COUNT] += 1
            own[SUM] += size
            note_burst(time[at], own, slots[of])


@kernel(plain_below=PART)
def note_burst(time: int, own: Integers, slots: Integers) -> None:
    """Count a packet to the tenth of a second that ends with the newest one."""
    slot = time // SLOT
    if slot > own[NEWEST]:
        for number in range(max(own[NEWEST] + 1, slot - SLOTS + 1), slot + 1):
            own[RECENT] -= slots[number % SLOTS, 1]
            slots[number % SLOTS, 0], slots[number % SLOTS, 1] = number - SLOTS, 0
        own[NEWEST] = slot
    if slot <= own[NEWEST] - SLOTS:
        return
    place = slot % SLOTS
    if slots[place, 0] != slot:
        slots[place, 0], slots[place, 1], slots[place, 2] = slot, 0, time
    slots[place, 1] += 1
    slots[place, 2] = min(slots[place, 2], time)
    own[RECENT] += 1
    if own[RECENT] > own[BURST]:
        own[BURST] = own[RECENT]
        oldest = own[NEWEST] - SLOTS + 1
        while slots[oldest % SLOTS, 0] != oldest:
            oldest += 1
        own[BURST_START] = slots[oldest % SLOTS, 2]
