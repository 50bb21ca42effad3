"""IGMP: queries and reports of all three versions, told apart as routers do."""

from __future__ import annotations

import pytest

from tests.packets import checksum, ethernet, ipv4
from tests.protocols.reading import lines, read, row, value


def packet(octets: str, behind: str = "") -> bytes:
    """A message with a good checksum, and what follows it in the packet."""
    whole = bytes.fromhex(octets)
    good = checksum(whole[:2] + b"\0\0" + whole[4:])
    return ethernet(ipv4(whole[:2] + good.to_bytes(2, "big") + whole[4:] + bytes.fromhex(behind), 2, ttl=1))


GROUP = "ef010101"


@pytest.mark.parametrize(
    ("octets", "version", "info"),
    [
        ("1100 0000 00000000", "1", "Membership Query"),
        ("1164 0000 00000000", "2", "Membership Query, general"),
        ("110a 0000" + GROUP, "2", "Membership Query, specific for group 239.1.1.1"),
        ("1200 0000" + GROUP, "1", "Membership Report"),
        ("1600 0000" + GROUP, "2", "Membership Report group 239.1.1.1"),
        ("1700 0000" + GROUP, "2", "Leave Group 239.1.1.1"),
        ("1164 0000 00000000 027d 0000", "3", "Membership Query, general"),
        (
            "1164 0000" + GROUP + "027d 0002 c0000201 c0000202",
            "3",
            "Membership Query, specific for group 239.1.1.1, sources {192.0.2.1, 192.0.2.2}",
        ),
        ("2200 0000 0000 0000", "3", "Membership Report - General query"),
    ],
)
def test_messages(octets: str, version: str, info: str) -> None:
    table = read(packet(octets))
    assert value(table, "igmp.version") == version
    assert row(table)[2:] == (f"IGMPv{version}", info)
    assert value(table, "igmp.checksum.status") == "1"


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("0400 0000" + GROUP, "Join group 239.1.1.1 for any sources"),
        ("0300 0000" + GROUP, "Leave group 239.1.1.1"),
        ("0100 0001" + GROUP + "c0000201", "Join group 239.1.1.1 for source {192.0.2.1}"),
        (
            "0100 0002" + GROUP + "c0000201 c0000202",
            "Join group 239.1.1.1 for sources in {192.0.2.1, 192.0.2.2}",
        ),
        ("0200 0001" + GROUP + "c0000201", "Join group 239.1.1.1, for source not {192.0.2.1}"),
        ("0500 0001" + GROUP + "c0000201", "Group 239.1.1.1, new source {192.0.2.1}"),
        ("0600 0001" + GROUP + "c0000201", "Group 239.1.1.1, block source {192.0.2.1}"),
        ("0600 0000" + GROUP, "Group 239.1.1.1, BLOCK_OLD_SOURCES but no source specified (?)"),
        ("0700 0000" + GROUP, "Group 239.1.1.1, unknown record type (?)"),
    ],
)
def test_what_a_report_asks_for(record: str, words: str) -> None:
    assert row(read(packet("2200 0000 0000 0001" + record)))[3] == f"Membership Report / {words}"


def test_lines_of_a_report() -> None:
    octets = "2200 0000 0000 0002" + "0100 0001" + GROUP + "c0000201" + "0401 0000" + GROUP + "61757861"
    table = read(packet(octets))
    assert lines(table, "igmp") == [
        "Internet Group Management Protocol",
        "    [IGMP Version: 3]",
        "    Type: Membership Report (0x22)",
        "    Reserved: 00",
        f"    Checksum: {value(table, 'igmp.checksum')} [correct]",
        "    [Checksum Status: Good]",
        "    Reserved: 0000",
        "    Num Group Records: 2",
        "    Group Record : 239.1.1.1  Mode Is Include",
        "        Record Type: Mode Is Include (1)",
        "        Aux Data Len: 0",
        "        Num Src: 1",
        "        Multicast Address: 239.1.1.1",
        "        Source Address: 192.0.2.1",
        "    Group Record : 239.1.1.1  Change To Exclude Mode",
        "        Record Type: Change To Exclude Mode (4)",
        "        Aux Data Len: 1",
        "        Num Src: 0",
        "        Multicast Address: 239.1.1.1",
        "        Aux Data: 61757861",
    ]


@pytest.mark.parametrize(
    ("octet", "tenths", "seconds"),
    [("64", "100", "10.0"), ("7f", "127", "12.7"), ("80", "128", "12.8"), ("9f", "496", "49.6")],
)
def test_response_times_of_version_3_may_be_floating_point(octet: str, tenths: str, seconds: str) -> None:
    table = read(packet(f"11{octet} 0000 00000000 027d 0000"))
    assert value(table, "igmp.max_resp") == tenths
    assert f"    Max Resp Time: {seconds} sec (0x{octet})" in lines(table, "igmp")
    assert value(table, "igmp.max_resp.exp") == (
        f"0x0{int(octet, 16) >> 4 & 7}" if int(octet, 16) > 127 else ""
    )


def test_what_follows_an_old_message_is_not_part_of_it() -> None:
    table = read(packet("1600 0000" + GROUP, behind="0102"))
    assert value(table, "igmp.checksum.status") == "1"


def test_a_wrong_checksum_is_remarked() -> None:
    sent = bytearray(packet("1600 0000" + GROUP))
    sent[36:38] = b"\xde\xad"
    table = read(bytes(sent))
    assert value(table, "igmp.bad_checksum") == "1"
    assert value(table, "synfin.checksum.igmp") == "bad"
    assert "    Checksum: 0xdead incorrect, should be 0xf9fc" in lines(table, "igmp")


def test_a_report_that_claims_more_records_than_it_has() -> None:
    table = read(packet("2200 0000 0000 0003 0400 0000" + GROUP))
    assert value(table, "igmp.maddr") == "239.1.1.1"
    assert row(table)[3] == "Membership Report / Join group 239.1.1.1 for any sources"
