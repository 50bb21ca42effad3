"""Segments become arrows: their flags and numbers, the states they lead to, and what stands under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.sequence import distance
from synfin.connections.course import lost
from synfin.explain.ladder import Annotation, Arrow, State
from synfin.explain.narrator import FIN, LETTER, OTHER, RST, SYN, expected, flag_names, formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synfin.connections.account import Check, Segment, Side
    from synfin.explain.ladder import Fate, Look
    from synfin.explain.narrator import Narrator


class Arrows:
    """Makes the arrows of one account, in the order of its segments."""

    def __init__(self, narrator: Narrator, start: int) -> None:
        self.narrator = narrator
        self.language = narrator.language
        self.start = start
        self.counting: set[Side] = set()  # sides whose first number after the SYN has been shown
        self.in_step = narrator.in_step
        self.lost = lost(narrator.account)
        self.previous: int | None = None  # time of the segment before

    def arrow(self, segment: Segment, before: Mapping[Side, str]) -> Arrow:
        """One segment; `before` are the names of the states until then."""
        states = {
            side: State(name, inferred, entered=before.get(side) != name)
            for side, (name, inferred) in self.narrator.states(segment).items()
        }
        waited = None if self.previous is None else segment.time - self.previous
        self.previous = segment.time
        return Arrow(
            first=segment.number,
            last=segment.number,
            segments=1,
            sender=segment.sender,
            time=segment.time - self.start,
            flags=flag_names(segment.flags),
            length=segment.length,
            seq=segment.seq,
            end=segment.seq + segment.length - 1 if segment.length else None,
            ack=segment.ack,
            look=_look(segment),
            states=states,
            annotations=tuple(self._annotations(segment)),
            fate=self._fate(segment),
            wait="" if waited is None else self.language.wait(waited),
        )

    def _fate(self, segment: Segment) -> Fate:
        if segment.number in self.lost:
            return "lost"
        return "late" if "out_of_order" in segment.notes else ""

    def _annotations(self, segment: Segment) -> Iterator[Annotation]:
        if segment.flags & SYN:
            yield Annotation("isn", f"{LETTER[segment.sender]} = {segment.seq_raw}")
        yield from self._checks(segment)
        if not segment.resends:
            yield from self._window(segment)
        if segment.flags & SYN and not segment.resends:
            yield from self._options(segment)
        yield from self._notes(segment)

    def _checks(self, segment: Segment) -> Iterator[Annotation]:
        for check in segment.checks:
            if check.holds and self._is_plain(segment, check):
                continue
            yield Annotation("check", self._formula(segment, check), check.holds)
            if check.holds and check.rule == "ack_of_data" and len(check.because) > 1:
                covered = self.language.frames(check.because)
                yield Annotation("note", self.language.say("ladder.covers", frames=covered))

    def _is_plain(self, segment: Segment, check: Check) -> bool:
        """Whether the rule is one that every segment obeys, so that only its breach is worth ink."""
        if check.rule == "seq_continues":
            return segment.number not in self.in_step
        if check.rule != "seq_after_syn":
            return False
        if segment.sender in self.counting:
            return True
        self.counting.add(segment.sender)
        return False

    def _formula(self, segment: Segment, check: Check) -> str:
        """Such as "ack = X + 1 = 2187655217 ✔": the rule, its sum, and, if broken, what was found."""
        subject = "seq" if check.rule.startswith("seq") else "ack"
        right, due = formula(segment, check), expected(segment, check)
        text = f"{subject} = {right}" if right == due else f"{subject} = {right} = {due}"
        if check.holds:
            return f"{text} ✔"
        raw = check.rule in ("ack_of_syn", "ack_of_reset", "seq_after_syn")
        shown = segment.seq if subject == "seq" else segment.ack
        found = check.found if raw or shown is None else shown
        return self.language.say("ladder.broken", formula=text, found=found)

    def _window(self, segment: Segment) -> Iterator[Annotation]:
        if segment.flags & RST:
            return
        third = segment.number in self.in_step and not segment.flags & (SYN | FIN)
        opening = any(step.number == segment.number for step in self.narrator.account.handshake)
        if segment.flags & SYN:
            yield Annotation("window", self.language.say("ladder.window", bytes=segment.window_raw))
        elif (third and opening) or {"window_update", "window_full"} & set(segment.notes):
            yield Annotation("window", self._scaled(segment))

    def _scaled(self, segment: Segment) -> str:
        say = self.language.say
        if segment.window is None:
            return say("ladder.window.unknown", field=segment.window_raw)
        shift = self.narrator.fact_of(segment.sender, "window_scale")
        if not shift or segment.window == segment.window_raw or segment.window_raw << shift != segment.window:
            return say("ladder.window", bytes=segment.window)
        return say("ladder.window.scaled", field=segment.window_raw, factor=1 << shift, bytes=segment.window)

    def _options(self, segment: Segment) -> Iterator[Annotation]:
        options, say = segment.options, self.language.say
        offered = []
        if options.mss is not None:
            offered.append(f"MSS {options.mss}")
        if options.window_scale is not None:
            offered.append(say("ladder.scale", factor=1 << min(options.window_scale, 14)))
        if options.sack_permitted:
            offered.append("SACK")
        if options.timestamps is not None:
            offered.append(say("ladder.timestamps"))
        if options.fast_open is not None:
            cookie = options.fast_open.hex()
            offered.append(say("ladder.cookie", cookie=cookie) if cookie else say("ladder.cookie.asked"))
        for text in offered:
            yield Annotation("option", text)

    def _notes(self, segment: Segment) -> Iterator[Annotation]:
        say = self.language.say
        if segment.resends:
            yield Annotation("note", say("ladder.resends", original=segment.resends))
        if segment.copy_of:
            yield Annotation("note", say("ladder.copy", original=segment.copy_of))
        if self.language.knows(f"ladder.cause.{segment.cause}"):
            yield Annotation("note", say(f"ladder.cause.{segment.cause}"))
        if segment.number in self.lost:
            yield Annotation("note", say("ladder.lost"))
        for note in self.narrator.notes(segment):
            key = f"ladder.note.{note}"
            if self.language.knows(key) and not (note == "retransmission" and segment.resends):
                yield Annotation("repeat" if note == "duplicate_ack" else "note", say(key))
        blocks = list(segment.options.sack)
        if blocks and distance(blocks[0][1], segment.ack_raw) >= 0:  # below the acknowledgment: RFC 2883
            yield Annotation("sack", say("ladder.dsack", blocks=self._block(segment, *blocks.pop(0))))
        if blocks:
            shown = ", ".join(self._block(segment, left, right) for left, right in blocks)
            yield Annotation("sack", say("ladder.sack", blocks=shown))

    def _block(self, segment: Segment, left: int, right: int) -> str:
        """A SACK block in relative numbers, if the other side's first is known; both ends included."""
        origin = self.narrator.fact_of(OTHER[segment.sender], "isn")
        if origin is None:
            return f"{left}…{right}"
        if left == origin and distance(left, right) == 1:
            return "SYN"
        return f"{int(distance(origin, left))}…{int(distance(origin, right)) - 1}"


def _look(segment: Segment) -> Look:
    if segment.flags & RST:
        return "reset"
    if segment.resends or "retransmission" in segment.notes:
        return "resent"
    if segment.flags & SYN:
        return "syn"
    if segment.flags & FIN:
        return "fin"
    return "data" if segment.length else "ack"
