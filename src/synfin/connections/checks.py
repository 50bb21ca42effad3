"""The rules of sequence arithmetic that a segment obeys or not, with the numbers that they rest on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.sequence import MODULUS, distance
from synfin.connections import milestones as m
from synfin.connections.account import Check, Side
from synfin.connections.segments import ACK, FIN, RST, SYN
from synfin.connections.sequence import NEW, OLD
from synfin.connections.steps import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synfin.basics.arrays import Integers

REMEMBERED = 8192
"""Segments looked back at, to find which one another acknowledges or repeats."""

IS_CLIENT, SEQ, TAKEN, LENGTH, NUMBER, FLAGS, ACKED = range(7)
"""Rows of `Past.rows`."""


@dataclass
class Past:
    """The latest segments of one connection.

    Attributes:
        rows: int64 (7, n): 1 if the client sent it, seq, sequence numbers taken, payload length, packet
            number, flags, ack.
    """

    rows: Integers = field(default_factory=lambda: np.zeros((7, 0), np.int64))

    def add(self, more: Integers) -> int:
        """Append segments; returns where the first of them stands."""
        begin: int = min(self.rows.shape[1], REMEMBERED)
        self.rows = np.concatenate((self.rows[:, self.rows.shape[1] - begin :], more), axis=1)
        return begin

    def that_ends(self, before: int, side: Side, at: int) -> Integers | None:
        """The segment of this side, before position `before`, that takes the numbers just below `at`."""
        rows = self.rows[:, :before]
        ends = (rows[SEQ] + rows[TAKEN]) % MODULUS
        found = np.flatnonzero((rows[IS_CLIENT] == (side == "client")) & (ends == at) & (rows[TAKEN] > 0))
        return rows[:, found[0]] if len(found) else None

    def latest(self, before: int, side: Side, *, carries: bool) -> Integers | None:
        """The side's segment before position `before`: any with ACK, or the one that reaches furthest."""
        rows = self.rows[:, :before]
        found = np.flatnonzero(rows[IS_CLIENT] == (side == "client"))
        if carries:
            found = found[rows[TAKEN, found] > 0]
            if len(found):
                ends = distance(rows[SEQ, found[0]], rows[SEQ, found] + rows[TAKEN, found])
                return rows[:, found[int(np.argmax(ends))]]
            return None
        found = found[(rows[FLAGS, found] & ACK) != 0]
        return rows[:, found[-1]] if len(found) else None

    def covered(self, before: int, side: Side, span: tuple[Integers | None, int]) -> tuple[int, ...]:
        """Packet numbers of the side's segments with data that an acknowledgment newly covers.

        `span` is the row of the acknowledgment before it, None for the first, and the number acknowledged.
        """
        rows = self.rows[:, :before]
        earlier, acked = span
        ends = (rows[SEQ] + rows[TAKEN]) % MODULUS
        found = (rows[IS_CLIENT] == (side == "client")) & (rows[LENGTH] > 0) & (distance(ends, acked) >= 0)
        if earlier is not None:
            found &= distance(earlier[ACKED], ends) > 0
        at = np.flatnonzero(found)
        _, first = np.unique(ends[at], return_index=True)  # what was sent again is covered once
        return tuple(rows[NUMBER, at[np.sort(first)]].tolist())

    def original(self, position: int) -> int:
        """Packet number of the first segment with numbers that the one at `position` repeats, or 0."""
        again = self.rows[:, position]
        rows = self.rows[:, :position]
        offset = distance(again[SEQ], rows[SEQ])
        overlaps = (offset < again[TAKEN]) & (offset + rows[TAKEN] > 0)
        overlaps &= (rows[IS_CLIENT] == again[IS_CLIENT]) & ((rows[FLAGS] & RST) == 0)
        found = np.flatnonzero(overlaps)
        return int(rows[NUMBER, found[0]]) if len(found) else 0


