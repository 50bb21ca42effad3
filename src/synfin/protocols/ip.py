"""IPv4: the header that carries everything else from one machine to another, hop by hop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import IP_PROTOCOLS
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Group, Items, Length, Next, Protocol
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.protocols import ip_lessons
from synfin.protocols.checksums import Checksum, sums_to
from synfin.protocols.transport import STATUS, Verdict, verdict_text

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.text import Text

LEAST = 20
"""Bytes of a header without options."""

LOW_TTL = 5
"""Time to Live below which a packet is about to die, unless it was never meant to go far."""

NETWORK_CONTROL = 0xE0000000
"""224.0.0.0/24, the Local Network Control Block (RFC 5771): never forwarded, so its Time to Live is 1."""

SENT_WITH_255 = (0xE0000012, 0xE0000066, 0xE00000FB)
"""VRRP, HSRPv2 and mDNS: 255 there proves that no router has forwarded the packet."""

ANY_TTL = 0xE00000FC
"""LLMNR, which does not care."""

STAYS_NEAR = (89, 103)
"""OSPF and PIM speak to neighbours only, with a low Time to Live."""

DSCP = {
    0: "Default",
    1: "Lower Effort",
    **{8 * k: f"Class Selector {k}" for k in range(1, 8)},
    **{8 * k + 2 * d: f"Assured Forwarding {k}{d}" for k in range(1, 5) for d in range(1, 4)},
    44: "Voice Admit",
    46: "Expedited Forwarding",
}
"""IANA Differentiated Services Field Codepoints."""

SHORT_DSCP = {
    0: "CS0",
    1: "LE",
    **{8 * k: f"CS{k}" for k in range(1, 8)},
    **{8 * k + 2 * d: f"AF{k}{d}" for k in range(1, 5) for d in range(1, 4)},
    44: "VOICE-ADMIT",
    46: "EF PHB",
}

ECN = {
    0: "Not ECN-Capable Transport",
    1: "ECN-Capable Transport codepoint '01'",
    2: "ECN-Capable Transport codepoint '10'",
    3: "Congestion Experienced",
}

SHORT_ECN = {0: "Not-ECT", 1: "ECT(1)", 2: "ECT(0)", 3: "CE"}

FLAG_NAMES = ("Reserved bit", "Don't fragment", "More fragments")


def traffic_class(value: int) -> str:
    """The byte in a few letters: "DSCP: CS0, ECN: Not-ECT"."""
    return f"DSCP: {SHORT_DSCP.get(value >> 2, 'Unknown')}, ECN: {SHORT_ECN[value & 3]}"


def dsfield_line(rows: HeaderRows) -> Text:
    """The byte and what its two parts say."""
    lines = {
        value: f"Differentiated Services Field: 0x{value:02x} ({traffic_class(value)})"
        for value in range(256)
    }
    return text.named(rows.values("dsfield"), lines)


def flags_line(rows: HeaderRows) -> Text:
    """The three bits and the names of those that are set."""
    lines = {
        value: ", ".join(
            (f"Flags: 0x{value:x}", *(name for bit, name in enumerate(FLAG_NAMES) if value >> (2 - bit) & 1))
        )
        for value in range(8)
    }
    return text.named(rows.values("flags"), lines)


def header_length_line(rows: HeaderRows) -> Text:
    """In bytes, and as it stands there, in words."""
    lines = {4 * words: f"Header Length: {4 * words} bytes ({words})" for words in range(16)}
    return text.named(rows.values("hdr_len"), lines)


def offset_line(rows: HeaderRows) -> Text:
    """In bytes; the field counts in eights."""
    return text.join(
        [text.literal("Fragment Offset: ", len(rows)), text.decimal(rows.values("frag_offset") * 8)]
    )


def presumed_length(rows: HeaderRows, chosen: Integers, stated: Integers) -> Integers:
    """A length of 0 is left by segmentation offload for the card to fill in: then it is what there is."""
    there = (rows.limit.astype(np.int64) - rows.start)[chosen]
    return np.where(stated == 0, there, stated)


def length_line(rows: HeaderRows) -> Text:
    """The length, and what is wrong with it."""
    lengths, headers = rows.values("len"), rows.values("hdr_len")
    bogus = lengths < headers
    stated = text.join([text.literal("Total Length: ", len(rows)), text.decimal(lengths)])
    short = text.join(
        [
            stated,
            text.literal(" bytes (bogus, less than header length ", len(rows)),
            text.decimal(headers),
            text.literal(")", len(rows)),
        ]
    )
    offloaded = text.join(
        [
            text.literal("[", len(rows)),
            stated,
            text.literal(
                ' bytes (reported as 0, presumed to be because of "TCP segmentation offload" (TSO))]',
                len(rows),
            ),
        ]
    )
    return text.choose(is_offloaded(rows), offloaded, text.choose(bogus, short, stated))


def is_offloaded(rows: HeaderRows) -> Flags:
    """Whether the length is 0 in the header itself."""
    values: Flags = rows.values("synfin.ip.offloaded") != 0
    return values


def length_is_zero(rows: HeaderRows) -> Integers:
    """1 where the sender's card was to fill the length in."""
    at = rows.start.astype(np.int64) + rows.layer.protocol.bit_field("len").start // 8
    first = np.minimum(at, len(rows.data) - 2)
    stated = (rows.data[first].astype(np.int64) << 8) | rows.data[first + 1]
    values: Integers = (rows.has("len") & (stated == 0)).astype(np.int64)
    return values


