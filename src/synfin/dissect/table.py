"""One chunk, dissected: its headers as layers, and every fact about them as a column, when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.dissect.columns import Column, extent, read
from synfin.dissect.definition import Computed, Fact, Field, Group, Named
from synfin.dissect.items import find_items
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Layer, Spans, Sparse
from synfin.dissect.shapes import MOST_SHAPES, ORDER, WIDTH
from synfin.dissect.text import Text
from synfin.dissect.walk import COUNTS, MAX_DEPTH, walk
from synfin.dissect.writing import written

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Small, Values
    from synfin.capture.chunk import Chunk
    from synfin.dissect.catalogue import Catalogue, Source
    from synfin.dissect.definition import Item, Protocol

HEADERS_PER_PACKET = 6
"""Rows first set aside per packet; more are made when needed."""


class Clock(NamedTuple):
    """Times that a packet's own record does not hold, in nanoseconds since the epoch.

    Attributes:
        first: time of the capture's first packet.
        previous: time of the packet before the chunk's first; equals `first` at the beginning.
    """

    first: int
    previous: int


class Settings(NamedTuple):
    """What a user may choose about dissection; the defaults are Wireshark's.

    Attributes:
        check_ip, check_tcp, check_udp: verify that protocol's checksum for `*.checksum.status`.
        relative: TCP sequence numbers count from the connection's first.
    """

    check_ip: bool = False
    check_tcp: bool = False
    check_udp: bool = False
    relative: bool = True


class Occurrences(NamedTuple):
    """All occurrences of a field name in a chunk, in the order in which the tree shows them.

    Attributes:
        packet: int32, index of each occurrence's packet.
        columns: the columns they come from.
        order: int64, where in the columns, one after the other, each occurrence stands.
    """

    packet: Small
    columns: tuple[Column, ...]
    order: Integers


DISPLAYED_BEFORE = "displayed before"
"""Under this name `PacketTable.kept` may tell, for each packet, the time of the one displayed before it."""


@dataclass
class PacketTable:
    """The headers of one chunk.

    Attributes:
        chunk: the bytes and where packets lie in them.
        catalogue: what is known about protocols.
        clock: times from before the chunk.
        settings: see `Settings`.
        found: int32 (6, headers): packet, step, start, end, limit, flags of every header, in order.
        stops: int32 (6, stops): packet, step, reason, bytes needed, bytes there, limiting step.
        counts: int64, how many headers of each step the walk found; None if `found` is no longer all of that.
        kept: what others worked out of the whole chunk and want to find again, by name.
    """

    chunk: Chunk
    catalogue: Catalogue
    clock: Clock
    settings: Settings
    found: Small
    stops: Small
    counts: Integers | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    _layers: dict[str, Layer] = field(default_factory=dict)
    _columns: dict[tuple[str, int], Column] = field(default_factory=dict)
    _facts: dict[tuple[str, str], Column] = field(default_factory=dict)
    _item_stops: dict[str, Integers] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many packets there are."""
        return len(self.chunk)

    @cached_property
    def edge(self) -> Integers:
        """int64, per packet: where its captured bytes end."""
        return self.chunk.start + self.chunk.captured

    @cached_property
    def count(self) -> Integers:
        """int64, for each step of the walk how many headers it found."""
        if self.counts is not None:
            return self.counts
        return np.bincount(self.found[1], minlength=len(self.catalogue.program.names))

    @cached_property
    def rank(self) -> Small:
        """int32, for each row of the walk's table: which row of its layer it is."""
        rank = np.empty(self.found.shape[1], np.int32)
        rank_headers(self.found[1], np.zeros(len(self.catalogue.program.names), np.int64), rank)
        return rank

    def layer(self, name: str) -> Layer:
        """Every header of one protocol, in packet order (maybe none).

        Raises:
            KeyError: the catalogue has no such protocol.
        """
        if name not in self._layers:
            if name in self.catalogue.home:
                self._find_items(self.catalogue.home[name][1])
            else:
                self._layers[name] = self._walked_layer(name)
        return self._layers[name]

    def _walked_layer(self, name: str) -> Layer:
        protocol = self.catalogue.by_name[name]
        if protocol.every_packet:
            start, end = self.chunk.start.astype(np.int32), self.edge.astype(np.int32)
            index = np.arange(len(self), dtype=np.int32)
            return Layer(protocol, index, start, end, end, np.zeros_like(index), np.full_like(index, -1))
        step = self.catalogue.program.names.index(name)
        rows = np.empty((6, self.count[step]), np.int32)
        if self.count[step]:
            pick_headers(self.found[1], self.found, step, rows)
        packet, position, start, end, limit, flags = rows
        if protocol.takes is None:
            self._give_way(step, position, start)
        return Layer(protocol, packet, start, end, limit, flags, position)

    def _give_way(self, step: int, position: Small, start: Small) -> None:
        """Let headers begin later where the header before takes more than its own bits told the walk."""
        for name in self._takers_before.get(step, ()):
            taken = self._taken[name]
            after = self.layer(name).position + 1
            at = np.minimum(np.searchsorted(position, after), max(len(position) - 1, 0))
            follows = np.flatnonzero(position[at] == after) if len(position) else at[:0]
            start[at[follows]] += taken[follows].astype(np.int32)

    @cached_property
    def _takers_before(self) -> dict[int, list[str]]:
        """By the step of a header: the protocols that may take from it and directly precede such a header."""
        found: dict[int, list[str]] = {}
        for step, name in enumerate(self.catalogue.program.names):
            if self.catalogue.by_name[name].takes is not None and self.count[step]:
                after = np.flatnonzero(self.found[1, :-1] == step) + 1
                for follower in np.unique(self.found[1, after]).tolist():
                    found.setdefault(follower, []).append(name)
        return found

    @cached_property
    def _taken(self) -> dict[str, Integers]:
        takers = {name for names in self._takers_before.values() for name in names}
        return {
            p.name: p.takes(self.rows(p.name))
            for p in self.catalogue.protocols
            if p.name in takers and p.takes
        }

    def _find_items(self, family: str) -> None:
        rows = self.rows(self.catalogue.item_families[family].name)
        layers, self._item_stops[family] = find_items(rows, self.catalogue.plans[family])
        self._layers.update(layers)

    def rows(self, name: str) -> HeaderRows:
        """The headers of one protocol, as computed values see them."""
        return HeaderRows(self, self.layer(name))

    def supply(self, protocol: str, name: str, values: Sparse | Values | Text) -> None:
        """Give a `Fact` its values: one per header of the layer, or a `Sparse` for those that have one.

        Args:
            protocol: name of the layer.
            name: name of the fact below the protocol's prefix.
            values: the values.
        """
        layer = self.layer(protocol)
        item = (self._items(protocol, name) or [self.catalogue.by_name[protocol].field(name)])[0]
        if isinstance(values, Sparse):
            column = Column(item, layer, values.values, np.asarray(values.rows, np.int64))
        else:
            column = Column(item, layer, values)
        self._facts[protocol, name] = column

    def field_column(self, protocol: str, item: Named) -> Column:
        """The column of one item of a protocol's definition; computed once, then kept."""
        if isinstance(item, Fact) and (protocol, item.name) in self._facts:
            return self._facts[protocol, item.name]
        key = (protocol, id(item))
        if key not in self._columns:
            self._columns[key] = read(self.rows(protocol), item)
        return self._columns[key]

    def item_column(self, protocol: str, name: str) -> Column:
        """The column of a name below a protocol's prefix; where several items bear it, all of them."""
        items = self._items(protocol, name)
        if not items:
            self.catalogue.by_name[protocol].field(name)  # raises, with a sentence
        columns = [self.field_column(protocol, item) for item in items]
        return columns[0] if len(columns) == 1 else _merged(columns)

    def _items(self, protocol: str, name: str) -> list[Named]:
        """The items of this name below a protocol's prefix."""
        known = self.catalogue.sources
        sources = (*known.get(f"{self.catalogue.by_name[protocol].prefix}.{name}", ()), *known.get(name, ()))
        return [one.item for one in sources if one.protocol.name == protocol and one.item.name == name]

    def has(self, name: str) -> bool:
        """Whether the catalogue knows this field or protocol name."""
        return name in self.catalogue.fields

    def occurrences(self, name: str) -> Occurrences:
        """Where a field or protocol occurs, in tree order.

        Raises:
            KeyError: no such field.
        """
        protocol = self.catalogue.by_name.get(name)
        if protocol is not None and name not in self.catalogue.sources:
            layer = self.layer(name)
            mark = Column(Computed(name, protocol.title, Kind.PROTOCOL, _nothing), layer, None)
            return Occurrences(layer.packet, (mark,), np.arange(len(layer)))
        sources = self.catalogue.sources[name]
        columns = tuple(self.field_column(source.protocol.name, source.item) for source in sources)
        if len(columns) == 1:
            return Occurrences(columns[0].packet, columns, np.arange(len(columns[0])))
        return self._ordered(sources, columns)

    def _ordered(self, sources: tuple[Source, ...], columns: tuple[Column, ...]) -> Occurrences:
        """Occurrences from several items, by packet, then by place, then by their order in the definition."""
        packets = np.concatenate([column.packet for column in columns])
        places = np.concatenate(
            [
                _place(column, self.rows(source.protocol.name))
                for source, column in zip(sources, columns, strict=True)
            ]
        )
        rank = np.repeat(np.arange(len(columns)), [len(column) for column in columns])
        order = np.lexsort((rank, places, packets))
        return Occurrences(packets[order], columns, order)

    def packet_of_row(self, name: str) -> Small:
        """int32: the packet that each occurrence of a name belongs to, ascending."""
        return self.occurrences(name).packet

    def column(self, name: str) -> Values | Text:
        """The values of every occurrence of a name, e.g. `tcp.srcport`; row by row with `packet_of_row`.

        Returns:
            int64, uint8 (n, 16) for IPv6 addresses, `Text` for text, object array of bytes for BYTES, bool
            (all True) for marks and protocols.

        Raises:
            KeyError: no such field.
        """
        found = self.occurrences(name)
        parts = [self.plain_values(column) for column in found.columns]
        if len(parts) == 1:
            return parts[0]
        if any(isinstance(part, Text) for part in parts):
            from synfin.dissect.text import stack

            return stack([part for part in parts if isinstance(part, Text)]).take(found.order)
        values: Values = np.concatenate(parts)[found.order]  # type: ignore[arg-type]
        return values

    def plain_values(self, column: Column) -> Values | Text:
        """The values of one column as arrays that need no chunk; see `column`."""
        values = column.values
        if values is None:
            return np.ones(len(column), np.bool_)
        if isinstance(values, Spans):
            start, length = values
            cut = [
                self.chunk.data[begin : begin + size].tobytes()
                for begin, size in zip(start.tolist(), length.tolist(), strict=True)
            ]
            plain = np.empty(len(cut), object)
            plain[:] = cut
            return plain
        return values

    def texts(self, name: str) -> tuple[Small, Text]:
        """Every occurrence of a name as `-T fields` writes it, and the packet of each."""
        from synfin.dissect.text import stack

        if name in self.catalogue.by_name and name not in self.catalogue.sources:
            return self.layer(name).packet, self._header_texts(name)
        found = self.occurrences(name)
        parts = [written(column, self.chunk.data) for column in found.columns]
        if len(parts) == 1:
            return found.packet, parts[0]
        return found.packet, stack(parts).take(found.order)

    def _header_texts(self, name: str) -> Text:
        """A protocol's own value: its line of the tree, or, for an item inside a header, its bytes."""
        from synfin.dissect.template import fill
        from synfin.dissect.text import octets

        layer = self.layer(name)
        if layer.outer is None:
            return fill(self.rows(name), layer.protocol.summary or layer.protocol.title)
        start = layer.start.astype(np.int64)
        return octets(self.chunk.data, start, layer.end.astype(np.int64) - start)

    def text_by_row(self, protocol: str, name: str) -> Text:
        """The value of one item as `-T fields` writes it, for every header; empty where absent."""
        column = self.item_column(protocol, name)
        text = written(column, self.chunk.data)
        if column.rows is None:
            return text
        rows = np.full(len(column.layer), -1, np.int64)
        rows[column.rows] = np.arange(len(column))
        return text.take(rows)


