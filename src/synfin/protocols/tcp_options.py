"""TCP options (RFC 9293 3.2, RFC 2018, RFC 7323, …): one protocol each; MPTCP has a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict, Unpack

import numpy as np

from synfin.basics.sequence import distance
from synfin.dissect import text
from synfin.dissect.definition import (
    ANY,
    BROKEN,
    Computed,
    Fact,
    Field,
    Group,
    Items,
    Protocol,
    Shape,
)
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import Spans, Sparse
from synfin.protocols.tcp_lessons import OPTION_LESSONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Item, Line
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

FAMILY = "tcp.option"
PREFIX = "tcp.options"
KIND, LENGTH = "tcp.option_kind", "tcp.option_len"

KINDS = {
    0: "End of Option List",
    1: "No-Operation",
    2: "Maximum Segment Size",
    3: "Window Scale",
    4: "SACK Permitted",
    5: "SACK",
    6: "Echo",
    7: "Echo Reply",
    8: "Time Stamp Option",
    9: "Partial Order Connection Permitted",
    10: "Partial Order Service Profile",
    11: "CC",
    12: "CC.NEW",
    13: "CC.ECHO",
    14: "TCP Alternate Checksum Request",
    15: "TCP Alternate Checksum Data",
    16: "Skeeter",
    17: "Bubba",
    18: "Trailer Checksum Option",
    19: "MD5 Signature Option",
    20: "SCPS Capabilities",
    21: "Selective Negative Acknowledgements",
    22: "Record Boundaries",
    23: "Corruption experienced",
    24: "SNAP",
    25: "Unassigned",
    26: "TCP Compression Filter",
    27: "Quick-Start Response",
    28: "User Timeout Option",
    29: "The TCP Authentication Option",
    30: "Multipath TCP",
    34: "TCP Fast Open Cookie",
    76: "Riverbed Probe",
    78: "Riverbed Transparency",
    172: "Accurate ECN Order 0",
    174: "Accurate ECN Order 1",
    253: "RFC3692-style Experiment 1",
    254: "RFC3692-style Experiment 2",
}
"""What `tcp.option_kind` values are called."""

NAMES = {
    0: "End of Option List (EOL)",
    1: "No-Operation (NOP)",
    2: "Maximum segment size",
    3: "Window scale",
    4: "SACK permitted",
    5: "SACK",
    6: "Echo",
    7: "Echo reply",
    8: "Timestamps",
    11: "CC",
    12: "CC.NEW",
    13: "CC.ECHO",
    19: "TCP MD5 signature",
    20: "SCPS capabilities",
    21: "Selective Negative Acknowledgment",
    22: "SCPS record boundary",
    23: "SCPS corruption experienced",
    27: "Quick-Start",
    28: "User Timeout",
    29: "TCP AO",
    30: "MPTCP",
    34: "TCP Fast Open",
    76: "Riverbed Probe",
    78: "Riverbed Transparency",
    172: "Accurate ECN",
    174: "Accurate ECN",
    253: "Experimental",
    254: "Experimental",
}
"""What the line of a header's options calls each kind."""

NOTE = (Severity.NOTE, Topic.SEQUENCE)


class Rest(TypedDict, total=False):
    """What else may be said of an option; see `Protocol`."""

    summary: Line
    info: Line
    reference: Required[str]
    items: tuple[Items, ...]


def option(
    name: str,
    kinds: tuple[int, ...],
    fields: tuple[Item, ...] = (),
    *,
    length: tuple[Computed, ...] = (),
    remarks: tuple[Computed, ...] = (),
    **rest: Unpack[Rest],
) -> Protocol:
    """The definition of one option.

    Args:
        name: the layer's name below "tcp.options".
        kinds: its kinds.
        fields: what follows kind and length.
        length: what to say of lengths that it may not have.
        remarks: what may stand out about it as a whole.
        rest: where it is specified, its line in the tree, what it adds to the Info column, a list inside it.
    """
    head: tuple[Item, ...] = (Field(KIND, 8, "Kind", names=KINDS, absolute=True),)
    if not set(kinds) & {0, 1}:
        head += (Field(LENGTH, 8, "Length", absolute=True, parts=length),)
    return Protocol(
        name=f"{PREFIX}.{name}",
        title=f"TCP Option - {NAMES[kinds[0]]}",
        follows=tuple((FAMILY, kind) for kind in kinds),
        prefix=PREFIX,
        fields=remarks + head + fields,
        lessons=OPTION_LESSONS.get(name, {}),
        path="-",
        **rest,
    )


