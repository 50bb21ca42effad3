"""Ethernet: addresses, type or length, and what stands behind the packet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synfin.dissect.table import dissect
from synfin.session import catalogue
from tests.packets import chunk_of, ethernet, ipv4, tcp
from tests.protocols.reading import lines, read, row, value

TEN_BYTES = ethernet(ipv4(bytes(10), proto=253))
"""A frame of 44 bytes: 16 less than the minimum."""

ARP = ethernet(bytes.fromhex("0001080006040001 020000000001 c0000201 000000000000 c0000202"), kind=0x0806)
"""A frame of 42 bytes."""


def test_lines_of_a_frame() -> None:
    table = read("0300000000aa 001122334455 0800" + ipv4(tcp()).hex())
    assert lines(table, "eth") == [
        "Ethernet II, Src: 00:11:22:33:44:55, Dst: 03:00:00:00:00:aa",
        "    Destination: 03:00:00:00:00:aa",
        "        Address: 03:00:00:00:00:aa",
        "        .... ..1. .... .... .... .... = LG bit: Locally administered address "
        "(this is NOT the factory default)",
        "        .... ...1 .... .... .... .... = IG bit: Group address (multicast/broadcast)",
        "    Source: 00:11:22:33:44:55",
        "        Address: 00:11:22:33:44:55",
        "        .... ..0. .... .... .... .... = LG bit: Globally unique address (factory default)",
        "        .... ...0 .... .... .... .... = IG bit: Individual address (unicast)",
        "    Type: IPv4 (0x0800)",
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("eth.dst", "02:00:00:00:00:02"),
        ("eth.src", "02:00:00:00:00:01"),
        ("eth.addr", "02:00:00:00:00:02,02:00:00:00:00:01"),
        ("eth.addr_resolved", "02:00:00:00:00:02,02:00:00:00:00:01"),
        ("eth.src_resolved", "02:00:00:00:00:01"),
        ("eth.dst.oui", "131072"),
        ("eth.addr.oui", "131072,131072"),
        ("eth.lg", "1,1"),
        ("eth.ig", "0,0"),
        ("eth.type", "0x0800"),
        ("eth.len", ""),
        ("eth.invalid_lentype", ""),
    ],
)
def test_fields(field: str, expected: str) -> None:
    assert value(read(TEN_BYTES), field) == expected


@pytest.mark.parametrize(
    ("behind", "padding", "trailer", "fcs"),
    [
        ("", "", "", ""),
        ("00", "", "00", ""),  # 45 bytes: too short to have been padded
        ("00" * 16, "00" * 16, "", ""),  # 60 bytes: padded to the minimum
        ("00" * 17, "00" * 16, "00", ""),
        ("00" * 16 + "01020304", "00" * 16, "", "0x01020304"),  # 64 bytes: the minimum with check sequence
        ("00" * 16 + "0708090a01020304", "00" * 16, "0708090a", "0x01020304"),
        ("01" * 16, "", "01" * 16, ""),  # not of zeros
        ("00" * 8 + "01" * 8, "", "00" * 8 + "01" * 8, ""),
        ("01" * 20, "", "01" * 16, "0x01010101"),
    ],
)
def test_what_stands_behind_a_short_packet(behind: str, padding: str, trailer: str, fcs: str) -> None:
    table = read(TEN_BYTES + bytes.fromhex(behind))
    assert value(table, "eth.padding") == padding
    assert value(table, "eth.trailer") == trailer
    assert value(table, "eth.fcs") == fcs
    assert value(table, "eth.fcs.status") == ("2" if fcs else "")


@pytest.mark.parametrize(
    ("behind", "trailer", "fcs"),
    [("010203", "010203", ""), ("01020304", "", "0x01020304"), ("0a0b01020304", "0a0b", "0x01020304")],
)
def test_what_stands_behind_a_long_packet(behind: str, trailer: str, fcs: str) -> None:
    table = read(ethernet(ipv4(bytes(60), proto=253)) + bytes.fromhex(behind))
    assert value(table, "eth.trailer") == trailer
    assert value(table, "eth.fcs") == fcs


def test_arp_ends_where_its_addresses_end() -> None:
    assert value(read(ARP + bytes(18)), "eth.padding") == "00" * 18
    assert value(read(ARP + bytes(4)), "eth.trailer") == "00" * 4


def test_an_unknown_type_takes_all() -> None:
    table = read(ethernet(bytes(50), kind=0x88B5))
    assert value(table, "eth.trailer") == value(table, "eth.fcs") == ""
    assert value(table, "data.len") == "50"


def test_padding_that_was_cut_off_shows_nothing() -> None:
    table = read(ARP + bytes(12), length=68)
    assert value(table, "eth.padding") == value(table, "eth.trailer") == ""


def test_other_bytes_than_zeros_are_remarked() -> None:
    table = read(TEN_BYTES + b"\1" * 16)
    assert value(table, "eth.padding_bad") == "1"
    assert lines(table, "eth")[-5:] == [
        "    Trailer: 01010101010101010101010101010101",
        "        [Expert Info (Note/Protocol): Didn't find padding of zeros, and an undecoded trailer "
        "exists. There may be padding of non-zeros.]",
        "            [Didn't find padding of zeros, and an undecoded trailer exists. "
        "There may be padding of non-zeros.]",
        "            [Severity level: Note]",
        "            [Group: Protocol]",
    ]


def test_a_check_sequence_that_the_capture_tells_of_is_no_payload() -> None:
    chunk = chunk_of([ethernet(bytes(46) + b"\1\2\3\4", kind=0x88B5)])
    known = replace(chunk, interfaces=(replace(chunk.interfaces[0], fcs_length=4),))
    table = dissect(known, catalogue())
    assert value(table, "eth.fcs") == "0x01020304"
    assert value(table, "data.len") == "46"
    assert lines(table, "eth")[-2:] == [
        "    Frame check sequence: 0x01020304 [unverified]",
        "    [FCS Status: Unverified]",
    ]


def test_a_capture_without_check_sequences_is_believed() -> None:
    chunk = chunk_of([TEN_BYTES + bytes(20)])
    known = replace(chunk, interfaces=(replace(chunk.interfaces[0], fcs_length=0),))
    table = dissect(known, catalogue())
    assert value(table, "eth.fcs") == ""
    assert value(table, "eth.trailer") == "00" * 4


def test_a_length_instead_of_a_type() -> None:
    table = read(ethernet(bytes.fromhex("424203") + bytes(35) + bytes(8), kind=38))
    assert lines(table, "eth")[0] == "IEEE 802.3 Ethernet "
    assert (value(table, "eth.len"), value(table, "eth.type")) == ("38", "")
    assert value(table, "eth.padding") == "00" * 8
    assert value(table, "data.len") == "35"


def test_a_length_past_the_end_is_remarked() -> None:
    table = read(ethernet(bytes.fromhex("424203") + bytes(43), kind=100))
    assert value(table, "eth.len.past_end") == "1"
    assert value(table, "eth.trailer") == ""


def test_neither_type_nor_length() -> None:
    table = read(ethernet(bytes(50), kind=0x05DD))
    assert value(table, "eth.invalid_lentype") == "0x05dd"
    assert lines(table, "eth")[0].startswith("Ethernet Unknown, Src: ")
    assert row(table)[2:] == ("Ethernet", "Ethernet Unknown: Invalid length/type: 0x05dd (1501)")


def test_a_group_cannot_send() -> None:
    table = read("020000000002 010000000001 88b5")
    assert value(table, "eth.src_not_group") == "1"


@pytest.mark.parametrize(
    ("kind", "protocol", "info"),
    [(0x88B5, "0x88b5", "Local Experimental Ethertype 1"), (0x9999, "0x9999", "Ethernet II")],
)
def test_the_packet_list_names_what_is_not_known(kind: int, protocol: str, info: str) -> None:
    table = read(ethernet(bytes(46), kind=kind))
    assert row(table) == ("02:00:00:00:00:01", "02:00:00:00:00:02", protocol, info)


@pytest.mark.parametrize("length", range(14))
def test_a_frame_cut_anywhere_keeps_what_is_there(length: int) -> None:
    table = read(TEN_BYTES[:length], length=60)
    assert value(table, "eth.dst") == ("02:00:00:00:00:02" if length >= 6 else "")
    assert value(table, "eth.src") == ("02:00:00:00:00:01" if length >= 12 else "")
    assert value(table, "eth.type") == ""
