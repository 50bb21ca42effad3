"""`synfin quiz` as its user meets it: asked and answered at a terminal, in a pipe, on paper, as JSON."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

USAGE, PARTLY = 2, 4
QUIZ = ("quiz", "--lang", "en", "--seed", "4", "--count", "6")


def questions(synfin: Command, capture: Path, *more: str) -> list[dict[str, object]]:
    made = json.loads(synfin(*QUIZ, "--format", "json", capture, *more).out)
    return list(made["questions"])


def test_right_answers_are_counted(program: Command, synfin: Command, examples: Path) -> None:
    page = examples / "page.pcapng"
    solutions = [str(one["answer"]["value"]) for one in questions(synfin, page)]  # type: ignore[index]
    said = program(*QUIZ, page, stdin="\n".join([*solutions[:5], "no idea"]).encode() + b"\n")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("✔ Right") == 5
    assert said.out.count("✘ No, it is") == 1
    assert said.lines[-1] == "5 of 6 right."


def test_the_end_of_the_input_is_no_error(program: Command, examples: Path) -> None:
    said = program(*QUIZ, examples / "page.pcapng", stdin=b"\n1")
    assert said.code == 0
    assert said.out.count("The solution: ") == 1
    assert said.lines[-1] == "0 of 2 right; 6 had been prepared."
    nothing = program(*QUIZ, examples / "page.pcapng", stdin=b"")
    assert nothing.code == 0
    assert "No answer came; 6 questions had been prepared." in nothing.out


def test_what_was_typed_cannot_play_with_the_terminal(program: Command, examples: Path) -> None:
    said = program(*QUIZ, examples / "page.pcapng", stdin="\x1b[31m\u202e\xff\n".encode() + b"\xff\xfe\n")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out


def test_the_same_seed_writes_the_same_bytes(synfin: Command, examples: Path) -> None:
    page = examples / "page.pcapng"
    assert synfin(*QUIZ, "--sheet", "-", page).out == synfin(*QUIZ, "--sheet", "-", page).out
    assert synfin(*QUIZ, "--sheet", "-", page).out != synfin(*QUIZ, "--seed", "5", "--sheet", "-", page).out


def test_a_teacher_gets_sheet_and_key_of_the_same_questions(
    synfin: Command, examples: Path, tmp_path: Path
) -> None:
    sheet, key = tmp_path / "sheet.md", tmp_path / "key.md"
    said = synfin(*QUIZ, examples / "page.pcapng", "--sheet", sheet, "--key", key)
    assert (said.code, said.out) == (0, "")
    asked = [line for line in sheet.read_text("utf-8").splitlines() if line[1:2] == "."]
    assert len(asked) == 6
    assert [line for line in key.read_text("utf-8").splitlines() if line[1:2] == "."] == asked


def test_without_a_seed_it_tells_the_one_it_took(synfin: Command, examples: Path) -> None:
    page = examples / "page.pcapng"
    first = synfin("quiz", "--lang", "en", "--sheet", "-", page).out
    seed = first.partition("seed ")[2].split()[0]
    assert synfin("quiz", "--lang", "en", "--seed", seed, "--sheet", "-", page).out == first


def test_one_connection_of_many_is_asked_about(synfin: Command, examples: Path) -> None:
    made = json.loads(synfin(*QUIZ, "-n", "1", "--format", "json", examples / "fast-open.pcapng").out)
    assert made["connection"] == 1
    said = synfin(*QUIZ, "-n", "7", examples / "fast-open.pcapng")
    assert said.code == USAGE
    assert "There is no connection 7" in said.err


def test_chinese_asks_in_chinese(program: Command, examples: Path) -> None:
    said = program("quiz", "--lang", "zh", "--seed", "4", examples / "page.pcapng", stdin=b"\n")
    assert "答案：" in said.out


def test_a_capture_without_tcp_has_nothing_to_ask(synfin: Command, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    said = synfin(*QUIZ, empty)
    assert (said.code, said.out) == (1, "")
    assert "no TCP connection" in said.err


def test_a_damaged_capture_is_asked_about_as_far_as_it_goes(
    synfin: Command, examples: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes((examples / "page.pcapng").read_bytes()[:-300])
    said = synfin(*QUIZ, cut, "--sheet", "-")
    assert said.code == PARTLY
    assert "Answer: ___" in said.out


def test_the_capture_itself_is_not_overwritten(synfin: Command, examples: Path, tmp_path: Path) -> None:
    copy = tmp_path / "page.pcapng"
    shutil.copy(examples / "page.pcapng", copy)
    assert synfin(*QUIZ, copy, "--key", copy).code == USAGE
    assert copy.read_bytes() == (examples / "page.pcapng").read_bytes()


@pytest.mark.parametrize("wrong", [("--count", "0"), ("--seed", "-1"), ("-o", "x.txt")])
def test_what_makes_no_sense_is_refused(synfin: Command, examples: Path, wrong: tuple[str, str]) -> None:
    assert synfin(*QUIZ, examples / "page.pcapng", *wrong).code == USAGE