def dissect(
    chunk: Chunk,
    catalogue: Catalogue,
    clock: Clock | None = None,
    settings: Settings | None = None,
) -> PacketTable:
    """Find every header of a chunk.

    Args:
        chunk: the packets.
        catalogue: the protocols.
        clock: times from before the chunk; the chunk's own first packet if None.
        settings: what the user chose.

    Returns:
        the table; it refers to the chunk's bytes and is valid as long as they are.
    """
    program = catalogue.program
    names = [catalogue.roots.get(interface.linktype, "data") for interface in chunk.interfaces]
    steps = {name: step for step, name in enumerate(program.names)}
    roots = [steps.get(name, -1) for name in names] or [program.data]
    behind = [max(interface.fcs_length, 0) for interface in chunk.interfaces] or [0]
    tables = (
        program.steps,
        program.numbers,
        program.terms,
        program.sizes,
        program.stops,
        program.nexts,
        program.constants,
        program.keys,
        program.beginnings,
        program.texts,
    )
    rows = np.empty((6, len(chunk) * HEADERS_PER_PACKET + MAX_DEPTH + 2), np.int32)
    stops = np.empty((6, len(chunk) + 2), np.int32)
    shapes, order = np.zeros((MOST_SHAPES, WIDTH), np.int64), np.zeros(ORDER + MOST_SHAPES, np.int64)
    progress = np.zeros(COUNTS + len(program.names), np.int64)
    interfaces = np.array((roots, behind), np.int64)
    packets = chunk.data, chunk.captured, chunk.length, chunk.interface, interfaces
    while not walk(chunk.start, packets, tables, program.data, (rows, stops, shapes, order), progress):
        rows = np.concatenate((rows, np.empty_like(rows)), axis=1)
    if clock is None:
        first = int(chunk.time[0]) if len(chunk) else 0
        clock = Clock(first, first)
    found, halts = rows[:, : progress[1]], stops[:, : progress[2]]
    table = PacketTable(chunk, catalogue, clock, settings or Settings(), found, halts, progress[COUNTS:])
    for protocol in catalogue.holders:
        table = _with_content(table, protocol)
    return table


