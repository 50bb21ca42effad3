"""Finds the items of lists inside headers: options, records, blocks; when somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.errors import DefinitionError
from synfin.basics.kernel import PART as INNER
from synfin.basics.kernel import kernel
from synfin.dissect.columns import first_byte
from synfin.dissect.definition import ANY, BROKEN, Field, Items, Protocol, Shape
from synfin.dissect.layers import HeaderRows, Layer
from synfin.dissect.octets import four, two
from synfin.dissect.walk import PARTIAL, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synfin.basics.arrays import Bytes, Integers, Small
    from synfin.dissect.layers import Located

MOST_KEYS = 256
"""Types of items are at most one byte wide."""


class Plan(NamedTuple):
    """How the members of one list are found; made once for a catalogue.

    Attributes:
        items: how the list is laid out.
        protocols: its members.
        choice: int64 (256,), for every type which of them it names, -1 for none.
        single: int64 (256,), 1 for types that are a single byte.
        sizes: int64, least bytes of each member.
        broken: which member a broken item becomes, -1 for none.
    """

    items: Items
    protocols: tuple[Protocol, ...]
    choice: Integers
    single: Integers
    sizes: Integers
    broken: int


def plan_of(items: Items, members: Mapping[int, Protocol]) -> Plan:
    """The plan for a list; `members` says which protocol each type names, `ANY` for the rest."""
    protocols = tuple(dict.fromkeys(members.values()))
    single = np.zeros(MOST_KEYS, np.int64)
    single[list(items.singles)] = 1
    claims = [(items.family, BROKEN) in protocol.follows for protocol in protocols]
    return Plan(
        items,
        protocols,
        _choice(members, protocols),
        single,
        np.array([protocol.minimum for protocol in protocols], np.int64),
        claims.index(True) if True in claims else -1,
    )


def find_items(rows: HeaderRows, plan: Plan, wanted: Sequence[str] = ()) -> tuple[dict[str, Layer], Integers]:
    """The layers of the members of one list, and the stops met on the way.

    Args:
        rows: the headers that have the list.
        plan: how they are found.
        wanted: names of the members whose layers are made; all if empty.

    Returns:
        a layer for each member's name (maybe empty), and stops int64 (6, n): packet, row of the header,
        reason, bytes needed, bytes there, type.
    """
    items = plan.items
    if items.locate is not None:
        found = _placed(items.locate(rows), plan)
        stops = np.empty((6, 0), np.int64)
    else:
        found, stops = _find(rows, plan, *_area(rows, items))
    # in header order, and within a header in byte order
    layers = {}
    there = np.bincount(found[1], minlength=len(plan.protocols))
    nothing = np.empty(0, np.int32)
    for index, protocol in enumerate(plan.protocols):
        if wanted and protocol.name not in wanted:
            continue
        if not there[index]:
            layers[protocol.name] = Layer(protocol, *(nothing,) * 6, outer=rows.layer)
            continue
        header, _, start, stop, partial = found[:, found[1] == index]
        layers[protocol.name] = Layer(
            protocol,
            packet=rows.packet[header],
            start=start.astype(np.int32),
            end=stop.astype(np.int32),
            limit=stop.astype(np.int32),
            flags=(rows.layer.flags[header] & ~PARTIAL) | partial.astype(np.int32),
            position=header.astype(np.int32),
            outer=rows.layer,
        )
    return layers, stops


def read_items(rows: HeaderRows, plan: Plan, wanted: Mapping[str, Sequence[str]]) -> Integers:
    """What some members of a list of types, lengths and values say in each header; quick for many headers.

    Args:
        rows: the headers that have the list.
        plan: how they are found.
        wanted: for names of members, those of the fields asked for: of one, two or four whole bytes.

    Returns:
        int64 (columns, headers): each field of the last member in a header that is just as long as to hold
        them; for a member of which no field is asked for, where the last one begins; -1 where there is none.

    Raises:
        DefinitionError: a field is wider.
    """
    items, layer = plan.items, rows.layer
    names = list(wanted)
    protocols = {one.name: one for one in plan.protocols}
    places = [names.index(name) if name in wanted else -1 for name in protocols]
    which = np.array([*places, -1], np.int64)[plan.choice]  # types that name none choose the last
    sizes, columns = np.zeros(len(names), np.int64), []
    for at, (name, fields) in enumerate(wanted.items()):
        chosen = [protocols[name].bit_field(field) for field in fields]
        columns += [(at, first_byte(item), item.bits // 8) for item in chosen] or [(at, 0, 0)]
        sizes[at] = max((first_byte(item) + item.bits // 8 for item in chosen), default=0)
    if any(count not in WIDTHS for _, _, count in columns):
        raise DefinitionError("Of the members of a list only fields of one, two or four bytes are read.")
    end = layer.end if layer.whole else np.minimum(layer.end, rows.captured_end).astype(np.int32)
    rule = (layer.protocol.minimum + items.skip, items.last, items.unit, items.uncounted)
    out = np.empty((len(columns), len(rows)), np.int64)
    found = np.empty(len(names), np.int64)
    kinds = (which, plan.single, sizes)
    _read_typed(layer.start, end, rows.data, kinds, rule, (found, np.array(columns, np.int64), out))
    return out


@kernel
def _read_typed(
    start: Small,
    end: Small,
    data: Bytes,
    kinds: tuple[Integers, Integers, Integers],
    rule: tuple[int, int, int, int],
    into: tuple[Integers, Integers, Integers],
) -> None:
    """Type, length, value; only what the wanted ones say."""
    found, columns, out = into
    for row in range(len(start)):
        _place_typed(data, int(start[row]), int(end[row]), kinds, rule, found)
        for column in range(len(columns)):
            begin, offset, count = found[columns[column, 0]], columns[column, 1], columns[column, 2]
            if begin < 0 or count == 0:
                out[column, row] = begin
            elif count == 1:
                out[column, row] = np.int64(data[begin + offset])
            else:
                out[column, row] = two(data, begin + offset) if count == 2 else four(data, begin + offset)


@kernel(plain_below=INNER)
def _place_typed(
    data: Bytes,
    start: int,
    stop: int,
    kinds: tuple[Integers, Integers, Integers],
    rule: tuple[int, int, int, int],
    found: Integers,
) -> None:
    """Where the last of each of the wanted members of one header begins, -1 for none."""
    which, single, sizes = kinds
    first, last, unit, uncounted = rule
    for member in range(len(found)):
        found[member] = -1
    at = start + first
    while at < stop:
        kind = np.int64(data[at])
        if kind == last:
            break
        if single[kind]:
            at += 1
            continue
        size = int(data[at + 1]) * unit + uncounted if at + 1 < stop else 0
        if size < 2 or at + size > stop:
            break
        member = which[kind]
        if member >= 0 and (sizes[member] == 0 or sizes[member] == size):
            found[member] = at
        at += size


WIDTHS = (0, 1, 2, 4)
"""Bytes of what `read_items` reads."""


def _placed(located: Located, plan: Plan) -> Integers:
    """Items that their protocol found itself, as `_find` returns them; those without a member are left."""
    member = plan.choice[located.key]
    partial = np.where(located.end - located.start < plan.sizes[member], PARTIAL, 0)
    found = np.stack([located.row, member, located.start, located.end, partial]).astype(np.int64)
    return found[:, member >= 0]


def _area(rows: HeaderRows, items: Items) -> tuple[Integers, Integers]:
    """Where each header's list begins and ends; nothing beyond what was captured."""
    if items.area is not None:
        begin, end = items.area(rows)
        return begin, np.minimum(end, rows.captured_end)
    protocol = rows.layer.protocol
    begin = rows.start.astype(np.int64) + protocol.minimum + items.skip
    for item in protocol.fields:
        if isinstance(item, Field) and item.varies and not item.overlay and not item.rest:
            column = rows.table.field_column(protocol.name, item)
            present = np.zeros(len(rows), np.int64)
            present[column.rows] = 0 if column.bits is None else column.bits // 8
            begin += present
    last = rows.limit if protocol.header_length is None else rows.end
    return begin, np.minimum(last.astype(np.int64), rows.captured_end)


