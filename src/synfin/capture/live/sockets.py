"""Which sockets a tree of processes has, as Linux tells in /proc; what is gone before a look is not seen."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

INTERVAL = 0.002
"""Seconds between two looks."""

TABLES = ("tcp", "tcp6", "udp", "udp6")
LOCAL, INODE = 1, 9  # columns of /proc/net/tcp and its like


class Port(NamedTuple):
    """A local port that was used: protocol "tcp" or "udp", and its number."""

    protocol: str
    number: int


class Looking:
    """Looks again and again which ports the descendants of this process use.

    Args:
        others: process ids among the descendants that do not count.

    Attributes:
        ports: seen so far.
    """

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
