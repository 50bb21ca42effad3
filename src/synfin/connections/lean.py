"""Columns of a large table in little memory: what all rows have is kept once, small numbers in 32 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.partial import Partial
from synfin.connections.words import Words, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Values

    Column = Values | Partial | Words
    """What a table has of each row: integers or bool, all of them known or not; or texts."""

LARGEST = np.iinfo(np.int32).max


def lean(column: Column) -> Column:
    """The same column, smaller."""
    if isinstance(column, Words):
        return Words(_lean(column.codes), column.texts)
    if isinstance(column, Partial):
        nothing = column.values.dtype.type(0)  # a truth value stays one
        return Partial(_lean(np.where(column.is_known, column.values, nothing)), _lean(column.is_known))
    return _lean(column)


def joined(parts: Sequence[Column]) -> Column:
    """One column from its pieces, which are lean."""
    words = [part for part in parts if isinstance(part, Words)]
    partial = [part for part in parts if isinstance(part, Partial)]
    if len(parts) == 1:
        return parts[0]
    if words:
        return stacked(words)
    if partial:
        values, is_known = [part.values for part in partial], [part.is_known for part in partial]
        return Partial(_joined(values), _joined(is_known))
    return _joined([part for part in parts if isinstance(part, np.ndarray)])


def _lean(values: Values) -> Values:
    if not len(values):
        return values
    least, most = values.min(), values.max()
    if least == most:
        return np.broadcast_to(values[:1].copy(), len(values))  # a view would keep all of them
    is_small = values.dtype == np.int64 and least >= -LARGEST and most <= LARGEST
    return values.astype(np.int32) if is_small else values


def _joined(parts: Sequence[Values]) -> Values:
    is_even = all(not part.strides[0] for part in parts) and len({part[0].item() for part in parts}) == 1
    return np.broadcast_to(parts[0][:1], sum(map(len, parts))) if is_even else np.concatenate(parts)
