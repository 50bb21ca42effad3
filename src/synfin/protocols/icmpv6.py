"""ICMPv6: error reports, echo, and what ARP and IGMP are to IPv4: neighbours, routers, listeners."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.checksum import internet_checksum
from synfin.dissect.definition import (
    ANY,
    Computed,
    Fact,
    Field,
    Group,
    Items,
    Length,
    Next,
    Protocol,
    Shape,
)
from synfin.dissect.expert import Severity, Topic, follow_up, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans, Sparse
from synfin.protocols import icmp_lessons
from synfin.protocols.checksums import Checksum

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.text import Text

UNREACHABLE, TOO_BIG, EXCEEDED, PROBLEM, ECHO_REQUEST, ECHO_REPLY = 1, 2, 3, 4, 128, 129
LISTENER_QUERY, LISTENER_REPORT, LISTENER_DONE, LISTENER_REPORT_2 = 130, 131, 132, 143
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT, REDIRECT = 135, 136, 137

TYPES = {
    1: "Destination Unreachable",
    2: "Packet Too Big",
    3: "Time Exceeded",
    4: "Parameter Problem",
    100: "Private experimentation",
    101: "Private experimentation",
    127: "Reserved for expansion of ICMPv6 error messages",
    128: "Echo (ping) request",
    129: "Echo (ping) reply",
    130: "Multicast Listener Query",
    131: "Multicast Listener Report",
    132: "Multicast Listener Done",
    133: "Router Solicitation",
    134: "Router Advertisement",
    135: "Neighbor Solicitation",
    136: "Neighbor Advertisement",
    137: "Redirect",
    138: "Router Renumbering",
    139: "Node Information Query",
    140: "Node Information Reply",
    141: "Inverse Neighbor Discovery Solicitation",
    142: "Inverse Neighbor Discovery Advertisement",
    143: "Multicast Listener Report Message v2",
    144: "Home Agent Address Discovery Request",
    145: "Home Agent Address Discovery Reply",
    146: "Mobile Prefix Solicitation",
    147: "Mobile Prefix Advertisement",
    148: "Certification Path Solicitation",
    149: "Certification Path Advertisement",
    150: "Experimental Mobility",
    151: "Multicast Router Advertisement",
    152: "Multicast Router Solicitation",
    153: "Multicast Router Termination",
    154: "FMIPv6",
    155: "RPL Control",
    156: "Locator Update",
    157: "Duplicate Address Request",
    158: "Duplicate Address Confirmation",
    159: "MPL Control Message",
    160: "Extended Echo request",
    161: "Extended Echo reply",
    200: "Private experimentation",
    201: "Private experimentation",
    255: "Reserved for expansion of ICMPv6 informational messages",
}
"""IANA ICMPv6 type numbers."""

CODES = {
    UNREACHABLE: {
        0: "no route to destination",
        1: "Administratively prohibited",
        2: "Beyond scope of source address",
        3: "Address unreachable",
        4: "Port unreachable",
        5: "Source address failed ingress/egress policy",
        6: "Reject route to destination",
        7: "Error in Source Routing Header",
    },
    EXCEEDED: {0: "hop limit exceeded in transit", 1: "fragment reassembly time exceeded"},
    PROBLEM: {
        0: "erroneous header field encountered",
        1: "unrecognized Next Header type encountered",
        2: "unrecognized IPv6 option encountered",
        3: "IPv6 First Fragment has incomplete IPv6 Header Chain",
    },
    160: {0: "No error"},
    161: {
        0: "No error",
        1: "Malformed Query",
        2: "No Such Interface",
        3: "No Such Table Entry",
        4: "Multiple Interfaces Satisfy Query",
    },
}

RECORDS = {
    1: "Include",
    2: "Exclude",
    3: "Changed to include",
    4: "Changed to exclude",
    5: "Allow new sources",
    6: "Block old sources",
}
"""RFC 3810 5.2.12."""

PREFERENCES = {0: "Medium", 1: "High", 2: "Reserved", 3: "Low"}
"""RFC 4191 2.1; "Low" is -1."""

SET_OR_NOT = {0: "Not set", 1: "Set"}
TRUE_FALSE = {0: "False", 1: "True"}

NEXT_HEADER = 58
LONG_QUERY = 28
"""Bytes from which on a listener query is one of version 2 (RFC 3810 8.1)."""

FIXED = {
    ROUTER_SOLICITATION: 8,
    ROUTER_ADVERTISEMENT: 16,
    NEIGHBOR_SOLICITATION: 24,
    NEIGHBOR_ADVERTISEMENT: 24,
    REDIRECT: 40,
}
"""Bytes before the options of neighbour discovery messages (RFC 4861 4)."""


def code_name(number: int, code: int) -> str:
    """What a code says, "" for messages whose code says nothing."""
    if number not in CODES:
        return ""
    otherwise = "Unknown" if number == UNREACHABLE else f"Unknown ({code})"
    return CODES[number].get(code, otherwise)


def _by_message(rows: HeaderRows, before: str, brackets: str) -> Text:
    """The code's name for each type and code."""
    both = rows.values("type") << 8 | rows.values("code")
    distinct, place = np.unique(both, return_inverse=True)
    names = [(value & 255, code_name(value >> 8, value & 255)) for value in distinct.tolist()]
    lines = [before.format(code) + (brackets.format(name) if name else "") for code, name in names]
    return text.from_list(lines).take(place)


