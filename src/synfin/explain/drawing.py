"""Draws a ladder as lines of text for a terminal: spans with the name of a style, no colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synfin.basics.cells import cells, packed, padded, shortened, wrapped
from synfin.basics.spans import Line, Span
from synfin.basics.time import MICROSECOND
from synfin.explain.ladder import Annotation, Arrow, Fold, Ladder, Silence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from synfin.basics.spans import Style
    from synfin.connections.account import Side
    from synfin.explain.ladder import Look, State, Topic

NARROWEST = 72
"""Fewest columns that a ladder is drawn in."""

STROKES: Mapping[Look, str] = {"syn": "─", "fin": "─", "reset": "─", "data": "─", "ack": "─", "resent": "╌"}
RUN_STROKE = "═"
ARROW_STYLES: Mapping[Look, Style] = {
    "syn": "arrow.syn",
    "fin": "arrow.fin",
    "reset": "arrow.reset",
    "data": "arrow.data",
    "ack": "arrow.ack",
    "resent": "arrow.resent",
}
NOTE_STYLES: Mapping[Topic, Style] = {
    "isn": "formula",
    "check": "formula",
    "window": "numbers",
    "option": "option",
    "note": "note",
    "repeat": "note",
    "sack": "note",
}
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class _Columns:
    """How the width is divided: time, client's state, lane, arrows, lane, server's state."""

    time: int
    left: int
    inner: int
    right: int

    @property
    def before_lane(self) -> int:
        return self.time + 2 + self.left + 1


def draw(ladder: Ladder, width: int) -> tuple[Line, ...]:
    """The ladder in lines of at most `width` columns (at least 72)."""
    columns = _columns(ladder, max(width, NARROWEST))
    lines = [*_head(ladder, columns)]
    for step in ladder.steps:
        if isinstance(step, Arrow):
            lines += _arrow(step, columns)
        elif isinstance(step, Fold):
            lines += _fold(step, columns)
        else:
            lines += _silence(step, columns)
    if ladder.legend:
        lines += [(Span(text, "unknown"),) for text in wrapped(ladder.legend, max(width, NARROWEST))]
    return tuple(lines)


def _columns(ladder: Ladder, width: int) -> _Columns:
    arrows = [step for step in ladder.steps if isinstance(step, Arrow)]
    times = [_seconds(step.time) for step in ladder.steps if not isinstance(step, Silence)]
    time = max((len(text) for text in times), default=8)
    left, right = (
        max([len(_called(state)) for state in _states(ladder, arrows, side)] or [6])
        for side in ("client", "server")
    )
    return _Columns(time, left, width - time - 2 - left - 1 - 1 - 1 - 1 - right, right)


def _states(ladder: Ladder, arrows: Sequence[Arrow], side: str) -> Iterator[State]:
    if side in ladder.begin:
        yield ladder.begin[side]  # type: ignore[index]
    for arrow in arrows:
        if side in arrow.states:
            yield arrow.states[side]  # type: ignore[index]


def _seconds(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds // MICROSECOND, 1_000_000)
    return f"{seconds}.{rest:06d}"


def _called(state: State) -> str:
    """The state's name, in parentheses if inferred."""
    return f"({state.name})" if state.inferred else state.name


