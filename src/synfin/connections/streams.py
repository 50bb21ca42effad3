"""What both sides of one connection said, from a second pass over its capture, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.sequence import MODULUS
from synfin.connections import tally as t
from synfin.connections.group import UNKNOWN, Groups
from synfin.connections.reassembly import Direction, Part, Piece, Policy
from synfin.connections.segments import ACK, FIN, RST, SYN, URG, WHOLE, segments
from synfin.connections.state import SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synfin.basics.arrays import Integers
    from synfin.connections.account import Side
    from synfin.connections.follower import Follower
    from synfin.connections.segments import Segments
    from synfin.dissect.table import PacketTable

FARTHEST = 1 << 30
"""Nobody acknowledges bytes that lie farther ahead: the widest window of RFC 7323 2.3."""


class Said(NamedTuple):
    """A piece, and who said it."""

    side: Side
    piece: Piece


def said(
    follower: Follower, number: int, tables: Iterable[PacketTable], policy: Policy = "first"
) -> Iterator[Said]:
    """What both sides of one connection said, in the order in which it became known.

    Args:
        follower: has followed the capture to its end.
        number: of the connection, as `tcp.stream`.
        tables: the chunks' tables again, from the first; each is needed only until the next comes.
        policy: which of two differing copies is kept while both wait.
    """
    found = follower.observations
    conversation = _Conversation(found.groups.bases[number], policy)
    client = int(found.states.roles[number]) & SIDE
    sides: tuple[Side, Side] = ("server", "client") if client else ("client", "server")
    last = int(found.tallies.state[number, t.LAST_PACKET])
    groups = Groups()
    for table in tables:
        chunk = segments(table)
        grouping = groups.advance(chunk)
        mine = np.flatnonzero((grouping.connection == number) & (chunk.extent == WHOLE))
        for side, piece in conversation.advance(chunk, mine):
            yield Said(sides[side], piece)
        if len(chunk) and chunk.number[-1] >= last:
            break
    for side in (0, 1):
        for piece in conversation.directions[side].finish():
            yield Said(sides[side], piece)


class _Conversation:
    """Both directions, and the sequence numbers that their places count from.

    Attributes:
        directions: by side.
    """

    def __init__(self, bases: Integers, policy: Policy) -> None:
        self.directions = (Direction(policy), Direction(policy))
        self._acked = [UNKNOWN, UNKNOWN]
        self._first = [(int(base) + 1) % MODULUS if base != UNKNOWN else UNKNOWN for base in bases]

    def advance(self, found: Segments, rows: Integers) -> Iterator[tuple[int, Piece]]:
        """Take these segments of the next chunk.

        One step each in Python, as each makes a piece; those of other connections cost none.
        """
        headers, layer_rows = found.headers, found.rows[rows]
        start = headers.end[layer_rows].astype(np.int64)
        length = found.length[rows]
        captured = np.clip(headers.captured_end[layer_rows] - start, 0, length)
        urgent = np.full(len(rows), -1, np.int64)
        if bool((found.flags[rows] & URG).any()):
            urgent = headers.values("urgent_pointer", -1)[layer_rows]
        columns = (found.side, found.flags, found.seq, found.ack, found.number, found.time)
        data = headers.data
        for side, flags, seq, ack, number, time, size, begin, there, pointer in zip(
            *(column[rows].tolist() for column in columns),
            *(column.tolist() for column in (length, start, captured, urgent)),
            strict=True,
        ):
            if flags & ACK and not flags & RST and ack != self._acked[side]:
                self._acked[side] = ack
                yield from self._acknowledge(1 - side, ack, (number, time))
            if flags & SYN:
                self.directions[side].note_syn()
            if not size and not flags & FIN:
                continue
            place = self._place(side, seq + (1 if flags & SYN else 0))
            if flags & FIN:
                self.directions[side].note_fin(place + size)
            if size:
                octets = data[begin : begin + there].tobytes()
                last = place + pointer - 1 if flags & URG and pointer > 0 else -1
                part = Part(place, size, octets, number, time, last)
                yield from self._take(side, part, is_reset=bool(flags & RST))

    def _place(self, side: int, seq: int) -> int:
        """Where a sequence number lies in the stream, nearest to where the stream is."""
        expected = self.directions[side].expected
        offset = (seq - self._first[side] - expected + MODULUS // 2) % MODULUS - MODULUS // 2
        return expected + offset

    def _acknowledge(self, side: int, ack: int, shown_by: tuple[int, int]) -> Iterator[tuple[int, Piece]]:
        direction = self.directions[side]
        place = self._place(side, ack)
        if place - direction.newest < FARTHEST:
            for piece in direction.acknowledge(place, *shown_by):
                yield side, piece

    def _take(self, side: int, part: Part, *, is_reset: bool) -> Iterator[tuple[int, Piece]]:
        if is_reset:
            yield side, Piece("reset", part.begin, part.length, part.data, (part.frame,), part.time)
            return
        for piece in self.directions[side].take(part):
            yield side, piece
