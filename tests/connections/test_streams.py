"""What each side said is put in order as a dictionary of places would, and nothing odd goes unmarked."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections import defaultdict
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections import reassembly
from synfin.connections.follower import Follower
from synfin.connections.reassembly import Direction, Part, Piece, Policy
from synfin.connections.streams import Said, said
from synfin.dissect.table import dissect
from synfin.session import catalogue, open_session
from tests.naive.streams import Acked, Came, Heard, heard
from tests.packets import chunk_of, ethernet, ipv4, tcp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

events = st.lists(
    st.one_of(
        st.builds(
            Came,
            st.integers(-4, 40),
            st.text("ab", min_size=1, max_size=12).map(str.encode),
            st.sampled_from((0, 0, 0, 1, 5)),
        ),
        st.builds(Acked, st.integers(0, 50)),
    ),
    max_size=30,
)


def pieces_of(direction: Direction, all_events: Sequence[Came | Acked]) -> list[Piece]:
    made: list[Piece] = []
    for number, event in enumerate(all_events):
        if isinstance(event, Acked):
            made += direction.acknowledge(event.place, number, 0)
        else:
            made += direction.take(Part(event.begin, len(event.data) + event.cut, event.data, number, 0))
    return [*made, *direction.finish()]


def placed(pieces: Iterable[Piece], kind: str) -> dict[int, int]:
    return {
        piece.offset + at: byte
        for piece in pieces
        if piece.kind == kind
        for at, byte in enumerate(piece.data)
    }


def gaps(pieces: Iterable[Piece]) -> set[int]:
    found: set[int] = set()
    for piece in pieces:
        if piece.kind == "missing":
            found.update(range(piece.offset, piece.offset + piece.length))
    return found


@given(events, st.sampled_from(("first", "last")))
@settings(max_examples=400, deadline=None)
def test_it_agrees_with_the_dictionary(all_events: list[Came | Acked], policy: Policy) -> None:
    pieces = pieces_of(Direction(policy), all_events)
    expected: Heard = heard(all_events, policy)
    assert placed(pieces, "data") == expected.told
    late = placed(pieces, "late")
    assert late == expected.late
    assert gaps(pieces) - late.keys() == expected.missing
    conflicts = [piece for piece in pieces if piece.kind == "conflict"]
    dropped = {
        (piece.frames[-1], piece.offset + at, byte)
        for piece in conflicts
        for at, byte in enumerate(piece.data)
    }
    assert expected.conflicts <= dropped
    for piece in conflicts:
        ends = {
            (piece.frames[-1], piece.offset, piece.data[0]),
            (piece.frames[-1], piece.offset + piece.length - 1, piece.data[-1]),
        }
        assert ends <= expected.conflicts
    assert [piece.frames[0] for piece in pieces if piece.kind == "keep_alive"] == expected.keep_alives


@given(events, st.sampled_from(("first", "last")))
@settings(max_examples=100, deadline=None)
def test_data_and_what_is_missing_follow_each_other_without_a_seam(
    all_events: list[Came | Acked], policy: Policy
) -> None:
    place = None
    for piece in pieces_of(Direction(policy), all_events):
        if piece.kind in ("data", "missing"):
            assert place is None or piece.offset == place
            assert piece.length > 0
            place = piece.offset + piece.length


def test_what_waits_is_bounded_and_then_given_up() -> None:
    direction = Direction(most_waiting=10_000)
    pieces: list[Piece] = []
    for number in range(1, 100):
        pieces += direction.take(Part(1000 * number, 1000, bytes(1000), number, 0))
    missing = [piece for piece in pieces if piece.kind == "missing"]
    assert [(piece.offset, piece.length, piece.marks) for piece in missing] == [(0, 1000, ("limit",))]
    assert sum(piece.length for piece in pieces if piece.kind == "data") == 99_000
    late = list(direction.take(Part(0, 1000, b"x" * 1000, 100, 0)))
    assert [(piece.kind, piece.offset, piece.data[:1]) for piece in late] == [("late", 0, b"x")]
    again = list(direction.take(Part(0, 1000, b"x" * 1000, 101, 0)))
    assert [piece.kind for piece in again] == ["resent"]


def test_what_was_told_long_ago_is_resent_but_not_compared() -> None:
    direction = Direction()
    size = reassembly.COMPARED // 4
    for number in range(16):
        list(direction.take(Part(size * number, size, b"a" * size, number, 0)))
    old = list(direction.take(Part(0, size, b"b" * size, 16, 0)))
    new = list(direction.take(Part(15 * size, size, b"b" * size, 17, 0)))
    assert [piece.kind for piece in old] == ["resent"]
    assert [(piece.kind, piece.frames) for piece in new] == [("resent", (15, 17)), ("conflict", (15, 17))]


def test_many_segments_out_of_order_take_time_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alternate bytes wait, then every one is resent inside large segments: each byte is looked at twice."""
    compared = 0
    plain = reassembly._difference

    def counted(one: bytes, other: bytes) -> tuple[int, int] | None:
        nonlocal compared
        compared += len(one)
        return plain(one, other)

    monkeypatch.setattr(reassembly, "_difference", counted)
    direction = Direction()
    for number in range(4000):
        list(direction.take(Part(2 * number + 2, 1, b"a", number, 0)))
    for number in range(50):
        list(direction.take(Part(1, 8000, b"a" * 8000, number, 0)))
    assert compared <= 50 * 8000


