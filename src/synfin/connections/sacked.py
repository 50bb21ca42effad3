"""What SACK blocks name, counted from the other side's first number: `tcp.options.sack_le` and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.sequence import advance, distance
from synfin.connections.group import UNKNOWN, Groups
from synfin.connections.relative import FinalBases
from synfin.connections.segments import WHOLE, segments
from synfin.dissect.layers import Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.table import PacketTable

OPTION, BLOCK = "tcp.options.sack", "tcp.options.sack.block"
"""The layers of the option and of its blocks."""


class Sacked:
    """The edges of SACK blocks; a `Fold`, apart from the others because it needs every packet's options.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: the same: they count from first numbers, which may turn out to be others later.
    """

    def __init__(self) -> None:
        edges = ("sack_le", "sack_re", "sack.dsack_le", "sack.dsack_re")
        self.facts = self.final = frozenset(f"tcp.options.{name}" for name in edges)
        self._groups = Groups()
        self._again: tuple[Groups, FinalBases] | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts as they are known by then."""
        found = segments(table)
        grouping = self._groups.advance(found)
        base = np.where(found.extent == WHOLE, grouping.peer_base, UNKNOWN)
        _supply(table, found.rows, base, found.ack)

    def supply_final(self, table: PacketTable) -> None:
        """Supply them with their final values; chunks come again from the first, in the same order."""
        if self._again is None:
            self._again = Groups(), FinalBases(self._groups.bases)
        groups, bases = self._again
        found = segments(table)
        _, peer_base = bases.advance(found, groups.advance(found))
        _supply(table, found.rows, np.where(found.extent == WHOLE, peer_base, UNKNOWN), found.ack)


def _supply(table: PacketTable, rows: Integers, base: Integers, ack: Integers) -> None:
    """Supply the edges; `base` and `ack` belong to these rows of the TCP layer."""
    if BLOCK not in table.catalogue.by_name or not len(table.layer(BLOCK)):
        return
    blocks, options = table.rows(BLOCK), table.layer(OPTION)
    place = np.full(len(table.layer("tcp")), -1, np.int64)
    place[rows] = np.arange(len(rows))
    of = place[options.position[blocks.layer.position]]
    whole = np.flatnonzero(blocks.is_whole & (of >= 0))
    of = of[whole]
    left, right = blocks.values("sack.left_raw")[whole], blocks.values("sack.right_raw")[whole]
    origin = np.where(base[of] == UNKNOWN, 0, base[of])
    values = {"le": advance(left, -origin), "re": advance(right, -origin)}
    option = blocks.layer.position[whole].astype(np.int64)
    duplicate = _is_duplicate(option, left, right, ack[of])
    for edge, numbers in values.items():
        table.supply(BLOCK, f"sack_{edge}", Sparse(whole, numbers))
        table.supply(OPTION, f"sack.dsack_{edge}", Sparse(option[duplicate], numbers[duplicate]))


def _is_duplicate(option: Integers, left: Integers, right: Integers, ack: Integers) -> Flags:
    """Which blocks report what came twice: the first, if below the ack or inside the second (RFC 2883 4)."""
    is_first = np.ones(len(option), np.bool_)
    is_first[1:] = option[1:] != option[:-1]
    has_next = np.zeros(len(option), np.bool_)
    has_next[:-1] = is_first[:-1] & ~is_first[1:]
    following = np.minimum(np.arange(len(option)) + 1, max(len(option) - 1, 0))
    inside = (distance(left[following], left) >= 0) & (distance(right, right[following]) >= 0)
    below: Flags = distance(right, ack) >= 0
    return is_first & (below | (has_next & inside))
