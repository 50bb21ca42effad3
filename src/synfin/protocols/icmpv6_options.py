"""Options of neighbour discovery: link-layer addresses, prefixes, routes, name servers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Group, Items, Lesson, Protocol, Shape, Words
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans, Sparse
from synfin.dissect.template import drawn
from synfin.protocols.icmpv6 import PREFERENCES, SET_OR_NOT, everywhere, link_layer_text, nothing, set_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Bytes, Flags, Integers
    from synfin.dissect.definition import Item, Line
    from synfin.dissect.text import Text

FAMILY = "icmpv6.option"

TYPES = {
    1: "Source link-layer address",
    2: "Target link-layer address",
    3: "Prefix information",
    4: "Redirected header",
    5: "MTU",
    6: "NBMA Shortcut Limit Option",
    7: "Advertisement Interval",
    8: "Home Agent Information",
    9: "Source Address List",
    10: "Target Address List",
    11: "CGA",
    12: "RSA Signature",
    13: "Timestamp",
    14: "Nonce",
    15: "Trust Anchor",
    16: "Certificate",
    17: "IP Address/Prefix Option",
    18: "New Router Prefix Information",
    19: "Link-layer Address",
    20: "Neighbor Advertisement Acknowledgment",
    23: "MAP",
    24: "Route Information",
    25: "Recursive DNS Server",
    26: "RA Flags Extension",
    27: "Handover Key Request",
    28: "Handover Key Reply",
    29: "Handover Assist Information",
    30: "Mobile Node Identifier Option",
    31: "DNS Search List Option",
    32: "Proxy Signature (PS)",
    33: "Address Registration Option",
    34: "6LoWPAN Context Option",
    35: "Authoritative Border Router",
    36: "6LoWPAN Capability Indication Option",
    37: "DHCP Captive-Portal",
    38: "PREF64 Option",
    138: "CARD Request",
    139: "CARD Reply",
    253: "RFC3692-style Experiment 1",
    254: "RFC3692-style Experiment 2",
}
"""IANA IPv6 Neighbor Discovery Option Formats."""

PREFIX_CODES = {k: f"{bits} bits prefix length" for k, bits in enumerate((96, 64, 56, 48, 40, 32))}
"""RFC 8781 4."""

SMALL = 1
"""Length, in units of 8 bytes, of an option with an Ethernet address; one with EUI-64 has 2."""


def length_line(rows: HeaderRows) -> Text:
    """In units of 8, as it stands there, and in bytes."""
    length = rows.values("opt.length")
    return text.join(
        [
            text.literal("Length: ", len(rows)),
            text.decimal(length),
            text.literal(" (", len(rows)),
            text.decimal(length * 8),
            text.literal(" bytes)", len(rows)),
        ]
    )


def is_empty(rows: HeaderRows) -> Flags:
    """Whether the length is 0, which would make the list endless."""
    values: Flags = rows.has("opt.length") & (rows.values("opt.length") == 0)
    return values


def head() -> tuple[Item, ...]:
    """What every option begins with."""
    return (
        Field("opt.type", 8, "Type", names=TYPES),
        Field(
            "opt.length",
            8,
            "Length",
            show=length_line,
            parts=(
                remark(
                    "invalid_option_length",
                    (Severity.ERROR, Topic.MALFORMED),
                    "Invalid option length (Zero)",
                    is_empty,
                ),
            ),
        ),
    )


def titled(rows: HeaderRows, title: str, tell: Callable[[HeaderRows], Text]) -> Text:
    """The option's line: its title and the value that matters."""
    return text.join(
        [text.literal(f"ICMPv6 Option ({title}", len(rows)), tell(rows), text.literal(")", len(rows))]
    )


def option(
    name: str,
    number: int,
    fields: tuple[Item, ...],
    tell: Callable[[HeaderRows], Text] | None = None,
    items: tuple[Items, ...] = (),
) -> Protocol:
    """One option.

    Args:
        name: its name below "icmpv6.opt.".
        number: its type.
        fields: what follows the length.
        tell: what its line says after the title.
        items: a list at its end.
    """
    title = TYPES.get(number, "")
    line: Line = partial(titled, title=title, tell=tell) if tell else f"ICMPv6 Option ({title})"
    return Protocol(
        name=f"icmpv6.opt.{name}",
        title=title or "Unknown option",
        reference=REFERENCES.get(number, "RFC 4861 4.6"),
        prefix="icmpv6",
        path="-",
        body=True,
        follows=((FAMILY, number),),
        items=items,
        fields=(
            Computed(
                "opt", "ICMPv6 Option", Kind.NONE, nothing, bare=True, show=line, parts=(*head(), *fields)
            ),
        ),
        lessons=LESSONS.get(name, {}),
    )


