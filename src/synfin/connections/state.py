"""The states of RFC 9293 that both endpoints pass through, from two tables: what sending and receiving does.

The capture shows what passed one place. That a side sent a segment proves its state; that it received one is
only inferred until it sends something itself. The tables say so nowhere: who moves by receiving is marked.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.group import CREATES, Grouping, grown
from synfin.connections.milestones import AGAIN, MISFITS, TAKES
from synfin.connections.segments import (
    ACK,
    EVERY_KIND,
    FIN,
    GUESS,
    KIND,
    RST,
    SYN,
    WHOLE,
    Kinds,
    Segments,
)
from synfin.connections.segments import SIDE as SENDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Integers, Values


class State(IntEnum):
    """RFC 9293 3.3.2; `UNKNOWN` before anything was seen.

    Where two SYNs or two FINs cross, the other's is still on its way to a side that has just sent its own:
    it is where the standard says, but what comes next is another. For that there are states of their own,
    each called by the name of the one it is, see `STANDARD`.
    """

    UNKNOWN = 0
    CLOSED = 1
    LISTEN = 2
    SYN_SENT = 3
    SYN_RECEIVED = 4
    ESTABLISHED = 5
    FIN_WAIT_1 = 6
    FIN_WAIT_2 = 7
    CLOSE_WAIT = 8
    CLOSING = 9
    LAST_ACK = 10
    TIME_WAIT = 11
    SYN_SENT_CROSSING = 12
    SYN_RECEIVED_CROSSING = 13
    FIN_WAIT_1_CROSSING = 14
    CLOSING_CROSSING = 15


STANDARD: Mapping[State, State] = {state: State[state.name.removesuffix("_CROSSING")] for state in State}
"""The state of RFC 9293 that each is."""


class Event(IntEnum):
    """What a segment is to the state machine.

    An `OLD` one belongs to an earlier connection on the same endpoints, as does what an `OLD_RST` answers;
    a `STRAY_SYN_ACK` answers another SYN than the one that was seen.
    """

    NOTHING = 0
    SYN = 1
    SYN_ACK = 2
    ACK = 3
    ACK_OF_FIN = 4
    FIN = 5
    FIN_AND_ACK = 6
    FIN_AGAIN = 7
    RST = 8
    OLD_RST = 9
    OLD = 10
    STRAY_SYN_ACK = 11


SENDS: Mapping[State, Mapping[Event, State]] = {
    State.UNKNOWN: {
        Event.SYN: State.SYN_SENT,
        Event.SYN_ACK: State.SYN_RECEIVED,
        Event.STRAY_SYN_ACK: State.SYN_RECEIVED,
        Event.ACK: State.ESTABLISHED,
        Event.ACK_OF_FIN: State.CLOSE_WAIT,
        Event.FIN: State.FIN_WAIT_1,
        Event.FIN_AND_ACK: State.LAST_ACK,
        Event.FIN_AGAIN: State.LAST_ACK,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
        Event.OLD: State.ESTABLISHED,
    },
    State.CLOSED: {
        Event.SYN: State.SYN_SENT,
        Event.SYN_ACK: State.SYN_RECEIVED,
        Event.STRAY_SYN_ACK: State.SYN_RECEIVED,
        Event.FIN_AGAIN: State.LAST_ACK,  # the last ACK did not arrive after all
    },
    State.LISTEN: {
        Event.SYN: State.SYN_SENT_CROSSING,
        Event.SYN_ACK: State.SYN_RECEIVED,
        Event.STRAY_SYN_ACK: State.SYN_RECEIVED,
        Event.ACK: State.SYN_RECEIVED,  # its SYN comes apart from its ACK, or was not captured
        Event.FIN: State.FIN_WAIT_1,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
        Event.OLD: State.ESTABLISHED,
    },
    State.SYN_SENT: {
        Event.SYN_ACK: State.SYN_RECEIVED,
        Event.ACK: State.ESTABLISHED,
        Event.FIN: State.FIN_WAIT_1,
        Event.RST: State.CLOSED,
    },
    State.SYN_RECEIVED: {
        Event.ACK: State.ESTABLISHED,
        Event.ACK_OF_FIN: State.CLOSE_WAIT,
        Event.FIN: State.FIN_WAIT_1,
        Event.FIN_AND_ACK: State.LAST_ACK,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.ESTABLISHED: {
        Event.ACK_OF_FIN: State.CLOSE_WAIT,
        Event.FIN: State.FIN_WAIT_1,
        Event.FIN_AND_ACK: State.LAST_ACK,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.FIN_WAIT_1: {
        Event.ACK_OF_FIN: State.CLOSING,
        Event.FIN_AND_ACK: State.CLOSING,
        Event.FIN_AGAIN: State.CLOSING,
        Event.RST: State.CLOSED,
    },
    State.FIN_WAIT_2: {
        Event.ACK_OF_FIN: State.TIME_WAIT,
        Event.FIN_AND_ACK: State.CLOSING,
        Event.FIN_AGAIN: State.CLOSING,  # the ACK of its FIN had not arrived yet
        Event.RST: State.CLOSED,
    },
    State.CLOSE_WAIT: {
        Event.FIN: State.FIN_WAIT_1_CROSSING,  # it does not know of the other FIN yet
        Event.FIN_AND_ACK: State.LAST_ACK,
        Event.FIN_AGAIN: State.LAST_ACK,
        Event.RST: State.CLOSED,
    },
    State.CLOSING: {Event.RST: State.CLOSED},
    State.LAST_ACK: {Event.RST: State.CLOSED},
    State.TIME_WAIT: {Event.RST: State.CLOSED},
    State.SYN_SENT_CROSSING: {
        Event.SYN_ACK: State.SYN_RECEIVED,
        Event.ACK: State.ESTABLISHED,
        Event.FIN: State.FIN_WAIT_1,
        Event.RST: State.CLOSED,
    },
    State.SYN_RECEIVED_CROSSING: {
        Event.SYN_ACK: State.ESTABLISHED,  # what acknowledges its own SYN came after the other SYN
        Event.ACK: State.ESTABLISHED,
        Event.ACK_OF_FIN: State.CLOSE_WAIT,
        Event.FIN: State.FIN_WAIT_1,
        Event.FIN_AND_ACK: State.LAST_ACK,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.FIN_WAIT_1_CROSSING: {
        Event.ACK_OF_FIN: State.CLOSING,
        Event.FIN_AND_ACK: State.CLOSING,
        Event.FIN_AGAIN: State.CLOSING,
        Event.RST: State.CLOSED,
    },
    State.CLOSING_CROSSING: {
        Event.ACK_OF_FIN: State.TIME_WAIT,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
    },
}
"""Where sending a segment takes its sender; what is not listed changes nothing (RFC 9293 3.10)."""

RECEIVES: Mapping[State, Mapping[Event, State]] = {
    State.UNKNOWN: {
        Event.SYN: State.LISTEN,  # not SYN_RECEIVED: only its answer can show that somebody listens
        Event.SYN_ACK: State.ESTABLISHED,
        Event.ACK: State.ESTABLISHED,
        Event.FIN: State.CLOSE_WAIT,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.CLOSED: {Event.SYN: State.LISTEN},
    State.LISTEN: {Event.ACK: State.ESTABLISHED, Event.FIN: State.CLOSE_WAIT},
    State.SYN_SENT: {
        Event.SYN: State.SYN_RECEIVED,
        Event.SYN_ACK: State.ESTABLISHED,
        Event.FIN: State.CLOSE_WAIT,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.SYN_RECEIVED: {
        Event.SYN_ACK: State.ESTABLISHED,
        Event.ACK: State.ESTABLISHED,
        Event.FIN: State.CLOSE_WAIT,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.ESTABLISHED: {
        Event.FIN: State.CLOSE_WAIT,
        Event.FIN_AND_ACK: State.CLOSE_WAIT,
        Event.FIN_AGAIN: State.CLOSE_WAIT,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.FIN_WAIT_1: {
        Event.ACK_OF_FIN: State.FIN_WAIT_2,
        Event.FIN: State.CLOSING,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
    },
    State.FIN_WAIT_2: {
        Event.FIN: State.TIME_WAIT,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
    },
    State.CLOSE_WAIT: {Event.RST: State.CLOSED},
    State.CLOSING: {
        Event.ACK_OF_FIN: State.TIME_WAIT,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
    },
    State.LAST_ACK: {
        Event.ACK_OF_FIN: State.CLOSED,
        Event.FIN_AND_ACK: State.CLOSED,
        Event.FIN_AGAIN: State.CLOSED,
        Event.RST: State.CLOSED,
    },
    State.TIME_WAIT: {Event.RST: State.CLOSED},
    State.SYN_SENT_CROSSING: {
        Event.SYN: State.SYN_RECEIVED,
        Event.SYN_ACK: State.SYN_RECEIVED_CROSSING,
        Event.FIN: State.CLOSE_WAIT,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.SYN_RECEIVED_CROSSING: {
        Event.SYN_ACK: State.ESTABLISHED,
        Event.ACK: State.ESTABLISHED,
        Event.FIN: State.CLOSE_WAIT,
        Event.RST: State.CLOSED,
        Event.OLD_RST: State.CLOSED,
    },
    State.FIN_WAIT_1_CROSSING: {
        Event.ACK_OF_FIN: State.CLOSING_CROSSING,
        Event.FIN: State.CLOSING,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
    },
    State.CLOSING_CROSSING: {
        Event.ACK_OF_FIN: State.TIME_WAIT,
        Event.FIN_AND_ACK: State.TIME_WAIT,
        Event.FIN_AGAIN: State.TIME_WAIT,
        Event.RST: State.CLOSED,
    },
}
"""Where receiving a segment takes its receiver; what is not listed changes nothing."""

INFERRED = 16
"""Added to a state that its side reached by receiving, and has not shown since."""

SIDE, ROLE_SEEN, FIRST_SENDER, KNOWN = 1, 2, 4, 8
"""Bits of `States.roles`: the side of the client; whether a SYN told; the side that was seen first."""

NAMES = np.array(["" if state is State.UNKNOWN else STANDARD[state].name for state in State], object)
"""The word for each state."""


def compiled(table: Mapping[State, Mapping[Event, State]]) -> Integers:
    """A table as an array: state and event lead to a state."""
    states = np.repeat(np.arange(len(State), dtype=np.int64)[:, None], len(Event), axis=1)
    for state, moves in table.items():
        for event, following in moves.items():
            states[state, event] = following
    return states


class States:
    """Where each side of every connection is.

    Attributes:
        state: uint8 (capacity, 2): a `State`, perhaps + `INFERRED`.
        roles: uint8 (capacity,): see above.
        tables: `EVENTS`; int64 (2, states, events) the tables `SENDS` and `RECEIVES`.
    """

    def __init__(self) -> None:
        self.state: Values = np.zeros((0, 2), np.uint8)
        self.roles: Values = np.zeros(0, np.uint8)
        self.tables = (EVENTS, np.stack((compiled(SENDS), compiled(RECEIVES))))

    def make_room(self, count: int) -> None:
        """Make sure that so many connections fit."""
        self.state = grown(self.state, count)
        self.roles = grown(self.roles, count)

    def advance(
        self, segments: Segments, grouping: Grouping, does: Integers, count: int
    ) -> tuple[Integers, Integers, Integers]:
        """Move both sides by each segment of the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            does: what each does, see `Milestones.advance`.
            count: how many connections there are.

        Returns:
            for each segment the state of client and of server after it, perhaps + `INFERRED`, and 1 if the
            server sent it. Who is the client is what was known by then.
        """
        self.make_room(count)
        out = np.empty((3, len(segments)), np.int64)
        known = (self.state, self.roles)
        move(grouping.connection, (grouping.role, does), segments.matrix, self.tables, known, out)
        return out[0], out[1], out[2]


def event_of(segments: Kinds, does: Integers) -> Integers:
    """What segments of these kinds are to the state machine, depending on what they do."""
    flags, misfits = segments.flags, (does & MISFITS) != 0
    takes, again = (does & TAKES) != 0, (does & AGAIN) != 0
    is_ack = (flags & ACK) != 0
    fin = np.where(takes, np.where(again, Event.FIN_AGAIN, Event.FIN_AND_ACK), Event.FIN)
    event = np.where(is_ack, np.where(takes, Event.ACK_OF_FIN, Event.ACK), Event.NOTHING)
    event = np.where(flags & FIN, fin, event)
    event = np.where(flags & SYN, np.where(is_ack, Event.SYN_ACK, Event.SYN), event)
    old = np.where((flags & SYN != 0) & is_ack, Event.STRAY_SYN_ACK, Event.OLD)
    event = np.where(misfits, old, event)
    event = np.where(flags & RST, np.where(misfits, Event.OLD_RST, Event.RST), event)
    return np.where(segments.extent == WHOLE, event, Event.NOTHING)


EVENTS = np.stack([event_of(EVERY_KIND, np.full(len(EVERY_KIND.flags), does)) for does in range(8)], axis=1)
"""The event for each kind of segment and what it does."""


@kernel
def move(
    connection: Integers,
    about: tuple[Integers, Integers],
    rows: Integers,
    tables: tuple[Integers, Integers],
    known: tuple[Values, Values],
    out: Integers,
) -> None:
    """Move sender and receiver of each segment, and note who is the client.

    Args:
        connection: of each segment.
        about: of each segment its role in the grouping, and what it does.
        rows: see `Segments.matrix`.
        tables: `EVENTS`; (2, states, events) the tables `SENDS` and `RECEIVES`.
        known: state and roles, see `States`; updated.
        out: (3, n) see `States.advance`; filled.
    """
    role, does = about
    for row in range(len(connection)):
        out[0, row], out[1, row], out[2, row] = step(
            rows, row, connection[row], (role[row], does[row]), tables, known
        )


@kernel(plain_below=PART)
def step(
    rows: Integers,
    row: int,
    of: int,
    about: tuple[int, int],
    tables: tuple[Integers, Integers],
    known: tuple[Values, Values],
) -> tuple[int, int, int]:
    """Move both sides by one segment; returns their states, client first, and 1 if the server sent it."""
    role, does = about
    events, moves = tables
    state, roles = known
    side = rows[SENDER, row]
    event = events[rows[KIND, row], does]
    if role & CREATES:
        roles[of] = KNOWN | rows[GUESS, row] | FIRST_SENDER * side
    if event in (ASKS, ANSWERS) and not roles[of] & ROLE_SEEN:
        roles[of] = KNOWN | ROLE_SEEN | (side if event == ASKS else 1 - side) | (roles[of] & FIRST_SENDER)
    own, peer = int(state[of, side]), int(state[of, 1 - side])
    if event != IS_NOTHING:
        own = int(moves[0, own & STATE_BITS, event])
        moved = int(moves[1, peer & STATE_BITS, event])
        if moved != peer & STATE_BITS:
            peer = moved | INFERRED
        state[of, side], state[of, 1 - side] = own, peer
    if side == roles[of] & SIDE:
        return own, peer, 0
    return peer, own, 1


# Numba reads plain integers, not members of an enumeration.
IS_NOTHING, ASKS, ANSWERS, STATE_BITS = int(Event.NOTHING), int(Event.SYN), int(Event.SYN_ACK), INFERRED - 1
