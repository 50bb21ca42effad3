"""Columns of a large table in little memory: what all rows have is kept once, small numbers in 32 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synfin.connections.words import Words, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Values

LARGEST = np.iinfo(np.int32).max


def lean(values: Any) -> Any:  # noqa: ANN401 - numpy.ma has no types to speak of
    """The same column, smaller: an array, masked or not, or `Words`."""
    if isinstance(values, Words):
        return Words(_lean(values.codes), values.texts)
    if type(values) is np.ndarray:  # asked first: tables without masks never load `numpy.ma`
        return _lean(values)
    mask = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values)
    return _masked(_lean(np.where(mask, 0, plain) if mask.any() else plain), _lean(mask))


def joined(parts: Sequence[Any]) -> Any:  # noqa: ANN401 - likewise
    """One column from its pieces, which are lean."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], Words):
        return stacked(parts)
    if type(parts[0]) is np.ndarray:
        return _joined(parts)
    data = _joined([np.ma.getdata(part) for part in parts])
    return _masked(data, _joined([np.ma.getmaskarray(part) for part in parts]))


def _lean(values: Values) -> Values:
    if not len(values) or values.dtype == object:
        return values
    least, most = values.min(), values.max()
    if least == most:
        return np.broadcast_to(values[:1].copy(), len(values))  # a view would keep all of them
    is_small = values.dtype == np.int64 and least >= -LARGEST and most <= LARGEST
    return values.astype(np.int32) if is_small else values


def _joined(parts: Sequence[Values]) -> Values:
    is_even = all(not part.strides[0] for part in parts) and len({part[0].item() for part in parts}) == 1
    return np.broadcast_to(parts[0][:1], sum(map(len, parts))) if is_even else np.concatenate(parts)


def _masked(data: Values, mask: Values) -> Any:  # noqa: ANN401 - likewise
    return np.ma.masked_array(data, mask)