def room(rows: HeaderRows) -> Integers:
    """Bytes that the header around leaves for this packet."""
    around = rows.previous_header()
    found = rows.table.found
    wire = (rows.chunk.start + rows.chunk.length)[rows.packet]
    wire = np.maximum(wire, rows.captured_end)
    values: Integers = np.where(around >= 0, found[4, around], wire) - rows.start
    return values


def is_too_long(rows: HeaderRows) -> Flags:
    """Whether the length exceeds what is there, in a packet that is no copy."""
    return rows.has("len") & ~is_offloaded(rows) & ~rows.layer.quoted & (rows.values("len") > room(rows))


def too_long_line(rows: HeaderRows) -> Text:
    """How much there is."""
    return text.join(
        [
            text.literal("IPv4 total length exceeds packet length (", len(rows)),
            text.decimal(room(rows)),
            text.literal(" bytes)", len(rows)),
        ]
    )


def bad_version(rows: HeaderRows) -> Flags:
    """Whether it is no IPv4 header at all."""
    values: Flags = rows.has("version") & (rows.values("version") != 4)
    return values


def bad_header_length(rows: HeaderRows) -> Flags:
    """Whether the header claims to be shorter than its fixed fields."""
    return rows.has("hdr_len") & (rows.values("hdr_len") < LEAST) & ~bad_version(rows)


def bad_total_length(rows: HeaderRows) -> Flags:
    """Whether the packet claims to be shorter than its header."""
    return rows.has("len") & (rows.values("len") < rows.values("hdr_len")) & ~bad_header_length(rows)


def due_ttl(rows: HeaderRows) -> Integers:
    """What a packet to the Local Network Control Block must be sent with; 0 for other packets."""
    destination = rows.values("dst")
    due = np.where(np.isin(destination, SENT_WITH_255), 255, 1)
    return np.where((destination & ~0xFF == NETWORK_CONTROL) & (destination != ANY_TTL), due, 0)


def wrong_ttl(rows: HeaderRows) -> Flags:
    """Whether a packet for this link only has another Time to Live than it should."""
    due = due_ttl(rows)
    values: Flags = (due > 0) & (rows.values("ttl") != due)
    return values


def wrong_ttl_line(rows: HeaderRows) -> Text:
    """Which one it should have."""
    return text.join(
        [
            text.literal('"Time To Live" != ', len(rows)),
            text.decimal(due_ttl(rows)),
            text.literal(" for a packet sent to the Local Network Control Block (see RFC 3171)", len(rows)),
        ]
    )


