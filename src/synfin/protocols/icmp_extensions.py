"""ICMP extensions (RFC 4884): what routers add to an error: label stacks, and which interface it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import (
    ANY,
    Computed,
    Field,
    Group,
    Items,
    Length,
    Lesson,
    Protocol,
    Shape,
    Words,
)
from synfin.dissect.expert import Severity
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans, Sparse
from synfin.protocols.checksums import Checksum, sums_to

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.text import Text

SUPPORTED = (1, 2)
"""Versions whose objects are read: RFC 4884's, and that of an earlier draft."""

LABELS, INTERFACE, IDENTIFIED = 1, 2, 3
BY_NAME, BY_INDEX, BY_ADDRESS = 1, 2, 3

CLASSES = {
    LABELS: "MPLS Label Stack Class",
    INTERFACE: "Interface Information Object",
    IDENTIFIED: "Interface Identification Object",
}
"""IANA ICMP Extension Object Classes."""

OBJECTS = {**CLASSES, LABELS: "MPLS Stack Entry"}

ROLES = {
    0: "IP interface upon which datagram arrived",
    1: "sub-IP component of an IP interface upon which datagram arrived",
    2: "IP interface through which datagram would be forwarded",
    3: "IP next-hop to which datagram would be forwarded",
}
"""RFC 5837 4.1."""

IDENTIFICATIONS = {
    BY_NAME: "Identifies Interface By Name",
    BY_INDEX: "Identifies Interface By Index",
    BY_ADDRESS: "Identifies Interface By Address",
}

PARTS = ((8, "ifIndex"), (4, "IP Address"), (2, "Interface Name"), (1, "MTU"))
PRESENCE = {0: "Not Present", 1: "Present"}
FAMILIES = {0: "Reserved", 1: "IPv4", 2: "IPv6"}


def nothing(rows: HeaderRows) -> None:
    """A mark has no value."""


def version(rows: HeaderRows) -> Integers:
    """The structure's version."""
    return rows.values("ext.first_bits")


def line(rows: HeaderRows) -> Text:
    """The title, and whether the version is one that can be read."""
    known = np.isin(version(rows), SUPPORTED)
    unknown = text.where(~known, text.literal(" (unsupported version)", len(rows)))
    return text.join([text.literal("ICMP Multi-Part Extensions", len(rows)), unknown])


def sums(rows: HeaderRows) -> Integers:
    """Sum over each structure, -1 where it is cut."""
    whole = rows.is_whole & (rows.limit <= rows.captured_end)
    return sums_to(rows, rows.limit, whole)


CHECKSUM = Checksum(sums, "ext.checksum", zero_is_none=True)


def object_area(rows: HeaderRows) -> tuple[Integers, Integers]:
    """Behind the first word, where the version is known."""
    begin = rows.start.astype(np.int64) + 4
    return begin, np.where(np.isin(version(rows), SUPPORTED), rows.limit, begin)


def object_line(rows: HeaderRows) -> Text:
    """What the object is."""
    kinds = rows.values("ext.class") << 8 | rows.values("ext.ctype")
    distinct, place = np.unique(kinds, return_inverse=True)
    names = [
        OBJECTS.get(kind >> 8, f"Unknown object ({kind >> 8}/{kind & 255})") for kind in distinct.tolist()
    ]
    short = rows.values("ext.length") < 4
    cut = ~rows.is_whole & (rows.values("ext.class") == LABELS)
    called = text.join(
        [text.from_list(names).take(place), text.where(cut, text.literal(" (truncated)", len(rows)))]
    )
    return text.choose(short, text.literal("Object with bad length", len(rows)), called)


def kind_line(rows: HeaderRows) -> Text:
    """The sub-type, and what it says in objects about interfaces."""
    both = rows.values("ext.class") << 8 | rows.values("ext.ctype")
    distinct, place = np.unique(both, return_inverse=True)
    return text.from_list([_kind_line(value >> 8, value & 255) for value in distinct.tolist()]).take(place)


def _kind_line(kind: int, value: int) -> str:
    if kind == INTERFACE:
        parts = (title for bit, title in PARTS if value & bit)
        return ", ".join((f"C-Type: {value}", f"Interface Role: {ROLES[value >> 6]}", *parts))
    if kind == IDENTIFIED:
        return f"C-Type: {value} ({IDENTIFICATIONS.get(value, 'Unknown')})"
    return f"C-Type: {value}"


