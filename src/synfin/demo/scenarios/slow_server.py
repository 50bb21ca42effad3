"""A server that has to think."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synfin.demo.laboratory import read
from synfin.demo.scenario import Scenario
from synfin.demo.web import SHORT, close_both, request, response
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Let the server take a second for its answer."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    read(theirs, len(request()))
    time.sleep(1)
    theirs.sendall(response(SHORT))
    read(ours, len(response(SHORT)))
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="slow-server",
    title=Words(
        "The request is acknowledged at once, but the answer comes a second later.",
        "请求立刻得到确认，应答却晚了一秒。",
    ),
    lesson=Words(
        "The ACK is the kernel's, the answer is the program's: what lies between is the server's "
        "time, not the network's.",
        "ACK 由内核发出，应答由程序发出：两者之间的时间花在服务器上，而不是网络上。",
    ),
    run=run,
)
