"""Runs one function over many pieces on several cores, and hands the results back in order."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Piece = TypeVar("Piece")
Result = TypeVar("Result")

IN_FLIGHT_PER_WORKER = 2
"""Pieces taken before their turn to be handed back, per worker: bounds memory."""


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
        caller_works: whether the caller is as busy with the results, and counts as one of the threads.
    """
    threads = threads or workers()
    if threads == 1:
        yield from map(work, pieces)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads - caller_works, thread_name_prefix="synfin") as pool:
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


def pieces_in_flight(threads: int) -> int:
    """How many pieces `in_order` holds at most, so that a source knows how many buffers to rotate."""
    return IN_FLIGHT_PER_WORKER * threads
