"""Who talks to whom: gives every TCP header the number of its connection, as Wireshark's `tcp.stream`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.connections.segments import (
    ACK,
    ACK_NUMBER,
    EXTENT,
    FLAGS,
    HASH,
    SEQ,
    SIDE,
    SYN,
    WHOLE,
    Segments,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

UNKNOWN = -1
"""A sequence number that no packet has told yet."""

CREATES, REUSES = 1, 2
"""What a header does: it is the first of its connection; it takes up an endpoint pair with a new number."""

LOAD = 2
"""Slots of the table per connection, at least; with half of them empty, searches stay short."""


class Grouping(NamedTuple):
    """What is known of each segment of a chunk, int64.

    Attributes:
        connection: number of its connection, from 0 in order of appearance.
        role: `CREATES` | `REUSES`, or 0.
        base: the number that its own side's relative sequence numbers count from, `UNKNOWN` if none does.
        peer_base: the same for the other side.
    """

    connection: Integers
    role: Integers
    base: Integers
    peer_base: Integers


class Groups:
    """All connections seen so far: an open-addressing hash table over their endpoints.

    Attributes:
        count: how many connections there are.
        endpoints: int64 (capacity, 5), see `endpoints`.
        bases: int64 (capacity, 2): first sequence number of each side, `UNKNOWN` if not seen.
    """

    def __init__(self) -> None:
        self.count = 0
        self.endpoints = np.zeros((0, 5), np.int64)
        self.bases = np.zeros((0, 2), np.int64)
        self._hashes = np.zeros(0, np.int64)
        self._slots: Values = np.zeros(8, np.int32)

    def advance(self, segments: Segments) -> Grouping:
        """Group the segments of the next chunk."""
        return self.number(segments.keys, segments.matrix)

    def number(self, keys: Integers, rows: Integers) -> Grouping:
        """Number what travels between these ends.

        Args:
            keys: of each, see `endpoints`.
            rows: see `Segments.matrix`; without flags and extent the ends alone decide.
        """
        self._make_room(len(keys))
        out = np.empty((4, len(keys)), np.int64)
        known = (self.endpoints, self.bases, self._hashes)
        self.count = group(keys, rows, self._slots, known, out, self.count)
        return Grouping(*out)

    def _make_room(self, more: int) -> None:
        """Make sure that `more` connections fit; doubling keeps the total work linear."""
        needed = self.count + more
        self.endpoints = grown(self.endpoints, needed)
        self.bases = grown(self.bases, needed)
        self._hashes = grown(self._hashes, needed)
        if LOAD * needed > len(self._slots):
            old = self._slots
            self._slots = np.zeros(1 << (LOAD * needed - 1).bit_length(), np.int32)
            rehash(old, self._hashes, self._slots)


def grown(array: Values, needed: int) -> Values:
    """The array itself if it has `needed` rows, else a copy at least four times as long; new rows are 0.

    What is not used yet is not touched, and takes no memory.
    """
    if needed <= len(array):
        return array
    larger = np.zeros((max(needed, 4 * len(array)), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


@kernel
def rehash(old: Values, hashes: Integers, slots: Values) -> None:
    """Put every connection that can still be found into a larger table."""
    mask = len(slots) - 1
    for slot in range(len(old)):
        if old[slot] == 0:
            continue
        at = hashes[old[slot] - 1] & mask
        while slots[at] != 0:
            at = (at + 1) & mask
        slots[at] = old[slot]


@kernel
def group(
    keys: Integers,
    rows: Integers,
    slots: Values,
    known: tuple[Integers, Integers, Integers],
    out: Integers,
    count: int,
) -> int:
    """Find or make the connection of each segment, and each side's first sequence number.

    A pure SYN with another number than the side's known first one begins a new connection on the same
    endpoints; there is no timeout.

    Args:
        keys: see `endpoints`.
        rows: see `Segments.matrix`.
        slots: connection number + 1, 0 for an empty slot; updated.
        known: endpoints, bases and hashes of the connections; updated.
        out: (4, n) as `Grouping`, to be filled.
        count: how many connections there are.

    Returns:
        how many connections there are now.
    """
    endpoints, bases, hash_of = known
    mask = len(slots) - 1
    for row in range(len(keys)):
        side, flags, seq, extent = rows[SIDE, row], rows[FLAGS, row], rows[SEQ, row], rows[EXTENT, row]
        at = rows[HASH, row] & mask
        connection = np.int64(slots[at]) - 1
        while connection >= 0 and (
            endpoints[connection, 4] != keys[row, 4]
            or endpoints[connection, 1] != keys[row, 1]
            or endpoints[connection, 3] != keys[row, 3]
            or endpoints[connection, 0] != keys[row, 0]
            or endpoints[connection, 2] != keys[row, 2]
        ):
            at = (at + 1) & mask
            connection = np.int64(slots[at]) - 1
        role = 0 if connection >= 0 else CREATES
        if (
            role == 0
            and flags & SYN
            and bases[connection, side] != UNKNOWN
            and bases[connection, side] != seq
        ):
            role = REUSES if flags & ACK else CREATES | REUSES
        if role & CREATES:
            connection = np.int64(count)
            count += 1
            slots[at] = count
            hash_of[connection] = rows[HASH, row]
            for word in range(5):
                endpoints[connection, word] = keys[row, word]
            bases[connection, 0], bases[connection, 1] = UNKNOWN, UNKNOWN
        elif role & REUSES:
            bases[connection, side] = seq
        if extent == WHOLE:
            if bases[connection, side] == UNKNOWN:
                bases[connection, side] = seq if flags & SYN else (seq - 1) & 0xFFFFFFFF
            if bases[connection, 1 - side] == UNKNOWN and flags & ACK:
                bases[connection, 1 - side] = (rows[ACK_NUMBER, row] - 1) & 0xFFFFFFFF
        out[0, row], out[1, row] = connection, role
        out[2, row], out[3, row] = bases[connection, side], bases[connection, 1 - side]
    return count
