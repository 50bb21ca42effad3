"""The values of an operand in every packet of a chunk: one row per occurrence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, assert_never

import numpy as np

from synfin.dissect import text
from synfin.dissect.columns import extent
from synfin.dissect.kinds import INTEGERS, Kind
from synfin.dissect.layers import Spans
from synfin.filters.checking.checked import Apply, Combine, Fixed, Negate, Net, Operand, Read, Slice, Type
from synfin.filters.checking.functions import SIZES
from synfin.filters.evaluation import octets
from synfin.filters.evaluation.arithmetic import calculated, pairs
from synfin.filters.evaluation.octets import Octets
from synfin.filters.evaluation.representation import (
    OCTET_KINDS,
    as_octets,
    empty,
    is_alike,
    joined,
    sortable,
    wrapped,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Small, Values
    from synfin.dissect.columns import Column
    from synfin.dissect.layers import Layer
    from synfin.dissect.table import PacketTable
    from synfin.filters.language.syntax import Range


class Rows(NamedTuple):
    """Values and whose they are.

    Attributes:
        packet: the packet of each value.
        values: `Octets` for bytes, text and protocols; uint8 (n, 16) for IPv6; else int64 or float64.
        present: True for packets in which the operand exists, even if it has no value (division by zero);
            None if those are just the packets of `packet`.
    """

    packet: Small
    values: Values | Octets
    present: Flags | None = None

    def has(self, count: int) -> Flags:
        """True for packets in which the operand exists."""
        return self.present if self.present is not None else scatter(self.packet, count)


def scatter(packet: Small, count: int) -> Flags:
    """True for these packets of a chunk."""
    found = np.zeros(count, np.bool_)
    found[packet] = True
    return found


@dataclass(frozen=True)
class Reader:
    """Reads operands from one chunk."""

    table: PacketTable

    def parts(self, operand: Operand) -> list[Rows]:
        """The rows of an operand; those of a field that is declared in several places, place by place."""
        if isinstance(operand, Read):
            return self._field(operand)
        return [self.rows(operand)]

    def rows(self, operand: Operand) -> Rows:
        """The same in one piece; rows of one packet are not always neighbours."""
        match operand:
            case Read():
                return _stacked(self._field(operand))
            case Fixed():
                return self._fixed(operand)
            case Slice(of=of, ranges=ranges):
                rows = self.rows(of)
                values = octets.pieces(as_octets(rows.values, of.type), ranges)
                return rows._replace(values=values)
            case Apply():
                return self._apply(operand)
            case Negate(of=of):
                rows = self.rows(of)
                return rows._replace(values=-_numbers(rows))
            case Combine():
                return self._combine(operand)
            case _:
                assert_never(operand)

    # Fields

    def packets(self, read: Read) -> list[Small]:
        """The packets in which a field occurs, place by place."""
        protocol = self._protocol(read.name)
        if protocol is None or read.layers:
            return [rows.packet for rows in self._field(read)]
        catalogue = self.table.catalogue
        if read.name in catalogue.home or catalogue.by_name[read.name].every_packet:
            return [self.table.layer(read.name).packet]
        found = self.table.found  # where headers are need not be known to tell in which packets
        return [found[0][found[1] == catalogue.program.names.index(read.name)]]

    def _protocol(self, name: str) -> object | None:
        """The protocol of this name, unless a field bears it."""
        catalogue = self.table.catalogue
        return None if name in catalogue.sources else catalogue.by_name.get(name)

    def _field(self, read: Read) -> list[Rows]:
        if self._protocol(read.name) is not None:
            layer = self.table.layer(read.name)
            rows = Rows(layer.packet, _body(self.table, layer, whole=False))
            return [self._in_layers(rows, layer, None, read.layers)]
        found = []
        for source in self.table.catalogue.sources[read.name]:
            column = self.table.field_column(source.protocol.name, source.item)
            if read.raw:
                rows = self._raw(column, source.protocol.name)
            elif len(column) and is_alike(source.item.kind, read.type.kind):
                rows = Rows(column.packet, _values(column, self.table))
            else:
                rows = Rows(column.packet[:0], empty(read.type))
            found.append(self._in_layers(rows, column.layer, column.rows, read.layers))
        return found

    def whole(self, read: Read) -> list[Rows]:
        """As `parts`, but a protocol's bytes include everything it carries, for `contains` and `matches`."""
        if self._protocol(read.name) is None:
            return self._field(read)
        layer = self.table.layer(read.name)
        rows = Rows(layer.packet, _body(self.table, layer, whole=True))
        return [self._in_layers(rows, layer, None, read.layers)]

    def _raw(self, column: Column, protocol: str) -> Rows:
        """The bytes in which the bits of each occurrence lie."""
        first, bits = extent(column, self.table.rows(protocol))
        if column.rows is not None and len(first) != len(column):
            first, bits = first[column.rows], bits[column.rows]
        known = np.flatnonzero(first >= 0)
        start = first[known] // 8
        length = (first[known] + bits[known] + 7) // 8 - start
        return Rows(column.packet[known], Octets(self.table.chunk.data, start, length))

    def _in_layers(self, rows: Rows, layer: Layer, of: Integers | None, wanted: tuple[Range, ...]) -> Rows:
        """Only what occurs in the wanted layers of its protocol."""
        if not wanted or not len(rows.packet):
            return rows
        number, count = _numbered(self.table, layer)
        if of is not None:
            number, count = number[of], count[of]
        keep = np.zeros(len(number), np.bool_)
        for piece in wanted:
            first, end = _bounds(piece, count)
            keep |= (number >= first) & (number < end)
        return take(rows, np.flatnonzero(keep))

    def _fixed(self, operand: Fixed) -> Rows:
        """Every packet has these values."""
        count, size = len(self.table), len(operand.values)
        packet = np.repeat(np.arange(count, dtype=np.int32), size)
        kind = operand.type.kind
        if kind in OCTET_KINDS:
            one = octets.of_text(
                text.from_list([value for value in operand.values if isinstance(value, bytes)])
            )
            return Rows(packet, one.take(np.tile(np.arange(size), count)))
        plain = [value.value if isinstance(value, Net) else value for value in operand.values]
        if kind is Kind.IPV6:
            raw = b"".join(int(value).to_bytes(16, "big") for value in plain if isinstance(value, int))
            return Rows(packet, np.tile(np.frombuffer(raw, np.uint8).reshape(-1, 16), (count, 1)))
        if kind is Kind.DOUBLE:
            return Rows(packet, np.tile(np.array(plain, np.float64), count))
        patterns = [wrapped(value) for value in plain if isinstance(value, int)]
        return Rows(packet, np.tile(np.array(patterns, np.int64), count))

    # Functions

    def _apply(self, operand: Apply) -> Rows:
        if operand.function in ("max", "min"):
            return self._extreme(operand)
        argument = operand.arguments[0]
        rows = self.rows(argument)
        match operand.function:
            case "len":
                return rows._replace(values=_sizes(rows, argument.type))
            case "count":
                counts = np.bincount(rows.packet, minlength=len(self.table))
                packet = np.flatnonzero(counts)
                return Rows(packet.astype(np.int32), counts[packet])
            case "string":
                return rows._replace(values=_as_text(rows, argument.type))
            case "abs":
                return rows._replace(values=np.abs(_numbers(rows)))
            case _:
                given = as_octets(rows.values, argument.type)
                return rows._replace(values=octets.in_case(given, upper=operand.function == "upper"))

    def _extreme(self, operand: Apply) -> Rows:
        """The greatest (or least) value of all arguments in each packet; absent arguments do not count."""
        rows = _stacked([self.rows(argument) for argument in operand.arguments])
        real = [one for one in operand.arguments if not isinstance(one, Fixed)]
        is_there = np.zeros(len(self.table), np.bool_)
        for argument in real:
            is_there |= self.rows(argument).has(len(self.table))
        if real:
            rows = take(rows, np.flatnonzero(is_there[rows.packet]))
        keys = sortable(rows.values, operand.type)
        chosen = np.lexsort((keys if operand.function == "min" else -keys, rows.packet))
        first = np.ones(len(chosen), np.bool_)
        packet = rows.packet[chosen]
        first[1:] = packet[1:] != packet[:-1]
        return take(rows, chosen[first])

    # Arithmetic

    def _combine(self, operand: Combine) -> Rows:
        left = self.rows(operand.left)
        if isinstance(operand.right, Fixed) and len(operand.right.values) == 1:
            constant = operand.right.values[0]
            value = constant.value if isinstance(constant, Net) else constant
            return self._with_constant(operand, left, value)
        right = self.rows(operand.right)
        present = left.has(len(self.table)) & right.has(len(self.table))
        one, other = pairs(left.packet, right.packet, len(self.table))
        first, second = take(left, one), take(right, other)
        values, fine = calculated(operand, first.values, second.values)
        result = Rows(first.packet, values, present)
        return result if fine is None else take(result, np.flatnonzero(fine))

    def _with_constant(self, operand: Combine, left: Rows, value: float | bytes) -> Rows:
        present = left.has(len(self.table))
        if isinstance(value, bytes):
            return Rows(left.packet, octets.masked(as_octets(left.values, operand.left.type), value), present)
        if operand.type.kind is Kind.IPV6:
            mask = np.frombuffer(int(value).to_bytes(16, "big"), np.uint8)
            return Rows(left.packet, np.asarray(left.values) & mask, present)
        constant = np.float64(value) if operand.type.kind is Kind.DOUBLE else np.int64(wrapped(int(value)))
        values, fine = calculated(operand, left.values, np.broadcast_to(constant, len(left.packet)))
        result = Rows(left.packet, values, present)
        return result if fine is None else take(result, np.flatnonzero(fine))


