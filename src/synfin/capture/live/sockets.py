"""Which local ports a tree of processes uses: every one where its calls are held, else what a look finds."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from synfin.capture.live.calls import Call, Calls

INTERVAL = 0.002
"""Seconds between two looks, where looking is all there is."""

AT_ONCE, PATIENCE = 0.00005, 0.2
"""Seconds between two looks at a socket whose call goes on, and until it is clear that it gets no port."""

PROTOCOLS = {socket.IPPROTO_TCP: "tcp", 262: "tcp", socket.IPPROTO_UDP: "udp"}  # 262: Multipath TCP
SYN_SENT, CLOSED = 2, 7  # include/net/tcp_states.h

TABLES = ("tcp", "tcp6", "udp", "udp6")
LOCAL, INODE = 1, 9  # columns of /proc/net/tcp and its like


class Port(NamedTuple):
    """A local port that was used: protocol "tcp" or "udp", and its number."""

    protocol: str
    number: int


class Listening:
    """Learns of every port when it is taken, from the calls that take one.

    A second reference to the socket is kept until its port is known, so that it is known even if the process
    ends at once; that is a fraction of a millisecond after the call went on.

    Args:
        calls: of the process tree; closed at the end.

    Attributes:
        ports: taken so far.
        unseen: sockets that we were not allowed to look at.
    """

    def __init__(self, calls: Calls) -> None:
        self.ports: set[Port] = set()
        self.unseen = 0
        self._calls = calls
        self._waiting: list[Waiting] = []
        self._is_over = Event()
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._is_over.set()
        self._thread.join()
        self._calls.close()

    def _listen(self) -> None:
        while not self._is_over.is_set():
            call = self._calls.next(AT_ONCE if self._waiting else PATIENCE)
            if call is not None:
                self._look(call)
            self._waiting = [each for each in self._waiting if not self._is_known(each)]
        for each in self._waiting:
            self._is_known(each)
            each.socket.close()

    def _look(self, call: Call) -> None:
        """Take a reference to a socket, and let its call go on."""
        found = None
        try:
            found = self._calls.socket_of(call)
        except PermissionError:
            self.unseen += 1
        if found is None:
            self._calls.go_on(call)
            return
        before = port_of(found)
        if before is not None:
            self.ports.add(before)
        self._calls.go_on(call)
        if before is None or (call.connects and before.protocol == "tcp"):
            self._waiting.append(Waiting(found, before, time.monotonic() + PATIENCE))
        else:
            found.close()

    def _is_known(self, waiting: Waiting) -> bool:
        """Whether a socket has its port now, or will not get any; it is let go then."""
        port = port_of(waiting.socket)
        is_new = port is not None and (port != waiting.before or is_connected(waiting.socket))
        if port is not None and is_new:
            self.ports.add(port)
        if is_new or time.monotonic() > waiting.end:
            waiting.socket.close()
            return True
        return False


class Waiting(NamedTuple):
    """A socket whose call goes on.

    Attributes:
        socket: our reference to it.
        before: the port it had before, which a call that connects may replace.
        end: when to wait no longer, by `time.monotonic`.
    """

    socket: socket.socket
    before: Port | None
    end: float


def port_of(made: socket.socket) -> Port | None:
    """The local port of an internet socket; None if it has none, or is neither TCP nor UDP."""
    protocol = PROTOCOLS.get(made.proto)
    number = int(made.getsockname()[1]) if protocol else 0
    return Port(protocol, number) if protocol and number else None


def is_connected(made: socket.socket) -> bool:
    """Whether a TCP socket has its port for certain: Linux calls it SYN_SENT before it has chosen one."""
    return made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] not in (CLOSED, SYN_SENT)


class Looking:
    """Looks again and again which ports the descendants of this process use; may miss short ones.

    Args:
        others: process ids among the descendants that do not count.

    Attributes:
        ports: seen so far.
        unseen: 0; what it misses it does not know.
    """

    unseen = 0

    def __init__(self, others: frozenset[int]) -> None:
        self.ports: set[Port] = set()
        self._others = others
        self._is_over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(INTERVAL):
            inodes = {
                inode for process in descendants(os.getpid()) - self._others for inode in sockets(process)
            }
            if inodes:
                self.ports |= ports(inodes)


def descendants(process: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    found: set[int] = set()
    waiting = [process]
    while waiting:
        with suppress(OSError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                children = {int(word) for word in (task / "children").read_text().split()} - found
                found |= children
                waiting += children
    return found


def sockets(process: int) -> set[int]:
    """Inode numbers of the sockets that a process has open."""
    found: set[int] = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                name = str(descriptor.readlink())
                if name.startswith("socket:["):
                    found.add(int(name[8:-1]))
    return found


def ports(inodes: set[int]) -> set[Port]:
    """The local ports of these sockets."""
    found: set[Port] = set()
    for table in TABLES:
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                words = line.split()
                number = int(words[LOCAL].rpartition(":")[2], 16)
                if number and int(words[INODE]) in inodes:
                    found.add(Port(table[:3], number))
    return found
