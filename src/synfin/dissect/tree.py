"""The detail tree of a packet: every header, every field, its bytes; from the same columns as all else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.columns import Column, extent
from synfin.dissect.definition import Computed, Fact, Field, Group, Item, Named, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans
from synfin.dissect.template import fill, mask_prefix, shown
from synfin.dissect.walk import Reason
from synfin.dissect.writing import written

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree.

    Attributes:
        label: the whole line, without indentation.
        name: filter name, "" for lines that have none.
        value: as JSON and `-T fields` write it, "" for marks.
        start: first byte in the packet, -1 if it stands for no bytes.
        length: how many bytes.
        children: the lines below.
        hidden: found by filters, not shown.
        kind: type of its value.
        item: what it was declared as; None for headers and for lines about what could not be read.
    """

    label: str
    name: str
    value: str
    start: int
    length: int
    children: tuple[Node, ...] = ()
    hidden: bool = False
    kind: Kind = Kind.NONE
    item: Item | None = None


@dataclass(slots=True)
class _Lines:
    """One item's lines for all headers of a layer.

    Attributes:
        bounds: header `row` has lines `bounds[row]` to `bounds[row + 1]`: one, none where the item is absent,
            or several.
        labels, values: texts.
        start, length: bytes in the chunk.
    """

    bounds: list[int]
    labels: list[str]
    values: list[str]
    start: list[int]
    length: list[int]


