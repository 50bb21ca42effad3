"""What happened to the segments of each connection, added up: resent, lost, late, copied.

The sums are those of the verdicts on single packets (`causes`), made of the same observations (`sendings`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.connections import sendings as r
from synfin.connections import signs as s
from synfin.connections.causes import (
    AFTER_TIMEOUT,
    FAST,
    IS_KEEP_ALIVE,
    TAIL_LOSS_PROBE,
    TIMEOUT,
    UNCLASSIFIED,
    ZERO_WINDOW_PROBE,
    Episodes,
    Verdicts,
    verdicts,
)
from synfin.connections.group import grown
from synfin.connections.sendings import Seen, Sendings
from synfin.connections.sequence import DUPLICATE_ACK
from synfin.connections.verdicts import VANTAGES

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.group import Grouping
    from synfin.connections.segments import Segments
    from synfin.connections.verdicts import Observed

COUNTED = (
    "retransmissions",
    "retransmissions_fast",
    "retransmissions_timeout",
    "retransmissions_after_timeout",
    "retransmissions_tail_loss_probe",
    "retransmissions_unclassified",
    "retransmissions_spurious",
    "retransmissions_syn",
    "retransmissions_fin",
    "lost_before",
    "lost_after",
    "reordered",
    "duplicates",
    "keep_alives",
    "window_probes",
    "copied_acks",
)
"""What is counted for each side. The first is the sum of the five that follow: what made the sender resend,
as kernels count it. The spurious, those of a SYN and those of a FIN without data are among them, and so is
what was lost, on either side of the place of capture. Copied acknowledgments look like duplicate ones."""

LIMITS = ("application", "receive_window", "congestion_window", "loss")
"""As in `limits`."""

CONFIDENCES = ("", "possible", "likely", "proven")

FIRST_HOPS = (64, 128, 255)
"""What systems set the time to live to: such a packet passed no router."""


class Told(NamedTuple):
    """What became known of a chunk."""

    seen: Seen
    verdicts: Verdicts


class Ledger:
    """What is remembered of every connection to tell what happened to its segments.

    Attributes:
        sendings, episodes: what is on its way, and what its senders are at.
        place: int32 (capacity,): which row of `counters` is a connection's; row 0 is that of all to whom
            nothing happened.
        counters: uint32 (rows, 2, len(COUNTED)).
    """

    def __init__(self) -> None:
        self.sendings = Sendings()
        self.episodes = Episodes()
        self.place: Values = np.zeros(0, np.int32)
        self.counters: Values = np.zeros((1, 2, len(COUNTED)), np.uint32)
        self._rows = 1

    def advance(
        self,
        found: Segments,
        grouping: Grouping,
        brings: Integers,
        more: tuple[Integers, Integers],
        count: int,
        *,
        is_dense: bool = False,
    ) -> Told:
        """Take in the next chunk.

        Args:
            found: its segments.
            grouping: their connections.
            brings: see `Sequences.advance`.
            more: known shift counts, see `Scales.advance`; offers, see `offers.said`.
            count: how many connections there are.
            is_dense: whether to tell, too, what there is to tell of every segment.
        """
        self.place = grown(self.place, count)
        self.sendings.make_room(len(found), count)
        seen = self.sendings.advance(found, grouping, brings, more, is_dense=is_dense)
        if len(seen.events):
            self._give_places(seen.events[:, s.WHICH])
        judged = verdicts(seen.events, self.place, self.episodes, self._rows)
        self._count_events(seen, judged)
        self._count_remarks(found, grouping, brings, seen.remarks)
        return Told(seen, judged)

    def counted(self, name: str, chosen: Integers, side: Integers) -> Integers:
        """One of `COUNTED`, for these connections and the side chosen of each."""
        counts: Integers = self.counters[self.place[chosen], side, COUNTED.index(name)].astype(np.int64)
        return counts

    def _count_events(self, seen: Seen, out: Verdicts) -> None:
        if not len(seen.events):
            return
        judged, trigger = out.judged, out.trigger
        is_resent = judged.is_resent
        is_lost = is_resent & ~judged.has(s.ALREADY_ACKED)
        tests: dict[str, Flags] = {
            "retransmissions": is_resent,
            "retransmissions_fast": trigger == FAST,
            "retransmissions_timeout": trigger == TIMEOUT,
            "retransmissions_after_timeout": trigger == AFTER_TIMEOUT,
            "retransmissions_tail_loss_probe": trigger == TAIL_LOSS_PROBE,
            "retransmissions_unclassified": trigger == UNCLASSIFIED,
            "retransmissions_spurious": is_resent & judged.has(s.ALREADY_ACKED) & ~judged.has(s.NAMED_AFTER),
            "retransmissions_syn": is_resent & judged.has(s.OPENS),
            "retransmissions_fin": is_resent & judged.has(s.CLOSES),
            "lost_before": is_lost & ~judged.was_seen,
            "lost_after": is_lost & judged.was_seen,
            "reordered": judged.is_reordered,
            "duplicates": judged.is_copy,
            "keep_alives": out.cause == IS_KEEP_ALIVE,
            "window_probes": out.cause == ZERO_WINDOW_PROBE,
        }
        of, side = seen.events[:, s.WHICH], seen.events[:, s.SIDE]
        for name, test in tests.items():
            if test.any():
                self._add(name, of[test], side[test], 1)

    def _count_remarks(
        self, found: Segments, grouping: Grouping, brings: Integers, remarks: Integers
    ) -> None:
        """What acknowledgments tell of the other side's sendings; and those that are copies."""
        if not len(remarks):
            return
        at = remarks[:, r.AT]
        of, side = grouping.connection[at], found.side[at]
        for name, column, amount in (
            ("retransmissions_spurious", r.S_SPURIOUS, 1),
            ("lost_after", r.S_ARRIVED, -1),
            ("lost_before", r.S_UNLOST, -1),
        ):
            some = np.flatnonzero(remarks[:, column])
            self._add(name, of[some], 1 - side[some], amount * remarks[some, column])
        is_copy = remarks[:, r.S_COPY] > 0
        self._add("duplicates", of[is_copy], side[is_copy], 1)
        needless = is_copy & (brings[at] & DUPLICATE_ACK != 0)
        self._add("copied_acks", of[needless], side[needless], 1)

    def _give_places(self, of: Integers) -> None:
        """Give connections to which something happens a row."""
        new = np.unique(of[self.place[of] == 0])
        self.place[new] = np.arange(self._rows, self._rows + len(new))
        self._rows += len(new)
        self.counters = grown(self.counters, self._rows)

    def _add(self, name: str, of: Integers, side: Integers, amount: Integers | int) -> None:
        """Count this much more for each of these connections and sides."""
        if not len(of):
            return
        self._give_places(of)
        flat = self.counters.reshape(-1)  # a view
        at = (2 * self.place[of].astype(np.int64) + side) * len(COUNTED) + COUNTED.index(name)
        np.add.at(flat, at, np.asarray(amount).astype(np.uint32))


def vantages(seen: Observed, client_hops: Integers, server_hops: Integers) -> tuple[Integers, Integers]:
    """Where captures were taken (index into `VANTAGES`), and how sure that is (into `CONFIDENCES`).

    A side that answers at once, and whose packets passed no router, is where the capture was taken; if they
    did pass one, a machine near it may answer in its place.
    """
    vantage = seen.vantage
    near = np.where(vantage == VANTAGES.index("client"), client_hops, server_hops)
    is_near = np.isin(near, FIRST_HOPS)
    sure = np.select(
        [
            vantage == VANTAGES.index("unknown"),
            vantage == VANTAGES.index("same host"),
            (vantage == VANTAGES.index("between")) | is_near,
        ],
        [CONFIDENCES.index(""), CONFIDENCES.index("proven"), CONFIDENCES.index("likely")],
        CONFIDENCES.index("possible"),
    )
    return vantage, sure.astype(np.int64)