def wrong_length(wrong: Callable[[HeaderRows], Flags], message: str) -> Computed:
    """The remark that an option has a length it may not have; `{}` in the message is that length."""

    def where(rows: HeaderRows) -> Flags:
        return rows.has(LENGTH) & wrong(rows)

    if "{}" not in message:
        return remark("tcp.option.len.invalid", NOTE, message, where, absolute=True)
    before, after = message.split("{}")

    def line(rows: HeaderRows) -> Text:
        return said(rows, before, rows.values(LENGTH), after)

    return remark("tcp.option.len.invalid", NOTE, "Invalid length for option", where, line, absolute=True)


def only(length: int) -> tuple[Computed]:
    """The rule that an option has one length."""
    return (wrong_length(lambda rows: rows.values(LENGTH) != length, f"option length should be {length}"),)


def at_length(length: int) -> tuple[tuple[str, int], ...]:
    """For `Field.when`: there where the option has this length."""
    return ((LENGTH, length),)


def said(rows: HeaderRows, *pieces: str | Integers) -> Text:
    """Words and numbers one after the other, for every row."""
    count = len(rows)
    return text.join(
        [text.literal(piece, count) if isinstance(piece, str) else text.decimal(piece) for piece in pieces]
    )


def where_there(field: str, *pieces: str) -> Callable[[HeaderRows], Text]:
    """A line of words and `{field}`s, empty where the first field is absent."""

    def line(rows: HeaderRows) -> Text:
        filled = said(
            rows, *(rows.values(piece[1:-1]) if piece.startswith("{") else piece for piece in pieces)
        )
        return text.where(rows.has(field), filled)

    return line


def titled(title: str, field: str, *pieces: str) -> Callable[[HeaderRows], Text]:
    """An option's line: the title, and where it has the field, more."""
    more = where_there(field, *pieces)

    def line(rows: HeaderRows) -> Text:
        return text.join([text.literal(f"TCP Option - {title}", len(rows)), more(rows)])

    return line


def is_syn(rows: HeaderRows) -> Flags:
    """True where the segment around has SYN set; absent flags count as not set."""
    syn: Flags = rows.values("flags.syn") != 0
    return syn


MSS = option(
    "mss",
    (2,),
    (Field("mss_val", 16, "MSS Value", when=at_length(4)),),
    length=only(4),
    summary=titled("Maximum segment size", "mss_val", ": ", "{mss_val}", " bytes"),
    info=where_there("mss_val", " MSS=", "{mss_val}"),
    reference="RFC 9293 3.7.1",
    remarks=(
        remark(
            "mss.present",
            (Severity.WARNING, Topic.PROTOCOL),
            "The non-SYN packet does contain a MSS option",
            lambda rows: ~is_syn(rows),
        ),
    ),
)


MOST_SHIFT = 14


def _multiplier(rows: HeaderRows) -> Sparse:
    chosen = np.flatnonzero(rows.has("wscale.shift"))
    return Sparse(chosen, 1 << np.minimum(rows.values("wscale.shift")[chosen], MOST_SHIFT))


WINDOW_SCALE = option(
    "wscale",
    (3,),
    (
        Field(
            "wscale.shift",
            8,
            "Shift count",
            when=at_length(3),
            parts=(
                remark(
                    "wscale.shift.invalid",
                    (Severity.WARNING, Topic.PROTOCOL),
                    "Window scale shift exceeds 14",
                    lambda rows: rows.values("wscale.shift") > MOST_SHIFT,
                ),
            ),
        ),
        Computed("wscale.multiplier", "Multiplier", Kind.UINT, _multiplier, width=16),
    ),
    length=only(3),
    summary=titled(
        "Window scale", "wscale.shift", ": ", "{wscale.shift}", " (multiply by ", "{wscale.multiplier}", ")"
    ),
    info=where_there("wscale.shift", " WS=", "{wscale.multiplier}"),
    reference="RFC 7323 2.2",
)

SACK_PERMITTED = option("sack_perm", (4,), length=only(2), info=" SACK_PERM", reference="RFC 2018 2")

EDGE_BYTES = 8


def _sack_count(rows: HeaderRows) -> Integers:
    count: Integers = np.maximum(rows.end - rows.start - 2, 0).astype(np.int64) // EDGE_BYTES
    return count


def _malformed_sack(rows: HeaderRows) -> Flags:
    malformed: Flags = (rows.end - rows.start - 2) % EDGE_BYTES != 0
    return malformed


