"""A quiz: some of the questions that a connection can answer, chosen and mixed by a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from synfin.basics.cells import NO_BREAK_SPACE, wrapped
from synfin.basics.escape import for_terminal
from synfin.basics.spans import Line, Span
from synfin.explain.language import Lang, language
from synfin.explain.narrator import Narrator
from synfin.explain.quiz.closing import closing, states
from synfin.explain.quiz.counting import counting
from synfin.explain.quiz.examiner import Examiner
from synfin.explain.quiz.headers import headers
from synfin.explain.quiz.opening import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from synfin.basics.spans import Style
    from synfin.connections.account import Account
    from synfin.dissect.diagram import Diagram
    from synfin.explain.quiz.question import Question

CHAPTERS: tuple[Callable[[Examiner], Iterator[Question]], ...] = (opening, headers, counting, closing, states)
"""Every family of questions, in the order in which a quiz asks them."""

LETTERS = "abcdefgh"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say about an answer.

    Attributes:
        is_right: whether it is right.
        lines: why, in lines of styled spans.
    """

    is_right: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Quiz:
    """Questions about one connection.

    Attributes:
        lang: the language.
        seed: what chose and mixed them: the same for the same capture again.
        capture: name of the capture.
        connection: which connection, as `tcp.stream` counts.
        route: between whom.
        questions: in order.
    """

    lang: Lang
    seed: int
    capture: str
    connection: int
    route: str
    questions: tuple[Question, ...]

    def beginning(self, width: int) -> tuple[Line, ...]:
        """What stands before the first question."""
        made = [(Span(self._say("title"), "title"),)]
        made += [(Span(text),) for text in wrapped(self._say("help"), width)]
        return tuple(made)

    def question(self, at: int, width: int) -> tuple[Line, ...]:
        """One question, with what there is to choose from; `at` counts from 0."""
        asked = self.questions[at]
        number = f"{at + 1}/{len(self.questions)}  "
        indent = " " * len(number)
        first, *rest = wrapped(asked.text, width - len(number))
        made: list[Line] = [(), (Span(number, "frame"), Span(first, "heading"))]
        made += [(Span(indent), Span(text, "heading")) for text in rest]
        for letter, option in zip(LETTERS, asked.options, strict=False):
            first, *rest = wrapped(option, width - len(number) - 3)
            made.append((Span(indent), Span(f"{letter}) ", "frame"), Span(first)))
            made += [(Span(indent + "   "), Span(text)) for text in rest]
        return tuple(made)

    def verdict(self, at: int, said: str, width: int) -> Verdict:
        """Whether an answer is right, and why; an empty one asks for the solution."""
        asked = self.questions[at]
        is_right = bool(said.strip()) and asked.answer.accepts(said)
        slip = asked.slip(said) if said.strip() and not is_right else ""
        what = "right" if is_right else "wrong" if said.strip() else "solution"
        head = self._say(what, answer=self._solution(asked))
        style: Style = "good" if is_right else "bad" if said.strip() else "normal"
        made: list[Line] = [(Span(text, style),) for text in wrapped(head, width)]
        for text in (slip, asked.explanation):
            made += [(Span("  "), Span(line, "plain")) for line in wrapped(text, width - 2) if text]
        return Verdict(is_right, tuple(made))

    def end(self, answered: int, right: int, width: int) -> tuple[Line, ...]:
        """The score; of questions that were not asked nothing is counted."""
        total = len(self.questions)
        key = "score" if answered == total else "score.part" if answered else "score.none"
        text = self._say(key, right=right, answered=answered, total=total)
        return ((), *((Span(line, "heading"),) for line in wrapped(text, width)))

    def sheet(self) -> str:
        """The questions alone, as Markdown, with room for answers."""
        return self._paper("sheet", lambda _: (self._say("blank"),))

    def key(self) -> str:
        """The same questions with answers and explanations, as Markdown."""
        return self._paper("key", self._solved)

    def to_json(self) -> dict[str, object]:
        """Everything as plain values, the solutions with it."""
        return {
            "lang": self.lang,
            "capture": self.capture,
            "connection": self.connection,
            "route": _plain(self.route),
            "seed": self.seed,
            "questions": [asked.to_json() for asked in self.questions],
        }

    def _paper(self, title: str, below: Callable[[Question], Sequence[str]]) -> str:
        lines = [f"# {self._say(title)}", "", self._say("title"), "", self._say("help.paper"), ""]
        for number, asked in enumerate(self.questions, 1):
            indent = " " * (len(str(number)) + 2)
            lines += [f"{number}. {asked.text}", ""]
            options = zip(LETTERS, asked.options, strict=False)
            lines += [f"{indent}- {letter}) {option}" for letter, option in options]
            lines += [""] if asked.options else []
            lines += [f"{indent}{text}\n" for text in below(asked)]
        return _plain("\n".join(lines).rstrip() + "\n")

    def _solved(self, asked: Question) -> tuple[str, ...]:
        answer = self._say("solved", answer=self._solution(asked))
        slips = (self._say("beware", slip=slip.text, made=slip.made.text) for slip in asked.slips)
        return (answer, asked.explanation, *slips)

    def _solution(self, asked: Question) -> str:
        """The answer as it is shown, an option with its letter."""
        return f"{asked.answer.value}) {asked.answer.text}" if asked.options else asked.answer.text

    def _say(self, key: str, **values: object) -> str:
        """A text of the catalogue about the quiz itself."""
        count = language(self.lang).count("question", len(self.questions))
        capture = for_terminal(self.capture).replace("`", "'")
        known = {"count": count, "capture": capture, "connection": self.connection, "route": self.route}
        return language(self.lang).say(f"quiz.{key}", **known, seed=self.seed, **values)