def code_line(rows: HeaderRows) -> Text:
    """The number and what it says."""
    return _by_message(rows, "Code: {}", " ({})")


def enclosing(rows: HeaderRows) -> Integers:
    """The row of the IPv6 header that each message is in, -1 if none."""
    packets = rows.table.rows("ipv6")
    at = np.searchsorted(packets.layer.position, rows.layer.position) - 1
    if not len(packets):
        return np.full(len(rows), -1, np.int64)
    same = (at >= 0) & (packets.packet[np.maximum(at, 0)] == rows.packet)
    return np.where(same, at, -1)


def sums(rows: HeaderRows) -> Integers:
    """Sum over each message and its pseudo-header (RFC 8200 8.1), -1 where that cannot be told."""
    around = enclosing(rows)
    packets = rows.table.rows("ipv6")
    known = (rows.limit <= rows.captured_end) & ~rows.layer.quoted & rows.is_whole & (around >= 0)
    if not bool(known.any()):
        return np.full(len(rows), -1, np.int64)
    header = packets.start[np.maximum(around, 0)].astype(np.int64)
    addresses = internet_checksum(rows.data, np.where(known, header + 8, 0), np.where(known, header + 40, 0))
    size = (rows.limit - rows.start).astype(np.int64)
    begin = addresses + (size >> 16) + (size & 0xFFFF) + NEXT_HEADER
    sums = internet_checksum(rows.data, rows.start, np.where(known, rows.limit, rows.start), begin)
    return np.where(known, sums, -1)


CHECKSUM = Checksum(sums)


def body_text(rows: HeaderRows, body: str, name: str) -> Text:
    """A field of the body, for each header that has that body; empty elsewhere."""
    bodies = rows.table.rows(body)
    return bodies.text(name).take(rows.rows_of(body, rows.next_header()))


def option_text(rows: HeaderRows, option: str) -> Text:
    """The link-layer address in each header's first option of a sort."""
    options = rows.table.rows(option)
    addresses = link_layer_text(options)
    first = np.full(len(rows), -1, np.int64)
    first[options.layer.position[::-1]] = np.arange(len(options))[::-1]
    return addresses.take(first)


def link_layer_text(rows: HeaderRows) -> Text:
    """The address with colons."""
    start = rows.start.astype(np.int64) + 2
    size = np.where(rows.values("opt.length") == 1, 6, 8)
    size = np.clip(np.minimum(rows.end, rows.captured_end) - start, 0, size)
    return text.octets(rows.data, start, size, ":")


def info(rows: HeaderRows) -> Text:
    """What the message says."""
    kinds = rows.values("type")
    distinct, place = np.unique(kinds, return_inverse=True)
    names = text.from_list([TYPES.get(kind, f"Unknown ({kind})") for kind in distinct.tolist()]).take(place)
    pieces = [names, _by_message(rows, "", " ({})")]
    if bool(np.isin(kinds, list(FIXED)).any()):
        pieces += _neighbour_words(rows)
    return text.where(rows.has("type"), text.join(pieces))


