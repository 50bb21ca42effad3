"""What was read can be written again: the packets chosen, and with them what the capture says of them."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, Self, cast

import numpy as np

from synfin.basics.errors import ExportError
from synfin.basics.kernel import kernel
from synfin.capture.inputs import STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from synfin.basics.arrays import Bytes, Integers
    from synfin.capture.chunk import Chunk, Interface
    from synfin.capture.metadata import Names, RecordKind, Secrets, Section, Statistics
    from synfin.capture.source import Capture

STANDARD_OUTPUT = STANDARD_INPUT
DEFAULT_FORMAT = "pcapng"


class Body(Protocol):
    """Makes the bytes of one format."""

    def records(self, chunk: Chunk, rows: Integers) -> list[Bytes]:
        """What to write for these packets of a chunk, in the order of `rows`.

        Raises:
            ExportError: the format cannot hold one of them.
        """

    def end(self) -> list[Bytes]:
        """What to write behind the last packet."""

    def begin(self) -> list[Bytes]:
        """What to write at once, while the first packet is still to come."""

    def counters(self) -> list[Bytes]:
        """What to write between packets that are still captured: what was lost by now."""


class Origin(Protocol):
    """Where packets come from, and what is said of them: a capture file, or what is being captured."""

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections known so far."""

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces known so far."""

    @property
    def names(self) -> tuple[Names, ...]:
        """Names of addresses."""

    @property
    def statistics(self) -> tuple[Statistics, ...]:
        """Counters, one entry for each time that they were told."""

    @property
    def secrets(self) -> tuple[Secrets, ...]:
        """Keys."""

    @property
    def kinds(self) -> tuple[RecordKind, ...]:
        """Kinds of records that are no packets."""


@dataclass(frozen=True, slots=True)
class Output:
    """One kind of capture file that can be written.

    Attributes:
        name: as other tools call it.
        suffixes: of file names that ask for it.
        begin: starts a file that holds packets of a capture.
    """

    name: str
    suffixes: tuple[str, ...]
    begin: Callable[[Origin], Body]


class Writer:
    """Writes packets to one file.

    Attributes:
        path: the file as the user named it.
        packets: how many were written.
    """

    def __init__(self, file: IO[bytes], path: str, body: Body, *, owned: bool) -> None:
        self.path = path
        self.packets = 0
        self._file = file
        self._body = body
        self._owned = owned
        self._is_closed = False

    def write(self, chunk: Chunk, rows: Integers | None = None) -> None:
        """Write packets of a chunk.

        Args:
            chunk: as it came from the capture.
            rows: which of its packets (indexes, not numbers), in this order; None for all.

        Raises:
            ExportError: the format cannot hold one of them, or the file cannot be written.
        """
        chosen = np.arange(len(chunk)) if rows is None else np.asarray(rows, np.int64)
        if len(chosen):
            self._put(self._body.records(chunk, chosen))
            self.packets += len(chosen)

    def close(self) -> None:
        """Write what belongs at the end, and close the file if we opened it.

        Raises:
            ExportError: the file cannot be written.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._put(self._body.end())
        finally:
            self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, pieces: list[Bytes]) -> None:
        try:
            for piece in pieces:
                self._file.write(piece.data)
        except OSError as error:
            raise unwritable(self.path, error, begun=True) from None

    def _finish(self) -> None:
        try:
            if self._owned:
                self._file.close()
            else:
                self._file.flush()
        except OSError as error:
            raise unwritable(self.path, error, begun=True) from None


def open_writer(
    path: str | os.PathLike[str] | BinaryIO,
    format: str | None,  # noqa: A002 - the word of the field
    capture: Capture,
    origin: Origin | None = None,
) -> Writer:
    """Begin a capture file.

    Args:
        path: file to write, compressed if its name ends in .gz, .zst or .lz4; "-" for standard output; or a
            file object.
        format: "pcap" (microseconds, nanoseconds if the packets have them), "nsecpcap" (always nanoseconds)
            or "pcapng"; None: by the suffix, pcapng if that tells nothing.
        capture: where the packets come from; what it says of itself is written too, where it can be.
        origin: what is said in its place.

    Raises:
        ExportError: no such format; the file cannot be written, or is being read.
    """
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
    output = output_of(format, name)
    body = output.begin(origin or capture)
    if not isinstance(path, str | os.PathLike):
        return Writer(path, "(file object)", body, owned=False)
    if name == STANDARD_OUTPUT:
        return Writer(sys.stdout.buffer, name, body, owned=False)
    for read in capture.paths:
        if are_same(read, name):
            raise ExportError(f"{name} is the capture being read; write to another file.")
    try:
        file = _open(name)
    except OSError as error:
        raise unwritable(name, error) from None
    return Writer(file, name, body, owned=True)


