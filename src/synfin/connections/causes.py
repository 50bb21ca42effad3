"""Whether a segment was resent, and why: lines of logic over what `sendings` observed.

Names follow RFC 5681 (fast), RFC 8985 (tail loss probe) and RFC 6298 (timeout).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.basics.time import MILLISECOND
from synfin.connections import signs as s
from synfin.connections.group import grown
from synfin.connections.sequence import OLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers, Values

CAUSES = (
    "",
    "fast",
    "tail_loss_probe",
    "timeout",
    "spurious",
    "syn",
    "fin",
    "keep_alive",
    "zero_window_probe",
    "unclassified",
)
(
    NOT_RESENT,
    FAST,
    TAIL_LOSS_PROBE,
    TIMEOUT,
    SPURIOUS,
    IS_SYN,
    IS_FIN,
    IS_KEEP_ALIVE,
    ZERO_WINDOW_PROBE,
    UNCLASSIFIED,
) = range(len(CAUSES))
"""Why a segment was resent; what only asks whether the other side is there; "" for what was not resent."""

AFTER_TIMEOUT = len(CAUSES)
TRIGGERS = (*CAUSES, "after_timeout")
"""What made the sender resend, needless or not: of the causes those that say so; and that it had resent
because of a timeout and goes on with what else is missing (RFC 5681 4.2)."""

RULES = (
    "",
    "same_identification",
    "same_segment_at_once",
    "older_identification",
    "older_timestamp",
    "sooner_than_a_round_trip",
    "keep_alive",
    "zero_window_probe",
    "syn",
    "fin",
    "already_acknowledged",
    "dsack",
    "eifel",
    "sack",
    "three_duplicate_acks",
    "recovery",
    "tail_loss_probe",
    "retransmission_timer",
    "after_timeout",
    "no_rule",
)
"""What a verdict rests on."""

OPEN, PROBED, RECOVERING, TIMED_OUT = range(4)
"""What a sender is at: nothing special; it waits for the answer to a tail loss probe; it resends because
acknowledgments tell that something is missing; it resends because its timer ran out."""

PROMPTED, TIMER_AT_TAIL, TIMER_AT_HEAD, TIMER_AT_BOTH = range(4)
"""When, and what, it resends: right after an acknowledgment; unprompted: the last, the first, the only."""

MOVES: Mapping[tuple[int, int], tuple[int, int]] = {
    (OPEN, PROMPTED): (FAST, RECOVERING),
    (OPEN, TIMER_AT_TAIL): (TAIL_LOSS_PROBE, PROBED),
    (OPEN, TIMER_AT_BOTH): (TAIL_LOSS_PROBE, PROBED),  # RFC 8985 7.2: it is due before the timeout
    (OPEN, TIMER_AT_HEAD): (TIMEOUT, TIMED_OUT),
    (PROBED, PROMPTED): (FAST, RECOVERING),
    (PROBED, TIMER_AT_TAIL): (UNCLASSIFIED, PROBED),  # RFC 8985 7.3: one probe at a time
    (PROBED, TIMER_AT_BOTH): (TIMEOUT, TIMED_OUT),
    (PROBED, TIMER_AT_HEAD): (TIMEOUT, TIMED_OUT),
    (RECOVERING, PROMPTED): (FAST, RECOVERING),
    (RECOVERING, TIMER_AT_TAIL): (FAST, RECOVERING),
    (RECOVERING, TIMER_AT_BOTH): (TIMEOUT, TIMED_OUT),
    (RECOVERING, TIMER_AT_HEAD): (TIMEOUT, TIMED_OUT),
    (TIMED_OUT, PROMPTED): (AFTER_TIMEOUT, TIMED_OUT),
    (TIMED_OUT, TIMER_AT_TAIL): (AFTER_TIMEOUT, TIMED_OUT),
    (TIMED_OUT, TIMER_AT_BOTH): (TIMEOUT, TIMED_OUT),
    (TIMED_OUT, TIMER_AT_HEAD): (TIMEOUT, TIMED_OUT),
}
"""What makes a sender resend, and what it is at then (RFC 6298 5, RFC 6582 3, RFC 8985 7)."""

UNPROMPTED_SHARE, SACKED_SHARE = 0.75, 1.25
"""A sender that heard nothing new for so many round trips was not prompted by an acknowledgment: timers run
for longer than one. What SACK shows to be lost may wait for reordering to end first (RFC 8985 6.2.1)."""

TIMER_SLACK, SHORTEST_TIMER, UNKNOWN_PATH = 10 * MILLISECOND, 2 * MILLISECOND, 100 * MILLISECOND
"""Timers of a kernel are late by up to two of its ticks; none is shorter than this; and what is long where
nothing is known of the path."""

TIMER_SHARE = 0.95
"""What was measured of the timeout may be so much more than the sender's own estimate."""

DUPLICATES_NEEDED = 3
"""RFC 5681 3.2."""


