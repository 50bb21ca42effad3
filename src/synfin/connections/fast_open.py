"""What became of data sent in a SYN with a fast open cookie (RFC 7413 4.1.2): accepted or ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.group import Groups, grown
from synfin.connections.options import has_cookie, options_of
from synfin.connections.relative import FinalBases, relative_ack
from synfin.connections.segments import ACK, LYING, SYN, segments
from synfin.dissect.layers import Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.segments import Segments
    from synfin.dissect.table import PacketTable


class FastOpens:
    """What SYN-ACKs say of data in the SYN; a `Fold`.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: the same: what is acknowledged counts from a first number that may turn out to be another.
    """

    facts = final = frozenset({"tcp.analysis.tfo_ack", "tcp.analysis.tfo_ignored"})

    def __init__(self) -> None:
        self._groups = Groups()
        self._opened: Values = np.zeros(0, np.bool_)  # of each connection, whether its SYN brought data
        self._again: tuple[Groups, FinalBases] | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts."""
        found = segments(table)
        grouping = self._groups.advance(found)
        self._opened = grown(self._opened, self._groups.count)
        asks = np.flatnonzero((found.flags & (SYN | ACK)) == SYN)
        self._opened[grouping.connection[asks[_brings_data(found, asks)]]] = True
        self._supply(found, grouping.connection, grouping.peer_base)

    def supply_final(self, table: PacketTable) -> None:
        """Supply them with their final values; chunks come again from the first, in the same order."""
        if self._again is None:
            self._again = Groups(), FinalBases(self._groups.bases)
        groups, bases = self._again
        found = segments(table)
        grouping = groups.advance(found)
        _, peer_base = bases.advance(found, grouping)
        self._supply(found, grouping.connection, peer_base)

    def _supply(self, found: Segments, connection: Integers, peer_base: Integers) -> None:
        answers = np.flatnonzero(((found.flags & (SYN | ACK)) == SYN | ACK) & (found.extent != LYING))
        if len(answers):
            taken = relative_ack(found, peer_base)[answers]
            opened = self._opened[connection[answers]]
            ignored = answers[(taken <= 1) & opened]
            for name, rows in (("tfo_ack", answers[taken > 1]), ("tfo_ignored", ignored)):
                found.headers.table.supply("tcp", f"analysis.{name}", Sparse(found.rows[rows], None))


def _brings_data(found: Segments, rows: Integers) -> Flags:
    """Which of these SYNs have both a cookie and data."""
    return (found.length[rows] > 0) & has_cookie(options_of(found.headers.table, found.rows[rows]))
