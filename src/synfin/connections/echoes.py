"""Which reply answers which echo request, for ICMP and ICMPv6, as Wireshark pairs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.dissect.checksum import GOOD
from synfin.dissect.layers import Sparse

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

KEYS = 7
"""Numbers that a request and its reply share: both addresses, identifier and sequence number, checksum."""

NONE = -1


class Messages(NamedTuple):
    """The echo messages of a chunk that are no copies, in packet order; all arrays int64.

    Attributes:
        row: which row of the layer.
        keys: (messages, KEYS), equal for a request and its reply.
        asks: 1 for requests, 0 for replies.
        packet: number of the packet in the capture.
        time: in nanoseconds.
    """

    row: Integers
    keys: Integers
    asks: Integers
    packet: Integers
    time: Integers


class Echo(NamedTuple):
    """Where one protocol keeps what identifies an echo.

    Attributes:
        protocol: the header around the echo.
        request: type of requests; one more or less is the reply's.
        adjustment: what the reply's other type adds to the checksum.
        ident, seq: names of the identifier and the sequence number in the echo's layer.
        packet: the layer whose addresses count.
    """

    protocol: str
    request: int
    adjustment: int
    ident: str
    seq: str
    packet: str


ECHOES = (
    Echo("icmp", 8, 0x0800, "ident", "seq", "ip"),
    Echo("icmpv6", 128, -0x0100, "echo.identifier", "echo.sequence_number", "ipv6"),
)


class Pairs:
    """Requests that wait for a reply, and those that got one."""

    def __init__(self) -> None:
        self.waiting = Messages(*(np.empty((0, KEYS) if k == 1 else 0, np.int64) for k in range(5)))
        self.asked: list[Integers] = []
        self.answered: list[Integers] = []
        self._sorted: tuple[Integers, Integers] | None = None

    def advance(self, found: Messages) -> tuple[Integers, Integers]:
        """Pair the messages of the next chunk with what waits.

        Args:
            found: the messages.

        Returns:
            for each message the number of the packet it answers, `NONE` if none, and that packet's time.
        """
        before = len(self.waiting.row)
        every = Messages(*(np.concatenate(both) for both in zip(self.waiting, found, strict=True)))
        group = _groups(every.keys)
        order = np.argsort(group, kind="stable")
        answers = np.full(len(group), NONE, np.int64)
        _pair(group[order], every.asks[order], answers)
        paired = np.full(len(group), NONE, np.int64)
        at = np.flatnonzero(answers >= 0)
        paired[order[at]] = order[answers[at]]
        replies = np.flatnonzero(paired >= 0)
        self.asked.append(every.packet[paired[replies]])
        self.answered.append(every.packet[replies])
        self._sorted = None
        left = every.asks == 1
        left[paired[replies]] = False
        last = np.zeros(len(group), np.bool_)  # of requests alike, a later one takes the earlier one's place
        _, newest = np.unique(group[::-1], return_index=True)
        last[len(group) - 1 - newest] = True
        keep = np.flatnonzero(left & last)
        self.waiting = Messages(*(values[keep] for values in every))
        asked = paired[before:]
        known = np.maximum(asked, 0)
        packet = np.where(asked >= 0, every.packet[known], NONE) if len(every.packet) else asked
        time = every.time[known] if len(every.time) else asked
        return packet, time

    def reply_to(self, packet: Integers) -> Integers:
        """The packet that answers each of these requests, `NONE` if none did."""
        if self._sorted is None:
            asked = np.concatenate([*self.asked, np.empty(0, np.int64)])
            answered = np.concatenate([*self.answered, np.empty(0, np.int64)])
            order = np.argsort(asked)
            self._sorted = asked[order], answered[order]
        asked, answered = self._sorted
        if not len(asked):
            return np.full(len(packet), NONE, np.int64)
        at = np.minimum(np.searchsorted(asked, packet), len(asked) - 1)
        return np.where(asked[at] == packet, answered[at], NONE)


class Echoes:
    """Pairs echo requests and replies over a whole capture; a `Fold`.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: of those that need the whole capture.
    """

    def __init__(self) -> None:
        names = [echo.protocol for echo in ECHOES]
        self.final = frozenset(f"{name}.{fact}" for name in names for fact in ("resp_in", "no_resp"))
        self.facts = frozenset(f"{name}.{fact}" for name in names for fact in ("resp_to", "resptime"))
        self._pairs = {echo.protocol: Pairs() for echo in ECHOES}

    def advance(self, table: PacketTable) -> None:
        """Take the next chunk, and supply which request each reply answers, and how long that took."""
        for echo in ECHOES:
            found = messages(table, echo)
            if found is None:
                continue
            asked, time = self._pairs[echo.protocol].advance(found)
            replies = np.flatnonzero(asked >= 0)
            layer = f"{echo.protocol}.echo"
            took = (found.time[replies] - time[replies]) / 1_000_000
            table.supply(layer, "resp_to", Sparse(found.row[replies], asked[replies]))
            table.supply(layer, "resptime", Sparse(found.row[replies], took))

    def supply_final(self, table: PacketTable) -> None:
        """Supply which reply answers each request, and which requests none did."""
        for echo in ECHOES:
            found = messages(table, echo)
            if found is None:
                continue
            requests = np.flatnonzero(found.asks)
            reply = self._pairs[echo.protocol].reply_to(found.packet[requests])
            answered, lost = requests[reply >= 0], requests[reply < 0]
            layer = f"{echo.protocol}.echo"
            table.supply(layer, "resp_in", Sparse(found.row[answered], reply[reply >= 0]))
            table.supply(layer, "no_resp", Sparse(found.row[lost], None))


def messages(table: PacketTable, echo: Echo) -> Messages | None:
    """The echo messages of a chunk, None if there are none."""
    layer = f"{echo.protocol}.echo"
    if layer not in table.catalogue.by_name:
        return None
    bodies, headers = table.rows(layer), table.rows(echo.protocol)
    row = np.flatnonzero(~bodies.layer.quoted & bodies.is_whole)
    if not len(row):
        return None
    header = bodies.rows_of(echo.protocol, bodies.previous_header())[row]
    asks = (headers.values("type")[header] == echo.request).astype(np.int64)
    keys = np.zeros((len(row), KEYS), np.int64)
    keys[:, :4] = _addresses(headers, echo.packet)[header]
    keys[:, 4] = bodies.values(echo.ident)[row]
    keys[:, 5] = bodies.values(echo.seq)[row]
    keys[:, 6] = _request_checksum(headers.values("checksum")[header], asks, echo.adjustment)
    packet = bodies.packet[row].astype(np.int64)
    return Messages(row, keys, asks, packet + table.chunk.first, table.chunk.time[packet])


def _request_checksum(checksum: Integers, asks: Integers, adjustment: int) -> Integers:
    """What the request's checksum is: a reply brings everything back but the type."""
    total = (checksum ^ GOOD) + ((adjustment if adjustment > 0 else -adjustment ^ GOOD) & GOOD)
    folded = (total & GOOD) + (total >> 16)
    request = folded ^ GOOD
    return np.where(asks == 1, checksum, np.where(request == 0, GOOD, request))


