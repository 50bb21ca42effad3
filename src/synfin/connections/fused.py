"""All that the main columns of the table need, in one go over the segments of a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import kernel
from synfin.connections.milestones import mark
from synfin.connections.sequence import compare
from synfin.connections.state import step
from synfin.connections.tally import count

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values


@kernel
def outline(
    connection: Integers,
    about: tuple[Integers, Integers],
    counted: tuple[Integers, Integers, Integers],
    noted: tuple[Integers, Values],
    tables: tuple[Integers, Integers],
    known: tuple[Values, Values],
) -> None:
    """Count each segment, compare it with those before, note what it opens or closes, and move both sides.

    Args:
        connection: of each segment.
        about: role of each segment in the grouping; `Segments.matrix`.
        counted: `Tallies.state`, `Sequences.state` and `Sequences.holes`; updated.
        noted: `Milestones.state` and `Milestones.phase`; updated.
        tables: see `States`.
        known: `States.state` and `States.roles`; updated.
    """
    role, rows = about
    tallies, sequences, holes = counted
    milestones, phase = noted
    for row in range(len(connection)):
        of = connection[row]
        count(rows, row, of, role[row], tallies)
        compare(rows, row, of, role[row], sequences, holes)
        does = mark(rows, row, of, milestones, phase)
        step(rows, row, of, (role[row], does), tables, known)
