"""ARP, RFC 826, and its relatives: which link-layer address belongs to a protocol address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import ETHERTYPES, HARDWARE_TYPES
from synfin.dissect import text
from synfin.dissect.definition import Computed, Fact, Field, Item, Length, Lesson, Protocol, Words
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.text import Text

REQUEST, REPLY = 1, 2
ERROR = 7
OPCODES = {
    0: "reserved",
    REQUEST: "request",
    REPLY: "reply",
    3: "reverse request",
    4: "reverse reply",
    5: "drarp request",
    6: "drarp reply",
    ERROR: "drarp error",
    8: "inverse request",
    9: "inverse reply",
    10: "arp nak",
    11: "mars request",
    12: "mars multi",
    13: "mars mserv",
    14: "mars join",
    15: "mars leave",
    16: "mars nak",
    17: "mars unserv",
    18: "mars sjoin",
    19: "mars sleave",
    20: "mars grouplist request",
    21: "mars grouplist reply",
    22: "mars redirect map",
    23: "mapos unarp",
    24: "experimental 1",
    25: "experimental 2",
    65535: "reserved",
}
FAMILIES = (
    (range(3, 5), "RARP"),
    (range(5, 8), "DRARP"),
    (range(8, 10), "Inverse ARP"),
    (range(11, 23), "MARS"),
    (range(23, 24), "MAPOS"),
)
"""What the packet list calls the protocol, by operation; all others are plain ARP."""

SHORT = {opcode: called for opcodes, called in FAMILIES for opcode in opcodes}

ERRORS = {
    1: "restricted",
    2: "no address",
    3: "serverdown",
    4: "moved",
    5: "failure",
}

ETHERNET, IEEE_802 = 1, 6
IPV4 = 0x0800

LONGEST_SHOWN = 36
"""Bytes of an address of unknown kind that texts show."""

ABSENT, KNOWN, OTHER, STATUS = range(4)
"""What stands in the place of an address."""


def hardware(rows: HeaderRows) -> Integers:
    """Whether the hardware addresses are Ethernet addresses."""
    kind, size = rows.values("hw.type", missing=-1), rows.values("hw.size")
    known = np.isin(kind, (ETHERNET, IEEE_802)) & (size == 6)
    return np.where(known, KNOWN, np.where(size > 0, OTHER, ABSENT))


def protocol(rows: HeaderRows) -> Integers:
    """Whether the protocol addresses are IPv4 addresses."""
    size = rows.values("proto.size")
    known = (rows.values("proto.type", missing=-1) == IPV4) & (size == 4)
    return np.where(known, KNOWN, np.where(size > 0, OTHER, ABSENT))


def target(rows: HeaderRows) -> Integers:
    """What stands where the target's protocol address does: in DRARP errors, why there is none."""
    kinds = protocol(rows)
    return np.where((rows.values("opcode") == ERROR) & (kinds == KNOWN), STATUS, kinds)


def names_itself(rows: HeaderRows) -> Flags:
    """Whether the packet asks for, or tells, the sender's own address: everybody shall hear it."""
    size = rows.values("proto.size").astype(np.int64)
    first = rows.start.astype(np.int64) + 8 + rows.values("hw.size")
    second = first + size + rows.values("hw.size")
    asked = np.isin(rows.values("opcode"), (REQUEST, REPLY)) & (size > 0)
    asked &= rows.is_whole
    places = np.arange(int(size[asked].max(initial=0)))
    inside = (places < size[:, None]) & asked[:, None]
    one = rows.data[np.where(inside, first[:, None] + places, 0)]
    other = rows.data[np.where(inside, second[:, None] + places, 0)]
    return np.asarray(asked & ~((one != other) & inside).any(axis=1))


def _target_is_empty(rows: HeaderRows) -> Flags:
    """Whether the target's hardware address is all zeros."""
    size = rows.values("hw.size").astype(np.int64)
    first = rows.start.astype(np.int64) + 8 + size + rows.values("proto.size")
    places = np.arange(int(size[rows.is_whole].max(initial=0)))
    inside = (places < size[:, None]) & rows.is_whole[:, None]
    octets = rows.data[np.where(inside, first[:, None] + places, 0)]
    return np.asarray(rows.is_whole & ~((octets != 0) & inside).any(axis=1))


