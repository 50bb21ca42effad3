"""A server too busy to accept."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from synfin.demo.laboratory import HTTP, SERVER
from synfin.demo.scenario import Scenario
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Knock at a queue with room for one, and three times more while it is full."""
    laboratory.listener(backlog=0)
    laboratory.new_socket(laboratory.client).connect((SERVER, HTTP))
    for _ in range(3):
        waiting = laboratory.new_socket(laboratory.client)
        waiting.setblocking(False)  # noqa: FBT003 - the library's way
        with suppress(BlockingIOError):
            waiting.connect((SERVER, HTTP))
    time.sleep(1.3)


SCENARIO = Scenario(
    name="accept-queue-overflow",
    title=Words(
        "The server's program accepts nobody: its queue is full, and further SYNs are not answered.",
        "服务器程序迟迟不接受连接：队列满了，后来的 SYN 得不到应答。",
    ),
    lesson=Words(
        "It looks like a lost SYN, but the counters of the server tell: TcpExtListenOverflows.",
        "看上去像丢了 SYN，但服务器的计数器说明了原因：TcpExtListenOverflows。",
    ),
    run=run,
    connection=3,
)
