"""DNS: names that are compressed, records of many types, messages that lie."""

from __future__ import annotations

import struct

import pytest

from tests.packets import ethernet, ipv4
from tests.protocols.reading import lines, read, row, value

OWNER = b"\xc0\x0c"
"""A pointer to the name of the question."""


def name(text: str) -> bytes:
    """A domain name, uncompressed."""
    labels = [label.encode() for label in text.split(".")] if text else []
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def question(text: str, kind: int, family: int = 1) -> bytes:
    return name(text) + struct.pack(">HH", kind, family)


def record(owner: bytes, kind: int, data: bytes, family: int = 1, ttl: int = 300) -> bytes:
    return owner + struct.pack(">HHIH", kind, family, ttl, len(data)) + data


def message(flags: int, *sections: list[bytes]) -> bytes:
    """Header and sections; identification 0x0102."""
    counts = [len(section) for section in sections] + [0] * (4 - len(sections))
    return struct.pack(">6H", 0x0102, flags, *counts) + b"".join(
        one for section in sections for one in section
    )


def datagram(content: bytes, port: int = 53) -> bytes:
    answers = bool(content[2] & 0x80) if len(content) > 2 else False
    ports = (port, 40000) if answers else (40000, port)
    return ethernet(ipv4(struct.pack(">HHHH", *ports, 8 + len(content), 0) + content, 17))


ANSWER = message(
    0x8180,
    [question("www.example.com", 1)],
    [
        record(OWNER, 5, name("a.example.net")),
        record(name("a.example.net"), 1, bytes((192, 0, 2, 1)), ttl=86461),
    ],
)


def test_a_question() -> None:
    table = read(datagram(message(0x0100, [question("www.example.com", 1)])))
    assert row(table)[2:] == ("DNS", "Standard query 0x0102 A www.example.com")
    assert value(table, "frame.protocols") == "eth:ethertype:ip:udp:dns"
    assert lines(table, "dns") == [
        "Domain Name System (query)",
        "    Transaction ID: 0x0102",
        "    Flags: 0x0100 Standard query",
        "        0... .... .... .... = Response: Message is a query",
        "        .000 0... .... .... = Opcode: Standard query (0)",
        "        .... ..0. .... .... = Truncated: Message is not truncated",
        "        .... ...1 .... .... = Recursion desired: Do query recursively",
        "        .... .... .0.. .... = Z: reserved (0)",
        "        .... .... ...0 .... = Non-authenticated data: Unacceptable",
        "    Questions: 1",
        "    Answer RRs: 0",
        "    Authority RRs: 0",
        "    Additional RRs: 0",
        "    Queries",
        "        www.example.com: type A, class IN",
        "            Name: www.example.com",
        "            [Name Length: 15]",
        "            [Label Count: 3]",
        "            Type: A (Host Address) (1)",
        "            Class: IN (0x0001)",
    ]


def test_an_answer_whose_names_are_compressed() -> None:
    table = read(datagram(ANSWER))
    info = "Standard query response 0x0102 A www.example.com CNAME a.example.net A 192.0.2.1"
    assert row(table)[3] == info
    assert value(table, "dns.resp.name") == "www.example.com,a.example.net"
    assert value(table, "dns.cname") == "a.example.net"
    assert lines(table, "dns")[-7:] == [
        "        a.example.net: type A, class IN, addr 192.0.2.1",
        "            Name: a.example.net",
        "            Type: A (Host Address) (1)",
        "            Class: IN (0x0001)",
        "            Time to live: 86461 (1 day, 1 minute, 1 second)",
        "            Data length: 4",
        "            Address: 192.0.2.1",
    ]


