"""Recorded connections of a real kernel are told as what they are: from the file to the sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synfin.capture.formats.pcapng_writer import interface_statistics
from synfin.capture.metadata import Statistics
from synfin.operations import connection_table, explain_connection, open_session

if TYPE_CHECKING:
    from synfin.explain.explanation import Explanation

EXAMPLES = Path(__file__).parents[2] / "examples"


def told(name: str, number: int = 0) -> Explanation:
    explanation = explain_connection(
        open_session(str(EXAMPLES / f"{name}.pcapng")), number, lang="en", width=80
    )
    assert explanation is not None
    return explanation


def keys(explanation: Explanation) -> set[str]:
    return {sentence.key for section in explanation.sections for sentence in section.sentences}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("page", {"place.client", "opening.complete", "closing.three", "closing.time_wait"}),
        ("four-segments", {"closing.four"}),
        ("server-closes", {"closing.three"}),
        ("half-close", {"closing.four.half", "normal.half_close"}),
        ("simultaneous-open", {"step.syn.crossing", "step.syn_ack.crossing", "opening.simultaneous"}),
        ("simultaneous-close", {"step.fin.crossing", "closing.simultaneous", "closing.time_wait.both"}),
        ("refused", {"step.refused", "opening.refused"}),
        ("icmp-unreachable", {"step.unreachable", "opening.rejected"}),
        ("no-answer", {"step.syn_again", "opening.no_answer"}),
        ("lost-syn", {"step.syn_again", "opening.retried"}),
        ("lost-third-ack.server", {"step.syn_ack_again", "opening.retried"}),
        ("lost-data.server", {"place.server", "transfer.repeats", "transfer.duplicate_ack"}),
        ("window-zero", {"transfer.zero_window", "normal.window_probe", "normal.window_update"}),
        ("keep-alive", {"normal.keep_alive"}),
        ("reset", {"step.reset.abort", "closing.time_wait.none"}),
        ("rst-after-fin", {"step.reset.late_data"}),
    ],
)
def test_a_recorded_connection_is_told_as_what_it_is(name: str, said: set[str]) -> None:
    assert said <= keys(told(name))


def test_a_fast_open_shows_its_cookie_and_its_data() -> None:
    assert {"step.syn.data", "options.cookie.shown", "opening.fast_open"} <= keys(told("fast-open", 1))


def test_a_syn_that_came_twice_is_called_one() -> None:
    assert "D-SACK: SYN came twice" in told("simultaneous-open").text()


def test_every_rule_holds_on_a_healthy_connection() -> None:
    assert "✘" not in told("page").text()


def test_drops_while_capturing_weaken_what_is_said(tmp_path: Path) -> None:
    whole = (EXAMPLES / "lost-data.pcapng").read_bytes()
    with open_session(str(EXAMPLES / "lost-data.pcapng")).capture as capture:
        list(capture.chunks())
        (interface,) = capture.interfaces
    for dropped, words in ((0, ""), (3, "drops")):
        path = tmp_path / "dropped.pcapng"
        counters = interface_statistics(Statistics(0, 0, system_dropped=dropped), interface)
        path.write_bytes(whole + counters.tobytes())
        session = open_session(str(path))
        assert connection_table(session).columns["quality"].tolist() == [words]
        explanation = explain_connection(session, 0, lang="en", width=80)
        assert explanation is not None
        assert ("dropped while capturing" in " ".join(explanation.text().split())) == bool(dropped)
        session.capture.close()
