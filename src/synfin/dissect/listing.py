"""The packet list: for each packet the addresses, the protocol and the one line that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.dissect import text
from synfin.dissect.template import fill
from synfin.dissect.walk import PARTIAL, QUOTED, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Integers
    from synfin.dissect.definition import Protocol
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text


ENDS = {
    int(Reason.CUT): "[Packet size limited during capture]",
    int(Reason.SHORT): "[Malformed Packet]",
}
"""What the info column says at its end; of headers that lie, their own protocols say more."""


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
        _address(table, lambda protocol: protocol.source),
        _address(table, lambda protocol: protocol.destination),
        _innermost(table, lambda p: bool(p.short), _short),
        _with_end(
            table,
            _innermost(table, lambda p: bool(p.info), lambda rows: fill(rows, rows.layer.protocol.info)),
        ),
    )


def _with_end(table: PacketTable, info: Text) -> Text:
    """The info column, which ends with why a packet could not be read to its end."""
    packet, _, reason = table.stops[:3]
    last = np.searchsorted(table.found[0], packet, side="right") - 1
    copied = (table.found[5, last] & QUOTED) != 0  # which may end anywhere, that is no fault
    part = ~copied | (reason == Reason.CUT)
    said = np.zeros(len(table), np.int64)
    said[packet[part]] = reason[part]
    if not bool(said.any()):
        return info
    return text.join([info, text.named(said, ENDS, otherwise="")])


def _address(table: PacketTable, field: Callable[[Protocol], str]) -> Text:
    """An address column; headers that are cut before their address leave it to those around them."""
    without = [np.empty(0, np.int64)]
    broken = np.unique(table.found[1, (table.found[5] & PARTIAL) != 0]).tolist()
    for name in (table.catalogue.program.names[step] for step in broken):
        rows = table.rows(name)
        if field(rows.layer.protocol):
            without.append(rows.layer.position[~rows.has(field(rows.layer.protocol))].astype(np.int64))
    return _innermost(
        table,
        lambda protocol: bool(field(protocol)),
        lambda rows: rows.text(field(rows.layer.protocol)),
        np.concatenate(without),
    )


def _short(rows: HeaderRows) -> Text:
    return fill(rows, rows.layer.protocol.short)


def _innermost(
    table: PacketTable,
    speaks: Callable[[Protocol], bool],
    say: Callable[[HeaderRows], Text],
    but: Integers | None = None,
) -> Text:
    """For each packet, what its innermost header of those that speak says; empty if none does.

    Args:
        table: the packets.
        speaks: which protocols have something to say.
        say: what all headers of a layer say.
        but: headers, as rows of the walk's table, that say nothing nevertheless.
    """
    names = table.catalogue.program.names
    steps = [index for index, name in enumerate(names) if speaks(table.catalogue.by_name[name])]
    can = np.zeros(len(names) + 1, np.bool_)
    can[steps] = True
    speaking = can[table.found[1]] & ((table.found[5] & QUOTED) == 0)
    if but is not None:
        speaking[but] = False
    last = np.full(len(table), -1, np.int64)
    rows_speaking = np.flatnonzero(speaking)
    last[table.found[0, rows_speaking]] = rows_speaking  # ascending: the innermost is written last
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
