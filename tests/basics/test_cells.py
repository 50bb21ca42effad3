"""Text is measured and fitted in the columns that a terminal gives it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.basics.cells import NO_BREAK_SPACE, cells, packed, padded, shortened, wrapped

TEXTS = st.text(st.sampled_from("ab 12#,.(三次握手，。（））\u00a0…·→✔"), max_size=60)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("SYN", 3),
        ("三次握手", 8),
        ("ack = 1 ✔", 9),
        ("e\u0301", 1),
        ("─▶│", 3),
        ("，", 2),
        ("", 0),
        ("\u200e", 0),
    ],
)
def test_chinese_takes_two_columns_and_marks_none(text: str, width: int) -> None:
    assert cells(text) == width


def test_padding_counts_columns() -> None:
    assert padded("握手", 6) == "握手  "
    assert padded("握手", 6, ">") == "  握手"
    assert padded("握手", 6, "^") == " 握手 "
    assert padded("握手", 3) == "握手"


def test_shortening_says_that_it_did() -> None:
    assert shortened("三次握手", 8) == "三次握手"
    assert shortened("三次握手", 7) == "三次握…"
    assert shortened("abc", 0) == ""


def test_chinese_breaks_anywhere_but_before_closing_and_after_opening_marks() -> None:
    assert wrapped("三次握手，完成（一）。", 8) == ["三次握", "手，完成", "（一）。"]


def test_a_number_keeps_its_unit() -> None:
    assert wrapped(f"sent 65{NO_BREAK_SPACE}160{NO_BREAK_SPACE}B", 9) == ["sent", "65 160 B"]


def test_a_word_wider_than_the_line_is_cut() -> None:
    assert wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]


def test_short_pieces_stand_side_by_side() -> None:
    assert packed(["MSS 1460", "SACK", "timestamps"], 16) == ["MSS 1460 · SACK", "timestamps"]


@given(TEXTS, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    kept = "".join(lines).replace(" ", "")
    assert kept == text.replace(NO_BREAK_SPACE, " ").replace(" ", "")


@given(TEXTS, st.integers(1, 40))
def test_shortened_text_fits(text: str, width: int) -> None:
    assert cells(shortened(text, width)) <= width
