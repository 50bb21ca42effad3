"""A network namespace is a host of its own: its interfaces, routes and sockets are nobody else's."""

from __future__ import annotations

import array
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

CLONE_NEWNET = 0x40000000  # linux/sched.h
SIOCETHTOOL = 0x8946  # linux/sockios.h
OFFLOADS = {  # linux/ethtool.h: what would let frames leave a host unfinished
    "transmit checksums": 0x17,
    "TCP segmentation": 0x1F,
    "generic segmentation": 0x24,
    "generic receive": 0x2C,
}

TCP_INFO_SIZE = 104
PATIENCE = 20
"""Seconds that a socket waits at most; much more than any scenario needs on a busy machine."""

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Remembered(socket.socket):
    """A socket that remembers what the kernel knew of its connection when it was closed.

    Attributes:
        state: the beginning of its `TCP_INFO`; empty while it is open, or if it is no TCP socket.
    """

    state = b""

    def close(self) -> None:
        """As usual."""
        self.remember()
        super().close()

    def remember(self) -> None:
        """Ask the kernel now."""
        if self.fileno() >= 0 and self.type == socket.SOCK_STREAM:
            self.state = self.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)


class Namespace:
    """A host. Inside `with host:` the calling thread is on it; sockets made there stay on it."""

    def __init__(self) -> None:
        self._outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(_libc.unshare(CLONE_NEWNET))
        self._inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.__exit__(None, None, None)
        self.set("net/ipv6/conf/all/disable_ipv6", 1)
        self.set("net/ipv6/conf/default/disable_ipv6", 1)

    def __enter__(self) -> Self:
        _check(_libc.setns(self._inside, CLONE_NEWNET))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _check(_libc.setns(self._outside, CLONE_NEWNET))

    @property
    def path(self) -> str:
        """Where `ip` finds this namespace."""
        return f"/proc/{os.getpid()}/fd/{self._inside}"

    def ip(self, *commands: str) -> None:
        """Configure the network of this host; each command is one of the `ip` program."""
        with self:
            subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)

    def set(self, name: str, value: object) -> None:
        """Set a kernel parameter, named by its path under /proc/sys."""
        with self:
            Path("/proc/sys", name).write_text(f"{value}\n")

    def new_socket(self, family: int, kind: int, protocol: int = 0) -> Remembered:
        """A socket on this host; it gives up after a while."""
        with self:
            made = Remembered(family, kind, protocol)
        made.settimeout(PATIENCE)
        return made

    def counters(self) -> dict[str, int]:
        """What the kernel of this host has counted: `TcpExt` and `Tcp`, those that are not 0."""
        counted: dict[str, int] = {}
        with self:
            for name in ("netstat", "snmp"):
                lines = Path("/proc/thread-self/net", name).read_text().splitlines()
                for names, values in zip(lines[::2], lines[1::2], strict=True):
                    family = names.partition(":")[0]
                    if family in ("TcpExt", "Tcp"):
                        pairs = zip(names.split()[1:], values.split()[1:], strict=True)
                        counted |= {f"{family}{key}": int(value) for key, value in pairs}
        return {key: value for key, value in counted.items() if value > 0}

    def switch_off_offloads(self, interface: str) -> None:
        """Make the kernel finish each frame (checksum, size) before the interface, and we, see it."""
        with self, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            for command in OFFLOADS.values():
                value = array.array("I", [command, 0])
                address, _ = value.buffer_info()
                fcntl.ioctl(door, SIOCETHTOOL, struct.pack("16sQ8x", interface.encode(), address))

    def close(self) -> None:
        """Let go; the kernel removes the namespace when its last socket is closed."""
        os.close(self._inside)
        os.close(self._outside)
