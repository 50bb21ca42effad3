"""Generic routing encapsulation, RFC 2784 and RFC 2890, and its enhanced version for PPTP, RFC 2637."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import GRE_TYPES
from synfin.dissect import text
from synfin.dissect.checksum import GOOD, internet_checksum
from synfin.dissect.definition import Computed, Field, Length, Next, Protocol
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.text import Text

PPP = 0x880B
BAD, CORRECT, UNVERIFIED = range(3)
STATUS = {BAD: "Bad", CORRECT: "Good", UNVERIFIED: "Unverified", 3: "Not present", 4: "Illegal"}
YES_NO = {0: "No", 1: "Yes"}
VERSIONS = {0: "GRE", 1: "Enhanced GRE"}

WORD = 4
"""Bytes of each optional part: checksum and offset, key, sequence number, acknowledgment."""


def is_ppp(rows: HeaderRows) -> Integers:
    """1 where the key is split into a length and a call number, RFC 2637 4.1."""
    return np.asarray(rows.values("proto", missing=-1) == PPP, np.int64)


def has_checksum(rows: HeaderRows) -> Integers:
    """1 where there is room for a checksum: with either of two flags, RFC 1701."""
    flags = rows.values("flags.checksum"), rows.values("flags.routing")
    return np.asarray((flags[0] | flags[1]) != 0, np.int64)


def checksum_status(rows: HeaderRows) -> Sparse:
    """Whether the sum over header and payload is right."""
    present = np.flatnonzero(rows.has("checksum"))
    status = np.full(len(rows), UNVERIFIED, np.int64)
    known = (rows.values("flags.checksum") == 1) & (rows.limit <= rows.captured_end)
    right = _sum(rows) == GOOD
    status[known] = np.where(right[known], CORRECT, BAD)
    return Sparse(present, status[present])


def _sum(rows: HeaderRows) -> Integers:
    end = np.minimum(rows.limit.astype(np.int64), rows.captured_end)
    return internet_checksum(rows.data, rows.start.astype(np.int64), end)


def is_incorrect(rows: HeaderRows) -> Flags:
    """Whether the checksum is wrong."""
    return np.asarray(rows.values("checksum.status", missing=UNVERIFIED) == BAD)


def due(rows: HeaderRows) -> Integers:
    """What the checksum should be; -1 where not all that it covers is there."""
    without = _sum(rows) + (GOOD - rows.values("checksum"))
    folded = (without & GOOD) + (without >> 16)
    known = (rows.values("flags.checksum") == 1) & (rows.limit <= rows.captured_end)
    return np.where(known, GOOD - folded, -1)


def expected(rows: HeaderRows) -> Text:
    """What a wrong checksum should have been."""
    return text.each(np.maximum(due(rows), 0), lambda value: f"0x{value:04x}")


def checksum_line(rows: HeaderRows) -> Text:
    """The checksum, and what is to be said of it."""
    status = rows.values("checksum.status", missing=UNVERIFIED)
    said = text.named(
        status, {CORRECT: " [correct]", BAD: " incorrect, should be "}, otherwise=" [unverified]"
    )
    wrong = text.where(is_incorrect(rows), expected(rows))
    return text.join([text.literal("Checksum: ", len(rows)), rows.text("checksum"), said, wrong])


def incorrect_line(rows: HeaderRows) -> Text:
    """That the checksum is wrong, and what it should be."""
    before = text.literal("Incorrect GRE Checksum [should be ", len(rows))
    return text.join([before, expected(rows), text.literal("]", len(rows))])


def summary(rows: HeaderRows) -> Text:
    """The title and what is inside."""
    inside = text.each(
        rows.values("proto"),
        lambda kind: f" ({GRE_TYPES[kind]})" if kind in GRE_TYPES else f" (0x{kind:04x} - unknown)",
    )
    title = text.literal("Generic Routing Encapsulation", len(rows))
    return text.join([title, text.where(rows.has("proto"), inside)])


def info(rows: HeaderRows) -> Text:
    """What is inside."""
    inside = text.each(
        rows.values("proto"),
        lambda kind: (
            f"Encapsulated {GRE_TYPES[kind]}" if kind in GRE_TYPES else f"Encapsulated 0x{kind:04x} (unknown)"
        ),
    )
    return text.where(rows.has("proto"), inside)


def _flag(name: str, label: str) -> Field:
    return Field(f"flags.{name}", 1, label, Kind.BOOLEAN, YES_NO, container=16)


PROTOCOL = Protocol(
    name="gre",
    title="Generic Routing Encapsulation",
    reference="RFC 2784, RFC 2890, RFC 2637",
    follows=(("ip.proto", 47),),
    header_length=Length(
        (
            ("synfin.gre.checksum_or_routing", 1),
            ("flags.key", 1),
            ("flags.sequence_number", 1),
            ("synfin.gre.acknowledgment", 1),
        ),
        bias=4,
        table=(0, WORD, WORD, WORD),
    ),
    next_by=(Next("proto", "gre.proto"),),
    stop_when=("flags.routing",),
    short="GRE",
    summary=summary,
    info=info,
    fields=(
        Field(
            "synfin.gre.checksum_or_routing", 2, "Optional checksum", overlay=True, absolute=True, hidden=True
        ),
        Field(
            "synfin.gre.acknowledgment",
            1,
            "Optional number",
            overlay=True,
            skip=8,
            absolute=True,
            hidden=True,
        ),
        Computed("synfin.gre.is_ppp", "Enhanced header", Kind.BOOLEAN, is_ppp, absolute=True, hidden=True),
        Computed(
            "synfin.gre.has_checksum", "Has checksum", Kind.BOOLEAN, has_checksum, absolute=True, hidden=True
        ),
        Field(
            "flags_and_version",
            16,
            "Flags and Version",
            Kind.HEX,
            parts=(
                _flag("checksum", "Checksum Bit"),
                _flag("routing", "Routing Bit"),
                _flag("key", "Key Bit"),
                _flag("sequence_number", "Sequence Number Bit"),
                _flag("strict_source_route", "Strict Source Route Bit"),
                Field("flags.recursion_control", 3, "Recursion control", width=16, container=16),
                Field(
                    "flags.ack",
                    1,
                    "Acknowledgment",
                    Kind.BOOLEAN,
                    YES_NO,
                    container=16,
                    overlay=True,
                    when=(("synfin.gre.is_ppp", 1),),
                ),
                Field(
                    "flags.reserved",
                    5,
                    "Flags (Reserved)",
                    width=16,
                    container=16,
                    overlay=True,
                    when=(("synfin.gre.is_ppp", 0),),
                ),
                Field(
                    "flags.reserved",
                    4,
                    "Flags (Reserved)",
                    width=16,
                    container=16,
                    overlay=True,
                    skip=1,
                    when=(("synfin.gre.is_ppp", 1),),
                ),
                Field("synfin.gre.reserved", 5, "Reserved", absolute=True, hidden=True),
                Field("flags.version", 3, "Version", names=VERSIONS, width=16, container=16),
            ),
        ),
        Field("proto", 16, "Protocol Type", Kind.HEX, GRE_TYPES),
        Field(
            "checksum",
            16,
            "Checksum",
            Kind.HEX,
            when=(("synfin.gre.has_checksum", 1),),
            show=checksum_line,
            parts=(
                remark(
                    "checksum.incorrect",
                    (Severity.WARNING, Topic.PROTOCOL),
                    "Incorrect GRE Checksum",
                    is_incorrect,
                    incorrect_line,
                ),
            ),
        ),
        Computed(
            "checksum.status",
            "Checksum Status",
            Kind.UINT,
            checksum_status,
            STATUS,
            width=8,
            show="Checksum Status: {checksum.status:label}",
        ),
        Field("offset", 16, "Offset", when=(("synfin.gre.has_checksum", 1),)),
        Field("key.payload_length", 16, "Payload Length", when=(("flags.key", 1), ("synfin.gre.is_ppp", 1))),
        Field("key.call_id", 16, "Call ID", when=(("flags.key", 1), ("synfin.gre.is_ppp", 1))),
        Field("key", 32, "Key", Kind.HEX, when=(("flags.key", 1), ("synfin.gre.is_ppp", 0))),
        Field("sequence_number", 32, "Sequence Number", when=(("flags.sequence_number", 1),)),
        Field("ack_number", 32, "Acknowledgment Number", when=(("synfin.gre.acknowledgment", 1),)),
    ),
)
