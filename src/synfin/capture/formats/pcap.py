"""A pcap file is one header, then records of a fixed header and the packet (draft-ietf-opsawg-pcap).

Half a dozen programs changed the record header and kept the magic number; which one wrote a file is told
by what makes sense of its first records.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from synfin.basics.errors import CaptureError
from synfin.basics.kernel import kernel
from synfin.capture.chunk import Interface
from synfin.capture.format import MOST_RECORDS, Decoded, Format, Reading, Records, largest_packet
from synfin.capture.metadata import Problem, Section

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers
    from synfin.capture.stream import Stream

FILE_HEADER = 24
RECORD_HEADER = 16
TRIED_RECORDS = 3
"""Records looked at to tell a variant."""
MOST_PEEKED = 1 << 20
"""Bytes of the file looked at for that: three packets of any ordinary network."""
MOST_LENGTH = 1 << 27
"""Bytes on the wire that are believed while telling a variant."""
IMPOSSIBLE = 100
"""How many oddities it takes to weigh as much as a record that cannot be read."""
MILLION = 1_000_000

PLAIN_BELOW = 1 << 19
"""Bytes: indexing fewer is over before a compiled kernel is loaded."""
INNER = 1 << 62
"""For kernels that others call: compiled with those, never on their own."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One program's idea of pcap: a name, and the bytes of its record header."""

    name: str
    header: int = RECORD_HEADER
    extra: int = 0  # bytes after the file header
    nanoseconds: bool = False


MICROSECONDS = Variant("pcap")
AIX = Variant("aixpcap", nanoseconds=True)
VARIANTS = {
    0xA1B2C3D4: (MICROSECONDS, Variant("rh6_1pcap", 24), Variant("nokiapcap", 20)),
    0xA1B23C4D: (Variant("nsecpcap", nanoseconds=True),),
    0xA1B2CD34: (Variant("modpcap", 24), Variant("suse6_3pcap", 28)),
    0x1C0001AC: (Variant("lcap (hardware)", extra=4),),
    0x1C0001AB: (Variant("lcap (software)", extra=4),),
}
"""By magic number; where several share one, the likeliest first."""

AIX_LINKTYPES = {6: 1, 9: 6, 15: 10, 24: 0}
"""AIX writes the interface's SNMP type where others write the link type."""


@dataclass(slots=True)
class FileHeader:
    """The 24 bytes that a pcap file begins with."""

    variant: Variant
    is_big_endian: bool
    major: int
    minor: int
    snaplen: int
    network: int


class PcapDecoder:
    """Reads one pcap file of any variant."""

    def __init__(self, header: FileHeader, interface: int, reading: Reading) -> None:
        self.reading = reading
        self._header = header
        self._interface = interface
        self._skip = FILE_HEADER + header.variant.extra
        self._layout = layout(header)

    def decode(self, data: Bytes, offset: int) -> Decoded:
        """As `Decoder.decode`."""
        found = np.empty((5, MOST_RECORDS), np.int64)
        skip = max(self._skip - offset, 0)
        if len(data) < skip:
            return Decoded(self._records(found[:, :0]), 0, skip)
        count, used, needed = index_records(data, found, self._layout, skip)
        error = ""
        if needed < 0:
            error = (
                f"The record claims {-needed} bytes of packet; more than {self._layout[LARGEST]} "
                "are never captured, so the file is damaged here."
            )
        return Decoded(self._records(found[:, :count]), used, max(needed, 0), error)

    def resumed(self, reading: Reading) -> PcapDecoder:
        """As `Decoder.resumed`."""
        return PcapDecoder(self._header, self._interface, reading)

    def unfinished(self, left: int, needed: int) -> str:
        """As `Decoder.unfinished`."""
        if needed == self._skip:
            return f"The file was cut short within its header: {left} of {needed} bytes are there."
        if left < self._layout[HEADER]:
            return f"The file was cut short in a record header: {left} of {needed} bytes are there."
        return f"The file was cut short in the middle of a packet: {left} of {needed} bytes are there."

    def _records(self, found: Integers) -> Records:
        return Records(
            start=found[START],
            captured=found[CAPTURED],
            length=found[LENGTH],
            time=found[TIME],
            interface=np.full(found.shape[1], self._interface, np.int32),
            offset=found[OFFSET],
            options={},
        )


