"""A packet too large for the link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.scenario import Scenario
from synfin.demo.web import ping
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Ping with more than a frame can hold."""
    ping(laboratory)
    ping(laboratory, 3584)


SCENARIO = Scenario(
    name="fragmentation",
    title=Words(
        "A ping of 3592 bytes: three IPv4 fragments each way.",
        "3592 字节的 ping：每个方向三个 IPv4 分片。",
    ),
    lesson=Words(
        "Only the first fragment has the header of what is inside; one lost fragment loses them all.",
        "只有第一个分片带有内层首部；丢一个分片，全部作废。",
    ),
    run=run,
)
