"""What all tests share: a capture's oracle may be absent on a stranger's machine, but never in CI."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

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
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail") and MAY_SKIP not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped although the oracles are required: {report.longrepr}"
    return report
