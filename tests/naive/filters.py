"""Checked filters, evaluated one packet and one value at a time: the meaning of the language.

Values are plain Python: numbers, addresses as numbers, bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, assert_never

from synfin.dissect.kinds import Kind
from synfin.filters.checking import checked
from synfin.filters.checking.checked import Net, Type
from synfin.filters.checking.operands import in_range

if TYPE_CHECKING:
    from synfin.filters.language.syntax import Range

Layers = Sequence[Mapping[str, list[object]]]
"""One packet: for each layer, the values of each field."""

Values = list[object] | None
"""All values of an operand; None where it is absent."""

RELATIONS = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
WIDTHS = {Kind.IPV4: 4, Kind.IPV6: 16, Kind.ETHER: 6}


def holds(test: checked.Test, packet: Layers) -> bool:
    """Whether a packet fulfils a test."""
    match test:
        case checked.Always():
            return True
        case checked.Present(of=read):
            return values(read, packet) is not None
        case checked.Nonzero(of=operand):
            found = values(operand, packet) or []
            return any(_is_something(value, operand) for value in found)
        case checked.Compare():
            return _compare(test, packet)
        case checked.Within():
            return _within(test, packet)
        case checked.Negation(of=of):
            return not holds(of, packet)
        case checked.Every(of=parts):
            return all(holds(part, packet) for part in parts)
        case checked.Either(of=parts):
            return any(holds(part, packet) for part in parts)
        case _:
            assert_never(test)


def _is_something(value: object, operand: checked.Operand) -> bool:
    if isinstance(value, bytes):
        return any(value) if isinstance(operand, checked.Combine) else bool(value)
    return value != 0


def _compare(test: checked.Compare, packet: Layers) -> bool:
    left, right = values(test.left, packet), values(test.right, packet)
    if left is None or right is None or (isinstance(test.right, checked.Fixed) and not right):
        return False
    return _quantified(left, test.operator, right, test)


def _quantified(left: list[object], operator: str, right: list[object], test: checked.Compare) -> bool:
    """Some pair fulfils a relation; every pair does if none fulfils the opposite."""
    pairs = [(one, other) for one in left for other in right]
    if not test.every:
        return any(related(one, operator, other, test) for one, other in pairs)
    if operator not in OPPOSITE:
        return all(related(one, operator, other, test) for one, other in pairs)
    return not any(related(one, OPPOSITE[operator], other, test) for one, other in pairs)


def related(one: object, operator: str, other: object, test: checked.Compare) -> bool:
    """Whether two values stand in a relation."""
    kind = test.left.type
    if isinstance(one, bytes):
        if operator == "contains":
            return bool(other) and other in one  # type: ignore[operator]
        if operator == "matches":
            return re.search(_python_pattern(test.pattern), one) is not None
        if kind.kind is not Kind.TEXT:
            return _ordered((len(one), one), operator, (len(other), other))  # type: ignore[arg-type]
    if isinstance(other, Net):
        assert isinstance(one, int)
        return _ordered(one & other.mask, operator, other.value)
    if kind.kind is Kind.BOOLEAN:
        return _ordered(bool(one), operator, bool(other))
    is_unsigned = kind.is_integer and not kind.signed
    if is_unsigned and one >= 0 > other:  # type: ignore[operator]
        return False
    return _ordered(one, operator, other)


def _ordered(one: Any, operator: str, other: Any) -> bool:
    return bool(RELATIONS[operator](one, other))


def _python_pattern(pattern: str) -> bytes:
    return pattern.replace(r"\z", r"\Z").encode("latin-1")


def _within(test: checked.Within, packet: Layers) -> bool:
    left = values(test.left, packet)
    if left is None:
        return False
    return any(_is_member(left, member, test, packet) for member in test.members)


def _is_member(left: list[object], member: checked.Member, test: checked.Within, packet: Layers) -> bool:
    low = values(member.low, packet)
    high = low if member.high is None else values(member.high, packet)
    if low is None or high is None:
        return False
    relation = checked.Compare("==", test.every, test.left, member.low)
    if member.high is None:
        return _quantified(left, "==", low, relation)
    if test.every:
        return _quantified(left, ">=", low, relation) and _quantified(left, "<=", high, relation)
    return any(
        _quantified([one], ">=", low, relation) and _quantified([one], "<=", high, relation) for one in left
    )


def values(operand: checked.Operand, packet: Layers) -> Values:
    """All values of an operand in a packet."""
    match operand:
        case checked.Read():
            return _read(operand, packet)
        case checked.Fixed():
            return list(operand.values)
        case checked.Slice(of=of, ranges=ranges):
            return _mapped(values(of, packet), lambda value: _sliced(_octets(value, of.type), ranges))
        case checked.Negate(of=of):
            return _mapped(values(of, packet), lambda value: -value)
        case checked.Apply():
            return _apply(operand, packet)
        case checked.Combine():
            left, right = values(operand.left, packet), values(operand.right, packet)
            if left is None or right is None:
                return None
            results = [_combined(operand, one, other) for one in left for other in right]
            return [result for result in results if result is not None]
        case _:
            assert_never(operand)


def _mapped(given: Values, function: object) -> Values:
    return None if given is None else [function(value) for value in given]  # type: ignore[operator]


def _read(read: checked.Read, packet: Layers) -> Values:
    found = [
        value
        for number, layer in enumerate(packet, 1)
        if not read.layers or any(in_range(number, len(packet), piece) for piece in read.layers)
        for value in layer.get(read.name, [])
    ]
    return found or None


def _octets(value: object, kind: Type) -> bytes:
    if isinstance(value, bytes):
        return value
    assert isinstance(value, int)
    return value.to_bytes(WIDTHS[kind.kind], "big")


def _sliced(value: bytes, ranges: Sequence[Range]) -> bytes:
    found = b""
    for piece in ranges:
        first = piece.start if piece.start >= 0 else len(value) + piece.start
        if piece.last is not None:
            end = (piece.last if piece.last >= 0 else len(value) + piece.last) + 1
        else:
            end = len(value) if piece.length is None else first + piece.length
        if first < 0 or end > len(value) or end <= first:
            return found
        found += value[first:end]
    return found


def _apply(operand: checked.Apply, packet: Layers) -> Values:
    given = [values(argument, packet) for argument in operand.arguments]
    there = [value for one in given if one is not None for value in one]
    if operand.function in ("max", "min"):
        fields = [
            one
            for one, node in zip(given, operand.arguments, strict=True)
            if not isinstance(node, checked.Fixed)
        ]
        if not there or (fields and all(one is None for one in fields)):
            return None
        key = None if operand.type.kind is Kind.TEXT or not isinstance(there[0], bytes) else _length_first
        return [(max if operand.function == "max" else min)(there, key=key)]  # type: ignore[type-var, arg-type]
    argument = given[0]
    if argument is None:
        return None
    match operand.function:
        case "count":
            return [len(argument)]
        case "abs":
            return [abs(value) for value in argument]  # type: ignore[arg-type]
        case "len":
            kind = operand.arguments[0].type
            sizes = {**WIDTHS, Kind.DOUBLE: 8}
            size = kind.width // 8 if kind.is_integer else sizes.get(kind.kind, 0)
            return [len(value) if isinstance(value, bytes) else size for value in argument]
        case "upper":
            return [value.upper() for value in argument]  # type: ignore[attr-defined]
        case "lower":
            return [value.lower() for value in argument]  # type: ignore[attr-defined]
        case _:
            return [str(value).encode() for value in argument]


def _length_first(value: object) -> tuple[int, bytes]:
    assert isinstance(value, bytes)
    return len(value), value


def _combined(operand: checked.Combine, one: object, other: object) -> object | None:
    if isinstance(other, Net):
        other = other.value
    if isinstance(one, bytes):
        assert isinstance(other, bytes)
        return bytes(a & b for a, b in zip(one, other, strict=False))
    is_small = operand.type.is_integer and operand.type.width <= 32
    if is_small and not operand.type.signed and operand.operator != "&" and one >= 0 > other:  # type: ignore[operator]
        other += 2**32  # type: ignore[operator]
    result = _calculated(operand.operator, one, other)
    if result is None or operand.operator == "&" or not operand.type.is_integer:
        return result
    low, high = (-(2**31), 2**32) if is_small else (-(2**63), 2**63)
    return result if low <= result < high else None  # type: ignore[operator]


def _calculated(operator: str, one: object, other: object) -> object | None:
    assert isinstance(one, int | float)
    assert isinstance(other, int | float)
    match operator:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case "&":
            return int(one) & int(other)
    if other == 0:
        return None
    if isinstance(one, float) or isinstance(other, float):
        return one / other
    quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
    return quotient if operator == "/" else one - quotient * other
