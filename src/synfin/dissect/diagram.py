"""Header diagrams as the RFCs draw them: rows of 32 bits, from the same definition that reads the header."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.escape import for_terminal
from synfin.dissect.columns import Column, extent
from synfin.dissect.definition import Field, Group
from synfin.dissect.drawing import VARIABLE, draw
from synfin.dissect.layers import Spans
from synfin.dissect.template import shown
from synfin.dissect.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synfin.basics.arrays import Bytes
    from synfin.basics.spans import Line
    from synfin.dissect.definition import Item, Lesson, Protocol
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

MOST_RAW_BITS = 16
"""Fields up to this long that are no whole bytes are shown bit by bit."""


@dataclass(frozen=True, slots=True)
class Box:
    """One field of the header.

    Attributes:
        name: its filter name; "" for bytes that no field claims.
        label: what the detail tree calls it.
        start: first bit, counted from the header's first; -1 where only a packet can tell.
        bits: how many; 0 where only a packet can tell.
        depth: how many fields it is a part of.
        drawn: whether it has a box of its own (its parts have, or it is another reading of drawn bits).
        condition: what its presence or size depends on, e.g. "flags.key = 1", "length"; "" if nothing.
        value: what the tree shows, "" without a packet.
        plain: the value without names, as `-T fields` writes it.
        raw: the bits as digits, "" for whole bytes and without a packet.
        lesson: what to teach about it.
        item: for a field of a list's item (an option), what the item is called; "" else.
        opens: whether it is the item's first field.
        hidden: whether the tree leaves it out; it is drawn only for lack of another reading of its bits.
    """

    name: str
    label: str
    start: int
    bits: int
    depth: int = 0
    drawn: bool = True
    condition: str = ""
    value: str = ""
    plain: str = ""
    raw: str = ""
    lesson: Lesson | None = None
    item: str = ""
    opens: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """One header.

    Attributes:
        protocol: its name.
        title: what the detail tree calls it.
        reference: the specification.
        boxes: its fields, in tree order.
        first: where it begins in the packet, in bytes; -1 without a packet.
        size: bytes, of those captured; without a packet, of what is always there.
    """

    protocol: str
    title: str
    reference: str
    boxes: tuple[Box, ...]
    first: int = -1
    size: int = 0

    def lines(self) -> tuple[Line, ...]:
        """The picture, 70 columns wide; nothing for a header without bits."""
        return tuple(draw(self.boxes))


def header_diagram(protocol: Protocol) -> Diagram:
    """The header as its definition declares it; parts of variable size and lists are drawn as such."""
    boxes = _without_alternatives(
        (item, _declared(protocol, item, depth, drawn))
        for item, depth, drawn in _fields(protocol.fields, 0)
        if drawn or not item.hidden
    )
    held = {family for item in protocol.fields if isinstance(item, Field) for family in _held(item)}
    for items in protocol.items:
        if items.family in held:
            continue
        name = items.family.rpartition(".")[2].replace("_", " ").capitalize()
        boxes.append(Box("", f"{name}s", -1, 0, condition=VARIABLE))
    told = _without_repeats(tuple(boxes))
    return Diagram(protocol.name, protocol.title, protocol.reference, told, -1, protocol.minimum)


def packet_diagram(table: PacketTable, protocol: str, row: int) -> Diagram:
    """One header of a packet, with its values.

    Args:
        table: the chunk it is in.
        protocol: name of its layer.
        row: which header of the layer.
    """
    layer = table.layer(protocol)
    start = int(layer.start[row])
    end = min(int(layer.end[row]), int(table.edge[layer.packet[row]]))
    boxes = tuple(_read(table, protocol, row, start * 8))
    made = layer.protocol
    first = start - int(table.chunk.start[layer.packet[row]])
    boxes = _complete(_without_repeats(boxes), (end - start) * 8)
    return Diagram(made.name, made.title, made.reference, boxes, first, end - start)


def continued(header: Diagram, body: Diagram) -> Diagram:
    """A header and the body that continues it, as one picture; the body must follow directly."""
    shift = (body.first - header.first) * 8
    moved = [replace(box, start=box.start + shift, item=box.item or body.title) for box in body.boxes]
    claimed = sorted((box for box in (*header.boxes, *moved) if box.name), key=lambda box: box.start)
    size = body.first - header.first + body.size
    return replace(header, boxes=_complete(tuple(claimed), size * 8), size=size)


def _fields(items: tuple[Item, ...], depth: int) -> Iterator[tuple[Field, int, bool]]:
    """Every field that is bits, how deep it stands, and whether it has a box of its own."""
    for item in items:
        if not isinstance(item, Field):
            yield from _fields(item.parts, depth if isinstance(item, Group) else depth + 1)
            continue
        parts = [part for part in _plain_fields(item.parts) if not part.overlay]
        filled = bool(parts) and sum(part.bits for part in parts) == item.bits
        yield item, depth, not item.overlay and not filled
        for part, below, drawn in _fields(item.parts, depth + 1):
            yield part, below, drawn and not item.overlay


def _plain_fields(items: tuple[Item, ...]) -> Iterator[Field]:
    for item in items:
        if isinstance(item, Field):
            yield item
        else:
            yield from _plain_fields(item.parts)


def _without_repeats(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
    """The boxes without those that read the very bits of the field above once more and teach nothing."""
    return tuple(
        box
        for before, box in zip((None, *boxes), boxes, strict=False)
        if box.drawn or box.lesson or before is None or (before.start, before.bits) != (box.start, box.bits)
    )


def _held(item: Item) -> Iterator[str]:
    """The families of items that stand below it in the tree."""
    holds = getattr(item, "holds", "")
    if holds:
        yield holds
    for part in item.parts:
        yield from _held(part)


def _without_alternatives(found: Iterable[tuple[Field, Box]]) -> list[Box]:
    """The boxes, of which only one is drawn where the same field decides between several.

    The first of fixed size is chosen; the others stay, undrawn, to be told about.
    """
    pairs = list(found)
    made: list[Box] = []
    for decider, group in groupby(pairs, key=lambda pair: pair[0].when[0][0] if pair[0].when else ""):
        members = list(group)
        if decider:
            # one field decides: what it chooses by another value is an alternative
            drawn = [(item, box) for item, box in members if box.drawn]
            chosen = next((item.when[0][1] for item, box in drawn if box.bits), members[0][0].when[0][1])
            made += [replace(box, drawn=box.drawn and item.when[0][1] == chosen) for item, box in members]
        else:
            made += [box for _, box in members]
    return made


def _declared(protocol: Protocol, item: Field, depth: int, drawn: bool) -> Box:  # noqa: FBT001 - plain data
    known = not item.before and not item.varies
    return Box(
        protocol.full_name(item),
        item.label,
        item.start if known or (not item.before and item.rest) else -1,
        0 if item.rest or item.size_by else item.bits,
        depth,
        drawn,
        _condition(item),
        lesson=protocol.lessons.get(item.name),
    )


def _condition(item: Field) -> str:
    """What decides about its presence or size."""
    conditions = [f"{name} = {value}" for name, value in item.when]
    if item.size_by:
        conditions.append(item.size_by)
    if item.rest or item.optional:
        conditions.append(VARIABLE)
    return ", ".join(conditions)


def _read(table: PacketTable, protocol: str, row: int, origin: int, depth: int = 0) -> Iterator[Box]:
    """The boxes of one header and of the items in it; positions count from bit `origin` of the chunk."""
    rows = table.rows(protocol)
    definition = rows.layer.protocol
    for item, below, drawn in _fields(definition.fields, depth):
        if item.hidden and not drawn:
            continue
        box = _occurrence(table, rows, (item, below, drawn and not any(_held(item))), row)
        if box is not None:
            yield replace(box, start=box.start - origin)
    for items in definition.items:
        members = tuple(dict.fromkeys(table.catalogue.members[items.family].values()))
        found = [
            (int(layer.start[inner]), member.name, inner)
            for member in members
            for layer in (table.layer(member.name),)
            for inner in np.flatnonzero(layer.position == row).tolist()
        ]
        for _, name, inner in sorted(found):
            title = table.layer(name).protocol.title.rpartition(" - ")[2]
            for at, box in enumerate(_read(table, name, inner, origin, depth)):
                yield box if box.item else replace(box, item=title, opens=at == 0)


def _occurrence(table: PacketTable, rows: HeaderRows, entry: tuple[Field, int, bool], row: int) -> Box | None:
    """One field of one header as a box that counts from the chunk's first bit; None where it is absent."""
    item, depth, drawn = entry
    protocol = rows.layer.protocol
    column = table.field_column(protocol.name, item)
    at = row if column.rows is None else int(np.searchsorted(column.rows, row))
    if column.rows is not None and (at == len(column.rows) or int(column.rows[at]) != row):
        return None
    first, bits = extent(column, rows)
    start, count = int(first[at]), int(bits[at])
    value, plain_value = _texts(column, at, rows.data)
    is_small = count % 8 != 0 and count <= MOST_RAW_BITS and not item.little
    return Box(
        protocol.full_name(item),
        item.label,
        start,
        count,
        depth,
        drawn,
        _condition(item),
        value,
        plain_value,
        _digits(rows.data, start, count) if is_small else "",
        protocol.lessons.get(item.name),
        hidden=item.hidden,
    )


