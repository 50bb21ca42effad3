"""The frame: no header, but what the capture says of each packet, and which headers were found in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.capture.chunk import NO_TIME
from synfin.capture.linktypes import encapsulation
from synfin.dissect import text
from synfin.dissect.definition import Computed, Lesson, Protocol, Words
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.dissect.table import DISPLAYED_BEFORE
from synfin.dissect.template import drawn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers
    from synfin.capture.chunk import Interface
    from synfin.dissect.text import Text

COMMENT, FLAGS, DROPS, PACKET_ID, QUEUE, VERDICT = 1, 2, 4, 5, 6, 7
"""Codes of the options of an Enhanced Packet Block, draft-ietf-opsawg-pcapng 4.3."""

HARDWARE, EBPF_TC, EBPF_XDP = 0, 1, 2
"""Kinds of verdicts, the first byte of that option."""

DIRECTIONS = {0: "Unknown", 1: "Inbound", 2: "Outbound"}
RECEPTION = {0: "Not specified", 1: "Unicast", 2: "Multicast", 3: "Broadcast", 4: "Promiscuous"}
POINT_TO_POINT = {-1: "Unknown", 0: "Sent", 1: "Received"}
VERDICTS_TC = {
    -1: "TC_ACT_UNSPEC",
    0: "TC_ACT_OK",
    1: "TC_ACT_RECLASSIFY",
    2: "TC_ACT_SHOT",
    3: "TC_ACT_PIPE",
    4: "TC_ACT_STOLEN",
    5: "TC_ACT_QUEUED",
    6: "TC_ACT_REPEAT",
    7: "TC_ACT_REDIRECT",
    8: "TC_ACT_TRAP",
}
VERDICTS_XDP = {0: "XDP_ABORTED", 1: "XDP_DROP", 2: "XDP_PASS", 3: "XDP_TX", 4: "XDP_REDIRECT"}


def number(rows: HeaderRows) -> Integers:
    """Counted from 1 over the whole run."""
    return np.arange(len(rows), dtype=np.int64) + rows.chunk.first


def wire_length(rows: HeaderRows) -> Integers:
    """Bytes on the wire."""
    return rows.chunk.length


def captured_length(rows: HeaderRows) -> Integers:
    """Bytes in the file."""
    return rows.chunk.captured


def file_offset(rows: HeaderRows) -> Integers:
    """Where the packet's record begins in the file."""
    return rows.chunk.offset


def never(rows: HeaderRows) -> Integers:
    """What only a person can set."""
    return np.zeros(len(rows), np.int64)


def time(rows: HeaderRows) -> Sparse:
    """Of the packets that have one."""
    timed = np.flatnonzero(rows.chunk.time != NO_TIME)
    return Sparse(timed, rows.chunk.time[timed])


def no_shift(rows: HeaderRows) -> Sparse:
    """Nobody moved any packet in time."""
    timed = np.flatnonzero(rows.chunk.time != NO_TIME)
    return Sparse(timed, np.zeros(len(timed), np.int64))


def since_previous(rows: HeaderRows) -> Sparse:
    """Since the packet before; one without a time counts as 1970, other records as the packet before them."""
    times = rows.chunk.time
    timed = np.flatnonzero(times != NO_TIME)
    before = np.concatenate((np.array([rows.table.clock.previous], np.int64), times))
    before[1:][is_packet(rows) & (times == NO_TIME)] = 0
    before[0] = 0 if before[0] == NO_TIME else before[0]
    known = np.maximum.accumulate(np.where(before != NO_TIME, np.arange(len(before)), 0))
    return Sparse(timed, times[timed] - before[known][timed])


def since_displayed(rows: HeaderRows) -> Sparse:
    """Since the packet displayed before; if all are, or nobody said which, that is the packet before."""
    before = rows.table.kept.get(DISPLAYED_BEFORE)
    if before is None:
        return since_previous(rows)
    times = rows.chunk.time
    timed = np.flatnonzero(times != NO_TIME)
    return Sparse(timed, (times - np.where(before == NO_TIME, 0, before))[timed])


