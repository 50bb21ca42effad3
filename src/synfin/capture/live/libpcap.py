"""A binding of the few functions of libpcap that capturing takes; no packet is ever touched in Python.

libpcap hands packets to its own `pcap_dump`, which writes them to a file: C calls C. Structures and
constants as in pcap/pcap.h and pcap/bpf.h of libpcap 1.10.
"""

from __future__ import annotations

import ctypes
import socket
import sys
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char,
    c_char_p,
    c_int,
    c_size_t,
    c_ubyte,
    c_uint,
    c_ushort,
    c_void_p,
)
from typing import Any, NamedTuple

from synfin.capture.live.device import LATENCY, Counts, DeviceError, Request, Trouble

NAMES = ("libpcap.so.1", "libpcap.so.0.8", "libpcap.so", "/usr/lib/libpcap.A.dylib")
ERROR_SIZE = 256
NANOSECONDS = 1
MOST_AT_ONCE = -1
UP, LOOPBACK = 0x2, 0x1
NO_NETMASK = 0xFFFFFFFF
OUTPUT_BUFFER = 1 << 18
FULL = 0  # _IOFBF
LINKTYPES = {12: 101, 14: 101}  # raw IP has other numbers in programs (DLT_) than in files

TROUBLES = {-5: Trouble.MISSING, -8: Trouble.FORBIDDEN, -9: Trouble.DOWN, -11: Trouble.FORBIDDEN}


class _Statistics(Structure):
    _fields_ = (("received", c_uint), ("dropped", c_uint), ("missed", c_uint))


class _Instruction(Structure):
    _fields_ = (("code", c_ushort), ("jt", c_ubyte), ("jf", c_ubyte), ("k", c_uint))


class _Program(Structure):
    _fields_ = (("length", c_uint), ("instructions", POINTER(_Instruction)))


class _Address(Structure):
    pass


_Address._fields_ = (  # it refers to itself
    ("next", POINTER(_Address)),
    ("address", c_void_p),
    ("netmask", c_void_p),
    ("broadcast", c_void_p),
    ("peer", c_void_p),
)


class _Found(Structure):
    pass


_Found._fields_ = (
    ("next", POINTER(_Found)),
    ("name", c_char_p),
    ("description", c_char_p),
    ("addresses", POINTER(_Address)),
    ("flags", c_uint),
)


class Known(NamedTuple):
    """One interface of this machine.

    Attributes:
        name: of the interface.
        description: "" if there is none.
        addresses: IPv4 and IPv6, as text.
        is_up, is_loopback: its state.
    """

    name: str
    description: str
    addresses: tuple[str, ...]
    is_up: bool
    is_loopback: bool


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "pcap_create": (c_void_p, [c_char_p, c_char_p]),
    "pcap_set_snaplen": (c_int, [c_void_p, c_int]),
    "pcap_set_promisc": (c_int, [c_void_p, c_int]),
    "pcap_set_timeout": (c_int, [c_void_p, c_int]),
    "pcap_set_buffer_size": (c_int, [c_void_p, c_int]),
    "pcap_set_tstamp_precision": (c_int, [c_void_p, c_int]),
    "pcap_activate": (c_int, [c_void_p]),
    "pcap_statustostr": (c_char_p, [c_int]),
    "pcap_geterr": (c_char_p, [c_void_p]),
    "pcap_compile": (c_int, [c_void_p, POINTER(_Program), c_char_p, c_int, c_uint]),
    "pcap_setfilter": (c_int, [c_void_p, POINTER(_Program)]),
    "pcap_freecode": (None, [POINTER(_Program)]),
    "pcap_setnonblock": (c_int, [c_void_p, c_int, c_char_p]),
    "pcap_get_selectable_fd": (c_int, [c_void_p]),
    "pcap_dispatch": (c_int, [c_void_p, c_int, c_void_p, c_void_p]),
    "pcap_dump_fopen": (c_void_p, [c_void_p, c_void_p]),
    "pcap_dump_flush": (c_int, [c_void_p]),
    "pcap_stats": (c_int, [c_void_p, POINTER(_Statistics)]),
    "pcap_datalink": (c_int, [c_void_p]),
    "pcap_findalldevs": (c_int, [POINTER(POINTER(_Found)), c_char_p]),
    "pcap_freealldevs": (None, [POINTER(_Found)]),
    "pcap_open_dead": (c_void_p, [c_int, c_int]),
    "pcap_close": (None, [c_void_p]),
    "pcap_lib_version": (c_char_p, []),
}


class Library:
    """libpcap, with the types of the functions that are used."""

    def __init__(self, loaded: ctypes.CDLL) -> None:
        self._loaded = loaded
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - C functions have no types here
        return getattr(self._loaded, name)

    @property
    def version(self) -> str:
        """As it calls itself: "libpcap version 1.10.3 …"."""
        return str(self.pcap_lib_version().decode("ascii", "replace"))