def _with_content(table: PacketTable, protocol: Protocol) -> PacketTable:
    """The table with the content behind each header of a protocol that measures itself."""
    headers = table.layer(protocol.name)
    if not len(headers) or protocol.content is None:
        return table
    names = table.catalogue.program.names
    row, key, start, end = protocol.content.locate(table.rows(protocol.name))
    place = headers.position[row].astype(np.int64)
    claimed = table.catalogue.claims(protocol.content.family)
    step = np.array([names.index(claimed[one]) if one in claimed else -1 for one in key.tolist()], np.int64)
    grown = np.empty((6, table.found.shape[1] + np.count_nonzero(step >= 0)), np.int32)
    put_inside(table.found[0], table.found, place, np.stack((step, start, end)), grown)
    return PacketTable(table.chunk, table.catalogue, table.clock, table.settings, grown, table.stops)


@kernel
def put_inside(packet: Small, found: Small, place: Integers, content: Integers, grown: Small) -> None:
    """Copy the walk's rows, end some headers where their content starts, and put that behind them.

    Args:
        packet: the first of the rows.
        found: the rows.
        place: which of them have content, ascending.
        content: (3, n) its step, -1 for none, its start and end.
        grown: as many rows more as there is content; filled.
    """
    at, following = 0, 0
    for row in range(len(packet)):
        for part in range(6):
            grown[part, at] = found[part, row]
        if following < len(place) and place[following] == row:
            start, end = content[1, following], content[2, following]
            grown[3, at] = start
            if content[0, following] >= 0:
                at += 1
                grown[0, at], grown[1, at], grown[2, at] = found[0, row], content[0, following], start
                grown[3, at] = min(start, end)  # its fixed fields take nothing, all of it is content
                grown[4, at], grown[5, at] = end, found[5, row]
            following += 1
        at += 1