def _addresses(headers: HeaderRows, name: str) -> Integers:
    """Both addresses of the packet around each header, the smaller first; zeros where it is another."""
    packets = headers.table.rows(name)
    ends = np.zeros((2, len(headers), 2), np.int64)
    at = np.searchsorted(packets.layer.position, headers.layer.position) - 1
    known = np.flatnonzero((at >= 0) & packets.is_whole[np.maximum(at, 0)]) if len(packets) else at[:0]
    for side, field in enumerate(("src", "dst")):
        column = packets.table.item_column(name, field)
        values = np.asarray(column.values)
        there = np.zeros(len(packets), np.int64)
        there[slice(None) if column.rows is None else column.rows] = np.arange(len(column))
        chosen = values[there[at[known]]]
        if chosen.ndim == 1:
            ends[side, known, 1] = chosen
        else:
            ends[side, known] = np.ascontiguousarray(chosen).view(np.int64)
    swapped = (ends[0, :, 0] > ends[1, :, 0]) | (
        (ends[0, :, 0] == ends[1, :, 0]) & (ends[0, :, 1] > ends[1, :, 1])
    )
    ends[:, swapped] = ends[::-1, swapped]
    return np.concatenate((ends[0], ends[1]), axis=1)


def _groups(keys: Integers) -> Integers:
    """A number for each distinct row."""
    _, group = np.unique(keys, axis=0, return_inverse=True)
    return group.reshape(-1).astype(np.int64)


@kernel
def _pair(group: Integers, asks: Integers, answers: Integers) -> None:
    """Give each reply the last request of its group before it, unless another reply took that."""
    waiting, current = -1, -1
    for row in range(len(group)):
        if group[row] != current:
            current, waiting = group[row], -1
        if asks[row]:
            waiting = row
        elif waiting >= 0:
            answers[row] = waiting
            waiting = -1
