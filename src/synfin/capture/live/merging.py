"""Packets of several interfaces become one run in the order of time, which costs waiting for the slowest."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.capture.live.device import LATENCY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.capture.chunk import Chunk

HOLD = 3 * LATENCY * 1_000_000
"""Nanoseconds that a packet waits for older ones of other interfaces: the kernel keeps them for `LATENCY`."""

INTERVAL = 0.1
"""Seconds between two merges, so that what waits is not copied too often."""


class Merging:
    """What waits to be merged; a crash loses it, so that it must be less than a second of packets."""

    def __init__(self) -> None:
        self._waiting: list[Chunk] = []
        self._due = 0.0

    def take(self, chunks: Sequence[Chunk], *, is_last: bool) -> Chunk | None:
        """Take the newest packets, and give those that are old enough; all of them if they are the last.

        Args:
            chunks: each from one interface; their bytes are copied.
            is_last: whether no more will come.
        """
        self._waiting += [replace(chunk, data=chunk.data.copy()) for chunk in chunks if len(chunk)]
        if not self._waiting or (time.monotonic() < self._due and not is_last):
            return None
        self._due = time.monotonic() + INTERVAL
        whole = joined(self._waiting)
        ripe = np.count_nonzero(whole.time <= time.time_ns() - HOLD)
        count = len(whole) if is_last else int(ripe)
        rest = tail(whole, count)
        self._waiting = [rest] if len(rest) else []
        return whole.head(count)


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks as one, its packets in the order of time."""
    sizes = np.cumsum([0, *(len(chunk.data) for chunk in chunks)])
    starts = [chunk.start + size for chunk, size in zip(chunks, sizes[:-1], strict=True)]
    moment = np.concatenate([chunk.time for chunk in chunks])
    order = np.argsort(moment, kind="stable")
    place = np.argsort(order, kind="stable")
    rows = np.cumsum([0, *(len(chunk) for chunk in chunks)])
    options = {
        int(place[first + row]): given
        for chunk, first in zip(chunks, rows[:-1], strict=True)
        for row, given in chunk.options.items()
    }
    return replace(
        chunks[0],
        data=np.concatenate([chunk.data for chunk in chunks]),
        start=np.concatenate(starts)[order],
        captured=np.concatenate([chunk.captured for chunk in chunks])[order],
        length=np.concatenate([chunk.length for chunk in chunks])[order],
        time=moment[order],
        interface=np.concatenate([chunk.interface for chunk in chunks])[order],
        offset=np.zeros(len(order), np.int64),
        options=options,
    )


def tail(chunk: Chunk, count: int) -> Chunk:
    """A chunk without its first packets, and without the bytes that only those needed."""
    row = slice(count, None)
    start, captured = chunk.start[row], chunk.captured[row]
    first = int(start.min()) if len(start) else 0
    last = int((start + captured).max()) if len(start) else 0
    return replace(
        chunk,
        data=chunk.data[first:last].copy(),
        start=start - first,
        captured=captured,
        length=chunk.length[row],
        time=chunk.time[row],
        interface=chunk.interface[row],
        offset=chunk.offset[row],
        options={index - count: given for index, given in chunk.options.items() if index >= count},
    )
