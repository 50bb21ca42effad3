"""Compiles a kernel with Numba, to code that needs Numba no more."""

from __future__ import annotations

import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from synfin.basics.native import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.basics.kernel import Kernel

PLAIN: dict[str, Any] = {"nogil": True, "_nrt": False}
"""Options for every function: no interpreter lock, and no counting of who holds which array. Arrays outlive
the call; the counting alone took a fifth of the time of following."""


def compiled(kernel: Kernel[..., Any], args: tuple[Any, ...]) -> Code:
    """The code of a kernel for arguments of these types.

    Raises:
        TypeError: it uses something that exists only where Numba does: memory of its own, errors in words.
    """
    import numba
    from numba.core import errors as numba_errors

    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    function: Any = numba.njit(**options, **PLAIN)(_linked(kernel, {}))
    typeof: Any = numba.typeof
    try:
        with _counting_from_the_front():
            function.compile(tuple(typeof(_with_plain_numbers(one)) for one in args))
    except numba_errors.NumbaError as error:
        raise TypeError(f"The kernel {kernel.__name__} is no plain loop over arrays.") from error
    (made,) = function.overloads.values()
    missing = [
        one.name
        for one in made.library._final_module.functions  # noqa: SLF001 - there is no public way to ask
        if one.is_declaration and not one.name.startswith("llvm.")
    ]
    if missing:
        raise TypeError(f"The kernel {kernel.__name__} needs {', '.join(missing)}, which plain loops do not.")
    _, _, (data, _) = made.library.serialize_using_object_code()
    return Code(made.fndesc.llvm_func_name, _result_form(made.signature.return_type), data)


@contextmanager
def _counting_from_the_front() -> Iterator[None]:
    """Meanwhile an index is taken as it is: kernels never count from an array's end.

    That a negative index might is asked at each access otherwise, and bytes that follow each other cannot be
    loaded at once: the walk takes two thirds longer (docs/why/plain-or-compiled.md). With
    `NUMBA_BOUNDSCHECK` a negative index is an error.
    """
    from numba.core import types as numba_types
    from numba.core.compiler_lock import global_compiler_lock
    from numba.np import arrayobj

    def as_it_is(context: Any, builder: Any, kind: Any, index: Any, _size: Any) -> Any:  # noqa: ANN401
        return context.cast(builder, index, kind, numba_types.intp)

    places: Any = arrayobj
    wrapping = getattr(places, "fix_integer_index", None)
    if wrapping is None:  # a Numba to come may do it elsewhere: code is slower then, a test tells us
        yield
        return
    with global_compiler_lock:  # nobody else's functions are compiled meanwhile
        places.fix_integer_index = as_it_is
        try:
            yield
        finally:
            places.fix_integer_index = wrapping


def _linked(kernel: Kernel[..., Any], known: dict[str, Any]) -> types.FunctionType:
    """The function, with the kernels that it calls replaced by what Numba inlines; `known`: made already."""
    import numba

    from synfin.basics.kernel import RARE, Kernel

    plain = kernel.plain
    assert isinstance(plain, types.FunctionType)
    used = {}
    for name, value in kernel.named.items():
        if not isinstance(value, Kernel):
            continue
        whole = f"{value.__module__}.{value.__name__}"
        if whole not in known:
            inlines = value.plain_below != RARE
            known[whole] = numba.njit(forceinline=inlines, **PLAIN)(_linked(value, known))
        used[name] = known[whole]
    names = {**plain.__globals__, **used}
    linked = types.FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__)
    linked.__module__, linked.__qualname__ = plain.__module__, plain.__qualname__
    return linked


def _with_plain_numbers(argument: Any) -> Any:  # noqa: ANN401 - whatever a kernel takes
    """Arguments as they are passed: every single number is 64 bits wide."""
    if getattr(argument, "ndim", None):
        return argument
    return tuple(map(_with_plain_numbers, argument)) if isinstance(argument, tuple) else int(argument)


def _result_form(result: Any) -> Any:  # noqa: ANN401 - a type of Numba's
    """As `Code.result`."""
    from numba import types as numba_types

    tuples: Any = numba_types.BaseTuple
    if isinstance(result, tuples):
        return [_result_form(part) for part in result.types]
    return str(result)
