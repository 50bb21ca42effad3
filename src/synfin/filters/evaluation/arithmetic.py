"""Arithmetic on columns: results that do not fit, and divisions by zero, are no results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import FilterError
from synfin.dissect.kinds import Kind
from synfin.filters.evaluation import octets
from synfin.filters.evaluation.octets import Octets
from synfin.filters.evaluation.representation import as_octets

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Small, Values
    from synfin.filters.checking.checked import Combine

MOST_PAIRS = 1 << 22
"""Pairs of values that arithmetic makes in one chunk; more would be a packet made to be slow."""

LARGEST_32 = (1 << 32) - 1
SMALLEST_32 = -(1 << 31)


def pairs(left: Small, right: Small, count: int) -> tuple[Integers, Integers]:
    """Every pair of a left and a right row of the same packet.

    Raises:
        FilterError: there are far too many.
    """
    if len(left) == len(right) and bool((left[1:] > left[:-1]).all()) and np.array_equal(left, right):
        same = np.arange(len(left))
        return same, same
    by_packet = np.argsort(right, kind="stable")
    many = np.bincount(right, minlength=count)
    begin = np.cumsum(many) - many
    repeats = many[left]
    total = int(repeats.sum())
    if total > MOST_PAIRS:
        raise FilterError(
            f"Some packets have so many values that {total:,} pairs would be combined.",
            hint="Use max() or min() of one of the fields.",
        )
    one = np.repeat(np.arange(len(left)), repeats)
    offset = np.arange(total) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return one, by_packet[begin[left[one]] + offset]


def calculated(
    operand: Combine, left: Values | Octets, right: Values | Octets
) -> tuple[Values | Octets, Flags | None]:
    """The results, and which of them are good; None if all are."""
    if isinstance(left, Octets) or isinstance(right, Octets):
        return octets.both(as_octets(left, operand.left.type), as_octets(right, operand.right.type)), None
    if operand.operator == "&":
        return left & right, None
    if operand.type.kind is Kind.DOUBLE:
        return _of_floats(operand.operator, left, right)
    is_small = operand.type.is_integer and operand.type.width <= 32
    if is_small and not operand.type.signed:  # beside an unsigned number a negative one is its bit pattern
        right = np.where((right < 0) & (left >= 0), right + LARGEST_32 + 1, right)
    values, fine = _of_integers(operand.operator, left, right)
    if is_small:
        fine &= (values >= SMALLEST_32) & (values <= LARGEST_32)
    return values, None if bool(fine.all()) else fine


def _of_floats(operator: str, left: Values, right: Values) -> tuple[Values, Flags | None]:
    match operator:
        case "+":
            return left + right, None
        case "-":
            return left - right, None
        case "*":
            return left * right, None
        case _:
            fine = right != 0
            return left / np.where(fine, right, 1.0), fine


def _of_integers(operator: str, left: Values, right: Values) -> tuple[Values, Flags]:
    """64-bit results, and which of them did not overflow or divide by zero."""
    rough_left, rough_right = left.astype(np.float64), right.astype(np.float64)
    limit = 2.0**63
    match operator:
        case "+":
            return left + right, np.abs(rough_left + rough_right) < limit
        case "-":
            return left - right, np.abs(rough_left - rough_right) < limit
        case "*":
            return left * right, np.abs(rough_left * rough_right) < limit
        case _:
            fine = right != 0
            divisor = np.where(fine, right, 1)
            quotient = (
                np.abs(left) // np.abs(divisor) * np.sign(left) * np.sign(divisor)
            )  # towards zero, as in C
            return (quotient if operator == "/" else left - quotient * divisor), fine
