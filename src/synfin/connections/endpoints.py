"""Between which endpoints a segment travels: its ports, and the addresses of the innermost IP header."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable

SECRET = np.frombuffer(os.urandom(40), np.uint32).astype(np.int64) >> 2 | 1
"""Odd and below 2**30: nobody can choose addresses that all fall into one place of the table."""

WELL_KNOWN, EPHEMERAL = 1024, 32768
"""Servers listen below 1024, or at least below 32768 where the ephemeral ports of Linux begin (those of
RFC 6335 6 begin at 49152)."""

WORDS = 5
"""Words of a key: two for each address, the lower endpoint first, and one for IP version and ports."""


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


@kernel(plain_below=PART)
def put_key(
    keys: Integers, row: int, source: tuple[int, int, int], destination: tuple[int, int, int], version: int
) -> bool:
    """Write the key of what goes from one end to another: two words of address, and a port, each.

    Returns:
        whether the source is the higher of both.
    """
    high, low, port = source
    other_high, other_low, other_port = destination
    turned = high > other_high or (
        high == other_high and (low > other_low or (low == other_low and port > other_port))
    )
    if turned:
        keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3] = other_high, other_low, high, low
        keys[row, 4] = version << 32 | other_port << 16 | port
    else:
        keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3] = high, low, other_high, other_low
        keys[row, 4] = version << 32 | port << 16 | other_port
    return turned


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
