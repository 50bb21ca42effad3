"""What options tell a resent segment from a copy or a late one by: timestamps and SACK blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.connections.options import FAMILY
from synfin.connections.sides import BLOCKS_AT_MOST
from synfin.dissect.columns import first_byte
from synfin.dissect.items import read_items
from synfin.dissect.layers import HeaderRows
from synfin.dissect.octets import four

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers
    from synfin.connections.segments import Segments
    from synfin.dissect.table import PacketTable

LENGTH, EDGES = "tcp.option_len", ("left", "right")
STAMPS, SACK, BLOCK = "tcp.options.timestamp", "tcp.options.sack", "tcp.options.sack.block"


@dataclass(frozen=True)
class Clues:
    """What the options of some segments tell; int64, -1 where there is nothing.

    Attributes:
        found: the segments.
        stamps: (2, n) TSval and TSecr.
        sacks: (n,) row + 1 of the segment's SACK blocks in `blocks`, 0 for none.
        blocks: (blocks, 5): left << 32 | right of up to four, raw, and how many there are.
    """

    found: Segments
    stamps: Integers
    sacks: Integers
    blocks: Integers


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
    numbers = read_items(headers, plan, {STAMPS: ("timestamp.tsval", "timestamp.tsecr"), SACK: ()})
    return Clues(found, numbers[:2], *_blocks(table, numbers[2]))


def _blocks(table: PacketTable, start: Integers) -> tuple[Integers, Integers]:
    """Where each segment's blocks are, and all blocks; `start` is where its SACK option is, -1 for none."""
    option, block = table.catalogue.by_name[SACK], table.catalogue.by_name[BLOCK]
    left, right = (first_byte(block.bit_field(f"sack.{edge}_raw")) for edge in EDGES)
    layout = (first_byte(option.bit_field(LENGTH)), option.minimum, block.minimum, left, right)
    place, blocks = np.empty(len(start), np.int64), np.empty((len(start), BLOCKS_AT_MOST + 1), np.int64)
    return place, blocks[: read_blocks(start, table.chunk.data, layout, place, blocks)]


@kernel
def read_blocks(
    start: Integers, data: Bytes, layout: tuple[int, int, int, int, int], place: Integers, blocks: Integers
) -> int:
    """Read the blocks of SACK options that are wholly there.

    Args:
        start: where each segment's option begins, -1 for none.
        data: the chunk's bytes.
        layout: within an option the offset of its length, and of the first block; bytes of a block, and
            within it the offsets of its edges.
        place: see `Clues.sacks`; filled.
        blocks: see `Clues`; filled.

    Returns:
        how many segments have the option.
    """
    length_at, first, size, left, right = layout
    count = 0
    for row in range(len(start)):
        place[row] = 0
        if start[row] < 0:
            continue
        at = start[row] + first
        length = int(data[start[row] + length_at])
        there = min((length - first) // size, BLOCKS_AT_MOST)
        for column in range(BLOCKS_AT_MOST):
            begin = at + column * size
            blocks[count, column] = 0
            if column < there:
                blocks[count, column] = four(data, begin + left) << 32 | four(data, begin + right)
        blocks[count, BLOCKS_AT_MOST] = there
        count += 1
        place[row] = count
    return count
