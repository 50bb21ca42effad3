"""An errand is a command that is run while everything on the wire is captured, to pick out what it said."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import EngineError
from synfin.capture.live.sockets import Looking, descendants
from synfin.capture.live.visit import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.capture.live.sockets import Port
    from synfin.capture.live.wire import Wire

ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


class Errand(NamedTuple):
    """What became of a command.

    Attributes:
        status: its exit status; 128 and the signal's number if one ended it, as shells say.
        ports: the local ports it was seen to use.
    """

    status: int
    ports: frozenset[Port]


def run(command: Sequence[str], wire: Wire, path: str) -> Errand:
    """Run a command while everything is captured to a file.

    Args:
        command: program and arguments; it has our standard streams.
        wire: what is captured meanwhile; stopped when all is quiet again.
        path: of the file.

    Raises:
        EngineError: there is no such program, or the system does not tell which sockets it has.
        ExportError: the file cannot be written.
    """
    if sys.platform != "linux":
        raise EngineError("Only Linux tells which sockets a command has; use synfin capture beside it.")
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, ctypes.c_ulong(1), 0, 0, 0)  # so that they stay our descendants
    with recorded(wire, path):
        looking = Looking(frozenset(descendants(os.getpid())))
        try:
            status = _run(command)
        finally:
            looking.stop()
    return Errand(status, frozenset(looking.ports))


def _run(command: Sequence[str]) -> int:
    try:
        process = subprocess.Popen(list(command))  # noqa: S603 - what the user asked for
    except OSError as error:
        raise EngineError(f"{command[0]} cannot be run: {error.strerror or error}.") from None
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the keyboard speaks to the command
    try:
        status = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status


def filter_of(ports: frozenset[Port]) -> str:
    """The display filter for what went from or to these ports; "" if there are none."""
    kinds: dict[str, list[int]] = {}
    for port in sorted(ports):
        kinds.setdefault(port.protocol, []).append(port.number)
    return " || ".join(
        f"{protocol}.port in {{{', '.join(map(str, numbers))}}}" for protocol, numbers in kinds.items()
    )