def _reports_duplicate(rows: HeaderRows) -> Flags:
    """True where the first block has arrived before: all acknowledged, or part of the second (RFC 2883 4)."""
    blocks = rows.table.rows("tcp.options.sack.block")
    left, right = blocks.values("sack.left_raw"), blocks.values("sack.right_raw")
    index, last = np.arange(len(rows)), max(len(blocks) - 1, 0)
    first = np.searchsorted(blocks.layer.position, index)
    count = np.searchsorted(blocks.layer.position, index, side="right") - first
    duplicate = np.zeros(len(rows), np.bool_)
    if len(blocks):
        one, two = np.minimum(first, last), np.minimum(first + 1, last)
        acknowledged = distance(right[one], rows.values("ack_raw")) >= 0
        inside = (distance(left[two], left[one]) >= 0) & (distance(right[one], right[two]) >= 0)
        duplicate = (count > 0) & (acknowledged | ((count > 1) & inside))
    return duplicate


def sack_edges(rows: HeaderRows, between: str, first: str, separator: str) -> Text:
    """The blocks of each SACK option, written as `first` left `between` right and joined by `separator`."""
    blocks = rows.table.rows("tcp.options.sack.block")
    written = said(blocks, first, edge(blocks, "left"), between, edge(blocks, "right"))
    written = text.where(blocks.is_whole, written)
    return text.gather(written, blocks.layer.position.astype(np.int64), len(rows), separator)


def edge(blocks: HeaderRows, side: str) -> Integers:
    """The relative edge where connections are followed, the raw one elsewhere."""
    relative = "sack_le" if side == "left" else "sack_re"
    return np.where(blocks.has(relative), blocks.values(relative), blocks.values(f"sack.{side}_raw"))


def _sack_summary(rows: HeaderRows) -> Text:
    return text.join([text.literal("TCP Option - SACK", len(rows)), sack_edges(rows, "-", " ", "")])


def _edge_line(words: str, name: str) -> Callable[[HeaderRows], Text]:
    return lambda rows: said(
        rows, words, rows.values(name), " (relative)" if rows.table.settings.relative else ""
    )


SACK = option(
    "sack",
    (5,),
    (
        Group("", holds="tcp.option.sack"),
        Group(
            "suboption would go past end of option",
            parts=(
                remark(
                    "tcp.suboption_malformed",
                    (Severity.ERROR, Topic.MALFORMED),
                    "suboption would go past end of option",
                    _malformed_sack,
                    absolute=True,
                ),
            ),
        ),
        Computed("sack.count", "TCP SACK Count", Kind.UINT, _sack_count, width=8),
        Fact(
            "sack.dsack_le",
            "TCP D-SACK Left Edge",
            Kind.UINT,
            show=_edge_line("D-SACK Left Edge = ", "sack.dsack_le"),
        ),
        Fact(
            "sack.dsack_re",
            "TCP D-SACK Right Edge",
            Kind.UINT,
            show=_edge_line("D-SACK Right Edge = ", "sack.dsack_re"),
        ),
        Group(
            "D-SACK Sequence",
            parts=(
                remark(
                    "sack.dsack", (Severity.WARNING, Topic.SEQUENCE), "D-SACK Sequence", _reports_duplicate
                ),
            ),
        ),
    ),
    summary=_sack_summary,
    info=lambda rows: sack_edges(rows, " SRE=", " SLE=", ""),
    reference="RFC 2018 3",
    items=(Items("tcp.option.sack", Shape.SIZED),),
)

SACK_BLOCK = Protocol(
    name="tcp.options.sack.block",
    title="SACK block",
    reference="RFC 2018 3",
    follows=(("tcp.option.sack", ANY),),
    prefix=PREFIX,
    body=True,
    fields=(
        Field("sack.left_raw", 32, "TCP SACK Left Edge (raw)", hidden=True),
        Fact(
            "sack_le", "TCP SACK Left Edge", Kind.UINT, bare=True, show=_edge_line("left edge = ", "sack_le")
        ),
        Field("sack.right_raw", 32, "TCP SACK Right Edge (raw)", hidden=True),
        Fact(
            "sack_re",
            "TCP SACK Right Edge",
            Kind.UINT,
            bare=True,
            show=_edge_line("right edge = ", "sack_re"),
        ),
    ),
    lessons=OPTION_LESSONS["sack.block"],
    path="-",
)

