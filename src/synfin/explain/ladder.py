"""The ladder of a connection as a layout: two lanes, arrows between them, notes under the arrows.

It knows what is drawn and in which order, nothing of characters, colours or pixels; renderers do that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from synfin.basics.sequence import distance
from synfin.connections.account import Segment, Skipped
from synfin.explain.narrator import (
    ACK,
    FIN,
    LETTER,
    OTHER,
    RST,
    SYN,
    Narrator,
    expected,
    flag_names,
    formula,
)
from synfin.explain.transfer import NOTICEABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synfin.connections.account import Check, Side

Look = Literal["syn", "fin", "reset", "data", "ack", "resent"]
"""What kind of arrow it is; renderers draw each in its own way."""

Topic = Literal["isn", "check", "window", "option", "note", "repeat", "sack"]
"""What an annotation is about."""

MOST_STEPS, FIRST_STEPS, LAST_STEPS = 64, 24, 16
"""Of a picture with more steps than that, so many at each end are drawn; what is plain between is folded."""

FEWEST_IN_RUN = 3
"""So many segments of one kind in a row are drawn as one arrow."""

SIDES: tuple[Side, Side] = ("client", "server")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A short text under an arrow.

    Attributes:
        topic: what it is about.
        text: the text; pieces that belong together hold no-break spaces.
        holds: for checks, whether the packet obeys the rule; None for the rest.
    """

    topic: Topic
    text: str
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The state of one endpoint after an arrow.

    Attributes:
        name: as RFC 9293 calls it.
        inferred: whether that is only inferred.
        entered: whether it is another than before.
    """

    name: str
    inferred: bool
    entered: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """One segment on its way, or a run of similar ones drawn as one.

    Attributes:
        first, last: packet numbers.
        segments: how many segments it stands for.
        sender: the lane it begins at.
        time: nanoseconds since the first packet, of its first segment.
        flags: names of the flags that are set, in spoken order.
        length: payload bytes.
        seq: relative number of its first byte.
        end: relative number of its last byte; None without payload.
        ack: relative acknowledgment number, None without ACK.
        look: kind of arrow.
        states: by side, the state of each endpoint afterwards.
        annotations: what is written under it.
        members: the arrows that a run stands for; empty for single segments.
    """

    first: int
    last: int
    segments: int
    sender: Side
    time: int
    flags: tuple[str, ...]
    length: int
    seq: int
    end: int | None
    ack: int | None
    look: Look
    states: Mapping[Side, State]
    annotations: tuple[Annotation, ...] = ()
    members: tuple[Arrow, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """The middle of a long connection, summed up.

    Attributes:
        first, last: packet numbers of its ends.
        time: nanoseconds since the first packet.
        texts: what it stands for, one text for each side that sent, and how long it took.
        members: the arrows that it stands for; empty where only their sums are known.
    """

    first: int
    last: int
    time: int
    texts: tuple[str, ...]
    members: tuple[Arrow, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without a packet.

    Attributes:
        before, after: the packets around it.
        text: how long, and who ended it.
    """

    before: int
    after: int
    text: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """The whole picture.

    Attributes:
        names: by side, what stands above each lane.
        endpoints: by side, address and port.
        begin: by side, the states before the first arrow; empty if they are not known.
        steps: from top to bottom.
        legend: explains the mark of inferred states; "" if there are none.
    """

    names: Mapping[Side, str]
    endpoints: Mapping[Side, str]
    begin: Mapping[Side, State]
    steps: tuple[Arrow | Fold | Silence, ...]
    legend: str


def ladder(narrator: Narrator) -> Ladder:
    """The picture of an account."""
    arrows = _Arrows(narrator)
    first = begin(narrator)
    states = {side: state.name for side, state in first.items()}
    grouped = list(_grouped(arrows.steps(states)))
    steps = tuple(_with_silences(narrator, arrows.shortened(grouped)))
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
    if "syn" in answers or "refused" in answers:
        found["server"] = State("CLOSED", inferred=True, entered=True)
    elif "syn_ack" in answers:
        found["server"] = State("LISTEN", inferred=True, entered=True)
    return found


class _Arrows:
    """Makes the arrows of one account."""

    def __init__(self, narrator: Narrator) -> None:
        self.narrator = narrator
        self.language = narrator.language
        account = narrator.account
        self.start = narrator.segments[0].time if narrator.segments else 0
        if account.entries and isinstance(account.entries[0], Skipped):
            self.start = min(self.start, account.entries[0].start)
        self.counting: set[Side] = set()  # sides whose first number after the SYN has been shown
        self.in_step = {step.number for step in (*account.handshake, *account.teardown)}

    def steps(self, states: dict[Side, str]) -> Iterator[Arrow | Fold]:
        """Every entry in order; `states` are those before the first."""
        for entry in self.narrator.account.entries:
            if isinstance(entry, Skipped):
                yield self.fold(entry)
                continue
            yield self.arrow(entry, states)
            states |= {side: name for side, (name, _) in self.narrator.states(entry).items()}

    def fold(self, skipped: Skipped) -> Fold:
        texts = self._summary(skipped.segments, skipped.payload, skipped.end - skipped.start)
        return Fold(skipped.first, skipped.last, skipped.start - self.start, texts)

    def _summary(
        self, segments: Mapping[Side, int], payload: Mapping[Side, int], took: int
    ) -> tuple[str, ...]:
        """What some segments amount to, by side, and the time from the first to the last."""
        language = self.language
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

    def shortened(self, steps: list[Arrow | Fold]) -> Iterator[Arrow | Fold]:
        """The steps, what is plain in the middle of a long picture folded."""
        if len(steps) <= MOST_STEPS:
            yield from steps
            return
        middle: list[Arrow] = []
        for at, step in enumerate(steps):
            inside = FIRST_STEPS <= at < len(steps) - LAST_STEPS
            if inside and isinstance(step, Arrow) and not self._matters(step):
                middle.append(step)
                continue
            yield from self._folded(middle)
            middle = []
            yield step
        yield from self._folded(middle)

    def _matters(self, arrow: Arrow) -> bool:
        """Whether it must be seen: a step, a change of state, an abort, a broken rule."""
        return (
            any(state.entered for state in arrow.states.values())
            or any(note.holds is False for note in arrow.annotations)
            or arrow.look == "reset"
            or arrow.first in self.in_step
        )

    def _folded(self, middle: list[Arrow]) -> Iterator[Arrow | Fold]:
        if len(middle) < FEWEST_IN_RUN:
            yield from middle
            return
        segments: dict[Side, int] = {"client": 0, "server": 0}
        payload: dict[Side, int] = {"client": 0, "server": 0}
        for arrow in middle:
            segments[arrow.sender] += arrow.segments
            payload[arrow.sender] += arrow.length
        first, last = middle[0], middle[-1]
        texts = self._summary(segments, payload, last.time - first.time)
        yield Fold(first.first, last.last, first.time, texts, tuple(middle))

    def arrow(self, segment: Segment, before: Mapping[Side, str]) -> Arrow:
        states = {
            side: State(name, inferred, entered=before.get(side) != name)
            for side, (name, inferred) in self.narrator.states(segment).items()
        }
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
            annotations=tuple(self.annotations(segment)),
        )

    def annotations(self, segment: Segment) -> Iterator[Annotation]:
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
    if any(state.entered for state in arrow.states.values()) or not set(arrow.flags) <= {"ACK", "PSH"}:
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
