"""IGMP: hosts tell the router which multicast groups they want; the router asks again from time to time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Group, Items, Length, Lesson, Protocol, Shape, Words
from synfin.dissect.expert import Severity
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans, Sparse
from synfin.protocols.checksums import Checksum, sums_to

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.text import Text

QUERY, REPORT_1, REPORT_2, LEAVE, REPORT_3 = 0x11, 0x12, 0x16, 0x17, 0x22
LONG_QUERY = 12
"""Bytes from which on a query is one of version 3 (RFC 3376 7.1)."""

TYPES = {
    0x01: "Create Group Request",
    0x02: "Create Group Reply",
    0x03: "Join Group Request",
    0x04: "Join Group Reply",
    0x05: "Leave Group Request",
    0x06: "Leave Group Reply",
    0x07: "Confirm Group Request",
    0x08: "Confirm Group Reply",
    0x11: "Membership Query",
    0x12: "Membership Report",
    0x13: "DVMRP Protocol",
    0x14: "PIM Routing Message",
    0x16: "Membership Report",
    0x17: "Leave Group",
    0x1E: "Traceroute Response",
    0x1F: "Traceroute Query or Request",
    0x22: "Membership Report",
}

IS_INCLUDE, IS_EXCLUDE, TO_INCLUDE, TO_EXCLUDE, ALLOW, BLOCK = range(1, 7)
RECORDS = {
    IS_INCLUDE: "Mode Is Include",
    IS_EXCLUDE: "Mode Is Exclude",
    TO_INCLUDE: "Change To Include Mode",
    TO_EXCLUDE: "Change To Exclude Mode",
    ALLOW: "Allow New Sources",
    BLOCK: "Block Old Sources",
}
"""RFC 3376 4.2.12."""

SUPPRESSION = {0: "Do not suppress router side processing", 1: "SUPPRESS router side processing"}

UNKNOWN, VERSION_1, VERSION_2, LONG, REPORTS = range(5)
"""Layouts: version 1, version 2, a query of version 3, a report of version 3."""


def layout(rows: HeaderRows) -> Integers:
    """How each message is laid out, by its type and length."""
    kind = rows.values("type", missing=-1)
    size = rows.limit - rows.start
    at = np.minimum(rows.start.astype(np.int64) + 1, len(rows.data) - 1)
    query = np.where(size >= LONG_QUERY, LONG, np.where(rows.data[at] == 0, VERSION_1, VERSION_2))
    return np.select(
        [kind == QUERY, kind == REPORT_1, np.isin(kind, (REPORT_2, LEAVE)), kind == REPORT_3],
        [query, VERSION_1, VERSION_2, REPORTS],
        UNKNOWN,
    ).astype(np.int64)


def is_layout(rows: HeaderRows, layouts: tuple[int, ...]) -> Integers:
    """1 for messages of one of these layouts."""
    return np.isin(rows.values("layout"), layouts).astype(np.int64)


def version(rows: HeaderRows) -> Sparse:
    """The protocol's version, where the layout tells."""
    found = rows.values("layout")
    chosen = np.flatnonzero(found != UNKNOWN)
    return Sparse(chosen, np.minimum(found[chosen], 3))


def response_time(rows: HeaderRows, chosen: Integers, code: Integers) -> Integers:
    """Tenths of a second; from 128 on version 3 writes mantissa and exponent (RFC 3376 4.1.1)."""
    floating = (rows.values("layout")[chosen] == LONG) & (code >= 128)
    value: Integers = np.where(floating, ((code & 15) | 16) << ((code >> 4 & 7) + 3), code)
    return value


