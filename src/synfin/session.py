"""Opens captures, composes the catalogue, and passes over the packets as often as a question needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import synfin.protocols
from synfin.basics.collect import collect
from synfin.capture.chunk import NO_TIME
from synfin.capture.source import CHUNK_SIZE, open_capture
from synfin.dissect.catalogue import Catalogue
from synfin.dissect.definition import Fact, Protocol
from synfin.dissect.table import Clock, PacketTable, Settings, dissect

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from synfin.capture.chunk import Chunk
    from synfin.capture.live.feed import Feed
    from synfin.capture.source import Capture
    from synfin.dissect.fold import Fold

BUFFERS = 2
"""Chunks that stay valid at a time when nobody asks for more."""


@cache
def protocols() -> tuple[Protocol, ...]:
    """Every protocol in the folder."""
    return collect(synfin.protocols, Protocol)


@cache
def catalogue(extra: tuple[tuple[str, int, str], ...] = ()) -> Catalogue:
    """The catalogue of all protocols; `extra` are decode-as rules (family, key, protocol name)."""
    return Catalogue.of(protocols(), extra)


@dataclass
class Session:
    """A capture and the means to ask about it.

    Attributes:
        capture: where the chunks come from.
        catalogue: what is known about protocols.
        settings: what the user chose about dissection.
        make_folds: makes fresh folds, one set for each time the capture is followed.
        most: how many packets there are for all questions; 0 for all.
        is_following: whether the capture is passed over once, while it grows: facts that need the whole
            capture have the value known by then.
    """

    capture: Capture
    catalogue: Catalogue = field(default_factory=catalogue)
    settings: Settings = field(default_factory=Settings)
    make_folds: Callable[[], tuple[Fold, ...]] = tuple
    most: int = 0
    is_following: bool = False
    rewrite: Callable[[PacketTable], Chunk] | None = None

    def dissected(self, chunk: Chunk, clock: Clock) -> PacketTable:
        """One chunk's table; needs no other chunk, so chunks may be dissected side by side."""
        return dissect(chunk, self.catalogue, clock, self.settings)

    def timed_chunks(
        self, *, buffers: int = BUFFERS, size: int = CHUNK_SIZE, to_end: bool = False
    ) -> Iterator[tuple[Chunk, Clock]]:
        """The chunks, with the times from before each.

        Args:
            buffers: how many chunks must stay valid at a time.
            size: bytes of a chunk.
            to_end: read a pipe to its end in any case, so that it can be read again.
        """
        first = previous = NO_TIME
        for whole in self.capture.chunks(size=size, buffers=buffers):
            chunk = whole.head(self.most - whole.first + 1) if self.most else whole
            if len(chunk):
                if first == NO_TIME:
                    first = previous = int(chunk.time[0])
                clock = Clock(first, previous)
                yield self.rewrite(self.dissected(chunk, clock)) if self.rewrite else chunk, clock
                previous = int(chunk.time[-1])
            if 0 < self.most < whole.first + len(whole) and not (to_end and self.capture.size < 0):
                return

    def tables(
        self, *, buffers: int = BUFFERS, size: int = CHUNK_SIZE, to_end: bool = False
    ) -> Iterator[PacketTable]:
        """The chunks' tables in order, without facts; see `timed_chunks`."""
        for chunk, clock in self.timed_chunks(buffers=buffers, size=size, to_end=to_end):
            yield self.dissected(chunk, clock)

    def tables_with(
        self, names: Iterable[str], *, buffers: int = BUFFERS, size: int = CHUNK_SIZE
    ) -> Iterator[PacketTable]:
        """The chunks' tables in order, with every fact that these fields and protocols may show.

        Facts that need the whole capture have their final value everywhere (two passes, as in
        Wireshark's window and `tshark -2`).

        Args:
            names: full names of fields and protocols.
            buffers: how many tables must stay valid at a time.
            size: bytes of a chunk.
        """
        wanted = self.facts_of(names)
        folds = self.make_folds()
        used = [fold for fold in folds if wanted & (fold.facts | fold.final)]
        final = [] if self.is_following else [fold for fold in used if wanted & fold.final]
        if final:
            for table in self.tables(size=size, to_end=True):
                for fold in used:
                    fold.advance(table)
                table.kept.clear()
        followers = self.make_folds() if final else folds
        second = [one for one, other in zip(followers, folds, strict=True) if other in used]
        for table in self.tables(buffers=buffers, size=size):
            for fold in second:
                fold.advance(table)
            for fold in final:
                fold.supply_final(table)
            table.kept.clear()  # it refers back to the table: memory is freed at once, not some day
            yield table

    def facts_of(self, names: Iterable[str]) -> frozenset[str]:
        """Which facts are behind these names: the fact itself, or all of a protocol's."""
        wanted: set[str] = set()
        for name in names:
            sources = self.catalogue.sources.get(name, ())
            for protocol, item in sources:
                if isinstance(item, Fact):
                    wanted.add(protocol.full_name(item))
                wanted |= {f"{protocol.prefix}.{need}" for need in getattr(item, "needs", ())}
            whole = self.catalogue.by_name.get(name)
            if whole is not None and not sources:
                wanted |= {whole.full_name(item) for item in whole.every if isinstance(item, Fact)}
        return frozenset(wanted)

    def enough_for(self, names: Iterable[str]) -> Session:
        """The same capture, in which what these fields and protocols do not tell about may be data."""
        return replace(self, catalogue=self.catalogue.enough_for(names))

    def leading_to(self, *names: str) -> Session:
        """The same capture, in which all but these protocols and what stands around them is passed over."""
        return replace(self, catalogue=self.catalogue.leading_to(frozenset(names)))

    def following(self) -> Session:
        """The same capture, to be passed over once, while it grows."""
        return replace(self, is_following=True)

    def first(self, most: int) -> Session:
        """The same capture, as if it had no more packets than this; 0 for all."""
        return replace(self, most=most)


def open_session(
    *paths: str | os.PathLike[str],
    settings: Settings | None = None,
    extra: tuple[tuple[str, int, str], ...] = (),
    once: bool = False,
) -> Session:
    """Open one or several captures as one run.

    Args:
        paths: files, "-" for standard input.
        settings: what the user chose about dissection.
        extra: decode-as rules: (family, key, protocol name).
        once: pipes are passed over only once, so that nothing of them has to be kept.

    Raises:
        CaptureError: a file cannot be read at all.
    """
    has_pipe = any(not Path(path).is_file() for path in paths)
    capture = open_capture(*paths, keep=has_pipe and not once)
    return Session(capture, catalogue(extra), settings or Settings(), folds)


def follow(file: Feed) -> Session:
    """A capture that grows, to be passed over once.

    Args:
        file: where it comes from.
    """
    return Session(open_capture(cast("BinaryIO", file)), catalogue(), Settings(), folds, is_following=True)


def folds() -> tuple[Fold, ...]:
    """Fresh folds of everything that follows packets."""
    from synfin.connections.folds import make_folds

    return make_folds()
