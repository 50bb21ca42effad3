"""Linux cooked capture in both versions, BSD loopback, raw IP: headers that no wire carries."""

from __future__ import annotations

import pytest

from tests.packets import ipv4
from tests.protocols.reading import lines, read, row, value

V1, V2, NULL, LOOP, RAW = 113, 276, 0, 108, 101
ADDRESS = "001122334455aabb"
PACKET = ipv4(b"abcd", proto=253)


def first(
    kind: int, *, device: int = 1, size: int = 6, protocol: int = 0x0800, payload: bytes = PACKET
) -> bytes:
    head = b"".join(number.to_bytes(2, "big") for number in (kind, device, size))
    return head + bytes.fromhex(ADDRESS) + protocol.to_bytes(2, "big") + payload


def second(
    kind: int, *, device: int = 1, size: int = 6, protocol: int = 0x0800, payload: bytes = PACKET
) -> bytes:
    head = protocol.to_bytes(2, "big") + b"\0\0\0\0\0\3" + device.to_bytes(2, "big")
    return head + bytes((kind, size)) + bytes.fromhex(ADDRESS) + payload


def test_lines_of_version_1() -> None:
    assert lines(read(first(4), V1), "sll") == [
        "Linux cooked capture v1",
        "    Packet type: Sent by us (4)",
        "    Link-layer address type: Ethernet (1)",
        "    Link-layer address length: 6",
        "    Source: 00:11:22:33:44:55",
        "    Unused: aabb",
        "    Protocol: IPv4 (0x0800)",
    ]


def test_lines_of_version_2() -> None:
    table = read(second(0), V2)
    assert lines(table, "sll2") == [
        "Linux cooked capture v2",
        "    Protocol: IPv4 (0x0800)",
        "    Interface index: 3",
        "    Link-layer address type: Ethernet (1)",
        "    Packet type: Unicast to us (0)",
        "    Link-layer address length: 6",
        "    Source: 00:11:22:33:44:55",
        "    Unused: aabb",
    ]
    assert value(table, "frame.protocols") == "sll:ethertype:ip:data"
    assert table.packet_of_row("sll").tolist() == [0]


@pytest.mark.parametrize(("make", "linktype"), [(first, V1), (second, V2)])
@pytest.mark.parametrize(
    ("size", "fields"),
    [
        (0, {"src.eth": "", "src.ipv4": "", "src.other": "", "unused": ADDRESS}),
        (4, {"src.eth": "", "src.ipv4": "0.17.34.51", "unused": "4455aabb"}),
        (5, {"src.other": "0011223344", "unused": "55aabb"}),
        (6, {"src.eth": "00:11:22:33:44:55", "src.other": "", "unused": "aabb"}),
        (8, {"src.other": ADDRESS, "unused": ""}),
        (200, {"src.other": ADDRESS, "unused": ""}),
    ],
)
def test_addresses_of_any_length(make: type, linktype: int, size: int, fields: dict[str, str]) -> None:
    table = read(make(0, size=size), linktype)
    assert {name: value(table, f"sll.{name}") for name in fields} == fields
    assert value(table, "ip.src") == "192.0.2.10"


@pytest.mark.parametrize(
    ("device", "protocol", "field", "path"),
    [
        (1, 0x0800, "sll.etype", "sll:ethertype:ip:data"),
        (1, 0x0600, "sll.ltype", "sll:data"),
        (1, 0x0004, "sll.ltype", "sll:llc:data"),
        (1, 0x05DC, "sll.ltype", "sll:data"),
        (778, 0x0800, "sll.gretype", "sll:ip:data"),
        (824, 0x0004, "sll.pkttype", "sll:data"),
    ],
)
def test_what_the_protocol_field_means(device: int, protocol: int, field: str, path: str) -> None:
    table = read(first(0, device=device, protocol=protocol), V1)
    assert value(table, field) in (f"0x{protocol:04x}", "0")
    assert value(table, "frame.protocols") == path


def test_trailer() -> None:
    table = read(first(4, payload=PACKET + b"\1" * 10), V1)
    assert value(table, "sll.trailer") == "01" * 10


def test_the_packet_list() -> None:
    assert row(read(first(4, protocol=2, payload=b"?"), V1)) == ("00:11:22:33:44:55", "", "SLL", "Sent by us")
    assert row(read(first(4, protocol=0x9999, payload=b"?"), V1))[2:] == ("0x9999", "Sent by us")
    assert row(read(first(4, protocol=0x88B5, payload=b"?"), V1))[3] == "Local Experimental Ethertype 1"


@pytest.mark.parametrize(("octets", "linktype"), [("02000000", NULL), ("00000002", NULL), ("00000002", LOOP)])
def test_loopback_families_in_either_byte_order(octets: str, linktype: int) -> None:
    table = read(bytes.fromhex(octets) + PACKET, linktype)
    assert lines(table, "null") == ["Null/Loopback", "    Family: IP (2)"]
    assert value(table, "frame.protocols") == "null:ip:data"


def test_loopback_with_an_ethertype() -> None:
    table = read(bytes.fromhex("00000800") + PACKET, NULL)
    assert (value(table, "null.family"), value(table, "null.type")) == ("", "0x0800")
    assert value(table, "frame.protocols") == "null:ip:data"


def test_loopback_with_an_unknown_family() -> None:
    table = read(bytes.fromhex("63000000") + PACKET, NULL)
    assert value(table, "null.family") == "99"
    assert row(table) == ("N/A", "N/A", "N/A", "Null/Loopback")


def test_raw_ip_is_told_by_its_first_bits() -> None:
    assert value(read(PACKET, RAW), "frame.protocols") == "raw:ip:data"
    assert value(read(b"\x75" * 30, RAW), "frame.protocols") == "raw:data"
    assert row(read(b"\x75" * 30, RAW))[3] == "Raw packet data"


@pytest.mark.parametrize(("make", "linktype", "size"), [(first, V1, 16), (second, V2, 20)])
def test_headers_cut_anywhere(make: type, linktype: int, size: int) -> None:
    for length in range(size):
        table = read(make(4)[:length], linktype, length=60)
        assert value(table, "ip.src") == ""
