"""Lays out the ladder of an account: like segments in runs, long middles folded, silences shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synfin.connections.account import Skipped
from synfin.explain.arrows import Arrows
from synfin.explain.ladder import Arrow, Fold, Ladder, Silence, State
from synfin.explain.narrator import ACK, SYN
from synfin.explain.transfer import NOTICEABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synfin.connections.account import Side
    from synfin.explain.narrator import Narrator

MOST_STEPS, FIRST_STEPS, LAST_STEPS = 64, 24, 16
"""Of a picture with more steps than that, so many at each end are drawn; what is plain between is folded."""

FEWEST_IN_RUN = 3
"""So many segments of one kind in a row are drawn as one arrow."""

SIDES: tuple[Side, Side] = ("client", "server")


def ladder(narrator: Narrator) -> Ladder:
    """The picture of an account."""
    first = begin(narrator)
    grouped = list(_grouped(_steps(narrator, {side: state.name for side, state in first.items()})))
    steps = tuple(_with_silences(narrator, _shortened(narrator, grouped)))
    inferred = any(
        state.inferred for step in steps if isinstance(step, Arrow) for state in step.states.values()
    )
    language = narrator.language
    return Ladder(
        names={side: language.say(f"ladder.{side}") for side in SIDES},
        endpoints={side: narrator.endpoint(side) for side in SIDES},
        begin=first,
        steps=steps,
        legend=language.say("ladder.legend") if inferred or any(s.inferred for s in first.values()) else "",
    )


def begin(narrator: Narrator) -> dict[Side, State]:
    """Both states before the first SYN; the server's can only be inferred from what it answered."""
    first = narrator.segments[0] if narrator.segments else None
    if first is None or not first.flags & SYN or first.flags & ACK:
        return {}
    found: dict[Side, State] = {"client": State("CLOSED", inferred=False, entered=True)}
    answers = {step.what for step in narrator.account.handshake if step.sender == "server"}
    if "bare_ack" in answers:
        return found  # it is in the middle of something else
    if "syn" in answers or "refused" in answers:
        found["server"] = State("CLOSED", inferred=True, entered=True)
    elif "syn_ack" in answers:
        found["server"] = State("LISTEN", inferred=True, entered=True)
    return found


def _steps(narrator: Narrator, states: dict[Side, str]) -> Iterator[Arrow | Fold]:
    """Every entry in order; `states` are those before the first."""
    entries = narrator.account.entries
    start = 0
    for entry in entries[:1]:
        start = entry.start if isinstance(entry, Skipped) else entry.time
    arrows = Arrows(narrator, start)
    for entry in entries:
        if isinstance(entry, Skipped):
            texts = _summary(narrator, entry.segments, entry.payload, entry.end - entry.start)
            yield Fold(entry.first, entry.last, entry.start - start, texts)
            arrows.previous = entry.end
            continue
        yield arrows.arrow(entry, states)
        states |= {side: name for side, (name, _) in narrator.states(entry).items()}


def _summary(
    narrator: Narrator, segments: Mapping[Side, int], payload: Mapping[Side, int], took: int
) -> tuple[str, ...]:
    """What some segments amount to, by side, and the time from the first to the last."""
    language = narrator.language
    texts = [
        language.say(
            "ladder.fold",
            who=language.side(side),
            count=language.count("segment", segments[side]),
            data=language.size(payload.get(side, 0)),
        )
        for side in SIDES
        if segments.get(side)
    ]
    return (*texts, language.say("ladder.fold.took", took=language.duration(took)))


def _shortened(narrator: Narrator, steps: list[Arrow | Fold]) -> Iterator[Arrow | Fold]:
    """The steps, what is plain in the middle of a long picture folded."""
    if len(steps) <= MOST_STEPS:
        yield from steps
        return
    middle: list[Arrow] = []
    for at, step in enumerate(steps):
        inside = FIRST_STEPS <= at < len(steps) - LAST_STEPS
        if inside and isinstance(step, Arrow) and not _matters(narrator, step):
            middle.append(step)
            continue
        yield from _folded(narrator, middle)
        middle = []
        yield step
    yield from _folded(narrator, middle)