def low_ttl(rows: HeaderRows) -> Flags:
    """Whether the packet has few hops left, though it was meant to be routed."""
    multicast = rows.values("dst") >> 28 == 14
    near = np.isin(rows.values("proto"), STAYS_NEAR)
    values: Flags = rows.has("dst") & (rows.values("ttl") < LOW_TTL) & ~multicast & ~near
    return values


def sums(rows: HeaderRows) -> Integers:
    """Sum over each header, -1 where it is cut."""
    return sums_to(rows, rows.end, rows.is_whole)


CHECKSUM = Checksum(sums)


def judgement(rows: HeaderRows) -> Sparse:
    """Whether the checksum is right, whatever the settings: 0 may be left for the network card to fill in."""
    there = np.flatnonzero(rows.has("checksum"))
    found = CHECKSUM.verdict(rows)
    left = (rows.values("checksum") == 0) & (found == Verdict.BAD)
    return Sparse(there, verdict_text(np.where(left, Verdict.OFFLOADED, found)[there]))


def status(rows: HeaderRows) -> Sparse:
    """As asked for in the settings: unverified by default, since the card often checks."""
    shown = np.flatnonzero(rows.has("checksum"))
    if not rows.table.settings.check_ip:
        return Sparse(shown, np.full(len(shown), Verdict.UNVERIFIED, np.int64))
    return Sparse(shown, CHECKSUM.verdict(rows)[shown])


def calculated(rows: HeaderRows) -> Sparse:
    """Shown when it was verified."""
    if not rows.table.settings.check_ip:
        return Sparse(np.empty(0, np.int64), np.empty(0, np.int64))
    due = CHECKSUM.due(rows)
    chosen = np.flatnonzero(due >= 0)
    return Sparse(chosen, due[chosen])


def checksum_line(rows: HeaderRows) -> Text:
    """The checksum and whether it is right, if that was asked for."""
    after = text.literal(" [validation disabled]", len(rows))
    if rows.table.settings.check_ip:
        wrong = text.join(
            [
                text.literal(" incorrect, should be ", len(rows)),
                text.hexadecimal(np.maximum(CHECKSUM.due(rows), 0), 4),
                text.literal('(may be caused by "IP checksum offload"?)', len(rows)),
            ]
        )
        found = CHECKSUM.verdict(rows)
        right = text.named(found, {Verdict.GOOD: " [correct]"}, otherwise=" [unverified]")
        after = text.choose(found == Verdict.BAD, wrong, right)
    return text.join([text.literal("Header Checksum: ", len(rows)), rows.text("checksum"), after])


def is_bad(rows: HeaderRows) -> Flags:
    """Whether it was verified and is wrong."""
    if not rows.table.settings.check_ip:
        return np.zeros(len(rows), np.bool_)
    return CHECKSUM.is_bad(rows)


def host(rows: HeaderRows, name: str) -> Text | Sparse:
    """The address as text, where a name would stand if names were looked up."""
    if rows.layer.whole:
        return rows.text(name)
    there = np.flatnonzero(rows.has(name))
    return Sparse(there, rows.text(name).take(there))


def summary(rows: HeaderRows) -> Text:
    """The title with both addresses, as far as they were captured."""
    pieces = [text.literal("Internet Protocol Version 4", len(rows))]
    for label, name in ((", Src: ", "src"), (", Dst: ", "dst")):
        pieces += [text.where(rows.has(name), text.literal(label, len(rows))), rows.text(name)]
    return text.join(pieces)


