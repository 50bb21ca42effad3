"""Two rules that wait for each other."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from synfin.demo.laboratory import read
from synfin.demo.scenario import Scenario
from synfin.demo.web import SHORT, close_both, request
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Send requests in two pieces to a server that answers only when it has both."""
    ours, theirs = laboratory.connection()
    for _ in range(4):
        theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        whole = request()
        ours.sendall(whole[:20])
        ours.sendall(whole[20:])
        read(theirs, len(whole))
        theirs.sendall(SHORT)
        read(ours, len(SHORT))
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="nagle-delayed-ack",
    title=Words(
        "Small writes wait for an ACK (Nagle), and the ACK waits, too (delayed ACK).",
        "小块写入等 ACK（Nagle 算法），而 ACK 也在等（延迟确认）。",
    ),
    lesson=Words(
        "Each rule is sound alone; together they cost tens of milliseconds per request. Write "
        "once, or use TCP_NODELAY.",
        "单独看每条规则都有道理，合在一起每次请求多花几十毫秒。应当一次写完，或使用 TCP_NODELAY。",
    ),
    run=run,
)
