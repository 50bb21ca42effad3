"""Runs one function over many pieces on several cores, and hands the results back in order."""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

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
    pieces: Iterable[Piece], work: Callable[[Piece], Result], *, threads: int = 0, caller_works: bool = False
) -> Iterator[Result]:
    """`work` of every piece, in the order of the pieces.

    Pieces are taken one by one in the caller's thread; `work` runs in `threads` threads (kernels release
    the interpreter lock). At most `pieces_in_flight(threads)` pieces exist at a time.

    Args:
        pieces: what to work on.
        work: called once for each piece.
        threads: 0 for as many as there are cores, 1 to work in the caller's thread.
        caller_works: whether the caller is as busy with the results, and counts as one of the threads; while
            it would wait for one, it does some of the work itself.
    """
    threads = threads or workers()
    if threads == 1:
        yield from map(work, pieces)
        return
    waiting: deque[_Job[Result]] = deque()
    with ThreadPoolExecutor(threads - caller_works, thread_name_prefix="synfin") as pool:
        try:
            for piece in pieces:
                waiting.append(_Job(pool, partial(work, piece)))
                if len(waiting) == pieces_in_flight(threads):
                    yield _first(waiting, helps=caller_works)
            while waiting:
                yield _first(waiting, helps=caller_works)
        finally:
            for job in waiting:
                job.future.cancel()


class _Job(Generic[Result]):
    """Work on one piece, by whoever comes to it first: a thread of the pool, or the caller."""

    def __init__(self, pool: Executor, run: Callable[[], Result]) -> None:
        self._run = run
        self.future = pool.submit(run)

    def is_done_here(self) -> bool:
        """Do it now if nobody has begun; whether that was so."""
        if self.future.done() or not self.future.cancel():
            return False
        self.future = Future()
        try:
            self.future.set_result(self._run())
        except Exception as error:  # noqa: BLE001 - it is raised when its turn comes
            self.future.set_exception(error)
        return True


def _first(waiting: deque[_Job[Result]], *, helps: bool) -> Result:
    """The first result; while it is not there, the caller may do what nobody has begun."""
    while helps and not waiting[0].future.done() and any(job.is_done_here() for job in waiting):
        pass
    return waiting.popleft().future.result()


def pieces_in_flight(threads: int) -> int:
    """How many pieces `in_order` holds at most, so that a source knows how many buffers to rotate."""
    return IN_FLIGHT_PER_WORKER * threads
