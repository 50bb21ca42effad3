"""Writes the simplest pcapng file there can be: one section, one interface, ns timestamps, comments."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recording.frames import Frame

ETHERNET = 1
INBOUND, OUTBOUND = 1, 2  # epb_flags
COMMENT, HARDWARE, SYSTEM, APPLICATION = 1, 2, 3, 4  # options of a section header
NAME, DESCRIPTION, RESOLUTION = 2, 3, 9  # options of an interface
FLAGS = 2  # option of a packet


def _block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _options(*given: tuple[int, bytes]) -> bytes:
    written = (struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in given)
    return b"".join(written) + struct.pack("<HH", 0, 0)


def pcapng(frames: Iterable[Frame], *, comment: str, interface: str, system: str) -> bytes:
    """A whole file: these frames, seen on an Ethernet interface."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options(
        (COMMENT, comment.encode()), (SYSTEM, system.encode()), (APPLICATION, b"synfin examples/record.py")
    )
    described = struct.pack("<HHI", ETHERNET, 0, 0) + _options(
        (NAME, b"eth0"), (DESCRIPTION, interface.encode()), (RESOLUTION, b"\x09")
    )
    return b"".join([_block(0x0A0D0D0A, section), _block(1, described), *map(_packet, frames)])


def _packet(frame: Frame) -> bytes:
    size = len(frame.data)
    head = struct.pack("<IIIII", 0, frame.time >> 32, frame.time & 0xFFFFFFFF, size, size)
    direction = struct.pack("<I", OUTBOUND if frame.outgoing else INBOUND)
    return _block(6, head + frame.data + bytes(-size % 4) + _options((FLAGS, direction)))
