"""The facts of single TCP packets that their connections tell, as folds: each follows no more than it needs.

What depends on a connection's end has its final value on a second pass, as in Wireshark's window and with
`tshark -2`: the completeness, and whatever counts from a first sequence number or a shift count that turned
out to be another one later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.completeness import Completeness
from synfin.connections.group import UNKNOWN, Groups
from synfin.connections.milestones import Milestones
from synfin.connections.offers import Offers
from synfin.connections.relative import FinalBases, next_seq, relative_ack, relative_seq
from synfin.connections.scaling import Scales, factor, is_scaled, window_size
from synfin.connections.segments import LYING, WHOLE, Segments, segments
from synfin.connections.state import INFERRED, NAMES, States
from synfin.connections.tally import Tallies
from synfin.dissect import text

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable


class Streams:
    """Numbers of connections, and the times within them; a `Fold`."""

    facts = frozenset({"tcp.stream", "tcp.time_relative", "tcp.time_delta"})
    final: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._groups = Groups()
        self._tallies = Tallies()

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts."""
        found = segments(table)
        grouping = self._groups.advance(found)
        times = self._tallies.advance(found, grouping, self._groups.count)
        found.supply("stream", grouping.connection)
        present = None
        if found.chosen is not None:  # the times stand at the end of a header, and need it whole
            layer = found.headers.layer
            is_there = layer.end - layer.start >= layer.protocol.minimum
            present = is_there[found.chosen] & (found.extent != LYING)
        found.supply("time_relative", times[0], present)
        found.supply("time_delta", times[1], present)

    def supply_final(self, table: PacketTable) -> None:
        """Nothing of this depends on a connection's end."""


class Counted:
    """Relative numbers, windows and completeness; a `Fold`."""

    facts = final = frozenset(
        {
            "tcp.seq",
            "tcp.ack",
            "tcp.nxtseq",
            "tcp.window_size",
            "tcp.window_size_scalefactor",
            "tcp.completeness",
        }
    )

    def __init__(self) -> None:
        self._groups = Groups()
        self._completeness = Completeness()
        self._offers = Offers()
        self._scales = Scales()
        self._again: tuple[Groups, FinalBases] | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts as they are known by then."""
        found = segments(table)
        grouping = self._groups.advance(found)
        count = self._groups.count
        bits = self._completeness.advance(found, grouping, count)
        offered = self._offers.advance(found, grouping, count)
        shift, _ = self._scales.advance(found, grouping, offered, count)
        _supply_counted(found, (grouping.base, grouping.peer_base), shift)
        found.supply("completeness", bits)

    def supply_final(self, table: PacketTable) -> None:
        """Supply them with their final values; chunks come again from the first, in the same order."""
        if self._again is None:
            self._again = Groups(), FinalBases(self._groups.bases)
        groups, bases = self._again
        found = segments(table)
        grouping = groups.advance(found)
        _supply_counted(found, bases.advance(found, grouping), self._scales.final(found, grouping))
        found.supply("completeness", self._completeness.final(grouping))


class StateNames:
    """The RFC 9293 state of both endpoints after each packet; a `Fold`."""

    facts = frozenset({"synfin.state.client", "synfin.state.server"})
    final: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._groups = Groups()
        self._milestones = Milestones()
        self._states = States()

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts."""
        found = segments(table)
        grouping = self._groups.advance(found)
        does = self._milestones.advance(found, grouping, self._groups.count)
        client, server, _ = self._states.advance(found, grouping, does, self._groups.count)
        names = text.from_list(NAMES.tolist())
        for side, states in (("client", client), ("server", server)):
            state = states & (INFERRED - 1)
            found.supply(f"synfin.state.{side}", names.take(state), state > 0)

    def supply_final(self, table: PacketTable) -> None:
        """A packet's states are what they were then, whatever came later."""


def _supply_counted(found: Segments, bases: tuple[Integers, Integers], shift: Integers) -> None:
    base, peer_base = bases
    if not found.headers.table.settings.relative:
        base = peer_base = np.full(len(found), UNKNOWN, np.int64)
    seq = relative_seq(found, base)
    is_told = found.extent != LYING
    found.supply_sequence(seq)
    found.supply("ack", relative_ack(found, peer_base), is_told)
    found.supply("nxtseq", next_seq(found, seq), found.extent == WHOLE)
    found.supply("window_size", window_size(found, shift), is_told)
    found.supply("window_size_scalefactor", factor(shift), is_scaled(found) & is_told)
