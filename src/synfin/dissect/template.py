"""Lines about a header: a template over its fields' names, filled for all headers of a layer at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Field, Named
from synfin.dissect.kinds import HEXADECIMAL, Kind
from synfin.dissect.layers import Spans
from synfin.dissect.writing import written

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes
    from synfin.dissect.columns import Column
    from synfin.dissect.definition import Line
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

TREE_BYTES = 36
"""Bytes of a BYTES field that a tree line shows; more are replaced by "…"."""

_PIECE = re.compile(r"\{([^{}:]+)(?::(\w+))?\}")

SET = {0: "Not set", 1: "Set"}
"""What single flag bits are called where the definition has no names for them."""

TRUTH = {0: "False", 1: "True"}
"""What truth values that are no bits are called."""


def fill(rows: HeaderRows, line: Line) -> Text:
    """The line for every header of the layer."""
    if not isinstance(line, str):
        return line(rows)
    pieces: list[Text] = []
    position = 0
    for match in _PIECE.finditer(line):
        if match.start() > position:
            pieces.append(text.literal(line[position : match.start()], len(rows)))
        pieces.append(_piece(rows, match[1], match[2] or ""))
        position = match.end()
    if position < len(line) or not pieces:
        pieces.append(text.literal(line[position:], len(rows)))
    return text.join(pieces)


def _piece(rows: HeaderRows, name: str, form: str) -> Text:
    if not form:
        return rows.text(name)
    column = rows.table.item_column(rows.layer.protocol.name, name)
    made = value_label(column) if form == "label" else shown(column, rows.data)
    if column.rows is None:
        return made
    place = np.full(len(rows), -1, np.int64)
    place[column.rows] = np.arange(len(column))
    return made.take(place)


def value_label(column: Column) -> Text:
    """What each value is called, "Unknown" where it has no name."""
    return text.named(np.asarray(column.values), dict(column.item.names))


def shown(column: Column, data: Bytes) -> Text:
    """What the detail tree writes after the label: "TCP (6)", "0xd249 (53833)", "Set"."""
    item, values = column.item, column.values
    if item.kind is Kind.BOOLEAN and values is not None:
        names = item.names or (SET if isinstance(item, Field) else TRUTH)
        return text.named((np.asarray(values) != 0).astype(np.int64), dict(names))
    if isinstance(values, Spans) and item.kind is Kind.BYTES:
        empty = item.empty if isinstance(item, Field) else ""
        return text.choose(values.length == 0, text.literal(empty, len(column)), _shown_bytes(values, data))
    plain = _tree_number(item, values) if item.kind in HEXADECIMAL else written(column, data)
    if item.names and values is not None:
        called = value_label(column)
        return text.join([called, text.literal(" (", len(column)), plain, text.literal(")", len(column))])
    if item.kind is Kind.HEX_DEC:
        return _with_other_base(plain, text.decimal(np.asarray(values)))
    if item.kind is Kind.DEC_HEX:
        return _with_other_base(plain, text.hexadecimal(np.asarray(values), _digits(item)))
    if item.kind is Kind.DURATION:
        return text.join([plain, text.literal(" seconds", len(column))])
    return plain


def _tree_number(item: Named, values: object) -> Text:
    return text.hexadecimal(np.asarray(values, np.int64), _digits(item))


def _digits(item: Named) -> int:
    """Hexadecimal digits in the tree: as many as the field's bits need."""
    from synfin.dissect.catalogue import width_of

    bits = item.bits if isinstance(item, Field) and item.bits % 8 else width_of(item)
    return (bits + 3) // 4


def _with_other_base(first: Text, second: Text) -> Text:
    return text.join([first, text.literal(" (", len(first)), second, text.literal(")", len(first))])


def _shown_bytes(spans: Spans, data: Bytes) -> Text:
    cut = np.minimum(spans.length, TREE_BYTES)
    more = text.where(spans.length > TREE_BYTES, text.literal("…", len(cut)))
    return text.join([text.octets(data, spans.start, cut), more])


def mask_prefix(item: Field, values: object) -> Text | None:
    """The bits of a field within its word, "010. .... = "; None for fields of whole bytes."""
    first, container = word(item)
    if item.bits == container:
        return None
    distinct, rows = np.unique(np.asarray(values, np.int64) // item.scale, return_inverse=True)
    words = [drawn(int(value), item.bits, first, container) for value in distinct]
    return text.from_list(words).take(rows)


def word(item: Field) -> tuple[int, int]:
    """Where in the word that a field is drawn in its first bit is, and how many bits the word has."""
    if not item.container:
        return item.start % 8, (item.start % 8 + item.bits + 7) // 8 * 8
    whole = (item.container + 7) // 8 * 8  # the word ends where its whole bytes end
    end = -(-(item.start + item.bits) // whole) * whole
    return item.start - (end - item.container), item.container


def drawn(value: int, bits: int, first: int, container: int) -> str:
    """The word with this field's bits as digits and all others as dots, in groups of four."""
    digits = f"{value & ((1 << bits) - 1):0{bits}b}" if bits else ""
    word = "." * first + digits + "." * (container - first - bits)
    return " ".join(word[at : at + 4] for at in range(0, container, 4)) + " = "
