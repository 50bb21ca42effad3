"""Ethernet, IEEE 802.3: who on this link sends to whom, and what is inside."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.registries import ETHERTYPES
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Item, Lesson, Next, Protocol, Words
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans, Sparse
from synfin.dissect.walk import PARTIAL

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.text import Text

LONGEST = 1500
"""Bytes that an IEEE 802.3 frame carries at most; a larger number in the same place is no length."""

FIRST_TYPE = 0x0600
"""The smallest EtherType; what lies between is neither (IEEE 802.3 3.2.6)."""

MINIMUM = 60
"""Bytes that a frame has at least, without its check sequence; senders pad shorter ones with zeros."""

SILENT = ("pppoed", "pppoes")
"""Protocols that have a length but do not tell Ethernet; so Wireshark shows no trailer behind them."""

MINIMUM_WITH_FCS = 64
FCS_LENGTH = 4

TYPES = (range(1), range(FIRST_TYPE, 1 << 16))
"""Values that are types; 0 is, because no frame carries 0 bytes."""

GLOBAL_OR_LOCAL = {
    0: "Globally unique address (factory default)",
    1: "Locally administered address (this is NOT the factory default)",
}
INDIVIDUAL_OR_GROUP = {0: "Individual address (unicast)", 1: "Group address (multicast/broadcast)"}
UNVERIFIED = 2
CHECKSUM_STATUS = {0: "Bad", 1: "Good", UNVERIFIED: "Unverified", 3: "Not present", 4: "Illegal"}


class Tail(NamedTuple):
    """What stands behind the packet inside a frame. All arrays int64, one entry per header.

    Attributes:
        padding: where the zeros begin that fill the frame up to its minimum; how many they are.
        trailer: likewise all else, as far as it was captured.
        fcs: where the frame check sequence is, -1 if there is none.
        is_doubtful: true where there is padding in size, but not of zeros.
    """

    padding: Spans
    trailer: Spans
    fcs: Integers
    is_doubtful: Flags


def tail(rows: HeaderRows, length: str, *, may_have_fcs: bool) -> Tail:
    """Tell padding, trailer and frame check sequence apart, by the rules of Wireshark.

    Where the inner packet ends is what its own length field says. Frames of less than 60 bytes were padded
    with zeros up to that size. Of what is left, 4 bytes are taken for a check sequence if the capture says
    so, or if it does not say and the frame has at least 64 bytes.

    Args:
        rows: headers with a type or length field.
        length: name of the length field, "" if there is none.
        may_have_fcs: False for tags, behind which nobody looks for a check sequence.
    """
    begin = rows.chunk.start[rows.packet]
    known = _fcs_length(rows) if may_have_fcs else np.zeros(len(rows), np.int64)
    start, limit = _inner_end(rows, length), rows.limit.astype(np.int64)
    there = start < limit
    room = np.where(there, MINIMUM - (start - begin), 0)
    whole = limit + np.maximum(known, 0) - begin
    size = np.where((whole >= MINIMUM) & (room > 0), np.minimum(room, limit - start), 0)
    captured = np.clip(rows.captured_end - start, 0, None)
    is_zero = _only_zeros(rows, start, np.minimum(size, captured))
    is_cut = is_zero & (size > captured)
    is_padded = is_zero & (size > 0) & ~is_cut
    rest = start + np.where(is_padded, size, 0)
    left = limit - rest
    guessed = (known < 0) & there & (whole >= MINIMUM_WITH_FCS) & (left >= FCS_LENGTH)
    behind = np.where(guessed, limit - FCS_LENGTH, limit)
    has_fcs = (guessed | (known > 0)) & ~is_cut & (behind + FCS_LENGTH <= rows.captured_end)
    length_left = np.where(there & ~is_cut, np.minimum(behind, rows.captured_end) - rest, 0)
    trailer = Spans(rest, np.maximum(length_left, 0))
    return Tail(
        Spans(start, np.where(is_padded, size, 0)),
        trailer,
        np.where(has_fcs, behind, -1),
        (size > 0) & ~is_padded & (trailer.length > 0),
    )


def _fcs_length(rows: HeaderRows) -> Integers:
    """How long the check sequence is, -1 where the capture does not say; frames inside others have none."""
    known = np.array([interface.fcs_length for interface in rows.chunk.interfaces], np.int64)
    outermost = rows.previous_header() < 0
    return np.where(outermost, known[rows.chunk.interface[rows.packet]], 0)


def _inner_end(rows: HeaderRows, length: str) -> Integers:
    """Where the packet inside ends: by the frame's own length field, or else by that of the next header."""
    found = rows.table.found
    inner = _behind_labels(rows, rows.next_header())
    limit = rows.limit.astype(np.int64)
    is_whole = (inner >= 0) & ((found[5, inner] & PARTIAL) == 0)
    ends = np.where(is_whole, np.minimum(found[4, inner], limit), limit)
    for name in SILENT:
        ends = np.where(rows.rows_of(name, inner) >= 0, limit, ends)
    for name in sorted(
        {protocol.name for protocol in rows.table.catalogue.protocols if _is_its_own_end(protocol)}
    ):
        ends = np.where(is_whole & (rows.rows_of(name, inner) >= 0), found[3, inner], ends)
    if not length:
        return ends
    lengths = rows.values(length, missing=-1)
    stated = rows.end + lengths
    return np.where(lengths < 0, ends, np.where(stated <= limit, stated, limit))


