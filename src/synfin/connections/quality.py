"""What a capture lacks of each connection, and what that forbids to claim: rather unknown than wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers

LACKING = ("handshake", "one direction", "packets", "bytes", "order", "single copies", "segments")
"""What a capture of a connection may lack: the handshake; one of the directions; packets that were
acknowledged; ends of packets; the order in time; a tenth of its packets are there twice; segments as they
were on the wire, because a network card or its driver had not parted them yet, or joined them."""

DROPS, END = "drops", "end"
"""What is lacking beside these in a capture from which packets are missing, nobody knows which; and in one
whose file is cut off, if the connection went on."""

FEW_COPIES, COPIES_SHARE = 3, 10
"""Copies are the capture's, not the network's, if there are so many, and at least this part of all."""

WORDS = [
    ", ".join(word for bit, word in enumerate(LACKING) if code >> bit & 1)
    for code in range(1 << len(LACKING))
]


@dataclass(frozen=True)
class Quality:
    """Of each connection what its capture lacks; the flags are in the order of `LACKING`.

    Attributes:
        lacks: one truth value per connection and word.
        has_stepped: its times go back by more than packets do that overtake each other.
    """

    lacks: Mapping[str, Flags]
    has_stepped: Flags

    @property
    def words(self) -> Words:
        """The words for people."""
        codes = np.zeros(len(self.has_stepped), np.int64)
        for bit, word in enumerate(LACKING):
            codes |= self.lacks[word].astype(np.int64) << bit
        return Words(codes, WORDS)

    @property
    def tells_causes(self) -> Flags:
        """Why something was resent: only what the other side said can tell."""
        return ~self.lacks["one direction"]

    @property
    def tells_lost_before(self) -> Flags:
        """What was lost before the place of capture: unless the capture itself may have lost it."""
        return self.tells_causes & ~self.lacks["packets"]

    @property
    def tells_times(self) -> Flags:
        """How long anything took."""
        return ~self.has_stepped

    @property
    def tells_limits(self) -> Flags:
        """What limited sending: the size of a window needs its scale, which the handshake tells."""
        return self.tells_causes & self.tells_times & ~self.lacks["handshake"]


def is_copied(copies: Integers, packets: Integers) -> Flags:
    """Whether so many packets are copies that the capture must have made them."""
    flags: Flags = (copies >= FEW_COPIES) & (COPIES_SHARE * copies >= packets)
    return flags
