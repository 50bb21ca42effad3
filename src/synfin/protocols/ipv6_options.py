"""Options in IPv6's hop-by-hop and destination options headers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Lesson, Protocol, Words
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.protocols.ip_options import QUICK_START_FUNCTIONS, RATES

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Item, Line
    from synfin.dissect.text import Text

HOP, DESTINATION = "hopopts", "dstopts"
HEADERS = {HOP: "hop-by-hop options", DESTINATION: "destination options"}
WARNING = (Severity.WARNING, Topic.PROTOCOL)

EXPERIMENTS = (0x1E, 0x3E, 0x5E, 0x7E, 0x9E, 0xBE, 0xDE, 0xFE)

TYPES = {
    0x00: "Pad1",
    0x01: "PadN",
    0x04: "Tunnel Encapsulation Limit",
    0x05: "Router Alert",
    0x07: "CALIPSO",
    0x08: "SMF_DPD",
    0x0F: "Performance and Diagnostic Metrics",
    0x26: "Quick-Start",
    0x30: "Path MTU Option",
    0x31: "IOAM Option",
    0x41: "Tunnel Payload Forwarding (TPF) Information",
    0x63: "RPL Option",
    0x6D: "MPL Option",
    0x8A: "Endpoint Identification",
    0x8B: "ILNP Nonce",
    0x8C: "Line-Identification Option",
    0xC2: "Jumbo Payload",
    0xC9: "Home Address",
    0xEE: "IP_DFF",
    **{number: f"Experimental (0x{number:02X})" for number in EXPERIMENTS},
}
"""IANA Destination Options and Hop-by-Hop Options."""

ACTIONS = {
    0: "Skip and continue",
    1: "Discard",
    2: "Discard and send ICMP Parameter Problem",
    3: "Discard and send ICMP if not multicast",
}

YES_NO = {0: "No", 1: "Yes"}
TRUE_FALSE = {0: "False", 1: "True"}
ALERTS = {0: "MLD", 1: "RSVP", 2: "Active Network"}
SEED_SIZES = {
    0: "0",
    1: "16-bit unsigned integer",
    2: "64-bit unsigned integer",
    3: "128-bit unsigned integer",
}


def nothing(rows: HeaderRows) -> None:
    """A mark has no value."""


def everywhere(rows: HeaderRows) -> Flags:
    """Every one."""
    return np.ones(len(rows), np.bool_)


def type_field(number: int, title: str, header: str, due: str) -> Field:
    """The first byte of every option; `due` is the header it belongs in, "" for both."""
    remarks: tuple[Item, ...] = ()
    if due and due != header:
        message = f"{title} must use a {HEADERS[due]} header"
        remarks = (remark("opt.header_mismatch", WARNING, message, everywhere),)
    if number == 0x8A:
        remarks = (
            remark(
                "opt.deprecated", (Severity.NOTE, Topic.DEPRECATED), "Option type is deprecated", everywhere
            ),
        )
    if not number and title == TYPES[0]:
        return Field("opt.type", 8, "Type", Kind.HEX, TYPES)
    return Field(
        "opt.type",
        8,
        "Type",
        Kind.HEX,
        TYPES,
        parts=(
            Field("opt.type.action", 2, "Action", names=ACTIONS),
            Field("opt.type.change", 1, "May Change", Kind.BOOLEAN, YES_NO),
            Field("opt.type.rest", 5, "Low-Order Bits", Kind.HEX),
            *remarks,
        ),
    )


def flag(name: str, label: str) -> Field:
    """One bit that is true or false."""
    return Field(name, 1, label, Kind.BOOLEAN, TRUE_FALSE)


def set_flags_line(rows: HeaderRows, name: str, label: str, bits: tuple[tuple[int, str], ...]) -> Text:
    """The byte and the names of the bits that are set."""
    lines = {
        value: ", ".join((f"{label}: 0x{value:02x}", *(title for bit, title in bits if value & bit)))
        for value in range(256)
    }
    return text.named(rows.values(name), lines)


def mpl_line(rows: HeaderRows) -> Text:
    """The byte, how long the seed is, and the bits that are set."""
    lines = {
        value: f"Flag: 0x{value:02x}, Seed ID Length: {SEED_SIZES[value >> 6]}"
        + (", Largest Sequence" if value & 0x20 else "")
        + (", Version" if value & 0x10 else "")
        for value in range(256)
    }
    return text.named(rows.values("opt.mpl.flag"), lines)


def ttl_difference(rows: HeaderRows) -> Sparse:
    """Hop Limit of the packet less that of the request."""
    headers = rows.outer
    place = headers.rows_of("ipv6", headers.previous_header())[rows.layer.position]
    chosen = np.flatnonzero(rows.has("opt.qs_ttl") & (place >= 0))  # IPv4 may claim to carry such options
    limit = rows.table.rows("ipv6").values("hlim")[place[chosen]]
    return Sparse(chosen, (limit - rows.values("opt.qs_ttl")[chosen]) % 256)


def quick_start_line(rows: HeaderRows) -> Text:
    """Rate and hops."""
    count, function = len(rows), rows.values("opt.qs_func")
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
            text.literal("Quick-Start", count),
            text.where(np.isin(function, (0, 8)), rate),
            text.where(function == 0, hops),
        ]
    )


def unknown_line(rows: HeaderRows) -> Text:
    """The number of an option that nobody here knows."""
    return text.join(
        [
            text.literal("Unknown IPv6 Option (", len(rows)),
            text.decimal(rows.values("opt.type")),
            text.literal(")", len(rows)),
        ]
    )


def has_hash(rows: HeaderRows) -> Integers:
    """1 where duplicates are told apart by a hash."""
    at = np.minimum(rows.start.astype(np.int64) + 2, len(rows.data) - 1)
    return (rows.data[at] >> 7).astype(np.int64)


UNKNOWN_PAYLOAD = Field(
    "opt.unknown",
    0,
    "Unknown Option Payload",
    Kind.BYTES,
    rest=True,
    overlay=True,
    parts=(
        remark(
            "opt.unknown_data.expert",
            (Severity.NOTE, Topic.UNDECODED),
            "Unknown Data (not interpreted)",
            everywhere,
        ),
    ),
)

QUICK_START: tuple[Item, ...] = (
    Field("opt.qs_func", 4, "Function", names=QUICK_START_FUNCTIONS),
    Field("opt.qs_rate", 4, "Rate", names=RATES),
    Field("opt.qs_ttl", 8, "QS TTL", overlay=True, when=(("opt.qs_func", 0),)),
    Computed("opt.qs_ttl_diff", "TTL Diff", Kind.UINT, ttl_difference),
    Field("opt.qs_unused", 8, "Not Used", overlay=True, when=(("opt.qs_func", 8),)),
    Field("opt.qs_hops", 8, "QS TTL or not used", hidden=True),
    Field("opt.qs_nonce", 30, "QS Nonce", Kind.HEX, width=32, container=32),
    Field("opt.qs_reserved", 2, "Reserved", Kind.HEX, width=32, container=32),
)

RPL: tuple[Item, ...] = (
    Field(
        "opt.rpl.flag",
        8,
        "Flag",
        Kind.HEX,
        show=partial(
            set_flags_line,
            name="opt.rpl.flag",
            label="Flag",
            bits=((0x80, "Down"), (0x40, "Rank Error"), (0x20, "Forwarding Error")),
        ),
        parts=(
            flag("opt.rpl.flag.o", "Down"),
            flag("opt.rpl.flag.r", "Rank Error"),
            flag("opt.rpl.flag.f", "Forwarding Error"),
            Field("opt.rpl.flag.rsv", 5, "Reserved", Kind.HEX),
        ),
    ),
    Field("opt.rpl.instance_id", 8, "RPLInstanceID", Kind.HEX),
    Field("opt.rpl.sender_rank", 16, "Sender Rank", Kind.HEX),
)

CALIPSO: tuple[Item, ...] = (
    Field("opt.calipso.doi", 32, "CALIPSO Domain of Interpretation"),
    Field("opt.calipso.cmpt.length", 8, "Compartment Length"),
    Field("opt.calipso.sens_level", 8, "Sensitivity Level"),
    Field("opt.calipso.checksum", 16, "Checksum", Kind.HEX),
    Field("opt.calipso.cmpt_bitmap", 0, "Compartment Bitmap", Kind.BYTES, rest=True, empty="<MISSING>"),
)

HASHED, TAGGED = (("opt.smf_dpd.hashed", 1),), (("opt.smf_dpd.hashed", 0),)

DUPLICATE_DETECTION: tuple[Item, ...] = (
    Computed("opt.smf_dpd.hashed", "Hashed", Kind.BOOLEAN, has_hash, hidden=True),
    Field("opt.smf_dpd.hash_bit", 1, "H-bit", Kind.BOOLEAN, TRUE_FALSE, overlay=True),
    Field("opt.smf_dpd.hav", 0, "Hash Assist Value", Kind.BYTES, rest=True, overlay=True, when=HASHED),
    Field(
        "opt.smf_dpd.tid_type",
        3,
        "TaggerID Type",
        names={0: "NULL", 1: "DEFAULT", 2: "IPv4", 3: "IPv6"},
        overlay=True,
        skip=1,
        when=TAGGED,
    ),
    Field("opt.smf_dpd.tid_len", 4, "TaggerID Length", overlay=True, skip=4, when=TAGGED),
    Field("opt.smf_dpd.first", 8, "First byte", Kind.HEX, hidden=True),
)

METRICS: tuple[Item, ...] = (
    Field("opt.pdm.scale_dtlr", 8, "Scale DTLR"),
    Field("opt.pdm.scale_dtls", 8, "Scale DTLS"),
    Field("opt.pdm.psn_this_pkt", 16, "PSN This Packet"),
    Field("opt.pdm.psn_last_recv", 16, "PSN Last Received"),
    Field("opt.pdm.delta_last_recv", 16, "Delta Time Last Received"),
    Field("opt.pdm.delta_last_sent", 16, "Delta Time Last Sent"),
)

MPL: tuple[Item, ...] = (
    Field(
        "opt.mpl.flag",
        8,
        "Flag",
        Kind.HEX,
        show=mpl_line,
        parts=(
            Field("opt.mpl.flag.s", 2, "Seed ID Length", names=SEED_SIZES),
            flag("opt.mpl.flag.m", "Largest Sequence"),
            flag("opt.mpl.flag.v", "Version"),
            Field("opt.mpl.flag.rsv", 4, "Reserved", Kind.HEX),
        ),
    ),
    Field("opt.mpl.sequence", 8, "Sequence", Kind.HEX),
    Field("opt.mpl.seed_id", 0, "Seed ID", Kind.BYTES, rest=True),
)

DEPTH_FIRST: tuple[Item, ...] = (
    Field(
        "opt.dff.flags",
        8,
        "Flags",
        Kind.HEX,
        show=partial(
            set_flags_line,
            name="opt.dff.flags",
            label="Flags",
            bits=((0x20, "Duplicate (DUP)"), (0x10, "Return (RET)")),
        ),
        parts=(
            Field("opt.dff.flag.ver", 2, "Version (VER)"),
            flag("opt.dff.flag.dup", "Duplicate (DUP)"),
            flag("opt.dff.flag.ret", "Return (RET)"),
            Field("opt.dff.flag.rsv", 4, "Reserved", Kind.HEX),
        ),
    ),
    Field("opt.dff.sequence_number", 16, "Sequence Number", Kind.DEC_HEX),
)

PATH_MTU: tuple[Item, ...] = (
    Field("opt.pmtu.min", 16, "Minimum Reported PMTU"),
    Field(
        "opt.pmtu.rtn",
        15,
        "Return Minimum PMTU",
        scale=2,
        width=16,
        show="Return Minimum PMTU: {opt.pmtu.rtn}",
    ),
    Field("opt.pmtu.r_flag", 1, "Return Flag", Kind.BOOLEAN, TRUE_FALSE),
)

LINE: tuple[Item, ...] = (
    Field("opt.lio.length", 8, "LineIDLen"),
    Field("opt.lio.line_id", 0, "Line ID", Kind.TEXT, size_by="opt.lio.length"),
)

PADN: tuple[Item, ...] = (Field("opt.padn", 0, "PadN", Kind.BYTES, rest=True, empty="<none>"),)

LESSONS = {
    "alert": {
        "opt.router_alert": Lesson(
            Words(
                "Asks every router on the way to look inside; MLD uses it.",
                "请途中每个路由器都看一看内容；MLD 会用到。",
            ),
            "RFC 2711",
        )
    },
    "jumbo": {
        "opt.jumbo": Lesson(
            Words("The true length of a packet above 65535 bytes.", "超过 65535 字节的包的真实长度。"),
            "RFC 2675",
            Words(
                "Seen on Linux itself (BIG TCP) long before any wire carries such packets.",
                "通常只在 Linux 主机内部（BIG TCP）见到，线路上并没有这么大的包。",
            ),
            Words("bytes", "字节"),
        )
    },
}

DEFINITIONS: tuple[tuple[str, int, str, tuple[Item, ...]], ...] = (
    ("padn", 0x01, "", PADN),
    ("limit", 0x04, DESTINATION, (Field("opt.tel", 8, "Tunnel Encapsulation Limit"),)),
    ("alert", 0x05, HOP, (Field("opt.router_alert", 16, "Router Alert", names=ALERTS),)),
    ("calipso", 0x07, HOP, CALIPSO),
    ("duplicates", 0x08, HOP, DUPLICATE_DETECTION),
    ("metrics", 0x0F, DESTINATION, METRICS),
    ("quickstart", 0x26, HOP, QUICK_START),
    ("pmtu", 0x30, HOP, PATH_MTU),
    ("rpl", 0x63, HOP, RPL),
    ("mpl", 0x6D, HOP, MPL),
    ("endpoint", 0x8A, "", (UNKNOWN_PAYLOAD,)),
    ("nonce", 0x8B, DESTINATION, (Field("opt.ilnp_nonce", 0, "ILNP Nonce", Kind.BYTES, rest=True),)),
    ("line", 0x8C, DESTINATION, LINE),
    ("jumbo", 0xC2, HOP, (Field("opt.jumbo", 32, "Payload Length"),)),
    ("home", 0xC9, DESTINATION, (Field("opt.mipv6.home_address", 128, "MIPv6 Home Address", Kind.IPV6),)),
    ("dff", 0xEE, HOP, DEPTH_FIRST),
)
"""Name, type, the header it belongs in, and the fields after the length."""


LINES: dict[str, Line] = {
    "quickstart": quick_start_line,
    "unknown": unknown_line,
    "experiment": "{opt.type:label}",
}
"""Tree lines that are not just the option's title."""