# Rows of the table that `index_records` fills, and places in the layout that it goes by.
START, CAPTURED, LENGTH, TIME, OFFSET = range(5)
BIG_ENDIAN, HEADER, CAPTURED_AT, LENGTH_AT, IS_SORTED, UNIT, LARGEST = range(7)


def layout(header: FileHeader) -> Integers:
    """What `index_records` needs to know of the file, in the order of the constants above."""
    captured, length = 8, 12
    # The two lengths changed places with version 2.3, but some programs wrote the old order under the new
    # number: there, the smaller is what was captured.
    if (header.major, header.minor) < (2, 3) or header.major == 543:
        captured, length = length, captured
    return np.array(
        [
            header.is_big_endian,
            header.variant.header,
            captured,
            length,
            (header.major, header.minor) == (2, 3),
            1 if header.variant.nanoseconds else 1000,
            largest_packet(linktype_of(header)),
        ],
        np.int64,
    )


@kernel(plain_below=INNER)
def word(data: Bytes, at: int, is_big_endian: int) -> int:
    """Four bytes as an unsigned number."""
    first, second = np.int64(data[at]), np.int64(data[at + 1])
    third, fourth = np.int64(data[at + 2]), np.int64(data[at + 3])
    if is_big_endian:
        return first << 24 | second << 16 | third << 8 | fourth  # type: ignore[return-value]
    return fourth << 24 | third << 16 | second << 8 | first  # type: ignore[return-value]


@kernel(plain_below=PLAIN_BELOW)
def index_records(data: Bytes, found: Integers, how: Integers, skip: int) -> tuple[int, int, int]:
    """Find the records that lie whole in `data`.

    Args:
        data: uint8.
        found: int64 (5, n), filled: start, captured and wire length in bytes, time in nanoseconds, where the
            record begins.
        how: the layout.
        skip: where in `data` the first record begins.

    Returns:
        records found; where they end; bytes that the next one needs from there (0: `found` is full,
        negative: the length that it claims, which cannot be).
    """
    big, header, unit, largest = how[BIG_ENDIAN], how[HEADER], how[UNIT], how[LARGEST]
    captured_at, length_at, is_sorted = how[CAPTURED_AT], how[LENGTH_AT], how[IS_SORTED]
    end = len(data)
    at = skip
    row = 0
    while row < found.shape[1]:
        if at + header > end:
            return row, at, header
        captured = word(data, at + captured_at, big)
        length = word(data, at + length_at, big)
        if is_sorted and captured > length:
            captured, length = length, captured
        if captured > largest:
            return row, at, -captured
        if at + header + captured > end:
            return row, at, header + captured
        found[START, row], found[OFFSET, row] = at + header, at
        found[CAPTURED, row] = captured
        found[LENGTH, row] = length
        found[TIME, row] = word(data, at, big) * 1_000_000_000 + word(data, at + 4, big) * unit
        at += header + captured
        row += 1
    return row, at, 0


def linktype_of(header: FileHeader) -> int:
    """The LINKTYPE_ number of its packets."""
    if header.variant is AIX:
        return AIX_LINKTYPES[header.network]
    return header.network & 0xFFFF


