"""Machine code outlives the compiler: a second run needs neither it nor the time it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from synfin.basics import native
from synfin.basics.compiling import compiled
from synfin.basics.kernel import kernel

EXAMPLE = Path(__file__).parents[2] / "examples" / "page.pcapng"
RUN = """
import sys
sys.argv = ["synfin", "connections", sys.argv[1], "--format", "csv"]
from synfin.interfaces.cli.main import main
try:
    main()
except SystemExit as stop:
    assert not stop.code
sys.stdout.flush()
print("numba" in sys.modules)
"""


def followed(directory: Path) -> tuple[str, bool]:
    """The connections of the example, every kernel compiled; and whether the compiler was needed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(EXAMPLE)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(directory), "SYNFIN_KERNELS": "compiled"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    *lines, needed = done.stdout.splitlines()
    return "\n".join(lines), needed == "True"


def test_code_is_kept_and_loaded_and_never_believed_when_damaged(tmp_path: Path) -> None:
    first, needed = followed(tmp_path)
    assert needed
    again, needed = followed(tmp_path)
    assert (again, needed) == (first, False)
    for kept in tmp_path.glob("*.kernel"):
        kept.write_bytes(kept.read_bytes()[:-100])
    repaired, needed = followed(tmp_path)
    assert (repaired, needed) == (first, True)


@kernel
def weigh(values: np.ndarray, pair: tuple[np.ndarray, int]) -> tuple[int, bool]:
    """Writes to one array what it reads of another."""
    table, factor = pair
    total = 0
    for at in range(len(values)):
        table[1, at % table.shape[1]] += values[at]
        total += values[at] * factor
    return total, total > 0


@pytest.mark.parametrize("count", [0, 1, 100])
@pytest.mark.parametrize("factor", [3, -1, np.int64(7), True])
def test_compiled_means_what_plain_means(count: int, factor: int, tmp_path: Path) -> None:
    values = np.arange(count, dtype=np.int32)
    tables = np.zeros((2, 3), np.int64), np.zeros((2, 3), np.int64)
    code = compiled(weigh, (values, (tables[0], factor)))
    native.keep(tmp_path / "weigh.kernel", code)
    kept = native.kept(tmp_path / "weigh.kernel")
    assert kept == code
    words: list[int] = []
    native.taken_apart((values, (tables[0], factor)), words)
    call = native.callable_at(native.loaded(kept), kept, "weigh", len(words))
    assert call(words) == weigh.plain(values, (tables[1], factor))
    assert tables[0].tolist() == tables[1].tolist()


def test_what_decides_is_the_type_not_the_value() -> None:
    numbers = np.zeros((4, 5), np.int64)
    form = native.taken_apart((numbers, 1), [])
    assert form == native.taken_apart((np.ones((2, 2), np.int64), 77), [])
    others = (numbers.T, numbers[:, ::2], numbers.astype(np.int32), numbers[0], np.frombuffer(b"12345678"))
    assert len({native.taken_apart((one,), []) for one in (numbers, *others)}) == 6


def test_an_array_is_found_where_numpy_says() -> None:
    words: list[int] = []
    array = np.arange(12, dtype=np.int32).reshape(3, 4)[1:]
    native.taken_apart((array,), words)
    assert words == [0, 0, 8, 4, array.ctypes.data, 2, 4, 16, 4]


def test_compiled_code_takes_an_index_as_it_is() -> None:
    """Asking at each access whether it counts from the end would cost the walk two thirds more."""

    @kernel
    def second(values: np.ndarray, before: int) -> int:
        return int(values[1 - before])

    whole = np.array([7, 8, 9], np.int64)
    code = compiled(second, (whole, 1))
    for before, found in ((1, 8), (2, 7)):
        words: list[int] = []
        native.taken_apart((whole[1:], before), words)
        call = native.callable_at(native.loaded(code), code, "second", len(words))
        assert call(words) == found


def test_a_kernel_that_is_no_plain_loop_is_refused() -> None:
    @kernel
    def copies(values: np.ndarray) -> int:
        return len(np.sort(values))

    with pytest.raises(TypeError, match="copies is no plain loop"):
        compiled(copies, (np.zeros(3, np.int64),))
