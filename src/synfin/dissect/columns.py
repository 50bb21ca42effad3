"""Reads one field of every header of a layer; positions come from the definition alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import DefinitionError
from synfin.basics.kernel import kernel
from synfin.dissect.definition import Computed, Field, Named
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Layer, Spans, Sparse
from synfin.dissect.octets import four, two

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Flags, Integers, Small, Values
    from synfin.dissect.definition import Protocol
    from synfin.dissect.text import Text

LONG_NUMBER = 64
"""Bits of the widest number; wider fields are bytes."""


@dataclass(frozen=True)
class Column:
    """One field of a layer's headers.

    Attributes:
        item: the definition it was read by.
        layer: whose headers.
        values: one per occurrence: int64, uint8 (n, 16) for IPv6, `Spans`, `Text`, or None for marks.
        rows: int64, the layer row of each occurrence; None if it is every row, once.
        first_bit: int64, position of each occurrence in the chunk's data, in bits; None if computed.
        bits: int64, how many bits; None if computed.
    """

    item: Named
    layer: Layer
    values: Values | Spans | Text | None
    rows: Integers | None = None
    first_bit: Integers | None = None
    bits: Integers | None = None

    def __len__(self) -> int:
        """How many occurrences there are."""
        return len(self.layer) if self.rows is None else len(self.rows)

    @property
    def packet(self) -> Small:
        """int32, index in the chunk of each occurrence's packet."""
        return self.layer.packet if self.rows is None else self.layer.packet[self.rows]


def read(rows: HeaderRows, item: Named) -> Column:
    """The column of one field or computed value; a `Fact` that nobody supplied is empty."""
    layer = rows.layer
    if isinstance(item, Computed):
        result = item.compute(rows)
        if isinstance(result, Sparse):
            return Column(item, layer, result.values, np.asarray(result.rows, np.int64))
        return Column(item, layer, result)
    if not isinstance(item, Field):
        return Column(item, layer, np.empty(0, np.int64), np.empty(0, np.int64))
    if not item.varies and not item.before and layer.whole:
        column = _read_fixed(rows, item)
        return _allowed(column, rows) if item.only else column
    return _read_varying(rows, item)


