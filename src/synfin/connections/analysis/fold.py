"""`tcp.analysis.*` and what goes with it, as the packets of a capture are given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.analysis import judge
from synfin.connections.analysis.follow import Judge, Verdicts
from synfin.connections.group import Groups
from synfin.connections.offers import Offers
from synfin.connections.scaling import Scales
from synfin.connections.segments import segments
from synfin.dissect import text
from synfin.dissect.layers import Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.segments import Segments
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text

RESENT = judge.RETRANSMISSION | judge.FAST | judge.SPURIOUS
"""Whatever is sent again, for whatever reason, is a retransmission as well."""

MARKS = {
    "analysis.flags": judge.FLAGGED,
    "analysis.reused_ports": judge.REUSED_PORTS,
    "analysis.retransmission": RESENT,
    "analysis.fast_retransmission": judge.FAST,
    "analysis.spurious_retransmission": judge.SPURIOUS,
    "analysis.out_of_order": judge.OUT_OF_ORDER,
    "analysis.lost_segment": judge.LOST,
    "analysis.ack_lost_segment": judge.ACKS_LOST,
    "analysis.window_update": judge.WINDOW_UPDATE,
    "analysis.window_full": judge.WINDOW_FULL,
    "analysis.keep_alive": judge.KEEP_ALIVE,
    "analysis.keep_alive_ack": judge.KEEP_ALIVE_ACK,
    "analysis.duplicate_ack": judge.DUPLICATE_ACK,
    "analysis.zero_window_probe": judge.PROBE,
    "analysis.zero_window": judge.ZERO_WINDOW,
    "analysis.zero_window_probe_ack": judge.PROBE_ACK,
    "connection.fin_active": judge.CLOSES_FIRST,
    "connection.fin_passive": judge.CLOSES_SECOND,
}
"""Facts that are there or not, and the bits that say so."""

NUMBERS = {
    "analysis.acks_frame": "acks",
    "analysis.ack_rtt": "rtt",
    "analysis.bytes_in_flight": "flight",
}
"""Facts with a value, there where it is not 0."""

BESIDE = {
    "analysis.rto": ("rto", "rto"),
    "analysis.rto_frame": ("rto_of", "rto"),
    "analysis.duplicate_ack_num": ("duplicates", "duplicates"),
    "analysis.duplicate_ack_frame": ("duplicate_of", "duplicates"),
}
"""Facts with a value that only marked segments have, there where another value is not 0."""

PREFIXES = (
    (judge.PROBE_ACK, "ZeroWindowProbeAck"),
    (judge.ZERO_WINDOW, "ZeroWindow"),
    (judge.PROBE, "ZeroWindowProbe"),
    (judge.DUPLICATE_ACK, "Dup ACK "),
    (judge.KEEP_ALIVE_ACK, "Keep-Alive ACK"),
    (judge.KEEP_ALIVE, "Keep-Alive"),
    (judge.WINDOW_FULL, "Window Full"),
    (judge.WINDOW_UPDATE, "Window Update"),
    (judge.ACKS_LOST, "ACKed unseen segment"),
    (judge.LOST, "Previous segment not captured"),
    (judge.OUT_OF_ORDER, "Out-Of-Order"),
    (judge.SPURIOUS, "Spurious Retransmission"),
    (judge.FAST, "Fast Retransmission"),
    (judge.RETRANSMISSION, "Retransmission"),
    (judge.REUSED_PORTS, "Port numbers reused"),
)
"""What the packet list says first, from left to right."""

DUPLICATE_AT = 4
"""After so many of them come the numbers of a duplicate acknowledgment."""


class Analysis:
    """TCP analysis; a `Fold`.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: the round trip of the handshake, which segments before its end are shown, too.
    """

    facts = frozenset(
        f"tcp.{name}"
        for name in ("analysis", "analysis.push_bytes_sent", *MARKS, *NUMBERS, *BESIDE, "info_prefix")
    )
    final = frozenset({"tcp.analysis.initial_rtt"})

    def __init__(self) -> None:
        self._groups = Groups()
        self._offers = Offers()
        self._scales = Scales()
        self._judge = Judge()
        self._again: Groups | None = None

    def advance(self, table: PacketTable) -> None:
        """Follow the next chunk, and supply its facts."""
        found = segments(table)
        says = self._follow(found)
        _supply(found, "analysis", None, (says.says & judge.RECORD) != 0)
        _supply_marks(found, says)
        for name, column in NUMBERS.items():
            values = getattr(says, column)
            _supply(found, name, values, values != 0)
        _supply(found, "analysis.push_bytes_sent", says.pushed, says.flight != 0)

    def _follow(self, found: Segments) -> Verdicts:
        grouping = self._groups.advance(found)
        count = self._groups.count
        offered = self._offers.advance(found, grouping, count)
        _, peer_shift = self._scales.advance(found, grouping, offered, count)
        return self._judge.advance(found, grouping, peer_shift, count)

    def supply_final(self, table: PacketTable) -> None:
        """Supply the handshake's round trip; chunks come again from the first, in the same order."""
        if self._again is None:
            self._again = Groups()
        found = segments(table)
        grouping = self._again.advance(found)
        rtt = self._judge.first_rtt(grouping.connection)
        has_more = found.headers.has("analysis")[found.rows]
        _supply(found, "analysis.initial_rtt", rtt, has_more & (rtt != 0))


def _supply_marks(found: Segments, says: Verdicts) -> None:
    """Supply what only few segments have: those of which there is more to say than who acknowledges whom."""
    rows = np.flatnonzero(says.says & ~judge.RECORD)
    if not len(rows):
        return
    few = Verdicts(*(column[rows] for column in says))
    for name, bits in MARKS.items():
        _supply(found, name, None, (few.says & bits) != 0, rows)
    for name, (column, where) in BESIDE.items():
        _supply(found, name, getattr(few, column), getattr(few, where) != 0, rows)
    _supply(found, "info_prefix", info_prefix(few), (few.says & judge.FLAGGED) != 0, rows)


def info_prefix(found: Verdicts) -> Text:
    """What the packet list says first of each of these segments."""
    distinct, place = np.unique(found.says & judge.FLAGGED, return_inverse=True)
    before, after = (
        text.from_list([_noted(int(bits), *part) for bits in distinct]).take(place)
        for part in ((0, DUPLICATE_AT), (DUPLICATE_AT, len(PREFIXES)))
    )
    repeats = found.duplicates != 0
    count = len(repeats)
    which = [
        text.decimal(found.duplicate_of),
        text.literal("#", count),
        text.decimal(found.duplicates),
        text.literal("] ", count),
    ]
    return text.join([before, text.where(repeats, text.join(which)), after])


def _noted(bits: int, first: int, last: int) -> str:
    """Some of the notes; the one about duplicate acknowledgments is left open for its numbers."""
    words = [f"[TCP {words}] " for bit, words in PREFIXES[first:last] if bits & bit]
    return "".join(words).replace("Dup ACK ] ", "Dup ACK ")


def _supply(
    found: Segments,
    name: str,
    values: Values | Text | None,
    present: Flags,
    among: Integers | slice = slice(None),
) -> None:
    """Give a fact its values where it is present, if it is anywhere; `among` some of the segments."""
    chosen = np.flatnonzero(present)
    if len(chosen):
        if values is not None:
            values = values[chosen] if isinstance(values, np.ndarray) else values.take(chosen)
        found.headers.table.supply("tcp", name, Sparse(found.rows[among][chosen], values))
