"""Linux cooked capture: what stands for a link-layer header when a capture spans several devices ("any")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import ETHERTYPES, GRE_TYPES, HARDWARE_TYPES
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Item, Length, Lesson, Next, Protocol, Words
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.protocols.eth import tail_parts

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.text import Text

PACKET_TYPES = {
    0: "Unicast to us",
    1: "Broadcast",
    2: "Multicast",
    3: "Unicast to another host",
    4: "Sent by us",
}
LINUX_TYPES = {
    0x01: "Raw 802.3",
    0x03: "Ethernet",
    0x04: "802.2 LLC",
    0x07: "PPP (HDLC)",
    0x0C: "CAN",
    0x0D: "CAN FD",
    0x17: "IrDA LAP",
    0xF5: "ISI",
    0xF6: "IEEE 802.15.4",
}
"""Protocols that have no EtherType, by Linux's own numbers (if_ether.h)."""

LAST_LINUX_TYPE = 1536
GRE_OVER_IP, NETLINK = 778, 824
"""Hardware types of devices whose protocol field is no EtherType."""

ADDRESS = 8
"""Bytes set aside for the address, however long it is."""

LINUX, ETHERTYPE, GRE, OTHER = range(4)


def kind(rows: HeaderRows) -> Integers:
    """What sort of number the protocol field holds."""
    number = rows.values("synfin.sll.protocol", missing=-1)
    device = rows.values("hatype", missing=-1)
    plain = np.where(number <= LAST_LINUX_TYPE, LINUX, ETHERTYPE)
    return np.select([device == GRE_OVER_IP, device == NETLINK, number < 0], [GRE, OTHER, OTHER], plain)


def address_length(rows: HeaderRows) -> Integers:
    """How much of the space holds the address."""
    return np.minimum(rows.values("halen"), ADDRESS)


def unused_length(rows: HeaderRows) -> Integers:
    """How much of the space holds none."""
    return ADDRESS - address_length(rows)


def other_length(rows: HeaderRows) -> Integers:
    """The length of an address that is neither an Ethernet nor an IPv4 address."""
    length = address_length(rows)
    return np.where(np.isin(length, (4, 6)), 0, length)


def is_other(rows: HeaderRows) -> Integers:
    """1 where the address is neither."""
    return np.asarray(other_length(rows) > 0, np.int64)


def has_unused(rows: HeaderRows) -> Integers:
    """1 where the address leaves room."""
    return np.asarray(unused_length(rows) > 0, np.int64)


def everywhere(rows: HeaderRows) -> Sparse:
    """A mark on every header."""
    return Sparse(np.arange(len(rows)), None)


def short(rows: HeaderRows) -> Text:
    """A packet that carries nothing known is called by its type."""
    missing = text.where(~rows.has("etype"), text.literal("SLL", len(rows)))
    return text.join([rows.text("etype"), missing])


def info(rows: HeaderRows) -> Text:
    """What the type is called, or else where the packet went."""
    kinds = rows.values("etype", missing=-1)
    went = text.named(rows.values("pkttype"), PACKET_TYPES)
    return text.choose(np.isin(kinds, list(ETHERTYPES)), text.named(kinds, ETHERTYPES), went)


def _protocol(name: str, one: int, names: dict[int, str]) -> Field:
    return Field(name, 16, "Protocol", Kind.HEX, names, overlay=True, when=(("synfin.sll.kind", one),))


PROTOCOL_FIELDS: tuple[Item, ...] = (
    _protocol("ltype", LINUX, LINUX_TYPES),
    _protocol("etype", ETHERTYPE, ETHERTYPES),
    _protocol("gretype", GRE, GRE_TYPES),
)

ADDRESS_FIELDS: tuple[Item, ...] = (
    Field("src.eth", 48, "Source", Kind.ETHER, when=(("synfin.sll.size", 6),)),
    Field("src.ipv4", 32, "Source", Kind.IPV4, when=(("synfin.sll.size", 4),)),
    Field(
        "src.other", 0, "Source", Kind.BYTES, size_by="synfin.sll.other", when=(("synfin.sll.is_other", 1),)
    ),
    Field("unused", 0, "Unused", Kind.BYTES, size_by="synfin.sll.free", when=(("synfin.sll.has_free", 1),)),
)

