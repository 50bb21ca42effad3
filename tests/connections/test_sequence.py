"""What segments bring is told as the naive twin tells it, and does not depend on where numbers begin."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.connections.follower import Follower
from synfin.connections.sequence import MOST_HOLES
from tests.naive.ranges import brought
from tests.packets import ethernet, ipv4, table_of, tcp

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), min_size=1, max_size=30)


def brings(segments: list[tuple[int, int]], origin: int) -> list[int]:
    frames = [
        ethernet(ipv4(tcp(b"x" * size, seq=(origin + first) % 2**32, ack=1))) for first, size in segments
    ]
    seen = Follower().observations.advance(table_of(frames))
    found: list[int] = seen.brings.tolist()
    return found


@given(spans, st.sampled_from((1000, 2**32 - 30, 2**31 - 20)))
@settings(max_examples=150, deadline=None)
def test_it_agrees_with_the_naive_twin_wherever_numbers_begin(
    segments: list[tuple[int, int]], origin: int
) -> None:
    begun = [(segments[0][0], max(segments[0][1], 1)), *segments[1:]]
    assert brings(begun, origin) == brought(begun)


def test_more_missing_ranges_than_are_remembered_take_no_more_room() -> None:
    follower = Follower()
    frames = [ethernet(ipv4(tcp(b"x", seq=1 + 10 * n, ack=1))) for n in range(3 * MOST_HOLES)]
    follower.observations.advance(table_of(frames))
    assert follower.observations.sequences.holes[0, 0] <= MOST_HOLES