REFERENCES = {
    24: "RFC 4191 2.3",
    25: "RFC 8106 5.1",
    31: "RFC 8106 5.2",
    38: "RFC 8781",
    37: "RFC 8910",
    14: "RFC 3971",
}

LESSONS = {
    "prefix": {
        "opt.prefix.flag.a": Lesson(
            Words(
                "Hosts may make their own addresses from this prefix (SLAAC).",
                "主机可以用这个前缀自己生成地址（SLAAC）。",
            ),
            "RFC 4861 4.6.2",
        ),
        "opt.prefix.flag.l": Lesson(
            Words(
                "Addresses with this prefix are neighbours, reached without a router.",
                "具有该前缀的地址就在本链路上，不必经过路由器。",
            ),
            "RFC 4861 4.6.2",
        ),
    },
    "mtu": {
        "opt.mtu": Lesson(
            Words(
                "The largest packet that everyone on this link takes.", "本链路上所有主机都能接收的最大包长。"
            ),
            "RFC 4861 4.6.4",
            None,
            Words("bytes", "字节"),
        )
    },
}


def after(before: str, name: str) -> Callable[[HeaderRows], Text]:
    """A field's value with words before it."""

    def tell(rows: HeaderRows) -> Text:
        return text.join([text.literal(before, len(rows)), rows.text(name)])

    return tell


def has_mac(rows: HeaderRows) -> Integers:
    """1 where the address is an Ethernet address."""
    at = np.minimum(rows.start.astype(np.int64) + 1, len(rows.data) - 1)
    values: Integers = (rows.data[at] == SMALL).astype(np.int64)
    return values


def long_address_line(rows: HeaderRows) -> Text:
    """The address twice, as an identifier is shown by name and number."""
    address = link_layer_text(rows)
    return text.join(
        [
            text.literal("Link-layer address: ", len(rows)),
            address,
            text.literal(" (", len(rows)),
            address,
            text.literal(")", len(rows)),
        ]
    )


def tell_address(rows: HeaderRows) -> Text:
    """The address."""
    return text.join([text.literal(" : ", len(rows)), link_layer_text(rows)])


def link_layer(name: str, number: int, side: str) -> Protocol:
    """An option with a link-layer address, of Ethernet or of 64 bits."""
    mac, long = (("has_mac", 1),), (("has_mac", 0),)
    return option(
        name,
        number,
        (
            Computed("has_mac", "Ethernet address", Kind.BOOLEAN, has_mac, hidden=True),
            Field("opt.linkaddr", 48, "Link-layer address", Kind.ETHER, overlay=True, when=mac),
            Field(
                f"opt.{side}_linkaddr",
                48,
                "Link-layer address",
                Kind.ETHER,
                overlay=True,
                when=mac,
                hidden=True,
            ),
            Field(
                "opt.linkaddr_eui64",
                64,
                "Link-layer address",
                Kind.EUI64,
                overlay=True,
                when=long,
                show=long_address_line,
            ),
            Field(
                f"opt.{side}_linkaddr_eui64",
                64,
                "Link-layer address",
                Kind.EUI64,
                overlay=True,
                when=long,
                hidden=True,
            ),
            Field("opt.padding", 48, "Padding", Kind.NONE, overlay=True, skip=64, when=long),
            Field("first_octets", 48, "First bytes", Kind.BYTES, hidden=True),
        ),
        tell_address,
    )


def tell_prefix(rows: HeaderRows) -> Text:
    """The prefix and its length."""
    return text.join(
        [
            text.literal(" : ", len(rows)),
            rows.text("opt.prefix"),
            text.literal("/", len(rows)),
            rows.text("opt.prefix.length"),
        ]
    )


