"""The functions of the filter language: what they take and what they give."""

from __future__ import annotations

from typing import NamedTuple

from synfin.dissect.kinds import INTEGERS, Kind


class Function(NamedTuple):
    """One function.

    Attributes:
        most: arguments at most, None for any number; there is always at least one.
        meaning: what it gives, in one line.
    """

    most: int | None
    meaning: str


FUNCTIONS = {
    "abs": Function(1, "the number without its sign"),
    "count": Function(1, "how often a field occurs in the packet"),
    "len": Function(1, "bytes that a value takes"),
    "lower": Function(1, "text in lower case"),
    "max": Function(None, "the largest of the values"),
    "min": Function(None, "the smallest of the values"),
    "string": Function(1, "a number or address as text"),
    "upper": Function(1, "text in upper case"),
}

WRITABLE = (INTEGERS | {Kind.IPV4, Kind.IPV6, Kind.ETHER, Kind.EUI64, Kind.DOUBLE}) - {Kind.BOOLEAN}
"""Kinds that `string()` writes."""

NUMERIC = INTEGERS | {Kind.DOUBLE, Kind.DURATION, Kind.BOOLEAN}
"""Kinds that `abs()` takes."""

SIZES = {Kind.IPV4: 4, Kind.IPV6: 16, Kind.ETHER: 6, Kind.EUI64: 8, Kind.DOUBLE: 8}
"""Bytes that `len()` gives for kinds of one size; integers give the bytes of their type, others 0."""
