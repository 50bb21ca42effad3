"""Addresses replaced so that two share as many leading bits afterwards as before, and only a key tells which.

After J. Xu, J. Fan, M. Ammar and S. Moon, "Prefix-preserving IP address anonymization" (ICNP 2002): whether
a bit is turned over depends on the key and all bits before it. Where they use a cipher for each bit, here
HMAC-SHA-256 of the bytes before makes the 255 decisions of a byte at once, one for each node of its tree.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Flags, Integers

MOST_TABLES = 1 << 16
"""Tables of bytes kept for the prefixes met so far: 16 MiB; then all are made anew."""


ROUNDS = 200_000
"""Of the function that makes keys of words (PBKDF2, RFC 8018)."""


class Prefix(NamedTuple):
    """The addresses that begin with these bits."""

    octets: bytes
    bits: int

    def holds(self, octets: bytes, bits: int) -> bool:
        """Whether all addresses with another prefix are among them."""
        return self.bits <= bits and _head(octets, self.bits) == _head(self.octets, self.bits)


def _head(octets: bytes, bits: int) -> int:
    """The first bits as a number; bytes that are missing count as zeros."""
    size = (bits + 7) // 8
    return int.from_bytes(octets[:size].ljust(size, b"\0"), "big") >> (size * 8 - bits)


def network(text: str) -> Prefix:
    """The prefix of an IP network, as it is usually written."""
    found = ip_network(text)
    return Prefix(found.network_address.packed, found.prefixlen)


def card(digits: str) -> Prefix:
    """The link-layer addresses that begin with these hexadecimal digits."""
    return Prefix(bytes.fromhex(digits), len(digits) * 4)


@dataclass
class Scrambler:
    """Replaces addresses of one kind.

    Attributes:
        key: secret bytes.
        label: what tells its decisions from those of other kinds under the same key.
        size: bytes of an address.
        families: prefixes that stay, so that what an address is for can still be seen: no address gets into
            one of them, and none out.
        kept: prefixes whose addresses stay as they are; they are families, too.
        fixed: bits of the first byte that stay, whatever they are.
    """

    key: bytes
    label: bytes
    size: int
    families: tuple[Prefix, ...] = ()
    kept: tuple[Prefix, ...] = ()
    fixed: int = 0
    _tables: dict[bytes, Bytes] = field(default_factory=dict)

    def replaced(self, addresses: Bytes) -> Bytes:
        """The addresses that stand for these; uint8 (n, size)."""
        distinct, which = _distinct(addresses)
        made = np.empty_like(distinct)
        for at in range(self.size if len(distinct) else 0):
            heads, rows = _distinct(distinct[:, :at])
            tables = np.stack([self._table(head.tobytes()) for head in heads])
            made[:, at] = tables[rows, distinct[:, at]]
        return made[which]

    def _table(self, head: bytes) -> Bytes:
        """For each value of the byte after `head` the one that replaces it."""
        if head not in self._tables:
            if len(self._tables) >= MOST_TABLES:
                self._tables.clear()
            digest = hmac.digest(self.key, self.label + bytes((len(head),)) + head, "sha256")
            turned = np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.bool_)
            self._tables[head] = _byte_table(turned & ~self._pinned(head))
        return self._tables[head]

    def _pinned(self, head: bytes) -> Flags:
        """Which nodes of the byte after `head` keep their bit: 1 is its first, 2n and 2n + 1 come after n."""
        pinned = np.zeros(256, np.bool_)
        here = len(head) * 8
        near = [one for one in (*self.families, *self.kept) if _overlap(one, head)]
        for node in range(1, 256) if near else ():
            depth = node.bit_length() - 1
            octets = head + bytes((((node << (8 - depth)) & 0xFF),))
            above = any(one.bits > here + depth and Prefix(octets, here + depth).holds(*one) for one in near)
            pinned[node] = above or any(one.holds(octets, here + depth) for one in near if one in self.kept)
        if not head:
            for bit in range(8):
                if self.fixed & (0x80 >> bit):
                    pinned[1 << bit : 2 << bit] = True
        return pinned


def _distinct(rows: Bytes) -> tuple[Bytes, Integers]:
    """The different rows of bytes, and for each row which of them it is."""
    size = rows.shape[1]
    if size > WORD:
        different, which = np.unique(rows, axis=0, return_inverse=True)
        return different, which.reshape(-1)
    words = np.zeros((len(rows), WORD), np.uint8)
    words[:, :size] = rows
    _, first, which = np.unique(words.view(np.int64)[:, 0], return_index=True, return_inverse=True)
    return rows[first], which


WORD = 8
"""Bytes that are compared at once."""


def _overlap(one: Prefix, head: bytes) -> bool:
    """Whether some address begins with both."""
    bits = min(one.bits, len(head) * 8)
    return _head(one.octets, bits) == _head(head, bits)


def _byte_table(turned: Flags) -> Bytes:
    """Each byte with those bits turned over whose node says so."""
    values = np.arange(256)
    node = np.ones(256, np.int64)
    made = np.zeros(256, np.int64)
    for depth in range(8):
        bit = values >> (7 - depth) & 1
        made = made << 1 | (bit ^ turned[node])
        node = node << 1 | bit
    return made.astype(np.uint8)


def key_of(secret: str) -> bytes:
    """The key that a word stands for; slow on purpose, so that weak words are not soon guessed."""
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), b"synfin: addresses", ROUNDS)


def scramblers(key: bytes) -> dict[Kind, Scrambler]:
    """What replaces each kind of address.

    Args:
        key: secret bytes, of any length.
    """
    return {
        Kind.IPV4: Scrambler(key, b"ipv4", 4, IPV4_FAMILIES, IPV4_KEPT),
        Kind.IPV6: Scrambler(key, b"ipv6", 16, IPV6_FAMILIES, IPV6_KEPT),
        Kind.ETHER: Scrambler(key, b"ether", 6, ETHER_FAMILIES, ETHER_KEPT, GROUP_AND_LOCAL),
        Kind.EUI64: Scrambler(key, b"eui64", 8, fixed=GROUP_AND_LOCAL),
    }


IPV4_FAMILIES = tuple(
    map(network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"))
)
"""Private (RFC 1918), link-local (RFC 3927) and shared (RFC 6598) addresses."""

IPV4_KEPT = tuple(map(network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4")))
"""This network, loopback, groups (which name services, not hosts), reserved and broadcast (RFC 6890)."""

IPV6_FAMILIES = tuple(
    map(
        network,
        ("2000::/3", "2002::/16", "2001::/32", "fc00::/7", "fe80::/10", "ff00::/8", "ff02::1:ff00:0/104"),
    )
)
"""Global, 6to4, Teredo, unique-local, link-local, groups, solicited-node groups (RFC 4291, RFC 6890)."""

IPV6_KEPT = tuple(map(network, ("::/128", "::1/128", *(f"ff0{scope:x}::/112" for scope in range(16)))))
"""Unspecified, loopback, and the groups of up to 16 bits that name services, in every scope."""

ETHER_FAMILIES = (card("3333"), card("3333ff"))
"""Groups of IPv6 (RFC 2464 7)."""

ETHER_KEPT = tuple(map(card, ("000000000000", "ffffffffffff", "01005e", "0180c2", "33330000")))
"""None, broadcast, groups of IPv4, of bridges, and those of IPv6 that name services."""

GROUP_AND_LOCAL = 0x03
"""The bits of a link-layer address that say whether it is a group's, and whether locally given (IEEE 802)."""