def short_prefix(rows: HeaderRows, skip: int, least: int) -> Sparse:
    """An IPv6 prefix of which only the first bytes are there.

    Args:
        rows: the options.
        skip: bytes before it.
        least: bytes that must be there.
    """
    start = rows.start.astype(np.int64) + skip
    size = np.clip(np.minimum(rows.end, rows.captured_end) - start, 0, 16)
    chosen = np.flatnonzero(size >= least)
    return Sparse(chosen, _padded(rows.data, start[chosen], size[chosen]))


def _padded(data: Bytes, start: Integers, size: Integers) -> Bytes:
    place = start[:, None] + np.arange(16)
    there = np.arange(16) < size[:, None]
    return np.where(there, data[np.minimum(place, len(data) - 1)], 0).astype(np.uint8)


def tell_route(rows: HeaderRows) -> Text:
    """The preference and the prefix."""
    prefix = rows.text("opt.prefix")
    return text.join(
        [
            text.literal(" : ", len(rows)),
            text.named(rows.values("opt.route_info.flag.route_preference"), PREFERENCES),
            text.literal(" ", len(rows)),
            text.choose(rows.has("opt.prefix"), prefix, text.literal("::", len(rows))),
            text.literal("/", len(rows)),
            rows.text("opt.prefix.length"),
        ]
    )


def route_flags_line(rows: HeaderRows) -> Text:
    """The byte and the preference in it."""
    lines = {
        value: f"Flag: 0x{value:02x}, Route Preference: {PREFERENCES[value >> 3 & 3]}" for value in range(256)
    }
    return text.named(rows.values("opt.route_info.flag"), lines)


def route_reserved(rows: HeaderRows) -> Integers:
    """The bits around the preference."""
    return rows.values("opt.route_info.flag") & 0xE7


def route_reserved_line(rows: HeaderRows) -> Text:
    """The same, drawn around it."""
    lines = {}
    for value in range(256):
        high = drawn(value >> 5, 3, 0, 8)[:4]
        low = drawn(value & 7, 3, 5, 8)[5:]
        lines[value & 0xE7] = f"{high} {low}Reserved: {value & 0xE7}"
    return text.named(route_reserved(rows), lines)


def tell_servers(rows: HeaderRows) -> Text:
    """All addresses."""
    servers = rows.table.rows("icmpv6.rdnss.address")
    pieces = text.join([text.literal(" ", len(servers)), servers.text("opt.rdnss")])
    return text.gather(pieces, servers.layer.position.astype(np.int64), len(rows), "")


def domain_names(rows: HeaderRows) -> Sparse:
    """The names of a search list, RFC 1035 labels without compression."""
    owners: list[int] = []
    names: list[bytes] = []
    ends = np.minimum(rows.end, rows.captured_end).tolist()
    for row, (start, end) in enumerate(zip(rows.start.tolist(), ends, strict=True)):
        found = _labels(rows.data[start + 8 : end].tobytes())
        owners += [row] * len(found)
        names += found
    return Sparse(np.array(owners, np.int64), text.from_list(names))


def _labels(area: bytes) -> list[bytes]:
    names: list[bytes] = []
    labels: list[bytes] = []
    at = 0
    while at < len(area):
        size = area[at]
        if size == 0 and not labels:
            break
        if size == 0:
            names.append(b".".join(labels))
            labels = []
        else:
            labels.append(area[at + 1 : at + 1 + size])
        at += 1 + size
    return names


def names_padding(rows: HeaderRows) -> Sparse:
    """Zeros behind the last name."""
    ends = np.minimum(rows.end, rows.captured_end).tolist()
    padded = []
    for row, (start, end) in enumerate(zip(rows.start.tolist(), ends, strict=True)):
        area = rows.data[start + 8 : end].tobytes()
        if sum(len(name) + 2 for name in _labels(area)) < len(area):
            padded.append(row)
    return Sparse(np.array(padded, np.int64), None)


def tell_names(rows: HeaderRows) -> Text:
    """All names."""
    found = domain_names(rows)
    assert isinstance(found.values, text.Text)
    pieces = text.join([text.literal(" ", len(found.values)), found.values])
    return text.gather(pieces, found.rows, len(rows), "")


