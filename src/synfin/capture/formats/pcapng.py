"""A pcapng file is blocks, each with its length before and after it (draft-ietf-opsawg-pcapng).

Packets are found by one kernel; it leaves every other block, and every packet block that is not as it
should be, to `PcapngDecoder`, which knows them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.errors import CaptureError
from synfin.basics.kernel import kernel
from synfin.capture.chunk import NO_TIME, UNKNOWN_LINKTYPE, Interface
from synfin.capture.clock import Clock
from synfin.capture.format import MOST_RECORDS, Decoded, Format, Reading, Records, largest_packet
from synfin.capture.formats.pcapng_blocks import (
    Block,
    BlockError,
    read_interface,
    read_names,
    read_secrets,
    read_section,
    read_statistics,
)
from synfin.capture.formats.pcapng_options import PACKET_NUMBERS, PacketOptions
from synfin.capture.metadata import CUSTOM, CUSTOM_NOT_COPIED, JOURNAL_ENTRY, RecordKind

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers
    from synfin.capture.stream import Stream

LEAST_BODY = {
    0x0A0D0D0A: 16,
    1: 8,
    2: 20,
    3: 4,
    5: 12,
    6: 20,
    0xA: 8,
    CUSTOM: 4,
    CUSTOM_NOT_COPIED: 4,
    0x204: 22,
    0x208: 22,
    0x216: 26,
    0x217: 26,
    0x221: 26,
    0x222: 26,
}
"""Bytes of the fixed part of each kind of block. From 0x204 on: system events (Sysdig)."""

BYTE_ORDER = bytes.fromhex("1a2b3c4d")
FRAMING = 12
"""Bytes of a block besides its body: type, length, length again."""
MOST_BLOCK = 32 + (1 << 27) + (1 << 17)
"""Bytes of one block that are believed: the largest packet there is and 128 KiB of options."""

PLAIN_BELOW = 1 << 19
"""Bytes: indexing fewer is over before a compiled kernel is loaded."""

# Columns of the table that `index_packets` fills.
START, CAPTURED, LENGTH, TICKS, INTERFACE, OFFSET, OPTIONS, OPTIONS_END, HAS_TIME = range(9)
# What it needs to know of each interface of the section.
SNAPLEN, LARGEST, INDEX = range(3)


@kernel(plain_below=PLAIN_BELOW)
def word(data: Bytes, at: int, is_big_endian: int) -> int:
    """Four bytes as an unsigned number."""
    first, second = np.int64(data[at]), np.int64(data[at + 1])
    third, fourth = np.int64(data[at + 2]), np.int64(data[at + 3])
    if is_big_endian:
        return first << 24 | second << 16 | third << 8 | fourth  # type: ignore[return-value]
    return fourth << 24 | third << 16 | second << 8 | first  # type: ignore[return-value]


@kernel(plain_below=PLAIN_BELOW)
def options_are_sound(data: Bytes, at: int, end: int, is_big_endian: int) -> bool:
    """Whether the options from `at` to `end` are whole, and of the sizes that those of packets must have."""
    while at < end:
        number = word(data, at, is_big_endian)
        code, length = number & 0xFFFF, number >> 16
        if is_big_endian:
            code, length = length, code
        if code == 0:
            return True
        if at + 4 + length > end:
            return False
        if (code == 2 or code == 6) and length != 4:
            return False
        if (code == 4 or code == 5) and length != 8:
            return False
        at += 4 + (length + 3 & ~3)
    return True


@kernel(plain_below=PLAIN_BELOW)
def find_packet(data: Bytes, at: int, limits: Integers, big: int, place: Integers) -> bool:
    """Take the Enhanced or Simple Packet Block at `at` apart; False if it is not as it should be.

    Args:
        data: uint8; the whole block is there.
        at: where it begins.
        limits: as for `index_packets`.
        big: 1 if the section is big-endian.
        place: int64 (9,), filled.
    """
    is_simple = word(data, at, big) == 3
    options_end = at + word(data, at + 4, big) - 4
    interface = 0 if is_simple else word(data, at + 8, big)
    if interface >= limits.shape[0]:
        return False
    header = 12 if is_simple else 28
    length = word(data, at + header - 4, big)
    captured = length if is_simple else word(data, at + 20, big)
    if is_simple and limits[interface, SNAPLEN]:
        captured = min(length, limits[interface, SNAPLEN])
    options = at + header + (captured + 3 & ~3)
    if captured > limits[interface, LARGEST] or options > options_end:
        return False
    has_options = not is_simple and options < options_end
    if has_options and not options_are_sound(data, options, options_end, big):
        return False
    place[START] = at + header
    place[CAPTURED] = captured
    place[LENGTH] = length
    place[TICKS] = 0 if is_simple else word(data, at + 12, big) << 32 | word(data, at + 16, big)
    place[INTERFACE] = limits[interface, INDEX]
    place[OFFSET] = at
    place[OPTIONS] = options if has_options else -1
    place[OPTIONS_END] = options_end
    place[HAS_TIME] = not is_simple
    return True


@kernel(plain_below=PLAIN_BELOW)
def index_packets(
    data: Bytes, at: int, row: int, found: Integers, limits: Integers, big: int
) -> tuple[int, int, int]:
    """Find the packets of the Enhanced and Simple Packet Blocks that lie whole in `data` from `at` on.

    Args:
        data: uint8.
        at: where to begin, a block.
        row: where to begin in the table.
        found: int64 (n, 9), filled.
        limits: int64 (interfaces of the section, 3): bytes kept of its packets (0: all), bytes of the largest
            packet that is believed, index of the interface in the run.
        big: 1 if the section is big-endian.

    Returns:
        rows filled; where the next block begins; bytes needed from there (0: nothing is missing, but
        `found` is full or the block is of another kind, or not as it should be).
    """
    end = len(data)
    while row < found.shape[0]:
        if at + 8 > end:
            return row, at, 12
        kind = word(data, at, big)
        total = word(data, at + 4, big)
        least = 32 if kind == 6 else 16
        if (kind != 6 and kind != 3) or total & 3 or total < least or total > MOST_BLOCK:
            return row, at, 0
        if at + total > end:
            return row, at, total
        if word(data, at + total - 4, big) != total or not find_packet(data, at, limits, big, found[row]):
            return row, at, 0
        at += total
        row += 1
    return row, at, 0


class SectionState(NamedTuple):
    """Where in a file the decoder is: the section, and what its interfaces need."""

    number: int
    is_big_endian: bool
    limits: Integers
    clocks: tuple[Clock, ...]


NO_LIMITS: Integers = np.empty((0, 3), np.int64)


class PcapngDecoder:
    """Reads one pcapng file, section after section."""

    def __init__(self, path: str, reading: Reading) -> None:
        self.reading = reading
        self._path = path
        self._section = SectionState(0, is_big_endian=False, limits=NO_LIMITS, clocks=())
        self._clocks: dict[int, Clock] = {}
        self._found: Integers = np.empty((0, 0), np.int64)  # made when first needed

    def decode(self, data: Bytes, offset: int) -> Decoded:  # noqa: ARG002 - blocks are the same anywhere
        """As `Decoder.decode`."""
        if not self._found.size:
            self._found = np.empty((MOST_RECORDS, 9), np.int64)
        at = row = 0
        orders: list[tuple[int, bool]] = []
        while True:
            section = self._section
            orders.append((row, section.is_big_endian))
            ended = index_packets(data, at, row, self._found, section.limits, int(section.is_big_endian))
            row, at, needed = map(int, ended)
            if needed:
                return Decoded(self._records(data, row, orders), at, needed)
            if row == MOST_RECORDS:
                return Decoded(self._records(data, row, orders), at, 0)
            try:
                used, is_record = self._block(data, at, row)
            except BlockError as error:
                return Decoded(self._records(data, row, orders), at, 0, str(error))
            if used < 0:
                return Decoded(self._records(data, row, orders), at, -used)
            at += used
            row += is_record

    def resumed(self, reading: Reading) -> PcapngDecoder:
        """As `Decoder.resumed`."""
        other = PcapngDecoder(self._path, reading)
        other._section = self._section
        other._clocks = dict(self._clocks)
        return other

    def unfinished(self, left: int, needed: int) -> str:
        """As `Decoder.unfinished`."""
        return f"The file was cut short in the middle of a block: {left} of {needed} bytes of it are there."

    def _block(self, data: Bytes, at: int, row: int) -> tuple[int, bool]:
        """Take in the block at `at`: bytes used (negative: bytes needed first), whether it filled a row.

        Raises:
            BlockError: it makes no sense.
        """
        is_big_endian = self._section.is_big_endian
        head = data[at : at + FRAMING].tobytes()
        if len(head) < FRAMING:
            return -FRAMING, False
        if head[:4] == b"\n\r\r\n":
            is_big_endian = byte_order(head[8:12])
        order = "big" if is_big_endian else "little"
        kind = int.from_bytes(head[:4], order)  # type: ignore[arg-type]
        stated = int.from_bytes(head[4:8], order)  # type: ignore[arg-type]
        total = stated + -stated % 4
        least = LEAST_BODY.get(kind, 0) + FRAMING
        if not least <= total <= MOST_BLOCK:
            raise BlockError(
                f"A block of type 0x{kind:08x} claims {stated} bytes in all; "
                f"{least} to {MOST_BLOCK} are possible."
            )
        if at + total > len(data):
            return -total, False
        behind = int.from_bytes(data[at + total - 4 : at + total].tobytes(), order)  # type: ignore[arg-type]
        if behind != total:
            raise BlockError(f"The lengths before ({stated}) and after ({behind}) the block do not match.")
        block = Block(kind, data[at + 8 : at + total - 4].tobytes(), is_big_endian)
        return total, self._take(block, at, row)

    def _take(self, block: Block, at: int, row: int) -> bool:
        """Act on a whole block; True if it filled a row of the table."""
        reading, section = self.reading, self._section
        match block.kind:
            case 0x0A0D0D0A:
                self._begin_section(block)
            case 1:
                self._add_interface(block)
            case 2 | 3 | 6:
                self._packet(block, at, row)
                return True
            case 4:
                reading.names.extend(read_names(block, section.number))
            case 5:
                interface = block.number(0, 4)
                if interface < len(section.clocks):
                    index = int(section.limits[interface, INDEX])
                    reading.statistics.append(read_statistics(block, index, section.clocks[interface]))
            case 0xA:
                reading.secrets.append(read_secrets(block, section.number))
            case kind if kind in RECORDS:
                self._record(block, at, row)
                return True
        return False

    def _begin_section(self, block: Block) -> None:
        number = len(self.reading.sections) + 1
        self.reading.sections.append(read_section(block, number, self._path))
        self._section = SectionState(number, block.is_big_endian, NO_LIMITS, ())

    def _add_interface(self, block: Block) -> None:
        section = self._section
        interface, clock = read_interface(block, section.number, len(section.clocks))
        index = len(self.reading.interfaces)
        self.reading.interfaces.append(interface)
        self._clocks[index] = clock
        limit = [[interface.snaplen, largest_packet(interface.linktype), index]]
        self._section = section._replace(
            limits=np.concatenate([section.limits, np.array(limit, np.int64)]),
            clocks=(*section.clocks, clock),
        )

    def _packet(self, block: Block, at: int, row: int) -> None:
        """A packet block of any kind, which the kernel left because of its kind or because it is broken."""
        limits = self._section.limits
        fixed = LEAST_BODY[block.kind]
        interface = 0 if block.kind == 3 else block.number(0, 2 if block.kind == 2 else 4)
        if interface >= len(limits):
            raise BlockError(
                f"A packet of interface {interface}, but the section has told of {len(limits)} so far."
            )
        snaplen, largest, index = limits[interface].tolist()
        length = block.number(fixed - 4, 4)
        captured = min(length, snaplen or length) if block.kind == 3 else block.number(fixed - 8, 4)
        if captured > largest:
            raise BlockError(
                f"The block claims {captured} bytes of packet; more than {largest} are never captured."
            )
        if fixed + captured > len(block.body):
            raise BlockError(
                f"The packet claims {captured} bytes, but {len(block.body) - fixed} are in its block."
            )
        options = fixed + captured + -captured % 4
        if block.kind != 3:
            self._check_sizes(block, options)
        has_options = block.kind != 3 and options < len(block.body)
        begin = at + 8
        self._found[row] = (
            begin + fixed,
            captured,
            length,
            0 if block.kind == 3 else _signed(block.stamp(4)),
            index,
            at,
            begin + options if has_options else -1,
            begin + len(block.body),
            block.kind != 3,
        )

    def _check_sizes(self, block: Block, at: int) -> None:
        for option in block.options(at, PACKET_NUMBERS):
            width = OPTION_SIZES.get(option.code)
            if width and len(option.value) != width:
                raise BlockError(f"Packet option {option.code} has {len(option.value)} bytes, not {width}.")

    def _record(self, block: Block, at: int, row: int) -> None:
        """A block that is no packet but takes a packet number."""
        enterprise = block.number(0, 4) if block.kind in (CUSTOM, CUSTOM_NOT_COPIED) else -1
        fixed = LEAST_BODY.get(block.kind, 0)
        content = block.body[fixed:]
        ticks = -1
        if block.kind == JOURNAL_ENTRY:
            content = content.rstrip(b"\0")
            ticks = _journal_time(content)
        elif enterprise < 0:
            ticks = block.number(2, 8)
        size = len(content)
        self._found[row] = (
            at + 8 + fixed,
            size,
            size,
            _signed(max(ticks, 0)),
            self._stand_in(block.kind, enterprise),
            at,
            -1,
            0,
            ticks >= 0,
        )

    def _stand_in(self, kind: int, enterprise: int) -> int:
        """Index of what stands in for an interface of such records; one for each kind in a section."""
        reading, section = self.reading, self._section.number
        for known in reading.kinds:
            same = (known.block, known.enterprise) == (kind, enterprise)
            if same and reading.interfaces[known.interface].section == section:
                return known.interface
        index = len(reading.interfaces)
        reading.interfaces.append(Interface(UNKNOWN_LINKTYPE, section=section, number=-1))
        reading.kinds.append(RecordKind(index, kind, enterprise))
        self._clocks[index] = Clock(6) if kind == JOURNAL_ENTRY else Clock(9)
        return index

    def _records(self, data: Bytes, count: int, orders: list[tuple[int, bool]]) -> Records:
        found = self._found[:count].T.copy()
        rows = np.flatnonzero(found[OPTIONS] >= 0)
        return Records(
            start=found[START],
            captured=found[CAPTURED],
            length=found[LENGTH],
            time=self._times(found),
            interface=found[INTERFACE].astype(np.int32),
            offset=found[OFFSET],
            options=PacketOptions(
                data, rows, found[OPTIONS, rows], found[OPTIONS_END, rows], _orders(rows, orders)
            )
            if len(rows)
            else {},
        )

    def _times(self, found: Integers) -> Integers:
        """Nanoseconds since the epoch of each row, by the clock of its interface."""
        ticks = found[TICKS].view(np.uint64)
        if len(self._clocks) == 1:
            times = next(iter(self._clocks.values())).nanoseconds(ticks)
        else:
            times = np.empty(len(ticks), np.int64)
            numbers = np.full(len(self.reading.interfaces), -1)
            kinds = list(dict.fromkeys(self._clocks.values()))
            for index, clock in self._clocks.items():
                numbers[index] = kinds.index(clock)
            of_row = numbers[found[INTERFACE]]
            for number, clock in enumerate(kinds):
                mine = of_row == number
                times[mine] = clock.nanoseconds(ticks[mine])
        times[found[HAS_TIME] == 0] = NO_TIME
        return times


RECORDS = (JOURNAL_ENTRY, CUSTOM, CUSTOM_NOT_COPIED, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222)
OPTION_SIZES = {2: 4, 4: 8, 5: 8, 6: 4}
JOURNAL_TIME = b"__REALTIME_TIMESTAMP="


def byte_order(magic: bytes) -> bool:
    """Whether a section is big-endian, by the magic number that says so."""
    if magic == BYTE_ORDER:
        return True
    if magic == BYTE_ORDER[::-1]:
        return False
    raise BlockError(f"A section begins with the byte order magic 0x{magic.hex()}, which is none.")


def _signed(ticks: int) -> int:
    """The signed number with the same 64 bits."""
    return ticks - (1 << 64) if ticks >> 63 else ticks


def _journal_time(entry: bytes) -> int:
    """Microseconds since the epoch of a journal entry, -1 if it does not say."""
    for line in entry.split(b"\n"):
        digits = line.removeprefix(JOURNAL_TIME)
        if digits != line and digits.isdigit() and len(digits) < 20:
            return int(digits)
    return -1


def _orders(rows: Integers, orders: list[tuple[int, bool]]) -> Integers:
    """The byte order of each row, from the rows at which sections may have begun."""
    places = np.searchsorted([row for row, _ in orders], rows, side="right") - 1
    return np.array([order for _, order in orders], np.int64)[places]


def open_pcapng(stream: Stream, reading: Reading) -> PcapngDecoder:
    """See that the file really is one.

    Raises:
        CaptureError: what looks like a section header has no byte order, or a version that is not known.
    """
    head = stream.peek(FRAMING + 4)
    if len(head) >= FRAMING:
        try:
            is_big_endian = byte_order(head[8:12])
            read_section(Block(0, (head[8:] + bytes(16))[:16], is_big_endian), 1, stream.path)
        except BlockError as error:
            if len(head) == FRAMING + 4 or head[8:12] not in (BYTE_ORDER, BYTE_ORDER[::-1]):
                raise CaptureError(
                    f"{stream.path} begins like a pcapng file, but cannot be read: {error}",
                    path=stream.path,
                    offset=8,
                ) from None
    return PcapngDecoder(stream.path, reading)


FORMAT = Format(name="pcapng", magics=(b"\n\r\r\n",), open=open_pcapng)
