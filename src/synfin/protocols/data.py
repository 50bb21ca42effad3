"""Bytes that no protocol claims: shown, counted, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import LENGTH_KEY, Computed, Field, Lesson, Protocol, Words
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

UNNUMBERED_INFORMATION = 0x03
"""The only odd LLC control field behind which a packet follows."""

NETLINK_DEVICE = 824
"""Linux's hardware type of a device whose packets name no protocol."""

UNTYPED = 3
"""Content of an HTTP message that says nothing of its type, or whose bytes are compressed."""


def length(rows: HeaderRows) -> Integers:
    """How many of the bytes were captured."""
    start = rows.start.astype(np.int64)
    return np.minimum(rows.limit.astype(np.int64), rows.captured_end) - start


def summary(rows: HeaderRows) -> Text:
    """How many bytes."""
    return text.each(length(rows), lambda size: "Data (1 byte)" if size == 1 else f"Data ({size} bytes)")


PROTOCOL = Protocol(
    name="data",
    title="Data",
    reference="none",
    follows=(
        *(
            ("llc.control", control)
            for control in range(256)
            if control & 1 and control != UNNUMBERED_INFORMATION
        ),
        ("sll.hatype", NETLINK_DEVICE),
        ("sll.ltype", LENGTH_KEY),
        ("http.content", UNTYPED),
    ),
    carries=False,
    summary=summary,
    fields=(
        Field("data", 0, "Data", Kind.BYTES, rest=True),
        Computed("len", "Length", Kind.INT, length),
    ),
    lessons={
        "data": Lesson(
            Words(
                "Bytes that no known protocol claims. If they look like noise, they are probably "
                "encrypted: behind port 443 it is mostly TLS, and without its keys only the two ends can "
                "read it.",
                "没有已知协议认领的字节。若看上去毫无规律，多半是加密的：443 端口上通常是 TLS，"
                "没有密钥，只有两端才能读懂。",
            ),
            "",
            Words(
                "A protocol is recognised by its port. On an unusual one it has to be named: "
                "-d tcp.port==8888,http reads port 8888 as HTTP.",
                "协议是按端口识别的；用了不常见的端口就要指明，例如 -d tcp.port==8888,http "
                "表示把 8888 端口当作 HTTP。",
            ),
        ),
    },
)
