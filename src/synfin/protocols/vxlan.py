"""VXLAN, RFC 7348: Ethernet frames of many virtual networks, carried over UDP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.template import drawn

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

RESERVED = 0x77B7
"""Bits of the flags that mean nothing."""

TRUTH = {0: "False", 1: "True"}
NAMES = (
    (0x8000, "GBP Extension"),
    (0x0800, "VXLAN Network ID (VNI)"),
    (0x0040, "Don't Learn"),
    (0x0008, "Policy Applied"),
)


def reserved(rows: HeaderRows) -> Integers:
    """The flags that mean nothing."""
    return rows.values("flags") & RESERVED


def reserved_line(rows: HeaderRows) -> Text:
    """The same, drawn in their word."""
    return text.each(reserved(rows), _reserved_line)


def _reserved_line(value: int) -> str:
    word = drawn(value, 16, 0, 16).removesuffix(" = ").replace(" ", "")
    kept = "".join(bit if mask == "1" else "." for bit, mask in zip(word, f"{RESERVED:016b}", strict=True))
    groups = " ".join(kept[at : at + 4] for at in range(0, len(kept), 4))
    return f"{groups} = Reserved(R): 0x{value:04x}"


def flags_line(rows: HeaderRows) -> Text:
    """The flags, and those that are set by name."""
    return text.each(
        rows.values("flags"),
        lambda flags: ", ".join([f"Flags: 0x{flags:04x}", *(name for bit, name in NAMES if flags & bit)]),
    )


PROTOCOL = Protocol(
    name="vxlan",
    title="Virtual eXtensible Local Area Network",
    reference="RFC 7348 5",
    follows=(("udp.port", 4789),),
    next_by=(Next("synfin.vxlan.any", "vxlan.any"),),
    short="VxLAN",
    fields=(
        Field("synfin.vxlan.any", 1, "Whatever it is", overlay=True, absolute=True, hidden=True),
        Field(
            "flags",
            16,
            "Flags",
            Kind.HEX,
            show=flags_line,
            parts=(
                Field(
                    "flag_g",
                    1,
                    "GBP Extension",
                    Kind.BOOLEAN,
                    {0: "Not defined", 1: "Defined"},
                    overlay=True,
                    container=16,
                ),
                Field(
                    "flag_i",
                    1,
                    "VXLAN Network ID (VNI)",
                    Kind.BOOLEAN,
                    TRUTH,
                    overlay=True,
                    skip=4,
                    container=16,
                ),
                Field("flag_d", 1, "Don't Learn", Kind.BOOLEAN, TRUTH, overlay=True, skip=9, container=16),
                Field(
                    "flag_a", 1, "Policy Applied", Kind.BOOLEAN, TRUTH, overlay=True, skip=12, container=16
                ),
                Computed(
                    "flags_reserved",
                    "Reserved(R)",
                    Kind.HEX,
                    reserved,
                    width=16,
                    show=reserved_line,
                    bare=True,
                ),
            ),
        ),
        Field("gbp", 16, "Group Policy ID"),
        Field("vni", 24, "VXLAN Network Identifier (VNI)"),
        Field("reserved8", 8, "Reserved"),
    ),
)
