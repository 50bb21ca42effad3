"""ARP: who has which address; requests, replies, and packets about oneself."""

from __future__ import annotations

import pytest

from tests.packets import ethernet
from tests.protocols.reading import lines, read, row, value

A, B = "0a000001", "0a000002"
MAC, OTHER, ZEROS = "001122334455", "aabbccddeeff", "000000000000"


def arp(
    operation: int, sender: str = MAC + A, target: str = OTHER + B, head: str = "0001080006040000"
) -> bytes:
    fixed = bytes.fromhex(head)[:6] + operation.to_bytes(2, "big")
    return ethernet(fixed + bytes.fromhex(sender + target), kind=0x0806)


def test_lines_of_a_request() -> None:
    assert lines(read(arp(1)), "arp") == [
        "Address Resolution Protocol (request)",
        "    Hardware type: Ethernet (1)",
        "    Protocol type: IPv4 (0x0800)",
        "    Hardware size: 6",
        "    Protocol size: 4",
        "    Opcode: request (1)",
        "    Sender MAC address: 00:11:22:33:44:55",
        "    Sender IP address: 10.0.0.1",
        "    Target MAC address: aa:bb:cc:dd:ee:ff",
        "    Target IP address: 10.0.0.2",
    ]


@pytest.mark.parametrize(
    ("operation", "protocol", "info"),
    [
        (0, "ARP", "Reserved opcode 0"),
        (1, "ARP", "Who has 10.0.0.2? Tell 10.0.0.1"),
        (2, "ARP", "10.0.0.1 is at 00:11:22:33:44:55"),
        (3, "RARP", "Who is aa:bb:cc:dd:ee:ff? Tell 00:11:22:33:44:55"),
        (4, "RARP", "aa:bb:cc:dd:ee:ff is at 10.0.0.2"),
        (7, "DRARP", "DRARP Error"),
        (8, "Inverse ARP", "Who is aa:bb:cc:dd:ee:ff? Tell 00:11:22:33:44:55"),
        (9, "Inverse ARP", "00:11:22:33:44:55 is at 10.0.0.1"),
        (10, "ARP", "ARP NAK"),
        (11, "MARS", "MARS request from 00:11:22:33:44:55 at 10.0.0.1"),
        (23, "MAPOS", "MAPOS UNARP request from 00:11:22:33:44:55 at 10.0.0.1"),
        (26, "ARP", "Unknown ARP opcode 0x001a"),
    ],
)
def test_operations_in_the_packet_list(operation: int, protocol: str, info: str) -> None:
    assert row(read(arp(operation)))[2:] == (protocol, info)


@pytest.mark.parametrize(
    ("packet", "title", "marks", "info"),
    [
        (arp(1, MAC + A, ZEROS + A), "ARP Announcement", ("1", "", "1"), "ARP Announcement for 10.0.0.1"),
        (
            arp(1, MAC + A, OTHER + A),
            "request/gratuitous ARP",
            ("1", "", ""),
            "Gratuitous ARP for 10.0.0.1 (Request)",
        ),
        (
            arp(2, MAC + A, MAC + A),
            "reply/gratuitous ARP",
            ("1", "", ""),
            "Gratuitous ARP for 10.0.0.1 (Reply)",
        ),
        (arp(1, MAC + "00000000", ZEROS + B), "ARP Probe", ("", "1", ""), "Who has 10.0.0.2? (ARP Probe)"),
        (arp(1, MAC + "00000000", OTHER + B), "request", ("", "", ""), "Who has 10.0.0.2? Tell 0.0.0.0"),
        (
            arp(3, MAC + A, MAC + A),
            "reverse request",
            ("", "", ""),
            "Who is 00:11:22:33:44:55? Tell 00:11:22:33:44:55",
        ),
    ],
)
def test_packets_about_oneself(packet: bytes, title: str, marks: tuple[str, str, str], info: str) -> None:
    table = read(packet)
    assert lines(table, "arp")[0] == f"Address Resolution Protocol ({title})"
    assert (
        value(table, "arp.isgratuitous"),
        value(table, "arp.isprobe"),
        value(table, "arp.isannouncement"),
    ) == marks
    assert row(table)[3] == info


@pytest.mark.parametrize(
    ("head", "sender", "target", "fields"),
    [
        ("0006080004040000", "00112233" + A, "aabbccdd" + B, {"src.hw": "00112233", "dst.hw": "aabbccdd"}),
        ("0001080006080000", MAC + A + A, OTHER + B + B, {"src.proto": A + A, "dst.proto": B + B}),
        ("0001080600040000", A, B, {"src.hw": "", "src.hw_mac": "", "src.proto": A, "src.proto_ipv4": ""}),
        ("0001080006000000", MAC, OTHER, {"src.hw_mac": "00:11:22:33:44:55", "src.proto": ""}),
        ("0063080006040000", MAC + A, OTHER + B, {"src.hw": MAC, "src.proto_ipv4": "10.0.0.1"}),
    ],
)
def test_addresses_of_other_sizes_and_kinds(
    head: str, sender: str, target: str, fields: dict[str, str]
) -> None:
    table = read(arp(1, sender, target, head))
    assert {name: value(table, f"arp.{name}") for name in fields} == fields


def test_no_address_at_all() -> None:
    assert row(read(arp(1, "", "", "0001080000000000")))[3] == "Who has <No address>? Tell <No address>"


def test_an_address_of_unknown_kind_is_shortened_in_the_packet_list() -> None:
    long = "ab" * 40
    info = row(read(arp(2, "00" * 6 + long, "00" * 6 + "cd" * 40, "0001123406280000")))[3]
    assert info == "ab" * 36 + "… is at 00:00:00:00:00:00"


def test_an_error_tells_why_instead_of_an_address() -> None:
    table = read(arp(7, MAC + A, OTHER + "02000000"))
    assert value(table, "arp.dst.drarp_error_status") == "2"
    assert value(table, "arp.dst.proto_ipv4") == ""
    assert lines(table, "arp")[-1] == "    DRARP error status: no address (2)"


def test_reverse_arp_has_its_own_ethertype() -> None:
    packet = arp(3)
    table = read(packet[:12] + b"\x80\x35" + packet[14:])
    assert value(table, "frame.protocols") == "eth:ethertype:arp"


def test_sizes_that_lie_are_survived() -> None:
    table = read(arp(1, head="00010800ffff0000"))
    assert lines(table, "arp")[0] == "Address Resolution Protocol"
    assert value(table, "arp.hw.size") == "255"
    assert value(table, "arp.isgratuitous") == ""


@pytest.mark.parametrize("length", range(14, 42))
def test_a_packet_cut_anywhere(length: int) -> None:
    table = read(arp(1)[:length], length=60)
    assert value(table, "arp.src.proto_ipv4") == ("10.0.0.1" if length >= 32 else "")
    assert value(table, "arp.dst.proto_ipv4") == ""
