"""Options of IPv4: records of the way taken, wishes about the way to take, and labels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import (
    ANY,
    BROKEN,
    Computed,
    Field,
    Group,
    Items,
    Lesson,
    Protocol,
    Shape,
    Words,
)
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.text import Text

FAMILY = "ip.option"
WARNING = (Severity.WARNING, Topic.PROTOCOL)

CLASSES = {
    0: "Control",
    1: "Reserved for future use",
    2: "Debugging and measurement",
    3: "Reserved for future use",
}

NUMBERS = {
    0: "End of Option List (EOL)",
    1: "No-Operation (NOP)",
    2: "Security",
    3: "Loose source route",
    4: "Time stamp",
    5: "Extended security",
    6: "Commercial IP security option",
    7: "Record route",
    8: "Stream identifier",
    9: "Strict source route",
    10: "Experimental Measurement",
    11: "MTU probe",
    12: "MTU Reply",
    13: "Experimental Flow Control",
    14: "Experimental Access Control",
    15: "Ask Estrin",
    16: "IMI Traffic Descriptor",
    17: "Extended Internet Protocol",
    18: "Traceroute",
    19: "Address Extension",
    20: "Router Alert",
    21: "Selective Directed Broadcast",
    22: "Unassigned",
    23: "Dynamic Packet State",
    24: "Upstream Multicast Packet",
    25: "Quick-Start",
    30: "RFC 3692-style experiment",
}

SECURITY = {
    0: "Unclassified",
    0xF135: "Confidential",
    0x789A: "EFTO",
    0xBC4D: "MMMM",
    0x5E26: "PROG",
    0xAF13: "Restricted",
    0xD788: "Secret",
    0x6BC5: "Top secret",
    **dict.fromkeys((0x35E2, 0x9AF1, 0x4D78, 0x24BD, 0x135E, 0x89AF, 0xC4D6, 0xE26B), "Reserved"),
}
"""RFC 791 3.1."""

CLASSIFICATION = {
    0x01: "Reserved 4",
    0x3D: "Top secret",
    0x5A: "Secret",
    0x96: "Confidential",
    0x66: "Reserved 3",
    0xCC: "Reserved 2",
    0xAB: "Unclassified",
    0xF1: "Reserved 1",
}
"""RFC 1108 2.3."""

AUTHORITIES = {
    "genser": "GENSER",
    "siop_esi": "SIOP-ESI",
    "sci": "SCI",
    "nsa": "NSA",
    "doe": "DOE",
}
"""RFC 1108 2.4, first bit first."""

PROTECTED = {
    0: "Datagram not protected in accordance with its rules",
    1: "Datagram protected in accordance with its rules",
}

TAGS = {
    0: "Padding",
    1: "Restrictive Category Bitmap",
    2: "Enumerated Categories",
    5: "Ranged Categories",
    6: "Permissive Categories",
    7: "Free Form",
}
"""FIPS 188."""

STAMPS = {
    0: "Time stamps only",
    1: "Time stamp and address",
    3: "Time stamps for prespecified addresses",
}

RATES = {
    0: "0 bit/s",
    1: "80 Kbit/s",
    2: "160 Kbit/s",
    3: "320 Kbit/s",
    4: "640 Kbit/s",
    5: "1.28 Mbit/s",
    6: "2.56 Mbit/s",
    7: "5.12 Mbit/s",
    8: "10.24 Mbit/s",
    9: "20.48 Mbit/s",
    10: "40.96 Mbit/s",
    11: "81.92 Mbit/s",
    12: "163.84 Mbit/s",
    13: "327.68 Mbit/s",
    14: "655.36 Mbit/s",
    15: "1.31072 Gbit/s",
}
"""RFC 4782 3.1."""

ALERT = "Router shall examine packet"
QUICK_START_FUNCTIONS = {0: "Rate request", 8: "Rate report"}
RFC_791_SECURITY = 11
"""Bytes of the old security option; RFC 1108's is shorter."""

RECORDED, NEXT_EMPTY, SOURCE_ROUTE = 0, 1, 2
STAMP, STAMP_ADDRESS = 0, 1


