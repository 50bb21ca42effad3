"""The TCP options of chosen segments only: looking for those of every packet would cost more than the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect.columns import read
from synfin.dissect.items import find_items
from synfin.dissect.layers import HeaderRows, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.table import PacketTable

ABSENT = -1


@dataclass(frozen=True, slots=True)
class ChosenOptions:
    """Options of some TCP headers, row by row.

    Attributes:
        table: the chunk.
        count: how many headers there are.
        layers: the options found, by protocol name; `position` of each is the header among the chosen.
    """

    table: PacketTable
    count: int
    layers: Mapping[str, Layer]

    def number(self, layer: str, name: str) -> Integers:
        """One number per header, `ABSENT` where there is none; of several the last counts.

        Args:
            layer: protocol name of the option, e.g. "tcp.options.mss".
            name: the field's whole name, e.g. "tcp.options.mss_val".
        """
        values = np.full(self.count, ABSENT, np.int64)
        if layer in self.layers and len(self.layers[layer]):
            found = self.layers[layer]
            item = next(
                item for item in found.protocol.every_field() if found.protocol.full_name(item) == name
            )
            column = read(HeaderRows(self.table, found), item)
            position = found.position if column.rows is None else found.position[column.rows]
            values[position] = column.values
        return values

    def has(self, layer: str) -> Flags:
        """Which headers have the option."""
        present = np.zeros(self.count, np.bool_)
        if layer in self.layers:
            present[self.layers[layer].position] = True
        return present


def options_of(table: PacketTable, rows: Integers) -> ChosenOptions:
    """Find the options of these rows of the TCP layer."""
    catalogue = table.catalogue
    protocol = catalogue.by_name["tcp"]
    items = next((one for one in protocol.items if catalogue.members.get(one.family)), None)
    if items is None or not len(rows):
        return ChosenOptions(table, len(rows), {})
    whole = table.layer("tcp")
    chosen = Layer(
        whole.protocol,
        whole.packet[rows],
        whole.start[rows],
        whole.end[rows],
        whole.limit[rows],
        whole.flags[rows],
        whole.position[rows],
    )
    layers, _ = find_items(HeaderRows(table, chosen), items, catalogue.members[items.family])
    return ChosenOptions(table, len(rows), layers)