@pytest.mark.parametrize(
    ("kind", "data", "told", "field", "text"),
    [
        (28, bytes(15) + b"\1", "AAAA ::1", "dns.aaaa", "::1"),
        (2, name("ns.test"), "NS ns.test", "dns.ns", "ns.test"),
        (12, name("host.test"), "PTR host.test", "dns.ptr.domain_name", "host.test"),
        (15, b"\0\x0a" + name("mx.test"), "MX 10 mx.test", "dns.mx.mail_exchange", "mx.test"),
        (16, b"\x05hello\x02ab", "TXT", "dns.txt", "hello,ab"),
        (33, b"\0\1\0\2\1\xbb" + name("s.test"), "SRV 1 2 443 s.test", "dns.srv.port", "443"),
        (6, name("m.test") + name("r.test") + bytes(20), "SOA m.test", "dns.soa.rname", "r.test"),
        (257, b"\x80\x05issueca.test", "CAA", "dns.caa.value", "ca.test"),
        (43, b"\x12\x34\x08\x02\xab", "DS", "dns.ds.digest", "ab"),
        (48, b"\x01\x01\x03\x08" + bytes(range(40)), "DNSKEY", "dns.dnskey.key_id", "33178"),
        (47, name("n.test") + b"\0\1\x40", "NSEC n.test", "dns.resp.type", "47,1"),
        (65, b"\0\1\0\0\1\0\6\2h2\2h3", "HTTPS", "dns.svcb.svcparam.alpn", "h2,h3"),
        (64, b"\0\1\0\0\4\0\4\1\1\1\1", "SVCB", "dns.svcb.svcparam.ipv4hint.ip", "1.1.1.1"),
        (46, bytes(18) + name("z.test") + b"\xff", "RRSIG", "dns.rrsig.signers_name", "z.test"),
        (65280, b"abc", "Unknown (65280)", "dns.data", "616263"),
    ],
)
def test_records(kind: int, data: bytes, told: str, field: str, text: str) -> None:
    table = read(datagram(message(0x8180, [question("q.test", 1)], [record(OWNER, kind, data)])))
    assert row(table)[3] == f"Standard query response 0x0102 A q.test {told}"
    assert value(table, field) == text


def test_extensions() -> None:
    cookie = struct.pack(">HH", 10, 8) + bytes(range(8))
    table = read(
        datagram(message(0x0120, [question("q.test", 1)], [], [], [record(b"\0", 41, cookie, 1232, 0x8000)]))
    )
    assert row(table)[3] == "Standard query 0x0102 A q.test OPT"
    assert lines(table, "dns")[-16:] == [
        "        <Root>: type OPT",
        "            Name: <Root>",
        "            Type: OPT (41)",
        "            UDP payload size: 1232",
        "            Higher bits in extended RCODE: 0x00",
        "            EDNS0 version: 0",
        "            Z: 0x8000",
        "                1... .... .... .... = DO bit: Accepts DNSSEC security RRs",
        "                .000 0000 0000 0000 = Reserved: 0x0000",
        "            Data length: 12",
        "            Option: COOKIE",
        "                Option Code: COOKIE (10)",
        "                Option Length: 8",
        "                Option Data: 0001020304050607",
        "                Client Cookie: 0001020304050607",
        "                Server Cookie: <MISSING>",
    ]
    assert value(table, "dns.flags.authenticated") == "1"


def test_no_such_name() -> None:
    assert row(read(datagram(message(0x8183, [question("q.test", 1)]))))[3] == (
        "Standard query response 0x0102 No such name A q.test"
    )


def test_an_update_names_its_sections_otherwise() -> None:
    table = read(datagram(message(0x2800, [question("test", 6)], [], [record(name("h.test"), 1, bytes(4))])))
    assert row(table)[3] == "Dynamic update 0x0102 SOA test A 0.0.0.0"
    assert value(table, "dns.count.zones") == "1"
    assert value(table, "dns.count.queries") == ""
    assert "    Updates" in lines(table, "dns")


def test_by_multicast_the_first_bit_of_the_class_is_a_flag() -> None:
    table = read(datagram(message(0, [question("_http._tcp.local", 12, 0x8001)]), 5353))
    assert row(table)[2:] == ("MDNS", 'Standard query 0x0102 PTR _http._tcp.local, "QU" question')
    assert value(table, "dns.qry.qu") == "1"
    assert lines(table, "mdns")[0] == "Multicast Domain Name System (query)"
    table = read(datagram(message(0x8400, [], [record(name("h.local"), 1, bytes(4), 0x8001)]), 5353))
    assert row(table)[3] == "Standard query response 0x0102 A, cache flush 0.0.0.0"


