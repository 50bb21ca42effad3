"""How a command that reads much keeps memory: what it loaded, and what one chunk needed, for the next."""

from __future__ import annotations

import gc
import os
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Parameters of mallopt(3)."""

KEPT, LARGEST = 128 << 20, 8 << 20
"""Bytes of free memory that are kept at most; requests of fewer bytes are served from them."""

USUAL, MANY_NEW = gc.get_threshold(), 50_000
"""How many new objects there are when Python looks for cycles among them, usually and while it loads."""


def keep_freed_memory() -> None:
    """Keep what is freed: chunk after chunk the same arrays are made and freed.

    Otherwise glibc gives large arrays back to the system and takes them again, which clears every page: a
    tenth of the time of the connection table. Other C libraries have their own ways, and are left alone.
    """
    import ctypes

    if not sys.platform.startswith("linux"):
        return
    set_parameter = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_parameter is not None:
        set_parameter(MMAP_THRESHOLD, LARGEST)
        set_parameter(TRIM_THRESHOLD, KEPT)
        set_parameter(ARENA_MAX, 1)  # what one thread freed serves the others, too


LINEAR_ALGEBRA_THREADS = "OPENBLAS_NUM_THREADS"
"""Environment variable: how many threads NumPy's linear algebra starts as soon as it is loaded. Nothing here
uses it, but its threads are busy at first: as long as NumPy takes to load."""

_set_by_us: list[str] = []


def begin_loading() -> None:
    """Look for cycles seldom: what modules make stays; and let none of them start threads."""
    gc.set_threshold(MANY_NEW)
    if LINEAR_ALGEBRA_THREADS not in os.environ:
        os.environ[LINEAR_ALGEBRA_THREADS] = "1"
        _set_by_us.append(LINEAR_ALGEBRA_THREADS)


def end_loading() -> None:
    """Look for cycles as often as usual again, but only among what is new from now on.

    Programs that we start find the environment as we found it.
    """
    gc.freeze()
    gc.set_threshold(*USUAL)
    while _set_by_us:
        os.environ.pop(_set_by_us.pop(), None)