ECHO = option(
    "echo",
    (6, 7),
    (Field("echo_value", 32, "TCP Echo Option", when=at_length(6)),),
    length=only(6),
    summary=titled("Echo", "echo_value", ": ", "{echo_value}"),
    info=where_there("echo_value", " ECHO=", "{echo_value}"),
    reference="RFC 1072",
)

TIMESTAMPS = option(
    "timestamp",
    (8,),
    (
        Field("timestamp.tsval", 32, "Timestamp value", when=at_length(10)),
        Field("timestamp.tsecr", 32, "Timestamp echo reply", when=at_length(10)),
    ),
    length=only(10),
    summary=titled(
        "Timestamps", "timestamp.tsval", ": TSval ", "{timestamp.tsval}", ", TSecr ", "{timestamp.tsecr}"
    ),
    info=where_there("timestamp.tsval", " TSval=", "{timestamp.tsval}", " TSecr=", "{timestamp.tsecr}"),
    reference="RFC 7323 3.2",
)

CONNECTION_COUNT = option(
    "cc",
    (11, 12, 13),
    (Field("cc_value", 32, "TCP CC Option", when=at_length(6)),),
    length=only(6),
    info=where_there("cc_value", " CC=", "{cc_value}"),
    reference="RFC 1644",
)

MD5 = option(
    "md5",
    (19,),
    (Field("md5.digest", 128, "MD5 digest", Kind.BYTES, when=at_length(18)),),
    length=only(18),
    info=" MD5",
    reference="RFC 2385",
)


SCPS_CAPABILITIES = (
    ("bets", "BETS"),
    ("snack1", "SNACK1"),
    ("snack2", "SNACK2"),
    ("compress", "COMP"),
    ("nlts", "NLTS"),
)


def _scps_words(rows: HeaderRows) -> Text:
    """The names of the capabilities set, with commas."""

    def spelled(vector: int) -> str:
        names = [name for bit, (_, name) in enumerate(SCPS_CAPABILITIES) if vector & (0x80 >> bit)]
        return ", ".join(names + ["RESERVED"] * bool(vector & 0x07))

    return text.from_list([spelled(vector) for vector in range(256)]).take(rows.values("scps.vector"))


def _scps_vector(rows: HeaderRows) -> Text:
    words = _scps_words(rows)
    listed = text.join([text.literal(" (", len(rows)), words, text.literal(")", len(rows))])
    return text.join(
        [
            text.literal("TCP SCPS Capabilities Vector: ", len(rows)),
            text.hexadecimal(rows.values("scps.vector"), 2),
            text.where(rows.values("scps.vector") != 0, listed),
        ]
    )


def _scps_info(rows: HeaderRows) -> Text:
    listed = text.join([text.literal(" SCPS[", len(rows)), _scps_words(rows), text.literal("]", len(rows))])
    named = text.where(rows.values("scps.vector") != 0, listed)
    connection = said(rows, " Connection ID=", rows.values("scps.binding"))
    return text.where(rows.has("scps.binding"), text.join([named, connection]))


def _scps_summary(rows: HeaderRows) -> Text:
    short = text.literal("TCP Option - SCPS capabilities", len(rows))
    illegal = said(rows, "Illegal SCPS Extended Capabilities (", rows.values(LENGTH), " bytes)")
    return text.choose(rows.values(LENGTH) == SCPS_LENGTH, short, illegal)


SCPS_LENGTH = 4

SCPS = option(
    "scps",
    (20,),
    (
        Field(
            "scps.vector",
            8,
            "TCP SCPS Capabilities Vector",
            Kind.HEX,
            when=at_length(SCPS_LENGTH),
            show=_scps_vector,
            parts=(
                Field("scpsflags.bets", 1, "Partial Reliability Capable (BETS)", Kind.BOOLEAN),
                Field("scpsflags.snack1", 1, "Short Form SNACK Capable (SNACK1)", Kind.BOOLEAN),
                Field("scpsflags.snack2", 1, "Long Form SNACK Capable (SNACK2)", Kind.BOOLEAN),
                Field("scpsflags.compress", 1, "Lossless Header Compression (COMP)", Kind.BOOLEAN),
                Field("scpsflags.nlts", 1, "Network Layer Timestamp (NLTS)", Kind.BOOLEAN),
                Field("scpsflags.reserved", 3, "Reserved"),
            ),
        ),
        Field("scps.binding", 8, "Connection ID", when=at_length(SCPS_LENGTH)),
    ),
    summary=_scps_summary,
    info=_scps_info,
    reference="CCSDS 714.0-B-2",
)

