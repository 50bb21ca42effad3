"""An ordinary user becomes root of a network of their own, in which nothing else is: user namespaces."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h


def enter() -> None:
    """Put this process, which must have one thread only, into namespaces of its own.

    Raises:
        PermissionError: the system does not allow it; the sentence says what does.
    """
    if sys.platform != "linux":
        raise PermissionError("hosts of one's own need Linux")
    user, group = os.geteuid(), os.getegid()
    if user == 0 and not _unshare(CLONE_NEWNET):
        return
    number = _unshare(CLONE_NEWUSER | CLONE_NEWNET)
    if number:
        raise PermissionError(f"this system does not let users make namespaces ({os.strerror(number)})")
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    except OSError as error:
        raise PermissionError(
            f"this system does not let users be root of a namespace ({error.strerror})"
        ) from error


def _unshare(flags: int) -> int:
    """0, or the error's number."""
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.unshare(flags) else 0
