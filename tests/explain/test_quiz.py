"""Every question has the answer that tshark gives, and is asked only where the capture can answer it."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from functools import cache
from itertools import chain, product
from typing import TYPE_CHECKING

import pytest

from synfin.connections.account import Segment
from synfin.explain.quiz.quiz import CHAPTERS, Quiz, families, made_quiz
from synfin.operations import made_questions, open_session
from tests.conftest import ROOT
from tests.explain.accounts import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.connections.account import Account
    from synfin.explain.language import Lang
    from synfin.explain.quiz.question import Question

EXAMPLES = sorted(path.name.removesuffix(".pcapng") for path in (ROOT / "examples").glob("*.pcapng"))
ALL = (10_000, 0)


def all_questions(account: Account, lang: Lang = "en") -> tuple[Question, ...]:
    return tuple(chain.from_iterable(families(account, {}, lang)))


@cache
def of_scenario(name: str) -> tuple[Question, ...]:
    return all_questions(SCENARIOS[name]())


@cache
def of_example(name: str, number: int | None = None) -> tuple[Question, ...]:
    session = open_session(str(ROOT / "examples" / f"{name}.pcapng"))
    made = made_questions(session, number, lang="en", choice=ALL)
    session.capture.close()
    return made.questions if made is not None else ()


def answers(questions: tuple[Question, ...], kind: str) -> dict[str, int | str]:
    """By what each question of a kind is about, its answer."""
    return {one.about: one.answer.value for one in questions if one.kind == kind}


ASKED: Mapping[str, tuple[str, dict[str, int | str]]] = {
    # the scenarios' numbers are written out in accounts.py: ISNs 2187655216 and 901337412, #4 is 74 B, …
    "isn": ("three_segments", {"client": 2187655216, "server": 901337412}),
    "mss": ("fast_open", {"client": 1460, "server": 1400}),
    "mss_default": ("fast_open_asked", {"server": 536}),
    "scale": ("three_segments", {"client": 128, "server": 128}),
    "window_of_syn": ("three_segments", {"client": 64240, "server": 65160}),
    "room": ("fast_open", {"client": 1388, "server": 1448}),
    "ack_of_syn": ("fast_open", {"2": 2187655317, "3": 901337413}),
    "rtt": ("three_segments", {"1": 20_333_000}),
    "why_three": ("three_segments", {"1": "a"}),
    "outcome": ("refused", {"refused": "a"}),
    "place": ("three_segments", {"client": "a"}),
    "next_ack": ("three_segments", {"4": 75, "8": 4345}),
    "acknowledged_by": ("three_segments", {"4": 5, "8": 9}),
    "first_close": ("three_segments", {"10": "client"}),
    "ack_of_fin": ("three_segments", {"10": 76, "11": 4346}),
    "why_three_to_close": ("three_segments", {"three": "a"}),
    "why_four_to_close": ("four_segments", {"four": "a"}),
    "half_close": ("half_closed", {"10": "a"}),
    "close_wait": ("half_closed", {"client": "server"}),
    "time_wait": ("simultaneous_close", {"both": "both"}),
    "reset_by": ("reset_by_server", {"10": "server"}),
    "resent": ("losses", {"8": 5}),
    "waited": ("losses", {"8": 21_000_000}),
    "flags": ("refused", {"2": 0x14}),
    "why_numbers": ("three_segments", {"1": "a"}),
    "alive": ("plain_and_ecn", {"1": "a"}),
    "same_seq": ("three_segments", {"3": "a"}),
    "pieces": ("three_segments", {"6": "a"}),
    "missing": ("losses", {"7": 1448}),
    "purpose": ("losses", {"7": "a", "12": "a", "13": "a"}),
    "oversized": ("losses", {"14": "a"}),
    "ack_in_fin": ("three_segments", {"10": "a"}),
    "window": ("midstream", {}),
    "state": ("refused", {"client 1": "SYN_SENT"}),
}
"""By kind, a scenario in which it is asked and what is right there."""

NOT_ASKED = {
    "isn": "midstream",
    "mss": "midstream",
    "mss_default": "three_segments",
    "scale": "plain_and_ecn",
    "window_of_syn": "plain_and_ecn",
    "room": "plain_and_ecn",
    "ack_of_syn": "no_answer",
    "rtt": "refused",
    "why_three": "refused",
    "outcome": "three_segments",
    "place": "midstream",
    "relative": "midstream",
    "flags": "no_answer",
    "window": "plain_and_ecn",
    "next_ack": "refused",
    "next_seq": "refused",
    "acknowledged_by": "midstream",
    "why_numbers": "midstream",
    "alive": "three_segments",
    "same_seq": "refused",
    "pieces": "refused",
    "missing": "three_segments",
    "purpose": "three_segments",
    "oversized": "three_segments",
    "ack_in_fin": "refused",
    "resent": "three_segments",
    "waited": "three_segments",
    "first_close": "simultaneous_close",
    "ack_of_fin": "fin_unanswered",
    "why_three_to_close": "four_segments",
    "why_four_to_close": "three_segments",
    "half_close": "three_segments",
    "close_wait": "three_segments",
    "time_wait": "still_open",
    "reset_by": "three_segments",
    "state": "midstream",
}


@pytest.mark.parametrize("kind", ASKED)
def test_what_is_asked_of_a_scenario_is_right(kind: str) -> None:
    scenario, right = ASKED[kind]
    found = answers(of_scenario(scenario), kind)
    assert {about: found.get(about) for about in right} == right
    assert bool(found) == bool(right)


@pytest.mark.parametrize("kind", NOT_ASKED)
def test_what_the_capture_cannot_answer_is_not_asked(kind: str) -> None:
    assert answers(of_scenario(NOT_ASKED[kind]), kind) == {}


@pytest.mark.parametrize(
    ("kind", "example"), [("ip_header", "ipv6"), ("protocol", "ipv6"), ("next_header", "page")]
)
def test_no_header_is_asked_about_that_is_not_there(kind: str, example: str) -> None:
    assert answers(of_example(example), kind) == {}


def test_headers_are_asked_about_only_where_they_were_captured() -> None:
    kinds = {one.kind for one in of_scenario("three_segments")}
    assert kinds.isdisjoint({"tcp_header", "ip_header", "offset", "ethertype", "protocol", "payload"})


def test_whether_segments_between_hide_the_answer_is_minded() -> None:
    """In a folded transfer nobody can say which packet acknowledged first."""
    account = SCENARIOS["long_transfer"]()
    folded = [at for at, entry in enumerate(account.entries) if not isinstance(entry, Segment)]
    before = {str(entry.number) for entry in account.entries[: folded[0]] if isinstance(entry, Segment)}
    for question in all_questions(account):
        if question.kind == "acknowledged_by" and question.about in before:
            assert question.frames[-1] < 10


# tshark as the oracle

FIELDS = [
    *(
        "tcp.seq_raw",
        "tcp.ack_raw",
        "tcp.seq",
        "tcp.ack",
        "tcp.nxtseq",
        "tcp.len",
        "tcp.hdr_len",
        "tcp.flags",
    ),
    *("tcp.window_size", "tcp.options.mss_val", "tcp.options.wscale.multiplier", "tcp.stream"),
    *("tcp.analysis.keep_alive", "tcp.analysis.zero_window_probe", "tcp.analysis.window_update"),
    *("tcp.analysis.duplicate_ack", "tcp.options.sack_le"),
    *("eth.type", "tcp.srcport", "tcp.dstport", "ip.hdr_len", "ip.proto", "ipv6.nxt", "frame.time_epoch"),
]

Row = dict[str, str]


@cache
def rows(tshark: str, name: str) -> dict[int, Row]:
    """By packet number, what tshark's fields say."""
    command = [tshark, "-2", "-n", "-r", str(ROOT / "examples" / f"{name}.pcapng"), "-T", "fields"]
    command += ["-e", "frame.number", *(word for field in FIELDS for word in ("-e", field))]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    cells = (line.split("\t") for line in lines)
    return {int(first): dict(zip(FIELDS, rest, strict=True)) for first, *rest in cells}


