"""A knock that a filter swallows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from synfin.demo.laboratory import HTTP, SERVER
from synfin.demo.scenario import Scenario
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory


def run(laboratory: Laboratory) -> None:
    """Connect while the link lets nothing of the client through."""
    laboratory.client.set("net/ipv4/tcp_syn_linear_timeouts", 0)
    laboratory.link.loses = lambda passing: passing.from_client
    ours = laboratory.new_socket(laboratory.client)
    ours.settimeout(3.3)
    with suppress(TimeoutError):
        ours.connect((SERVER, HTTP))


SCENARIO = Scenario(
    name="filtered",
    title=Words(
        "A filter swallows the SYN: it is sent again and again, and nothing comes back.",
        "过滤器吞掉了 SYN：一次次重发，什么也没有回来。",
    ),
    lesson=Words(
        "Silence is not refusal: the waits double, and the client cannot tell a filter from a dead host.",
        "沉默不等于拒绝：等待时间逐次加倍，客户端分不清是过滤器还是主机不在。",
    ),
    run=run,
)
