"""A pcapng file holds all that was read: sections, interfaces, options, names, secrets, counters, records."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from synfin import __version__
from synfin.basics.errors import ExportError
from synfin.capture.chunk import NO_TIME, Option
from synfin.capture.clock import SECOND
from synfin.capture.metadata import COMMENT, CUSTOM, CUSTOM_NOT_COPIED, JOURNAL_ENTRY, Section
from synfin.capture.writing import Output, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.basics.arrays import Bytes, Integers
    from synfin.capture.chunk import Chunk, Interface
    from synfin.capture.metadata import Names, Secrets, Statistics
    from synfin.capture.writing import Origin

ENHANCED, SIMPLE, OTHER = range(3)
"""What kinds of block packets become: with a time, without one, records that are no packets."""

TIME_OFFSET = 14


class PcapngBody:
    """Makes a little-endian pcapng file with the sections and interface numbers of the capture."""

    def __init__(self, capture: Origin) -> None:
        self._capture = capture
        self._section = 0
        self._written: dict[int, tuple[int, int, int]] = {}  # by section: interfaces, names, secrets told

    def records(self, chunk: Chunk, rows: Integers) -> list[Bytes]:
        """As `Body.records`."""
        interface = chunk.interface[rows]
        sections = np.array([each.section for each in chunk.interfaces])[interface]
        is_packet = np.array([each.number >= 0 for each in chunk.interfaces])[interface]
        kinds = np.where(is_packet, np.where(chunk.time[rows] == NO_TIME, SIMPLE, ENHANCED), OTHER)
        breaks = np.flatnonzero((np.diff(sections) != 0) | (np.diff(kinds) != 0)) + 1
        pieces: list[Bytes] = []
        for run in np.split(np.arange(len(rows)), breaks):
            pieces += self._enter(int(sections[run[0]]), chunk.interfaces)
            pieces += self._run(chunk, rows[run], int(kinds[run[0]]))
        return pieces

    def end(self) -> list[Bytes]:
        """As `Body.end`."""
        pieces: list[Bytes] = []
        if not self._section:
            for section in self._capture.sections or (Section(1, "", "pcapng"),):
                pieces += self._enter(section.number, self._capture.interfaces)
        return pieces + self._leave()

    def begin(self) -> list[Bytes]:
        """As `Body.begin`."""
        first = next(iter(self._capture.sections), Section(1, "", "pcapng"))
        return self._enter(first.number, self._capture.interfaces)

    def counters(self) -> list[Bytes]:
        """As `Body.counters`."""
        return self._leave()

    def _enter(self, number: int, interfaces: tuple[Interface, ...]) -> list[Bytes]:
        """Begin a section if the file is in another one, and tell what is new in it."""
        pieces: list[Bytes] = []
        if number != self._section:
            pieces += self._leave()
            self._section = number
            self._written = {}
            sections = [each for each in self._capture.sections if each.number == number]
            pieces.append(section_header(sections[0] if sections else Section(number, "", "pcapng")))
        told = self._written.get(number, (0, 0, 0))
        mine = [each for each in interfaces if each.section == number and each.number >= 0]
        names = [each for each in self._capture.names if each.section == number]
        secrets = [each for each in self._capture.secrets if each.section == number]
        pieces += [interface_description(each) for each in mine[told[0] :]]
        pieces += [name_resolution(names[told[1] :])] if names[told[1] :] else []
        pieces += [decryption_secrets(each) for each in secrets[told[2] :]]
        self._written[number] = len(mine), len(names), len(secrets)
        return pieces

    def _leave(self) -> list[Bytes]:
        """End the section with its counters."""
        known = self._capture.interfaces
        return [
            interface_statistics(each, known[each.interface])
            for each in self._capture.statistics
            if known[each.interface].section == self._section
        ]

    def _run(self, chunk: Chunk, rows: Integers, kind: int) -> list[Bytes]:
        """Packets of one section and kind."""
        if kind == OTHER:
            return [self._other(chunk, int(row)) for row in rows]
        if kind == SIMPLE:
            numbers = np.array([each.number for each in chunk.interfaces])[chunk.interface[rows]]
            snaplens = np.array([each.snaplen for each in chunk.interfaces])[chunk.interface[rows]]
            length = chunk.length[rows]
            kept = np.where(snaplens > 0, np.minimum(length, snaplens), length)
            if (numbers == 0).all() and (kept == chunk.captured[rows]).all():
                return [_simple(chunk, rows)]
        return [_enhanced(chunk, rows)]

    def _other(self, chunk: Chunk, row: int) -> Bytes:
        index = int(chunk.interface[row])
        kind = next((each for each in self._capture.kinds if each.interface == index), None)
        content = chunk.packet(row)
        if kind and kind.block in (CUSTOM, CUSTOM_NOT_COPIED):
            return block(kind.block, struct.pack("<I", kind.enterprise) + content)
        if kind and kind.block == JOURNAL_ENTRY:
            return block(kind.block, content)
        raise ExportError(
            f"Packet {chunk.first + row} is a record of a system event, which cannot be written."
        )


def _enhanced(chunk: Chunk, rows: Integers) -> Bytes:
    captured = chunk.captured[rows]
    padding = -captured % 4
    tails, tail_lengths = _tails(chunk, rows)
    totals = 28 + captured + padding + tail_lengths
    ticks = _ticks(chunk, rows)
    heads = np.empty((len(rows), 7), "<u4")
    heads[:, 0] = 6
    heads[:, 1] = totals
    heads[:, 2] = np.array([each.number for each in chunk.interfaces])[chunk.interface[rows]]
    heads[:, 3] = ticks >> np.uint64(32)
    heads[:, 4] = ticks & np.uint64(0xFFFFFFFF)
    heads[:, 5] = captured
    heads[:, 6] = chunk.length[rows]
    ends = np.cumsum(tail_lengths)
    tails[(ends[:, None] - 4 + np.arange(4)).ravel()] = totals.astype("<u4").view(np.uint8)
    start = chunk.start[rows]
    out = np.empty(int(totals.sum()), np.uint8)
    lay_out(
        chunk.data,
        np.stack([start, start + captured, padding, ends], axis=1),
        heads.view(np.uint8),
        tails,
        out,
    )
    return out


def _simple(chunk: Chunk, rows: Integers) -> Bytes:
    captured = chunk.captured[rows]
    padding = -captured % 4
    totals = 16 + captured + padding
    heads = np.empty((len(rows), 3), "<u4")
    heads[:, 0] = 3
    heads[:, 1] = totals
    heads[:, 2] = chunk.length[rows]
    tails = totals.astype("<u4").view(np.uint8)
    start = chunk.start[rows]
    out = np.empty(int(totals.sum()), np.uint8)
    ends = 4 * np.arange(1, len(rows) + 1)
    lay_out(
        chunk.data,
        np.stack([start, start + captured, padding, ends], axis=1),
        heads.view(np.uint8),
        tails,
        out,
    )
    return out


def _tails(chunk: Chunk, rows: Integers) -> tuple[Bytes, Integers]:
    """What follows each packet: its options, then room for the length of the block; and how long each is."""
    lengths = np.full(len(rows), 4, np.int64)
    if not chunk.options:
        return np.zeros(4 * len(rows), np.uint8), lengths
    areas = [options_area(chunk.options[row]) if row in chunk.options else b"" for row in rows.tolist()]
    lengths += np.array([len(area) for area in areas], np.int64)
    return np.frombuffer(bytearray(b"".join(area + bytes(4) for area in areas)), np.uint8), lengths


def _ticks(chunk: Chunk, rows: Integers) -> Integers:
    """The times in the ticks of each interface's clock, uint64."""
    interface = chunk.interface[rows]
    units = np.array([10 ** (9 - each.digits) for each in chunk.interfaces], np.int64)[interface]
    offsets = np.array([_offset(each) for each in chunk.interfaces], np.int64)[interface]
    time = np.where(chunk.time[rows] == NO_TIME, offsets * SECOND, chunk.time[rows])
    ticks = time // units - offsets * (SECOND // units)
    if (ticks < 0).any():
        number = chunk.first + int(rows[np.argmax(ticks < 0)])
        raise ExportError(f"The time of packet {number} lies before 1970, which cannot be written.")
    return ticks.astype(np.uint64)


