"""DNS, RFC 1035: a header, questions and records; the same over UDP, TCP, and by multicast."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Group, Items, Length, Next, Protocol
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans, Sparse
from synfin.protocols.dns_lessons import LESSONS
from synfin.protocols.dns_names import Messages, is_incomplete, sections
from synfin.protocols.dns_records import records_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.text import Text

NAMES = {"dns": "DNS", "mdns": "MDNS", "llmnr": "LLMNR"}
TITLES = {
    "dns": "Domain Name System",
    "mdns": "Multicast Domain Name System",
    "llmnr": "Link-local Multicast Name Resolution",
}
PORTS = {"dns": 53, "mdns": 5353, "llmnr": 5355}

UPDATE = 5
OPCODES = {
    0: "Standard query",
    1: "Inverse query",
    2: "Server status request",
    4: "Zone change notification",
    UPDATE: "Dynamic update",
    6: "DNS Stateful operations (DSO)",
}
REPLIES = {
    0: "No error",
    1: "Format error",
    2: "Server failure",
    3: "No such name",
    4: "Not implemented",
    5: "Refused",
    6: "Name exists",
    7: "RRset exists",
    8: "RRset does not exist",
    9: "Not authoritative",
    10: "Name out of zone",
    11: "DSO-Type not implemented",
}
"""IANA DNS RCODEs."""

ANSWER, QUERY = (("flags.response", 1),), (("flags.response", 0),)
GLOBAL, LINK_LOCAL = (("link_local", 0),), (("link_local", 1),)
ORDINARY, UPDATING = (("is_update", 0),), (("is_update", 1),)


def _is(rows: HeaderRows, name: str) -> Integers:
    """1 for messages of this protocol."""
    return (rows.rows_of(name, rows.previous_header()) >= 0).astype(np.int64)


def _said_by_kind(rows: HeaderRows, words: Mapping[str, str]) -> Text:
    """A word that depends on the protocol the message belongs to."""
    kind = _is(rows, "mdns") + 2 * _is(rows, "llmnr")
    return text.named(kind, {0: words["dns"], 1: words["mdns"], 2: words["llmnr"]})


def _operation(rows: HeaderRows) -> Text:
    """What kind of query this is, or an answer to."""
    opcode = rows.values("flags.opcode")
    called = text.each(opcode, lambda code: OPCODES.get(code, f"Unknown operation ({code})"))
    is_answer = rows.values("flags.response") == 1
    return text.join([called, text.where(is_answer, text.literal(" response", len(rows)))])


def _reply(rows: HeaderRows, before: str, *, also_none: bool) -> Text:
    """How a query was answered; nothing for queries."""
    code = rows.values("flags.rcode")
    called = text.each(code, lambda one: f"{before}{REPLIES.get(one, f'Unknown error ({one})')}")
    return text.where((rows.values("flags.response") == 1) & (also_none | (code != 0)), called)


def _flags_line(rows: HeaderRows) -> Text:
    number = text.hexadecimal(rows.values("flags"), 4)
    operation = [text.literal(" ", len(rows)), _operation(rows), _reply(rows, ", ", also_none=True)]
    return text.join([text.literal("Flags: ", len(rows)), number, *operation])


def _ends(rows: HeaderRows) -> Text:
    """What the list says of messages whose records do not all fit."""
    count = len(rows)
    cut = rows.limit > rows.captured_end
    said = text.choose(
        cut,
        text.literal("[Packet size limited during capture]", count),
        text.literal("[Malformed Packet]", count),
    )
    return text.where(is_incomplete(rows) & _is_all_here(rows), said)


def _is_all_here(rows: HeaderRows) -> Flags:
    """False where a message over TCP says that it goes on in a later segment."""
    stated = rows.values("length", missing=-1)
    room = rows.limit.astype(np.int64) - rows.start
    here: Flags = (stated < 0) | (stated <= room)
    return here


def _info(rows: HeaderRows) -> Text:
    """What is asked and answered."""
    number = [text.literal(" ", len(rows)), text.hexadecimal(rows.values("id"), 4)]
    said = [_operation(rows), *number, _reply(rows, " ", also_none=False), records_text(rows), _ends(rows)]
    return text.where(rows.has("flags"), text.join(said))


def _incomplete(rows: HeaderRows) -> Flags:
    found: Flags = is_incomplete(rows) & _is_all_here(rows) & (rows.limit <= rows.captured_end)
    return found


def _extraneous(rows: HeaderRows) -> Sparse:
    """Bytes behind the last record."""
    ends = Messages.of(rows).ends
    stop = np.minimum(rows.limit, rows.captured_end).astype(np.int64)
    chosen = np.flatnonzero((ends >= 0) & (ends < stop) & rows.is_whole)
    return Sparse(chosen, Spans(ends[chosen], (stop - ends)[chosen]))


def _extraneous_length(rows: HeaderRows) -> Sparse:
    chosen, spans = _extraneous(rows)
    assert isinstance(spans, Spans)
    return Sparse(chosen, spans.length)


def _extraneous_line(rows: HeaderRows) -> Text:
    length = rows.values("extraneous.length")
    return text.each(length, lambda size: f"Extraneous Data ({size} byte{'' if size == 1 else 's'})")


def _flag(
    name: str, skip: int, label: str, words: tuple[str, str], when: tuple[tuple[str, int], ...] = ()
) -> Field:
    """One flag; `words` for when it is not set and when it is."""
    return Field(
        f"flags.{name}",
        1,
        label,
        Kind.BOOLEAN,
        dict(enumerate(words)),
        overlay=True,
        skip=skip,
        container=16,
        width=16,
        when=when,
    )


FLAGS = Field(
    "flags",
    16,
    "Flags",
    Kind.HEX,
    show=_flags_line,
    parts=(
        _flag("response", 0, "Response", ("Message is a query", "Message is a response")),
        Field("flags.opcode", 4, "Opcode", names=OPCODES, overlay=True, skip=1, container=16, width=16),
        _flag(
            "authoritative",
            5,
            "Authoritative",
            ("Server is not an authority for domain", "Server is an authority for domain"),
            ANSWER + GLOBAL,
        ),
        _flag(
            "conflict", 5, "Conflict", ("None", "The sender received multiple responses"), QUERY + LINK_LOCAL
        ),
        _flag(
            "conflict",
            5,
            "Conflict",
            ("The name is considered unique", "The name is not considered unique"),
            ANSWER + LINK_LOCAL,
        ),
        _flag("truncated", 6, "Truncated", ("Message is not truncated", "Message is truncated")),
        _flag(
            "recdesired",
            7,
            "Recursion desired",
            ("Don't do query recursively", "Do query recursively"),
            GLOBAL,
        ),
        _flag("tentative", 7, "Tentative", ("Not tentative", "Tentative"), LINK_LOCAL),
        _flag(
            "recavail",
            8,
            "Recursion available",
            ("Server can't do recursive queries", "Server can do recursive queries"),
            ANSWER + GLOBAL,
        ),
        _flag("z", 9, "Z", ("reserved (0)", "reserved - incorrect!"), GLOBAL),
        _flag(
            "authenticated",
            10,
            "Answer authenticated",
            (
                "Answer/authority portion was not authenticated by the server",
                "Answer/authority portion was authenticated by the server",
            ),
            ANSWER + GLOBAL,
        ),
        replace(
            _flag("authenticated", 10, "AD bit", ("Not set", "Set"), QUERY + GLOBAL), only=(range(1, 2),)
        ),
        _flag("checkdisable", 11, "Non-authenticated data", ("Unacceptable", "Acceptable"), GLOBAL),
        Field(
            "flags.rcode",
            4,
            "Reply code",
            names=REPLIES,
            overlay=True,
            skip=12,
            container=16,
            width=16,
            when=ANSWER,
        ),
    ),
)


def _count(at: int, ordinary: tuple[str, str], updating: tuple[str, str]) -> tuple[Field, ...]:
    """How many records a section has; updates call the sections otherwise."""
    return tuple(
        Field(f"count.{name}", 16, label, overlay=True, skip=16 * at, when=when)
        for (name, label), when in ((ordinary, ORDINARY), (updating, UPDATING))
    )


MESSAGE = Protocol(
    name="dns.message",
    title="DNS",
    reference="RFC 1035",
    follows=(("dns.message", ANY),),
    prefix="dns",
    short=partial(_said_by_kind, words=NAMES),
    body=True,
    info=_info,
    carries=False,
    items=(Items("dns.section", locate=sections),),
    lessons=LESSONS,
    fields=(
        Computed("link_local", "Is LLMNR", Kind.BOOLEAN, partial(_is, name="llmnr"), hidden=True),
        Computed("multicast", "Is by multicast", Kind.BOOLEAN, partial(_is, name="mdns"), hidden=True),
        Computed(
            "over_tcp",
            "Has a length before it",
            Kind.BOOLEAN,
            lambda rows: _has_length(rows),
            hidden=True,
        ),
        Field("length", 16, "Length", overlay=True, skip=-16, when=(("over_tcp", 1),)),
        Field("octets", 0, "Message", Kind.BYTES, rest=True, overlay=True, hidden=True),
        Field("id", 16, "Transaction ID", Kind.HEX),
        FLAGS,
        Computed(
            "is_update",
            "Is an update",
            Kind.BOOLEAN,
            lambda rows: (rows.values("flags.opcode") == UPDATE).astype(np.int64),
            hidden=True,
        ),
        *_count(0, ("queries", "Questions"), ("zones", "Zones")),
        *_count(1, ("answers", "Answer RRs"), ("prerequisites", "Prerequisites")),
        *_count(2, ("auth_rr", "Authority RRs"), ("updates", "Updates")),
        Field("count.add_rr", 16, "Additional RRs", overlay=True, skip=48),
        Field("counts", 64, "Counts", Kind.BYTES, hidden=True),
        Group("", holds="dns.section"),
        remark(
            "incomplete",
            (Severity.ERROR, Topic.MALFORMED),
            "The message ends before all of its records",
            _incomplete,
        ),
        Group(
            "Extraneous Data",
            show=_extraneous_line,
            parts=(
                Computed("extraneous.data", "Extraneous Data Bytes", Kind.BYTES, _extraneous, bare=True),
                Computed("extraneous.length", "Extraneous Data Length", Kind.INT, _extraneous_length),
            ),
        ),
    ),
)


def _has_length(rows: HeaderRows) -> Integers:
    """1 where the message came over TCP, with its length before it."""
    around = rows.previous_header()
    before = np.where(around > 0, around - 1, -1)
    return (rows.rows_of("dns.stream", before) >= 0).astype(np.int64)


def _summary(rows: HeaderRows, title: str) -> Text:
    """Query or answer."""
    inside = rows.rows_of("dns.message", rows.next_header())
    flags = rows.table.rows("dns.message").values("flags.response", missing=-1)
    is_answer = np.where(inside >= 0, flags[inside], -1) if len(flags) else np.full(len(rows), -1, np.int64)
    return text.named(is_answer, {0: f"{title} (query)", 1: f"{title} (response)"}, otherwise=title)


def _protocol(name: str, follows: tuple[tuple[str, int], ...]) -> Protocol:
    """One of the protocols whose messages these are."""
    return Protocol(
        name=name,
        title=TITLES[name],
        reference={"dns": "RFC 1035", "mdns": "RFC 6762", "llmnr": "RFC 4795"}[name],
        follows=follows,
        fields=(),
        next_by=(Next("", "dns.message", peek=8),),
        summary=partial(_summary, title=TITLES[name]),
        open_ended=True,
    )


STREAM = Protocol(
    name="dns.stream",
    title="",
    reference="RFC 1035 4.2.2",
    follows=(("tcp.port", PORTS["dns"]), ("tcp.port", PORTS["mdns"])),
    prefix="dns",
    path="-",
    short="DNS",
    fields=(Field("stream_length", 16, "Length", hidden=True),),
    total_length=Length((("stream_length", 1),), bias=2),
    next_by=(Next("", "dns.stream", peek=8),),
)

PROTOCOLS = (
    MESSAGE,
    STREAM,
    _protocol("dns", (("udp.port", PORTS["dns"]), ("dns.stream", ANY))),
    _protocol("mdns", (("udp.port", PORTS["mdns"]),)),
    _protocol("llmnr", (("udp.port", PORTS["llmnr"]),)),
)
