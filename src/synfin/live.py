"""Everything a user can ask of the wire, one typed function each: what `operations` is for files."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import CaptureError
from synfin.operations import (
    Selection,
    chosen_tables,
    connection_table,
    explain_connection,
    open_session,
    save,
)
from synfin.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from synfin.basics.arrays import Flags
    from synfin.capture.live.device import Request
    from synfin.capture.live.errand import Errand
    from synfin.capture.live.interfaces import LocalInterface
    from synfin.capture.live.recording import Limits, Recording
    from synfin.capture.live.visit import Target, Visit
    from synfin.capture.live.wire import Wire
    from synfin.connections.summary import Connections
    from synfin.explain.explanation import Explanation
    from synfin.explain.language import Lang

FAILED = ("refused", "rejected by ICMP", "reset during handshake")
CLOSED = (
    *("four segments", "three segments", "simultaneous"),
    *("RST by client", "RST by server", "RST after both FINs"),
)
"""What the table says of a connection that is over."""

SETTLED = 500_000_000
"""Nanoseconds without a packet after which nothing more is expected of a connection that is over."""

INTERVAL = 0.5
"""Seconds between two looks at what was captured, at least."""


def interfaces() -> list[LocalInterface]:
    """Every interface of this machine, and whether it can be captured."""
    from synfin.capture.live.interfaces import interfaces as local_interfaces

    return local_interfaces()


def preferred_interface() -> str:
    """The interface to capture when none is named.

    Raises:
        CaptureError: there is none.
    """
    from synfin.capture.live.interfaces import interfaces as local_interfaces
    from synfin.capture.live.interfaces import preferred

    name = preferred(local_interfaces())
    if not name:
        raise CaptureError("No interface is up; `synfin interfaces` lists those there are.")
    return name


def open_wire(requests: Sequence[Request], *, flood: bool = False) -> Wire:
    """Begin to capture: from now on nothing is missed. To be closed.

    Args:
        requests: one for each interface.
        flood: be ready for as many packets as there can be, from the first one on; takes half a second.

    Raises:
        CaptureError: an interface cannot be captured, or may not be.
        FilterError: a capture filter cannot be understood.
    """
    from synfin.capture.live.wire import Wire, prepare

    if flood:
        prepare()
    return Wire(requests)


def give_up_rights() -> None:
    """Be whoever called sudo, and without any capability, from now on: analysing takes no rights.

    Raises:
        CaptureError: rights are left.
    """
    from synfin.capture.live.privileges import PrivilegeError, become_ordinary

    try:
        become_ordinary()
    except PrivilegeError as error:
        raise CaptureError(f"{error} Nothing is captured with more rights than it takes.") from None


def recording(
    wire: Wire, path: str, form: str | None = None, ring: Limits | None = None, limits: Limits | None = None
) -> Recording:
    """Begin to write what is captured to a file, or a ring of files. To be closed.

    Args:
        wire: what is captured.
        path: the file, "-" for standard output.
        form: "pcapng", "pcap" or "nsecpcap"; None: by the suffix.
        ring: when to go on with the next file.
        limits: of the whole capture.

    Raises:
        ExportError: the file cannot be written.
    """
    from synfin.capture.live.recording import Recording

    return Recording(path, wire, format=form, ring=ring, most=limits.files if limits else 0)


def record(wire: Wire, limits: Limits, target: Recording | None) -> None:
    """Write packets as they come, until a limit is reached or the wire is stopped.

    Raises:
        ExportError: the file cannot be written; what was written before stays.
    """
    from synfin.capture.live.recording import limited

    for _ in limited(wire, limits, target):
        pass


def live_session(wire: Wire, limits: Limits, target: Recording | None = None) -> Session:
    """What is being captured as a capture to ask about, while it grows.

    Args:
        wire: what is captured.
        limits: when to stop.
        target: where packets are written before anybody sees them, if anywhere.
    """
    from synfin.capture.live.feed import Feed
    from synfin.capture.live.recording import limited
    from synfin.session import follow

    return follow(Feed(wire, limited(wire, limits, target)))


def explained(
    wire: Wire, limits: Limits, target: Recording, *, lang: Lang, width: int
) -> Iterator[Explanation]:
    """The stories of TCP connections while they are captured: each when it is over, the others at the end.

    What was written is read again for it, which takes a fifth of the time at most.

    Args:
        wire: what is captured.
        limits: when to stop.
        target: the file that packets are written to; ended when the capture has ended.
        lang: the reader's language.
        width: columns of its lines.

    Raises:
        ExportError: the file cannot be written; what was written before stays.
    """
    from synfin.capture.live.recording import limited

    told: set[int] = set()
    seen, due = 0, 0.0
    for _ in limited(wire, limits, target):
        begin = time.monotonic()
        if begin < due or target.packets == seen:
            continue
        session = open_session(target.path)
        table = connection_table(session, main_only=True)
        settled = table.numbers("start") + table.numbers("duration") < time.time_ns() - SETTLED
        ended = _is_over(table)
        yield from _stories(session, table.numbers("number")[ended & settled].tolist(), told, lang, width)
        seen = -1 if (ended & ~settled).any() else target.packets
        due = time.monotonic() + max(INTERVAL, 4 * (time.monotonic() - begin))
    target.close()
    session = open_session(target.path)
    numbers = connection_table(session, main_only=True).numbers("number").tolist()
    yield from _stories(session, numbers, told, lang, width)


def _is_over(table: Connections) -> Flags:
    """Which connections were refused, or closed by both ends or a reset."""
    opened, closed = (table.columns[name].tolist() for name in ("handshake", "teardown"))
    return np.array([a in FAILED or b in CLOSED for a, b in zip(opened, closed, strict=True)], np.bool_)


def _stories(
    session: Session, numbers: Sequence[int], told: set[int], lang: Lang, width: int
) -> Iterator[Explanation]:
    """The stories of those connections that were not told yet."""
    with session.capture:
        for number in numbers:
            if number not in told:
                told.add(number)
                story = explain_connection(session, number, lang=lang, width=width)
                assert story is not None
                yield story


def visit_target(text: str) -> Target:
    """Whom a URL or HOST[:PORT] means.

    Raises:
        EngineError: it is neither.
    """
    from synfin.capture.live.visit import target_of

    return target_of(text)


def open_visit(target: Target, device: str = "") -> tuple[Visit, Wire]:
    """Find the way to a server, and begin to capture there what a visit will make, names and neighbours too.

    Args:
        target: whom to visit.
        device: interface to capture, "" for the one that leads there.

    Raises:
        CaptureError: the interface cannot be captured, or may not be.
        EngineError: the host has no address, or there is no way to it.
    """
    from synfin.capture.live.device import Request
    from synfin.capture.live.interfaces import interface_of
    from synfin.capture.live.visit import Visit, reachable

    local, address = reachable(target)
    wanted = f"host {address} or arp or icmp6 or port 53"
    device = device or interface_of(local, address)
    return Visit(target, address), open_wire([Request(device, wanted)])


def watched(visit: Visit, wire: Wire, path: str) -> Iterator[str]:
    """Hold a visit while its packets are written to a file; yields what came of each step.

    Raises:
        ExportError: the file cannot be written.
    """
    from synfin.capture.live.visit import watched as held

    return held(visit, wire, path)


def explained_visit(session: Session, number: int, host: str, *, lang: Lang, width: int) -> Explanation:
    """The story of a visit: everything that happened in order, then its connection.

    Args:
        session: what was captured.
        number: of the connection.
        host: as the visitor named it.
        lang: the reader's language.
        width: columns of its lines.
    """
    from synfin.explain.visit import visit

    def found(wanted: str) -> list[int]:
        return [
            piece.table.chunk.first + int(row)
            for piece in chosen_tables(session, (), Selection(wanted))
            if piece.chosen is not None
            for row in np.flatnonzero(piece.chosen)
        ]

    story = explain_connection(session, number, lang=lang, width=width)
    assert story is not None
    return replace(story, sections=(visit(found, number, host, lang), *story.sections))


def open_everything(device: str = "") -> Wire:
    """Begin to capture whatever TCP and UDP there is. To be closed.

    Args:
        device: interface, "" for all of them.

    Raises:
        CaptureError: it cannot be captured, or may not be.
    """
    from synfin.capture.live.device import Request
    from synfin.capture.live.interfaces import EVERY_INTERFACE

    return open_wire([Request(device or EVERY_INTERFACE, "tcp or udp", promiscuous=False)])


def run(command: Sequence[str], wire: Wire, path: str, tell: Callable[[str], None]) -> Errand:
    """Run a command, and write what it says over the network to a file.

    Args:
        command: program and arguments.
        wire: what is captured meanwhile.
        path: of the file; what others say is not in it.
        tell: is told, as a clause, what is waited for once the command itself has ended.

    Raises:
        EngineError: there is no such program, or the system does not tell which sockets it has.
        ExportError: the file cannot be written.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from synfin.capture.live.errand import filter_of
    from synfin.capture.live.errand import run as run_errand

    with TemporaryDirectory() as folder:
        everything = str(Path(folder, "everything.pcapng"))
        done = run_errand(command, wire, everything, tell)
        wanted = filter_of(done.ports) or "frame.number == 0"
        with open_session(everything).capture as capture:
            save(Session(capture), path, Selection(wanted))
    return done


def connection_from(session: Session, port: int) -> int | None:
    """The number of the last connection that a client opened from this TCP port, None if there is none."""
    table = connection_table(session, main_only=True)
    found = table.numbers("number")[table.numbers("client_port") == port]
    return int(found[-1]) if len(found) else None