@dataclass
class Trees:
    """Makes the trees of one chunk's packets; lines are made for all packets at once, when first needed."""

    table: PacketTable
    _lines: dict[tuple[str, int], _Lines] = field(default_factory=dict)
    _summaries: dict[str, list[str]] = field(default_factory=dict)
    _rows: dict[str, list[int]] = field(default_factory=dict)
    _items: dict[str, _Contents] = field(default_factory=dict)

    def packet(self, index: int) -> tuple[Node, ...]:
        """The top lines of one packet, each with its tree, in the order of its headers."""
        nodes = [node for protocol in self._everywhere if (node := self._header(protocol, index)).children]
        first, last = self._bounds[index], self._bounds[index + 1]
        return (*nodes, *self._headers(first, last), *self._stops(index))

    def _headers(self, first: int, last: int) -> tuple[Node, ...]:
        """The nodes of consecutive headers; those inside a header that encloses them stand below it."""
        found = self.table.found
        names = self.table.catalogue.program.names
        nodes: list[Node] = []
        for at in range(first, last):
            protocol = self.table.catalogue.by_name[names[found[1, at]]]
            row = self._row(protocol.name, at)
            if protocol.body and nodes:
                nodes[-1] = self._continued(nodes[-1], protocol, row)
            elif nodes and protocol.within == nodes[-1].name:
                nodes[-1] = _around(nodes[-1], (self._header(protocol, row),))
            else:
                nodes.append(self._header(protocol, row))
            if protocol.encloses or protocol.quotes:
                nodes[-1] = _around(nodes[-1], self._headers(at + 1, last))
                break
        return tuple(nodes)

    @cached_property
    def _everywhere(self) -> tuple[Protocol, ...]:
        """What stands for every packet; remarks about the frame before the frame itself."""
        everywhere = [protocol for protocol in self.table.catalogue.protocols if protocol.every_packet]
        return tuple(sorted(everywhere, key=lambda protocol: protocol.prefix == protocol.name))

    @cached_property
    def _bounds(self) -> list[int]:
        packets = self.table.found[0]
        bounds: list[int] = np.searchsorted(packets, np.arange(len(self.table) + 1)).tolist()
        return bounds

    def _row(self, name: str, at: int) -> int:
        """Which row of its layer a row of the walk's table is."""
        return int(np.searchsorted(self.table.layer(name).position, at))

    def _header(self, protocol: Protocol, row: int) -> Node:
        layer = self.table.layer(protocol.name)
        if protocol.name not in self._summaries:
            rows = self.table.rows(protocol.name)
            self._summaries[protocol.name] = fill(rows, protocol.summary or protocol.title).to_list()
        begin = int(layer.start[row])
        return Node(
            self._summaries[protocol.name][row],
            protocol.name,
            "",
            begin - int(self.table.chunk.start[layer.packet[row]]),
            int(layer.end[row]) - begin,
            tuple(self._below(protocol, protocol.fields, row)) + self._loose_items(protocol, row),
            kind=Kind.PROTOCOL,
        )

    def _continued(self, node: Node, body: Protocol, row: int) -> Node:
        """The node with a body's lines added at its end."""
        layer = self.table.layer(body.name)
        more = tuple(self._below(body, body.fields, row)) + self._loose_items(body, row)
        length = node.length + int(layer.end[row]) - int(layer.start[row])
        return Node(node.label, node.name, "", node.start, length, node.children + more, kind=node.kind)

    def _below(self, protocol: Protocol, items: tuple[Item, ...], row: int) -> Iterator[Node]:
        """The lines of these items; further names of neighbours that share them follow the last neighbour."""
        shared: tuple[str, ...] = ()
        aliases: list[Node] = []
        for item in items:
            also = getattr(item, "also", ())
            if also != shared:
                yield from aliases
                shared, aliases = also, []
            for node in self._nodes(protocol, item, row):
                yield node
                aliases += [
                    replace(node, name=f"{protocol.prefix}.{name}", hidden=True, children=()) for name in also
                ]
        yield from aliases

    def _nodes(self, protocol: Protocol, item: Item, row: int) -> Iterator[Node]:
        """The lines of one item, each with its tree."""
        if isinstance(item, (Field, Computed)):
            bounds = self._item_lines(protocol, item).bounds
            if bounds[row] == bounds[row + 1]:
                return
        children = tuple(self._below(protocol, item.parts, row)) if item.parts else ()
        holds = getattr(item, "holds", "")
        if holds:
            children += self._contents(holds).nodes(self, row)
        if isinstance(item, Group):
            if children and not (item.label or item.show):
                yield from children
            elif children:
                yield self._group(protocol, item, row, children)
            return
        lines = self._item_lines(protocol, item)
        if lines.bounds[row] == lines.bounds[row + 1] and isinstance(item, Fact):
            yield from children  # a mere heading whose facts are known
        packet = int(self.table.layer(protocol.name).packet[row])
        for at in range(lines.bounds[row], lines.bounds[row + 1]):
            start = lines.start[at]
            yield Node(
                lines.labels[at],
                protocol.full_name(item),
                lines.values[at],
                start - int(self.table.chunk.start[packet]) if start >= 0 else -1,
                lines.length[at],
                children,
                item.hidden,
                item.kind,
                item,
            )

    def _group(self, protocol: Protocol, group: Group, row: int, children: tuple[Node, ...]) -> Node:
        label = self._group_labels(protocol, group)[row] if group.show else group.label
        spread = [child for child in children if child.start >= 0]
        start = min((child.start for child in spread), default=-1)
        end = max((child.start + child.length for child in spread), default=-1)
        line = f"[{label}]" if group.generated else label
        return Node(line, "", "", start, end - start, children, item=group)

    def _group_labels(self, protocol: Protocol, group: Group) -> list[str]:
        key = f"{protocol.name}/{id(group)}"
        if key not in self._summaries:
            self._summaries[key] = fill(self.table.rows(protocol.name), group.show).to_list()
        return self._summaries[key]

    def _item_lines(self, protocol: Protocol, item: Named) -> _Lines:
        key = (protocol.name, id(item))
        if key not in self._lines:
            rows = self.table.rows(protocol.name)
            column = self.table.field_column(protocol.name, item)
            if not len(column):
                self._lines[key] = _Lines([0] * (len(rows) + 1), [], [], [], [])
                return self._lines[key]
            start, length = _bytes_of(column, rows)
            bounds = np.arange(len(rows) + 1)
            if column.rows is not None:
                bounds = np.searchsorted(column.rows, bounds)
            self._lines[key] = _Lines(
                bounds.tolist(),
                label_text(column, rows).to_list(),
                ([""] * len(column) if column.values is None else json_text(column, rows).to_list()),
                start.tolist(),
                length.tolist(),
            )
        return self._lines[key]

    def _contents(self, family: str) -> _Contents:
        if family not in self._items:
            self._items[family] = _Contents.of(self.table, family)
        return self._items[family]

    def _loose_items(self, protocol: Protocol, row: int) -> tuple[Node, ...]:
        """Items that no field holds: they stand after the fields."""
        held = {getattr(item, "holds", "") for item in _with_groups(protocol.fields)}
        nodes: tuple[Node, ...] = ()
        for items in protocol.items:
            if items.family not in held:
                nodes += self._contents(items.family).nodes(self, row)
        return nodes

    def item_nodes(self, protocol: Protocol, row: int) -> tuple[Node, ...]:
        """The lines of one item: its own with its fields below, or, for a body, just its fields."""
        if protocol.body:
            return tuple(self._below(protocol, protocol.fields, row)) + self._loose_items(protocol, row)
        return (self._header(protocol, row),)

    def _stops(self, index: int) -> Iterator[Node]:
        """What could not be followed, as the tree's last lines."""
        names = self.table.catalogue.program.names
        for _, step, reason, *_rest in self.table.stops[:, self.table.stops[0] == index].T.tolist():
            title = self.table.catalogue.by_name[names[step]]
            called = (title.short or title.name.upper()) if isinstance(title.short, str) else title.title
            if reason == Reason.CUT:
                line = f"[Packet size limited during capture: {called} truncated]"
                yield Node(line, "_ws.short", "", -1, 0, kind=Kind.PROTOCOL)
            else:
                yield Node(f"[Malformed Packet: {called}]", "_ws.malformed", "", -1, 0, kind=Kind.PROTOCOL)


