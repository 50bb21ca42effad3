"""Which headers are inside which: packets and bytes for each path through the protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.dissect.walk import MAX_DEPTH, Reason
from synfin.exports.statistics.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers, Small
    from synfin.dissect.catalogue import Catalogue
    from synfin.dissect.table import PacketTable

Path = tuple[str, ...]

UNREADABLE = ("_ws.short", "_ws.malformed")
"""What a path ends with if a header is cut, or does not fit."""

FIRST_NODES = 256
"""Room for so many paths in one chunk; more is made when needed."""


class Hierarchy:
    """Packets and bytes by path; a `Count`. A path are the top lines of a packet's tree.

    Attributes:
        counts: by path, packets that begin with it and their bytes on the wire; the empty path is all.
    """

    names: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.counts: dict[Path, tuple[int, int]] = {(): (0, 0)}

    def part(self, table: PacketTable, chosen: Flags | None) -> Mapping[Path, tuple[int, int]]:
        """The paths of one chunk."""
        wanted = np.ones(len(table), np.bool_) if chosen is None else chosen
        names = (*table.catalogue.program.names, *UNREADABLE)
        rules = _rules(table.catalogue)
        ends = np.zeros(len(table), np.int64)
        children = np.zeros((FIRST_NODES, len(names)), np.int32)
        parents = np.zeros((FIRST_NODES, 2), np.int32)
        state = np.array([0, 1], np.int64)
        found = table.found[:2]
        while not descend(found[1], found[0], rules, (children, parents, ends), wanted, state):
            children = np.concatenate((children, np.zeros_like(children)))
            parents = np.concatenate((parents, np.zeros_like(parents)))
        return _summed(table, wanted, ends, parents[: state[1]], names)

    def add(self, part: Mapping[Path, tuple[int, int]]) -> None:
        """Add the next chunk's part."""
        for path, (packets, octets) in part.items():
            before = self.counts.get(path, (0, 0))
            self.counts[path] = before[0] + packets, before[1] + octets

    def table(self) -> Table:
        """One row for each path, below the path it continues, in the order of appearance."""
        below: dict[Path, list[Path]] = {}
        for path in sorted(self.counts, key=_is_unreadable):  # the others stay in order of appearance
            if path:
                below.setdefault(path[:-1], []).append(path)
        ordered: list[Path] = []
        waiting = below.get((), [])[::-1]
        while waiting:
            ordered.append(waiting.pop())
            waiting += below.get(ordered[-1], [])[::-1]
        rows = [self.counts[path] for path in ordered]
        packets, octets = self.counts[()]
        return Table(
            (
                Column("protocol", "text", [path[-1] for path in ordered]),
                Column("packets", "count", [row[0] for row in rows]),
                Column("packets_share", "share", [row[0] / packets for row in rows]),
                Column("bytes", "count", [row[1] for row in rows]),
                Column("bytes_share", "share", [row[1] / octets if octets else 0.0 for row in rows]),
                Column("path", "text", [":".join(path) for path in ordered]),
            ),
            tuple(len(path) - 1 for path in ordered),
        )


def _is_unreadable(path: Path) -> int:
    """0 if the path ends with a header, else more."""
    return UNREADABLE.index(path[-1]) + 1 if path and path[-1] in UNREADABLE else 0


def _rules(catalogue: Catalogue) -> Small:
    """What is to know of each step.

    Whether its header has no line of its own; whether what follows stands below it; inside the line of which
    step it stands, if that is the one before, -1 for none.
    """
    names = catalogue.program.names
    rules = np.full((3, len(names)), -1, np.int32)
    for step, name in enumerate(names):
        protocol = catalogue.by_name[name]
        rules[0, step] = protocol.body
        rules[1, step] = protocol.encloses or protocol.quotes
        if protocol.within in names:
            rules[2, step] = names.index(protocol.within)
    return rules


def _summed(
    table: PacketTable, wanted: Flags, ends: Integers, parents: Small, names: tuple[str, ...]
) -> dict[Path, tuple[int, int]]:
    """Packets and bytes of every path, from where each packet's path ends."""
    packets = np.bincount(ends[wanted], minlength=len(parents))
    octets = np.bincount(ends[wanted], weights=table.chunk.length[wanted], minlength=len(parents)).astype(
        np.int64
    )
    paths: list[Path] = [()]
    for node in range(1, len(parents)):
        paths.append((*paths[parents[node, 0]], names[parents[node, 1]]))
    for node in range(len(parents) - 1, 0, -1):  # children come after their parents
        packets[parents[node, 0]] += packets[node]
        octets[parents[node, 0]] += octets[node]
    counts = dict(zip(paths, zip(packets.tolist(), octets.tolist(), strict=True), strict=True))
    for packet, _, reason, *_rest in table.stops[:, wanted[table.stops[0]]].T.tolist():
        if reason == Reason.LIES:  # it is remarked on, and all that follows is missing
            continue
        path = (*paths[ends[packet]], UNREADABLE[reason != Reason.CUT])
        before = counts.get(path, (0, 0))
        counts[path] = before[0] + 1, before[1] + int(table.chunk.length[packet])
    return counts


@kernel
def descend(
    steps: Small,
    packet: Small,
    rules: Small,
    paths: tuple[Small, Small, Integers],
    wanted: Flags,
    state: Integers,
) -> bool:
    """Find where each packet's path ends in the tree of paths, and make it grow.

    Args:
        steps: of the headers, in order.
        packet: of each header.
        rules: see `_rules`.
        paths: (nodes, steps) child of each node; (nodes, 2) parent and step of each node; end of each
            packet's path; all filled.
        wanted: of each packet.
        state: the next header, and how many nodes there are; updated.

    Returns:
        whether all headers were followed; else there must be more room.
    """
    children, parents, ends = paths
    row = state[0]
    while row < len(steps):
        if state[1] + MAX_DEPTH + 1 > len(parents):
            state[0] = row
            return False
        of, node, line, is_open = packet[row], np.int64(0), -1, wanted[packet[row]]
        while row < len(steps) and packet[row] == of:
            step = steps[row]
            row += 1
            if not is_open or (rules[0, step] == 1 and line >= 0) or (line >= 0 and rules[2, step] == line):
                is_open = is_open and rules[1, step] != 1
                continue
            if children[node, step] == 0:
                children[node, step] = state[1]
                parents[state[1], 0], parents[state[1], 1] = node, step
                state[1] += 1
            node, line = np.int64(children[node, step]), step
            is_open = rules[1, step] != 1
        ends[of] = node
    state[0] = row
    return True
