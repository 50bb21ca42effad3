"""The walk, whatever the bytes: it agrees with its naive twin, and accounts for every packet."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synfin.dissect.catalogue import Catalogue
from synfin.dissect.walk import PARTIAL, Reason
from synfin.session import protocols
from tests.naive import walk as naive
from tests.packets import ETHERNET, RAW, ethernet, ipv4, table_of, tcp, udp

SAMPLES = (
    ethernet(ipv4(tcp(b"GET / HTTP/1.1\r\n", options=bytes.fromhex("0204 05b4 0101 0402")))),
    ethernet(ipv4(udp(b"hello"), 17)),
    ethernet(ipv4(ipv4(tcp(flags=2), 6), 4)),
    ethernet(b"\x20\x01\x08\x00" + ipv4(udp(), 17), 0x8100),
    ethernet(bytes.fromhex("0001080006040001020000000001c0000201000000000000c0000202"), 0x0806),
    ethernet(ipv4(b"\x03\x01\0\0\0\0\0\0" + ipv4(tcp())[:28], 1)),
)


@st.composite
def broken_packets(draw: st.DrawFn) -> tuple[bytes, int]:
    """A sample with some bytes changed, cut somewhere; and the length it claims to have had."""
    packet = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 6))):
        packet[draw(st.integers(0, len(packet) - 1))] = draw(st.integers(0, 255))
    kept = draw(st.integers(0, len(packet)))
    claimed = draw(st.integers(0, 2000) | st.just(len(packet)))
    return bytes(packet[:kept]), claimed


@cache
def without_content() -> Catalogue:
    """All protocols, none of which measures itself: what the walk alone knows."""
    return Catalogue.of(replace(protocol, content=None) for protocol in protocols())


@given(st.lists(broken_packets(), min_size=1, max_size=24), st.sampled_from((ETHERNET, RAW, 0, 113, 9999)))
@settings(max_examples=300, deadline=None)
def test_it_agrees_with_the_naive_walk_however_broken_and_cut(
    packets: list[tuple[bytes, int]], linktype: int
) -> None:
    known = without_content()
    table = table_of(
        [p for p, _ in packets],
        lengths=[claimed for _, claimed in packets],
        linktype=linktype,
        using=known,
    )
    root = known.by_name[known.roots.get(linktype, "data")]
    walked = {protocol.name: protocol for protocol in known.walked}
    for index, (packet, claimed) in enumerate(packets):
        headers, halts = naive.walk(packet, claimed, root, walked)
        begin = int(table.chunk.start[index])
        rows = table.found[:, table.found[0] == index].T.tolist()
        names = known.program.names
        assert [(names[s], a - begin, b - begin, c - begin, f) for _, s, a, b, c, f in rows] == headers
        stops = table.stops[:, table.stops[0] == index].T.tolist()
        assert [(names[s], Reason(r), needed, there) for _, s, r, needed, there, _ in stops] == halts
    assert table.count.tolist() == np.bincount(table.found[1], minlength=len(table.count)).tolist()


HOP_OPTIONS_IN_IPV4 = ethernet(ipv4(bytes.fromhex("3b0026060000000000000000"), 0))
"""What only IPv6 carries, a Quick-Start request among it, behind a header that has no hop limit."""


@given(st.lists(broken_packets(), min_size=1, max_size=4))
@example([(HOP_OPTIONS_IN_IPV4, len(HOP_OPTIONS_IN_IPV4))])
@settings(max_examples=100, deadline=None)
def test_every_column_of_a_broken_packet_can_be_read(packets: list[tuple[bytes, int]]) -> None:
    table = table_of([p for p, _ in packets], lengths=[claimed for _, claimed in packets])
    for name in table.catalogue.fields:
        packet, texts = table.texts(name)
        assert len(packet) == len(texts)
        assert bool((np.diff(packet) >= 0).all())


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=100, deadline=None)
def test_a_header_that_is_cut_is_a_partial_row_and_a_stop(sample: bytes, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, 33))
    table = table_of([sample[:kept]], lengths=[len(sample)])
    assert table.stops.shape[1] == 1
    assert table.stops[2, 0] == Reason.CUT
    assert table.found[5, -1] & PARTIAL
