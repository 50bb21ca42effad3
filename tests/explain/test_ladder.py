"""The ladder shows what happened and nothing else, and is aligned to the column at every width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synfin.basics.cells import cells
from synfin.basics.spans import plain
from synfin.connections.account import Options
from synfin.explain.drawing import draw
from synfin.explain.explanation import explain
from synfin.explain.ladder import Arrow, Fold, Ladder, Silence
from synfin.explain.language import Lang, language
from synfin.explain.layout import ladder
from synfin.explain.narrator import Narrator
from tests.explain import accounts
from tests.explain.accounts import SCENARIOS

if TYPE_CHECKING:
    from synfin.connections.account import Account

WIDTHS = (72, 80, 100, 120, 200)
LANES = {"│", "├", "┤", "┊"}


def picture(account: Account, lang: Lang = "en") -> Ladder:
    return ladder(Narrator(account, language(lang)))


def arrows(account: Account) -> list[Arrow]:
    return [step for step in picture(account).steps if isinstance(step, Arrow)]


def lane_columns(line: str) -> list[int]:
    return [cells(line[:at]) for at, character in enumerate(line) if character in LANES]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_line_is_wider_than_asked_and_lanes_are_straight(scenario: str, lang: Lang, width: int) -> None:
    made = picture(SCENARIOS[scenario](), lang)
    lines = [plain(line) for line in draw(made, width)]
    assert max(cells(line) for line in lines) <= width
    columns = {tuple(lane_columns(line)) for line in lines if lane_columns(line)}
    assert len(columns) == 1
    assert len(columns.pop()) == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_whole_explanation_keeps_to_the_width(scenario: str, lang: Lang) -> None:
    for width in WIDTHS:
        assert (
            max(cells(line) for line in explain(SCENARIOS[scenario](), lang, width).text().split("\n"))
            <= width
        )


def test_the_handshake_shows_both_initial_numbers_and_the_sums() -> None:
    syn, syn_ack, ack, *_ = arrows(accounts.three_segments())
    assert [arrow.flags for arrow in (syn, syn_ack, ack)] == [("SYN",), ("SYN", "ACK"), ("ACK",)]
    assert syn.annotations[0].text == "X = 2187655216"
    assert [note.text for note in syn_ack.annotations[:2]] == ["Y = 901337412", "ack = X + 1 = 2187655217 ✔"]
    assert "ack = Y + 1 = 901337413 ✔" in [note.text for note in ack.annotations]


def test_a_broken_rule_shows_what_was_expected_and_found() -> None:
    syn_ack = arrows(accounts.wrong_syn_ack())[1]
    check = next(note for note in syn_ack.annotations if note.topic == "check")
    assert check.text == "ack = X + 1 = 2187655217 ✘ found 2187655916"
    assert check.holds is False


def test_data_in_a_row_is_one_arrow_that_keeps_its_members() -> None:
    run = next(arrow for arrow in arrows(accounts.three_segments()) if arrow.segments > 1)
    assert (run.first, run.last, run.segments, run.length) == (6, 8, 3, 4344)
    assert (run.seq, run.end) == (1, 4344)
    assert [member.first for member in run.members] == [6, 7, 8]


def test_segments_that_stand_out_are_never_put_into_a_run() -> None:
    assert [arrow.segments for arrow in arrows(accounts.losses())] == [1] * 17


def test_resent_segments_say_what_they_repeat() -> None:
    resent = next(arrow for arrow in arrows(accounts.losses()) if arrow.look == "resent")
    assert resent.annotations[-1].text == "resends #5"


def test_sack_blocks_are_relative_with_both_ends() -> None:
    duplicate = arrows(accounts.losses())[6]
    assert duplicate.annotations[-1].text == "SACK: has 1449…2896"


def test_a_window_is_shown_with_its_factor_but_never_scaled_in_a_syn() -> None:
    syn, _, ack, *_ = arrows(accounts.three_segments())
    assert "window 64240" in [note.text for note in syn.annotations]
    assert "window 502 × 128 = 64256" in [note.text for note in ack.annotations]


def test_the_middle_of_a_long_connection_is_summed_up() -> None:
    fold = next(step for step in picture(accounts.long_transfer()).steps if isinstance(step, Fold))
    assert (fold.first, fold.last) == (6, 9995)


def test_a_silence_stands_between_its_packets() -> None:
    steps = picture(accounts.three_segments()).steps
    at = next(index for index, step in enumerate(steps) if isinstance(step, Silence))
    before, after = steps[at - 1], steps[at + 1]
    assert isinstance(before, Arrow)
    assert isinstance(after, Arrow)
    assert (before.last, after.first) == (9, 10)


def test_only_inferred_states_are_in_parentheses() -> None:
    text = "\n".join(plain(line) for line in draw(picture(accounts.three_segments()), 100))
    assert "(ESTABLISHED)" in text
    assert "SYN_SENT ├" in text
    assert "(SYN_SENT)" not in text


def test_states_before_the_first_packet_are_shown_only_when_the_capture_has_the_syn() -> None:
    assert picture(accounts.three_segments()).begin["server"].name == "LISTEN"
    assert picture(accounts.refused()).begin["server"].name == "CLOSED"
    assert "server" not in picture(accounts.no_answer()).begin
    assert picture(accounts.midstream()).begin == {}


def test_a_keep_alive_towards_a_closed_window_is_a_probe() -> None:
    notes = {arrow.first: [note.text for note in arrow.annotations] for arrow in arrows(accounts.losses())}
    assert notes[12] == ["zero-window probe"]
    assert notes[16] == ["keep-alive"]


def test_a_block_below_the_acknowledgment_came_twice() -> None:
    update = next(arrow for arrow in arrows(accounts.losses()) if arrow.first == 13)
    assert update.annotations[-1].text == "D-SACK: 4344…4344 came twice"


def test_repeated_acknowledgments_become_one_arrow_with_the_latest_blocks() -> None:
    talk = accounts.opened()
    edge = talk.isn["server"] + 1449
    for size in range(1, 5):
        blocks = Options(timestamps=(2, 1), sack=((edge, edge + size * 1448),))
        talk.send("client", "ACK", 50 + size, ack=1, options=blocks, notes=("duplicate_ack",), checks=())
    run = arrows(talk.account())[-1]
    assert run.segments == 4
    assert [note.text for note in run.annotations] == ["duplicate ACK", "SACK: has 1449…7240"]


def test_a_side_that_never_answered_is_not_said_to_listen() -> None:
    talk = accounts.Talk(row={"handshake": "no answer"}, states={"client": "CLOSED", "server": "LISTEN?"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=accounts.ALL_OPTIONS)
    assert "server" not in arrows(talk.account())[0].states


def test_a_long_talk_is_folded_between_its_ends_and_can_be_unfolded() -> None:
    talk = accounts.opened()
    for turn in range(60):
        talk.send("client", "PSH ACK", 100 + 2 * turn, length=10)
        talk.send("server", "PSH ACK", 101 + 2 * turn, length=20)
    talk.send("client", "FIN ACK", 300, step="fin", client="FIN_WAIT_1")
    steps = picture(talk.account()).steps
    folds = [step for step in steps if isinstance(step, Fold)]
    assert len(steps) == 24 + 1 + 16
    assert [(fold.first, fold.last) for fold in folds] == [(25, 108)]
    assert len(folds[0].members) == 84
    assert folds[0].texts[0].replace("\u00a0", " ") == "the client: 42 segments, 420 B"
