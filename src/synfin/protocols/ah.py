"""Authentication Header: proves who sent a packet and that nobody changed it; hides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.registries import IP_PROTOCOLS
from synfin.dissect import text
from synfin.dissect.definition import Field, Length, Next, Protocol
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text


def length_line(rows: HeaderRows) -> Text:
    """In words of 4 bytes without the first two, as it stands there, and in bytes."""
    return text.join(
        [
            text.literal("Length: ", len(rows)),
            rows.text("length"),
            text.literal(" (", len(rows)),
            text.decimal(rows.values("length") * 4 + 8),
            text.literal(" bytes)", len(rows)),
        ]
    )


PROTOCOL = Protocol(
    name="ah",
    title="Authentication Header",
    reference="RFC 4302",
    follows=(("ip.proto", 51),),
    within="ipv6",
    short="AH",
    info="AH (SPI={spi})",
    header_length=Length((("length", 4),), bias=8),
    next_by=(Next("next_header", "ip.proto"),),
    fields=(
        Field("next_header", 8, "Next header", names=IP_PROTOCOLS),
        Field("length", 8, "Length", show=length_line),
        Field("reserved", 16, "Reserved", Kind.BYTES),
        Field("spi", 32, "AH SPI", Kind.HEX),
        Field("sequence", 32, "AH Sequence"),
        Field("icv", 0, "AH ICV", Kind.BYTES, rest=True, empty="<MISSING>"),
    ),
)
