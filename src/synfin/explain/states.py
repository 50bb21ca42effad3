"""The states of RFC 9293 that each endpoint passed through, and the packet that moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.explain.machine import way

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
        steps, frames, guesses = _way(narrator, side)
        if steps:
            yield narrator.sentence("states.way", frames, **narrator.sides(side), way=ARROW.join(steps))
        inferred += guesses
    if inferred:
        yield narrator.sentence("states.inferred", inferred, "unknown")


def _way(narrator: Narrator, side: Side) -> tuple[list[str], list[int], list[int]]:
    """The states in order; the packets that changed them; those where that is inferred."""
    say = narrator.language.say
    moves = way(narrator, side)
    texts = []
    for move in moves:
        key = "states.step" if move.number else "states.begin"
        key = f"{key}.inferred" if move.inferred else key
        texts.append(say(key, state=move.after, number=move.number))
    frames = [move.number for move in moves if move.number]
    guesses = [move.number for move in moves if move.number and move.inferred]
    return (texts, frames, guesses) if frames else ([], [], [])