def options_line(rows: HeaderRows) -> Text:
    """How many bytes of options, and which."""
    names: dict[int, list[tuple[int, str]]] = {}
    members = rows.table.catalogue.members["ip.option"]
    for member in dict.fromkeys(members.values()):
        title = member.title.removeprefix("IP Option - ")
        layer = rows.table.layer(member.name)
        if title != member.title and len(layer) and member.minimum > 1:
            for row, at in zip(layer.position.tolist(), layer.start.tolist(), strict=True):
                names.setdefault(row, []).append((at, title))
    lines = [f"Options: ({size} bytes)" for size in (rows.values("hdr_len") - LEAST).tolist()]
    for row, found in names.items():
        lines[row] = ", ".join((lines[row], *(title for _, title in sorted(found))))
    return text.from_list(lines)


def info(rows: HeaderRows) -> Text:
    """Which fragment this is, what is wrong, or the protocol inside that nobody here understands."""
    count = len(rows)
    fragment = text.join(
        [
            text.literal("Fragmented IP protocol (proto=", count),
            text.named(rows.values("proto"), IP_PROTOCOLS),
            text.literal(" ", count),
            text.decimal(rows.values("proto")),
            text.literal(", off=", count),
            text.decimal(rows.values("frag_offset") * 8),
            text.literal(", ID=", count),
            text.hexadecimal(rows.values("id"), 4, ""),
            text.literal(")", count),
        ]
    )
    inside = text.join(
        [
            text.named(rows.values("proto"), IP_PROTOCOLS),
            text.literal(" (", count),
            text.decimal(rows.values("proto")),
            text.literal(")", count),
        ]
    )
    carries = np.minimum(rows.limit, rows.captured_end) > rows.end
    line = text.choose(is_fragment(rows), fragment, text.where(carries, inside))
    if rows.layer.whole:
        return line
    return text.choose(rows.is_whole, line, trouble(rows))


def is_fragment(rows: HeaderRows) -> Flags:
    """Whether what follows is a piece of something: a first piece that is cut is read as far as it goes."""
    whole = rows.limit <= rows.captured_end
    values: Flags = (rows.values("frag_offset") != 0) | ((rows.values("flags.mf") != 0) & whole)
    return values


def trouble(rows: HeaderRows) -> Text:
    """What is wrong with a header that is not there as it should be."""
    count = len(rows)
    version = text.join(
        [
            text.literal("Bogus IPv4 version (", count),
            text.decimal(rows.values("version")),
            text.literal(", must be 4)", count),
        ]
    )
    total = text.join(
        [
            text.literal("Bogus IP length (", count),
            text.decimal(rows.values("len")),
            text.literal(", less than header length ", count),
            text.decimal(rows.values("hdr_len")),
            text.literal(")", count),
        ]
    )
    return text.join(
        [
            text.where(bad_version(rows), version),
            text.where(bad_header_length(rows), bad_header_length_line(rows)),
            text.where(bad_total_length(rows), total),
        ]
    )


def bad_header_length_line(rows: HeaderRows) -> Text:
    """How long it claims to be."""
    return text.join(
        [
            text.literal("Bogus IP header length (", len(rows)),
            text.decimal(rows.values("hdr_len")),
            text.literal(f", must be at least {LEAST})", len(rows)),
        ]
    )


