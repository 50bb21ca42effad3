"""Makes questions of the facts of one connection; every sentence comes from the catalogue of texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from synfin.explain.handshake import handshake
from synfin.explain.normal import normal
from synfin.explain.place import place
from synfin.explain.quiz.question import Answer, Question, Slip
from synfin.explain.teardown import teardown
from synfin.explain.transfer import transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.connections.account import Check, Segment, Side
    from synfin.dissect.diagram import Diagram
    from synfin.explain.language import Language
    from synfin.explain.narrator import Narrator, Sentence

NAMES: Mapping[Side, tuple[str, ...]] = {
    "client": ("client", "the client", "c", "客户端", "客户机", "客户"),
    "server": ("server", "the server", "s", "服务器", "服务端", "服务器端"),
}
"""What readers call a side, in either language."""

BOTH = ("both", "both sides", "client and server", "server and client", "双方", "两端", "客户端和服务器")
NOBODY = (
    "nobody",
    "none",
    "no one",
    "neither",
    "nobody does",
    "没有",
    "无",
    "都不",
    "谁都不",
    "都没有",
    "双方都不",
)


@dataclass(frozen=True)
class Examiner:
    """A connection to be asked about.

    Attributes:
        narrator: its account, and the language.
        pictures: by packet number its header diagrams, copies of other packets left out; of some packets.
    """

    narrator: Narrator
    pictures: Mapping[int, tuple[Diagram, ...]]

    @property
    def language(self) -> Language:
        """The language that is asked in."""
        return self.narrator.language

    @cached_property
    def told(self) -> Mapping[str, Sentence]:
        """The sentences of the story, by key; of several with one key the first."""
        found: dict[str, Sentence] = {}
        for chapter in (place, handshake, transfer, teardown, normal):
            for sentence in chapter(self.narrator):
                found.setdefault(sentence.key, sentence)
        return found

    def basis(self, check: Check | None) -> Segment | None:
        """The segment that a rule counts from; None if there is no rule, or no such segment is told."""
        numbers = check.because if check is not None else ()
        return self.narrator.by_number.get(numbers[-1]) if numbers else None

    def question(
        self,
        kind: str,
        about: object,
        answer: Answer,
        frames: tuple[int, ...],
        slips: tuple[Slip, ...] = (),
        /,
        **values: object,
    ) -> Question:
        """A question whose texts are "quiz.ask.KIND" and "quiz.why.KIND"."""
        values = {"answer": answer.text, "frames": self.language.frames(frames), **values}
        asked, why = (self.language.say(f"quiz.{part}.{kind}", **values) for part in ("ask", "why"))
        return Question(kind, str(about), asked, answer, why, frames, slips=slips)

    def choice(
        self, kind: str, about: object, told: Sentence, options: tuple[str, ...], **values: object
    ) -> Question:
        """A question with options, of which the first is right; a sentence of the story explains it."""
        asked = self.language.say(f"quiz.ask.{kind}", **values)
        answer = Answer("word", "a", options[0])
        return Question(kind, str(about), asked, answer, _cited(told), told.frames, options)

    def quoted(self, kind: str, about: object, answer: Answer, told: Sentence, **values: object) -> Question:
        """A question that a sentence of the story answers."""
        asked = self.language.say(f"quiz.ask.{kind}", **values)
        return Question(kind, str(about), asked, answer, _cited(told), told.frames)

    def slip(self, made: int | str, key: str, **values: object) -> Slip:
        """A mistake and the text "quiz.slip.KEY" about it."""
        sort = "number" if isinstance(made, int) else "word"
        also = NAMES[made] if made in ("client", "server") else ()  # type: ignore[index]
        shown = self.language.side(made) if made in ("client", "server") else str(made)  # type: ignore[arg-type]
        return Slip(Answer(sort, made, shown, also), self.language.say(f"quiz.slip.{key}", **values))  # type: ignore[arg-type]

    def number(self, value: int, *also: int) -> Answer:
        """A plain number, such as a sequence number; `also` are the same in other terms."""
        return Answer("number", value, str(value), also)

    def value(self, number: int, text: str) -> Answer:
        """A number that is shown as `text`; hexadecimal digits are right without their 0x, too."""
        digits = f"{number:x}"
        return Answer(
            "number", number, text, (int(digits),) if text != str(number) and digits.isdecimal() else ()
        )

    def size(self, count: int, *also: int) -> Answer:
        """A number of bytes."""
        return Answer("number", count, self.language.size(count), also)

    def packet(self, number: int) -> Answer:
        """A packet."""
        return Answer("number", number, f"#{number}")

    def flags(self, bits: int, names: str) -> Answer:
        """Flags that are set."""
        return Answer("flags", bits, names)

    def duration(self, nanoseconds: int) -> Answer:
        """A time."""
        return Answer("time", nanoseconds, self.language.duration(nanoseconds))

    def side(self, side: Side) -> Answer:
        """One of the two, by its name or its address."""
        names = (*NAMES[side], self.narrator.endpoint(side))
        row = self.narrator.account.row
        if row.get("client_address") != row.get("server_address"):
            names += (str(row.get(f"{side}_address")),)
        return Answer("word", side, self.language.side(side), names)


def _cited(told: Sentence) -> str:
    """The sentence; one about a single packet does not name it."""
    return f"#{told.frames[0]} {told.text}" if told.step else told.text