def _offset(interface: Interface) -> int:
    """Seconds that readers will add to its times (if_tsoffset), within what 64 bits of nanoseconds hold."""
    value = next((each.value for each in interface.options if each.code == TIME_OFFSET), b"")
    offset = int.from_bytes(value, "little", signed=True) if len(value) == 8 else 0
    limit = (1 << 63) // SECOND - 1
    return max(-limit, min(offset, limit))


def block(kind: int, body: bytes) -> Bytes:
    """A whole block: its body, padded, in its framing."""
    total = 12 + len(body) + -len(body) % 4
    whole = struct.pack("<II", kind, total) + body + bytes(-len(body) % 4) + struct.pack("<I", total)
    return np.frombuffer(whole, np.uint8)


def options_area(options: Iterable[Option]) -> bytes:
    """A list of options with its end mark; nothing if there are none."""
    area = b"".join(
        struct.pack("<HH", each.code, len(each.value)) + each.value + bytes(-len(each.value) % 4)
        for each in options
    )
    return area + bytes(4) if area else b""


def section_header(section: Section) -> Bytes:
    """A Section Header Block; it says that we wrote it."""
    application = f"synfin {__version__}"
    options = [
        *_texts((COMMENT, each) for each in section.comments),
        *_texts([(2, section.hardware), (3, section.system), (4, application)]),
        *section.options,
    ]
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options_area(options))


