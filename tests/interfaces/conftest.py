"""The command, called as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest

from synfin.interfaces.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()


Command = Callable[..., Said]


@pytest.fixture
def synfin(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Runs the command in this process."""

    def call(*arguments: str | Path) -> Said:
        capfdbinary.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode(), err.decode())

    return call


@pytest.fixture
def program() -> Command:
    """Runs the command in a process of its own: `program(..., stdin=b"", stdout=file)`."""

    def call(*arguments: str | Path, stdin: bytes = b"", stdout: int | None = None) -> Said:
        command = [sys.executable, "-m", "synfin", *map(str, arguments)]
        made = subprocess.run(
            command,
            input=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, "COLUMNS": "100"},
            check=False,
        )
        return Said(made.returncode, (made.stdout or b"").decode(), made.stderr.decode())

    return call