def type_field() -> Field:
    """The first byte of every option."""
    return Field(
        "opt.type",
        8,
        "Type",
        parts=(
            Field("opt.type.copy", 1, "Copy on fragmentation", Kind.BOOLEAN, {0: "No", 1: "Yes"}),
            Field("opt.type.class", 2, "Class", names=CLASSES),
            Field("opt.type.number", 5, "Number", names=NUMBERS),
        ),
    )


def wrong_length(rows: HeaderRows, due: int) -> Flags:
    """Whether an option of fixed length says another one."""
    values: Flags = rows.values("opt.len") != due
    return values


def wrong_length_line(rows: HeaderRows, title: str, due: int) -> Text:
    """Which length it says, and which it should have."""
    return text.join(
        [
            text.literal(f"{title} (with option length = ", len(rows)),
            text.decimal(rows.values("opt.len")),
            text.literal(f" bytes; should be {due})", len(rows)),
        ]
    )


def option(
    name: str,
    number: int,
    title: str,
    fields: tuple[Item, ...],
    *,
    size: int = 0,
    hops: str = "",
) -> Protocol:
    """An option with a length.

    Args:
        name: its name below "ip.options.".
        number: the whole first byte.
        title: what the tree calls it.
        fields: what follows the length.
        size: its only right length in bytes, 0 if that varies.
        hops: family of the records at its end.
    """
    checks: tuple[Item, ...] = ()
    if size:
        checks = (
            remark(
                "opt.len.invalid",
                WARNING,
                "Invalid length for option",
                partial(wrong_length, due=size),
                partial(wrong_length_line, title=title, due=size),
            ),
        )
    return Protocol(
        name=f"ip.options.{name}",
        title=f"IP Option - {title}",
        reference=REFERENCES.get(number, "RFC 791 3.1"),
        prefix="ip",
        path="-",
        follows=((FAMILY, number),),
        summary=f"IP Option - {title} ({size or '{opt.len}'} bytes)",
        fields=(type_field(), Field("opt.len", 8, "Length", parts=checks), *fields),
        items=(Items(hops, Shape.SIZED),) if hops else (),
        lessons=LESSONS.get(name, {}),
    )


REFERENCES = {
    130: "RFC 1108",
    133: "RFC 1108",
    134: "FIPS 188",
    11: "RFC 1063",
    12: "RFC 1063",
    82: "RFC 1393",
    148: "RFC 2113",
    149: "RFC 1770",
    25: "RFC 4782",
}


def _lesson(meaning: tuple[str, str], section: str) -> Mapping[str, Lesson]:
    return {"opt.type": Lesson(Words(*meaning), section)}


LESSONS: Mapping[str, Mapping[str, Lesson]] = {
    "record_route": _lesson(
        (
            "Each router writes its address here; there is room for nine at most.",
            "途经的路由器在此写下自己的地址，最多九个。",
        ),
        "RFC 791 3.1",
    ),
    "route": _lesson(
        (
            "The sender names routers to pass, others may lie between. Nearly everyone drops such packets.",
            "发送方指定必经的路由器，中间可以绕行。如今几乎到处都会丢弃这种包。",
        ),
        "RFC 791 3.1, RFC 7126 4.3",
    ),
    "source_route": _lesson(
        (
            "The sender names every router on the way. Nearly everyone drops such packets.",
            "发送方逐个指定全部路由器。如今几乎到处都会丢弃这种包。",
        ),
        "RFC 791 3.1, RFC 7126 4.4",
    ),
    "timestamp": _lesson(
        (
            "Each router notes when the packet passed, in milliseconds since midnight UTC.",
            "途经的路由器记下时刻，以世界时零点起的毫秒计。",
        ),
        "RFC 791 3.1",
    ),
    "routeralert": _lesson(
        (
            "Asks every router on the way to look inside, whoever the packet is for. IGMP and RSVP use it.",
            "请途中每个路由器都看一看内容，即使包不是给它的；IGMP 和 RSVP 会用到。",
        ),
        "RFC 2113",
    ),
}