def open_pcap(stream: Stream, reading: Reading) -> PcapDecoder:
    """Read the file header, and tell which variant it is.

    Raises:
        CaptureError: the file has a version that never was.
    """
    head = stream.peek(FILE_HEADER)
    header = parse_header(head.ljust(FILE_HEADER, b"\0"))
    number = len(reading.sections) + 1
    if len(head) == FILE_HEADER:
        if header.major < 2:
            raise CaptureError(
                f"{stream.path} is a pcap file of version {header.major}.{header.minor}, which is older "
                "than any that can be read; was the file damaged?",
                path=stream.path,
                offset=4,
            )
        header.variant = likeliest(stream, header)
        _note_reserved(stream, header, reading)
        reading.interfaces.append(
            Interface(
                linktype_of(header),
                section=number,
                snaplen=header.snaplen,
                is_described=False,
                digits=9 if header.variant.nanoseconds else 6,
                fcs_length=(header.network >> 28) * 2 if header.network & 0x0400_0000 else -1,
            )
        )
    name = header.variant.name
    reading.sections.append(Section(number, stream.path, name, is_big_endian=header.is_big_endian))
    return PcapDecoder(header, len(reading.interfaces) - 1, reading)


def parse_header(head: bytes) -> FileHeader:
    """Take the file header apart; its first four bytes are one of the magic numbers, in either order."""
    is_big_endian = int.from_bytes(head[:4], "big") in VARIANTS
    order = ">" if is_big_endian else "<"
    magic, major, minor, _, _, snaplen, network = struct.unpack(f"{order}IHHiIII", head)
    return FileHeader(VARIANTS[magic][0], is_big_endian, major, minor, snaplen, network)


def likeliest(stream: Stream, header: FileHeader) -> Variant:
    """The variant that makes most sense of the first records."""
    magic = int.from_bytes(stream.peek(4), "big" if header.is_big_endian else "little")
    candidates = VARIANTS[magic]
    if len(candidates) == 1:
        return candidates[0]
    if (
        candidates[0] is MICROSECONDS
        and (header.major, header.minor) == (2, 2)
        and header.network in AIX_LINKTYPES
    ):
        return AIX
    if candidates[0] is MICROSECONDS and stream.is_live:
        return MICROSECONDS  # do not keep a live capture waiting for its third packet
    return min(candidates, key=lambda candidate: oddities(stream, header, candidate))


def oddities(stream: Stream, header: FileHeader, variant: Variant) -> int:
    """How odd the first records look if the file is of this variant; those that cannot be count most."""
    how = layout(header)
    order: Literal["big", "little"] = "big" if header.is_big_endian else "little"
    places = (4, int(how[CAPTURED_AT]), int(how[LENGTH_AT]))
    at = FILE_HEADER + variant.extra
    odd = 0
    for tried in range(TRIED_RECORDS):
        if at > MOST_PEEKED:
            return odd
        record = stream.peek(at + variant.header, at)
        if len(record) < variant.header:
            return odd + (len(record) > 0)
        fraction, captured, length = (int.from_bytes(record[i : i + 4], order) for i in places)
        if how[IS_SORTED]:
            captured, length = sorted((captured, length))
        odd += (
            (fraction >= MILLION and not variant.nanoseconds) + (length > MOST_LENGTH) + (captured > length)
        )
        if captured > how[LARGEST]:
            return odd + IMPOSSIBLE * (TRIED_RECORDS - tried)
        at += variant.header + captured
        odd += at <= MOST_PEEKED and len(stream.peek(at, at - 1)) == 0
    return odd


def _note_reserved(stream: Stream, header: FileHeader, reading: Reading) -> None:
    if header.variant is not AIX and header.network & 0x03FF_0000:
        reading.problems.append(
            Problem(
                stream.path,
                20,
                reading.packets,
                f"Bits of the link type that must be zero are set (0x{header.network:08x}); "
                f"its lower half, {header.network & 0xFFFF}, is used.",
            )
        )


ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")

FORMAT = Format(
    name="pcap",
    magics=tuple(magic.to_bytes(4, order) for magic in VARIANTS for order in ORDERS),
    open=open_pcap,
)
