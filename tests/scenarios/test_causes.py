"""What was resent, and why, comes out as each scenario says, however it is cut, numbered and addressed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.truth import Truths
from tests.scenarios.language import Scenario, Setting, read

TRUE = {
    "cause": "retransmission",
    "trigger": "retransmission.trigger",
    "rule": "rule",
    "lost": "lost",
    "copies": "duplicate",
    "late": "reordered",
    "dsack": "dsack.frame",
    "eifel": "eifel",
    "proof": "proof",
    "held": "delayed_ack",
    "flight": "flight",
}
"""Words of the notation for facts."""

FILES = sorted(Path(__file__).parent.glob("*/*.txt"))
SCENARIOS = [read(path) for path in FILES]
scenarios = st.sampled_from(SCENARIOS)


def facts(scenario: Scenario, setting: Setting | None = None, cuts: tuple[int, ...] = ()) -> dict[Any, Any]:
    """Every fact by packet number and name, final values."""
    edges = sorted({0, *(cut for cut in cuts if cut < len(scenario)), len(scenario)})
    pieces = list(itertools.pairwise(edges))
    first, second = Truths(), Truths()
    for begin, end in pieces:
        first.advance(scenario.table(setting, begin=begin, end=end))
    found: dict[Any, Any] = {}
    for begin, end in pieces:
        table = scenario.table(setting, begin=begin, end=end)
        second.advance(table)
        first.supply_final(table)
        for name in sorted(first.facts):
            column = table.column(name)
            values = column.tolist() if isinstance(column, np.ndarray) else column.to_list()
            numbers = (table.packet_of_row(name) + begin + 1).tolist()
            found |= {(number, name): value for number, value in zip(numbers, values, strict=True)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_packet_is_what_the_scenario_says(path: Path) -> None:
    scenario = read(path)
    found = facts(scenario)
    lines = [line for line in scenario.lines if line.isn is None]
    told = [(number, one) for number, line in enumerate(lines, 1) for one in line.expected]
    for number, expectation in told:
        if expectation.about in TRUE:
            value = found.get((number, f"synfin.{TRUE[expectation.about]}"), "no")
            assert str(value) == expectation.value, (number, expectation.about)
    expected = {number for number, one in told if one.about == "cause" and one.value != "no"}
    if path.parent.name == "resent":
        assert {number for number, name in found if name == "synfin.retransmission"} == expected


@given(scenarios, st.lists(st.integers(1, 12), max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_fact_depends_on_chunks(scenario: Scenario, cuts: list[int]) -> None:
    assert facts(scenario, cuts=tuple(cuts)) == facts(scenario)


@given(scenarios, st.integers(0, 2**32 - 1), st.sampled_from((5_000, 2**32 - 1500, 2**32 - 1, 2**31 - 700)))
@settings(max_examples=60, deadline=None)
def test_no_fact_depends_on_where_numbers_begin(scenario: Scenario, client: int, server: int) -> None:
    for isns in ((client, server), (server, client)):
        assert facts(scenario, Setting(isns=isns)) == facts(scenario)


@given(scenarios)
@settings(max_examples=len(SCENARIOS), deadline=None)
def test_no_fact_depends_on_which_address_is_greater(scenario: Scenario) -> None:
    assert facts(scenario, Setting(client="203.0.113.9", server="192.0.2.80")) == facts(scenario)
