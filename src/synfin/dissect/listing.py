"""The packet list: for each packet the addresses, the protocol and the one line that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.dissect import text
from synfin.dissect.template import fill
from synfin.dissect.walk import QUOTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Integers
    from synfin.dissect.definition import Protocol
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text


class Listing(NamedTuple):
    """Columns of the packet list, one text per packet of the chunk."""

    source: Text
    destination: Text
    protocol: Text
    info: Text


def listing(table: PacketTable) -> Listing:
    """The list's columns for every packet of a chunk.

    The innermost header that has something to say wins, as long as it is part of the packet and not
    inside a copy of another packet.
    """
    return Listing(
        _innermost(table, lambda p: bool(p.source), lambda rows: rows.text(rows.layer.protocol.source)),
        _innermost(
            table, lambda p: bool(p.destination), lambda rows: rows.text(rows.layer.protocol.destination)
        ),
        _innermost(table, lambda p: bool(p.short), _short),
        _innermost(table, lambda p: bool(p.info), lambda rows: fill(rows, rows.layer.protocol.info)),
    )


def _short(rows: HeaderRows) -> Text:
    return fill(rows, rows.layer.protocol.short)


def _innermost(
    table: PacketTable, speaks: Callable[[Protocol], bool], say: Callable[[HeaderRows], Text]
) -> Text:
    """For each packet, what its innermost header of those that speak says; empty if none does."""
    names = table.catalogue.program.names
    steps = [index for index, name in enumerate(names) if speaks(table.catalogue.by_name[name])]
    can = np.zeros(len(names) + 1, np.bool_)
    can[steps] = True
    speaking = np.flatnonzero(can[table.found[1]] & ((table.found[5] & QUOTED) == 0))
    last = np.full(len(table), -1, np.int64)
    last[table.found[0, speaking]] = speaking  # ascending: the innermost is written last
    said: list[Text] = [text.literal("", 1)]
    place = np.zeros(len(table), np.int64)
    filled = 1
    for step in _steps_among(table, last):
        rows = table.rows(names[step])
        texts = say(rows)
        packets = np.flatnonzero((last >= 0) & (table.found[1, last] == step))
        place[packets] = filled + np.searchsorted(rows.layer.position, last[packets])
        said.append(texts)
        filled += len(texts)
    return text.stack(said).take(place)


def _steps_among(table: PacketTable, last: Integers) -> list[int]:
    used = last[last >= 0]
    return sorted({int(step) for step in np.unique(table.found[1, used])})