@dataclass(frozen=True)
class Judged:
    """Verdicts over events; everything has one entry per event.

    Attributes:
        events: see `signs`.
    """

    events: Integers

    def has(self, sign: int) -> Flags:
        """Where this bit of `SIGNS` is set."""
        found: Flags = (self.events[:, s.SIGNS] & sign) != 0
        return found

    def brings(self, what: int) -> Flags:
        """Where the segment brings this."""
        found: Flags = (self.events[:, s.BRINGS] & what) != 0
        return found

    @cached_property
    def is_older(self) -> Flags:
        """It was sent before others that were seen before it."""
        by_stamp = self.has(s.STAMP_TELLS) & ~self.has(s.STAMP_LATER)
        older = np.where(self.has(s.IDENT_TELLS), ~self.has(s.IDENT_LATER), by_stamp)
        return older & ~self.has(s.OVERTAKES)

    @cached_property
    def is_old(self) -> Flags:
        """Some of its numbers were seen before."""
        return self.brings(OLD)

    @cached_property
    def is_syn(self) -> Flags:
        """It opens the connection."""
        return self.has(s.OPENS)

    @cached_property
    def is_copy(self) -> Flags:
        """The network, or the capture, made it: the sender sent it once."""
        return self.has(s.COPIED)

    @cached_property
    def is_reordered(self) -> Flags:
        """The network delivered it after what was sent later."""
        return self.has(s.OVERTAKEN)

    @cached_property
    def is_resent(self) -> Flags:
        """The sender sent these numbers before, and not only to ask for an acknowledgment."""
        return self.has(s.RESENT) & ~self.has(s.ASKS)

    @cached_property
    def was_seen(self) -> Flags:
        """The capture shows an earlier sending of the numbers."""
        return self.is_old & (self.events[:, s.ORIGINAL] > 0)

    @cached_property
    def is_unprompted(self) -> Flags:
        """No acknowledgment made the sender send it: a timer did."""
        quiet, path = self.events[:, s.QUIET], self.events[:, s.PATH]
        plain = np.maximum(path * UNPROMPTED_SHARE, SHORTEST_TIMER)
        enough = np.where(self.has(s.SACKED_ABOVE), path * SACKED_SHARE + TIMER_SLACK, plain)
        long: Flags = quiet >= np.where(path > 0, enough, UNKNOWN_PATH)
        return long | self.is_overdue

    @cached_property
    def is_overdue(self) -> Flags:
        """It is the first not acknowledged, and the retransmission timeout has passed over it."""
        waited = np.minimum(self.events[:, s.SINCE], self.events[:, s.SINCE_ADVANCE])
        due = self.events[:, s.RTO] * TIMER_SHARE
        is_first = self.has(s.IS_HEAD) & ~self.has(s.SACKED_ABOVE)
        return is_first & (self.events[:, s.PATH] > 0) & (waited >= due)

    @cached_property
    def signal(self) -> Integers:
        """`PROMPTED` or what a timer resends."""
        head, tail = self.has(s.IS_HEAD), self.has(s.IS_TAIL) & ~self.has(s.SACKED_ABOVE)
        is_past = self.events[:, s.QUIET] >= self.events[:, s.RTO] * TIMER_SHARE
        no_probes = ~self.has(s.SACK_AGREED) | self.is_syn | (self.has(s.WENT_UNSEEN) & is_past)
        chosen = np.select(
            [head & (~tail | no_probes), head & tail, tail],
            [TIMER_AT_HEAD, TIMER_AT_BOTH, TIMER_AT_TAIL],
            PROMPTED,
        )
        return np.where(self.is_unprompted, chosen, PROMPTED).astype(np.int64)

    def causes(self, trigger: Integers) -> Integers:
        """Index into `CAUSES`, from what made the sender resend."""
        return np.select(
            [
                self.has(s.ASKS) & self.has(s.WINDOW_CLOSED),
                self.has(s.ASKS),
                ~self.is_resent,
                self.is_syn,
                self.has(s.CLOSES),
                self.has(s.ALREADY_ACKED),
            ],
            [ZERO_WINDOW_PROBE, IS_KEEP_ALIVE, NOT_RESENT, IS_SYN, IS_FIN, SPURIOUS],
            np.where(trigger == AFTER_TIMEOUT, TIMEOUT, trigger),
        ).astype(np.int64)

    def triggers(self, known: Integers, mode: Integers) -> Integers:
        """Index into `TRIGGERS`: what made the sender resend; the table's word, if it is borne out."""
        reason = self.has(s.SACKED_ABOVE) | (self.events[:, s.DUPS] >= DUPLICATES_NEEDED)
        reason |= mode == RECOVERING
        unexplained = np.where(self.has(s.WENT_UNSEEN), AFTER_TIMEOUT, UNCLASSIFIED)
        trigger = np.where((known == FAST) & ~reason, unexplained, known)
        return np.where(self.is_resent, trigger, NOT_RESENT)

    def rules(self, cause: Integers, trigger: Integers) -> Integers:
        """Index into `RULES`."""
        told = self.has(s.IDENT_TELLS)
        tests: dict[str, Flags] = {
            "same_identification": self.is_copy & self.has(s.SAME_IDENT),
            "same_segment_at_once": self.is_copy,
            "older_identification": self.is_reordered & self.is_older & told,
            "older_timestamp": self.is_reordered & self.is_older,
            "sooner_than_a_round_trip": self.is_reordered,
            "zero_window_probe": cause == ZERO_WINDOW_PROBE,
            "keep_alive": cause == IS_KEEP_ALIVE,
            "syn": cause == IS_SYN,
            "fin": cause == IS_FIN,
            "already_acknowledged": cause == SPURIOUS,
            "sack": (trigger == FAST) & self.has(s.SACKED_ABOVE),
            "three_duplicate_acks": (trigger == FAST) & (self.events[:, s.DUPS] >= DUPLICATES_NEEDED),
            "recovery": trigger == FAST,
            "tail_loss_probe": trigger == TAIL_LOSS_PROBE,
            "after_timeout": trigger == AFTER_TIMEOUT,
            "retransmission_timer": trigger == TIMEOUT,
            "no_rule": cause == UNCLASSIFIED,
        }
        return np.select(list(tests.values()), [RULES.index(rule) for rule in tests], 0).astype(np.int64)


