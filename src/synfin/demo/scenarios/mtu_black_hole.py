"""Large packets vanish without a word."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synfin.demo.laboratory import read
from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, request, response
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

LARGEST = 1400
"""Bytes of the largest frame that passes."""


def run(laboratory: Laboratory) -> None:
    """Lose every frame of more than 1400 bytes."""
    laboratory.link.loses = lambda passing: passing.size > LARGEST
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    read(theirs, len(request()))
    theirs.sendall(response(BOOK))
    time.sleep(2)


SCENARIO = Scenario(
    name="mtu-black-hole",
    title=Words(
        "Small segments pass, full ones vanish, and nobody says why.",
        "小的段能通过，满载的段消失了，也没有人说明原因。",
    ),
    lesson=Words(
        "The handshake works and the data does not: a link with a smaller MTU, and a filter that "
        "swallows the ICMP errors.",
        "握手成功而数据不通：链路的 MTU 更小，过滤器又吞掉了 ICMP 差错报文。",
    ),
    run=run,
    resends=True,
    at_server=True,
)
