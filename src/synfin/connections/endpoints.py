"""Between which endpoints a segment travels: its ports, and the addresses of the innermost IP header."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Small
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

SECRET = np.frombuffer(os.urandom(40), np.uint32).astype(np.int64) >> 2 | 1
"""Odd and below 2**30: nobody can choose addresses that all fall into one place of the table."""

WELL_KNOWN, EPHEMERAL = 1024, 32768
"""Servers listen below 1024, or at least below 32768 where the ephemeral ports of Linux begin (those of
RFC 6335 6 begin at 49152)."""

WORDS = 5
"""Words of a key: two for each address, the lower endpoint first, and one for IP version and ports."""


def endpoints(headers: HeaderRows, chosen: Integers | None, out: Integers) -> Integers:
    """Where segments travel.

    Args:
        headers: of the protocol above IP.
        chosen: which of its rows; None for all.
        out: int64 (3, n), filled: the side that sends, 0 for the lower endpoint, 1 for the higher, 0 if they
            are equal; a scattered key, 0 to 2**32 - 1; the side that is probably the client: the one whose
            port is of the higher class (see `WELL_KNOWN`), or else the sender, who then is taken to have
            asked.

    Returns:
        keys int64 (n, 5), the same both ways.
    """
    table = headers.table
    names = table.catalogue.program.names
    steps = np.array([names.index(name) if name in names else -1 for name in ("ip", "ipv6")], np.int64)
    position, source, destination = (
        headers.layer.position,
        headers.values("srcport"),
        headers.values("dstport"),
    )
    if chosen is not None:
        position, source, destination = position[chosen], source[chosen], destination[chosen]
    networks = (
        _positions(table, "ip"),
        _numbers(table, "src"),
        _numbers(table, "dst"),
        _positions(table, "ipv6"),
        ipv6_words(table, "src"),
        ipv6_words(table, "dst"),
    )
    keys = np.empty((len(position), WORDS), np.int64)
    pair(position, table.found[:2], (steps, SECRET), networks, (source, destination), (keys, out))
    return keys


def _positions(table: PacketTable, name: str) -> Small:
    known = name in table.catalogue.by_name
    return table.layer(name).position if known else np.zeros(0, np.int32)


def _numbers(table: PacketTable, name: str) -> Integers:
    """IPv4 addresses, one per header."""
    return table.rows("ip").values(name) if len(_positions(table, "ip")) else np.zeros(0, np.int64)


def ipv6_words(table: PacketTable, name: str) -> Integers:
    """IPv6 addresses as two big-endian 64-bit words, one row per header."""
    if not len(_positions(table, "ipv6")):
        return np.zeros((0, 2), np.int64)
    column = table.item_column("ipv6", name)
    assert isinstance(column.values, np.ndarray)
    whole = column.values
    if column.rows is not None:
        whole = np.zeros((len(column.layer), 16), np.uint8)
        whole[column.rows] = column.values
    return np.ascontiguousarray(whole).view(">i8").astype(np.int64)


@kernel
def pair(
    position: Small,
    found: Small,
    constants: tuple[Integers, Integers],
    networks: tuple[Small, Integers, Integers, Small, Integers, Integers],
    ports: tuple[Integers, Integers],
    result: tuple[Integers, Integers],
) -> None:
    """Order both endpoints of each segment, and scatter them.

    Args:
        position: of each header in the walk's table, ascending.
        found: packet and step of all headers.
        constants: steps of IPv4 and IPv6; the secret.
        networks: positions and both addresses of the IPv4 headers, and of the IPv6 headers.
        ports: source, destination.
        result: keys (n, 5); (3, n) side, hash, guess; both filled.
    """
    steps, secret = constants
    four, source4, destination4, six, source6, destination6 = networks
    source, destination = ports
    keys, out = result
    at4, at6 = 0, 0
    for row in range(len(position)):
        at = position[row] - 1
        while (
            at >= 0 and found[0, at] == found[0, position[row]] and found[1, at] not in (steps[0], steps[1])
        ):
            at -= 1
        s0, s1, d0, d1, version = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(4)
        if at >= 0 and found[1, at] == steps[0]:
            while four[at4] < at:
                at4 += 1
            s1, d1 = source4[at4], destination4[at4]
        elif at >= 0 and found[1, at] == steps[1]:
            while six[at6] < at:
                at6 += 1
            s0, s1, version = source6[at6, 0], source6[at6, 1], np.int64(6)
            d0, d1 = destination6[at6, 0], destination6[at6, 1]
        sport, dport = source[row], destination[row]
        swapped = s0 > d0 or (s0 == d0 and (s1 > d1 or (s1 == d1 and sport > dport)))
        if swapped:
            s0, s1, sport, d0, d1, dport = d0, d1, dport, s0, s1, sport
        keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3] = s0, s1, d0, d1
        keys[row, 4] = version << 32 | sport << 16 | dport
        side = 1 if swapped else 0
        mixed = secret[9]
        for word in range(0 if version == 6 else 1, WORDS):
            value = keys[row, word]
            mixed = ((mixed ^ value & 0xFFFFFFFF) * secret[2 * (word % 4)]) & 0xFFFFFFFF
            if version == 6 or word == WORDS - 1:
                mixed = ((mixed ^ (mixed >> 15) ^ (value >> 32) & 0xFFFFFFFF) * secret[word]) & 0xFFFFFFFF
            mixed ^= mixed >> 16
        out[0, row], out[1, row] = side, mixed
        own, other = (dport, sport) if swapped else (sport, dport)
        own_class = (1 if own >= WELL_KNOWN else 0) + (1 if own >= EPHEMERAL else 0)
        other_class = (1 if other >= WELL_KNOWN else 0) + (1 if other >= EPHEMERAL else 0)
        out[2, row] = side if other_class <= own_class else 1 - side