def interface_description(interface: Interface) -> Bytes:
    """An Interface Description Block."""
    options = _texts([(2, interface.name), (3, interface.description)])
    if interface.digits != 6:
        options.append(Option(9, bytes([interface.digits])))
    if interface.fcs_length >= 0:
        options.append(Option(13, bytes([interface.fcs_length])))
    options += interface.options
    return block(1, struct.pack("<HHI", interface.linktype, 0, interface.snaplen) + options_area(options))


def name_resolution(names: list[Names]) -> Bytes:
    """A Name Resolution Block."""
    body = b""
    for each in names:
        value = each.address + b"".join(name.encode() + b"\0" for name in each.names)
        body += (
            struct.pack("<HH", 1 if len(each.address) == 4 else 2, len(value))
            + value
            + bytes(-len(value) % 4)
        )
    return block(4, body + bytes(4))


def decryption_secrets(secrets: Secrets) -> Bytes:
    """A Decryption Secrets Block."""
    data = secrets.data + bytes(-len(secrets.data) % 4)
    return block(
        0xA, struct.pack("<II", secrets.kind, len(secrets.data)) + data + options_area(secrets.options)
    )


def interface_statistics(statistics: Statistics, interface: Interface) -> Bytes:
    """An Interface Statistics Block."""
    unit = 10 ** (9 - interface.digits)

    def stamp(time: int) -> bytes:
        ticks = max(time // unit - _offset(interface) * (SECOND // unit), 0)
        return struct.pack("<II", ticks >> 32, ticks & 0xFFFFFFFF)

    moments = [(2, statistics.start), (3, statistics.end)]
    counts = [
        (4, statistics.received),
        (5, statistics.dropped),
        (6, statistics.accepted),
        (7, statistics.system_dropped),
        (8, statistics.delivered),
    ]
    options = [
        *(Option(code, stamp(time)) for code, time in moments if time != -1),
        *(Option(code, count.to_bytes(8, "little")) for code, count in counts if count >= 0),
        *statistics.options,
    ]
    return block(5, struct.pack("<I", interface.number) + stamp(statistics.time) + options_area(options))


def _texts(values: Iterable[tuple[int, str]]) -> list[Option]:
    return [Option(code, value.encode()) for code, value in values if value]


OUTPUTS = (Output("pcapng", (".pcapng", ".ntar"), PcapngBody),)
