"""TCP, RFC 9293: a reliable stream of bytes each way, counted by sequence numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.checksum import GOOD
from synfin.dissect.definition import Computed, Fact, Field, Group, Items, Length, Next, Protocol
from synfin.dissect.expert import Severity, Topic, follow_up, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import Spans, Sparse
from synfin.dissect.template import fill
from synfin.protocols import riverbed, tcp_options
from synfin.protocols.tcp_lessons import LESSONS, RESET_LESSONS
from synfin.protocols.tcp_options import name_of, padded_with_something, rows_of_nops, said
from synfin.protocols.transport import (
    STATUS,
    Carrier,
    Verdict,
    Verification,
    byte_count,
    has_fragments,
    payload,
    value_or,
    verdict_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

TCP = 6
"""Its number among the IP protocols."""

SHORTEST_HEADER = 20
SHORT_SEGMENT = (
    "Short segment. Segment/fragment does not contain a full TCP header (might be NMAP or someone else "
    "deliberately sending unusual packets)"
)

CHAT = (Severity.CHAT, Topic.SEQUENCE)
NOTE = (Severity.NOTE, Topic.SEQUENCE)
WARNING = (Severity.WARNING, Topic.SEQUENCE)
PROTOCOL_NOTE = (Severity.NOTE, Topic.PROTOCOL)

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << place for place in range(9))
RESERVED = 0xE00
FLAG_NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE")
FLAG_LETTERS = "RRRACEUAPRSF"
ECN_FLAGS = AE | CWR | ECE

COMPLETENESS = {
    1: "Incomplete, SYN_SENT",
    3: "Incomplete, CLIENT_ESTABLISHED",
    7: "Incomplete, ESTABLISHED",
    15: "Incomplete, DATA",
} | {
    established | close: f"Complete, {data}"
    for established, data in ((15, "WITH_DATA"), (7, "NO_DATA"))
    for close in (16, 32, 48)
}
"""What combinations of the six bits of `tcp.completeness` are called; all others are incomplete."""


def _length(rows: HeaderRows) -> Sparse:
    """Bytes of payload on the wire; unknown in fragments and in copies of other packets."""
    if rows.layer.whole and not has_fragments(rows.table):  # nearly always, and many times faster
        chosen = np.flatnonzero(~rows.layer.quoted)
        return Sparse(chosen, (rows.limit.astype(np.int64) - rows.end)[chosen])
    header = rows.values("hdr_len", missing=-1)
    limit = rows.limit.astype(np.int64)
    lies = (header >= 0) & (header < SHORTEST_HEADER)
    if bool(lies.any()):  # the walk believes nothing after the lie, but the payload's end is known
        around = rows.previous_header()
        limit = np.where(lies & (around >= 0), rows.table.found[4, around], limit)
    length = limit - rows.start - header
    known = (header >= 0) & (length >= 0) & ~rows.layer.quoted & ~Carrier(rows).fragmented
    chosen = np.flatnonzero(known)
    return Sparse(chosen, length[chosen])


def _spelled(values: Integers, spell: Callable[[int], str]) -> Text:
    """A text for each value, made once for each distinct one."""
    distinct, place = np.unique(values, return_inverse=True)
    return text.from_list([spell(int(value)) for value in distinct]).take(place)


NO_ACE = -1


def _flags_with_ace(rows: HeaderRows) -> Integers:
    """The flags, with the ACE counter above them where Accurate ECN is in use: 12 bits, then 4."""
    ace = rows.values("flags.ace", missing=NO_ACE)
    return rows.values("flags") | np.where(ace >= 0, (ace | 8) << 12, 0)


def flag_words(flags: int) -> str:
    """The names of the flags set, with commas: "SYN, ACK"; bits 12 to 15 are 8 + ACE if it is in use."""
    counted = flags >> 12
    names = [
        name
        for place, name in enumerate(FLAG_NAMES)
        if flags >> place & 1 and not (counted and ECN_FLAGS >> place & 1)
    ]
    if counted:
        names.append(f"ACE={counted & 7}")
    if flags & RESERVED:
        names.append("Reserved")
    return ", ".join(names) or "<None>"


def flag_letters(flags: int) -> str:
    """Twelve characters, a letter for each flag set; `flags` as for `flag_words`."""
    letters = "".join(letter if flags >> 11 - place & 1 else "·" for place, letter in enumerate(FLAG_LETTERS))
    return f"{letters[:3]}-{flags >> 12 & 7}-{letters[6:]}" if flags >> 12 else letters


def _flags_line(rows: HeaderRows) -> Text:
    flags = rows.values("flags")
    words = _spelled(
        _flags_with_ace(rows), lambda value: f"Flags: 0x{value & 0xFFF:03x} ({flag_words(value)})"
    )
    return text.where(flags >= 0, words)


def _ace(rows: HeaderRows) -> Text:
    counts = np.maximum(rows.values("flags.ace"), 0)
    drawn = [f"...{count >> 2} {count >> 1 & 1}{count & 1}.. .... = ACE: {count}" for count in range(8)]
    return text.from_list(drawn).take(counts)


def _flag_string(rows: HeaderRows) -> Sparse:
    chosen = np.flatnonzero(rows.has("flags"))
    return Sparse(chosen, _spelled(_flags_with_ace(rows)[chosen], flag_letters))


def _flag(name: str, label: str, *parts: Item, bits: int = 1) -> Field:
    return Field(f"flags.{name}", bits, label, Kind.BOOLEAN, container=12, parts=parts)


def _has_flags(must: int, must_not: int = 0) -> Callable[[HeaderRows], Flags]:
    return lambda rows: (rows.values("flags") & (must | must_not)) == must


def _opening(words: str, port: str) -> Callable[[HeaderRows], Text]:
    return lambda rows: said(rows, f"{words}: server port ", rows.values(port))


def _ack_without_flag(rows: HeaderRows) -> Flags:
    without: Flags = ((rows.values("flags", missing=ACK) & ACK) == 0) & (rows.values("ack_raw") != 0)
    return without


def _is_short(rows: HeaderRows) -> Flags:
    """True where the header ends beyond what carries it."""
    beyond = rows.start + rows.values("hdr_len", missing=0) > rows.limit
    beyond &= rows.has("urgent_pointer")
    return beyond & ~rows.layer.quoted & ~Carrier(rows).fragmented


def _is_bogus(rows: HeaderRows) -> Flags:
    return rows.values("hdr_len", missing=SHORTEST_HEADER) < SHORTEST_HEADER


def _bogus(rows: HeaderRows, word: str = "Bogus") -> Text:
    return said(rows, f"{word} TCP header length (", rows.values("hdr_len"), ", must be at least 20)")


def _header_length(rows: HeaderRows) -> Text:
    length = rows.values("hdr_len")
    return said(rows, "Header Length: ", length, " bytes (", length // 4, ")")


def _relative(rows: HeaderRows, words: str) -> str:
    return f"    (relative {words} number)" if rows.table.settings.relative else ""


def _sequence(label: str, name: str) -> Callable[[HeaderRows], Text]:
    def line(rows: HeaderRows) -> Text:
        note = text.where(~rows.layer.quoted, text.literal(_relative(rows, "sequence"), len(rows)))
        return text.join([said(rows, f"{label}: ", rows.values(name)), note])

    return line


def _acknowledgment(rows: HeaderRows) -> Text:
    note = text.literal(_relative(rows, "ack"), len(rows))
    note = text.where((rows.values("flags") & ACK) != 0, note)
    return text.join([said(rows, "Acknowledgment Number: ", rows.values("ack")), note])


def _completeness(rows: HeaderRows) -> Text:
    value = rows.values("completeness")
    return text.join([text.named(value, COMPLETENESS, "Incomplete"), said(rows, " (", value, ")")])


UNKNOWN_SCALE, NO_SCALING = -1, -2


def _scale(rows: HeaderRows) -> Text:
    factor = rows.values("window_size_scalefactor")
    notes = {UNKNOWN_SCALE: " (unknown)", NO_SCALING: " (no window scaling used)"}
    return text.join([said(rows, "Window size scaling factor: ", factor), text.named(factor, notes, "")])


def _verification(rows: HeaderRows) -> Verification:
    return Verification(rows, TCP, rows.limit.astype(np.int64))


def _status(rows: HeaderRows) -> Sparse:
    chosen = np.flatnonzero(rows.has("checksum"))
    if not rows.table.settings.check_tcp:
        return Sparse(chosen, np.full(len(chosen), int(Verdict.UNVERIFIED), np.int64))
    verdict = _verification(rows).verdict[chosen]
    return Sparse(chosen, np.where(verdict == Verdict.OFFLOADED, Verdict.BAD, verdict))


def _calculated(rows: HeaderRows) -> Sparse:
    if not rows.table.settings.check_tcp:
        return Sparse(np.empty(0, np.int64), np.empty(0, np.int64))
    expected = _verification(rows).expected
    chosen = np.flatnonzero(expected >= 0)
    return Sparse(chosen, expected[chosen])


def _checksum_line(rows: HeaderRows) -> Text:
    count = len(rows)
    status = rows.values("checksum.status", missing=int(Verdict.UNVERIFIED))
    should = text.join(
        [
            text.literal(" incorrect, should be ", count),
            text.hexadecimal(rows.values("checksum_calculated"), 4),
            text.literal('(maybe caused by "TCP checksum offload"?)', count),
        ]
    )
    remarks = text.named(
        status, {int(Verdict.GOOD): " [correct]", int(Verdict.UNVERIFIED): " [unverified]"}, ""
    )
    stated = text.join([text.literal("Checksum: ", count), text.hexadecimal(rows.values("checksum"), 4)])
    return text.join([stated, remarks, text.where(status == Verdict.BAD, should)])


def _bad_checksum(rows: HeaderRows) -> Text:
    expected = text.hexadecimal(rows.values("checksum_calculated"), 4)
    count = len(rows)
    return text.join([text.literal("Bad checksum [should be ", count), expected, text.literal("]", count)])


def _is_all_ones(rows: HeaderRows) -> Flags:
    """True where a checksum is right but for writing 0 as 0xffff, which RFC 1624 does away with."""
    right: Flags = rows.values("checksum.status", missing=int(Verdict.UNVERIFIED)) == Verdict.GOOD
    right &= rows.values("checksum") == GOOD
    return right


def _verdict(rows: HeaderRows) -> Sparse:
    chosen = np.flatnonzero(rows.has("checksum"))
    return Sparse(chosen, verdict_text(_verification(rows).verdict[chosen]))


def _options_line(rows: HeaderRows) -> Text:
    """The bytes, and the names of the options in their order."""
    length = np.minimum(rows.end, rows.captured_end) - rows.start - SHORTEST_HEADER
    head = text.join([text.literal("Options: (", len(rows)), byte_count(np.maximum(length, 0))])
    kinds, positions, starts = [], [], []
    for protocol in _members():
        if protocol.name != tcp_options.BROKEN_OPTION.name:
            options = rows.table.rows(protocol.name)
            kinds.append(options.values(tcp_options.KIND))
            positions.append(options.layer.position.astype(np.int64))
            starts.append(options.start)
    position, kind = np.concatenate(positions), np.concatenate(kinds)
    order = np.lexsort((np.concatenate(starts), position))
    names = text.join([text.literal(", ", len(kind)), name_of(kind[order])])
    listed = text.gather(names, position[order], len(rows), "")
    return text.join([head, text.literal(")", len(rows)), listed])


def _members() -> tuple[Protocol, ...]:
    """The options, of which every kind belongs to one."""
    from synfin.protocols import mptcp

    every = (*tcp_options.PROTOCOLS, *riverbed.PROTOCOLS, mptcp.PROTOCOL)
    return tuple(one for one in every if any(family == tcp_options.FAMILY for family, _ in one.follows))


def _without_mss(rows: HeaderRows) -> Flags:
    """True for SYN segments whose options are all readable, with none for the segment size among them."""
    without: Flags = (
        (rows.values("flags") & SYN != 0) & (rows.end - rows.start > SHORTEST_HEADER) & rows.is_whole
    )
    for name in (tcp_options.MSS.name, tcp_options.BROKEN_OPTION.name):
        without[rows.table.layer(name).position] = False
    return without


def _payload(rows: HeaderRows) -> Sparse:
    chosen, spans = payload(rows)
    kept = (rows.values("flags")[chosen] & RST) == 0
    return Sparse(chosen[kept], Spans(spans.start[kept], spans.length[kept]))


def _reset_cause(rows: HeaderRows) -> Sparse:
    """What a reset carries, up to its first byte 0."""
    chosen, spans = payload(rows)
    zeros = (
        np.append(np.flatnonzero(rows.data == 0), len(rows.data)) if len(chosen) else np.zeros(1, np.int64)
    )
    length = np.minimum(spans.length, zeros[np.searchsorted(zeros, spans.start)] - spans.start)
    return Sparse(chosen, Spans(spans.start, length))


def _payload_line(rows: HeaderRows) -> Text:
    there = byte_count(np.maximum(rows.limit.astype(np.int64) - rows.end, 0))
    return text.join([text.literal("TCP payload (", len(rows)), there, text.literal(")", len(rows))])


def _segment_line(rows: HeaderRows) -> Text:
    there = byte_count(np.maximum(rows.limit.astype(np.int64) - rows.end, 0))
    return text.join([text.literal("TCP segment data (", len(rows)), there, text.literal(")", len(rows))])


def _summary(rows: HeaderRows) -> Text:
    """The line of the whole header: ports, and as much of the numbers as is known."""
    count = len(rows)
    whole = rows.has("window_size_value") | (_is_bogus(rows) & rows.has("seq_raw"))
    numbers = said(rows, ", Seq: ", value_or(rows, "seq", "seq_raw"))
    acknowledges = whole & ((rows.values("flags") & ACK) != 0)
    acknowledged = said(rows, ", Ack: ", value_or(rows, "ack", "ack_raw"))
    length = text.where(whole & rows.has("len") & ~_is_bogus(rows), said(rows, ", Len: ", rows.values("len")))
    ports = fill(rows, "Transmission Control Protocol, Src Port: {srcport}, Dst Port: {dstport}")
    ports = text.choose(rows.has("dstport"), ports, text.literal("Transmission Control Protocol", count))
    return text.join([ports, text.where(whole, numbers), text.where(acknowledges, acknowledged), length])


def _info(rows: HeaderRows) -> Text:
    """The packet list's line: ports, flags, numbers, options in packet order."""
    count = len(rows)
    flags = rows.values("flags")
    whole = rows.has("window_size_value")
    bogus = _is_bogus(rows)
    pieces = [
        rows.text("info_prefix"),
        riverbed.sign(rows),
        rows.text("srcport"),
        text.where(rows.has("dstport"), text.literal(" → ", count)),
        rows.text("dstport"),
        text.where(whole, _spelled(_flags_with_ace(rows), lambda value: f" [{flag_words(value)}] Seq=")),
        text.where(whole, text.decimal(value_or(rows, "seq", "seq_raw"))),
        text.where(whole & (flags & ACK != 0), said(rows, " Ack=", value_or(rows, "ack", "ack_raw"))),
        text.where(whole, said(rows, " Win=", value_or(rows, "window_size", "window_size_value"))),
        _where(whole & (flags & URG != 0), lambda: said(rows, " Urg=", rows.values("urgent_pointer"))),
        text.where(whole & rows.has("len"), said(rows, " Len=", rows.values("len"))),
        _options_info(rows),
        _where(bogus, lambda: text.join([text.literal(", ", count), _bogus(rows, "bogus")])),
    ]
    if rows.table.settings.check_tcp:
        wrong = rows.values("checksum.status", missing=int(Verdict.UNVERIFIED)) == Verdict.BAD
        pieces.insert(10, text.where(wrong, text.literal(" [TCP CHECKSUM INCORRECT]", count)))
    return text.join(pieces)