def portal(rows: HeaderRows) -> Spans:
    """The URI, without the zeros behind it."""
    start = rows.start.astype(np.int64) + 2
    ends = np.minimum(rows.end, rows.captured_end)
    size = [
        len(rows.data[begin:end].tobytes().rstrip(b"\0"))
        for begin, end in zip(start.tolist(), ends.tolist(), strict=True)
    ]
    return Spans(start, np.array(size, np.int64))


def unknown_line(rows: HeaderRows) -> Text:
    """The number, or the name of an option whose contents nobody here reads."""
    distinct, place = np.unique(rows.values("opt.type"), return_inverse=True)
    lines = [f"ICMPv6 Option ({TYPES.get(kind, f'Unknown {kind}')})" for kind in distinct.tolist()]
    return text.from_list(lines).take(place)


def undecoded_line(rows: HeaderRows) -> Text:
    """Which option nobody here knows."""
    return text.join(
        [
            text.literal("Dissector for ICMPv6 Option (", len(rows)),
            rows.text("opt.type"),
            text.literal(
                ") code not implemented, Contact Wireshark developers if you want this supported", len(rows)
            ),
        ]
    )


def flag(name: str, label: str, width: int = 8) -> Field:
    """One bit."""
    return Field(name, 1, label, Kind.BOOLEAN, SET_OR_NOT, container=width)


def reserved(bits: int) -> Field:
    """Bytes that say nothing."""
    return Field("opt.reserved", bits, "Reserved", Kind.NONE)


PREFIX_FLAGS = (
    (0x80, "On-link flag(L)"),
    (0x40, "Autonomous address-configuration flag(A)"),
    (0x20, "Router address flag(R)"),
)

PREFIX: tuple[Item, ...] = (
    Field("opt.prefix.length", 8, "Prefix Length"),
    Field(
        "opt.prefix.flag",
        8,
        "Flag",
        Kind.HEX,
        show=partial(set_names, name="opt.prefix.flag", label="Flag", digits=2, bits=PREFIX_FLAGS),
        parts=(
            flag("opt.prefix.flag.l", "On-link flag(L)"),
            flag("opt.prefix.flag.a", "Autonomous address-configuration flag(A)"),
            flag("opt.prefix.flag.r", "Router address flag(R)"),
            Field("opt.prefix.flag.reserved", 5, "Reserved"),
        ),
    ),
    Field("opt.prefix.valid_lifetime", 32, "Valid Lifetime"),
    Field("opt.prefix.preferred_lifetime", 32, "Preferred Lifetime"),
    reserved(32),
    Field("opt.prefix", 128, "Prefix", Kind.IPV6),
)

ROUTE: tuple[Item, ...] = (
    Field("opt.prefix.length", 8, "Prefix Length"),
    Field(
        "opt.route_info.flag",
        8,
        "Flag",
        Kind.HEX,
        show=route_flags_line,
        parts=(
            Field(
                "opt.route_info.flag.route_preference",
                2,
                "Route Preference",
                names=PREFERENCES,
                overlay=True,
                skip=3,
            ),
            Computed(
                "opt.route_info.flag.reserved",
                "Reserved",
                Kind.UINT,
                route_reserved,
                show=route_reserved_line,
                bare=True,
            ),
        ),
    ),
    Field("opt.route_lifetime", 32, "Route Lifetime"),
    Computed("opt.prefix", "Prefix", Kind.IPV6, partial(short_prefix, skip=8, least=1), bare=True),
)

EXTRA_FLAGS = (
    (0x8000, "Managed address configuration"),
    (0x4000, "Other configuration"),
    (0x2000, "Home Agent"),
)


def extra_flags_line(rows: HeaderRows) -> Text:
    """The flags and the preference."""
    distinct, place = np.unique(rows.values("opt.efo"), return_inverse=True)
    lines = [
        ", ".join(
            (
                f"Flags Expansion Option: 0x{value:04x}",
                *(title for bit, title in EXTRA_FLAGS if value & bit),
                f"Prf (Default Router Preference): {PREFERENCES[value >> 11 & 3]}",
                *(("Proxy",) if value & 0x400 else ()),
            )
        )
        for value in distinct.tolist()
    ]
    return text.from_list(lines).take(place)