def _behind_labels(rows: HeaderRows, inner: Integers) -> Integers:
    """The first header that is no MPLS label: labels do not tell where the packet ends."""
    found = rows.table.found
    names = rows.table.catalogue.program.names
    labels = [step for step, name in enumerate(names) if name.startswith("mpls")]
    is_label = np.isin(found[1, inner], labels) & (inner >= 0)
    while bool(is_label.any()):
        after = np.minimum(inner + 1, found.shape[1] - 1)
        follows = (after > inner) & (found[0, after] == rows.packet)
        inner = np.where(is_label, np.where(follows, after, -1), inner)
        is_label = np.isin(found[1, inner], labels) & (inner >= 0)
    return inner


def _is_its_own_end(protocol: Protocol) -> bool:
    """Whether nothing can follow the header but padding: it knows its length and carries nothing."""
    return protocol.header_length is not None and not protocol.carries and not protocol.next_by


def _only_zeros(rows: HeaderRows, start: Integers, length: Integers) -> Flags:
    offsets = np.arange(int(length.max(initial=0)))
    places = start[:, None] + offsets
    inside = offsets < length[:, None]
    octets = rows.data[np.where(inside, places, 0)]
    return np.asarray(~((octets != 0) & inside).any(axis=1))


def padding(rows: HeaderRows, length: str, *, may_have_fcs: bool) -> Sparse:
    """Zeros that fill the frame."""
    return _present(tail(rows, length, may_have_fcs=may_have_fcs).padding)


def trailer(rows: HeaderRows, length: str, *, may_have_fcs: bool) -> Sparse:
    """What else stands behind the packet."""
    return _present(tail(rows, length, may_have_fcs=may_have_fcs).trailer)


def is_doubtful(rows: HeaderRows, length: str, *, may_have_fcs: bool) -> Flags:
    """Whether the frame is long enough for padding, but has other bytes there than zeros."""
    return tail(rows, length, may_have_fcs=may_have_fcs).is_doubtful


def _present(spans: Spans) -> Sparse:
    chosen = np.flatnonzero(spans.length > 0)
    return Sparse(chosen, Spans(spans.start[chosen], spans.length[chosen]))


def fcs(rows: HeaderRows) -> Sparse:
    """The frame check sequence, where there is one."""
    start = tail(rows, "len", may_have_fcs=True).fcs
    chosen = np.flatnonzero(start >= 0)
    octets = rows.data[start[chosen][:, None] + np.arange(FCS_LENGTH)].astype(np.int64)
    return Sparse(chosen, octets @ (1 << np.arange(24, -1, -8)))


def fcs_status(rows: HeaderRows) -> Sparse:
    """Nobody verifies it: it is rarely captured, and mostly guessed to be there."""
    chosen = np.flatnonzero(tail(rows, "len", may_have_fcs=True).fcs >= 0)
    return Sparse(chosen, np.full(len(chosen), UNVERIFIED, np.int64))


def goes_past_the_end(rows: HeaderRows, length: str = "len") -> Flags:
    """Whether the length field claims more bytes than there are."""
    lengths = rows.values(length, missing=-1)
    return (lengths >= 0) & (rows.end + lengths > rows.limit)


def resolved(rows: HeaderRows, name: str) -> Sparse:
    """The address again: nobody resolves it."""
    chosen = np.flatnonzero(rows.has(name))
    return Sparse(chosen, rows.text(name).take(chosen))


def is_from_a_group(rows: HeaderRows) -> Flags:
    """Whether the source is no single station."""
    return np.asarray(rows.values("src.ig") == 1)


