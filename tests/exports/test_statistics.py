"""Sums are sums: what is counted does not depend on how a capture is cut, and parts add up to the whole."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.dissect.table import Clock, dissect
from synfin.dissect.text import from_list
from synfin.exports.statistics.hierarchy import Hierarchy
from synfin.exports.statistics.intervals import Intervals
from synfin.exports.statistics.lengths import Lengths
from synfin.exports.statistics.remarks import Remarks, distinct
from synfin.exports.statistics.table import Column, Table, as_csv, as_json, text
from synfin.exports.statistics.talkers import Conversations, Talkers
from synfin.operations import Counting, statistics
from synfin.session import catalogue, open_session
from tests.packets import chunk_of, ethernet, ipv4, tcp, udp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest

    from synfin.exports.statistics.table import Count

HOSTS = ("192.0.2.1", "192.0.2.2", "10.0.0.1")
MILLISECOND = 1_000_000

frames = st.builds(
    lambda source, destination, port, flags, size, is_tcp: ethernet(
        ipv4(
            tcp(bytes(size), ports=(port, 80), flags=flags) if is_tcp else udp(bytes(size), ports=(port, 53)),
            6 if is_tcp else 17,
            source=source,
            destination=destination,
        )
    ),
    st.sampled_from(HOSTS),
    st.sampled_from(HOSTS),
    st.sampled_from((80, 1000, 2000)),
    st.sampled_from((2, 16, 17, 4)),
    st.integers(0, 1400),
    st.booleans(),
)
captures = st.lists(st.tuples(frames, st.integers(0, 300)), max_size=30)
"""Packets, and the milliseconds after which each comes."""

COUNTS: tuple[Callable[[], Count[Any]], ...] = (
    Lengths,
    Hierarchy,
    lambda: Intervals(100 * MILLISECOND),
    lambda: Remarks(catalogue()),
    lambda: Conversations("tcp"),
    lambda: Conversations("udp"),
    lambda: Conversations("ip"),
    lambda: Conversations("eth"),
    lambda: Talkers("tcp"),
    lambda: Talkers("ip"),
)


def counted(
    make: Callable[[], Count[Any]], packets: Sequence[tuple[bytes, int]], cuts: Sequence[int] = ()
) -> Table:
    times = [MILLISECOND * at for at in itertools.accumulate(wait for _, wait in packets)]
    clock = Clock(times[0] if times else 0, 0)
    edges = sorted({0, len(packets), *(min(cut, len(packets)) for cut in cuts)})
    count = make()
    for begin, end in itertools.pairwise(edges):
        chunk = chunk_of([one for one, _ in packets[begin:end]], times=times[begin:end], first=begin + 1)
        count.add(count.part(dissect(chunk, catalogue(), clock), None))
    return count.table()


@given(captures, st.lists(st.integers(0, 30), max_size=3), st.sampled_from(COUNTS))
@settings(max_examples=40, deadline=None)
def test_it_does_not_matter_where_the_capture_is_cut(
    packets: list[tuple[bytes, int]], cuts: list[int], make: Callable[[], Count[Any]]
) -> None:
    assert list(counted(make, packets, cuts).rows()) == list(counted(make, packets).rows())


@given(captures.filter(bool))
@settings(max_examples=20, deadline=None)
def test_conversations_endpoints_intervals_and_lengths_add_up(packets: list[tuple[bytes, int]]) -> None:
    number, octets = len(packets), sum(len(one) for one, _ in packets)

    def sums(make: Callable[[], Count[Any]], *names: str) -> list[int]:
        rows = list(counted(make, packets).rows())
        return [sum(row[name] for row in rows) for name in names]

    assert sums(lambda: Conversations("eth"), "packets", "bytes") == [number, octets]
    assert sums(lambda: Conversations("ip"), "packets", "bytes") == [number, octets]
    both = [sums(lambda kind=kind: Conversations(kind), "packets", "bytes") for kind in ("tcp", "udp")]  # type: ignore[misc]
    assert [sum(one) for one in zip(*both, strict=True)] == [number, octets]
    names = ("packets_sent", "packets_received", "bytes_sent", "bytes_received")
    assert sums(lambda: Talkers("ip"), *names) == [number, number, octets, octets]
    assert sums(lambda: Intervals(7 * MILLISECOND), "packets", "bytes") == [number, octets]
    first, *ranges = counted(Lengths, packets).rows()
    assert first["count"] == number == sum(row["count"] for row in ranges)
    (outer,) = [row for row in counted(Hierarchy, packets).rows() if ":" not in row["path"]]
    assert (outer["path"], outer["packets"], outer["bytes"]) == ("eth", number, octets)


def test_the_sender_of_the_first_packet_is_a() -> None:
    there = ethernet(ipv4(tcp(ports=(80, 1000)), source="192.0.2.80", destination="10.0.0.1"))
    back = ethernet(ipv4(tcp(b"12345", ports=(1000, 80)), source="10.0.0.1", destination="192.0.2.80"))
    (row,) = counted(lambda: Conversations("tcp"), [(there, 0), (back, 500), (back, 500)]).rows()
    assert (row["a_address"], row["a_port"], row["packets_a_to_b"], row["packets_b_to_a"]) == (
        "192.0.2.80",
        80,
        1,
        2,
    )
    assert (row["start"], row["duration"], row["bits_per_second_b_to_a"]) == (0, 10**9, 8 * 2 * len(back))


def test_a_reused_port_is_another_conversation() -> None:
    first, second = (ethernet(ipv4(tcp(flags=2, seq=seq))) for seq in (1, 1000))
    rows = list(counted(lambda: Conversations("tcp"), [(first, 0), (second, 1)]).rows())
    assert [(row["number"], row["packets"]) for row in rows] == [(0, 1), (1, 1)]


def test_a_burst_is_the_densest_tenth_of_a_second() -> None:
    waits = [0, 200, 10, 10, 10, 300, 90, 200]
    first, *_ = counted(Lengths, [(ethernet(ipv4(udp(), 17)), wait) for wait in waits]).rows()
    assert (first["burst_rate"], first["burst_start"]) == (0.04, 200 * MILLISECOND)


def test_many_different_paths_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synfin.exports.statistics.hierarchy.FIRST_NODES", 1)
    packets = [
        (ethernet(ipv4(b"", 99)), 0),
        (ethernet(ipv4(udp(b"x", ports=(40000, 40001)), 17)), 0),
        (ethernet(ipv4(b"\x06", 6)), 0),
    ]
    assert [(row["path"], row["packets"]) for row in counted(Hierarchy, packets).rows()] == [
        ("eth", 3),
        ("eth:ip", 3),
        ("eth:ip:udp", 1),
        ("eth:ip:udp:data", 1),
        ("eth:ip:tcp", 1),
        ("eth:ip:tcp:_ws.malformed", 1),
    ]


def test_texts_are_counted_alike_however_many() -> None:
    few = from_list(["a", "b", "a", ""])
    many = from_list(["a", "b", "a", ""] * 100)
    assert dict(distinct(few)) == {b"a": 2, b"b": 1, b"": 1}
    assert dict(distinct(many)) == {b"a": 200, b"b": 100, b"": 100}


def test_forms_of_a_table() -> None:
    table = Table(
        (
            Column("protocol", "text", ["eth", "\x1b[31m"]),
            Column("packets", "count", [12, None]),
            Column("start", "time", [-1, 1_500_000_000]),
            Column("share", "share", [1.0, 0.125]),
        ),
        (0, 1),
    )
    assert list(text(table, "en")) == [
        "Protocol    Packets         Start    of all\n",
        "eth              12  -0.000000001  100.00 %\n",
        "  \\x1b[31m            1.500000000   12.50 %\n",
    ]
    assert next(iter(text(table, "zh"))) == "协议        包数          开始      占比\n"
    assert json.loads("".join(as_json(table)))[1] == {
        "protocol": "\x1b[31m",
        "packets": None,
        "start": 1_500_000_000,
        "share": 0.125,
    }
    rows = list(csv.reader(io.StringIO("".join(as_csv(table)))))
    assert rows == [
        ["protocol", "packets", "start", "share"],
        ["eth", "12", "-1", "1.0"],
        ["\x1b[31m", "", "1500000000", "0.125"],
    ]


def test_an_empty_table_still_has_its_headings() -> None:
    table = Table((Column("address", "text", []), Column("packets", "count", [])))
    assert list(text(table, "en")) == ["Address  Packets\n"]
    assert "".join(as_json(table)) == "[\n]\n"


def test_a_filter_chooses_what_is_counted(examples: Path) -> None:
    session = open_session(examples / "page.pcapng")
    every = list(statistics(session, Counting("protocols")).rows())
    only = list(statistics(session, Counting("protocols"), "tcp.analysis.flags or icmp").rows())
    assert {row["path"] for row in every} > {row["path"] for row in only}
    assert next(row["packets"] for row in only if row["path"] == "eth:ip:icmp") == 2
