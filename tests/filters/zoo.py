"""An invented protocol, of which every value is known before any packet is read."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect.catalogue import Catalogue
from synfin.dissect.definition import Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.filters.filter import Filter, compile_filter
from synfin.protocols.data import PROTOCOL as DATA
from tests.packets import table_of

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable

LINKTYPE = 250
TENTH = 100_000_000
OWL = 3


def _age(rows: HeaderRows) -> np.ndarray:
    return rows.values("legs") * TENTH


def _weight(rows: HeaderRows) -> np.ndarray:
    return rows.values("heat") / 4


def _wild(rows: HeaderRows) -> Sparse:
    return Sparse(np.flatnonzero(rows.values("kind") == OWL), None)


ANIMAL = Protocol(
    name="zoo",
    title="Animal",
    reference="none",
    follows=(("gate.open", 1), ("zoo.more", 1)),
    next_by=(Next("more", "zoo.more"),),
    fields=(
        Field("kind", 8, "Kind", names={1: "Cat", 2: "Dog", OWL: "Owl"}),
        Field("legs", 8, "Legs"),
        Field(
            "habits",
            8,
            "Habits",
            Kind.HEX,
            parts=(
                Field("habits.tame", 1, "Tame", Kind.BOOLEAN),
                Field("habits.loud", 1, "Loud", Kind.BOOLEAN, names={0: "Quiet", 1: "Noisy"}),
                Field("habits.rest", 6, "Other habits"),
            ),
        ),
        Field("more", 8, "Whether another follows"),
        Field("left", 16, "Left paw", Kind.PORT, also=("paw",)),
        Field("right", 16, "Right paw", Kind.PORT, also=("paw",)),
        Field("heat", 16, "Temperature", Kind.INT),
        Field("cage", 64, "Cage number"),
        Field("home", 32, "Home", Kind.IPV4, also=("place",)),
        Field("den", 32, "Den", Kind.IPV4, also=("place",)),
        Field("far", 128, "Far away", Kind.IPV6),
        Field("tag", 48, "Tag", Kind.ETHER),
        Field("fur", 32, "Fur", Kind.BYTES),
        Field("call", 32, "Call", Kind.TEXT),
        Computed("age", "Age", Kind.DURATION, _age),
        Computed("weight", "Weight", Kind.DOUBLE, _weight),
        Computed("wild", "Wild", Kind.NONE, _wild),
    ),
)


GATE = Protocol(
    name="gate",
    title="Gate",
    reference="none",
    follows=(("linktype", LINKTYPE),),
    next_by=(Next("open", "gate.open"),),
    fields=(Field("open", 8, "Whether an animal follows"),),
)


@dataclass(frozen=True)
class Animal:
    """One header."""

    kind: int = 1
    legs: int = 4
    habits: int = 0
    left: int = 80
    right: int = 443
    heat: int = 20
    cage: int = 7
    home: str = "10.0.0.1"
    den: str = "10.0.0.2"
    far: str = "2001:db8::1"
    tag: str = "00:00:5e:00:53:01"
    fur: bytes = b"\x01\x02\x03\x04"
    call: str = "meow"

    def octets(self, *, more: bool = False) -> bytes:
        """The header as it is in a packet."""
        numbers = struct.pack(
            ">BBBBHHhQ", self.kind, self.legs, self.habits, more, self.left, self.right, self.heat, self.cage
        )
        addresses = (
            IPv4Address(self.home).packed + IPv4Address(self.den).packed + IPv6Address(self.far).packed
        )
        return numbers + addresses + bytes.fromhex(self.tag.replace(":", "")) + self.fur + self.call.encode()

    def values(self) -> dict[str, list[object]]:
        """Every field of one header, several values where several places have the name."""
        home, den = int(IPv4Address(self.home)), int(IPv4Address(self.den))
        return {
            "zoo": [self.octets()],
            "zoo.kind": [self.kind],
            "zoo.legs": [self.legs],
            "zoo.habits": [self.habits],
            "zoo.habits.tame": [self.habits >> 7],
            "zoo.habits.loud": [self.habits >> 6 & 1],
            "zoo.left": [self.left],
            "zoo.right": [self.right],
            "zoo.paw": [self.left, self.right],
            "zoo.heat": [self.heat],
            "zoo.cage": [self.cage],
            "zoo.home": [home],
            "zoo.den": [den],
            "zoo.place": [home, den],
            "zoo.far": [int(IPv6Address(self.far))],
            "zoo.tag": [int(self.tag.replace(":", ""), 16)],
            "zoo.fur": [self.fur],
            "zoo.call": [self.call.encode()],
            "zoo.age": [self.legs * TENTH],
            "zoo.weight": [self.heat / 4],
            "zoo.wild": [1] if self.kind == OWL else [],
        }


Packet = Sequence[Animal]
"""One packet: headers, the outermost first; none behind a closed gate."""


@cache
def zoo() -> Catalogue:
    """A catalogue of these protocols alone."""
    return Catalogue.of((ANIMAL, GATE, DATA))


def octets_of(packet: Packet) -> bytes:
    """A packet's bytes."""
    last = len(packet) - 1
    return bytes([bool(packet)]) + b"".join(
        animal.octets(more=index < last) for index, animal in enumerate(packet)
    )


def table(packets: Sequence[Packet]) -> PacketTable:
    """The packets, dissected."""
    return table_of([octets_of(packet) for packet in packets], linktype=LINKTYPE, using=zoo())


def understood(text: str) -> Filter:
    """A filter over this protocol."""
    return compile_filter(text, zoo())


def selected(text: str, packets: Sequence[Packet]) -> list[int]:
    """Which packets a filter selects, counted from 0."""
    return [int(index) for index in np.flatnonzero(understood(text).mask(table(packets)))]