def pointer_field() -> Field:
    """Where the next router is to write, counted from 1 at the option's first byte."""
    return Field(
        "opt.ptr",
        8,
        "Pointer",
        parts=(
            remark(
                "opt.ptr.before_address",
                WARNING,
                "Pointer points before first address",
                lambda r: r.values("opt.ptr") < 4,
            ),
            remark("opt.ptr.middle_address", WARNING, "Pointer points to middle of address", points_amid),
            remark("subopt_too_long", WARNING, "Suboption would go past end of option", ends_amid),
        ),
    )


def points_amid(rows: HeaderRows) -> Flags:
    """Whether the pointer is at no address's first byte."""
    pointer = rows.values("opt.ptr")
    values: Flags = (pointer >= 4) & (pointer % 4 != 0)
    return values


def ends_amid(rows: HeaderRows) -> Flags:
    """Whether the last address is cut by the option's end."""
    pointer = rows.values("opt.ptr")
    values: Flags = (pointer >= 4) & (pointer % 4 == 0) & ((rows.end - rows.start) % 4 != 3)
    return values


def hop_state(rows: HeaderRows, ahead: int) -> Integers:
    """What an address of a route is: passed, or what `ahead` says; -1 if the pointer makes no sense."""
    place, pointer = _place_and_pointer(rows)
    sensible = (pointer >= 4) & (pointer % 4 == 0)
    return np.where(sensible, np.where(place < pointer, RECORDED, ahead), -1)


def _place_and_pointer(rows: HeaderRows) -> tuple[Integers, Integers]:
    """Where in the option an address stands, counted from 1, and where the option's pointer points."""
    option_start = rows.outer.start[rows.layer.position]
    return (rows.start - option_start + 1).astype(np.int64), rows.outer.values("opt.ptr")[rows.layer.position]


def hop_line(rows: HeaderRows, name: str, label: str) -> Text:
    """The address, and whether it is the next."""
    place, pointer = _place_and_pointer(rows)
    mark = text.where(place == pointer, text.literal(" <- (next)", len(rows)))
    return text.join([text.literal(f"{label}: ", len(rows)), rows.text(name), mark])


def host(rows: HeaderRows, name: str) -> Sparse:
    """The address as text."""
    there = np.flatnonzero(rows.has(name))
    return Sparse(there, rows.text(name).take(there))


def hop(family: str, ahead: tuple[str, str, int]) -> Protocol:
    """One address of a route.

    Args:
        family: the list it is in.
        ahead: name, label and state of those that the packet has not passed.
    """
    name, label, state = ahead

    def address(name: str, label: str, state: int) -> tuple[Item, ...]:
        line = partial(hop_line, name=name, label=label)
        return (
            Field(name, 32, label, Kind.IPV4, overlay=True, when=(("opt.hop.state", state),), show=line),
            Computed(
                f"{name}_host", f"{label} Host", Kind.TEXT, partial(host, name=name), hidden=True, bare=True
            ),
        )

    return Protocol(
        name=f"{family}.hop",
        title="Address",
        reference="RFC 791 3.1",
        prefix="ip",
        path="-",
        body=True,
        follows=((family, 0),),
        fields=(
            Computed("opt.hop.state", "State", Kind.INT, partial(hop_state, ahead=state), hidden=True),
            *address("rec_rt", "Recorded Route", RECORDED),
            *address(name, label, state),
            Field("opt.hop", 32, "Address", Kind.IPV4, hidden=True),
        ),
    )


def stamp_state(rows: HeaderRows) -> Integers:
    """Whether a word of a time stamp option is a time or an address; they alternate where there are any."""
    outer, position = rows.outer, rows.layer.position
    with_addresses = np.isin(outer.values("opt.flag"), (1, 3))[position]
    word = (rows.start - outer.start[position]) // 4 - 1
    return np.where(with_addresses & (word % 2 == 0), STAMP_ADDRESS, STAMP).astype(np.int64)


