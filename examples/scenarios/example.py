"""A scenario says what two hosts do and what must be seen of it; anything else is a failed recording."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synfin.demo.frames import ACK, FIN, PSH, RST, SYN, Frame, segment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from synfin.demo.laboratory import Laboratory

LETTERS = {FIN: "F", SYN: "S", RST: "R", PSH: "P", ACK: "."}  # as tcpdump prints them
NETWORK = {b"\x08\x06": "arp", b"\x81\x00": "vlan"}
INTERNET = {1: "icmp", 17: "udp", 58: "icmp", 0: "icmp"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One example.

    Attributes:
        name: of the file, without suffix.
        title: one sentence: what the capture shows.
        run: makes it happen.
        ladder: regular expression that the whole of `ladder_of` the client's capture must match.
        filters: display filters each of which must match some packet, where tshark is installed.
        delay: of the link one way, seconds.
        neighbours_known: no address resolution needed.
        trunk: record on the link instead, as on a trunk that carries VLAN `trunk`; 0 for no.
        at_server: record the server's side too, as NAME.server.pcapng.
    """

    name: str
    title: str
    run: Callable[[Laboratory], None]
    ladder: str
    filters: tuple[str, ...] = ()
    delay: float = 0.010
    neighbours_known: bool = True
    trunk: int = 0
    at_server: bool = False

    def check(self, frames: Iterable[Frame]) -> None:
        """Raise ValueError when these frames do not tell the story of this scenario."""
        seen = ladder_of(frames)
        if not re.fullmatch(self.ladder, seen):
            raise ValueError(f"{self.name} should look like\n  {self.ladder}\nbut the kernel did\n  {seen}")


def ladder_of(frames: Iterable[Frame]) -> str:
    """Write one word per frame: `>` sent or `<` received, then TCP flags (+ for payload) or protocol."""
    return " ".join((">" if frame.outgoing else "<") + _word(frame.data) for frame in frames)


def _word(data: bytes) -> str:
    segment = segment_of(data)
    if segment:
        flags = "".join(letter for bit, letter in LETTERS.items() if segment.flags & bit)
        return flags + "+" * (segment.payload > 0)
    kind = data[12:14]
    if kind == b"\x08\x00":
        return INTERNET[data[23]]
    return INTERNET[data[20]] if kind == b"\x86\xdd" else NETWORK[kind]
