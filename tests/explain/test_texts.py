"""Both languages say the same things, nothing is missing, and nothing lies unused."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import pytest

from synfin.explain.explanation import explain
from synfin.explain.glossary import GLOSSARY
from synfin.explain.language import CATALOGUES, Language, language
from synfin.explain.lesson import teach_header, teach_packet
from synfin.explain.quiz.quiz import made_quiz
from synfin.explain.stack import stack
from synfin.explain.visit import visit
from synfin.exports.page.page import made_page
from synfin.operations import made_questions, open_session
from synfin.session import catalogue
from tests.conftest import ROOT
from tests.explain.accounts import SCENARIOS, long_transfer, losses, three_segments
from tests.packets import ethernet, ipv4, table_of, tcp, udp
from tests.scenarios.telling import accounts as told_of_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Account

ENGLISH, CHINESE = CATALOGUES["en"], CATALOGUES["zh"]
HAN = r"[\u4e00-\u9fff]"


def placeholders(text: str) -> set[str]:
    """The values a text needs; "Who" and "who" are one: Chinese has no capitals."""
    return {name.lower() for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(ENGLISH) == set(CHINESE)


def test_a_text_needs_the_same_values_in_both_languages() -> None:
    assert [key for key in ENGLISH if placeholders(ENGLISH[key]) != placeholders(CHINESE[key])] == []


@pytest.fixture(scope="module")
def used() -> Iterator[set[str]]:
    """Every key that telling all scenarios and teaching some packets asks for."""
    asked: set[str] = set()
    say = Language.say

    def listening(self: Language, key: str, **values: object) -> str:
        asked.add(key)
        return say(self, key, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Language, "say", listening)
        for make in SCENARIOS.values():
            for lang in ("en", "zh"):
                explain(make(), lang, 100)
        for told in told_of_scenarios().values():
            explain(told, "en", 100)
        for protocol in catalogue().protocols:
            teach_header(protocol).lines()
        segment = ethernet(ipv4(tcp(b"hello", options=b"\2\4\5\xb4")))
        quoted = ipv4(b"\3\1\0\0\0\0\0\0" + ipv4(tcp()), proto=1)
        for packet in (
            segment,
            ethernet(quoted),
            segment[:40],
            segment + b"\0" * 10,
            ethernet(b"\x41" + bytes(30)),
        ):
            teach_packet(
                table_of([packet], lengths=[len(segment)] if len(packet) < len(segment) else ()), 0
            ).lines()
        teach_packet(table_of([ethernet(ipv4(udp(), proto=17))]), 0).lines()
        stack(catalogue().protocols, language("en"))
        for make in SCENARIOS.values():
            ask(make())
        for name in ("page", "ipv6"):
            recorded(name)
        visits()
        for make in (long_transfer, losses, three_segments):
            made_page(make(), lambda _: (), {}, "en", is_anonymized=True)
        yield asked


def recorded(name: str) -> None:
    """Everything that can be asked about an example, its headers, too."""
    session = open_session(str(ROOT / "examples" / f"{name}.pcapng"))
    assert made_questions(session, lang="en", choice=(1000, 0))
    session.capture.close()


def visits() -> None:
    """Visits to whoever answers everything, and to some who leave one question open."""
    for unanswered in ("", "opcode == 2", "136", "response == 1", "type == 0", "ack == 1", "http.response"):

        def found(wanted: str, lacking: str = unanswered) -> tuple[int, ...]:
            return () if lacking and lacking in wanted else (1,)

        visit(found, 0, "example.com", "en")


def ask(account: Account) -> None:
    """Everything that can be asked about a connection, on the screen and on paper."""
    quiz = made_quiz(account, {}, "a.pcapng", "en", (1000, 0))
    assert all((quiz.beginning(80), quiz.sheet(), quiz.key()))
    for at, question in enumerate(quiz.questions):
        for said in ("", "wrong", str(question.answer.value)):
            assert quiz.verdict(at, said, 80).lines
    assert made_quiz(account, {}, "a.pcapng", "en", (1, 0)).beginning(80)
    for answered in (0, 1, len(quiz.questions)):
        assert quiz.end(answered, 0, 80)


def test_every_text_is_said_somewhere(used: set[str]) -> None:
    assert sorted(set(ENGLISH) - used) == []


def test_english_has_no_chinese_letters() -> None:
    assert [key for key, text in ENGLISH.items() if re.search(HAN, text)] == []


def test_chinese_has_its_own_punctuation() -> None:
    plain = re.compile(f"{HAN}[,;:?!(]|[,;:?!)]{HAN}")
    assert [key for key, text in CHINESE.items() if plain.search(text)] == []


WRONG_TERMS = ("序列号", "数据段", "握手包", "重置", "超时重发", "确认序号", "滑窗")
"""What glossary terms are not called here: 序号, 报文段, 复位, 重传, 确认号 are."""


@pytest.mark.parametrize("word", WRONG_TERMS)
def test_chinese_keeps_to_the_glossary(word: str) -> None:
    assert [key for key, text in CHINESE.items() if word in text] == []


def test_every_term_is_explained_in_both_languages() -> None:
    for term in GLOSSARY.values():
        assert all(term.name)
        assert all(term.meaning)
        assert re.search(HAN, term.meaning.zh)
        assert not re.search(HAN, term.meaning.en)
