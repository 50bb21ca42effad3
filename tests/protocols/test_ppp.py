"""PPP and PPP over Ethernet."""

from __future__ import annotations

import pytest

from tests.packets import ethernet, ipv4
from tests.protocols.reading import lines, read, row, value

PPP, PPP_WITH_DIRECTION = 9, 204
PACKET = ipv4(b"abcd", proto=253)


def session(payload: bytes, length: int | None = None) -> bytes:
    size = (len(payload) if length is None else length).to_bytes(2, "big")
    return ethernet(b"\x11\0\0\7" + size + payload, kind=0x8864)


def discovery(code: int, *tags: tuple[int, bytes]) -> bytes:
    body = b"".join(kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for kind, value in tags)
    return ethernet(bytes((0x11, code, 0, 0)) + len(body).to_bytes(2, "big") + body, kind=0x8863)


def test_lines_of_a_session_packet() -> None:
    table = read(session(b"\0\x21" + PACKET))
    assert lines(table, "pppoes") == [
        "PPP-over-Ethernet Session",
        "    0001 .... = Version: 1",
        "    .... 0001 = Type: 1",
        "    Code: Session Data (0x00)",
        "    Session ID: 0x0007",
        "    Payload Length: 26",
    ]
    assert lines(table, "ppp") == [
        "Point-to-Point Protocol",
        "    Protocol: Internet Protocol version 4 (0x0021)",
    ]
    assert value(table, "frame.protocols") == "eth:ethertype:pppoes:ppp:ip:data"


@pytest.mark.parametrize(
    ("octets", "linktype", "fields"),
    [
        ("0021", PPP, {"protocol": "0x0021", "address": "", "control": ""}),
        ("21", PPP, {"protocol": "0x0021", "address": ""}),
        ("ff030021", PPP, {"protocol": "0x0021", "address": "0xff", "control": "0x03"}),
        ("ff0321", PPP, {"protocol": "0x0021", "address": "0xff"}),
        ("01ff030021", PPP_WITH_DIRECTION, {"direction": "1", "protocol": "0x0021", "address": "0xff"}),
    ],
)
def test_protocol_numbers_of_one_or_two_bytes(octets: str, linktype: int, fields: dict[str, str]) -> None:
    table = read(bytes.fromhex(octets) + PACKET, linktype)
    assert {name: value(table, f"ppp.{name}") for name in fields} == fields
    assert value(table, "frame.protocols") == "ppp:ip:data"
    assert table.packet_of_row("ppp").tolist() == [0]


def test_an_unknown_number_in_the_packet_list() -> None:
    assert row(read(bytes.fromhex("7e00") + b"?", PPP))[2:] == ("0x7e00", "PPP Unknown (0x7e00)")
    assert row(read(session(b"\0\1?")))[2:] == ("0x0001", "PPP Padding Protocol (0x0001)")


def test_a_payload_length_that_is_too_small_is_remarked() -> None:
    table = read(session(b"\0\x21" + PACKET + bytes(20), length=26))
    assert value(table, "pppoe.payload_length.bad") == "1"
    assert lines(table, "pppoes")[5:7] == [
        "    Payload Length: 26 [incorrect, should be 46]",
        "        [Expert Info (Warning/Malformed): Possible bad payload length 26 != 46]",
    ]
    assert value(table, "data.data") == "61626364"
    assert value(table, "eth.trailer") == value(table, "eth.padding") == ""


def test_an_offer_with_its_tags() -> None:
    table = read(
        discovery(7, (0x0101, b""), (0x0102, b"AC"), (0x0104, b"\1\2"), (0x0103, b"hu"), (0x9999, b"?"))
    )
    assert lines(table, "pppoed")[3:] == [
        "    Code: Active Discovery Offer (PADO) (0x07)",
        "    Session ID: 0x0000",
        "    Payload Length: 27",
        "    PPPoE Tags",
        "        AC-Name: AC",
        "        AC-Cookie: 0102",
        "        Host-Uniq: 6875",
        "        Tag: Unknown (0x9999)",
        "        Tag Length: 1",
        "        Unknown Data: 3f",
    ]
    assert value(table, "pppoed.tags.ac_name") == "AC"
    assert row(table)[2:] == ("PPPoED", "Active Discovery Offer (PADO) AC-Name='AC'")


@pytest.mark.parametrize(("code", "info"), [(9, "Active Discovery Initiation (PADI)"), (0x77, "Unknown")])
def test_discovery_in_the_packet_list(code: int, info: str) -> None:
    assert row(read(discovery(code, (0x0102, b"AC"))))[3] == info


def test_a_tag_past_the_end_is_survived() -> None:
    packet = discovery(9)
    table = read(packet[:-2] + b"\0\7" + bytes.fromhex("010100ff616263"))
    assert value(table, "pppoed.tags.service_name") == ""


@pytest.mark.parametrize("length", range(14, 22))
def test_a_session_cut_anywhere(length: int) -> None:
    table = read(session(b"\0\x21" + PACKET)[:length], length=60)
    assert value(table, "pppoe.session_id") == ("0x0007" if length >= 18 else "")
    assert value(table, "ppp.protocol") == ("0x0021" if length >= 22 else "")
