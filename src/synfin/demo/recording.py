"""Runs a scenario and writes what was seen at both ends, and beside it what really happened."""

from __future__ import annotations

import json
import platform
import re
from typing import TYPE_CHECKING, NamedTuple

from synfin.capture.chunk import Interface, Option
from synfin.capture.formats.pcapng_writer import block, interface_description, options_area, section_header
from synfin.capture.metadata import Section
from synfin.demo.frames import Frame, open_frames, receive
from synfin.demo.laboratory import Laboratory

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable
    from pathlib import Path

    from synfin.basics.arrays import Bytes
    from synfin.demo.scenario import Scenario

ETHERNET = 1
PACKET = 6
FLAGS, INBOUND, OUTBOUND = 2, 1, 2
"""The option of a packet that says which way it went (epb_flags)."""

SIDES = ("client", "server")

LATEST = 0.02
"""Seconds that the link may be late: after 0.04 a kernel no longer waits with its acknowledgment."""

REPETITIONS = 2
"""How often a scenario is played again if it was."""


class Seen(NamedTuple):
    """What a scenario left behind.

    Attributes:
        client, server: the frames at both ends.
        link: those on the link; the client's are outgoing.
        truth: what the link did, and what the kernels counted.
        link_late: seconds that the link was late, at most.
    """

    client: list[Frame]
    server: list[Frame]
    link: list[Frame]
    truth: dict[str, object]
    link_late: float


def kernel() -> str:
    """Name the kernel, without what a distribution or machine adds to its number."""
    number = re.match(r"[0-9.]+", platform.release())
    return f"Linux {number[0].rstrip('.') if number else platform.release()}"


def play(scenario: Scenario) -> Seen:
    """Make it happen; needs the rights of `enter`.

    If this machine was too busy to keep time, what happened is not what the scenario says: once more then.
    """
    seen = _played(scenario)
    for _ in range(REPETITIONS):
        if seen.link_late <= LATEST:
            break
        seen = _played(scenario)
    return seen


def _played(scenario: Scenario) -> Seen:
    with Laboratory(scenario.weather, neighbours_known=scenario.neighbours_known) as laboratory:
        if not scenario.resends:
            laboratory.be_patient()
        ends = [open_frames(host, "eth0") for host in (laboratory.client, laboratory.server)]
        scenario.run(laboratory)
        laboratory.settle()
        client, server = (drained(end) for end in ends)
        truth: dict[str, object] = {
            "scenario": scenario.name,
            "kernel": kernel(),
            "weather": scenario.weather._asdict(),
            "late": laboratory.link.late,
            "link": [passage._asdict() for passage in laboratory.link.log],
            "sockets": laboratory.states(),
            "counters": {
                side: host.counters()
                for side, host in zip(SIDES, (laboratory.client, laboratory.server), strict=True)
            },
        }
        return Seen(client, server, sorted(laboratory.link.passed), truth, laboratory.link.late)


def write(scenario: Scenario, seen: Seen, folder: Path) -> None:
    """`client.pcapng`, `server.pcapng` and `truth.json` in a folder."""
    for side, frames in zip(SIDES, (seen.client, seen.server), strict=True):
        where = f"at the {side}"
        comment = f"{scenario.title.en} Recorded {where} by synfin demo, both ends {kernel()}."
        (folder / f"{side}.pcapng").write_bytes(pcapng(frames, comment=comment, where=where))
    (folder / "truth.json").write_text(json.dumps(seen.truth, indent=1) + "\n")


def pcapng(frames: Iterable[Frame], *, comment: str, where: str) -> bytes:
    """A whole file: these frames, seen on an Ethernet interface, with times in nanoseconds."""
    section = Section(1, "", "pcapng", system=kernel(), comments=(comment,))
    interface = Interface(ETHERNET, name="eth0", description=where, digits=9)
    parts = [section_header(section), interface_description(interface), *map(_packet, frames)]
    return b"".join(part.tobytes() for part in parts)


def _packet(frame: Frame) -> Bytes:
    size = len(frame.data)
    numbers = (0, frame.time >> 32, frame.time & 0xFFFFFFFF, size, size)
    head = b"".join(number.to_bytes(4, "little") for number in numbers)
    direction = Option(FLAGS, (OUTBOUND if frame.outgoing else INBOUND).to_bytes(4, "little"))
    return block(PACKET, head + frame.data + bytes(-size % 4) + options_area([direction]))


def drained(source: socket.socket) -> list[Frame]:
    """All frames that wait; the source is closed."""
    frames = []
    while frame := receive(source):
        frames.append(frame)
    source.close()
    return frames
