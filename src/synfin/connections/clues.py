"""What tells a resent segment from a copy or a late one: IP identification, hops, timestamps, SACK blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.segments import AROUND
from synfin.connections.sides import BLOCKS_AT_MOST
from synfin.dissect.columns import first_byte, numbers_at, numbers_where
from synfin.dissect.items import place_items
from synfin.dissect.layers import HeaderRows

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.connections.segments import Segments
    from synfin.dissect.table import PacketTable

ABSENT = -1
FAMILY, LENGTH, EDGES = "tcp.option", "tcp.option_len", ("left", "right")
STAMPS, SACK, BLOCK = "tcp.options.timestamp", "tcp.options.sack", "tcp.options.sack.block"


@dataclass(frozen=True)
class Clues:
    """What the headers of some segments tell; int64, `ABSENT` where there is nothing.

    Attributes:
        found: the segments.
        stamps: (3, n) TSval, TSecr, and the identification of the IPv4 header around.
        sacks: (n,) row + 1 of the segment's SACK blocks in `blocks`, 0 for none.
        blocks: (blocks, 5): left << 32 | right of up to four, raw, and how many there are.
    """

    found: Segments
    stamps: Integers
    sacks: Integers
    blocks: Integers

    def hops(self, rows: Integers) -> Integers:
        """Time to live, or hop limit, of the headers around some segments; 0 if there is none."""
        table, around = self.found.headers.table, self.found.matrix[AROUND, rows]
        hops = np.zeros(len(rows), np.int64)
        for name, field, start in (("ip", "ttl", around), ("ipv6", "hlim", -2 - around)):
            chosen = np.flatnonzero(start >= 0)
            if len(chosen):
                item = table.catalogue.by_name[name].bit_field(field)
                hops[chosen] = numbers_at(table.chunk.data, start[chosen].astype(np.int32), item)
        return hops


def clues(found: Segments) -> Clues:
    """The clues of the segments of a chunk; worked out once, then kept."""
    kept = found.headers.table.kept
    made: Clues | None = kept.get("tcp clues")
    if made is None or made.found is not found:
        made = kept["tcp clues"] = _clues(found)
    return made


def _clues(found: Segments) -> Clues:
    table = found.headers.table
    headers = found.headers
    if found.chosen is not None:
        headers = HeaderRows(table, headers.layer.taken(found.chosen))
    plan = table.catalogue.plans[FAMILY]
    option = table.catalogue.by_name[STAMPS]
    tsval, tsecr = (option.bit_field(f"timestamp.{name}") for name in ("tsval", "tsecr"))
    stamps, sacks = place_items(headers, plan, {STAMPS: first_byte(tsecr) + tsecr.bits // 8, SACK: 0})
    made = np.empty((3, len(found)), np.int64)
    for row, field in enumerate((tsval, tsecr)):
        numbers_where(table.chunk.data, stamps, field, made[row])
    if "ip" in table.catalogue.by_name:
        ident = table.catalogue.by_name["ip"].bit_field("id")
        numbers_where(table.chunk.data, found.matrix[AROUND], ident, made[2])
    else:
        made[2] = ABSENT
    return Clues(found, made, *_blocks(table, sacks))


def _blocks(table: PacketTable, start: Integers) -> tuple[Integers, Integers]:
    """Where each segment's blocks are, and all blocks; `start` is where its SACK option is, -1 for none."""
    place, rows = np.zeros(len(start), np.int64), np.flatnonzero(start >= 0)
    place[rows] = np.arange(1, len(rows) + 1)
    blocks = np.zeros((len(rows), BLOCKS_AT_MOST + 1), np.int64)
    if not len(rows):
        return place, blocks
    data, option, block = table.chunk.data, table.catalogue.by_name[SACK], table.catalogue.by_name[BLOCK]
    first = start[rows].astype(np.int32) + np.int32(option.minimum)
    size = numbers_at(data, start[rows].astype(np.int32), option.bit_field(LENGTH)) - option.minimum
    count = np.minimum(size // block.minimum, BLOCKS_AT_MOST)
    blocks[:, BLOCKS_AT_MOST] = count
    for at in range(int(count.max())):
        some = np.flatnonzero(count > at)
        begin = first[some] + np.int32(at * block.minimum)
        left, right = (numbers_at(data, begin, block.bit_field(f"sack.{edge}_raw")) for edge in EDGES)
        blocks[some, at] = left << 32 | right
    return place, blocks
