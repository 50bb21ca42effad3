"""Turns facts of one account into sentences, each with the packets that show it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from synfin.basics.sequence import distance
from synfin.connections.account import Segment
from synfin.explain.outcome import closing, opening

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.connections.account import Account, Check, Side, Step
    from synfin.explain.language import Language

Sort = Literal["fact", "unknown", "normal", "notable"]
"""What a sentence is: plain fact; what the capture cannot show; normal, with the reason; worth a look."""

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = 1, 2, 4, 8, 16, 32, 64, 128, 256
FLAG_NAMES = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (URG, "URG"), (ACK, "ACK"))
CONGESTION_FLAGS = ((AE, "AE"), (CWR, "CWR"), (ECE, "ECE"))
OTHER: dict[Side, Side] = {"client": "server", "server": "client"}
LETTER: dict[Side, str] = {"client": "X", "server": "Y"}
"""What each side's initial sequence number is called in formulas."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing said, and where it can be seen.

    Attributes:
        key: of its text in the catalogue.
        text: the sentence; numbers hold no-break spaces.
        frames: numbers of the packets that show it.
        sort: what it is.
        step: whether it tells about the packet `frames[0]` alone, which then stands before it.
    """

    key: str
    text: str
    frames: tuple[int, ...]
    sort: Sort = "fact"
    step: bool = False


@dataclass(frozen=True)
class Narrator:
    """An account and the language to tell it in."""

    account: Account
    language: Language

    def sentence(self, key: str, frames: Iterable[int], sort: Sort = "fact", **values: object) -> Sentence:
        """The sentence of this key; `{frames}` in it cites the packets."""
        cited = tuple(sorted(set(frames)))
        text = self.language.say(key, frames=self.language.frames(cited), **values)
        return Sentence(key, text, cited, sort)

    def throughout(self, key: str, ends: tuple[int, int], sort: Sort = "fact", **values: object) -> Sentence:
        """A sentence about everything from one packet to another; `{frames}` is the range."""
        first, last = ends
        cited = f"#{first}" if first == last else f"#{first}-#{last}"
        text = self.language.say(key, frames=cited, **values)
        return Sentence(key, text, (first,) if first == last else (first, last), sort)

    def step(self, key: str, segment: Segment, **values: object) -> Sentence:
        """A sentence about one packet; its sender is `{who}`, the other side `{other}`."""
        text = self.language.say(key, **self.sides(segment.sender), **values)
        return Sentence(key, text, (segment.number,), step=True)

    def sides(self, side: Side) -> dict[str, Any]:
        """Placeholders for one side and its peer, in the sentence and at its beginning."""
        other = OTHER[side]
        return {
            "who": self.language.side(side),
            "Who": self.language.beginning(side),
            "other": self.language.side(other),
            "Other": self.language.beginning(other),
            "letter": LETTER[side],
            "other_letter": LETTER[other],
        }

    @cached_property
    def opening(self) -> str:
        """How the connection began, as a key; a copy that the network made is no repetition."""
        key = opening(self.account.row)
        repeated = any(step.what in ("syn_again", "syn_ack_again") for step in self.account.handshake)
        return "complete" if key == "retried" and not repeated else key

    @cached_property
    def closing(self) -> str:
        """How it ended, as a key."""
        return closing(self.account.row)

    @cached_property
    def is_split(self) -> bool:
        """Whether the server asked on its own: it acknowledged a SYN ACK, and never sent one itself."""
        steps = {(step.sender, step.what) for step in self.account.handshake}
        return (
            {("server", "syn"), ("client", "syn_ack")} <= steps
            and ("server", "syn_ack") not in steps
            and not steps.isdisjoint({("server", "ack"), ("server", "ack_with_data")})
        )

    @property
    def quiet(self) -> int:
        """Nanoseconds from the connection's last packet to the end of the capture, 0 if that is unknown."""
        end = self.fact("capture_end")
        return max(end - self.segments[-1].time, 0) if end is not None and self.segments else 0

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments that are told one by one."""
        return tuple(entry for entry in self.account.entries if isinstance(entry, Segment))

    @cached_property
    def by_number(self) -> dict[int, Segment]:
        """The same by packet number."""
        return {segment.number: segment for segment in self.segments}

    @cached_property
    def span(self) -> tuple[int, ...]:
        """Every packet that is told, for sentences about the whole connection."""
        numbers: list[int] = []
        for entry in self.account.entries:
            if isinstance(entry, Segment):
                numbers.append(entry.number)
            else:
                numbers += (entry.first, entry.last)
        return tuple(numbers)

    @cached_property
    def in_step(self) -> frozenset[int]:
        """The packets that are steps of the handshake or the teardown."""
        return frozenset(step.number for step in (*self.account.handshake, *self.account.teardown))

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last packet."""
        return self.span[0], self.span[-1]

    def segment_of(self, step: Step) -> Segment | None:
        """The segment of a step; None if the packet is not among the connection's own (an ICMP message)."""
        return self.by_number.get(step.number)

    def states(self, segment: Segment) -> dict[Side, tuple[str, bool]]:
        """The states after a segment that can be told, and whether each is inferred.

        That a side listens is never told by a packet to it, only by its answer; so it is no state after one.
        """
        told: dict[Side, tuple[str, bool]] = {}
        for side, name in segment.state.items():
            inferred = bool(segment.inferred.get(side))
            if name and not (inferred and name == "LISTEN"):
                told[side] = (name, inferred)
        return told

    def notes(self, segment: Segment) -> tuple[str, ...]:
        """What stands out; a keep-alive towards a closed window is called by its purpose, a window probe.

        The window that follows a SYN differs by its unit, and is no update.
        """
        if "window_update" in segment.notes and segment.number in self._first_after_syn:
            return tuple(note for note in segment.notes if note != "window_update")
        if "keep_alive" not in segment.notes:
            return segment.notes
        before = [
            one for one in self.segments if one.number < segment.number and one.sender != segment.sender
        ]
        if before and "zero_window" in before[-1].notes:
            return tuple("window_probe" if note == "keep_alive" else note for note in segment.notes)
        return segment.notes

    @cached_property
    def _first_after_syn(self) -> frozenset[int]:
        """The segments in which a side counts its window in another unit for the first time."""
        own = ([one for one in self.segments if one.sender == side] for side in OTHER)
        return frozenset(
            one.number
            for sent in own
            for before, one in itertools.pairwise(sent)
            if before.flags & SYN and not one.flags & SYN
        )

    def noted(self, note: str) -> tuple[Segment, ...]:
        """The segments that bear a note."""
        return tuple(segment for segment in self.segments if note in self.notes(segment))

    def fact(self, name: str) -> int | None:
        """A number of the connection's row, None if unknown."""
        value = self.account.row.get(name)
        return int(value) if isinstance(value, int) else None

    def fact_of(self, side: Side, name: str) -> int | None:
        """A number of the row that there is for each side."""
        return self.fact(f"{side}_{name}")

    def endpoint(self, side: Side) -> str:
        """Address and port: "192.0.2.1:80", "[2001:db8::1]:80"."""
        address = str(self.account.row.get(f"{side}_address", "?"))
        return f"[{address}]:{self.port(side)}" if ":" in address else f"{address}:{self.port(side)}"

    def port(self, side: Side) -> int | None:
        """The side's port."""
        return self.fact_of(side, "port")


