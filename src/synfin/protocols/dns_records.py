"""DNS questions and resource records: what is asked, and what the data of each type says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Group, Items, Length, Protocol, Shape
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Located, Spans, Sparse
from synfin.dissect.template import fill
from synfin.dissect.writing import written
from synfin.protocols.dns_lessons import QUESTION_LESSONS, RECORD_LESSONS
from synfin.protocols.dns_names import (
    RESOURCE,
    SECTIONS,
    Messages,
    around,
    name_sizes,
    names,
    record_places,
    records,
)
from synfin.protocols.dns_values import (
    ALGORITHMS,
    CLASSES,
    DIGESTS,
    EXTENDED_ERRORS,
    FAMILIES,
    FINGERPRINTS,
    HASHES,
    HOST_KEYS,
    MATCHINGS,
    OPTIONS,
    PARAMETERS,
    SELECTORS,
    TYPES,
    USAGES,
    mnemonic,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.columns import Column
    from synfin.dissect.definition import Item, Line
    from synfin.dissect.text import Text

OPT, SRV, CAA = 41, 33, 257
OTHER = 255
"""Key of the records whose data nobody here reads."""

SECTION_NAMES = ("Queries", "Answers", "Authoritative nameservers", "Additional records")
UPDATE_NAMES = ("Zone", "Prerequisites", "Updates", "Additional records")

ORDINARY = (("is_opt", 0),)
BY_MULTICAST, DIRECT = (("multicast", 1),), (("multicast", 0),)


def duration(seconds: int) -> str:
    """Seconds in words: "1 day, 1 minute, 1 second"."""
    days, rest = divmod(seconds, 86400)
    parts = (("day", days), ("hour", rest // 3600), ("minute", rest // 60 % 60), ("second", rest % 60))
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for unit, count in parts if count]
    return ", ".join(said) or "0 seconds"


def _lasting(rows: HeaderRows, label: str, name: str) -> Text:
    """A number of seconds, and the same in words."""
    return text.each(rows.values(name), lambda seconds: f"{label}: {seconds} ({duration(seconds)})")


def _seconds(name: str, label: str) -> Field:
    return Field(name, 32, label, show=partial(_lasting, label=label, name=name))


def _section_line(rows: HeaderRows) -> Text:
    number = Messages.of(rows.outer).sections[1]
    updating = rows.outer.values("is_update")[rows.layer.position]
    called = dict(enumerate(SECTION_NAMES + UPDATE_NAMES))
    return text.named(number + SECTIONS * updating, called)


def _first_name_size(rows: HeaderRows, *, questions: bool) -> Integers:
    """Bytes of the name that each record begins with."""
    _, _, start, after, _ = record_places(rows, questions=questions)
    size: Integers = after - start
    return size


def _name_length(rows: HeaderRows) -> Integers:
    return np.diff(rows.text("qry.name").ends)


def _labels(rows: HeaderRows) -> Integers:
    """How many parts each name has."""
    named = rows.text("qry.name")
    dots = np.concatenate(([0], np.cumsum(named.data == ord("."))))
    found: Integers = dots[named.ends[1:]] - dots[named.ends[:-1]] + 1
    return found


def _marked(rows: HeaderRows, mark: str, words: tuple[str, str]) -> Text:
    """What a message by multicast says about its classes, "" in others."""
    is_set = rows.values(mark, missing=-1)
    return text.named(is_set, dict(enumerate(words)), otherwise="")


def _question_line(rows: HeaderRows) -> Text:
    return text.join(
        [
            rows.text("qry.name"),
            text.literal(": type ", len(rows)),
            text.each(rows.values("qry.type"), mnemonic),
            text.literal(", class ", len(rows)),
            text.named(rows.values("qry.class"), CLASSES),
            _marked(rows, "qry.qu", (', "QM" question', ', "QU" question')),
        ]
    )


def _owner(rows: HeaderRows) -> Text:
    """The name of each record, also of those whose name is shown in parts."""
    chosen = np.arange(len(rows))
    return names(rows, chosen, Spans(rows.start.astype(np.int64), np.zeros(len(rows), np.int64)))


def _service(rows: HeaderRows, part: int) -> Sparse:
    """A part of the name of a record of type SRV: service, protocol, and the rest."""
    chosen = np.flatnonzero(rows.values("resp.type") == SRV)
    parts = [[*name.split(".", 2), "", ""][part] for name in _owner(rows).take(chosen).to_list()]
    return Sparse(chosen, text.from_list(parts))


def _record_line(rows: HeaderRows) -> Text:
    count = len(rows)
    classes = [text.literal(", class ", count), text.named(rows.values("resp.class"), CLASSES)]
    said = text.join(
        [*classes, _marked(rows, "resp.cache_flush", ("", ", cache flush")), _of_data(rows, in_list=False)]
    )
    return text.join(
        [
            _owner(rows),
            text.literal(": type ", count),
            text.each(rows.values("resp.type"), mnemonic),
            text.where(rows.values("resp.type") != OPT, said),
        ]
    )


def _of_data(rows: HeaderRows, *, in_list: bool) -> Text:
    """What the data of each resource record says in one line: of the packet list, or of the tree."""
    table = rows.table
    place = np.zeros(len(rows), np.int64)
    pieces = [text.literal("", 1)]
    filled = 1
    for member in dict.fromkeys(table.catalogue.members["dns.data"].values()):
        line = member.info if in_list else member.summary
        data = table.rows(member.name)
        if line and len(data):
            place[data.layer.position] = np.where(data.is_whole, filled + np.arange(len(data)), 0)
            pieces.append(fill(data, line))
            filled += len(data)
    return text.stack(pieces).take(place)


def records_text(messages: HeaderRows) -> Text:
    """What the packet list says of each message's records."""
    table = messages.table
    questions, answers = table.rows("dns.question"), table.rows("dns.record")
    asked = text.join(
        [
            text.literal(" ", len(questions)),
            text.each(questions.values("qry.type"), mnemonic),
            text.literal(" ", len(questions)),
            questions.text("qry.name"),
            _marked(questions, "qry.qu", (', "QM" question', ', "QU" question')),
        ]
    )
    flushed = _marked(answers, "resp.cache_flush", ("", ", cache flush"))
    told = text.join(
        [
            text.literal(" ", len(answers)),
            text.each(answers.values("resp.type"), mnemonic),
            flushed,
            _of_data(answers, in_list=True),
        ]
    )
    owners = [around(one)[1] for one in (questions, answers)]
    gathered = [
        text.gather(said, owner, len(messages), "") for said, owner in zip((asked, told), owners, strict=True)
    ]
    return text.join(gathered)