@dataclass(frozen=True)
class Rules:
    """What the checks of one connection rest on.

    Attributes:
        milestones: for each side its row of `Milestones.state`.
        past: the segments so far.
    """

    milestones: Mapping[Side, list[int]]
    past: Past

    def checks(self, position: int, brings: int) -> tuple[Check, ...]:
        """The rules that apply to the segment at this position of the past."""
        return tuple(self._checks(self.past.rows[:, position].tolist(), position, brings))

    def _checks(self, row: list[int], position: int, brings: int) -> Iterator[Check]:
        side: Side = "client" if row[IS_CLIENT] else "server"
        if row[FLAGS] & RST:
            yield from self._of_reset(row, side)
            return
        if not row[FLAGS] & SYN:
            yield from self._of_sequence(row, side, position, brings)
        if row[FLAGS] & ACK:
            yield from self._of_acknowledgment(row, side, position)

    def _of_reset(self, row: list[int], side: Side) -> Iterator[Check]:
        peer = self.milestones[OTHER[side]]
        own = self.milestones[side]
        asked, has_answered = 0 < peer[m.SYN_PACKET] < row[NUMBER], 0 < own[m.ANSWER] < row[NUMBER]
        if row[FLAGS] & ACK and asked and not has_answered:
            parts = (peer[m.ISN] - 1, peer[m.SYN_DATA], 1)
            yield _check("ack_of_reset", row[ACKED], parts, peer[m.SYN_PACKET])

    def _of_sequence(self, row: list[int], side: Side, position: int, brings: int) -> Iterator[Check]:
        own = self.milestones[side]
        syn = own[m.SYN_PACKET] or own[m.ANSWER]
        before = self.past.latest(position, side, carries=True)
        if before is None:
            return
        if before[FLAGS] & SYN and syn and not brings & OLD:
            if row[TAKEN] or row[NUMBER] == own[m.CONFIRMS]:
                goes_on = row[SEQ] == (own[m.ISN] + own[m.SYN_DATA]) % MODULUS  # taken or not, it was sent
                data = own[m.SYN_DATA] if goes_on or self.milestones[OTHER[side]][m.TAKES_DATA] else 0
                yield _check("seq_after_syn", row[SEQ], (own[m.ISN] - 1, data, 1), int(before[NUMBER]))
        elif row[TAKEN] and brings & NEW and not brings & OLD:
            parts = (int(before[SEQ]), int(before[LENGTH]), int(before[TAKEN] - before[LENGTH]))
            yield _check("seq_continues", row[SEQ], parts, int(before[NUMBER]))

    def _of_acknowledgment(self, row: list[int], side: Side, position: int) -> Iterator[Check]:
        own, peer = self.milestones[side], self.milestones[OTHER[side]]
        if row[NUMBER] == own[m.TAKES_FIN]:
            fin = self.past.that_ends(position, OTHER[side], peer[m.FIN_END])
            if fin is not None and fin[FLAGS] & FIN:
                parts = (int(fin[SEQ]), int(fin[LENGTH]), 1)
                yield _check("ack_of_fin", row[ACKED], parts, int(fin[NUMBER]))
            return
        taken = self.past.that_ends(position, OTHER[side], row[ACKED])
        if taken is not None and not taken[FLAGS] & SYN:
            before = self.past.latest(position, side, carries=False)
            if before is None or before[ACKED] != row[ACKED]:
                parts = (int(taken[SEQ]), int(taken[LENGTH]), int(taken[TAKEN] - taken[LENGTH]))
                covered = self.past.covered(position, OTHER[side], (before, row[ACKED]))
                yield _check("ack_of_data", row[ACKED], parts, *(covered or (int(taken[NUMBER]),)))
            return
        is_new = side == "client" or not own[m.ANSWER]  # a server said so with its SYN already
        answers = row[FLAGS] & SYN or (is_new and row[NUMBER] in (own[m.CONFIRMS], own[m.STRAY]))
        syn = next((peer[at] for at in (m.SYN_PACKET, m.ANSWER) if 0 < peer[at] < row[NUMBER]), 0)
        if answers and peer[m.ISN] and syn:
            data = peer[m.SYN_DATA] if own[m.TAKES_DATA] else 0
            yield _check("ack_of_syn", row[ACKED], (peer[m.ISN] - 1, data, 1), syn)


def _check(rule: str, found: int, parts: tuple[int, int, int], *because: int) -> Check:
    """A check; of the addends base, payload and the one for SYN or FIN those that are 0 are left out."""
    addends = (parts[0], *(part for part in parts[1:] if part))
    return Check(rule, sum(addends) % MODULUS, found, addends, because)
