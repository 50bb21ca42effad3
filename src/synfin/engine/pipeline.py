"""Runs one function over many pieces on several cores, and hands the results back in order."""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Piece = TypeVar("Piece")
Result = TypeVar("Result")

IN_FLIGHT_PER_WORKER = 2
"""Pieces taken before their turn to be handed back, per worker: bounds memory."""


PROMPT = 0.0005
"""Seconds after which a thread asks for the interpreter's lock that another one holds."""


def switch_promptly() -> None:
    """Hand the lock on sooner than after the usual 5 ms: who waits for it has a kernel to start."""
    sys.setswitchinterval(PROMPT)


def workers() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    pieces: Iterable[Piece], work: Callable[[Piece], Result], *, threads: int = 0
) -> Iterator[Result]:
    """`work` of every piece, in the order of the pieces.

    Pieces are taken one by one in the caller's thread; `work` runs in `threads` threads (kernels release
    the interpreter lock). At most `pieces_in_flight(threads)` pieces exist at a time.

    Args:
        pieces: what to work on.
        work: called once for each piece.
        threads: 0 for as many as there are cores, 1 to work in the caller's thread.
    """
    threads = threads or workers()
    if threads == 1:
        yield from map(work, pieces)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="synfin") as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) == pieces_in_flight(threads):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def taken_in_turn(
    pieces: Iterable[Piece], work: Callable[[Piece], Result], *, threads: int = 0
) -> Iterator[Result]:
    """As `in_order`, for a caller who is busy with the results, and pieces that are there without waiting.

    Whoever works on a piece has taken it, too: what it read is then in the cache of its own core. The caller
    counts as one of the threads; while it would wait for a result, it takes a piece itself.

    Args:
        pieces: what to work on; taken by one thread at a time, not always the same.
        work: called once for each piece.
        threads: 0 for as many as there are cores, 1 to work in the caller's thread.
    """
    threads = threads or workers()
    if threads == 1:
        yield from map(work, pieces)
        return
    turns = _Turns(pieces, work, pieces_in_flight(threads))
    with ThreadPoolExecutor(threads - 1, thread_name_prefix="synfin") as pool:
        try:
            for _ in range(threads - 1):
                pool.submit(turns.work_to_end)
            yield from turns.results()
        finally:
            turns.end()


class _Turns(Generic[Piece, Result]):
    """Pieces that several threads take in turn, and the results, which stand in line."""

    def __init__(self, pieces: Iterable[Piece], work: Callable[[Piece], Result], most: int) -> None:
        self._pieces, self._work = iter(pieces), work
        self._line: deque[Future[Result]] = deque()
        self._taking, self._room = Lock(), Semaphore(most)
        self._is_over = False

    def results(self) -> Iterator[Result]:
        """All results; the caller works while the first is not there."""
        while True:
            if not (self._line and self._line[0].done()) and self._is_done_once(waits=False):
                continue
            with self._taking:  # whoever is taking a piece puts its result in line
                if not self._line:
                    return
            yield self._line.popleft().result()
            self._room.release()

    def work_to_end(self) -> None:
        """Work as long as there are pieces."""
        while self._is_done_once(waits=True):
            pass

    def end(self) -> None:
        """Have nobody take another piece."""
        self._is_over = True
        self._room.release()  # who waits for room leaves, and lets the next one leave

    def _is_done_once(self, *, waits: bool) -> bool:
        """Take a piece and work on it, if there is one, and room; `waits` for room."""
        if not self._room.acquire(blocking=waits):
            return False
        result: Future[Result] = Future()
        with self._taking:
            if self._is_over:
                self._room.release()
                return False
            try:
                piece = next(self._pieces)
            except StopIteration:
                self.end()
                return False
            except Exception as error:  # noqa: BLE001 - it is raised when its turn comes
                result.set_exception(error)
                self._line.append(result)
                self.end()
                return False
            self._line.append(result)
        try:
            result.set_result(self._work(piece))
        except Exception as error:  # noqa: BLE001 - likewise
            result.set_exception(error)
        return True


def pieces_in_flight(threads: int) -> int:
    """How many pieces `in_order` holds at most, so that a source knows how many buffers to rotate."""
    return IN_FLIGHT_PER_WORKER * threads