@kernel
def pick_headers(steps: Small, found: Small, step: int, rows: Small) -> None:
    """The walk's rows of one step: packet, position among all rows, start, end, limit, flags."""
    count = 0
    for position in range(len(steps)):
        if steps[position] == step:
            rows[0, count], rows[1, count], rows[2, count] = found[0, position], position, found[2, position]
            rows[3, count], rows[4, count], rows[5, count] = (
                found[3, position],
                found[4, position],
                found[5, position],
            )
            count += 1


@kernel
def rank_headers(steps: Small, counts: Integers, rank: Small) -> None:
    """How many earlier rows have the same step."""
    for position in range(len(steps)):
        rank[position] = counts[steps[position]]
        counts[steps[position]] += 1


def _nothing(rows: HeaderRows) -> None:
    """A mark has no value."""


def _place(column: Column, rows: HeaderRows) -> Integers:
    """Where each occurrence stands in the data, in bits; computed ones stand behind what is before them."""
    first, _ = extent(column, rows)
    if column.rows is not None and len(first) != len(column):
        first = first[column.rows]
    chosen = slice(None) if column.rows is None else column.rows
    begin, end = (edge[chosen].astype(np.int64) * 8 for edge in (column.layer.start, column.layer.end))
    before, is_behind_items = _before(column.layer.protocol.fields, column.item)
    bits = max(before.start + before.bits - 1, 0) if before else 0
    behind = np.maximum(end - 1 - _depth(column.layer), begin)  # what is inside ends before what is around
    return np.where(first >= 0, first, behind if is_behind_items else begin + bits)


