"""Follows every connection of a capture, chunk by chunk, in file order; what it learns are facts and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.completeness import Completeness
from synfin.connections.group import Groups
from synfin.connections.options import ABSENT, options_of
from synfin.connections.relative import FinalBases, next_seq, relative_ack, relative_seq
from synfin.connections.scaling import Scales, factor, is_scaled, window_size
from synfin.connections.segments import LYING, SYN, WHOLE, Segments, segments
from synfin.connections.tally import Tallies

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable


class Follower:
    """Everything remembered about the connections of one capture."""

    def __init__(self) -> None:
        self._groups = Groups()
        self._tallies = Tallies()
        self._completeness = Completeness()
        self._scales = Scales()
        self._again: _SecondPass | None = None

    def advance(self, table: PacketTable) -> None:
        found = segments(table)
        grouping = self._groups.advance(found)
        count = self._groups.count
        relative_time, delta = self._tallies.advance(found, grouping, count)
        bits = self._completeness.advance(found, grouping, count)
        shift = self._scales.advance(found, grouping, offered_shift(found), count)
        supply_times(found, relative_time, delta)
        supply_numbers(found, grouping.base, grouping.peer_base)
        supply_windows(found, shift)
        found.supply("stream", grouping.connection)
        found.supply("completeness", bits)

    def supply_final(self, table: PacketTable) -> None:
        if self._again is None:
            self._again = _SecondPass(self)
        self._again.advance(table)


class _SecondPass:
    def __init__(self, first: Follower) -> None:
        self._first = first
        self._groups = Groups()
        self._tallies = Tallies()
        self._bases = FinalBases(first._groups.bases)

    def advance(self, table: PacketTable) -> None:
        found = segments(table)
        grouping = self._groups.advance(found)
        count = self._groups.count
        supply_times(found, *self._tallies.advance(found, grouping, count))
        supply_numbers(found, *self._bases.advance(found, grouping))
        supply_windows(found, self._first._scales.final(found, grouping))
        found.supply("stream", grouping.connection)
        found.supply("completeness", self._first._completeness.final(grouping))


def offered_shift(found: Segments) -> Integers:
    is_syn = np.flatnonzero(found.flags & SYN)
    shift = np.full(len(found), ABSENT, np.int64)
    if len(is_syn):
        chosen = options_of(found.headers.table, found.rows[is_syn])
        shift[is_syn] = chosen.number("tcp.options.wscale", "tcp.options.wscale.shift")
    return shift


def supply_times(found: Segments, since_first: Integers, since_previous: Integers) -> None:
    present = None
    if found.chosen is not None:
        layer = found.headers.layer
        present = (layer.end - layer.start >= layer.protocol.minimum)[found.chosen] & (found.extent != LYING)
    found.supply("time_relative", since_first, present)
    found.supply("time_delta", since_previous, present)


def supply_numbers(found: Segments, base: Integers, peer_base: Integers) -> None:
    seq = relative_seq(found, base)
    found.supply_sequence(seq)
    found.supply("ack", relative_ack(found, peer_base), found.extent != LYING)
    found.supply("nxtseq", next_seq(found, seq), found.extent == WHOLE)


def supply_windows(found: Segments, shift: Integers) -> None:
    found.supply("window_size", window_size(found, shift), found.extent != LYING)
    found.supply("window_size_scalefactor", factor(shift), is_scaled(found) & (found.extent != LYING))