def is_packet(rows: HeaderRows) -> Flags:
    """False for records that belong to no interface, such as custom blocks."""
    belongs = np.array([one.number >= 0 for one in rows.chunk.interfaces], np.bool_)
    return np.asarray(belongs[rows.chunk.interface])


def since_first(rows: HeaderRows) -> Sparse:
    """Since the capture's first packet."""
    timed = np.flatnonzero(rows.chunk.time != NO_TIME)
    first = rows.table.clock.first
    return Sparse(timed, rows.chunk.time[timed] - (0 if first == NO_TIME else first))


def encapsulation_type(rows: HeaderRows) -> Sparse:
    """Wireshark's number for the link type."""
    numbers = np.array([encapsulation(one.linktype).number for one in rows.chunk.interfaces], np.int64)
    packets = np.flatnonzero(is_packet(rows))
    return Sparse(packets, numbers[rows.chunk.interface[packets]])


def encapsulation_line(rows: HeaderRows) -> Text:
    """The number's name before it."""
    kinds = [encapsulation(one.linktype) for one in rows.chunk.interfaces]
    return _by_interface(rows, [f"Encapsulation type: {kind.name} ({kind.number})" for kind in kinds])


def shown_name(interface: Interface) -> str:
    """An interface without a name is called by its description."""
    return interface.name or interface.description or "unknown"


def section_number(rows: HeaderRows) -> Sparse:
    """The pcapng section, from 1."""
    told = np.array([one.is_described for one in rows.chunk.interfaces], np.bool_)
    described = np.flatnonzero(told[rows.chunk.interface])
    numbers = np.array([one.section for one in rows.chunk.interfaces], np.int64)
    return Sparse(described, numbers[rows.chunk.interface[described]])


def interface_number(rows: HeaderRows) -> Sparse:
    """The interface's number in its section, from 0."""
    described = _described(rows)
    numbers = np.array([one.number for one in rows.chunk.interfaces], np.int64)
    return Sparse(described, numbers[rows.chunk.interface[described]])


def interface_line(rows: HeaderRows) -> Text:
    """The number with the name behind it."""
    return _by_interface(
        rows, [f"Interface id: {one.number} ({shown_name(one)})" for one in rows.chunk.interfaces]
    )


def interface_name(rows: HeaderRows) -> Sparse:
    """What the file calls the interface."""
    described = _described(rows)
    return Sparse(
        described, _by_interface(rows, [shown_name(one) for one in rows.chunk.interfaces]).take(described)
    )


def interface_description(rows: HeaderRows) -> Sparse:
    """What the file says about the interface, where it says anything."""
    said = np.array([one.is_described and bool(one.description) for one in rows.chunk.interfaces], np.bool_)
    chosen = np.flatnonzero(said[rows.chunk.interface])
    return Sparse(
        chosen, _by_interface(rows, [one.description for one in rows.chunk.interfaces]).take(chosen)
    )


def _described(rows: HeaderRows) -> Integers:
    """Packets whose file tells of interfaces."""
    told = np.array([one.is_described for one in rows.chunk.interfaces], np.bool_)
    return np.flatnonzero(told[rows.chunk.interface] & is_packet(rows))


def _by_interface(rows: HeaderRows, texts: list[str]) -> Text:
    return text.from_list(texts).take(rows.chunk.interface.astype(np.int64))


def _options(rows: HeaderRows, code: int, size: int = 0) -> tuple[list[int], list[bytes]]:
    """Packets that have the option, and its values; of numbers (of `size` bytes) the first in each packet."""
    packets: list[int] = []
    values: list[bytes] = []
    for packet in rows.chunk.options:
        found = [one.value for one in rows.chunk.options[packet] if one.code == code]
        if size:
            found = [value for value in found if len(value) == size][:1]
        packets += [packet] * len(found)
        values += found
    order = sorted(range(len(packets)), key=packets.__getitem__)
    return [packets[at] for at in order], [values[at] for at in order]


