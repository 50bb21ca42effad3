"""Every way to open and to close has a scenario; each is told as what it is, and none as what it is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.telling import accounts, explained, keys

if TYPE_CHECKING:
    from synfin.explain.language import Lang

BROKEN_OFF = "broken off in the handshake by the client (RST)"
REPEATED = "three-way handshake after repeats"
THREE = "closed normally in three segments (client first)"

OPENINGS: dict[str, tuple[str, set[str]]] = {
    "handshake/complete": (
        "three-way handshake",
        {"step.syn", "step.syn_ack", "step.ack", "opening.complete"},
    ),
    "handshake/seen_from_the_server": ("three-way handshake", {"place.server", "opening.complete"}),
    "handshake/seen_from_between": ("three-way handshake", {"place.between", "opening.complete"}),
    "handshake/third_segment_lost": ("three-way handshake", {"step.ack_with_data", "normal.data_on_ack"}),
    "handshake/third_segment_lost_for_good": (
        REPEATED,
        {"step.syn_ack_again", "step.ack_with_data", "opening.retried"},
    ),
    "handshake/syn_lost_twice": (REPEATED, {"step.syn_again", "opening.retried"}),
    "handshake/syn_ack_lost": (REPEATED, {"step.syn_ack_again", "opening.retried"}),
    "handshake/refused_at_first": (
        "three-way handshake, refused at first",
        {"step.refused", "step.syn_again.refused", "step.ack", "opening.retried.refused"},
    ),
    "handshake/old_incarnation_then_complete": (
        "three-way handshake, after an old connection was cleared",
        {"step.bare_ack", "step.reset.old", "step.syn_again.cleared", "opening.retried.cleared"},
    ),
    "handshake/simultaneous_open": (
        "simultaneous open",
        {"step.syn.crossing", "step.syn_ack.crossing", "opening.simultaneous"},
    ),
    "handshake/simultaneous_open_plain_acks": (
        "simultaneous open",
        {"step.syn.crossing", "step.ack.crossing", "opening.simultaneous"},
    ),
    "handshake/split": ("split handshake", {"step.syn.apart", "opening.simultaneous.split"}),
    "handshake/fast_open": ("three-way handshake", {"options.cookie.asked", "options.cookie.given"}),
    "handshake/fast_open 1": ("TCP Fast Open", {"step.syn.data", "step.syn_ack.data", "opening.fast_open"}),
    "handshake/fast_open_declined": ("three-way handshake", {"step.syn.data", "step.syn_ack.declined"}),
    "handshake/fast_open_data_without_cookie": (
        "three-way handshake",
        {"step.syn.payload", "step.syn_ack.declined"},
    ),
    "handshake/refused": ("refused", {"step.refused", "opening.refused"}),
    "handshake/refused_without_proof": ("refused", {"step.refused.bare", "opening.refused"}),
    "handshake/refused_again_and_again": ("refused", {"step.refused.again", "step.syn_again.refused"}),
    "handshake/rejected_by_icmp": ("rejected by ICMP", {"step.unreachable", "opening.rejected"}),
    "handshake/no_answer": ("no answer", {"step.syn_again", "opening.no_answer", "normal.syn_resent"}),
    "handshake/no_answer_yet": ("no answer", {"opening.no_answer.yet"}),
    "handshake/half_open": ("half-open, never completed", {"step.syn_ack_again", "opening.half_open"}),
    "handshake/reset_by_client": (BROKEN_OFF, {"step.reset.unwanted"}),
    "handshake/old_duplicate_syn": (BROKEN_OFF, {"step.reset.unwanted"}),
    "handshake/old_duplicate_syn 1": ("three-way handshake", {"normal.port_reuse"}),
    "handshake/wrong_answer": (
        BROKEN_OFF,
        {"step.syn_ack.wrong", "step.reset.stale"},
    ),
    "handshake/reset_by_server": ("broken off in the handshake by the server (RST)", {"step.reset.answerer"}),
    "handshake/given_up_by_client": (BROKEN_OFF, {"step.reset.given_up"}),
    "handshake/old_incarnation": ("answered with a bare ACK", {"step.bare_ack", "step.reset.old"}),
    "handshake/reset_out_of_nowhere": ("answered with a bare ACK", {"step.bare_ack", "step.reset"}),
    "midstream/data_only": ("began before the capture", {"opening.not_seen"}),
    "midstream/answer_first": ("seen from the SYN ACK on", {"step.syn_ack.alone", "opening.not_seen.partly"}),
    "midstream/one_direction": ("three-way handshake", {"step.ack.alone", "opening.complete.untimed"}),
    "reuse/new_number 1": ("refused", {"normal.port_reuse"}),
}  # fmt: skip
"""Each opening of the connection table and its variants: the title's words, and what the story must say."""

