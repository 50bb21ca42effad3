"""The states of RFC 9293 that each endpoint passed through, and the packet that moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.explain.layout import begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Side
    from synfin.explain.narrator import Narrator, Sentence

SIDES: tuple[Side, Side] = ("client", "server")
ARROW = " → "


def states(narrator: Narrator) -> tuple[Sentence, ...]:
    """One sentence for each endpoint's way, and one for what is only inferred."""
    return tuple(_sentences(narrator))


def _sentences(narrator: Narrator) -> Iterator[Sentence]:
    inferred: list[int] = []
    for side in SIDES:
        way, frames, guesses = _way(narrator, side)
        if way:
            yield narrator.sentence("states.way", frames, **narrator.sides(side), way=ARROW.join(way))
        inferred += guesses
    if inferred:
        yield narrator.sentence("states.inferred", inferred, "unknown")


def _way(narrator: Narrator, side: Side) -> tuple[list[str], list[int], list[int]]:
    """The states in order; the packets that changed them; those where that is inferred."""
    say = narrator.language.say
    way: list[str] = []
    frames: list[int] = []
    guesses: list[int] = []
    current = ""
    first = begin(narrator).get(side)
    if first is not None:
        current = first.name
        way.append(say("states.begin.inferred" if first.inferred else "states.begin", state=first.name))
    for segment in narrator.segments:
        state, inferred = narrator.states(segment).get(side, (current, False))
        if state == current:
            continue
        way.append(
            say("states.step.inferred" if inferred else "states.step", state=state, number=segment.number)
        )
        frames.append(segment.number)
        guesses += [segment.number] * inferred
        current = state
    return (way, frames, guesses) if frames else ([], [], [])