def summary(rows: HeaderRows) -> Text:
    """The kind of frame, and the stations where the frame says what it carries."""
    stations = text.join(
        [
            text.choose(
                rows.has("invalid_lentype"),
                text.literal("Ethernet Unknown, Src: ", len(rows)),
                text.literal("Ethernet II, Src: ", len(rows)),
            ),
            rows.text("src"),
            text.literal(", Dst: ", len(rows)),
            rows.text("dst"),
        ]
    )
    return text.choose(rows.has("len"), text.literal("IEEE 802.3 Ethernet ", len(rows)), stations)


def column_protocol(rows: HeaderRows) -> Text:
    """A frame that carries nothing known is called by its type."""
    return text.choose(rows.has("type"), rows.text("type"), text.literal("Ethernet", len(rows)))


def column_info(rows: HeaderRows) -> Text:
    """What the type is called."""
    invalid = rows.values("invalid_lentype", missing=-1)
    wrong = text.join(
        [
            text.literal("Ethernet Unknown: Invalid length/type: ", len(rows)),
            rows.text("invalid_lentype"),
            text.literal(" (", len(rows)),
            text.decimal(invalid),
            text.literal(")", len(rows)),
        ]
    )
    called = text.named(rows.values("type", missing=-1), ETHERTYPES, otherwise="Ethernet II")
    return text.choose(invalid >= 0, wrong, text.where(rows.is_whole, called))


def tail_parts(length: str, trailer_name: str) -> tuple[Item, ...]:
    """The fields behind the packet of a header whose trailer has this whole name.

    Args:
        length: name of the header's length field, below its prefix; "" if it has none.
        trailer_name: filter name of the trailer.
    """
    with_fcs = trailer_name == "eth.trailer"
    doubt = remark(
        "eth.padding_bad",
        (Severity.NOTE, Topic.PROTOCOL),
        "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros.",
        partial(is_doubtful, length=length, may_have_fcs=with_fcs),
        absolute=True,
    )
    return (
        Computed(
            "eth.padding",
            "Padding",
            Kind.BYTES,
            partial(padding, length=length, may_have_fcs=with_fcs),
            absolute=True,
            bare=True,
        ),
        Computed(
            trailer_name,
            "Trailer",
            Kind.BYTES,
            partial(trailer, length=length, may_have_fcs=with_fcs),
            parts=(doubt,),
            absolute=True,
            bare=True,
        ),
    )


def length_parts() -> tuple[Item, ...]:
    """What is to be said of a length field."""
    return (
        remark(
            "len.past_end",
            (Severity.ERROR, Topic.MALFORMED),
            "Length field value goes past the end of the payload",
            goes_past_the_end,
        ),
    )


def _address_parts(name: str) -> tuple[Item, ...]:
    """What an address tells besides itself."""
    label = {"dst": "Destination", "src": "Source"}[name]
    return (
        Computed(
            f"{name}_resolved",
            f"{label} (resolved)",
            Kind.TEXT,
            lambda rows: resolved(rows, name),
            hidden=True,
        ),
        Field(f"{name}.oui", 24, f"{label} OUI", overlay=True, hidden=True),
        Field("addr", 48, "Address", Kind.ETHER, overlay=True),
        Computed(
            "addr_resolved", "Address (resolved)", Kind.TEXT, lambda rows: resolved(rows, name), hidden=True
        ),
        Field("addr.oui", 24, "Address OUI", overlay=True, hidden=True),
        Field(
            f"{name}.lg",
            1,
            "LG bit",
            Kind.BOOLEAN,
            GLOBAL_OR_LOCAL,
            also=("lg",),
            overlay=True,
            skip=6,
            container=24,
        ),
        Field(
            f"{name}.ig",
            1,
            "IG bit",
            Kind.BOOLEAN,
            INDIVIDUAL_OR_GROUP,
            also=("ig",),
            overlay=True,
            skip=7,
            container=24,
        ),
    )