def families(
    account: Account, drawn: Mapping[int, tuple[Diagram, ...]], lang: Lang = "en"
) -> tuple[tuple[Question, ...], ...]:
    """Everything that can be asked about a connection, one family of questions after the other.

    Args:
        account: what is known about it.
        drawn: by packet number its headers, of those packets whose headers are asked about.
        lang: the language to ask in.
    """
    examiner = Examiner(Narrator(account, language(lang)), drawn)
    return tuple(tuple(chapter(examiner)) for chapter in CHAPTERS)


def made_quiz(
    account: Account,
    drawn: Mapping[int, tuple[Diagram, ...]],
    capture: str,
    lang: Lang = "en",
    choice: tuple[int, int] = (10, 0),
) -> Quiz:
    """Some questions about a connection, of as many kinds as possible.

    Args:
        account: what is known about it.
        drawn: by packet number its headers, of those packets whose headers are asked about.
        capture: what the capture is called.
        lang: the language to ask in.
        choice: how many questions at most, and the seed: the same chooses the same, in either language.
    """
    count, seed = choice
    dice = Random(seed)  # noqa: S311 - chance for exercises, not for secrets
    chosen = _chosen(families(account, drawn, lang), count, dice)
    narrator = Narrator(account, language(lang))
    route = narrator.language.say(
        "title.route", client=narrator.endpoint("client"), server=narrator.endpoint("server")
    )
    mixed = tuple(_mixed(question, dice) for question in chosen)
    return Quiz(lang, seed, capture, narrator.fact("number") or 0, route, mixed)


def _chosen(found: Sequence[Sequence[Question]], count: int, dice: Random) -> list[Question]:
    """One of each kind, from the families in turn, then a second of each; in the order of the families."""
    drawn: list[tuple[int, int, int, int]] = []
    for family, questions in enumerate(found):
        kinds: dict[str, list[int]] = {}
        for at, question in enumerate(questions):
            kinds.setdefault(question.kind, []).append(at)
        order = list(kinds.values())
        dice.shuffle(order)
        for rank, places in enumerate(order):
            dice.shuffle(places)
            drawn += [(turn, rank, family, at) for turn, at in enumerate(places)]
    chosen = sorted((family, at) for _, _, family, at in sorted(drawn)[:count])
    return [found[family][at] for family, at in chosen]


def _mixed(question: Question, dice: Random) -> Question:
    """The question with its options in another order."""
    if not question.options:
        return question
    order = list(range(len(question.options)))
    dice.shuffle(order)
    letter = LETTERS[order.index(0)]
    answer = replace(question.answer, value=letter, also=(question.options[0],))
    return replace(question, answer=answer, options=tuple(question.options[at] for at in order))


def _plain(text: str) -> str:
    return text.replace(NO_BREAK_SPACE, " ")
