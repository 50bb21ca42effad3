"""IPv6: a header of fixed size; what does not fit in it follows as a chain of further headers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import IP_PROTOCOLS
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Length, Next, Protocol
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.protocols import ip_lessons
from synfin.protocols.ip import DSCP, ECN, room, traffic_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Bytes, Flags, Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.text import Text

HOP_BY_HOP, NO_NEXT = 0, 59
HEADER = 40

SIX_TO_FOUR = bytes.fromhex("2002")
TEREDO = bytes.fromhex("20010000")
EMBEDDED = bytes.fromhex("0064ff9b0000000000000000")
"""64:ff9b::/96, the well-known prefix of RFC 6052."""

ISATAP = (bytes.fromhex("00005efe"), bytes.fromhex("02005efe"))
"""The third quarter of an ISATAP address, RFC 5214 6.1."""


def class_line(rows: HeaderRows) -> Text:
    """The byte and what its two parts say."""
    lines = {value: f"Traffic Class: 0x{value:02x} ({traffic_class(value)})" for value in range(256)}
    return text.named(rows.values("tclass"), lines)


def summary(rows: HeaderRows) -> Text:
    """The title with both addresses, as far as they were captured."""
    pieces = [text.literal("Internet Protocol Version 6", len(rows))]
    for label, name in ((", Src: ", "src"), (", Dst: ", "dst")):
        pieces += [text.where(rows.has(name), text.literal(label, len(rows))), rows.text(name)]
    return text.join(pieces)


def host(rows: HeaderRows, name: str) -> Text | Sparse:
    """The address as text, where a name would stand if names were looked up."""
    if rows.layer.whole:
        return rows.text(name)
    there = np.flatnonzero(rows.has(name))
    return Sparse(there, rows.text(name).take(there))


def addresses(rows: HeaderRows, name: str) -> tuple[Integers, Bytes]:
    """The rows that have the address, and its bytes."""
    column = rows.table.item_column(rows.layer.protocol.name, name)
    there = np.arange(len(rows)) if column.rows is None else column.rows
    return there, np.asarray(column.values, np.uint8).reshape(-1, 16)


def number(octets: Bytes, first: int, size: int) -> Integers:
    """Big-endian numbers out of addresses."""
    values = np.zeros(len(octets), np.int64)
    for position in range(first, first + size):
        values = values << 8 | octets[:, position]
    return values


def starts_with(octets: Bytes, prefix: bytes) -> Flags:
    """Whether addresses begin with a prefix."""
    same: Flags = (octets[:, : len(prefix)] == np.frombuffer(prefix, np.uint8)).all(axis=1)
    return same


def slaac_mac(rows: HeaderRows, name: str) -> Sparse:
    """The MAC address from which the interface identifier was made (RFC 4291 appendix A)."""
    there, octets = addresses(rows, name)
    made = (
        (octets[:, 11] == 0xFF) & (octets[:, 12] == 0xFE) & (octets[:, 8] & 2 == 2) & (octets[:, 0] != 0xFF)
    )
    chosen = np.flatnonzero(made)
    high, low = number(octets[chosen], 8, 3), number(octets[chosen], 13, 3)
    return Sparse(there[chosen], (high ^ 0x020000) << 24 | low)


def part_of(
    rows: HeaderRows, name: str, where: Callable[[Bytes], Flags], place: tuple[int, int], flip: int = 0
) -> Sparse:
    """A number inside addresses of one sort.

    Args:
        rows: the headers.
        name: which address.
        where: which addresses are of the sort.
        place: first byte and bytes of the number.
        flip: bits that are stored inverted.
    """
    there, octets = addresses(rows, name)
    chosen = np.flatnonzero(where(octets))
    return Sparse(there[chosen], number(octets[chosen], *place) ^ flip)


def is_isatap(octets: Bytes) -> Flags:
    """Whether addresses carry an IPv4 address the ISATAP way."""
    third = octets[:, 8:12]
    same: Flags = np.logical_or.reduce(
        [(third == np.frombuffer(mark, np.uint8)).all(axis=1) for mark in ISATAP]
    )
    return same


def inside(side: str, label: str) -> tuple[Item, ...]:
    """What an address tells beyond itself, by the rules of several transition mechanisms."""

    def helper(
        name: str,
        title: str,
        kind: Kind,
        where: Callable[[Bytes], Flags],
        place: tuple[int, int],
        flip: int = 0,
    ) -> Computed:
        compute = partial(part_of, name=side, where=where, place=place, flip=flip)
        return Computed(f"{side}_{name}", f"{label} {title}", kind, compute, also=(name,), width=16)

    teredo = partial(starts_with, prefix=TEREDO)
    six_to_four = partial(starts_with, prefix=SIX_TO_FOUR)
    return (
        helper("6to4_gw_ipv4", "6to4 Gateway IPv4", Kind.IPV4, six_to_four, (2, 4)),
        helper("6to4_sla_id", "6to4 SLA ID", Kind.UINT, six_to_four, (6, 2)),
        helper("ts_ipv4", "Teredo Server IPv4", Kind.IPV4, teredo, (4, 4)),
        helper("tc_port", "Teredo Port", Kind.UINT, teredo, (10, 2), 0xFFFF),
        helper("tc_ipv4", "Teredo Client IPv4", Kind.IPV4, teredo, (12, 4), 0xFFFFFFFF),
        Computed(
            f"{side}_slaac_mac",
            f"{label} SLAAC MAC",
            Kind.ETHER,
            partial(slaac_mac, name=side),
            also=("slaac_mac",),
        ),
        helper("isatap_ipv4", "ISATAP IPv4", Kind.IPV4, is_isatap, (12, 4)),
        helper("embed_ipv4", "Embedded IPv4", Kind.IPV4, partial(starts_with, prefix=EMBEDDED), (12, 4)),
    )


def jumbo_length(rows: HeaderRows) -> Integers:
    """What a Jumbo Payload option says of each packet, 0 where there is none."""
    found = np.zeros(len(rows), np.int64)
    if not bool((rows.values("plen", missing=1) == 0).any()):
        return found
    options = rows.table.rows("ipv6.hopopts.opt.jumbo")
    headers = options.layer.position
    around = rows.table.rows("ipv6.hopopts").previous_header()
    packets = rows.rows_of("ipv6", around)[headers] if len(options) else np.empty(0, np.int64)
    within = np.flatnonzero(packets >= 0)
    found[packets[within]] = options.values("opt.jumbo")[within]
    return found


def length_line(rows: HeaderRows) -> Text:
    """The length; of a jumbogram it is 0, and an option has it."""
    jumbo = (rows.values("plen") == 0) & (jumbo_length(rows) > 0)
    return text.join(
        [
            text.literal("Payload Length: ", len(rows)),
            rows.text("plen"),
            text.where(jumbo, text.literal(" (Jumbogram)", len(rows))),
        ]
    )


def payload_room(rows: HeaderRows) -> Integers:
    """Bytes after the header that the header around leaves."""
    there: Integers = room(rows) - HEADER
    return there


def is_too_long(rows: HeaderRows) -> Flags:
    """Whether the packet claims more than is there."""
    stated = rows.values("plen")
    claimed = np.where(stated == 0, jumbo_length(rows), stated)
    return rows.is_whole & ~rows.layer.quoted & (claimed > payload_room(rows))


def too_long_line(rows: HeaderRows) -> Text:
    """How much there is."""
    return text.join(
        [
            text.literal("IPv6 payload length exceeds framing length (", len(rows)),
            text.decimal(np.maximum(payload_room(rows), 0)),
            text.literal(" bytes)", len(rows)),
        ]
    )


def is_zero(rows: HeaderRows) -> Flags:
    """Whether the length is left empty although no option could have it."""
    values: Flags = (
        rows.is_whole & (rows.values("plen") == 0) & ~np.isin(rows.values("nxt"), (HOP_BY_HOP, NO_NEXT))
    )
    return values


def info(rows: HeaderRows) -> Text:
    """The protocol inside that nobody here understands, or what is wrong."""
    count = len(rows)
    inside = text.join(
        [
            text.literal("Unknown IP Protocol: ", count),
            text.named(rows.values("nxt"), IP_PROTOCOLS),
            text.literal(" (", count),
            text.decimal(rows.values("nxt")),
            text.literal(")", count),
        ]
    )
    carries = np.minimum(rows.limit, rows.captured_end) > rows.end
    none = rows.values("nxt") == NO_NEXT
    line = text.choose(none, text.literal("IPv6 no next header", count), text.where(carries, inside))
    if rows.layer.whole:
        return line
    return text.choose(rows.is_whole, line, trouble(rows))


def trouble(rows: HeaderRows) -> Text:
    """What is wrong with a header that is not there as it should be."""
    count = len(rows)
    short = text.join(
        [
            text.literal("Invalid IPv6 header (", count),
            text.decimal((rows.captured_end - rows.start).astype(np.int64)),
            text.literal(f" bytes, need exactly {HEADER})", count),
        ]
    )
    cut = rows.captured_end < rows.start + HEADER
    return text.where(cut, short)


PROTOCOL = Protocol(
    name="ipv6",
    title="Internet Protocol Version 6",
    reference="RFC 8200",
    follows=(
        ("ethertype", 0x86DD),
        ("ip.proto", 41),
        ("ip.version", 6),
        ("linktype", 229),
        ("null.family", 24),
        ("null.family", 28),
        ("null.family", 30),
        ("ppp.protocol", 0x0057),
        ("gre.proto", 0x86DD),
    ),
    short="IPv6",
    total_length=Length((("plen", 1),), bias=HEADER),
    constants=(("version", 6),),
    next_by=(Next("nxt", "ip.proto"),),
    source="src",
    destination="dst",
    summary=summary,
    info=info,
    lessons=ip_lessons.IPV6,
    fields=(
        Field("version", 4, "Version"),
        Field("ip.version", 4, "Version", overlay=True, skip=-4, hidden=True, absolute=True),
        Field(
            "tclass",
            8,
            "Traffic Class",
            Kind.HEX,
            width=32,
            container=32,
            show=class_line,
            parts=(
                Field(
                    "tclass.dscp", 6, "Differentiated Services Codepoint", names=DSCP, width=32, container=32
                ),
                Field("tclass.ecn", 2, "Explicit Congestion Notification", names=ECN, width=32, container=32),
            ),
        ),
        Field("flow", 20, "Flow Label", Kind.HEX, width=24),
        Field(
            "plen",
            16,
            "Payload Length",
            show=length_line,
            parts=(
                remark(
                    "plen_exceeds_framing",
                    (Severity.WARNING, Topic.PROTOCOL),
                    "IPv6 payload length exceeds framing length",
                    is_too_long,
                    too_long_line,
                ),
                remark(
                    "plen_zero",
                    (Severity.CHAT, Topic.PROTOCOL),
                    'IPv6 payload length equals 0 (maybe because of "TCP segmentation offload" (TSO))',
                    is_zero,
                ),
            ),
        ),
        Field("nxt", 8, "Next Header", names=IP_PROTOCOLS),
        Field("hlim", 8, "Hop Limit"),
        Field("src", 128, "Source Address", Kind.IPV6, also=("addr",)),
        Computed(
            "src_host",
            "Source Host",
            Kind.TEXT,
            partial(host, name="src"),
            also=("host",),
            hidden=True,
            bare=True,
        ),
        Field("dst", 128, "Destination Address", Kind.IPV6, also=("addr",)),
        Computed(
            "dst_host",
            "Destination Host",
            Kind.TEXT,
            partial(host, name="dst"),
            also=("host",),
            hidden=True,
            bare=True,
        ),
        *inside("src", "Source"),
        *inside("dst", "Destination"),
    ),
)
