"""ICMPv6: echo and errors, neighbours and routers, listeners."""

from __future__ import annotations

import ipaddress

import pytest

from tests.packets import checksum, ethernet, udp
from tests.protocols.reading import lines, read, row, value

A, B, LINK = "2001:db8::1", "2001:db8::2", "fe80::1"
MAC = "0101 020000000001"


def packed(*addresses: str) -> str:
    return "".join(ipaddress.IPv6Address(address).packed.hex() for address in addresses)


def ipv6(payload: bytes, following: int, source: str, target: str) -> bytes:
    head = b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes((following, 255))
    return head + bytes.fromhex(packed(source, target)) + payload


def packet(octets: str, rest: bytes = b"", *, source: str = A, target: str = B) -> bytes:
    """A message with a good checksum, whatever is given at its place."""
    whole = bytes.fromhex(octets) + rest
    pseudo = bytes.fromhex(packed(source, target)) + len(whole).to_bytes(4, "big") + b"\0\0\0\x3a"
    good = checksum(pseudo + whole[:2] + b"\0\0" + whole[4:])
    return ethernet(ipv6(whole[:2] + good.to_bytes(2, "big") + whole[4:], 58, source, target), 0x86DD)


ORIGINAL = ipv6(udp(b"hello world!", ports=(40000, 33434)), 17, B, A)


def test_lines_of_an_echo_request() -> None:
    table = read(packet("8000 0000 1234 0001", b"ab"))
    assert lines(table, "icmpv6") == [
        "Internet Control Message Protocol v6",
        "    Type: Echo (ping) request (128)",
        "    Code: 0",
        f"    Checksum: {value(table, 'icmpv6.checksum')} [correct]",
        "    [Checksum Status: Good]",
        "    Identifier: 0x1234",
        "    Sequence: 1",
        "    Data (2 bytes)",
        "        Data: 6162",
        "        [Length: 2]",
    ]
    assert row(table)[2:] == ("ICMPv6", "Echo (ping) request id=0x1234, seq=1, hop limit=255")
    assert value(table, "synfin.checksum.icmpv6") == "good"


def test_the_checksum_covers_the_addresses() -> None:
    sent = bytearray(packet("8000 0000 1234 0001", b"ab"))
    sent[14 + 8 + 15] ^= 1  # another source
    table = read(bytes(sent))
    assert value(table, "icmpv6.checksum.status") == "0"
    assert value(table, "icmpv6.checksum_bad.expert") == "1"


@pytest.mark.parametrize(
    ("octets", "line", "info"),
    [
        (
            "0104 0000 00000000",
            "Code: 4 (Port unreachable)",
            "Destination Unreachable (Port unreachable)",
        ),
        ("0109 0000 00000000", "Code: 9 (Unknown)", "Destination Unreachable (Unknown)"),
        ("0200 0000 00000500", "MTU: 1280", "Packet Too Big"),
        (
            "0300 0000 00000000",
            "Reserved: 00000000",
            "Time Exceeded (hop limit exceeded in transit)",
        ),
        ("0401 0000 00000006", "Pointer: 6", "Parameter Problem (unrecognized Next Header type encountered)"),
        ("0404 0000 00000006", "Code: 4 (Unknown (4))", "Parameter Problem (Unknown (4))"),
    ],
)
def test_errors_bring_back_the_packet_they_are_about(octets: str, line: str, info: str) -> None:
    table = read(packet(octets, ORIGINAL))
    assert f"    {line}" in lines(table, "icmpv6")
    assert f"    Internet Protocol Version 6, Src: {B}, Dst: {A}" in lines(table, "icmpv6")
    assert value(table, "udp.dstport") == "33434"
    assert row(table) == (A, B, "ICMPv6", info)


def test_a_message_that_nobody_understands() -> None:
    table = read(packet("c800 0000", b"abc"))
    assert value(table, "icmpv6.data") == "616263"
    assert value(table, "icmpv6.undecoded.type") == "1"
    assert row(table)[3] == "Private experimentation"


