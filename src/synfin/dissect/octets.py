"""Numbers of two, four and eight bytes, big-endian, for kernels: each is compiled to one load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes


@kernel(plain_below=PART)
def two(data: Bytes, at: int) -> int:
    """The two bytes from `at` on."""
    return np.int64(data[at]) << 8 | np.int64(data[at + 1])  # type: ignore[return-value]  # 64 bits


@kernel(plain_below=PART)
def four(data: Bytes, at: int) -> int:
    """Four bytes."""
    return two(data, at) << 16 | two(data, at + 2)


@kernel(plain_below=PART)
def eight(data: Bytes, at: int) -> int:
    """Eight bytes; the first bit is the sign."""
    return four(data, at) << 32 | four(data, at + 4)
