"""PPP, RFC 1661: before each packet a protocol number of one byte or two, maybe framed as in HDLC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import PPP_PROTOCOLS
from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.dissect.text import Text

ALL_STATIONS = 0xFF
"""The only HDLC address that PPP uses; as a first byte it can begin no protocol number."""

CISCO_ADDRESSES = (0x0F, 0x8F)
"""Addresses of Cisco's own framing, which is another protocol."""

ODD = tuple(number for number in range(1, 256, 2) if number not in (ALL_STATIONS, *CISCO_ADDRESSES))
EVEN = tuple(range(0, 256, 2))
"""The last byte of a protocol number is odd, all others are even: so one can tell where it ends."""

DIRECTIONS = {0: "DTE->DCE", 1: "DCE->DTE"}


def everywhere(rows: HeaderRows) -> Sparse:
    """A mark on every header."""
    return Sparse(np.arange(len(rows)), None)


def short(rows: HeaderRows) -> Text:
    """A packet that carries nothing known is called by its number."""
    called = text.each(rows.values("protocol"), lambda number: f"0x{number:04x}")
    return text.choose(rows.is_whole, called, text.literal("PPP", len(rows)))


def info(rows: HeaderRows) -> Text:
    """What the number is called."""
    numbers = rows.values("protocol")
    called = text.each(numbers, lambda one: f"PPP {PPP_PROTOCOLS.get(one, 'Unknown')} (0x{one:04x})")
    return text.where(rows.is_whole, called)


MARK = Computed("ppp", "Point-to-Point Protocol", Kind.PROTOCOL, everywhere, absolute=True, hidden=True)
"""Found by the same name with and without a byte for the direction."""

PROTOCOLS = (
    Protocol(
        name="ppp",
        title="Point-to-Point Protocol",
        reference="RFC 1661",
        follows=(
            ("linktype", 9),
            ("linktype", 50),
            ("pppoe.version", ANY),
            ("gre.proto", 0x880B),
            ("sll.ltype", 7),
        ),
        next_by=(Next("", "ppp.first", peek=8),),
        short="PPP",
        fields=(MARK,),
    ),
    Protocol(
        name="ppp.directed",
        title="Point-to-Point Protocol",
        reference="LINKTYPE_PPP_WITH_DIR",
        follows=(("linktype", 204),),
        prefix="ppp",
        path="ppp",
        next_by=(Next("", "ppp.first", peek=8),),
        short="PPP",
        fields=(
            Field("direction", 8, "Direction", names=DIRECTIONS, show="[Direction: {direction:shown}]"),
            MARK,
        ),
    ),
    Protocol(
        name="ppp.hdlc",
        title="Point-to-Point Protocol",
        reference="RFC 1662 3.1",
        follows=(("ppp.first", ALL_STATIONS),),
        prefix="ppp",
        body=True,
        next_by=(Next("", "ppp.second", peek=8),),
        fields=(Field("address", 8, "Address", Kind.HEX), Field("control", 8, "Control", Kind.HEX)),
    ),
    Protocol(
        name="ppp.short",
        title="Point-to-Point Protocol",
        reference="RFC 1661 6.5",
        follows=tuple((family, number) for family in ("ppp.first", "ppp.second") for number in ODD),
        prefix="ppp",
        body=True,
        next_by=(Next("protocol", "ppp.protocol"),),
        short=short,
        info=info,
        fields=(
            Field(
                "protocol",
                8,
                "Protocol",
                Kind.HEX,
                PPP_PROTOCOLS,
                width=16,
                show="Protocol: {protocol:label} ({protocol})",
            ),
        ),
    ),
    Protocol(
        name="ppp.long",
        title="Point-to-Point Protocol",
        reference="RFC 1661 2",
        follows=tuple((family, number) for family in ("ppp.first", "ppp.second") for number in EVEN),
        prefix="ppp",
        body=True,
        next_by=(Next("protocol", "ppp.protocol"),),
        short=short,
        info=info,
        fields=(Field("protocol", 16, "Protocol", Kind.HEX, PPP_PROTOCOLS),),
    ),
)