def _high_bit(rows: HeaderRows) -> Flags:
    return rows.values("resp.ttl") >= 1 << 31


def _data(rows: HeaderRows) -> Located:
    """The data of each resource record: what is behind its name and the ten bytes that every record has."""
    _, _, _, after, end = record_places(rows, questions=False)
    kinds = rows.values("resp.type")
    key = np.where(kinds == CAA, OTHER - 1, np.where(kinds < OTHER - 1, kinds, OTHER))
    chosen = np.flatnonzero(after + RESOURCE < end)
    return Located(chosen, key[chosen], (after + RESOURCE)[chosen], end[chosen])


def _class(name: str, flag: tuple[str, str]) -> tuple[Item, ...]:
    """The class; by multicast its first bit says something else."""
    mark, label = flag
    return (
        Field(f"{name}.class", 16, "Class", Kind.HEX, CLASSES, overlay=True, when=DIRECT),
        Field(
            f"{name}.class", 15, "Class", Kind.HEX, CLASSES, overlay=True, skip=1, width=16, when=BY_MULTICAST
        ),
        Field(
            f"{name}.{mark}",
            1,
            label,
            Kind.BOOLEAN,
            {0: "False", 1: "True"},
            overlay=True,
            container=16,
            when=BY_MULTICAST,
        ),
    )


