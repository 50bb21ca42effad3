"""Both ends connect to each other at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from synfin.demo.laboratory import CLIENT, SERVER, Weather
from synfin.demo.scenario import Scenario
from synfin.demo.web import close_both
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Let both ends call the other's port within one way of the link."""
    ours, theirs = laboratory.new_socket(laboratory.client), laboratory.new_socket(laboratory.server)
    ours.bind((CLIENT, 5000))
    theirs.bind((SERVER, 5001))
    for each, peer in ((ours, (SERVER, 5001)), (theirs, (CLIENT, 5000))):
        each.settimeout(0)
        with suppress(BlockingIOError):
            each.connect(peer)
    laboratory.settle()
    for each in (ours, theirs):
        each.settimeout(20)
    ours.sendall(b"We called each other at the same moment.\n")
    theirs.recv(100)
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="simultaneous-open",
    title=Words(
        "Both ends send a SYN before either hears of the other: four segments, and no client or server.",
        "两端同时发出 SYN：用了四个段，分不出谁是客户端谁是服务器。",
    ),
    lesson=Words(
        "A SYN in answer to a SYN opens one connection, not two.",
        "SYN 遇到 SYN，建立的是一个连接，不是两个。",
    ),
    run=run,
    weather=Weather(delay=0.05),
)
