"""Nothing arrives until the timer runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.laboratory import Weather
from synfin.demo.scenario import Scenario
from synfin.demo.web import exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Lose the only segment of an answer twice."""
    lost = iter(range(2))
    laboratory.link.loses = lambda passing: (
        not passing.from_client and passing.payload > 0 and next(lost, None) is not None
    )
    exchange(laboratory)


SCENARIO = Scenario(
    name="timeout",
    title=Words(
        "An answer and the probe after it are lost: only the timer is left.",
        "应答和随后的探测都丢了：只能等定时器到期。",
    ),
    lesson=Words(
        "The timer is the last resort: it waits longest, and the sender starts slowly again.",
        "定时器是最后的办法：等得最久，之后发送方又得从慢开始。",
    ),
    run=run,
    weather=Weather(delay=0.04),  # so that no probe is sent early, however busy this machine is
    resends=True,
    at_server=True,
)
