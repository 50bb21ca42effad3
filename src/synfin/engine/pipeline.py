"""Runs one function over many pieces on several cores, and hands the results back in order."""

from __future__ import annotations

import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

Piece = TypeVar("Piece")
Result = TypeVar("Result")

SPARE = 1
"""Pieces taken before their turn, besides those that are worked on: bounds memory."""


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
) -> Generator[Result, None, None]:
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


def in_turns(
    pieces: Iterable[Piece],
    work: Callable[[Piece], Result],
    then: Callable[[Result], None],
    *,
    threads: int = 0,
) -> None:
    """`work` of every piece side by side, then `then` of each result, one by one in the order of the pieces.

    All threads, the caller's among them, do what is next: go on with the result whose turn it is, or take a
    piece and work on it. So none waits for another as long as there is something to do, and what a thread
    has read is worked on where it lies, in the cache of its core. At most `pieces_in_flight(threads)`
    pieces exist at a time.

    Args:
        pieces: what to work on; there without waiting, taken by one thread at a time, not always the same.
        work: called once for each piece.
        then: called once for each result.
        threads: 0 for as many as there are cores, 1 to do everything in the caller's thread.
    """
    threads = threads or workers()
    if threads == 1:
        for piece in pieces:
            then(work(piece))
        return
    turns = _Turns(pieces, work, then, pieces_in_flight(threads))
    with ThreadPoolExecutor(threads - 1, thread_name_prefix="synfin") as pool:
        for _ in range(threads - 1):
            pool.submit(turns.run)
        try:
            turns.run()
        except BaseException:  # the user's interruption, too
            turns.end()
            raise
    if turns.error:
        raise turns.error


class _Turns(Generic[Piece, Result]):
    """Pieces on their way, and what is to do next.

    Attributes:
        error: what went wrong with a piece; those before it are done, those after it are not.
    """

    def __init__(
        self,
        pieces: Iterable[Piece],
        work: Callable[[Piece], Result],
        then: Callable[[Result], None],
        most: int,
    ) -> None:
        self.error: Exception | None = None
        self._pieces, self._work, self._then, self._most = iter(pieces), work, then, most
        self._change = Condition()
        self._taken = self._done = 0
        self._is_taking = self._is_going_on = self._is_exhausted = self._is_over = False
        self._ready: dict[int, Future[Result]] = {}

    def run(self) -> None:
        """Do what is to do until there is no more."""
        while step := self._next_step():
            step()

    def end(self) -> None:
        """Have nobody go on."""
        with self._change:
            self._is_over = True
            self._change.notify_all()

    def _next_step(self) -> Callable[[], None] | None:
        """What to do next, nothing at the end; waits for it."""
        with self._change:
            while not self._is_over and not (self._is_exhausted and self._done == self._taken):
                if self._done in self._ready and not self._is_going_on:
                    self._is_going_on = True
                    return self._go_on
                if self._taken - self._done < self._most and not (self._is_taking or self._is_exhausted):
                    self._is_taking = True
                    return self._take
                self._change.wait()
        return None

    def _take(self) -> None:
        """Take a piece, and work on it."""
        number, result = self._taken, Future[Result]()
        try:
            piece = next(self._pieces)
        except StopIteration:
            with self._change:
                self._is_taking, self._is_exhausted = False, True
                self._change.notify_all()
            return
        except Exception as error:  # noqa: BLE001 - it is raised when its turn has come
            result.set_exception(error)
        with self._change:
            self._is_taking, self._is_exhausted = False, result.done()
            self._taken += 1
            self._change.notify_all()
        if not result.done():
            try:
                result.set_result(self._work(piece))
            except Exception as error:  # noqa: BLE001 - likewise
                result.set_exception(error)
        with self._change:
            self._ready[number] = result
            self._change.notify_all()

    def _go_on(self) -> None:
        """Go on with the result whose turn it is."""
        try:
            self._then(self._ready.pop(self._done).result())
        except Exception as error:  # noqa: BLE001 - the caller raises it
            self.error = error
            self.end()
        with self._change:
            self._done += 1
            self._is_going_on = False
            self._change.notify_all()


def pieces_in_flight(threads: int) -> int:
    """How many pieces exist at most, so that a source knows how many buffers to rotate."""
    return threads + SPARE
