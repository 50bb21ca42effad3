"""TCP analysis: as the naive twin has it, wherever numbers begin and chunks end; as tshark has it."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.analysis.fold import MARKS, Analysis
from synfin.connections.analysis.judge import MOST_UNACKED
from synfin.dissect.table import dissect
from synfin.session import catalogue, open_session
from tests.naive.analysis import Segment, Verdict, analysed
from tests.packets import chunk_of, ethernet, ipv4, tcp
from tests.parity.compare import ours, theirs
from tests.scenarios.language import Setting, read

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable

SCENARIOS = [read(path) for path in sorted((Path(__file__).parents[1] / "scenarios").glob("*/*.txt"))]
FLAGS = {name: name.rpartition(".")[2] for name in MARKS if name != "analysis.flags"}
"""The marks and what the naive twin calls them."""
NUMBERS = (
    "acks_frame",
    "ack_rtt",
    "bytes_in_flight",
    "push_bytes_sent",
    "rto",
    "rto_frame",
    "duplicate_ack_num",
    "duplicate_ack_frame",
)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ENDS = ("192.0.2.10", "192.0.2.80")
START = 1_700_000_000_000_000_000


def frame(one: Segment) -> bytes:
    ports = (40000, 50000) if one.sender == 0 else (50000, 40000)
    blocks = b"".join(
        (1000 * at).to_bytes(4, "big") + (1000 * at + size).to_bytes(4, "big")
        for at, size in enumerate(one.sacked)
    )
    options = b"\x01\x01\x05" + bytes((2 + len(blocks),)) + blocks if blocks else b""
    payload = tcp(
        b"x" * one.length,
        ports=ports,
        seq=one.seq,
        ack=one.ack,
        flags=one.flags,
        window=one.window,
        options=options,
    )
    return ethernet(ipv4(payload, source=ENDS[one.sender], destination=ENDS[1 - one.sender]))


def tables(segments: list[Segment], cuts: tuple[int, ...] = ()) -> list[PacketTable]:
    edges = [0, *sorted({cut for cut in cuts if cut < len(segments)}), len(segments)]
    return [
        dissect(
            chunk_of(
                [frame(one) for one in segments[begin:end]],
                times=[one.time for one in segments[begin:end]],
                first=begin + 1,
            ),
            catalogue(),
        )
        for begin, end in itertools.pairwise(edges)
        if begin < end
    ]


def verdicts(pieces: list[PacketTable]) -> list[Verdict]:
    fold = Analysis()
    made: dict[int, Verdict] = {}
    for table in pieces:
        fold.advance(table)
        made |= {table.chunk.first + index: Verdict() for index in range(len(table))}
        rows = table.rows("tcp")
        numbers = (rows.packet + table.chunk.first).tolist()
        for name, mark in FLAGS.items():
            for row in np.flatnonzero(rows.has(name)).tolist():
                made[numbers[row]].marks |= {mark}
        for name in NUMBERS:
            values = rows.values(f"analysis.{name}").tolist()
            for row in np.flatnonzero(rows.has(f"analysis.{name}")).tolist():
                made[numbers[row]].numbers[name] = values[row]
    return [made[number] for number in sorted(made)]


steps = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from((ACK, ACK, ACK, PSH | ACK, ACK | FIN, RST, SYN, SYN | ACK, 0)),
        st.sampled_from((0, 0, 0, 0, -2, -1, 1, 7, -30)),  # where it begins, beside what is next
        st.sampled_from((0, 0, 0, -5, 1, 40)),  # what it acknowledges, beside all that came
        st.sampled_from((0, 0, 1, 2, 10, 50)),
        st.sampled_from((50, 50, 50, 0, 10, 51)),
        st.sampled_from((0, 1, 2_999_999, 3_000_000, 19_999_999, 20_000_000, 10**9, -5)),
        st.sampled_from(((), (), (), (3,), (3, 4), (1, 2, 3, 4))),
    ),
    min_size=1,
    max_size=40,
)
origins = st.sampled_from(((1000, 90_000), (2**32 - 40, 2**31 - 20), (0, 1), (2**32 - 1, 2**32 - 2)))


@st.composite
def conversations(draw: st.DrawFn) -> list[Segment]:
    """Segments of one conversation, mostly in order; SYNs always have their side's first number."""
    first = draw(origins)
    follows = list(first)
    time = START
    made = []
    opened = draw(st.booleans())
    if opened:
        made = [
            Segment(0, SYN, first[0], 0, 0, 50, time),
            Segment(1, SYN | ACK, first[1], (first[0] + 1) % 2**32, 0, 50, time + 1_000_000),
        ]
        follows, time = [(one + 1) % 2**32 for one in first], time + 1_000_000
    for sender, flags, beside, ahead, length, window, later, sacked in draw(steps):
        time += later
        is_syn = bool(flags & SYN) and opened
        chosen = flags if is_syn or not flags & SYN else ACK
        seq = first[sender] if is_syn else (follows[sender] + beside) % 2**32
        ack = (follows[1 - sender] + ahead) % 2**32 if chosen & ACK else 0
        end = (seq + length + bool(chosen & (SYN | FIN))) % 2**32
        if (end - follows[sender]) % 2**32 < 2**31:
            follows[sender] = end
        made.append(Segment(sender, chosen, seq, ack, length, window, time, sacked))
    return made


