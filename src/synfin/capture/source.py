"""A capture is opened once, whatever its files are, and then read as often as wanted, chunk by chunk."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from synfin.basics.errors import CaptureError
from synfin.capture.format import Reading, open_format
from synfin.capture.inputs import Input
from synfin.capture.metadata import Problem
from synfin.capture.reader import Reader, read_again, single
from synfin.capture.stream import Ring

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from types import TracebackType

    from synfin.capture.chunk import Chunk, Interface
    from synfin.capture.metadata import Names, RecordKind, Secrets, Section, Statistics
    from synfin.capture.reader import Mark
    from synfin.capture.stream import Stream

CHUNK_SIZE = 4 << 20
"""Bytes of a chunk: what fits in a cache, for the bytes are looked at again and again."""


class Standing(NamedTuple):
    """How far an input that can be read only in order has been read to find single packets."""

    input: int
    offset: int
    stream: Stream


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
        self._standing: Standing | None = None

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
    def dropped(self) -> int:
        """How many packets the capturing programs say they lost, as told by now."""
        last = {
            each.interface: max(each.dropped, 0) + max(each.system_dropped, 0) for each in self.statistics
        }
        return sum(last.values())

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

    @property
    def packets(self) -> int:
        """How many packets were met so far."""
        return self._found.packets

    @property
    def is_live(self) -> bool:
        """Whether more may come later: an input is a pipe or the like."""
        return any(each.is_live for each in self._inputs)

    def chunks(self, *, size: int = CHUNK_SIZE, buffers: int = 2) -> Iterator[Chunk]:
        """All packets, in file order.

        Args:
            size: bytes read at a time; a longer record gets a longer chunk.
            buffers: how many further chunks may be taken before a chunk's `data` is written over.

        Raises:
            CaptureError: an input can be read only once, and has been.
        """
        for each in self._inputs:
            each.check()
        ring = Ring(max(size, 1), max(buffers, 0) + 1)
        if self._is_whole:
            return self._pass(Reading(), [], ring)
        self._found, self._marks = Reading(), []
        return self._pass(self._found, self._marks, ring)

    def packet(self, number: int) -> Chunk:
        """One packet, as a chunk of its own that stays as it is.

        Costs reading one chunk of the file again, and nothing for the neighbours of the last one asked for.
        In a compressed file or a pipe that was not opened with `keep`, all that lies between the last one
        asked for, or the beginning, and this one is decompressed again. The first call makes a pass over the
        capture if none was made.

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
        self._stand(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pass(self, reading: Reading, marks: list[Mark], ring: Ring) -> Iterator[Chunk]:
        for number, each in enumerate(self._inputs):
            try:
                stream = each.open()
            except CaptureError as error:  # it was there when the capture was opened
                reading.problems.append(Problem(each.path, 0, reading.packets, str(error)))
                continue
            try:
                is_lasting = each.is_lasting
                for chunk, mark in self._read(stream, number, reading, ring):
                    if is_lasting:  # else it would be of no use, and a live capture has no end of them
                        marks.append(mark)
                    yield chunk
            finally:
                stream.close()
        if reading is self._found:
            self._is_whole = True

    def _read(
        self, stream: Stream, number: int, reading: Reading, ring: Ring
    ) -> Iterator[tuple[Chunk, Mark]]:
        try:
            decoder = open_format(stream, reading)[1]
        except CaptureError as error:  # it was a capture when it was opened
            reading.problems.append(Problem(stream.path, 0, reading.packets, str(error)))
            return
        if decoder:
            yield from Reader(stream, number, decoder, ring).chunks()

    def _chunk_of(self, number: int) -> Chunk:
        """The chunk that holds a packet, read again."""
        mark = self._mark_of(number)
        if mark is None and not self._is_whole:
            for _ in self.chunks():
                pass
            mark = self._mark_of(number)
        if mark is None and 0 < number <= self._found.packets:
            for each in self._inputs:
                each.check()
        if mark is None:
            raise CaptureError(f"There is no packet {number}; the capture has {self._found.packets}.")
        stream = self._inputs[mark.input].open_at(mark.offset)
        if stream:
            chunk = read_again(mark, stream, 0, self.interfaces)
            stream.close()
        else:
            chunk = self._read_in_order(mark)
        if chunk is None or len(chunk) != mark.packets:
            path = self.paths[mark.input]
            raise CaptureError(
                f"{path} has changed since it was opened; open it again.", path=path, offset=mark.offset
            )
        return chunk

    def _read_in_order(self, mark: Mark) -> Chunk | None:
        """A chunk of an input that has to be read from its beginning, or from where this was done last."""
        standing = self._standing
        if standing is None or standing.input != mark.input or standing.offset > mark.offset:
            each = self._inputs[mark.input]
            each.check()
            self._stand(None)
            standing = Standing(mark.input, 0, each.open())
        chunk = read_again(mark, standing.stream, mark.offset - standing.offset, self.interfaces)
        self._stand(standing._replace(offset=mark.offset + mark.size))
        return chunk

    def _stand(self, standing: Standing | None) -> None:
        if self._standing and (standing is None or standing.stream is not self._standing.stream):
            self._standing.stream.close()
        self._standing = standing

    def _mark_of(self, number: int) -> Mark | None:
        place = bisect_right(self._marks, number, key=lambda mark: mark.first) - 1
        if place < 0 or number >= self._marks[place].first + self._marks[place].packets:
            return None
        return self._marks[place]


def open_capture(*paths: str | os.PathLike[str] | BinaryIO, keep: bool = False) -> Capture:
    """Open files and streams to be read as one run.

    Args:
        paths: files, "-" for standard input, or file objects open for reading bytes.
        keep: have `Capture.packet` and further passes work, and fast, on pipes and compressed files; costs a
            temporary file of the decompressed size.

    Raises:
        CaptureError: one of them cannot be read, or is no capture.
    """
    inputs = [Input(path, keep=keep) for path in paths]
    names: list[str] = []
    try:
        for each in inputs:
            stream = each.open()
            each.put_back(stream)
            names.append(open_format(stream, Reading())[0])
    except CaptureError:
        for each in inputs:
            each.close()
        raise
    return Capture(inputs, names[0] if names else "empty")
