"""Who talks, and with whom: packets and bytes of every conversation, or of every endpoint, at one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.basics.time import SECOND
from synfin.connections.group import Groups, grown
from synfin.connections.pairs import pairs, ports_of, single_ends, written_ends
from synfin.exports.statistics.since import since_first
from synfin.exports.statistics.table import Column, Table

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.connections.pairs import Ends, Kind, Pairs
    from synfin.dissect.table import PacketTable

TRANSPORT = ("tcp", "udp")
"""What has ports."""

PACKETS, BYTES, FIRST, LAST, CREATOR = 0, 2, 4, 5, 6
"""Columns of `Conversations.state`; packets and bytes have one column for each side."""


class Conversations:
    """Packets and bytes between every two ends; a `Count`.

    Attributes:
        kind: whose headers are looked at. Of TCP each connection is a conversation, of others all packets
            between two ends.
        state: int64 (capacity, 7), see the names above; times in nanoseconds since the first packet.
    """

    names: tuple[str, ...] = ()

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.state = np.zeros((0, 7), np.int64)
        self._groups = Groups()

    def part(self, table: PacketTable, chosen: Flags | None) -> tuple[Pairs, Flags, Integers, Integers]:
        """The headers of one chunk: between which ends, whether they count, bytes of their packets, times."""
        found = pairs(table, self.kind)
        counts = np.ones(len(found.packet), np.bool_) if found.counts is None else found.counts
        if chosen is not None:
            counts = counts & chosen[found.packet]
        return found, counts, table.chunk.length[found.packet], since_first(table)[found.packet]

    def add(self, part: tuple[Pairs, Flags, Integers, Integers]) -> None:
        """Add the next chunk's part."""
        found, counts, length, time = part
        if self.kind == "tcp" and found.segments is not None:
            grouping = self._groups.advance(found.segments)
        else:
            grouping = self._groups.number(found.ends.keys, found.ends.rows)
        self.state = grown(self.state, self._groups.count)
        tally(grouping.connection, found.ends.side, counts, length, time, self.state)

    def table(self) -> Table:
        """One row for each conversation that has packets: most packets first, then in order of appearance.

        A is the sender of the first packet. Where ports tell conversations apart, their numbers are those of
        `tcp.stream` and `udp.stream`.
        """
        state = self.state[: self._groups.count]
        total = state[:, PACKETS] + state[:, PACKETS + 1]
        order = np.argsort(-total, kind="stable")
        order = order[total[order] > 0]
        state, keys = state[order], self._groups.endpoints[order]
        creator = state[:, CREATOR]
        high = written_ends(keys, 1)
        low = written_ends(keys, 0)
        ports = np.stack(ports_of(keys), axis=1)
        each = np.arange(len(order))
        duration = state[:, LAST] - state[:, FIRST]
        columns = [Column("number", "count", order)] if self.kind in TRANSPORT else []
        for name, side in (("a", creator), ("b", 1 - creator)):
            columns.append(Column(f"{name}_address", "text", np.where(side == 1, high, low)))
            if self.kind in TRANSPORT:
                columns.append(Column(f"{name}_port", "count", ports[each, side]))
        columns += [
            Column("packets", "count", total[order]),
            Column("bytes", "count", state[:, BYTES] + state[:, BYTES + 1]),
        ]
        for name, side in (("a_to_b", creator), ("b_to_a", 1 - creator)):
            columns.append(Column(f"packets_{name}", "count", state[each, PACKETS + side]))
            columns.append(Column(f"bytes_{name}", "count", state[each, BYTES + side]))
        columns += [Column("start", "time", state[:, FIRST]), Column("duration", "time", duration)]
        for name, side in (("a_to_b", creator), ("b_to_a", 1 - creator)):
            columns.append(_speed(f"bits_per_second_{name}", state[each, BYTES + side], duration))
        return Table(tuple(columns))


def _speed(name: str, octets: Integers, duration: Integers) -> Column:
    """Bits per second, in whole numbers; none where there is but one moment."""
    each = zip(octets.tolist(), duration.tolist(), strict=True)
    return Column(name, "count", [8 * size * SECOND // time if time > 0 else None for size, time in each])


@kernel
def tally(
    of: Integers, side: Integers, counts: Flags, length: Integers, time: Integers, state: Integers
) -> None:
    """Count each header to its conversation.

    Args:
        of: number of each header's conversation.
        side: 0 if sent by the lower end, 1 if by the higher.
        counts: whether it counts.
        length: bytes of its packet on the wire.
        time: nanoseconds since the capture's first packet.
        state: see `Conversations.state`; updated.
    """
    for row in range(len(of)):
        if not counts[row]:
            continue
        at, by = of[row], side[row]
        if state[at, PACKETS] + state[at, PACKETS + 1] == 0:
            state[at, FIRST], state[at, LAST], state[at, CREATOR] = time[row], time[row], by
        state[at, PACKETS + by] += 1
        state[at, BYTES + by] += length[row]
        state[at, FIRST] = min(state[at, FIRST], time[row])
        state[at, LAST] = max(state[at, LAST], time[row])


class Talkers:
    """Packets and bytes that every endpoint sent and received; a `Count`.

    Attributes:
        kind: whose headers are looked at.
        state: int64 (capacity, 4): packets sent and received, bytes sent and received.
    """

    names: tuple[str, ...] = ()

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.state = np.zeros((0, 4), np.int64)
        self._groups = Groups()

    def part(self, table: PacketTable, chosen: Flags | None) -> tuple[Ends, Flags, Integers]:
        """The headers of one chunk: who sent and who received, whether they count, bytes of their packets."""
        found = pairs(table, self.kind)
        counts = np.ones(len(found.packet), np.bool_) if found.counts is None else found.counts
        if chosen is not None:
            counts = counts & chosen[found.packet]
        return single_ends(found.ends), counts, table.chunk.length[found.packet]

    def add(self, part: tuple[Ends, Flags, Integers]) -> None:
        """Add the next chunk's part."""
        ends, counts, length = part
        grouping = self._groups.number(ends.keys, ends.rows)
        self.state = grown(self.state, self._groups.count)
        credit(counts, length, grouping.connection, self.state)

    def table(self) -> Table:
        """One row for each endpoint that has packets: most packets first, then in order of appearance."""
        state = self.state[: self._groups.count]
        total = state[:, 0] + state[:, 1]
        order = np.argsort(-total, kind="stable")
        order = order[total[order] > 0]
        state, keys = state[order], self._groups.endpoints[order]
        columns = [Column("address", "text", written_ends(keys, 0))]
        if self.kind in TRANSPORT:
            columns.append(Column("port", "count", ports_of(keys)[1]))
        columns += [
            Column("packets", "count", total[order]),
            Column("bytes", "count", state[:, 2] + state[:, 3]),
            Column("packets_sent", "count", state[:, 0]),
            Column("bytes_sent", "count", state[:, 2]),
            Column("packets_received", "count", state[:, 1]),
            Column("bytes_received", "count", state[:, 3]),
        ]
        return Table(tuple(columns))


@kernel
def credit(counts: Flags, length: Integers, ends: Integers, state: Integers) -> None:
    """Count each header to the endpoint that sent it and to the one that received it.

    Args:
        counts: whether each header counts.
        length: bytes of its packet on the wire.
        ends: numbers of both its endpoints, one after the other.
        state: see `Talkers.state`; updated.
    """
    for row in range(len(counts)):
        if counts[row]:
            for way in range(2):
                state[ends[2 * row + way], way] += 1
                state[ends[2 * row + way], 2 + way] += length[row]
