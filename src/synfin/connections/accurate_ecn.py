"""Three flags become the counter ACE once both SYNs agreed on Accurate ECN.

As draft-ietf-tcpm-accurate-ecn 3.1 has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.connections.group import Groups, grown
from synfin.connections.segments import ACK, LYING, SYN, segments
from synfin.dissect.layers import Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values
    from synfin.dissect.table import PacketTable

OFFERED, AGREED = 1, 2
"""Bits of a connection's state: its SYN offers Accurate ECN, its SYN-ACK takes the offer up."""

OFFER = 7
ANSWERS = (1 << 2) | (1 << 3) | (1 << 4) | (1 << 6)
"""The three flags of a SYN that offers it; those of the SYN-ACKs that agree, as a set of bits."""


class AccurateEcn:
    """`tcp.flags.ace`; a `Fold`.

    Attributes:
        facts: full name of the fact that `advance` supplies.
        final: the same: what was agreed may be seen late.
    """

    facts = final = frozenset({"tcp.flags.ace"})

    def __init__(self) -> None:
        self._groups = Groups()
        self._state: Values = np.zeros(0, np.uint8)
        self._again: tuple[Groups, Values] | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its fact as it is known by then."""
        connection = self._groups.advance(segments(table)).connection
        self._state = grown(self._state, self._groups.count)
        _supply(table, connection, self._state)

    def supply_final(self, table: PacketTable) -> None:
        """Supply it with its final value; chunks come again from the first, in the same order."""
        if self._again is None:
            self._again = Groups(), self._state.copy()
        groups, state = self._again
        _supply(table, groups.advance(segments(table)).connection, state)


def _supply(table: PacketTable, connection: Integers, state: Values) -> None:
    """Follow these segments' SYNs, and supply the counter of the others."""
    found = segments(table)
    counter = found.flags >> 6 & OFFER
    is_syn = (found.flags & SYN) != 0
    if not bool((is_syn & (counter == OFFER)).any() | state.any()):
        return
    counts = np.zeros(len(found), np.bool_)
    follow_agreement(connection, np.stack((found.flags, counter, found.extent)), state, counts)
    rows = np.flatnonzero(counts)
    table.supply("tcp", "flags.ace", Sparse(found.rows[rows], counter[rows]))


@kernel
def follow_agreement(connection: Integers, rows: Integers, state: Values, counts: Values) -> None:
    """Tell for each segment whether its flags are a counter.

    Args:
        connection: of each segment.
        rows: (3, n) flags, the three of them as a number, extent.
        state: bits of each connection, see `OFFERED`; updated.
        counts: filled.
    """
    for row in range(len(connection)):
        of, flags, three = connection[row], rows[0, row], rows[1, row]
        if rows[2, row] == LYING:
            continue
        if not flags & SYN:
            counts[row] = state[of] == OFFERED | AGREED
        elif flags & ACK:
            state[of] = (state[of] & OFFERED) | (AGREED if ANSWERS >> three & 1 else 0)
        else:
            state[of] = (state[of] & AGREED) | (OFFERED if three == OFFER else 0)