EXTRA: tuple[Item, ...] = (
    Field(
        "opt.efo",
        16,
        "Flags Expansion Option",
        Kind.HEX,
        show=extra_flags_line,
        parts=(
            flag("opt.efo.m", "Managed address configuration", 16),
            flag("opt.efo.o", "Other configuration", 16),
            flag("opt.efo.h", "Home Agent", 16),
            Field("opt.efo.prf", 2, "Prf (Default Router Preference)", names=PREFERENCES, container=16),
            flag("opt.efo.p", "Proxy", 16),
            Field("opt.efo.rsv", 10, "Reserved", container=16),
        ),
    ),
    reserved(32),
)

PORTAL: tuple[Item, ...] = (Computed("opt.captive_portal", "Captive Portal", Kind.TEXT, portal, bare=True),)

TRANSLATION: tuple[Item, ...] = (
    Field("opt.pref64.scaled_lifetime", 13, "Scaled Lifetime", container=16),
    Field("opt.pref64.plc", 3, "PLC (Prefix Length Code)", Kind.HEX, PREFIX_CODES, width=16, container=16),
    Computed("opt.pref64.prefix", "Prefix", Kind.IPV6, partial(short_prefix, skip=4, least=12), bare=True),
)

SERVERS: tuple[Item, ...] = (
    reserved(16),
    Field("opt.rdnss.lifetime", 32, "Lifetime"),
    Group("", holds="icmpv6.rdnss"),
)

NAMES: tuple[Item, ...] = (
    reserved(16),
    Field("opt.dnssl.lifetime", 32, "Lifetime"),
    Computed("opt.dnssl", "Domain Names", Kind.TEXT, domain_names, bare=True),
    Computed("opt.padding", "Padding", Kind.NONE, names_padding, bare=True),
)

SERVER = Protocol(
    name="icmpv6.rdnss.address",
    title="Recursive DNS Server",
    reference="RFC 8106 5.1",
    prefix="icmpv6",
    path="-",
    body=True,
    follows=(("icmpv6.rdnss", 0),),
    fields=(Field("opt.rdnss", 128, "Recursive DNS Servers", Kind.IPV6),),
)

UNKNOWN = Protocol(
    name="icmpv6.opt.other",
    title="Unknown option",
    reference="RFC 4861 4.6",
    prefix="icmpv6",
    path="-",
    body=True,
    follows=((FAMILY, ANY),),
    fields=(
        Computed(
            "opt",
            "ICMPv6 Option",
            Kind.NONE,
            nothing,
            bare=True,
            show=unknown_line,
            parts=(
                *head(),
                remark(
                    "undecoded.option",
                    (Severity.NOTE, Topic.UNDECODED),
                    "Undecoded option",
                    everywhere,
                    undecoded_line,
                ),
                Field("data", 0, "Data", Kind.BYTES, rest=True),
            ),
        ),
    ),
)

PROTOCOLS = (
    link_layer("source", 1, "src"),
    link_layer("target", 2, "target"),
    option("prefix", 3, PREFIX, tell_prefix),
    option(
        "redirected",
        4,
        (reserved(48), Field("opt.redirected_packet", 0, "Redirected Packet", Kind.NONE, rest=True)),
    ),
    option("mtu", 5, (reserved(16), Field("opt.mtu", 32, "MTU")), after(" : ", "opt.mtu")),
    option(
        "interval",
        7,
        (reserved(16), Field("opt.advertisement_interval", 32, "Advertisement Interval")),
        after(" : ", "opt.advertisement_interval"),
    ),
    option(
        "home_agent",
        8,
        (
            reserved(16),
            Field("opt.home_agent_preference", 16, "Home Agent Preference"),
            Field("opt.home_agent_lifetime", 16, "Home Agent Preference"),
        ),
    ),
    option("nonce", 14, (Field("opt.nonce", 0, "Nonce", Kind.BYTES, rest=True),)),
    option("route", 24, ROUTE, tell_route),
    option("servers", 25, SERVERS, tell_servers, (Items("icmpv6.rdnss", Shape.SIZED),)),
    SERVER,
    option("extra", 26, EXTRA),
    option("names", 31, NAMES, tell_names),
    option("portal", 37, PORTAL),
    option("translation", 38, TRANSLATION),
    UNKNOWN,
)
