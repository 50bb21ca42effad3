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
from synfin.connections.verdicts import VANTAGES

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.group import Grouping
    from synfin.connections.offers import Said
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

AT_ONCE = 1 << 13
"""Observations that are judged at once, if nobody asks for the verdicts on a chunk."""

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
        self._waiting: list[tuple[Integers, Integers]] = []
        self._waits = 0

    def advance(
        self,
        found: Segments,
        grouping: Grouping,
        brings: Integers,
        more: tuple[Integers, Said],
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
        self.make_room(len(found), count)
        seen = self.sendings.advance(found, grouping, brings, more, is_dense=is_dense)
        return Told(seen, self._judge(seen.events, seen.remarks))

    def make_room(self, segments: int, count: int) -> None:
        """Make sure that so many more segments, and this many connections, fit."""
        self.place = grown(self.place, count)
        self.sendings.make_room(segments, count)

    def keep(self, seen: Seen) -> None:
        """Take in what was observed of the next chunk, to be judged with that of others: that is quicker."""
        count = len(seen.events) + len(seen.remarks)
        if count:
            self._waiting.append((seen.events.copy(), seen.remarks.copy()))
            self._waits += count
        if self._waits >= AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Judge what waits."""
        if self._waiting:
            events, remarks = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
            self._waiting.clear()
            self._waits = 0
            self._judge(events, remarks)

    def _judge(self, events: Integers, remarks: Integers) -> Verdicts:
        if len(events):
            self._give_places(events[:, s.WHICH])
        judged = verdicts(events, self.place, self.episodes, self._rows)
        self._count_events(events, judged)
        self._count_remarks(remarks)
        return judged

    def counted(self, chosen: Integers, side: Integers) -> dict[str, Integers]:
        """What was counted of the side chosen of each of these connections, by name."""
        self.settle()
        counts = self.counters[self.place[chosen], side].T.astype(np.int64)
        return dict(zip(COUNTED, counts, strict=True))

    def _count_events(self, events: Integers, out: Verdicts) -> None:
        if not len(events):
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
        of, side = events[:, s.WHICH], events[:, s.SIDE]
        for name, test in tests.items():
            if test.any():
                self._add(name, of[test], side[test], 1)

    def _count_remarks(self, remarks: Integers) -> None:
        """What acknowledgments tell of the other side's sendings; and those that are copies."""
        if not len(remarks):
            return
        of, side = remarks[:, r.BY] >> 1, remarks[:, r.BY] & 1
        for name, column, amount in (
            ("retransmissions_spurious", r.S_SPURIOUS, 1),
            ("lost_after", r.S_ARRIVED, -1),
            ("lost_before", r.S_UNLOST, -1),
        ):
            some = np.flatnonzero(remarks[:, column])
            self._add(name, of[some], 1 - side[some], amount * remarks[some, column])
        is_copy = remarks[:, r.S_COPY] > 0
        self._add("duplicates", of[is_copy], side[is_copy], 1)
        needless = remarks[:, r.S_NEEDLESS] > 0
        self._add("copied_acks", of[needless], side[needless], 1)

    def _give_places(self, of: Integers) -> None:
        """Give connections to which something happens a row."""
        new = np.sort(of[self.place[of] == 0])
        new = new[np.diff(new, prepend=-1) > 0]  # each once; `np.unique` loads what nobody else needs
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
