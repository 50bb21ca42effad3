"""What happened to the segments of each connection, added up: resent, lost, late, copied.

The sums are those of the verdicts on single packets (`causes`), made of the same observations (`sendings`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.connections import sendings as s
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
from synfin.connections.scaling import UNKNOWN, is_scaled, window_size
from synfin.connections.segments import SYN
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
"""As in `Sendings.limited`."""

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
    ) -> Told:
        """Take in the next chunk.

        Args:
            found: its segments.
            grouping: their connections.
            brings: see `Sequences.advance`.
            more: known shift counts, see `Scales.advance`; the offers, see `Offers.state`.
            count: how many connections there are.
        """
        self.place = grown(self.place, count)
        shift, offers = more
        offered = (found.flags & SYN) != 0
        offer = np.where(offered, offers[grouping.connection, found.side], 0).astype(np.int64)
        is_unknown = is_scaled(found) & (shift == UNKNOWN) & (found.window > 0)
        window = np.where(is_unknown, -1, window_size(found, shift))
        seen = self.sendings.advance(found, grouping, brings, (window, offer), count)
        judged = verdicts(seen.events, self.episodes, count)
        self._count_events(seen, judged)
        self._count_told(found, grouping, brings, seen.told)
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

    def _count_told(self, found: Segments, grouping: Grouping, brings: Integers, told: Integers) -> None:
        """What acknowledgments tell of the other side's sendings; and those that are copies."""
        of, side = grouping.connection, found.side
        for name, column, amount in (
            ("retransmissions_spurious", s.SPURIOUS, 1),
            ("lost_after", s.ARRIVED, -1),
            ("lost_before", s.UNLOST, -1),
        ):
            row = np.flatnonzero(told[:, column])
            self._add(name, of[row], 1 - side[row], amount * told[row, column])
        copies = np.flatnonzero(told[:, s.COPY])
        self._add("duplicates", of[copies], side[copies], 1)
        needless = copies[brings[copies] & DUPLICATE_ACK != 0]
        self._add("copied_acks", of[needless], side[needless], 1)

    def _add(self, name: str, of: Integers, side: Integers, amount: Integers | int) -> None:
        """Count this much more for each of these connections and sides."""
        if not len(of):
            return
        new = np.unique(of[self.place[of] == 0])
        if len(new):
            self.place[new] = np.arange(self._rows, self._rows + len(new))
            self._rows += len(new)
            self.counters = grown(self.counters, self._rows)
        flat = self.counters.reshape(-1)  # a view
        at = (2 * self.place[of].astype(np.int64) + side) * len(COUNTED) + COUNTED.index(name)
        np.add.at(flat, at, np.asarray(amount).astype(np.uint32))


def quantile(histogram: Values, share: float) -> Integers:
    """The round trip, ns, which this share of those counted does not exceed; 0 for an empty histogram.

    Args:
        histogram: uint8 (n, BINS), see `Sendings.histogram`.
        share: from 0 to 1; within a bin values are taken to be spread evenly.
    """
    upto = np.cumsum(histogram.astype(np.int64), axis=1)
    total = upto[:, -1]
    wanted = total * share
    at = np.minimum((upto < wanted[:, None]).sum(axis=1), s.BINS - 1)
    row = np.arange(len(histogram))
    inside = histogram[row, at].astype(np.float64)
    part = np.where(inside > 0, (wanted - (upto[row, at] - inside)) / np.maximum(inside, 1), 0)
    octave, quarter = at // s.OCTAVE, at % s.OCTAVE
    value = np.ldexp(1 + (quarter + part) / s.OCTAVE, octave + s.FIRST_OCTAVE)
    return np.where(total > 0, value, 0).astype(np.int64)


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
