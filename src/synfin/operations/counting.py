"""What a capture holds, counted: its statistics, and every record accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synfin.basics.time import SECOND
from synfin.operations.selection import Selection, answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.connections.pairs import Kind as Layer
    from synfin.exports.statistics.table import Count, Table
    from synfin.operations.selection import Chosen
    from synfin.session import Session


class Counting(NamedTuple):
    """What is to be counted.

    Attributes:
        kind: one of `STATISTICS`.
        layer: of conversations and endpoints: "eth", "ip", "ipv6", "tcp" or "udp".
        interval: of packets over time: nanoseconds, 0 for one interval that holds all.
    """

    kind: str
    layer: Layer = "tcp"
    interval: int = SECOND


STATISTICS = ("expert", "conversations", "endpoints", "io", "protocols", "lengths")
"""What can be counted of chosen packets."""


def statistics(session: Session, wanted: Counting, selection: str = "") -> Table:
    """Count what a capture holds.

    Args:
        session: the capture.
        wanted: what to count.
        selection: only packets that match this display filter.

    Raises:
        FilterError: the filter cannot be understood.
    """
    count = _count(session, wanted)

    def work(piece: Chosen) -> object:
        return count.part(piece.table, piece.chosen)

    for part in answers(session, count.names, Selection(selection), work):
        count.add(part)
    return count.table()


def _count(session: Session, wanted: Counting) -> Count[Any]:
    """What counts this."""
    from synfin.exports.statistics.hierarchy import Hierarchy
    from synfin.exports.statistics.intervals import Intervals
    from synfin.exports.statistics.lengths import Lengths
    from synfin.exports.statistics.remarks import Remarks
    from synfin.exports.statistics.talkers import Conversations, Talkers

    makers: dict[str, Callable[[], Count[Any]]] = {
        "expert": lambda: Remarks(session.catalogue),
        "conversations": lambda: Conversations(wanted.layer),
        "endpoints": lambda: Talkers(wanted.layer),
        "io": lambda: Intervals(wanted.interval),
        "protocols": Hierarchy,
        "lengths": Lengths,
    }
    return makers[wanted.kind]()


class Records(NamedTuple):
    """Every record of a capture, accounted for.

    Attributes:
        records: packets in the file.
        dissected: those whose every header was followed to its end.
        stopped: those with a header that is cut, malformed or lying.
        reasons: how many stops of each sort: (protocol, reason, count), most first.
    """

    records: int
    dissected: int
    stopped: int
    reasons: tuple[tuple[str, str, int], ...]


def records(session: Session) -> Records:
    """Count what was dissected and what stopped; `records = dissected + stopped` always."""
    from collections import Counter

    from synfin.dissect.walk import Reason

    total = stopped = dissected = 0
    reasons: Counter[tuple[str, str]] = Counter()
    names = session.catalogue.program.names
    for table in session.tables():
        broken = np.zeros(len(table), np.bool_)
        broken[table.stops[0]] = True
        total += len(table)
        stopped += int(np.count_nonzero(broken))
        dissected += int(np.count_nonzero(~broken))
        pairs, counts = np.unique(table.stops[1:3], axis=1, return_counts=True)
        for (step, reason), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            reasons[names[step], Reason(reason).words] += count
    ordered = tuple((name, why, count) for (name, why), count in reasons.most_common())
    return Records(total, dissected, stopped, ordered)


def records_table(session: Session) -> Table:
    """The same as a table: all, those dissected, those stopped, and below these each reason."""
    from synfin.exports.statistics.table import Column, Table

    counted = records(session)
    reasons = [(f"{protocol} {why}", count) for protocol, why, count in counted.reasons]
    rows = [
        ("records", counted.records),
        ("dissected", counted.dissected),
        ("stopped", counted.stopped),
        *reasons,
    ]
    items, counts = zip(*rows, strict=True)
    return Table(
        (Column("item", "text", items), Column("count", "count", counts)), (0, 0, 0, *[1] * len(reasons))
    )