def option_number(rows: HeaderRows, code: int, size: int) -> Sparse:
    """The value of a numeric option of `size` bytes; 64-bit numbers by their bit pattern."""
    packets, values = _options(rows, code, size)
    signed = size == np.int64().nbytes
    numbers = [int.from_bytes(value, "little", signed=signed) for value in values]
    return Sparse(np.array(packets, np.int64), np.array(numbers, np.int64))


def flag(rows: HeaderRows, shift: int, bits: int) -> Sparse:
    """Some bits of the packet's flags."""
    packets, flags = option_number(rows, FLAGS, 4)
    return Sparse(packets, (np.asarray(flags) >> shift) & ((1 << bits) - 1))


def point_to_point(rows: HeaderRows) -> Sparse:
    """0 if the capturing machine sent the packet, 1 if it received it."""
    packets, direction = flag(rows, 0, 2)
    known = np.flatnonzero(np.isin(np.asarray(direction), (1, 2)))
    return Sparse(np.asarray(packets)[known], (np.asarray(direction)[known] == 1).astype(np.int64))


def has_verdict(rows: HeaderRows) -> Sparse:
    """Whether anybody decided about the packet; the value is empty, as in Wireshark."""
    packets = sorted(set(_options(rows, VERDICT)[0]))
    return Sparse(np.array(packets, np.int64), text.from_list([""] * len(packets)))


def verdict_line(rows: HeaderRows) -> Text:
    """Who decided about the packet."""
    names = {HARDWARE: "Hardware", EBPF_TC: "eBPF_TC", EBPF_XDP: "eBPF_XDP"}
    said: list[list[str]] = [[] for _ in range(len(rows))]
    for packet, value in zip(*_options(rows, VERDICT), strict=True):
        if value:
            said[packet].append(f"{names.get(value[0], 'Unknown')} ({value[0]})")
    return text.from_list(["Verdict: " + ", ".join(one) for one in said])


def verdict_number(rows: HeaderRows, kind: int) -> Sparse:
    """What an eBPF program decided."""
    found = [
        (packet, int.from_bytes(value[1:], "little", signed=True))
        for packet, value in zip(*_options(rows, VERDICT), strict=True)
        if len(value) == 9 and value[0] == kind
    ]
    return Sparse(
        np.array([one[0] for one in found], np.int64), np.array([one[1] for one in found], np.int64)
    )


def verdict_hardware(rows: HeaderRows) -> Sparse:
    """What the network card decided, in its own code."""
    found = [
        (packet, value[1:].hex(" "))
        for packet, value in zip(*_options(rows, VERDICT), strict=True)
        if value and value[0] == HARDWARE
    ]
    return Sparse(np.array([one[0] for one in found], np.int64), text.from_list([one[1] for one in found]))


def comments(rows: HeaderRows) -> Sparse:
    """Remarks for people."""
    packets, values = _options(rows, COMMENT)
    texts = [value.split(b"\0", 1)[0].decode("utf-8", "replace") for value in values]
    return Sparse(np.array(packets, np.int64), text.from_list(texts))


def has_comment(rows: HeaderRows) -> Sparse:
    """Whether somebody remarked on the packet."""
    return Sparse(np.unique(np.asarray(comments(rows).rows)), None)


def is_shorter_than_captured(rows: HeaderRows) -> Flags:
    """Whether the file claims to hold more of the packet than there was."""
    return rows.chunk.length < rows.chunk.captured