def _only_ordinary(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The same fields, absent in records of type OPT."""
    return tuple(
        replace(item, when=item.when + ORDINARY) if isinstance(item, Field) else item for item in items
    )


SECTION = Protocol(
    name="dns.section",
    title="Section",
    reference="RFC 1035 4.1",
    prefix="dns",
    path="-",
    body=True,
    follows=(("dns.section", 0),),
    items=(Items("dns.record", locate=records),),
    fields=(Group("", show=_section_line, holds="dns.record"),),
)

QUESTION = Protocol(
    name="dns.question",
    title="Question",
    reference="RFC 1035 4.1.2",
    prefix="dns",
    path="-",
    body=True,
    follows=(("dns.record", 0),),
    lessons=QUESTION_LESSONS,
    fields=(
        Group(
            "",
            show=_question_line,
            parts=(
                Computed(
                    "qry.octets",
                    "Bytes of the name",
                    Kind.UINT,
                    partial(_first_name_size, questions=True),
                    hidden=True,
                ),
                Field("qry.name", 0, "Name", Kind.TEXT, size_by="qry.octets", reading=names),
                Computed("qry.name.len", "Name Length", Kind.UINT, _name_length),
                Computed("count.labels", "Label Count", Kind.UINT, _labels),
                Field("qry.type", 16, "Type", names=TYPES),
                *_class("qry", ("qu", '"QU" question')),
                Field("qry.word", 16, "Class and flag", Kind.HEX, hidden=True),
            ),
        ),
    ),
)

EXTENSION = (("is_opt", 1),)

RECORD = Protocol(
    name="dns.record",
    title="Resource record",
    reference="RFC 1035 4.1.3",
    prefix="dns",
    path="-",
    body=True,
    follows=(("dns.record", 1),),
    lessons=RECORD_LESSONS,
    items=(Items("dns.data", locate=_data),),
    fields=(
        Computed(
            "resp.octets",
            "Bytes of the name",
            Kind.UINT,
            partial(_first_name_size, questions=False),
            hidden=True,
        ),
        Computed(
            "is_srv",
            "Is of type SRV",
            Kind.BOOLEAN,
            lambda rows: (rows.values("resp.type") == SRV).astype(np.int64),
            hidden=True,
        ),
        Computed(
            "is_opt",
            "Is of type OPT",
            Kind.BOOLEAN,
            lambda rows: (rows.values("resp.type") == OPT).astype(np.int64),
            hidden=True,
        ),
        Group(
            "",
            show=_record_line,
            holds="dns.data",
            parts=(
                Field(
                    "resp.name",
                    0,
                    "Name",
                    Kind.TEXT,
                    size_by="resp.octets",
                    reading=names,
                    overlay=True,
                    when=(("is_srv", 0),),
                ),
                Computed("srv.service", "Service", Kind.TEXT, partial(_service, part=0), bare=True),
                Computed("srv.proto", "Protocol", Kind.TEXT, partial(_service, part=1), bare=True),
                Computed("srv.name", "Name", Kind.TEXT, partial(_service, part=2), bare=True),
                Field("resp.name_octets", 0, "Name", Kind.BYTES, size_by="resp.octets", hidden=True),
                Field("resp.type", 16, "Type", names=TYPES),
                *_only_ordinary(_class("resp", ("cache_flush", "Cache flush"))),
                Field("rr.udp_payload_size", 16, "UDP payload size", overlay=True, when=EXTENSION),
                Field("resp.word", 16, "Class and flag", Kind.HEX, hidden=True),
                Field(
                    "resp.ttl",
                    32,
                    "Time to live",
                    show=partial(_lasting, label="Time to live", name="resp.ttl"),
                    overlay=True,
                    when=ORDINARY,
                    parts=(
                        remark(
                            "ttl.high_bit_set",
                            (Severity.WARNING, Topic.PROTOCOL),
                            "The uppermost bit of the TTL is set (RFC 2181, section 8)",
                            _high_bit,
                        ),
                    ),
                ),
                Field(
                    "resp.ext_rcode",
                    8,
                    "Higher bits in extended RCODE",
                    Kind.HEX,
                    overlay=True,
                    when=EXTENSION,
                ),
                Field("resp.edns0_version", 8, "EDNS0 version", overlay=True, skip=8, when=EXTENSION),
                Field(
                    "resp.z",
                    16,
                    "Z",
                    Kind.HEX,
                    overlay=True,
                    skip=16,
                    when=EXTENSION,
                    parts=(
                        Field(
                            "resp.z.do",
                            1,
                            "DO bit",
                            Kind.BOOLEAN,
                            {0: "Cannot handle DNSSEC security RRs", 1: "Accepts DNSSEC security RRs"},
                            overlay=True,
                            skip=16,
                            container=16,
                        ),
                        Field(
                            "resp.z.reserved",
                            15,
                            "Reserved",
                            Kind.HEX,
                            overlay=True,
                            skip=17,
                            container=16,
                            width=16,
                        ),
                    ),
                ),
                Field("resp.long_word", 32, "Time to live or flags", Kind.HEX, hidden=True),
                Field("resp.len", 16, "Data length"),
            ),
        ),
    ),
)


def data(
    name: str,
    numbers: tuple[int, ...],
    fields: tuple[Item, ...],
    lines: tuple[Line, Line] = ("", ""),
    items: tuple[Items, ...] = (),
) -> Protocol:
    """The data of one type of record.

    Args:
        name: its name below "dns.data.".
        numbers: the types that have it.
        fields: what it consists of.
        lines: what the tree and what the packet list say behind the type.
        items: a list in it.
    """
    return Protocol(
        name=f"dns.data.{name}",
        title=name.upper(),
        reference="IANA DNS Parameters",
        prefix="dns",
        path="-",
        body=True,
        follows=tuple(("dns.data", OTHER - 1 if number == CAA else number) for number in numbers),
        fields=fields,
        summary=lines[0],
        info=lines[1],
        items=items,
    )


def a_name(name: str, label: str) -> Field:
    """A domain name that takes the rest of the data."""
    return Field(name, 0, label, Kind.TEXT, rest=True, reading=names)


def _size_at(rows: HeaderRows, before: int, after: str) -> Integers:
    """Bytes of the name that stands behind some bytes and maybe another name."""
    skipped = rows.values(after) if after else 0
    return name_sizes(rows, rows.start.astype(np.int64) + before + skipped)


def names_first(*wanted: tuple[str, str], before: int = 0) -> tuple[Item, ...]:
    """Domain names that other fields follow; at most two.

    Args:
        wanted: names and labels of the fields.
        before: bytes before the first.
    """
    made: tuple[Item, ...] = ()
    after = ""
    for name, label in wanted:
        size = f"{name}_octets"
        made += (
            Computed(
                size,
                "Bytes of the name",
                Kind.UINT,
                partial(_size_at, before=before, after=after),
                hidden=True,
            ),
            Field(name, 0, label, Kind.TEXT, size_by=size, reading=names),
        )
        after = size
    return made


def texts(name: str, label: str) -> Protocol:
    """One of the texts of a record, each with its length."""
    return Protocol(
        name=f"dns.{name}.text",
        title=label,
        reference="RFC 1035 3.3",
        prefix="dns",
        path="-",
        body=True,
        follows=((f"dns.{name}.text", 0),),
        header_length=Length(((f"{name}.length", 1),), bias=1),
        fields=(
            Field(f"{name}.length", 8, f"{label} Length"),
            Field(name, 0, label, Kind.TEXT, size_by=f"{name}.length"),
        ),
    )


def _types_in_map(rows: HeaderRows) -> Sparse:
    """The types that a bit map names (RFC 4034 4.1.2): windows of 256 types, as many bytes as needed."""
    start = rows.start.astype(np.int64) + rows.values("map_at")
    ends = np.minimum(rows.end, rows.captured_end).astype(np.int64)
    owners: list[int] = []
    types: list[int] = []
    for row, (begin, end) in enumerate(zip(start.tolist(), ends.tolist(), strict=True)):
        found = _set_bits(rows.data[begin:end].tobytes())
        owners += [row] * len(found)
        types += found
    return Sparse(np.array(owners, np.int64), np.array(types, np.int64))


def _called_in_map(rows: HeaderRows) -> Sparse:
    """What these types are called."""
    owners, types = _types_in_map(rows)
    assert isinstance(types, np.ndarray)
    return Sparse(owners, text.each(types, lambda number: TYPES.get(number, f"Unknown ({number})")))


def _set_bits(windows: bytes) -> list[int]:
    found = []
    at = 0
    while at + 2 <= len(windows):
        window, size = windows[at], windows[at + 1]
        for index, octet in enumerate(windows[at + 2 : at + 2 + size]):
            found += [window * 256 + index * 8 + bit for bit in range(8) if octet & (0x80 >> bit)]
        at += 2 + size
    return found


TYPES_IN_MAP = (
    Computed("resp.type", "RR type in bit map", Kind.UINT, _types_in_map, TYPES, hidden=True),
    Computed("type_in_bit_map", "RR type in bit map", Kind.TEXT, _called_in_map, bare=True),
)


def _map_behind(name: str, before: int = 0) -> Computed:
    """Where a bit map begins: behind a field of variable size."""
    return Computed(
        "map_at", "Bytes before the bit map", Kind.UINT, lambda rows: rows.values(name) + before, hidden=True
    )


def _owner_of(rows: HeaderRows) -> Text:
    """The name of the record that each data belongs to."""
    return text.join(
        [text.literal(" ", len(rows)), _owner(rows.outer).take(rows.layer.position.astype(np.int64))]
    )


def _option_line(rows: HeaderRows) -> Text:
    called = text.each(rows.values("opt.code"), lambda code: OPTIONS.get(code, f"Unknown ({code})"))
    return text.join([text.literal("Option: ", len(rows)), called])


def _option(code: int) -> tuple[tuple[str, int], ...]:
    return (("opt.code", code),)


def _understood(rows: HeaderRows, code: int) -> Sparse:
    """The one-byte numbers that an option consists of."""
    chosen = np.flatnonzero(rows.values("opt.code") == code)
    size = (rows.end - rows.start)[chosen].astype(np.int64) - OPTION_HEADER
    owners = np.repeat(chosen, size)
    at = np.arange(len(owners)) - np.repeat(np.cumsum(size) - size, size)
    values = rows.data[rows.start[owners].astype(np.int64) + OPTION_HEADER + at].astype(np.int64)
    return Sparse(owners, values)


def _subnet(rows: HeaderRows, family: int) -> Sparse:
    """The address of a client's network, filled up with zeros."""
    is_there = (rows.values("opt.code") == SUBNET) & (rows.values("opt.client.family") == family)
    chosen = np.flatnonzero(is_there)
    octets = 4 if family == 1 else 16
    start = rows.start[chosen].astype(np.int64) + OPTION_HEADER + 4
    size = np.clip(rows.end[chosen] - start, 0, octets)
    place = np.minimum(start[:, None] + np.arange(octets), max(len(rows.data) - 1, 0))
    filled = np.where(np.arange(octets) < size[:, None], rows.data[place], 0).astype(np.uint8)
    if family == 1:
        numbers = filled.astype(np.int64) @ (1 << np.arange(24, -1, -8, dtype=np.int64))
        return Sparse(chosen, numbers)
    return Sparse(chosen, filled)


OPTION_HEADER = 4
SUBNET, COOKIE = 8, 10

OPTION = Protocol(
    name="dns.option",
    title="Option",
    reference="RFC 6891 6.1.2",
    prefix="dns",
    path="-",
    body=True,
    follows=(("dns.option", 0),),
    header_length=Length((("opt.len", 1),), bias=OPTION_HEADER),
    fields=(
        Computed(
            "opt",
            "Option",
            Kind.NONE,
            lambda _rows: None,
            bare=True,
            show=_option_line,
            parts=(
                Field("opt.code", 16, "Option Code", names=OPTIONS),
                Field("opt.len", 16, "Option Length"),
                Field("opt.data", 0, "Option Data", Kind.BYTES, rest=True, overlay=True, empty="<MISSING>"),
                *(
                    Computed(
                        f"opt.{name}",
                        name.upper(),
                        Kind.UINT,
                        partial(_understood, code=code),
                        called,
                        bare=True,
                    )
                    for name, code, called in (
                        ("dau", 5, ALGORITHMS),
                        ("dhu", 6, DIGESTS),
                        ("n3u", 7, HASHES),
                    )
                ),
                Field("opt.client.family", 16, "Family", names=FAMILIES, overlay=True, when=_option(SUBNET)),
                Field("opt.client.netmask", 8, "Source Netmask", overlay=True, skip=16, when=_option(SUBNET)),
                Field("opt.client.scope", 8, "Scope Netmask", overlay=True, skip=24, when=_option(SUBNET)),
                Computed(
                    "opt.client.addr4", "Client Subnet", Kind.IPV4, partial(_subnet, family=1), bare=True
                ),
                Computed(
                    "opt.client.addr6", "Client Subnet", Kind.IPV6, partial(_subnet, family=2), bare=True
                ),
                Field(
                    "opt.cookie.client", 64, "Client Cookie", Kind.BYTES, overlay=True, when=_option(COOKIE)
                ),
                Field(
                    "opt.cookie.server",
                    0,
                    "Server Cookie",
                    Kind.BYTES,
                    overlay=True,
                    skip=64,
                    rest=True,
                    when=_option(COOKIE),
                    empty="<MISSING>",
                ),
                Field("opt.edns_tcp_keepalive.timeout", 16, "Timeout", overlay=True, when=_option(11)),
                Field("opt.padding", 0, "Padding", Kind.BYTES, overlay=True, rest=True, when=_option(12)),
                Field(
                    "opt.ext_error.info_code",
                    16,
                    "Info Code",
                    names=EXTENDED_ERRORS,
                    overlay=True,
                    when=_option(15),
                ),
                Field(
                    "opt.ext_error.extra_text",
                    0,
                    "Extra Text",
                    Kind.TEXT,
                    overlay=True,
                    skip=16,
                    rest=True,
                    when=_option(15),
                ),
            ),
        ),
    ),
)


def _parameter(key: int) -> tuple[tuple[str, int], ...]:
    return (("svcb.svcparam.key", key),)


def _parameter_line(rows: HeaderRows) -> Text:
    """The parameter as a zone file writes it, where its value is a number, addresses or names."""
    keys = rows.values("svcb.svcparam.key")
    called = text.each(keys, lambda key: PARAMETERS.get(key, f"key{key}"))
    pieces = [text.literal("SvcParam: ", len(rows)), called]
    shown = (
        ("svcb.svcparam.mandatory.key", 0, _named_parameters),
        ("svcb.svcparam.port", 3, None),
        ("svcb.svcparam.ipv4hint.ip", 4, None),
        ("svcb.svcparam.ipv6hint.ip", 6, None),
    )
    for name, key, write in shown:
        column = rows.table.item_column(rows.layer.protocol.name, name)
        owner = np.arange(len(rows)) if column.rows is None else column.rows
        said = write(column) if write else written(column, rows.data)
        value = text.gather(said, owner, len(rows), ",")
        pieces += [text.where(keys == key, text.literal("=", len(rows))), value]
    alpn = rows.table.rows("dns.alpn")
    names_ = text.gather(
        alpn.text("svcb.svcparam.alpn"), alpn.layer.position.astype(np.int64), len(rows), ","
    )
    return text.join([*pieces, text.where(keys == 1, text.literal("=", len(rows))), names_])


def _named_parameters(column: Column) -> Text:
    return text.each(np.asarray(column.values), _parameter_name)


def _parameter_name(key: int) -> str:
    return PARAMETERS.get(key, f"key{key}")


def _values_in(rows: HeaderRows, key: int, size: int) -> Sparse:
    """The values of equal size that a parameter consists of."""
    chosen = np.flatnonzero(rows.values("svcb.svcparam.key") == key)
    count = (rows.end - rows.start - OPTION_HEADER)[chosen].astype(np.int64) // size
    owners = np.repeat(chosen, count)
    at = np.arange(len(owners)) - np.repeat(np.cumsum(count) - count, count)
    first = rows.start[owners].astype(np.int64) + OPTION_HEADER + at * size
    octets = rows.data[first[:, None] + np.arange(size)]
    if size == 16:
        return Sparse(owners, octets)
    weights = 1 << np.arange(8 * (size - 1), -1, -8, dtype=np.int64)
    return Sparse(owners, octets.astype(np.int64) @ weights)


def _protocol_names(rows: HeaderRows) -> tuple[Integers, Integers]:
    """Where the list of application protocols stands."""
    begin = rows.start.astype(np.int64) + OPTION_HEADER
    return begin, np.where(rows.values("svcb.svcparam.key") == 1, rows.end, begin)


def _is_plain(rows: HeaderRows) -> Integers:
    """1 for parameters whose value is shown as bytes."""
    return (~np.isin(rows.values("svcb.svcparam.key"), (0, 1, 2, 3, 4, 5, 6))).astype(np.int64)


PARAMETER = Protocol(
    name="dns.parameter",
    title="Service parameter",
    reference="RFC 9460 2.2",
    prefix="dns",
    path="-",
    body=True,
    follows=(("dns.parameter", 0),),
    header_length=Length((("svcb.svcparam.value.length", 1),), bias=OPTION_HEADER),
    items=(Items("dns.alpn", Shape.SIZED, area=_protocol_names),),
    fields=(
        Computed("svcb.is_plain", "Is shown as bytes", Kind.BOOLEAN, _is_plain, hidden=True),
        Computed(
            "svcb.svcparam",
            "SvcParam",
            Kind.NONE,
            lambda _rows: None,
            bare=True,
            show=_parameter_line,
            holds="dns.alpn",
            parts=(
                Field("svcb.svcparam.key", 16, "SvcParamKey", names=PARAMETERS),
                Field("svcb.svcparam.value.length", 16, "SvcParamValue length"),
                Computed(
                    "svcb.svcparam.mandatory.key",
                    "Mandatory key",
                    Kind.UINT,
                    partial(_values_in, key=0, size=2),
                    PARAMETERS,
                    bare=True,
                ),
                Field("svcb.svcparam.port", 16, "Port", overlay=True, when=_parameter(3)),
                Computed(
                    "svcb.svcparam.ipv4hint.ip",
                    "IP",
                    Kind.IPV4,
                    partial(_values_in, key=4, size=4),
                    bare=True,
                ),
                Field(
                    "svcb.svcparam.echconfig",
                    0,
                    "ECHConfig",
                    Kind.BYTES,
                    overlay=True,
                    rest=True,
                    when=_parameter(5),
                ),
                Computed(
                    "svcb.svcparam.ipv6hint.ip",
                    "IP",
                    Kind.IPV6,
                    partial(_values_in, key=6, size=16),
                    bare=True,
                ),
                Field(
                    "svcb.svcparam.value",
                    0,
                    "SvcParamValue",
                    Kind.BYTES,
                    overlay=True,
                    rest=True,
                    when=(("svcb.is_plain", 1),),
                ),
            ),
        ),
    ),
)

APPLICATION = Protocol(
    name="dns.alpn",
    title="Application protocol",
    reference="RFC 9460 7.1",
    prefix="dns",
    path="-",
    body=True,
    follows=(("dns.alpn", 0),),
    header_length=Length((("svcb.svcparam.alpn.length", 1),), bias=1),
    fields=(
        Field("svcb.svcparam.alpn.length", 8, "ALPN length"),
        Field("svcb.svcparam.alpn", 0, "ALPN", Kind.TEXT, size_by="svcb.svcparam.alpn.length"),
    ),
)

DIGEST = (
    Field("ds.key_id", 16, "Key id", Kind.HEX),
    Field("ds.algorithm", 8, "Algorithm", names=ALGORITHMS),
    Field("ds.digest_type", 8, "Digest Type", names=DIGESTS),
    Field("ds.digest", 0, "Digest", Kind.BYTES, rest=True),
)


def _key_bit(name: str, skip: int, label: str, words: tuple[str, str]) -> Field:
    return Field(
        f"dnskey.flags.{name}",
        1,
        label,
        Kind.BOOLEAN,
        dict(enumerate(words)),
        overlay=True,
        skip=skip,
        container=16,
        width=16,
    )


def _key_tag(rows: HeaderRows) -> Sparse:
    """The number by which signatures name the key (RFC 4034 appendix B)."""
    chosen = np.flatnonzero(rows.has("dnskey.algorithm"))
    tags = []
    for row in chosen.tolist():
        octets = np.frombuffer(rows.data[rows.start[row] : rows.end[row]].tobytes(), np.uint8).astype(
            np.int64
        )
        total = int(octets[0::2].sum()) * 256 + int(octets[1::2].sum())
        tags.append((total + (total >> 16 & 0xFFFF)) & 0xFFFF)
    return Sparse(chosen, np.array(tags, np.int64))


DNSKEY = (
    Field(
        "dnskey.flags",
        16,
        "Flags",
        Kind.HEX,
        parts=(
            _key_bit(
                "zone_key",
                7,
                "Zone Key",
                ("This is not a zone key", "This is the zone key for specified zone"),
            ),
            _key_bit("key_revoked", 8, "Key Revoked", ("No", "Yes")),
            _key_bit("secure_entry_point", 15, "Key Signing Key", ("No", "Yes")),
        ),
    ),
    Field("dnskey.protocol", 8, "Protocol"),
    Field("dnskey.algorithm", 8, "Algorithm", names=ALGORITHMS),
    Computed("dnskey.key_id", "Key id", Kind.UINT, _key_tag),
    Field("dnskey.public_key", 0, "Public Key", Kind.BYTES, rest=True),
)


def _moment(rows: HeaderRows, name: str) -> Sparse:
    """A time in whole seconds as the nanoseconds that all times here are."""
    chosen = np.flatnonzero(rows.has(name))
    return Sparse(chosen, rows.values(name)[chosen] * 1_000_000_000)


def _instant(name: str, label: str) -> tuple[Item, ...]:
    """A moment, in seconds since 1970."""
    raw = f"{name}_seconds"
    return (
        Field(raw, 32, label, hidden=True),
        Computed(name, label, Kind.TIME, partial(_moment, name=raw), bare=True),
    )


SIGNATURE = (
    Field("rrsig.type_covered", 16, "Type Covered", names=TYPES),
    Field("rrsig.algorithm", 8, "Algorithm", names=ALGORITHMS),
    Field("rrsig.labels", 8, "Labels"),
    _seconds("rrsig.original_ttl", "Original TTL"),
    *_instant("rrsig.signature_expiration", "Signature Expiration"),
    *_instant("rrsig.signature_inception", "Signature Inception"),
    Field("rrsig.key_tag", 16, "Key Tag"),
    *names_first(("rrsig.signers_name", "Signer's name"), before=18),
    Field("rrsig.signature", 0, "Signature", Kind.BYTES, rest=True),
)

OPT_OUT = (
    Field(
        "nsec3.flags.opt_out",
        1,
        "NSEC3 Opt-out flag",
        Kind.BOOLEAN,
        {
            0: "Additional insecure delegations forbidden",
            1: "Additional insecure delegations allowed",
        },
        overlay=True,
        skip=7,
        container=8,
    ),
)


def _hashed(flags: tuple[Item, ...]) -> tuple[Item, ...]:
    """How names are hashed (RFC 5155); `flags` are those that the byte of flags has."""
    return (
        Field("nsec3.algo", 8, "Hash algorithm", names=HASHES),
        Field("nsec3.flags", 8, "NSEC3 flags", parts=flags),
        Field("nsec3.iterations", 16, "NSEC3 iterations"),
        Field("nsec3.salt_length", 8, "Salt length"),
        Field("nsec3.salt_value", 0, "Salt value", Kind.BYTES, size_by="nsec3.salt_length"),
    )


def _value_after_tag(rows: HeaderRows, tag: str) -> Sparse:
    """The value of records with this tag; "" for all other tags than the known ones."""
    chosen = np.flatnonzero(rows.has("caa.tag"))
    tags = rows.text("caa.tag").take(chosen).to_list()
    wanted = [one == tag if tag else one not in CAA_TAGS for one in tags]
    kept = chosen[np.array(wanted, np.bool_)] if len(chosen) else chosen
    return Sparse(kept, rows.text("caa.value").take(kept))


CAA_TAGS = {"issue": "Issue", "issuewild": "Issue Wildcard", "iodef": "Report URL"}


def _authority_line(rows: HeaderRows) -> Text:
    called = [CAA_TAGS.get(tag, "Unknown tag") for tag in rows.text("caa.tag").to_list()]
    return text.join([text.from_list(called), text.literal(": ", len(rows)), rows.text("caa.value")])


AUTHORITY: tuple[Item, ...] = (
    Field(
        "caa.flags",
        8,
        "CAA Flags",
        Kind.HEX,
        parts=(
            Field(
                "caa.flags.issuer_critical",
                1,
                "Issuer Critical",
                Kind.BOOLEAN,
                {0: "Not critical", 1: "Critical"},
                overlay=True,
                container=8,
            ),
        ),
    ),
    *(
        Computed(f"caa.{name}", label, Kind.TEXT, partial(_value_after_tag, tag=tag), hidden=True)
        for name, tag, label in (
            *((tag, tag, label) for tag, label in CAA_TAGS.items()),
            ("unknown", "", "Unknown tag"),
        )
    ),
    Group(
        "",
        show=_authority_line,
        parts=(
            Field("caa.tag_length", 8, "Tag length"),
            Field("caa.tag", 0, "Tag", Kind.TEXT, size_by="caa.tag_length"),
            Field("caa.value", 0, "Value", Kind.TEXT, rest=True, empty=" "),
        ),
    ),
)

SERVICE = (
    Field("svcb.svcpriority", 16, "SvcPriority"),
    *names_first(("svcb.targetname", "TargetName"), before=2),
    Group("", holds="dns.parameter"),
)


def a_name_record(name: str, number: int, label: str, tell: str) -> Protocol:
    """Data that is one domain name; `tell` is what the tree calls it in the record's line."""
    return data(name, (number,), (a_name(name, label),), (f", {tell}{{{name}}}", f" {{{name}}}"))


PROTOCOLS = (
    SECTION,
    QUESTION,
    RECORD,
    data("a", (1,), (Field("a", 32, "Address", Kind.IPV4),), (", addr {a}", " {a}")),
    data("aaaa", (28,), (Field("aaaa", 128, "AAAA Address", Kind.IPV6),), (", addr {aaaa}", " {aaaa}")),
    a_name_record("ns", 2, "Name Server", "ns "),
    a_name_record("cname", 5, "CNAME", "cname "),
    a_name_record("ptr.domain_name", 12, "Domain Name", ""),
    a_name_record("dname", 39, "Dname", "dname "),
    data(
        "soa",
        (6,),
        (
            *names_first(
                ("soa.mname", "Primary name server"), ("soa.rname", "Responsible authority's mailbox")
            ),
            Field("soa.serial_number", 32, "Serial Number"),
            _seconds("soa.refresh_interval", "Refresh Interval"),
            _seconds("soa.retry_interval", "Retry Interval"),
            _seconds("soa.expire_limit", "Expire limit"),
            _seconds("soa.minimum_ttl", "Minimum TTL"),
        ),
        (", mname {soa.mname}", " {soa.mname}"),
    ),
    data(
        "mx",
        (15,),
        (Field("mx.preference", 16, "Preference"), a_name("mx.mail_exchange", "Mail Exchange")),
        (", preference {mx.preference}, mx {mx.mail_exchange}", " {mx.preference} {mx.mail_exchange}"),
    ),
    data(
        "srv",
        (SRV,),
        (
            Field("srv.priority", 16, "Priority"),
            Field("srv.weight", 16, "Weight"),
            Field("srv.port", 16, "Port"),
            a_name("srv.target", "Target"),
        ),
        (
            ", priority {srv.priority}, weight {srv.weight}, port {srv.port}, target {srv.target}",
            " {srv.priority} {srv.weight} {srv.port} {srv.target}",
        ),
    ),
    data("txt", (16,), (), items=(Items("dns.txt.text", Shape.SIZED),)),
    texts("txt", "TXT"),
    data("spf", (99,), (), items=(Items("dns.spf.text", Shape.SIZED),)),
    texts("spf", "SPF"),
    data(
        "hinfo",
        (13,),
        (
            Field("hinfo.cpu_length", 8, "CPU Length"),
            Field("hinfo.cpu", 0, "CPU", Kind.TEXT, size_by="hinfo.cpu_length"),
            Field("hinfo.os_length", 8, "OS Length"),
            Field("hinfo.os", 0, "OS", Kind.TEXT, size_by="hinfo.os_length"),
        ),
        (", CPU {hinfo.cpu}, OS {hinfo.os}", " {hinfo.cpu} {hinfo.os}"),
    ),
    data("opt", (OPT,), (), items=(Items("dns.option", Shape.SIZED),)),
    OPTION,
    data("svcb", (64, 65), SERVICE, items=(Items("dns.parameter", Shape.SIZED),)),
    PARAMETER,
    APPLICATION,
    data("caa", (CAA,), AUTHORITY),
    data("ds", (43, 59), DIGEST),
    data("dnskey", (48, 60), DNSKEY),
    data("rrsig", (46,), SIGNATURE),
    data(
        "nsec",
        (47,),
        (
            *names_first(("nsec.next_domain_name", "Next Domain Name")),
            _map_behind("nsec.next_domain_name_octets"),
            *TYPES_IN_MAP,
        ),
        (", next domain name {nsec.next_domain_name}", " {nsec.next_domain_name}"),
    ),
    data(
        "nsec3",
        (50,),
        (
            *_hashed(OPT_OUT),
            Field("nsec3.hash_length", 8, "Hash length"),
            Field("nsec3.hash_octets", 0, "Hash", Kind.BYTES, size_by="nsec3.hash_length", hidden=True),
            Computed(
                "map_at",
                "Bytes before the bit map",
                Kind.UINT,
                lambda rows: 6 + rows.values("nsec3.salt_length") + rows.values("nsec3.hash_length"),
                hidden=True,
            ),
            *TYPES_IN_MAP,
        ),
    ),
    data("nsec3param", (51,), _hashed(()), ("", _owner_of)),
    data("null", (10,), (Field("null", 0, "Null (data)", Kind.BYTES, rest=True),), ("", _owner_of)),
    data(
        "tlsa",
        (52,),
        (
            Field("tlsa.certificate_usage", 8, "Certificate Usage", names=USAGES),
            Field("tlsa.selector", 8, "Selector", names=SELECTORS),
            Field("tlsa.matching_type", 8, "Matching Type", names=MATCHINGS),
            Field(
                "tlsa.certificate_association_data", 0, "Certificate Association Data", Kind.BYTES, rest=True
            ),
        ),
        ("", _owner_of),
    ),
    data(
        "sshfp",
        (44,),
        (
            Field("sshfp.algorithm", 8, "Algorithm", names=HOST_KEYS),
            Field("sshfp.fingerprint.type", 8, "Fingerprint type", names=FINGERPRINTS),
            Field("sshfp.fingerprint", 0, "Fingerprint", Kind.BYTES, rest=True),
        ),
    ),
    data("other", (ANY,), (Field("data", 0, "Data", Kind.BYTES, rest=True),)),
)
