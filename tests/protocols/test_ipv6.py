"""IPv6: the header, the chain of headers behind it, and what addresses tell."""

from __future__ import annotations

import ipaddress

import pytest

from tests.packets import ethernet, udp
from tests.protocols.reading import lines, read, row, value

A, B = "2001:db8::1", "2001:db8::2"
UDP = udp(b"hello", ports=(50001, 50002))


def packet(
    following: int,
    payload: bytes,
    *,
    source: str = A,
    target: str = B,
    first: int = 0x60000000,
    length: int = -1,
) -> bytes:
    size = len(payload) if length < 0 else length
    addresses = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(target).packed
    head = first.to_bytes(4, "big") + size.to_bytes(2, "big") + bytes((following, 64)) + addresses
    return ethernet(head + payload, 0x86DD)


def extension(following: int, octets: str) -> bytes:
    """An extension header with its length in units of 8 bytes."""
    body = bytes.fromhex(octets)
    body += bytes(-(len(body) + 2) % 8)
    return bytes((following, (len(body) + 2) // 8 - 1)) + body


def test_lines_of_a_header() -> None:
    assert lines(read(packet(17, UDP, first=0x6B812345)), "ipv6") == [
        "Internet Protocol Version 6, Src: 2001:db8::1, Dst: 2001:db8::2",
        "    0110 .... = Version: 6",
        "    .... 1011 1000 .... .... .... .... .... = Traffic Class: 0xb8 (DSCP: EF PHB, ECN: Not-ECT)",
        "        .... 1011 10.. .... .... .... .... .... = Differentiated Services Codepoint: "
        "Expedited Forwarding (46)",
        "        .... .... ..00 .... .... .... .... .... = Explicit Congestion Notification: "
        "Not ECN-Capable Transport (0)",
        "    .... 0001 0010 0011 0100 0101 = Flow Label: 0x12345",
        "    Payload Length: 13",
        "    Next Header: UDP (17)",
        "    Hop Limit: 64",
        "    Source Address: 2001:db8::1",
        "    Destination Address: 2001:db8::2",
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ipv6.version", "6"),
        ("ip.version", "6"),
        ("ipv6.tclass", "0x000000b8"),
        ("ipv6.tclass.dscp", "46"),
        ("ipv6.flow", "0x012345"),
        ("ipv6.plen", "13"),
        ("ipv6.nxt", "17"),
        ("ipv6.hlim", "64"),
        ("ipv6.addr", f"{A},{B}"),
        ("ipv6.host", f"{A},{B}"),
        ("udp.dstport", "50002"),
    ],
)
def test_fields(field: str, expected: str) -> None:
    assert value(read(packet(17, UDP, first=0x6B812345)), field) == expected


@pytest.mark.parametrize(
    ("address", "field", "expected"),
    [
        ("fe80::211:22ff:fe33:4455", "slaac_mac", "00:11:22:33:44:55"),
        ("2002:c000:204::1", "6to4_gw_ipv4", "192.0.2.4"),
        ("2002:c000:204:7::1", "6to4_sla_id", "7"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "ts_ipv4", "65.54.227.120"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "tc_port", "40000"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "tc_ipv4", "192.0.2.45"),
        ("fe80::5efe:c000:201", "isatap_ipv4", "192.0.2.1"),
        ("64:ff9b::c000:201", "embed_ipv4", "192.0.2.1"),
    ],
)
def test_what_addresses_tell(address: str, field: str, expected: str) -> None:
    table = read(packet(17, UDP, source=address))
    assert value(table, f"ipv6.src_{field}") == value(table, f"ipv6.{field}") == expected
    assert value(table, f"ipv6.dst_{field}") == ""


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "2001:db8:1::", "::ffff:1.2.3.4", "::1.2.3.4", "1:0:2::3", "0:1::", "1:2:3:4:5:6:7:8"],
)
def test_addresses_are_written_in_their_canonical_form(address: str) -> None:
    assert value(read(packet(17, UDP, target=address)), "ipv6.dst") == address


def test_lengths_that_do_not_fit() -> None:
    table = read(packet(17, UDP, length=100))
    assert (
        "        [Expert Info (Warning/Protocol): IPv6 payload length exceeds framing length (13 bytes)]"
        in lines(table, "ipv6")
    )
    assert value(read(packet(17, UDP, length=0)), "ipv6.plen_zero") == "1"


def test_what_nobody_understands_is_named() -> None:
    assert row(read(packet(253, bytes(8))))[2:] == ("IPv6", "Unknown IP Protocol: Unknown (253)")
    assert row(read(packet(59, b"")))[3] == "IPv6 no next header"


def test_hop_by_hop_options_stand_below_the_header() -> None:
    table = read(packet(0, extension(17, "05020000 0100") + UDP))
    shown = lines(table, "ipv6")
    assert shown[shown.index("    IPv6 Hop-by-Hop Option") :] == [
        "    IPv6 Hop-by-Hop Option",
        "        Next Header: UDP (17)",
        "        Length: 0",
        "        [Length: 8 bytes]",
        "        Router Alert",
        "            Type: Router Alert (0x05)",
        "                00.. .... = Action: Skip and continue (0)",
        "                ..0. .... = May Change: No",
        "                ...0 0101 = Low-Order Bits: 0x05",
        "            Length: 2",
        "            Router Alert: MLD (0)",
        "        PadN",
        "            Type: PadN (0x01)",
        "                00.. .... = Action: Skip and continue (0)",
        "                ..0. .... = May Change: No",
        "                ...0 0001 = Low-Order Bits: 0x01",
        "            Length: 0",
        "            PadN: <none>",
    ]
    assert value(table, "ipv6.opt") == "1,1"
    assert value(table, "udp.srcport") == "50001"


