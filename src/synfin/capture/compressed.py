"""A compressed file reads like a plain one; the kind is told by its first bytes, never by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from synfin.capture.stream import DamageError, Source, Stream

if TYPE_CHECKING:
    from collections.abc import Callable


class Decompressor(Protocol):
    """What the three libraries have in common."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def unused_data(self) -> bytes | None:
        """Bytes that came after its end."""

    def decompress(self, data: bytes, /) -> bytes:
        """All that can be told from the bytes so far."""


@dataclass(frozen=True, slots=True)
class Compression:
    """One way of compressing.

    Attributes:
        name: as people call it.
        magic: how every file begins.
        piece: compressed bytes handled at a time. What a malicious file can make of them (1,000 to 30,000
            times as much) bounds the memory that it can take.
        begin: makes a decompressor and says which errors it raises on broken data.
    """

    name: str
    magic: bytes
    piece: int
    begin: Callable[[], tuple[Decompressor, tuple[type[Exception], ...]]]


def _gzip() -> tuple[Decompressor, tuple[type[Exception], ...]]:
    import zlib

    return zlib.decompressobj(wbits=31), (zlib.error,)


def _zstandard() -> tuple[Decompressor, tuple[type[Exception], ...]]:
    import zstandard

    window = 1 << 27  # what the format's own tools accept unasked
    return zstandard.ZstdDecompressor(max_window_size=window).decompressobj(), (zstandard.ZstdError,)


def _lz4() -> tuple[Decompressor, tuple[type[Exception], ...]]:
    from lz4.frame import LZ4FrameDecompressor

    return LZ4FrameDecompressor(), (RuntimeError,)


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", 1 << 14, _gzip),
    Compression("zstd", b"\x28\xb5\x2f\xfd", 1 << 9, _zstandard),
    Compression("lz4", b"\x04\x22\x4d\x18", 1 << 14, _lz4),
)


def decompressed(stream: Stream) -> Stream:
    """The stream itself, or what it decompresses to if it is compressed; never twice."""
    for compression in COMPRESSIONS:
        if stream.peek(len(compression.magic)) == compression.magic:
            return Stream(Decompressing(stream, compression), stream.path)
    return stream


class Decompressing(Source):
    """A source that decompresses another stream, one member or frame after the other."""

    def __init__(self, stream: Stream, compression: Compression) -> None:
        self._stream = stream
        self._kind = compression
        self._coder, self._errors = compression.begin()
        self._piece = bytearray(compression.piece)
        self._ready = memoryview(b"")
        self._has_begun = False

    def readinto(self, buffer: memoryview, /) -> int:
        """As `Source.readinto`; raises DamageError where the compressed data is broken or cut short."""
        while not len(self._ready):
            if not self._advance():
                return 0
        taken = min(len(buffer), len(self._ready))
        buffer[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken

    def close(self) -> None:
        """As `Source.close`."""
        self._stream.close()

    def _advance(self) -> bool:
        """Decompress one piece; False at the proper end."""
        begin = self._stream.position
        given = b""
        if self._coder.eof:
            given = self._coder.unused_data or b""
            begin -= len(given)
            self._coder, self._errors = self._kind.begin()
            self._has_begun = False
        if not given:
            got = self._stream.readinto(memoryview(self._piece))
            given = bytes(self._piece[:got])
        if not self._has_begun:
            given = given.lstrip(b"\0") if self._kind.name == "gzip" else given  # gzip files may be padded
        if not given:
            return self._ended()
        self._has_begun = True
        try:
            self._ready = memoryview(self._coder.decompress(given))
        except self._errors as error:
            raise DamageError(
                f"The {self._kind.name} data is broken near byte {begin} of the compressed file ({error})."
            ) from None
        return True

    def _ended(self) -> bool:
        """Whether the compressed bytes, which are used up, go on after all; they may not end like this."""
        if self._stream.damage:
            raise DamageError(self._stream.damage)
        if self._has_begun:
            raise DamageError(
                f"The {self._kind.name} data is cut short at byte {self._stream.position} of its file."
            )
        return self._stream.peek(1) != b""
