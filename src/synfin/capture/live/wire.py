"""A wire is what several interfaces capture, merged by time, batch after batch, as it happens."""

from __future__ import annotations

import platform
import select
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np

from synfin.capture.chunk import Chunk, Interface, Option
from synfin.capture.formats.pcap import index_records
from synfin.capture.live.device import DeviceError
from synfin.capture.live.merging import Merging
from synfin.capture.live.refusal import lost, refused
from synfin.capture.live.tap import Tap
from synfin.capture.metadata import Section, Statistics
from synfin.capture.writing import lay_out_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from synfin.capture.live.device import Request
    from synfin.capture.metadata import Names, RecordKind, Secrets

PATIENCE = 0.1
"""Seconds after which a batch comes even if it is empty."""

PAUSE = 0.005
"""Seconds to let packets gather, so that a flood does not come in a thousand small batches a second."""

FILTER, OPERATING_SYSTEM, DROP_COUNT = 11, 12, 4
"""Codes of pcapng options: of an interface the first two, of a packet the last."""


class Wire:
    """Interfaces being captured. Says of itself what a `Capture` says, so that it can be written likewise.

    Args:
        requests: what to capture, one for each interface.

    Attributes:
        packets: how many came so far.
        begun: when it was opened, nanoseconds since the epoch.
        ended: a sentence on each interface that ended by itself.

    Raises:
        CaptureError: a device cannot be opened.
        FilterError: a capture filter cannot be understood.
    """

    names: tuple[Names, ...] = ()
    secrets: tuple[Secrets, ...] = ()
    kinds: tuple[RecordKind, ...] = ()

    def __init__(self, requests: Sequence[Request]) -> None:
        self.packets = 0
        self.begun = time.time_ns()
        self.ended: list[str] = []
        self._taps: list[Tap] = []
        self._is_stopped = False
        for request in requests:
            try:
                self._taps.append(Tap(request))
            except DeviceError as error:
                self.close()
                raise refused(request, error) from None
        self._merging = Merging() if len(self._taps) > 1 else None
        self._told = [0] * len(self._taps)
        self._delivered = [0] * len(self._taps)
        self.interfaces = tuple(_interface(tap, number) for number, tap in enumerate(self._taps))
        system = f"{platform.system()} {platform.release()}"
        self.sections = (Section(1, "", "pcapng", hardware=platform.machine(), system=system),)

    @property
    def accepted(self) -> int:
        """Packets that passed the capture filters, as the kernel counts them."""
        return sum(tap.counts.accepted for tap in self._taps)

    @property
    def dropped(self) -> int:
        """Packets lost for want of room, by the kernel or by interfaces."""
        return sum(tap.counts.dropped + max(tap.counts.missed, 0) for tap in self._taps)

    @property
    def statistics(self) -> tuple[Statistics, ...]:
        """The counters as of now, one for each interface."""
        now = time.time_ns()
        return tuple(
            Statistics(
                number,
                now,
                start=self.begun,
                end=now,
                dropped=tap.counts.missed,
                accepted=tap.counts.accepted,
                system_dropped=tap.counts.dropped,
                delivered=self._delivered[number],
            )
            for number, tap in enumerate(self._taps)
        )

    def batches(self) -> Iterator[Chunk]:
        """The packets, about as soon as they come, until all interfaces have ended.

        A batch is valid until the next one is asked for. An empty one comes whenever nothing else has for
        `PATIENCE` seconds.
        """
        open_taps = dict(enumerate(self._taps))
        while open_taps:
            ready = self._ready(open_taps)
            taken = []
            for number in ready:
                chunk = open_taps[number].take()
                if chunk is None:
                    self._end(open_taps.pop(number))
                else:
                    taken.append((number, chunk))
            for tap in open_taps.values():
                tap.listen()
            batch = self._batch(taken, is_last=not open_taps)
            self.packets += len(batch)
            yield batch

    def stop(self) -> None:
        """Ask for the end; what was captured by now still comes. May be called by a signal handler."""
        if not self._is_stopped:
            self._is_stopped = True
            for tap in self._taps:
                tap.stop()

    def close(self) -> None:
        """End at once."""
        for tap in self._taps:
            tap.close()
        self._taps = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self, taps: dict[int, Tap]) -> list[int]:
        by_descriptor = {tap.fileno(): number for number, tap in taps.items()}
        ready, _, _ = select.select(list(by_descriptor), [], [], PATIENCE)
        if ready:
            time.sleep(PAUSE)
        return sorted(by_descriptor[descriptor] for descriptor in ready)

    def _end(self, tap: Tap) -> None:
        if tap.trouble is not None:
            self.ended.append(lost(tap.request.device, tap.trouble))

    def _batch(self, taken: list[tuple[int, Chunk]], *, is_last: bool) -> Chunk:
        """The packets just taken, or, of several interfaces, those whose turn has come."""
        own = [self._own(number, chunk) for number, chunk in taken]
        if self._merging is not None:
            batch = self._merging.take(own, is_last=is_last)
        else:
            batch = own[0] if own else None
        if batch is None:
            return _nothing(self.packets + 1, self.interfaces)
        return replace(batch, first=self.packets + 1)

    def _own(self, number: int, chunk: Chunk) -> Chunk:
        """A tap's chunk with the numbers of this capture; its first packet tells of drops before it."""
        self._delivered[number] += len(chunk)
        counts = self._taps[number].counts
        fresh = counts.dropped + max(counts.missed, 0) - self._told[number]
        drops = {}
        if len(chunk) and fresh > 0:
            self._told[number] += fresh
            drops = {0: (Option(DROP_COUNT, fresh.to_bytes(8, "little")),)}
        return replace(
            chunk,
            interface=np.full(len(chunk), number, np.int32),
            interfaces=self.interfaces,
            options=drops,
        )


def prepare() -> None:
    """Load the compiled kernels that a flood of packets takes, which is no work for the midst of it."""
    octets, table = np.empty((0, 0), np.uint8), np.empty((0, 4), np.int64)
    index_records.compiled(octets.ravel(), np.empty((5, 1), np.int64), np.full(8, 16, np.int64), 0)
    lay_out_many.compiled(table, octets.ravel(), octets, octets.ravel(), octets.ravel())


def _interface(tap: Tap, number: int) -> Interface:
    request = tap.request
    options = [Option(OPERATING_SYSTEM, f"{platform.system()} {platform.release()}".encode())]
    if request.filter:
        options.insert(0, Option(FILTER, b"\0" + request.filter.encode()))
    return Interface(
        tap.linktype,
        number=number,
        snaplen=request.snaplen,
        name=request.device,
        digits=9,
        options=tuple(options),
    )


def _nothing(first: int, interfaces: tuple[Interface, ...]) -> Chunk:
    none = np.empty(0, np.int64)
    return Chunk(
        data=np.empty(0, np.uint8),
        start=none,
        captured=none,
        length=none,
        time=none,
        interface=none.astype(np.int32),
        offset=none,
        first=first,
        interfaces=interfaces,
    )
