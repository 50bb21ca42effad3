"""What is captured is in the file before anybody sees it, whole packets only, whatever ends the program.

Each batch is written to the file at once, so that a killed program loses nothing that it had taken, and put
on the disk every second, so that a machine that fails loses a second at most.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from synfin.basics.errors import ExportError
from synfin.capture.writing import COMPRESSED_SUFFIXES, STANDARD_OUTPUT, output_of, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from synfin.basics.arrays import Bytes, Integers
    from synfin.capture.chunk import Chunk
    from synfin.capture.live.wire import Wire
    from synfin.capture.writing import Body

SECURING = 1.0
"""Seconds between two times that the file is put on the disk."""

COUNTING = 1.0
"""Seconds between two blocks of statistics in the file, at least; none if nothing was lost."""

KILOBYTE = 1000
"""Bytes: what `filesize:1` means, as in tshark."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When enough is enough; 0 for never.

    Attributes:
        packets: captured.
        seconds: since the beginning.
        kilobytes: written.
        files: of a ring; for the ring itself, how many are kept.
    """

    packets: int = 0
    seconds: float = 0
    kilobytes: int = 0
    files: int = 0


class Recording:
    """The files that a capture is written to.

    Args:
        path: the file, "-" for standard output; in a ring, what its files' names begin and end with.
        wire: what is captured.
        format: "pcap", "nsecpcap" or "pcapng"; None: by the suffix.
        ring: when to go on with the next file; None for a single file.
        most: files to write in a ring, 0 for any number.

    Attributes:
        path: of the file being written.
        packets: written, over all files.
        files: how many were begun.
        is_full: whether the last file that was to be written is full.

    Raises:
        ExportError: the file cannot be written.
    """

    def __init__(
        self,
        path: str,
        wire: Wire,
        *,
        format: str | None = None,  # noqa: A002 - the word of the field
        ring: Limits | None = None,
        most: int = 0,
    ) -> None:
        if path.endswith(COMPRESSED_SUFFIXES):
            raise ExportError(f"{path} would be compressed, which is not safe while capturing; do it later.")
        if ring and path == STANDARD_OUTPUT:
            raise ExportError("A ring of files needs a name, not standard output.")
        self.packets = 0
        self.files = 0
        self.is_full = False
        self._most = most
        self._named = path
        self._wire = wire
        self._output = output_of(format, path)
        self._ring = ring
        self._kept: deque[str] = deque()
        self._file = self._begin()

    @property
    def path(self) -> str:
        """Of the file being written."""
        return self._file.path

    @property
    def size(self) -> int:
        """Bytes of the file being written."""
        return self._file.size

    def take(self, batch: Chunk) -> None:
        """Write a batch.

        Raises:
            ExportError: the file cannot be written; what was written before stays.
        """
        at = 0
        while not self.is_full and at < len(batch):
            room = (
                self._ring.packets - self._file.packets if self._ring and self._ring.packets else len(batch)
            )
            end = min(at + room, len(batch))
            self._file.write(batch, np.arange(at, end))
            self.packets += end - at
            at = end
            self._turn_if_full()
        if not len(batch):
            self._file.write(batch, np.arange(0))
            self._turn_if_full()

    def close(self) -> None:
        """Write the counters, and end the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _turn_if_full(self) -> None:
        if self._ring is None or not self._file.is_full(self._ring):
            return
        self.is_full = self.files == self._most
        if not self.is_full:
            self._file.close()
            self._file = self._begin()

    def _begin(self) -> RecordFile:
        self.files += 1
        name = self._named
        if self._ring:
            whole = Path(self._named)
            moment = time.strftime("%Y%m%d%H%M%S")
            name = str(whole.with_name(f"{whole.stem}_{self.files:05d}_{moment}{whole.suffix}"))
            self._kept.append(name)
            if self._ring.files and len(self._kept) > self._ring.files:
                Path(self._kept.popleft()).unlink(missing_ok=True)
        return RecordFile(name, self._wire, self._output.begin(self._wire))


