"""Questions about the numbers of a transfer: which byte comes next, who acknowledges what, how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.sequence import distance
from synfin.explain.narrator import FIN, OTHER, RST, SYN, check_of, flag_names, formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment
    from synfin.explain.quiz.examiner import Examiner
    from synfin.explain.quiz.question import Question

FLAG_VALUES = ((0x01, "FIN"), (0x02, "SYN"), (0x04, "RST"), (0x08, "PSH"), (0x10, "ACK"), (0x20, "URG"))
"""The six flags that every book shows, as they are summed up in hexadecimal (RFC 9293 3.1)."""


PURPOSES = {
    "keep_alive": "normal.keep_alive",
    "window_probe": "normal.window_probe",
    "window_update": "normal.window_update",
    "duplicate_ack": "transfer.duplicate_ack",
}
"""What segments without new data are for, and the sentences that explain it."""

REASONS = {
    "why_numbers": "normal.numbers",
    "alive": "normal.kernel",
    "same_seq": "normal.same_seq",
    "pieces": "normal.stream",
}
"""What looks odd and is not: kinds of questions about it, and the sentences that tell why."""

OVERSIZED = ("right", "advice", "fragments", "window")
"""The options about a segment above the MSS; the first is right."""


def counting(examiner: Examiner) -> Iterator[Question]:
    """What can be asked about single segments."""
    resent = {one.resends for one in examiner.narrator.segments}
    for segment in examiner.narrator.segments:
        yield from _places(examiner, segment)
        yield from _flags(examiner, segment)
        yield from _window(examiner, segment)
        for ask, rule in ((_acknowledged, "ack_of_data"), (_continued, "seq_continues")):
            check = check_of(segment, rule)
            before = examiner.basis(check)
            if check is None or before is None or not check.holds or not before.length:
                continue
            if before.number not in resent and not before.notes and not before.flags & (SYN | FIN):
                yield from ask(examiner, segment, before, formula(segment, check))
        yield from _resent(examiner, segment)
        yield from _missing(examiner, segment)
    yield from _purposes(examiner)
    yield from _oversized(examiner)
    yield from _reasons(examiner)


def _places(examiner: Examiner, segment: Segment) -> Iterator[Question]:
    """The relative number of a raw one, where the initial one was seen."""
    isn = examiner.narrator.fact_of(segment.sender, "isn")
    syn = next(
        (one for one in examiner.narrator.segments if one.sender == segment.sender and one.flags & SYN), None
    )
    if isn is None or syn is None or syn.seq_raw != isn or segment.flags & (SYN | RST) or not segment.length:
        return
    yield examiner.question(
        "relative",
        segment.number,
        examiner.number(segment.seq),
        (syn.number, segment.number),
        number=segment.number,
        raw=segment.seq_raw,
        isn=isn,
        syn=syn.number,
        **examiner.narrator.sides(segment.sender),
    )


def _flags(examiner: Examiner, segment: Segment) -> Iterator[Question]:
    """Which flags a number means."""
    known = sum(value for value, _ in FLAG_VALUES)
    if segment.flags & ~known or segment.flags.bit_count() < 2:
        return
    parts = [f"0x{value:02x} ({name})" for value, name in reversed(FLAG_VALUES) if segment.flags & value]
    names = ", ".join(flag_names(segment.flags))
    yield examiner.question(
        "flags",
        segment.number,
        examiner.flags(segment.flags, names),
        (segment.number,),
        number=segment.number,
        value=f"0x{segment.flags:02x}",
        sum=" + ".join(parts),
    )


def _window(examiner: Examiner, segment: Segment) -> Iterator[Question]:
    """What the window field stands for, where it is scaled."""
    shifts = [
        examiner.narrator.fact_of(side, "window_scale") for side in (segment.sender, OTHER[segment.sender])
    ]
    shift = shifts[0]
    if shift is None or None in shifts or segment.flags & (SYN | RST) or not shift or not segment.window_raw:
        return
    if segment.window != segment.window_raw << shift:
        return
    syn = next(
        (one for one in examiner.narrator.segments if one.sender == segment.sender and one.flags & SYN), None
    )
    frames = (syn.number, segment.number) if syn is not None else (segment.number,)
    yield examiner.question(
        "window",
        segment.number,
        examiner.size(segment.window),
        frames,
        (examiner.slip(segment.window_raw, "window"),),
        number=segment.number,
        field=segment.window_raw,
        factor=1 << shift,
        shift=shift,
        **examiner.narrator.sides(segment.sender),
    )


def _acknowledged(
    examiner: Examiner, segment: Segment, before: Segment, arithmetic: str
) -> Iterator[Question]:
    """What acknowledges the data of an earlier segment, and in which packet."""
    if segment.ack is None:
        return
    sides = examiner.narrator.sides(before.sender)
    values: dict[str, object] = {
        "number": before.number,
        "seq": before.seq,
        "ack": segment.ack,
        "answering": segment.number,
    }
    values |= {"data": examiner.language.size(before.length), "formula": arithmetic}
    frames = (before.number, segment.number)
    slips = [examiner.slip(before.seq + 1, "one_more")] if before.length > 1 else []
    slips += [examiner.slip(before.seq, "first_byte"), examiner.slip(segment.ack - 1, "last_byte")]
    yield examiner.question(
        "next_ack",
        before.number,
        examiner.number(segment.ack, segment.ack_raw),
        frames,
        tuple(slips),
        **values,
        **sides,
    )
    if _is_first_to_cover(examiner, segment, before):
        yield examiner.question(
            "acknowledged_by", before.number, examiner.packet(segment.number), frames, **values, **sides
        )


def _is_first_to_cover(examiner: Examiner, segment: Segment, before: Segment) -> bool:
    """Whether no packet between the two, told or only summed up, can have acknowledged it."""
    numbers = [entry.number if hasattr(entry, "number") else 0 for entry in examiner.narrator.account.entries]
    between = numbers[numbers.index(before.number) + 1 : numbers.index(segment.number)]
    if 0 in between:
        return False
    end = before.seq + before.length
    others = (examiner.narrator.by_number[number] for number in between)
    return not any(one.sender == segment.sender and (one.ack or 0) >= end for one in others)


def _continued(examiner: Examiner, segment: Segment, before: Segment, arithmetic: str) -> Iterator[Question]:
    """Where a side goes on after an earlier segment."""
    yield examiner.question(
        "next_seq",
        before.number,
        examiner.number(segment.seq, segment.seq_raw),
        (before.number, segment.number),
        (examiner.slip(before.seq + 1, "one_more"),) if before.length > 1 else (),
        number=before.number,
        seq=before.seq,
        data=examiner.language.size(before.length),
        formula=arithmetic,
        following=segment.number,
        **examiner.narrator.sides(before.sender),
    )


def _resent(examiner: Examiner, segment: Segment) -> Iterator[Question]:
    """Which packet is sent again, and how long its sender had waited."""
    first = examiner.narrator.by_number.get(segment.resends)
    if first is None or "keep_alive" in segment.notes or "out_of_order" in segment.notes:
        return
    took = segment.time - first.time
    frames = (first.number, segment.number)
    values: dict[str, object] = {"number": segment.number, "first": first.number, "seq": segment.seq}
    values |= {"after": examiner.language.duration(took), **examiner.narrator.sides(segment.sender)}
    yield examiner.question("resent", segment.number, examiner.packet(first.number), frames, **values)
    if took > 0:
        yield examiner.question("waited", segment.number, examiner.duration(took), frames, **values)


def _missing(examiner: Examiner, segment: Segment) -> Iterator[Question]:
    """How much the receiver says it lacks, by its acknowledgment and its first SACK block."""
    origin = examiner.narrator.fact_of(OTHER[segment.sender], "isn")
    if origin is None or segment.ack is None or not segment.options.sack:
        return
    lefts = [int(distance(origin, left)) for left, _ in segment.options.sack]
    left = min(lefts)
    if left <= segment.ack:
        return  # what came twice is reported there (RFC 2883)
    yield examiner.question(
        "missing",
        segment.number,
        examiner.size(left - segment.ack),
        (segment.number,),
        number=segment.number,
        ack=segment.ack,
        left=left,
        **examiner.narrator.sides(segment.sender),
    )


def _purposes(examiner: Examiner) -> Iterator[Question]:
    """What a segment is for that carries no data of its own."""
    for note, key in PURPOSES.items():
        told = examiner.told.get(key)
        found = (one for one in examiner.narrator.segments if _notes(examiner, one) == {note})
        segment = next(found, None)
        if told is None or segment is None:
            continue
        others = [one for one in PURPOSES if one != note]
        options = tuple(examiner.language.say(f"quiz.option.purpose.{one}") for one in (note, *others))
        sides = examiner.narrator.sides(segment.sender)
        yield examiner.choice("purpose", segment.number, told, options, number=segment.number, **sides)


def _notes(examiner: Examiner, segment: Segment) -> set[str]:
    """Which purposes a segment has."""
    return set(examiner.narrator.notes(segment)) & set(PURPOSES)


def _oversized(examiner: Examiner) -> Iterator[Question]:
    """How a segment can be larger than the other side takes."""
    told = examiner.told.get("normal.offload")
    segment = examiner.narrator.by_number.get(told.frames[0]) if told is not None else None
    if told is None or segment is None:
        return
    options = tuple(examiner.language.say(f"quiz.option.oversized.{which}") for which in OVERSIZED)
    yield examiner.choice(
        "oversized",
        segment.number,
        told,
        options,
        number=segment.number,
        data=examiner.language.size(segment.length),
        mss=examiner.narrator.fact_of(OTHER[segment.sender], "mss"),
        **examiner.narrator.sides(segment.sender),
    )


def _reasons(examiner: Examiner) -> Iterator[Question]:
    """Why something is as it is, wherever the story says so."""
    for kind, key in REASONS.items():
        told = examiner.told.get(key)
        if told is None:
            continue
        numbers = {"number": told.frames[0], "next": told.frames[-1]}
        options = tuple(
            examiner.language.say(f"quiz.option.{kind}.{which}", **numbers)
            for which in ("right", "other", "third")
        )
        yield examiner.choice(kind, told.frames[0], told, options, **numbers)
