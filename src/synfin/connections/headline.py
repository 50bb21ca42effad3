"""What is most remarkable about a connection, in a word or two: how it failed, or what held it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synfin.basics.time import MILLISECOND
from synfin.connections.partial import Partial
from synfin.connections.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Flags, Integers

FAILED = (
    "refused",
    "rejected by ICMP",
    "no answer",
    "half-open",
    "reset during handshake",
    "answered with a bare ACK",
)
ABORTED = ("RST by client", "RST by server", "timed out", "FIN unanswered")
HEADLINES = (
    "",
    *FAILED,
    *ABORTED,
    "zero window",
    "losses",
    "needless retransmissions",
    "reordering",
    "complete after retries",
)
"""The first that holds counts: a connection that never opened before one that was aborted, that before what
cost it time."""

LONG_CLOSED, CLOSED_SHARE = 200 * MILLISECOND, 20
"""A window that was closed for longer, or for this part of the whole time, held the connection up."""

MANY = 100
"""One of so many packets lost, or late, is remarkable."""


def headline(columns: Mapping[str, Any]) -> Words:
    """The word for each connection.

    Args:
        columns: the other columns of the table; what is unknown is not remarkable.
    """
    tests: dict[str, Flags] = {}
    for name, words in (("handshake", FAILED), ("teardown", ABORTED)):
        column: Words = columns[name]
        tests |= {word: column.codes == column.texts.index(word) for word in words}
    client, server = (_troubles(columns, side) for side in ("client", "server"))
    tests |= {word: client[word] | server[word] for word in client}
    opened: Words = columns["handshake"]
    tests["complete after retries"] = opened.codes == opened.texts.index("complete after retries")
    codes = np.select(list(tests.values()), [HEADLINES.index(word) for word in tests], 0)
    return Words(codes.astype(np.int64), HEADLINES)


def _troubles(columns: Mapping[str, Any], side: str) -> dict[str, Flags]:
    """For each word that tells of what one side sent, whether it holds."""

    def number(name: str) -> Integers:
        column = columns[f"{side}_{name}"]
        values: Integers = column.filled(0) if isinstance(column, Partial) else column
        return values

    packets, closed, reordered = number("packets"), number("zero_window_ns"), number("reordered")
    lost, needless = number("lost_before") + number("lost_after"), number("retransmissions_spurious")
    return {
        "zero window": (closed > LONG_CLOSED)
        | ((closed > 0) & (CLOSED_SHARE * closed > columns["duration"])),
        "losses": (lost > 0) & (MANY * lost >= packets),
        "needless retransmissions": (needless > 0) & (2 * needless >= number("retransmissions")),
        "reordering": (reordered > 0) & (MANY * reordered >= packets),
    }
