"""Which steps of a whole connection were seen: the bits of `tcp.completeness`, as Wireshark sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.connections.group import CREATES, REUSES, Grouping, grown
from synfin.connections.segments import ACK, EVERY_KIND, FIN, LYING, RST, SYN, Kinds, Segments

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

SAW_SYN, SAW_SYN_ACK, SAW_ACK, SAW_DATA, SAW_FIN, SAW_RST = 1, 2, 4, 8, 16, 32


class Completeness:
    """The bits of every connection.

    Attributes:
        state: uint8 (capacity, 2): the bits; those that the first packet would set if it were not the first.
    """

    def __init__(self) -> None:
        self.state: Values = np.zeros((0, 2), np.uint8)

    def make_room(self, count: int) -> None:
        """Make sure that so many connections fit."""
        self.state = grown(self.state, count)

    def advance(self, segments: Segments, grouping: Grouping, count: int) -> Integers:
        """Look at the next chunk; `count` is how many connections there are.

        Returns:
            for each segment the bits set before it.
        """
        self.make_room(count)
        out = np.empty(len(segments), np.int64)
        collect_bits(grouping.connection, grouping.role, segments.kind, BITS, self.state, out)
        return out

    def final(self, grouping: Grouping) -> Integers:
        """For each segment the bits of the whole connection, as a second pass shows them.

        A second pass counts the first packet too, which the first pass did not unless it was a SYN; the
        first packet itself is shown what was known before that.
        """
        bits = self.state[grouping.connection].astype(np.int64)
        return np.where(grouping.role & CREATES, bits[:, 0], bits[:, 0] | bits[:, 1])


def contributed(segments: Kinds) -> Integers:
    """The bits each segment stands for in a connection that exists already."""
    flags = segments.flags
    is_ack = (flags & (SYN | ACK)) == ACK
    bits = np.where((flags & (SYN | ACK)) == SYN | ACK, SAW_SYN_ACK, 0)
    bits |= np.where(is_ack, np.where(segments.length > 0, SAW_DATA, SAW_ACK), 0)
    bits |= np.where((flags & (FIN | ACK)) == FIN | ACK, SAW_FIN, 0)
    bits |= np.where(flags & RST, SAW_RST, 0)
    return np.where(segments.extent == LYING, 0, bits)


def opening(segments: Kinds) -> Integers:
    """The bits each segment stands for if it is a connection's first: only a SYN counts."""
    is_syn = ((segments.flags & (SYN | ACK)) == SYN) & (segments.extent != LYING)
    return np.where(is_syn, SAW_SYN | np.where(segments.length > 0, SAW_DATA, 0), 0)


BITS = np.stack((contributed(EVERY_KIND), opening(EVERY_KIND)))
"""Both for every kind of segment."""


@kernel
def collect_bits(
    connection: Integers, role: Integers, kind: Integers, bits: Integers, state: Values, out: Integers
) -> None:
    """Set the bits of each segment in its connection.

    Args:
        connection: of each segment.
        role: of each segment in the grouping.
        kind: of each segment.
        bits: (2, kinds) what it contributes to a connection that exists, and as the first.
        state: see `Completeness.state`; updated.
        out: bits set before each segment; filled.
    """
    for row in range(len(connection)):
        out[row] = collect(connection[row], role[row], kind[row], bits, state)


@kernel(plain_below=PART)
def collect(of: int, role: int, kind: int, bits: Integers, state: Values) -> int:
    """Set the bits of one segment; returns those set before it."""
    if role & CREATES:
        state[of, 0], state[of, 1] = bits[1, kind], bits[0, kind]
        if role & REUSES:  # to Wireshark a connection on known endpoints is not quite new
            state[of, 0] = SAW_SYN | bits[0, kind]
        return 0
    before = int(state[of, 0])
    state[of, 0] = before | bits[0, kind]
    return before