@cache
def offsets(tshark: str, name: str) -> dict[tuple[int, str], int]:
    """By packet number and field, with which byte of the packet the field begins (its first occurrence)."""
    command = [tshark, "-n", "-r", str(ROOT / "examples" / f"{name}.pcapng"), "-T", "pdml"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found: dict[tuple[int, str], int] = {}
    for number, packet in enumerate(ET.fromstring(text).iter("packet"), 1):
        for field in packet.iter("field"):
            found.setdefault((number, field.get("name", "")), int(field.get("pos", "-1")))
    return found


def number(text: str) -> int:
    return int(text.partition(",")[0], 0)


def expected(question: Question, told: dict[int, Row]) -> int:
    """The answer as tshark's fields say it."""
    last, first = told[question.frames[-1]], told[question.frames[0]]
    match question.kind:
        case "next_ack" | "ack_of_fin":
            assert number(first["tcp.nxtseq"]) == number(last["tcp.ack"])
            return number(first["tcp.nxtseq"])
        case "next_seq":
            assert number(first["tcp.nxtseq"]) == number(last["tcp.seq"])
            return number(first["tcp.nxtseq"])
        case "waited":
            times = [round(float(row["frame.time_epoch"]) * 1e6) for row in (first, last)]
            return (times[1] - times[0]) * 1000
        case "acknowledged_by":
            covers = (
                packet
                for packet, row in told.items()
                if (row["tcp.stream"], packet > question.frames[0]) == (first["tcp.stream"], True)
                and row["tcp.srcport"] == first["tcp.dstport"]
                and number(row["tcp.ack"] or "0") >= number(first["tcp.nxtseq"])
            )
            return next(covers)
    return number(last[ORACLE[question.kind]])


ORACLE = {
    "isn": "tcp.seq_raw",
    "mss": "tcp.options.mss_val",
    "window_of_syn": "tcp.window_size",
    "ack_of_syn": "tcp.ack_raw",
    "tcp_header": "tcp.hdr_len",
    "ip_header": "ip.hdr_len",
    "payload": "tcp.len",
    "relative": "tcp.seq",
    "flags": "tcp.flags",
    "window": "tcp.window_size",
    "ethertype": "eth.type",
    "protocol": "ip.proto",
    "next_header": "ipv6.nxt",
}
"""The field that holds the answer, in the last packet that the explanation cites."""

BY_RULE = ("next_ack", "ack_of_fin", "next_seq", "acknowledged_by")


@pytest.mark.oracle
@pytest.mark.parametrize("name", EXAMPLES)
def test_answers_are_those_of_tshark(tshark: str, name: str) -> None:
    told = rows(tshark, name)
    compared = 0
    for question in of_example(name):
        if question.kind == "offset":
            packet, field = question.about.split()
            at = offsets(tshark, name)[int(packet), field.replace("_raw", "")]
            assert question.answer.value == at, question
        elif question.kind == "waited":
            assert abs(int(question.answer.value) - expected(question, told)) < 2000, question
        elif question.kind in ORACLE or question.kind in BY_RULE:
            assert question.answer.value == expected(question, told), question
        else:
            continue
        compared += 1
    assert compared or not of_example(name)


@pytest.mark.oracle
@pytest.mark.parametrize("name", EXAMPLES)
def test_scale_and_round_trip_are_those_of_tshark(tshark: str, name: str) -> None:
    told = rows(tshark, name)
    for question in of_example(name):
        if question.kind == "scale":
            multipliers = {told[frame]["tcp.options.wscale.multiplier"] for frame in question.frames}
            assert str(question.answer.value) in multipliers
        if question.kind == "rtt":
            ends = (told[question.frames[0]], told[question.frames[-1]])
            first, last = (float(row["frame.time_epoch"]) for row in ends)
            assert question.answer.value == pytest.approx((last - first) * 1e9, abs=2000)


ANALYSIS = {
    "a keep-alive": ("tcp.analysis.keep_alive",),
    "a window probe": ("tcp.analysis.zero_window_probe", "tcp.analysis.keep_alive"),
    "a window update": ("tcp.analysis.window_update",),
    "a duplicate ACK": ("tcp.analysis.duplicate_ack",),
}
"""By the end of the right option about a segment's purpose, the mark that Wireshark's analysis gives it.

A probe with an old number is a keep-alive to Wireshark; that the window was closed tells what it is for.
"""


@pytest.mark.oracle
def test_purposes_gaps_and_closers_are_those_of_tshark(tshark: str) -> None:
    compared = {"purpose": 0, "missing": 0, "first_close": 0}
    for name in EXAMPLES:
        told = rows(tshark, name)
        for question in of_example(name):
            if question.kind == "purpose":
                marks = ANALYSIS[question.answer.text.rpartition(": ")[2].rstrip(".")]
                assert any(told[int(question.about)][mark] for mark in marks), question
            elif question.kind == "missing":
                row = told[int(question.about)]
                edges = [int(edge) for edge in row["tcp.options.sack_le"].split(",")]
                assert question.answer.value == min(edges) - int(row["tcp.ack"]), question
            elif question.kind == "first_close":
                stream = told[int(question.about)]["tcp.stream"]
                own = [row for row in told.values() if row["tcp.stream"] == stream]
                fin = next(row for row in own if number(row["tcp.flags"]) & 1)
                is_client = fin["tcp.srcport"] == own[0]["tcp.srcport"]
                assert question.answer.value == ("client" if is_client else "server"), question
            else:
                continue
            compared[question.kind] += 1
    assert min(compared.values()) > 0


# checking answers

GENEROUS = [
    ("room", "1448", True),
    ("room", "1,448", True),
    ("room", "1 448 B", True),
    ("room", "1448 bytes", True),
    ("room", "１４４８ 字节", True),
    ("room", "0x5a8", True),
    ("room", "= 1460 - 12 = 1448", True),
    ("room", "1460", False),
    ("room", "", False),
    ("room", "about 1448 or so", False),
    ("scale", "×128", True),
    ("scale", "2^7", True),
    ("scale", "2**7", True),
    ("scale", "7", False),
    ("acknowledged_by", "#5", True),
    ("next_ack", "75", True),
    ("next_ack", "2187655291", True),
    ("next_ack", "ack = 1 + 74 = 75", True),
    ("next_ack", "2", False),
    ("first_close", "The Client", True),
    ("first_close", "c", True),
    ("first_close", "客户端", True),
    ("first_close", "192.0.2.10", True),
    ("first_close", "192.0.2.10:51578", True),
    ("first_close", "192.0.2.80", False),
    ("flags", "SYN, ACK", True),
    ("flags", "ack-syn", True),
    ("flags", "syn and ack", True),
    ("flags", "SYN和ACK", True),
    ("flags", "0x12", True),
    ("flags", "SYN", False),
    ("flags", "SYN ACK FIN", False),
    ("flags", "SYN ACK maybe", False),
    ("rtt", "20.3 ms", True),
    ("rtt", "20,3ms", True),
    ("rtt", "0.0203 s", True),
    ("rtt", "0.0203", True),
    ("rtt", "20333 µs", True),
    ("rtt", "20 毫秒", True),
    ("rtt", "25 ms", False),
    ("rtt", "soon", False),
    ("state", "fin-wait-1", True),
    ("state", "FIN WAIT 1", True),
    ("state", "FIN_WAIT_2", False),
    ("why_three", "a", True),
    ("why_three", "a)", True),
    ("why_three", "b", False),
]


@pytest.mark.parametrize(("kind", "said", "right"), GENEROUS)
def test_an_answer_is_understood_however_it_is_written(kind: str, said: str, right: object) -> None:
    wanted = {"state": "client 10", "flags": "2"}.get(kind)
    questions = [one for one in of_scenario("three_segments") if one.kind == kind]
    question = next(one for one in questions if wanted in (None, one.about))
    assert question.answer.accepts(said) is right


@pytest.mark.parametrize("said", ["9" * 100_000, "\x1b[31m", "2^99", "0x", "²", "١٢", "1e309", "nan", "\0"])
def test_nothing_that_is_typed_breaks_it(said: str) -> None:
    for question in of_scenario("three_segments"):
        assert question.answer.accepts(said) is False


def test_a_typical_mistake_is_told() -> None:
    by_kind = {one.kind: one for one in of_scenario("three_segments")}
    assert "shift count" in by_kind["scale"].slip("7")
    assert "FIN itself takes one number" in by_kind["ack_of_fin"].slip("4345")
    assert by_kind["scale"].slip("9") == ""


def test_no_mistake_is_the_answer() -> None:
    for name in SCENARIOS:
        for question in of_scenario(name):
            assert not any(slip.made.value == question.answer.value for slip in question.slips), question


# choosing and mixing


def quiz(seed: int = 0, count: int = 10, lang: str = "en", scenario: str = "three_segments") -> Quiz:
    return made_quiz(SCENARIOS[scenario](), {}, "a.pcapng", lang, (count, seed))  # type: ignore[arg-type]


def test_the_same_seed_asks_the_same() -> None:
    assert quiz(seed=3) == quiz(seed=3)
    assert len({tuple(one.kind for one in quiz(seed).questions) for seed in range(10)}) > 5


def test_both_languages_ask_the_same() -> None:
    for seed in range(5):
        english, chinese = quiz(seed), quiz(seed, lang="zh")
        for one, other in zip(english.questions, chinese.questions, strict=True):
            assert (one.kind, one.about, one.answer.value) == (other.kind, other.about, other.answer.value)
            assert one.text != other.text


def test_kinds_are_not_repeated_before_all_have_had_their_turn() -> None:
    kinds = {one.kind for one in of_scenario("three_segments")}
    asked = [one.kind for one in quiz(count=len(kinds)).questions]
    assert sorted(asked) == sorted(kinds)


@pytest.mark.parametrize("seed", range(5))
def test_few_questions_are_of_many_families(seed: int) -> None:
    chapters = families(SCENARIOS["three_segments"](), {})
    asked = {(one.kind, one.about) for one in quiz(seed, 4).questions}
    assert sum(any((one.kind, one.about) in asked for one in chapter) for chapter in chapters) == 4


@pytest.mark.parametrize("seed", range(5))
def test_a_mixed_option_is_right_by_its_letter_and_its_words(seed: int) -> None:
    unmixed = {one.kind: one for one in of_scenario("three_segments")}
    for question in quiz(seed, 100).questions:
        if question.options:
            right = unmixed[question.kind].options[0]
            assert question.options["abcdefgh".index(str(question.answer.value))] == right
            assert question.answer.accepts(right)


def test_every_explanation_cites_a_packet_of_the_connection() -> None:
    for name, lang in product(SCENARIOS, ("en", "zh")):
        account = SCENARIOS[name]()
        told = [one.number for one in account.entries if isinstance(one, Segment)]
        last = max(told + [step.number for step in account.handshake])
        for question in all_questions(account, lang):  # type: ignore[arg-type]
            assert question.frames, question
            assert all(told[0] <= frame <= last for frame in question.frames), question
            assert f"#{question.frames[0]}" in question.explanation, question


def test_every_family_asks_something() -> None:
    session = open_session(str(ROOT / "examples" / "page.pcapng"))
    assert len(CHAPTERS) == 5
    made = made_questions(session, lang="en", choice=ALL)
    assert made is not None
    assert {"isn", "tcp_header", "next_ack", "time_wait", "state"} <= {one.kind for one in made.questions}


# papers


def test_a_sheet_holds_no_solution_and_its_key_all_of_them() -> None:
    made = quiz(seed=2, count=100)
    sheet, key = made.sheet(), made.key()
    assert sheet.count("Answer: ___") == len(made.questions)
    assert "____" not in key
    for question in made.questions:
        explanation = question.explanation.replace("\u00a0", " ")
        assert explanation not in sheet
        assert explanation in key


def test_a_hostile_name_is_escaped() -> None:
    made = made_quiz(SCENARIOS["three_segments"](), {}, "a\x1b[31m\u202e`b`.pcap", "en", (3, 0))
    for text in (
        made.sheet(),
        made.key(),
        "".join(span.text for line in made.beginning(100) for span in line),
    ):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert r"a\x1b[31m\u{202e}'b'.pcap" in text