def protocols(rows: HeaderRows) -> Text:
    """The names of the packet's headers, outermost first: "eth:ethertype:ip:tcp"."""
    found = rows.table.found
    codes, words = _words(rows)
    first = np.searchsorted(found[0], np.arange(len(rows) + 1))
    depth = np.diff(first)
    path = np.zeros(len(rows), np.int64)  # of each packet, which of `paths` leads to the headers seen so far
    paths = [""]
    for level in range(int(depth.max(initial=0))):
        deeper = np.flatnonzero(depth > level)
        step = path[deeper] * len(words) + codes[first[deeper] + level]
        is_taken = np.zeros(len(paths) * len(words), np.bool_)  # quicker than sorting: both are few
        is_taken[step] = True
        distinct = np.flatnonzero(is_taken)
        path[deeper] = len(paths) - 1 + np.cumsum(is_taken)[step]
        paths += [
            ":".join(part for part in (paths[before], words[word]) if part)
            for before, word in (divmod(one, len(words)) for one in distinct.tolist())
        ]
    return text.from_list(paths).take(path)


def _words(rows: HeaderRows) -> tuple[Integers, list[str]]:
    """For each header found, an index into the words that it adds to the path."""
    table = rows.table
    protocols = [table.catalogue.by_name[name] for name in table.catalogue.program.names]
    words = ["" if protocol.body or protocol.path == "-" else protocol.path for protocol in protocols]
    codes = table.found[1].astype(np.int64)
    for step, protocol in enumerate(protocols):
        for following in protocol.next_by:
            for name, span, through in following.through:
                headers = table.rows(protocol.name)
                keys = headers.values(name, missing=-1)
                goes_on = headers.end < headers.captured_end
                passed = headers.layer.position[(keys >= span.start) & (keys < span.stop) & goes_on]
                codes[passed] = len(words)
                words.append(":".join(part for part in (words[step], through) if part))
    return codes, words


def plural(count: int) -> str:
    """A number of bytes in words."""
    return f"{count} byte" if count == 1 else f"{count} bytes"


def wire_line(rows: HeaderRows) -> Text:
    """Bytes and bits on the wire."""
    return text.each(rows.chunk.length, lambda size: f"Frame Length: {plural(size)} ({size * 8} bits)")


def captured_line(rows: HeaderRows) -> Text:
    """Bytes and bits in the file."""
    return text.each(rows.chunk.captured, lambda size: f"Capture Length: {plural(size)} ({size * 8} bits)")


def summary(rows: HeaderRows) -> Text:
    """The frame's number, lengths, interface and direction."""
    interfaces = [
        f" on interface {shown_name(one)}, id {one.number}" if one.is_described and one.number >= 0 else ""
        for one in rows.chunk.interfaces
    ]
    packets, direction = flag(rows, 0, 2)
    towards = np.zeros(len(rows), np.int64)
    towards[packets] = np.asarray(direction)
    return text.join(
        [
            text.literal("Frame ", len(rows)),
            text.decimal(number(rows)),
            text.each(rows.chunk.length, lambda size: f": {plural(size)} on wire ({size * 8} bits), "),
            text.each(rows.chunk.captured, lambda size: f"{plural(size)} captured ({size * 8} bits)"),
            _by_interface(rows, interfaces),
            text.named(towards, {1: " (inbound)", 2: " (outbound)"}, otherwise=""),
        ]
    )


def _flag(
    name: str,
    label: str,
    place: tuple[int, int],
    kind: Kind = Kind.BOOLEAN,
    names: Mapping[int, str] | None = None,
) -> Computed:
    """Some bits of the packet's flags, drawn in their word of 32 bits.

    Args:
        name: the name below "packet_flags_".
        label: what the tree calls it.
        place: how many bits there are to its right, and how many it has.
        kind: the type of its values.
        names: what the values are called.
    """
    shift, bits = place

    def line(rows: HeaderRows) -> Text:
        packets, values = flag(rows, shift, bits)
        all_values = np.zeros(len(rows), np.int64)
        all_values[packets] = np.asarray(values)
        return text.each(
            all_values, lambda value: drawn(value, bits, 32 - shift - bits, 32) + f"{label}: {shown(value)}"
        )

    def shown(value: int) -> str:
        if kind is Kind.BOOLEAN:
            return "Set" if value else "Not set"
        if names is None:
            return str(value)
        digits = f"0x{value:x}" if kind is Kind.HEX else str(value)
        return f"{names.get(value, 'Unknown')} ({digits})"

    return Computed(
        f"packet_flags_{name}",
        label,
        kind,
        partial(flag, shift=shift, bits=bits),
        names=names or {},
        width=32,
        show=line,
        bare=True,
    )


