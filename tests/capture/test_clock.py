"""Timestamps of every resolution are exact."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from synfin.capture.clock import Clock
from tests.capture.files import clamped
from tests.naive.captures import nanoseconds


@given(
    some.lists(some.integers(0, 2**64 - 1) | some.integers(0, 2**52), min_size=1, max_size=9),
    some.integers(0, 255),
    some.integers(-(2**63), 2**63 - 1) | some.integers(-(10**9), 10**9),
)
def test_nanoseconds_are_exact_and_never_overflow(ticks: list[int], resolution: int, offset: int) -> None:
    found = Clock(resolution, offset).nanoseconds(np.array(ticks, np.uint64))
    wanted = [nanoseconds(tick, resolution, offset) for tick in ticks]
    assert [clamped(int(time)) for time in found] == [clamped(time) for time in wanted]


def test_digits() -> None:
    assert [Clock(resolution).digits for resolution in (0, 6, 9, 12, 0x80, 0x84, 0x94)] == [
        0,
        6,
        9,
        9,
        0,
        4,
        9,
    ]
