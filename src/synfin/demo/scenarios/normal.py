"""A whole visit: ARP, ping, a page, and goodbye."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synfin.demo.scenario import Scenario
from synfin.demo.web import close_both, fetch, ping
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Ping the server, fetch its page, and close."""
    ping(laboratory)
    time.sleep(0.1)
    ours, theirs = laboratory.connection()
    fetch(ours, theirs)
    time.sleep(0.3)
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="normal",
    title=Words(
        "A whole visit: who has the address, ping, then a page over TCP, from the first SYN to the last ACK.",
        "一次完整的访问：先问地址，再 ping，然后用 TCP 取网页，从第一个 SYN 到最后一个 ACK。",
    ),
    lesson=Words(
        "Three segments open the connection; every byte has a number; whoever closes first waits "
        "in TIME_WAIT.",
        "三个段建立连接；每个字节都有序号；先关闭的一方要在 TIME_WAIT 里等待。",
    ),
    run=run,
    neighbours_known=False,
)
