"""Requests and replies find each other, however the capture is cut into chunks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.echoes import Echoes
from synfin.dissect.listing import listing
from synfin.dissect.table import PacketTable, dissect
from synfin.session import catalogue
from tests.packets import checksum, chunk_of, ethernet, ipv4
from tests.protocols.test_icmpv6 import packet as packet_of_version_6

ASKER, ASKED = "192.0.2.1", "192.0.2.200"


def echo(sequence: int, *, reply: bool = False, asker: str = ASKER, data: bytes = b"abc") -> bytes:
    """A request, or the reply to it."""
    head = bytes((0 if reply else 8, 0, 0, 0)) + b"\x12\x34" + sequence.to_bytes(2, "big")
    whole = head[:2] + checksum(head + data).to_bytes(2, "big") + head[4:] + data
    source, target = (ASKED, asker) if reply else (asker, ASKED)
    return ethernet(ipv4(whole, 1, source=source, destination=target))


def followed(packets: list[bytes], cuts: list[int]) -> list[PacketTable]:
    """The packets in chunks, 10 ms apart, with every fact about echoes."""
    bounds = [0, *sorted(min(cut, len(packets)) for cut in cuts), len(packets)]
    chunks = [
        chunk_of(packets[a:b], times=[index * 10_000_000 for index in range(a, b)], first=a + 1)
        for a, b in itertools.pairwise(bounds)
        if a < b
    ]
    first, second = Echoes(), Echoes()
    for chunk in chunks:
        first.advance(dissect(chunk, catalogue()))
    tables = []
    for chunk in chunks:
        table = dissect(chunk, catalogue())
        second.advance(table)
        first.supply_final(table)
        tables.append(table)
    return tables


def facts(tables: list[PacketTable], name: str) -> dict[int, str]:
    """A fact of each packet that has it, by the packet's number."""
    found: dict[int, str] = {}
    for table in tables:
        packets, texts = table.texts(name)
        numbers = (packets + table.chunk.first).tolist()
        found.update(zip(numbers, texts.to_list(), strict=True))
    return found


def test_a_request_its_reply_and_one_that_is_lost() -> None:
    tables = followed([echo(1), echo(1, reply=True), echo(2)], [])
    assert facts(tables, "icmp.resp_in") == {1: "2"}
    assert facts(tables, "icmp.resp_to") == {2: "1"}
    assert facts(tables, "icmp.resptime") == {2: "10"}
    assert facts(tables, "icmp.no_resp") == {3: "1"}
    assert facts(tables, "icmp.resp_not_found") == {3: "1"}
    assert [info.split("ttl=64")[1] for info in listing(tables[0]).info.to_list()] == [
        " (reply in 2)",
        " (request in 1)",
        " (no response found!)",
    ]


@pytest.mark.parametrize(
    "other",
    [
        echo(2, reply=True),
        echo(1, reply=True, asker="192.0.2.2"),
        echo(1, reply=True, data=b"abd"),
    ],
)
def test_a_reply_to_something_else_is_none(other: bytes) -> None:
    tables = followed([echo(1), other], [])
    assert facts(tables, "icmp.resp_to") == {}
    assert facts(tables, "icmp.no_resp") == {1: "1"}


def test_a_request_that_is_repeated_takes_the_place_of_the_one_before() -> None:
    tables = followed([echo(1), echo(1), echo(1, reply=True), echo(1, reply=True)], [])
    assert facts(tables, "icmp.resp_to") == {3: "2"}
    assert facts(tables, "icmp.no_resp") == {1: "1"}


def test_a_copy_in_an_error_asks_nobody() -> None:
    error = ethernet(ipv4(b"\x03\x01\xfc\xfe\0\0\0\0" + echo(1)[14:], 1, source=ASKED, destination=ASKER))
    assert facts(followed([error], []), "icmp.no_resp") == {}


def test_echoes_of_version_6() -> None:
    request = packet_of_version_6("8000 0000 1234 0001", b"x")
    reply = packet_of_version_6("8100 0000 1234 0001", b"x", source="2001:db8::2", target="2001:db8::1")
    tables = followed([request, reply], [1])
    assert facts(tables, "icmpv6.resp_in") == {1: "2"}
    assert facts(tables, "icmpv6.resp_to") == {2: "1"}
    assert facts(tables, "icmpv6.resptime") == {2: "10"}


@given(
    st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.sampled_from((ASKER, "192.0.2.2"))), max_size=20),
    st.lists(st.integers(0, 20), max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_where_the_capture_is_cut_makes_no_difference(
    script: list[tuple[int, bool, str]], cuts: list[int]
) -> None:
    packets = [echo(sequence, reply=reply, asker=asker) for sequence, reply, asker in script]
    waiting: dict[tuple[int, str], int] = {}
    pairs: dict[int, int] = {}
    for number, (sequence, reply, asker) in enumerate(script, 1):  # the naive twin
        if not reply:
            waiting[sequence, asker] = number
        elif (sequence, asker) in waiting:
            pairs[number] = waiting.pop((sequence, asker))
    tables = followed(packets, cuts)
    assert facts(tables, "icmp.resp_to") == {reply: str(request) for reply, request in pairs.items()}
    assert facts(tables, "icmp.resp_in") == {request: str(reply) for reply, request in pairs.items()}