PROTOCOL = Protocol(
    name="eth",
    title="Ethernet",
    reference="IEEE 802.3",
    follows=(
        ("linktype", 1),
        ("ethertype", 0x6558),
        ("gre.proto", 0x6558),
        ("sll.ltype", 3),
        ("vxlan.any", 0),
        ("vxlan.any", 1),
    ),
    next_by=(
        Next(
            "type",
            "ethertype",
            length_from=1,
            length_below=LONGEST + 1,
            through=tuple(("type", span, "ethertype") for span in TYPES),
        ),
    ),
    short=column_protocol,
    summary=summary,
    info=column_info,
    source="src",
    destination="dst",
    fields=(
        Field("dst", 48, "Destination", Kind.ETHER, parts=_address_parts("dst")),
        Field(
            "src",
            48,
            "Source",
            Kind.ETHER,
            parts=(
                remark(
                    "src_not_group",
                    (Severity.WARNING, Topic.PROTOCOL),
                    "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)",
                    is_from_a_group,
                ),
                *_address_parts("src"),
            ),
        ),
        Field("len", 16, "Length", overlay=True, only=(range(1, LONGEST + 1),), parts=length_parts()),
        Field(
            "invalid_lentype",
            16,
            "Invalid length/type",
            Kind.HEX_DEC,
            overlay=True,
            only=(range(LONGEST + 1, FIRST_TYPE),),
            parts=(
                remark(
                    "invalid_lentype.expert",
                    (Severity.WARNING, Topic.PROTOCOL),
                    "Invalid length/type",
                    lambda rows: rows.has("invalid_lentype"),
                    "Invalid length/type: {invalid_lentype:shown}",
                ),
            ),
        ),
        Field("type", 16, "Type", Kind.HEX, ETHERTYPES, only=TYPES),
        *tail_parts("len", "eth.trailer"),
        Computed(
            "fcs",
            "Frame check sequence",
            Kind.HEX,
            fcs,
            width=32,
            show="Frame check sequence: {fcs} [unverified]",
            bare=True,
        ),
        Computed(
            "fcs.status",
            "FCS Status",
            Kind.UINT,
            fcs_status,
            CHECKSUM_STATUS,
            width=8,
            show="FCS Status: {fcs.status:label}",
        ),
    ),
    lessons={
        "dst": Lesson(
            Words(
                "The network card on this link that shall take the frame.",
                "这一段链路上应当接收该帧的网卡地址。",
            ),
            "IEEE 802.3 3.2.4",
            Words(
                "It is the next hop's address (usually the router), not the distant server's: "
                "MAC addresses change at every hop, IP addresses do not (but for NAT).",
                "它是下一跳（通常是路由器）的地址，不是远端服务器的："
                "MAC 地址每一跳都会变，IP 地址（除了 NAT）不变。",
            ),
        ),
        "src": Lesson(
            Words(
                "The network card that put the frame on this link. All zeros on Linux's loopback, where "
                "there is no card.",
                "把该帧发到这一段链路上的网卡地址。在 Linux 的回环接口上全是 0，因为那里没有网卡。",
            ),
            "IEEE 802.3 3.2.5",
            Words(
                "Behind a router every packet from outside bears the router's address.",
                "来自外部的数据包，源 MAC 都是路由器的地址，而不是原主机的地址。",
            ),
        ),
        "dst.lg": Lesson(
            Words(
                "Whether the maker of the card gave the address (0) or software chose it (1).",
                "地址由网卡厂商分配（0），还是由软件自行设定（1）。",
            ),
            "IEEE 802 8.2.2",
        ),
        "dst.ig": Lesson(
            Words(
                "Whether one card is meant (0) or a group, such as everybody (1).",
                "目的地是单块网卡（0），还是一组网卡，例如全体广播（1）。",
            ),
            "IEEE 802 8.2.2",
            Words(
                "It is the lowest bit of the first byte, because Ethernet sends that bit first. Behind a "
                "switch a capture shows groups and the own card only, not what others say to each other.",
                "它是第一个字节的最低位，因为以太网先发送这一位。在交换机后面抓包，只看得到发给一组网卡的帧和"
                "本机收发的帧，看不到别人之间的通信。",
            ),
        ),
        "type": Lesson(
            Words(
                "Which protocol is inside: 0x0800 is IPv4, 0x86dd IPv6, 0x0806 ARP, 0x8035 RARP. The more "
                "significant byte comes first on the wire, as in every header of the Internet.",
                "里面装的是什么协议：0x0800 是 IPv4，0x86dd 是 IPv6，0x0806 是 ARP，0x8035 是 RARP。"
                "高位字节在前（大端序），互联网的各种首部都是如此。",
            ),
            "IEEE 802.3 3.2.6",
            Words(
                "Up to 1500 the same two bytes are a length instead, and LLC follows.",
                "这两个字节若不大于 1500，就表示长度，后面跟的是 LLC。",
            ),
        ),
        "len": Lesson(
            Words(
                "How many bytes follow, without padding and check sequence.",
                "后面数据的字节数，不含填充和校验序列。",
            ),
            "IEEE 802.3 3.2.6",
            None,
            Words("bytes", "字节"),
        ),
        "fcs": Lesson(
            Words(
                "A CRC over the frame, by which the receiving card finds damage.",
                "对整个帧的 CRC 校验，接收网卡靠它发现损坏。",
            ),
            "IEEE 802.3 3.2.9",
            Words(
                "Most captures lack it: the network card removes it before any program sees the frame.",
                "大多数抓包里没有它：网卡校验后就去掉了，程序根本看不到。",
            ),
        ),
    },
)
