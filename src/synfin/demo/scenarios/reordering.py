"""A segment is overtaken by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.laboratory import nth
from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Hold the last but one of the first ten segments back: too few overtake it to be taken for a loss."""
    laboratory.link.holds = nth(9, lambda passing: not passing.from_client and passing.payload > 0)
    laboratory.link.hold = 0.002
    exchange(laboratory, BOOK)


SCENARIO = Scenario(
    name="reordering",
    title=Words(
        "One segment of an answer is late: others arrive before it, and none is lost.",
        "应答的一个段迟到了：别的段先到，但一个也没丢。",
    ),
    lesson=Words(
        "Out of order is not lost: the receiver asks with duplicate ACKs, and a patient sender "
        "need not repeat anything.",
        "乱序不等于丢失：接收方用重复 ACK 提醒，有耐心的发送方不必重发。",
    ),
    run=run,
)
