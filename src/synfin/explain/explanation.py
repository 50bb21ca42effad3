"""One connection explained: title, ladder and story, as data and as lines for a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from synfin.basics.cells import NO_BREAK_SPACE, cells, packed, padded, wrapped
from synfin.basics.spans import Line, Span, plain
from synfin.explain.drawing import NARROWEST, draw
from synfin.explain.glossary import GLOSSARY
from synfin.explain.language import language
from synfin.explain.layout import ladder
from synfin.explain.machine import machines
from synfin.explain.narrator import Narrator
from synfin.explain.story import SEPARATOR, Section, sections, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.basics.spans import Style
    from synfin.connections.account import Account
    from synfin.explain.ladder import Ladder
    from synfin.explain.machine import Machine
    from synfin.explain.narrator import Sentence, Sort

LONGEST_TEXT = 110
"""Columns after which sentences are wrapped however wide the terminal: longer lines are hard to read."""

MARKS: dict[Sort, str] = {"fact": "", "unknown": "? ", "normal": "✔ ", "notable": "! "}
"""What stands before a sentence, so that its sort is seen without colours."""

STYLES: dict[Sort, Style] = {"fact": "plain", "unknown": "unknown", "normal": "normal", "notable": "notable"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to say about one connection.

    Attributes:
        lang: language of every text.
        width: columns of the lines.
        title: two lines of text.
        ladder: the picture as a layout, for any renderer.
        drawing: the same as lines for a terminal.
        machines: the state diagrams of both endpoints.
        sections: the story.
    """

    lang: Literal["en", "zh"]
    width: int
    title: tuple[str, ...]
    ladder: Ladder
    drawing: tuple[Line, ...]
    machines: tuple[Machine, ...]
    sections: tuple[Section, ...]

    def lines(self) -> tuple[Line, ...]:
        """Everything, in lines of styled spans."""
        return tuple(self._lines())

    def text(self) -> str:
        """Everything as plain text, each line ended by a line feed."""
        return "".join(plain(line) + "\n" for line in self.lines())

    def _lines(self) -> Iterator[Line]:
        for at, sentence in enumerate(self.title):
            for text in packed(sentence.split(SEPARATOR), self.width):
                yield (Span(text, "title" if at == 0 else "plain"),)
        yield ()
        yield from self.drawing
        for section in self.sections:
            yield ()
            yield (Span(section.title, "heading"),)
            yield from _told(section, min(self.width, LONGEST_TEXT))

    def to_json(self) -> dict[str, object]:
        """Everything as plain values; each sentence with its key, sort and packet numbers."""
        return {
            "lang": self.lang,
            "title": [_plain(text) for text in self.title],
            "ladder": asdict(self.ladder),
            "drawing": [plain(line) for line in self.drawing],
            "states": [asdict(machine) for machine in self.machines],
            "sections": [
                {
                    "key": section.key,
                    "title": section.title,
                    "sentences": [
                        {
                            "number": number,
                            "key": sentence.key,
                            "sort": sentence.sort,
                            "frames": list(sentence.frames),
                            "text": _plain(sentence.text),
                        }
                        for number, sentence in enumerate(section.sentences, 1)
                    ],
                }
                for section in self.sections
            ],
            "terms": self._terms(),
        }

    def _terms(self) -> dict[str, str]:
        """The terms of the glossary that the story uses, with their meanings."""
        told = " ".join(sentence.text for section in self.sections for sentence in section.sentences)
        at = ("en", "zh").index(self.lang)
        return {
            term.name[at]: term.meaning[at]
            for term in GLOSSARY.values()
            if term.name[at].lower() in told.lower()
        }


def explain(account: Account, lang: Literal["en", "zh"] = "en", width: int = 100) -> Explanation:
    """The explanation of one connection.

    Args:
        account: what is known about it.
        lang: the language to tell it in.
        width: columns of the terminal; below 72 it is taken as 72.
    """
    width = max(width, NARROWEST)
    narrator = Narrator(account, language(lang))
    picture = ladder(narrator)
    return Explanation(
        lang=lang,
        width=width,
        title=title(narrator),
        ladder=picture,
        drawing=draw(picture, width),
        machines=machines(narrator),
        sections=sections(narrator),
    )


def _told(section: Section, width: int) -> Iterator[Line]:
    """The sentences, numbered, each step with its packet before it, hanging from both."""
    leads = [f"#{one.frames[0]} " if one.step else MARKS[one.sort] for one in section.sentences]
    widest = max(cells(lead) for lead in leads)
    number = len(str(len(leads)))
    for at, (sentence, lead) in enumerate(zip(section.sentences, leads, strict=True), 1):
        before = padded(lead, widest) if sentence.step else lead
        yield from _sentence(sentence, f"{at:>{number + 1}}  ", before, width)


def _sentence(sentence: Sentence, number: str, before: str, width: int) -> Iterator[Line]:
    indent = cells(number) + cells(before)
    style = STYLES[sentence.sort]
    first, *rest = wrapped(sentence.text, width - indent)
    yield (Span(number, "frame"), Span(before, "frame"), Span(first, style))
    for text in rest:
        yield (Span(" " * indent), Span(text, style))


def _plain(text: str) -> str:
    return text.replace(NO_BREAK_SPACE, " ")
