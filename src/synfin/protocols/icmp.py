"""ICMP: how routers and hosts tell a sender what became of its packets; and the echo behind `ping`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Fact, Field, Items, Next, Protocol, Shape
from synfin.dissect.expert import Severity, Topic, follow_up
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.protocols import icmp_lessons
from synfin.protocols.checksums import Checksum, sums_to

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.text import Text

ECHO_REPLY, UNREACHABLE, REDIRECT, ECHO_REQUEST, EXCEEDED, PROBLEM = 0, 3, 5, 8, 11, 12
ADVERTISEMENT, EXTENDED_REQUEST, EXTENDED_REPLY = 9, 42, 43
FRAGMENTATION_NEEDED = 4
EXTENSIBLE = (UNREACHABLE, EXCEEDED, PROBLEM, EXTENDED_REQUEST)

QUOTED_AT = 8
"""Bytes of an error before the copy of the packet it is about."""
RESERVED = {1: "Reserved", 2: "Reserved", 19: "Reserved (for security)"}

TYPES = {
    0: "Echo (ping) reply",
    3: "Destination unreachable",
    4: "Source quench (flow control)",
    5: "Redirect",
    6: "Alternate host address",
    8: "Echo (ping) request",
    9: "Router advertisement",
    10: "Router solicitation",
    11: "Time-to-live exceeded",
    12: "Parameter problem",
    13: "Timestamp request",
    14: "Timestamp reply",
    15: "Information request",
    16: "Information reply",
    17: "Address mask request",
    18: "Address mask reply",
    30: "Traceroute",
    31: "Datagram Conversion Error",
    32: "Mobile Host Redirect",
    33: "IPv6 Where-Are-You",
    34: "IPv6 I-Am-Here",
    35: "Mobile Registration Request",
    36: "Mobile Registration Reply",
    37: "Domain Name Request",
    38: "Domain Name Reply",
    39: "SKIP",
    40: "Photuris",
    41: "Experimental mobility protocols",
    42: "Extended Echo request",
    43: "Extended Echo reply",
    **RESERVED,
}
"""IANA ICMP Type Numbers."""

UNKNOWN_TYPE = "Unknown ICMP (obsolete or malformed?)"
MOBILE_ADVERTISEMENT = "Mobile IP Advertisement"

CODES: dict[int, dict[int, str]] = {
    UNREACHABLE: {
        0: "Network unreachable",
        1: "Host unreachable",
        2: "Protocol unreachable",
        3: "Port unreachable",
        4: "Fragmentation needed",
        5: "Source route failed",
        6: "Destination network unknown",
        7: "Destination host unknown",
        8: "Source host isolated",
        9: "Network administratively prohibited",
        10: "Host administratively prohibited",
        11: "Network unreachable for TOS",
        12: "Host unreachable for TOS",
        13: "Communication administratively filtered",
        14: "Host precedence violation",
        15: "Precedence cutoff in effect",
    },
    REDIRECT: {
        0: "Redirect for network",
        1: "Redirect for host",
        2: "Redirect for TOS and network",
        3: "Redirect for TOS and host",
    },
    6: {0: "Alternate address for host"},
    ADVERTISEMENT: {0: "Normal router advertisement", 16: "Does not route common traffic"},
    EXCEEDED: {0: "Time to live exceeded in transit", 1: "Fragment reassembly time exceeded"},
    PROBLEM: {0: "Pointer indicates the error", 1: "Required option missing", 2: "Bad length"},
    40: {
        0: "Bad SPI",
        1: "Authentication Failed",
        2: "Decompression Failed",
        3: "Decryption Failed",
        4: "Need Authentication",
        5: "Need Authorization",
    },
    EXTENDED_REQUEST: {0: "No error"},
    EXTENDED_REPLY: {
        0: "No error",
        1: "Malformed Query",
        2: "No Such Interface",
        3: "No Such Table Entry",
        4: "Multiple Interfaces Satisfy Query",
    },
}

DAY = 86_400
DAY_MS = 86_400_000

REPLY_STATES = {
    0: "Reserved",
    1: "Incomplete",
    2: "Reachable",
    3: "Stale",
    4: "Delay",
    5: "Probe",
    6: "Failed",
}
SET_OR_NOT = {0: "Not set", 1: "Set"}

ORIGINAL = 128
"""Bytes of the original datagram before extensions, where nothing says how many (RFC 4884 5)."""


def type_name(number: int, code: int) -> str:
    """What a message is called."""
    if number == ADVERTISEMENT and code in (0, 16):
        return MOBILE_ADVERTISEMENT
    return TYPES.get(number, UNKNOWN_TYPE)


def code_name(number: int, code: int) -> str:
    """What a code says, "" for messages whose code says nothing."""
    if number not in CODES:
        return ""
    return CODES[number].get(code, f"Unknown code: {code}")


def _by_message(rows: HeaderRows, line: object) -> Text:
    """A line for each type and code."""
    both = rows.values("type") << 8 | rows.values("code")
    assert callable(line)
    distinct, place = np.unique(both, return_inverse=True)
    return text.from_list([line(value >> 8, value & 255) for value in distinct.tolist()]).take(place)


def type_line(rows: HeaderRows) -> Text:
    """The number and the name."""
    return _by_message(rows, lambda number, code: f"Type: {number} ({type_name(number, code)})")


def code_line(rows: HeaderRows) -> Text:
    """The number and what it says."""

    def line(number: int, code: int) -> str:
        name = code_name(number, code)
        return f"Code: {code} ({name})" if name else f"Code: {code}"

    return _by_message(rows, line)


def info(rows: HeaderRows) -> Text:
    """What the message says."""

    def line(number: int, code: int) -> str:
        name = code_name(number, code)
        return f"{type_name(number, code):<20}" + (f" ({name})" if name else "")

    return text.where(rows.has("code"), _by_message(rows, line))


def sums(rows: HeaderRows) -> Integers:
    """Sum over each message, -1 where not all of it is there or it is a copy, which may be cut."""
    whole = (rows.limit <= rows.captured_end) & ~rows.layer.quoted & rows.has("checksum")
    return sums_to(rows, rows.limit, whole)


CHECKSUM = Checksum(sums)


def around(rows: HeaderRows) -> tuple[HeaderRows, Integers]:
    """The ICMP headers, and which of them each body continues."""
    outer = rows.table.rows("icmp")
    return outer, rows.rows_of("icmp", rows.previous_header())


def code_of(rows: HeaderRows) -> Integers:
    """The code of the header that each body continues."""
    outer, place = around(rows)
    return outer.values("code")[place]


def ttl_text(rows: HeaderRows) -> Text:
    """Time to Live of the packet around each body, if that is directly an IPv4 packet."""
    outer, place = around(rows)
    packets = rows.rows_of("ip", outer.previous_header()[place])
    values = rows.table.rows("ip").values("ttl")
    found = values[np.maximum(packets, 0)] if len(values) else np.zeros(len(rows), np.int64)
    line = text.join([text.literal(", ttl=", len(rows)), text.decimal(found)])
    return text.where(packets >= 0, line)


def message_info(rows: HeaderRows) -> Text:
    """The type with identifier, sequence number and Time to Live."""
    outer, place = around(rows)
    count = len(rows)
    called = info(outer).take(place)
    details = text.join(
        [
            text.literal(" id=", count),
            text.hexadecimal(rows.values("ident"), 4),
            text.literal(", seq=", count),
            rows.text("seq"),
            text.literal("/", count),
            rows.text("seq_le"),
            ttl_text(rows),
        ]
    )
    return text.join([called, text.where(rows.has("seq"), details)])


def echo_info(rows: HeaderRows) -> Text:
    """The same, and where the other half is."""
    count = len(rows)
    return text.join(
        [
            message_info(rows),
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
    lines = [f"Response time: {value:.3f} ms" for value in np.asarray(column.values).tolist()]
    place = np.full(len(rows), -1, np.int64)
    place[there] = np.arange(int(there.sum()))
    return text.from_list(lines).take(place)


def _little_or_big(rows: HeaderRows) -> tuple[Integers, Integers]:
    """Rows whose data begins with a time near the packet's own, and that time in nanoseconds."""
    at = rows.end.astype(np.int64)
    room = np.flatnonzero((np.minimum(rows.limit, rows.captured_end) - at >= 8) & rows.is_whole)
    words = rows.data[at[room][:, None] + np.arange(8)] if len(room) else np.empty((0, 8), np.uint8)
    now = rows.chunk.time[rows.packet[room]]
    times = np.full(len(room), np.iinfo(np.int64).min, np.int64)
    for order in ("<u4", ">u4"):
        seconds, micro = np.ascontiguousarray(words).view(order).astype(np.int64).T.reshape(2, -1)
        stated = seconds * 1_000_000_000 + micro * 1000
        near = (micro < 1_000_000) & (np.abs(now // 1000 - stated // 1000) < DAY * 1_000_000)
        times = np.where(near, stated, times)
    chosen = times != np.iinfo(np.int64).min
    return room[chosen], times[chosen]


def data_time(rows: HeaderRows) -> Sparse:
    """When the request was sent, as `ping` notes it in the first 8 bytes of its data."""
    return Sparse(*_little_or_big(rows))


def data_time_relative(rows: HeaderRows) -> Sparse:
    """How long before the capture of this packet that was."""
    chosen, times = _little_or_big(rows)
    return Sparse(chosen, rows.chunk.time[rows.packet[chosen]] - times)


def taken_by_time(rows: HeaderRows) -> Integers:
    """Bytes of data that are a time."""
    taken = np.zeros(len(rows), np.int64)
    taken[rows.table.item_column(rows.layer.protocol.name, "data_time").rows] = 8
    return taken


def span_of_time(milliseconds: int) -> str:
    """The parts of a time span: "2 hours, 0.123 seconds"."""
    seconds, rest = divmod(milliseconds, 1000)
    parts = []
    for name, size in (("day", DAY), ("hour", 3600), ("minute", 60)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {name}{'s' if number > 1 else ''}")
    if rest:
        parts.append(f"{seconds}.{rest:03d} seconds")
    elif seconds or not parts:
        parts.append(f"{seconds} second{'' if seconds == 1 else 's'}")
    return ", ".join(parts)


def time_of_day(value: int) -> str:
    """Milliseconds since midnight; a value beyond the day's end was written the wrong way round."""
    if value >= DAY_MS:
        value = int.from_bytes(value.to_bytes(4, "little"), "big") & 0x7FFFFFFF
    return f"{span_of_time(value)} after midnight UTC"


def time_of_day_line(rows: HeaderRows, name: str, label: str) -> Text:
    """The number and the time of day."""
    distinct, place = np.unique(rows.values(name), return_inverse=True)
    return text.from_list([f"{label}: {value} ({time_of_day(value)})" for value in distinct.tolist()]).take(
        place
    )


def lifetime_line(rows: HeaderRows) -> Text:
    """In seconds and in words."""
    distinct, place = np.unique(rows.values("lifetime"), return_inverse=True)
    return text.from_list(
        [f"Lifetime: {value} ({span_of_time(value * 1000)})" for value in distinct.tolist()]
    ).take(place)


def states_length(rows: HeaderRows) -> Integers:
    """1 where the message says how long the copy is (RFC 4884), 0 where it follows RFC 792 alone."""
    return (_second_octet(rows) > 0).astype(np.int64)


def _second_octet(rows: HeaderRows) -> Integers:
    at = np.minimum(rows.start.astype(np.int64) + 1, len(rows.data) - 1)
    return np.where(rows.is_whole, rows.data[at], 0).astype(np.int64)


def states_mtu(rows: HeaderRows) -> Integers:
    """1 where the next hop's MTU is in the last two bytes (RFC 1191)."""
    values: Integers = (code_of(rows) == FRAGMENTATION_NEEDED).astype(np.int64)
    return values


def original_length(rows: HeaderRows) -> Sparse:
    """Bytes of the original datagram."""
    chosen = np.flatnonzero(rows.has("length"))
    return Sparse(chosen, rows.values("length")[chosen] * 4)


def extension_area(rows: HeaderRows) -> tuple[Integers, Integers]:
    """Behind the original datagram of errors, if it is long enough to tell where it ends (RFC 4884 4, 5)."""
    kinds = rows.values("type", missing=-1)
    end = rows.limit.astype(np.int64)
    first = rows.start.astype(np.int64) + QUOTED_AT
    at = np.minimum(first, max(len(rows.data) - 4, 0))
    stated = rows.data[at - QUOTED_AT + 5].astype(np.int64) * 4
    total = rows.data[at + 2].astype(np.int64) << 8 | rows.data[at + 3]
    guessed = (stated == 0) & (end - first > ORIGINAL) & (total <= ORIGINAL)
    begin = np.where(guessed, first + ORIGINAL, np.where(stated >= ORIGINAL, first + stated, end))
    begin = np.where(kinds == EXTENDED_REQUEST, first, begin)
    mine = np.isin(kinds, EXTENSIBLE) & ~rows.layer.quoted & (begin + 4 <= end)
    return np.where(mine, begin, end), end


def copied(name: str, number: int, title: str, fields: tuple[Item, ...], section: str) -> Protocol:
    """The rest of a message that brings back the beginning of the packet it is about."""
    return Protocol(
        name=f"icmp.{name}",
        title=title,
        reference=section,
        prefix="icmp",
        follows=(("icmp.type", number),),
        body=True,
        quotes=True,
        next_by=(Next("", "ip.version", peek=4),),
        fields=fields,
        lessons=icmp_lessons.ICMP_MESSAGES.get(name, {}),
    )


def both_orders() -> tuple[Item, ...]:
    """Identifier and sequence number, big-endian first, as the tree shows them."""
    return (
        Field("ident", 16, "Identifier (BE)", Kind.DEC_HEX, overlay=True),
        Field("ident_le", 16, "Identifier (LE)", Kind.DEC_HEX, little=True, overlay=True),
        Field("seq", 16, "Sequence Number (BE)", Kind.DEC_HEX, overlay=True, skip=16),
        Field("seq_le", 16, "Sequence Number (LE)", Kind.DEC_HEX, little=True, overlay=True, skip=16),
        Field("ident_and_seq", 32, "Identifier and sequence number", Kind.HEX, hidden=True),
    )


NO_RESPONSE = follow_up(
    "resp_not_found",
    (Severity.WARNING, Topic.SEQUENCE),
    "No response seen to ICMP request",
    because="no_resp",
)

ECHO = Protocol(
    name="icmp.echo",
    title="Echo",
    reference="RFC 792",
    prefix="icmp",
    follows=(("icmp.type", ECHO_REPLY), ("icmp.type", ECHO_REQUEST)),
    body=True,
    encloses=True,
    takes=taken_by_time,
    info=echo_info,
    lessons=icmp_lessons.ECHO,
    fields=(
        *both_orders(),
        Fact("no_resp", "No response seen", Kind.NONE, parts=(NO_RESPONSE,)),
        Fact("resp_in", "Response frame", Kind.FRAME),
        Fact("resp_to", "Request frame", Kind.FRAME),
        Fact("resptime", "Response time", Kind.DOUBLE, show=response_time_line),
        Computed("data_time", "Timestamp from icmp data", Kind.TIME, data_time, bare=True),
        Computed(
            "data_time_relative", "Timestamp from icmp data (relative)", Kind.DURATION, data_time_relative
        ),
    ),
)


def error_fields() -> tuple[Item, ...]:
    """The second word of an error, whichever way it is used."""
    plain, extended = (("has_length", 0),), (("has_length", 1),)
    no_mtu, mtu = (("has_mtu", 0),), (("has_mtu", 1),)
    return (
        Computed("has_length", "States the copy's length", Kind.BOOLEAN, states_length, hidden=True),
        Computed("has_mtu", "States an MTU", Kind.BOOLEAN, states_mtu, hidden=True),
        Field("unused", 32, "Unused", Kind.BYTES, overlay=True, when=plain + no_mtu),
        Field("unused", 16, "Unused", Kind.BYTES, overlay=True, when=plain + mtu),
        Field("unused", 8, "Unused", Kind.BYTES, overlay=True, when=extended),
        Field("length", 8, "Length", overlay=True, skip=8, when=extended),
        Computed(
            "length.original_datagram", "Length of original datagram", Kind.UINT, original_length, width=8
        ),
        Field("unused", 16, "Unused", Kind.BYTES, overlay=True, skip=16, when=extended + no_mtu),
        Field("mtu", 16, "MTU of next hop", overlay=True, skip=16, when=mtu),
        Field("second_word", 32, "Second word", Kind.HEX, hidden=True),
    )


ERRORS = (
    copied(
        "unreachable", UNREACHABLE, "Destination unreachable", error_fields(), "RFC 792, RFC 1191, RFC 4884"
    ),
    copied("exceeded", EXCEEDED, "Time exceeded", error_fields(), "RFC 792, RFC 4884"),
    copied(
        "quench",
        4,
        "Source quench",
        (Field("second_word", 32, "Second word", Kind.HEX, hidden=True),),
        "RFC 792",
    ),
    copied(
        "redirect", REDIRECT, "Redirect", (Field("redir_gw", 32, "Gateway Address", Kind.IPV4),), "RFC 792"
    ),
    copied(
        "problem",
        PROBLEM,
        "Parameter problem",
        (
            Computed("has_length", "States the copy's length", Kind.BOOLEAN, states_length, hidden=True),
            Field("pointer", 8, "Pointer", width=32),
            Field("unused", 24, "Unused", Kind.BYTES, overlay=True, when=(("has_length", 0),)),
            Field("length", 8, "Length", overlay=True, when=(("has_length", 1),)),
            Computed(
                "length.original_datagram", "Length of original datagram", Kind.UINT, original_length, width=8
            ),
            Field("unused", 16, "Unused", Kind.BYTES, overlay=True, skip=8, when=(("has_length", 1),)),
            Field("rest_of_word", 24, "Rest of the word", Kind.HEX, hidden=True),
        ),
        "RFC 792, RFC 4884",
    ),
)

TIMES = (
    ("originate_timestamp", "Originate Timestamp"),
    ("receive_timestamp", "Receive Timestamp"),
    ("transmit_timestamp", "Transmit Timestamp"),
)

TIMESTAMP = Protocol(
    name="icmp.timestamp",
    title="Timestamp",
    reference="RFC 792",
    prefix="icmp",
    follows=(("icmp.type", 13), ("icmp.type", 14)),
    body=True,
    carries=False,
    info=message_info,
    fields=(
        *both_orders(),
        *(Field(n, 32, label, show=partial(time_of_day_line, name=n, label=label)) for n, label in TIMES),
    ),
)

INFORMATION = Protocol(
    name="icmp.information",
    title="Information",
    reference="RFC 792",
    prefix="icmp",
    follows=(("icmp.type", 15), ("icmp.type", 16)),
    body=True,
    carries=False,
    info=message_info,
    fields=both_orders(),
)

ADDRESS_MASK = Protocol(
    name="icmp.address_mask",
    title="Address mask",
    reference="RFC 950",
    prefix="icmp",
    follows=(("icmp.type", 17), ("icmp.type", 18)),
    body=True,
    carries=False,
    info=message_info,
    fields=(*both_orders(), Field("address_mask", 32, "Address Mask", Kind.IPV4)),
)

ADVERTISED = Protocol(
    name="icmp.advertised",
    title="Router address",
    reference="RFC 1256",
    prefix="icmp",
    path="-",
    body=True,
    follows=(("icmp.router", 0),),
    fields=(
        Field("router_address", 32, "Router address", Kind.IPV4),
        Field("pref_level", 32, "Preference level", Kind.INT),
    ),
)

ROUTER_ADVERTISEMENT = Protocol(
    name="icmp.advertisement",
    title="Router advertisement",
    reference="RFC 1256",
    prefix="icmp",
    follows=(("icmp.type", ADVERTISEMENT),),
    body=True,
    carries=False,
    items=(Items("icmp.router", Shape.SIZED, count_by="num_addrs"),),
    fields=(
        Field("num_addrs", 8, "Number of addresses"),
        Field("addr_entry_size", 8, "Address entry size"),
        Field("lifetime", 16, "Lifetime", show=lifetime_line),
    ),
)


def bit(name: str, label: str) -> Field:
    """One flag of an extended echo."""
    return Field(f"ext.echo.{name}", 1, label, Kind.BOOLEAN, SET_OR_NOT)


def extended(name: str, number: int, fields: tuple[Item, ...]) -> Protocol:
    """An echo that asks about one interface of a machine (PROBE)."""
    return Protocol(
        name=f"icmp.{name}",
        title="Extended echo",
        reference="RFC 8335",
        prefix="icmp",
        follows=(("icmp.type", number),),
        body=True,
        carries=False,
        fields=(
            Field("ident", 16, "Identifier (BE)", Kind.DEC_HEX, overlay=True),
            Field("ident_le", 16, "Identifier (LE)", Kind.DEC_HEX, little=True, overlay=True),
            Field("ident_word", 16, "Identifier", Kind.HEX, hidden=True),
            Field("ext.echo.seq", 8, "Sequence Number", Kind.DEC_HEX),
            *fields,
        ),
    )


PROTOCOL = Protocol(
    name="icmp",
    title="Internet Control Message Protocol",
    reference="RFC 792",
    follows=(("ip.proto", 1),),
    short="ICMP",
    info=info,
    carries=False,
    next_by=(Next("type", "icmp.type"),),
    items=(Items("icmp.extension", Shape.ONE, key_bits=4, area=extension_area),),
    fields=(
        Field("type", 8, "Type", names=TYPES, show=type_line),
        Field("code", 8, "Code", show=code_line),
        Field(
            "checksum",
            16,
            "Checksum",
            Kind.HEX,
            show=CHECKSUM.line,
            parts=(CHECKSUM.remark("checksum_bad", Severity.WARNING),),
        ),
        CHECKSUM.status(),
        CHECKSUM.judgement("icmp"),
    ),
    lessons=icmp_lessons.ICMP,
)

PROTOCOLS = (
    ECHO,
    *ERRORS,
    TIMESTAMP,
    INFORMATION,
    ADDRESS_MASK,
    ROUTER_ADVERTISEMENT,
    ADVERTISED,
    extended(
        "extended_request",
        EXTENDED_REQUEST,
        (Field("ext.echo.req.res", 7, "Reserved", Kind.HEX), bit("req.local", "Local bit")),
    ),
    extended(
        "extended_reply",
        EXTENDED_REPLY,
        (
            Field("ext.echo.rsp.state", 3, "State", names=REPLY_STATES),
            Field("ext.echo.rsp.res", 2, "Reserved", Kind.HEX),
            bit("rsp.active", "Active bit"),
            bit("rsp.ipv4", "IPv4 bit"),
            bit("rsp.ipv6", "IPv6 bit"),
        ),
    ),
)
