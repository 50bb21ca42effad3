"""What is being captured, as a pcapng file that grows: whatever reads files reads this."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from synfin.capture.writing import DEFAULT_FORMAT, outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.capture.chunk import Chunk
    from synfin.capture.live.wire import Wire
    from synfin.capture.writing import Body


class Feed(io.RawIOBase):
    """A file object to be given to `open_capture`.

    Args:
        wire: what is captured.
        batches: its batches, as `Wire.batches` or what stands between makes them.

    Attributes:
        name: what to call it.
        is_live: its end is not there yet; what is there is to be had without waiting for more.
    """

    is_live = True

    def __init__(self, wire: Wire, batches: Iterator[Chunk]) -> None:
        super().__init__()
        self.name = ", ".join(interface.name for interface in wire.interfaces)
        self._body: Body = outputs()[DEFAULT_FORMAT].begin(wire)
        self._pieces = self._made(batches)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # narrower: all we are given
        """Wait for packets, and fill the buffer as far as there are any; 0 at the end."""
        while not len(self._ready):
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._ready = memoryview(piece)
        taken = min(len(buffer), len(self._ready))
        buffer[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken

    def _made(self, batches: Iterator[Chunk]) -> Iterator[bytes]:
        yield b"".join(piece.data for piece in self._body.begin())
        for batch in batches:
            if len(batch):
                pieces = self._body.records(batch, np.arange(len(batch)))
                yield b"".join(piece.data for piece in pieces)
        yield b"".join(piece.data for piece in self._body.end())