def _neighbour_words(rows: HeaderRows) -> list[Text]:
    """Whom a neighbour discovery message is about, and what it tells of them."""
    targets = (
        body_text(rows, "icmpv6.ns", "nd.ns.target_address"),
        body_text(rows, "icmpv6.na", "nd.na.target_address"),
    )
    source, target = option_text(rows, "icmpv6.opt.source"), option_text(rows, "icmpv6.opt.target")
    return [
        _after(" for ", targets[0]),
        _after(" ", targets[1]),
        text.where(np.diff(targets[1].ends) > 0, flags_words(rows)),
        _after(" from ", source),
        _after(" is at ", target),
    ]


def _after(words: str, told: Text) -> Text:
    """The text with words before it, if there is any."""
    there = np.diff(told.ends) > 0
    return text.join([text.where(there, text.literal(words, len(told))), told])


def flags_words(rows: HeaderRows) -> Text:
    """The flags of neighbour advertisements, " (rtr, sol, ovr)"."""
    words = ((4, "rtr"), (2, "sol"), (1, "ovr"))
    lines = {
        value: f" ({', '.join(word for bit, word in words if value & bit) or 'none'})" for value in range(8)
    }
    flags = rows.table.rows("icmpv6.na").values("nd.na.flag") >> 29
    return text.named(flags, lines).take(rows.rows_of("icmpv6.na", rows.next_header()))


def echo_info(rows: HeaderRows) -> Text:
    """The type with identifier, sequence number, Hop Limit, and where the other half is."""
    outer = rows.table.rows("icmpv6")
    place = rows.rows_of("icmpv6", rows.previous_header())
    count = len(rows)
    around = enclosing(outer)[place]
    limits = rows.table.rows("ipv6").values("hlim")
    limit = limits[np.maximum(around, 0)] if len(limits) else np.zeros(count, np.int64)
    details = text.join(
        [
            text.literal(" id=", count),
            rows.text("echo.identifier"),
            text.literal(", seq=", count),
            rows.text("echo.sequence_number"),
            text.literal(", hop limit=", count),
            text.decimal(limit),
        ]
    )
    return text.join(
        [
            info(outer).take(place),
            text.where(rows.has("echo.sequence_number"), details),
            _mention(rows, "resp_in", " (reply in "),
            _mention(rows, "resp_to", " (request in "),
            text.where(rows.has("no_resp"), text.literal(" (no response found!)", count)),
        ]
    )


def _mention(rows: HeaderRows, name: str, before: str) -> Text:
    count = len(rows)
    mention = text.join([text.literal(before, count), rows.text(name), text.literal(")", count)])
    return text.where(rows.has(name), mention)


def response_time_line(rows: HeaderRows) -> Text:
    """In milliseconds."""
    there = rows.has("resptime")
    column = rows.table.item_column(rows.layer.protocol.name, "resptime")
    lines = [f"Response Time: {value:.3f} ms" for value in np.asarray(column.values).tolist()]
    place = np.full(len(rows), -1, np.int64)
    place[there] = np.arange(int(there.sum()))
    return text.from_list(lines).take(place)


def no_response_line(rows: HeaderRows) -> Text:
    """To which request."""
    numbers = rows.packet.astype(np.int64) + rows.chunk.first
    return text.join(
        [text.literal("No response seen to ICMPv6 request in frame ", len(rows)), text.decimal(numbers)]
    )


def states_length(rows: HeaderRows) -> Integers:
    """1 where the message says how long the copy is (RFC 4884)."""
    at = np.minimum(rows.start.astype(np.int64), len(rows.data) - 1)
    return ((rows.data[at] > 0) & rows.is_whole).astype(np.int64)


def is_long_query(rows: HeaderRows) -> Integers:
    """1 for queries of version 2."""
    return (rows.limit - rows.start >= LONG_QUERY - 4).astype(np.int64)


def floating(exponent_bits: int, mantissa_bits: int) -> partial[Integers]:
    """A reader of numbers that from their first bit on are exponent and mantissa (RFC 3810 5.1.3, 5.1.9)."""
    return partial(_floating, sizes=(exponent_bits, mantissa_bits))


