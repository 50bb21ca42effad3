"""What each segment brings, with a set of every number seen: slow, and plainly right if nothing wraps."""

from __future__ import annotations

from synfin.connections.sequence import GAP, KEEP_ALIVE, LATE, NEW, OLD


def brought(segments: list[tuple[int, int]]) -> list[int]:
    """For one side's segments (first number, size), none of which is acknowledged, what they bring."""
    seen: set[int] = set()
    found: list[int] = []
    for first, size in segments:
        numbers = set(range(first, first + size))
        found.append(_brings(seen, first, numbers))
        seen |= numbers
    return found


def _brings(seen: set[int], first: int, numbers: set[int]) -> int:
    if not seen:
        return NEW if numbers else 0
    following = max(seen) + 1
    if not numbers:
        return KEEP_ALIVE if first == following - 1 else 0
    brings = 0
    if max(numbers) >= following:
        brings |= NEW
        if first > following:
            brings |= GAP
    below = {number for number in numbers if number < following}
    if below & seen:
        brings |= OLD
    if below - seen:
        brings |= LATE
    return brings
