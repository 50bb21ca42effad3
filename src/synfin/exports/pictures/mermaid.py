"""Ladders and states as Mermaid text, in which whatever was captured stays text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.cells import NO_BREAK_SPACE
from synfin.explain.ladder import Arrow, Fold, Ladder
from synfin.exports.pictures.ladder import numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synfin.explain.ladder import State
    from synfin.explain.machine import Edge, Machine

KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:+-=×·()/_…✔✘✕→½")
"""Characters that mean nothing to Mermaid; of the others only letters beyond ASCII are kept."""


def ladder_mermaid(ladder: Ladder, title: Sequence[str]) -> str:
    """A sequence diagram.

    Lost segments end in a cross, repeated ones are dotted, folds and silences are notes.
    """
    return "".join(f"{line}\n" for line in _ladder(ladder, title))


def _ladder(ladder: Ladder, title: Sequence[str]) -> Iterator[str]:
    yield from ("---", f'title: "{safe(title[0]) if title else ""}"', "---", "sequenceDiagram")
    for side in ("client", "server"):
        name = f"{ladder.names[side]} {ladder.endpoints[side]}"
        yield f"    participant {side} as {safe(name)}"
    yield from _entered(ladder.begin)
    for step in ladder.steps:
        if isinstance(step, Arrow):
            yield from _arrow(step)
        elif isinstance(step, Fold):
            texts = (f"#{step.first}-#{step.last}", *step.texts)
            yield f"    Note over client,server: {safe(' · '.join(texts))}"
        else:
            yield f"    Note over client,server: {safe(step.text)}"


def _arrow(arrow: Arrow) -> Iterator[str]:
    other = "server" if arrow.sender == "client" else "client"
    stroke = "-" if arrow.look != "resent" and arrow.fate != "late" else "--"
    tip = "x" if arrow.fate == "lost" else ">>"
    frames = f"#{arrow.first}" if arrow.first == arrow.last else f"#{arrow.first}-#{arrow.last}"
    count = f"{arrow.segments} × " if arrow.segments > 1 else ""
    size = f" {arrow.length} B" if arrow.length else ""
    label = f"{frames} {count}{' '.join(arrow.flags)}{size}, {numbers_of(arrow)}"
    if arrow.wait:
        label += f" ({arrow.wait})"
    yield f"    {arrow.sender}{stroke}{tip}{other}: {safe(label)}"
    notes = [note.text for note in arrow.annotations]
    if notes:
        yield f"    Note over client,server: {'<br/>'.join(safe(text) for text in notes)}"
    yield from _entered(arrow.states)


def _entered(states: object) -> Iterator[str]:
    assert hasattr(states, "items")
    for side, state in states.items():
        if state.entered:
            where = "left" if side == "client" else "right"
            yield f"    Note {where} of {side}: {safe(_called(state))}"


def _called(state: State) -> str:
    return f"({state.name})" if state.inferred else state.name


def machines_mermaid(machines: Sequence[Machine]) -> str:
    """State diagrams of both endpoints in one; the way of the connection is a class of its own."""
    return "".join(f"{line}\n" for line in _machines(machines))


def _machines(machines: Sequence[Machine]) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield "    classDef way stroke-width:3px,font-weight:bold"
    yield "    classDef last stroke-width:5px,font-weight:bold"
    for machine in machines:
        side = machine.side
        yield f'    state "{safe(f"{machine.title} {machine.endpoint}")}" as {side} {{'
        for name in machine.states:
            yield f'        state "{safe(name)}" as {side}_{name}'
        for edge in machine.edges:
            yield f"        {side}_{edge.before} --> {side}_{edge.after}: {safe(edge_label(edge))}"
        yield "    }"
        for name in dict.fromkeys(move.after for move in machine.way):
            yield f"    class {side}_{name} {'last' if name == machine.last else 'way'}"


def edge_label(edge: Edge) -> str:
    """What makes the move, and the packets that show it."""
    frames = [f"(#{move.number})" if move.inferred else f"#{move.number}" for move in edge.moves]
    return f"{edge.label} {' '.join(frames)}" if frames else edge.label


def safe(text: str) -> str:
    """The text with everything that could end it, or begin something else, as a character reference."""
    plain = text.replace(NO_BREAK_SPACE, " ")
    return "".join(
        one
        if one in KEPT or (one.isalpha() and not one.isascii()) or one in "，。：；、（）“”！？《》"
        else f"#{ord(one)};"
        for one in plain
    )
