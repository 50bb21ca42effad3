"""The transfer: how much went each way, how long the way was, what was lost and repaired, where it paused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.time import MILLISECOND
from synfin.connections.account import Skipped
from synfin.explain.normal import unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment, Side
    from synfin.explain.narrator import Narrator, Sentence

SIDES: tuple[Side, Side] = ("client", "server")

NOTICEABLE = 200 * MILLISECOND
"""Shorter silences are not worth a sentence: delayed acknowledgments and timers of the kernel stay below."""

REPEATED_STEPS = frozenset({"syn_again", "syn_ack_again", "fin_again"})
"""Steps that repeat a segment; they are told with the other steps."""

MOST_SILENCES = 3
MOST_EXAMPLES = 3
MOST_WAITS = 8
MOST_DAMAGED = 8


def transfer(narrator: Narrator) -> tuple[Sentence, ...]:
    """Amounts, round-trip times, losses and their repair, windows, silences."""
    return (
        *_amounts(narrator),
        *_round_trips(narrator),
        *_losses(narrator),
        *_damaged(narrator),
        *_windows(narrator),
        *_silences(narrator),
    )


def _amounts(narrator: Narrator) -> Iterator[Sentence]:
    language = narrator.language
    sizes = [narrator.fact_of(side, "payload_bytes") for side in SIDES]
    packets = [narrator.fact_of(side, "packets") for side in SIDES]
    if None in sizes or None in packets:
        return
    if not any(sizes):
        yield narrator.throughout("transfer.nothing", narrator.ends)
        return
    carriers = _carriers(narrator) or narrator.ends
    client, server = (language.size(size or 0) for size in sizes)
    client_packets, server_packets = (language.count("segment", count or 0) for count in packets)
    yield narrator.throughout(
        "transfer.amounts",
        carriers,
        client=client,
        server=server,
        client_packets=client_packets,
        server_packets=server_packets,
    )
    for entry in narrator.account.entries:
        if isinstance(entry, Skipped):
            yield narrator.throughout(
                "transfer.skipped",
                (entry.first, entry.last),
                count=language.count("segment", sum(entry.segments.values())),
                took=language.duration(entry.end - entry.start),
            )


def _carriers(narrator: Narrator) -> tuple[int, int] | None:
    """First and last packet with payload."""
    found: list[int] = []
    for entry in narrator.account.entries:
        if isinstance(entry, Skipped):
            found += (entry.first, entry.last)
        elif entry.length:
            found.append(entry.number)
    return (found[0], found[-1]) if found else None


def _round_trips(narrator: Narrator) -> Iterator[Sentence]:
    for side in SIDES:
        least, middle = narrator.fact_of(side, "rtt_min_ns"), narrator.fact_of(side, "rtt_median_ns")
        if least is None or middle is None:
            continue
        own = [one.number for one in narrator.segments if one.sender == side and one.length] or narrator.span
        yield narrator.throughout(
            "transfer.rtt.once" if least == middle else "transfer.rtt",
            (own[0], own[-1]),
            **narrator.sides(side),
            least=narrator.language.duration(least),
            median=narrator.language.duration(middle),
        )


def _losses(narrator: Narrator) -> Iterator[Sentence]:
    carriers = _carriers(narrator)
    resent = [narrator.fact_of(side, "retransmissions") for side in SIDES]
    if resent == [0, 0] and carriers:
        yield narrator.throughout("transfer.nothing_resent", carriers)
    for side in SIDES:
        yield from _resent(narrator, side)
    yield from _copies(narrator)
    for note in ("resent_unseen", "out_of_order", "gap_before", "acks_unseen", "duplicate_ack"):
        noted = [segment.number for segment in narrator.noted(note)]
        if noted:
            yield narrator.sentence(
                f"transfer.{note}",
                noted,
                "normal" if note == "duplicate_ack" else "notable",
                count=narrator.language.count("segment", len(noted)),
            )


def _copies(narrator: Narrator) -> Iterator[Sentence]:
    """Packets that came by twice though they were sent once."""
    copies = narrator.noted("copy")
    if copies:
        both = (*(one.number for one in copies), *(one.copy_of for one in copies))
        count = narrator.language.count("segment", len(copies))
        yield narrator.sentence("transfer.copies", both, "notable", count=count)


def _resent(narrator: Narrator, side: Side) -> Iterator[Sentence]:
    """How much one side sent again, or, where that is little, which packet repeats which."""
    steps = (*narrator.account.handshake, *narrator.account.teardown)
    told = sum(step.sender == side and step.what in REPEATED_STEPS for step in steps)
    unseen = sum(one.sender == side for one in narrator.noted("resent_unseen"))
    total = (narrator.fact_of(side, "retransmissions") or 0) - told - unseen
    groups = _repeats(narrator, side)
    if total > sum(len(repeats) for repeats in groups.values()) or len(groups) > MOST_EXAMPLES:
        frames = [one.number for one in narrator.noted("retransmission") if one.sender == side]
        count = narrator.language.count("segment", total)
        cited = frames or _carriers(narrator) or narrator.span
        yield narrator.sentence("transfer.resent", cited, "notable", **narrator.sides(side), count=count)
    for original, repeats in list(groups.items())[:MOST_EXAMPLES]:
        yield _repeated(narrator, narrator.by_number[original], repeats)


def _repeats(narrator: Narrator, side: Side) -> dict[int, list[Segment]]:
    """What one side sent again, by the packet sent first; what is a step is told with the steps."""
    groups: dict[int, list[Segment]] = {}
    for one in narrator.noted("retransmission"):
        if one.sender == side and one.resends in narrator.by_number and one.number not in narrator.in_step:
            groups.setdefault(one.resends, []).append(one)
    return groups


def _repeated(narrator: Narrator, original: Segment, repeats: list[Segment]) -> Sentence:
    """One packet and those that repeat it, with the time since the one before."""
    language = narrator.language
    before = [original, *repeats]
    waits = [again.time - earlier.time for earlier, again in zip(before, repeats, strict=False)]
    is_one = len({one.cause for one in repeats}) == 1
    why = f"why.{repeats[0].cause}"
    causes = [one.cause for one in repeats]
    return narrator.sentence(
        "transfer.repeats" if len(repeats) == 1 else "transfer.repeats.more",
        (original.number, *(one.number for one in repeats)),
        "notable",
        again=repeats[0].number,
        agains=language.frames(one.number for one in repeats),
        original=original.number,
        seq=original.seq,
        after=language.duration(waits[0]),
        waits=language.say("word.comma").join(
            _wait(narrator, wait, "" if is_one else cause)
            for wait, cause in zip(waits[:MOST_WAITS], causes, strict=False)
        ),
        why=language.say(why) if is_one and language.knows(why) else "",
    )


def _wait(narrator: Narrator, wait: int, cause: str) -> str:
    """How long a sender waited before it resent, and why it did, if that is to be told."""
    language = narrator.language
    length = language.duration(wait)
    if not language.knows(f"ladder.cause.{cause}"):
        return length
    return length + language.say("lesson.aside", text=language.say(f"ladder.cause.{cause}"))


def _damaged(narrator: Narrator) -> Iterator[Sentence]:
    """Wrong checksums that no network card was to put right."""
    found = {one.number for one in narrator.noted("bad_checksum")}
    found -= {one.number for one in unfinished(narrator)}
    if found:
        count = narrator.language.count("segment", len(found))
        yield narrator.sentence("transfer.bad_checksum", sorted(found)[:MOST_DAMAGED], "notable", count=count)


def _windows(narrator: Narrator) -> Iterator[Sentence]:
    for side in SIDES:
        stopped = narrator.fact_of(side, "zero_window_ns")
        shown = [one.number for one in narrator.noted("zero_window") if one.sender == side]
        if stopped:
            yield narrator.sentence(
                "transfer.zero_window",
                shown or narrator.span[:1],
                "notable",
                **narrator.sides(side),
                took=narrator.language.duration(stopped),
            )


def _silences(narrator: Narrator) -> Iterator[Sentence]:
    told = {one.number for side in SIDES for repeats in _repeats(narrator, side).values() for one in repeats}
    for length, before, after in narrator.account.silences[:MOST_SILENCES]:
        if length < NOTICEABLE or after in told:
            continue
        yield narrator.sentence(
            _silence_key(narrator, before, after),
            (before, after),
            length=narrator.language.duration(length),
            before=before,
            after=after,
            **(narrator.sides(narrator.by_number[after].sender) if after in narrator.by_number else {}),
        )


def _silence_key(narrator: Narrator, before: int, after: int) -> str:
    """How the silence ended, if the packet after it is told."""
    ending = narrator.by_number.get(after)
    if ending is None or before not in narrator.by_number:
        return "silence.plain"
    for note in ("keep_alive", "window_probe"):
        if note in narrator.notes(ending):
            return f"silence.{note}"
    if "retransmission" in ending.notes or ending.resends:
        return "silence.resent"
    return "silence.broken"
