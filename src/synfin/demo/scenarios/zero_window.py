"""A reader that does not read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from synfin.demo.laboratory import read
from synfin.demo.scenario import Scenario
from synfin.demo.web import close_both, narrow_connection
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Ask for a long page, and do not read it for so long that the server probes once."""
    ours, theirs, answer = narrow_connection(laboratory)
    time.sleep(1.25)  # between the first probe and the second
    read(ours, len(answer))
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="zero-window",
    title=Words(
        "The reader sleeps: the window shrinks to zero, the server probes, the window opens again.",
        "接收程序不读数据：窗口缩到零，服务器探测，之后窗口重新打开。",
    ),
    lesson=Words(
        "The network is fine; the receiving program is slow. No window, no data.",
        "网络没有问题，慢的是接收程序。没有窗口，就不能发数据。",
    ),
    run=run,
)