def _read_fixed(rows: HeaderRows, item: Field) -> Column:
    """Present in every header, always at the same place."""
    if item.kind is Kind.NONE or item.kind is Kind.PROTOCOL:
        return Column(item, rows.layer, None)
    if _is_number(item):
        numbers = numbers_at(rows.data, rows.start, item)
        if item.meaning is not None:
            numbers = item.meaning(rows, np.arange(len(rows)), numbers)
        return Column(item, rows.layer, numbers)
    start = rows.start.astype(np.int64) + item.start // 8
    length = np.full(len(rows), item.bits // 8, np.int64)
    wide = _wide(rows.data, item, start, length)
    return Column(item, rows.layer, _as_read(rows, item, np.arange(len(rows)), wide))


def _read_varying(rows: HeaderRows, item: Field) -> Column:
    first, bits, present = _extent(rows, item)
    chosen = np.flatnonzero(present)
    first, bits = first[chosen], bits[chosen]
    start = (first // 8).astype(np.int64)
    values: Values | Spans | Text | None
    if item.kind in (Kind.NONE, Kind.PROTOCOL):
        values = None
    elif _is_number(item) and not item.size_by and not item.rest:
        values = numbers_at(rows.data, start.astype(np.int32) - item.start // 8, item)
        if item.meaning is not None:
            values = item.meaning(rows, chosen, values)
    else:
        values = _as_read(rows, item, chosen, _wide(rows.data, item, start, bits // 8))
    column = Column(item, rows.layer, values, chosen, first, bits)
    return _allowed(column, rows) if item.only else column


def _as_read(
    rows: HeaderRows, item: Field, chosen: Integers, values: Values | Spans
) -> Values | Spans | Text:
    """What the bytes of a field say, where its definition has its own way of reading them."""
    return item.reading(rows, chosen, values) if item.reading and isinstance(values, Spans) else values


def _allowed(column: Column, rows: HeaderRows) -> Column:
    """Of a field that only some values make present: where it has one of them."""
    item, values = column.item, column.values
    assert isinstance(item, Field)
    assert isinstance(values, np.ndarray)
    is_allowed = np.zeros(len(values), np.bool_)
    for span in item.only:
        is_allowed |= (values >= span.start) & (values < span.stop)
    if bool(is_allowed.all()):
        return column
    kept = np.flatnonzero(is_allowed)
    present = kept if column.rows is None else column.rows[kept]
    first = rows.start[present].astype(np.int64) * 8 + item.start
    bits = np.full(len(kept), item.bits, np.int64)
    if column.first_bit is not None and column.bits is not None:
        first, bits = column.first_bit[kept], column.bits[kept]
    return Column(item, column.layer, values[kept], present, first, bits)


def _extent(rows: HeaderRows, item: Field) -> tuple[Integers, Integers, Flags]:
    """Of each header: the field's first bit in the data, its bits, and whether it is there at all."""
    first = rows.start.astype(np.int64) * 8 + item.start
    present = np.ones(len(rows), np.bool_)
    for earlier in item.before:
        first += np.where(_is_present(rows, earlier), _bits(rows, earlier, first), 0)
    present &= _is_present(rows, item)
    bits = _bits(rows, item, first)
    end = np.minimum(rows.captured_end, rows.limit) * 8
    if item.rest:
        bits = np.maximum(np.minimum(bits, end - first), 0)
        present &= (bits > 0) | (bool(item.empty) & rows.is_whole)
    else:
        present &= first + bits <= end
    return first, bits, present


def _is_present(rows: HeaderRows, item: Field) -> Flags:
    present = np.ones(len(rows), np.bool_)
    for name, value in item.when:
        present &= rows.values(name, missing=-1) == value
    return present


def _bits(rows: HeaderRows, item: Field, first: Integers) -> Integers:
    if item.rest:
        ends = rows.limit if rows.layer.protocol.header_length is None else rows.end
        return ends.astype(np.int64) * 8 - first
    if item.size_by:
        return np.maximum(rows.values(item.size_by), 0) * (8 * item.size_scale)
    return np.full(len(rows), item.bits, np.int64)


def located(rows: HeaderRows, item: Field) -> tuple[Integers, Integers, Flags]:
    """Of each header: the field's first bit in the chunk's data, its bits, and whether it was captured.

    Where the values of a field decide whether it is there (`only`), its bits are there in any case.
    """
    return _extent(rows, item)


def extent(column: Column, rows: HeaderRows) -> tuple[Integers, Integers]:
    """First bit in the chunk's data and number of bits of each occurrence; (-1, 0) for computed ones."""
    if column.first_bit is not None and column.bits is not None:
        return column.first_bit, column.bits
    if not isinstance(column.item, Field):
        return np.full(len(column), -1, np.int64), np.zeros(len(column), np.int64)
    first, bits, _ = _extent(rows, column.item)
    return first, bits


def _is_number(item: Field) -> bool:
    return item.kind not in (Kind.BYTES, Kind.TEXT, Kind.IPV6) and item.bits <= LONG_NUMBER


def _wide(data: Bytes, item: Field, start: Integers, length: Integers) -> Values | Spans:
    """Values that do not fit a number: addresses of 16 bytes, stretches of bytes."""
    if item.kind is Kind.IPV6:
        return data[start[:, None] + np.arange(16)] if len(start) else np.empty((0, 16), np.uint8)
    return Spans(start, length)


def numbers_at(data: Bytes, start: Small, item: Field) -> Integers:
    """A field of headers that are wholly there and begin at `start`, as numbers."""
    place = first, count, shift, _ = _word(item.start, item.start + item.bits)
    values = np.empty(len(start), np.int64)
    if item.little:
        _read_little(start, data, first, count, values)
    elif item.bits <= LONG_NUMBER - 8 or not shift:
        _read_words(start, data, np.array([place], np.int64), values[None])
    else:
        raise DefinitionError(
            f"{item.name}: {item.bits} bits that do not end with a byte are too many to read."
        )
    if item.kind is Kind.INT:
        values = values - ((values >> (item.bits - 1)) << item.bits)
    if item.kind is Kind.BOOLEAN and item.bits > 1:
        values = (values != 0).astype(np.int64)
    if item.scale != 1:
        values *= item.scale
    return values


def words_at(
    data: Bytes, start: Small, protocol: Protocol | None, names: tuple[str, ...], out: Integers | None = None
) -> Integers:
    """Several fields of headers that are wholly there and begin at `start`.

    Args:
        data: the chunk's bytes.
        start: first byte of each header.
        protocol: whose headers; None if there are none.
        names: fields at a fixed place, below the protocol's prefix.
        out: where to put them; None for an array of their own.

    Returns:
        int64 (words, n); a field of more than 64 bits is several words.
    """
    places = places_of(protocol, names)
    words = np.empty((len(places), len(start)), np.int64) if out is None else out
    if len(start):
        _read_words(start, data, np.array(places, np.int64).reshape(-1, 4), words)
    return words


@cache
def places_of(protocol: Protocol | None, names: tuple[str, ...]) -> tuple[tuple[int, int, int, int], ...]:
    """Where each word of each field stands in a header: byte offset, bytes, right shift, mask.

    Args:
        protocol: whose headers; None for places of nothing, where 0 is read.
        names: fields at a fixed place, below the prefix; one of more than 64 bits is several words.
    """
    if protocol is None:
        return ((0, 0, 0, 0),) * len(names)
    fields = [protocol.bit_field(name) for name in names]
    return tuple(
        _word(begin, min(begin + LONG_NUMBER, item.start + item.bits))
        for item in fields
        for begin in range(item.start, item.start + item.bits, LONG_NUMBER)
    )


def _word(begin: int, end: int) -> tuple[int, int, int, int]:
    """Where the bits from `begin` to `end` of a header stand: byte offset, bytes, right shift, mask."""
    first, last = begin // 8, (end + 7) // 8
    mask = -1 if end - begin == LONG_NUMBER else (1 << (end - begin)) - 1
    return first, last - first, last * 8 - end, mask


@kernel
def _read_words(start: Small, data: Bytes, places: Integers, words: Integers) -> None:
    """Big-endian bits, field by field; places as of `_word`.

    A loop that always reads as many bytes is three times as fast as one that asks for each header.
    """
    for field in range(len(places)):
        offset, count, shift, mask = places[field, 0], places[field, 1], places[field, 2], places[field, 3]
        if count == 1:
            for row in range(len(start)):
                words[field, row] = (np.int64(data[start[row] + offset]) >> shift) & mask
        elif count == 2:
            for row in range(len(start)):
                words[field, row] = (two(data, start[row] + offset) >> shift) & mask
        elif count == 4:
            for row in range(len(start)):
                words[field, row] = (four(data, start[row] + offset) >> shift) & mask
        else:
            for row in range(len(start)):
                value = np.int64(0)
                for position in range(start[row] + offset, start[row] + offset + count):
                    value = (value << 8) | np.int64(data[position])
                words[field, row] = (value >> shift) & mask


def first_byte(item: Field) -> int:
    """Where a field begins in a header that has all fields that may stand before it."""
    return (item.start + sum(one.bits for one in item.before)) // 8


@kernel
def _read_little(start: Small, data: Bytes, offset: int, count: int, values: Integers) -> None:
    for row in range(len(start)):
        value = np.int64(0)
        for position in range(start[row] + offset + count - 1, start[row] + offset - 1, -1):
            value = (value << 8) | np.int64(data[position])
        values[row] = value
