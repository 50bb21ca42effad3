"""System calls that give a socket its port are held by the kernel until we have looked at the socket.

Linux: seccomp(2) with user notification, pidfd_getfd(2). A command started here, and all that it starts,
waits in such a call until `Calls.go_on`; the call itself stays as it was. Needs no rights.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


class Machine(NamedTuple):
    """What the kernel calls things on one kind of processor.

    Attributes:
        architecture: as filters see it (linux/audit.h).
        install: the number of seccomp(2).
        connect, sendto: of those.
        others: of bind, listen, sendmsg and sendmmsg.
    """

    architecture: int
    install: int
    connect: int
    sendto: int
    others: tuple[int, ...]


_GENERIC = (277, 203, 206, (200, 201, 211, 269))  # asm-generic/unistd.h
MACHINES = {
    "x86_64": Machine(0xC000003E, 317, 42, 44, (49, 50, 46, 307)),
    "aarch64": Machine(0xC00000B7, *_GENERIC),
    "riscv64": Machine(0xC00000F3, *_GENERIC),
}

NO_NEW_PRIVILEGES = 38  # linux/prctl.h
FILTER_MODE, NEW_LISTENER = 1, 8  # linux/seccomp.h, from here on
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
RECEIVE, SEND = 0xC0502100, 0xC0182101
GO_ON = 1
NOTICE = struct.Struct("=QIIiIQ6Q")
ANSWER = struct.Struct("=QqiI")
GET_DESCRIPTOR = 438  # pidfd_getfd, the same number everywhere

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h: BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
NUMBER, ARCHITECTURE, ADDRESS = 0, 4, 16 + 4 * 8
"""Where a filter finds the number of a call, its architecture, and the fifth argument (sendto's address)."""

START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from synfin.capture.live.calls import main; main(int(sys.argv[2]), *sys.argv[3:5], sys.argv[5:])"
)
"""What the interpreter runs that becomes the command."""

WORD = 16
"""Bytes of what the two processes say to each other, at most."""


class Call(NamedTuple):
    """A call that waits.

    Attributes:
        number: the kernel's, of this waiting.
        thread: which one waits.
        connects: whether the socket may have another port after it, even if it has one already.
        descriptor: of the socket, in that process.
    """

    number: int
    thread: int
    connects: bool
    descriptor: int


class Calls:
    """The calls of a process tree that wait.

    Args:
        listener: the descriptor that seccomp(2) made; closed by `close`, from when on such calls fail there.
    """

    def __init__(self, listener: int) -> None:
        self._listener = listener
        self._connect = MACHINES[platform.machine()].connect

    def next(self, seconds: float) -> Call | None:
        """Wait for a call; None if none came in this time."""
        ready, _, _ = select.select([self._listener], [], [], seconds)
        if not ready:
            return None
        notice = bytearray(NOTICE.size)
        try:
            fcntl.ioctl(self._listener, RECEIVE, notice)
        except OSError:  # ended in between
            return None
        number, thread, _, call, _, _, descriptor, *_ = NOTICE.unpack(notice)
        return Call(number, thread, call == self._connect, descriptor & 0x7FFFFFFF)

    def socket_of(self, call: Call) -> socket.socket | None:
        """The socket of a call, as a second reference to it; None if it is none for the internet.

        Raises:
            PermissionError: that process lets nobody look at it.
        """
        try:
            descriptor = borrowed(call.thread, call.descriptor)
        except PermissionError:
            raise
        except OSError:
            return None
        try:
            found = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            return None
        if found.family in (socket.AF_INET, socket.AF_INET6):
            return found
        found.close()
        return None

    def go_on(self, call: Call) -> None:
        """Let it be made."""
        with suppress(OSError):  # that thread was killed meanwhile
            fcntl.ioctl(self._listener, SEND, ANSWER.pack(call.number, 0, 0, GO_ON))

    def close(self) -> None:
        """Hear of no more."""
        os.close(self._listener)


def borrowed(thread: int, descriptor: int) -> int:
    """A descriptor of another process as one of ours.

    Raises:
        OSError: it is not there, or it may not be had.
    """
    try:
        process = os.pidfd_open(thread)
    except OSError:
        process = os.pidfd_open(_process_of(thread))
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        number = int(libc.syscall(ctypes.c_long(GET_DESCRIPTOR), process, descriptor, 0))
        if number < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return number
    finally:
        os.close(process)


