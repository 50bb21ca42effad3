"""A ladder as SVG: time runs down, arrows slant as segments travel, states stand at the edges."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

from synfin.basics.cells import NO_BREAK_SPACE, packed, wrapped
from synfin.basics.time import MICROSECOND
from synfin.explain.ladder import Annotation, Arrow, Fold, Ladder, Silence
from synfin.exports.pictures.svg import CELL, Picture, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.connections.account import Side
    from synfin.explain.ladder import State

WIDTH = 1000
TIME_END, LEFT, RIGHT = 92, 250, 822
"""Where times end, and the two lanes."""

SLANT, LATE_SLANT = 16, 44
"""How far an arrow falls on its way; one that was overtaken set out earlier."""

LINE, PILL = 17, 20
LOST_AT = 0.72
"""The part of the way after which a lost segment is crossed out."""


def ladder_svg(ladder: Ladder, title: Sequence[str]) -> str:
    """The picture as a file.

    Args:
        ladder: the layout.
        title: lines to stand above it.
    """
    drawing = _Drawing(ladder)
    drawing.head(title)
    for step in ladder.steps:
        if isinstance(step, Arrow):
            drawing.arrow(step)
        elif isinstance(step, Fold):
            drawing.fold(step)
        else:
            drawing.silence(step)
    drawing.end()
    return drawing.picture.document((WIDTH, drawing.y + 10), " · ".join(title[:1]))


class _Drawing:
    """Draws from top to bottom; `y` is how far it has come."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.picture = Picture()
        self.y = 0.0
        self.lanes_from = 0.0
        self.breaks: list[tuple[float, float]] = []

    def head(self, title: Sequence[str]) -> None:
        self.y = 34
        for at, text in enumerate(title):
            for line in packed(text.split(" · "), 118 if at else 92):
                self.picture.text((24, self.y), line, "subtitle" if at else "title")
                self.y += 20 if at else 23
        self.y += 14
        for side, x in (("client", LEFT), ("server", RIGHT)):
            self.picture.text((x, self.y), self.ladder.names[side], "endpoint", anchor="middle")  # type: ignore[index]
            self.picture.text((x, self.y + 17), self.ladder.endpoints[side], "number", anchor="middle")  # type: ignore[index]
        self.picture.text((TIME_END, self.y + 17), "t/s", "time", anchor="end")
        self.y += 30
        self.lanes_from = self.y
        self._states(dict(self.ladder.begin), self.y + 14)
        self.y += 36

    def arrow(self, arrow: Arrow) -> None:
        forward = arrow.sender == "client"
        begin, end = (LEFT, RIGHT) if forward else (RIGHT, LEFT)
        top = self.y + 24
        rise = LATE_SLANT if arrow.fate == "late" else SLANT
        start, goal = (begin, top + SLANT - rise), (end, top + SLANT)
        self._shaft(arrow, start, goal)
        self._words(arrow, forward, top)
        self.picture.text((TIME_END, top + 4), _seconds(arrow.time), "time", anchor="end")
        if arrow.wait:
            self.picture.text((TIME_END, top - 12), arrow.wait, "wait", anchor="end")
        at = {arrow.sender: top, _other(arrow.sender): top + SLANT}
        for side, state in arrow.states.items():
            if state.entered:
                self._state(side, state, at[side])
        self.y = top + SLANT + 4
        self._notes(arrow.annotations)
        self.y += 8

    def _shaft(self, arrow: Arrow, start: tuple[float, float], goal: tuple[float, float]) -> None:
        length = hypot(goal[0] - start[0], goal[1] - start[1])
        direction = ((goal[0] - start[0]) / length, (goal[1] - start[1]) / length)
        look = f"arrow look-{arrow.look}"
        look += " run" if arrow.segments > 1 else ""
        look += " late" if arrow.fate == "late" else ""
        if arrow.fate == "lost":
            x, y = (start[at] + (goal[at] - start[at]) * LOST_AT for at in (0, 1))
            self.picture.line(start, (x, y), look)
            self.picture.path(f"M{x - 7:g} {y - 7:g}l14 14m0 -14l-14 14", "cross")
            return
        back = (goal[0] - direction[0] * 9, goal[1] - direction[1] * 9)
        self.picture.line(start, back, look)
        self.picture.tip(goal, direction, f"tip-{arrow.look}", 13 if arrow.segments > 1 else 11)

    def _words(self, arrow: Arrow, forward: bool, top: float) -> None:  # noqa: FBT001 - plain data
        frames = f"#{arrow.first}" if arrow.first == arrow.last else f"#{arrow.first}-#{arrow.last}"
        flags = " ".join(arrow.flags) or "–"
        count = f"{arrow.segments} × " if arrow.segments > 1 else ""
        size = f"  {arrow.length} B" if arrow.length else ""
        label = [(f"{frames} ", "number"), (f"{count}{flags}", "flags"), (size, "number")]
        numbers = [(numbers_of(arrow), "number")]
        tail = (LEFT + 16 if forward else RIGHT - 16, top - 5)
        tip = (RIGHT - 20 if forward else LEFT + 20, top - 5)
        self.picture.spans(tail, label, anchor="start" if forward else "end")
        self.picture.spans(tip, numbers, anchor="end" if forward else "start")

    def _notes(self, annotations: Sequence[Annotation]) -> None:
        """Annotations side by side as far as they fit between the lanes."""
        room = RIGHT - LEFT - 60
        line: list[tuple[str, str]] = []
        used = 0.0
        for annotation in annotations:
            for text in wrapped(annotation.text, int(room / (12 * CELL))):
                width = width_of(f"{text}    ", 12)
                if line and used + width > room:
                    self._note_line(line)
                    line, used = [], 0.0
                line += [("   ·   ", "remark")] if line else []
                line.append((text, _note_look(annotation)))
                used += width
        if line:
            self._note_line(line)

    def _note_line(self, spans: list[tuple[str, str]]) -> None:
        self.y += LINE
        self.picture.spans(((LEFT + RIGHT) / 2, self.y - 1), spans, anchor="middle")

    def fold(self, fold: Fold) -> None:
        """Segments summed up, on a torn strip."""
        texts = packed((f"#{fold.first}-#{fold.last}", *fold.texts), 70)
        top, height = self.y + 8, 18 + LINE * len(texts)
        self.picture.box((LEFT - 12, top), (RIGHT - LEFT + 24, height), "fold", round_by=5)
        self.picture.text((TIME_END, top + 20), _seconds(fold.time), "time", anchor="end")
        for at, text in enumerate(texts):
            self.picture.text(
                ((LEFT + RIGHT) / 2, top + 21 + LINE * at),
                f"⋮  {text}" if not at else text,
                "remark",
                anchor="middle",
            )
        self.breaks.append((top, top + height))
        self.y = top + height + 2

    def silence(self, silence: Silence) -> None:
        """A time without packets: the lanes are interrupted."""
        texts = wrapped(silence.text, 72)
        top, height = self.y + 6, 16 + LINE * len(texts)
        for at, text in enumerate(texts):
            self.picture.text(
                ((LEFT + RIGHT) / 2, top + 20 + LINE * at),
                f"⋮  {text}" if not at else text,
                "remark",
                anchor="middle",
            )
        self.breaks.append((top, top + height))
        self.y = top + height

    def _states(self, states: dict[Side, State], y: float) -> None:
        for side, state in states.items():
            if state.entered:
                self._state(side, state, y)

    def _state(self, side: Side, state: State, y: float) -> None:
        name = f"({state.name})" if state.inferred else state.name
        width = width_of(name, 12.5) + 16
        x = LEFT - 10 - width if side == "client" else RIGHT + 10
        look = " inferred" if state.inferred else ""
        self.picture.box((x, y - PILL / 2), (width, PILL), f"pill{look}", round_by=PILL / 2)
        self.picture.text((x + width / 2, y + 4), name, f"state{look}", anchor="middle")

    def end(self) -> None:
        """The lanes, behind everything, and the legend."""
        self.y += 14
        lanes = Picture()
        for x in (LEFT, RIGHT):
            top = self.lanes_from
            for start, stop in [*self.breaks, (self.y, self.y)]:
                lanes.line((x, top), (x, start), "lane")
                if stop > start:
                    lanes.line((x, start), (x, stop), "tick")
                top = stop
        self.picture.pieces[:0] = lanes.pieces
        for text in wrapped(self.ladder.legend, 118) if self.ladder.legend else ():
            self.y += LINE
            self.picture.text((24, self.y + 8), text, "legend")
        self.y += 14


def numbers_of(arrow: Arrow) -> str:
    """Relative numbers: "seq 1, ack 1"; a run names its first and last ones."""
    seq = f"seq {arrow.seq}"
    if arrow.segments > 1 and arrow.end is not None:
        seq = f"seq {arrow.seq}…{arrow.end}"
    if arrow.ack is None:
        return seq
    first = arrow.members[0].ack if arrow.members else arrow.ack
    ack = f"ack {arrow.ack}" if first == arrow.ack else f"ack {first}…{arrow.ack}"
    return f"{seq}, {ack}".replace(NO_BREAK_SPACE, " ")


def _note_look(annotation: Annotation) -> str:
    if annotation.holds is not None:
        return "good" if annotation.holds else "bad"
    return {"note": "note", "repeat": "note", "sack": "note"}.get(annotation.topic, "formula")


def _seconds(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds // MICROSECOND, 1_000_000)
    return f"{seconds}.{rest:06d}"


def _other(side: Side) -> Side:
    return "server" if side == "client" else "client"