def announces(rows: HeaderRows) -> Flags:
    """Whether the sender says that it now uses the address (RFC 5227 3)."""
    return np.asarray(names_itself(rows) & (rows.values("opcode") == REQUEST) & _target_is_empty(rows))


def probes(rows: HeaderRows) -> Flags:
    """Whether the sender asks if anybody uses the address, before it does itself (RFC 5227 1.1)."""
    from_nobody = rows.values("src.proto_ipv4", missing=-1) == 0
    asks = rows.values("opcode") == REQUEST
    return np.asarray(asks & from_nobody & _target_is_empty(rows) & ~names_itself(rows))


def _true(flags: Flags) -> Sparse:
    rows = np.flatnonzero(flags)
    return Sparse(rows, np.ones(len(rows), np.int64))


def summary(rows: HeaderRows) -> Text:
    """The title and the operation."""
    opcode = rows.values("opcode", missing=-1)
    called = text.each(opcode, lambda one: OPCODES.get(one, f"opcode 0x{max(one, 0):04x}"))
    gratuitous = text.where(names_itself(rows), text.literal("/gratuitous ARP", len(rows)))
    called = text.join([called, gratuitous])
    for flags, name in ((announces(rows), "ARP Announcement"), (probes(rows), "ARP Probe")):
        if flags.any():
            called = text.choose(flags, text.literal(name, len(rows)), called)
    operation = text.join([text.literal(" (", len(rows)), called, text.literal(")", len(rows))])
    title = text.literal("Address Resolution Protocol", len(rows))
    return text.join([title, text.where(rows.is_whole, operation)])


def _address(rows: HeaderRows, known: str, other: str) -> Text:
    """One address as text, whatever its kind."""
    octets = rows.text(other)
    digits = 2 * LONGEST_SHOWN
    long = np.diff(octets.ends) > digits
    if long.any():
        shortened = text.from_list(
            [one[:digits] + ("…" if len(one) > digits else "") for one in octets.to_list()]
        )
        octets = text.choose(long, shortened, octets)
    absent = ~rows.has(known) & ~rows.has(other)
    nothing = text.where(absent, text.literal("<No address>", len(rows)))
    return text.join([rows.text(known), octets, nothing])


SENTENCES = {
    0: "Reserved opcode 0",
    REQUEST: "Who has {target}? Tell {sender}",
    REPLY: "{sender} is at {sender mac}",
    3: "Who is {target mac}? Tell {sender mac}",
    4: "{target mac} is at {target}",
    5: "Who is {target mac}? Tell {sender mac}",
    6: "{target mac} is at {target}",
    ERROR: "DRARP Error",
    8: "Who is {target mac}? Tell {sender mac}",
    9: "{sender mac} is at {sender}",
    10: "ARP NAK",
    11: "MARS request from {sender mac} at {sender}",
    12: "MARS MULTI request from {sender mac} at {sender}",
    13: "MARS MSERV request from {sender mac} at {sender}",
    14: "MARS JOIN request from {sender mac} at {sender}",
    15: "MARS LEAVE from {sender mac} at {sender}",
    16: "MARS NAK from {sender mac} at {sender}",
    17: "MARS UNSERV request from {sender mac} at {sender}",
    18: "MARS SJOIN request from {sender mac} at {sender}",
    19: "MARS SLEAVE from {sender mac} at {sender}",
    20: "MARS grouplist request from {sender mac} at {sender}",
    21: "MARS grouplist reply from {sender mac} at {sender}",
    22: "MARS redirect map from {sender mac} at {sender}",
    23: "MAPOS UNARP request from {sender mac} at {sender}",
    24: "Experimental 1 ( opcode 24 )",
    25: "Experimental 2 ( opcode 25 )",
    65535: "Reserved opcode 65535",
}
"""What the packet list says, by operation."""


