"""Writes values the way `tshark -T fields` does: one text for each, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.time import date_and_time
from synfin.dissect import text
from synfin.dissect.kinds import HEXADECIMAL, Kind
from synfin.dissect.layers import Spans

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes
    from synfin.dissect.columns import Column


def written(column: Column, data: Bytes) -> text.Text:
    """One text per occurrence; presence is written "1".

    Args:
        column: any column.
        data: the chunk's bytes, in which the column's spans lie.
    """
    values, item = column.values, column.item
    kind = item.kind
    if values is None:
        return text.literal("1", len(column))
    if isinstance(values, text.Text):
        return values
    if isinstance(values, Spans):
        if kind is Kind.TEXT:
            return text.stretches(data, *values)
        return _or_empty(text.octets(data, *values), column)
    if kind is Kind.IPV6:
        return text.ipv6(values)
    values = np.ascontiguousarray(values, dtype=np.int64) if kind is not Kind.DOUBLE else values
    return _written_number(values, kind, _hex_digits(item))


def _or_empty(octets: text.Text, column: Column) -> text.Text:
    """What the definition says of a field of no bytes."""
    empty = getattr(column.item, "empty", "")
    if not empty:
        return octets
    return text.choose(np.diff(octets.ends) == 0, text.literal(empty, len(octets)), octets)


def number_form(column: Column) -> tuple[int, int] | None:
    """How `text.compose` writes the column's numbers: form and digits; None if they are no plain numbers."""
    item, kind = column.item, column.item.kind
    if not isinstance(column.values, np.ndarray) or column.values.dtype.kind not in "iub":
        return None
    if kind in HEXADECIMAL:
        return text.HEXADECIMAL, _hex_digits(item)
    if kind is Kind.DURATION:
        return text.SECONDS, 9
    if kind is Kind.ETHER:
        return text.ETHER, 6
    if kind is Kind.EUI64:
        return text.ETHER, 8
    if kind is Kind.IPV4:
        return text.IPV4, 0
    if kind in (Kind.TIME, Kind.IPV6) or (kind is not Kind.INT and width_is_64(item)):
        return None
    return text.DECIMAL, 0


def width_is_64(item: object) -> bool:
    """Whether values may use the sign bit of an int64."""
    return int(getattr(item, "bits", 0)) == 64 or int(getattr(item, "width", 0)) == 64


def _written_number(values: np.ndarray, kind: Kind, digits: int) -> text.Text:
    if kind in HEXADECIMAL:
        return text.hexadecimal(values, digits)
    if kind is Kind.IPV4:
        return text.ipv4(values)
    if kind is Kind.ETHER:
        return text.ether(values)
    if kind is Kind.EUI64:
        return text.ether(values, 8)
    if kind is Kind.DURATION:
        return text.seconds(values)
    if kind is Kind.TIME:
        return text.from_list([date_and_time(value) for value in values.tolist()])
    if kind is Kind.DOUBLE:
        return text.from_list([f"{value:.15g}" for value in values.tolist()])
    if kind is Kind.INT:
        return text.decimal(values)
    return text.unsigned(values)


def _hex_digits(item: object) -> int:
    from synfin.dissect.catalogue import width_of

    return min(width_of(item), 64) // 4  # type: ignore[arg-type]
