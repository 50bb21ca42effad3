"""The TCP options of chosen segments only: looking for those of every packet would cost more than the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.table import PacketTable

ABSENT = -1


@dataclass(frozen=True, slots=True)
class ChosenOptions:
    """Options of some TCP headers, row by row.

    Attributes:
        table: the headers of the packets that they are in, alone.
        rows: int64, which of the headers are meant.
    """

    table: PacketTable
    rows: Integers

    def number(self, layer: str, name: str) -> Integers:
        """One number per header, `ABSENT` where there is none; of several the last counts.

        Args:
            layer: protocol name of the option, e.g. "tcp.options.mss".
            name: the field's name below the option's prefix, e.g. "mss_val".
        """
        values = np.full(len(self.table.layer("tcp")), ABSENT, np.int64)
        if self._is_known(layer):
            column = self.table.item_column(layer, name)
            position = column.layer.position if column.rows is None else column.layer.position[column.rows]
            values[position] = column.values  # type: ignore[assignment]
        return values[self.rows]

    def has(self, layer: str) -> Flags:
        """Which headers have the option."""
        present = np.zeros(len(self.table.layer("tcp")), np.bool_)
        if self._is_known(layer):
            present[self.table.layer(layer).position] = True
        return present[self.rows]

    def _is_known(self, layer: str) -> bool:
        return layer in self.table.catalogue.by_name and len(self.table.layer(layer)) > 0


def options_of(table: PacketTable, rows: Integers) -> ChosenOptions:
    """The options of these rows of the TCP layer, which are in ascending order."""
    layer = table.layer("tcp")
    is_meant = np.zeros(len(table), np.bool_)
    is_meant[layer.packet[rows]] = True
    alone = replace(
        table,
        found=table.found[:, is_meant[table.found[0]]],
        _layers={},
        _columns={},
        _facts={},
        _item_stops={},
    )
    kept = np.cumsum(is_meant[layer.packet]) - 1  # a packet may have several TCP headers
    return ChosenOptions(alone, kept[rows])
