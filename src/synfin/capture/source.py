"""A capture is opened once, whatever its files are, and then read as often as wanted, chunk by chunk."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

import numpy as np

from synfin.basics.errors import CaptureError
from synfin.capture.chunk import Chunk
from synfin.capture.format import Decoder, Reading, Records, formats
from synfin.capture.inputs import Input
from synfin.capture.metadata import Problem
from synfin.capture.stream import Ring, Stream

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from types import TracebackType

    from synfin.basics.arrays import Bytes
    from synfin.capture.chunk import Interface
    from synfin.capture.metadata import Names, RecordKind, Secrets, Section, Statistics

CHUNK_SIZE = 2 << 20
"""Bytes of a chunk: what fits in a cache, for the bytes are looked at again and again."""

FOREIGN = (
    (b"snoop\0\0\0", "snoop"),
    (b"GMBU", "Network Monitor"),
    (b"RTSS", "Network Monitor"),
    (b"btsnoop\0", "btsnoop"),
    (b"TRSNIFF data", "Sniffer"),
    (b"XCP\0", "NetXRay"),
    (b"iptrace ", "iptrace"),
    (b"LOGG", "BLF"),
    (b"\x7fver", "EtherPeek"),
    (b"PAR1", "Parquet"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
)
"""How files begin that people may take for captures that can be read here, and what they are."""


class Mark(NamedTuple):
    """Where a chunk came from, so that it can be read again."""

    first: int
    count: int
    input: int
    offset: int
    size: int
    decoder: Decoder
    interfaces: tuple[Interface, ...]


class Capture:
    """One or several files or streams, read one after the other as one run of packets.

    Reading never raises: what is wrong with a file ends that file, and is told in `problems`. All that the
    attributes hold grows while the first pass goes on; later passes do not change it.

    Attributes:
        paths: the inputs as the user named them.
        format: of the first: "pcap", "nsecpcap", "pcapng" and so on, "empty" if it has no bytes.
    """

    def __init__(self, inputs: list[Input], format: str) -> None:  # noqa: A002 - the word of the field
        self.paths = tuple(each.path for each in inputs)
        self.format = format
        self._inputs = inputs
        self._found = Reading()
        self._marks: list[Mark] = []
        self._is_whole = False
        self._current: Chunk | None = None
        self._behind: tuple[int, int, Stream] | None = None

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces met so far; `Chunk.interface` indexes them."""
        return tuple(self._found.interfaces)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The pcapng sections and pcap files met so far."""
        return tuple(self._found.sections)

    @property
    def names(self) -> tuple[Names, ...]:
        """Names of addresses that the files tell."""
        return tuple(self._found.names)

    @property
    def statistics(self) -> tuple[Statistics, ...]:
        """Counters of the capturing programs."""
        return tuple(self._found.statistics)

    @property
    def secrets(self) -> tuple[Secrets, ...]:
        """Keys that the files bring along."""
        return tuple(self._found.secrets)

    @property
    def kinds(self) -> tuple[RecordKind, ...]:
        """Kinds of records met that are no packets."""
        return tuple(self._found.kinds)

    @property
    def comments(self) -> tuple[str, ...]:
        """Remarks on whole sections."""
        return tuple(comment for section in self._found.sections for comment in section.comments)

    @property
    def problems(self) -> list[Problem]:
        """What was found wrong so far."""
        return self._found.problems

    @property
    def size(self) -> int:
        """Bytes of all inputs as they lie there, -1 if unknown."""
        sizes = [each.size for each in self._inputs]
        return -1 if -1 in sizes else sum(sizes)

    @property
    def position(self) -> int:
        """How many of `size` bytes the newest pass has taken."""
        return sum(each.position for each in self._inputs)

    def chunks(self, *, size: int = CHUNK_SIZE, buffers: int = 2) -> Iterator[Chunk]:
        """All packets, in file order.

        Args:
            size: bytes read at a time; a longer record gets a chunk of its own.
            buffers: how many further chunks may be taken before a chunk's `data` is written over.

        Raises:
            CaptureError: when begun, if an input can be read only once and has been.
        """
        if self._is_whole:
            return self._pass(Reading(), [], size, buffers)
        self._found, self._marks = Reading(), []
        return self._pass(self._found, self._marks, size, buffers)

    def packet(self, number: int) -> Chunk:
        """One packet, as a chunk of its own that stays as it is.

        Costs reading one chunk again, at most, for files; the neighbours of the last one asked for cost
        nothing. In a compressed file, all that lies before it is decompressed again, unless it lies behind
        the last one asked for. A pipe must have been opened with `keep`.

        Args:
            number: counted from 1 over the whole run.

        Raises:
            CaptureError: there is no such packet, or its bytes cannot be had again.
        """
        current = self._current
        if current is None or not current.first <= number < current.first + len(current):
            current = self._current = self._chunk_of(number)
        return single(current, number - current.first)

    def close(self) -> None:
        """Give all files back. Chunks already taken stay valid."""
        for each in self._inputs:
            each.close()
        if self._behind:
            self._behind[2].close()
        self._behind = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pass(self, reading: Reading, marks: list[Mark], size: int, buffers: int) -> Iterator[Chunk]:
        ring = Ring(max(size, 1), max(buffers, 0) + 1)
        for number, each in enumerate(self._inputs):
            stream = each.open()
            decoder = open_format(stream, reading)[1]
            if decoder is None:
                continue
            for chunk, mark in read(stream, decoder, ring):
                marks.append(mark._replace(input=number))
                yield chunk
        if reading is self._found:
            self._is_whole = True

    def _chunk_of(self, number: int) -> Chunk:
        """The chunk that holds a packet, read again."""
        place = bisect_right(self._marks, number, key=lambda mark: mark.first) - 1
        if not self._is_whole and (place < 0 or number >= self._marks[place].first + self._marks[place].count):
            for _ in self.chunks():
                pass
            place = bisect_right(self._marks, number, key=lambda mark: mark.first) - 1
        if place < 0 or number >= self._marks[place].first + self._marks[place].count:
            raise CaptureError(f"There is no packet {number}; the capture has {self._found.packets}.")
        mark = self._marks[place]
        data = self._bytes_of(mark)
        reading = Reading(interfaces=list(mark.interfaces), packets=mark.first - 1)
        decoded = mark.decoder.resumed(reading).decode(data, mark.offset)
        return chunk_of(decoded.records, data, mark.offset, reading)

    def _bytes_of(self, mark: Mark) -> Bytes:
        stream = self._inputs[mark.input].open_at(mark.offset)
        skip = 0
        if stream is None:
            behind = self._behind
            if behind and behind[0] == mark.input and behind[1] <= mark.offset:
                stream, skip = behind[2], mark.offset - behind[1]
            else:
                stream, skip = self._inputs[mark.input].open(), mark.offset
        data = np.empty(min(max(skip, mark.size), CHUNK_SIZE) or 1, np.uint8)
        while skip:
            got = stream.readinto(memoryview(data[: min(skip, len(data))]))
            if not got:
                break
            skip -= got
        data = np.empty(mark.size, np.uint8)
        filled = 0
        while filled < mark.size:
            got = stream.readinto(memoryview(data[filled:]))
            if not got:
                raise CaptureError(f"{stream.path} has changed since it was read.", path=stream.path, offset=mark.offset)
            filled += got
        self._behind = (mark.input, mark.offset + mark.size, stream)
        return data


def open_capture(*paths: str | os.PathLike[str] | BinaryIO, keep: bool = False) -> Capture:
    """Open files and streams to be read as one run.

    Args:
        paths: files, "-" for standard input, or file objects open for reading bytes.
        keep: have `Capture.packet` and further passes work fast on pipes and compressed files too, at the cost
            of a temporary file of the decompressed size.

    Raises:
        CaptureError: one of them cannot be read, or is no capture.
    """
    inputs = [Input(path, keep=keep) for path in paths]
    names: list[str] = []
    for each in inputs:
        stream = each.open()
        names.append(open_format(stream, Reading())[0])
        each.put_back(stream)
    return Capture(inputs, names[0] if names else "empty")


def open_format(stream: Stream, reading: Reading) -> tuple[str, Decoder | None]:
    """The name of the format, by its first bytes, and a decoder for it; none if there are no bytes.

    Raises:
        CaptureError: it is no capture.
    """
    head = stream.peek(16)
    for format in formats():  # noqa: A001 - the word of the field
        if head.startswith(format.magics):
            decoder = format.open(stream, reading)
            return reading.sections[-1].format if reading.sections else format.name, decoder
    if stream.damage:
        raise CaptureError(f"{stream.path} cannot be read. {stream.damage}", path=stream.path, offset=0)
    if not head:
        return "empty", None
    for magic, name in FOREIGN:
        if head.startswith(magic):
            raise CaptureError(
                f"{stream.path} is a {name} file, which is not supported; convert it to pcapng first.",
                path=stream.path,
                offset=0,
            )
    known = ", ".join(format.name for format in formats())
    raise CaptureError(
        f"{stream.path} is not a capture file: it begins with {head[:8].hex(' ')}, and is neither of {known}.",
        path=stream.path,
        offset=0,
    )


def read(stream: Stream, decoder: Decoder, ring: Ring) -> Iterator[tuple[Chunk, Mark]]:
    """All chunks of one stream; what is wrong with it goes to the decoder's `reading`."""
    reading = decoder.reading
    buffer = ring.next(0)
    filled = offset = 0  # bytes in the buffer; where in the file it begins
    while True:
        got = stream.readinto(memoryview(buffer[filled:]))
        filled += got
        begin, has_yielded = 0, False
        while True:
            state = decoder.resumed(reading), tuple(reading.interfaces)
            data = buffer[begin:filled]
            decoded = decoder.decode(data, offset + begin)
            if len(decoded.records.start):
                data = data[: decoded.used]
                chunk = chunk_of(decoded.records, data, offset + begin, reading)
                mark = Mark(chunk.first, len(chunk), 0, offset + begin, len(data), *state)
                reading.packets += len(chunk)
                has_yielded = True
                yield chunk, mark
            begin += decoded.used
            if decoded.error:
                _note(stream, offset + begin, reading, decoded.error)
                return
            if decoded.needed:
                break
        if not got:
            if stream.damage:
                _note(stream, offset + filled, reading, stream.damage)
            elif begin < filled or (filled and decoded.needed and offset + begin == 0):
                _note(stream, offset + begin, reading, decoder.unfinished(filled - begin, decoded.needed))
            return
        left = buffer[begin:filled]
        offset += begin
        filled = len(left)
        if has_yielded or len(buffer) < decoded.needed:
            buffer = ring.next(decoded.needed)
            buffer[:filled] = left
        elif begin:
            buffer[:filled] = left.copy()


def chunk_of(records: Records, data: Bytes, offset: int, reading: Reading) -> Chunk:
    """A chunk of records found in `data`, which is what the file holds from byte `offset` on."""
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


def _note(stream: Stream, offset: int, reading: Reading, message: str) -> None:
    reading.problems.append(Problem(stream.path, offset, reading.packets, message))
