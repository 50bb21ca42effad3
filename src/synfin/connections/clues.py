"""What tells a resent segment from a copy or a late one: IP identification, hops, timestamps, SACK blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.connections.segments import Segments

ABSENT = -1


class Clues(NamedTuple):
    """One entry per segment, int64; `ABSENT` where there is none.

    Attributes:
        ident: identification of the IPv4 header around it; 0 says nothing and counts as absent.
        hops: time to live, or hop limit.
        tsval, tsecr: of the timestamps option.
        first, number: where its SACK blocks begin in `blocks`, and how many there are.
        blocks: (blocks, 2) left and right edges, raw.
    """

    ident: Integers
    hops: Integers
    tsval: Integers
    tsecr: Integers
    first: Integers
    number: Integers
    blocks: Integers


def clues(found: Segments) -> Clues:
    """The clues of the segments of a chunk; worked out once, then kept."""
    kept = found.headers.table.kept
    if "tcp clues" not in kept:
        kept["tcp clues"] = _clues(found)
    made: Clues = kept["tcp clues"]
    return made


def _clues(found: Segments) -> Clues:
    ident, hops = _of_network(found)
    tsval, tsecr = _timestamps(found)
    return Clues(ident, hops, tsval, tsecr, *_blocks(found))


def _of_network(found: Segments) -> tuple[Integers, Integers]:
    """Identification and hops, from the header directly around."""
    headers = found.headers
    around = headers.previous_header()[found.rows]
    ident, hops = (np.full(len(found), ABSENT, np.int64) for _ in range(2))
    for name, field in (("ip", "ttl"), ("ipv6", "hlim")):
        if name not in headers.table.catalogue.by_name or not len(headers.table.layer(name)):
            continue
        rows = headers.rows_of(name, around)
        inside = rows >= 0
        packets = headers.table.rows(name)
        hops = np.where(inside, packets.values(field, ABSENT)[rows], hops)
        if name == "ip":
            ident = np.where(inside, packets.values("id", ABSENT)[rows], ident)
    return np.where(ident == 0, ABSENT, ident), hops


def _timestamps(found: Segments) -> tuple[Integers, Integers]:
    table, name = found.headers.table, "tcp.options.timestamp"
    out = np.full((2, len(table.layer("tcp"))), ABSENT, np.int64)
    if name in table.catalogue.by_name and len(table.layer(name)):
        options = table.rows(name)
        for row, field in enumerate(("timestamp.tsval", "timestamp.tsecr")):
            out[row, options.layer.position] = options.values(field, ABSENT)
    return (out[0], out[1]) if found.chosen is None else (out[0, found.chosen], out[1, found.chosen])


OPTION, BLOCK = "tcp.options.sack", "tcp.options.sack.block"


def _blocks(found: Segments) -> tuple[Integers, Integers, Integers]:
    """Where each segment's blocks begin, how many there are, and all blocks."""
    table = found.headers.table
    first, count = np.zeros((2, len(found)), np.int64)
    if BLOCK not in table.catalogue.by_name or not len(table.layer(BLOCK)):
        return first, count, np.zeros((0, 2), np.int64)
    blocks = table.rows(BLOCK)
    place = np.full(len(table.layer("tcp")), ABSENT, np.int64)
    place[found.rows] = np.arange(len(found))
    of = place[table.layer(OPTION).position[blocks.layer.position]]
    whole = np.flatnonzero(blocks.is_whole & (of >= 0))
    edges = np.stack((blocks.values("sack.left_raw")[whole], blocks.values("sack.right_raw")[whole]), axis=1)
    which, begin, many = np.unique(of[whole], return_index=True, return_counts=True)
    first[which], count[which] = begin, many
    return first, count, edges
