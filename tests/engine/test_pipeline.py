"""Laws of working side by side: every piece once, results in order, errors in turn, nothing left over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from synfin.engine.pipeline import in_order, pieces_in_flight, taken_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAYS = (in_order, taken_in_turn)
THREADS = (1, 2, 5)
PIECES = 60


class Pieces:
    """Numbers, counted as they are taken; two threads must never take at once."""

    def __init__(self, count: int, fails_at: int = -1) -> None:
        self.taken = 0
        self._count, self._fails_at = count, fails_at
        self._alone = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        assert self._alone.acquire(blocking=False), "two threads take at once"
        try:
            time.sleep(0.0002)  # long enough for another thread to come in between
            if self.taken == self._fails_at:
                raise OSError("the disk is gone")
            if self.taken == self._count:
                raise StopIteration
            self.taken += 1
            return self.taken - 1
        finally:
            self._alone.release()


def slow_where_early(piece: int) -> int:
    """Later pieces are done sooner."""
    time.sleep(0.0005 * (3 - piece % 4))
    return piece * piece


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
def test_results_come_once_and_in_order(way: Callable[..., Iterator[int]], threads: int) -> None:
    pieces = Pieces(PIECES)
    assert list(way(pieces, slow_where_early, threads=threads)) == [at * at for at in range(PIECES)]
    assert pieces.taken == PIECES


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
def test_nothing_to_do_is_done_at_once(way: Callable[..., Iterator[int]], threads: int) -> None:
    assert list(way([], slow_where_early, threads=threads)) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
def test_only_so_many_pieces_are_on_their_way(way: Callable[..., Iterator[int]], threads: int) -> None:
    pieces = Pieces(PIECES)
    for done, _ in enumerate(way(pieces, slow_where_early, threads=threads)):
        time.sleep(0.001)  # the others have time to go too far
        assert pieces.taken - done <= pieces_in_flight(threads)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("fault", ["work", "pieces"])
def test_an_error_comes_at_its_turn(way: Callable[..., Iterator[int]], threads: int, fault: str) -> None:
    def work(piece: int) -> int:
        if fault == "work" and piece == 20:
            raise OSError("the disk is gone")
        return slow_where_early(piece)

    seen: list[int] = []
    results = way(Pieces(PIECES, 20 if fault == "pieces" else -1), work, threads=threads)
    with pytest.raises(OSError, match="the disk is gone"):
        seen.extend(results)
    if way is taken_in_turn or fault == "work" or threads == 1:
        assert seen == [at * at for at in range(20)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
def test_who_stops_early_leaves_nothing_running(way: Callable[..., Iterator[int]], threads: int) -> None:
    before, pieces = threading.active_count(), Pieces(PIECES)
    results = way(pieces, slow_where_early, threads=threads)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    taken = pieces.taken
    assert taken <= pieces_in_flight(threads)
    time.sleep(0.005)
    assert pieces.taken == taken


def test_the_caller_works_too() -> None:
    """What the others are slow with, the caller does itself."""
    by = set()

    def work(piece: int) -> int:
        by.add(threading.current_thread().name)
        time.sleep(0.002)
        return piece

    assert list(taken_in_turn(Pieces(PIECES), work, threads=2)) == list(range(PIECES))
    assert threading.current_thread().name in by
    assert len(by) == 2
