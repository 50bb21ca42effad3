"""The same ports again at once."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from synfin.demo.laboratory import CLIENT, HTTP, SERVER
from synfin.demo.scenario import Scenario
from synfin.demo.web import SHORT, close_both, fetch
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Let the server close first, and come back from the same port."""
    listener = laboratory.listener()
    for _ in range(2):
        ours = laboratory.new_socket(laboratory.client)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind((CLIENT, 50000))
        ours.connect((SERVER, HTTP))
        theirs = laboratory.accept(listener)
        fetch(ours, theirs, page=SHORT)
        close_both(theirs, ours)
        laboratory.settle()


SCENARIO = Scenario(
    name="time-wait-reuse",
    title=Words(
        "Two connections, one after the other, from and to the same ports.",
        "先后两个连接，用的是同样的端口。",
    ),
    lesson=Words(
        "The server waits in TIME_WAIT, but a SYN with a later number or time may open the connection anew.",
        "服务器还在 TIME_WAIT，但序号或时间戳更新的 SYN 可以重新建立连接。",
    ),
    run=run,
    connection=1,
)