def response_line(rows: HeaderRows) -> Text:
    """In seconds, and as it stands there."""
    tenths = rows.values("max_resp")
    return text.join(
        [
            text.literal("Max Resp Time: ", len(rows)),
            text.decimal(tenths // 10),
            text.literal(".", len(rows)),
            text.decimal(tenths % 10),
            text.literal(" sec (", len(rows)),
            text.hexadecimal(rows.values("second_octet"), 2),
            text.literal(")", len(rows)),
        ]
    )


def is_floating(rows: HeaderRows) -> Integers:
    """1 where the response time is written with mantissa and exponent."""
    at = np.minimum(rows.start.astype(np.int64) + 1, len(rows.data) - 1)
    values: Integers = ((rows.values("layout") == LONG) & (rows.data[at] >= 128)).astype(np.int64)
    return values


def sums(rows: HeaderRows) -> Integers:
    """Sum over each whole message, -1 where it is not whole."""
    whole = (rows.limit <= rows.captured_end) & ~rows.layer.quoted & rows.is_whole
    old = np.isin(rows.values("layout"), (VERSION_1, VERSION_2))
    end = np.where(old, rows.end, rows.limit)  # what follows an old message is not part of it
    return sums_to(rows, end, whole)


CHECKSUM = Checksum(sums)


def area(rows: HeaderRows, which: int, skip: int) -> tuple[Integers, Integers]:
    """Where the list of messages of one layout stands."""
    begin = rows.start.astype(np.int64) + skip
    return begin, np.where(rows.values("layout") == which, rows.limit, begin)


def record_line(rows: HeaderRows) -> Text:
    """The group and what is wanted of it."""
    return text.join(
        [
            text.literal("Group Record : ", len(rows)),
            rows.text("maddr"),
            text.literal("  ", len(rows)),
            text.named(rows.values("record_type"), RECORDS, otherwise=""),
        ]
    )


def auxiliary(rows: HeaderRows) -> Sparse:
    """Data behind the sources, which no version defines."""
    chosen = np.flatnonzero(rows.values("aux_data_len") > 0)
    size = rows.values("aux_data_len")[chosen] * 4
    return Sparse(chosen, Spans(rows.end[chosen].astype(np.int64) - size, size))


def source_list(rows: HeaderRows, family: str) -> Text:
    """The sources of each list: "{192.0.2.1, 192.0.2.2}"."""
    sources = rows.table.rows(f"{family}.address")
    listed = text.gather(sources.text("saddr"), sources.layer.position.astype(np.int64), len(rows), ", ")
    return text.join([text.literal("{", len(rows)), listed, text.literal("}", len(rows))])


def record_text(rows: HeaderRows) -> Text:
    """What a record asks for, in words."""
    count = len(rows)
    kind, sources = rows.values("record_type"), rows.values("num_src")
    some = np.minimum(sources, 2)
    include, exclude = np.isin(kind, (IS_INCLUDE, TO_INCLUDE)), np.isin(kind, (IS_EXCLUDE, TO_EXCLUDE))
    before = text.named(
        np.select([include & (some == 0), include | exclude], [0, 1], 2),
        {0: "Leave group ", 1: "Join group ", 2: "Group "},
    )
    case = np.select([include, exclude, kind == ALLOW, kind == BLOCK], [0, 3, 6, 9], 12) + some
    after = {
        0: "",
        1: " for source ",
        2: " for sources in ",
        3: " for any sources",
        4: ", for source not ",
        5: ", for sources not in ",
        6: ", ALLOW_NEW_SOURCES but no source specified (?)",
        7: ", new source ",
        8: ", new sources ",
        9: ", BLOCK_OLD_SOURCES but no source specified (?)",
        10: ", block source ",
        11: ", block sources ",
    }
    listed = text.where((some > 0) & (case < 12), source_list(rows, "igmp.record.source"))
    words = text.named(case, after, otherwise=", unknown record type (?)")
    return text.join([before, rows.text("maddr"), words, listed]) if count else before


def info(rows: HeaderRows) -> Text:
    """What is asked or reported."""
    count, found = len(rows), rows.values("layout")
    kind, group = rows.values("type"), rows.values("maddr")
    group_text = rows.text("maddr")
    known = {number: TYPES[number] for number in TYPES}
    names = text.named(kind, known, otherwise="")
    unknown = text.join([text.literal("Unknown Type:", count), text.hexadecimal(kind, 2)])
    named = text.choose(np.isin(kind, list(known)), names, unknown)
    between = np.select(
        [(kind == QUERY) & (found > VERSION_1) & (group == 0), (kind == QUERY) & (found > VERSION_1)],
        [1, 2],
        np.select([kind == REPORT_2, kind == LEAVE], [3, 4], 0),
    )
    words = {1: ", general", 2: ", specific for group ", 3: " group ", 4: " "}
    where = text.named(between, words, otherwise="")
    line = text.join([named, where, text.where(between > 1, group_text)])
    return text.where(rows.has("type"), text.join([line, _sources(rows), _reports(rows)]))


def _sources(rows: HeaderRows) -> Text:
    """The sources that a query of version 3 asks about."""
    listed = text.join([text.literal(", sources ", len(rows)), source_list(rows, "igmp.source")])
    return text.where(rows.values("num_src") > 0, listed)


def _reports(rows: HeaderRows) -> Text:
    """All records of a report."""
    records = rows.table.rows("igmp.record")
    pieces = text.join([text.literal(" / ", len(records)), record_text(records)])
    listed = text.gather(pieces, records.layer.position.astype(np.int64), len(rows), "")
    none = text.literal(" - General query", len(rows))
    empty = (rows.values("layout") == REPORTS) & (rows.values("num_grp_recs", missing=1) == 0)
    return text.join([listed, text.where(empty, none)])


def short(rows: HeaderRows) -> Text:
    """The name with the version."""
    return text.named(rows.values("version"), {1: "IGMPv1", 2: "IGMPv2", 3: "IGMPv3"}, otherwise="IGMP")


def _lesson(meaning: tuple[str, str], section: str, mistake: tuple[str, str] | None = None) -> Lesson:
    return Lesson(Words(*meaning), section, Words(*mistake) if mistake else None)


def only(name: str) -> tuple[tuple[str, int], ...]:
    """Only in messages that have this part."""
    return ((name, 1),)


def source(family: str) -> Protocol:
    """One source address of a list."""
    return Protocol(
        name=f"{family}.address",
        title="Source Address",
        reference="RFC 3376",
        prefix="igmp",
        path="-",
        body=True,
        follows=((family, 0),),
        fields=(Field("saddr", 32, "Source Address", Kind.IPV4),),
    )


def part(name: str, label: str, layouts: tuple[int, ...]) -> Computed:
    """Whether a message has a part."""
    return Computed(name, label, Kind.BOOLEAN, partial(is_layout, layouts=layouts), hidden=True)


PROTOCOL = Protocol(
    name="igmp",
    title="Internet Group Management Protocol",
    reference="RFC 3376, RFC 2236, RFC 1112",
    follows=(("ip.proto", 2),),
    short=short,
    path="igmp:igmp",
    info=info,
    carries=False,
    items=(
        Items("igmp.source", Shape.SIZED, count_by="num_src", area=partial(area, which=LONG, skip=12)),
        Items("igmp.record", Shape.SIZED, count_by="num_grp_recs", area=partial(area, which=REPORTS, skip=8)),
    ),
    fields=(
        Computed("layout", "Layout", Kind.UINT, layout, hidden=True),
        part("has_code", "Has a response time", (VERSION_2, LONG)),
        part("has_reserved", "Has a reserved byte", (VERSION_1, REPORTS)),
        part("is_known", "Is known", (VERSION_1, VERSION_2, LONG, REPORTS)),
        part("has_group", "Names a group", (VERSION_1, VERSION_2, LONG)),
        part("is_long", "Is a query of version 3", (LONG,)),
        part("is_report", "Is a report of version 3", (REPORTS,)),
        part("is_other", "Is not known", (UNKNOWN,)),
        Computed("is_floating", "Writes an exponent", Kind.BOOLEAN, is_floating, hidden=True),
        Computed("version", "IGMP Version", Kind.UINT, version, width=8),
        Field("type", 8, "Type", Kind.HEX, TYPES),
        Field("reserved", 8, "Reserved", Kind.BYTES, overlay=True, when=only("has_reserved")),
        Field(
            "max_resp",
            8,
            "Max Resp Time",
            overlay=True,
            when=only("has_code"),
            meaning=response_time,
            show=response_line,
            parts=(
                Field(
                    "max_resp.exp", 3, "Exponent", Kind.HEX, overlay=True, skip=1, when=only("is_floating")
                ),
                Field(
                    "max_resp.mant", 4, "Mantissa", Kind.HEX, overlay=True, skip=4, when=only("is_floating")
                ),
            ),
        ),
        Field("data", 0, "Data", Kind.BYTES, rest=True, overlay=True, when=only("is_other")),
        Field("second_octet", 8, "Second byte", Kind.HEX, hidden=True),
        Field(
            "checksum",
            16,
            "Checksum",
            Kind.HEX,
            overlay=True,
            when=only("is_known"),
            show=CHECKSUM.line,
            parts=(CHECKSUM.remark("bad_checksum", Severity.ERROR),),
        ),
        Field("second_word", 16, "Second word", Kind.HEX, hidden=True),
        CHECKSUM.status(),
        CHECKSUM.judgement("igmp"),
        Field("maddr", 32, "Multicast Address", Kind.IPV4, overlay=True, when=only("has_group")),
        Field("s", 1, "S", Kind.BOOLEAN, SUPPRESSION, overlay=True, skip=36, when=only("is_long")),
        Field("qrv", 3, "QRV", overlay=True, skip=37, when=only("is_long")),
        Field("qqic", 8, "QQIC", overlay=True, skip=40, when=only("is_long")),
        Field("num_src", 16, "Num Src", overlay=True, skip=48, when=only("is_long")),
        Field("reserved", 16, "Reserved", Kind.BYTES, overlay=True, when=only("is_report")),
        Field("num_grp_recs", 16, "Num Group Records", overlay=True, skip=16, when=only("is_report")),
        Field("third_word", 32, "Third word", Kind.HEX, hidden=True),
    ),
    lessons={
        "type": _lesson(
            ("Query, report or leave.", "查询、报告还是离开。"),
            "RFC 3376 4",
            (
                "IGMP runs between hosts and their router only; it is not how multicast data finds its way.",
                "IGMP 只在主机与本地路由器之间使用；组播数据怎样跨网转发由别的协议决定。",
            ),
        ),
        "max_resp": Lesson(
            Words(
                "How long a host may wait at random before it answers.", "主机回应前可随机等待的最长时间。"
            ),
            "RFC 3376 4.1.1",
            Words(
                "From 128 on, version 3 writes exponent and mantissa, not a plain number.",
                "第 3 版里，从 128 起它是“指数加尾数”，不再是普通整数。",
            ),
            Words("tenths of a second", "0.1 秒"),
        ),
        "maddr": _lesson(
            (
                "The group; 0.0.0.0 in a query that asks about all of them.",
                "组播组；查询全部组时为 0.0.0.0。",
            ),
            "RFC 3376 4.1.3",
        ),
        "qrv": _lesson(
            ("How many messages in a row may get lost without harm.", "连续丢多少个报文也不要紧。"),
            "RFC 3376 4.1.6",
        ),
        "qqic": _lesson(
            ("Seconds between the router's queries.", "路由器查询的间隔秒数。"), "RFC 3376 4.1.7"
        ),
    },
)

RECORD = Protocol(
    name="igmp.record",
    title="Group Record",
    reference="RFC 3376 4.2.4",
    prefix="igmp",
    path="-",
    follows=(("igmp.record", 0),),
    summary=record_line,
    header_length=Length((("num_src", 4), ("aux_data_len", 4)), bias=8),
    items=(Items("igmp.record.source", Shape.SIZED, count_by="num_src"),),
    fields=(
        Field("record_type", 8, "Record Type", names=RECORDS),
        Field("aux_data_len", 8, "Aux Data Len"),
        Field("num_src", 16, "Num Src"),
        Field("maddr", 32, "Multicast Address", Kind.IPV4),
        Group("", holds="igmp.record.source"),
        Computed("aux_data", "Aux Data", Kind.BYTES, auxiliary, bare=True),
    ),
)

PROTOCOLS = (RECORD, source("igmp.source"), source("igmp.record.source"))
