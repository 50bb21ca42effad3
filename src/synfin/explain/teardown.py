"""The teardown, step by step: who closed first, what each FIN and ACK says, and who is left waiting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synfin.basics.time import SECOND
from synfin.explain.narrator import ACK, FIN, OTHER, Narrator, Sentence, check_of, expected, formula
from synfin.explain.outcome import ESTABLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment, Side, Step
    from synfin.explain.narrator import Sort

TOLD_OF_THE_FIRST = frozenset({"half_closed", "fin_unanswered", "four", "three"})
"""Endings that are told from the side that closed first."""

LONG = SECOND
"""A silence after which a host may have forgotten a connection: restarted, or cleared it away."""

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
    if earlier is None and step.what == "fin_again":
        step = replace(step, what="fin")  # what it repeats is not told
    acked = _first_ack(narrator, segment.sender, segment.number)
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
        acked=acked.number if acked else segment.number,
        answered=_before(narrator, segment).number,
        before=earlier.number if earlier else segment.number,
        after=narrator.language.duration(segment.time - earlier.time) if earlier else "?",
    )


def _key(narrator: Narrator, step: Step, segment: Segment, fins: dict[Side, int]) -> str:
    match step.what:
        case "fin":
            return _fin_key(narrator, segment, fins)
        case "fin_again":
            acked = _first_ack(narrator, segment.sender, segment.number)
            return "step.fin_again.acked" if acked else "step.fin_again"
        case "ack_of_fin":
            return _ack_of_fin_key(narrator, segment, fins)
        case "reset" | "reset_after_fin":
            return _reset_key(narrator, step, segment, fins)
    return f"step.{step.what}"


def _fin_key(narrator: Narrator, segment: Segment, fins: dict[Side, int]) -> str:
    other = narrator.by_number.get(fins.get(OTHER[segment.sender], 0))
    if other is None:
        return "step.fin.data" if segment.length else "step.fin"
    crosses = segment.ack is not None and segment.ack <= _number_of_fin(other)
    return "step.fin.crossing" if crosses else "step.fin.second"


def _ack_of_fin_key(narrator: Narrator, segment: Segment, fins: dict[Side, int]) -> str:
    check = check_of(segment, "ack_of_fin")
    if check is not None and not check.holds:
        return "step.ack_of_fin.wrong"
    if segment.sender not in fins:
        return "step.ack_of_fin"
    is_last = _first_ack(narrator, segment.sender, segment.number) is not None
    return "step.ack_of_fin.last" if is_last else "step.ack_of_fin.crossing"


def _number_of_fin(fin: Segment) -> int:
    """The relative sequence number that a FIN takes."""
    return fin.seq + fin.length


def _first_ack(narrator: Narrator, side: Side, before: int) -> Segment | None:
    """The first segment before a packet that acknowledges the side's FIN."""
    fin = next((one for one in narrator.segments if one.sender == side and one.flags & FIN), None)
    return next(
        (
            one
            for one in narrator.segments
            if fin is not None
            and one.sender != side
            and fin.number < one.number < before
            and one.ack is not None
            and one.ack > _number_of_fin(fin)
        ),
        None,
    )


def _before(narrator: Narrator, segment: Segment) -> Segment:
    """The other side's segment before this one; itself if there is none."""
    return next(
        (
            one
            for one in reversed(narrator.segments)
            if one.sender != segment.sender and one.number < segment.number
        ),
        segment,
    )


def _reset_key(narrator: Narrator, step: Step, segment: Segment, fins: dict[Side, int]) -> str:
    """Why the RST was likely sent, as far as the packets before it show."""
    if any(one.number < step.number and one.sender == step.sender for one in _resets(narrator)):
        return "step.reset.again"
    if segment.flags & FIN:
        return "step.reset.with_fin"
    if _late_data(narrator, segment):
        return "step.reset.late_data"
    if step.what == "reset_after_fin":
        return "step.reset_after_fin"
    if segment.sender in fins:
        return "step.reset.after_own_fin"
    if OTHER[segment.sender] in fins:
        return "step.reset.after_fin"
    return "step.reset.forgotten" if _has_forgotten(narrator, segment) else "step.reset.abort"