SNACK = option(
    "snack",
    (21,),
    (
        Field("snack.offset", 16, "TCP SNACK Offset", when=at_length(6)),
        Field("snack.size", 16, "TCP SNACK Size", when=at_length(6)),
    ),
    length=only(6),
    reference="CCSDS 714.0-B-2",
)

RECORD_BOUNDARY = option("scpsrec", (22,), length=only(2), reference="CCSDS 714.0-B-2")
CORRUPTION = option("scpscor", (23,), length=only(2), reference="CCSDS 714.0-B-2")

KILOBITS = 80_000
RATES = {0: "0 bit/s", 1: "80 Kbit/s", 2: "160 Kbit/s", 3: "320 Kbit/s", 4: "640 Kbit/s"} | {
    step: f"{KILOBITS * 2 ** (step - 1) / 1e6:g} Mbit/s" if step < 15 else "1.31072 Gbit/s"
    for step in range(5, 16)
}


def _rate_info(rows: HeaderRows) -> Text:
    rate = text.named(rows.values("qs.rate"), RATES)
    return text.where(rows.has("qs.rate"), text.join([text.literal(" QSresp=", len(rows)), rate]))


QUICK_START = option(
    "qs",
    (27,),
    (
        Field("qs.rate", 4, "QS Rate", names=RATES, when=at_length(8), overlay=True, skip=4),
        Field("qs.function_and_rate", 8, "Function and rate", hidden=True, when=at_length(8)),
        Field("qs.ttl_diff", 8, "QS Rate", when=at_length(8)),
    ),
    length=only(8),
    info=_rate_info,
    reference="RFC 4782",
)

USER_TIMEOUT = option(
    "user_to",
    (28,),
    (
        Field(
            "user_to_granularity",
            1,
            "Granularity",
            Kind.BOOLEAN,
            {0: "Seconds", 1: "Minutes"},
            container=16,
            when=at_length(4),
            overlay=True,
        ),
        Field("user_to_val", 15, "User Timeout", container=16, when=at_length(4), overlay=True, skip=1),
        Field("user_to_word", 16, "Granularity and timeout", hidden=True, when=at_length(4)),
    ),
    length=only(4),
    info=where_there("user_to_val", " USER_TO=", "{user_to_val}"),
    reference="RFC 5482",
)

AUTHENTICATION = option(
    "ao",
    (29,),
    (
        Field("ao.keyid", 8, "AO KeyID", optional=True),
        Field("ao.rnextkeyid", 8, "AO RNextKeyID", optional=True),
        Field("ao.mac", 0, "AO MAC", Kind.BYTES, rest=True),
    ),
    length=(wrong_length(lambda rows: rows.values(LENGTH) < 4, "option length should be >= than 4"),),
    info="TCP AO",
    reference="RFC 5925",
)


COOKIE_MARK = remark(
    "tcp.analysis.tfo_syn",
    NOTE,
    "TCP SYN with TFO Cookie",
    lambda rows: rows.has("tfo.cookie") & is_syn(rows) & (rows.values("flags.ack") == 0),
    absolute=True,
)


def _no_cookie(rows: HeaderRows) -> Sparse:
    """A request is an option without a cookie."""
    return Sparse(np.flatnonzero(rows.is_whole & ~rows.has("tfo.cookie") & _asks(rows)), None)


FAST_OPEN_EXPERIMENT = 0xF989


def _asks(rows: HeaderRows) -> Flags:
    if not rows.layer.protocol.names("experimental.exid"):
        return np.ones(len(rows), np.bool_)
    asks: Flags = rows.values("experimental.exid") == FAST_OPEN_EXPERIMENT
    return asks


def _fast_open_info(rows: HeaderRows) -> Text:
    asked = text.where(rows.has("tfo.request"), text.literal(" TFO=R", len(rows)))
    return text.join([asked, text.where(rows.has("tfo.cookie"), text.literal(" TFO=C", len(rows)))])


FAST_OPEN = option(
    "tfo",
    (34,),
    (
        Computed("tfo.request", "Fast Open Cookie Request", Kind.NONE, _no_cookie, bare=True),
        Field("tfo.cookie", 0, "Fast Open Cookie", Kind.BYTES, rest=True, parts=(COOKIE_MARK,)),
    ),
    info=_fast_open_info,
    reference="RFC 7413 4.1.1",
)

