"""To retell a connection, the chunks between its first and its last packet are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synfin.connections.chronicle import account, stretch
from synfin.connections.follower import Follower
from synfin.operations import open_session

if TYPE_CHECKING:
    from pathlib import Path

SMALL = 512
"""Bytes of a chunk: a few packets."""


@pytest.mark.parametrize("name", ["port-reuse", "fast-open", "page"])
def test_a_part_of_the_capture_tells_the_same(examples: Path, name: str) -> None:
    session = open_session(str(examples / f"{name}.pcapng"))
    follower = Follower(supplies=False)
    for table in session.tables(size=SMALL):
        follower.advance(table)
    left_out = 0
    for number in range(len(follower.finish())):
        first, last = stretch(follower, number)
        assert 0 < first <= last
        every = list(session.tables(size=SMALL, buffers=1000))
        needed = [
            table for table in every if table.chunk.first <= last and table.chunk.first + len(table) > first
        ]
        left_out += len(every) - len(needed)
        assert account(follower, number, needed) == account(follower, number, every)
    assert left_out
