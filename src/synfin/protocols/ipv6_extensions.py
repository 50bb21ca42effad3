"""IPv6 extension headers: options for routers, options for the destination, waypoints, fragments."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import IP_PROTOCOLS
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Items, Length, Lesson, Next, Protocol, Shape, Words
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.text import Text

SOURCE_ROUTE, MOBILE, RPL, SEGMENTS = 0, 2, 3, 4
COMPACT_16, COMPACT_32 = 5, 6

ROUTING_TYPES = {
    0: "Source Route",
    1: "Nimrod",
    2: "Type 2 Routing",
    3: "RPL Source Route",
    4: "Segment Routing",
    5: "Compact Routing Header 16",
    6: "Compact Routing Header 32",
    253: "Experiment 1",
    254: "Experiment 2",
}
"""IANA IPv6 Routing Types."""

DECODED = (SOURCE_ROUTE, MOBILE, RPL, SEGMENTS, COMPACT_16, COMPACT_32)
WARNING = (Severity.WARNING, Topic.PROTOCOL)


def octets(rows: HeaderRows, name: str = "len") -> Integers:
    """The length in bytes; the field counts in eights, without the first."""
    return rows.values(name) * 8 + 8


def octets_line(rows: HeaderRows) -> Text:
    """The same in words."""
    return text.join(
        [text.literal("Length: ", len(rows)), rows.text("len_oct"), text.literal(" bytes", len(rows))]
    )


def head(*before: Item) -> tuple[Item, ...]:
    """What nearly all extension headers begin with."""
    return (
        *before,
        Field("nxt", 8, "Next Header", names=IP_PROTOCOLS),
        Field("len", 8, "Length"),
        Computed("len_oct", "Length", Kind.UINT, octets, width=16, show=octets_line),
    )


def is_not_first(rows: HeaderRows) -> Flags:
    """Whether it does not directly follow the IPv6 header, where routers look for it."""
    outer = rows.previous_header()
    return rows.rows_of("ipv6", outer) < 0


HOP_BY_HOP = Protocol(
    name="ipv6.hopopts",
    title="IPv6 Hop-by-Hop Option",
    reference="RFC 8200 4.3",
    follows=(("ip.proto", 0),),
    within="ipv6",
    info="IPv6 hop-by-hop options",
    header_length=Length((("len", 8),), bias=8),
    next_by=(Next("nxt", "ip.proto"),),
    items=(Items("ipv6.hopopts.option", singles=(0,), uncounted=2),),
    fields=head(
        remark(
            "not_first",
            (Severity.ERROR, Topic.PROTOCOL),
            "IPv6 Hop-by-Hop extension header must appear immediately after IPv6 header",
            is_not_first,
        )
    ),
    lessons={
        "nxt": Lesson(
            Words(
                "What follows these options, which every router on the way may read.",
                "这些选项之后是什么；途中每个路由器都可能读这些选项。",
            ),
            "RFC 8200 4.3",
        )
    },
)

DESTINATION = Protocol(
    name="ipv6.dstopts",
    title="Destination Options for IPv6",
    reference="RFC 8200 4.6",
    follows=(("ip.proto", 60),),
    within="ipv6",
    info="IPv6 destination options",
    header_length=Length((("len", 8),), bias=8),
    next_by=(Next("nxt", "ip.proto"),),
    items=(Items("ipv6.dstopts.option", singles=(0,), uncounted=2),),
    fields=head(),
)


def routing_summary(rows: HeaderRows) -> Text:
    """The title with the kind of routing."""
    return text.join(
        [
            text.literal("Routing Header for IPv6 (", len(rows)),
            text.named(rows.values("type"), ROUTING_TYPES),
            text.literal(")", len(rows)),
        ]
    )


def of_type(*kinds: int) -> partial[tuple[Integers, Integers]]:
    """Where the addresses of these types of routing headers stand."""
    return partial(address_area, kinds=kinds)


def address_area(rows: HeaderRows, kinds: tuple[int, ...]) -> tuple[Integers, Integers]:
    """From the ninth byte: whole addresses up to the header's end, or as many as a segment list has."""
    begin = rows.start.astype(np.int64) + 8
    room = (rows.end - begin) // 16
    if kinds == (SEGMENTS,):
        room = np.minimum(room, rows.values("srh.last_entry") + 1)
    mine = np.isin(rows.values("type", missing=-1), kinds)
    return begin, np.where(mine, begin + np.maximum(room, 0) * 16, begin)


