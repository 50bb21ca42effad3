"""One side has said all; the other goes on."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from synfin.demo.laboratory import read
from synfin.demo.scenario import Scenario
from synfin.demo.web import request, response
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Say goodbye with the request; the server answers in two parts all the same."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    ours.shutdown(socket.SHUT_WR)
    read(theirs, 1000)
    answer = response()
    theirs.sendall(answer[:1000])
    time.sleep(0.5)
    theirs.sendall(answer[1000:])
    theirs.close()
    read(ours, len(answer) + 1)
    ours.close()


SCENARIO = Scenario(
    name="half-close",
    title=Words(
        "The client says FIN right after its request; the server goes on for a while, then FIN.",
        "客户端发完请求就发 FIN；服务器又继续发了一会儿才发 FIN。",
    ),
    lesson=Words(
        "A FIN closes one direction only: who sent it may still receive.",
        "FIN 只关闭一个方向：发出 FIN 的一方仍然可以接收。",
    ),
    run=run,
)
