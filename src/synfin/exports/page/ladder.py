"""A ladder as HTML: rows that flow with the width of the page, folds that open, both languages."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from synfin.basics.time import MICROSECOND
from synfin.explain.ladder import Arrow, Fold, Ladder, Silence
from synfin.exports.page.words import both
from synfin.exports.pictures.ladder import numbers_of
from synfin.exports.pictures.svg import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synfin.connections.account import Side
    from synfin.explain.ladder import Annotation, State
    from synfin.explain.language import Language

SIDES: tuple[Side, Side] = ("client", "server")


class LadderRows:
    """Writes the rows of one ladder, which is laid out in English and in Chinese."""

    def __init__(self, words: tuple[Language, Language]) -> None:
        self.words = words

    def html(self, english: Ladder, chinese: Ladder) -> str:
        """The whole ladder."""
        return "".join(self._pieces(english, chinese))

    def _pieces(self, english: Ladder, chinese: Ladder) -> Iterator[str]:
        yield '<div class="ladder-head"><span></span>'
        for side in SIDES:
            name = both(english.names[side], chinese.names[side])
            state = english.begin.get(side)
            yield (
                f'<div class="end {side}"><b>{name}</b><span class="address">{clean(english.endpoints[side])}'
                f"</span>{_state(state) if state else ''}</div>"
            )
        yield '</div><ol class="ladder">'
        for step, other in zip(english.steps, chinese.steps, strict=True):
            yield self._step(step, other)
        yield "</ol>"
        if english.legend:
            yield f'<p class="legend">{both(english.legend, chinese.legend)}</p>'

    def _step(self, step: Arrow | Fold | Silence, other: Arrow | Fold | Silence) -> str:
        if isinstance(step, Arrow):
            assert isinstance(other, Arrow)
            return self._arrow(step, other)
        if isinstance(step, Fold):
            assert isinstance(other, Fold)
            return self._fold(step, other)
        assert isinstance(other, Silence)
        return f'<li class="silence"><span>⋮ {both(step.text, other.text)}</span></li>'

    def _arrow(self, arrow: Arrow, other: Arrow) -> str:
        frames = f"#{arrow.first}" if arrow.first == arrow.last else f"#{arrow.first}-#{arrow.last}"
        count = f"{arrow.segments} × " if arrow.segments > 1 else ""
        size = f' <span class="size">{arrow.length} B</span>' if arrow.length else ""
        label = (
            f'<a class="label" href="#p{arrow.first}" data-packet="{arrow.first}">'
            f'<span class="frame">{frames}</span> {count}{" ".join(arrow.flags) or "–"}</a>{size}'
        )
        classes = f"arrow {arrow.sender} look-{arrow.look}"
        classes += f" {arrow.fate}" if arrow.fate else ""
        classes += " run" if arrow.segments > 1 else ""
        states = {side: _state(state) if state.entered else "" for side, state in arrow.states.items()}
        return (
            f'<li class="{classes}"><div class="when">'
            f'<span class="wait">{both(arrow.wait, other.wait)}</span>'
            f"<time>{_seconds(arrow.time)}</time></div>"
            f'<div class="edge left">{states.get("client", "")}</div>'
            f'<div class="middle"><div class="words"><span>{label}</span>'
            f'<span class="numbers">{numbers_of(arrow)}</span></div>{_shaft(arrow)}'
            f"{_notes(arrow.annotations, other.annotations)}{self._members(arrow, other)}</div>"
            f'<div class="edge right">{states.get("server", "")}</div></li>'
        )

    def _members(self, step: Arrow | Fold, other: Arrow | Fold) -> str:
        """The segments that a run or a fold stands for, to be opened."""
        if not step.members:
            return ""
        counts = [language.count("segment", _segments(step)) for language in self.words]
        texts = [
            language.say("page.members", count=count)
            for language, count in zip(self.words, counts, strict=True)
        ]
        rows = "".join(self._arrow(one, two) for one, two in zip(step.members, other.members, strict=True))
        return (
            f'<details class="members"><summary>{both(*texts)}</summary>'
            f'<ol class="ladder inner">{rows}</ol></details>'
        )

    def _fold(self, fold: Fold, other: Fold) -> str:
        head = " · ".join((f"#{fold.first}-#{fold.last}", *fold.texts))
        told = " · ".join((f"#{fold.first}-#{fold.last}", *other.texts))
        inside = self._members(fold, other)
        if not inside:
            sums = both(*(language.say("page.fold.sums") for language in self.words))
            inside = f'<span class="sums">{sums}</span>'
        return (
            f'<li class="fold"><div class="when"><time>{_seconds(fold.time)}</time></div>'
            f'<div class="folded"><span>⋮ {both(head, told)}</span> {inside}</div></li>'
        )


def _segments(step: Arrow | Fold) -> int:
    return sum(one.segments for one in step.members)


def _shaft(arrow: Arrow) -> str:
    """The line from edge to edge, falling as the segment travels, and its tip."""
    top, low = (1, 13) if arrow.sender == "client" else (13, 1)
    mark = "✕" if arrow.fate == "lost" else ""
    return (
        f'<div class="shaft" aria-hidden="true"><svg viewBox="0 0 100 14" preserveAspectRatio="none">'
        f'<line x1="0" y1="{top}" x2="100" y2="{low}" vector-effect="non-scaling-stroke"/></svg>'
        f'<i class="tip"></i><i class="cross">{mark}</i></div>'
    )


def _state(state: State) -> str:
    look = "state inferred" if state.inferred else "state"
    name = f"({state.name})" if state.inferred else state.name
    return f'<span class="{look}">{name}</span>'


def _notes(english: Sequence[Annotation], chinese: Sequence[Annotation]) -> str:
    if not english:
        return ""
    notes = "".join(
        f"<li{_look(one)}>{both(one.text if one else '', two.text if two else '')}</li>"
        for one, two in zip_longest(english, chinese)
    )
    return f'<ul class="notes">{notes}</ul>'


def _look(annotation: Annotation | None) -> str:
    if annotation is None:
        return ""
    if annotation.holds is not None:
        return ' class="good"' if annotation.holds else ' class="bad"'
    return ' class="note"' if annotation.topic in ("note", "repeat", "sack") else ""


def _seconds(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds // MICROSECOND, 1_000_000)
    return f"{seconds}.{rest:06d}"
