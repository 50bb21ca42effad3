"""Checked syntax to a mask: one truth value per packet of a chunk.

A comparison is decided value by value, then collapsed to packets; only packets are combined by `and`, `or`
and `not`, because rows of different layers have nothing to do with each other.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, assert_never

import numpy as np

from synfin.dissect.kinds import Kind
from synfin.filters.checking.checked import (
    Always,
    Combine,
    Compare,
    Either,
    Every,
    Fixed,
    Member,
    Negation,
    Net,
    Nonzero,
    Operand,
    Present,
    Read,
    Test,
    Type,
    Value,
    Within,
)
from synfin.filters.evaluation import octets
from synfin.filters.evaluation.arithmetic import pairs
from synfin.filters.evaluation.comparison import compared, extreme, is_in, pairwise
from synfin.filters.evaluation.octets import Octets
from synfin.filters.evaluation.representation import HALF, as_octets, joined, sortable
from synfin.filters.evaluation.rows import Reader, Rows, scatter, take

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers, Small, Values
    from synfin.dissect.table import PacketTable


OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def matching(test: Test, table: PacketTable) -> Flags:
    """One bool per packet of the chunk: whether it fulfils the test."""
    return _Evaluation(table).mask(test)


class _Evaluation:
    """One test on one chunk."""

    def __init__(self, table: PacketTable) -> None:
        self._reader = Reader(table)
        self._count = len(table)

    def mask(self, test: Test) -> Flags:
        match test:
            case Always():
                return np.ones(self._count, np.bool_)
            case Present(of=read):
                found = np.zeros(self._count, np.bool_)
                for packet in self._reader.packets(read):
                    found[packet] = True
                return found
            case Nonzero(of=operand):
                return self._any(operand, _nonzero if isinstance(operand, Combine) else _is_something)
            case Compare():
                return self._compare(test)
            case Within():
                return self._within(test)
            case Negation(of=of):
                return ~self.mask(of)
            case Every(of=parts):
                return self._every(parts)
            case Either(of=parts):
                return self._either(parts)
            case _:
                assert_never(test)

    def _every(self, parts: tuple[Test, ...]) -> Flags:
        found = self.mask(parts[0])
        for part in parts[1:]:
            if not found.any():  # nothing left to lose: spare the columns of the rest
                break
            found = found & self.mask(part)
        return found

    def _either(self, parts: tuple[Test, ...]) -> Flags:
        found = self.mask(parts[0])
        for part in parts[1:]:
            if found.all():
                break
            found = found | self.mask(part)
        return found

    # One side fixed

    def _any(
        self, operand: Operand, holds: Callable[[Values | Octets], Flags], *, whole: bool = False
    ) -> Flags:
        """Packets in which some value fulfils a condition."""
        found = np.zeros(self._count, np.bool_)
        for rows in self._parts(operand, whole=whole):
            if len(rows.packet):
                found[rows.packet[holds(rows.values)]] = True
        return found

    def _all(
        self, operand: Operand, holds: Callable[[Values | Octets], Flags], *, whole: bool = False
    ) -> Flags:
        """Packets in which the operand exists and every value fulfils a condition."""
        found = np.zeros(self._count, np.bool_)
        missed: list[Small] = []
        for rows in self._parts(operand, whole=whole):
            if rows.present is not None:
                found |= rows.present
            if len(rows.packet):
                found[rows.packet] = True
                missed.append(rows.packet[~holds(rows.values)])
        for packet in missed:
            found[packet] = False
        return found

    def _parts(self, operand: Operand, *, whole: bool) -> list[Rows]:
        if whole and isinstance(operand, Read):
            return self._reader.whole(operand)
        return self._reader.parts(operand)

    def _compare(self, test: Compare) -> Flags:
        if not isinstance(test.right, Fixed):
            return self._compare_rows(test)
        if not test.right.values:
            return np.zeros(self._count, np.bool_)
        whole = test.operator in ("contains", "matches")
        found = np.full(self._count, test.every)
        for value in test.right.values:
            if test.every:
                found &= self._all(test.left, self._every_condition(test, value), whole=whole)
            else:
                found |= self._any(test.left, self._condition(test, test.operator, value), whole=whole)
        return found

    def _every_condition(self, test: Compare, value: Value) -> Callable[[Values | Octets], Flags]:
        """Every pair fulfils a relation if none fulfils its opposite, even where they cannot be compared."""
        if test.operator not in OPPOSITE:
            return self._condition(test, test.operator, value)
        fails = self._condition(test, OPPOSITE[test.operator], value)
        return lambda values: ~fails(values)

    def _condition(self, test: Compare, operator: str, value: Value) -> Callable[[Values | Octets], Flags]:
        kind = test.left.type
        if operator == "matches":
            return lambda values: octets.matches(as_octets(values, kind), test.pattern)
        if operator == "contains":
            assert isinstance(value, bytes)
            return lambda values: octets.contains(as_octets(values, kind), value)
        return lambda values: compared(values, operator, value, kind)

    # Both sides from the packet

    def _compare_rows(self, test: Compare) -> Flags:
        if test.operator == "contains":
            return self._contains_rows(test)
        left, right = self._reader.rows(test.left), self._reader.rows(test.right)
        both = left.has(self._count) & right.has(self._count)
        one, other = _comparable(left, test.left.type, right, test.right.type)
        if test.left.type.is_integer and not test.left.type.signed and not bool((one < 0).any()):
            negative = other < 0
            if negative.any() and _is_small(test.right.type):  # as in `_without_negative`
                right, other = take(right, np.flatnonzero(~negative)), other[~negative]
        operator = OPPOSITE[test.operator] if test.every else test.operator
        found = pairwise(operator, (left.packet, one), (right.packet, other), self._count)
        return both & ~found if test.every else both & found

    def _contains_rows(self, test: Compare) -> Flags:
        left, right = self._reader.rows(test.left), self._reader.rows(test.right)
        if isinstance(test.left, Read):
            left = self._reader.whole(test.left)[0] if test.left.type.kind is Kind.PROTOCOL else left
        if isinstance(test.right, Read):
            right = self._reader.whole(test.right)[0] if test.right.type.kind is Kind.PROTOCOL else right
        both = left.has(self._count) & right.has(self._count)
        one, other = pairs(left.packet, right.packet, self._count)
        hay = as_octets(left.values, test.left.type)
        needles = as_octets(right.values, test.right.type).take(other).list()
        whole = hay.data.tobytes()
        begins, lengths = hay.start[one].tolist(), hay.length[one].tolist()
        true = np.array(
            [
                bool(needle) and whole.find(needle, begin, begin + length) >= 0
                for needle, begin, length in zip(needles, begins, lengths, strict=True)
            ],
            np.bool_,
        )
        packet = left.packet[one]
        found = both.copy() if test.every else np.zeros(self._count, np.bool_)
        found[packet[~true] if test.every else packet[true]] = not test.every
        return found & both

    # Sets

    def _within(self, test: Within) -> Flags:
        if test.every:
            found = np.zeros(self._count, np.bool_)
            for member in test.members:
                found |= self._within_one(test.left, member, every=True)
            return found
        fixed, rest = _plain_numbers(test)
        found = np.zeros(self._count, np.bool_)
        if len(fixed):
            found |= self._any(test.left, lambda values: is_in(values, fixed))
        for member in rest:
            found |= self._within_one(test.left, member, every=False)
        return found

    def _within_one(self, left: Operand, member: Member, *, every: bool) -> Flags:
        low, high = member
        if high is None:
            return self._compare(Compare("==", every, left, low))
        if every:
            return self._compare(Compare(">=", every, left, low)) & self._compare(
                Compare("<=", every, left, high)
            )
        if isinstance(low, Fixed) and isinstance(high, Fixed):
            return self._any(left, lambda values: _between(values, low, high, left.type))
        return self._between_rows(left, low, high)

    def _between_rows(self, left: Operand, low: Operand, high: Operand) -> Flags:
        """Bounds from the packet: one value must be at least some lower bound and at most some upper one."""
        values, least, most = (self._reader.rows(operand) for operand in (left, low, high))
        if left.type.is_integer and not left.type.signed and not _has_negative(values, left.type):
            least, most = _without_negative(least, low.type), _without_negative(most, high.type)
        both = scatter(least.packet, self._count) & scatter(most.packet, self._count)
        sizes = [len(rows.packet) for rows in (values, least, most)]
        keys = sortable(joined([rows.values for rows in (values, least, most)]), left.type)
        mine, lower, upper = np.split(keys, np.cumsum(sizes)[:-1])
        floor = extreme(np.minimum, least.packet, lower, self._count)
        ceiling = extreme(np.maximum, most.packet, upper, self._count)
        true = both[values.packet] & (mine >= floor[values.packet]) & (mine <= ceiling[values.packet])
        return scatter(values.packet[true], self._count)


def _between(values: Values | Octets, low: Fixed, high: Fixed, kind: Type) -> Flags:
    inside = np.zeros(_size(values), np.bool_)
    for least, most in product(low.values, high.values):
        inside |= compared(values, ">=", least, kind) & compared(values, "<=", most, kind)
    return inside


def _is_something(values: Values | Octets) -> Flags:
    """Not zero, and not empty; empty is all that bytes can be."""
    return values.length > 0 if isinstance(values, Octets) else _nonzero(values)


def _nonzero(values: Values | Octets) -> Flags:
    if isinstance(values, Octets):
        return octets.nonzero(values)
    found: Flags = (values != 0).any(axis=1) if values.ndim > 1 else values != 0
    return found


def _size(values: Values | Octets) -> int:
    return len(values.start) if isinstance(values, Octets) else len(values)


def _plain_numbers(test: Within) -> tuple[Integers, list[Member]]:
    """The members that can be looked up all at once, and the others."""
    kind = test.left.type
    simple = (kind.is_integer and kind.width < HALF) or kind.kind in (
        Kind.ETHER,
        Kind.IPV4,
        Kind.TIME,
        Kind.DURATION,
    )
    numbers: list[int] = []
    rest: list[Member] = []
    for member in test.members:
        number = _number(member) if simple else None
        if number is None:
            rest.append(member)
        elif number >= 0 or kind.signed or kind.kind is Kind.DURATION:
            numbers.append(number)
    return np.array(sorted(numbers), np.int64), rest


def _number(member: Member) -> int | None:
    """The only value of a member, if it is a number."""
    if member.high is not None or not isinstance(member.low, Fixed) or len(member.low.values) != 1:
        return None
    value = member.low.values[0]
    if isinstance(value, Net):
        return value.value if value.mask == 0xFFFFFFFF else None
    return value if isinstance(value, int) else None


def _is_small(kind: Type) -> bool:
    """Whether a negative int64 is a negative number, not a large unsigned one."""
    return kind.signed or kind.width < HALF


def _has_negative(rows: Rows, kind: Type) -> bool:
    return _is_small(kind) and bool((np.asarray(rows.values) < 0).any())


def _without_negative(rows: Rows, kind: Type) -> Rows:
    """What an unsigned number can be compared with: no unsigned number compares with a negative one."""
    if not _has_negative(rows, kind):
        return rows
    return take(rows, np.flatnonzero(np.asarray(rows.values) >= 0))


def _comparable(left: Rows, kind: Type, right: Rows, other: Type) -> tuple[Values, Values]:
    """Numbers that compare as the values of both sides do."""
    if isinstance(left.values, Octets) or kind.kind is Kind.IPV6:
        keys = sortable(joined([as_octets(left.values, kind), as_octets(right.values, other)]), kind)
        return keys[: len(left.packet)], keys[len(left.packet) :]
    one, two = np.asarray(left.values), np.asarray(right.values)
    if kind.kind is Kind.BOOLEAN:
        return (one != 0).astype(np.int64), (two != 0).astype(np.int64)
    if kind.is_integer and HALF in (kind.width, other.width) and not kind.signed and not other.signed:
        flip = np.int64(-(1 << 63))  # unsigned order of 64-bit patterns
        return one ^ flip, two ^ flip
    return one, two
