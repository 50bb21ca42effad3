"""Laws of working side by side: every piece once, results in order, errors in turn, nothing left over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from synfin.engine.pipeline import in_order, in_turns, pieces_in_flight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Way = Callable[..., None]

THREADS = (1, 2, 5)
PIECES = 60


def ordered(
    pieces: Iterable[int], work: Callable[[int], int], then: Callable[[int], None], *, threads: int
) -> None:
    """`in_order` in the form of `in_turns`."""
    for result in in_order(pieces, work, threads=threads):
        then(result)


WAYS = (ordered, in_turns)


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
def test_results_come_once_and_in_order(way: Way, threads: int) -> None:
    pieces, seen = Pieces(PIECES), list[int]()
    way(pieces, slow_where_early, seen.append, threads=threads)
    assert seen == [at * at for at in range(PIECES)]
    assert pieces.taken == PIECES


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
def test_nothing_to_do_is_done_at_once(way: Way, threads: int) -> None:
    seen: list[int] = []
    way([], slow_where_early, seen.append, threads=threads)
    assert seen == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
def test_only_so_many_pieces_are_on_their_way(way: Way, threads: int) -> None:
    pieces, on_way, seen = Pieces(PIECES), list[int](), list[int]()

    def then(result: int) -> None:
        time.sleep(0.001)  # the others have time to go too far
        on_way.append(pieces.taken - len(seen))
        seen.append(result)

    way(pieces, slow_where_early, then, threads=threads)
    assert 1 <= max(on_way) <= pieces_in_flight(threads)


@pytest.mark.parametrize("threads", THREADS)
def test_only_one_result_is_gone_on_with_at_a_time(threads: int) -> None:
    alone, seen = threading.Lock(), list[int]()

    def then(result: int) -> None:
        assert alone.acquire(blocking=False)
        time.sleep(0.0005)
        seen.append(result)
        alone.release()

    in_turns(Pieces(PIECES), lambda piece: piece, then, threads=threads)
    assert seen == list(range(PIECES))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("fault", ["pieces", "work", "then"])
def test_an_error_comes_at_its_turn(way: Way, threads: int, fault: str) -> None:
    seen: list[int] = []

    def work(piece: int) -> int:
        if fault == "work" and piece == 20:
            raise OSError("the disk is gone")
        return slow_where_early(piece)

    def then(result: int) -> None:
        if fault == "then" and len(seen) == 20:
            raise OSError("the disk is gone")
        seen.append(result)

    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is gone"):
        way(Pieces(PIECES, 20 if fault == "pieces" else -1), work, then, threads=threads)
    assert seen == [at * at for at in range(len(seen))]
    if way is in_turns or fault != "pieces":
        assert len(seen) == 20
    assert threading.active_count() == before


@pytest.mark.parametrize("threads", THREADS)
def test_who_is_interrupted_leaves_nothing_running(threads: int) -> None:
    before, pieces, seen = threading.active_count(), Pieces(PIECES), list[int]()

    def work(piece: int) -> int:
        if len(seen) > 5 and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        return slow_where_early(piece)

    with pytest.raises(KeyboardInterrupt):
        in_turns(pieces, work, seen.append, threads=threads)
    assert threading.active_count() == before
    taken = pieces.taken
    time.sleep(0.005)
    assert pieces.taken == taken < PIECES


@pytest.mark.parametrize("threads", THREADS)
def test_who_stops_early_leaves_nothing_running(threads: int) -> None:
    before, pieces = threading.active_count(), Pieces(PIECES)
    results = in_order(pieces, slow_where_early, threads=threads)
    assert next(results) == 0
    results.close()
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

    in_turns(Pieces(PIECES), work, lambda _: None, threads=2)
    assert threading.current_thread().name in by
    assert len(by) == 2
