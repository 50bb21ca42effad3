"""The state diagram of one endpoint, drawn from the tables that follow it, with the way it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synfin.connections.state import RECEIVES, SENDS, STANDARD, Event, State
from synfin.explain.layout import begin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from synfin.connections.account import Side
    from synfin.explain.language import Language
    from synfin.explain.narrator import Narrator

FIGURE: tuple[tuple[State, State], ...] = (
    (State.CLOSED, State.LISTEN),
    (State.CLOSED, State.SYN_SENT),
    (State.LISTEN, State.SYN_RECEIVED),
    (State.LISTEN, State.SYN_SENT),
    (State.SYN_SENT, State.SYN_RECEIVED),
    (State.SYN_SENT, State.ESTABLISHED),
    (State.SYN_RECEIVED, State.ESTABLISHED),
    (State.SYN_RECEIVED, State.FIN_WAIT_1),
    (State.ESTABLISHED, State.FIN_WAIT_1),
    (State.ESTABLISHED, State.CLOSE_WAIT),
    (State.FIN_WAIT_1, State.FIN_WAIT_2),
    (State.FIN_WAIT_1, State.CLOSING),
    (State.FIN_WAIT_1, State.TIME_WAIT),
    (State.FIN_WAIT_2, State.TIME_WAIT),
    (State.CLOSING, State.TIME_WAIT),
    (State.CLOSE_WAIT, State.LAST_ACK),
    (State.LAST_ACK, State.CLOSED),
)
"""The moves that RFC 9293 3.3.2, figure 5, draws; others are drawn only if the connection made them."""

UNSEEN = {(State.CLOSED, State.LISTEN): "machine.listen", (State.TIME_WAIT, State.CLOSED): "machine.timer"}
"""Moves that no packet makes, with what does."""

WORDS: Mapping[Event, str] = {
    Event.SYN: "SYN",
    Event.SYN_ACK: "SYN ACK",
    Event.ACK: "ACK",
    Event.ACK_OF_FIN: "ACK",
    Event.FIN: "FIN",
    Event.FIN_AND_ACK: "FIN ACK",
    Event.FIN_AGAIN: "FIN",
    Event.OLD: "ACK",
    Event.STRAY_SYN_ACK: "SYN ACK",
}
"""What segments are called in the picture; an RST is named where nothing else leads."""

PLAINEST_RECEIVED = (Event.SYN, Event.ACK, Event.ACK_OF_FIN, Event.FIN, Event.SYN_ACK)
PLAINEST_SENT = (Event.SYN, Event.SYN_ACK, Event.ACK, Event.ACK_OF_FIN, Event.FIN)
"""Of several segments that make a move, the first in this order is named."""

STATES = tuple(state for state in State if state is not State.UNKNOWN and STANDARD[state] is state)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of state.

    Attributes:
        before, after: names of the states; `before` is "" where the first known state is entered.
        number: the packet that shows it; 0 for the state before the first packet.
        inferred: whether that is only inferred.
        sent: whether the endpoint itself sent that packet.
    """

    before: str
    after: str
    number: int
    inferred: bool
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A move that is drawn.

    Attributes:
        before, after: names of the states.
        label: what makes it.
        usual: whether RFC 9293 draws it.
        moves: this connection's, in order.
    """

    before: str
    after: str
    label: str
    usual: bool
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """One endpoint's diagram.

    Attributes:
        side: which endpoint.
        title: what it shows.
        endpoint: address and port.
        states: every state, by name.
        way: the moves of this connection, in order.
        edges: what is drawn.
        legend: what the marks mean.
    """

    side: Side
    title: str
    endpoint: str
    states: tuple[str, ...]
    way: tuple[Move, ...]
    edges: tuple[Edge, ...]
    legend: str

    @property
    def last(self) -> str:
        """Where the endpoint was when the capture ended; "" if nothing is known of it."""
        return self.way[-1].after if self.way else ""


def way(narrator: Narrator, side: Side) -> tuple[Move, ...]:
    """The moves of one endpoint, beginning with the state before the first packet, if it is known."""
    return tuple(_moves(narrator, side))


def _moves(narrator: Narrator, side: Side) -> Iterator[Move]:
    current = ""
    first = begin(narrator).get(side)
    if first is not None:
        current = first.name
        yield Move("", current, 0, first.inferred)
    for segment in narrator.segments:
        state, inferred = narrator.states(segment).get(side, (current, False))
        if state != current:
            yield Move(current, state, segment.number, inferred, segment.sender == side)
            current = state


def machines(narrator: Narrator) -> tuple[Machine, Machine]:
    """Both endpoints' diagrams, the client's first."""
    return machine(narrator, "client"), machine(narrator, "server")


def machine(narrator: Narrator, side: Side) -> Machine:
    """One endpoint's diagram."""
    words = narrator.language
    moves = way(narrator, side)
    made: dict[tuple[str, str], list[Move]] = {}
    for move in moves:
        if move.before:
            made.setdefault((move.before, move.after), []).append(move)
    usual = [(before.name, after.name) for before, after in FIGURE]
    usual.append((State.TIME_WAIT.name, State.CLOSED.name))
    pairs = [*usual, *(pair for pair in made if pair not in usual)]
    return Machine(
        side=side,
        title=words.say("machine.title", **narrator.sides(side)),
        endpoint=narrator.endpoint(side),
        states=tuple(state.name for state in STATES),
        way=moves,
        edges=tuple(
            Edge(*pair, label(*pair, words, made.get(pair, ())), pair in usual, tuple(made.get(pair, ())))
            for pair in pairs
        ),
        legend=words.say("machine.legend"),
    )


def label(before: str, after: str, words: Language, moves: Sequence[Move] = ()) -> str:
    """What makes a move, by the tables: "receive FIN / send ACK"; an RST where nothing else does."""
    pair = State[before], State[after]
    if pair in UNSEEN:
        return words.say(UNSEEN[pair])
    received, sent = _plainest(RECEIVES, pair, PLAINEST_RECEIVED), _plainest(SENDS, pair, PLAINEST_SENT)
    texts = [words.say("machine.receives", what=received)] if received else []
    if sent and sent != received:
        texts.append(words.say("machine.sends", what=sent))
    if not texts:
        is_sent = any(move.sent for move in moves)
        return words.say("machine.sends" if is_sent else "machine.receives", what="RST")
    return words.say("machine.or").join(texts)


def _plainest(
    table: Mapping[State, Mapping[Event, State]], pair: tuple[State, State], order: tuple[Event, ...]
) -> str:
    leads = [event for event, following in table.get(pair[0], {}).items() if STANDARD[following] is pair[1]]
    return next((WORDS[event] for event in (*order, *WORDS) if event in leads), "")
