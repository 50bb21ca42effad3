"""What the window field stands for: scaled only if both SYNs offered it, and never in a SYN (RFC 7323 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.group import CREATES, Grouping, grown
from synfin.connections.segments import ACK, FLAGS, QUOTED, SIDE, SYN, Segments

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.offers import Said

UNKNOWN, UNUSED = -1, -2
"""Instead of a shift count: no SYN was seen; a SYN was seen that does not offer it."""

LARGEST_SHIFT = 14
"""RFC 7323 2.3: a larger one counts as this."""

STORED = 3
"""Shift counts are stored with this added, so that a fresh entry, 0, is none."""


class Scales:
    """The shift count of every side.

    Attributes:
        state: int8 (capacity, 2): shift count + `STORED`.
    """

    def __init__(self) -> None:
        self.state: Values = np.zeros((0, 2), np.int8)

    def make_room(self, count: int) -> None:
        """Make sure that so many connections fit."""
        self.state = grown(self.state, count)

    def advance(
        self, segments: Segments, grouping: Grouping, offered: Said, count: int
    ) -> tuple[Integers, Integers]:
        """Learn from the SYNs of the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            offered: what these offer.
            count: how many connections there are.

        Returns:
            for each segment the shift count that its window field is known to have, `UNKNOWN` or `UNUSED`;
            and that of the other side's windows.
        """
        self.make_room(count)
        out = np.empty((2, len(segments)), np.int64)
        learn(grouping.connection, grouping.role, segments.matrix, offered.scales, self.state, out)
        return out[0], out[1]

    def final(self, segments: Segments, grouping: Grouping) -> Integers:
        """For each segment the shift count that its side turned out to have, as a second pass shows it."""
        return self.state[grouping.connection, segments.side].astype(np.int64) - STORED


def factor(shift: Integers) -> Integers:
    """As `tcp.window_size_scalefactor` has it: a multiplier, or `UNKNOWN` or `UNUSED`."""
    return np.where(shift >= 0, np.left_shift(1, np.maximum(shift, 0)), shift)


def is_scaled(segments: Segments) -> Flags:
    """True for segments whose window a factor applies to: those without SYN."""
    applies: Flags = (segments.flags & SYN) == 0
    return applies


def window_size(segments: Segments, shift: Integers) -> Integers:
    """The window in bytes; as it stands where no scaling applies or is known."""
    applies = is_scaled(segments) & (shift >= 0) & (segments.extent != QUOTED)
    return np.where(applies, np.left_shift(segments.window, np.maximum(shift, 0)), segments.window)


@kernel
def learn(
    connection: Integers,
    role: Integers,
    rows: Integers,
    offered: tuple[Integers, Integers],
    state: Values,
    out: Integers,
) -> None:
    """Learn each side's shift count from its SYN, and that neither side scales if one does not offer it.

    Args:
        connection: of each segment.
        role: of each segment in the grouping.
        rows: see `Segments.matrix`.
        offered: see `Said.scales`.
        state: see `Scales.state`; updated.
        out: (2, n) shift count that is known for each segment's side, and for the other; filled.
    """
    opened = 0
    for row in range(len(connection)):
        of, by = connection[row], rows[SIDE, row]
        out[0, row] = shift_of(of, by, role[row], (rows[FLAGS, row], opened), offered, state)
        out[1, row] = state[of, 1 - by] - STORED
        opened += 1 if rows[FLAGS, row] & SYN else 0


@kernel(plain_below=PART)
def shift_of(
    of: int, by: int, role: int, header: tuple[int, int], offered: tuple[Integers, Integers], state: Values
) -> int:
    """Learn from one segment; `header` is its flags, and how many SYNs came before it in the chunk.

    Returns:
        the shift count that is known for its side.
    """
    flags, opened = header
    is_whole, shifts = offered
    if role & CREATES:
        state[of, 0], state[of, 1] = UNKNOWN + STORED, UNKNOWN + STORED
    if flags & SYN and is_whole[opened]:
        if shifts[opened] >= 0:
            state[of, by] = min(shifts[opened], LARGEST_SHIFT) + STORED
        if state[of, by] == UNKNOWN + STORED:
            state[of, 0], state[of, 1] = UNUSED + STORED, UNUSED + STORED
        elif flags & ACK and state[of, 1 - by] == UNUSED + STORED:
            state[of, by] = UNUSED + STORED
    return int(state[of, by]) - STORED
