"""What counts from a connection's beginning: `tcp.seq`, `tcp.ack`, `tcp.nxtseq`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.basics.sequence import advance
from synfin.connections.group import REUSES, UNKNOWN, Grouping
from synfin.connections.segments import ACK, FIN, LYING, SYN, WHOLE, Segments

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers


def relative_seq(segments: Segments, base: Integers) -> Integers:
    """`seq` counted from `base`; as it stands where no base is known or the segment cannot be judged."""
    counts = (base != UNKNOWN) & ((segments.extent == WHOLE) | (segments.extent == LYING))
    return np.where(counts, advance(segments.seq, -base), segments.seq)


def relative_ack(segments: Segments, peer_base: Integers) -> Integers:
    """`ack` counted from `peer_base`; as it stands without the ACK flag, and where `relative_seq` is, too."""
    counts = (peer_base != UNKNOWN) & (segments.extent == WHOLE) & ((segments.flags & ACK) != 0)
    return np.where(counts, advance(segments.ack, -peer_base), segments.ack)


def next_seq(segments: Segments, seq: Integers) -> Integers:
    """Where the segment ends: `seq` + payload, and one for SYN or FIN (Wireshark counts one for both)."""
    return advance(seq, segments.length + ((segments.flags & (SYN | FIN)) != 0))


class FinalBases:
    """The first sequence numbers as a second pass shows them: those known at the end of the first pass.

    A second SYN-ACK with another number takes over again when the second pass meets it.
    """

    def __init__(self, bases: Integers) -> None:
        self._bases = bases.copy()

    def advance(self, segments: Segments, grouping: Grouping) -> tuple[Integers, Integers]:
        """Own base and peer's base of each segment of the next chunk."""
        takes_over = ((grouping.role & REUSES) != 0) | _is_other_syn_ack(segments, grouping, self._bases)
        if takes_over.any():
            out = np.empty((2, len(segments)), np.int64)
            rows = np.stack((segments.side, segments.flags, segments.seq))
            take_over(grouping.connection, rows, self._bases, out)
            return out[0], out[1]
        of = grouping.connection
        return self._bases[of, segments.side], self._bases[of, 1 - segments.side]


def _is_other_syn_ack(segments: Segments, grouping: Grouping, bases: Integers) -> Flags:
    is_syn_ack = (segments.flags & (SYN | ACK)) == SYN | ACK
    other: Flags = is_syn_ack & (bases[grouping.connection, segments.side] != segments.seq)
    return other


@kernel
def take_over(connection: Integers, rows: Integers, bases: Integers, out: Integers) -> None:
    """Let each SYN-ACK set its side's base; rows are side, flags, seq; out own and peer's base."""
    for row in range(len(connection)):
        of, side, flags = connection[row], rows[0, row], rows[1, row]
        if flags & SYN and flags & ACK and bases[of, side] != UNKNOWN:
            bases[of, side] = rows[2, row]
        out[0, row], out[1, row] = bases[of, side], bases[of, 1 - side]
