"""VLAN tags, one or several, the provider's before the customer's."""

from __future__ import annotations

import pytest

from tests.packets import ethernet, ipv4, tcp
from tests.protocols.reading import lines, read, row, value

PACKET = ipv4(bytes(10), proto=253)
ARP = bytes.fromhex("0001080006040001 020000000001 c0000201 000000000000 c0000202")


def tagged(tags: str, payload: bytes, kind: int = 0x8100) -> bytes:
    return ethernet(bytes.fromhex(tags) + payload, kind=kind)


def test_lines_of_a_tag() -> None:
    assert lines(read(tagged("b005 0800", PACKET)), "vlan") == [
        "802.1Q Virtual LAN, PRI: 5, DEI: 1, ID: 5",
        "    101. .... .... .... = Priority: Voice, < 10ms latency and jitter (5)",
        "    ...1 .... .... .... = DEI: Eligible",
        "    .... 0000 0000 0101 = ID: 5",
        "    Type: IPv4 (0x0800)",
    ]


def test_two_tags() -> None:
    table = read(tagged("f005 8100 2006 0806", ARP + bytes(10)))
    assert value(table, "vlan.id") == "5,6"
    assert value(table, "vlan.priority") == "7,1"
    assert value(table, "vlan.etype") == "0x8100,0x0806"
    assert value(table, "frame.protocols") == "eth:ethertype:vlan:ethertype:vlan:ethertype:arp"
    assert value(table, "eth.padding") == "00" * 10
    assert lines(table, "vlan")[-1] == "    Padding: 00000000000000000000"


@pytest.mark.parametrize(
    ("behind", "padding", "trailer"),
    [(12, "00" * 12, ""), (16, "00" * 12, "00" * 4), (20, "00" * 12, "00" * 8), (8, "", "00" * 8)],
)
def test_what_stands_behind_belongs_to_the_tag(behind: int, padding: str, trailer: str) -> None:
    table = read(tagged("2005 0800", PACKET + bytes(behind)))
    assert value(table, "eth.padding") == padding
    assert value(table, "vlan.trailer") == trailer
    assert value(table, "eth.trailer") == value(table, "eth.fcs") == ""


def test_a_length_instead_of_a_type() -> None:
    table = read(tagged("2005 0026 424203", bytes(35) + bytes(12)))
    assert (value(table, "vlan.len"), value(table, "vlan.etype")) == ("38", "")
    assert value(table, "frame.protocols") == "eth:ethertype:vlan:llc:data"
    assert value(table, "eth.padding") == "00" * 4
    assert value(table, "vlan.trailer") == "00" * 8


def test_the_packet_list_shows_the_tag_where_nothing_inside_is_known() -> None:
    assert row(read(tagged("2005 9999", bytes(40))))[2:] == ("0x9999", "PRI: 1  DEI: 0  ID: 5")
    assert row(read(tagged("2005 88b5", bytes(40))))[3] == "Local Experimental Ethertype 1"


def test_a_provider_tag_before_a_customer_tag() -> None:
    table = read(tagged("f005 8100 2006 0806", ARP, kind=0x88A8))
    assert lines(table, "ieee8021ad") == [
        "IEEE 802.1ad, ID: 5",
        "    111. .... .... .... = Priority: 7",
        "    ...1 .... .... .... = DEI: 1",
        "    .... 0000 0000 0101 = ID: 5",
        "    Type: 802.1Q Virtual LAN (0x8100)",
    ]
    assert value(table, "frame.protocols") == "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:arp"


def test_two_provider_tags_are_one_header() -> None:
    table = read(tagged("f005 88a8 2006 0806", ARP + bytes(10), kind=0x88A8))
    assert lines(table, "ieee8021ad") == [
        "IEEE 802.1ad, S-VID: 5, C-VID: 6",
        "    111. .... .... .... = Priority: 7",
        "    ...1 .... .... .... = DEI: 1",
        "    .... 0000 0000 0101 = ID: 5",
        "    001. .... .... .... = Priority: 1",
        "    ...0 .... .... .... = DEI: 0",
        "    .... 0000 0000 0110 = ID: 6",
        "    Type: ARP (0x0806)",
        "    Padding: 00000000000000000000",
    ]
    assert (value(table, "ieee8021ad.svid"), value(table, "ieee8021ad.cvid")) == ("5", "6")
    assert value(table, "frame.protocols") == "eth:ethertype:ieee8021ad:ethertype:arp"


@pytest.mark.parametrize("length", range(14, 19))
def test_a_tag_cut_anywhere(length: int) -> None:
    table = read(tagged("2005 0800", ipv4(tcp()))[:length], length=60)
    assert value(table, "vlan.id") == ("5" if length >= 16 else "")
    assert value(table, "vlan.etype") == ("0x0800" if length >= 18 else "")
