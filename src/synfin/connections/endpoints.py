"""Between which endpoints a segment travels: its ports, and the addresses of the innermost IP header."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.dissect.columns import bit_places, word
from synfin.dissect.walk import QUOTED

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers, Small
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

SECRET = np.frombuffer(os.urandom(40), np.uint32).astype(np.int64) >> 2 | 1
"""Odd and below 2**30: nobody can choose addresses that all fall into one place of the table."""

WELL_KNOWN, EPHEMERAL = 1024, 32768
"""Servers listen below 1024, or at least below 32768 where the ephemeral ports of Linux begin (those of
RFC 6335 6 begin at 49152)."""

WORDS = 5
"""Words of a key: two for each address, the lower endpoint first, and one for IP version and ports."""

IP, IPV6, OWN = range(3)
"""Which step is which in `gather_headers`."""
IP_FIELDS, IPV6_FIELDS, PORTS = ("src", "dst", "flags.mf"), ("src", "dst"), ("srcport", "dstport")
SOURCE, DESTINATION, MORE, SOURCE6, DESTINATION6, PORT, FIELD = 0, 1, 2, 3, 5, 7, 9
"""Where these are among the places: 64-bit words of IPv6 addresses are two; fields follow the ports."""

SPEAKS_FOR, ORIGINAL, SIDE_AT = 4, 5, 7
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
        out: int64 (10, n), filled: the fields, 0 where the header is too short; from row 4 on the bytes that
            the header speaks for; 1 if it is no copy inside another packet; nothing; the side that sends, 0
            for the lower endpoint, 1 for the higher, 0 if they are equal; a scattered key, 0 to 2**32 - 1;
            the side that is probably the client: the one whose port is of the higher class (see
            `WELL_KNOWN`), or else the sender, who then is taken to have asked.
    """
    layer, table = headers.layer, headers.table
    known, steps = table.catalogue.by_name, table.catalogue.program.names
    sources = (("ip", IP_FIELDS), ("ipv6", IPV6_FIELDS), (layer.protocol.name, (*PORTS, *names)))
    wanted = [steps.index(name) if name in known else -1 for name, _ in sources]
    places = [place for name, fields in sources for place in bit_places(known.get(name), fields)]
    keys = np.empty((len(layer), WORDS), np.int64)
    constants = (np.array(wanted, np.int64), np.array(places, np.int64), SECRET)
    more = gather_headers(table.found[1], table.found, table.chunk.data, constants, keys, out)
    fragments = table.count[steps.index("ipv6.fraghdr")] if "ipv6.fraghdr" in known else 0
    return Gathered(keys, bool(more or fragments))


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
def gather_headers(
    steps: Small,
    found: Small,
    data: Bytes,
    constants: tuple[Integers, Integers, Integers],
    keys: Integers,
    out: Integers,
) -> int:
    """Read what is wanted of each header of one step, and of the IP header that is nearest before it.

    Args:
        steps: of each header that the walk found.
        found: its rows.
        data: the chunk's bytes.
        constants: the steps of IPv4, IPv6 and the protocol; where the fields are; the secret.
        keys: (n, 5), filled.
        out: see `gather`; filled.

    Returns:
        1 if any IP header says that more fragments follow, else 0.
    """
    wanted, places, secret = constants
    last, row, in_pieces = -1, 0, 0
    for at in range(len(steps)):
        step = int(steps[at])
        if step == wanted[IP] or step == wanted[IPV6]:
            last = at
        if step != wanted[OWN]:
            continue
        start = int(found[2, at])
        there = found[3, at] - start
        keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3], keys[row, 4] = 0, 0, 0, 0, 4
        if last >= 0 and found[0, last] == found[0, at]:
            is_ip = steps[last] == wanted[IP]
            in_pieces |= read_addresses(data, int(found[2, last]), places, is_ip, keys, row)
        source = word(data, start, places, PORT) if there >= 2 else 0
        destination = word(data, start, places, PORT + 1) if there >= 4 else 0
        side = order(keys, row, source, destination)
        for field in range(FIELD, len(places)):
            ends = places[field, 0] + places[field, 1]
            out[field - FIELD, row] = word(data, start, places, field) if ends <= there else 0
        out[SPEAKS_FOR, row] = found[4, at] - found[3, at]
        out[ORIGINAL, row] = 0 if found[5, at] & QUOTED else 1
        out[SIDE_AT, row] = side
        out[SIDE_AT + 1, row] = scatter(keys, row, secret)
        out[SIDE_AT + 2, row] = side if port_class(destination) <= port_class(source) else 1 - side
        row += 1
    return in_pieces


@kernel(plain_below=PART)
def read_addresses(data: Bytes, at: int, places: Integers, is_ip: int, keys: Integers, row: int) -> int:
    """Put both addresses of the IP header at `at` into a key, the source first; 1 if it is a fragment."""
    if is_ip:
        keys[row, 1] = word(data, at, places, SOURCE)
        keys[row, 3] = word(data, at, places, DESTINATION)
        return int(word(data, at, places, MORE))
    for half in range(2):
        keys[row, half] = word(data, at, places, SOURCE6 + half)
        keys[row, 2 + half] = word(data, at, places, DESTINATION6 + half)
    keys[row, 4] = 6
    return 0


@kernel(plain_below=PART)
def order(keys: Integers, row: int, source: int, destination: int) -> int:
    """Put the lower endpoint first, and the ports into the last word; 1 if that turned the key round."""
    high, low, other_high, other_low = keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3]
    turned = high > other_high or (
        high == other_high and (low > other_low or (low == other_low and source > destination))
    )
    if turned:
        keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3] = other_high, other_low, high, low
        source, destination = destination, source
    keys[row, 4] = keys[row, 4] << 32 | source << 16 | destination
    return 1 if turned else 0


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
