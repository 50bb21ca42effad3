"""The command starts quickly, for it imports nothing that it does not use; and it always helps."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from synfin.engine.memory import LINEAR_ALGEBRA_THREADS, begin_loading, end_loading
from synfin.interfaces.cli.main import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

HEAVY = ("numpy", "numba", "pyarrow", "rich")


def modules_after(arguments: list[str]) -> set[str]:
    """The top-level modules imported by a run of the command."""
    code = (
        "import sys\n"
        "from synfin.interfaces.cli.main import run\n"
        f"run({arguments!r})\n"
        "sys.stderr.write(' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(made.stderr.split())


def test_version_imports_nothing_heavy() -> None:
    assert modules_after(["--version"]).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "form", [[], ["-V"], ["-T", "json"], ["-T", "fields", "-e", "ip.src", "-e", "tcp.seq"]]
)
def test_a_small_capture_needs_no_compiler(examples: Path, form: list[str]) -> None:
    capture = str(examples / "refused.pcapng")
    assert modules_after(["read", *form, capture]).isdisjoint({"numba", "rich", "pyarrow"})


@pytest.mark.parametrize("chosen", [{}, {LINEAR_ALGEBRA_THREADS: "3"}])
def test_only_while_it_loads_it_forbids_threads(
    chosen: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(LINEAR_ALGEBRA_THREADS, raising=False)
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    begin_loading()
    assert os.environ[LINEAR_ALGEBRA_THREADS] == chosen.get(LINEAR_ALGEBRA_THREADS, "1")
    end_loading()
    assert dict(os.environ) == before


def test_without_arguments_it_helps(synfin: Command) -> None:
    said = synfin()
    assert said.code == 0
    assert said.out == synfin("--help").out
    assert all(name in said.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_with_an_example(synfin: Command, name: str) -> None:
    said = synfin(name, "--help")
    assert said.code == 0
    assert f"Example: synfin {name}" in said.out
