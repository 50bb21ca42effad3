"""State diagrams show moves that the tables know, and of a connection the way that its story tells."""

from __future__ import annotations

import pytest

from synfin.connections.state import RECEIVES, SENDS, STANDARD, State
from synfin.explain.explanation import explain
from synfin.explain.language import language
from synfin.explain.machine import FIGURE, label, machine, machines
from synfin.explain.narrator import Narrator
from tests.explain import accounts
from tests.explain.accounts import SCENARIOS

ENGLISH = language("en")


@pytest.mark.parametrize("pair", FIGURE)
def test_every_move_of_the_figure_is_in_the_tables(pair: tuple[State, State]) -> None:
    before, after = pair
    moves = {*SENDS.get(before, {}).values(), *RECEIVES.get(before, {}).values()}
    assert after in {STANDARD[state] for state in moves}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("CLOSED", "SYN_SENT", "send SYN"),
        ("CLOSED", "LISTEN", "passive open"),
        ("LISTEN", "SYN_RECEIVED", "send SYN ACK"),
        ("SYN_SENT", "ESTABLISHED", "receive SYN ACK / send ACK"),
        ("SYN_RECEIVED", "ESTABLISHED", "receive ACK"),
        ("ESTABLISHED", "FIN_WAIT_1", "send FIN"),
        ("ESTABLISHED", "CLOSE_WAIT", "receive FIN / send ACK"),
        ("FIN_WAIT_1", "FIN_WAIT_2", "receive ACK"),
        ("FIN_WAIT_1", "TIME_WAIT", "receive FIN ACK"),
        ("FIN_WAIT_2", "TIME_WAIT", "receive FIN / send ACK"),
        ("CLOSING", "TIME_WAIT", "receive ACK"),
        ("LAST_ACK", "CLOSED", "receive ACK"),
    ],
)
def test_a_move_is_called_as_the_standard_calls_it(before: str, after: str, words: str) -> None:
    assert label(before, after, ENGLISH) == words


def test_time_wait_ends_by_its_timer_and_no_packet() -> None:
    assert label("TIME_WAIT", "CLOSED", ENGLISH) == "2\u00a0MSL pass"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_way_is_drawn_move_by_move(scenario: str) -> None:
    for made in machines(Narrator(SCENARIOS[scenario](), ENGLISH)):
        drawn = [move for edge in made.edges for move in edge.moves]
        assert sorted(drawn, key=lambda move: move.number) == [move for move in made.way if move.before]
        for one, other in zip(made.way, made.way[1:], strict=False):
            assert one.after == other.before


def test_the_client_that_closes_first_ends_in_time_wait() -> None:
    client, server = machines(Narrator(accounts.three_segments(), ENGLISH))
    assert [move.after for move in client.way] == [
        "CLOSED", "SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "TIME_WAIT",
    ]  # fmt: skip
    assert client.last == "TIME_WAIT"
    assert server.last == "CLOSED"
    assert server.way[-1].inferred


def test_an_rst_is_sent_by_one_and_received_by_the_other() -> None:
    narrator = Narrator(accounts.reset_by_server(), ENGLISH)
    words = {
        side: next(edge.label for edge in machine(narrator, side).edges if not edge.usual)
        for side in ("client", "server")
    }
    assert words == {"client": "receive RST", "server": "send RST"}


def test_what_is_not_seen_is_not_drawn_as_taken() -> None:
    made = machine(Narrator(accounts.midstream(), ENGLISH), "client")
    taken = {(edge.before, edge.after) for edge in made.edges if edge.moves}
    assert ("CLOSED", "SYN_SENT") not in taken


def test_the_diagrams_are_part_of_the_explanation() -> None:
    told = explain(accounts.three_segments(), "zh").to_json()
    assert [one["title"] for one in told["states"]] == ["客户端的状态", "服务器的状态"]  # type: ignore[attr-defined]
