"""The teardown, step by step: who closed first, what each FIN and ACK says, and who is left waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.explain.narrator import FIN, OTHER, Narrator, Sentence, check_of, expected, formula
from synfin.explain.outcome import ESTABLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment, Side, Step
    from synfin.explain.narrator import Sort

NORMAL = frozenset({"four", "three", "simultaneous", "reset_after_fins"})


def teardown(narrator: Narrator) -> tuple[Sentence, ...]:
    """The steps, the outcome, and who waits; empty if the connection never came to life."""
    if narrator.opening not in ESTABLISHED and not narrator.account.teardown:
        return ()
    return (*_steps(narrator), *_outcome(narrator), *_waiting(narrator))


def _steps(narrator: Narrator) -> Iterator[Sentence]:
    fins: dict[Side, int] = {}
    for step in narrator.account.teardown:
        segment = narrator.segment_of(step)
        if segment is None:
            continue
        yield _told(narrator, step, segment, fins)
        if segment.flags & FIN:
            fins.setdefault(segment.sender, segment.number)


def _told(narrator: Narrator, step: Step, segment: Segment, fins: dict[Side, int]) -> Sentence:
    check = check_of(segment, "ack_of_fin")
    other_fin = fins.get(OTHER[segment.sender])
    earlier = narrator.by_number.get(segment.resends or fins.get(segment.sender, 0))
    return narrator.step(
        _key(narrator, step, segment, fins),
        segment,
        seq=segment.seq,
        fin=segment.seq + segment.length,
        ack=segment.ack,
        sum=f"{formula(segment, check)} = {segment.ack}" if check else segment.ack,
        formula=formula(segment, check) if check else "?",
        expected=expected(segment, check) if check else "?",
        data=narrator.language.size(segment.length),
        other_fin=other_fin or segment.number,
        before=earlier.number if earlier else segment.number,
        after=narrator.language.duration(segment.time - earlier.time) if earlier else "?",
    )


def _key(narrator: Narrator, step: Step, segment: Segment, fins: dict[Side, int]) -> str:
    check = check_of(segment, "ack_of_fin")
    answered = OTHER[segment.sender] in fins
    if step.what == "fin":
        return _fin_key(narrator, segment, answered)
    if step.what == "ack_of_fin":
        if check is not None and not check.holds:
            return "step.ack_of_fin.wrong"
        if narrator.closing == "simultaneous":
            return "step.ack_of_fin.crossing"
        return "step.ack_of_fin.last" if segment.sender in fins else "step.ack_of_fin"
    if step.what in ("reset", "reset_after_fin"):
        return _reset_key(narrator, step, segment, fins)
    return f"step.{step.what}"


def _fin_key(narrator: Narrator, segment: Segment, answered: bool) -> str:  # noqa: FBT001 - a plain observation
    if not answered:
        return "step.fin.data" if segment.length else "step.fin"
    return "step.fin.crossing" if narrator.closing == "simultaneous" else "step.fin.second"


def _reset_key(narrator: Narrator, step: Step, segment: Segment, fins: dict[Side, int]) -> str:
    """Why the RST was likely sent, as far as the packets before it show."""
    if any(one.number < step.number and one.sender == step.sender for one in _resets(narrator)):
        return "step.reset.again"
    if _late_data(narrator, segment):
        return "step.reset.late_data"
    if step.what == "reset_after_fin":
        return "step.reset_after_fin"
    if segment.sender in fins:
        return "step.reset.after_own_fin"
    return "step.reset.after_fin" if OTHER[segment.sender] in fins else "step.reset.abort"


def _resets(narrator: Narrator) -> list[Step]:
    return [step for step in narrator.account.teardown if step.what in ("reset", "reset_after_fin")]


def _late_data(narrator: Narrator, reset: Segment) -> bool:
    """Whether the sender of the RST had closed before, and data came nevertheless."""
    fin = next(
        (one.number for one in narrator.segments if one.sender == reset.sender and one.flags & FIN), None
    )
    return fin is not None and any(
        one.sender != reset.sender and one.length and fin < one.number < reset.number
        for one in narrator.segments
    )


def _outcome(narrator: Narrator) -> Iterator[Sentence]:
    frames = [step.number for step in narrator.account.teardown] or list(narrator.span[-1:])
    if not frames:
        return
    first = _first_closer(narrator)
    key = f"closing.{narrator.closing}"
    if narrator.closing == "reset":
        key = "closing.unknown"
    if narrator.closing in ("half_closed", "fin_unanswered", "four", "three") and first is None:
        key = "closing.unknown"
    if narrator.closing == "reset" and narrator.account.teardown:
        return  # the step of the RST has told it
    resets = [narrator.by_number[step.number] for step in _resets(narrator)]
    if narrator.closing == "reset_after_fins" and any(_late_data(narrator, reset) for reset in resets):
        yield narrator.sentence("closing.reset_after_fins.late", frames, "notable")
        return
    yield narrator.sentence(key, frames, _sort(narrator.closing), **_values(narrator, first))


def _values(narrator: Narrator, first: Side | None) -> dict[str, object]:
    values: dict[str, object] = dict(narrator.sides(first or "client"))
    last = narrator.segments[-1] if narrator.segments else None
    end = narrator.fact("capture_end")
    values["quiet"] = narrator.language.duration(max(end - last.time, 0)) if end is not None and last else "?"
    times = [
        narrator.by_number[s.number].time for s in narrator.account.teardown if s.number in narrator.by_number
    ]
    values["took"] = narrator.language.duration(max(times) - min(times) if times else 0)
    return values


def _sort(closing: str) -> Sort:
    if closing in NORMAL:
        return "normal"
    if closing == "still_open":
        return "fact"
    return "unknown" if closing in ("continues", "unknown") else "notable"


def _first_closer(narrator: Narrator) -> Side | None:
    first = narrator.account.row.get("closed_first")
    return first if first in ("client", "server") else None


def _waiting(narrator: Narrator) -> Iterator[Sentence]:
    """Who is left in TIME_WAIT, or possibly stuck in CLOSE_WAIT."""
    holder = narrator.account.row.get("time_wait_holder")
    frames = [step.number for step in narrator.account.teardown]
    if not frames:
        return
    if holder in ("client", "server"):
        yield narrator.sentence("closing.time_wait", frames[:1] + frames[-1:], **narrator.sides(holder))
    elif holder == "both":
        yield narrator.sentence("closing.time_wait.both", frames[:1] + frames[-1:])
    elif narrator.closing == "reset":
        yield narrator.sentence("closing.time_wait.none", frames[-1:])
    first = _first_closer(narrator)
    if narrator.closing == "half_closed" and first is not None:
        yield narrator.sentence("closing.close_wait", frames, "notable", **narrator.sides(first))