def flag_names(flags: int) -> tuple[str, ...]:
    """The names of the flags that are set, in spoken order: SYN ACK, FIN ACK, PSH ACK."""
    named = [name for bit, name in FLAG_NAMES if flags & bit]
    return tuple(named + [name for bit, name in CONGESTION_FLAGS if flags & bit])


def check_of(segment: Segment, *rules: str) -> Check | None:
    """The first check of the segment with one of these rules."""
    return next((check for check in segment.checks if check.rule in rules), None)


def formula(segment: Segment, check: Check) -> str:
    """The right side of a check: "X + 1" if it counts from an initial number, else relative, "75 + 1"."""
    base, *more = check.addends or (check.expected,)
    if check.rule in ("ack_of_syn", "ack_of_reset"):
        head = LETTER[OTHER[segment.sender]]
    elif check.rule == "seq_after_syn":
        head = LETTER[segment.sender]
    else:
        shown = segment.seq if check.rule == "seq_continues" else segment.ack
        head = "?" if shown is None else str(shown + int(distance(check.found, base)))
    return " + ".join([head, *(str(addend) for addend in more if addend)])


def expected(segment: Segment, check: Check) -> str:
    """What the check's left side should be: raw if the formula counts from an initial number."""
    if check.rule in ("ack_of_syn", "ack_of_reset", "seq_after_syn"):
        return str(check.expected)
    shown = segment.seq if check.rule == "seq_continues" else segment.ack
    return "?" if shown is None else str(shown + int(distance(check.found, check.expected)))