def _choice(members: Mapping[int, Protocol], protocols: Sequence[Protocol]) -> Integers:
    """For every type, which of the protocols it names, -1 for none."""
    place = {protocol.name: index for index, protocol in enumerate(protocols)}
    choice = np.full(MOST_KEYS, place[members[ANY].name] if ANY in members else -1, np.int64)
    for key, protocol in members.items():
        if key >= 0:
            choice[key] = place[protocol.name]
    return choice


def _find(rows: HeaderRows, plan: Plan, begin: Integers, end: Integers) -> tuple[Integers, Integers]:
    items, count = plan.items, len(rows)
    most = rows.values(items.count_by) if items.count_by else np.full(count, np.iinfo(np.int32).max, np.int64)
    room = int(np.maximum(end - begin, 0).sum())
    minimum = max(int(plan.sizes.min(initial=MOST_KEYS)), 1)
    capacity = room // (minimum if items.shape is not Shape.TYPED else 1) + count + 1
    found = np.empty((5, capacity), np.int64)
    stops = np.empty((6, count), np.int64)
    if items.shape is Shape.TYPED:
        rule = (items.last, items.unit, items.uncounted, int(items.fills), plan.broken)
        kinds = (plan.choice, plan.single, plan.sizes)
        rows_found, stopped = _find_typed(begin, end, rows.data, kinds, rule, (found, stops))
    elif items.shape is Shape.SIZED:
        shape = _record_shape(plan.protocols[0])
        rows_found, stopped = _find_sized(begin, end, rows.data, most, shape, (found, stops))
    else:
        rows_found, stopped = _find_one(
            begin, end, rows.data, (plan.choice, plan.sizes), items.key_bits, (found, stops)
        )
    stops = stops[:, :stopped].copy()
    stops[0] = rows.packet[stops[1]] if stopped else stops[0]
    return found[:, :rows_found].copy(), stops


