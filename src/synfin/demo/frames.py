"""Raw frames as the kernel's packet sockets hand them over, with time, direction and VLAN tag."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from synfin.demo.namespace import Namespace

ETH_P_ALL = 0x0003  # linux/if_ether.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
SOL_PACKET, PACKET_AUXDATA = 263, 8  # linux/socket.h, linux/if_packet.h
VLAN_IS_VALID, TPID_IS_VALID = 1 << 4, 1 << 6
DOT1Q = 0x8100
LARGEST = 65_536

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


class Frame(NamedTuple):
    """One frame on an interface."""

    time: int  # ns since 1970
    outgoing: bool
    data: bytes


def open_frames(host: Namespace, interface: str) -> socket.socket:
    """Open a socket that sees, and can send, every frame on an interface."""
    frames = host.new_socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    frames.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    frames.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    frames.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    frames.bind((interface, ETH_P_ALL))
    frames.settimeout(0)
    return frames


def receive(frames: socket.socket) -> Frame | None:
    """Take the next frame that waits, or None."""
    try:
        data, ancillary, _, address = frames.recvmsg(LARGEST, 256)
    except BlockingIOError:
        return None
    time = 0
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            time = int.from_bytes(value[:8], "little") * 1_000_000_000 + int.from_bytes(value[8:16], "little")
        elif (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            data = _with_kept_tag(data, value)
    return Frame(time, address[2] == socket.PACKET_OUTGOING, data)


def tagged(data: bytes, control: int, kind: int = DOT1Q) -> bytes:
    """Put a VLAN tag into a frame: after the addresses (IEEE 802.1Q 9.3)."""
    return data[:12] + kind.to_bytes(2, "big") + control.to_bytes(2, "big") + data[12:]


def _with_kept_tag(data: bytes, auxiliary: bytes) -> bytes:
    """Put the tag, which the kernel keeps beside the frame, back where it was on the wire."""
    status = int.from_bytes(auxiliary[:4], "little")
    if not status & VLAN_IS_VALID:
        return data
    control = int.from_bytes(auxiliary[16:18], "little")
    kind = int.from_bytes(auxiliary[18:20], "little") if status & TPID_IS_VALID else DOT1Q
    return tagged(data, control, kind)


class Segment(NamedTuple):
    """What the laboratory needs to know of a TCP segment in a frame.

    Attributes:
        seq: its sequence number.
        flags: its lower six flags.
        payload: bytes.
        at: where its TCP header begins in the frame.
    """

    seq: int
    flags: int
    payload: int
    at: int


def segment_of(data: bytes) -> Segment | None:
    """Read an untagged IPv4 or IPv6 frame without options or extension headers; None when it is not TCP."""
    if data[12:14] == b"\x08\x00" and data[23] == 6:
        at, end = 34, 14 + int.from_bytes(data[16:18], "big")
    elif data[12:14] == b"\x86\xdd" and data[20] == 6:
        at, end = 54, 54 + int.from_bytes(data[18:20], "big")
    elif data[12:14] == b"\x81\x00":
        return segment_of(data[:12] + data[16:])
    else:
        return None
    seq = int.from_bytes(data[at + 4 : at + 8], "big")
    return Segment(seq, data[at + 13] & 0x3F, end - at - (data[at + 12] >> 4) * 4, at)
