"""The second FIN rides on the ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.scenario import Scenario
from synfin.demo.web import exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Fetch a page; the server closes as soon as it hears the client's FIN."""
    exchange(laboratory)


SCENARIO = Scenario(
    name="three-segment-close",
    title=Words(
        "The answer to the FIN is FIN and ACK in one: three segments end the connection.",
        "对 FIN 的回应把 FIN 和 ACK 合在一起：三个段就结束了连接。",
    ),
    lesson=Words(
        "Nothing is wrong with it: the server had nothing left to say, so it closed at once.",
        "这没有任何问题：服务器已经没有话要说，所以立刻也关闭了。",
    ),
    run=run,
)