def is_unknown(rows: HeaderRows) -> Integers:
    """1 for objects that nobody here reads."""
    return (~np.isin(rows.values("ext.class"), list(CLASSES))).astype(np.int64)


def label_area(rows: HeaderRows) -> tuple[Integers, Integers]:
    """The label stack."""
    begin = rows.start.astype(np.int64) + 4
    mine = (rows.values("ext.class") == LABELS) & rows.is_whole
    return begin, np.where(mine, rows.end, begin)


def label_line(rows: HeaderRows) -> Text:
    """All of the entry."""
    pieces: list[Text] = []
    for label, name in (("Label: ", "label"), (", Exp: ", "exp"), (", S: ", "s"), (", TTL: ", "ttl")):
        pieces += [text.literal(label, len(rows)), rows.text(f"mpls.{name}")]
    return text.join(pieces)


def interface_name(rows: HeaderRows) -> Sparse:
    """The name, without the zeros behind it."""
    chosen = np.flatnonzero(rows.has("int_info.name_length"))
    column = rows.table.item_column("icmp.ext.object", "int_info.name_length")
    assert column.first_bit is not None
    start = column.first_bit // 8 + 1
    room = np.minimum(rows.end, rows.captured_end)[chosen] - start
    size = np.clip(rows.values("int_info.name_length")[chosen] - 1, 0, np.maximum(room, 0))
    kept = [
        len(rows.data[begin : begin + length].tobytes().rstrip(b"\0"))
        for begin, length in zip(start.tolist(), size.tolist(), strict=True)
    ]
    return Sparse(chosen, Spans(start, np.array(kept, np.int64)))


def only(kind: int, *more: tuple[str, int]) -> tuple[tuple[str, int], ...]:
    """Only in objects of this class, and where more holds."""
    return (("ext.class", kind), *more)


EXTENSION = Protocol(
    name="icmp.extension",
    title="ICMP Multi-Part Extensions",
    reference="RFC 4884 7",
    prefix="icmp",
    path="-",
    body=True,
    follows=(("icmp.extension", ANY),),
    items=(Items("icmp.ext.object", Shape.SIZED, area=object_area),),
    fields=(
        Computed(
            "ext",
            "ICMP Multi-Part Extensions",
            Kind.NONE,
            nothing,
            bare=True,
            show=line,
            parts=(
                Field("ext.first_bits", 4, "Version", hidden=True),
                Computed("ext.version", "Version", Kind.UINT, version, width=8, bare=True),
                Field("ext.res", 12, "Reserved", Kind.HEX, width=16, container=16),
                Field(
                    "ext.checksum",
                    16,
                    "Checksum",
                    Kind.HEX,
                    show=CHECKSUM.line,
                    parts=(CHECKSUM.remark("ext.checksum_bad", Severity.WARNING),),
                ),
                CHECKSUM.status(),
                Group("", holds="icmp.ext.object"),
            ),
        ),
    ),
)

