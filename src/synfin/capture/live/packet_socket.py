"""A packet socket captures where libpcap is missing: the standard library alone, Linux only, one by one.

Constants as in linux/if_packet.h, asm-generic/socket.h and linux/if_arp.h; see packet(7).
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from pathlib import Path

from synfin.capture.live import libpcap
from synfin.capture.live.device import Counts, DeviceError, Request, Trouble

EVERYTHING = 0x0003
SOL_PACKET, ADD_MEMBERSHIP, STATISTICS, AUXILIARY = 263, 1, 6, 8
PROMISCUOUS = 1
ATTACH_FILTER, TIMESTAMP, RECEIVE_BUFFER_FORCED = 26, 35, 33
TAG_IS_VALID, TAG_TYPE_IS_VALID = 1 << 4, 1 << 6
DOT1Q = 0x8100
OUTGOING, LOOPBACK = 4, 772
MAGIC = 0xA1B23C4D
AT_ONCE = 256
LARGEST = 1 << 17

LINKTYPES = {1: 1, 772: 1, 512: 9, 65534: 101, 768: 101, 769: 101, 776: 101, 801: 105, 802: 119, 803: 127}
"""LINKTYPE_ numbers by the hardware type of the interface (ARPHRD_)."""


class SocketDevice:
    """An interface opened as a packet socket; a `Device`.

    Args:
        request: what to capture.
        output: file descriptor of the pcap stream, -1 to open the device and no more.

    Attributes:
        linktype: LINKTYPE_ number of its packets.

    Raises:
        DeviceError: it cannot be opened.
    """

    def __init__(self, request: Request, output: int) -> None:
        self._request = request
        self._output = output
        self._counts = Counts()
        self._hardware = hardware(request.device)
        if self._hardware not in LINKTYPES:
            reason = f"Its hardware type {self._hardware} is not known here; install libpcap."
            raise DeviceError(Trouble.BROKEN, reason)
        self.linktype = LINKTYPES[self._hardware]
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._prepare()
        except PermissionError as error:
            raise DeviceError(Trouble.FORBIDDEN, str(error)) from None
        except OSError as error:
            raise DeviceError(Trouble.BROKEN, error.strerror or str(error)) from None
        if output >= 0:
            self._put(struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, request.snaplen, self.linktype))

    def fileno(self) -> int:
        """As `Device.fileno`."""
        return self._socket.fileno()

    def pour(self) -> int:
        """As `Device.pour`."""
        records: list[bytes] = []
        for _ in range(AT_ONCE):
            try:
                data, ancillary, _, sender = self._socket.recvmsg(LARGEST, 256)
            except BlockingIOError:
                break
            except OSError as error:
                self._put(b"".join(records))
                raise DeviceError(Trouble.DOWN, error.strerror or str(error)) from None
            if sender[2] == OUTGOING and self._hardware == LOOPBACK:
                continue  # it comes in again
            records.append(_record(data, ancillary, self._request.snaplen))
        self._put(b"".join(records))
        return len(records)

    def counts(self) -> Counts:
        """As `Device.counts`."""
        packets, dropped = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, STATISTICS, 8))
        before = self._counts  # reading them sets them to zero
        self._counts = Counts(before.accepted + packets, before.dropped + dropped)
        return self._counts

    def close(self) -> None:
        """As `Device.close`."""
        self._socket.close()

    def _prepare(self) -> None:
        request, opened = self._request, self._socket
        index = socket.if_nametoindex(request.device)
        if request.filter:
            self._attach(request.filter)
        opened.setsockopt(socket.SOL_SOCKET, TIMESTAMP, 1)
        opened.setsockopt(SOL_PACKET, AUXILIARY, 1)
        try:
            opened.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER_FORCED, request.buffer)
        except PermissionError:  # takes CAP_NET_ADMIN; without, the system's limit holds
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, request.buffer)
        if request.promiscuous:
            opened.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, struct.pack("iHH8s", index, PROMISCUOUS, 0, b""))
        opened.bind((request.device, EVERYTHING))
        opened.settimeout(0)

    def _attach(self, text: str) -> None:
        pcap = libpcap.library()
        if pcap is None:
            raise DeviceError(
                Trouble.FILTER, "a capture filter takes libpcap, which is not installed here; use -Y instead"
            )
        code = ctypes.create_string_buffer(libpcap.compiled(pcap, text, self.linktype, self._request.snaplen))
        program = struct.pack("HL", len(code.raw) // 8, ctypes.addressof(code))
        self._socket.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while len(left):
            left = left[os.write(self._output, left) :]


def hardware(device: str) -> int:
    """The hardware type of an interface (ARPHRD_).

    Raises:
        DeviceError: there is no such interface.
    """
    try:
        return int(Path("/sys/class/net", device, "type").read_text())
    except (OSError, ValueError):
        raise DeviceError(Trouble.MISSING, "No such device exists") from None


def _record(data: bytes, ancillary: list[tuple[int, int, bytes]], snaplen: int) -> bytes:
    """A packet as pcap keeps it, its VLAN tag back where it was on the wire."""
    seconds = nanoseconds = 0
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, TIMESTAMP):
            seconds, nanoseconds = struct.unpack("ll", value[:16])
        elif (level, kind) == (SOL_PACKET, AUXILIARY):
            data = _with_tag(data, value)
    kept = data[:snaplen]
    return struct.pack("<IIII", seconds, nanoseconds, len(kept), len(data)) + kept


def _with_tag(data: bytes, auxiliary: bytes) -> bytes:
    status, _, _, _, _, control, kind = struct.unpack("IIIHHHH", auxiliary[:20])
    if not status & TAG_IS_VALID:
        return data
    kind = kind if status & TAG_TYPE_IS_VALID else DOT1Q
    return data[:12] + struct.pack(">HH", kind, control) + data[12:]
