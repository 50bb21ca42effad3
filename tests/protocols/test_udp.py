"""UDP: four fields, and everything that can be wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synfin.dissect.listing import listing
from tests.packets import checksum, ethernet, ipv4, table_of, udp
from tests.protocols.test_tcp_options import lines, values

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable


def one(datagram: bytes) -> PacketTable:
    return table_of([ethernet(ipv4(datagram, 17))])


def checked(datagram: bytes) -> bytes:
    pseudo = bytes((192, 0, 2, 10, 192, 0, 2, 80, 0, 17)) + len(datagram).to_bytes(2, "big")
    return datagram[:6] + checksum(pseudo + datagram).to_bytes(2, "big") + datagram[8:]


def test_a_datagram() -> None:
    table = one(checked(udp(b"hello", ports=(1000, 2000))))
    for name, value in (("srcport", "1000"), ("dstport", "2000"), ("port", "1000,2000"), ("length", "13")):
        assert values(table, f"udp.{name}") == value
    assert values(table, "udp.payload") == b"hello".hex()
    assert values(table, "synfin.checksum.udp") == "good"
    assert listing(table).info[0] == "1000 → 2000 Len=5"
    stated = values(table, "udp.checksum")
    assert f"Checksum: {stated} [unverified]" in lines(table)
    assert "UDP payload (5 bytes)" in lines(table)


def test_a_sender_may_do_without_a_checksum() -> None:
    table = one(udp(b"hello"))
    assert values(table, "udp.checksum.status") == "3"
    assert values(table, "synfin.checksum.udp") == "absent"
    assert {"Checksum: 0x0000 [zero-value ignored]", "[Checksum Status: Not present]"} <= set(lines(table))


def test_over_ipv6_it_may_not() -> None:
    head = (
        bytes.fromhex("60000000000a1140") + b"\xfe\x80" + bytes(13) + b"\1" + b"\xfe\x80" + bytes(13) + b"\2"
    )
    table = table_of([ethernet(head + udp(b"ab", ports=(1, 2)), 0x86DD)])
    assert values(table, "udp.checksum.zero") == "1"
    assert values(table, "synfin.checksum.udp") == "illegal"
    assert listing(table).info[0] == "1 → 2 Len=2 [ILLEGAL CHECKSUM (0)]"


@pytest.mark.parametrize(
    ("length", "info", "line"),
    [
        (4, "[BAD UDP LENGTH 4 < 8]", "Length: 4 (bogus, must be >= 8)"),
        (100, "[BAD UDP LENGTH 100 > IP PAYLOAD LENGTH] Len=92", "Length: 100 (bogus, payload length 13)"),
    ],
)
def test_a_length_that_cannot_be_true(length: int, info: str, line: str) -> None:
    datagram = udp(b"hello", ports=(1000, 2000))
    table = one(datagram[:4] + length.to_bytes(2, "big") + datagram[6:])
    assert values(table, "udp.length.bad") == "1"
    assert listing(table).info[0] == f"1000 → 2000 {info}"
    assert line in lines(table)


def test_what_follows_the_stated_length_is_not_payload() -> None:
    datagram = udp(b"hello")
    assert values(one(datagram[:4] + b"\0\x09" + datagram[6:]), "udp.payload") == b"h".hex()


def test_probes_of_traceroute_are_recognised_by_their_port() -> None:
    table = one(udp(b"@", ports=(40000, 33440)))
    assert "[Possible traceroute: hop #2, attempt #3]" in lines(table)
    assert values(table, "udp.possible_traceroute") == "1"
