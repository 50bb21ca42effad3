"""Follows every TCP connection of a capture, in file order, to the table of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.connections.facts import Counted, StateNames, Streams
from synfin.connections.observations import Observations
from synfin.connections.summary import Connections, summarise

if TYPE_CHECKING:
    from synfin.dissect.fold import Fold
    from synfin.dissect.table import PacketTable


class Follower:
    """Everything remembered about the connections of one capture.

    Attributes:
        observations: what is remembered of each connection.
        dropped: packets that whoever captured says were lost on the way to the file; to be told before
            `finish` is called.
        is_cut: whether the end of the capture is known to be missing; likewise.
    """

    def __init__(self, *, supplies: bool = True, main_only: bool = False) -> None:
        """Begin with nothing.

        Args:
            supplies: whether the tables are given the facts of their packets, too; the table of connections
                does not need them.
            main_only: whether the table is to have no more than its main columns.
        """
        self.observations = Observations(is_outline=main_only)
        self.dropped = 0
        self.is_cut = False
        self._folds: tuple[Fold, ...] = (Streams(), Counted(), StateNames()) if supplies else ()
        self._again: Streams | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts as they are known by then."""
        self.observations.take_in(table)
        for fold in self._folds:
            fold.advance(table)

    def supply_final(self, table: PacketTable) -> None:
        """Supply the facts with their final values; chunks come again from the first, in the same order."""
        if self._again is None:
            self._again = Streams()
        self._again.advance(table)
        for fold in self._folds:
            fold.supply_final(table)

    def finish(self) -> Connections:
        """The table of connections as they are known by now."""
        return summarise(self.observations).weakened(self.dropped, is_cut=self.is_cut)