class TestNeighbours:
    """RFC 4861."""

    def test_who_has_this_address(self) -> None:
        table = read(packet("8700 0000 00000000" + packed(B) + MAC, source=A, target="ff02::1:ff00:2"))
        assert lines(table, "icmpv6")[5:] == [
            "    Reserved: 00000000",
            "    Target Address: 2001:db8::2",
            "    ICMPv6 Option (Source link-layer address : 02:00:00:00:00:01)",
            "        Type: Source link-layer address (1)",
            "        Length: 1 (8 bytes)",
            "        Link-layer address: 02:00:00:00:00:01",
        ]
        assert row(table)[3] == "Neighbor Solicitation for 2001:db8::2 from 02:00:00:00:00:01"
        assert value(table, "icmpv6.opt.src_linkaddr") == "02:00:00:00:00:01"

    @pytest.mark.parametrize(
        ("flags", "words"),
        [("e0", "rtr, sol, ovr"), ("60", "sol, ovr"), ("20", "ovr"), ("80", "rtr"), ("00", "none")],
    )
    def test_it_is_here(self, flags: str, words: str) -> None:
        table = read(packet(f"8800 0000 {flags}000000" + packed(B) + "0201 020000000001"))
        assert row(table)[3] == f"Neighbor Advertisement 2001:db8::2 ({words}) is at 02:00:00:00:00:01"
        assert value(table, "icmpv6.nd.na.flag") == f"0x{flags}000000"

    def test_lines_of_the_flags(self) -> None:
        table = read(packet("8800 0000 60000000" + packed(B)))
        assert lines(table, "icmpv6")[5:10] == [
            "    Flags: 0x60000000, Solicited, Override",
            "        0... .... .... .... .... .... .... .... = Router: Not set",
            "        .1.. .... .... .... .... .... .... .... = Solicited: Set",
            "        ..1. .... .... .... .... .... .... .... = Override: Set",
            "        ...0 0000 0000 0000 0000 0000 0000 0000 = Reserved: 0",
        ]

    def test_routers_are_asked_for(self) -> None:
        table = read(packet("8500 0000 00000000" + MAC, source=LINK, target="ff02::2"))
        assert row(table)[3] == "Router Solicitation from 02:00:00:00:00:01"

    @pytest.mark.parametrize(
        ("option", "field", "expected"),
        [
            ("0304 40c0 00015180 00003840 00000000" + packed("2001:db8::"), "prefix", "2001:db8::"),
            ("0304 40c0 00015180 00003840 00000000" + packed("2001:db8::"), "prefix.flag.a", "1"),
            ("0304 40c0 00015180 00003840 00000000" + packed("2001:db8::"), "prefix.valid_lifetime", "86400"),
            ("0501 0000 000005dc", "mtu", "1500"),
            (
                "1905 0000 00000258" + packed("2001:db8::53", "2001:db8::54"),
                "rdnss",
                "2001:db8::53,2001:db8::54",
            ),
            ("1f03 0000 00000258 07 6578616d706c65 03 636f6d 00 000000", "dnssl", "example.com"),
            ("1802 3018 00000708 20010db800010000", "prefix", "2001:db8:1::"),
            ("1802 3018 00000708 20010db800010000", "route_info.flag.route_preference", "3"),
            ("1a01 8000 00000000", "efo", "0x8000"),
            ("2602 1e00 0064ff9b0000000000000000", "pref64.prefix", "64:ff9b::"),
            ("2602 1e00 0064ff9b0000000000000000", "pref64.scaled_lifetime", "960"),
            ("2502 687474703a2f2f78 000000000000", "captive_portal", "http://x"),
            ("0e01 010203040506", "nonce", "010203040506"),
            ("0102 0102030405060708 000000000000", "src_linkaddr_eui64", "01:02:03:04:05:06:07:08"),
        ],
    )
    def test_options_of_a_router(self, option: str, field: str, expected: str) -> None:
        table = read(packet("8600 0000 40c0 0708 00007530 000003e8" + option, source=LINK, target="ff02::1"))
        assert value(table, f"icmpv6.opt.{field}") == expected
        assert value(table, "icmpv6.nd.ra.router_lifetime") == "1800"

    @pytest.mark.parametrize(
        ("option", "line"),
        [
            ("0501 0000 000005dc", "ICMPv6 Option (MTU : 1500)"),
            (
                "0304 40c0 00015180 00003840 00000000" + packed("2001:db8::"),
                "ICMPv6 Option (Prefix information : 2001:db8::/64)",
            ),
            ("1801 0008 00000708", "ICMPv6 Option (Route Information : High ::/0)"),
            (
                "1f03 0000 00000258 07 6578616d706c65 03 636f6d 00 000000",
                "ICMPv6 Option (DNS Search List Option example.com)",
            ),
            ("6301 616263646566", "ICMPv6 Option (Unknown 99)"),
        ],
    )
    def test_lines_of_options(self, option: str, line: str) -> None:
        table = read(packet("8600 0000 4000 0708 00000000 00000000" + option))
        assert f"    {line}" in lines(table, "icmpv6")

    def test_an_option_without_length_ends_the_list(self) -> None:
        table = read(packet("8600 0000 4000 0708 00000000 00000000" + "0500 0000 00000000" + MAC))
        assert value(table, "icmpv6.opt.type") == "5"
        assert value(table, "icmpv6.invalid_option_length") == "1"

    def test_a_better_way(self) -> None:
        table = read(packet("8900 0000 00000000" + packed("fe80::9", "2001:db8:5::1")))
        assert value(table, "icmpv6.nd.rd.target_address") == "fe80::9"
        assert value(table, "icmpv6.rd.na.destination_address") == "2001:db8:5::1"