def _floating(_rows: HeaderRows, _chosen: Integers, code: Integers, sizes: tuple[int, int]) -> Integers:
    exponent_bits, mantissa_bits = sizes
    mantissa = code & ((1 << mantissa_bits) - 1) | 1 << mantissa_bits
    exponent = code >> mantissa_bits & ((1 << exponent_bits) - 1)
    large = code >= 1 << (exponent_bits + mantissa_bits)
    value: Integers = np.where(large, mantissa << (exponent + 3), code)
    return value


def sources_area(rows: HeaderRows) -> tuple[Integers, Integers]:
    """The sources that a long query asks about."""
    begin = rows.start.astype(np.int64) + LONG_QUERY - 4
    end = np.minimum(begin + rows.values("mld.nb_sources") * 16, rows.limit)
    return begin, np.where(rows.values("is_long") == 1, end, begin)


def options_area(rows: HeaderRows) -> tuple[Integers, Integers]:
    """The options of neighbour discovery messages."""
    kinds = rows.values("type", missing=-1)
    skip = np.zeros(len(rows), np.int64)
    for kind, size in FIXED.items():
        skip[kinds == kind] = size
    begin = rows.start.astype(np.int64) + skip
    return begin, np.where(skip > 0, rows.limit, begin)


def set_names(
    rows: HeaderRows, name: str, label: str, digits: int, bits: tuple[tuple[int, str], ...]
) -> Text:
    """A word of flags and the names of those that are set."""
    distinct, place = np.unique(rows.values(name), return_inverse=True)
    lines = [
        ", ".join((f"{label}: 0x{value:0{digits}x}", *(title for bit, title in bits if value & bit)))
        for value in distinct.tolist()
    ]
    return text.from_list(lines).take(place)


def advertisement_flags_line(rows: HeaderRows) -> Text:
    """The flags of a router, and how much it wants to be preferred."""
    bits = ((0x80, "Managed address configuration"), (0x40, "Other configuration"), (0x20, "Home Agent"))
    lines = {
        value: ", ".join(
            (
                f"Flags: 0x{value:02x}",
                *(title for bit, title in bits if value & bit),
                f"Prf (Default Router Preference): {PREFERENCES[value >> 3 & 3]}",
                *(("Proxy",) if value & 4 else ()),
            )
        )
        for value in range(256)
    }
    return text.named(rows.values("nd.ra.flag"), lines)


def record_line(rows: HeaderRows) -> Text:
    """What is wanted of which group."""
    distinct, place = np.unique(rows.values("mldr.mar.record_type"), return_inverse=True)
    names = [RECORDS.get(kind, f"Unknown Record Type ({kind})") for kind in distinct.tolist()]
    return text.join(
        [
            text.literal("Multicast Address Record ", len(rows)),
            text.from_list(names).take(place),
            text.literal(": ", len(rows)),
            rows.text("mldr.mar.multicast_address"),
        ]
    )


def auxiliary(rows: HeaderRows) -> Sparse:
    """Data behind the sources, which no version defines."""
    chosen = np.flatnonzero(rows.values("mldr.mar.aux_data_len") > 0)
    size = rows.values("mldr.mar.aux_data_len")[chosen] * 4
    return Sparse(chosen, Spans(rows.end[chosen].astype(np.int64) - size, size))


def nothing(rows: HeaderRows) -> None:
    """A mark has no value."""


def undecoded_line(rows: HeaderRows) -> Text:
    """Which type nobody here knows."""
    outer = rows.table.rows("icmpv6")
    kinds = outer.values("type")[rows.rows_of("icmpv6", rows.previous_header())]
    return text.join(
        [
            text.literal("Dissector for ICMPv6 Type (", len(rows)),
            text.decimal(kinds),
            text.literal(
                ") code not implemented, Contact Wireshark developers if you want this supported", len(rows)
            ),
        ]
    )


def everywhere(rows: HeaderRows) -> Flags:
    """Every one."""
    return np.ones(len(rows), np.bool_)