def _head(ladder: Ladder, columns: _Columns) -> Iterator[Line]:
    """Who the lanes are, and the states before the first packet."""
    room = columns.before_lane + columns.inner + 2 + 1 + columns.right
    for words, unit in ((ladder.names, ""), (ladder.endpoints, "t/s")):
        left = f"{padded(unit, columns.time, '>')}  "
        ends = [shortened(words[side], (room - cells(left)) // 2 - 1) for side in ("client", "server")]
        gap = room - cells(left) - cells(ends[0]) - cells(ends[1])
        yield (Span(left, "time"), Span(ends[0], "endpoint"), Span(" " * gap), Span(ends[1], "endpoint"))
    yield _row(columns, "", ladder.begin, (Span(" " * columns.inner),), ("│", "│"))


def _row(
    columns: _Columns, time: str, states: Mapping[Side, State], middle: Line, lanes: tuple[str, str]
) -> Line:
    """One full row: time, state, lane, what is between the lanes, lane, state."""
    left, right = states.get("client"), states.get("server")
    spans = [
        Span(f"{padded(time, columns.time, '>')}  ", "time"),
        Span(padded(_shown(left), columns.left, ">") + " ", _state_style(left)),
        Span(lanes[0], "lane"),
        *middle,
        Span(lanes[1], "lane"),
    ]
    if _shown(right):
        spans.append(Span(f" {_shown(right)}", _state_style(right)))
    return tuple(spans)


def _shown(state: State | None) -> str:
    return _called(state) if state is not None and state.entered else ""


def _state_style(state: State | None) -> Style:
    return "state.inferred" if state is not None and state.inferred else "state"


def _arrow(arrow: Arrow, columns: _Columns) -> Iterator[Line]:
    label, numbers = _label(arrow), _numbers(arrow)
    fits = cells(label) + cells(numbers) + 12 <= columns.inner
    if not fits:
        numbers, below = "", numbers
    else:
        below = ""
    rightward = arrow.sender == "client"
    lanes = ("├", "│") if rightward else ("│", "┤")
    yield _row(
        columns, _seconds(arrow.time), arrow.states, _shaft(arrow, label, numbers, columns.inner), lanes
    )
    notes = [Annotation("note", below)] if below else []
    yield from _annotated((*notes, *arrow.annotations), columns)


def _label(arrow: Arrow) -> str:
    """What stands at the tail: "#4 PSH ACK 74 B", or for a run "#6-#8 3 × ACK 4344 B"."""
    frames = f"#{arrow.first}" if arrow.first == arrow.last else f"#{arrow.first}-#{arrow.last}"
    size = f" {arrow.length} B" if arrow.length else ""
    flags = " ".join(arrow.flags) or "–"
    return f"{frames} {arrow.segments} × {flags}{size}" if arrow.segments > 1 else f"{frames} {flags}{size}"


def _numbers(arrow: Arrow) -> str:
    """What stands in the middle: "seq 1, ack 1"; a run names its first and last ones."""
    seq = (
        f"seq {arrow.seq}…{arrow.end}" if arrow.segments > 1 and arrow.end is not None else f"seq {arrow.seq}"
    )
    if arrow.ack is None:
        return seq
    first = arrow.members[0].ack if arrow.members else arrow.ack
    return f"{seq}, ack {arrow.ack}" if first == arrow.ack else f"{seq}, ack {first}…{arrow.ack}"


def _shaft(arrow: Arrow, label: str, numbers: str, width: int) -> Line:
    """The arrow itself, label at its tail, numbers in the middle of what is left, tip at the other lane."""
    stroke = RUN_STROKE if arrow.segments > 1 else STROKES[arrow.look]
    style = ARROW_STYLES[arrow.look]
    label = shortened(label, width - 8)
    rest = width - 2 - cells(label) - 2 - 1
    numbers = f" {numbers} " if numbers else ""
    tips = ("✕", "✕") if arrow.fate == "lost" else ("◀", "▶")
    first = (rest - cells(numbers)) // 2
    second = rest - cells(numbers) - first
    if arrow.sender == "client":
        return (
            Span(stroke * 2, style),
            Span(f" {label} ", "flags"),
            Span(stroke * first, style),
            Span(numbers, "numbers"),
            Span(stroke * second + tips[1], style),
        )
    return (
        Span(tips[0] + stroke * second, style),
        Span(numbers, "numbers"),
        Span(stroke * first, style),
        Span(f" {label} ", "flags"),
        Span(stroke * 2, style),
    )


def _annotated(annotations: Sequence[Annotation], columns: _Columns) -> Iterator[Line]:
    """The annotations between the lanes, as many side by side as fit."""
    room = columns.inner - 4
    line: list[Span] = []
    used = 0
    for annotation in annotations:
        style = _note_style(annotation)
        for text in wrapped(annotation.text, room):
            if line and used + cells(SEPARATOR) + cells(text) > room:
                yield _between(columns, tuple(line), used)
                line, used = [], 0
            if line:
                line.append(Span(SEPARATOR, "lane"))
                used += cells(SEPARATOR)
            line.append(Span(text, style))
            used += cells(text)
    if line:
        yield _between(columns, tuple(line), used)


def _between(columns: _Columns, spans: Line, used: int) -> Line:
    middle = (Span("   "), *spans, Span(" " * (columns.inner - 3 - used)))
    return _row(columns, "", {}, middle, ("│", "│"))


def _note_style(annotation: Annotation) -> Style:
    if annotation.holds is not None:
        return "good" if annotation.holds else "bad"
    return NOTE_STYLES[annotation.topic]


def _fold(fold: Fold, columns: _Columns) -> Iterator[Line]:
    texts = (f"#{fold.first}-#{fold.last}", *fold.texts)
    lines = packed(texts, columns.inner - 6)
    for at, text in enumerate(lines):
        time = _seconds(fold.time) if at == 0 else ""
        body = Span(padded(f"  ⋮  {text}", columns.inner), "fold")
        yield _row(columns, time, {}, (body,), ("┊", "┊"))


def _silence(silence: Silence, columns: _Columns) -> Iterator[Line]:
    for at, text in enumerate(wrapped(silence.text, columns.inner - 6)):
        mark = "⋮" if at == 0 else " "
        body = Span(padded(f"  {mark}  {text}", columns.inner), "silence")
        yield _row(columns, "", {}, (body,), ("┊", "┊"))