def _where(present: Flags, write: Callable[[], Text]) -> Text:
    """What is written where `present`; nothing is written if that is nowhere."""
    return text.where(present, write()) if bool(present.any()) else text.literal("", len(present))


def _options_info(rows: HeaderRows) -> Text:
    """What each header's options say of themselves, in packet order."""
    texts, positions, starts = [text.literal("", 0)], [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for protocol in _members():
        if protocol.info and len(rows.table.layer(protocol.name)):
            options = rows.table.rows(protocol.name)
            texts.append(fill(options, protocol.info))
            positions.append(options.layer.position.astype(np.int64))
            starts.append(options.start)
    position = np.concatenate(positions)
    order = np.lexsort((np.concatenate(starts), position))
    return text.gather(text.stack(texts).take(order), position[order], len(rows), "")


def _short(rows: HeaderRows) -> Text:
    """The Protocol column: MPTCP where the option is there."""
    multipath = np.zeros(len(rows), np.int64)
    multipath[rows.table.layer("mptcp").position] = 1
    return text.from_list(["TCP", "MPTCP"]).take(multipath)


def _states(side: str) -> Fact:
    return Fact(f"synfin.state.{side}", f"State of the {side} (RFC 9293)", Kind.TEXT, absolute=True)


def _true(name: str, title: str, kind: Kind) -> Fact:
    """A fact of what really happened, beside what Wireshark calls it."""
    return Fact(f"synfin.{name}", title, kind, absolute=True)


TRUE_FACTS = (
    _true("retransmission", "Resent because of", Kind.TEXT),
    _true("retransmission.trigger", "What made the sender resend", Kind.TEXT),
    _true("retransmits", "Sent first in frame", Kind.FRAME),
    _true("rule", "Rule behind the verdict", Kind.TEXT),
    _true("proof", "Frame that proves it", Kind.FRAME),
    _true("lost", "Earlier sending was lost, seen from the place of capture", Kind.TEXT),
    _true("duplicate", "Copy, not made by the sender, of frame", Kind.FRAME),
    _true("reordered", "Overtaken by later segments by", Kind.DURATION),
    _true("dsack", "DSACK reports", Kind.TEXT),
    _true("dsack.frame", "DSACK for what was resent in frame", Kind.FRAME),
    _true("eifel", "Echoed time shows to be needless the frame", Kind.FRAME),
    _true("rtt", "Round trip from the place of capture", Kind.DURATION),
    _true("rtt.source", "Round trip known by", Kind.TEXT),
    _true("delayed_ack", "Acknowledgment held back for", Kind.DURATION),
    _true("flight", "Bytes on their way", Kind.UINT),
    _true("vantage", "Place of capture", Kind.TEXT),
    _true("vantage.confidence", "How sure the place of capture is", Kind.TEXT),
)


ANALYSIS_FLAGS = Fact(
    "analysis.flags",
    "TCP Analysis Flags",
    Kind.NONE,
    parts=(
        follow_up(
            "analysis.reused_ports",
            NOTE,
            "A new tcp session is started with the same ports as an earlier session in this trace",
        ),
        follow_up("analysis.fast_retransmission", NOTE, "This frame is a (suspected) fast retransmission"),
        follow_up(
            "analysis.spurious_retransmission", NOTE, "This frame is a (suspected) spurious retransmission"
        ),
        follow_up("analysis.retransmission", NOTE, "This frame is a (suspected) retransmission"),
        Fact("analysis.rto", "The RTO for this segment was", Kind.DURATION),
        Fact("analysis.rto_frame", "RTO based on delta from frame", Kind.FRAME),
        follow_up("analysis.out_of_order", WARNING, "This frame is a (suspected) out-of-order segment"),
        follow_up(
            "analysis.lost_segment", WARNING, "Previous segment(s) not captured (common at capture start)"
        ),
        follow_up(
            "analysis.ack_lost_segment",
            WARNING,
            "ACKed segment that wasn't captured (common at capture start)",
        ),
        follow_up("analysis.window_update", CHAT, "TCP window update"),
        follow_up(
            "analysis.window_full", WARNING, "TCP window specified by the receiver is now completely full"
        ),
        follow_up("analysis.keep_alive", NOTE, "TCP keep-alive segment"),
        follow_up("analysis.keep_alive_ack", NOTE, "ACK to a TCP keep-alive segment"),
        Fact("analysis.duplicate_ack", "Duplicate ACK", Kind.NONE, show="This is a TCP duplicate ack"),
        follow_up("analysis.zero_window_probe", NOTE, "TCP Zero Window Probe"),
        follow_up("analysis.zero_window", WARNING, "TCP Zero Window segment"),
        follow_up("analysis.zero_window_probe_ack", NOTE, "ACK to a TCP Zero Window Probe"),
    ),
)

ANALYSIS = Fact(
    "analysis",
    "SEQ/ACK analysis",
    Kind.NONE,
    parts=(
        Fact("analysis.acks_frame", "This is an ACK to the segment in frame", Kind.FRAME),
        Fact("analysis.ack_rtt", "The RTT to ACK the segment was", Kind.DURATION),
        Fact("analysis.initial_rtt", "iRTT", Kind.DURATION),
        Fact("analysis.bytes_in_flight", "Bytes in flight", Kind.UINT),
        Fact("analysis.push_bytes_sent", "Bytes sent since last PSH flag", Kind.UINT),
        ANALYSIS_FLAGS,
        Fact("analysis.duplicate_ack_num", "Duplicate ACK #", Kind.UINT),
        Fact(
            "analysis.duplicate_ack_frame",
            "Duplicate to the ACK in frame",
            Kind.FRAME,
            parts=(
                follow_up(
                    "analysis.duplicate_ack",
                    NOTE,
                    "Duplicate ACK",
                    lambda rows: said(
                        rows, "Duplicate ACK (#", rows.values("analysis.duplicate_ack_num"), ")"
                    ),
                    because="analysis.duplicate_ack_num",
                ),
            ),
        ),
    ),
)

FLAGS = Field(
    "flags",
    12,
    "Flags",
    Kind.HEX,
    width=16,
    container=12,
    show=_flags_line,
    parts=(
        _flag("res", "Reserved", bits=3),
        _flag("ae", "Accurate ECN"),
        _flag("cwr", "Congestion Window Reduced"),
        _flag("ece", "ECN-Echo"),
        Fact("flags.ace", "ACE", Kind.UINT, width=8, bare=True, show=_ace),
        _flag("urg", "Urgent"),
        _flag("ack", "Acknowledgment"),
        _flag("push", "Push"),
        _flag(
            "reset",
            "Reset",
            remark("connection.rst", WARNING, "Connection reset (RST)", _has_flags(RST)),
        ),
        _flag(
            "syn",
            "Syn",
            remark(
                "connection.syn",
                CHAT,
                "Connection establish request (SYN)",
                _has_flags(SYN, ACK),
                _opening("Connection establish request (SYN)", "dstport"),
            ),
            remark(
                "connection.synack",
                CHAT,
                "Connection establish acknowledge (SYN+ACK)",
                _has_flags(SYN | ACK),
                _opening("Connection establish acknowledge (SYN+ACK)", "srcport"),
            ),
        ),
        _flag("fin", "Fin", remark("connection.fin", CHAT, "Connection finish (FIN)", _has_flags(FIN))),
        Computed(
            "flags.str",
            "TCP Flags",
            Kind.TEXT,
            _flag_string,
            needs=("flags.ace",),
            parts=(
                follow_up("connection.fin_active", NOTE, "This frame initiates the connection closing"),
                follow_up("connection.fin_passive", NOTE, "This frame undergoes the connection closing"),
            ),
        ),
    ),
)

OPTIONS = Field(
    "options",
    0,
    "TCP Options",
    Kind.BYTES,
    rest=True,
    show=_options_line,
    parts=(
        remark(
            "nop",
            (Severity.WARNING, Topic.PROTOCOL),
            "4 NOP in a row - a router may have removed some options",
            rows_of_nops,
        ),
        Group("", holds=tcp_options.FAMILY),
        Group(
            "Non-zero header padding",
            parts=(
                remark(
                    "non_zero_bytes_after_eol",
                    (Severity.ERROR, Topic.PROTOCOL),
                    "Non zero bytes in option space after EOL option",
                    padded_with_something,
                    "Non-zero header padding",
                ),
            ),
        ),
        remark(
            "options.mss.absent", PROTOCOL_NOTE, "The SYN packet does not contain a MSS option", _without_mss
        ),
    ),
)

PROTOCOL = Protocol(
    name="tcp",
    title="Transmission Control Protocol",
    reference="RFC 9293",
    follows=(("ip.proto", TCP),),
    short=_short,
    header_length=Length((("hdr_len", 4),)),
    open_ended=True,
    next_by=(
        Next("flags.reset", "tcp.reset"),
        Next("dstport", "tcp.port"),
        Next("srcport", "tcp.port"),
        Next("", "tcp.begins", peek=8),
    ),
    items=(Items(tcp_options.FAMILY, singles=(0, 1), last=0, fills=True),),
    summary=_summary,
    info=_info,
    lessons=LESSONS,
    fields=(
        Fact("info_prefix", "What the packet list says first", Kind.TEXT, hidden=True),
        Field("srcport", 16, "Source Port", Kind.PORT, also=("port",)),
        Field("dstport", 16, "Destination Port", Kind.PORT, also=("port",)),
        Fact("stream", "Stream index", Kind.UINT),
        Fact(
            "completeness",
            "Conversation completeness",
            Kind.UINT,
            width=8,
            show=lambda rows: text.join(
                [text.literal("Conversation completeness: ", len(rows)), _completeness(rows)]
            ),
        ),
        Computed("len", "TCP Segment Len", Kind.UINT, _length, width=32),
        Group(
            SHORT_SEGMENT,
            parts=(
                remark(
                    "short_segment",
                    (Severity.WARNING, Topic.MALFORMED),
                    "Short segment",
                    _is_short,
                    SHORT_SEGMENT,
                ),
            ),
        ),
        Fact("seq", "Sequence Number", Kind.UINT, bare=True, show=_sequence("Sequence Number", "seq")),
        Field("seq_raw", 32, "Sequence Number (raw)"),
        Fact("nxtseq", "Next Sequence Number", Kind.UINT, show=_sequence("Next Sequence Number", "nxtseq")),
        Fact(
            "ack",
            "Acknowledgment Number",
            Kind.UINT,
            bare=True,
            show=_acknowledgment,
            parts=(
                remark(
                    "ack.nonzero",
                    PROTOCOL_NOTE,
                    "The acknowledgment number field is nonzero while the ACK flag is not set",
                    _ack_without_flag,
                ),
                follow_up("analysis.tfo_ack", NOTE, "TCP SYN-ACK accepting TFO data"),
                follow_up("analysis.tfo_ignored", NOTE, "TCP SYN-ACK ignoring TFO data"),
            ),
        ),
        Field("ack_raw", 32, "Acknowledgment number (raw)"),
        Field(
            "hdr_len",
            4,
            "Header Length",
            scale=4,
            show=_header_length,
            parts=(
                remark(
                    "bogus_header_length",
                    (Severity.ERROR, Topic.PROTOCOL),
                    "Bogus TCP Header length",
                    _is_bogus,
                    _bogus,
                ),
            ),
        ),
        FLAGS,
        Fact("fin_retransmission", "Retransmission of FIN from frame", Kind.FRAME),
        Field("window_size_value", 16, "Window"),
        Fact("window_size", "Calculated window size", Kind.UINT),
        Fact("window_size_scalefactor", "Window size scaling factor", Kind.INT, show=_scale),
        Field(
            "checksum",
            16,
            "Checksum",
            Kind.HEX,
            show=_checksum_line,
            parts=(
                remark(
                    "checksum_bad.expert",
                    (Severity.ERROR, Topic.CHECKSUM),
                    "Bad checksum",
                    lambda rows: rows.values("checksum.status", missing=2) == Verdict.BAD,
                    _bad_checksum,
                ),
                remark(
                    "checksum.ffff",
                    (Severity.WARNING, Topic.CHECKSUM),
                    "TCP Checksum 0xffff instead of 0x0000 (see RFC 1624)",
                    _is_all_ones,
                ),
            ),
        ),
        Computed(
            "checksum.status",
            "Checksum Status",
            Kind.UINT,
            _status,
            STATUS,
            width=8,
            show="Checksum Status: {checksum.status:label}",
        ),
        Computed("checksum_calculated", "Calculated Checksum", Kind.HEX, _calculated, width=16),
        Computed("synfin.checksum.tcp", "Checksum verified", Kind.TEXT, _verdict, hidden=True, absolute=True),
        Field(
            "urgent_pointer",
            16,
            "Urgent Pointer",
            parts=(
                remark(
                    "urgent_pointer.non_zero",
                    PROTOCOL_NOTE,
                    "The urgent pointer field is nonzero while the URG flag is not set",
                    lambda rows: (rows.values("urgent_pointer") != 0) & (rows.values("flags") & URG == 0),
                ),
            ),
        ),
        OPTIONS,
        Group(
            "Timestamps",
            generated=True,
            parts=(
                Fact("time_relative", "Time since first frame in this TCP stream", Kind.DURATION),
                Fact("time_delta", "Time since previous frame in this TCP stream", Kind.DURATION),
            ),
        ),
        ANALYSIS,
        Computed("payload", "TCP payload", Kind.BYTES, _payload, bare=True, show=_payload_line),
        Fact("segment_data", "TCP segment data", Kind.BYTES, bare=True, show=_segment_line),
        _states("client"),
        _states("server"),
        *TRUE_FACTS,
    ),
)

RESET = Protocol(
    name="tcp.reset",
    title="What a reset says",
    reference="RFC 9293 3.5.3",
    follows=(("tcp.reset", 1),),
    prefix="tcp",
    body=True,
    carries=False,
    path="-",
    fields=(Computed("reset_cause", "Reset cause", Kind.TEXT, _reset_cause, bare=True),),
    lessons=RESET_LESSONS,
)

PROTOCOLS = (RESET,)
