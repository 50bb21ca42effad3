"""Merging keeps every packet, its bytes and what is said of it, and brings them into the order of time."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synfin.capture.chunk import Chunk, Option
from synfin.capture.live.merging import HOLD, Merging, joined, tail


def chunk_of(interface: int, packets: list[tuple[int, bytes]]) -> Chunk:
    """Packets of one interface, in the order of time; the first has an option."""
    times = np.array(sorted(moment for moment, _ in packets), np.int64)
    lengths = np.array([len(data) for _, data in packets], np.int64)
    return Chunk(
        data=np.frombuffer(b"".join(data for _, data in packets), np.uint8),
        start=np.cumsum(lengths) - lengths,
        captured=lengths,
        length=lengths,
        time=times,
        interface=np.full(len(packets), interface, np.int32),
        offset=np.zeros(len(packets), np.int64),
        first=1,
        interfaces=(),
        options={0: (Option(4, bytes([interface])),)} if packets else {},
    )


def told(chunk: Chunk) -> list[tuple[int, int, bytes, tuple[Option, ...]]]:
    """Each packet: time, interface, bytes, options."""
    return [
        (int(chunk.time[row]), int(chunk.interface[row]), chunk.packet(row), chunk.options.get(row, ()))
        for row in range(len(chunk))
    ]


packets = st.lists(st.tuples(st.integers(0, 20), st.binary(max_size=5)), min_size=1, max_size=8)


@given(st.lists(packets, min_size=1, max_size=4), st.integers(0, 40))
def test_nothing_is_lost_whatever_is_cut(given_packets: list[list[tuple[int, bytes]]], cut: int) -> None:
    chunks = [chunk_of(number, each) for number, each in enumerate(given_packets)]
    whole = joined(chunks)
    assert sorted(told(whole)) == sorted(each for chunk in chunks for each in told(chunk))
    assert (np.diff(whole.time) >= 0).all()
    assert told(whole.head(cut)) + told(tail(whole, cut)) == told(whole)


def test_a_packet_waits_for_older_ones_of_other_interfaces() -> None:
    now, merging = time.time_ns(), Merging()
    first = merging.take([chunk_of(0, [(now - 2 * HOLD, b"a"), (now, b"c")])], is_last=False)
    assert first is not None
    assert [data for _, _, data, _ in told(first)] == [b"a"]
    rest = merging.take([chunk_of(1, [(now - HOLD // 2, b"b")])], is_last=True)
    assert rest is not None
    assert [data for _, _, data, _ in told(rest)] == [b"b", b"c"]


def test_when_nothing_waits_nothing_comes() -> None:
    assert Merging().take([], is_last=True) is None
