"""A host that a test makes for itself: a network namespace, connected to nothing, gone with the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from types import TracebackType

SEND = """
import socket, sys, time
count, size, rate = map(int, sys.argv[1:])
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 9999))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect(receiver.getsockname())
begin = time.monotonic()
for number in range(count):
    sender.send(number.to_bytes(8, "big") + time.time_ns().to_bytes(8, "big") + bytes(size))
    if rate and number % 50 == 49:
        time.sleep(max(begin + (number + 1) / rate - time.monotonic(), 0))
"""
"""Sends numbered datagrams with their time to itself."""

PATIENCE = 120
"""Seconds that anything here may take."""


class Capture:
    """A running `synfin capture`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def stop(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """End it; the exit code, and what it said."""
        self.process.send_signal(how)
        return self.end()

    def end(self) -> tuple[int, str, str]:
        """Wait for its end; the exit code, and what it said."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def helper(self) -> int:
        """The process that it started to open the device."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])


class Host:
    """A network namespace with nothing but a loopback interface, which is up."""

    def __init__(self) -> None:
        self._is_root = os.geteuid() == 0
        begin = "ip link set lo up && echo up && exec cat"
        self._process = subprocess.Popen(
            ["unshare", "-n" if self._is_root else "-rn", "sh", "-c", begin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "up\n":
            reason = self._process.communicate()[1].strip()
            pytest.skip(f"network namespaces are not permitted here: {reason}")
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._running:
            if each.poll() is None:
                each.kill()
            each.communicate()
        self._process.communicate()

    def start(self, *command: str | Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a program on this host; it does not outlive it."""
        user = [] if self._is_root else ["-U", "--preserve-credentials"]
        made = subprocess.Popen(
            ["nsenter", "-t", str(self._process.pid), "-n", *user, "--", *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._running.append(made)
        return made

    def run(self, *command: str | Path) -> tuple[int, str, str]:
        """Run a program on this host to its end; the exit code, and what it said."""
        made = self.start(*command)
        out, err = made.communicate(timeout=PATIENCE)
        return made.returncode, out, err

    def synfin(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Run our own program on this host."""
        return self.run(sys.executable, "-m", "synfin", *arguments)

    def capture(self, *arguments: str | Path, before: tuple[str, ...] = ()) -> Capture:
        """Start a capture; it is on when this returns."""
        process = self.start(*before, sys.executable, "-m", "synfin", "capture", *arguments)
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("Capturing on "), said + process.communicate()[1]
        return Capture(process)

    def send(self, count: int, *, size: int = 16, rate: int = 0) -> None:
        """Send numbered datagrams over the loopback interface, `rate` a second."""
        code, _, err = self.run(sys.executable, "-c", SEND, str(count), str(size), str(rate))
        assert code == 0, err

    def send_meanwhile(self, count: int, *, rate: int) -> subprocess.Popen[str]:
        """The same, while the test goes on."""
        return self.start(sys.executable, "-c", SEND, str(count), "16", str(rate))


def wait_until_sent(path: Path, size: int) -> None:
    """Wait until a file has so many bytes."""
    end = time.monotonic() + PATIENCE
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < end, f"{path} does not grow"
        time.sleep(0.01)