def _matters(narrator: Narrator, arrow: Arrow) -> bool:
    """Whether it must be seen: a step, a change of state, an abort, a broken rule."""
    return (
        any(state.entered for state in arrow.states.values())
        or any(note.holds is False for note in arrow.annotations)
        or arrow.look == "reset"
        or arrow.first in narrator.in_step
    )


def _folded(narrator: Narrator, middle: list[Arrow]) -> Iterable[Arrow | Fold]:
    if len(middle) < FEWEST_IN_RUN:
        return middle
    segments: dict[Side, int] = {"client": 0, "server": 0}
    payload: dict[Side, int] = {"client": 0, "server": 0}
    for arrow in middle:
        segments[arrow.sender] += arrow.segments
        payload[arrow.sender] += arrow.length
    first, last = middle[0], middle[-1]
    texts = _summary(narrator, segments, payload, last.time - first.time)
    return (Fold(first.first, last.last, first.time, texts, tuple(middle)),)


def _grouped(steps: Iterator[Arrow | Fold]) -> Iterator[Arrow | Fold]:
    """Runs of plain segments, all data or all bare acknowledgments of one side, become one arrow each."""
    run: list[Arrow] = []
    for step in steps:
        if isinstance(step, Arrow) and _kind(step):
            if run and not _belongs(run[-1], step):
                yield from _closed(run)
                run = []
            run.append(step)
            continue
        yield from _closed(run)
        run = []
        yield step
    yield from _closed(run)


def _kind(arrow: Arrow) -> str:
    """What sort of run it may belong to; "" if something about it needs a line of its own."""
    if (
        arrow.fate
        or any(state.entered for state in arrow.states.values())
        or not set(arrow.flags) <= {"ACK", "PSH"}
    ):
        return ""
    topics = {note.topic for note in arrow.annotations}
    if arrow.look == "ack" and "repeat" in topics and topics <= {"repeat", "sack"}:
        return "repeat"
    usual = all(note.topic == "check" and note.holds for note in arrow.annotations)
    return arrow.look if usual and arrow.look in ("data", "ack") else ""


def _belongs(before: Arrow, arrow: Arrow) -> bool:
    """Whether it continues a run: same side and kind, next bytes, next or same acknowledgment."""
    kind = _kind(arrow)
    if before.sender != arrow.sender or _kind(before) != kind:
        return False
    if kind == "repeat":
        return before.ack == arrow.ack
    return before.end is None or arrow.seq == before.end + 1


def _closed(run: list[Arrow]) -> Iterator[Arrow]:
    if len(run) < FEWEST_IN_RUN:
        yield from run
        return
    first, last = run[0], run[-1]
    flags = [name for name in first.flags if all(name in arrow.flags for arrow in run)]
    yield replace(
        last,
        first=first.first,
        segments=len(run),
        time=first.time,
        flags=tuple(flags),
        length=sum(arrow.length for arrow in run),
        seq=first.seq,
        annotations=last.annotations if _kind(last) == "repeat" else (),
        wait=first.wait,
        members=tuple(run),
    )


def _with_silences(narrator: Narrator, steps: Iterator[Arrow | Fold]) -> Iterator[Arrow | Fold | Silence]:
    """The steps with the noticeable silences between them."""
    by_end = {before: (length, before, after) for length, before, after in narrator.account.silences}
    language = narrator.language
    for step in steps:
        yield step
        length, before, after = by_end.get(step.last, (0, 0, 0))
        if length >= NOTICEABLE:
            ending = narrator.by_number.get(after)
            key = "ladder.silence" if ending is None else "ladder.silence.ended"
            who = language.side(ending.sender) if ending else ""
            text = language.say(key, length=language.duration(length), who=who, after=after)
            yield Silence(before, after, text)
