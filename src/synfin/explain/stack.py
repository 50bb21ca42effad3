"""The four layers of the Internet model, and the layer in which each protocol belongs, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from synfin.basics.cells import padded, wrapped
from synfin.basics.spans import Line, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synfin.dissect.definition import Protocol
    from synfin.dissect.table import PacketTable
    from synfin.explain.language import Language

Level = Literal["application", "transport", "internet", "link"]
LEVELS: tuple[Level, ...] = ("application", "transport", "internet", "link")
"""From the top down, as RFC 1122 1.1.3 names them."""

TRANSPORT = frozenset({"tcp", "udp", "udplite", "sctp", "dccp"})
INTERNET = frozenset({"ip", "ipv6", "icmp", "icmpv6", "igmp", "ah", "esp", "gre"})
NO_PROTOCOL = frozenset({"frame", "pkt_comment", "raw"})
"""What describes the capture itself; nothing of it was on the wire."""

FAMILIES: tuple[tuple[frozenset[str], Level], ...] = (
    (frozenset({"tcp.port", "udp.port"}), "application"),
    (frozenset({"linktype", "ethertype", "llc.dsap", "mpls.bottom", "ppp.protocol"}), "link"),
    (frozenset({"ip.proto"}), "internet"),
)
"""What carries a protocol that is not named above decides about its layer."""

REMARKS = ("arp", "icmp", "icmpv6", "igmp", "vlan", "mpls", "vxlan", "tcp", "udp", "ip", "ipv6", "eth")
"""Protocols about which there is a text "stack.why.…", those first that learners ask about most."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A protocol in its layer.

    Attributes:
        name: of the protocol.
        title: what the tree calls it.
        packets: how many packets of the capture hold it; 0 where nobody counted.
        why: why it belongs there, "" where that needs no words.
    """

    name: str
    title: str
    packets: int
    why: str


@dataclass(frozen=True, slots=True)
class Floor:
    """One layer.

    Attributes:
        level: which.
        title: its name.
        duty: what it is for, in one sentence.
        residents: the protocols in it.
    """

    level: Level
    title: str
    duty: str
    residents: tuple[Resident, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """The model, top layer first.

    Attributes:
        title: what it shows.
        floors: the four layers.
        aside: what is shown in captures but is no protocol.
    """

    title: str
    floors: tuple[Floor, ...]
    aside: str

    def lines(self, width: int) -> tuple[Line, ...]:
        """The model in lines of text."""
        return tuple(self._lines(width))

    def _lines(self, width: int) -> Iterator[Line]:
        yield (Span(self.title, "heading"),)
        yield ()
        rule = "─" * (width - 2)
        yield (Span(f"┌{rule}┐", "rule"),)
        for at, floor in enumerate(self.floors):
            if at:
                yield (Span(f"├{rule}┤", "rule"),)
            yield _boxed(floor.title, width, "field")
            for text in wrapped(floor.duty, width - 6):
                yield _boxed(f"  {text}", width, "unknown")
            for resident in floor.residents:
                yield from _resident_lines(resident, width)
        yield (Span(f"└{rule}┘", "rule"),)
        for text in wrapped(self.aside, width):
            yield (Span(text, "unknown"),)

    def text(self, width: int = 100) -> str:
        """The same as plain text."""
        return "".join("".join(span.text for span in line).rstrip() + "\n" for line in self.lines(width))


def _resident_lines(resident: Resident, width: int) -> Iterator[Line]:
    count = f"  ×{resident.packets}" if resident.packets else ""
    yield _boxed(f"  • {resident.title} ({resident.name}){count}", width, "value")
    for text in wrapped(resident.why, width - 8) if resident.why else ():
        yield _boxed(f"    {text}", width, "plain")


def _boxed(text: str, width: int, style: str) -> Line:
    return (
        Span("│ ", "rule"),
        Span(padded(text, width - 4), style),  # type: ignore[arg-type]
        Span(" │", "rule"),
    )


def level_of(protocol: Protocol) -> Level | None:
    """The layer of a protocol; None for what describes the capture, and for bodies of other protocols."""
    name = protocol.name
    if name in NO_PROTOCOL or protocol.body:
        return None
    if name == "data":
        return "application"
    if name in TRANSPORT:
        return "transport"
    if name in INTERNET:
        return "internet"
    families = {family for family, _ in protocol.follows}
    return next((level for carriers, level in FAMILIES if families & carriers), "application")


def held(table: PacketTable) -> dict[str, int]:
    """By protocol, how many packets of a chunk hold it."""
    names = table.catalogue.program.names
    packets, steps = table.found[0].astype(np.int64), table.found[1].astype(np.int64)
    counts = np.bincount(np.unique(packets * len(names) + steps) % len(names), minlength=len(names))
    return {name: count for name, count in zip(names, counts.tolist(), strict=True) if count}


def stack(protocols: Iterable[Protocol], words: Language, packets: Mapping[str, int] | None = None) -> Stack:
    """The four layers with these protocols in them.

    Args:
        protocols: any; those without a layer are left out.
        words: the language.
        packets: by protocol name, how many packets hold it; None where nobody counted.
    """
    counted = packets or {}
    homes: dict[Level, list[Resident]] = {level: [] for level in LEVELS}
    for protocol in protocols:
        level = level_of(protocol)
        if level is not None:
            why = words.say(f"stack.why.{protocol.name}") if protocol.name in REMARKS else ""
            homes[level].append(Resident(protocol.name, protocol.title, counted.get(protocol.name, 0), why))
    floors = tuple(
        Floor(level, words.say(f"stack.{level}"), words.say(f"stack.{level}.duty"), tuple(homes[level]))
        for level in LEVELS
    )
    return Stack(words.say("stack.title"), floors, words.say("stack.aside"))