OBJECT = Protocol(
    name="icmp.ext.object",
    title="Extension object",
    reference="RFC 4884 8",
    prefix="icmp",
    path="-",
    follows=(("icmp.ext.object", 0),),
    summary=object_line,
    header_length=Length((("ext.length", 1),)),
    items=(Items("icmp.mpls", Shape.SIZED, area=label_area),),
    fields=(
        Field("ext.length", 16, "Length"),
        Field("ext.class", 8, "Class", names=CLASSES),
        Computed("ext.unknown", "Unknown class", Kind.BOOLEAN, is_unknown, hidden=True),
        Field(
            "ext.ctype",
            8,
            "C-Type",
            show=kind_line,
            parts=(
                Group(
                    "",
                    (
                        Field(
                            "int_info.role",
                            2,
                            "Interface Role",
                            names=ROLES,
                            overlay=True,
                            when=only(INTERFACE),
                        ),
                        Field("int_info.reserved", 2, "Reserved", overlay=True, skip=2, when=only(INTERFACE)),
                        Field(
                            "int_info.ifindex",
                            1,
                            "ifIndex",
                            Kind.BOOLEAN,
                            {0: "False", 1: "True"},
                            overlay=True,
                            skip=4,
                            when=only(INTERFACE),
                        ),
                        *(
                            Field(
                                f"int_info.{name}",
                                1,
                                label,
                                Kind.BOOLEAN,
                                PRESENCE,
                                overlay=True,
                                skip=5 + at,
                                when=only(INTERFACE),
                            )
                            for at, (name, label) in enumerate(
                                (
                                    ("ipaddr", "IP Address"),
                                    ("name_present", "Interface Name"),
                                    ("mtu_present", "MTU"),
                                )
                            )
                        ),
                    ),
                ),
            ),
        ),
        Field("int_info.index", 32, "Interface Index", when=only(INTERFACE, ("int_info.ifindex", 1))),
        Group(
            "IP Address Sub-Object",
            (
                Field(
                    "int_info.afi",
                    16,
                    "Address Family Identifier",
                    when=only(INTERFACE, ("int_info.ipaddr", 1)),
                ),
                Field("reserved", 16, "Reserved", Kind.BYTES, when=only(INTERFACE, ("int_info.ipaddr", 1))),
                Field("int_info.ipv4", 32, "Source", Kind.IPV4, when=only(INTERFACE, ("int_info.afi", 1))),
                Field("int_info.ipv6", 128, "Source", Kind.IPV6, when=only(INTERFACE, ("int_info.afi", 2))),
            ),
        ),
        Group(
            "Interface Name Sub-Object",
            (
                Field(
                    "int_info.name_length",
                    8,
                    "Name Length",
                    when=only(INTERFACE, ("int_info.name_present", 1)),
                ),
                Computed("int_info.name", "Name", Kind.TEXT, interface_name, bare=True),
            ),
        ),
        Field(
            "int_info.mtu", 32, "Maximum Transmission Unit", when=only(INTERFACE, ("int_info.mtu_present", 1))
        ),
        Field(
            "int_ident.name",
            0,
            "Name",
            Kind.TEXT,
            rest=True,
            overlay=True,
            when=only(IDENTIFIED, ("ext.ctype", BY_NAME)),
        ),
        Field("int_ident.index", 32, "Interface Index", when=only(IDENTIFIED, ("ext.ctype", BY_INDEX))),
        Field(
            "int_ident.afi",
            16,
            "Address Family Identifier",
            names=FAMILIES,
            when=only(IDENTIFIED, ("ext.ctype", BY_ADDRESS)),
        ),
        Field("int_ident.addr_length", 8, "Address Length", when=only(IDENTIFIED, ("ext.ctype", BY_ADDRESS))),
        Field(
            "int_ident.reserved",
            8,
            "Reserved",
            Kind.BYTES,
            when=only(IDENTIFIED, ("ext.ctype", BY_ADDRESS)),
        ),
        Field("int_ident.ipv4", 32, "Address", Kind.IPV4, when=only(IDENTIFIED, ("int_ident.afi", 1))),
        Field("int_ident.ipv6", 128, "Address", Kind.IPV6, when=only(IDENTIFIED, ("int_ident.afi", 2))),
        Field("ext.data", 0, "Data", Kind.BYTES, rest=True, overlay=True, when=(("ext.unknown", 1),)),
        Group("", holds="icmp.mpls"),
    ),
)

LABEL = Protocol(
    name="icmp.mpls",
    title="MPLS label",
    reference="RFC 4950",
    prefix="icmp",
    path="-",
    follows=(("icmp.mpls", 0),),
    summary=label_line,
    fields=(
        Field("mpls.label", 20, "Label", container=24, width=24),
        Field("mpls.exp", 3, "Experimental", container=24, width=24),
        Field("mpls.s", 1, "Stack bit", Kind.BOOLEAN, container=24),
        Field("mpls.ttl", 8, "Time to live"),
    ),
    lessons={
        "mpls.label": Lesson(
            Words(
                "The label the packet had when its Time to Live ran out inside a provider's network.",
                "包在运营商网络内部 TTL 耗尽时所带的标签。",
            ),
            "RFC 4950",
        )
    },
)

PROTOCOLS = (EXTENSION, OBJECT, LABEL)