def library() -> Library | None:
    """libpcap, None if it is not installed or too old (before 1.5)."""
    for name in NAMES:
        try:
            return Library(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


class PcapDevice:
    """An interface opened by libpcap, whose packets go to a file descriptor; a `Device`.

    Args:
        pcap: the library.
        request: what to capture.
        output: file descriptor of the pcap stream, -1 to open the device and no more.

    Attributes:
        linktype: LINKTYPE_ number of its packets.

    Raises:
        DeviceError: it cannot be opened.
    """

    def __init__(self, pcap: Library, request: Request, output: int) -> None:
        self._pcap = pcap
        reason = ctypes.create_string_buffer(ERROR_SIZE)
        self._handle = pcap.pcap_create(request.device.encode(), reason)
        if not self._handle:
            raise DeviceError(Trouble.MISSING, _words(reason.value))
        try:
            self._activate(request)
            if request.filter:
                self._set_filter(request.filter)
            if output >= 0:
                self._open_output(output)
        except DeviceError:
            self.close()
            raise
        pcap.pcap_setnonblock(self._handle, 1, reason)  # else a quiet link blocks for ever
        number = int(pcap.pcap_datalink(self._handle))
        self.linktype = LINKTYPES.get(number, number)

    def fileno(self) -> int:
        """As `Device.fileno`."""
        return int(self._pcap.pcap_get_selectable_fd(self._handle))

    def pour(self) -> int:
        """As `Device.pour`."""
        writes = ctypes.cast(self._pcap.pcap_dump, c_void_p)
        count = int(self._pcap.pcap_dispatch(self._handle, MOST_AT_ONCE, writes, self._output))
        self._pcap.pcap_dump_flush(self._output)
        if count < 0:
            raise DeviceError(Trouble.BROKEN, self._error())
        return count

    def counts(self) -> Counts:
        """As `Device.counts`."""
        made = _Statistics()
        if self._pcap.pcap_stats(self._handle, byref(made)):
            return Counts()
        return Counts(made.received, made.dropped, made.missed)

    def close(self) -> None:
        """As `Device.close`."""
        if self._handle:
            self._pcap.pcap_close(self._handle)
            self._handle = None

    def _activate(self, request: Request) -> None:
        pcap, handle = self._pcap, self._handle
        pcap.pcap_set_snaplen(handle, request.snaplen)
        pcap.pcap_set_promisc(handle, int(request.promiscuous))
        pcap.pcap_set_timeout(handle, LATENCY)
        pcap.pcap_set_buffer_size(handle, request.buffer)
        pcap.pcap_set_tstamp_precision(handle, NANOSECONDS)
        status = pcap.pcap_activate(handle)
        if status < 0:
            words = self._error() or _words(pcap.pcap_statustostr(status))
            raise DeviceError(TROUBLES.get(status, Trouble.BROKEN), words)

    def _set_filter(self, text: str) -> None:
        pcap, program = self._pcap, _Program()
        if pcap.pcap_compile(self._handle, byref(program), text.encode(), 1, NO_NETMASK):
            raise DeviceError(Trouble.FILTER, self._error())
        failed = pcap.pcap_setfilter(self._handle, byref(program))
        pcap.pcap_freecode(byref(program))
        if failed:
            raise DeviceError(Trouble.FILTER, self._error())

    def _open_output(self, output: int) -> None:
        libc = ctypes.CDLL(None)
        libc.fdopen.restype, libc.fdopen.argtypes = c_void_p, [c_int, c_char_p]
        libc.setvbuf.argtypes = [c_void_p, c_void_p, c_int, c_size_t]
        file = libc.fdopen(output, b"wb")
        self._room = (c_char * OUTPUT_BUFFER)()
        libc.setvbuf(file, self._room, FULL, OUTPUT_BUFFER)
        self._output = self._pcap.pcap_dump_fopen(self._handle, file)
        if not self._output:
            raise DeviceError(Trouble.BROKEN, self._error())
        self._pcap.pcap_dump_flush(self._output)  # the file header, which is waited for

    def _error(self) -> str:
        return _words(self._pcap.pcap_geterr(self._handle))


def compiled(pcap: Library, text: str, linktype: int, snaplen: int) -> bytes:
    """A capture filter as instructions for the kernel, eight bytes each (struct sock_filter).

    Raises:
        DeviceError: it cannot be understood.
    """
    handle, program = pcap.pcap_open_dead(linktype, snaplen), _Program()
    try:
        if pcap.pcap_compile(handle, byref(program), text.encode(), 1, NO_NETMASK):
            raise DeviceError(Trouble.FILTER, _words(pcap.pcap_geterr(handle)))
        made = ctypes.string_at(program.instructions, program.length * ctypes.sizeof(_Instruction))
        pcap.pcap_freecode(byref(program))
    finally:
        pcap.pcap_close(handle)
    return made


def known(pcap: Library) -> list[Known]:
    """Every interface that libpcap knows of.

    Raises:
        DeviceError: the system does not tell.
    """
    first, reason = POINTER(_Found)(), ctypes.create_string_buffer(ERROR_SIZE)
    if pcap.pcap_findalldevs(byref(first), reason):
        raise DeviceError(Trouble.BROKEN, _words(reason.value))
    found: list[Known] = []
    at = first
    while at:
        one = at.contents
        found.append(
            Known(
                _words(one.name),
                _words(one.description or b""),
                tuple(_addresses(one.addresses)),
                bool(one.flags & UP),
                bool(one.flags & LOOPBACK),
            )
        )
        at = one.next
    pcap.pcap_freealldevs(first)
    return found


def _addresses(at: Any) -> list[str]:  # noqa: ANN401 - a pointer
    """The IP addresses in a list of socket addresses."""
    places = {int(socket.AF_INET): (4, 4), int(socket.AF_INET6): (8, 16)}
    found = []
    while at:
        one = at.contents
        if one.address:
            head = ctypes.string_at(one.address, 2)
            family = head[1] if sys.platform == "darwin" else int.from_bytes(head, sys.byteorder)
            if family in places:
                start, length = places[family]
                found.append(socket.inet_ntop(family, ctypes.string_at(one.address + start, length)))
        at = one.next
    return found


def _words(text: bytes) -> str:
    return text.decode("utf-8", "replace")
