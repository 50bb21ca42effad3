"""What became of single segments, by the ledger: resent and why, copied on the way, or overtaken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.connections import sendings as r
from synfin.connections import signs as s
from synfin.connections.causes import CAUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Integers
    from synfin.connections.ledger import Told

ORDINARY = frozenset({"retransmission", "out_of_order"})
"""Notes by sequence numbers alone, which the ledger knows better."""

NEEDLESS_IF_TOLD = frozenset({"fast", "timeout", "tail_loss_probe", "unclassified"})
"""Causes that a later report of the receiver turns into "spurious"."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one segment.

    Attributes:
        cause: why its sender sent it again, a word of `CAUSES`.
        copy_of: the packet that it is a copy of, 0 if none.
        is_resent: whether its sender sent its numbers before.
        is_reordered: whether the network delivered it after what was sent later.
    """

    cause: str = ""
    copy_of: int = 0
    is_resent: bool = False
    is_reordered: bool = False

    def corrected(self, notes: Sequence[str]) -> list[str]:
        """Notes by sequence numbers alone, put right."""
        others = [note for note in notes if note not in ORDINARY]
        if self.copy_of:
            return ["copy", *(note for note in others if note != "duplicate_ack")]
        if self.is_resent:
            return ["retransmission" if "retransmission" in notes else "resent_unseen", *others]
        return ["out_of_order", *others] if self.is_reordered else list(notes)


def fates(told: Told, rows: Integers) -> dict[int, Fate]:
    """The fate of those of these rows of a chunk to which something happened, by row."""
    judged, cause = told.verdicts.judged, told.verdicts.cause
    remarks = told.seen.remarks[np.isin(told.seen.remarks[:, r.AT], rows)]
    copies = remarks[remarks[:, r.S_COPY] > 0][:, [r.AT, r.S_COPY]].tolist()
    found = {row: Fate(copy_of=copy) for row, copy in copies}
    for at in np.flatnonzero(np.isin(judged.events[:, s.ROW], rows)).tolist():
        original = int(judged.events[at, s.ORIGINAL])
        found[int(judged.events[at, s.ROW])] = Fate(
            cause=CAUSES[int(cause[at])],
            copy_of=original if judged.is_copy[at] else 0,
            is_resent=bool(judged.is_resent[at]),
            is_reordered=bool(judged.is_reordered[at]),
        )
    return found


def needless(told: Told, rows: Integers) -> set[int]:
    """Packets whose resending these rows of a chunk show to have been needless."""
    remarks = told.seen.remarks
    reports = remarks[np.isin(remarks[:, r.AT], rows)][:, [r.S_EIFEL, r.S_DSACK]]
    return set(reports[reports > 0].tolist())
