"""GRE, MPLS, VXLAN and the configuration test protocol: packets inside packets."""

from __future__ import annotations

import pytest

from tests.packets import checksum, ethernet, ipv4, tcp, udp
from tests.protocols.reading import lines, read, row, value

PACKET = ipv4(b"abcd", proto=253)


def gre(octets: str, payload: bytes = PACKET) -> bytes:
    return ethernet(ipv4(bytes.fromhex(octets) + payload, proto=47))


def test_lines_of_gre() -> None:
    assert lines(read(gre("30000800 00000063 00000007")), "gre") == [
        "Generic Routing Encapsulation (IP)",
        "    Flags and Version: 0x3000",
        "        0... .... .... .... = Checksum Bit: No",
        "        .0.. .... .... .... = Routing Bit: No",
        "        ..1. .... .... .... = Key Bit: Yes",
        "        ...1 .... .... .... = Sequence Number Bit: Yes",
        "        .... 0... .... .... = Strict Source Route Bit: No",
        "        .... .000 .... .... = Recursion control: 0",
        "        .... .... 0000 0... = Flags (Reserved): 0",
        "        .... .... .... .000 = Version: GRE (0)",
        "    Protocol Type: IP (0x0800)",
        "    Key: 0x00000063",
        "    Sequence Number: 7",
    ]


@pytest.mark.parametrize(
    ("octets", "fields"),
    [
        ("00000800", {"key": "", "sequence_number": "", "checksum": ""}),
        ("20000800 00000063", {"key": "0x00000063", "sequence_number": ""}),
        ("10000800 00000007", {"key": "", "sequence_number": "7"}),
        (
            "b0000800 1234 0000 00000063 00000007",
            {"checksum": "0x1234", "offset": "0", "sequence_number": "7"},
        ),
        (
            "3081880b 0004 0063 00000007 00000006 0021",
            {"key": "", "key.payload_length": "4", "key.call_id": "99", "ack_number": "6", "flags.ack": "1"},
        ),
    ],
)
def test_optional_fields_of_gre(octets: str, fields: dict[str, str]) -> None:
    table = read(gre(octets))
    assert {name: value(table, f"gre.{name}") for name in fields} == fields
    assert value(table, "ip.src") == "192.0.2.10,192.0.2.10"


def test_checksums_of_gre() -> None:
    head = bytes.fromhex("80000800 00000000")
    right = checksum(head + PACKET)
    good = read(gre("80000800" + right.to_bytes(2, "big").hex() + "0000"))
    assert f"    Checksum: 0x{right:04x} [correct]" in lines(good, "gre")
    assert value(good, "gre.checksum.status") == "1"
    bad = read(gre("80000800 0001 0000"))
    assert f"    Checksum: 0x0001 incorrect, should be 0x{right:04x}" in lines(bad, "gre")
    assert (
        f"        [Expert Info (Warning/Protocol): Incorrect GRE Checksum [should be 0x{right:04x}]]"
        in lines(bad, "gre")
    )
    assert (value(bad, "gre.checksum.status"), value(bad, "gre.checksum.incorrect")) == ("0", "1")
    packet = gre("80000800 0001 0000")
    cut = read(packet[:50], length=len(packet))
    assert value(cut, "gre.checksum.status") == "2"


def test_what_gre_carries() -> None:
    assert value(read(gre("00006558", ethernet(PACKET))), "frame.protocols") == (
        "eth:ethertype:ip:gre:eth:ethertype:ip:data"
    )
    table = read(gre("00001234", b"?"))
    assert row(table)[2:] == ("GRE", "Encapsulated 0x1234 (unknown)")
    assert lines(table, "gre")[0] == "Generic Routing Encapsulation (0x1234 - unknown)"


def labels(*stack: tuple[int, int, int]) -> bytes:
    entries = [
        ((label << 12) | (exp << 9) | ((at == len(stack) - 1) << 8) | ttl).to_bytes(4, "big")
        for at, (label, exp, ttl) in enumerate(stack)
    ]
    return b"".join(entries)