def body(name: str, kinds: tuple[int, ...], title: str, fields: tuple[Item, ...], section: str) -> Protocol:
    """The rest of a message with nothing behind it but options."""
    return Protocol(
        name=f"icmpv6.{name}",
        title=title,
        reference=section,
        prefix="icmpv6",
        follows=tuple(("icmpv6.type", kind) for kind in kinds),
        body=True,
        carries=False,
        fields=fields,
        lessons=icmp_lessons.ICMPV6_MESSAGES.get(name, {}),
    )


def copied(name: str, kind: int, title: str, fields: tuple[Item, ...], section: str) -> Protocol:
    """The rest of a message that brings back the beginning of the packet it is about."""
    return Protocol(
        name=f"icmpv6.{name}",
        title=title,
        reference=section,
        prefix="icmpv6",
        follows=(("icmpv6.type", kind),),
        body=True,
        quotes=True,
        next_by=(Next("", "ip.version", peek=4),),
        fields=fields,
        lessons=icmp_lessons.ICMPV6_MESSAGES.get(name, {}),
    )


def extensible() -> tuple[Item, ...]:
    """The second word of errors that may carry extensions."""
    return (
        Computed("has_length", "States the copy's length", Kind.BOOLEAN, states_length, hidden=True),
        Field("reserved", 32, "Reserved", Kind.BYTES, overlay=True, when=(("has_length", 0),)),
        Field("length", 8, "Length of original datagram", overlay=True, when=(("has_length", 1),)),
        Field("reserved", 24, "Reserved", Kind.BYTES, overlay=True, skip=8, when=(("has_length", 1),)),
        Field("second_word", 32, "Second word", Kind.HEX, hidden=True),
    )


ERRORS = (
    copied("unreachable", UNREACHABLE, "Destination unreachable", extensible(), "RFC 4443 3.1"),
    copied("too_big", TOO_BIG, "Packet too big", (Field("mtu", 32, "MTU"),), "RFC 4443 3.2"),
    copied("exceeded", EXCEEDED, "Time exceeded", extensible(), "RFC 4443 3.3"),
    copied("problem", PROBLEM, "Parameter problem", (Field("pointer", 32, "Pointer"),), "RFC 4443 3.4"),
)

NO_RESPONSE = follow_up(
    "resp_not_found",
    (Severity.WARNING, Topic.SEQUENCE),
    "Response not found",
    no_response_line,
    because="no_resp",
)

ECHO = Protocol(
    name="icmpv6.echo",
    title="Echo",
    reference="RFC 4443 4",
    prefix="icmpv6",
    follows=(("icmpv6.type", ECHO_REQUEST), ("icmpv6.type", ECHO_REPLY)),
    body=True,
    encloses=True,
    info=echo_info,
    fields=(
        Field("echo.identifier", 16, "Identifier", Kind.HEX),
        Field("echo.sequence_number", 16, "Sequence"),
        Fact("no_resp", "No response seen", Kind.NONE, parts=(NO_RESPONSE,)),
        Fact("resp_in", "Response In", Kind.FRAME),
        Fact("resp_to", "Response To", Kind.FRAME),
        Fact("resptime", "Response Time", Kind.DOUBLE, show=response_time_line),
    ),
    lessons=icmp_lessons.ECHO_V6,
)

LONG, SHORT = (("is_long", 1),), (("is_long", 0),)

