"""A pcapng file is blocks, each with its length before and after it (draft-ietf-opsawg-pcapng).

Packets are found by one kernel; it leaves every other block, and every packet block that is not as it
should be, to `PcapngDecoder`, which knows them all.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.errors import CaptureError
from synfin.basics.kernel import kernel
from synfin.capture.chunk import NO_TIME, UNKNOWN_LINKTYPE, Interface, Option
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
from synfin.capture.formats.pcapng_options import MOST_OPTIONS, PACKET_NUMBERS, VERDICT, PacketOptions
from synfin.capture.metadata import CUSTOM, CUSTOM_NOT_COPIED, JOURNAL_ENTRY, RecordKind

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    JOURNAL_ENTRY: 23,
    0x204: 24,
    0x216: 28,
    0x221: 28,
}
"""Bytes that each kind of block has at least."""

EVENTS = (0x204, 0x216, 0x221)
"""System events (Sysdig)."""
RECORDS = (JOURNAL_ENTRY, CUSTOM, CUSTOM_NOT_COPIED, *EVENTS)
"""Blocks that are no packets but take a packet number, as in Wireshark."""
SAYINGS = (0x0A0D0D0A, 1, 4, 5, 0xA)
"""Blocks of which something is kept."""
MOST_SAYINGS = 1 << 18
"""How many are believed, for they take memory; a large one counts as several."""
MEASURE = 1 << 10
"""Bytes that count as one block more."""

BYTE_ORDER = bytes.fromhex("1a2b3c4d")
FRAMING = 12
"""Bytes of a block besides its body: type, length, length again."""
MOST_BLOCK = 32 + (1 << 27) + (1 << 17)
"""Bytes of one block that are believed: the largest packet there is and 128 KiB of options."""

PLAIN_BELOW = 1 << 19
"""Bytes: indexing fewer is over before a compiled kernel is loaded."""
INNER = 1 << 62
"""For kernels that others call: compiled with those, never on their own."""

# Columns of the table that `index_packets` fills.
START, CAPTURED, LENGTH, TICKS, INTERFACE, OFFSET, OPTIONS, OPTIONS_END, HAS_TIME = range(9)
# What it needs to know of each interface of the section.
SNAPLEN, LARGEST, INDEX = range(3)


@kernel(plain_below=INNER)
def word(data: Bytes, at: int, is_big_endian: int) -> int:
    """Four bytes as an unsigned number."""
    first, second = np.int64(data[at]), np.int64(data[at + 1])
    third, fourth = np.int64(data[at + 2]), np.int64(data[at + 3])
    if is_big_endian:
        return first << 24 | second << 16 | third << 8 | fourth  # type: ignore[return-value]
    return fourth << 24 | third << 16 | second << 8 | first  # type: ignore[return-value]


@kernel(plain_below=INNER)
def options_are_sound(data: Bytes, at: int, end: int, is_big_endian: int) -> bool:
    """Whether the options from `at` to `end` are whole, and of the sizes that those of packets must have."""
    count = 0
    while at < end:
        number = word(data, at, is_big_endian)
        code, length = number & 0xFFFF, number >> 16
        if is_big_endian:
            code, length = length, code
        if code == 0:
            return True
        count += 1
        if count > MOST_OPTIONS:
            return False
        if at + 4 + length > end:
            return False
        if (code == 2 or code == 6) and length != 4:
            return False
        if (code == 4 or code == 5) and length != 8:
            return False
        if code == 7 and length == 0:
            return False
        at += 4 + (length + 3 & ~3)
    return True


@kernel(plain_below=INNER)
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
    place[TICKS] = 0 if is_simple else np.int64(word(data, at + 12, big)) << 32 | word(data, at + 16, big)
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
    """The section that the decoder is in."""

    number: int
    is_big_endian: bool
    limits: Integers  # a row for each interface, with room for more
    interfaces: int = 0


class PcapngDecoder:
    """Reads one pcapng file, section after section.

    What it learns of interfaces stays true if the same blocks are read again: decoders made by `resumed`
    share it.
    """

    def __init__(self, path: str, reading: Reading) -> None:
        self.reading = reading
        self._path = path
        self._section = SectionState(len(reading.sections), is_big_endian=False, limits=_no_limits(16))
        self._interfaces = len(reading.interfaces)  # how many the run has up to here
        self._clocks: dict[int, Clock] = {}
        self._stand_ins: dict[tuple[int, int, int], int] = {}
        self._said = 0
        self._drops: dict[int, int] = {}
        self._found: Integers = np.empty((0, 0), np.int64)  # made when first needed

    def decode(self, data: Bytes, offset: int) -> Decoded:  # noqa: ARG002 - blocks are the same anywhere
        """As `Decoder.decode`."""
        if not self._found.size:
            self._found = np.empty((MOST_RECORDS, 9), np.int64)
        at = row = 0
        orders: list[tuple[int, bool]] = []
        while True:
            section = self._section
            if not orders or orders[-1][1] != section.is_big_endian:
                orders.append((row, section.is_big_endian))
            limits = section.limits[: section.interfaces]
            ended = index_packets(data, at, row, self._found, limits, int(section.is_big_endian))
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
        other = copy.copy(self)
        other.reading = reading
        other._drops = {}  # noqa: SLF001 - the other is one of us
        other._found = np.empty((0, 0), np.int64)  # noqa: SLF001
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
        if behind + -behind % 4 != total:
            raise BlockError(f"The lengths before ({stated}) and after ({behind}) the block do not match.")
        block = Block(kind, data[at + 8 : at + total - 4].tobytes(), is_big_endian)
        return total, self._take(block, at, row)

    def _take(self, block: Block, at: int, row: int) -> bool:
        """Act on a whole block; True if it filled a row of the table."""
        if block.kind in (2, 3, 6):
            self._packet(block, at, row)
            return True
        if block.kind in RECORDS:
            self._record(block, at, row)
            return True
        self._said += (block.kind in SAYINGS) + len(block.body) // MEASURE
        if self._said > MOST_SAYINGS:
            raise BlockError(
                f"More than {MOST_SAYINGS} blocks so far are no packets; no capture needs so many."
            )
        self._hear(block)
        return False

    def _hear(self, block: Block) -> None:
        """Take in what a block says that is neither packet nor record; those of unknown kinds are skipped."""
        reading, section = self.reading, self._section
        match block.kind:
            case 0x0A0D0D0A:
                reading.sections.append(read_section(block, section.number + 1, self._path))
                self._section = SectionState(section.number + 1, block.is_big_endian, _no_limits(16))
            case 1:
                self._add_interface(block)
            case 4:
                names = read_names(block, section.number)
                self._said += len(names)
                reading.names.extend(names)
            case 5:
                number = block.number(0, 4)
                if number < section.interfaces:
                    index = int(section.limits[number, INDEX])
                    reading.statistics.append(read_statistics(block, index, self._clocks[index]))
            case 0xA:
                reading.secrets.append(read_secrets(block, section.number))

    def _add_interface(self, block: Block) -> None:
        section, index = self._section, self._interfaces
        interface, clock = read_interface(block, section.number, section.interfaces)
        self._meet(index, interface, clock)
        limits = section.limits
        if section.interfaces == len(limits):
            limits = np.concatenate([limits, _no_limits(len(limits))])
        limits[section.interfaces] = interface.snaplen, largest_packet(interface.linktype), index
        self._section = section._replace(limits=limits, interfaces=section.interfaces + 1)

    def _meet(self, index: int, interface: Interface, clock: Clock) -> None:
        """Count an interface, and remember it if it was not met before."""
        self._interfaces = index + 1
        self._clocks[index] = clock
        if index == len(self.reading.interfaces):
            self.reading.interfaces.append(interface)

    def _packet(self, block: Block, at: int, row: int) -> None:
        """A packet block of any kind, which the kernel left because of its kind or because it is broken."""
        section = self._section
        fixed = LEAST_BODY[block.kind]
        interface = 0 if block.kind == 3 else block.number(0, 2 if block.kind == 2 else 4)
        if interface >= section.interfaces:
            raise BlockError(
                f"A packet of interface {interface}, but the section has told of {section.interfaces} so far."
            )
        snaplen, largest, index = section.limits[interface].tolist()
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
        if block.kind == 2 and block.number(2, 2) != UNKNOWN_DROPS:
            self._drops[row] = block.number(2, 2)
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
            if option.code == VERDICT and not option.value:
                raise BlockError("The packet has a verdict without a value.")
            if width and len(option.value) != width:
                raise BlockError(f"Packet option {option.code} has {len(option.value)} bytes, not {width}.")

    def _record(self, block: Block, at: int, row: int) -> None:
        """A block that is no packet but takes a packet number."""
        enterprise = block.number(0, 4) if block.kind in (CUSTOM, CUSTOM_NOT_COPIED) else -1
        fixed = 0 if block.kind == JOURNAL_ENTRY else LEAST_BODY[block.kind]
        content = block.body[fixed:]
        ticks = -1
        if block.kind == JOURNAL_ENTRY:
            content = content.rstrip(b"\0")
            ticks = _journal_time(content)
        elif enterprise < 0:
            ticks = block.number(2, 8)
        self._found[row] = (
            at + 8 + fixed,
            len(content),
            block.number(18, 4) if block.kind in EVENTS else len(content),
            _signed(max(ticks, 0)),
            self._stand_in(block.kind, enterprise),
            at,
            -1,
            0,
            ticks >= 0,
        )

    def _stand_in(self, kind: int, enterprise: int) -> int:
        """Index of what stands in for an interface of such records; one for each kind in a section."""
        section = self._section.number
        index = self._stand_ins.setdefault((section, kind, enterprise), self._interfaces)
        if index >= self._interfaces:
            clock = Clock(6) if kind == JOURNAL_ENTRY else Clock(9)
            self._meet(index, Interface(UNKNOWN_LINKTYPE, section=section, number=-1), clock)
            self.reading.kinds.append(RecordKind(index, kind, enterprise))
            self._said += 1
        return index

    def _records(self, data: Bytes, count: int, orders: list[tuple[int, bool]]) -> Records:
        found = self._found[:count].T.copy()
        return Records(
            start=found[START],
            captured=found[CAPTURED],
            length=found[LENGTH],
            time=self._times(found),
            interface=found[INTERFACE].astype(np.int32),
            offset=found[OFFSET],
            options=self._options(data, found, orders),
        )

    def _options(
        self, data: Bytes, found: Integers, orders: list[tuple[int, bool]]
    ) -> Mapping[int, tuple[Option, ...]]:
        """The options of packets; the drop count of an obsolete Packet Block counts as one."""
        rows = np.flatnonzero(found[OPTIONS] >= 0)
        if not len(rows) and not self._drops:
            return {}
        area = found[OPTIONS, rows], found[OPTIONS_END, rows]
        options = PacketOptions(data, rows, *area, _orders(rows, orders))
        if not self._drops:
            return options
        counted = {row: (Option(DROPS, count.to_bytes(8, "little")),) for row, count in self._drops.items()}
        self._drops = {}
        return {row: options.get(row, ()) + counted.get(row, ()) for row in sorted({*options, *counted})}

    def _times(self, found: Integers) -> Integers:
        """Nanoseconds since the epoch of each row, by the clock of its interface."""
        ticks, interface = found[TICKS].view(np.uint64), found[INTERFACE]
        first = int(interface.min()) if len(interface) else 0
        mine: dict[Clock, list[int]] = {}
        for index in (np.flatnonzero(np.bincount(interface - first)) + first).tolist():
            mine.setdefault(self._clocks[index], []).append(index)
        times = np.zeros(len(ticks), np.int64)
        for clock, indexes in mine.items():
            rows = np.isin(interface, indexes) if len(mine) > 1 else slice(None)
            times[rows] = clock.nanoseconds(ticks[rows])
        times[found[HAS_TIME] == 0] = NO_TIME
        return times


OPTION_SIZES = {2: 4, 4: 8, 5: 8, 6: 4}
DROPS = 4
UNKNOWN_DROPS = 0xFFFF
JOURNAL_TIME = b"__REALTIME_TIMESTAMP="


def _no_limits(room: int) -> Integers:
    return np.zeros((room, 3), np.int64)


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