CLOSINGS: dict[str, tuple[str, set[str]]] = {
    "teardown/four_segments": (
        "closed normally in four segments (client first)",
        {"step.fin", "step.ack_of_fin", "step.fin.second", "step.ack_of_fin.last", "closing.four"},
    ),
    "teardown/four_segments_by_server": ("closed normally in four segments (server first)", {"closing.four"}),
    "teardown/three_segments": (
        THREE,
        {"step.fin_and_ack", "step.ack_of_fin.last", "closing.three", "closing.time_wait"},
    ),
    "teardown/fin_with_data": (THREE, {"step.fin.data"}),
    "teardown/fin_repeated": (
        "closed normally in four segments (client first), a FIN repeated",
        {"step.fin_again", "closing.four"},
    ),
    "teardown/last_ack_lost": (
        "closed normally in three segments (client first), a FIN repeated",
        {"step.fin_again.acked", "step.ack_of_fin_again", "closing.time_wait.again"},
    ),
    "teardown/last_ack_missing": (
        "the last FIN unacknowledged (client first)",
        {"step.fin_and_ack", "closing.fin_unanswered.last"},
    ),
    "teardown/half_closed_for_long": (
        "closed normally in four segments after a half-close (client first)",
        {"closing.four.half", "normal.half_close"},
    ),
    "teardown/data_in_flight": (
        "closed normally in four segments (client first)",
        {"closing.four", "normal.half_close"},
    ),
    "teardown/half_closed": ("half-closed (client first)", {"closing.half_closed", "closing.close_wait"}),
    "teardown/half_closed_by_server": ("half-closed (server first)", {"closing.half_closed"}),
    "teardown/simultaneous": (
        "closed by both at once",
        {"step.fin.crossing", "step.ack_of_fin.crossing", "closing.simultaneous", "closing.time_wait.both"},
    ),
    "teardown/crossing_with_data": ("closed by both at once", {"step.fin.data", "step.fin.crossing"}),
    "teardown/fin_unanswered": (
        "FIN unanswered (client first), a FIN repeated",
        {"step.fin_again", "closing.fin_unanswered"},
    ),
    "teardown/capture_ends_soon": ("FIN unanswered (client first)", {"closing.fin_unanswered"}),
    "teardown/timed_out": ("timed out", {"closing.timed_out", "transfer.repeats.more"}),
    "teardown/still_open": ("still open at the end", {"closing.still_open"}),
    "teardown/continues": ("continues past the capture", {"closing.continues"}),
    "reset/by_client": ("aborted by the client (RST)", {"step.reset.abort", "closing.time_wait.none"}),
    "reset/by_server": ("aborted by the server (RST)", {"step.reset.abort"}),
    "reset/right_after_the_handshake": ("aborted by the server (RST)", {"step.reset.abort"}),
    "reset/with_fin": ("aborted by the client (RST)", {"step.reset.with_fin"}),
    "reset/answers_a_fin": ("FIN answered with RST by the server", {"step.reset.after_fin"}),
    "reset/after_own_fin": ("FIN, then RST by the client", {"step.reset.after_own_fin"}),
    "reset/late_data": ("data after the close, answered with RST by the client", {"step.reset.late_data"}),
    "reset/forgotten": ("RST by the server, which no longer knew the connection", {"step.reset.forgotten"}),
    "reset/after_both_fins": (
        "closed, with an RST at the end (client first)",
        {"step.reset_after_fin", "closing.reset_after_fins"},
    ),
    "reset/after_both_fins_late_answer": (
        "closed, with an RST at the end (client first)",
        {"step.reset.late_data", "step.reset.again", "closing.reset_after_fins.late"},
    ),
}
"""Each closing likewise."""