def _bounds(piece: Range, count: Integers) -> tuple[Integers, Integers]:
    """First layer of a range, and one past its last, in packets with so many layers."""
    first = piece.start if piece.start >= 0 else count + 1 + piece.start
    if piece.last is not None:
        end = (piece.last if piece.last >= 0 else count + 1 + piece.last) + 1
    else:
        end = count + 1 if piece.length is None else first + piece.length
    return np.broadcast_to(first, count.shape), np.broadcast_to(end, count.shape)


def take(rows: Rows, chosen: Integers) -> Rows:
    """Some of the rows."""
    values = rows.values
    kept = values.take(chosen) if isinstance(values, Octets) else values[chosen]
    return Rows(rows.packet[chosen], kept, rows.present)


def _values(column: Column, table: PacketTable) -> Values | Octets:
    values = column.values
    if isinstance(values, Spans):
        return octets.of_spans(table.chunk.data, values)
    if isinstance(values, text.Text):
        return octets.of_text(values)
    if values is None:
        return np.ones(len(column), np.int64)
    return values


def _body(table: PacketTable, layer: Layer, *, whole: bool) -> Octets:
    """A protocol's bytes: its header, or the header and all that it carries."""
    end = layer.limit if whole or layer.protocol.reaches_limit else layer.end
    start = layer.start.astype(np.int64)
    return Octets(table.chunk.data, start, np.maximum(np.minimum(end, table.edge[layer.packet]) - start, 0))