class TestListeners:
    """RFC 2710 and RFC 3810."""

    def test_a_query_of_version_1(self) -> None:
        table = read(packet("8200 0000 2710 0000" + packed("ff05::1:3")))
        assert value(table, "icmpv6.mld.maximum_response_delay") == "10000"
        assert value(table, "icmpv6.mld.multicast_address") == "ff05::1:3"
        assert value(table, "icmpv6.mld.qqi") == ""

    @pytest.mark.parametrize(
        ("code", "delay"), [("2710", "10000"), ("7fff", "32767"), ("8000", "32768"), ("9fff", "131056")]
    )
    def test_a_query_of_version_2(self, code: str, delay: str) -> None:
        octets = f"8200 0000 {code} 0000" + packed("ff05::1:3") + "0a8a 0002" + packed(A, B)
        table = read(packet(octets))
        assert value(table, "icmpv6.mld.maximum_response_code") == delay
        assert value(table, "icmpv6.mld.qqi") == "208"
        assert value(table, "icmpv6.mld.flag.s") == "1"
        assert value(table, "icmpv6.mld.source_address") == f"{A},{B}"

    def test_reports(self) -> None:
        records = "0400 0000" + packed("ff02::1:ff00:1") + "0101 0001" + packed("ff05::1", A) + "61757861"
        table = read(packet("8f00 0000 0000 0002" + records))
        assert lines(table, "icmpv6")[5:] == [
            "    Reserved: 0000",
            "    Number of Multicast Address Records: 2",
            "    Multicast Address Record Changed to exclude: ff02::1:ff00:1",
            "        Record Type: Changed to exclude (4)",
            "        Aux Data Len: 0",
            "        Number of Sources: 0",
            "        Multicast Address: ff02::1:ff00:1",
            "    Multicast Address Record Include: ff05::1",
            "        Record Type: Include (1)",
            "        Aux Data Len: 1",
            "        Number of Sources: 1",
            "        Multicast Address: ff05::1",
            "        Source Address: 2001:db8::1",
            "        Auxiliary Data: 61757861",
        ]
