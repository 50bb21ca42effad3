"""Every scenario comes out as its file says, on each row and in the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synfin.connections.account import Segment
from synfin.connections.analysis.fold import MARKS, Analysis
from synfin.connections.chronicle import account
from synfin.connections.follower import Follower
from tests.scenarios.language import Scenario, read
from tests.scenarios.test_causes import TRUE

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*/*.txt"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.fixture(params=FILES, ids=named)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return read(request.param)


def test_the_table_has_the_expected_row(scenario: Scenario) -> None:
    found = scenario.followed()
    rows = {row["number"]: row | found.row_beside(index) for index, row in enumerate(found.rows())}
    assert scenario.outcome, "a scenario expects something"
    for number, column, expected in scenario.outcome:
        value = rows[number][column]
        assert ("" if value is None else str(value)) == expected, column


def test_every_row_shows_what_stands_beside_it(scenario: Scenario) -> None:
    follower = Follower()
    table = scenario.table()
    follower.advance(table)
    segments: dict[int, Segment] = {}
    connections: dict[int, int] = {}
    for number in np.unique(np.asarray(table.column("tcp.stream"))).tolist():
        told = account(follower, number, [scenario.table()])
        own = {entry.number: entry for entry in told.entries if isinstance(entry, Segment)}
        segments |= own
        connections |= dict.fromkeys(own, number)
    lines = [line for line in scenario.lines if line.isn is None]
    for number, line in enumerate(lines, 1):
        for expectation in line.expected:
            match expectation.about:
                case "client" | "server":
                    assert segments[number].state[expectation.about] == expectation.value, number
                case "note":
                    assert expectation.value in segments[number].notes, number
                case "connection":
                    assert connections[number] == int(expectation.value), number
                case "says":
                    pass  # `test_each_row_is_called_what_wireshark_calls_it`
                case "resends":
                    assert segments[number].resends == int(expectation.value), number
                case about if about in TRUE:
                    pass
                case about:
                    raise ValueError(about)


def test_each_row_is_called_what_wireshark_calls_it(scenario: Scenario) -> None:
    expected = {
        number: {one.value for one in line.expected if one.about == "says"}
        for number, line in enumerate((line for line in scenario.lines if line.isn is None), 1)
    }
    table = scenario.table()
    Analysis().advance(table)
    rows = table.rows("tcp")
    said: dict[int, set[str]] = {number: set() for number in expected}
    for name in MARKS.keys() - {"analysis.flags"}:
        for row in np.flatnonzero(rows.has(name)).tolist():
            said[int(rows.packet[row]) + 1].add(name.rpartition(".")[2])
    for number, words in expected.items():
        if words:
            assert said[number] == words - {"nothing"}, number


def test_each_step_is_a_segment_that_is_told(scenario: Scenario) -> None:
    follower = Follower()
    follower.advance(scenario.table())
    told = account(follower, 0, [scenario.table()])
    numbers = {entry.number for entry in told.entries if isinstance(entry, Segment)}
    assert {
        step.number for step in (*told.handshake, *told.teardown) if step.what != "unreachable"
    } <= numbers
