"""A stream becomes chunks: buffers are filled in turn, and what is not yet whole is carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.capture.chunk import Chunk
from synfin.capture.format import Reading
from synfin.capture.metadata import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.basics.arrays import Bytes
    from synfin.capture.chunk import Interface
    from synfin.capture.format import Decoded, Decoder
    from synfin.capture.stream import Ring, Stream


class Mark(NamedTuple):
    """Where a chunk came from, so that it can be made again.

    Attributes:
        first: number of its first packet; packets: how many it has.
        input: which of the capture's inputs.
        offset, size: its bytes in the (decompressed) file.
        decoder: as it was before.
    """

    first: int
    packets: int
    input: int
    offset: int
    size: int
    decoder: Decoder


class Reader:
    """Reads one stream to its end; what is wrong with it goes to the decoder's `reading`.

    Args:
        stream: standing at the first byte of the file.
        number: which of the capture's inputs it is.
        decoder: for its format.
        ring: buffers to use.
    """

    def __init__(self, stream: Stream, number: int, decoder: Decoder, ring: Ring) -> None:
        self._stream = stream
        self._number = number
        self._decoder = decoder
        self._reading = decoder.reading
        self._ring = ring
        self._offset = 0  # where in the file the buffer begins

    def chunks(self) -> Iterator[tuple[Chunk, Mark]]:
        """All chunks, each with its mark."""
        buffer = self._ring.next(0)
        filled = 0
        while True:
            got = self._stream.readinto(memoryview(buffer[filled:].data))
            filled += got
            begin, has_yielded, decoded = 0, False, None
            while decoded is None or not (decoded.needed or decoded.error):
                before = self._decoder.resumed(self._reading)
                data = buffer[begin:filled]
                decoded = self._decoder.decode(data, self._offset + begin)
                if len(decoded.records.start):
                    has_yielded = True
                    yield self._deliver(decoded, data[: decoded.used], begin, before)
                begin += decoded.used
            if decoded.error or not got:
                self._end(decoded, begin, filled)
                return
            left = buffer[begin:filled]
            if has_yielded or len(buffer) < decoded.needed:
                buffer = self._ring.next(decoded.needed)
            buffer[: len(left)] = left  # may overlap, which NumPy minds
            filled = len(left)
            self._offset += begin

    def _deliver(self, decoded: Decoded, data: Bytes, begin: int, before: Decoder) -> tuple[Chunk, Mark]:
        offset = self._offset + begin
        chunk = chunk_of(decoded, data, offset, self._reading)
        self._reading.packets += len(chunk)
        return chunk, Mark(chunk.first, len(chunk), self._number, offset, len(data), before)

    def _end(self, decoded: Decoded, begin: int, filled: int) -> None:
        """Say what is wrong, if anything: with the contents, with reading them, or with where they end."""
        offset, message = self._offset + begin, decoded.error
        if not message and self._stream.damage:
            offset, message = self._offset + filled, self._stream.damage
        elif not message and begin < filled:
            message = self._decoder.unfinished(filled - begin, decoded.needed)
        if message:
            reading = self._reading
            reading.problems.append(Problem(self._stream.path, offset, reading.packets, message))


def read_again(mark: Mark, stream: Stream, skip: int, interfaces: tuple[Interface, ...]) -> Chunk | None:
    """The chunk of a mark, in memory of its own; None if the stream no longer holds it.

    Args:
        mark: made by an earlier pass.
        stream: the same bytes.
        skip: how many of them lie before the chunk.
        interfaces: all that have been met since.
    """
    data = np.empty(mark.size, np.uint8)
    while skip > 0:
        got = stream.readinto(memoryview(data[:skip].data))
        if not got:
            return None
        skip -= got
    filled = 0
    while filled < mark.size:
        got = stream.readinto(memoryview(data[filled:].data))
        if not got:
            return None
        filled += got
    reading = Reading(interfaces=list(interfaces), packets=mark.first - 1)
    return chunk_of(mark.decoder.resumed(reading).decode(data, mark.offset), data, mark.offset, reading)


def chunk_of(decoded: Decoded, data: Bytes, offset: int, reading: Reading) -> Chunk:
    """A chunk of what was found in `data`, which is what the file holds from byte `offset` on."""
    records = decoded.records
    return Chunk(
        data=data,
        start=records.start,
        captured=records.captured,
        length=records.length,
        time=records.time,
        interface=records.interface,
        offset=records.offset + offset,
        first=reading.packets + 1,
        interfaces=tuple(reading.interfaces),
        options=records.options,
    )


def single(chunk: Chunk, index: int) -> Chunk:
    """One packet of a chunk as a chunk of its own, its bytes copied out."""
    row = slice(index, index + 1)
    options = chunk.options.get(index)
    return Chunk(
        data=np.frombuffer(chunk.packet(index), np.uint8),
        start=np.zeros(1, np.int64),
        captured=chunk.captured[row].copy(),
        length=chunk.length[row].copy(),
        time=chunk.time[row].copy(),
        interface=chunk.interface[row].copy(),
        offset=chunk.offset[row].copy(),
        first=chunk.first + index,
        interfaces=chunk.interfaces,
        options={0: options} if options else {},
    )
