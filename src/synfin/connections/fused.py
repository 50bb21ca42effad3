"""What the table needs, in one go over the segments of a chunk: for its main columns, or for all of them.

One loop instead of one for each fold: a segment and its connection are looked at while they are at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import kernel
from synfin.connections.completeness import collect
from synfin.connections.history import write_down
from synfin.connections.milestones import mark
from synfin.connections.scaling import shift_of
from synfin.connections.segments import FLAGS, KIND, SIDE, SYN
from synfin.connections.sendings import watch
from synfin.connections.sequence import compare
from synfin.connections.state import step
from synfin.connections.tally import count

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

    Followed = tuple[
        tuple[Integers, Integers, Integers],
        tuple[Integers, Values],
        tuple[Values, Values],
        tuple[Integers, Values, Integers, Integers, Values],
    ]


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


@kernel
def everything(
    connection: Integers,
    about: tuple[Integers, Integers],
    options: tuple[tuple[Integers, tuple[Integers, Integers]], tuple[Integers, Integers, Integers]],
    tables: tuple[tuple[Integers, Integers], Integers, tuple[Integers, Integers, Integers]],
    states: tuple[Followed, tuple[Values, Values], tuple[tuple[Values, Values], Values]],
    out: tuple[Integers, Integers, Integers],
) -> tuple[int, int]:
    """Bring all that is remembered forward, segment by segment.

    Args:
        connection: of each segment.
        about: role of each segment in the grouping; `Segments.matrix`.
        options: of each SYN, see `Said`: what it offers, and its `scales`; of each segment, see `Clues`.
        tables: those of `States`; `BITS`; `HAPPENINGS`.
        states: counted, noted and known as in `outline`, and `Sendings.kept`; the states of `Scales` and of
            `Completeness`; what `Histories` noted, and its letters; all updated.
        out: see `sendings.Seen`; filled.

    Returns:
        how many events, and how many remarks there are.
    """
    role, rows = about
    (offers, said), marks = options
    moves, bits, happenings = tables
    followed, (scales, seen), (noted, letters) = states
    (tallies, sequences, holes), (milestones, phase), known, kept = followed
    told, opened = (0, 0), 0
    for row in range(len(connection)):
        of, has_role, flags = connection[row], role[row], rows[FLAGS, row]
        count(rows, row, of, has_role, tallies)
        collect(of, has_role, rows[KIND, row], bits, seen)
        shift = shift_of(of, rows[SIDE, row], has_role, (flags, opened), said, scales)
        offer = offers[opened] if flags & SYN else 0
        opened += 1 if flags & SYN else 0
        brings = compare(rows, row, of, has_role, sequences, holes)
        told = watch(rows, (row, of, has_role, brings, shift, offer), marks, kept, out, told)
        does = mark(rows, row, of, milestones, phase)
        step(rows, row, of, (has_role, does), moves, known)
        write_down(rows, (row, of, brings), happenings, noted, letters)
    return told