EXPERIMENTS = {
    0x00AC: "TCP ACK Rate Request",
    0x0348: "Host ID",
    0x0A0D: "Autonomous System Compensation",
    0x0CA0: "Capability Option",
    0x0ED0: "Extended Data Offset",
    0x454E: "Encryption Negotiation",
    0x5323: "Service Number",
    0x75EC: "Timestamp Interval",
    0xACC0: "Accurate ECN - Order 0",
    0xACC1: "Accurate ECN - Order 1",
    0xACCE: "Accurate ECN",
    0xE2D4: "Shared Memory communications over RMDA protocol",
    0xF989: "Fast Open",
    0xF990: "Low Latency",
}
ACK_RATE = 0x00AC
RATED = (("experimental.exid", ACK_RATE),)
COUNTERS = {0xACC0: 0, 0xACC1: 1}
"""Experiments that carry the Accurate ECN counters, and in which order."""
EXPERIMENT_HEAD = 4
EXPERIMENT_ORDER_1 = 0xACC1
EXPERIMENT_COUNTER_LENGTHS = (4, 7, 10, 13)
COUNTER_LENGTHS = (2, 5, 8, 11)

ORDERS = (("ee0b", "eceb", "ee1b"), ("ee1b", "eceb", "ee0b"))
CODEPOINTS = {"ee0b": "ECT(0)", "eceb": "CE", "ee1b": "ECT(1)"}


def counters(when: tuple[tuple[str, int], ...], order: tuple[str, ...], head: int) -> tuple[Field, ...]:
    """The byte counters of Accurate ECN, as many as the option's length tells.

    Args:
        when: the condition for this order.
        order: the counters' names.
        head: bytes of the option before them.
    """
    return tuple(
        Field(
            f"acc_ecn.{name}",
            24,
            f"Accurate ECN Echo {CODEPOINTS[name]} Byte Counter",
            when=when + at_length(head + 3 * count),
        )
        for count in (1, 2, 3)
        for name in order[:count]
    )


def counted(rows: HeaderRows, order: Integers, words: tuple[str, str, str]) -> Text:
    """The counters that there are; `words` come before the first, between them, and before each number."""
    begin, between, equals = words
    pieces = []
    for place in range(3):
        name = text.from_list([ORDERS[0][place].upper(), ORDERS[1][place].upper()]).take(order)
        value = np.where(
            order == 0, rows.values(f"acc_ecn.{ORDERS[0][place]}"), rows.values(f"acc_ecn.{ORDERS[1][place]}")
        )
        there = np.where(
            order == 0, rows.has(f"acc_ecn.{ORDERS[0][place]}"), rows.has(f"acc_ecn.{ORDERS[1][place]}")
        )
        piece = text.join(
            [text.literal(between if place else begin, len(rows)), name, said(rows, equals, value)]
        )
        pieces.append(text.where(there, piece))
    return text.join(pieces)


def ordered(rows: HeaderRows, order: Integers) -> Text:
    """What the tree says of the counters: "Accurate ECN (Order 0): EE0B 1, ECEB 2, EE1B 3"."""
    any_there = rows.has("acc_ecn.ee0b") | rows.has("acc_ecn.ee1b")
    head = text.join([said(rows, " (Order ", order, "): "), counted(rows, order, ("", ", ", " "))])
    return text.join([text.literal("Accurate ECN", len(rows)), text.where(any_there, head)])


def counter_info(rows: HeaderRows, order: Integers, bare: int) -> Text:
    """What the packet list says of the counters; `bare` is the length of an option without any."""
    without = text.where(rows.values(LENGTH) == bare, text.literal(" AccECN", len(rows)))
    return text.join([without, counted(rows, order, (" ", " ", "="))])


def _experiment(rows: HeaderRows) -> Text:
    names = {exid: f": {name}" for exid, name in EXPERIMENTS.items()}
    called = text.where(
        rows.has("experimental.exid"), text.named(rows.values("experimental.exid"), names, ": Unknown")
    )
    rate = said(rows, " ", rows.values("tarr.rate"))
    exid = rows.values("experimental.exid")
    counting = np.isin(exid, list(COUNTERS)) & np.isin(rows.values(LENGTH), EXPERIMENT_COUNTER_LENGTHS)
    count = text.join(
        [text.literal(": ", len(rows)), ordered(rows, (exid == EXPERIMENT_ORDER_1).astype(np.int64))]
    )
    rated = text.where(rows.has("tarr.rate"), rate)
    return text.join(
        [text.literal("TCP Option - Experimental", len(rows)), called, rated, text.where(counting, count)]
    )