STAMPED = Protocol(
    name="ip.options.timestamp.stamp",
    title="Time stamp",
    reference="RFC 791 3.1",
    prefix="ip",
    path="-",
    body=True,
    follows=(("ip.option.stamp", 0),),
    fields=(
        Computed("opt.stamp.state", "State", Kind.UINT, stamp_state, hidden=True),
        Field(
            "opt.time_stamp_addr",
            32,
            "Address",
            Kind.IPV4,
            overlay=True,
            when=(("opt.stamp.state", STAMP_ADDRESS),),
        ),
        Field("opt.time_stamp", 32, "Time stamp", overlay=True, when=(("opt.stamp.state", STAMP),)),
        Field("opt.stamp", 32, "Word", hidden=True),
    ),
)

BROADCAST_ADDRESS = Protocol(
    name="ip.options.sdb.address",
    title="Address",
    reference="RFC 1770",
    prefix="ip",
    path="-",
    body=True,
    follows=(("ip.option.sdb", 0),),
    fields=(Field("opt.addr", 32, "IP Address", Kind.IPV4),),
)


def is_basic(rows: HeaderRows) -> Integers:
    """1 where a security option is RFC 1108's."""
    values: Integers = (rows.values("opt.len") != RFC_791_SECURITY).astype(np.int64)
    return values


def authorities_line(rows: HeaderRows) -> Text:
    """The flags and who they name."""
    names = list(AUTHORITIES.values())
    lines = {
        value: ", ".join(
            (
                f"Protection Authority Flags: 0x{value:02x}",
                *(n for bit, n in enumerate(names) if value >> (7 - bit) & 1),
            )
        )
        for value in range(256)
    }
    return text.named(rows.values("opt.sec_prot_auth_flags"), lines)


OLD, BASIC = (("opt.len", RFC_791_SECURITY),), (("opt.sec_basic", 1),)

SECURITY_FIELDS: tuple[Item, ...] = (
    Computed("opt.sec_basic", "RFC 1108", Kind.BOOLEAN, is_basic, hidden=True),
    Field("opt.sec_rfc791_sec", 16, "Security", Kind.HEX, SECURITY, when=OLD),
    Field("opt.sec_rfc791_comp", 16, "Compartments", when=OLD),
    Field("opt.sec_rfc791_hr", 16, "Handling Restrictions", Kind.TEXT, when=OLD),
    Field("opt.sec_rfc791_tcc", 24, "Transmission Control Code", Kind.TEXT, when=OLD),
    Field("opt.sec_cl", 8, "Classification Level", Kind.HEX, CLASSIFICATION, when=BASIC, optional=True),
    Field(
        "opt.sec_prot_auth_flags",
        8,
        "Protection Authority Flags",
        Kind.HEX,
        when=BASIC,
        optional=True,
        show=authorities_line,
        parts=(
            *(
                Field(f"opt.sec_prot_auth_{n}", 1, label, Kind.BOOLEAN, PROTECTED)
                for n, label in AUTHORITIES.items()
            ),
            Field("opt.sec_prot_auth_unassigned", 2, "Unassigned", Kind.HEX),
            Field(
                "opt.sec_prot_auth_fti",
                1,
                "Field Termination Indicator",
                Kind.BOOLEAN,
                {0: "Final octet", 1: "More octets follow"},
            ),
        ),
    ),
)


def categories(rows: HeaderRows) -> Sparse:
    """The numbers of the bits that are set, from the first."""
    first = rows.start.astype(np.int64) + 4
    size = np.maximum(np.minimum(rows.end, rows.captured_end) - first, 0)
    row = np.repeat(np.arange(len(rows)), size)
    within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    bits = (
        np.unpackbits(rows.data[first[row] + within][:, None], axis=1)
        if len(row)
        else np.empty((0, 8), np.uint8)
    )
    octet, bit = np.nonzero(bits)
    listed = text.gather(text.decimal(within[octet] * 8 + bit), row[octet], len(rows), ",")
    return _there(listed)


def enumerated(rows: HeaderRows) -> Sparse:
    """The numbers one after the other."""
    return _numbers(rows, "-", 1)


def ranges(rows: HeaderRows) -> Sparse:
    """Pairs of the highest and the lowest number; a lowest number that is left out is 0."""
    return _numbers(rows, "-", 2)


