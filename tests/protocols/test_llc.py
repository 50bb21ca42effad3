"""Logical link control and SNAP."""

from __future__ import annotations

import pytest

from tests.packets import ethernet, ipv4
from tests.protocols.reading import lines, read, row, value


def llc(octets: str, payload: bytes = b"") -> bytes:
    body = bytes.fromhex(octets) + payload
    return ethernet(body, kind=len(body))


def test_lines_of_snap() -> None:
    assert lines(read(llc("aaaa03 00000c 2000", bytes(10))), "llc") == [
        "Logical-Link Control",
        "    DSAP: SNAP (0xaa)",
        "        1010 101. = SAP: SNAP",
        "        .... ...0 = IG Bit: Individual",
        "    SSAP: SNAP (0xaa)",
        "        1010 101. = SAP: SNAP",
        "        .... ...0 = CR Bit: Command",
        "    Control field: U, func=UI (0x03)",
        "        000. 00.. = Command: Unnumbered Information (0x00)",
        "        .... ..11 = Frame type: Unnumbered frame (0x3)",
        "    Organization Code: 00:00:0c (Cisco Systems, Inc)",
        "    PID: CDP (0x2000)",
    ]


def test_snap_with_an_ethertype() -> None:
    table = read(llc("aaaa03 000000 0800", ipv4(b"abcd", proto=253)))
    assert value(table, "frame.protocols") == "eth:llc:ip:data"
    assert (value(table, "llc.oui"), value(table, "llc.type"), value(table, "llc.pid")) == ("0", "0x0800", "")


def test_snap_of_an_unknown_organization() -> None:
    table = read(llc("aaaa03 112233 0800", ipv4(b"abcd", proto=253)))
    assert (value(table, "llc.type"), value(table, "llc.pid")) == ("", "0x0800")
    assert value(table, "frame.protocols") == "eth:llc:data"
    assert row(table)[2:] == ("LLC", "U, func=UI; SNAP, OUI 0x112233 (Unknown), PID 0x0800")


@pytest.mark.parametrize(
    ("octets", "control", "info"),
    [
        ("f0f0 03", "0x0003", "U, func=UI; DSAP NetBIOS Individual, SSAP NetBIOS Command"),
        ("f0f1 73", "0x0073", "U F, func=UA; DSAP NetBIOS Individual, SSAP NetBIOS Response"),
        ("f0f0 7f", "0x007f", "U P, func=SABME; DSAP NetBIOS Individual, SSAP NetBIOS Command"),
        ("f0f1 1f", "0x001f", "U F, func=DM; DSAP NetBIOS Individual, SSAP NetBIOS Response"),
        ("f1f0 0d01", "0x010d", "S P, func=SREJ, N(R)=0; DSAP NetBIOS Group, SSAP NetBIOS Command"),
        ("f0f1 05ff", "0xff05", "S F, func=RNR, N(R)=127; DSAP NetBIOS Individual, SSAP NetBIOS Response"),
        ("f1f0 0a20", "0x200a", "I, N(R)=16, N(S)=5; DSAP NetBIOS Group, SSAP NetBIOS Command"),
        ("1113 03", "0x0003", "U, func=UI; DSAP NetWare (unofficial?) Group, SSAP 0x12 Response"),
    ],
)
def test_control_fields(octets: str, control: str, info: str) -> None:
    table = read(llc(octets, b"zzzz"))
    assert value(table, "llc.control") == control
    assert value(table, "data.data") == "7a7a7a7a"
    assert row(table)[3] == info


def test_lines_of_an_information_frame() -> None:
    assert lines(read(llc("f1f0 0a21", b"z")), "llc")[-5:] == [
        "    Control field: I P, N(R)=16, N(S)=5 (0x210A)",
        "        0010 000. .... .... = N(R): 16",
        "        .... .... 0000 101. = N(S): 5",
        "        .... ...1 .... .... = Poll: Set",
        "        .... .... .... ...0 = Frame type: Information frame (0x0)",
    ]


def test_what_is_no_information_is_data() -> None:
    table = read(llc("0606 bf", ipv4(b"abcd")))
    assert value(table, "frame.protocols") == "eth:llc:data"


@pytest.mark.parametrize("length", range(14, 22))
def test_a_header_cut_anywhere(length: int) -> None:
    table = read(llc("aaaa03 000000 0800", bytes(40))[:length], length=62)
    assert value(table, "llc.dsap") == ("0xaa" if length >= 15 else "")
    assert value(table, "llc.control") == ("0x0003" if length >= 17 else "")
    assert value(table, "llc.oui") == ("0" if length >= 20 else "")
