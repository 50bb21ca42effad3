"""What all tests share: a capture's oracle may be absent on a stranger's machine, but never in CI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "captures"

REQUIRED = os.environ.get("SYNFIN_ORACLES") == "required"
"""Whether tshark and the shared captures must be there: then a test that skips for want of them fails."""

MAY_SKIP = "need what we do not have"
"""Part of the reason of tests that wait for protocols to come."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - pytest's signature
    call: pytest.CallInfo[None],  # noqa: ARG001 - pytest's signature
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what would be skipped, where the oracles are required."""
    report = yield
    is_skipped = report.skipped and not hasattr(report, "wasxfail")
    if REQUIRED and is_skipped and MAY_SKIP not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped although the oracles are required: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def tshark() -> str:
    """The path of tshark; a test that takes it is marked `oracle`."""
    found = shutil.which("tshark")
    if not found:
        pytest.skip("tshark is not installed")
    return found


@pytest.fixture(scope="session")
def shared_captures() -> Path:
    """The folder of third-party captures beside the repository; a test that takes it is marked `oracle`."""
    if not SHARED.is_dir():
        pytest.skip("../shared/captures is not here")
    return SHARED


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of our own example captures."""
    return ROOT / "examples"