Sent = tuple[str, int, int, int, bytes]
"""Sender, flags, seq, ack, payload."""


def frame(sent: Sent, urgent: int = 0) -> bytes:
    sender, flags, seq, ack, payload = sent
    ends = ("192.0.2.10", "192.0.2.80") if sender == "client" else ("192.0.2.80", "192.0.2.10")
    ports = (40000, 80) if sender == "client" else (80, 40000)
    segment = bytearray(tcp(payload, ports=ports, seq=seq % 2**32, ack=ack % 2**32, flags=flags))
    segment[18:20] = urgent.to_bytes(2, "big")
    return ethernet(ipv4(bytes(segment), source=ends[0], destination=ends[1]))


def told(
    frames: Sequence[bytes],
    number: int = 0,
    *,
    cuts: Sequence[int] = (),
    lengths: Sequence[int] = (),
    policy: Policy = "first",
) -> list[Said]:
    """What was said in a capture of these frames, read in pieces that end at `cuts`."""
    edges = [0, *sorted({min(cut, len(frames)) for cut in cuts} - {0, len(frames)}), len(frames)]
    lengths = lengths or [len(one) for one in frames]

    def tables() -> Iterable[object]:
        for begin, end in itertools.pairwise(edges):
            times = [1_000_000 * at for at in range(begin, end)]
            chunk = chunk_of(frames[begin:end], lengths=lengths[begin:end], times=times, first=begin + 1)
            yield dissect(chunk, catalogue())

    follower = Follower(supplies=False)
    for table in tables():
        follower.advance(table)  # type: ignore[arg-type]
    return list(said(follower, number, tables(), policy))  # type: ignore[arg-type]


def conversation(client: int = 1000, server: int = 5000) -> list[Sent]:
    """A handshake and a request, from these first numbers."""
    return [
        ("client", SYN, client, 0, b""),
        ("server", SYN | ACK, server, client + 1, b""),
        ("client", ACK, client + 1, server + 1, b""),
        ("client", ACK | PSH, client + 1, server + 1, b"GET /\r\n"),
        ("server", ACK, server + 1, client + 8, b"200"),
        ("server", ACK | PSH, server + 7, client + 8, b"done"),
        ("server", ACK, server + 4, client + 8, b" OK"),
        ("client", ACK, client + 8, server + 11, b""),
    ]


def short(pieces: Iterable[Said]) -> list[tuple[str, str, int, bytes, tuple[str, ...]]]:
    return [(side, one.kind, one.offset, one.data, one.marks) for side, one in pieces]


def test_both_sides_are_told_in_order() -> None:
    assert short(told([frame(one) for one in conversation()])) == [
        ("client", "data", 0, b"GET /\r\n", ()),
        ("server", "data", 0, b"200", ()),
        ("server", "data", 3, b" OK", ()),
        ("server", "data", 6, b"done", ("out_of_order",)),
    ]


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 8), max_size=3))
@settings(max_examples=40, deadline=None)
def test_first_numbers_and_chunks_change_nothing(client: int, server: int, cuts: list[int]) -> None:
    plain = told([frame(one) for one in conversation()])
    assert told([frame(one) for one in conversation(client, server)], cuts=cuts) == plain


def test_numbers_wrap_in_the_middle() -> None:
    for begin in range(2**32 - 14, 2**32):
        plain = told([frame(one) for one in conversation()])
        assert told([frame(one) for one in conversation(begin, begin)]) == plain


