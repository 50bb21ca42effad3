"""A program that forgets to close."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synfin.demo.scenario import Scenario
from synfin.demo.web import SHORT, fetch
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Close the client's side only, and wait in vain."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=SHORT)
    ours.close()
    time.sleep(1)


SCENARIO = Scenario(
    name="close-wait-leak",
    title=Words(
        "The client closes, but the server's program never does: it stays in CLOSE_WAIT.",
        "客户端关闭了，服务器程序却一直不关：停在 CLOSE_WAIT。",
    ),
    lesson=Words(
        "CLOSE_WAIT has no timer: it is a bug of the program that did not call close, not of the network.",
        "CLOSE_WAIT 没有定时器：这是程序忘了调用 close，不是网络的问题。",
    ),
    run=run,
)
