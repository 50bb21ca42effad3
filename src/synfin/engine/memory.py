"""Tells the C library to keep the memory of one chunk for the next."""

from __future__ import annotations

import ctypes
import gc
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""

KEPT, LARGEST = 128 << 20, 8 << 20
"""Bytes of free memory that are kept at most; requests of fewer bytes are served from them."""


def keep_freed_memory() -> None:
    """Keep what is freed: chunk after chunk the same arrays are made and freed.

    Otherwise glibc gives large arrays back to the system and takes them again, which clears every page: a
    tenth of the time of the connection table. Other C libraries have their own ways, and are left alone.
    """
    if not sys.platform.startswith("linux"):
        return
    set_parameter = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_parameter is not None:
        set_parameter(MMAP_THRESHOLD, LARGEST)
        set_parameter(TRIM_THRESHOLD, KEPT)


def keep_what_was_loaded() -> None:
    """Look for cycles among new objects alone from now on, as often as Python does: what is loaded stays."""
    gc.freeze()
    gc.set_threshold(700, 10, 10)