def test_bytes_acknowledged_but_not_captured_are_missing() -> None:
    sent = [*conversation()[:6], ("client", ACK, 1008, 5011, b"")]
    assert short(told([frame(one) for one in sent]))[2:] == [
        ("server", "missing", 3, b"", ("acknowledged",)),
        ("server", "data", 6, b"done", ("out_of_order",)),
    ]


def test_bytes_acknowledged_at_the_end_are_missing_but_a_fin_is_none() -> None:
    for flags, missing in ((ACK | FIN, 4), (ACK, 5)):
        sent: list[Sent] = [*conversation()[:5], ("client", ACK, 1008, 5009, b"")]
        if flags & FIN:
            sent.insert(5, ("server", flags, 5008, 1008, b""))
        (last,) = [one.piece for one in told([frame(one) for one in sent]) if one.piece.kind == "missing"]
        assert (last.offset, last.length, last.marks) == (3, missing, ("acknowledged",))


def test_what_never_came_is_missing_at_the_end() -> None:
    assert short(told([frame(one) for one in conversation()[:6]]))[2:] == [
        ("server", "missing", 3, b"", ("end",)),
        ("server", "data", 6, b"done", ("out_of_order",)),
    ]


def test_a_copy_that_differs_is_shown_and_the_policy_says_which_is_kept() -> None:
    sent: list[Sent] = [
        *conversation()[:6],
        ("server", ACK, 5007, 1008, b"DoNe"),
        ("server", ACK, 5004, 1008, b" OK"),
        ("server", ACK, 5001, 1008, b"404"),
    ]
    frames = [frame(one) for one in sent]
    assert short(told(frames))[2:] == [
        ("server", "resent", 6, b"", ()),
        ("server", "conflict", 6, b"DoN", ("first",)),
        ("server", "data", 3, b" OK", ()),
        ("server", "data", 6, b"done", ("out_of_order",)),
        ("server", "resent", 0, b"", ()),
        ("server", "conflict", 0, b"404", ("first",)),
    ]
    kept = short(told(frames, policy="last"))
    assert ("server", "conflict", 6, b"don", ("last",)) in kept
    assert ("server", "data", 6, b"DoNe", ("out_of_order",)) in kept
    assert ("server", "conflict", 0, b"404", ("first",)) in kept  # it was told before the other copy came


def test_cut_bytes_are_missing_unless_another_copy_has_them() -> None:
    frames = [frame(one) for one in conversation()]
    lengths = [len(one) for one in frames]
    frames[3] = frames[3][:-3]
    assert short(told(frames, lengths=lengths))[:2] == [
        ("client", "data", 0, b"GET ", ()),
        ("client", "missing", 4, b"", ("cut",)),
    ]
    waiting: list[Sent] = [*conversation()[:6], conversation()[5], conversation()[6]]
    frames = [frame(one) for one in waiting]
    lengths = [len(one) for one in frames]
    frames[5] = frames[5][:-3]
    assert placed([one.piece for one in told(frames, lengths=lengths) if one.side == "server"], "data") == (
        dict(enumerate(b"200 OKdone"))
    )


def test_data_on_the_syn_counts_once() -> None:
    sent: list[Sent] = [
        ("client", SYN, 1000, 0, b"hello"),
        ("server", SYN | ACK, 5000, 1001, b""),
        ("client", ACK, 1001, 5001, b"hello"),
    ]
    assert short(told([frame(one) for one in sent])) == [
        ("client", "data", 0, b"hello", ()),
        ("client", "resent", 0, b"", ()),
    ]


def test_keep_alives_and_what_a_reset_says_are_not_the_stream() -> None:
    sent: list[Sent] = [
        *conversation()[:5],
        ("client", ACK, 1007, 5004, b"\0"),
        ("server", ACK, 5004, 1008, b""),
        ("client", RST | ACK, 1008, 5004, b"go away"),
    ]
    assert short(told([frame(one) for one in sent]))[2:] == [
        ("client", "keep_alive", 6, b"\0", ()),
        ("client", "reset", 7, b"go away", ()),
    ]


def test_urgent_data_stays_in_its_place() -> None:
    frames = [frame(one) for one in conversation()[:3]]
    frames.append(frame(("client", ACK | URG, 1001, 5001, b"GET /\r\n"), urgent=4))
    frames.append(frame(("client", ACK | URG, 1008, 5001, b"X"), urgent=9))
    assert short(told(frames)) == [
        ("client", "data", 0, b"GET /\r\n", ("urgent",)),
        ("client", "data", 7, b"X", ()),
    ]


