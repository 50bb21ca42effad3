"""The last segment of an answer is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.laboratory import Weather, nth
from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Lose the only segment of the answer that is not full."""
    laboratory.link.loses = nth(1, lambda passing: not passing.from_client and 0 < passing.payload < 1448)
    exchange(laboratory, BOOK)


SCENARIO = Scenario(
    name="tail-loss",
    title=Words(
        "The last segment of an answer is lost: no later one can reveal it, a probe repairs it.",
        "应答的最后一个段丢了：后面没有段能暴露它，靠探测段补上。",
    ),
    lesson=Words(
        "Duplicate ACKs need later segments; at the end there are none, so the sender repeats the "
        "last one by itself.",
        "重复 ACK 要靠后面的段；到了末尾没有了，发送方只好自己重发最后一个。",
    ),
    run=run,
    weather=Weather(delay=0.04),  # so that no probe is sent early, however busy this machine is
    resends=True,
    at_server=True,
)