PACKET_FLAGS = Computed(
    "packet_flags",
    "Packet flags",
    Kind.HEX,
    partial(option_number, code=FLAGS, size=4),
    width=32,
    bare=True,
    parts=(
        _flag("direction", "Direction", (0, 2), Kind.HEX, DIRECTIONS),
        _flag("reception_type", "Reception type", (2, 3), Kind.UINT, RECEPTION),
        _flag("fcs_length", "FCS length", (5, 4), Kind.UINT),
        _flag("reserved", "Reserved", (9, 7), Kind.UINT),
        _flag("crc_error", "CRC error", (24, 1)),
        _flag("packet_too_error", "Packet too long error", (25, 1)),
        _flag("packet_too_short_error", "Packet too short error", (26, 1)),
        _flag("wrong_inter_frame_gap_error", "Wrong interframe gap error", (27, 1)),
        _flag("unaligned_frame_error", "Unaligned frame error", (28, 1)),
        _flag("start_frame_delimiter_error", "Start frame delimiter error", (29, 1)),
        _flag("preamble_error", "Preamble error", (30, 1)),
        _flag("symbol_error", "Symbol error", (31, 1)),
    ),
)

VERDICT_FIELDS = Computed(
    "verdict",
    "Verdict",
    Kind.TEXT,
    has_verdict,
    show=verdict_line,
    bare=True,
    parts=(
        Computed("verdict.hw", "Hardware", Kind.TEXT, verdict_hardware, bare=True),
        Computed(
            "verdict.ebpf_tc",
            "eBPF TC",
            Kind.INT,
            partial(verdict_number, kind=EBPF_TC),
            names=VERDICTS_TC,
            width=64,
            bare=True,
        ),
        Computed(
            "verdict.ebpf_xdp",
            "eBPF XDP",
            Kind.INT,
            partial(verdict_number, kind=EBPF_XDP),
            names=VERDICTS_XDP,
            width=64,
            bare=True,
        ),
    ),
)

