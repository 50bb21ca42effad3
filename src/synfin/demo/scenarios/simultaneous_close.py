"""Both ends close before either hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.laboratory import Weather
from synfin.demo.scenario import Scenario
from synfin.demo.web import SHORT, fetch
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Close both ends within one way of the link."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=SHORT)
    laboratory.settle()
    ours.close()
    theirs.close()


SCENARIO = Scenario(
    name="simultaneous-close",
    title=Words(
        "Both ends send a FIN at once: the FINs cross, both ends are in CLOSING.",
        "两端同时发出 FIN：两个 FIN 在路上相遇，双方都进入 CLOSING。",
    ),
    lesson=Words(
        "Then both ends wait in TIME_WAIT.",
        "这时两端都要在 TIME_WAIT 里等待。",
    ),
    run=run,
    weather=Weather(delay=0.05),
)
