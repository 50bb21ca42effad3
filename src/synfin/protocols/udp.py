"""UDP, RFC 768: ports, a length and a checksum in front of a message; nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Fact, Field, Group, Length, Next, Protocol
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import Sparse
from synfin.dissect.template import fill
from synfin.protocols.tcp_options import said
from synfin.protocols.transport import (
    STATUS,
    Carrier,
    Verdict,
    Verification,
    byte_count,
    payload,
    verdict_text,
)
from synfin.protocols.udp_lessons import LESSONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

UDP = 17
"""Its number among the IP protocols."""

HEADER = 8
LONGEST = 0xFFFF
MALFORMED = (Severity.ERROR, Topic.MALFORMED)
CHECKSUM = (Severity.ERROR, Topic.CHECKSUM)

FIRST_TRACEROUTE_PORT, LAST_TRACEROUTE_PORT = 33435, 33534
PROBES_PER_HOP = 3
"""How traceroute numbers its probes: three ports for each hop, from 33435 on."""


def _room(rows: HeaderRows) -> Integers:
    """Bytes from each header to the end of what the header around it speaks for."""
    around = rows.previous_header()
    end = np.where(around >= 0, rows.table.found[4, around], rows.limit)
    return end.astype(np.int64) - rows.start


def _is_too_small(rows: HeaderRows) -> Flags:
    length = rows.values("length", missing=HEADER)
    return (length < HEADER) & ((length > 0) | (Carrier(rows).ip >= 0))


def _is_zero(rows: HeaderRows) -> Flags:
    """True where IPv6 carries a length of 0, which only a jumbogram may have."""
    zero: Flags = rows.values("length", missing=HEADER) == 0
    return zero & (Carrier(rows).ipv6 >= 0) & (_room(rows) <= LONGEST)


def _is_too_large(rows: HeaderRows) -> Flags:
    return (rows.values("length") > _room(rows)) & ~rows.layer.quoted & ~Carrier(rows).fragmented


def _length_line(rows: HeaderRows) -> Text:
    count = len(rows)
    small = text.where(_is_too_small(rows), text.literal(" (bogus, must be >= 8)", count))
    large = text.where(_is_too_large(rows), said(rows, " (bogus, payload length ", _room(rows), ")"))
    return text.join([said(rows, "Length: ", rows.values("length")), small, large])


def _bad_length(rows: HeaderRows) -> Text:
    count = len(rows)
    why = text.choose(
        _is_too_small(rows), text.literal(" < 8", count), text.literal(" > IP payload length", count)
    )
    return text.join([said(rows, "Bad length value ", rows.values("length")), why])


def _probe(port: str) -> Computed:
    """The remark that a port is one of those that traceroute uses."""

    def where(rows: HeaderRows) -> Flags:
        number = rows.values(port)
        return (number >= FIRST_TRACEROUTE_PORT) & (number <= LAST_TRACEROUTE_PORT)

    def line(rows: HeaderRows) -> Text:
        number = np.maximum(rows.values(port) - FIRST_TRACEROUTE_PORT, 0)
        hop, attempt = number // PROBES_PER_HOP + 1, number % PROBES_PER_HOP + 1
        return said(rows, "Possible traceroute: hop #", hop, ", attempt #", attempt)

    return remark("possible_traceroute", (Severity.CHAT, Topic.SEQUENCE), "Possible traceroute", where, line)


def _verification(rows: HeaderRows) -> Verification:
    return Verification(rows, UDP, rows.limit.astype(np.int64))


def _verdicts(rows: HeaderRows) -> Integers:
    """The checksums verified; a sender over IPv4 may do without."""
    verdict = _verification(rows).verdict
    without = rows.has("checksum") & (rows.values("checksum") == 0)
    verdict[without] = np.where(Carrier(rows).ipv6[without] >= 0, Verdict.ILLEGAL, Verdict.ABSENT)
    return verdict


def _status(rows: HeaderRows) -> Integers:
    """What `udp.checksum.status` says; without the wish to verify, only whether there is a checksum."""
    if rows.table.settings.check_udp:
        verdict = _verdicts(rows)
        return np.where(verdict == Verdict.OFFLOADED, Verdict.BAD, verdict)
    status = np.full(len(rows), int(Verdict.UNVERIFIED), np.int64)
    without = rows.values("checksum", missing=-1) == 0
    status[without] = np.where(Carrier(rows).ipv6[without] >= 0, Verdict.ILLEGAL, Verdict.ABSENT)
    return status


def _status_where(*, there: bool) -> Callable[[HeaderRows], Sparse]:
    """The status of those headers that have a checksum, or of those that do without."""

    def compute(rows: HeaderRows) -> Sparse:
        stated = rows.values("checksum", missing=-1)
        chosen = np.flatnonzero((stated > 0) if there else (stated == 0))
        return Sparse(chosen, _status(rows)[chosen])

    return compute


def _status_field(*, there: bool) -> Computed:
    return Computed(
        "checksum.status",
        "Checksum Status",
        Kind.UINT,
        _status_where(there=there),
        STATUS,
        width=8,
        show="Checksum Status: {checksum.status:label}",
    )


def _calculated(rows: HeaderRows) -> Sparse:
    if not rows.table.settings.check_udp:
        return Sparse(np.empty(0, np.int64), np.empty(0, np.int64))
    expected = _verification(rows).expected
    chosen = np.flatnonzero((expected >= 0) & (rows.values("checksum") != 0))
    return Sparse(chosen, expected[chosen])


def _checksum_line(rows: HeaderRows) -> Text:
    count = len(rows)
    status = rows.values("checksum.status", missing=int(Verdict.UNVERIFIED))
    remarks = {
        int(Verdict.GOOD): " [correct]",
        int(Verdict.UNVERIFIED): " [unverified]",
        int(Verdict.ABSENT): " [zero-value ignored]",
        int(Verdict.ILLEGAL): " [zero-value illegal]",
    }
    should = text.join(
        [
            text.literal(" incorrect, should be ", count),
            text.hexadecimal(rows.values("checksum_calculated"), 4),
            text.literal(' (maybe caused by "UDP checksum offload"?)', count),
        ]
    )
    stated = text.join([text.literal("Checksum: ", count), text.hexadecimal(rows.values("checksum"), 4)])
    return text.join([stated, text.named(status, remarks, ""), text.where(status == Verdict.BAD, should)])


def _bad_checksum(rows: HeaderRows) -> Text:
    expected = text.hexadecimal(rows.values("checksum_calculated"), 4)
    count = len(rows)
    return text.join([text.literal("Bad checksum [should be ", count), expected, text.literal("]", count)])


def _status_is(verdict: Verdict) -> Callable[[HeaderRows], Flags]:
    return lambda rows: rows.values("checksum.status", missing=int(Verdict.UNVERIFIED)) == verdict


def _verdict(rows: HeaderRows) -> Sparse:
    chosen = np.flatnonzero(rows.has("checksum"))
    return Sparse(chosen, verdict_text(_verdicts(rows)[chosen]))


def _payload_line(rows: HeaderRows) -> Text:
    there = byte_count(np.maximum(np.minimum(rows.limit, rows.captured_end) - rows.end, 0))
    return text.join([text.literal("UDP payload (", len(rows)), there, text.literal(")", len(rows))])


def _summary(rows: HeaderRows) -> Text:
    ports = fill(rows, "User Datagram Protocol, Src Port: {srcport}, Dst Port: {dstport}")
    return text.choose(rows.has("dstport"), ports, text.literal("User Datagram Protocol", len(rows)))


def _info(rows: HeaderRows) -> Text:
    """The packet list's line: ports, what is wrong, length of the payload."""
    count = len(rows)
    length = rows.values("length", missing=-1)
    small, large = _is_too_small(rows), _is_too_large(rows)
    inside = np.where(length > 0, length, _room(rows)) - HEADER
    illegal = text.where(_status_is(Verdict.ILLEGAL)(rows), text.literal(" [ILLEGAL CHECKSUM (0)]", count))
    wrong = text.where(_status_is(Verdict.BAD)(rows), text.literal(" [UDP CHECKSUM INCORRECT]", count))
    pieces = [
        text.where(rows.has("dstport"), fill(rows, "{srcport} → {dstport}")),
        text.where(small, said(rows, " [BAD UDP LENGTH ", length, " < 8]")),
        text.where(large, said(rows, " [BAD UDP LENGTH ", length, " > IP PAYLOAD LENGTH]")),
        text.where((length >= 0) & ~small, said(rows, " Len=", inside)),
        illegal,
        wrong,
    ]
    return text.join(pieces)