def _has_forgotten(narrator: Narrator, reset: Segment) -> bool:
    """Whether the RST acknowledges nothing, and has the number that a segment after a long silence asks for.

    So answers a host that knows no such connection (RFC 9293 3.10.7.1); one that aborts its own sets ACK.
    """
    answered = _before(narrator, reset)
    silences = {after: length for length, _, after in narrator.account.silences}
    return (
        not reset.flags & ACK
        and bool(answered.flags & ACK)
        and reset.seq_raw == answered.ack_raw
        and silences.get(answered.number, 0) >= LONG
    )


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
    if not frames or (narrator.closing == "reset" and narrator.account.teardown):
        return  # the step of the RST has told it
    key = outcome_key(narrator)
    sort: Sort = "notable" if key == "closing.reset_after_fins.late" else _sort(narrator.closing)
    yield narrator.sentence(key, frames, sort, **_values(narrator, _closer(narrator, key)))


def outcome_key(narrator: Narrator) -> str:
    """The text for how the connection ended, by what is special about it."""
    closing, first = narrator.closing, _first_closer(narrator)
    if closing == "reset" or (closing in TOLD_OF_THE_FIRST and first is None):
        return "closing.unknown"
    if closing == "reset_after_fins":
        resets = [narrator.by_number[step.number] for step in _resets(narrator)]
        late = any(_late_data(narrator, reset) for reset in resets)
        return "closing.reset_after_fins.late" if late else "closing.reset_after_fins"
    if closing == "four" and _is_half_close_used(narrator):
        return "closing.four.half"
    if closing == "fin_unanswered" and first and _first_ack(narrator, first, narrator.ends[1] + 1):
        return "closing.fin_unanswered.last"
    return f"closing.{closing}"


def _closer(narrator: Narrator, key: str) -> Side:
    """Whom the outcome is about."""
    first = _first_closer(narrator) or "client"
    if key == "closing.timed_out":
        return narrator.segments[-1].sender
    return OTHER[first] if key == "closing.fin_unanswered.last" else first


def after_the_first_fin(narrator: Narrator) -> tuple[Segment, ...]:
    """Data of the side that had not closed yet, up to its own FIN; nothing unless both closed regularly."""
    steps = [step.number for step in narrator.account.teardown if step.what == "fin"]
    first = narrator.by_number.get(steps[0]) if steps else None
    if first is None or narrator.closing not in ("four", "three", "half_closed"):
        return ()
    return tuple(
        one
        for one in narrator.segments
        if one.sender != first.sender and one.length and one.number > first.number and not one.resends
    )


def _is_half_close_used(narrator: Narrator) -> bool:
    """Whether the other side sent data when it knew of the first FIN; what was on its way does not count."""
    fin = next((one for one in narrator.segments if one.flags & FIN), None)
    return fin is not None and any(
        one.ack is not None and one.ack > _number_of_fin(fin) for one in after_the_first_fin(narrator)
    )


def _values(narrator: Narrator, about: Side) -> dict[str, object]:
    values: dict[str, object] = dict(narrator.sides(about))
    values["quiet"] = narrator.language.duration(narrator.quiet)
    values["data"] = narrator.language.size(sum(one.length for one in after_the_first_fin(narrator)))
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
        again = [step.number for step in narrator.account.teardown if step.what == "ack_of_fin_again"]
        if again:
            yield narrator.sentence("closing.time_wait.again", again, "normal", **narrator.sides(holder))
    elif holder == "both":
        yield narrator.sentence("closing.time_wait.both", frames[:1] + frames[-1:])
    elif narrator.closing == "reset":
        yield narrator.sentence("closing.time_wait.none", frames[-1:])
    first = _first_closer(narrator)
    if narrator.closing == "half_closed" and first is not None:
        yield narrator.sentence("closing.close_wait", frames, "notable", **narrator.sides(first))