ELSEWHERE: dict[str, set[str]] = {
    "step.syn_again": {"analysis/reused_ports", "resent/syn", "reuse/same_number"},
    "step.syn_ack_again": {"resent/syn"},
    "step.ack_with_data": {"handshake/fast_open_declined", "resent/nothing_unseen", "resent/went_unseen"},
    "step.refused": {"analysis/reused_ports", "handshake/refused_again_and_again", "reuse/new_number 1"},
    "step.bare_ack": set(),
    "step.syn_ack.crossing": {"handshake/split"},
    "step.ack.crossing": {"handshake/split"},
    "step.syn_ack.alone": {"midstream/answer_then_fin", "midstream/answer_then_reset"},
    "step.fin_and_ack": {
        "handshake/fast_open", "midstream/closing", "resent/fin", "reuse/new_number",
        "teardown/fin_with_data", "teardown/last_ack_lost", "reset/after_both_fins",
    },
    "step.fin.data": {"teardown/half_closed_for_long"},
    "step.fin.second": {
        "analysis/closing", "reset/after_both_fins_late_answer", "teardown/fin_repeated",
        "teardown/four_segments_by_server", "teardown/half_closed_for_long",
        "teardown/half_closed_then_closed", "teardown/data_in_flight",
    },
    "step.ack_of_fin.crossing": {"teardown/crossing_with_data"},
    "step.fin_again": {"resent/fin"},
    "step.fin_again.acked": {"analysis/closing"},
    "step.reset.abort": {"analysis/lost_segment", "analysis/window_update", "midstream/answer_then_reset"},
    "step.reset.answerer": set(),
    "step.reset.forgotten": {"analysis/zero_window"},
    "opening.retried": {"resent/syn"},
    "opening.refused": {"analysis/reused_ports", "handshake/refused_again_and_again", "reuse/new_number 1"},
    "opening.no_answer": {"reuse/same_number"},
    "opening.no_answer.yet": {
        "handshake/syn_of_another_number", "analysis/reused_ports 1", "midstream/syn_then_fin",
    },
    "opening.not_seen": {"midstream/closing"},
    "opening.not_seen.partly": {"midstream/answer_then_fin", "midstream/answer_then_reset"},
    "closing.four": {"analysis/closing"},
    "closing.four.half": {"teardown/half_closed_then_closed"},
    "closing.three": {
        "handshake/fast_open", "midstream/closing", "resent/fin", "reuse/new_number",
        "teardown/fin_with_data", "teardown/last_ack_lost",
    },
    "closing.simultaneous": {"teardown/crossing_with_data"},
    "closing.time_wait.both": {"teardown/crossing_with_data"},
    "closing.half_closed": {"teardown/half_closed_by_server"},
    "closing.close_wait": {"teardown/half_closed_by_server"},
    "closing.fin_unanswered": {
        "analysis/duplicate_ack", "midstream/answer_then_fin", "midstream/syn_then_fin",
    },
    "closing.continues": {
        "analysis/fast_retransmission", "analysis/out_of_order", "analysis/retransmission",
        "analysis/spurious_retransmission", "analysis/window_full",
    },
    "normal.port_reuse": {
        "handshake/syn_of_another_number 1", "analysis/reused_ports 1", "handshake/fast_open 1",
    },
    "normal.half_close": {"teardown/half_closed", "teardown/half_closed_then_closed"},
    "normal.data_on_ack": {
        "handshake/fast_open_declined", "handshake/third_segment_lost_for_good", "resent/nothing_unseen",
        "resent/went_unseen",
    },
    "normal.syn_resent": {
        "analysis/reused_ports", "handshake/half_open", "handshake/syn_ack_lost", "handshake/syn_lost_twice",
        "handshake/third_segment_lost_for_good", "resent/syn", "reuse/same_number",
    },
    "options.cookie.asked": set(),
}  # fmt: skip
"""Other scenarios in which a claim is true as well."""

EVERYWHERE = {
    "step.syn", "step.syn_ack", "step.ack", "opening.complete", "step.fin", "step.ack_of_fin",
    "step.ack_of_fin.last", "closing.still_open", "closing.time_wait", "closing.time_wait.none",
    "place.server", "place.between", "transfer.repeats.more",
}  # fmt: skip
"""Claims so common that where they are true is not listed."""

VARIANTS = {**OPENINGS, **CLOSINGS}
CLAIMS = sorted(set().union(*(said for _, said in VARIANTS.values())) - EVERYWHERE)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_told_as_what_it_is(name: str) -> None:
    words, said = VARIANTS[name]
    assert said <= keys(name)
    assert words in explained(name).title[0].split(" · ")


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_is_made_where_it_is_true_and_in_no_other_scenario(claim: str) -> None:
    true_in = {name for name, (_, said) in VARIANTS.items() if claim in said} | ELSEWHERE.get(claim, set())
    assert {name for name in accounts() if claim in keys(name)} == true_in


