"""Who has warmed up never waits for a compiler again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("page.pcapng", "fast-open.pcapng", "port-reuse.pcapng")
COMMANDS = (
    ("connections",),
    ("connections", "--format", "csv"),
    ("connections", "--format", "json"),
    ("explain",),
)
WAITS = b"preparing its kernels"


def synfin(*words: str) -> subprocess.CompletedProcess[bytes]:
    """The command, which compiles every kernel that it calls unless it is kept already."""
    environment = {**os.environ, "SYNFIN_KERNELS": "compiled"}
    command = [sys.executable, "-m", "synfin", *words]
    return subprocess.run(command, env=environment, capture_output=True, check=True, timeout=600)


@pytest.fixture(scope="module", autouse=True)
def warmed() -> None:
    """What is kept already is not compiled again."""
    assert b"ready" in synfin("warmup").stderr


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_is_compiled_after_warming_up(words: tuple[str, ...], name: str) -> None:
    done = synfin(*words, str(EXAMPLES / name))
    assert done.stdout
    assert WAITS not in done.stderr


def test_what_was_not_warmed_up_is_compiled_and_said(tmp_path: Path) -> None:
    environment = {**os.environ, "SYNFIN_KERNELS": "compiled", "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "synfin", "read", "-c", "1", str(EXAMPLES / NAMES[0])]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=600)
    assert WAITS in done.stderr
