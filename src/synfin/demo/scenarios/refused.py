"""A knock where nobody listens."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from synfin.demo.laboratory import HTTP, SERVER
from synfin.demo.scenario import Scenario
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Connect to a port without a listener."""
    with suppress(ConnectionRefusedError):
        laboratory.new_socket(laboratory.client).connect((SERVER, HTTP))


SCENARIO = Scenario(
    name="refused",
    title=Words(
        "Nobody listens on the port: RST in answer to the SYN.",
        "端口上没有人监听：SYN 换来的是 RST。",
    ),
    lesson=Words(
        "A refusal comes at once and from the host itself: it is up and reachable, but no program "
        "listens there.",
        "拒绝来得很快，而且来自主机本身：主机在线、可达，只是没有程序在监听。",
    ),
    run=run,
)