def info(rows: HeaderRows) -> Text:
    """What the packet asks or tells."""
    addresses = {
        "sender": _address(rows, "src.proto_ipv4", "src.proto"),
        "target": _address(rows, "dst.proto_ipv4", "dst.proto"),
        "sender mac": _address(rows, "src.hw_mac", "src.hw"),
        "target mac": _address(rows, "dst.hw_mac", "dst.hw"),
    }
    opcode = rows.values("opcode", missing=-1)
    said = text.literal("", len(rows))
    for one in np.unique(opcode).tolist():
        sentence = SENTENCES.get(one, f"Unknown ARP opcode 0x{max(one, 0):04x}")
        said = text.choose(opcode == one, _sentence(sentence, addresses, len(rows)), said)
    special = (
        (names_itself(rows) & (opcode == REQUEST), "Gratuitous ARP for {sender} (Request)"),
        (names_itself(rows) & (opcode == REPLY), "Gratuitous ARP for {sender} (Reply)"),
        (announces(rows), "ARP Announcement for {sender}"),
        (probes(rows), "Who has {target}? (ARP Probe)"),
    )
    for flags, sentence in special:
        if flags.any():
            said = text.choose(flags, _sentence(sentence, addresses, len(rows)), said)
    return text.where(rows.is_whole, said)


def _sentence(sentence: str, addresses: dict[str, Text], count: int) -> Text:
    pieces: list[Text] = []
    for part in sentence.split("{"):
        name, brace, rest = part.partition("}")
        pieces += [addresses[name], text.literal(rest, count)] if brace else [text.literal(part, count)]
    return text.join(pieces)


def short(rows: HeaderRows) -> Text:
    """ARP, or the relative that the operation belongs to."""
    return text.named(rows.values("opcode"), SHORT, otherwise="ARP")


def _addresses(side: str, whose: str) -> tuple[Item, ...]:
    """The hardware and the protocol address of one side, each of the size that the header tells."""
    place = "synfin.arp.target" if side == "dst" else "synfin.arp.protocol"
    return (
        Field(
            f"{side}.hw",
            0,
            f"{whose} hardware address",
            Kind.BYTES,
            size_by="hw.size",
            when=(("synfin.arp.hardware", OTHER),),
        ),
        Field(
            f"{side}.hw_mac", 48, f"{whose} MAC address", Kind.ETHER, when=(("synfin.arp.hardware", KNOWN),)
        ),
        Field(
            f"{side}.proto",
            0,
            f"{whose} protocol address",
            Kind.BYTES,
            size_by="proto.size",
            when=((place, OTHER),),
        ),
        Field(f"{side}.proto_ipv4", 32, f"{whose} IP address", Kind.IPV4, when=((place, KNOWN),)),
    )


