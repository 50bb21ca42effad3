"""Each claim is made where it is true, and not where it is not; each cites the packets that show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from synfin.explain.explanation import explain
from tests.explain import accounts
from tests.explain.accounts import SCENARIOS

if TYPE_CHECKING:
    from synfin.explain.language import Lang
    from synfin.explain.story import Section


def keys(scenario: str) -> set[str]:
    return {
        sentence.key for section in explain(SCENARIOS[scenario]()).sections for sentence in section.sentences
    }


def section(scenario: str, key: str, lang: Lang = "en") -> Section:
    return next(one for one in explain(SCENARIOS[scenario](), lang).sections if one.key == key)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_sentence_cites_packets_that_were_captured(scenario: str, lang: Lang) -> None:
    account = SCENARIOS[scenario]()
    last = max(entry.number if hasattr(entry, "number") else entry.last for entry in account.entries)
    last = max(last, *(step.number for step in (*account.handshake, *account.teardown)), last)
    for told in explain(account, lang).sections:
        for sentence in told.sentences:
            assert sentence.frames, sentence.key
            assert max(sentence.frames) <= last, sentence.key
            cited = {int(number) for number in re.findall(r"#(\d+)", sentence.text)}
            assert sentence.step or cited, sentence.key
            assert all(number <= last for number in cited), sentence.key


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_is_left_to_fill_in(scenario: str, lang: Lang) -> None:
    explanation = explain(SCENARIOS[scenario](), lang)
    said = [sentence.text for section in explanation.sections for sentence in section.sentences]
    for text in (*said, *explanation.title):
        assert not re.search(r"[{}?？]|None", text)


def test_only_scenarios_with_a_teardown_have_its_section() -> None:
    without = {
        name for name in SCENARIOS if "teardown" not in {s.key for s in explain(SCENARIOS[name]()).sections}
    }
    assert without == {
        "refused",
        "refused_without_proof",
        "rejected_by_icmp",
        "no_answer",
        "half_open",
        "bare_ack",
        "wrong_syn_ack",
        "wrong_third_ack",
    }


@pytest.mark.parametrize(
    ("claim", "true_in"),
    [
        ("place.client", {"three_segments", "retried"}),
        ("place.server", {"four_segments", "lost_third_ack"}),
        ("place.between", {"simultaneous_close"}),
        ("place.local", {"half_closed"}),
        ("step.syn_again", {"no_answer", "retried"}),
        ("step.syn_ack_again", {"lost_third_ack", "half_open"}),
        ("step.ack_with_data", {"lost_third_ack"}),
        ("step.syn.crossing", {"simultaneous_open"}),
        ("step.refused", {"refused"}),
        ("step.refused.bare", {"refused_without_proof"}),
        ("step.unreachable", {"rejected_by_icmp"}),
        ("step.bare_ack", {"bare_ack"}),
        ("step.syn_ack.wrong", {"wrong_syn_ack"}),
        ("step.ack.wrong", {"wrong_third_ack"}),
        ("step.syn_ack.alone", {"syn_not_captured"}),
        ("opening.no_answer", {"no_answer"}),
        ("opening.half_open", {"half_open"}),
        ("opening.not_seen", {"midstream"}),
        ("options.window.one", {"fast_open_asked"}),
        ("options.mss.default", {"fast_open_asked"}),
        ("options.ecn.on", {"plain_and_ecn"}),
        ("options.ecn.off", {"fast_open_asked"}),
        ("options.cookie.shown", {"fast_open"}),
        ("options.cookie.asked", {"fast_open_asked"}),
        ("options.unknown", {"syn_not_captured", "syn_ack_not_captured"}),
        ("step.ack.alone", {"syn_ack_not_captured"}),
        ("options.mss.one", {"fast_open_asked"}),
        ("transfer.repeats.more", {"timed_out"}),
        ("step.reset.again", {"reset_after_late_answer"}),
        ("closing.reset_after_fins.late", {"reset_after_late_answer"}),
        ("transfer.zero_window", {"losses"}),
        ("transfer.skipped", {"long_transfer"}),
        ("silence.keep_alive", {"losses"}),
        ("normal.offload", {"losses"}),
        ("normal.keep_alive", {"losses"}),
        ("normal.window_update", {"losses", "midstream"}),
        ("normal.window_probe", {"losses"}),
        ("normal.half_close", {"half_closed"}),
        ("normal.port_reuse", {"bare_ack"}),
        ("normal.data_on_ack", {"lost_third_ack"}),
        ("step.reset.abort", {"reset_by_server"}),
        ("step.reset.late_data", {"reset_after_late_data", "reset_after_late_answer"}),
        ("step.reset.after_own_fin", {"reset_after_own_fin"}),
        ("step.reset.after_fin", {"reset_instead_of_fin"}),
        ("closing.reset_after_fins", {"reset_after_both_fins"}),
        ("closing.three", {"three_segments", "long_transfer"}),
        ("closing.four", {"four_segments", "fin_repeated"}),
        ("closing.simultaneous", {"simultaneous_close"}),
        ("closing.half_closed", {"half_closed"}),
        ("closing.close_wait", {"half_closed"}),
        ("closing.fin_unanswered", {"fin_unanswered"}),
        ("closing.timed_out", {"timed_out"}),
        ("closing.time_wait.both", {"simultaneous_close"}),
    ],
)
def test_a_claim_is_made_where_it_is_true_and_nowhere_else(claim: str, true_in: set[str]) -> None:
    made_in = {name for name in SCENARIOS if claim in keys(name)}
    assert true_in <= made_in
    if claim not in ("place.client", "place.server"):
        assert made_in == true_in


def test_the_third_segment_is_explained_by_old_duplicates() -> None:
    ack = section("three_segments", "handshake").sentences[2]
    assert ack.frames == (3,)
    assert "ack = Y + 1 = 901337413" in ack.text
    assert "RFC 9293 §3.5" in ack.text.replace("\u00a0", " ")


def test_timestamps_reduce_the_payload_of_a_full_segment() -> None:
    sentence = next(
        s for s in section("three_segments", "handshake").sentences if s.key == "options.payload.same"
    )
    assert "1448" in sentence.text
    sentence = next(s for s in section("fast_open", "handshake").sentences if s.key == "options.payload")
    assert "1388" in sentence.text
    assert "1448" in sentence.text


def test_the_side_that_closed_first_waits_whoever_it_is() -> None:
    def holder(scenario: str) -> str:
        return next(s.text for s in section(scenario, "teardown").sentences if s.key == "closing.time_wait")

    assert holder("three_segments").startswith("The client closed first")
    assert holder("four_segments").startswith("The server closed first")


def test_an_unknown_round_trip_is_not_told() -> None:
    account = accounts.syn_not_captured()
    assert account.row["handshake_rtt_ns"] is None
    assert "RTT" not in " ".join(explain(account).title)
    assert "opening.complete.untimed" in keys("syn_not_captured")


def test_captured_text_cannot_reach_the_terminal_raw() -> None:
    text = explain(accounts.midstream()).text()
    assert "\x1b" not in text
    assert "herring" in text


def test_states_follow_each_endpoint_with_its_packets() -> None:
    client, server, _ = section("three_segments", "states").sentences
    assert (
        client.text == "The client: CLOSED → SYN_SENT #1 → ESTABLISHED #3 → FIN_WAIT_1 #10 → TIME_WAIT #11."
    )
    assert server.text == (
        "The server: (LISTEN) → SYN_RECEIVED #2 → (ESTABLISHED) #3 → (CLOSE_WAIT) #10"
        " → LAST_ACK #11 → (CLOSED) #12."
    )


def test_chinese_says_it_as_a_teacher_would() -> None:
    syn = section("four_segments", "handshake", "zh").sentences[0].text
    assert "SYN 本身占用一个序号" in syn
    titles = explain(accounts.four_segments(), "zh").title[0]
    assert "三次握手完成" in titles
    assert "四次挥手" in titles
    assert "服务器主动关闭" in titles
