"""What is shared names nobody, and says of every connection what the original says."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.capture.chunk import Interface, Option
from synfin.capture.metadata import Names, Secrets, Section, Statistics
from synfin.capture.nameless import Nameless
from synfin.connections.chronicle import account
from synfin.connections.follower import Follower
from synfin.dissect.kinds import Kind
from synfin.dissect.table import PacketTable, dissect
from synfin.explain.explanation import explain
from synfin.exports.anonymity.addresses import Scrambler, scramblers
from synfin.exports.anonymity.packets import anonymizer
from synfin.operations import (
    Selection,
    anonymized,
    connection_table,
    explain_connection,
    explanation_page,
    open_session,
    save,
)
from synfin.session import Session, catalogue
from tests.conftest import ROOT
from tests.packets import checksum, chunk_of, ethernet, ipv4, table_of, tcp, udp
from tests.scenarios.language import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = sorted((ROOT / "examples").glob("*.pcapng"))
SCENARIOS = sorted((ROOT / "tests" / "scenarios").glob("*/*.txt"))
KEY = b"a key of these tests"

ADDRESS_COLUMNS = {"client_address", "server_address"}

# addresses


@cache
def of_kind(kind: Kind) -> Scrambler:
    return scramblers(KEY)[kind]


def swapped(kind: Kind, address: bytes) -> bytes:
    return bytes(of_kind(kind).replaced(np.frombuffer(address, np.uint8)[None, :])[0])


def ip(address: str) -> str:
    packed = ipaddress.ip_address(address).packed
    return str(ipaddress.ip_address(swapped(Kind.IPV4 if len(packed) == 4 else Kind.IPV6, packed)))


def mac(address: str) -> str:
    return swapped(Kind.ETHER, bytes.fromhex(address.replace(":", ""))).hex(":")


def in_common(one: bytes, other: bytes) -> int:
    """How many leading bits are the same."""
    size = len(one) * 8
    return size - (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_length()


SIZES = {Kind.IPV4: 4, Kind.IPV6: 16, Kind.ETHER: 6, Kind.EUI64: 8}


@pytest.mark.parametrize("kind", SIZES)
@settings(deadline=None)
@given(data=st.data())
def test_as_many_leading_bits_are_shared_afterwards_as_before(kind: Kind, data: st.DataObject) -> None:
    one = data.draw(st.binary(min_size=SIZES[kind], max_size=SIZES[kind]))
    bit = data.draw(st.integers(0, SIZES[kind] * 8 - 1))
    near = (int.from_bytes(one, "big") ^ (1 << bit)).to_bytes(SIZES[kind], "big")
    assert in_common(swapped(kind, one), swapped(kind, near)) == in_common(one, near)


def naive(address: bytes, label: bytes) -> bytes:
    """The construction bit by bit, without pins: HMAC of the bytes before, one bit of it for each node."""
    import hashlib
    import hmac

    made = bytearray()
    for at in range(len(address)):
        digest = hmac.new(KEY, label + bytes([at]) + address[:at], hashlib.sha256).digest()
        node, byte = 1, 0
        for depth in range(8):
            bit = address[at] >> (7 - depth) & 1
            turned = digest[node // 8] >> (7 - node % 8) & 1
            byte = byte << 1 | (bit ^ turned)
            node = node << 1 | bit
        made.append(byte)
    return bytes(made)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=8))
def test_it_is_the_construction_that_it_says(addresses: list[bytes]) -> None:
    plain = Scrambler(KEY, b"plain", 8)
    made = plain.replaced(np.frombuffer(b"".join(addresses), np.uint8).reshape(-1, 8))
    assert [one.tobytes() for one in made] == [naive(address, b"plain") for address in addresses]


def test_all_addresses_of_a_network_stay_apart() -> None:
    every = np.array([[198, 51, third, last] for third in range(4) for last in range(256)], np.uint8)
    made = of_kind(Kind.IPV4).replaced(every)
    assert len(np.unique(made, axis=0)) == len(every)
    assert len(np.unique(made[:, :2], axis=0)) == 1
    assert (made != every).any(axis=1).sum() > 1000


def test_another_key_makes_other_addresses_and_the_same_key_the_same() -> None:
    address = np.array([[203, 0, 113, 7]], np.uint8)
    assert (
        scramblers(b"1")[Kind.IPV4].replaced(address) != scramblers(b"2")[Kind.IPV4].replaced(address)
    ).any()
    assert (
        scramblers(b"1")[Kind.IPV4].replaced(address) == scramblers(b"1")[Kind.IPV4].replaced(address)
    ).all()


def test_prefixes_met_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synfin.exports.anonymity.addresses.MOST_TABLES", 8)
    small = scramblers(KEY)[Kind.IPV4]
    every = np.arange(100 * 4, dtype=np.uint8).reshape(100, 4)
    assert (small.replaced(every) == of_kind(Kind.IPV4).replaced(every)).all()
    assert len(small._tables) <= 8


KEPT = [
    *("0.0.0.0", "127.0.0.1", "224.0.0.251", "239.255.255.250", "255.255.255.255", "255.255.255.0"),
    *("::", "::1", "ff02::1", "ff02::fb", "ff05::2"),
]


@pytest.mark.parametrize("address", KEPT)
def test_addresses_that_name_no_host_stay(address: str) -> None:
    assert ip(address) == address


@pytest.mark.parametrize(
    ("address", "family"),
    [
        ("10.1.2.3", "10.0.0.0/8"),
        ("172.20.1.1", "172.16.0.0/12"),
        ("192.168.1.1", "192.168.0.0/16"),
        ("169.254.7.7", "169.254.0.0/16"),
        ("100.64.3.1", "100.64.0.0/10"),
        ("fe80::1", "fe80::/10"),
        ("fd12:3456::1", "fc00::/7"),
        ("2001:db8::1", "2000::/3"),
        ("2002:c000:204::1", "2002::/16"),
        ("2001:0:1::1", "2001::/32"),
        ("ff02::1:ff12:3456", "ff02::1:ff00:0/104"),
        ("ff3e:30:2001:db8::1", "ff00::/8"),
    ],
)
def test_an_address_stays_in_its_family(address: str, family: str) -> None:
    assert ip(address) != address
    assert ipaddress.ip_address(ip(address)) in ipaddress.ip_network(family)


FAMILIES = [
    *map(ipaddress.ip_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "10.0.0.0/8")),
    *map(ipaddress.ip_network, ("172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")),
    *map(ipaddress.ip_network, ("fe80::/10", "fc00::/7", "2000::/3", "ff00::/8", "::/128", "::1/128")),
]


@settings(deadline=None)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_no_address_gets_into_another_family(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    made = ipaddress.ip_address(ip(str(address)))
    assert [made in family for family in FAMILIES] == [address in family for family in FAMILIES]


def test_link_layer_groups_stay_groups_and_cards_lose_their_makers() -> None:
    for kept in (
        "ff:ff:ff:ff:ff:ff",
        "00:00:00:00:00:00",
        "01:00:5e:00:00:fb",
        "01:80:c2:00:00:00",
        "33:33:00:00:00:01",
    ):
        assert mac(kept) == kept
    assert mac("33:33:ff:12:34:56").startswith("33:33:ff:")
    assert mac("33:33:ff:12:34:56") != "33:33:ff:12:34:56"
    card = mac("00:1b:21:12:34:56")
    assert not card.startswith("00:1b:21")
    assert int(card[:2], 16) & 3 == 0
    assert int(mac("02:00:00:00:00:10")[:2], 16) & 3 == 2


# verdicts


def without_names(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ADDRESS_COLUMNS}


def shared(session: Session) -> Session:
    return replace(session, rewrite=anonymizer(KEY))


def told_again(text: str, row: dict[str, object], other: dict[str, object]) -> str:
    """The explanation of the shared connection with the addresses put back, all blanks alike."""
    for name in sorted(ADDRESS_COLUMNS):
        text = text.replace(str(other[name]), str(row[name]))
    return re.sub("cookie[0-9a-f]+", "cookie", re.sub(r"[\s─━┄┈╌]+", "", text))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_connections_of_examples_are_told_alike(path: Path) -> None:
    session = open_session(str(path))
    found, other = connection_table(session), connection_table(shared(session))
    rows, others = list(found.rows()), list(other.rows())
    assert [without_names(row) for row in rows] == [without_names(row) for row in others]
    for row, same in zip(rows, others, strict=True):
        number = int(str(row["number"]))
        whole = explain_connection(session, number, lang="en", width=200)
        made = explain_connection(shared(session), number, lang="en", width=200)
        assert whole is not None
        assert made is not None
        assert told_again(made.text(), row, same) == told_again(whole.text(), row, row)
    session.capture.close()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_connections_of_scenarios_are_told_alike(path: Path) -> None:
    table = read(path).table()
    made = dissect(anonymizer(KEY)(table), catalogue())
    followers = [Follower(), Follower()]
    for follower, one in zip(followers, (table, made), strict=True):
        follower.advance(one)
    found, other = (follower.finish() for follower in followers)
    assert [without_names(row) for row in found.rows()] == [without_names(row) for row in other.rows()]
    for number, row, same in zip(found.numbers("number").tolist(), found.rows(), other.rows(), strict=True):
        told = explain(account(followers[0], number, [read(path).table()]), "en", 200).text()
        again = dissect(anonymizer(KEY)(read(path).table()), catalogue())
        retold = explain(account(followers[1], number, [again]), "en", 200).text()
        assert told_again(retold, row, same) == told_again(told, row, row)


VERDICTS = (
    *("synfin.checksum.ip", "synfin.checksum.tcp", "synfin.checksum.udp"),
    *("icmp.checksum.status", "icmpv6.checksum.status", "igmp.checksum.status", "gre.checksum.status"),
    *(
        "tcp.analysis.retransmission",
        "tcp.analysis.lost_segment",
        "tcp.analysis.duplicate_ack",
        "tcp.seq",
        "tcp.len",
    ),
    *("ip.ttl", "ip.id", "tcp.window_size", "tcp.options.timestamp.tsval", "frame.len", "frame.time_epoch"),
)


def verdicts(session: Session) -> Iterator[list[str]]:
    for table in session.tables_with(VERDICTS):
        for name in VERDICTS:
            yield values(table, name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_checksums_and_analysis_of_examples_stay(path: Path) -> None:
    session = open_session(str(path))
    assert list(verdicts(session)) == list(verdicts(shared(session)))
    session.capture.close()


@pytest.mark.oracle
def test_verdicts_of_other_peoples_captures_stay(shared_captures: Path) -> None:
    compared = 0
    for path in sorted((shared_captures / "open").iterdir()):
        if path.stat().st_size > 1 << 20 or not {".pcap", ".pcapng", ".cap"} & set(path.suffixes):
            continue
        session = open_session(str(path))
        found, other = connection_table(session), connection_table(shared(session))
        rows = [without_names(row) for row in found.rows()]
        assert rows == [without_names(row) for row in other.rows()], path.name
        assert list(verdicts(session)) == list(verdicts(shared(session))), path.name
        compared += len(rows) + 1
        session.capture.close()
    assert compared > 50


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["page", "ipv6", "lost-data", "icmp-unreachable", "vlan", "fast-open"])
def test_tshark_says_of_the_shared_capture_what_it_says_of_the_whole(
    tshark: str, tmp_path: Path, name: str
) -> None:
    path, out = ROOT / "examples" / f"{name}.pcapng", tmp_path / "shared.pcapng"
    session = open_session(str(path))
    save(shared(session), str(out), Selection())
    session.capture.close()
    fields = [
        "frame.number",
        "frame.time_epoch",
        "frame.len",
        "tcp.seq_raw",
        "tcp.len",
        "tcp.flags",
        "tcp.checksum.status",
    ]
    fields += [
        "ip.checksum.status",
        "icmp.checksum.status",
        "icmpv6.checksum.status",
        "udp.checksum.status",
        "tcp.stream",
    ]
    fields += [
        "tcp.analysis.flags",
        "tcp.options.timestamp.tsval",
        "tcp.options.mss_val",
        "ip.ttl",
        "ipv6.hlim",
    ]
    checks = ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE")
    made = [_fields(tshark, one, fields, checks) for one in (path, out)]
    assert made[0] == made[1]
    assert made[0].count("\n") > 2


def _fields(tshark: str, path: Path, fields: list[str], settings: tuple[str, ...]) -> str:
    command = [tshark, "-2", "-n", "-r", str(path), "-T", "fields"]
    for option, values in (("-o", settings), ("-e", fields)):
        command += [word for value in values for word in (option, value)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


# what goes and what stays


def made_of(*packets: bytes, lengths: tuple[int, ...] = ()) -> PacketTable:
    """The packets as they are shared, dissected."""
    return dissect(anonymizer(KEY)(table_of(packets, lengths=lengths)), catalogue())


def data_of(table: PacketTable, index: int = 0) -> bytes:
    return table.chunk.packet(index)


def test_of_a_segment_headers_stay_and_its_payload_becomes_zeros() -> None:
    packet = ethernet(ipv4(tcp(b"a secret", options=b"\2\4\5\xb4", seq=77)))
    made = data_of(made_of(packet))
    assert len(made) == len(packet)
    assert made[-8:] == bytes(8)
    assert made[34:50] == packet[34:50]  # ports, numbers, flags, window
    assert made[54:58] == b"\2\4\5\xb4"
    assert made[26:34] == swapped(Kind.IPV4, packet[26:30]) + swapped(Kind.IPV4, packet[30:34])
    assert made[:12] == swapped(Kind.ETHER, packet[:6]) + swapped(Kind.ETHER, packet[6:12])
    assert checksum(made[14:34]) == 0


def good(payload: bytes, number: int, at: int) -> bytes:
    """A transport header with the right checksum, between the addresses that `ipv4` takes by default."""
    ends = bytes((192, 0, 2, 10, 192, 0, 2, 80))
    plain = payload[:at] + b"\0\0" + payload[at + 2 :]
    due = checksum(ends + number.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + plain)
    return payload[:at] + due.to_bytes(2, "big") + payload[at + 2 :]


def values(table: PacketTable, name: str) -> list[str]:
    """Every occurrence of a field, as text."""
    return table.texts(name)[1].to_list()


def verdict(table: PacketTable, name: str) -> str:
    return values(table, name)[0]


@pytest.mark.parametrize(
    ("payload", "proto", "name", "at"),
    [(tcp(b"odd"), 6, "synfin.checksum.tcp", 16), (udp(b"even"), 17, "synfin.checksum.udp", 6)],
)
def test_a_good_checksum_is_good_and_a_bad_one_bad(payload: bytes, proto: int, name: str, at: int) -> None:
    right = good(payload, proto, at)
    wrong = right[:at] + bytes((right[at] ^ 0x40,)) + right[at + 1 :]
    left = right[:at] + bytes.fromhex("0000") + right[at + 2 :]
    for one, expected in ((right, "good"), (wrong, "bad")):
        assert verdict(table_of([ethernet(ipv4(one, proto))]), name) == expected
        assert verdict(made_of(ethernet(ipv4(one, proto))), name) == expected
    zero = "absent" if proto == 17 else "bad"
    assert verdict(made_of(ethernet(ipv4(left, proto))), name) == zero


def test_a_checksum_left_to_the_network_card_is_left_to_it() -> None:
    segment = tcp(b"payload")
    ends = bytes((192, 0, 2, 10, 192, 0, 2, 80))
    pseudo = 0xFFFF - checksum(ends + (6).to_bytes(2, "big") + len(segment).to_bytes(2, "big"))
    partial = segment[:16] + pseudo.to_bytes(2, "big") + segment[18:]
    assert verdict(table_of([ethernet(ipv4(partial))]), "synfin.checksum.tcp") == "offloaded"
    assert verdict(made_of(ethernet(ipv4(partial))), "synfin.checksum.tcp") == "offloaded"


def test_nothing_of_what_was_cut_stays_in_a_checksum() -> None:
    whole = ethernet(ipv4(good(tcp(b"one secret"), 6, 16)))
    other = ethernet(ipv4(good(tcp(b"two secret"), 6, 16)))
    kept = len(whole) - 10
    made = [data_of(made_of(one[:kept], lengths=(len(one),))) for one in (whole, other)]
    assert made[0] == made[1]
    filled = made[0] + bytes(10)
    assert verdict(table_of([filled]), "synfin.checksum.tcp") == "good"


def test_addresses_in_a_quoted_packet_are_replaced_too() -> None:
    quoted = ipv4(good(udp(b"name.example"), 17, 6), 17, source="203.0.113.5", destination="198.51.100.9")
    error = b"\3\1\0\0\0\0\0\0" + quoted
    error = error[:2] + checksum(error).to_bytes(2, "big") + error[4:]
    made = made_of(ethernet(ipv4(error, 1)))
    assert values(made, "ip.src") == [ip("192.0.2.10"), ip("203.0.113.5")]
    assert values(made, "ip.dst") == [ip("192.0.2.80"), ip("198.51.100.9")]
    assert b"example" not in data_of(made)
    assert values(made, "icmp.checksum.status") == ["1"]
    assert values(made, "synfin.checksum.ip") == ["good", "good"]
    assert values(made, "udp.dstport") == ["53"]


def test_arp_names_the_same_cards_and_hosts() -> None:
    body = bytes.fromhex("0001080006040002 020000000010 c000020a 020000000080 c0000250")
    made = made_of(ethernet(body + bytes(18), 0x0806))
    assert values(made, "arp.src.proto_ipv4") == [ip("192.0.2.10")]
    assert values(made, "arp.dst.proto_ipv4") == [ip("192.0.2.80")]
    assert values(made, "arp.src.hw_mac") == [mac("02:00:00:00:00:10")]


def ipv6(payload: bytes, source: str, destination: str) -> bytes:
    ends = b"".join(ipaddress.ip_address(one).packed for one in (source, destination))
    return bytes.fromhex("60000000") + len(payload).to_bytes(2, "big") + b"\x3a\xff" + ends + payload


def test_neighbour_discovery_names_the_same_cards_and_hosts() -> None:
    target = ipaddress.ip_address("2001:db8::80").packed
    body = b"\x87\0\0\0\0\0\0\0" + target + b"\1\1" + bytes.fromhex("020000000010")
    ends = [ipaddress.ip_address(one).packed for one in ("2001:db8::10", "ff02::1:ff00:80")]
    due = checksum(b"".join(ends) + len(body).to_bytes(4, "big") + b"\0\0\0\x3a" + body)
    body = body[:2] + due.to_bytes(2, "big") + body[4:]
    made = made_of(ethernet(ipv6(body, "2001:db8::10", "ff02::1:ff00:80"), 0x86DD))
    assert values(made, "icmpv6.nd.ns.target_address") == [ip("2001:db8::80")]
    assert values(made, "icmpv6.opt.linkaddr") == [mac("02:00:00:00:00:10")]
    assert values(made, "icmpv6.checksum.status") == ["1"]


def test_addresses_of_a_recorded_route_are_replaced() -> None:
    packet = ipv4(tcp())
    options = bytes.fromhex("07070800000000") + b"\0"
    options = b"\7\7\x08" + bytes((198, 51, 100, 1)) + b"\0"
    head = (
        bytes((0x47,))
        + packet[1:2]
        + (48).to_bytes(2, "big")
        + packet[4:10]
        + b"\0\0"
        + packet[12:20]
        + options
    )
    head = head[:10] + checksum(head).to_bytes(2, "big") + head[12:]
    made = made_of(ethernet(head + tcp()))
    assert values(made, "ip.rec_rt") == [ip("198.51.100.1")]
    assert verdict(made, "synfin.checksum.ip") == "good"


def test_a_packet_within_a_tunnel_is_treated_like_any_other() -> None:
    inner = ethernet(ipv4(good(tcp(b"secret"), 6, 16)))
    outer = good(udp(b"\x08\0\0\0\0\0\7\0" + inner, ports=(50000, 4789)), 17, 6)
    made = made_of(ethernet(ipv4(outer, 17)))
    assert b"secret" not in data_of(made)
    assert values(made, "vxlan.vni") == ["7"]
    assert values(made, "ip.src") == [ip("192.0.2.10")] * 2
    assert verdict(made, "synfin.checksum.tcp") == "good"
    assert verdict(made, "synfin.checksum.udp") == "good"


def test_names_asked_for_and_pages_go() -> None:
    query = bytes.fromhex("123401000001000000000000") + b"\6secret\7example\0\0\1\0\1"
    page = b"GET /secret HTTP/1.1\r\nHost: secret.example\r\n\r\n"
    made = made_of(ethernet(ipv4(udp(query), 17)), ethernet(ipv4(tcp(page))))
    for index in (0, 1):
        assert b"secret" not in data_of(made, index)
    assert values(made, "udp.length") == [str(8 + len(query))]


def test_seals_of_multipath_tcp_go() -> None:
    """A sum over the data that went would help to guess it."""
    mapping = bytes.fromhex("1e14 2005 00000001 00000002 00000003 0006 beef 0101")
    made = made_of(ethernet(ipv4(tcp(b"secret", options=mapping))))
    assert values(
        table_of([ethernet(ipv4(tcp(b"secret", options=mapping)))]), "tcp.options.mptcp.checksum"
    ) == ["0xbeef"]
    assert values(made, "tcp.options.mptcp.checksum") == ["0x0000"]
    assert values(made, "tcp.options.mptcp.datalvllen") == ["6"]


def test_padding_and_what_nobody_knows_become_zeros() -> None:
    short = ethernet(ipv4(tcp())) + b"left over"
    strange = ethernet(b"strange protocol", 0x88B5)
    made = made_of(short, strange)
    assert data_of(made, 0)[-9:] == bytes(9)
    assert data_of(made, 1)[14:] == bytes(16)


@pytest.mark.parametrize("size", range(0, 60, 3))
def test_a_packet_that_ends_anywhere_is_shared(size: int) -> None:
    packet = ethernet(ipv4(good(tcp(b"payload"), 6, 16)))
    assert len(data_of(made_of(packet[:size], lengths=(len(packet),)))) == size


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=120))
def test_whatever_follows_an_ethernet_header_is_shared(body: bytes) -> None:
    made = made_of(ethernet(body), ethernet(ipv4(body)), ethernet(ipv4(body, 17)), ethernet(body, 0x86DD))
    assert [len(data_of(made, at)) for at in range(4)] == [
        14 + len(body),
        34 + len(body),
        34 + len(body),
        14 + len(body),
    ]


ADDRESSES = {
    Kind.IPV4: ("ip.addr", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"),
    Kind.IPV6: ("ipv6.addr",),
    Kind.ETHER: ("eth.addr", "arp.src.hw_mac"),
}


def left_over(session: Session) -> list[str]:
    """Addresses of the original, but for those that stay, in the bytes that are shared."""
    known: set[bytes] = set()
    for table in session.tables():
        for kind, names in ADDRESSES.items():
            texts = {text for name in names for text in values(table, name)}
            packed = {
                bytes.fromhex(text.replace(":", ""))
                if kind is Kind.ETHER
                else ipaddress.ip_address(text).packed
                for text in texts
            }
            known |= {one for one in packed if swapped(kind, one) != one}
    return [
        f"{table.chunk.first + at}: {one.hex()}"
        for table in shared(session).tables()
        for at in range(len(table))
        for one in known
        if one in table.chunk.packet(at)
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_address_and_no_content_of_an_example_is_left(path: Path) -> None:
    session = open_session(str(path))
    assert left_over(session) == []
    for table in shared(session).tables():
        held = b"".join(table.chunk.packet(at) for at in range(len(table)))
        for word in (b"HTTP", b"GET", b"Host", b"html", b"example"):
            assert word not in held
    session.capture.close()


@pytest.mark.oracle
def test_no_address_of_other_peoples_captures_is_left(shared_captures: Path) -> None:
    looked_at = 0
    for path in sorted((shared_captures / "open").iterdir()):
        if path.stat().st_size > 200_000 or not {".pcap", ".pcapng", ".cap"} & set(path.suffixes):
            continue
        if "fuzz" in path.name:
            continue  # random damage: what is an address here is a port there
        session = open_session(str(path))
        assert left_over(session) == [], path.name
        session.capture.close()
        looked_at += 1
    assert looked_at > 30


# what the capture says of itself


def test_remarks_names_and_keys_go() -> None:
    class Told:
        sections = (
            Section(
                1,
                "home.pcapng",
                "pcapng",
                hardware="mine",
                system="mine",
                application="mine",
                comments=("mine",),
                options=(Option(2988, b"mine"),),
            ),
        )
        interfaces = (
            Interface(
                1, name="mine", description="mine", options=(Option(6, b"mine00"), Option(14, bytes(8)))
            ),
        )
        names = (Names(1, bytes(4), ("mine",)),)
        statistics = (Statistics(0, 1, received=9, dropped=2, options=(Option(1, b"mine"),)),)
        secrets = (Secrets(1, 2, b"mine"),)
        kinds = ()

    made = Nameless(Told())
    assert "nonymized" in made.sections[0].comments[0]
    assert "mine" not in repr((made.sections, made.interfaces, made.names, made.statistics, made.secrets))
    assert made.statistics[0].dropped == 2
    assert made.interfaces[0].options == (Option(14, bytes(8)),)


def test_remarks_on_packets_go_and_their_flags_stay() -> None:
    chunk = replace(
        chunk_of([ethernet(ipv4(tcp()))]),
        options={0: (Option(1, b"mine"), Option(2, bytes(4)), Option(3, b"hash"))},
    )
    made = anonymizer(KEY)(dissect(chunk, catalogue()))
    assert made.options == {0: (Option(2, bytes(4)),)}


def test_a_saved_capture_holds_no_word_of_the_original(tmp_path: Path) -> None:
    out = tmp_path / "shared.pcapng"
    session = open_session(str(ROOT / "examples" / "page.pcapng"))
    with session.capture:
        list(session.capture.chunks())
        names = [one.name for one in session.capture.interfaces] + [
            one.system for one in session.capture.sections
        ]
        assert save(anonymized(session, "key"), str(out), Selection()) == 18
    data = out.read_bytes()
    assert any(names)
    assert not [name for name in names if name and name.encode() in data]


def test_the_page_holds_no_address_and_no_content() -> None:
    session = open_session(str(ROOT / "examples" / "page.pcapng"))
    page = explanation_page(anonymized(session, "key"), lang="en")
    session.capture.close()
    assert page is not None
    for word in ("192.0.2.10", "192.0.2.80", "02:00:00:00:00:10", "GET /", "lo0", "www.example"):
        assert word not in page
    assert "Anonymized: the addresses" in page
    assert "已匿名化" in page
    assert "closed normally in three segments" in page


def test_the_same_words_make_the_same_addresses() -> None:
    session = open_session(str(ROOT / "examples" / "page.pcapng"))
    made = [list(connection_table(anonymized(session, key)).rows()) for key in ("a", "a", "b")]
    session.capture.close()
    assert made[0] == made[1] != made[2]
    assert json.dumps(without_names(made[0][0])) == json.dumps(without_names(made[2][0]))
