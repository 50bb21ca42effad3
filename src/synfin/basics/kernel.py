"""`@kernel` is the only door to Numba: plain loops, compiled when there is enough work to pay for it.

A kernel is an ordinary Python function over arrays. Called on little work it runs as written, so that a
small capture never waits for a compiler; called on much work it is compiled once, kept on the disk (see
`native`), and releases the interpreter lock while it runs. Both ways give the same result: kernels use only
integers that cannot overflow (`np.int64(...)` around every byte they read) and no other library calls.
"""

from __future__ import annotations

import hashlib
import os
import types
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from synfin.basics.native import taken_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.native import Native

P = ParamSpec("P")
R = TypeVar("R")

PLAIN_BELOW = 2048
"""Work, in elements of a kernel's first array, below which the loop runs uncompiled (a few ms)."""

MODE = os.environ.get("SYNFIN_KERNELS", "")
"""For tests: "plain" never compiles, "compiled" always does; anything else decides by the work."""

PART, RARE = -1, -2
"""Instead of `plain_below`: the loop is only a part of others and compiled with them, never alone. What is
rarely needed is called, not inlined, so that the loops that are always needed stay small."""

PATIENCE = 4
"""How often little work may come before it counts as much."""

LITTLE = 64
"""Work that is never worth a call of compiled code, even where other kernels had much to do."""

_prepared: list[str] = []
"""Kernels that had much to do; after the first, there is much to do for all of them."""

_listeners: list[Callable[[str], None]] = []

_one_at_a_time = RLock()
"""Two threads that ask for the same code must not both make it."""


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
        self._native: dict[object, Native] = {}
        self._done = 0
        self.__doc__ = plain.__doc__
        self.__name__ = plain.__name__
        self.__module__ = plain.__module__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the loop, plain or compiled."""
        if kwargs or self.plain_below < 0 or (not self._native and self._is_little(args[0])):
            return self.plain(*args, **kwargs)
        return self.compiled(*args)

    def compiled(self, *args: Any) -> R:  # noqa: ANN401 - those of the loop
        """Run the loop compiled, however little there is to do: to have its code ready."""
        words: list[int] = []
        form = taken_apart(args, words)
        native = self._native.get(form)
        if native is None:
            native = self._prepared(form, args, len(words))
        return native(words)  # type: ignore[return-value]  # what the plain loop returns

    def _is_little(self, grows: Any) -> bool:  # noqa: ANN401 - an array of any sort
        if MODE in ("plain", "compiled"):
            return MODE == "plain"
        if _prepared:
            return len(grows) < LITTLE
        self._done += len(grows)
        return len(grows) < self.plain_below and self._done < PATIENCE * self.plain_below

    def _prepared(self, form: object, args: tuple[Any, ...], count: int) -> Native:
        """The compiled loop for such arguments, `count` words: from the disk, or made now and kept there."""
        with _one_at_a_time:
            if form not in self._native:  # another thread may have been quicker
                from synfin.basics import native

                path = native.file_of(f"{self.__module__}.{self.__name__}", self.meaning, form)
                code = native.kept(path)
                if code is None:
                    from synfin.basics.compiling import compiled

                    for tell in _listeners:
                        tell(self.__name__)
                    code = compiled(self, args)
                    native.keep(path, code)
                _prepared.append(self.__name__)
                self._native[form] = native.callable_at(native.loaded(code), code, self.__name__, count)
            return self._native[form]

    @property
    def _code(self) -> types.CodeType:
        code: types.CodeType = self.plain.__code__
        return code

    @property
    def named(self) -> dict[str, Any]:
        """The values of the module's names that the loop uses: kernels, constants, modules."""
        known: dict[str, Any] = self.plain.__globals__
        used = self._code.co_names
        return {name: known[name] for name in used if name in known}

    @cached_property
    def meaning(self) -> str:
        """All that the compiled code depends on, its arguments' types apart."""
        code = self._code
        used = [(name, _content(value)) for name, value in self.named.items()]
        return repr((code.co_code, code.co_consts, code.co_names, code.co_varnames, used))


def _content(value: Any) -> str:  # noqa: ANN401 - whatever a module's name stands for
    if isinstance(value, Kernel):
        return hashlib.sha256(value.meaning.encode()).hexdigest()  # whole, it would grow with each caller
    if isinstance(value, types.ModuleType):
        return value.__name__
    as_bytes = getattr(value, "tobytes", None)
    return repr((value.dtype.str, value.shape, as_bytes()) if as_bytes else value)


@overload
def kernel(function: Callable[P, R], /) -> Kernel[P, R]: ...
@overload
def kernel(*, plain_below: int) -> Callable[[Callable[P, R]], Kernel[P, R]]: ...
def kernel(
    function: Callable[P, R] | None = None, /, *, plain_below: int = PLAIN_BELOW
) -> Kernel[P, R] | Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a loop over arrays a kernel; its first argument is the array its running time grows with.

    Args:
        function: the loop; it may call other kernels.
        plain_below: see `Kernel`; 0 compiles always, `PART` leaves it to the kernels that use this one.
    """
    if function is None:
        return lambda given: Kernel(given, plain_below)
    return Kernel(function, plain_below)