@given(conversations())
@settings(max_examples=300, deadline=None)
def test_it_agrees_with_the_naive_twin(segments: list[Segment]) -> None:
    assert verdicts(tables(segments)) == analysed(segments)


@given(conversations(), st.lists(st.integers(1, 40), max_size=4))
@settings(max_examples=100, deadline=None)
def test_any_split_into_chunks_gives_the_same_verdicts(segments: list[Segment], cuts: list[int]) -> None:
    assert verdicts(tables(segments, tuple(cuts))) == verdicts(tables(segments))


@given(conversations(), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_where_numbers_begin_changes_no_verdict(segments: list[Segment], one: int, other: int) -> None:
    moves = (one, other)

    def moved(at: Segment) -> Segment:
        ack = (at.ack + moves[1 - at.sender]) % 2**32 if at.flags & ACK else at.ack
        return at._replace(seq=(at.seq + moves[at.sender]) % 2**32, ack=ack)

    shifted = [moved(at) for at in segments]
    ends = {
        (at.seq + step) % 2**32 for at in (*segments, *shifted) for step in (-1, 0, at.length, at.length + 1)
    }
    acks = {at.ack for at in (*segments, *shifted)}
    has_zero = 0 in ends | acks  # which Wireshark takes for "not known"
    is_plain = all(at.flags & ACK and not at.flags & (SYN | FIN) for at in segments)
    if is_plain and not has_zero and not _wraps(segments) and not _wraps(shifted):
        assert verdicts(tables(shifted)) == verdicts(tables(segments))


def _wraps(segments: list[Segment]) -> bool:
    """Whether numbers below a side's first one occur: counted from it, Wireshark takes them for huge."""
    firsts: dict[int, int] = {}
    for one in segments:
        firsts.setdefault(one.sender, one.seq)
        firsts.setdefault(1 - one.sender, one.ack)
    return any(
        (one.seq - firsts[one.sender]) % 2**32 >= 2**31 or (one.ack - firsts[1 - one.sender]) % 2**32 >= 2**31
        for one in segments
    )


def test_what_is_never_acknowledged_takes_a_bounded_room() -> None:
    fold = Analysis()
    whole = tables([Segment(0, ACK, 1 + number, 1, 1, 50, START) for number in range(MOST_UNACKED + 1000)])
    for table in whole:
        fold.advance(table)
    (table,) = whole
    flights = np.asarray(table.column("tcp.analysis.bytes_in_flight"))
    assert flights.max() == MOST_UNACKED


ASKED = [f"tcp.{name}" for name in FLAGS if "duplicate_ack" not in name]
ASKED += [f"tcp.analysis.{name}" for name in (*NUMBERS, "initial_rtt", "flags", "tfo_ack", "tfo_ignored")]
ASKED += ["tcp.analysis", "tcp.flags.ace", "tcp.completeness"]


def test_every_scenario_is_shown_as_tshark_shows_it(tshark: str, tmp_path: Path) -> None:  # noqa: ARG001
    path = tmp_path / "scenarios.pcap"
    file = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    for number, scenario in enumerate(SCENARIOS):
        chunk = scenario.table(Setting(ports=(20000 + number, 50000))).chunk
        for index, time in enumerate(chunk.time.tolist()):
            packet = chunk.packet(index)
            file += struct.pack("<IIII", *divmod(time, 10**9), len(packet), int(chunk.length[index])) + packet
    path.write_bytes(file)
    assert ours(open_session(path), ASKED) == theirs(path, ASKED)
