"""Follows every TCP connection of a capture, in file order: supplies the facts of its packets, and the table.

What depends on a connection's end has its final value on a second pass, as in Wireshark's window and with
`tshark -2`: the completeness, and whatever counts from a first sequence number or a shift count that turned
out to be another one later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.group import UNKNOWN, Groups
from synfin.connections.observations import Observations, Seen
from synfin.connections.relative import FinalBases, next_seq, relative_ack, relative_seq
from synfin.connections.scaling import factor, is_scaled, window_size
from synfin.connections.segments import LYING, WHOLE, Segments, segments
from synfin.connections.state import INFERRED, NAMES
from synfin.connections.summary import Connections, summarise
from synfin.connections.tally import Tallies
from synfin.dissect import text

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable

SIMPLE = ("stream", "time_relative", "time_delta")
COUNTED = ("seq", "ack", "nxtseq", "window_size", "window_size_scalefactor", "completeness")
STATES = ("synfin.state.client", "synfin.state.server")


class Follower:
    """Everything remembered about the connections of one capture; a `Fold`.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: of those that `supply_final` supplies, in a second pass.
        observations: what is remembered of each connection.
    """

    def __init__(self, *, supplies: bool = True) -> None:
        """Begin with nothing.

        Args:
            supplies: whether facts are given to the tables; for the table of connections alone they are not
                needed.
        """
        final = frozenset(f"tcp.{name}" for name in COUNTED)
        self.facts = frozenset(f"tcp.{name}" for name in SIMPLE) | frozenset(STATES) | final
        self.final = final
        self.observations = Observations()
        self._supplies = supplies
        self._second: _SecondPass | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts as they are known by then."""
        seen = self.observations.advance(table)
        if self._supplies:
            found, grouping = seen.segments, seen.grouping
            supply_simple(found, grouping.connection, (seen.since_first, seen.since_previous))
            supply_states(seen)
            supply_counted(found, (grouping.base, grouping.peer_base), seen.shift)
            found.supply("completeness", seen.completeness)

    def supply_final(self, table: PacketTable) -> None:
        """Supply the facts with their final values; chunks come again from the first, in the same order."""
        if self._second is None:
            self._second = _SecondPass(self.observations)
        self._second.advance(table)

    def finish(self) -> Connections:
        """The table of connections as they are known by now."""
        return summarise(self.observations)


class _SecondPass:
    """Groups once more, and shows what the first pass found out."""

    def __init__(self, first: Observations) -> None:
        self._first = first
        self._groups = Groups()
        self._tallies = Tallies()
        self._bases = FinalBases(first.groups.bases)

    def advance(self, table: PacketTable) -> None:
        found = segments(table)
        grouping = self._groups.advance(found)
        times = self._tallies.advance(found, grouping, self._groups.count)
        supply_simple(found, grouping.connection, times)
        bases = self._bases.advance(found, grouping)
        supply_counted(found, bases, self._first.scales.final(found, grouping))
        found.supply("completeness", self._first.completeness.final(grouping))


def supply_simple(found: Segments, connection: Integers, times: tuple[Integers, Integers]) -> None:
    """Connection numbers and times; the times stand at the end of a header and need it whole."""
    found.supply("stream", connection)
    present = None
    if found.chosen is not None:
        layer = found.headers.layer
        is_there = layer.end - layer.start >= layer.protocol.minimum
        present = is_there[found.chosen] & (found.extent != LYING)
    found.supply("time_relative", times[0], present)
    found.supply("time_delta", times[1], present)


def supply_states(seen: Seen) -> None:
    """The RFC 9293 state of both endpoints after each packet."""
    found = seen.segments
    if not found.declares(STATES[0]):
        return
    names = text.from_list(NAMES.tolist())
    for name, states in zip(STATES, (seen.client_state, seen.server_state), strict=True):
        state = states & (INFERRED - 1)
        found.supply(name, names.take(state), state > 0)


def supply_counted(found: Segments, bases: tuple[Integers, Integers], shift: Integers) -> None:
    """What counts from the first sequence numbers, and the windows."""
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