class Started:
    """A command that is about to begin.

    Args:
        command: program and arguments; it has our standard streams.
        interruptible: whether the keyboard's interrupt ends it as usual.
        held: whether its calls shall be held.

    Attributes:
        process: that it runs in.
        calls: None if they are not held.
    """

    def __init__(self, command: Sequence[str], *, interruptible: bool, held: bool) -> None:
        self._door, theirs = socket.socketpair()
        wishes = ["default" if interruptible else "ignored", "held" if held else "free"]
        words = [str(Path(__file__).parents[3]), str(theirs.fileno()), *wishes, *command]
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - what the user asked for
                [sys.executable, "-I", "-S", "-c", START, *words], pass_fds=[theirs.fileno()]
            )
        self.calls = self._listened_to(self._door.recv(WORD))

    def go(self) -> None:
        """Begin.

        Raises:
            OSError: there is no such program, or it cannot be run.
        """
        with self._door:
            self._door.send(b"go")
            failure = self._door.recv(WORD)
        if failure:
            self.process.wait()
            raise OSError(int(failure), os.strerror(int(failure)))

    def give_up(self) -> None:
        """End without having begun."""
        self._door.close()
        self.process.wait()

    def _listened_to(self, listener: bytes) -> Calls | None:
        if not listener.isdigit():
            return None
        try:
            return Calls(borrowed(self.process.pid, int(listener)))
        except OSError:
            return None


def prepared(command: Sequence[str], *, interruptible: bool) -> Started:
    """A command that is about to begin, its calls held if this system does that."""
    started = Started(command, interruptible=interruptible, held=True)
    if started.calls is None:  # held by nobody, its calls would fail
        started.give_up()
        started = Started(command, interruptible=interruptible, held=False)
    return started


def main(door: int, interrupt: str, way: str, command: list[str]) -> None:
    """Become the command when whoever has the other end of the door says so."""
    fcntl.fcntl(door, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL if interrupt == "default" else signal.SIG_IGN)
    try:
        said = str(install()) if way == "held" else "free"
    except OSError:
        said = "impossible"
    os.write(door, said.encode())
    if not os.read(door, WORD):
        os._exit(127)
    try:
        os.execvp(command[0], command)  # noqa: S606 - what the user asked for, without a shell
    except OSError as error:
        os.write(door, str(error.errno).encode())
        os._exit(127)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class Program(ctypes.Structure):
    """A filter of calls (struct sock_fprog), made of steps: code, jumps if true and if false, operand."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))

    @classmethod
    def of(cls, steps: Sequence[tuple[int, int, int, int]]) -> Self:
        """These steps."""
        return cls(len(steps), (_Instruction * len(steps))(*(_Instruction(*step) for step in steps)))


def install() -> int:
    """Have the calls of this process, and of all it starts, held; the descriptor that tells of them.

    Raises:
        OSError: this system does not do that.
    """
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or sys.maxsize < 1 << 32:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), *(ctypes.c_ulong(0),) * 3)
    program = Program.of(instructions(machine))
    number = ctypes.c_long(machine.install)
    made = int(libc.syscall(number, FILTER_MODE, NEW_LISTENER, ctypes.byref(program)))
    if made < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return made


def instructions(machine: Machine) -> list[tuple[int, int, int, int]]:
    """The filter: which calls are held. A sendto without an address is no more than a write."""
    held = (machine.connect, *machine.others)
    tests = [(EQUAL, len(held) - place + 5, 0, call) for place, call in enumerate(held)]
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, len(tests) + 6, machine.architecture),
        (LOAD, 0, 0, NUMBER),
        *tests,
        (EQUAL, 0, 4, machine.sendto),
        (LOAD, 0, 0, ADDRESS),
        (EQUAL, 0, 3, 0),
        (LOAD, 0, 0, ADDRESS + 4),
        (EQUAL, 0, 1, 0),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, NOTIFY),
    ]


def _process_of(thread: int) -> int:
    """The process that a thread belongs to.

    Raises:
        OSError: it is gone.
    """
    status = Path(f"/proc/{thread}/status").read_text()
    return int(status.partition("Tgid:")[2].split(None, 1)[0])