QUERY = Protocol(
    name="icmpv6.query",
    title="Multicast listener query",
    reference="RFC 3810 5.1, RFC 2710",
    prefix="icmpv6",
    follows=(("icmpv6.type", LISTENER_QUERY),),
    body=True,
    carries=False,
    items=(Items("icmpv6.mld.source", Shape.SIZED, area=sources_area),),
    fields=(
        Computed("is_long", "Version 2", Kind.BOOLEAN, is_long_query, hidden=True),
        Field("mld.maximum_response_delay", 16, "Maximum Response Delay [ms]", overlay=True, when=SHORT),
        Field(
            "mld.maximum_response_code",
            16,
            "Maximum Response Code",
            overlay=True,
            when=LONG,
            meaning=floating(3, 12),
        ),
        Field("mld.response", 16, "Maximum response", hidden=True),
        Field("reserved", 16, "Reserved", Kind.BYTES),
        Field("mld.multicast_address", 128, "Multicast Address", Kind.IPV6),
        Field(
            "mld.flag",
            8,
            "Flags",
            Kind.HEX,
            optional=True,
            show=partial(
                set_names,
                name="mld.flag",
                label="Flags",
                digits=2,
                bits=((8, "Suppress Router-Side Processing"),),
            ),
            parts=(
                Field(
                    "mld.flag.s",
                    1,
                    "Suppress Router-Side Processing",
                    Kind.BOOLEAN,
                    TRUE_FALSE,
                    overlay=True,
                    skip=4,
                ),
                Field("mld.flag.qrv", 3, "QRV (Querier's Robustness Variable)", overlay=True, skip=5),
                Field("mld.flag.reserved", 4, "Reserved", overlay=True),
            ),
        ),
        Field("mld.qqi", 8, "QQIC (Querier's Query Interval Code)", optional=True, meaning=floating(3, 4)),
        Field("mld.nb_sources", 16, "Number of Sources", optional=True),
    ),
)

LISTENER = body(
    "listener",
    (LISTENER_REPORT, LISTENER_DONE),
    "Multicast listener",
    (
        Field("mld.maximum_response_delay", 16, "Maximum Response Delay [ms]"),
        Field("reserved", 16, "Reserved", Kind.BYTES),
        Field("mld.multicast_address", 128, "Multicast Address", Kind.IPV6),
    ),
    "RFC 2710 3",
)

REPORTS = Protocol(
    name="icmpv6.reports",
    title="Multicast listener report",
    reference="RFC 3810 5.2",
    prefix="icmpv6",
    follows=(("icmpv6.type", LISTENER_REPORT_2),),
    body=True,
    carries=False,
    items=(Items("icmpv6.mldr", Shape.SIZED, count_by="mldr.nb_mcast_records"),),
    fields=(
        Field("reserved", 16, "Reserved", Kind.BYTES),
        Field("mldr.nb_mcast_records", 16, "Number of Multicast Address Records"),
    ),
)

RECORD = Protocol(
    name="icmpv6.mldr.mar",
    title="Multicast Address Record",
    reference="RFC 3810 5.2.4",
    prefix="icmpv6",
    path="-",
    body=True,
    follows=(("icmpv6.mldr", 0),),
    header_length=Length((("mldr.mar.nb_sources", 16), ("mldr.mar.aux_data_len", 4)), bias=20),
    items=(Items("icmpv6.mldr.source", Shape.SIZED, count_by="mldr.mar.nb_sources"),),
    fields=(
        Computed(
            "mldr.mar",
            "Multicast Address Record",
            Kind.NONE,
            nothing,
            bare=True,
            show=record_line,
            parts=(
                Field("mldr.mar.record_type", 8, "Record Type", names=RECORDS),
                Field("mldr.mar.aux_data_len", 8, "Aux Data Len"),
                Field("mldr.mar.nb_sources", 16, "Number of Sources"),
                Field("mldr.mar.multicast_address", 128, "Multicast Address", Kind.IPV6),
                Group("", holds="icmpv6.mldr.source"),
                Computed("mldr.mar.auxiliary_data", "Auxiliary Data", Kind.BYTES, auxiliary, bare=True),
            ),
        ),
    ),
)


def source(family: str, name: str) -> Protocol:
    """One source address of a list."""
    return Protocol(
        name=f"{family}.address",
        title="Source Address",
        reference="RFC 3810",
        prefix="icmpv6",
        path="-",
        body=True,
        follows=((family, 0),),
        fields=(Field(name, 128, "Source Address", Kind.IPV6),),
    )


def flag(name: str, label: str, width: int = 8) -> Field:
    """One bit."""
    return Field(name, 1, label, Kind.BOOLEAN, SET_OR_NOT, container=width)


RESERVED = Field("reserved", 32, "Reserved", Kind.BYTES)

