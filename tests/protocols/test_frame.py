"""The frame: what the capture says of a packet, and the path of its headers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from synfin.capture.chunk import NO_TIME, Interface, Option
from synfin.dissect.table import Clock, dissect
from synfin.session import catalogue
from tests.packets import chunk_of, ethernet, ipv4, tcp, udp
from tests.protocols.reading import lines, read, value

if TYPE_CHECKING:
    from synfin.capture.chunk import Chunk
    from synfin.dissect.table import PacketTable

SECOND = 1_000_000_000
SOME_FRAME = ethernet(bytes(46), kind=0x88B5)


def dissected(chunk: Chunk, clock: Clock | None = None) -> PacketTable:
    return dissect(chunk, catalogue(), clock)


def with_options(*options: Option) -> PacketTable:
    return dissected(replace(chunk_of([SOME_FRAME]), options={0: options}))


def test_lines_of_a_packet_from_a_pcapng_file() -> None:
    interface = Interface(1, section=1, number=0, name="en5", description="USB LAN")
    chunk = chunk_of([ethernet(ipv4(tcp()))] * 2, times=[1686757734584945000, 1686757734740141000], first=7)
    table = dissected(replace(chunk, interfaces=(interface,)), Clock(1686757733740141000, 0))
    assert lines(table, "frame", 1) == [
        "Frame 8: 54 bytes on wire (432 bits), 54 bytes captured (432 bits) on interface en5, id 0",
        "    Section number: 1",
        "    Interface id: 0 (en5)",
        "        Interface name: en5",
        "        Interface description: USB LAN",
        "    Encapsulation type: Ethernet (1)",
        "    Arrival Time: Jun 14, 2023 15:48:54.740141000 UTC",
        "    [Time shift for this packet: 0.000000000 seconds]",
        "    Epoch Time: 1686757734.740141000 seconds",
        "    [Time delta from previous captured frame: 0.155196000 seconds]",
        "    [Time delta from previous displayed frame: 0.155196000 seconds]",
        "    [Time since reference or first frame: 1.000000000 seconds]",
        "    Frame Number: 8",
        "    Frame Length: 54 bytes (432 bits)",
        "    Capture Length: 54 bytes (432 bits)",
        "    [Frame is marked: False]",
        "    [Frame is ignored: False]",
        "    [Protocols in frame: eth:ethertype:ip:tcp]",
    ]


def test_a_pcap_file_tells_of_no_interface() -> None:
    table = dissected(replace(chunk_of([b"x"]), interfaces=(Interface(1, is_described=False),)))
    assert lines(table, "frame")[:2] == [
        "Frame 1: 1 byte on wire (8 bits), 1 byte captured (8 bits)",
        "    Encapsulation type: Ethernet (1)",
    ]
    assert value(table, "frame.interface_id") == ""


def test_an_interface_without_a_name_is_called_by_its_description() -> None:
    interfaces = (Interface(1, number=0), Interface(1, number=1, description="the other"))
    chunk = replace(chunk_of([SOME_FRAME] * 2), interfaces=interfaces, interface=np.array([0, 1], np.int32))
    assert value(dissected(chunk), "frame.interface_name") == "unknown,the other"


def test_a_packet_without_a_time_has_no_times() -> None:
    table = dissected(chunk_of([SOME_FRAME] * 3, times=[SECOND, NO_TIME, 3 * SECOND]))
    assert value(table, "frame.time_epoch") == "1.000000000,3.000000000"
    assert value(table, "frame.time_delta") == "0.000000000,3.000000000"
    assert value(table, "frame.time_relative") == "0.000000000,2.000000000"
    assert not any("Time" in line for line in lines(table, "frame", 1))


def test_records_that_are_no_packets_do_not_count_for_times() -> None:
    interfaces = (Interface(1, number=0), Interface(-1, number=-1))
    chunk = chunk_of([SOME_FRAME, b"custom", SOME_FRAME], times=[SECOND, NO_TIME, 3 * SECOND])
    table = dissected(replace(chunk, interfaces=interfaces, interface=np.array([0, 1, 0], np.int32)))
    assert value(table, "frame.time_delta") == "0.000000000,2.000000000"
    assert value(table, "frame.encap_type") == "1,1"
    assert value(table, "frame.section_number") == "1,1,1"


def test_a_frame_longer_in_the_file_than_on_the_wire_is_remarked() -> None:
    table = read(SOME_FRAME, length=20)
    assert value(table, "frame.len_lt_caplen") == "1"
    assert "        [Expert Info (Error/Malformed): Frame length is less than captured length]" in lines(
        table, "frame"
    )


def test_flags_of_a_packet() -> None:
    table = with_options(Option(2, (0x0100_0009).to_bytes(4, "little")))
    shown = lines(table, "frame")
    assert shown[0].endswith("on interface unknown, id 0 (inbound)")
    assert "    Packet flags: 0x01000009" in shown
    assert "        .... .... .... .... .... .... .... ..01 = Direction: Inbound (0x1)" in shown
    assert "        .... .... .... .... .... .... ...0 10.. = Reception type: Multicast (2)" in shown
    assert "        .... ...1 .... .... .... .... .... .... = CRC error: Set" in shown
    assert "    Point-to-Point Direction: Received (1)" in shown
    assert value(table, "frame.packet_flags") == "0x01000009"


@pytest.mark.parametrize(
    ("code", "octets", "field", "expected", "line"),
    [
        (4, 77, "frame.drop_count", "77", "    Drop Count: 77"),
        (5, (1 << 63) + 5, "frame.packet_id", "9223372036854775813", "    Packet id: 9223372036854775813"),
    ],
)
def test_numbers_that_the_capturing_program_noted(
    code: int, octets: int, field: str, expected: str, line: str
) -> None:
    table = with_options(Option(code, octets.to_bytes(8, "little")))
    assert value(table, field) == expected
    assert line in lines(table, "frame")


def test_verdicts() -> None:
    table = with_options(Option(7, b"\0ab"), Option(7, b"\1" + (2).to_bytes(8, "little")))
    shown = lines(table, "frame")
    at = shown.index("    Verdict: Hardware (0), eBPF_TC (1)")
    assert shown[at + 1 : at + 3] == ["        Hardware: 61 62", "        eBPF TC: TC_ACT_SHOT (2)"]


def test_each_comment_is_a_line_before_the_frame() -> None:
    table = with_options(Option(1, b"first"), Option(1, "zweite ä".encode()))
    assert lines(table, "pkt_comment") == ["Packet comments", "    first", "    zweite ä"]
    assert value(table, "frame.comment") == "first,zweite ä"
    assert lines(read(SOME_FRAME), "pkt_comment") == []


@pytest.mark.parametrize(
    ("packet", "linktype", "path"),
    [
        (ethernet(ipv4(tcp())), 1, "eth:ethertype:ip:tcp"),
        (ethernet(ipv4(udp(b"?", ports=(5555, 5556)), proto=17)), 1, "eth:ethertype:ip:udp:data"),
        (ethernet(b"\0\x07\x08\0" + ipv4(tcp()), kind=0x8100), 1, "eth:ethertype:vlan:ethertype:ip:tcp"),
        (ethernet(b"\x42\x42\3" + bytes(35), kind=38), 1, "eth:llc:data"),
        (ethernet(bytes(46), kind=0x05DD), 1, "eth:data"),
        (ethernet(bytes(46), kind=0), 1, "eth:ethertype:data"),
        (ipv4(tcp()), 101, "raw:ip:tcp"),
        (ipv4(tcp()), 228, "ip:tcp"),
        (b"\2\0\0\0" + ipv4(tcp()), 0, "null:ip:tcp"),
        (ipv4(ipv4(tcp()), proto=4), 228, "ip:ip:tcp"),
        (b"?", 9999, "data"),
    ],
)
def test_the_path_names_every_header(packet: bytes, linktype: int, path: str) -> None:
    assert value(read(packet, linktype), "frame.protocols") == path


def test_paths_of_many_packets_at_once() -> None:
    packets = [ethernet(ipv4(tcp())), SOME_FRAME, ethernet(ipv4(ipv4(udp(), proto=17), proto=4)), b""] * 3
    paths = value(dissected(chunk_of(packets)), "frame.protocols").split(",")
    assert paths[:3] == ["eth:ethertype:ip:tcp", "eth:ethertype:data", "eth:ethertype:ip:ip:udp"]
    assert paths == paths[:4] * 3
