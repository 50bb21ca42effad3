"""What must not change a verdict: where the capture is cut into chunks, the numbers, the addresses."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.follower import Follower
from tests.scenarios.language import Scenario, Setting, read

if TYPE_CHECKING:
    from synfin.connections.summary import Connections

FILES = sorted((Path(__file__).parents[1] / "scenarios").glob("*/*.txt"))
SCENARIOS = [read(path) for path in FILES]
OF_THE_SETTING = {
    "client_address",
    "server_address",
    "client_port",
    "server_port",
    "client_isn",
    "server_isn",
}

scenarios = st.sampled_from(SCENARIOS)


def verdicts(found: Connections) -> list[dict[str, object]]:
    return [
        {name: value for name, value in row.items() if name not in OF_THE_SETTING} for row in found.rows()
    ]


@given(scenarios, st.lists(st.integers(1, 12), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_split_into_chunks_gives_the_same_table(scenario: Scenario, cuts: list[int]) -> None:
    inside = tuple(cut for cut in cuts if cut < len(scenario))
    assert list(scenario.followed(cuts=inside).rows()) == list(scenario.followed().rows())


@given(scenarios, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_initial_numbers_change_no_verdict(scenario: Scenario, client: int, server: int) -> None:
    assert verdicts(scenario.followed(Setting(isns=(client, server)))) == verdicts(scenario.followed())


@given(scenarios)
@settings(max_examples=len(SCENARIOS), deadline=None)
def test_which_address_is_the_greater_changes_no_verdict(scenario: Scenario) -> None:
    swapped = Setting(client="203.0.113.9", server="192.0.2.80")
    assert verdicts(scenario.followed(swapped)) == verdicts(scenario.followed())


@given(scenarios, st.lists(st.integers(1, 12), max_size=4))
@settings(max_examples=40, deadline=None)
def test_final_facts_do_not_depend_on_chunks(scenario: Scenario, cuts: list[int]) -> None:
    names = ("tcp.stream", "tcp.seq", "tcp.ack", "tcp.nxtseq", "tcp.window_size", "tcp.completeness")

    def facts(edges: list[int]) -> list[list[int]]:
        follower = Follower()
        pieces = [(begin, end) for begin, end in itertools.pairwise(edges) if begin < end]
        for begin, end in pieces:
            follower.advance(scenario.table(begin=begin, end=end))
        values: list[list[int]] = [[] for _ in names]
        for begin, end in pieces:
            table = scenario.table(begin=begin, end=end)
            follower.supply_final(table)
            for at, name in enumerate(names):
                values[at] += np.asarray(table.column(name)).tolist()
        return values

    inside = sorted({cut for cut in cuts if cut < len(scenario)})
    assert facts([0, *inside, len(scenario)]) == facts([0, len(scenario)])
