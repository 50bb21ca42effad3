"""The detail tree of a packet: every header, every field, its bytes; from the same columns as all else."""

from __future__ import annotations

from bisect import bisect_left
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
    from collections.abc import Iterator

    from synfin.basics.arrays import Integers, Small
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
        start, length: bytes in the packet.
    """

    bounds: list[int]
    labels: list[str]
    values: list[str]
    start: list[int]
    length: list[int]


@dataclass(slots=True)
class _Branch:
    """One item and those below it, as far as any packet of the chunk has them.

    Attributes:
        item: the definition.
        name: its full name, "" for a group.
        also: its further full names.
        lines: of the item; None for groups and facts that no packet has.
        headings: of a group, one per header, if they differ.
        below: branches of its parts.
        contents: items that it holds, if any.
    """

    item: Item
    name: str
    also: tuple[str, ...]
    lines: _Lines | None
    headings: list[str]
    below: tuple[_Branch, ...]
    contents: _Contents | None


@dataclass(slots=True)
class _Headers:
    """The headers of one layer, ready to be made nodes of."""

    summaries: list[str]
    values: list[str]
    start: list[int]
    length: list[int]
    branches: tuple[_Branch, ...]
    loose: tuple[_Contents, ...]


@dataclass
class Trees:
    """Makes the trees of one chunk's packets; lines are made for all packets at once, when first needed."""

    table: PacketTable
    _layers: dict[str, _Headers] = field(default_factory=dict)
    _items: dict[str, _Contents] = field(default_factory=dict)

    def packet(self, index: int) -> tuple[Node, ...]:
        """The top lines of one packet, each with its tree, in the order of its headers."""
        nodes = [node for protocol in self._everywhere if (node := self._header(protocol, index)).children]
        first, last = self._bounds[index], self._bounds[index + 1]
        return (*nodes, *self._headers(first, last), *self._stops(index))

    def _headers(self, first: int, last: int) -> tuple[Node, ...]:
        """The nodes of consecutive headers; those inside a header that encloses them stand below it."""
        nodes: list[Node] = []
        for at in range(first, last):
            protocol, row = self._protocols[at], self._rows[at]
            if not protocol.title:
                continue
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
        return _bounds(self.table.found[0], len(self.table))

    @cached_property
    def _protocols(self) -> list[Protocol]:
        """Of each header that the walk found, what it is."""
        names, by_name = self.table.catalogue.program.names, self.table.catalogue.by_name
        return [by_name[names[step]] for step in self.table.found[1].tolist()]

    @cached_property
    def _rows(self) -> list[int]:
        """Of each header that the walk found, which row of its layer it is."""
        steps = self.table.found[1]
        order = np.argsort(steps, kind="stable")
        rows = np.empty(len(steps), np.int64)
        rows[order] = np.arange(len(steps)) - np.searchsorted(steps[order], steps[order])
        made: list[int] = rows.tolist()
        return made

    def _layer(self, protocol: Protocol) -> _Headers:
        if protocol.name not in self._layers:
            rows = self.table.rows(protocol.name)
            start, end = rows.start.astype(np.int64), rows.end.astype(np.int64)
            if protocol.header_length is None and any(
                getattr(item, "rest", False) for item in protocol.fields
            ):
                end = np.maximum(np.minimum(rows.limit, rows.captured_end), start)
            length = end - start
            is_item = rows.layer.outer is not None
            held = {getattr(item, "holds", "") for item in _with_groups(protocol.fields)}
            self._layers[protocol.name] = _Headers(
                fill(rows, protocol.summary or protocol.title).to_list(),
                text.octets(rows.data, start, length, ":").to_list() if is_item else [],
                (start - self.table.chunk.start[rows.packet]).tolist(),
                length.tolist(),
                self._branches(protocol, protocol.fields),
                tuple(self._contents(one.family) for one in protocol.items if one.family not in held),
            )
        return self._layers[protocol.name]

    def _header(self, protocol: Protocol, row: int) -> Node:
        headers = self._layer(protocol)
        return Node(
            headers.summaries[row],
            protocol.name,
            headers.values[row] if headers.values else "",
            headers.start[row],
            headers.length[row],
            self._inside(headers, row),
            kind=Kind.BYTES if headers.values else Kind.PROTOCOL,
        )

    def _inside(self, headers: _Headers, row: int) -> tuple[Node, ...]:
        """The lines of a header's fields, and behind them those of items that no field holds."""
        nodes = self._below(headers.branches, row)
        for contents in headers.loose:
            nodes += contents.nodes(self, row)
        return tuple(nodes)

    def _continued(self, node: Node, body: Protocol, row: int) -> Node:
        """The node with a body's lines added."""
        headers = self._layer(body)
        node = _around(node, self._inside(headers, row))
        return replace(node, length=node.length + headers.length[row])

    def _branches(self, protocol: Protocol, items: tuple[Item, ...]) -> tuple[_Branch, ...]:
        return tuple(branch for item in items if (branch := self._branch(protocol, item)))

    def _branch(self, protocol: Protocol, item: Item) -> _Branch | None:
        """The item for all headers of its layer, None if none of them has it."""
        lines, headings = None, []
        if not isinstance(item, Group):
            lines = self._lines(protocol, item)
            lines = lines if lines.labels else None
        if lines is None and not isinstance(item, Group | Fact):
            return None
        below = self._branches(protocol, item.parts)
        holds = getattr(item, "holds", "")
        contents = self._contents(holds) if holds else None
        if lines is None and not below and contents is None:
            return None
        if isinstance(item, Group) and item.show:
            headings = fill(self.table.rows(protocol.name), item.show).to_list()
        name = "" if isinstance(item, Group) else protocol.full_name(item)
        also = tuple(f"{protocol.prefix}.{one}" for one in getattr(item, "also", ()))
        return _Branch(item, name, also, lines, headings, below, contents)

    def _below(self, branches: tuple[_Branch, ...], row: int) -> list[Node]:
        """The lines of these items; further names of neighbours that share them follow the last neighbour."""
        nodes: list[Node] = []
        shared: tuple[str, ...] = ()
        aliases: list[Node] = []
        for branch in branches:
            if branch.also != shared:
                nodes += aliases
                shared, aliases = branch.also, []
            made = self._nodes(branch, row)
            nodes += made
            if shared:
                aliases += [
                    replace(node, name=name, hidden=True, children=()) for node in made for name in shared
                ]
        return nodes + aliases

    def _nodes(self, branch: _Branch, row: int) -> list[Node]:
        """The lines of one item, each with its tree."""
        lines = branch.lines
        if lines is not None:
            first, last = lines.bounds[row], lines.bounds[row + 1]
            if first == last and not isinstance(branch.item, Fact):
                return []
        children = self._below(branch.below, row) if branch.below else []
        if branch.contents is not None:
            children += branch.contents.nodes(self, row)
        if isinstance(branch.item, Group):
            return self._group(branch.item, branch.headings[row] if branch.headings else "", children)
        if lines is None or first == last:
            return children  # a mere heading whose facts are known
        item = branch.item
        return [
            Node(
                lines.labels[at],
                branch.name,
                lines.values[at],
                lines.start[at],
                lines.length[at],
                tuple(children),
                item.hidden,
                item.kind,
                item,
            )
            for at in range(first, last)
        ]

    def _group(self, group: Group, heading: str, children: list[Node]) -> list[Node]:
        heading = heading or group.label
        if not children or not heading:
            return children
        spread = [child for child in children if child.start >= 0]
        start = min((child.start for child in spread), default=-1)
        end = max((child.start + child.length for child in spread), default=-1)
        line = f"[{heading}]" if group.generated else heading
        return [Node(line, "", "", start, end - start, tuple(children), item=group)]

    def _lines(self, protocol: Protocol, item: Named) -> _Lines:
        rows = self.table.rows(protocol.name)
        column = self.table.field_column(protocol.name, item)
        start, length = _bytes_of(column, rows)
        packet = column.packet
        bounds = np.arange(len(rows) + 1)
        if column.rows is not None:
            bounds = np.searchsorted(column.rows, bounds)
        return _Lines(
            bounds.tolist(),
            label_text(column, rows).to_list(),
            ([""] * len(column) if column.values is None else json_text(column, rows).to_list()),
            np.where(start >= 0, start - self.table.chunk.start[packet], -1).tolist(),
            length.tolist(),
        )

    def _contents(self, family: str) -> _Contents:
        if family not in self._items:
            self._items[family] = _Contents.of(self.table, family)
        return self._items[family]

    def item_nodes(self, protocol: Protocol, row: int) -> tuple[Node, ...]:
        """The lines of one item: its own with its fields below, or, for a body, just its fields."""
        if protocol.body:
            return self._inside(self._layer(protocol), row)
        return (self._header(protocol, row),)

    @cached_property
    def _stop_bounds(self) -> list[int]:
        return _bounds(self.table.stops[0], len(self.table))

    def _stops(self, index: int) -> Iterator[Node]:
        """What could not be followed, as the tree's last lines."""
        names = self.table.catalogue.program.names
        first, last = self._stop_bounds[index], self._stop_bounds[index + 1]
        for _, step, reason, *_rest in self.table.stops[:, first:last].T.tolist():
            title = self.table.catalogue.by_name[names[step]]
            called = (title.short or title.name.upper()) if isinstance(title.short, str) else title.title
            if reason == Reason.CUT:
                line = f"[Packet size limited during capture: {called} truncated]"
                yield Node(line, "_ws.short", "", -1, 0, kind=Kind.PROTOCOL)
            else:
                yield Node(f"[Malformed Packet: {called}]", "_ws.malformed", "", -1, 0, kind=Kind.PROTOCOL)


