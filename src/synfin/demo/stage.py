"""Has a scenario played by another process, so that this one needs no rights and stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from synfin.basics.errors import CaptureError
from synfin.demo.scenario import scenarios

if TYPE_CHECKING:
    from pathlib import Path

    from synfin.demo.scenario import Scenario

UNFINISHED = 75
PATIENCE = 60
"""Seconds after which a scenario that does not end is given up."""


def scenario_named(name: str) -> Scenario:
    """The scenario.

    Raises:
        CaptureError: there is none of this name.
    """
    known = scenarios()
    if name not in known:
        raise CaptureError(f"There is no scenario {name!r}. There are: {', '.join(known)}.")
    return known[name]


def stage(scenario: Scenario, folder: Path) -> dict[str, object]:
    """Play a scenario; `client.pcapng` and `server.pcapng` are in the folder then.

    Returns:
        the truth: what the link did, and what the kernels counted.

    Raises:
        CaptureError: this machine does not allow it; the sentence says why.
    """
    command = [sys.executable, "-m", "synfin.demo", scenario.name, str(folder)]
    try:
        played = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise CaptureError(f"The scenario {scenario.name} did not end.") from None
    if played.returncode == UNFINISHED:
        raise CaptureError(f"The scenario {scenario.name} did not end; the machine may be too busy.")
    if played.returncode:
        reason = played.stderr.strip().splitlines()[-1:] or ["for an unknown reason"]
        raise CaptureError(f"No hosts can be made here: {reason[0]}.", permitted=False)
    truth: dict[str, object] = json.loads((folder / "truth.json").read_text("utf-8"))
    return truth
