"""TCP sequence numbers wrap at 2**32 and are compared only here (RFC 9293 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from synfin.basics.arrays import Flags, Integers

MODULUS = 1 << 32
"""How many sequence numbers there are."""


def distance(origin: ArrayLike, number: ArrayLike) -> Integers:
    """How far `number` lies past `origin`, -2**31 to 2**31 - 1, element by element, int64."""
    difference = np.asarray(number).astype(np.int64) - np.asarray(origin).astype(np.int64)
    return ((difference + (MODULUS >> 1)) & (MODULUS - 1)) - (MODULUS >> 1)


def after(number: ArrayLike, other: ArrayLike) -> Flags:
    """True where `number` lies past `other`, at most half the sequence space away."""
    return distance(other, number) > 0


def advance(number: ArrayLike, by: ArrayLike) -> Integers:
    """`number + by` modulo 2**32, element by element, int64."""
    return (np.asarray(number).astype(np.int64) + np.asarray(by).astype(np.int64)) & (MODULUS - 1)
