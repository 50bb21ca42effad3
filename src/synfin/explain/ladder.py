"""The ladder of a connection as a layout: two lanes, arrows between them, notes under the arrows.

It holds what is drawn and in which order, nothing of characters, colours or pixels; renderers do that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.connections.account import Side

Look = Literal["syn", "fin", "reset", "data", "ack", "resent"]
"""What kind of arrow it is; renderers draw each in its own way."""

Fate = Literal["", "lost", "late"]
"""What became of a segment: nothing special, lost on its way, or overtaken by later ones."""

Topic = Literal["isn", "check", "window", "option", "note", "repeat", "sack"]
"""What an annotation is about."""


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
        fate: what became of it.
        wait: the time since the segment before, as text; "" for the first.
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
    fate: Fate = ""
    wait: str = ""


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