@dataclass(frozen=True)
class _Contents:
    """The items of one family, by the header they belong to."""

    members: tuple[Protocol, ...]
    header: Integers
    member: list[int]
    row: list[int]

    @classmethod
    def of(cls, table: PacketTable, family: str) -> _Contents:
        members = tuple(dict.fromkeys(table.catalogue.members[family].values()))
        layers = [table.layer(member.name) for member in members]
        header = np.concatenate([layer.position for layer in layers]).astype(np.int64)
        start = np.concatenate([layer.start for layer in layers])
        member = np.repeat(np.arange(len(layers)), [len(layer) for layer in layers])
        row = np.concatenate([np.arange(len(layer)) for layer in layers])
        order = np.lexsort((start, header))
        return cls(members, header[order], member[order].tolist(), row[order].tolist())

    def nodes(self, trees: Trees, row: int) -> tuple[Node, ...]:
        """The lines of one header's items, in byte order."""
        first, last = np.searchsorted(self.header, (row, row + 1)).tolist()
        made: tuple[Node, ...] = ()
        for at in range(first, last):
            made += trees.item_nodes(self.members[self.member[at]], self.row[at])
        return made


def _around(node: Node, inside: tuple[Node, ...]) -> Node:
    """The node with others below it, in the order of the bytes."""
    if not inside:
        return node
    at = len(node.children)
    while at and node.children[at - 1].start > inside[0].start:
        at -= 1
    return replace(node, children=node.children[:at] + inside + node.children[at:])


def label_text(column: Column, rows: HeaderRows) -> Text:
    """The tree's line of one item, for every occurrence of the column."""
    item = column.item
    count = len(column)
    if item.show == f"{{{item.name}}}":  # the mere value; a header may have several
        line = shown(column, rows.data)
    elif item.show:
        line = fill(rows, item.show)
        line = line if column.rows is None else line.take(column.rows)
    elif column.values is None:
        line = text.literal(item.label, count)
    else:
        line = text.join([text.literal(f"{item.label}: ", count), shown(column, rows.data)])
    if isinstance(item, Field) and not isinstance(column.values, Spans) and column.values is not None:
        prefix = mask_prefix(item, column.values) if item.kind is not Kind.IPV6 else None
        if prefix is not None:
            line = text.join([prefix, line])
    if isinstance(item, (Computed, Fact)) and not item.bare:
        line = text.join([text.literal("[", count), line, text.literal("]", count)])
    return line


def json_text(column: Column, rows: HeaderRows) -> Text:
    """The value as JSON shows it: like `-T fields`, but bytes with colons."""
    if isinstance(column.values, Spans) and column.item.kind is Kind.BYTES:
        return text.octets(rows.data, *column.values, separator=":")
    return written(column, rows.data)


def _bytes_of(column: Column, rows: HeaderRows) -> tuple[Integers, Integers]:
    """First byte in the chunk and number of bytes of each occurrence; (-1, 0) for computed ones."""
    if isinstance(column.values, Spans):
        return column.values
    first, bits = extent(column, rows)
    start = np.where(first >= 0, first // 8, -1)
    return start, np.where(first >= 0, (first + bits + 7) // 8 - first // 8, 0)


def _with_groups(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _with_groups(item.parts)