PROTOCOL = Protocol(
    name="arp",
    title="Address Resolution Protocol",
    reference="RFC 826",
    follows=(("ethertype", 0x0806), ("ethertype", 0x8035), ("gre.proto", 0x0806)),
    header_length=Length((("hw.size", 2), ("proto.size", 2)), bias=8),
    carries=False,
    short=short,
    summary=summary,
    info=info,
    fields=(
        Field("hw.type", 16, "Hardware type", names=HARDWARE_TYPES),
        Field("proto.type", 16, "Protocol type", Kind.HEX, names=ETHERTYPES),
        Field("hw.size", 8, "Hardware size"),
        Field("proto.size", 8, "Protocol size"),
        Field("opcode", 16, "Opcode", names=OPCODES),
        Computed("isgratuitous", "Is gratuitous", Kind.BOOLEAN, lambda rows: _true(names_itself(rows))),
        Computed("isprobe", "Is probe", Kind.BOOLEAN, lambda rows: _true(probes(rows))),
        Computed("isannouncement", "Is announcement", Kind.BOOLEAN, lambda rows: _true(announces(rows))),
        Computed(
            "synfin.arp.hardware", "Kind of hardware address", Kind.UINT, hardware, absolute=True, hidden=True
        ),
        Computed(
            "synfin.arp.protocol", "Kind of protocol address", Kind.UINT, protocol, absolute=True, hidden=True
        ),
        Computed(
            "synfin.arp.target", "Kind of target address", Kind.UINT, target, absolute=True, hidden=True
        ),
        *_addresses("src", "Sender"),
        *_addresses("dst", "Target"),
        Field(
            "dst.drarp_error_status",
            8,
            "DRARP error status",
            width=16,
            names=ERRORS,
            when=(("synfin.arp.target", STATUS),),
        ),
        Fact(
            "duplicate-address-detected",
            "Duplicate IP address configured",
            Kind.NONE,
            parts=(
                Fact("duplicate-address-frame", "Frame showing earlier use of IP address", Kind.FRAME),
                Fact("seconds-since-duplicate-address-frame", "Seconds since earlier frame seen", Kind.UINT),
            ),
        ),
        Fact("packet-storm-detected", "ARP packet storm detected", Kind.NONE),
    ),
    lessons={
        "hw.type": Lesson(
            Words(
                "What kind of link-layer address is asked about; 1 is Ethernet.",
                "询问的是哪种链路层地址；1 表示以太网。",
            ),
            "RFC 826",
        ),
        "proto.type": Lesson(
            Words(
                "What kind of network address is known; 0x0800 is IPv4.",
                "已知的是哪种网络层地址；0x0800 表示 IPv4。",
            ),
            "RFC 826",
            Words(
                "ARP itself is not carried in IP: it stands directly in the frame, so no IP filter finds it.",
                "ARP 本身不装在 IP 里，而是直接放在以太网帧中，所以按 IP 或 TCP 过滤都看不到它。",
            ),
        ),
        "hw.size": Lesson(
            Words("Length of the hardware addresses below.", "后面硬件地址的长度。"),
            "RFC 826",
            None,
            Words("bytes", "字节"),
        ),
        "proto.size": Lesson(
            Words("Length of the protocol addresses below.", "后面协议地址的长度。"),
            "RFC 826",
            None,
            Words("bytes", "字节"),
        ),
        "opcode": Lesson(
            Words(
                "1 asks who has an address (sent to everybody), 2 answers (sent to the one who asked). 3 "
                "and 4 are RARP, from a MAC to an IP address (RFC 903), long replaced by DHCP.",
                "1 是询问“谁有这个地址”（广播），2 是回答（只发给询问者）。3 和 4 属于 RARP，由 MAC 地址查"
                "IP 地址（RFC 903），早已被 DHCP 取代。",
            ),
            "RFC 826",
            Words(
                "Replies are not checked in any way: whoever answers first or last is believed.",
                "回答不经过任何验证，谁回答就信谁，这正是 ARP 欺骗的由来。",
            ),
        ),
        "src.hw_mac": Lesson(
            Words("The sender's own link-layer address.", "发送者自己的 MAC 地址。"), "RFC 826"
        ),
        "src.proto_ipv4": Lesson(
            Words(
                "The sender's own IP address; whoever hears it may note the pair.",
                "发送者自己的 IP 地址；听到的人可以顺便记下这一对应关系。",
            ),
            "RFC 826",
        ),
        "dst.hw_mac": Lesson(
            Words(
                "In a request still unknown: zeros. Not knowing it is why ARP comes before the first packet "
                "to a neighbour; the answer is remembered for a while.",
                "在请求中还不知道，填 0。正因为不知道，给邻居发第一个包之前才要先有 ARP；"
                "得到的回答会缓存一段时间。",
            ),
            "RFC 826",
            Words(
                "It is not the frame's destination: a request goes to ff:ff:ff:ff:ff:ff.",
                "它不是帧的目的地址：请求帧的目的地址是 ff:ff:ff:ff:ff:ff。",
            ),
        ),
        "dst.proto_ipv4": Lesson(
            Words("The IP address whose owner shall answer.", "想要询问的 IP 地址，由它的主人来回答。"),
            "RFC 826",
            Words(
                "For a host outside the own network the router's address is asked for.",
                "目标不在本网段时，询问的是路由器（网关）的地址。",
            ),
        ),
    },
)
