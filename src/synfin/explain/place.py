"""Where the capture was taken, and what it lacks: what everything said afterwards rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.escape import for_terminal
from synfin.explain.narrator import ACK, SYN, Narrator, Sentence
from synfin.explain.outcome import ESTABLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment

VANTAGES = {"client": "client", "server": "server", "between": "between", "same host": "local"}
"""Key of each place that the connection table knows."""


def place(narrator: Narrator) -> tuple[Sentence, ...]:
    """Where it was captured; who is the client if that is a guess; what is missing."""
    return tuple(_sentences(narrator))


def _sentences(narrator: Narrator) -> Iterator[Sentence]:
    yield _where(narrator)
    row = narrator.account.row
    if row.get("role_confidence") == "guessed":
        yield narrator.sentence("place.guessed", narrator.span[:1], "unknown")
    lacks = _lacking(narrator)
    if lacks:
        phrases = narrator.language.all_of(lacks)
        yield narrator.throughout("place.lacks", narrator.ends, "unknown", lacks=phrases)
    elif row.get("quality") is not None and narrator.opening in ESTABLISHED - {"not_seen"}:
        yield narrator.throughout("place.whole", narrator.ends)


def _where(narrator: Narrator) -> Sentence:
    vantage = VANTAGES.get(str(narrator.account.row.get("vantage")), "unknown")
    answer = _answer_times(narrator)
    if vantage == "unknown":
        return narrator.throughout("place.unknown", narrator.ends, "unknown")
    if answer is None:
        return narrator.throughout(f"place.{vantage}.bare", narrator.ends)
    asked, answered, again, confirmed = answer
    return narrator.sentence(
        f"place.{vantage}",
        (asked.number, answered.number, again.number, confirmed.number),
        there=narrator.language.duration(answered.time - asked.time),
        back=narrator.language.duration(confirmed.time - again.time),
    )


def _answer_times(narrator: Narrator) -> tuple[Segment, Segment, Segment, Segment] | None:
    """The last SYN before it was answered, the first answer, the last one, and its acknowledgment."""
    asked = answered = again = None
    for segment in narrator.segments:
        flags = segment.flags & (SYN | ACK)
        if flags == SYN and segment.sender == "client" and answered is None:
            asked = segment
        elif flags == SYN | ACK and segment.sender == "server" and asked is not None:
            answered, again = answered or segment, segment
        elif flags == ACK and segment.sender == "client" and asked and answered and again:
            return asked, answered, again, segment
    return None


def _lacking(narrator: Narrator) -> list[str]:
    """What the capture lacks, in words."""
    quality = narrator.account.row.get("quality") or ()
    words = quality.split(", ") if isinstance(quality, str) else [str(word) for word in _items(quality)]
    known = narrator.language
    return [
        known.say(f"lack.{word.replace(' ', '_')}")
        if known.knows(f"lack.{word.replace(' ', '_')}")
        else for_terminal(word)
        for word in words
    ]


def _items(quality: object) -> tuple[object, ...]:
    return tuple(quality) if isinstance(quality, (tuple, list, frozenset, set)) else ()