def test_link_local_names_have_other_flags() -> None:
    table = read(datagram(message(0x0700, [question("wpad", 28)]), 5355))
    assert row(table)[2:] == ("LLMNR", "Standard query 0x0102 AAAA wpad")
    assert value(table, "dns.flags.conflict") == "1"
    assert value(table, "dns.flags.recdesired") == ""


def test_over_tcp_a_length_comes_first() -> None:
    segment = struct.pack(">HHIIBBHHH", 40000, 53, 1, 1, 0x50, 0x18, 1000, 0, 0)
    table = read(ethernet(ipv4(segment + struct.pack(">H", len(ANSWER)) + ANSWER, 6)))
    assert value(table, "dns.length") == str(len(ANSWER))
    assert value(table, "dns.a") == "192.0.2.1"
    assert value(table, "frame.protocols") == "eth:ethertype:ip:tcp:dns"
    assert lines(table, "dns")[:3] == [
        "Domain Name System (response)",
        f"    Length: {len(ANSWER)}",
        "    Transaction ID: 0x0102",
    ]
    without = read(ethernet(ipv4(segment, 6)))
    assert value(without, "frame.protocols") == "eth:ethertype:ip:tcp"


def test_a_message_over_tcp_that_goes_on_in_the_next_segment_is_not_malformed() -> None:
    segment = struct.pack(">HHIIBBHHH", 40000, 53, 1, 1, 0x50, 0x18, 1000, 0, 0)
    table = read(ethernet(ipv4(segment + struct.pack(">H", len(ANSWER)) + ANSWER[:-6], 6)))
    assert value(table, "dns.incomplete") == ""
    assert "Malformed" not in row(table)[3]


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\xc0\x0c", "<Name contains a pointer that loops>"),
        (b"\x01a\xc0\x0c", "<Name contains a pointer that loops>"),
        (b"\xc0\xff", "www"),
        (b"\0", "<Root>"),
    ],
)
def test_pointers_that_lead_nowhere(octets: bytes, text: str) -> None:
    broken = message(0x0100, [octets + b"\0\1\0\1"])
    table = read(datagram(broken))
    assert value(table, "dns.qry.name") == (text if text != "www" else "")


@pytest.mark.parametrize("kept", range(12, 60))
def test_cut_messages_are_shown_as_far_as_they_go(kept: int) -> None:
    table = read(datagram(ANSWER[:kept]))
    assert value(table, "dns.id") == "0x0102"
    assert value(table, "dns.incomplete") == "1"
    assert row(table)[3].endswith("[Malformed Packet]")
    assert lines(table, "dns")[0] == "Domain Name System (response)"


def test_many_records_in_a_message_that_has_no_room_for_them() -> None:
    lying = struct.pack(">6H", 1, 0x8180, 65535, 65535, 65535, 65535) + b"\0\0\1\0\1" * 8
    table = read(datagram(lying))
    assert value(table, "dns.qry.name").count("<Root>") == 8


def test_bytes_behind_the_last_record() -> None:
    table = read(datagram(message(0x0100, [question("q.test", 1)]) + b"extra"))
    assert lines(table, "dns")[-3:] == [
        "    Extraneous Data (5 bytes)",
        "        Extraneous Data Bytes: 6578747261",
        "        [Extraneous Data Length: 5]",
    ]


def test_over_ipv6() -> None:
    content = message(0x0100, [question("q.test", 28)])
    head = struct.pack(">IHBB", 6 << 28, 8 + len(content), 17, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
    inside = struct.pack(">HHHH", 40000, 53, 8 + len(content), 1) + content
    table = read(ethernet(head + inside, 0x86DD))
    assert row(table)[2:] == ("DNS", "Standard query 0x0102 AAAA q.test")