NEIGHBOURS = (
    body("rs", (ROUTER_SOLICITATION,), "Router solicitation", (RESERVED,), "RFC 4861 4.1"),
    body(
        "ra",
        (ROUTER_ADVERTISEMENT,),
        "Router advertisement",
        (
            Field("nd.ra.cur_hop_limit", 8, "Cur hop limit"),
            Field(
                "nd.ra.flag",
                8,
                "Flags",
                Kind.HEX,
                show=advertisement_flags_line,
                parts=(
                    flag("nd.ra.flag.m", "Managed address configuration"),
                    flag("nd.ra.flag.o", "Other configuration"),
                    flag("nd.ra.flag.h", "Home Agent"),
                    Field("nd.ra.flag.prf", 2, "Prf (Default Router Preference)", names=PREFERENCES),
                    flag("nd.ra.flag.p", "Proxy"),
                    Field("nd.ra.flag.rsv", 2, "Reserved"),
                ),
            ),
            Field("nd.ra.router_lifetime", 16, "Router lifetime (s)"),
            Field("nd.ra.reachable_time", 32, "Reachable time (ms)"),
            Field("nd.ra.retrans_timer", 32, "Retrans timer (ms)"),
        ),
        "RFC 4861 4.2, RFC 4191",
    ),
    body(
        "ns",
        (NEIGHBOR_SOLICITATION,),
        "Neighbour solicitation",
        (RESERVED, Field("nd.ns.target_address", 128, "Target Address", Kind.IPV6)),
        "RFC 4861 4.3",
    ),
    body(
        "na",
        (NEIGHBOR_ADVERTISEMENT,),
        "Neighbour advertisement",
        (
            Field(
                "nd.na.flag",
                32,
                "Flags",
                Kind.HEX,
                show=partial(
                    set_names,
                    name="nd.na.flag",
                    label="Flags",
                    digits=8,
                    bits=((1 << 31, "Router"), (1 << 30, "Solicited"), (1 << 29, "Override")),
                ),
                parts=(
                    flag("nd.na.flag.r", "Router", 32),
                    flag("nd.na.flag.s", "Solicited", 32),
                    flag("nd.na.flag.o", "Override", 32),
                    Field("nd.na.flag.rsv", 29, "Reserved", container=32),
                ),
            ),
            Field("nd.na.target_address", 128, "Target Address", Kind.IPV6),
        ),
        "RFC 4861 4.4",
    ),
    body(
        "redirect",
        (REDIRECT,),
        "Redirect",
        (
            RESERVED,
            Field("nd.rd.target_address", 128, "Target Address", Kind.IPV6),
            Field("rd.na.destination_address", 128, "Destination Address", Kind.IPV6),
        ),
        "RFC 4861 4.5",
    ),
)

OTHER = Protocol(
    name="icmpv6.other",
    title="Other message",
    reference="RFC 4443 2.1",
    prefix="icmpv6",
    follows=(("icmpv6.type", ANY),),
    body=True,
    carries=False,
    fields=(
        remark(
            "undecoded.type", (Severity.NOTE, Topic.UNDECODED), "Undecoded type", everywhere, undecoded_line
        ),
        Field("data", 0, "Data", Kind.BYTES, rest=True),
    ),
)

PROTOCOL = Protocol(
    name="icmpv6",
    title="Internet Control Message Protocol v6",
    reference="RFC 4443",
    follows=(("ip.proto", NEXT_HEADER),),
    short="ICMPv6",
    info=info,
    carries=False,
    next_by=(Next("type", "icmpv6.type"),),
    items=(Items("icmpv6.option", unit=8, area=options_area),),
    fields=(
        Field("type", 8, "Type", names=TYPES),
        Field("code", 8, "Code", show=code_line),
        Field(
            "checksum",
            16,
            "Checksum",
            Kind.HEX,
            show=CHECKSUM.line,
            parts=(CHECKSUM.remark("checksum_bad.expert", Severity.WARNING),),
        ),
        CHECKSUM.status(),
        CHECKSUM.judgement("icmpv6"),
    ),
    lessons=icmp_lessons.ICMPV6,
)

PROTOCOLS = (
    *ERRORS,
    ECHO,
    QUERY,
    LISTENER,
    REPORTS,
    RECORD,
    source("icmpv6.mld.source", "mld.source_address"),
    source("icmpv6.mldr.source", "mldr.mar.source_address"),
    *NEIGHBOURS,
    OTHER,
)