def _experiment_info(rows: HeaderRows) -> Text:
    exid = rows.values("experimental.exid", missing=-1)
    digits = text.from_list([f" ExID={value:04X}" for value in np.unique(exid).tolist()])
    plain = digits.take(np.searchsorted(np.unique(exid), exid))
    rated = rows.has("tarr.rate")
    rate = text.join(
        [text.literal(" TARR", len(rows)), text.where(rated, said(rows, "=", rows.values("tarr.rate")))]
    )
    known = np.isin(exid, [-1, ACK_RATE, FAST_OPEN_EXPERIMENT, *COUNTERS])
    counts = counter_info(rows, (exid == EXPERIMENT_ORDER_1).astype(np.int64), EXPERIMENT_HEAD)
    return text.join(
        [
            text.where(~known, plain),
            text.where(exid == ACK_RATE, rate),
            text.where(exid == FAST_OPEN_EXPERIMENT, _fast_open_info(rows)),
            text.where(np.isin(exid, list(COUNTERS)), counts),
        ]
    )


def _miscounted(rows: HeaderRows) -> Flags:
    counting = np.isin(rows.values("experimental.exid"), list(COUNTERS))
    return counting & ~np.isin(rows.values(LENGTH), EXPERIMENT_COUNTER_LENGTHS)


def _experiment_data(rows: HeaderRows) -> Sparse:
    """What follows an identifier whose experiment this file does not know."""
    exid = rows.values("experimental.exid", missing=-1)
    begin = rows.start.astype(np.int64) + EXPERIMENT_HEAD
    length = np.minimum(rows.end, rows.captured_end) - begin
    known = np.isin(exid, [-1, ACK_RATE, FAST_OPEN_EXPERIMENT, *COUNTERS])
    chosen = np.flatnonzero(~known & (length > 0))
    return Sparse(chosen, Spans(begin[chosen], length[chosen]))


EXPERIMENTAL = option(
    "experimental",
    (253, 254),
    (
        Field("experimental.exid", 16, "Experiment Identifier", Kind.HEX, EXPERIMENTS, optional=True),
        Computed("tfo.request", "Fast Open Cookie Request", Kind.NONE, _no_cookie, bare=True),
        Field(
            "tfo.cookie",
            0,
            "Fast Open Cookie",
            Kind.BYTES,
            rest=True,
            overlay=True,
            when=(("experimental.exid", FAST_OPEN_EXPERIMENT),),
            parts=(COOKIE_MARK,),
        ),
        Field("tarr.rate", 7, "TARR Rate", overlay=True, optional=True, when=RATED),
        Field("tar.reserved", 1, "TARR Reserved", overlay=True, skip=7, optional=True, when=RATED),
        *counters((("experimental.exid", 0xACC0),), ORDERS[0], EXPERIMENT_HEAD),
        *counters((("experimental.exid", 0xACC1),), ORDERS[1], EXPERIMENT_HEAD),
        Computed("experimental.data", "Data", Kind.BYTES, _experiment_data, bare=True),
    ),
    length=(
        wrong_length(lambda rows: rows.values(LENGTH) < EXPERIMENT_HEAD, "option length {} smaller than 4"),
        wrong_length(_miscounted, "option length should be 4, 7, 10, or 13 instead of {}"),
    ),
    summary=_experiment,
    info=_experiment_info,
    reference="RFC 6994",
)


def _kind_order(rows: HeaderRows) -> Integers:
    order: Integers = (rows.values(KIND) == ORDER_1_KIND).astype(np.int64)
    return order


def _accurate_ecn(rows: HeaderRows) -> Text:
    return text.join([text.literal("TCP Option - ", len(rows)), ordered(rows, _kind_order(rows))])


ORDER_0_KIND, ORDER_1_KIND = 172, 174

ACCURATE_ECN = option(
    "acc_ecn",
    (ORDER_0_KIND, ORDER_1_KIND),
    (
        *counters(((KIND, ORDER_0_KIND),), ORDERS[0], 2),
        *counters(((KIND, ORDER_1_KIND),), ORDERS[1], 2),
    ),
    length=(
        wrong_length(
            lambda rows: ~np.isin(rows.values(LENGTH), COUNTER_LENGTHS),
            "option length should be 2, 5, 8, or 11 instead of {}",
        ),
    ),
    summary=_accurate_ecn,
    info=lambda rows: counter_info(rows, _kind_order(rows), 2),
    reference="draft-ietf-tcpm-accurate-ecn",
)

