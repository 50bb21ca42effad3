"""Capture files read the obvious way, record by record: what the fast readers must agree with.

Only for files that are as they should be.
"""

from __future__ import annotations

from struct import unpack  # noqa: TID251 - a file format, read without any of our code
from typing import NamedTuple


class Packet(NamedTuple):
    time: int | None
    length: int
    data: bytes
    interface: int
    options: tuple[tuple[int, bytes], ...] = ()


PCAP_UNITS = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}


def read_pcap(file: bytes, header: int = 16) -> list[Packet]:
    """Packets of a pcap file whose record headers have so many bytes."""
    order = "<" if unpack("<I", file[:4])[0] & 0xFFFF0000 == 0xA1B20000 else ">"
    unit = PCAP_UNITS.get(unpack(order + "I", file[:4])[0], 1000)
    packets = []
    at = 24
    while at < len(file):
        seconds, fraction, captured, length = unpack(order + "IIII", file[at : at + 16])
        at += header
        packets.append(Packet(seconds * 10**9 + fraction * unit, length, file[at : at + captured], 0))
        at += captured
    return packets


def nanoseconds(ticks: int, resolution: int, offset: int) -> int:
    """Time since the epoch of a pcapng timestamp."""
    exponent = resolution & 0x7F
    units = 2**exponent if resolution & 0x80 else 10**exponent
    units = min(units, 2**64 - 1)
    return int((ticks // units + offset) * 10**9 + ticks % units * 10**9 // units)


def options(area: bytes, order: str) -> tuple[tuple[int, bytes], ...]:
    """Codes and values, as they lie there."""
    found = []
    at = 0
    while at < len(area):
        code, length = unpack(order + "HH", area[at : at + 4])
        if code == 0:
            break
        found.append((code, area[at + 4 : at + 4 + length]))
        at += 4 + length + -length % 4
    return tuple(found)


class Section(NamedTuple):
    order: str
    clocks: list[tuple[int, int]]
    snaplens: list[int]
    first: int


def read_pcapng(file: bytes) -> list[Packet]:
    """Packets of a pcapng file; interfaces are counted over all sections."""
    packets: list[Packet] = []
    section = Section("<", [], [], 0)
    at = interfaces = 0
    while at < len(file):
        if file[at : at + 4] == b"\n\r\r\n":
            section = Section(
                "<" if file[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">", [], [], interfaces
            )
        order = section.order
        kind, total = unpack(order + "II", file[at : at + 8])
        body = file[at + 8 : at + total - 4]
        if kind == 1:
            told = dict(options(body[8:], order))
            offset = unpack(order + "q", told.get(14, bytes(8)))[0]
            section.clocks.append((told.get(9, b"\6")[0], offset))
            section.snaplens.append(unpack(order + "I", body[4:8])[0])
            interfaces += 1
        elif kind in (2, 6):
            number = unpack(order + "I", body[:4])[0] if kind == 6 else unpack(order + "H", body[:2])[0]
            high, low, captured, length = unpack(order + "IIII", body[4:20])
            packets.append(
                Packet(
                    nanoseconds(high << 32 | low, *section.clocks[number]),
                    length,
                    body[20 : 20 + captured],
                    section.first + number,
                    options(body[20 + captured + -captured % 4 :], order),
                )
            )
        elif kind == 3:
            length = unpack(order + "I", body[:4])[0]
            captured = min(length, section.snaplens[0] or length)
            packets.append(Packet(None, length, body[4 : 4 + captured], section.first))
        at += total
    return packets