def test_lines_of_a_label_stack() -> None:
    table = read(ethernet(labels((16, 5, 3), (0, 7, 255)) + PACKET, kind=0x8847))
    assert lines(table, "mpls") + lines(table, "mpls.stacked") == [
        "MultiProtocol Label Switching Header, Label: 16, Exp: 5, S: 0, TTL: 3",
        "    0000 0000 0000 0001 0000 .... .... .... = MPLS Label: 16 (0x00010)",
        "    .... .... .... .... .... 101. .... .... = MPLS Experimental Bits: 5",
        "    .... .... .... .... .... ...0 .... .... = MPLS Bottom Of Label Stack: 0",
        "    .... .... .... .... .... .... 0000 0011 = MPLS TTL: 3",
        "MultiProtocol Label Switching Header, Label: 0 (IPv4 Explicit-Null), Exp: 7, S: 1, TTL: 255",
        "    0000 0000 0000 0000 0000 .... .... .... = MPLS Label: IPv4 Explicit-Null (0)",
        "    .... .... .... .... .... 111. .... .... = MPLS Experimental Bits: 7",
        "    .... .... .... .... .... ...1 .... .... = MPLS Bottom Of Label Stack: 1",
        "    .... .... .... .... .... .... 1111 1111 = MPLS TTL: 255",
    ]
    assert value(table, "mpls.label") == "16,0"
    assert value(table, "frame.protocols") == "eth:ethertype:mpls:ip:data"


def test_ethernet_looks_for_padding_behind_labels() -> None:
    table = read(ethernet(labels((16, 0, 64)) + ipv4(b"") + bytes(22), kind=0x8847))
    assert value(table, "eth.padding") == "00" * 22


def test_a_label_before_nothing_known() -> None:
    table = read(ethernet(labels((16, 0, 64)) + b"\x75" * 20, kind=0x8847))
    assert row(table)[2:] == ("MPLS", "MPLS Label Switched Packet")
    assert value(table, "data.len") == "20"


def vxlan(octets: str, payload: bytes) -> bytes:
    return ethernet(ipv4(udp(bytes.fromhex(octets) + payload, ports=(5555, 4789)), proto=17))


def test_lines_of_vxlan() -> None:
    table = read(vxlan("ffff ffff ffffff ff", ethernet(PACKET)))
    assert lines(table, "vxlan") == [
        "Virtual eXtensible Local Area Network",
        "    Flags: 0xffff, GBP Extension, VXLAN Network ID (VNI), Don't Learn, Policy Applied",
        "        1... .... .... .... = GBP Extension: Defined",
        "        .... 1... .... .... = VXLAN Network ID (VNI): True",
        "        .... .... .1.. .... = Don't Learn: True",
        "        .... .... .... 1... = Policy Applied: True",
        "        .111 .111 1.11 .111 = Reserved(R): 0x77b7",
        "    Group Policy ID: 65535",
        "    VXLAN Network Identifier (VNI): 16777215",
        "    Reserved: 255",
    ]
    assert value(table, "frame.protocols") == "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:data"


def test_a_frame_in_vxlan_has_a_trailer_but_no_padding_and_no_check_sequence() -> None:
    table = read(vxlan("0800 0000 00007b 00", ethernet(PACKET) + bytes(30)))
    assert value(table, "vxlan.vni") == "123"
    assert value(table, "eth.trailer") == "00" * 30
    assert value(table, "eth.padding") == value(table, "eth.fcs") == ""


@pytest.mark.parametrize(
    ("octets", "info", "fields"),
    [
        ("0000 0100 0500", "Reply", {"function": "1", "relevant_function": "1", "receipt_number": "5"}),
        ("0000 0200 aabbccddeeff", "Forward Data", {"forwarding_address": "aa:bb:cc:dd:ee:ff"}),
        ("0800 0000", "No valid function found", {"skipcount": "8", "relevant_function": ""}),
        ("0000 0900", "Unknown function (9)", {"function": "9"}),
    ],
)
def test_the_configuration_test_protocol(octets: str, info: str, fields: dict[str, str]) -> None:
    table = read(ethernet(bytes.fromhex(octets) + bytes(30), kind=0x9000))
    assert row(table)[2:] == ("LOOP", info)
    assert {name: value(table, f"loop.{name}") for name in fields} == fields
    assert value(table, "data.len") == "30"


@pytest.mark.parametrize(
    "packet",
    [gre("b0000800 1234 0000 00000063 00000007"), ethernet(labels((16, 0, 64)) + ipv4(tcp()), kind=0x8847)],
)
def test_headers_cut_anywhere(packet: bytes) -> None:
    for length in range(14, len(packet)):
        table = read(packet[:length], length=len(packet))
        assert value(table, "eth.type")
        assert lines(table, "frame")
