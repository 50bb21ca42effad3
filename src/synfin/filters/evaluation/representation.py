"""In which form the values of a type are kept, and how they are turned into bytes and into numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect.kinds import INTEGERS, Kind
from synfin.filters.checking.functions import SIZES
from synfin.filters.evaluation import octets
from synfin.filters.evaluation.octets import Octets

if TYPE_CHECKING:
    from synfin.basics.arrays import Values
    from synfin.filters.checking.checked import Type

HALF = 64
"""Bits of the widest number, and of half an IPv6 address."""

OCTET_KINDS = frozenset({Kind.BYTES, Kind.TEXT, Kind.PROTOCOL})
"""Kinds whose values are byte strings."""


def as_octets(values: Values | Octets, kind: Type) -> Octets:
    """Values as byte strings."""
    if isinstance(values, Octets):
        return values
    if kind.kind is Kind.IPV6:
        return octets.of_rows(values)
    return octets.of_numbers(values, SIZES.get(kind.kind, 8))


def sortable(values: Values | Octets, kind: Type) -> Values:
    """Numbers that compare as the values do."""
    if isinstance(values, Octets):
        return octets.ranks(values, by_length=kind.kind is not Kind.TEXT)
    if kind.kind is Kind.IPV6:
        return octets.ranks(octets.of_rows(values), by_length=True)
    if kind.is_integer and kind.width == 64 and not kind.signed:
        return values ^ np.int64(-(1 << 63))  # unsigned order of 64-bit patterns
    return values


def wrapped(value: int) -> int:
    """A number as the bit pattern of an int64."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def is_alike(kind: Kind, other: Kind) -> bool:
    """Whether values of both kinds are kept in the same form."""
    return kind is other or (kind in INTEGERS and other in INTEGERS)


def empty(kind: Type) -> Values | Octets:
    """No values of this type."""
    none = np.empty(0, np.int64)
    if kind.kind in OCTET_KINDS:
        return Octets(np.empty(0, np.uint8), none, none)
    return np.empty((0, 16), np.uint8) if kind.kind is Kind.IPV6 else none


def joined(parts: list[Values | Octets]) -> Values | Octets:
    """Values of the same form, one part after the other."""
    strings = [part for part in parts if isinstance(part, Octets)]
    if strings:
        return octets.stacked(strings)
    return np.concatenate([np.asarray(part) for part in parts])
