"""Small pcapng files, made of the blocks that matter to a test."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from tests.packets import ethernet, ipv4, udp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MICROSECOND = 1_000
SECOND = 1_000_000 * MICROSECOND

FRAME = ethernet(ipv4(udp(b"hello", ports=(40000, 40001)), 17))
"""A UDP packet that nobody claims."""


class Packet(NamedTuple):
    """A packet of a file: its time in nanoseconds (None for none), its comments, its bytes."""

    time: int | None
    comments: tuple[bytes, ...]
    data: bytes


def packet(time: int | None = SECOND, *comments: bytes, data: bytes = FRAME) -> Packet:
    """A packet."""
    return Packet(time, comments, data)


def pcapng(
    folder: Path, packets: Sequence[Packet], *, seconds_offset: int = 0, interface: bytes = b"eth0"
) -> Path:
    """A file of these packets, in microseconds, from one interface."""
    begin = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    described = _options((2, interface), (14, struct.pack("<q", seconds_offset)))
    begin += _block(1, struct.pack("<HHI", 1, 0, 0) + described)
    file = folder / "made.pcapng"
    file.write_bytes(begin + b"".join(_packet_block(one) for one in packets))
    return file


def _packet_block(one: Packet) -> bytes:
    data = one.data.ljust(len(one.data) + -len(one.data) % 4, b"\0")
    if one.time is None:
        return _block(3, struct.pack("<I", len(one.data)) + data)
    units = one.time // MICROSECOND
    head = struct.pack("<IIIII", 0, units >> 32, units & 0xFFFFFFFF, len(one.data), len(one.data))
    return _block(6, head + data + _options(*((1, comment) for comment in one.comments)))


def _options(*options: tuple[int, bytes]) -> bytes:
    made = b"".join(
        struct.pack("<HH", code, len(value)) + value.ljust(len(value) + -len(value) % 4, b"\0")
        for code, value in options
    )
    return made + struct.pack("<HH", 0, 0) if options else b""


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)
