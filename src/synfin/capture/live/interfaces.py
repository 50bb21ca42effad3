"""Which interfaces there are, and what capturing each of them would give, found out by trying."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synfin.capture.linktypes import encapsulation
from synfin.capture.live import libpcap
from synfin.capture.live.device import DeviceError, Request, Trouble
from synfin.capture.live.packet_socket import LINKTYPES, hardware
from synfin.capture.live.tap import tried

ADDRESS_OF = 0x8915  # SIOCGIFADDR
UP, LOOPBACK = 0x1, 0x8  # IFF_UP, IFF_LOOPBACK
EVERY_INTERFACE = "any"

SMALL = 1 << 20
"""Bytes of the kernel's buffer while only trying."""

NO_PACKETS = frozenset({"nflog", "nfqueue", "dbus-system", "dbus-session", "bluetooth-monitor"})
"""Things that libpcap lists beside interfaces, of which nobody learns TCP."""


@dataclass(frozen=True, slots=True)
class LocalInterface:
    """One interface of this machine.

    Attributes:
        name: what `-i` takes.
        description: "" if there is none.
        addresses: IPv4 and IPv6.
        is_up: whether it is switched on.
        is_loopback: whether it leads back to this machine.
        linktype: LINKTYPE_ number of its packets, -1 if unknown.
        link: what Wireshark calls it.
        is_permitted: whether it can be captured right now.
        reason: why not, "" if it can.
    """

    name: str
    description: str
    addresses: tuple[str, ...]
    is_up: bool
    is_loopback: bool
    linktype: int
    link: str
    is_permitted: bool
    reason: str


def interfaces() -> list[LocalInterface]:
    """Every interface, in the system's order.

    Each is opened for a moment by the process that captures; no packet is taken.
    """
    pcap = libpcap.library()
    found = _by_libpcap(pcap) if pcap is not None else _by_system()
    answers = tried([Request(each.name, promiscuous=False, buffer=SMALL) for each in found])
    made = []
    for each, answer in zip(found, answers, strict=True):
        is_open = isinstance(answer, int)
        linktype = answer if isinstance(answer, int) else _linktype(each.name)
        made.append(
            LocalInterface(
                each.name,
                each.description,
                each.addresses,
                each.is_up,
                each.is_loopback,
                linktype,
                encapsulation(linktype).name if linktype >= 0 else "",
                is_open,
                "" if is_open else _reason(answer),
            )
        )
    return made


def preferred(found: list[LocalInterface]) -> str:
    """The interface that is most likely meant when none is named, "" if there is none."""
    able = [each for each in found if each.is_up and each.name != "any"]
    able.sort(key=lambda each: (each.is_loopback, not each.addresses))
    return able[0].name if able else ""


def interface_of(local: str, remote: str) -> str:
    """The interface that packets between these addresses pass.

    Args:
        local: of this machine.
        remote: of the other one, or of this one: then they never leave it.
    """
    pcap = libpcap.library()
    found = _by_libpcap(pcap) if pcap is not None else _by_system()
    for each in found:
        if each.is_loopback if local == remote else local in each.addresses:
            return each.name
    return EVERY_INTERFACE


def _by_libpcap(pcap: libpcap.Library) -> list[libpcap.Known]:
    try:
        return [each for each in libpcap.known(pcap) if each.name not in NO_PACKETS]
    except DeviceError:
        return _by_system()


def _by_system() -> list[libpcap.Known]:
    """What the standard library and Linux tell without libpcap."""
    made = []
    for _, name in socket.if_nameindex():
        flags = 0
        with suppress(OSError, ValueError):
            flags = int(Path("/sys/class/net", name, "flags").read_text(), 16)
        addresses = (*_ipv4(name), *_ipv6(name))
        made.append(libpcap.Known(name, "", addresses, bool(flags & UP), bool(flags & LOOPBACK)))
    return made


def _ipv4(name: str) -> list[str]:
    if sys.platform != "linux":
        return []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        try:
            answer = fcntl.ioctl(door, ADDRESS_OF, struct.pack("256s", name.encode()[:15]))
        except OSError:
            return []
    return [socket.inet_ntoa(answer[20:24])]


def _ipv6(name: str) -> list[str]:
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [str(ipaddress.IPv6Address(bytes.fromhex(row[0]))) for row in rows if row[5:] == [name]]


def _linktype(name: str) -> int:
    """The link type by the system's word for the hardware, -1 if that does not tell."""
    try:
        return LINKTYPES.get(hardware(name), -1)
    except DeviceError:
        return -1


def _reason(answer: int | DeviceError) -> str:
    assert isinstance(answer, DeviceError)
    words = {Trouble.FORBIDDEN: "not permitted", Trouble.DOWN: "down"}
    return words.get(answer.trouble, str(answer))
