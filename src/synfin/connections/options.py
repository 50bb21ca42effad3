"""The TCP options of chosen segments: looking for those of every packet would cost more than the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.connections.account import Options
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

    def checksums(self) -> list[str]:
        """What `synfin.checksum.tcp` says of each header, "" where nothing."""
        words = self.table.rows("tcp").text("synfin.checksum.tcp").to_list()
        return [words[row] or "" for row in self.rows.tolist()]

    def _is_known(self, layer: str) -> bool:
        return layer in self.table.catalogue.by_name and len(self.table.layer(layer)) > 0


FAMILY = "tcp.option"


def options_of(table: PacketTable, rows: Integers) -> ChosenOptions:
    """The options of these rows of the TCP layer, which are in ascending order."""
    layer = table.layer("tcp")
    is_meant = np.zeros(len(table), np.bool_)
    is_meant[layer.packet[rows]] = True
    packets = np.flatnonzero(is_meant)
    first = np.searchsorted(table.found[0], packets, "left")
    count = np.searchsorted(table.found[0], packets, "right") - first
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    alone = replace(
        table,
        found=table.found[:, np.repeat(first, count) + within],
        counts=None,
        _layers={},
        _columns={},
        _facts={},
        _item_stops={},
    )
    kept = np.cumsum(is_meant[layer.packet]) - 1  # a packet may have several TCP headers
    return ChosenOptions(alone, kept[rows])


def described(chosen: ChosenOptions) -> list[Options]:
    """The options of each header, all of them."""
    from synfin.connections.account import Options

    mss = chosen.number("tcp.options.mss", "mss_val").tolist()
    shift = chosen.number("tcp.options.wscale", "wscale.shift").tolist()
    tsval = chosen.number("tcp.options.timestamp", "timestamp.tsval").tolist()
    tsecr = chosen.number("tcp.options.timestamp", "timestamp.tsecr").tolist()
    sack_permitted = chosen.has("tcp.options.sack_perm").tolist()
    kinds, blocks, cookies = _kinds(chosen), _blocks(chosen), _cookies(chosen)
    return [
        Options(
            mss=mss[at] if mss[at] != ABSENT else None,
            window_scale=shift[at] if shift[at] != ABSENT else None,
            sack_permitted=sack_permitted[at],
            sack=tuple(blocks.get(row, ())),
            timestamps=(tsval[at], tsecr[at]) if tsval[at] != ABSENT else None,
            fast_open=cookies.get(row),
            kinds=tuple(kind for _, kind in sorted(kinds.get(row, ()))),
        )
        for at, row in enumerate(chosen.rows.tolist())
    ]


KIND = "tcp.option_kind"


def _kinds(chosen: ChosenOptions) -> dict[int, list[tuple[int, int]]]:
    """For each header, where its options begin and their kinds."""
    table = chosen.table
    known = table.catalogue
    names = {
        member.name
        for items in known.by_name["tcp"].items
        for member in known.members[items.family].values()
        if any(item.name == KIND for item in member.every)
    }
    found: dict[int, list[tuple[int, int]]] = {}
    for name in sorted(names):
        column = table.item_column(name, KIND)
        layer = column.layer
        position, start = layer.position, layer.start
        if column.rows is not None:
            position, start = position[column.rows], start[column.rows]
        assert isinstance(column.values, np.ndarray)
        for row, at, kind in zip(position.tolist(), start.tolist(), column.values.tolist(), strict=True):
            found.setdefault(row, []).append((at, kind))
    return found


def _blocks(chosen: ChosenOptions) -> dict[int, list[tuple[int, int]]]:
    """For each header, the edges of its SACK blocks."""
    found: dict[int, list[tuple[int, int]]] = {}
    table = chosen.table
    if BLOCK in table.catalogue.by_name:
        blocks = table.rows(BLOCK)
        headers = table.layer("tcp.options.sack").position[blocks.layer.position].tolist()
        left, right = blocks.values("sack.left_raw").tolist(), blocks.values("sack.right_raw").tolist()
        for row, begin, end in zip(headers, left, right, strict=True):
            found.setdefault(row, []).append((begin, end))
    return found


BLOCK = "tcp.options.sack.block"


COOKIES = ("tcp.options.tfo", "tcp.options.experimental")
"""Options that may hold a fast open cookie (RFC 7413 4.1.1; the second before it had a number)."""


def has_cookie(chosen: ChosenOptions) -> Flags:
    """Which headers bring a fast open cookie, not only the wish for one."""
    table = chosen.table
    present = np.zeros(len(table.layer("tcp")), np.bool_)
    for option in COOKIES:
        if option in table.catalogue.by_name and len(table.layer(option)):
            column = table.item_column(option, "tfo.cookie")
            position = column.layer.position
            present[position if column.rows is None else position[column.rows]] = True
    return present[chosen.rows]


def _cookies(chosen: ChosenOptions) -> dict[int, bytes]:
    """For each header with a fast open option, its cookie; empty for a request."""
    found: dict[int, bytes] = {}
    table = chosen.table
    for option in COOKIES:
        if option not in table.catalogue.by_name or not len(table.layer(option)):
            continue
        for name in ("tfo.request", "tfo.cookie"):
            column = table.item_column(option, name)
            position = column.layer.position if column.rows is None else column.layer.position[column.rows]
            values = table.plain_values(column).tolist() if name == "tfo.cookie" else [b""] * len(position)  # type: ignore[union-attr]
            found |= dict(zip(position.tolist(), values, strict=True))
    return found
