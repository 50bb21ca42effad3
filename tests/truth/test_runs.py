"""What synfin says was resent, and why, is what the kernel that sent it counted."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.truth.runs import (
    FOLDER,
    NAMES,
    SHARED,
    SHARED_NAMES,
    Score,
    kernels_total,
    read,
    row,
    score,
    truth,
)

if TYPE_CHECKING:
    from pathlib import Path

needs_captures = pytest.mark.skipif(not SHARED_NAMES, reason="needs ../shared/captures")

LEAST = 0.98

DEVIATIONS = {"run3": -1, "run119": -1, "run141": -1}
"""Where the count of fast ones differs from the kernel's; docs/why/retransmissions.md says why, by run."""

run = cache(read)


@pytest.mark.parametrize("name", NAMES)
def test_at_the_sender_as_many_segments_are_resent_as_the_kernel_says(name: str) -> None:
    resent = [packet for packet in run(name).sent_by_sender if packet.is_resent]
    assert len(resent) == kernels_total(run(name).truth)


@pytest.mark.parametrize("name", NAMES)
def test_at_the_sender_causes_are_those_that_the_kernel_counted(name: str) -> None:
    counters = run(name).truth["counters"]
    fast, timeouts = counters.get("TCPFastRetrans", 0), counters.get("TCPTimeouts", 0)
    after = counters.get("TCPSlowStartRetrans", 0)
    deviation = DEVIATIONS.get(name, 0)
    resent = [packet for packet in run(name).sent_by_sender if packet.is_resent]
    triggers = Counter(packet.trigger for packet in resent)
    assert triggers["fast"] == fast + deviation
    assert triggers["timeout"] == timeouts
    assert triggers["after_timeout"] + triggers["unclassified"] == after - deviation
    # a probe may carry new data: what the kernel resent for no other cause are the probes that did not
    assert triggers["tail_loss_probe"] == kernels_total(run(name).truth) - fast - timeouts - after
    assert triggers["tail_loss_probe"] <= counters.get("TCPLossProbes", 0)


@pytest.mark.parametrize("name", NAMES)
def test_at_the_sender_every_dsack_is_seen_that_the_kernel_took(name: str) -> None:
    counters = run(name).truth["counters"]
    taken = counters.get("TCPDSACKRecv", 0) + counters.get("TCPDSACKOfoRecv", 0)
    assert sum(packet.dsack != "" for packet in run(name).at_sender) == taken


def test_at_the_receiver_resent_segments_are_told_from_late_and_copied_ones() -> None:
    total = sum((score(run(name)) for name in NAMES), Score())
    assert total.right > 300
    assert total.precision >= LEAST
    assert total.recall >= LEAST


@pytest.mark.parametrize("name", NAMES)
def test_the_table_says_the_same_as_the_kernel(name: str) -> None:
    compare(row(name, "server"), truth(name), DEVIATIONS.get(name, 0))


@needs_captures
@pytest.mark.parametrize("name", SHARED_NAMES)
def test_the_table_says_the_same_as_the_kernel_of_shared_runs(name: str) -> None:
    told = truth(name, SHARED)
    found = row(name, told["sender"], SHARED)
    compare(found, told, 0)
    assert found["vantage"] == "server"
    assert found["vantage_confidence"] == "likely"
    assert found["handshake"] == "complete"


def compare(found: dict[str, Any], told: dict[str, Any], deviation: int) -> None:
    """Compare a row with the counters, captured at the sender."""
    counters = told["counters"]
    fast, timeouts = counters.get("TCPFastRetrans", 0), counters.get("TCPTimeouts", 0)
    after = counters.get("TCPSlowStartRetrans", 0)
    counted = {what: found[f"server_retransmissions_{what}"] for what in CAUSES}
    assert found["server_retransmissions"] == kernels_total(told)
    assert counted["fast"] == fast + deviation
    assert counted["timeout"] == timeouts
    assert counted["after_timeout"] + counted["unclassified"] == after - deviation
    assert counted["tail_loss_probe"] == kernels_total(told) - fast - timeouts - after
    assert found["server_lost_before"] == 0
    least = found["server_rtt_min_ns"]
    assert least / 1000 == pytest.approx(told["kernel"]["min_rtt"], rel=0.1, abs=1500)


CAUSES = ("fast", "timeout", "after_timeout", "tail_loss_probe", "unclassified")


@needs_captures
def test_at_the_receiver_of_shared_runs() -> None:
    total = sum((score(read(name, SHARED)) for name in SHARED_NAMES), Score())
    assert total.right > 50
    assert total.precision >= LEAST
    assert total.recall >= LEAST


def bulk(names: list[str], folder: Path) -> list[str]:
    """Runs in which the sender always had more to send, long enough to be measured."""
    told = {name: truth(name, folder) for name in names}
    return [
        name
        for name, one in told.items()
        if one["parameters"]["chunks"] == 1
        and one["parameters"]["size"] >= ENOUGH
        and one["kernel"]["busy_time"] >= LONG
    ]


ENOUGH, LONG = 100_000, 300_000
"""Bytes; microseconds."""


@pytest.mark.parametrize("folder", [FOLDER, SHARED], ids=["own", "shared"])
def test_a_sender_is_held_up_for_as_long_as_its_kernel_was_busy(folder: Path) -> None:
    names = bulk(SHARED_NAMES if folder == SHARED else NAMES, folder)
    assert names or not SHARED_NAMES
    for name in names:
        found = row(name, "server", folder)
        held_up = sum(found[f"server_limited_by_{what}_ns"] for what in HOLDING_UP)
        assert held_up / 1000 == pytest.approx(truth(name, folder)["kernel"]["busy_time"], rel=0.1), name


HOLDING_UP = ("receive_window", "congestion_window", "loss")
