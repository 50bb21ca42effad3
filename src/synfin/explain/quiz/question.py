"""A question, its answer, why that is the answer, and which mistakes are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synfin.basics.cells import NO_BREAK_SPACE
from synfin.explain.quiz.reading import flags_in, nanoseconds_in, number_in, word_in

Sort = Literal["number", "time", "flags", "word"]
"""What an answer is; decides how what the reader writes is understood."""

TOLERANCE = 0.02
"""How far off a time may be, of itself: readers round."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right.

    Attributes:
        sort: how what the reader writes is understood.
        value: a number (of bytes, of a packet, in a header); nanoseconds; flag bits; or a word: "client",
            "TIME_WAIT", the letter of an option.
        text: the same as it is shown.
        also: what else is right: the same number told in another way, other names of the same.
    """

    sort: Sort
    value: int | str
    text: str
    also: tuple[int | str, ...] = ()

    def accepts(self, said: str) -> bool:
        """Whether what the reader wrote is right, however it is written."""
        right = (self.value, *self.also)
        if self.sort == "time":
            return any(
                abs(time - int(self.value)) <= TOLERANCE * int(self.value) for time in nanoseconds_in(said)
            )
        if self.sort == "number":
            return number_in(said) in right
        if self.sort == "flags":
            return flags_in(said) in right
        return word_in(said) in {word_in(str(one)) for one in right}


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake that many make.

    Attributes:
        made: the answer that shows it.
        text: what was overlooked.
    """

    made: Answer
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question about the capture.

    Attributes:
        kind: what is asked, such as "isn"; of each kind there may be several.
        about: the packets, or the side, that tell it from others of its kind.
        text: the question.
        answer: what is right.
        explanation: why, with the packets that show it.
        frames: these packets.
        options: what there is to choose from, the right one first until a quiz mixes them; usually none.
        slips: mistakes that can be told from the answer.
    """

    kind: str
    about: str
    text: str
    answer: Answer
    explanation: str
    frames: tuple[int, ...]
    options: tuple[str, ...] = ()
    slips: tuple[Slip, ...] = ()

    def slip(self, said: str) -> str:
        """What the reader seems to have overlooked, "" if that cannot be told."""
        return next((slip.text for slip in self.slips if slip.made.accepts(said)), "")

    def to_json(self) -> dict[str, object]:
        """The question with its solution, as plain values."""
        return {
            "kind": self.kind,
            "about": self.about,
            "question": _plain(self.text),
            "options": [_plain(option) for option in self.options],
            "answer": {
                "sort": self.answer.sort,
                "value": self.answer.value,
                "text": _plain(self.answer.text),
            },
            "explanation": _plain(self.explanation),
            "frames": list(self.frames),
            "slips": [{"value": slip.made.value, "text": _plain(slip.text)} for slip in self.slips],
        }


def _plain(text: str) -> str:
    return text.replace(NO_BREAK_SPACE, " ")
