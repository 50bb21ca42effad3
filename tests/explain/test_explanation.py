"""An explanation is data first; its lines and its JSON say the same."""

from __future__ import annotations

import json

import pytest

from synfin.explain.explanation import explain
from tests.explain import accounts
from tests.explain.accounts import SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_json_holds_plain_values_only(scenario: str) -> None:
    made = explain(SCENARIOS[scenario](), "zh", 80).to_json()
    assert json.loads(json.dumps(made)) == json.loads(json.dumps(made, default=str))


def test_json_carries_the_packets_of_every_sentence() -> None:
    made = explain(accounts.three_segments()).to_json()
    sections = {section["key"]: section for section in made["sections"]}  # type: ignore[attr-defined]
    first = sections["handshake"]["sentences"][0]
    assert (first["number"], first["key"], first["frames"], first["sort"]) == (1, "step.syn", [1], "fact")
    assert "\u00a0" not in first["text"]
    assert made["ladder"]["steps"][0]["flags"] == ("SYN",)  # type: ignore[index]


def test_json_explains_the_terms_it_uses() -> None:
    terms = explain(accounts.three_segments()).to_json()["terms"]
    assert "TIME_WAIT" in terms  # type: ignore[operator]
    assert "simultaneous open" not in terms  # type: ignore[operator]


def test_the_title_says_what_became_of_the_connection() -> None:
    assert explain(accounts.three_segments()).title[0] == (
        "Connection 0 · 192.0.2.10:51578 → 192.0.2.80:80 · three-way handshake"
        " · closed normally in three segments (client first)"
    )
    assert explain(accounts.refused()).title[0].endswith("80 · refused")
    assert explain(accounts.reset_by_server()).title[0].endswith("aborted by the server (RST)")


def test_a_narrow_terminal_gets_72_columns() -> None:
    assert explain(accounts.three_segments(), "en", 10).width == 72


def test_steps_stand_behind_their_packet_and_hang_from_it() -> None:
    lines = explain(accounts.three_segments(), "en", 80).text().split("\n")
    at = next(index for index, line in enumerate(lines) if line.startswith(" 1  #1 "))
    assert lines[at + 1].startswith("       ")
    assert not lines[at + 1].startswith("        ")


def test_the_same_facts_give_the_same_bytes() -> None:
    assert explain(accounts.losses()).text() == explain(accounts.losses()).text()
