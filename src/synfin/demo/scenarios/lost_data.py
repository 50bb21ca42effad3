"""A segment in the middle of an answer is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.laboratory import nth
from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Lose the third segment of a long answer."""
    laboratory.link.loses = nth(3, lambda passing: not passing.from_client and passing.payload > 0)
    exchange(laboratory, BOOK)


SCENARIO = Scenario(
    name="lost-data",
    title=Words(
        "The third segment of an answer is lost: duplicate ACKs with SACK blocks, fast retransmission.",
        "应答的第三个段丢了：带 SACK 块的重复 ACK，快速重传。",
    ),
    lesson=Words(
        "The receiver tells what it has; the sender sends only what is missing, long before its "
        "timer runs out.",
        "接收方说明收到了哪些；发送方只补缺的，远在定时器到期之前。",
    ),
    run=run,
    at_server=True,
)