PROTOCOL = Protocol(
    name="ip",
    title="Internet Protocol Version 4",
    reference="RFC 791",
    follows=(
        ("ethertype", 0x0800),
        ("ip.proto", 4),
        ("ip.version", 4),
        ("linktype", 228),
        ("null.family", 2),
        ("ppp.protocol", 0x0021),
        ("gre.proto", 0x0800),
        ("llc.dsap", 0x06),
    ),
    short="IPv4",
    header_length=Length((("hdr_len", 4),)),
    total_length=Length((("len", 1),)),
    constants=(("version", 4),),
    next_by=(Next("proto", "ip.proto"),),
    stop_when=("frag_offset",),
    stop_if_whole=("flags.mf",),
    source="src",
    destination="dst",
    summary=summary,
    info=info,
    lessons=ip_lessons.IP,
    items=(Items("ip.option", singles=(0, 1), last=0),),
    fields=(
        Field(
            "version",
            4,
            "Version",
            parts=(
                remark(
                    "bogus_ip_version", (Severity.ERROR, Topic.PROTOCOL), "Bogus IPv4 version", bad_version
                ),
            ),
        ),
        Field(
            "hdr_len",
            4,
            "Header Length",
            scale=4,
            show=header_length_line,
            parts=(
                remark(
                    "bogus_header_length",
                    (Severity.ERROR, Topic.PROTOCOL),
                    "Bogus IP header length",
                    bad_header_length,
                    bad_header_length_line,
                ),
            ),
        ),
        Field(
            "dsfield",
            8,
            "Differentiated Services Field",
            Kind.HEX,
            show=dsfield_line,
            parts=(
                Field("dsfield.dscp", 6, "Differentiated Services Codepoint", names=DSCP),
                Field("dsfield.ecn", 2, "Explicit Congestion Notification", names=ECN),
            ),
        ),
        Field(
            "len",
            16,
            "Total Length",
            meaning=presumed_length,
            show=length_line,
            parts=(
                remark(
                    "bogus_ip_length",
                    (Severity.ERROR, Topic.PROTOCOL),
                    "IPv4 total length exceeds packet length",
                    is_too_long,
                    too_long_line,
                ),
                remark(
                    "bogus_ip_length", (Severity.ERROR, Topic.PROTOCOL), "Bogus IP length", bad_total_length
                ),
            ),
        ),
        Computed(
            "synfin.ip.offloaded",
            "Total Length is left to the network card",
            Kind.BOOLEAN,
            length_is_zero,
            hidden=True,
            absolute=True,
        ),
        Field("id", 16, "Identification", Kind.HEX_DEC),
        Field(
            "flags",
            3,
            "Flags",
            Kind.HEX,
            width=8,
            show=flags_line,
            parts=(
                Field("flags.rb", 1, "Reserved bit", Kind.BOOLEAN),
                Field("flags.df", 1, "Don't fragment", Kind.BOOLEAN),
                Field("flags.mf", 1, "More fragments", Kind.BOOLEAN),
            ),
        ),
        Field("frag_offset", 13, "Fragment Offset", show=offset_line),
        Field(
            "ttl",
            8,
            "Time to Live",
            parts=(
                remark(
                    "ttl.lncb",
                    (Severity.NOTE, Topic.SEQUENCE),
                    "Time To Live",
                    wrong_ttl,
                    wrong_ttl_line,
                ),
                remark(
                    "ttl.too_small",
                    (Severity.NOTE, Topic.SEQUENCE),
                    "Time To Live",
                    low_ttl,
                    '"Time To Live" only {ttl}',
                ),
            ),
        ),
        Field("proto", 8, "Protocol", names=IP_PROTOCOLS),
        Field(
            "checksum",
            16,
            "Header Checksum",
            Kind.HEX,
            show=checksum_line,
            parts=(
                remark(
                    "checksum_bad.expert",
                    (Severity.ERROR, Topic.CHECKSUM),
                    "Bad checksum",
                    is_bad,
                    CHECKSUM.bad_line,
                ),
            ),
        ),
        Computed(
            "checksum.status",
            "Header checksum status",
            Kind.UINT,
            status,
            STATUS,
            show="Header checksum status: {checksum.status:label}",
        ),
        Computed("checksum_calculated", "Calculated Checksum", Kind.HEX, calculated, width=16),
        Computed("synfin.checksum.ip", "Header checksum", Kind.TEXT, judgement, hidden=True, absolute=True),
        Field("src", 32, "Source Address", Kind.IPV4, also=("addr",)),
        Computed(
            "src_host",
            "Source Host",
            Kind.TEXT,
            partial(host, name="src"),
            also=("host",),
            hidden=True,
            bare=True,
        ),
        Field("dst", 32, "Destination Address", Kind.IPV4, also=("addr",)),
        Computed(
            "dst_host",
            "Destination Host",
            Kind.TEXT,
            partial(host, name="dst"),
            also=("host",),
            hidden=True,
            bare=True,
        ),
        Group("Options", show=options_line, holds="ip.option"),
    ),
)
