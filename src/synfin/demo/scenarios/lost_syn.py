"""The first SYN never arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.frames import SYN
from synfin.demo.laboratory import nth
from synfin.demo.scenario import Scenario
from synfin.demo.web import exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Lose the first SYN."""
    laboratory.link.loses = nth(1, lambda passing: passing.flags == SYN)
    exchange(laboratory)


SCENARIO = Scenario(
    name="lost-syn",
    title=Words(
        "The first SYN is lost and sent again after a second.",
        "第一个 SYN 丢了，一秒后重发。",
    ),
    lesson=Words(
        "A connection that takes a second longer than usual to open has nearly always lost a SYN "
        "or its answer.",
        "建立连接比平时多花整整一秒，几乎总是丢了 SYN 或它的应答。",
    ),
    run=run,
)