def address_line(rows: HeaderRows, name: str, first: int) -> Text:
    """Its number and the address."""
    index = (rows.start - rows.outer.start[rows.layer.position] - 8) // 16 + first
    return text.join(
        [
            text.literal("Address[", len(rows)),
            text.decimal(index.astype(np.int64)),
            text.literal("]: ", len(rows)),
            rows.text(name),
        ]
    )


def waypoint(family: str, name: str, label: str, first: int) -> Protocol:
    """One address of a routing header.

    Args:
        family: the list it is in.
        name: the field's name below "ipv6.routing.".
        label: what it is.
        first: number of the first address.
    """
    line = partial(address_line, name=name, first=first)
    return Protocol(
        name=f"{family}.waypoint",
        title=label,
        reference="RFC 8200 4.4",
        prefix="ipv6.routing",
        path="-",
        body=True,
        follows=((family, 0),),
        fields=(Field(name, 128, label, Kind.IPV6, show=line),),
    )


def too_many_left(rows: HeaderRows) -> Flags:
    """Whether more segments are left than there are addresses."""
    left = rows.values("segleft")
    kind = rows.values("type", missing=-1)
    addresses = rows.values("len") // 2
    bad: Flags = ((kind == SOURCE_ROUTE) & (left > addresses)) | ((kind == MOBILE) & (left != 1))
    return bad