@pytest.mark.parametrize(
    ("header", "option", "field", "expected"),
    [
        (0, "c204 00011170", "ipv6.opt.jumbo", "70000"),
        (0, "2606 0740 11223344", "ipv6.opt.qs_ttl_diff", "0"),
        (0, "6304 e0010203", "ipv6.opt.rpl.flag", "0xe0"),
        (0, "0708 00000001 0005 1234", "ipv6.opt.calipso.cmpt_bitmap", "<MISSING>"),
        (0, "0803 a1b2c3", "ipv6.opt.smf_dpd.hav", "a1b2c3"),
        (0, "6d03 616263", "ipv6.opt.mpl.sequence", "0x62"),
        (0, "ee03 123456", "ipv6.opt.dff.sequence_number", "13398"),
        (0, "3004 05dc 05dd", "ipv6.opt.pmtu.min", "1500"),
        (0, "9903 616263", "ipv6.opt.unknown", "616263"),
        (0, "1e02 6162", "ipv6.opt.experimental", "6162"),
        (60, "0401 05", "ipv6.opt.tel", "5"),
        (60, "c910 20010db8000000000000000000000001", "ipv6.opt.mipv6.home_address", "2001:db8::1"),
        (60, "8b02 1234", "ipv6.opt.ilnp_nonce", "1234"),
        (60, "0f0a 1234 5678 0001 0002 0304", "ipv6.opt.pdm.psn_this_pkt", "22136"),
        (60, "05020000", "ipv6.opt.header_mismatch", "1"),
    ],
)
def test_options(header: int, option: str, field: str, expected: str) -> None:
    assert value(read(packet(header, extension(17, option) + UDP)), field) == expected


def test_hop_by_hop_options_belong_first() -> None:
    chain = extension(0, "010400000000") + extension(17, "010400000000") + UDP
    assert value(read(packet(60, chain)), "ipv6.hopopts.not_first") == "1"


@pytest.mark.parametrize(
    ("octets", "summary", "field", "expected"),
    [
        (
            "0002 00000000" + "20010db800000000000000000000000a" + "20010db800000000000000000000000b",
            "Source Route",
            "ipv6.routing.src.addr",
            "2001:db8::a,2001:db8::b",
        ),
        (
            "0201 00000000" + "20010db800000000000000000000000a",
            "Type 2 Routing",
            "ipv6.routing.mipv6.home_address",
            "2001:db8::a",
        ),
        (
            "0401 01001234" + "20010db800000000000000000000000b" + "20010db800000000000000000000000a",
            "Segment Routing",
            "ipv6.routing.srh.addr",
            "2001:db8::b,2001:db8::a",
        ),
        ("0302 ee400000 000a000b00000000", "RPL Source Route", "ipv6.routing.rpl.addr_count", "2"),
        ("fd01 01020304", "Experiment 1", "ipv6.routing.unknown_data", "01020304"),
    ],
)
def test_routing_headers(octets: str, summary: str, field: str, expected: str) -> None:
    table = read(packet(43, extension(17, octets) + UDP))
    assert f"    Routing Header for IPv6 ({summary})" in lines(table, "ipv6")
    assert value(table, field) == expected
    assert value(table, "udp.srcport") == "50001"


def test_the_routing_header_that_is_forbidden_says_so() -> None:
    table = read(packet(43, extension(17, "0003 00000000" + "20010db800000000000000000000000a") + UDP))
    assert value(table, "ipv6.routing.deprecated") == value(table, "ipv6.routing.invalid_segleft") == "1"


@pytest.mark.parametrize(
    ("octets", "info"),
    [
        ("1100 0011 00000012", "IPv6 fragment (off=16 more=y ident=0x00000012 nxt=17)"),
        ("1100 0001 00000012", "IPv6 fragment (off=0 more=y ident=0x00000012 nxt=17)"),
        ("1100 0320 00000012", "IPv6 fragment (off=800 more=n ident=0x00000012 nxt=17)"),
    ],
)
def test_a_fragment_is_recognised_and_not_read_further(octets: str, info: str) -> None:
    table = read(packet(44, bytes.fromhex(octets) + UDP))
    assert row(table)[2:] == ("IPv6", info)
    assert not len(table.layer("udp"))


def test_a_fragment_header_around_a_whole_packet_hides_nothing() -> None:
    table = read(packet(44, bytes.fromhex("1100 0000 deadbeef") + UDP))
    assert value(table, "ipv6.fraghdr.ident") == "0xdeadbeef"
    assert value(table, "udp.srcport") == "50001"


def test_what_is_authenticated_can_be_read() -> None:
    table = read(packet(51, bytes.fromhex("1104 0000 00000100 00000005") + b"\x11" * 12 + UDP))
    assert lines(table, "ipv6")[-7:] == [
        "    Authentication Header",
        "        Next header: UDP (17)",
        "        Length: 4 (24 bytes)",
        "        Reserved: 0000",
        "        AH SPI: 0x00000100",
        "        AH Sequence: 5",
        "        AH ICV: 111111111111111111111111",
    ]
    assert value(table, "udp.srcport") == "50001"


def test_what_is_encrypted_cannot() -> None:
    table = read(packet(50, bytes.fromhex("00001234 00000007") + bytes(32)))
    assert lines(table, "esp") == [
        "Encapsulating Security Payload",
        "    ESP SPI: 0x00001234 (4660)",
        "    ESP Sequence: 7",
    ]
    assert row(table)[2:] == ("ESP", "ESP (SPI=0x00001234)")
    assert not len(table.layer("data"))
