"""How much came when: packets and bytes in intervals of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.exports.statistics.since import since_first
from synfin.exports.statistics.table import Column, Table

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags
    from synfin.dissect.table import PacketTable


class Intervals:
    """Packets and bytes by interval; a `Count`. Only intervals with packets are kept.

    Attributes:
        interval: nanoseconds; 0 for one interval that holds everything.
        counts: by number of the interval from the capture's first packet: packets and bytes.
    """

    names: tuple[str, ...] = ()

    def __init__(self, interval: int) -> None:
        self.interval = interval
        self.counts: dict[int, tuple[int, int]] = {}
        self._last = 0

    def part(self, table: PacketTable, chosen: Flags | None) -> tuple[dict[int, tuple[int, int]], int]:
        """What one chunk holds, and its latest time."""
        length, time = table.chunk.length, since_first(table)
        last = int(time.max(initial=0))
        if chosen is not None:
            length, time = length[chosen], time[chosen]
        slots = time // self.interval if self.interval else np.zeros(len(time), np.int64)
        numbers, index = np.unique(slots, return_inverse=True)
        packets = np.bincount(index, minlength=len(numbers))
        octets = np.bincount(index, weights=length, minlength=len(numbers))
        pairs = zip(packets.tolist(), octets.astype(np.int64).tolist(), strict=True)
        return dict(zip(numbers.tolist(), pairs, strict=True)), last

    def add(self, part: tuple[dict[int, tuple[int, int]], int]) -> None:
        """Add the next chunk's part."""
        counts, last = part
        self._last = max(self._last, last)
        for number, (packets, octets) in counts.items():
            before = self.counts.get(number, (0, 0))
            self.counts[number] = before[0] + packets, before[1] + octets

    def table(self) -> Table:
        """One row for each interval that has packets."""
        numbers = sorted(self.counts)
        rows = [self.counts[number] for number in numbers]
        begin = [number * self.interval for number in numbers]
        return Table(
            (
                Column("start", "time", begin),
                Column(
                    "end", "time", [one + self.interval if self.interval else self._last for one in begin]
                ),
                Column("packets", "count", [packets for packets, _ in rows]),
                Column("bytes", "count", [octets for _, octets in rows]),
            )
        )
