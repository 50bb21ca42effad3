"""A stream is bytes in order, read once into buffers we own; what was peeked at is read again."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes

PIECE = 1 << 16
"""Bytes asked for at a time while peeking."""


class Source(Protocol):
    """Anything that fills buffers: a raw file, a pipe, a decompressor."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Write at most as many bytes as fit; how many were written, 0 at the end."""

    def close(self) -> None:
        """Give the underlying file back."""


class Stream:
    """One source of bytes from its first to its last.

    Attributes:
        path: how the user named it.
        is_live: more bytes may come later (a pipe): what is there is delivered without waiting for more.
        damage: why it ended before its end ("" while all is well): a system error, broken compressed data.
        position: bytes given out so far.
    """

    def __init__(self, source: Source, path: str, *, is_live: bool = False) -> None:
        self.path = path
        self.is_live = is_live
        self.damage = ""
        self.position = 0
        self._source = source
        self._ahead = bytearray()

    def peek(self, count: int, start: int = 0) -> bytes:
        """The next `count` bytes, or those of them from `start` on, fewer at the end; they stay."""
        while len(self._ahead) < count:
            piece = bytearray(min(count - len(self._ahead), PIECE))
            got = self._fill(memoryview(piece))
            if not got:
                break
            self._ahead += piece[:got]
        return bytes(self._ahead[start:count])

    def readinto(self, into: memoryview) -> int:
        """Fill `into` as far as bytes are there; 0 at the end. A live stream is waited for only once."""
        if not len(into):
            return 0
        taken = min(len(self._ahead), len(into))
        into[:taken] = self._ahead[:taken]
        self._ahead = self._ahead[taken:]
        if not (taken and self.is_live):
            taken += self._fill(into[taken:])
        while taken < len(into) and (not self.is_live or self._is_ready()):
            got = self._fill(into[taken:])
            if not got:
                break
            taken += got
        self.position += taken
        return taken

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _fill(self, into: memoryview) -> int:
        if self.damage or not len(into):
            return 0
        try:
            got = self._source.readinto(into) or 0
        except DamageError as error:
            self.damage = str(error)
            return 0
        except OSError as error:
            self.damage = f"The system could not read on: {error.strerror or error}."
            return 0
        return got

    def _is_ready(self) -> bool:
        """Whether a read would return at once."""
        try:
            return bool(select.select([self._source.fileno()], [], [], 0)[0])  # type: ignore[attr-defined]
        except (AttributeError, OSError, ValueError):  # not a thing that can be waited for here
            return False


class DamageError(Exception):
    """A source found its own bytes broken; `str()` says how. Never leaves this package."""


class Memory:
    """Bytes already in memory, as a source."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)

    def readinto(self, buffer: memoryview, /) -> int:
        """As `Source.readinto`."""
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken

    def close(self) -> None:
        """As `Source.close`."""


class Ring:
    """Buffers that take turns, so that the last few chunks stay readable.

    Args:
        size: bytes of an ordinary buffer.
        count: how many there are.
    """

    def __init__(self, size: int, count: int) -> None:
        self._size = size
        self._buffers: list[Bytes] = [np.empty(0, np.uint8) for _ in range(count)]
        self._turn = 0

    def next(self, needed: int) -> Bytes:
        """The buffer used longest ago, of the ordinary size or of `needed` bytes if that is more."""
        self._turn = (self._turn + 1) % len(self._buffers)
        wanted = max(self._size, needed)
        if len(self._buffers[self._turn]) != wanted:
            self._buffers[self._turn] = np.empty(wanted, np.uint8)
        return self._buffers[self._turn]
