"""Between which endpoints a segment travels: its ports, and the addresses of the innermost IP header."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.dissect.columns import words_at
from synfin.dissect.walk import QUOTED

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

IP_FIELDS, IPV6_FIELDS, PORTS = ("src", "dst", "flags.mf"), ("src", "dst"), ("srcport", "dstport")

SPEAKS_FOR, ORIGINAL, ENDS = 4, 5, slice(7, 11)
"""Rows of what is gathered, see `gather`."""


class Gathered(NamedTuple):
    """What one look at each header of a layer tells, apart from the fields.

    Attributes:
        keys: int64 (n, 5), between which endpoints it travels; the same both ways.
        in_pieces: whether the packet of any of them is a fragment.
    """

    keys: Integers
    in_pieces: bool


def gather(headers: HeaderRows, names: tuple[str, ...], out: Integers) -> Gathered:
    """Look once at each header of a transport protocol, and at the IP header around it.

    Args:
        headers: all of them.
        names: up to 4 of its fields.
        out: int64 (11, n), filled: the fields, 0 where the header is too short; from row 4 on the bytes that
            the header speaks for; 1 if it is no copy inside another packet; nothing; the side that sends, 0
            for the lower endpoint, 1 for the higher, 0 if they are equal; a scattered key, 0 to 2**32 - 1;
            the side that is probably the client: the one whose port is of the higher class (see
            `WELL_KNOWN`), or else the sender, who then is taken to have asked; where the IPv4 header around
            begins in the data, or -2 - where that of IPv6 does, -1 if there is none.
    """
    layer, table = headers.layer, headers.table
    known, steps = table.catalogue.by_name, table.catalogue.program.names
    wanted = np.array([steps.index(one) if one in known else -1 for one in ("ip", "ipv6")], np.int64)
    around = np.empty((2, len(layer)), np.int32)
    find_around(layer.position, table.found, wanted, around)
    four, six = (np.flatnonzero(around[1] == version) for version in (4, 6))
    words4 = words_at(table.chunk.data, around[0, four], known.get("ip"), IP_FIELDS)
    words6 = words_at(table.chunk.data, around[0, six], known.get("ipv6"), IPV6_FIELDS)
    if layer.whole:
        words_at(table.chunk.data, layer.start, layer.protocol, names, out)
        ports = words_at(table.chunk.data, layer.start, layer.protocol, PORTS)
    else:  # a header that is cut may have some of them
        out[: len(names)] = [headers.values(name) for name in names]
        ports = np.stack([headers.values(name) for name in PORTS])
    np.subtract(layer.limit, layer.end, out=out[SPEAKS_FOR])
    np.equal(layer.flags & QUOTED, 0, out=out[ORIGINAL], casting="unsafe")
    keys = np.empty((len(layer), WORDS), np.int64)
    pair(around[1], (around[0], words4, words6), ports, SECRET, keys, out[ENDS])
    in_pieces = bool(words4[2].any()) or ("ipv6.fraghdr" in known and len(table.layer("ipv6.fraghdr")) > 0)
    return Gathered(keys, in_pieces)


def ipv6_words(table: PacketTable, name: str) -> Integers:
    """IPv6 addresses as two big-endian 64-bit words, one row per header."""
    if not len(table.layer("ipv6")):
        return np.zeros((0, 2), np.int64)
    column = table.item_column("ipv6", name)
    assert isinstance(column.values, np.ndarray)
    whole = column.values
    if column.rows is not None:
        whole = np.zeros((len(column.layer), 16), np.uint8)
        whole[column.rows] = column.values
    return np.ascontiguousarray(whole).view(">i8").astype(np.int64)


@kernel
def find_around(position: Small, found: Small, wanted: Integers, around: Small) -> None:
    """The nearest IP header before each header in its packet.

    Args:
        position: of each header among all that the walk found.
        found: the walk's rows.
        wanted: the steps of IPv4 and IPv6.
        around: (2, n) where that header starts, and its version, 0 for none; filled.
    """
    for row in range(len(position)):
        around[0, row], around[1, row] = 0, 0
        packet = found[0, position[row]]
        at = position[row] - 1
        while at >= 0 and found[0, at] == packet:
            if found[1, at] == wanted[0] or found[1, at] == wanted[1]:
                around[0, row], around[1, row] = found[2, at], 4 if found[1, at] == wanted[0] else 6
                break
            at -= 1


@kernel
def pair(
    version: Small,
    headers: tuple[Small, Integers, Integers],
    ports: Integers,
    secret: Integers,
    keys: Integers,
    out: Integers,
) -> None:
    """Order both endpoints of each segment, and scatter them.

    Args:
        version: of the IP header around each, 0 for none.
        headers: where these start; source and destination of those in IPv4, one word each; and of those in
            IPv6, two each.
        ports: (2, n) source, destination.
        secret: see `SECRET`.
        keys: (n, 5), filled.
        out: (4, n) side, hash, guess, header around; filled.
    """
    starts, words4, words6 = headers
    at4, at6 = 0, 0
    for row in range(len(version)):
        high, low, other_high, other_low = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
        place = -1
        if version[row] == 4:
            place = starts[row]
            low, other_low = words4[0, at4], words4[1, at4]
            at4 += 1
        elif version[row] == 6:
            place = -2 - starts[row]
            high, low, other_high, other_low = (
                words6[0, at6],
                words6[1, at6],
                words6[2, at6],
                words6[3, at6],
            )
            at6 += 1
        source, destination = ports[0, row], ports[1, row]
        turned = high > other_high or (
            high == other_high and (low > other_low or (low == other_low and source > destination))
        )
        side = 1 if turned else 0
        own, other = source, destination
        if turned:
            high, low, source, other_high, other_low, destination = (
                other_high,
                other_low,
                destination,
                high,
                low,
                source,
            )
        sort = np.int64(6 if version[row] == 6 else 4)
        keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3] = high, low, other_high, other_low
        keys[row, 4] = sort << 32 | source << 16 | destination
        out[0, row], out[1, row] = side, scatter(keys, row, secret)
        out[3, row] = place
        out[2, row] = side if port_class(other) <= port_class(own) else 1 - side


@kernel(plain_below=PART)
def scatter(keys: Integers, row: int, secret: Integers) -> int:
    """A number from 0 to 2**32 - 1 for a key."""
    is_long = keys[row, 4] >> 32 == 6
    mixed = secret[9]
    for part in range(0 if is_long else 1, WORDS):
        value = keys[row, part]
        mixed = ((mixed ^ value & 0xFFFFFFFF) * secret[2 * (part % 4)]) & 0xFFFFFFFF
        if is_long or part == WORDS - 1:
            mixed = ((mixed ^ (mixed >> 15) ^ (value >> 32) & 0xFFFFFFFF) * secret[part]) & 0xFFFFFFFF
        mixed ^= mixed >> 16
    return int(mixed)


@kernel(plain_below=PART)
def port_class(port: int) -> int:
    """0 for a well-known port, 1 for a registered one, 2 for an ephemeral one."""
    return (1 if port >= WELL_KNOWN else 0) + (1 if port >= EPHEMERAL else 0)