FRAME = Protocol(
    name="frame",
    title="Frame",
    reference="what the capture file says",
    follows=(),
    every_packet=True,
    path="-",
    summary=summary,
    fields=(
        Computed("section_number", "Section number", Kind.UINT, section_number, bare=True),
        Computed(
            "interface_id",
            "Interface id",
            Kind.UINT,
            interface_number,
            show=interface_line,
            bare=True,
            parts=(
                Computed("interface_name", "Interface name", Kind.TEXT, interface_name, bare=True),
                Computed(
                    "interface_description",
                    "Interface description",
                    Kind.TEXT,
                    interface_description,
                    bare=True,
                ),
            ),
        ),
        PACKET_FLAGS,
        Computed(
            "interface_queue",
            "Interface queue",
            Kind.UINT,
            partial(option_number, code=QUEUE, size=4),
            bare=True,
        ),
        Computed(
            "packet_id",
            "Packet id",
            Kind.UINT,
            partial(option_number, code=PACKET_ID, size=8),
            width=64,
            bare=True,
        ),
        VERDICT_FIELDS,
        Computed(
            "encap_type",
            "Encapsulation type",
            Kind.INT,
            encapsulation_type,
            width=16,
            show=encapsulation_line,
            bare=True,
        ),
        Computed("time", "Arrival Time", Kind.TIME, time, bare=True),
        Computed("offset_shift", "Time shift for this packet", Kind.DURATION, no_shift),
        Computed("time_epoch", "Epoch Time", Kind.DURATION, time, bare=True),
        Computed("time_delta", "Time delta from previous captured frame", Kind.DURATION, since_previous),
        Computed(
            "time_delta_displayed", "Time delta from previous displayed frame", Kind.DURATION, since_displayed
        ),
        Computed("time_relative", "Time since reference or first frame", Kind.DURATION, since_first),
        Computed("number", "Frame Number", Kind.UINT, number, bare=True),
        Computed(
            "len",
            "Frame length on the wire",
            Kind.UINT,
            wire_length,
            show=wire_line,
            bare=True,
            parts=(
                remark(
                    "len_lt_caplen",
                    (Severity.ERROR, Topic.MALFORMED),
                    "Frame length is less than captured length",
                    is_shorter_than_captured,
                ),
            ),
        ),
        Computed(
            "cap_len",
            "Frame length stored into the capture file",
            Kind.UINT,
            captured_length,
            show=captured_line,
            bare=True,
        ),
        Computed(
            "drop_count",
            "Drop Count",
            Kind.UINT,
            partial(option_number, code=DROPS, size=8),
            width=64,
            bare=True,
        ),
        Computed("marked", "Frame is marked", Kind.BOOLEAN, never),
        Computed("ignored", "Frame is ignored", Kind.BOOLEAN, never),
        Computed(
            "p2p_dir",
            "Point-to-Point Direction",
            Kind.INT,
            point_to_point,
            names=POINT_TO_POINT,
            width=8,
            bare=True,
        ),
        Computed("protocols", "Protocols in frame", Kind.TEXT, protocols, everywhere=True),
        Computed("file_off", "File Offset", Kind.INT, file_offset, width=64, hidden=True),
    ),
    lessons={
        "number": Lesson(
            Words(
                "The packet's place in the capture, counted from 1.", "数据包在本次抓包中的序号，从 1 数起。"
            ),
            "",
            Words(
                "Nothing of the frame line is in the packet: the capturing program noted it.",
                "这一行的内容都不在数据包里，而是抓包程序记下来的。",
            ),
        ),
        "time": Lesson(
            Words(
                "When the capturing machine saw the packet, by its own clock.",
                "抓包的机器看到这个数据包的时刻，以它自己的时钟为准。",
            ),
            "",
            Words(
                "It is not when the packet was sent, and clocks of two machines differ.",
                "它不是发送时刻，而且两台机器的时钟往往并不一致。",
            ),
        ),
        "len": Lesson(
            Words("How long the frame was on the wire.", "这个帧在线路上的长度。"),
            "",
            Words(
                "The frame check sequence is usually missing: the network card removes it, and a minimum "
                "frame of 64 bytes appears as 60. Frames far above 1514 bytes come from offloading.",
                "通常不含帧校验序列：网卡已把它去掉，所以 64 字节的最小帧看起来是 60 字节；"
                "远大于 1514 字节的帧是分段卸载（TSO/GRO）造成的。",
            ),
            Words("bytes", "字节"),
        ),
        "cap_len": Lesson(
            Words(
                "How many of these bytes the file holds; fewer if the capture had a snapshot length.",
                "文件里实际保存了其中多少字节；抓包时若限制了长度，就会比帧长小。",
            ),
            "",
            Words(
                "Numbers that the file itself adds, such as this one, are in the byte order of the machine "
                "that wrote it; those in the packet are big-endian.",
                "像它这样由文件自己记录的数，采用写文件的机器的字节序；数据包里的数则是大端序。",
            ),
            Words("bytes", "字节"),
        ),
        "protocols": Lesson(
            Words("The headers found in the packet, outermost first.", "数据包里找到的各层首部，由外到内。"),
        ),
    },
)

COMMENTS = Protocol(
    name="pkt_comment",
    title="Packet comments",
    reference="draft-ietf-opsawg-pcapng 3.5.1",
    follows=(),
    prefix="frame",
    every_packet=True,
    path="-",
    fields=(
        Computed(
            "comment",
            "Comment",
            Kind.TEXT,
            comments,
            show="{comment}",
            bare=True,
        ),
        Computed("pkt_comment", "Packet comments", Kind.PROTOCOL, has_comment, absolute=True, hidden=True),
    ),
)

PROTOCOLS = (FRAME, COMMENTS)