def _numbered(table: PacketTable, layer: Layer) -> tuple[Integers, Integers]:
    """Of each row: which layer of its protocol in the packet it is, from 1, and how many there are."""
    if layer.outer is not None:  # an option is in the layer of its header
        number, count = _numbered(table, layer.outer)
        return number[layer.position], count[layer.position]
    if layer.protocol.body:  # a body is in the layer of the header before it
        around = table.found[1, np.maximum(layer.position - 1, 0)]
        names = table.catalogue.program.names
        owners = [table.layer(names[step]) for step in np.unique(around).tolist()]
        number = np.ones(len(layer), np.int64)
        count = np.ones(len(layer), np.int64)
        for owner in owners:
            of_owner, owner_count = _numbered(table, owner)
            at = np.searchsorted(owner.position, layer.position - 1)
            at = np.minimum(at, len(owner) - 1)
            mine = owner.position[at] == layer.position - 1
            number[mine], count[mine] = of_owner[at[mine]], owner_count[at[mine]]
        return number, count
    counts = np.bincount(layer.packet, minlength=len(table))
    first = np.cumsum(counts) - counts
    return np.arange(len(layer)) - first[layer.packet] + 1, counts[layer.packet]


def layers_of(table: PacketTable, read: Read) -> list[tuple[Integers, Integers]]:
    """Of each row of `Reader.parts`: number of its layer in the packet, from 1, and how many there are."""
    if read.name not in table.catalogue.sources:
        return [_numbered(table, table.layer(read.name))]
    found = []
    for source in table.catalogue.sources[read.name]:
        column = table.field_column(source.protocol.name, source.item)
        number, count = _numbered(table, column.layer)
        found.append((number, count) if column.rows is None else (number[column.rows], count[column.rows]))
    return found


def _stacked(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    parts = [part for part in parts if len(part.packet)] or parts[:1]
    packet = np.concatenate([part.packet for part in parts])
    return Rows(packet, joined([part.values for part in parts]))


def _numbers(rows: Rows) -> Values:
    assert isinstance(rows.values, np.ndarray)
    return rows.values


def _sizes(rows: Rows, kind: Type) -> Integers:
    if isinstance(rows.values, Octets):
        return rows.values.length
    size = kind.width // 8 if kind.kind in INTEGERS else SIZES.get(kind.kind, 0)
    return np.full(len(rows.packet), size, np.int64)


def _as_text(rows: Rows, kind: Type) -> Octets:
    values = _numbers(rows)
    if kind.kind is Kind.IPV4:
        return octets.of_text(text.ipv4(values))
    if kind.kind is Kind.IPV6:
        return octets.of_text(text.ipv6(values))
    if kind.kind is Kind.ETHER:
        return octets.of_text(text.ether(values))
    if kind.kind is Kind.EUI64:
        return octets.of_text(text.ether(values, 8))
    if kind.kind is Kind.DOUBLE:
        return octets.of_text(text.from_list([f"{value:g}" for value in values.tolist()]))
    if kind.signed:
        return octets.of_text(text.decimal(values))
    return octets.of_text(text.unsigned(values))
