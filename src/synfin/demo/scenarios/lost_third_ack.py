"""The handshake ends for one side only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.frames import ACK
from synfin.demo.laboratory import HTTP, SERVER, nth
from synfin.demo.scenario import Scenario
from synfin.demo.web import SHORT, close_both, fetch
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Lose the third segment, with a client that has nothing to say for a while."""
    laboratory.link.loses = nth(1, lambda passing: passing.flags == ACK)
    listener = laboratory.listener()
    ours = laboratory.new_socket(laboratory.client)
    ours.connect((SERVER, HTTP))
    theirs = laboratory.accept(listener)
    fetch(ours, theirs, page=SHORT)
    close_both(ours, theirs)


SCENARIO = Scenario(
    name="lost-third-ack",
    title=Words(
        "The ACK that ends the handshake is lost: the server sends its SYN ACK again.",
        "握手的最后一个 ACK 丢了：服务器重发 SYN ACK。",
    ),
    lesson=Words(
        "The client believes the connection open, the server does not yet; any later segment would "
        "repair it.",
        "客户端以为连接已建立，服务器还没有；之后任何一个段都能补救。",
    ),
    run=run,
    at_server=True,
)
