"""Machine code of kernels, kept between runs: loaded by LLVM's linker alone, without the compiler.

Numba's own cache still needs Numba: importing it and unpacking a dozen functions takes most of a second,
as long as following millions of packets. What a kernel needs to run is only its object code, the name of its
entry and how arguments are passed; that is what is kept here. A file is named after everything the code
depends on: the instructions and constants of the kernel and of those that it calls, the types of the
arguments, the processor, and the versions of the compiler. Whatever differs is compiled anew.

How a compiled function is called (Numba's convention for native code): the address for the result, the
address for an error, then all arguments with tuples and arrays taken apart, an array being two owners (none
here), the number of items, bytes of an item, the address of the data, then shape and strides. The result is
a status: 0, or -2 for "none".
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Native = Callable[[list[int]], object]

ROWS_FIRST, COLUMNS_FIRST, ALIGNED_AND_WRITABLE = 0x1, 0x2, 0x500
"""Bits of NumPy's flags that matter to a kernel: the order in memory, and what may be done there."""

FINE = (0, -2)
"""Statuses of a function that returned."""

MANNER = 3
"""Counts the manners in which `compiling` has made code of the same kernel: what is kept of others is old."""

NATIVE_INTEGERS = {
    "int8": ctypes.c_int8,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "bool": ctypes.c_uint8,
}
"""What a result may consist of."""


class Code(NamedTuple):
    """The object code of one kernel for one set of argument types.

    Attributes:
        entry: name of the function in it.
        result: what it returns: "none", a name of `NATIVE_INTEGERS`, or a list of such for a tuple.
        data: an object file in the machine's own format.
    """

    entry: str
    result: Any
    data: bytes


def taken_apart(arguments: Sequence[Any], words: list[int]) -> object:
    """Append arguments as machine words to a list.

    Returns:
        what of them decides which code fits: the types, not the values.
    """
    form: list[object] = []
    for argument in arguments:
        dimensions = getattr(argument, "ndim", None)
        if dimensions:
            words += (0, 0, argument.size, argument.itemsize, _address(argument))
            words += argument.shape
            words += argument.strides
            flags = argument.flags.num
            order = ROWS_FIRST if flags & ROWS_FIRST else flags & COLUMNS_FIRST
            form.append((argument.dtype.char, dimensions, order | flags & ALIGNED_AND_WRITABLE))
        elif isinstance(argument, tuple):
            form.append(taken_apart(argument, words))
        else:
            words.append(int(argument))
            form.append(int)
    return tuple(form)


def _told_address(array: Any) -> int:  # noqa: ANN401 - any array
    """Where an array's data begin, as NumPy tells."""
    address: int = array.__array_interface__["data"][0]
    return address


def _kept_address(array: Any) -> int:  # noqa: ANN401 - any array
    """The same, from where NumPy keeps it: behind the head of the object. Eight times as fast."""
    return _pointer_at(id(array) + HEAD).value or 0


HEAD = object.__basicsize__
_pointer_at = ctypes.c_void_p.from_address
_probe = np.zeros(8)
_address = _kept_address if _kept_address(_probe) == _told_address(_probe) else _told_address


def callable_at(address: int, code: Code, name: str, count: int) -> Native:
    """A function of arguments that are `taken_apart`, `count` words; it releases the interpreter lock.

    Raises:
        RuntimeError: the code said that it failed; our own mistake.
    """
    result = _result_type(code.result)
    types = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * count]
    function = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(address)

    def call(words: list[int]) -> object:
        returned, error = result(), ctypes.c_void_p()
        status = function(ctypes.addressof(returned), ctypes.addressof(error), *words)
        if status not in FINE:
            raise RuntimeError(f"The kernel {name} failed with status {status}.")
        return _value(returned, code.result)

    return call


def _result_type(form: Any) -> Any:  # noqa: ANN401 - a ctypes class
    """Memory for a result."""
    if form == "none":
        return ctypes.c_void_p
    if isinstance(form, list):
        fields = [(f"part{at}", _result_type(part)) for at, part in enumerate(form)]
        return type("Result", (ctypes.Structure,), {"_fields_": fields})
    return NATIVE_INTEGERS[form]


def _value(returned: Any, form: Any) -> object:  # noqa: ANN401 - ctypes values
    if form == "none":
        return None
    if isinstance(form, list):
        parts = (getattr(returned, f"part{at}") for at in range(len(form)))
        return tuple(_value(part, one) for part, one in zip(parts, form, strict=True))
    number = returned if isinstance(returned, int) else returned.value
    return bool(number) if form == "bool" else number


def kept(path: Path) -> Code | None:
    """What was kept under this name, if anything."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    head, _, data = whole.partition(b"\n")
    entry, result, size = json.loads(head)
    return Code(entry, result, data) if len(data) == size else None


def keep(path: Path, code: Code) -> None:
    """Keep code for the next run; a directory that cannot be written only means that nothing is kept."""
    head = json.dumps((code.entry, code.result, len(code.data))).encode()
    unfinished = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(head + b"\n" + code.data)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)


def directory() -> Path:
    """Where machine code is kept: `NUMBA_CACHE_DIR`, or the user's directory for such things."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "synfin"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "synfin"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "synfin"


def file_of(name: str, meaning: str, form: object) -> Path:
    """The file for a kernel; `meaning` is all that its instructions depend on."""
    key = hashlib.sha256(f"{machine()}\n{meaning}\n{form}".encode()).hexdigest()
    return directory() / f"{name}-{key[:24]}.kernel"


@cache
def machine() -> str:
    """The processor, the compiler and its settings."""
    import llvmlite
    import llvmlite.binding as llvm

    checked = os.environ.get("NUMBA_BOUNDSCHECK", "")
    processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), llvm.get_process_triple()
    made_with = _version_of("numba"), llvmlite.__version__, sys.version_info[:2], MANNER
    return str((*made_with, processor, checked))


def _version_of(package: str) -> str:
    """The version of an installed package: the name of what pip wrote beside it, which is quicker to find."""
    spec = find_spec(package)
    if spec is not None and spec.origin:
        found = list(Path(spec.origin).parents[1].glob(f"{package}-*-info"))
        if len(found) == 1:
            return found[0].name
    from importlib.metadata import version

    return version(package)


def loaded(code: Code) -> int:
    """Load object code; returns the address of its entry."""
    import llvmlite.binding as llvm

    engine = _engine_without(code.entry)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code.data))
    engine.finalize_object()
    return int(engine.get_function_address(code.entry))


_engines: list[tuple[Any, set[str]]] = []
"""What holds loaded code in memory, for as long as the process lives, and the names in it; one is enough,
but for code that another process gave the same name."""


def _engine_without(entry: str) -> Any:  # noqa: ANN401 - llvmlite has no types to speak of
    """An engine that knows nothing of this name until now."""
    for engine, names in _engines:
        if entry not in names:
            names.add(entry)
            return engine
    import llvmlite.binding as llvm

    if not _engines:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    _engines.append((engine, {entry}))
    return engine