def option(header: str, name: str, numbers: tuple[int, ...], due: str, fields: tuple[Item, ...]) -> Protocol:
    """One option, as it stands in one of the two headers."""
    first = numbers[0]
    title = TYPES.get(first, "Unknown IPv6 Option")
    shown = LINES.get(name, title)
    length: tuple[Item, ...] = (Field("opt.length", 8, "Length"),) if first else ()
    return Protocol(
        name=f"ipv6.{header}.opt.{name}",
        title=title,
        reference="RFC 8200 4.2",
        prefix="ipv6",
        path="-",
        body=True,
        follows=tuple((f"ipv6.{header}.option", number) for number in numbers),
        lessons=LESSONS.get(name, {}),
        fields=(
            Computed(
                "opt",
                title,
                Kind.NONE,
                nothing,
                bare=True,
                show=shown,
                parts=(type_field(first, title, header, due), *length, *fields),
            ),
        ),
    )


def options(header: str) -> tuple[Protocol, ...]:
    """All options of one of the two headers."""
    pad: tuple[Item, ...] = (Computed("opt.pad1", "Pad1", Kind.NONE, nothing, bare=True),)
    experimental: tuple[Item, ...] = (
        Field("opt.experimental", 0, "Experimental Option", Kind.BYTES, rest=True),
    )
    return (
        option(header, "pad1", (0,), "", pad),
        *(option(header, name, (number,), due, fields) for name, number, due, fields in DEFINITIONS),
        option(header, "experiment", EXPERIMENTS, "", experimental),
        option(header, "unknown", (ANY,), "", (UNKNOWN_PAYLOAD,)),
    )


PROTOCOLS = (*options(HOP), *options(DESTINATION))
