"""PPP over Ethernet, RFC 2516: discovery finds an access concentrator, a session passes packets to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Item, Items, Length, Next, Protocol, Shape
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.text import Text

OFFER = 0x07
CODES = {
    0x00: "Session Data",
    OFFER: "Active Discovery Offer (PADO)",
    0x09: "Active Discovery Initiation (PADI)",
    0x0A: "Active Discovery Session-Grant (PADG)",
    0x0B: "Active Discovery Session-Credit Resp.(PADC)",
    0x0C: "Active Discovery Quality (PADQ)",
    0x19: "Active Discovery Request (PADR)",
    0x65: "Active Discovery Session-confirmation (PADS)",
    0xA7: "Active Discovery Terminate (PADT)",
    0xD3: "Active Discovery Message (PADM)",
    0xD4: "Active Discovery Network (PADN)",
}

AC_NAME = 0x0102
UNKNOWN_TAG = -2
TAGS: dict[int, tuple[str, str, Kind, int]] = {
    0x0101: ("tags.service_name", "Service-Name", Kind.TEXT, 0),
    AC_NAME: ("tags.ac_name", "AC-Name", Kind.TEXT, 0),
    0x0103: ("tags.host_uniq", "Host-Uniq", Kind.BYTES, 0),
    0x0104: ("tags.ac_cookie", "AC-Cookie", Kind.BYTES, 0),
    0x0105: ("tags.vendor_id", "Vendor id", Kind.UINT, 32),
    0x0106: ("tags.credits", "Credits", Kind.BYTES, 0),
    0x0107: ("tags.metrics", "Metrics", Kind.BYTES, 0),
    0x0108: ("tags.seq_num", "Sequence Number", Kind.HEX, 16),
    0x0109: ("tags.credit_scale", "Credit Scale Factor", Kind.UINT, 16),
    0x0110: ("tags.relay_session_id", "Relay-Session-Id", Kind.BYTES, 0),
    0x0111: ("tags.hurl", "HURL", Kind.BYTES, 0),
    0x0112: ("tags.motm", "MOTM", Kind.BYTES, 0),
    0x0120: ("tags.max_payload", "PPP-Max-Payload", Kind.BYTES, 0),
    0x0121: ("tags.ip_route_add", "IP Route Add", Kind.BYTES, 0),
    0x0201: ("tags.service_name_error", "Service-Name-Error", Kind.TEXT, 0),
    0x0202: ("tags.ac_system_error", "AC-System-Error", Kind.TEXT, 0),
    0x0203: ("tags.generic_error", "Generic-Error", Kind.TEXT, 0),
}
"""Tags: field name, label, kind, and bits where the size is fixed. RFC 2516 A, RFC 4937, RFC 5578."""


def header() -> tuple[Field, ...]:
    """The fields that discovery and session share, RFC 2516 4."""
    return (
        Field("pppoe.version", 4, "Version", absolute=True),
        Field("pppoe.type", 4, "Type", absolute=True),
        Field("pppoe.code", 8, "Code", Kind.HEX, CODES, absolute=True),
        Field("pppoe.session_id", 16, "Session ID", Kind.HEX, absolute=True),
    )


def is_too_short(rows: HeaderRows) -> Flags:
    """Whether more follows than the length admits."""
    room = rows.chunk.start[rows.packet] + rows.chunk.length[rows.packet] - rows.end
    return np.asarray(rows.has("pppoe.payload_length") & (rows.values("pppoe.payload_length") < room))


def too_short_line(rows: HeaderRows) -> Text:
    """The length stated and the length there."""
    room = rows.chunk.start[rows.packet] + rows.chunk.length[rows.packet] - rows.end
    return text.join(
        [
            text.literal("Possible bad payload length ", len(rows)),
            rows.text("pppoe.payload_length"),
            text.literal(" != ", len(rows)),
            text.decimal(room.astype(np.int64)),
        ]
    )


def length_line(rows: HeaderRows) -> Text:
    """The length, and what it should be."""
    room = rows.chunk.start[rows.packet] + rows.chunk.length[rows.packet] - rows.end
    wrong = text.each(room.astype(np.int64), lambda size: f" [incorrect, should be {size}]")
    stated = [text.literal("Payload Length: ", len(rows)), rows.text("pppoe.payload_length")]
    return text.join([*stated, text.where(is_too_short(rows), wrong)])


def tag_kind(rows: HeaderRows) -> Integers:
    """Which tag has something to say: its type, or `UNKNOWN_TAG`; -1 for empty ones."""
    kinds = rows.values("synfin.pppoed.tag", missing=-1)
    known = np.isin(kinds, list(TAGS))
    lengths = rows.values("synfin.pppoed.tag_length")
    return np.select([kinds <= 0, ~known, lengths == 0], [-1, UNKNOWN_TAG, -1], kinds)


def has_tags(rows: HeaderRows) -> Sparse:
    """Whether any tag follows."""
    return Sparse(np.flatnonzero(rows.values("pppoe.payload_length") > 0), None)


def discovery_info(rows: HeaderRows) -> Text:
    """The message, and in offers who makes them."""
    said = text.named(rows.values("pppoe.code", missing=-1), CODES)
    tags = rows.table.rows("pppoed.tags")
    names = tags.text("tags.ac_name")
    offers = rows.values("pppoe.code")[tags.layer.position] == OFFER
    named = text.join([text.literal(" AC-Name='", len(tags)), names, text.literal("'", len(tags))])
    named = text.where(tags.has("tags.ac_name") & offers, named)
    return text.join([said, text.gather(named, tags.layer.position.astype(np.int64), len(rows), "")])


def _tag_fields() -> tuple[Item, ...]:
    """One field for each type of tag, there where the tag is of that type."""
    return tuple(
        Field(
            name,
            bits,
            label,
            kind,
            when=(("synfin.pppoed.kind", number),),
            size_by="" if bits else "synfin.pppoed.tag_length",
        )
        for number, (name, label, kind, bits) in TAGS.items()
    )


DISCOVERY = Protocol(
    name="pppoed",
    title="PPP-over-Ethernet Discovery",
    reference="RFC 2516 5",
    follows=(("ethertype", 0x8863),),
    total_length=Length((("pppoe.payload_length", 1),), bias=6),
    carries=False,
    short="PPPoED",
    info=discovery_info,
    items=(Items("pppoed.tag", Shape.SIZED),),
    fields=(
        *header(),
        Field("pppoe.payload_length", 16, "Payload Length", absolute=True),
        Computed("tags", "PPPoE Tags", Kind.NONE, has_tags, bare=True, holds="pppoed.tag"),
    ),
)

TAG = Protocol(
    name="pppoed.tags",
    title="PPPoE Tags",
    reference="RFC 2516 A",
    follows=(("pppoed.tag", ANY),),
    prefix="pppoed",
    body=True,
    header_length=Length((("synfin.pppoed.tag_length", 1),), bias=4),
    fields=(
        Computed("synfin.pppoed.kind", "Kind of tag", Kind.INT, tag_kind, absolute=True, hidden=True),
        Field(
            "tag",
            16,
            "Tag",
            Kind.HEX,
            overlay=True,
            when=(("synfin.pppoed.kind", UNKNOWN_TAG),),
            show="Tag: Unknown ({tag})",
        ),
        Field("synfin.pppoed.tag", 16, "Tag", Kind.HEX, absolute=True, hidden=True),
        Field("tag_length", 16, "Tag Length", overlay=True, when=(("synfin.pppoed.kind", UNKNOWN_TAG),)),
        Field("synfin.pppoed.tag_length", 16, "Tag Length", absolute=True, hidden=True),
        Field(
            "tag.unknown_data",
            0,
            "Unknown Data",
            Kind.BYTES,
            when=(("synfin.pppoed.kind", UNKNOWN_TAG),),
            size_by="synfin.pppoed.tag_length",
        ),
        *_tag_fields(),
    ),
)

SESSION = Protocol(
    name="pppoes",
    title="PPP-over-Ethernet Session",
    reference="RFC 2516 6",
    follows=(("ethertype", 0x8864), ("linktype", 51)),
    total_length=Length((("pppoe.payload_length", 1),), bias=6),
    next_by=(Next("pppoe.version", "pppoe.version"),),
    short="PPPoES",
    info="{pppoe.code:label}",
    fields=(
        *header(),
        Field(
            "pppoe.payload_length",
            16,
            "Payload Length",
            absolute=True,
            show=length_line,
            parts=(
                remark(
                    "pppoe.payload_length.bad",
                    (Severity.WARNING, Topic.MALFORMED),
                    "Possible bad payload length",
                    is_too_short,
                    too_short_line,
                    absolute=True,
                ),
            ),
        ),
    ),
)

PROTOCOLS = (DISCOVERY, TAG, SESSION)