class RecordFile:
    """One file being written, packet by whole packet.

    Attributes:
        path: as the user named it.
        packets: written so far.
        size: bytes written so far.
    """

    def __init__(self, path: str, wire: Wire, body: Body) -> None:
        self.path = path
        self.packets = 0
        self.size = 0
        self._wire = wire
        self._body = body
        self._begun = time.monotonic()
        self._counted, self._counted_at = wire.dropped, self._begun
        try:
            self._descriptor = (
                os.dup(sys.stdout.fileno())
                if path == STANDARD_OUTPUT
                else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
            )
        except OSError as error:
            raise unwritable(path, error) from None
        self._is_regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        self._is_closed = threading.Event()
        self._securing = threading.Thread(target=self._secure, daemon=True)
        if self._is_regular:
            self._securing.start()
        self._put(body.begin())

    def write(self, batch: Chunk, rows: Integers) -> None:
        """Write packets of a batch, and from time to time what was lost.

        Raises:
            ExportError: the file cannot be written; what was written before stays.
        """
        if len(rows):
            self._write_all(batch, rows)
        now = time.monotonic()
        if now - self._counted_at >= COUNTING and self._wire.dropped != self._counted:
            self._counted, self._counted_at = self._wire.dropped, now
            self._put(self._body.counters())

    def _write_all(self, batch: Chunk, rows: Integers) -> None:
        """Write packets; as many of them as there is room for, if there is too little."""
        try:
            self._append(self._body.records(batch, rows))
        except OSError as error:
            middle = len(rows) // 2
            if not middle or not self._is_regular:
                self._end()
                raise unwritable(self.path, error, begun=True) from None
        else:
            self.packets += len(rows)
            return
        self._write_all(batch, rows[:middle])
        self._write_all(batch, rows[middle:])

    def is_full(self, limits: Limits) -> bool:
        """Whether one of the limits is reached."""
        return bool(
            (limits.packets and self.packets >= limits.packets)
            or (limits.seconds and time.monotonic() - self._begun >= limits.seconds)
            or (limits.kilobytes and self.size >= limits.kilobytes * KILOBYTE)
        )

    def close(self) -> None:
        """Write the counters, and end the file.

        Raises:
            ExportError: the file cannot be written; what was written before stays.
        """
        if self._is_closed.is_set():
            return
        try:
            self._put(self._body.end())
        finally:
            self._end()

    def _put(self, pieces: list[Bytes]) -> None:
        try:
            self._append(pieces)
        except OSError as error:
            self._end()
            raise unwritable(self.path, error, begun=True) from None

    def _append(self, pieces: list[Bytes]) -> None:
        """Write all of it, or, to a regular file, nothing: a part of a packet is no use to anybody."""
        left = memoryview(b"".join(piece.data for piece in pieces))
        length = len(left)
        try:
            while len(left):
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            if self._is_regular:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self.size)
                    os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self.size += length

    def _end(self) -> None:
        if not self._is_closed.is_set():
            self._is_closed.set()
            if self._securing.is_alive():
                self._securing.join()
            os.close(self._descriptor)

    def _secure(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._is_closed.wait(SECURING)
            with suppress(OSError):
                os.fdatasync(self._descriptor)


def limited(wire: Wire, limits: Limits, recording: Recording | None) -> Iterator[Chunk]:
    """The batches of a wire, written as they come, until a limit asks for the end.

    Args:
        wire: what is captured; stopped at a limit.
        limits: the limits.
        recording: where to write the packets, if anywhere.
    """
    end = time.monotonic() + limits.seconds if limits.seconds else 0.0
    taken = 0
    for whole in wire.batches():
        batch = whole
        if limits.packets and taken + len(whole) >= limits.packets:
            batch = whole.head(limits.packets - taken)
            wire.stop()
        taken += len(batch)
        if recording is not None:
            recording.take(batch)
            if recording.is_full or 0 < limits.kilobytes * KILOBYTE <= recording.size:
                wire.stop()
        yield batch
        if end and time.monotonic() >= end:
            wire.stop()
            end = 0.0
