"""The table of connections adds up what is said of single packets: one computation, seen two ways."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.follower import Follower
from synfin.connections.meanings import OF_CONNECTIONS, OF_SIDES, meaning_of
from synfin.connections.round_trips import BINS, quantiles
from synfin.connections.truth import Truths
from synfin.session import open_session
from tests.scenarios.language import Scenario, Setting, read
from tests.truth.runs import FOLDER, NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from synfin.dissect.table import PacketTable

SCENARIOS = [read(path) for path in sorted((Path(__file__).parents[1] / "scenarios").glob("*/*.txt"))]
scenarios = st.sampled_from(SCENARIOS)

ASKING = ("keep_alive", "zero_window_probe")
TRIGGERED = ("fast", "timeout", "after_timeout", "tail_loss_probe", "unclassified")
PRESENT = ("synfin.reordered", "synfin.duplicate")
TEXTS = ("synfin.retransmission", "synfin.retransmission.trigger", "synfin.lost")
NAMES_OF_COUNTS = (
    "retransmissions",
    *(f"retransmissions_{name}" for name in (*TRIGGERED, "spurious", "syn", "fin")),
    *("lost_before", "lost_after", "reordered", "duplicates", "keep_alives", "window_probes"),
)


def sums(tables: Callable[[], Iterable[PacketTable]]) -> dict[int, dict[str, Counter[str]]]:
    """For each connection and side, what the facts of single packets add up to."""
    first, second, groups = Truths(), Truths(), Follower()
    for table in tables():
        first.advance(table)
        table.kept.clear()
    found: dict[int, dict[str, Counter[str]]] = {}
    for table in tables():
        second.advance(table)
        first.supply_final(table)
        seen = groups.observations.advance(table)
        senders = zip(seen.grouping.connection.tolist(), seen.segments.side.tolist(), strict=True)
        sender_of = dict(zip(seen.segments.number.tolist(), senders, strict=True))
        for name in (*TEXTS, *PRESENT):
            numbers = (table.packet_of_row(name) + table.chunk.first).tolist()
            column: Any = table.column(name)
            words = column.to_list() if name in TEXTS else [""] * len(numbers)
            for number, word in zip(numbers, words, strict=True):
                connection, side = sender_of[number]
                sides = found.setdefault(connection, {"0": Counter(), "1": Counter()})
                sides[str(side)] += Counter(counted(name, word))
        table.kept.clear()
    return found


def counted(name: str, word: str) -> Iterable[str]:
    """What a fact adds to."""
    match name.removeprefix("synfin."):
        case "retransmission" if word in ASKING:
            yield {"keep_alive": "keep_alives", "zero_window_probe": "window_probes"}[word]
        case "retransmission":
            yield "retransmissions"
            if word in ("spurious", "syn", "fin"):
                yield f"retransmissions_{word}"
        case "retransmission.trigger":
            yield f"retransmissions_{word}"
        case "lost":
            yield f"lost_{word}"
        case "reordered":
            yield "reordered"
        case "duplicate":
            yield "duplicates"


def of_the_table(tables: Iterable[PacketTable]) -> dict[int, dict[str, dict[str, int]]]:
    """The same of the table, by side; what it does not claim to know is left out."""
    follower = Follower(supplies=False)
    for table in tables:
        follower.advance(table)
        table.kept.clear()
    found = follower.finish()
    clients = follower.observations.states.roles & 1
    rows: dict[int, dict[str, dict[str, int]]] = {}
    for row in found.rows():
        number, sides = int(str(row["number"])), {}
        for name, side in (("client", int(clients[int(str(row["number"]))])), ("server", None)):
            at = side if side is not None else 1 - int(clients[number])
            counts = {what: row[f"{name}_{what}"] for what in NAMES_OF_COUNTS}
            sides[str(at)] = {what: int(str(n)) for what, n in counts.items() if n is not None}
        rows[number] = sides
    return rows


def agree(tables: Callable[[], Iterable[PacketTable]]) -> int:
    """Compare both; how many events there were."""
    facts, rows, events = sums(tables), of_the_table(tables()), 0
    for number, sides in rows.items():
        for side, counts in sides.items():
            told = facts.get(number, {}).get(side, Counter[str]())
            assert {what: told[what] for what in counts} == counts, (number, side)
            events += told.total()
            if "retransmissions_fast" in counts:
                assert counts["retransmissions"] == sum(counts[f"retransmissions_{one}"] for one in TRIGGERED)
    return events


@given(scenarios, st.lists(st.integers(1, 12), max_size=4))
@settings(max_examples=80, deadline=None)
def test_the_table_is_the_sum_of_the_facts_however_it_is_cut(scenario: Scenario, cuts: list[int]) -> None:
    edges = sorted({0, *(cut for cut in cuts if cut < len(scenario)), len(scenario)})

    def tables() -> Iterable[PacketTable]:
        return (scenario.table(begin=begin, end=end) for begin, end in itertools.pairwise(edges))

    agree(tables)


@given(scenarios, st.integers(0, 2**32 - 1), st.sampled_from((0, 2**32 - 1500, 2**32 - 1, 2**31 - 700)))
@settings(max_examples=60, deadline=None)
def test_where_numbers_begin_and_wrap_changes_no_sum(scenario: Scenario, one: int, other: int) -> None:
    plain = of_the_table([scenario.table()])
    for isns in ((one, other), (other, one)):
        assert of_the_table([scenario.table(Setting(isns=isns))]) == plain


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("size", [4096, 1 << 22])
def test_a_recorded_run_adds_up(side: str, size: int) -> None:
    total = 0
    for name in NAMES[::4]:
        session = open_session(FOLDER / f"{name}.{side}.pcap.gz")
        total += agree(lambda session=session: session.tables(size=size))  # type: ignore[misc]
    assert total > 100


def test_any_chunk_size_gives_the_same_table() -> None:
    for name in NAMES[1::7]:
        session = open_session(FOLDER / f"{name}.server.pcap.gz")
        made = []
        for size in (2048, 10_000, 1 << 22):
            follower = Follower(supplies=False)
            for table in session.tables(size=size):
                follower.advance(table)
                table.kept.clear()
            made.append(list(follower.finish().rows()))
        assert made[0] == made[1] == made[2]


def test_quantiles_lie_within_a_bin_of_the_truth() -> None:
    times = np.sort(np.random.default_rng(1).integers(20_000_000, 90_000_000, 200))
    octave = np.floor(np.log2(times)).astype(np.int64)
    quarter = (times * 4 >> octave) & 3
    histogram = np.bincount(4 * (octave - 13) + quarter, minlength=BINS).astype(np.uint8)[None]
    histograms = np.concatenate((histogram, np.zeros_like(histogram)))
    percents = (50, 95)
    found = quantiles(histograms, np.arange(2), percents)
    assert found[:, 0] == pytest.approx(np.quantile(times, np.divide(percents, 100)), rel=0.12)
    assert not found[:, 1].any()


def test_every_column_has_a_meaning_and_every_meaning_a_column() -> None:
    names = list(SCENARIOS[0].followed().columns)
    told = {*OF_CONNECTIONS, *(f"{side}_{name}" for side in ("client", "server") for name in OF_SIDES)}
    assert set(names) == told
    assert all(meaning_of(name) for name in names)
