"""The array types everything exchanges, by what they hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
"""Raw octets."""
Integers = NDArray[np.int64]
"""Counts, positions, nanoseconds, sequence numbers."""
Small = NDArray[np.int32]
"""Packet and row indexes within one chunk."""
Shorts = NDArray[np.int16]
"""Table entries that are looked up at random, and so had better be small."""
Flags = NDArray[np.bool_]
"""One truth value per row."""
Values = NDArray[Any]
"""A column's values, of whatever type its kind says."""