def test_a_stream_may_begin_midstream() -> None:
    sent: list[Sent] = [
        ("client", ACK, 2000, 7000, b"second"),
        ("client", ACK, 1995, 7000, b"first"),
        ("server", ACK, 7003, 2006, b"later"),
        ("client", ACK, 2006, 7008, b""),
    ]
    assert short(told([frame(one) for one in sent])) == [
        ("client", "data", 0, b"second", ()),
        ("client", "late", -5, b"first", ()),
        ("server", "missing", 0, b"", ("acknowledged",)),
        ("server", "data", 3, b"later", ("out_of_order",)),
    ]


def test_a_keep_alive_that_is_seen_first_is_not_a_missing_byte() -> None:
    sent: list[Sent] = [
        ("client", ACK, 2000, 7000, b""),
        ("server", ACK, 7000, 2001, b""),
        ("client", ACK, 2001, 7000, b"data"),
    ]
    assert short(told([frame(one) for one in sent])) == [("client", "data", 1, b"data", ())]


def test_connections_on_the_same_ports_are_kept_apart() -> None:
    first = [frame(one) for one in conversation()]
    second = [frame(one) for one in conversation(90_000, 80_000)]
    assert short(told(first + second, 1)) == short(told(first))
    assert {one.piece.frames[-1] > len(first) for one in told(first + second, 1)} == {True}
    assert {one.piece.frames[-1] > len(first) for one in told(first + second, 0)} == {False}


MARKER = re.compile(rb"\[\d+ bytes missing in capture file\]\.?\0")
"""What tshark writes for a gap."""

STREAMS_PER_RUN = 100


def tshark_streams(tshark: str, path: Path, numbers: Sequence[int]) -> dict[int, dict[str, bytes]]:
    """By connection: address:port → its bytes, without marks for gaps."""
    made: dict[int, dict[str, bytes]] = {}
    for begin in range(0, len(numbers), STREAMS_PER_RUN):
        wanted = [f"-zfollow,tcp,raw,{number}" for number in numbers[begin : begin + STREAMS_PER_RUN]]
        done = subprocess.run([tshark, "-n", "-q", "-r", path, *wanted], capture_output=True, check=False)
        for block in re.split(r"=+\nFollow: tcp,raw\n", done.stdout.decode())[1:]:
            query, *nodes, rest = block.split("\n", 3)
            ends = [node.partition(": ")[2].rpartition(":") for node in nodes]
            if not all(end[0] for end in ends):
                continue  # nobody said anything
            names = [f"{ip_address(end[0].strip('[]'))}:{end[2]}" for end in ends]
            streams = dict.fromkeys(names, b"")
            for line in rest[: rest.index("=")].splitlines():
                streams[names[line.startswith("\t")]] += bytes.fromhex(line)
            made[int(query.split()[-1])] = {
                name: MARKER.sub(b"", octets) for name, octets in streams.items() if octets
            }
    return made


WAITS_ON = {("ndpi42__netflix.pcap", 18), ("ndpi__fuzz-2006-09-29-28586.pcap", 28)}
"""Connections in which tshark drops data behind a gap, because no acknowledgment after it goes beyond it."""

TOLD_OTHERWISE = {("missing", "end"), ("missing", "cut"), ("reset", "")}
"""tshark drops what still waits when the capture ends; advances past cut bytes without a mark, and loses its
place where they overlap; and counts what a reset says as data."""


def is_told_otherwise(pieces: Iterable[Said]) -> bool:
    return bool({(one.kind, "".join(one.marks[:1])) for _, one in pieces} & TOLD_OTHERWISE)


@pytest.mark.oracle
def test_streams_are_those_of_tshark(tshark: str, shared_captures: Path) -> None:
    compared, different = 0, []
    for path in sorted((shared_captures / "open").glob("*.*")):
        if path.suffix == ".md":
            continue
        session = open_session(path)
        follower = Follower(supplies=False)
        for table in session.tables():
            follower.advance(table)
        found = follower.finish()
        numbers = found.numbers("number").tolist()
        theirs = tshark_streams(tshark, path, numbers) if numbers else {}
        for index, number in enumerate(numbers):
            row = found.row(index)
            pieces = list(said(follower, number, session.tables()))
            if is_told_otherwise(pieces):
                continue
            mine: dict[str, bytes] = defaultdict(bytes)
            for side, piece in pieces:
                if piece.kind == "data":
                    mine[f"{ip_address(str(row[f'{side}_address']))}:{row[f'{side}_port']}"] += piece.data
            compared += 1
            if mine != theirs.get(number, {}):
                different.append((path.name, number))
    assert set(different) == WAITS_ON
    assert compared > 550
