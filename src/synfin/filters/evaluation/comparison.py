"""Which values, and which packets, stand in a relation: to a literal, or both sides from the packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synfin.dissect.kinds import Kind
from synfin.filters.checking.checked import Net, Type, Value
from synfin.filters.evaluation import octets
from synfin.filters.evaluation.octets import Octets
from synfin.filters.evaluation.representation import HALF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synfin.basics.arrays import Flags, Integers, Small, Values

_RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
WHOLE_ADDRESS = 0xFFFFFFFF
FEW = 8
"""Members of a set that are compared one by one rather than looked up."""


def related(left: Any, operator: str, right: Any) -> Flags:  # noqa: ANN401 - columns or single numbers
    """Element by element, whether `left` stands in this relation to `right`."""
    found: Flags = _RELATIONS[operator](left, right)
    return found


def compared(values: Values | Octets, operator: str, value: Value, kind: Type) -> Flags:
    """Which values stand in this relation to a literal."""
    if isinstance(values, Octets):
        assert isinstance(value, bytes)
        if operator in ("==", "!="):
            return octets.equal(values, value) ^ (operator == "!=")
        return related(octets.order(values, value, by_length=kind.kind is not Kind.TEXT), operator, 0)
    if isinstance(value, Net):
        if kind.kind is Kind.IPV6:
            return _compared_ipv6(values, operator, value)
        masked = values if value.mask == WHOLE_ADDRESS else values & value.mask
        return related(masked, operator, value.value)
    if kind.kind is Kind.BOOLEAN:
        return related(values != 0, operator, np.bool_(value != 0))
    assert not isinstance(value, bytes)
    if kind.is_integer and not kind.signed:
        if value < 0 and not bool((values < 0).any()):
            return np.zeros(len(values), np.bool_)  # no unsigned number compares with a negative one
        if kind.width == HALF:
            return related(values.view(np.uint64), operator, value)
    return related(values, operator, value)


def _compared_ipv6(values: Values, operator: str, net: Net) -> Flags:
    """Halves compared as numbers: the second counts where the first are equal."""
    halves = np.ascontiguousarray(values).view(">u8")
    upper = halves[:, 0] & np.uint64(net.mask >> HALF)
    lower = halves[:, 1] & np.uint64(net.mask & ((1 << HALF) - 1))
    first, second = np.uint64(net.value >> HALF), np.uint64(net.value & ((1 << HALF) - 1))
    if operator == "!=":
        return related(upper, "!=", first) | related(lower, "!=", second)
    same = related(upper, "==", first) & related(lower, operator, second)
    return same if operator == "==" else same | related(upper, operator.rstrip("="), first)


def is_in(values: Values | Octets, wanted: Integers) -> Flags:
    """Which numbers are among these, which are ascending."""
    assert isinstance(values, np.ndarray)
    if len(wanted) <= FEW:
        found = related(values, "==", wanted[0])
        for number in wanted[1:]:
            found |= related(values, "==", number)
        return found
    at = np.minimum(np.searchsorted(wanted, values), len(wanted) - 1)
    return related(wanted[at], "==", values)


def pairwise(operator: str, left: tuple[Small, Values], right: tuple[Small, Values], count: int) -> Flags:
    """Packets of which some pair of values stands in a relation.

    No pair is ever formed: extremes decide about order, common values about equality.

    Args:
        operator: one of the six comparisons.
        left: packet and value, as comparable numbers.
        right: the same of the other side.
        count: packets.
    """
    (packet, values), (other_packet, others) = left, right
    found = np.zeros(count, np.bool_)
    is_single = len(packet) == len(other_packet) and bool((packet[1:] > packet[:-1]).all())
    if is_single and np.array_equal(packet, other_packet):
        found[packet] = related(values, operator, others)
        return found
    has_left, has_right = np.zeros_like(found), np.zeros_like(found)
    has_left[packet] = True
    has_right[other_packet] = True
    return has_left & has_right & _decided(operator, left, right, count)


def _decided(operator: str, left: tuple[Small, Values], right: tuple[Small, Values], count: int) -> Flags:
    if operator == "==":
        return _share_a_value(left, right, count)
    least, most = (extreme(function, *left, count) for function in (np.minimum, np.maximum))
    other_least, other_most = (extreme(function, *right, count) for function in (np.minimum, np.maximum))
    if operator == "!=":
        differs = related(least, "!=", most) | related(other_least, "!=", other_most)
        return differs | related(least, "!=", other_least)
    if operator.startswith("<"):
        return related(least, operator, other_most)
    return related(most, operator, other_least)


def extreme(function: np.ufunc, packet: Small, values: Values, count: int) -> Values:
    """The least (`np.minimum`) or greatest value of each packet; 0 where there is none."""
    found = np.zeros(count, values.dtype)
    if len(packet):
        by_packet = np.argsort(packet, kind="stable")
        ordered = packet[by_packet]
        begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        found[ordered[begins]] = function.reduceat(values[by_packet], begins)
    return found


def _share_a_value(left: tuple[Small, Values], right: tuple[Small, Values], count: int) -> Flags:
    """Packets in which some value stands on both sides."""
    (packet, values), (other_packet, others) = left, right
    distinct, number = np.unique(np.concatenate((values, others)), return_inverse=True)
    size = max(len(distinct), 1)
    keys = packet.astype(np.int64) * size + number[: len(values)]
    wanted = np.unique(other_packet.astype(np.int64) * size + number[len(values) :])
    found = np.zeros(count, np.bool_)
    if len(wanted):
        at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
        found[packet[wanted[at] == keys]] = True
    return found
