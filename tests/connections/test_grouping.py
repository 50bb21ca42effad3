"""Connections are told apart as the naive twin tells them apart, whatever the packets."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.group import CREATES, UNKNOWN, Groups
from synfin.connections.segments import segments
from synfin.dissect.table import dissect
from synfin.session import catalogue
from tests.naive.grouping import Header, Known, grouped
from tests.packets import chunk_of, ethernet, ipv4, table_of, tcp

ENDPOINTS = (("192.0.2.1", 1000), ("192.0.2.1", 2000), ("192.0.2.200", 1000), ("10.0.0.1", 80))

headers = st.lists(
    st.builds(
        Header,
        st.sampled_from(ENDPOINTS),
        st.sampled_from(ENDPOINTS),
        st.sampled_from((2, 18, 16, 17, 4, 20, 0, 1)),
        st.sampled_from((0, 1, 2**32 - 1, 77)),
        st.sampled_from((0, 1, 2**32 - 1, 78)),
        st.booleans(),
    ).filter(lambda header: header.source != header.destination),
    max_size=40,
)


def packet(header: Header) -> bytes:
    """The header as a packet, or quoted in an ICMP error about it."""
    segment = tcp(
        ports=(header.source[1], header.destination[1]), seq=header.seq, ack=header.ack, flags=header.flags
    )
    datagram = ipv4(segment, source=header.source[0], destination=header.destination[0])
    if header.quoted:
        datagram = ipv4(b"\x03\x01\0\0\0\0\0\0" + datagram, 1, source="198.51.100.1", destination="192.0.2.1")
    return ethernet(datagram)


@given(headers, st.lists(st.integers(0, 40), max_size=3))
@settings(max_examples=80, deadline=None)
def test_it_agrees_with_the_naive_twin_however_the_capture_is_cut(
    all_headers: list[Header], cuts: list[int]
) -> None:
    groups = Groups()
    found: list[Known] = []
    edges = sorted({0, len(all_headers), *(min(cut, len(all_headers)) for cut in cuts)})
    for begin, end in itertools.pairwise(edges):
        chunk = chunk_of([packet(header) for header in all_headers[begin:end]])
        made = groups.advance(segments(dissect(chunk, catalogue())))
        for connection, role, base, peer in zip(*(column.tolist() for column in made), strict=True):
            bases = (None if number == UNKNOWN else number for number in (base, peer))
            found.append(Known(connection, bool(role & CREATES), *bases))
    assert found == grouped(all_headers)
    assert groups.count == len({one.connection for one in found})


def test_the_table_grows_and_still_finds_every_connection() -> None:
    groups = Groups()
    ports = [(1024 + n % 50000, 80 + n // 50000) for n in range(60_000)]
    frames = [ethernet(ipv4(tcp(ports=pair, flags=2))) for pair in ports]
    for begin in range(0, len(frames), 10_000):
        made = groups.advance(segments(table_of(frames[begin : begin + 10_000])))
        assert made.connection.tolist() == list(range(begin, begin + 10_000))
    again = groups.advance(segments(table_of(frames[:100] + frames[-100:])))
    assert again.connection.tolist() == [*range(100), *range(59_900, 60_000)]


def test_the_innermost_ip_header_names_the_endpoints() -> None:
    inner = ipv4(tcp(flags=2), source="10.0.0.1", destination="10.0.0.2")
    tunnelled = ethernet(ipv4(inner, 4, source="192.0.2.1", destination="192.0.2.2"))
    groups = Groups()
    made = groups.advance(segments(table_of([tunnelled, ethernet(inner)])))
    assert made.connection.tolist() == [0, 0]


def test_ipv6_endpoints_do_not_meet_ipv4_ones() -> None:
    segment = tcp(flags=2)
    head = bytes.fromhex("60000000") + len(segment).to_bytes(2, "big") + b"\x06\x40"
    six = head + bytes(15) + b"\x01" + bytes(15) + b"\x02" + segment
    other = head + bytes(15) + b"\x01" + b"\x20" + bytes(14) + b"\x02" + segment
    four = ethernet(ipv4(segment, source="0.0.0.1", destination="0.0.0.2"))
    frames = [ethernet(six, 0x86DD), four, ethernet(other, 0x86DD), ethernet(six, 0x86DD)]
    made = Groups().advance(segments(table_of(frames)))
    assert made.connection.tolist() == [0, 1, 2, 0]
    assert np.all(made.role[:3] & CREATES)