class Episodes:
    """What each sender is at.

    Attributes:
        state: int64 (rows, 2, 2): one of the four, and the raw number + 1 whose acknowledgment ends it.
    """

    def __init__(self) -> None:
        self.state: Values = np.zeros((0, 2, 2), np.int64)
        self._table = np.zeros((4, 4, 2), np.int64)
        for (mode, signal), moves in MOVES.items():
            self._table[mode, signal] = moves

    def advance(self, judged: Judged, place: Integers, rows: int) -> tuple[Integers, Integers]:
        """Follow the events of a chunk.

        Args:
            judged: what is known of each.
            place: which row of the state is each event's.
            rows: how many rows there are.

        Returns:
            for each event the table's word for what made the sender resend, and what it was at before.
        """
        self.state = grown(self.state, rows)
        out = np.zeros((2, len(judged.events)), np.int64)
        known = np.stack((judged.signal, judged.is_resent, judged.has(s.WAS_UNDONE), place)).astype(np.int64)
        follow(judged.events, known, self._table, self.state, out)
        return out[0], out[1]


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def follow(events: Integers, rows: Integers, table: Integers, state: Integers, out: Integers) -> None:
    """Lead each sender through its episodes.

    Args:
        events: see `Judged`.
        rows: (4, n) signal, whether it was resent, whether the episode turned out to be needless, place.
        table: (4, 4, 2) as `MOVES`.
        state: see `Episodes`; updated.
        out: (2, n) see `Episodes.advance`; filled.
    """
    for row in range(len(events)):
        if not rows[1, row]:
            continue
        own = state[rows[3, row], events[row, SIDE]]
        acked, sent = events[row, ACKED_UP_TO], events[row, SENT_UP_TO]
        is_undone = rows[2, row] and own[0] == TIMED_OUT  # RFC 5682 3.1; other episodes last to their end
        if own[1] and (is_undone or (acked >= 0 and distance(own[1] - 1, acked) >= 0)):
            own[0], own[1] = OPEN, 0
        mode = own[0]
        trigger, after = table[mode, rows[0, row], 0], table[mode, rows[0, row], 1]
        if after != mode or own[1] == 0:
            own[1] = sent + 1
        own[0] = after
        out[0, row], out[1, row] = trigger, mode


SIDE, ACKED_UP_TO, SENT_UP_TO = s.SIDE, s.ACKED_UP_TO, s.SENT_UP_TO


@dataclass(frozen=True)
class Verdicts:
    """What came out, one entry per event; int64.

    Attributes:
        judged: what it rests on.
        cause, trigger: index into `CAUSES`, `TRIGGERS`.
        rule: index into `RULES`.
    """

    judged: Judged
    cause: Integers
    trigger: Integers
    rule: Integers


def verdicts(events: Integers, place: Values, episodes: Episodes, rows: int) -> Verdicts:
    """Judge the events of a chunk.

    Args:
        events: see `signs`.
        place: which row of the episodes is a connection's.
        episodes: what each sender is at; brought forward.
        rows: how many rows there are.
    """
    judged = Judged(events)
    if not len(events):
        nothing = np.zeros(0, np.int64)
        return Verdicts(judged, nothing, nothing, nothing)
    known, mode = episodes.advance(judged, place[events[:, s.WHICH]], rows)
    trigger = judged.triggers(known, mode)
    cause = judged.causes(trigger)
    return Verdicts(judged, cause, trigger, judged.rules(cause, trigger))
