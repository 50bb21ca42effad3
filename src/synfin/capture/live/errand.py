"""An errand is a command that is run while everything on the wire is captured, to pick out what it said."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import EngineError
from synfin.capture.live.calls import prepared
from synfin.capture.live.sockets import Listening, Looking, descendants
from synfin.capture.live.visit import recorded

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence

    from synfin.capture.live.calls import Started
    from synfin.capture.live.sockets import Port
    from synfin.capture.live.wire import Wire

ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
INTERVAL = 0.02
"""Seconds between two looks whether any process is left."""

PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
"""Signals that are for the command."""


class Errand(NamedTuple):
    """What became of a command.

    Attributes:
        status: its exit status; 128 and the signal's number if one ended it, as shells say.
        ports: the local ports that it and its processes used.
        doubts: sentences on what may be missing among them.
    """

    status: int
    ports: frozenset[Port]
    doubts: tuple[str, ...]


def run(command: Sequence[str], wire: Wire, path: str, tell: Callable[[str], None]) -> Errand:
    """Run a command while everything is captured to a file, until it and all that it started have ended.

    Args:
        command: program and arguments; it has our standard streams.
        wire: what is captured meanwhile; stopped when all is quiet again.
        path: of the file.
        tell: is told, as a clause, what is waited for once the command itself has ended.

    Raises:
        EngineError: there is no such program, or the system does not tell which sockets it has.
        ExportError: the file cannot be written.
    """
    if sys.platform != "linux":
        raise EngineError("Only Linux tells which sockets a command has; use synfin capture beside it.")
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, ctypes.c_ulong(1), 0, 0, 0)  # so that they stay our descendants
    is_interruptible = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    with recorded(wire, path), ExitStack() as stack:
        others = frozenset(descendants(os.getpid()))
        with _passing_on_signals() as told:
            started = prepared(command, interruptible=is_interruptible)
            told.append(started.process)
            watcher = Looking(others) if started.calls is None else Listening(started.calls)
            stack.callback(watcher.stop)
            status = _status(command, started)
        _wait_for_the_rest(others, tell)
    return Errand(status, frozenset(watcher.ports), tuple(_doubts(watcher)))


def _status(command: Sequence[str], started: Started) -> int:
    """Let it begin, and wait for its end."""
    try:
        started.go()
    except OSError as error:
        raise EngineError(f"{command[0]} cannot be run: {error.strerror}.") from None
    status = started.process.wait()
    return status if status >= 0 else 128 - status


@contextmanager
def _passing_on_signals() -> Iterator[list[subprocess.Popen[bytes]]]:
    """The keyboard speaks to the command by itself; what is sent to us is sent on to those in the list."""
    told: list[subprocess.Popen[bytes]] = []

    def send_on(number: int, frame: object) -> None:  # noqa: ARG001 - the system's signature
        for process in told:
            process.send_signal(number)

    before = {number: signal.signal(number, send_on) for number in PASSED_ON}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_the_rest(others: frozenset[int], tell: Callable[[str], None]) -> None:
    """Wait until what the command started has ended, too, or the keyboard says that it is enough."""
    is_told = False
    with suppress(KeyboardInterrupt):
        while left := _alive(others):
            if not is_told:
                tell(f"{len(left)} of its processes still run; Ctrl-C ends the capture without them")
                is_told = True
            time.sleep(INTERVAL)


def _alive(others: frozenset[int]) -> set[int]:
    """Our descendants but those; orphans that have ended are taken leave of."""
    left = descendants(os.getpid()) - others
    ended = set()
    for process in left:
        with suppress(ChildProcessError):
            if os.waitpid(process, os.WNOHANG)[0]:
                ended.add(process)
    return left - ended


def _doubts(watcher: Listening | Looking) -> Iterator[str]:
    if isinstance(watcher, Looking):
        yield "Not every socket is told of here: those open for a few milliseconds only may be missing."
    if watcher.unseen:
        yield f"{watcher.unseen} times a process did not let its socket be seen: what that said is missing."


def filter_of(ports: frozenset[Port]) -> str:
    """The display filter for what went from or to these ports; "" if there are none."""
    kinds: dict[str, list[int]] = {}
    for port in sorted(ports):
        kinds.setdefault(port.protocol, []).append(port.number)
    return " || ".join(
        f"{protocol}.port in {{{', '.join(map(str, numbers))}}}" for protocol, numbers in kinds.items()
    )
