"""Who exchanges datagrams with whom: number and times of UDP conversations, as in `udp.stream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.connections.group import Groups
from synfin.connections.segments import datagrams
from synfin.connections.tally import Tallies

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable

HEADER = 8
"""The length of a datagram that carries nothing: like tshark we take no time of it, nor of a quoted one."""


class Datagrams:
    """The conversations of one capture; a `Fold`.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: none.
    """

    def __init__(self) -> None:
        self.facts = frozenset({"udp.stream", "udp.time_relative", "udp.time_delta"})
        self.final: frozenset[str] = frozenset()
        self._groups = Groups()
        self._tallies = Tallies()

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts."""
        if "udp" not in table.catalogue.by_name:
            return
        found = datagrams(table)
        grouping = self._groups.advance(found)
        length = found.headers.values("length")[found.rows]
        speaks = (length != HEADER) & ~found.headers.layer.quoted[found.rows]
        times = self._tallies.advance(found, grouping, self._groups.count, speaks)
        found.supply("stream", grouping.connection)
        found.supply("time_relative", times[0], speaks)
        found.supply("time_delta", times[1], speaks)

    def supply_final(self, table: PacketTable) -> None:
        """Nothing depends on a conversation's end."""
