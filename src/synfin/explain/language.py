"""Facts become words here: one catalogue of sentences per language, one way to write each kind of number."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from synfin.basics.cells import NO_BREAK_SPACE
from synfin.basics.time import MICROSECOND, MILLISECOND, SECOND
from synfin.explain.texts import en, en_quiz, en_visit, zh, zh_quiz, zh_visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synfin.connections.account import Side

Lang = Literal["en", "zh"]
"""A language that explanations are written in."""

CATALOGUES: Mapping[Lang, Mapping[str, str]] = {
    "en": en.TEXTS | en_quiz.TEXTS | en_visit.TEXTS,
    "zh": zh.TEXTS | zh_quiz.TEXTS | zh_visit.TEXTS,
}
"""Every sentence, by key; each language has the same keys and placeholders."""

_TOGETHER = re.compile(r"RFC \d+(?: §)?|\{letter\} = \{isn\}")
"""A standard and its section, and an initial number with its letter, which stay on one line."""

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
GROUPED_FROM = 10_000
"""Smaller numbers are written without a gap after the thousands."""


class Language:
    """One language: its catalogue, and how it writes numbers."""

    def __init__(self, code: Lang) -> None:
        self.code = code
        self._texts = {
            key: _TOGETHER.sub(lambda found: found[0].replace(" ", NO_BREAK_SPACE), text)
            for key, text in CATALOGUES[code].items()
        }

    def say(self, key: str, **values: object) -> str:
        """The text of this key with the values put in.

        Raises:
            KeyError: no such text, or a value it needs is missing.
        """
        return self._texts[key].format_map(values)

    def knows(self, key: str) -> bool:
        """Whether the catalogue has this text."""
        return key in self._texts

    def number(self, value: int) -> str:
        """A count, in groups of three digits: "65 160"."""
        return f"{value:,}".replace(",", NO_BREAK_SPACE) if value >= GROUPED_FROM else str(value)

    def size(self, count: int) -> str:
        """A number of bytes."""
        return self.say("unit.bytes", n=self.number(count))

    def count(self, unit: str, number: int) -> str:
        """How many of something: "1 segment", "3 segments"; `unit` is the last part of a key "unit.…"."""
        form = "one" if number == 1 else "more"
        return self.say(f"unit.{unit}.{form}", n=self.number(number))

    def duration(self, nanoseconds: int) -> str:
        """A time with three or four digits that matter: "21.3 µs", "1.243 s", "2 min 5 s"."""
        for unit, name in ((MICROSECOND, "unit.us"), (MILLISECOND, "unit.ms")):
            if nanoseconds < unit * 1000:
                return self.say(name, n=_three_digits(nanoseconds / unit))
        if nanoseconds < 2 * MINUTE:
            return self.say("unit.seconds", n=f"{nanoseconds / SECOND:.3f}")
        if nanoseconds < HOUR:
            minutes, rest = divmod(nanoseconds // SECOND, 60)
            return self.say("unit.minutes", minutes=minutes, seconds=rest)
        hours, rest = divmod(nanoseconds // MINUTE, 60)
        return self.say("unit.hours", hours=hours, minutes=rest)

    def wait(self, nanoseconds: int) -> str:
        """The time from one packet to the next: "+21.3 µs"; packets out of order have a negative one."""
        return f"{'−' if nanoseconds < 0 else '+'}{self.duration(abs(nanoseconds))}"

    def frames(self, numbers: Iterable[int]) -> str:
        """Packet numbers as the reader finds them in a list: "#1-#3, #7"; consecutive ones as a range."""
        runs: list[list[int]] = []
        for number in sorted(set(numbers)):
            if runs and number == runs[-1][1] + 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        return ", ".join(_run(first, last) for first, last in runs)

    def all_of(self, words: Iterable[str]) -> str:
        """Several words as one phrase: "SACK and timestamps"."""
        *before, last = words
        if not before:
            return last
        return self.say("word.and", before=self.say("word.comma").join(before), last=last)

    def side(self, side: Side) -> str:
        """What a side is called in a sentence: "the client"."""
        return self.say(f"word.{side}")

    def beginning(self, side: Side) -> str:
        """The same at the beginning of a sentence."""
        words = self.side(side)
        return words[0].upper() + words[1:]


def _three_digits(value: float) -> str:
    """As in "0.35", "21.3", "213"."""
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _run(first: int, last: int) -> str:
    if first == last:
        return f"#{first}"
    return f"#{first}, #{last}" if last == first + 1 else f"#{first}-#{last}"


@cache
def language(code: Lang) -> Language:
    """The language of this code."""
    return Language(code)