SIZES: tuple[Item, ...] = tuple(
    Computed(f"synfin.sll.{name}", label, Kind.UINT, compute, absolute=True, hidden=True)
    for name, label, compute in (
        ("kind", "Kind of protocol number", kind),
        ("size", "Bytes of the address", address_length),
        ("other", "Bytes of an address of another kind", other_length),
        ("is_other", "Address of another kind", is_other),
        ("free", "Bytes without an address", unused_length),
        ("has_free", "Room beside the address", has_unused),
    )
)

MARK = Computed("sll", "Linux cooked-mode capture", Kind.PROTOCOL, everywhere, absolute=True, hidden=True)
"""Both versions are found by one name."""

NEXT = (
    Next("hatype", "sll.hatype"),
    Next("synfin.sll.protocol", "sll.ltype", through=(("etype", range(1 << 16), "ethertype"),)),
    Next("synfin.sll.protocol", "ethertype"),
)

LESSONS = {
    "pkttype": Lesson(
        Words(
            "Who the packet was for, as the kernel saw it; 4: this machine sent it.",
            "内核眼里这个包发给谁；4 表示由本机发出。",
        ),
        "LINKTYPE_LINUX_SLL",
    ),
    "hatype": Lesson(
        Words(
            "What kind of device it passed; 1 is Ethernet, 772 the loopback.",
            "经过的设备类型；1 是以太网，772 是回环接口。",
        ),
        "LINKTYPE_LINUX_SLL",
    ),
    "src.eth": Lesson(
        Words("The sender's address on the link.", "发送方的链路层地址。"),
        "LINKTYPE_LINUX_SLL",
        Words(
            "There is no destination: a capture on “any” does not keep it, and the loopback has no addresses "
            "of this kind at all. On “any”, a packet may also show once for each interface that it passes.",
            "这里没有目的地址：在 any 接口上抓包时不会保留它；回环接口则根本没有这种地址。另外，"
            "在 any 上抓包，一个包经过几个接口就可能出现几次。",
        ),
    ),
    "etype": Lesson(
        Words(
            "Which protocol is inside, as in an Ethernet frame.", "里面装的协议，与以太网帧的类型字段相同。"
        ),
        "LINKTYPE_LINUX_SLL",
    ),
}

PROTOCOLS = (
    Protocol(
        name="sll",
        title="Linux cooked-mode capture",
        reference="LINKTYPE_LINUX_SLL",
        follows=(("linktype", 113),),
        header_length=Length((), bias=16),
        next_by=NEXT,
        short=short,
        summary="Linux cooked capture v1",
        info=info,
        source="src.eth",
        lessons=LESSONS,
        fields=(
            Field("synfin.sll.protocol", 16, "Protocol", overlay=True, skip=112, absolute=True, hidden=True),
            Field("pkttype", 16, "Packet type", names=PACKET_TYPES),
            Field("hatype", 16, "Link-layer address type", names=HARDWARE_TYPES),
            Field("halen", 16, "Link-layer address length"),
            *SIZES,
            *ADDRESS_FIELDS,
            *PROTOCOL_FIELDS,
            *tail_parts("", "sll.trailer"),
            MARK,
        ),
    ),
    Protocol(
        name="sll2",
        title="Linux cooked-mode capture",
        reference="LINKTYPE_LINUX_SLL2",
        follows=(("linktype", 276),),
        prefix="sll",
        path="sll",
        header_length=Length((), bias=20),
        next_by=NEXT,
        short=short,
        summary="Linux cooked capture v2",
        info=info,
        source="src.eth",
        fields=(
            *PROTOCOL_FIELDS,
            Field("synfin.sll.protocol", 16, "Protocol", absolute=True, hidden=True),
            Field("synfin.sll.reserved", 16, "Reserved", absolute=True, hidden=True),
            Field("ifindex", 32, "Interface index"),
            Field("hatype", 16, "Link-layer address type", names=HARDWARE_TYPES),
            Field("pkttype", 8, "Packet type", names=PACKET_TYPES, width=16),
            Field("halen", 8, "Link-layer address length", width=16),
            *SIZES,
            *ADDRESS_FIELDS,
            *tail_parts("", "sll.trailer"),
            MARK,
        ),
    ),
)