def test_every_step_of_every_scenario_is_a_claim_that_is_checked() -> None:
    said = set().union(*(keys(name) for name in accounts()))
    checked = {key for key in said if key.startswith(("step.", "opening.", "closing."))}
    assert checked - set(CLAIMS) <= EVERYWHERE


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_title_of_a_variant_is_its_own_in_both_languages(lang: Lang) -> None:
    """Two variants share a title only where their English titles are the same, too."""
    english = {name: explained(name).title[0].split("80 · ")[1] for name in VARIANTS}
    titles = {name: explained(name, lang).title[0].split("80 · ")[1] for name in VARIANTS}
    assert len(set(titles.values())) == len(set(english.values()))


def broken(name: str) -> list[str]:
    """The rules that a scenario's ladder shows as broken, without what was found instead."""
    return [
        re.sub(r"\u00a0", " ", note.text).split(" ✘")[0]
        for step in explained(name).ladder.steps
        for arrow in (step, *getattr(step, "members", ()))
        for note in getattr(arrow, "annotations", ())
        if note.holds is False
    ]


def test_a_rule_is_called_broken_only_where_it_is() -> None:
    opening = {name: broken(name) for name in accounts() if name in OPENINGS}
    assert {name: rules for name, rules in opening.items() if rules} == {
        "handshake/old_incarnation": ["ack = X + 1 = 1000001"],
        "handshake/refused_without_proof": ["ack = X + 1 = 1000001"],
        "handshake/reset_out_of_nowhere": ["ack = X + 1 = 1000001"],
        "handshake/wrong_answer": ["ack = X + 1 = 1000001"],
    }
    assert [name for name in CLOSINGS if broken(name)] == []


def test_crossing_syns_are_acknowledged_by_the_rule() -> None:
    told = {
        sentence.frames[0]: sentence.text
        for sentence in explained("handshake/simultaneous_open").sections[1].sentences
    }
    assert "ack = Y + 1 = 3000001" in told[3]
    assert "ack = X + 1 = 1000001" in told[4]


@pytest.mark.parametrize(
    ("name", "client", "server"),
    [
        (
            "handshake/simultaneous_open",
            "CLOSED → SYN_SENT #1 → (SYN_RECEIVED) #2 → (ESTABLISHED) #4",
            "(CLOSED) → SYN_SENT #2 → (SYN_RECEIVED) #3 → ESTABLISHED #4",
        ),
        (
            "teardown/simultaneous",
            "FIN_WAIT_1 #4 → (CLOSING) #5 → (TIME_WAIT) #7",
            "FIN_WAIT_1 #5 → (CLOSING) #6 → TIME_WAIT #7",
        ),
        ("handshake/wrong_answer", "CLOSED → SYN_SENT #1.", "(LISTEN) → SYN_RECEIVED #2 → (CLOSED) #3"),
        (
            "handshake/reset_by_server",
            "(ESTABLISHED) #2 → (CLOSED) #3",
            "(LISTEN) → SYN_RECEIVED #2 → CLOSED #3",
        ),
        ("handshake/old_incarnation", "CLOSED → SYN_SENT #1.", "ESTABLISHED #2 → (CLOSED) #3"),
        ("teardown/last_ack_missing", "FIN_WAIT_1 #4 → (TIME_WAIT) #5", "(CLOSE_WAIT) #4 → LAST_ACK #5."),
        ("teardown/half_closed", "FIN_WAIT_1 #4 → (FIN_WAIT_2) #5.", "(ESTABLISHED) #3 → (CLOSE_WAIT) #4."),
    ],
)
def test_the_states_go_the_way_of_the_standard(name: str, client: str, server: str) -> None:
    states = next(section for section in explained(name).sections if section.key == "states")
    assert client in states.sentences[0].text
    assert server in states.sentences[1].text


@pytest.mark.parametrize("name", sorted(accounts()))
def test_that_a_side_listens_is_never_shown_as_seen(name: str) -> None:
    first = explained(name).ladder.begin
    assert all(state.inferred for state in first.values() if state.name == "LISTEN")
    for step in explained(name).ladder.steps:
        for state in getattr(step, "states", {}).values():
            assert state.name != "LISTEN"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(accounts()))
def test_every_sentence_of_a_scenario_is_complete(name: str, lang: Lang) -> None:
    told = explained(name, lang)
    for text in (*told.title, *(one.text for section in told.sections for one in section.sentences)):
        assert not re.search(r"[{}?？]|None", text), text


def test_what_was_sent_again_is_covered_once() -> None:
    assert "normal.cumulative" not in keys("handshake/fast_open_declined") | keys("resent/keep_alive")
    assert "normal.cumulative" in keys("resent/fast")


def test_the_first_window_after_a_syn_is_no_update() -> None:
    assert "normal.window_update" not in keys("handshake/simultaneous_open")
    assert "normal.window_update" in keys("window/zero_window")