def _numbers(rows: HeaderRows, dash: str, group: int) -> Sparse:
    first = rows.start.astype(np.int64) + 4
    count = np.maximum(np.minimum(rows.end, rows.captured_end) - first, 0) // 2
    row = np.repeat(np.arange(len(rows)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    at = first[row] + within * 2
    values = (rows.data[at].astype(np.int64) << 8) | rows.data[at + 1]
    if group == 1:
        return _there(text.gather(text.decimal(values), row, len(rows), ","))
    high = np.flatnonzero(within % 2 == 0)
    paired = (high + 1 < len(row)) & (row[np.minimum(high + 1, max(len(row) - 1, 0))] == row[high])
    low = np.where(paired, values[np.minimum(high + 1, max(len(row) - 1, 0))], 0)
    pairs = text.join([text.decimal(values[high]), text.literal(dash, len(high)), text.decimal(low)])
    return _there(text.gather(pairs, row[high], len(rows), ","))


def _there(listed: Text) -> Sparse:
    some = np.flatnonzero(np.diff(listed.ends) > 0)
    return Sparse(some, listed.take(some))


def tag(number: int, name: str, compute: Callable[[HeaderRows], Sparse] | None = None) -> Protocol:
    """One tag of a Commercial Security option; those with categories list them."""
    line = "" if compute else "Tag Type: {cipso.tag_type:label} ({cipso.tag_type}) ({cipso.tag_len} bytes)"
    fields: tuple[Item, ...] = (
        Field("cipso.tag_type", 8, "Tag Type", names=TAGS, show=line),
        Field("cipso.tag_len", 8, "Tag Length", hidden=True),
    )
    if compute:
        fields += (
            Field("cipso.alignment", 8, "Alignment", hidden=True),
            Field("cipso.sensitivity_level", 8, "Sensitivity Level"),
            Computed("cipso.categories", "Categories", Kind.TEXT, compute, bare=True),
        )
    return Protocol(
        name=f"ip.cipso.{name}",
        title=TAGS.get(number, "Unknown"),
        reference="FIPS 188",
        prefix="ip",
        path="-",
        body=True,
        follows=(("ip.cipso.tag", number),),
        fields=fields,
    )


CIPSO = Protocol(
    name="ip.options.cipso",
    title="IP Option - Commercial Security",
    reference="FIPS 188",
    prefix="ip",
    path="-",
    follows=((FAMILY, 134),),
    summary="IP Option - Commercial Security ({opt.len} bytes)",
    fields=(type_field(), Field("opt.len", 8, "Length"), Field("cipso.doi", 32, "DOI")),
    items=(Items("ip.cipso.tag"),),
)


def alert_text(rows: HeaderRows) -> Text:
    """What the router is to do."""
    return text.choose(
        rows.values("opt.ra") == 0, text.literal(ALERT, len(rows)), text.literal("Reserved", len(rows))
    )


def alert_line(rows: HeaderRows, before: str) -> Text:
    """The same with its number."""
    return text.join(
        [
            text.literal(before, len(rows)),
            alert_text(rows),
            text.literal(" (", len(rows)),
            text.decimal(rows.values("opt.ra")),
            text.literal(")", len(rows)),
        ]
    )


def ttl_difference(rows: HeaderRows) -> Sparse:
    """Time to Live of the packet less that of the request: constant while every router takes part."""
    chosen = np.flatnonzero(rows.has("opt.qs_ttl"))
    return Sparse(chosen, ((rows.values("ttl") - rows.values("opt.qs_ttl")) % 256)[chosen])


def quick_start_line(rows: HeaderRows) -> Text:
    """Function, rate and hops."""
    count = len(rows)
    function = rows.values("opt.qs_func")
    rate = text.join([text.literal(", ", count), text.named(rows.values("opt.qs_rate"), RATES)])
    hops = text.join(
        [
            text.literal(", QS TTL ", count),
            rows.text("opt.qs_ttl"),
            text.literal(", QS TTL diff ", count),
            rows.text("opt.qs_ttl_diff"),
        ]
    )
    return text.join(
        [
            text.literal("IP Option - Quick-Start (8 bytes): ", count),
            text.named(
                function, {k: f"{QUICK_START_FUNCTIONS.get(k, f'Unknown ({k})')} ({k})" for k in range(16)}
            ),
            text.where(np.isin(function, (0, 8)), rate),
            text.where(function == 0, hops),
        ]
    )


QUICK_START = Protocol(
    name="ip.options.qs",
    title="IP Option - Quick-Start",
    reference="RFC 4782",
    prefix="ip",
    path="-",
    follows=((FAMILY, 25),),
    summary=quick_start_line,
    fields=(
        type_field(),
        Field("opt.len", 8, "Length"),
        Field(
            "opt.qs_func",
            4,
            "Function",
            names=QUICK_START_FUNCTIONS,
        ),
        Field("opt.qs_rate", 4, "Rate", names=RATES),
        Field("opt.qs_ttl", 8, "QS TTL", overlay=True, when=(("opt.qs_func", 0),)),
        Computed("opt.qs_ttl_diff", "TTL Diff", Kind.UINT, ttl_difference),
        Field("opt.qs_unused", 8, "Not Used", overlay=True, when=(("opt.qs_func", 8),)),
        Field("opt.qs_hops", 8, "QS TTL or not used", hidden=True),
        Field("opt.qs_nonce", 30, "QS Nonce", Kind.HEX, width=32, container=32),
        Field("opt.qs_reserved", 2, "Reserved", Kind.HEX, width=32, container=32),
    ),
)


def unknown_line(rows: HeaderRows) -> Text:
    """The number and the size."""
    return text.join(
        [
            text.literal("Unknown (", len(rows)),
            text.hexadecimal(rows.values("opt.other.type"), 2),
            text.literal(") (", len(rows)),
            text.decimal(rows.values("opt.other.len")),
            text.literal(" bytes)", len(rows)),
        ]
    )


UNKNOWN = Protocol(
    name="ip.options.other",
    title="Unknown option",
    reference="RFC 791 3.1",
    prefix="ip",
    path="-",
    follows=((FAMILY, ANY),),
    summary=unknown_line,
    fields=(
        Field("opt.other.type", 8, "Type", hidden=True),
        Field("opt.other.len", 8, "Length", hidden=True),
        Field("opt.other.data", 0, "Data", Kind.BYTES, rest=True, hidden=True),
    ),
)


def broken_line(rows: HeaderRows) -> Text:
    """What cannot be true of the length."""
    count = len(rows)
    kinds = {protocol.follows[0][1]: protocol.title.removeprefix("IP Option - ") for protocol in OPTIONS}
    named = {kind: kinds.get(kind, f"Unknown (0x{kind:02x})") for kind in range(256)}
    sizes = rows.values("opt.broken.len", missing=-1)
    faults = {
        size: f" (option length = {size} bytes says option goes past end of options)"
        for size in range(2, 256)
    }
    faults[-1] = " (length byte past end of options)"
    faults[0] = " (with too-short option length = 0 bytes)"
    faults[1] = " (with too-short option length = 1 byte)"
    called = text.named(rows.values("opt.broken.type"), named)
    return text.join([called, text.named(sizes, faults)]) if count else called


BROKEN_OPTION = Protocol(
    name="ip.options.broken",
    title="Broken option",
    reference="RFC 791 3.1",
    prefix="ip",
    path="-",
    follows=((FAMILY, BROKEN),),
    summary=broken_line,
    fields=(
        Field("opt.broken.type", 8, "Type", hidden=True),
        Field("opt.broken.len", 8, "Length", hidden=True, optional=True),
        remark(
            "opt.len.invalid",
            WARNING,
            "Invalid length for option",
            lambda r: np.ones(len(r), np.bool_),
            broken_line,
        ),
    ),
)


def fourth_in_a_row(rows: HeaderRows) -> Flags:
    """Whether four no-operations follow each other, the last of which this is."""
    marked = np.zeros(len(rows), np.bool_)
    if len(rows) > 3:
        start, header = rows.start, rows.layer.position
        marked[3:] = (start[3:] - start[:-3] == 3) & (header[3:] == header[:-3])
        marked[4:] &= (start[4:] - start[:-4] != 4) | (header[4:] != header[:-4])
    return marked


END_OF_LIST = Protocol(
    name="ip.options.eol",
    title="IP Option - End of Options List (EOL)",
    reference="RFC 791 3.1",
    prefix="ip",
    path="-",
    follows=((FAMILY, 0),),
    fields=(type_field(),),
)

NO_OPERATION = Protocol(
    name="ip.options.nop",
    title="IP Option - No-Operation (NOP)",
    reference="RFC 791 3.1",
    prefix="ip",
    path="-",
    body=True,
    follows=((FAMILY, 1),),
    fields=(
        remark("nop", WARNING, "4 NOP in a row - a router may have removed some options", fourth_in_a_row),
        Group("IP Option - No-Operation (NOP)", (type_field(),)),
    ),
)

OPTIONS = (
    END_OF_LIST,
    NO_OPERATION,
    option("record_route", 7, "Record Route", (pointer_field(),), hops="ip.option.recorded"),
    option("route", 131, "Loose Source Route", (pointer_field(),), hops="ip.option.loose"),
    option("source_route", 137, "Strict Source Route", (pointer_field(),), hops="ip.option.strict"),
    option(
        "timestamp",
        68,
        "Time Stamp",
        (
            Field("opt.ptr", 8, "Pointer"),
            Field("opt.overflow", 4, "Overflow"),
            Field("opt.flag", 4, "Flag", Kind.HEX, STAMPS),
        ),
        hops="ip.option.stamp",
    ),
    option("security", 130, "Security", SECURITY_FIELDS),
    option(
        "ext_security",
        133,
        "Extended Security",
        (
            Field(
                "opt.ext_sec_add_sec_info_format_code", 8, "Additional Security Info Format Code", Kind.HEX
            ),
            Field("opt.ext_sec_add_sec_info", 0, "Additional Security Info", Kind.BYTES, rest=True),
        ),
    ),
    CIPSO,
    option("sid", 136, "Stream ID", (Field("opt.sid", 16, "Stream Identifier"),), size=4),
    option("mtu_probe", 11, "MTU Probe", (Field("opt.mtu", 16, "MTU"),), size=4),
    option("mtu_reply", 12, "MTU Reply", (Field("opt.mtu", 16, "MTU"),), size=4),
    option(
        "traceroute",
        82,
        "Traceroute",
        (
            Field("opt.id_number", 16, "ID Number"),
            Field("opt.ohc", 16, "Outbound Hop Count"),
            Field("opt.rhc", 16, "Return Hop Count"),
            Field("opt.originator", 32, "Originator IP Address", Kind.IPV4),
        ),
        size=12,
    ),
    Protocol(
        name="ip.options.routeralert",
        title="IP Option - Router Alert",
        reference="RFC 2113",
        prefix="ip",
        path="-",
        follows=((FAMILY, 148),),
        summary=partial(alert_line, before="IP Option - Router Alert (4 bytes): "),
        fields=(
            type_field(),
            Field(
                "opt.len",
                8,
                "Length",
                parts=(
                    remark(
                        "opt.len.invalid",
                        WARNING,
                        "Invalid length for option",
                        partial(wrong_length, due=4),
                        partial(wrong_length_line, title="Router Alert", due=4),
                    ),
                ),
            ),
            Field(
                "opt.ra",
                16,
                "Router Alert",
                names={0: ALERT},
                show=partial(alert_line, before="Router Alert: "),
            ),
        ),
        lessons=LESSONS["routeralert"],
    ),
    option("sdb", 149, "Selective Directed Broadcast", (), hops="ip.option.sdb"),
    QUICK_START,
)

PROTOCOLS = (
    *OPTIONS,
    UNKNOWN,
    BROKEN_OPTION,
    hop("ip.option.recorded", ("empty_rt", "Empty Route", NEXT_EMPTY)),
    hop("ip.option.loose", ("src_rt", "Source Route", SOURCE_ROUTE)),
    hop("ip.option.strict", ("src_rt", "Source Route", SOURCE_ROUTE)),
    STAMPED,
    BROADCAST_ADDRESS,
    tag(1, "bitmap", categories),
    tag(2, "enumerated", enumerated),
    tag(5, "ranged", ranges),
    tag(ANY, "other"),
)
