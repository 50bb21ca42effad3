"""Questions about how a connection begins: initial numbers, options, time, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.explain.handshake import DEFAULT_MSS, TIMESTAMP_BYTES
from synfin.explain.narrator import LETTER, OTHER, SYN, check_of, formula
from synfin.explain.outcome import ESTABLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment, Side
    from synfin.explain.quiz.examiner import Examiner
    from synfin.explain.quiz.question import Question

SIDES: tuple[Side, Side] = ("client", "server")
FAILED = ("refused", "rejected", "no_answer", "half_open")
"""Openings that come to nothing, each told from the others by what the packets show."""

WHY_THREE = ("right", "fast", "request", "mss")
"""The options about three segments; the first is right."""

PLACES = ("client", "server", "between", "local")
"""Where a capture may have been taken."""


def opening(examiner: Examiner) -> Iterator[Question]:
    """What can be asked about the handshake."""
    syns = {side: _syn_of(examiner, side) for side in SIDES}
    for side in SIDES:
        syn = syns[side]
        if syn is not None:
            yield from _of_syn(examiner, side, syn)
    client, server = syns["client"], syns["server"]
    if client is not None and server is not None and examiner.narrator.opening in ESTABLISHED:
        yield from _of_both(examiner, client, server)
    yield from _answers(examiner)
    yield from _outcome(examiner)


def _syn_of(examiner: Examiner, side: Side) -> Segment | None:
    """The side's first SYN, if its number is the one that the connection counts from."""
    first = next((one for one in examiner.narrator.segments if one.sender == side and one.flags & SYN), None)
    known = examiner.narrator.fact_of(side, "isn")
    return first if first is not None and first.seq_raw == known else None


def _of_syn(examiner: Examiner, side: Side, syn: Segment) -> Iterator[Question]:
    frames, sides = (syn.number,), examiner.narrator.sides(side)
    slips = (examiner.slip(0, "relative"),)
    if syn.seq_raw:
        yield examiner.question(
            "isn", side, examiner.number(syn.seq_raw), frames, slips, letter_of=LETTER[side], **sides
        )
    if syn.options.mss is not None:
        yield examiner.question(
            "mss", side, examiner.size(syn.options.mss), frames, number=syn.number, **sides
        )
    else:
        version = 6 if ":" in str(examiner.narrator.account.row.get("client_address", "")) else 4
        answer = examiner.size(DEFAULT_MSS[version])
        yield examiner.question(
            "mss_default", side, answer, frames, number=syn.number, version=version, **sides
        )


def _of_both(examiner: Examiner, client: Segment, server: Segment) -> Iterator[Question]:
    """What the options of both SYNs add up to."""
    frames = (client.number, server.number)
    for syn, other in ((client, server), (server, client)):
        sides = examiner.narrator.sides(syn.sender)
        shift, room = syn.options.window_scale, other.options.mss
        if shift and other.options.window_scale is not None:
            slips = (examiner.slip(shift, "shift"),) if shift != 1 << shift else ()
            answer = examiner.number(1 << shift)
            yield examiner.question(
                "scale", syn.sender, answer, frames, slips, number=syn.number, shift=shift, **sides
            )
            slips = (examiner.slip(syn.window_raw << shift, "syn_window"),)
            yield examiner.question(
                "window_of_syn",
                syn.sender,
                examiner.size(syn.window_raw),
                (syn.number,),
                slips,
                number=syn.number,
                field=syn.window_raw,
                **sides,
            )
        if room and syn.options.timestamps and other.options.timestamps:
            yield examiner.question(
                "room",
                syn.sender,
                examiner.size(room - TIMESTAMP_BYTES),
                frames,
                (examiner.slip(room, "room"),),
                mss=room,
                stamps=TIMESTAMP_BYTES,
                **sides,
            )


def _answers(examiner: Examiner) -> Iterator[Question]:
    """What must acknowledge a SYN: the number is asked for before the packet with it is shown."""
    for segment in examiner.narrator.segments:
        check = check_of(segment, "ack_of_syn", "ack_of_reset")
        before = examiner.basis(check)
        if check is None or before is None or not check.holds or not before.seq_raw:
            continue
        yield examiner.question(
            "ack_of_syn",
            segment.number,
            examiner.number(check.expected, *((segment.ack,) if segment.ack else ())),
            (before.number, segment.number),
            (examiner.slip(before.seq_raw, "syn_counts"),),
            number=before.number,
            isn=before.seq_raw,
            data=examiner.language.size(before.length),
            formula=formula(segment, check),
            base_letter=LETTER[before.sender],
            answering=segment.number,
            **examiner.narrator.sides(OTHER[segment.sender]),
        )


def _outcome(examiner: Examiner) -> Iterator[Question]:
    """How long it took, what came of it, where it was seen, and why it takes three segments."""
    say, told = examiner.language.say, examiner.told
    rtt = examiner.narrator.fact("handshake_rtt_ns")
    if rtt and "opening.complete" in told:
        sentence = told["opening.complete"]
        first, last = sentence.frames[0], sentence.frames[-1]
        answer = examiner.duration(rtt)
        yield examiner.quoted("rtt", first, answer, sentence, first=first, last=last)
        third = told.get("normal.three_steps")
        if third is not None:
            options = tuple(say(f"quiz.option.why_three.{which}") for which in WHY_THREE)
            yield examiner.choice("why_three", first, third, options)
    name = examiner.narrator.opening
    if name in FAILED and f"opening.{name}" in told:
        others = [one for one in FAILED if one != name]
        options = tuple(say(f"quiz.option.outcome.{one}") for one in (name, *others))
        yield examiner.choice("outcome", name, told[f"opening.{name}"], options)
    for where in PLACES:
        if f"place.{where}" in told:
            others = [one for one in PLACES if one != where]
            options = tuple(say(f"quiz.option.place.{one}") for one in (where, *others))
            yield examiner.choice("place", where, told[f"place.{where}"], options)