def _record_shape(protocol: Protocol) -> Integers:
    """int64: least size, bias, then for each term of its length: byte offset, bytes, scale."""
    shape = [protocol.minimum, protocol.minimum]
    if protocol.header_length is not None:
        shape[1] = protocol.header_length.bias
        for name, scale in protocol.header_length.terms:
            item = protocol.bit_field(name)
            shape += [item.start // 8, item.bits // 8, scale]
    return np.array(shape, np.int64)


@kernel
def _find_typed(  # noqa: C901 - one flat loop
    begin: Integers,
    end: Integers,
    data: Bytes,
    kinds: tuple[Integers, Integers, Integers],
    rule: tuple[int, int, int, int, int],
    out: tuple[Integers, Integers],
) -> tuple[int, int]:
    """Type, length, value; one row for each, in byte order."""
    choice, single, sizes = kinds
    last, unit, uncounted, fills, broken = rule
    found, stops = out
    count, stopped = 0, 0
    for row in range(len(begin)):
        at = begin[row]
        while at < end[row]:
            kind = np.int64(data[at])
            size, reason = np.int64(1), 0
            if single[kind] == 0:
                if at + 1 >= end[row]:
                    reason = SHORT
                else:
                    size = np.int64(data[at + 1]) * unit + uncounted
                    if size < 2:
                        reason = LIES
                    elif at + size > end[row]:
                        reason = SHORT
            if reason:
                stops[1, stopped], stops[2, stopped] = row, reason
                stops[3, stopped], stops[4, stopped], stops[5, stopped] = size, end[row] - at, kind
                stopped += 1
            member = broken if reason and broken >= 0 else choice[kind]
            if member >= 0:
                stop = min(at + (max(size, np.int64(2)) if reason else size), end[row])
                found[0, count], found[1, count], found[2, count], found[3, count] = row, member, at, stop
                found[4, count] = PART if reason or stop - at < sizes[member] else 0
                count += 1
            ended = reason > 0 or (kind == last and fills == 0)
            if kind == last and not ended:
                for position in range(at + 1, end[row]):
                    ended = ended or np.int64(data[position]) != last
            if ended:
                break
            at += size
    return count, stopped


@kernel
def _find_sized(
    begin: Integers,
    end: Integers,
    data: Bytes,
    most: Integers,
    shape: Integers,
    out: tuple[Integers, Integers],
) -> tuple[int, int]:
    """Records one after the other, each telling its own length."""
    found, stops = out
    count, stopped = 0, 0
    for row in range(len(begin)):
        at, number = begin[row], 0
        while at < end[row] and number < most[row]:
            size, reason = shape[0], 0
            if at + size > end[row]:
                reason = SHORT
            else:
                size = shape[1]
                for term in range(2, len(shape), 3):
                    value = np.int64(0)
                    first = at + shape[term]
                    for position in range(first, first + shape[term + 1]):
                        value = (value << 8) | np.int64(data[position])
                    size += value * shape[term + 2]
                if size < shape[0] or size < 1:
                    reason = LIES
                elif at + size > end[row]:
                    reason = SHORT
            stop = min(at + size, end[row])
            found[0, count], found[1, count], found[2, count], found[3, count] = row, 0, at, max(stop, at)
            found[4, count] = PART if reason else 0
            count += 1
            if reason:
                stops[1, stopped], stops[2, stopped] = row, reason
                stops[3, stopped], stops[4, stopped], stops[5, stopped] = size, end[row] - at, 0
                stopped += 1
                break
            at += size
            number += 1
    return count, stopped


@kernel
def _find_one(
    begin: Integers,
    end: Integers,
    data: Bytes,
    kinds: tuple[Integers, Integers],
    key_bits: int,
    out: tuple[Integers, Integers],
) -> tuple[int, int]:
    """One item that takes the whole area, chosen by its first bits."""
    choice, sizes = kinds
    found, stops = out
    count, stopped = 0, 0
    for row in range(len(begin)):
        if begin[row] >= end[row]:
            continue
        kind = np.int64(data[begin[row]]) >> (8 - key_bits)
        member = choice[kind]
        if member < 0:
            continue
        size = sizes[member]
        found[0, count], found[1, count] = row, member
        found[2, count], found[3, count] = begin[row], end[row]
        found[4, count] = 0
        if begin[row] + size > end[row]:
            found[4, count] = PART
            stops[1, stopped], stops[2, stopped] = row, SHORT
            stops[3, stopped], stops[4, stopped], stops[5, stopped] = size, end[row] - begin[row], kind
            stopped += 1
        count += 1
    return count, stopped


# Numba reads plain integers, not members of an enumeration.
SHORT, LIES, PART = int(Reason.SHORT), int(Reason.LIES), PARTIAL
