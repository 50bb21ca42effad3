"""FDDI, Token Ring and Frame Relay: links met in old captures."""

from __future__ import annotations

from tests.packets import ipv4
from tests.protocols.reading import lines, read, row, value

TOKEN_RING, FDDI, FRAME_RELAY = 6, 10, 107
SNAP = "aaaa03 000000 0800"
PACKET = ipv4(b"abcd", proto=253)


def test_fddi_reverses_the_bits_of_its_addresses() -> None:
    table = read(bytes.fromhex("51 1000d4cd596f 00074a016e00" + SNAP) + PACKET, FDDI)
    assert lines(table, "fddi") == [
        "Fiber Distributed Data Interface, Async LLC frame, priority 1",
        "    Frame Control: 0x51 (Async LLC frame, priority 1)",
        "        0101 .... = Class/Length/Format: Async LLC (0x5)",
        "        .... .001 = Priority: 1",
        "    Destination: 08:00:2b:b3:9a:f6",
        "    Source: 00:e0:52:80:76:00",
    ]
    assert value(table, "frame.protocols") == "fddi:llc:ip:data"


def test_fddi_frames_that_carry_no_packet() -> None:
    table = read(bytes.fromhex("41 1000d4cd596f 00074a016e00") + b"??", FDDI)
    assert row(table) == ("00:e0:52:80:76:00", "08:00:2b:b3:9a:f6", "FDDI", "SMT frame")
    assert value(table, "fddi.fc.prio") == ""


def test_token_ring() -> None:
    table = read(bytes.fromhex("1040 002035012b59 0006291793f8" + SNAP) + PACKET, TOKEN_RING)
    assert lines(table, "tr") == [
        "Token-Ring",
        "    Access Control: 0x10, Frame",
        "        000. .... = Priority: 0",
        "        ...1 .... = Frame: Frame",
        "        .... 0... = Monitor Count: 0",
        "        .... .000 = Priority Reservation: 0",
        "    Frame Control: 0x40, Frame Type: LLC, Frame PCF: Normal buffer",
        "        01.. .... = Frame Type: LLC (1)",
        "        .... 0000 = Frame PCF: Normal buffer (0)",
        "    Destination: 00:20:35:01:2b:59",
        "    Source: 00:06:29:17:93:f8",
        "    Source Routed: False",
    ]
    assert value(table, "frame.protocols") == "tr:llc:ip:data"


def test_token_ring_with_a_route_is_not_read_further() -> None:
    table = read(bytes.fromhex("1040 002035012b59 8006291793f8" + SNAP) + PACKET, TOKEN_RING)
    assert value(table, "tr.sr") == "1"
    assert value(table, "frame.protocols") == "tr:data"


def test_frame_relay_with_snap() -> None:
    table = read(bytes.fromhex("1841 03 00 80 000000 0800") + PACKET, FRAME_RELAY)
    assert lines(table, "fr")[1:13] == [
        "    First address octet: 0x18",
        "        0001 10.. = Upper DLCI: 0x06",
        "        .... ..0. = CR: Response",
        "        .... ...0 = EA: More Follows",
        "    Second address octet: 0x41, EA",
        "        0100 .... = Second DLCI: 0x4",
        "        .... 0... = FECN: False",
        "        .... .0.. = BECN: False",
        "        .... ..0. = DE: False",
        "        .... ...1 = EA: Last Octet",
        "    DLCI: 100",
        "    Control field: U, func=UI (0x03)",
    ]
    assert lines(table, "fr")[-4:] == [
        "    Padding",
        "    NLPID: SNAP (0x80)",
        "    Organization Code: 00:00:00 (Officially Xerox, but",
        "    Type: IPv4 (0x0800)",
    ]
    assert value(table, "frame.protocols") == "fr:ip:data"


def test_frame_relay_with_bare_ip() -> None:
    table = read(bytes.fromhex("1841 03 cc") + PACKET, FRAME_RELAY)
    assert value(table, "frame.protocols") == "fr:ip:data"
    assert value(table, "fr.nlpid") == "0xcc"