def _bounds(packets: Small, count: int) -> list[int]:
    """Where each of `count` packets begins among ascending numbers of packets, and where the last ends."""
    bounds: list[int] = np.searchsorted(packets, np.arange(count + 1)).tolist()
    return bounds


@dataclass(frozen=True)
class _Contents:
    """The items of one family, by the header they belong to."""

    members: tuple[Protocol, ...]
    header: list[int]
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
        return cls(members, header[order].tolist(), member[order].tolist(), row[order].tolist())

    def nodes(self, trees: Trees, row: int) -> tuple[Node, ...]:
        """The lines of one header's items, in byte order."""
        first, last = bisect_left(self.header, row), bisect_left(self.header, row + 1)
        made: tuple[Node, ...] = ()
        for at in range(first, last):
            made += trees.item_nodes(self.members[self.member[at]], self.row[at])
        return made


def _around(node: Node, inside: tuple[Node, ...]) -> Node:
    """The node with others below it, in the order of the bytes."""
    if not inside:
        return node
    first = min((place for one in inside if (place := _first_byte(one)) >= 0), default=-1)
    at = len(node.children)
    while at and _first_byte(node.children[at - 1]) > first >= 0:
        at -= 1
    return replace(node, children=node.children[:at] + inside + node.children[at:])


def _first_byte(node: Node) -> int:
    """Where a node or, if it stands for no bytes itself, what is below it begins; -1 for nowhere."""
    if node.start >= 0:
        return node.start
    return min((place for child in node.children if (place := _first_byte(child)) >= 0), default=-1)


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
