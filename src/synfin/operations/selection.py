"""Which packets are wanted, and the capture's tables with what is needed to choose and to show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from synfin.capture.source import CHUNK_SIZE
from synfin.dissect.table import DISPLAYED_BEFORE
from synfin.engine.pipeline import in_order, pieces_in_flight, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from synfin.basics.arrays import Flags, Integers
    from synfin.capture.chunk import Chunk
    from synfin.dissect.table import Clock, PacketTable
    from synfin.filters.filter import Filter
    from synfin.session import Session

Answer = TypeVar("Answer")

LIST_CHUNK = 2 << 20
"""Bytes of a chunk where every packet becomes a line with facts of all its layers."""

DETAIL_CHUNK = 1 << 18
"""Bytes of a chunk of which every packet's tree is made: its texts take a thousand times as much."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which packets are wanted.

    Attributes:
        filter: display filter, "" for all.
        most: stop after this many packets of the capture, 0 for none.
    """

    filter: str = ""
    most: int = 0


class Chosen(NamedTuple):
    """One chunk's packets, and which of them are wanted.

    Attributes:
        table: the packets.
        chosen: bool per packet; None for all.
        displayed: time of the packet wanted before the chunk's first, None if there is none.
    """

    table: PacketTable
    chosen: Flags | None
    displayed: int | None


def compiled(session: Session, text: str) -> Filter | None:
    """The display filter, or None for an empty one.

    Raises:
        FilterError: it cannot be understood.
    """
    if not text.strip():
        return None
    from synfin.filters.filter import compile_filter

    return compile_filter(text, session.catalogue)


def chosen_tables(
    session: Session,
    names: Sequence[str],
    selection: Selection,
    *,
    buffers: int = 2,
    size: int = CHUNK_SIZE,
) -> Iterator[Chosen]:
    """The capture's tables with the facts that `names` and the filter need, and the packets wanted."""
    wanted = compiled(session, selection.filter)
    previous: int | None = None
    tables = session.first(selection.most).tables_with(
        with_facts(session, names, wanted), buffers=buffers, size=size
    )
    counts_displayed = _counts_displayed(names, wanted)
    for table in tables:
        made = Chosen(table, wanted.mask(table) if wanted is not None else None, previous)
        if counts_displayed and made.chosen is not None:
            table.kept[DISPLAYED_BEFORE] = _displayed_before(table.chunk.time, made.chosen, previous)
        yield made
        shown = np.arange(len(table)) if made.chosen is None else np.flatnonzero(made.chosen)
        if len(shown):
            previous = int(table.chunk.time[shown[-1]])


def with_facts(session: Session, names: Sequence[str], wanted: Filter | None) -> list[str]:
    """The names whose facts are needed; of protocols, a filter only asks whether they are there."""
    asked = wanted.fields if wanted is not None else ()
    return [*names, *(name for name in asked if name in session.catalogue.sources)]


def answers(
    session: Session,
    names: Sequence[str],
    selection: Selection,
    work: Callable[[Chosen], Answer],
    *,
    shows_all: bool = True,
    size: int = CHUNK_SIZE,
) -> Iterator[Answer]:
    """`work` of every chunk, in order, on all cores.

    Where no fact is needed, chunks know nothing of each other and are dissected side by side, too.

    Args:
        session: the capture.
        names: fields and protocols whose facts are needed.
        selection: which packets.
        work: what to do with each chunk.
        shows_all: whether more of each packet is shown than these names tell.
        size: bytes of a chunk.
    """
    threads = 1 if session.is_following else workers()
    buffers = pieces_in_flight(threads) + 2
    wanted = compiled(session, selection.filter)
    if _counts_displayed(names, wanted) or session.facts_of(with_facts(session, names, wanted)):
        tables = chosen_tables(session, names, selection, buffers=buffers, size=size)
        return in_order(tables, work, threads=threads)

    shown = [*names, *(wanted.fields if wanted is not None else ())]
    enough = session if shows_all else session.enough_for(shown)

    def whole(piece: tuple[Chunk, Clock]) -> Answer:
        table = enough.dissected(*piece)
        return work(Chosen(table, wanted.mask(table) if wanted is not None else None, None))

    pieces = session.first(selection.most).timed_chunks(buffers=buffers, size=size)
    return in_order(pieces, whole, threads=threads)


def _counts_displayed(names: Sequence[str], wanted: Filter | None) -> bool:
    """Whether something is asked for that depends on which packets are displayed."""
    return wanted is not None and not {"frame", "frame.time_delta_displayed"}.isdisjoint(names)


def _displayed_before(time: Integers, chosen: Flags, previous: int | None) -> Integers:
    """For each packet the time of the chosen one before it; its own if there is none."""
    rows = np.flatnonzero(chosen)
    before = np.searchsorted(rows, np.arange(len(time)))
    known = np.concatenate(([0 if previous is None else previous], time[rows]))[before]
    return np.where((before > 0) | (previous is not None), known, time)
