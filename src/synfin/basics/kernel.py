"""`@kernel` is the only door to Numba: plain loops, compiled when there is enough work to pay for it.

A kernel is an ordinary Python function over arrays. Called on little work it runs as written, so that a
small capture never waits for a compiler; called on much work it is compiled once, kept in Numba's disk
cache, and releases the interpreter lock while it runs. Both ways give the same result: kernels use only
integers that cannot overflow (`np.int64(...)` around every byte they read) and no other library calls.
"""

from __future__ import annotations

import os
import types
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

PLAIN_BELOW = 2048
"""Work, in elements of a kernel's first array, below which the loop runs uncompiled (a few ms)."""

MODE = os.environ.get("SYNFIN_KERNELS", "")
"""For tests: "plain" never compiles, "compiled" always does; anything else decides by the work."""

PART = -1
"""Instead of `plain_below`: the loop is only a part of others and compiled with them, never alone."""

PATIENCE = 4
"""How often little work may come before it counts as much."""

_listeners: list[Callable[[str], None]] = []


def when_compiling(tell: Callable[[str], None]) -> None:
    """Have `tell(kernel name)` called each time a kernel is compiled because no cache holds it yet."""
    _listeners.append(tell)


def compile_always() -> None:
    """From now on compile every kernel that is called, however little the work: to fill the disk cache."""
    global MODE
    MODE = "compiled"


class Kernel(Generic[P, R]):
    """A loop over arrays: `plain` is its meaning, calling it is the same, faster.

    Attributes:
        plain: the function as written.
        plain_below: elements of the first argument below which `plain` is used; so many calls that they
            add up to `PATIENCE` times as many compile it, too.
    """

    def __init__(self, plain: Callable[P, R], plain_below: int) -> None:
        self.plain = plain
        self.plain_below = plain_below
        self._compiled: Callable[..., Any] | None = None
        self._done = 0
        self.__doc__ = plain.__doc__
        self.__name__ = plain.__name__
        self.__module__ = plain.__module__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the loop, plain or compiled."""
        if self.plain_below == PART or (self._compiled is None and self._is_little(args[0])):
            return self.plain(*args, **kwargs)
        return self.compiled()(*args, **kwargs)  # type: ignore[no-any-return]

    def _is_little(self, grows: Any) -> bool:  # noqa: ANN401 - an array of any sort
        if MODE in ("plain", "compiled"):
            return MODE == "plain"
        self._done += len(grows)
        return len(grows) < self.plain_below and self._done < PATIENCE * self.plain_below

    def compiled(self) -> Callable[..., Any]:
        """The compiled form (made on first use), for callers that know there is much to do."""
        if self._compiled is None:
            import numba

            self._compiled = numba.njit(cache=True, nogil=True)(self._linked())
            _listen_to_numba()
        return self._compiled

    def _linked(self) -> types.FunctionType:
        """The function, with the kernels that it calls replaced by their compiled forms."""
        plain = self.plain
        assert isinstance(plain, types.FunctionType)
        used = {
            name: plain.__globals__[name].compiled()
            for name in plain.__code__.co_names
            if isinstance(plain.__globals__.get(name), Kernel)
        }
        if not used:
            return plain
        linked = types.FunctionType(
            plain.__code__,
            {**plain.__globals__, **used},
            plain.__name__,
            plain.__defaults__,
            plain.__closure__,
        )
        linked.__module__ = plain.__module__
        linked.__qualname__ = plain.__qualname__
        return linked


@overload
def kernel(function: Callable[P, R], /) -> Kernel[P, R]: ...
@overload
def kernel(*, plain_below: int) -> Callable[[Callable[P, R]], Kernel[P, R]]: ...
def kernel(
    function: Callable[P, R] | None = None, /, *, plain_below: int = PLAIN_BELOW
) -> Kernel[P, R] | Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a loop over arrays a kernel; its first argument is the array its running time grows with.

    Args:
        function: the loop; it may call kernels of the same file only (the disk cache watches one file).
        plain_below: see `Kernel`; 0 compiles always, `PART` leaves it to the kernels that use this one.
    """
    if function is None:
        return lambda given: Kernel(given, plain_below)
    return Kernel(function, plain_below)


_listening: list[object] = []


def _listen_to_numba() -> None:
    """Pass Numba's compile events on, once per process."""
    if _listening:
        return
    from numba.core import event

    class Listener(event.Listener):
        def on_start(self, given: Any) -> None:  # noqa: ANN401 - numba has no types
            name = str(given.data["dispatcher"].py_func.__name__)
            for tell in _listeners:
                tell(name)

        def on_end(self, given: Any) -> None:  # noqa: ANN401 - numba has no types
            pass

    listener = Listener()
    event.register("numba:compile", listener)  # type: ignore[no-untyped-call]  # numba has no types
    _listening.append(listener)