def _texts(column: Column, at: int, data: Bytes) -> tuple[str, str]:
    """The value of one occurrence, with its name and without."""
    values = column.values
    if values is None:
        return "", ""
    here = np.array([0 if column.rows is None else int(column.rows[at])], np.int64)
    if isinstance(values, Spans):
        one = Column(
            column.item, column.layer, Spans(values.start[at : at + 1], values.length[at : at + 1]), here
        )
    elif isinstance(values, np.ndarray):
        one = Column(column.item, column.layer, values[at : at + 1], here)
    else:
        one = Column(column.item, column.layer, values.take(np.array([at], np.int64)), here)
    return for_terminal(shown(one, data)[0]), for_terminal(written(one, data)[0])


def _digits(data: Bytes, first: int, count: int) -> str:
    """Bits of the data as 0 and 1."""
    last = first + count
    octets = data[first // 8 : (last + 7) // 8].tobytes()
    number = int.from_bytes(octets, "big") >> (-last % 8) & ((1 << count) - 1)
    return f"{number:0{count}b}"


def _visible(boxes: tuple[Box, ...]) -> list[Box]:
    """The boxes; where a hidden one would be drawn, the visible one of the same bits is, if there is one."""
    shown = {(box.start, box.bits) for box in boxes if box.drawn and box.hidden}
    better = {(box.start, box.bits): box for box in reversed(boxes) if not box.hidden and not box.drawn}
    made = []
    for box in boxes:
        place = (box.start, box.bits)
        if place in shown and place in better:
            if box is better[place]:
                made.append(replace(box, drawn=True))
            elif not box.hidden:
                made.append(box)
        else:
            made.append(box)
    return made


def _complete(boxes: tuple[Box, ...], size: int) -> tuple[Box, ...]:
    """The boxes, with another reading drawn where no field claims the bits, and empty ones for the rest."""
    made = _visible(boxes)
    taken = sorted((box.start, box.start + box.bits) for box in made if box.drawn)
    at = 0
    for start, end in [*taken, (size, size)]:
        if start > at:
            other = next((i for i, box in enumerate(made) if (box.start, box.bits) == (at, start - at)), None)
            if other is not None:
                made[other] = replace(made[other], drawn=True)
            else:
                made.append(Box("", "", at, start - at))
        at = max(at, end)
    return tuple(made)
