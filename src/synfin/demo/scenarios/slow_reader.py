"""A reader that reads little by little."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synfin.demo.scenario import Scenario
from synfin.demo.web import close_both, narrow_connection
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Read a long page a thousand bytes at a time, with pauses."""
    ours, theirs, answer = narrow_connection(laboratory)
    received = 0
    while received < len(answer):
        time.sleep(0.08)
        received += len(ours.recv(1000))
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="slow-reader",
    title=Words(
        "The reader takes little at a time: the window stays small, and the sender waits for it.",
        "接收程序一点一点地读：窗口一直很小，发送方只能等。",
    ),
    lesson=Words(
        "The transfer is as fast as its reader: look at the window, not at the network.",
        "传输有多快，取决于读的一方：要看窗口，而不是网络。",
    ),
    run=run,
)