def too_many_line(rows: HeaderRows) -> Text:
    """How many addresses there are."""
    count = len(rows)
    source = text.join(
        [
            text.literal(
                "IPv6 Type 0 Routing Header segments left field must not exceed address count (", count
            ),
            text.decimal(rows.values("len") // 2),
            text.literal(")", count),
        ]
    )
    mobile = text.literal("IPv6 Type 2 Routing Header segments left field must equal 1", count)
    return text.choose(rows.values("type") == MOBILE, mobile, source)


def is_deprecated(rows: HeaderRows) -> Flags:
    """Whether it is of the type that RFC 5095 forbids: it let senders bounce packets between routers."""
    values: Flags = rows.values("type", missing=-1) == SOURCE_ROUTE
    return values


def is_undecoded(rows: HeaderRows) -> Flags:
    """Whether nobody here knows what the rest means."""
    return rows.has("type") & ~np.isin(rows.values("type"), DECODED)


def undecoded(rows: HeaderRows) -> Integers:
    """1 for types that nobody here knows."""
    return is_undecoded(rows).astype(np.int64)


def rpl_count(rows: HeaderRows) -> Sparse:
    """How many compressed addresses there are (RFC 6554 3)."""
    chosen = np.flatnonzero(rows.values("type", missing=-1) == RPL)
    inner, last = (16 - rows.values(f"rpl.cmpr{end}") for end in "IE")
    size = rows.values("len") * 8 - rows.values("rpl.pad") - last
    count = np.where(inner > 0, size // np.maximum(inner, 1), 0) + 1
    return Sparse(chosen, count[chosen])


def typed(kind: int) -> tuple[tuple[str, int], ...]:
    """Only in routing headers of this type."""
    return (("type", kind),)


ROUTING = Protocol(
    name="ipv6.routing",
    title="Routing Header for IPv6",
    reference="RFC 8200 4.4, RFC 6275, RFC 6554, RFC 8754",
    follows=(("ip.proto", 43),),
    within="ipv6",
    summary=routing_summary,
    info="IPv6 routing",
    header_length=Length((("len", 8),), bias=8),
    next_by=(Next("nxt", "ip.proto"),),
    items=(
        Items("ipv6.routing.src", Shape.SIZED, area=of_type(SOURCE_ROUTE)),
        Items("ipv6.routing.mipv6", Shape.SIZED, area=of_type(MOBILE)),
        Items("ipv6.routing.srh", Shape.SIZED, area=of_type(SEGMENTS)),
    ),
    fields=(
        *head(),
        Field(
            "type",
            8,
            "Type",
            names=ROUTING_TYPES,
            show="Type: {type:label} ({type})",
            parts=(
                remark(
                    "deprecated",
                    (Severity.NOTE, Topic.DEPRECATED),
                    "Routing header type is deprecated",
                    is_deprecated,
                ),
            ),
        ),
        Field(
            "segleft",
            8,
            "Segments Left",
            parts=(
                remark(
                    "invalid_segleft",
                    WARNING,
                    "IPv6 Routing Header segments left field must not exceed address count",
                    too_many_left,
                    too_many_line,
                ),
            ),
        ),
        Computed("undecoded_type", "Undecoded type", Kind.BOOLEAN, undecoded, hidden=True),
        Field("src.reserved", 32, "Reserved", Kind.BYTES, overlay=True, when=typed(SOURCE_ROUTE)),
        Field("mipv6.reserved", 32, "Reserved", Kind.BYTES, overlay=True, when=typed(MOBILE)),
        Field(
            "rpl.cmprI", 4, "Compressed Internal Octets (CmprI)", overlay=True, container=32, when=typed(RPL)
        ),
        Field(
            "rpl.cmprE",
            4,
            "Compressed Final Octets (CmprE)",
            overlay=True,
            skip=4,
            container=32,
            when=typed(RPL),
        ),
        Field("rpl.pad", 4, "Padding Bytes", overlay=True, skip=8, container=32, when=typed(RPL)),
        Field("rpl.reserved", 20, "Reserved", overlay=True, skip=12, container=32, when=typed(RPL)),
        Computed("rpl.addr_count", "Total Address Count", Kind.INT, rpl_count),
        Field("srh.last_entry", 8, "Last Entry", overlay=True, when=typed(SEGMENTS)),
        Field("srh.flags", 8, "Flags", Kind.HEX, overlay=True, skip=8, when=typed(SEGMENTS)),
        Field("srh.tag", 16, "Tag", Kind.BYTES, overlay=True, skip=16, when=typed(SEGMENTS)),
        Field("fifth_word", 32, "Second word", Kind.HEX, hidden=True),
        Field(
            "unknown_data",
            32,
            "Type-Specific Data",
            Kind.BYTES,
            overlay=True,
            rest=True,
            skip=-32,
            when=(("undecoded_type", 1),),
            parts=(
                remark(
                    "undecoded",
                    (Severity.NOTE, Topic.UNDECODED),
                    "Undecoded IPv6 routing header field",
                    is_undecoded,
                ),
            ),
        ),
    ),
    lessons={
        "segleft": Lesson(
            Words("How many waypoints are still to come.", "还有几个途经点没有走到。"),
            "RFC 8200 4.4",
        )
    },
)


def fragment_info(rows: HeaderRows) -> Text:
    """Which piece it is."""
    count = len(rows)
    return text.join(
        [
            text.literal("IPv6 fragment (off=", count),
            text.decimal(rows.values("offset") * 8),
            text.literal(" more=", count),
            text.named(rows.values("more"), {0: "n", 1: "y"}),
            text.literal(" ident=", count),
            text.hexadecimal(rows.values("ident"), 8),
            text.literal(" nxt=", count),
            text.decimal(rows.values("nxt")),
            text.literal(")", count),
        ]
    )


def fragment_offset_line(rows: HeaderRows) -> Text:
    """In eights, as it stands there, and in bytes."""
    offset = rows.values("offset")
    return text.join(
        [
            text.literal("Offset: ", len(rows)),
            text.decimal(offset),
            text.literal(" (", len(rows)),
            text.decimal(offset * 8),
            text.literal(" bytes)", len(rows)),
        ]
    )


FRAGMENT = Protocol(
    name="ipv6.fraghdr",
    title="Fragment Header for IPv6",
    reference="RFC 8200 4.5",
    follows=(("ip.proto", 44),),
    within="ipv6",
    info=fragment_info,
    next_by=(Next("nxt", "ip.proto"),),
    stop_when=("offset",),
    stop_if_whole=("more",),
    fields=(
        Field("nxt", 8, "Next header", names=IP_PROTOCOLS),
        Field("reserved_octet", 8, "Reserved octet", Kind.HEX),
        Field("offset", 13, "Offset", container=16, show=fragment_offset_line),
        Field("reserved_bits", 2, "Reserved bits", container=16),
        Field("more", 1, "More Fragments", Kind.BOOLEAN, {0: "No", 1: "Yes"}, container=16),
        Field("ident", 32, "Identification", Kind.HEX),
    ),
    lessons={
        "offset": Lesson(
            Words("Where this piece belongs, in units of 8 bytes.", "这一片的位置，以 8 字节为单位。"),
            "RFC 8200 4.5",
            Words(
                "Only the sender cuts IPv6 packets; routers answer Packet Too Big instead.",
                "IPv6 只有发送方会分片；路由器遇到太大的包只回“包太大”。",
            ),
        ),
        "ident": Lesson(
            Words("Says which fragments belong together.", "用来辨认哪些分片属于同一个包。"), "RFC 8200 4.5"
        ),
    },
)

PROTOCOLS = (
    HOP_BY_HOP,
    DESTINATION,
    ROUTING,
    FRAGMENT,
    waypoint("ipv6.routing.src", "src.addr", "Address", 1),
    waypoint("ipv6.routing.mipv6", "mipv6.home_address", "Home Address", 1),
    waypoint("ipv6.routing.srh", "srh.addr", "Address", 0),
)
