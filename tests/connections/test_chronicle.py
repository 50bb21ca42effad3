"""A connection is retold in bounded room, and nothing of it is lost: what is not told is summed up."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from synfin.connections.account import Account, Segment, Skipped
from synfin.connections.chronicle import ALL_TOLD, account
from synfin.connections.follower import Follower
from synfin.dissect.table import PacketTable, dissect
from synfin.session import catalogue
from tests.packets import chunk_of, ethernet, ipv4, tcp
from tests.scenarios.language import read

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SEGMENTS = 4000
PIECE = 700


def long_connection() -> list[PacketTable]:
    """A client sends 100 bytes at a time, each acknowledged; one segment is sent twice; chunk by chunk."""
    frames = [ethernet(ipv4(tcp(seq=0, flags=2)))]
    for n in range(SEGMENTS // 2):
        seq = 1 + 100 * (n - (n == 1500))
        frames.append(ethernet(ipv4(tcp(b"x" * 100, seq=seq, ack=1), ident=n + 1)))
        back = ipv4(
            tcp(seq=1, ack=101 + 100 * n, ports=(80, 40000)), source="192.0.2.80", destination="192.0.2.10"
        )
        frames.append(ethernet(back))
    frames.append(ethernet(ipv4(tcp(seq=1 + 50 * SEGMENTS, ack=1, flags=17))))
    pieces = range(0, len(frames), PIECE)
    times = [n * 1_000_000 for n in range(len(frames))]
    return [
        dissect(chunk_of(frames[at : at + PIECE], times=times[at : at + PIECE], first=at + 1), catalogue())
        for at in pieces
    ]


def retold(tables: list[PacketTable], number: int = 0) -> Account:
    follower = Follower(supplies=False)
    for table in tables:
        follower.advance(table)
    return account(follower, number, tables)


def test_a_long_connection_is_told_in_part_and_summed_up_in_part() -> None:
    told = retold(long_connection())
    segments = [entry for entry in told.entries if isinstance(entry, Segment)]
    skipped = [entry for entry in told.entries if isinstance(entry, Skipped)]
    assert len(segments) <= ALL_TOLD
    for side in ("client", "server"):
        own = [segment for segment in segments if segment.sender == side]
        assert len(own) + sum(one.segments[side] for one in skipped) == told.row[f"{side}_packets"]
        payload = sum(segment.length for segment in own) + sum(one.payload[side] for one in skipped)
        assert payload == told.row[f"{side}_payload_bytes"]
    numbers = [(e.number, e.number) if isinstance(e, Segment) else (e.first, e.last) for e in told.entries]
    assert numbers[0][0] == 1
    assert all(one[1] + 1 == other[0] for one, other in itertools.pairwise(numbers))
    assert numbers[-1][1] == SEGMENTS + 2


def test_what_stands_out_in_the_middle_is_told() -> None:
    told = retold(long_connection())
    (again,) = [e for e in told.entries if isinstance(e, Segment) and "retransmission" in e.notes]
    original = told.segment(again.number).resends
    assert again.number - original == 2


def test_the_arithmetic_of_the_handshake_and_the_teardown_is_checked() -> None:
    scenario = read(SCENARIOS / "teardown" / "three_segments.txt")
    told = retold([scenario.table()])
    rules = {
        (entry.number, check.rule): (check.holds, check.addends, check.because)
        for entry in told.entries
        if isinstance(entry, Segment)
        for check in entry.checks
    }
    assert rules == {
        (2, "ack_of_syn"): (True, (1_000_000, 1), (1,)),
        (3, "seq_after_syn"): (True, (1_000_000, 1), (1,)),
        (3, "ack_of_syn"): (True, (3_000_000, 1), (2,)),
        (4, "seq_after_syn"): (True, (1_000_000, 1), (1,)),
        (5, "seq_after_syn"): (True, (3_000_000, 1), (2,)),
        (5, "ack_of_fin"): (True, (1_000_001, 1), (4,)),
        (6, "ack_of_fin"): (True, (3_000_001, 1), (5,)),
    }
    steps = [(step.what, step.number, step.sender) for step in (*told.handshake, *told.teardown)]
    assert steps == [
        ("syn", 1, "client"),
        ("syn_ack", 2, "server"),
        ("ack", 3, "client"),
        ("fin", 4, "client"),
        ("fin_and_ack", 5, "server"),
        ("ack_of_fin", 6, "client"),
    ]


def test_an_icmp_error_is_a_step_of_the_handshake() -> None:
    told = retold([read(SCENARIOS / "handshake" / "rejected_by_icmp.txt").table()])
    assert [(step.what, step.number) for step in told.handshake] == [("syn", 1), ("unreachable", 2)]


def test_the_longest_silences_come_first() -> None:
    told = retold([read(SCENARIOS / "handshake" / "syn_lost_twice.txt").table()])
    assert told.silences[:2] == ((2_000_000_000, 2, 3), (1_000_000_000, 1, 2))


def test_a_connection_that_is_not_there_is_a_key_error() -> None:
    scenario = read(SCENARIOS / "handshake" / "complete.txt")
    with pytest.raises(KeyError):
        retold([scenario.table()], number=7)