PROTOCOL = Protocol(
    name="udp",
    title="User Datagram Protocol",
    reference="RFC 768",
    follows=(("ip.proto", UDP),),
    short="UDP",
    total_length=Length((("length", 1),)),
    next_by=(Next("dstport", "udp.port"), Next("srcport", "udp.port")),
    summary=_summary,
    info=_info,
    lessons=LESSONS,
    fields=(
        Field("srcport", 16, "Source Port", Kind.PORT, also=("port",), parts=(_probe("srcport"),)),
        Field(
            "dstport",
            16,
            "Destination Port",
            Kind.PORT,
            also=("port",),
            parts=(_probe("dstport"),),
        ),
        Field(
            "length",
            16,
            "Length",
            show=_length_line,
            parts=(
                remark(
                    "length.bad",
                    MALFORMED,
                    "Bad length value",
                    lambda rows: _is_too_small(rows) | _is_too_large(rows),
                    _bad_length,
                ),
                remark("length.bad_zero", MALFORMED, "Length is zero but payload < 65536", _is_zero),
            ),
        ),
        Field(
            "checksum",
            16,
            "Checksum",
            Kind.HEX,
            show=_checksum_line,
            parts=(
                remark("checksum.zero", CHECKSUM, "Illegal checksum value (0)", _status_is(Verdict.ILLEGAL)),
                remark("checksum.bad", CHECKSUM, "Bad checksum", _status_is(Verdict.BAD), _bad_checksum),
                _status_field(there=False),
            ),
        ),
        _status_field(there=True),
        Computed("checksum_calculated", "Calculated Checksum", Kind.HEX, _calculated, width=16),
        Computed("synfin.checksum.udp", "Checksum verified", Kind.TEXT, _verdict, hidden=True, absolute=True),
        Fact("stream", "Stream index", Kind.UINT),
        Group(
            "Timestamps",
            generated=True,
            parts=(
                Fact("time_relative", "Time since first frame", Kind.DURATION),
                Fact("time_delta", "Time since previous frame", Kind.DURATION),
            ),
        ),
        Computed(
            "payload",
            "Payload",
            Kind.BYTES,
            lambda rows: Sparse(*payload(rows)),
            bare=True,
            show=_payload_line,
        ),
    ),
)