def outputs() -> dict[str, Output]:
    """Every kind of file that can be written, by name: the `OUTPUTS` of `synfin.capture.formats`."""
    package = importlib.import_module("synfin.capture.formats")
    modules = [
        importlib.import_module(f"{package.__name__}.{each.name}")
        for each in pkgutil.iter_modules(package.__path__)
    ]
    return {output.name: output for module in modules for output in getattr(module, "OUTPUTS", ())}


def lay_out(data: Bytes, spans: Integers, heads: Bytes, tails: Bytes, out: Bytes) -> None:
    """Write records one behind the other: a head, the packet, zeros up to its end, a tail.

    Args:
        data: uint8, of the chunk.
        spans: int64 (n, 4): start and end of the packet in `data`, bytes of zeros, end of its tail.
        heads: uint8 (n, h).
        tails: uint8, all tails.
        out: uint8, filled.
    """
    if len(spans) >= MANY:
        lay_out_many(spans, data, heads, tails, out)
        return
    tail = 0
    pieces = []
    for head, (start, end, zeros, tail_end) in zip(heads, spans.tolist(), strict=True):
        pieces += [head.tobytes(), data[start:end].tobytes(), bytes(zeros), tails[tail:tail_end].tobytes()]
        tail = tail_end
    whole = np.frombuffer(b"".join(pieces), np.uint8)
    out[: len(whole)] = whole


MANY = 512
"""Records from which on a loop over bytes, compiled, is quicker than pieces of Python."""


@kernel(plain_below=MANY)
def lay_out_many(spans: Integers, data: Bytes, heads: Bytes, tails: Bytes, out: Bytes) -> None:
    """As `lay_out`."""
    at, tail = 0, 0
    for row in range(len(spans)):
        for place in range(heads.shape[1]):
            out[at] = heads[row, place]
            at += 1
        for place in range(spans[row, 0], spans[row, 1]):
            out[at] = data[place]
            at += 1
        for _ in range(spans[row, 2]):
            out[at] = 0
            at += 1
        for place in range(tail, spans[row, 3]):
            out[at] = tails[place]
            at += 1
        tail = spans[row, 3]


def output_of(format: str | None, name: str) -> Output:  # noqa: A002
    """The kind of file to write: as named, or by the suffix of the file's name.

    Raises:
        ExportError: there is no such format.
    """
    known = outputs()
    if format is not None:
        if format not in known:
            names = ", ".join(sorted(name for name in known if name.isalnum()))
            raise ExportError(f"There is no capture format {format!r}; there are {names}.")
        return known[format]
    suffixes = [suffix for suffix in Path(name).suffixes if suffix not in COMPRESSED_SUFFIXES]
    for output in known.values():
        if suffixes and suffixes[-1] in output.suffixes:
            return output
    return known[DEFAULT_FORMAT]


COMPRESSED_SUFFIXES = (".gz", ".zst", ".lz4")


def _open(name: str) -> IO[bytes]:
    """Open for writing, compressing by suffix."""
    if name.endswith(".gz"):
        import gzip

        return cast("IO[bytes]", gzip.open(name, "wb", compresslevel=6))
    if name.endswith(".zst"):
        import zstandard

        return cast("IO[bytes]", zstandard.open(name, "wb"))
    if name.endswith(".lz4"):
        import lz4.frame

        return cast("IO[bytes]", lz4.frame.open(name, "wb"))
    return open(name, "wb")  # noqa: PTH123 - handed to the writer, which closes it


def are_same(one: str, other: str) -> bool:
    """Whether two names are of one file that is there."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return False


def unwritable(path: str, error: OSError, *, begun: bool = False) -> ExportError:
    """The error to raise for a file that the system refuses to write."""
    called = "Standard output" if path == STANDARD_OUTPUT else path
    message = f"{called} cannot be written: {error.strerror or error}."
    return ExportError(message, permitted=not isinstance(error, PermissionError), begun=begun)
