"""The link delivers a segment twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.laboratory import nth
from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Double the third segment of an answer."""
    laboratory.link.doubles = nth(3, lambda passing: not passing.from_client and passing.payload > 0)
    exchange(laboratory, BOOK)


SCENARIO = Scenario(
    name="duplicates",
    title=Words(
        "The link delivers a segment twice: the receiver says so with a D-SACK and drops the copy.",
        "链路把一个段送到了两次：接收方用 D-SACK 说明，并丢弃副本。",
    ),
    lesson=Words(
        "A copy is not a retransmission: the sender sent it once, as its own side of the capture shows.",
        "副本不是重传：发送方只发过一次，看它那一侧的抓包就知道。",
    ),
    run=run,
)
