"""What synfin says was resent, and why, is what the kernel that sent it counted."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.truth.runs import NAMES, Run, Score, read, score

LEAST = 0.98

DEVIATIONS = {"run3": -1, "run119": -1, "run141": -1}
"""Where the count of fast ones differs from the kernel's; docs/why/retransmissions.md says why, by run."""

run = cache(read)


def kernels_total(run: Run) -> int:
    """How many segments the kernel resent, handshake and close included."""
    kernel = run.truth["kernel"]
    return int(kernel.get("retrans_segs", kernel["total_retrans"]))


@pytest.mark.parametrize("name", NAMES)
def test_at_the_sender_as_many_segments_are_resent_as_the_kernel_says(name: str) -> None:
    resent = [packet for packet in run(name).sent_by_sender if packet.is_resent]
    assert len(resent) == kernels_total(run(name))


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
    assert triggers["tail_loss_probe"] == kernels_total(run(name)) - fast - timeouts - after
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
