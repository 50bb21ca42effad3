"""A process that gives up its rights gives up all of them, for good, and looks whether they are gone.

Linux: capabilities(7), prctl(2). Elsewhere only the user changes.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from contextlib import suppress
from typing import NamedTuple

NOBODY = 65_534
"""User and group that own nothing."""

CAPABILITIES = 64
VERSION_3 = 0x20080522
DUMPABLE, DROP_BOUND, NO_NEW_PRIVILEGES, AMBIENT, CLEAR_ALL = 4, 24, 38, 47, 4


class PrivilegeError(Exception):
    """Rights are still there that should be gone."""


class User(NamedTuple):
    """Who to become."""

    uid: int
    gid: int


def invoker() -> User | None:
    """Who called sudo, if this runs as root by sudo."""
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() != 0 or not (uid.isdecimal() and gid.isdecimal()) or int(uid) == 0:
        return None
    return User(int(uid), int(gid))


def give_up(become: User | None) -> None:
    """Give up every capability, and the user root, and see that no program started later gains any.

    Args:
        become: who to be instead of root; None to stay who we are, without capabilities.

    Raises:
        PrivilegeError: some are left.
    """
    if sys.platform == "linux":
        _drop_bounds()
    if become is not None and os.geteuid() == 0:
        _change_user(become)
    if sys.platform == "linux":
        _drop_capabilities()


def become_ordinary() -> None:
    """Give up what a program has that only looks at packets: all rights, and to be root if sudo made us so.

    Raises:
        PrivilegeError: some are left.
    """
    user = invoker()
    if user is not None:
        import pwd

        with suppress(KeyError):  # what is kept for next time is kept where it may be written
            os.environ["HOME"] = pwd.getpwuid(user.uid).pw_dir
    give_up(user)


def withdraw() -> None:
    """What a process that only passes bytes on can do without, too: writing files, processes, core dumps."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if sys.platform == "linux":
        _prctl(DUMPABLE, 0)


def _change_user(become: User) -> None:
    try:
        os.setgroups([])
        os.setresgid(become.gid, become.gid, become.gid)
        os.setresuid(become.uid, become.uid, become.uid)
    except OSError:  # a user namespace that knows nobody else: its root is an ordinary user outside
        return
    if os.geteuid() == 0:
        raise PrivilegeError("The process is still root.")


def _drop_bounds() -> None:
    _prctl(AMBIENT, CLEAR_ALL)
    for capability in range(CAPABILITIES):
        _prctl(DROP_BOUND, capability)  # refused to those who have no right to: they gain nothing anyway


def _drop_capabilities() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    left = (ctypes.c_uint32 * 6)()
    if libc.capset(head, none) or libc.capget(head, left) or any(left[:]):
        raise PrivilegeError("Capabilities could not be given up.")
    if _prctl(NO_NEW_PRIVILEGES, 1):
        raise PrivilegeError("The system does not promise that no rights come back.")


def _prctl(option: int, value: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(option, ctypes.c_ulong(value), *(ctypes.c_ulong(0),) * 3))
