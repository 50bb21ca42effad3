"""What really happened to segments, beside what Wireshark calls it: the facts `synfin.*` of TCP packets.

Each fact stands on the packet that proves it. Whether a resending was needless only a later packet can tell:
that is known in the second pass, and from then on the verdict is final.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections import milestones as m
from synfin.connections import sendings as r
from synfin.connections import signs as s
from synfin.connections.causes import (
    CAUSES,
    FAST,
    NOT_RESENT,
    RULES,
    SPURIOUS,
    TAIL_LOSS_PROBE,
    TIMEOUT,
    TRIGGERS,
    UNCLASSIFIED,
    Verdicts,
)
from synfin.connections.group import Groups
from synfin.connections.ledger import CONFIDENCES, Ledger, Told, vantages
from synfin.connections.milestones import Milestones
from synfin.connections.offers import Offers
from synfin.connections.scaling import Scales
from synfin.connections.segments import segments
from synfin.connections.sequence import Sequences
from synfin.connections.verdicts import VANTAGES, Observed
from synfin.dissect import text

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.connections.group import Grouping
    from synfin.connections.segments import Segments
    from synfin.connections.sendings import Seen
    from synfin.dissect.table import PacketTable

SOURCES = ("", "karn", "timestamps")
"""How a round trip is known: the numbers were sent once (RFC 6298 3), or the timestamp names the sending."""

LOST = ("", "before", "after")
"""On which side of the place of capture the earlier sending was lost."""

REPORTS = ("needless_retransmission", "copy")
"""What a DSACK speaks of."""

JUDGED_LATER = frozenset(
    f"synfin.{name}" for name in ("retransmission", "rule", "proof", "lost", "vantage", "vantage.confidence")
)
KEPT = "tcp truth"


class Truths:
    """The facts; a `Fold`.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: of those that a later packet may change.
    """

    def __init__(self) -> None:
        self.final = JUDGED_LATER
        self.facts = self.final | frozenset(
            f"synfin.{name}"
            for name in (
                *("retransmission.trigger", "retransmits", "duplicate", "reordered", "dsack", "dsack.frame"),
                *("eifel", "rtt", "rtt.source", "flight", "delayed_ack"),
            )
        )
        self.ledger = Ledger()
        self.milestones = Milestones()
        self._groups = Groups()
        self._sequences = Sequences()
        self._offers = Offers()
        self._scales = Scales()
        self._needless: list[Integers] = []
        self._again: Truths | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts as they are known by then."""
        told = self._follow(table)
        found, grouping, out = told
        _supply_told(found, out.seen)
        _supply_events(found, out)
        self._supply_judged(found, grouping, out.verdicts, np.zeros((0, 3), np.int64))

    def _follow(self, table: PacketTable) -> tuple[Segments, Grouping, Told]:
        found = segments(table)
        grouping = self._groups.advance(found)
        count = self._groups.count
        offered = self._offers.advance(found, grouping, count)
        shift, _ = self._scales.advance(found, grouping, offered, count)
        brings = self._sequences.advance(found, grouping, count)
        self.milestones.advance(found, grouping, count)
        out = self.ledger.advance(found, grouping, brings, (shift, offered), count, is_dense=True)
        self._note_needless(found, out.seen.remarks)
        made = found, grouping, out
        table.kept[KEPT] = made
        return made

    def _note_needless(self, found: Segments, remarks: Integers) -> None:
        """Remember which resendings were shown to be needless, by which packet, and how."""
        for column, rule in ((r.S_EIFEL, "eifel"), (r.S_DSACK, "dsack")):
            row = np.flatnonzero(remarks[:, column] > 0)
            if len(row):
                which = np.full(len(row), RULES.index(rule))
                shown, by = remarks[row, column], found.number[remarks[row, r.AT]]
                self._needless.append(np.stack((shown, by, which), axis=1))

    def supply_final(self, table: PacketTable) -> None:
        """Supply what later packets decided; chunks come again from the first, in the same order."""
        if KEPT not in table.kept:
            if self._again is None:
                self._again = Truths()
            self._again.advance(table)
        found, grouping, out = table.kept[KEPT]
        every = np.concatenate([*self._needless, np.zeros((0, 3), np.int64)])
        _, first = np.unique(every[:, 0], return_index=True)
        self._needless = [every[first]]  # sorted once for all chunks
        self._supply_judged(found, grouping, out.verdicts, every[first])

    def _supply_judged(self, found: Segments, grouping: Grouping, out: Verdicts, needless: Integers) -> None:
        events = out.judged.events
        row, cause, rule, proof = events[:, s.ROW], out.cause, out.rule, events[:, s.PROMPT]
        is_needless, at = _found_in(needless, found.number[row])
        if len(needless):
            changes = is_needless & np.isin(cause, (FAST, TIMEOUT, TAIL_LOSS_PROBE, UNCLASSIFIED))
            cause = np.where(changes, SPURIOUS, cause)
            rule = np.where(changes, needless[at, 2], rule)
            proof = np.where(changes, needless[at, 1], proof)
        _supply_words(found, "retransmission", (CAUSES, cause), row, cause != NOT_RESENT)
        _supply_words(found, "rule", (RULES, rule), row, rule > 0)
        has_proof = (cause != NOT_RESENT) & (proof > 0)
        _supply_numbers(found, "proof", proof, row, has_proof)
        judged = out.judged
        is_lost = judged.is_resent & (cause != SPURIOUS) & ~is_needless
        is_lost &= ~judged.has(s.ALREADY_ACKED)
        where = np.where(judged.was_seen, LOST.index("after"), LOST.index("before"))
        _supply_words(found, "lost", (LOST, where), row, is_lost)
        _supply_vantage(found, grouping, self)