UNKNOWN = Protocol(
    name="tcp.options.unknown",
    title="TCP Option - Unknown",
    reference="RFC 9293 3.2",
    follows=((FAMILY, ANY),),
    prefix=PREFIX,
    fields=(
        Field(KIND, 8, "Kind", names=KINDS, absolute=True),
        Field(LENGTH, 8, "Length", absolute=True),
        Field("unknown.payload", 0, "Payload", Kind.BYTES, rest=True),
    ),
    path="-",
)


def name_of(kinds: Integers) -> Text:
    """What a header's line of options calls each kind."""
    return text.from_list([NAMES.get(kind, f"Unknown (0x{kind:02x})") for kind in range(256)]).take(kinds)


TOO_SHORT = 2


def _broken(rows: HeaderRows) -> Text:
    count = len(rows)
    length = rows.values("broken.len")
    units = text.from_list([" bytes", " byte"]).take((length == 1).astype(np.int64))
    short = text.join(
        [said(rows, " (with too-short option length = ", length), units, text.literal(")", count)]
    )
    past = text.join(
        [
            said(rows, " (option length = ", length),
            units,
            text.literal(" says option goes past end of options)", count),
        ]
    )
    why = text.choose(length < TOO_SHORT, short, past)
    why = text.choose(rows.has("broken.len"), why, text.literal(" (length byte past end of options)", count))
    why = text.choose(_is_cut(rows), text.literal(" (cut by the capture)", count), why)
    return text.join([name_of(rows.values("broken.kind")), why])


def _is_cut(rows: HeaderRows) -> Flags:
    """True where the capture kept too little of the header to know."""
    around = rows.outer
    cut: Flags = (around.captured_end < around.limit)[rows.layer.position]
    return cut


BROKEN_OPTION = Protocol(
    name="tcp.options.broken",
    title="TCP option whose length cannot be true",
    reference="RFC 9293 3.2",
    follows=((FAMILY, BROKEN),),
    prefix=PREFIX,
    body=True,
    fields=(
        Field("broken.kind", 8, "Kind", names=KINDS, hidden=True),
        Field("broken.len", 8, "Length", optional=True, hidden=True),
        Group(
            "",
            show=_broken,
            parts=(
                remark(
                    "tcp.option.len.invalid",
                    NOTE,
                    "Invalid length for option",
                    lambda rows: ~_is_cut(rows),
                    _broken,
                    absolute=True,
                ),
            ),
        ),
    ),
    path="-",
)


def padded_with_something(rows: HeaderRows) -> Flags:
    """True for TCP headers whose list of options has an end, and bytes other than 0 after it."""
    ends = rows.table.layer("tcp.options.eol")
    found = np.zeros(len(rows), np.bool_)
    last = np.append(np.diff(ends.position) != 0, True)[: len(ends)]
    header = ends.position[last]
    found[header] = ends.end[last] < np.minimum(rows.end, rows.captured_end)[header]
    return found


NOPS_IN_A_ROW = 4
WORD = 4


def rows_of_nops(rows: HeaderRows) -> Flags:
    """True for TCP headers with four No-Operations since the last one that begins a 32-bit word.

    That is how Wireshark counts, so that its marks are ours; other options between them do not matter.
    """
    nops = rows.table.layer("tcp.options.nop")
    found = np.zeros(len(rows), np.bool_)
    if not len(nops):
        return found
    index = np.arange(len(nops))
    begins = (nops.start - rows.start[nops.position]) % WORD == 0
    begins[0] = True
    begins[1:] |= np.diff(nops.position) != 0
    since = index - np.maximum.accumulate(np.where(begins, index, 0))
    found[nops.position[since == NOPS_IN_A_ROW - 1]] = True
    return found


PROTOCOLS = (
    option("eol", (0,), reference="RFC 9293 3.2"),
    option("nop", (1,), reference="RFC 9293 3.2"),
    MSS,
    WINDOW_SCALE,
    SACK_PERMITTED,
    SACK,
    SACK_BLOCK,
    ECHO,
    TIMESTAMPS,
    CONNECTION_COUNT,
    MD5,
    SCPS,
    SNACK,
    RECORD_BOUNDARY,
    CORRUPTION,
    QUICK_START,
    USER_TIMEOUT,
    AUTHENTICATION,
    FAST_OPEN,
    ACCURATE_ECN,
    EXPERIMENTAL,
    UNKNOWN,
    BROKEN_OPTION,
)
