"""A format is a value: how its files begin, and how their bytes become records."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from synfin.basics.errors import CaptureError, DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synfin.basics.arrays import Bytes, Integers, Small
    from synfin.capture.chunk import Interface, Option
    from synfin.capture.metadata import Names, Problem, RecordKind, Secrets, Section, Statistics
    from synfin.capture.stream import Stream

LARGEST_PACKET = 1 << 18
"""Bytes of one packet that are believed; a record that claims more is damaged (Wireshark's bound)."""

LARGEST_PACKET_OF = {
    186: 1 << 27,  # USB, as FreeBSD and others capture it: whole transfers
    189: 1 << 27,
    220: 1 << 27,
    231: 1 << 27,  # D-Bus: the specification's own limit
    249: 1 << 27,
    266: 1 << 27,
    279: 1 << 23,  # EBHSCR
}
"""The same by link type, where it is more."""

MOST_RECORDS = 1 << 16
"""Records indexed at a time, which bounds the memory that the index of one chunk takes."""


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


@dataclass(slots=True)
class Reading:
    """What one pass over a capture has found so far."""

    interfaces: list[Interface] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    names: list[Names] = field(default_factory=list)
    statistics: list[Statistics] = field(default_factory=list)
    secrets: list[Secrets] = field(default_factory=list)
    kinds: list[RecordKind] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    packets: int = 0


@dataclass(frozen=True, slots=True)
class Records:
    """Where the records in a run of bytes are: the columns of a `Chunk`, `offset` from the first byte."""

    start: Integers
    captured: Integers
    length: Integers
    time: Integers
    interface: Small
    offset: Integers
    options: Mapping[int, tuple[Option, ...]]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What could be made of some bytes.

    Attributes:
        records: those that are whole.
        used: bytes that are done with; the rest has to be offered again, with more behind it.
        needed: bytes, from `used` on, without which nothing more can be made; 0: nothing stands in the way.
        error: what is wrong at `used`, a sentence, "" if nothing; nothing can be read after it.
    """

    records: Records
    used: int
    needed: int
    error: str = ""


class Decoder(Protocol):
    """Reads one file of one format."""

    reading: Reading

    def decode(self, data: Bytes, offset: int) -> Decoded:
        """Find the records in `data`, which is what the file holds from byte `offset` on."""

    def resumed(self, reading: Reading) -> Decoder:
        """Another one that reads on from here, on its own, and knows what `reading` knows."""

    def unfinished(self, left: int, needed: int) -> str:
        """What it means that the file ends with `left` of the `needed` bytes of a record, a sentence."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of capture file.

    Attributes:
        name: as other tools call it.
        magics: how its files may begin.
        open: reads the file's header; raises CaptureError if the file is none of its kind after all.
    """

    name: str
    magics: tuple[bytes, ...]
    open: Callable[[Stream, Reading], Decoder]


def formats() -> tuple[Format, ...]:
    """Every format: the `FORMAT` values of the modules in `synfin.capture.formats`, by name.

    Raises:
        DefinitionError: two of them claim the same first bytes.
    """
    package = importlib.import_module("synfin.capture.formats")
    found: list[Format] = []
    for module in pkgutil.iter_modules(package.__path__):
        value = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "FORMAT", None)
        if isinstance(value, Format):
            found.append(value)
    owners: dict[bytes, str] = {}
    for value in found:
        for magic in value.magics:
            if owners.setdefault(magic, value.name) != value.name:
                raise DefinitionError(
                    f"{owners[magic]} and {value.name} both claim files that begin {magic!r}."
                )
    return tuple(sorted(found, key=lambda value: value.name))


def open_format(stream: Stream, reading: Reading) -> tuple[str, Decoder | None]:
    """The name of the format, by its first bytes, and a decoder for it; none if there are no bytes.

    Raises:
        CaptureError: it is no capture.
    """
    head = stream.peek(16)
    for kind in formats():
        if head.startswith(kind.magics):
            decoder = kind.open(stream, reading)
            return reading.sections[-1].format if reading.sections else kind.name, decoder
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
    known = ", ".join(kind.name for kind in formats())
    raise CaptureError(
        f"{stream.path} is not a capture file: it begins {head[:8].hex(' ')}, and is none of {known}.",
        path=stream.path,
        offset=0,
    )


def largest_packet(linktype: int) -> int:
    """Bytes that one packet of this link type may have."""
    return LARGEST_PACKET_OF.get(linktype, LARGEST_PACKET)
