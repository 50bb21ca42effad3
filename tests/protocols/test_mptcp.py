"""Multipath TCP: one option, nine subtypes, forms told apart by version and length."""

from __future__ import annotations

import pytest

from synfin.dissect.listing import listing
from tests.protocols.test_tcp_options import lines, values, with_options

PREFIX = "tcp.options.mptcp."
KEYS = "0102030405060708" + "1112131415161718"

EACH = [
    (
        "1e040181",
        "Multipath Capable",
        {"version": "1", "sha256.flag": "1", "checksumreq.flags": "1", "sendkey": ""},
    ),
    (
        "1e0c0081" + KEYS[:16],
        "Multipath Capable",
        {"version": "0", "sha1.flag": "1", "sendkey": "72623859790382856"},
    ),
    ("1e140181" + KEYS, "Multipath Capable", {"recvkey": "1230066625199609624", "datalvllen": ""}),
    ("1e180181" + KEYS + "0064beef", "Multipath Capable", {"datalvllen": "100", "checksum": "0xbeef"}),
    (
        "1e0c11050a0b0c0d01020304",
        "Join Connection",
        {"backup.flag": "1", "addrid": "5", "recvtok": "168496141", "sendrand": "16909060"},
    ),
    (
        "1e101005f10203040506070801020304",
        "Join Connection",
        {"sendtrunchmac": "17366446428893087496", "sendrand": "16909060", "recvtok": ""},
    ),
    ("1e181000" + "ab" * 20, "Join Connection", {"reserved": "0x0000", "sendhmac": "ab" * 20, "addrid": ""}),
    (
        "1e08200100000064",
        "Data Sequence Signal",
        {"rawdataack": "100", "dataack8.flag": "0", "rawdataseqno": ""},
    ),
    ("1e0c20030000000100000064", "Data Sequence Signal", {"rawdataack": "4294967396"}),
    (
        "1e18200d0000006400000001000000c8000000010064beef",
        "Data Sequence Signal",
        {"rawdataack": "100", "rawdataseqno": "4294967496", "subflowseqno": "1", "datalvllen": "100"},
    ),
    ("1e0834050a000001", "Add Address", {"ipver": "4", "ipv4": "10.0.0.1", "echo": ""}),
    ("1e1230050a0000011f90" + "ab" * 8, "Add Address", {"echo": "0", "port": "8080", "ipver": ""}),
    (
        "1e143105fe80" + "00" * 13 + "01",
        "Add Address",
        {"echo": "1", "ipv6": "fe80::1", "addaddrtrunchmac": ""},
    ),
    ("1e06400506070000", "Remove Address", {"addrid": "5,6,7"}),
    ("1e045105", "Change Subflow Priority", {"backup.flag": "1", "addrid": "5"}),
    ("1e0c60000000000100000064", "TCP Fallback", {"rawdataseqno": "4294967396"}),
    ("1e0c70000102030405060708", "Fast Close", {"recvkey": "72623859790382856"}),
    ("1e048f06", "TCP Reset", {"flag_T.flag": "1", "rst_reason": "0x06"}),
    ("1e049001", "Unknown (9)", {"subtype": "9"}),
]
"""Option, the name of its subtype, fields and what they say; nothing for those it must not have."""


@pytest.mark.parametrize(("option", "subtype", "fields"), EACH)
def test_every_subtype(option: str, subtype: str, fields: dict[str, str]) -> None:
    table = with_options(option)
    assert {name: values(table, PREFIX + name) for name in fields} == fields
    assert f"Multipath Transmission Control Protocol: {subtype}" in lines(table)


def test_the_list_says_mptcp() -> None:
    assert listing(with_options("1e040181")).protocol[0] == "MPTCP"
    assert listing(with_options("0402")).protocol[0] == "TCP"


def test_the_number_of_removed_addresses_is_counted() -> None:
    assert values(with_options("1e06400506070000"), "mptcp.rm_addr.count") == "3"


def test_algorithms_other_than_the_one_there_is_are_remarked_on() -> None:
    assert values(with_options("1e0401a1"), "mptcp.connection.unsupported_algorithm") == "1"
    assert values(with_options("1e040180"), "mptcp.connection.missing_algorithm") == "1"
