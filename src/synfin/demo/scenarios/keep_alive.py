"""A host asks whether anybody is still there."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, close_both, fetch
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Fetch a page and fall silent for long enough to be asked twice."""
    ours, theirs = laboratory.connection()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    fetch(ours, theirs, page=BOOK[:500])
    time.sleep(2.5)
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="keep-alive",
    title=Words(
        "Silence: the server's keep-alives repeat the last number to ask if the client is still there.",
        "一片沉默：服务器的保活段重复上一个序号，问客户端是否还在。",
    ),
    lesson=Words(
        "Nothing was lost and nothing is sent again: a keep-alive repeats a number to provoke an ACK.",
        "没有丢失，也不是重传：保活段重复一个序号，只为换来一个 ACK。",
    ),
    run=run,
)
