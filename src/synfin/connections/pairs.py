"""Who sends to whom, at any layer: the ends of every header, as keys that are the same both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from synfin.connections.endpoints import SECRET, WORDS, Endpoints, ipv6_words
from synfin.connections.segments import datagrams, segments
from synfin.connections.summary import written_addresses

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Small, Values
    from synfin.connections.segments import Segments
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

Kind = Literal["eth", "ip", "ipv6", "tcp", "udp"]
"""The headers whose ends are meant."""

VERSIONS: dict[Kind, int] = {"eth": 0, "ip": 4, "ipv6": 6}
"""What distinguishes addresses of different sorts in a key; see `Endpoints`."""


class Pairs(NamedTuple):
    """Headers that went from one end to another, in packet order; copies inside ICMP errors are none.

    Attributes:
        packet: int32, index of each header's packet.
        ends: between which ends each went.
        segments: the transport headers that they are; those of TCP and UDP are all here, even copies.
        counts: which of them count: whole headers that are no copies; None for all.
    """

    packet: Small
    ends: Endpoints
    segments: Segments | None = None
    counts: Flags | None = None


def pairs(table: PacketTable, kind: Kind) -> Pairs:
    """The ends of all headers of one sort in a chunk."""
    if kind in ("tcp", "udp"):
        found = segments(table) if kind == "tcp" else datagrams(table)
        rows = found.rows
        counts = (found.headers.is_whole & ~found.headers.layer.quoted)[rows]
        return Pairs(found.headers.packet[rows], found.ends, found, counts)
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


def _ordered(source: Integers, destination: Integers, version: int) -> Endpoints:
    """Both ends of each header, the lower first."""
    high, low = source[:, 0], source[:, 1]
    is_swapped = (high > destination[:, 0]) | ((high == destination[:, 0]) & (low > destination[:, 1]))
    keys = np.empty((len(source), WORDS), np.int64)
    keys[:, :2] = np.where(is_swapped[:, None], destination, source)
    keys[:, 2:4] = np.where(is_swapped[:, None], source, destination)
    keys[:, 4] = version << 32
    side = is_swapped.astype(np.int64)
    return Endpoints(keys, side, scattered(keys), side)


def single_ends(ends: Endpoints) -> Endpoints:
    """Each end as a key of its own: of each header the one that sent, and the one that received."""
    keys = np.zeros((2 * len(ends.keys), WORDS), np.int64)
    for way, side in enumerate((ends.side, 1 - ends.side)):
        is_high = side == 1
        ports = ends.keys[:, 4]
        keys[way::2, :2] = np.where(is_high[:, None], ends.keys[:, 2:4], ends.keys[:, :2])
        keys[way::2, 4] = ports >> 32 << 32 | np.where(is_high, ports, ports >> 16) & 0xFFFF
    nothing = np.zeros(len(keys), np.int64)
    return Endpoints(keys, nothing, scattered(keys), nothing)


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
    if not len(keys) or version[0] != VERSIONS["eth"]:
        return written_addresses(words, version)
    made = np.empty(len(keys), object)
    made[:] = [number.to_bytes(6, "big").hex(":") for number in words[:, 1].tolist()]
    return made