def _depth(layer: Layer) -> int:
    """How many lists of items the headers of a layer are in."""
    return 1 + _depth(layer.outer) if layer.outer else 0


def _before(fields: tuple[Item, ...], item: Named) -> tuple[Field | None, bool]:
    """The last field before an item in tree order, and whether a list of items is shown before it."""
    last, is_behind_items = None, False
    waiting = list(reversed(fields))
    while waiting:
        one = waiting.pop()
        if one is item:
            break
        if isinstance(one, Field):
            last = one
        is_behind_items |= isinstance(one, Group) and bool(one.holds)
        waiting += reversed(one.parts)
    return last, is_behind_items


def _merged(columns: list[Column]) -> Column:
    """Several items of one name in one protocol, of which each header has at most one."""
    rows = np.concatenate(
        [np.arange(len(column)) if column.rows is None else column.rows for column in columns]
    )
    order = np.argsort(rows, kind="stable")
    if columns[0].item.kind is Kind.NONE:
        return Column(columns[0].item, columns[0].layer, None, rows[order])
    if isinstance(columns[0].values, Spans):
        start = np.concatenate([column.values.start for column in columns])  # type: ignore[union-attr]
        length = np.concatenate([column.values.length for column in columns])  # type: ignore[union-attr]
        return Column(columns[0].item, columns[0].layer, Spans(start[order], length[order]), rows[order])
    values = np.concatenate([np.asarray(column.values) for column in columns])[order]
    return Column(columns[0].item, columns[0].layer, values, rows[order])
