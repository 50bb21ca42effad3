"""Who sends to whom, at any layer: the ends of every header, as keys that are the same both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from synfin.connections.endpoints import SECRET, WORDS, ipv6_words
from synfin.connections.segments import HASH, ROWS, SIDE, datagrams, segments
from synfin.connections.summary import written_addresses

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Small, Values
    from synfin.connections.segments import Segments
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

Kind = Literal["eth", "ip", "ipv6", "tcp", "udp"]
"""The headers whose ends are meant."""

VERSIONS: dict[Kind, int] = {"eth": 0, "ip": 4, "ipv6": 6}
"""What distinguishes addresses of different sorts in a key; see `Ends`."""


class Ends(NamedTuple):
    """Between which ends something went.

    Attributes:
        keys: int64 (n, 5): two words for each end, the lower first, then their sort and the ports.
        side: int64, 0 if the lower end sent it, 1 if the higher.
        scattered: int64, see `scattered`.
    """

    keys: Integers
    side: Integers
    scattered: Integers

    @property
    def rows(self) -> Integers:
        """What `Groups.number` wants to know of them: as `Segments.matrix`, without flags and extent."""
        rows = np.zeros((ROWS, len(self.keys)), np.int64)
        rows[SIDE], rows[HASH] = self.side, self.scattered
        return rows


class Pairs(NamedTuple):
    """Headers that went from one end to another, in packet order; copies inside ICMP errors are none.

    Attributes:
        packet: int32, index of each header's packet.
        ends: between which ends each went.
        segments: the transport headers that they are; those of TCP and UDP are all here, even copies.
        counts: which of them count: whole headers that are no copies; None for all.
    """

    packet: Small
    ends: Ends
    segments: Segments | None = None
    counts: Flags | None = None


def pairs(table: PacketTable, kind: Kind) -> Pairs:
    """The ends of all headers of one sort in a chunk."""
    if kind in ("tcp", "udp"):
        found = segments(table) if kind == "tcp" else datagrams(table)
        rows = found.rows
        counts = (found.headers.is_whole & ~found.headers.layer.quoted)[rows]
        ends = Ends(found.keys, found.side, found.matrix[HASH])
        return Pairs(found.headers.packet[rows], ends, found, counts)
    headers = table.rows(kind)
    chosen = np.flatnonzero(~headers.layer.quoted & headers.has("src") & headers.has("dst"))
    source, destination = (_addresses(headers, kind, name)[chosen] for name in ("src", "dst"))
    return Pairs(headers.packet[chosen], _ordered(source, destination, VERSIONS[kind]))


def _addresses(headers: HeaderRows, kind: Kind, name: str) -> Integers:
    """Two words for each header."""
    if kind == "ipv6":
        return ipv6_words(headers.table, name)
    words = np.zeros((len(headers), 2), np.int64)
    words[:, 1] = headers.values(name)
    return words


def _ordered(source: Integers, destination: Integers, version: int) -> Ends:
    """Both ends of each header, the lower first."""
    high, low = source[:, 0], source[:, 1]
    is_swapped = (high > destination[:, 0]) | ((high == destination[:, 0]) & (low > destination[:, 1]))
    keys = np.empty((len(source), WORDS), np.int64)
    keys[:, :2] = np.where(is_swapped[:, None], destination, source)
    keys[:, 2:4] = np.where(is_swapped[:, None], source, destination)
    keys[:, 4] = version << 32
    return Ends(keys, is_swapped.astype(np.int64), scattered(keys))


def single_ends(ends: Ends) -> Ends:
    """Each end as a key of its own: of each header the one that sent, and the one that received."""
    keys = np.zeros((2 * len(ends.keys), WORDS), np.int64)
    for way, side in enumerate((ends.side, 1 - ends.side)):
        is_high = side == 1
        ports = ends.keys[:, 4]
        keys[way::2, :2] = np.where(is_high[:, None], ends.keys[:, 2:4], ends.keys[:, :2])
        keys[way::2, 4] = ports >> 32 << 32 | np.where(is_high, ports, ports >> 16) & 0xFFFF
    return Ends(keys, np.zeros(len(keys), np.int64), scattered(keys))


def scattered(keys: Integers) -> Integers:
    """A number from 0 to 2**32 - 1 for each key, which nobody can choose."""
    mixed = np.full(len(keys), SECRET[9], np.int64)
    for word in range(WORDS):
        for half in (keys[:, word] & HALF, keys[:, word] >> 32 & HALF):
            mixed = ((mixed ^ half) * SECRET[2 * word % 8]) & HALF
            mixed ^= mixed >> 15
    return mixed


HALF = 0xFFFFFFFF


def ports_of(keys: Integers) -> tuple[Values, Values]:
    """The ports in keys: of the first and of the second end."""
    return keys[:, 4] >> 16 & 0xFFFF, keys[:, 4] & 0xFFFF


def written_ends(keys: Integers, side: int) -> Values:
    """Addresses of one end of each key, as text."""
    words, version = keys[:, 2 * side : 2 * side + 2], keys[:, 4] >> 32
    made = np.empty(len(keys), object)
    if len(keys) and version[0] == VERSIONS["eth"]:
        made[:] = [number.to_bytes(6, "big").hex(":") for number in words[:, 1].tolist()]
    else:
        made[:] = written_addresses(words, version).tolist()
    return made
