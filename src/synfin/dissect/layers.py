"""A layer is every header of one protocol in a chunk: dense rows, in packet order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.dissect.walk import PARTIAL, QUOTED

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Flags, Integers, Small, Values
    from synfin.capture.chunk import Chunk
    from synfin.dissect.definition import Named, Protocol
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text


class Spans(NamedTuple):
    """Values that are stretches of the chunk's bytes.

    Attributes:
        start: int64, first byte of each.
        length: int64, how many bytes; what was not captured is not counted.
    """

    start: Integers
    length: Integers


class Sparse(NamedTuple):
    """Values that only some rows of a layer have: `values[i]` belongs to row `rows[i]`, ascending."""

    rows: Integers
    values: Values | Spans | Text | None


class Located(NamedTuple):
    """Items of a list, found by their protocol itself: by header, and within a header in byte order.

    Attributes:
        row: int64, which header of the layer each belongs to.
        key: int64, which member of the family each is.
        start, end: int64, first byte in the chunk's data and one past the last.
    """

    row: Integers
    key: Integers
    start: Integers
    end: Integers


@dataclass(frozen=True)
class Layer:
    """Where the headers of one protocol are. All arrays are int32, one entry per header.

    Attributes:
        protocol: whose headers these are.
        packet: index of the packet in the chunk.
        start: first byte in the chunk's data.
        end: one past the header's last byte.
        limit: where the bytes that this header may speak for end, on the wire.
        flags: `QUOTED` inside a copy of another packet, `PARTIAL` if not all of the header is there.
        position: row of the walk's table, or of the enclosing layer for items.
        outer: the layer whose rows `position` counts, None for headers found by the walk.
    """

    protocol: Protocol
    packet: Small
    start: Small
    end: Small
    limit: Small
    flags: Small
    position: Small
    outer: Layer | None = field(default=None, compare=False)

    def __len__(self) -> int:
        """How many headers there are."""
        return len(self.packet)

    @cached_property
    def whole(self) -> bool:
        """Whether no header is cut."""
        return not int(np.bitwise_or.reduce(self.flags)) & PARTIAL

    def taken(self, rows: Integers) -> Layer:
        """Only these headers, as if there were no others."""
        columns = (self.packet, self.start, self.end, self.limit, self.flags, self.position)
        packet, start, end, limit, flags, position = (column[rows] for column in columns)
        return Layer(self.protocol, packet, start, end, limit, flags, position, self.outer)

    @property
    def quoted(self) -> Flags:
        """True for headers inside a copy of another packet."""
        quoted: Flags = (self.flags & QUOTED) != 0
        return quoted


@dataclass(frozen=True)
class HeaderRows:
    """What a computed value may look at: the rows of one layer, and the table they stand in."""

    table: PacketTable
    layer: Layer

    def __len__(self) -> int:
        """How many headers there are."""
        return len(self.layer)

    @property
    def data(self) -> Bytes:
        """The chunk's bytes."""
        return self.table.chunk.data

    @property
    def chunk(self) -> Chunk:
        """The chunk the headers lie in."""
        return self.table.chunk

    @property
    def packet(self) -> Small:
        """Index of each header's packet."""
        return self.layer.packet

    @property
    def start(self) -> Small:
        """First byte of each header."""
        return self.layer.start

    @property
    def end(self) -> Small:
        """One past the last byte of each header."""
        return self.layer.end

    @property
    def limit(self) -> Small:
        """Where what each header speaks for ends, on the wire."""
        return self.layer.limit

    @cached_property
    def captured_end(self) -> Integers:
        """Where what was captured of each header's packet ends."""
        return self.table.edge[self.layer.packet]

    @cached_property
    def is_whole(self) -> Flags:
        """True where the whole header was captured."""
        whole: Flags = (self.layer.flags & PARTIAL) == 0
        return whole

    def values(self, name: str, missing: int = 0) -> Integers:
        """One value per header of a field, computed value or fact; `missing` where there is none.

        Args:
            name: name below the protocol's prefix; in an item also one of the header around it.
            missing: what stands for absence.
        """
        if self.layer.outer is not None and not self.layer.protocol.names(name):
            return self.outer.values(name, missing)[self.layer.position]
        column = self.table.item_column(self.layer.protocol.name, name)
        if column.rows is None:
            assert isinstance(column.values, np.ndarray)
            return column.values
        full = np.full(len(self), missing, np.int64)
        full[column.rows] = np.asarray(column.values)
        return full

    @property
    def outer(self) -> HeaderRows:
        """The headers that these items are in; `layer.position` says which of them each is in."""
        assert self.layer.outer is not None
        return HeaderRows(self.table, self.layer.outer)

    def has(self, name: str) -> Flags:
        """True where the header has the field."""
        column = self.table.item_column(self.layer.protocol.name, name)
        if column.rows is None:
            return np.ones(len(self), np.bool_)
        present = np.zeros(len(self), np.bool_)
        present[column.rows] = True
        return present

    def text(self, name: str) -> Text:
        """One text per header: the field's value as `-T fields` writes it, empty where absent."""
        return self.table.text_by_row(self.layer.protocol.name, name)

    def item(self, name: str) -> Named:
        """The definition of one field."""
        return self.layer.protocol.field(name)

    def next_header(self) -> Integers:
        """For each header, the row in the walk's table of the header directly inside it, -1 for none."""
        found = self.table.found
        after = self.layer.position.astype(np.int64) + 1
        inside = after < found.shape[1]
        clipped = np.minimum(after, found.shape[1] - 1)
        return np.where(inside & (found[0, clipped] == self.layer.packet), clipped, -1)

    def previous_header(self) -> Integers:
        """For each header, the row in the walk's table of the header directly around it, -1 for none."""
        found = self.table.found
        before = self.layer.position.astype(np.int64) - 1
        clipped = np.maximum(before, 0)
        return np.where((before >= 0) & (found[0, clipped] == self.layer.packet), clipped, -1)

    def rows_of(self, name: str, found_rows: Integers) -> Integers:
        """Which rows of layer `name` these rows of the walk's table are, -1 where they are others."""
        if not self.table.found.shape[1]:
            return np.full(len(found_rows), -1, np.int64)
        step = self.table.catalogue.program.names.index(name)
        rows = np.empty(len(found_rows), np.int64)
        rank_rows(np.asarray(found_rows, np.int64), self.table.found[1], self.table.rank, step, rows)
        return rows


@kernel
def rank_rows(found_rows: Integers, steps: Small, rank: Small, step: int, rows: Integers) -> None:
    """Of each row of the walk's table, its rank if it is of this step, else -1."""
    for at in range(len(found_rows)):
        row = found_rows[at]
        rows[at] = rank[row] if row >= 0 and steps[row] == step else -1