def _found_in(needless: Integers, number: Integers) -> tuple[Flags, Integers]:
    """Which of these packets are among the needless, and where."""
    if not len(needless):
        return np.zeros(len(number), np.bool_), np.zeros(len(number), np.int64)
    at = np.minimum(np.searchsorted(needless[:, 0], number), len(needless) - 1)
    return needless[at, 0] == number, at


def _supply_numbers(found: Segments, name: str, values: Integers, row: Integers, present: Flags) -> None:
    """Give a fact to the segments in these rows, in ascending order, where it is present."""
    full, has = np.zeros(len(found), np.int64), np.zeros(len(found), np.bool_)
    full[row], has[row] = values, present
    found.supply(f"synfin.{name}", full, has)


def _supply_words(
    found: Segments, name: str, worded: tuple[tuple[str, ...], Integers], row: Integers, present: Flags
) -> None:
    words, index = worded
    full, has = np.zeros(len(found), np.int64), np.zeros(len(found), np.bool_)
    full[row], has[row] = index, present
    found.supply(f"synfin.{name}", text.from_list(list(words)).take(full), has)


def _supply_told(found: Segments, seen: Seen) -> None:
    """What acknowledgments complete and tell."""
    every, dense, remarks = np.arange(len(found)), seen.dense, seen.remarks
    for name, row in (("rtt", r.D_RTT), ("delayed_ack", r.D_DELAYED)):
        _supply_numbers(found, name, dense[row], every, dense[row] > 0)
    _supply_numbers(found, "flight", dense[r.FLIGHT] - 1, every, dense[r.FLIGHT] > 0)
    _supply_words(found, "rtt.source", (SOURCES, dense[r.D_SOURCE]), every, dense[r.D_RTT] > 0)
    at, dsack, eifel = remarks[:, r.AT], remarks[:, r.S_DSACK], remarks[:, r.S_EIFEL]
    _supply_numbers(found, "eifel", eifel, at, eifel > 0)
    _supply_numbers(found, "dsack.frame", dsack, at, dsack > 0)
    _supply_words(found, "dsack", (REPORTS, (dsack < 0).astype(np.int64)), at, dsack != 0)


def _supply_events(found: Segments, out: Told) -> None:
    """What is known of a segment at once."""
    judged, trigger = out.verdicts.judged, out.verdicts.trigger
    events = judged.events
    row, original = events[:, s.ROW], events[:, s.ORIGINAL]
    _supply_words(found, "retransmission.trigger", (TRIGGERS, trigger), row, trigger > 0)
    _supply_numbers(found, "retransmits", original, row, judged.is_resent & judged.was_seen)
    late = np.maximum(events[:, s.SINCE_GAP], 0)
    _supply_numbers(found, "reordered", late, row, judged.is_reordered)
    copied = np.zeros(len(found), np.int64)
    copied[out.seen.remarks[:, r.AT]] = out.seen.remarks[:, r.S_COPY]
    copied[row] = np.where(judged.is_copy, original, copied[row])
    _supply_numbers(found, "duplicate", copied, np.arange(len(found)), copied > 0)


def _supply_vantage(found: Segments, grouping: Grouping, known: Truths) -> None:
    """Where the capture was taken, on the segment that completes the handshake."""
    state = known.milestones.state
    of, side = grouping.connection, found.side
    row = np.flatnonzero(
        (state[of, side, m.CONFIRMS] == found.number)
        & (state[of, side, m.SYN_PACKET] > 0)
        & (state[of, 1 - side, m.ANSWER] > 0)
    )
    of, side = of[row], side[row]
    nothing = np.zeros(len(row), np.int64)
    ends = found.keys[row]
    seen = Observed(
        client=state[of, side],
        server=state[of, 1 - side],
        client_packets=nothing,
        server_packets=nothing,
        in_vain=nothing,
        is_outstanding=nothing > 0,
        is_same_host=(ends[:, 0] == ends[:, 2]) & (ends[:, 1] == ends[:, 3]),
    )
    hops = known.ledger.sendings.hops.astype(np.int64)
    vantage, sure = vantages(seen, hops[2 * of + side], hops[2 * of + 1 - side])
    is_told = np.ones(len(row), np.bool_)
    _supply_words(found, "vantage", (VANTAGES, vantage), row, is_told)
    _supply_words(found, "vantage.confidence", (CONFIDENCES, sure), row, sure > 0)
