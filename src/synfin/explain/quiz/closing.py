"""Questions about how a connection ends: who closes, what acknowledges a FIN, who is left waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.explain.machine import way
from synfin.explain.narrator import FIN, OTHER, check_of, flag_names, formula
from synfin.explain.quiz.examiner import BOTH, NOBODY
from synfin.explain.quiz.question import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Side
    from synfin.explain.quiz.examiner import Examiner
    from synfin.explain.quiz.question import Question

SIDES: tuple[Side, Side] = ("client", "server")
WHY = ("right", "lost", "error", "server")
"""The options about segments that travel together or apart; the first is right."""


ACK_IN_FIN = ("right", "itself", "other", "nothing")
"""The options about the ACK flag of a FIN; the first is right."""


def closing(examiner: Examiner) -> Iterator[Question]:
    """What can be asked about the teardown."""
    yield from _first(examiner)
    yield from _acknowledged(examiner)
    yield from _reasons(examiner)
    yield from _waiting(examiner)
    yield from _resets(examiner)


def states(examiner: Examiner) -> Iterator[Question]:
    """What can be asked about the states of both ends; only those that are seen, none that is inferred."""
    narrator = examiner.narrator
    for side in SIDES:
        for move in way(narrator, side):
            segment = narrator.by_number.get(move.number)
            if segment is None or move.inferred or not move.before:
                continue
            does = examiner.language.say(
                f"machine.{'sends' if move.sent else 'receives'}", what=" ".join(flag_names(segment.flags))
            )
            yield examiner.question(
                "state",
                f"{side} {move.number}",
                Answer("word", move.after, move.after, _spellings(move.after)),
                (move.number,),
                (examiner.slip(move.before, "state_before", number=move.number),),
                number=move.number,
                before=move.before,
                does=does,
                **narrator.sides(side),
            )


def _spellings(state: str) -> tuple[str, ...]:
    """Other names of a state."""
    return ("SYN-RCVD", "SYN_RECV") if state == "SYN_RECEIVED" else ()


def _first(examiner: Examiner) -> Iterator[Question]:
    first = examiner.narrator.account.row.get("closed_first")
    fins = [segment for segment in examiner.narrator.segments if segment.flags & FIN]
    if (
        first not in SIDES
        or not fins
        or fins[0].sender != first
        or examiner.narrator.closing == "simultaneous"
    ):
        return
    other = OTHER[first]
    yield examiner.question(
        "first_close",
        fins[0].number,
        examiner.side(first),
        (fins[0].number,),
        (examiner.slip(other, "either_closes"),),
        number=fins[0].number,
        **examiner.narrator.sides(first),
    )


def _acknowledged(examiner: Examiner) -> Iterator[Question]:
    for segment in examiner.narrator.segments:
        check = check_of(segment, "ack_of_fin")
        fin = examiner.basis(check)
        if check is None or fin is None or not check.holds or segment.ack is None:
            continue
        end = fin.seq + fin.length
        yield examiner.question(
            "ack_of_fin",
            fin.number,
            examiner.number(segment.ack, segment.ack_raw),
            (fin.number, segment.number),
            (examiner.slip(end, "fin_counts"),),
            number=fin.number,
            seq=fin.seq,
            data=examiner.language.size(fin.length),
            formula=formula(segment, check),
            answering=segment.number,
            **examiner.narrator.sides(fin.sender),
        )


def _reasons(examiner: Examiner) -> Iterator[Question]:
    """Why so many segments, and what may still come after a FIN."""
    say, told = examiner.language.say, examiner.told
    for name in ("three", "four"):
        if f"closing.{name}" in told:
            options = tuple(say(f"quiz.option.why_{name}_to_close.{which}") for which in WHY)
            yield examiner.choice(f"why_{name}_to_close", name, told[f"closing.{name}"], options)
    merged = told.get("normal.fin_ack")
    if merged is not None:
        options = tuple(say(f"quiz.option.ack_in_fin.{which}") for which in ACK_IN_FIN)
        yield examiner.choice("ack_in_fin", merged.frames[0], merged, options, number=merged.frames[0])
    late = told.get("normal.half_close")
    first = examiner.narrator.account.row.get("closed_first")
    fin = next((one for one in examiner.narrator.segments if one.flags & FIN and one.sender == first), None)
    if late is not None and fin is not None:
        options = tuple(say(f"quiz.option.half_close.{which}") for which in ("right", "wrong", "never"))
        sides = examiner.narrator.sides(fin.sender)
        yield examiner.choice(
            "half_close", fin.number, late, options, number=fin.number, data=late.frames[0], **sides
        )


def _waiting(examiner: Examiner) -> Iterator[Question]:
    """Who is left in TIME_WAIT or CLOSE_WAIT."""
    told, say = examiner.told, examiner.language.say
    holder = examiner.narrator.account.row.get("time_wait_holder")
    answers = {
        "closing.time_wait.both": Answer("word", "both", say("quiz.both"), BOTH),
        "closing.time_wait.none": Answer("word", "nobody", say("quiz.nobody"), NOBODY),
    }
    if holder in SIDES:
        answers["closing.time_wait"] = examiner.side(holder)
    for key, answer in answers.items():
        if key in told:
            yield examiner.quoted("time_wait", holder, answer, told[key])
    stuck = told.get("closing.close_wait")
    first = examiner.narrator.account.row.get("closed_first")
    if stuck is not None and first in SIDES:
        yield examiner.quoted("close_wait", first, examiner.side(OTHER[first]), stuck)


def _resets(examiner: Examiner) -> Iterator[Question]:
    """Who broke it off."""
    resets = [step for step in examiner.narrator.account.teardown if step.what == "reset"]
    if examiner.narrator.closing != "reset" or len({step.sender for step in resets}) != 1:
        return
    first = resets[0]
    sentences = [one for key, one in examiner.told.items() if key.startswith("step.reset.")]
    sentence = next((one for one in sentences if first.number in one.frames), None)
    if sentence is not None:
        yield examiner.quoted("reset_by", first.number, examiner.side(first.sender), sentence)
