"""What else is on the wire beside TCP: name look-ups, media streams, pings and address resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from wire import (
    ARP,
    DNS_QUERY,
    DNS_QUERY_LENGTH,
    DNS_RESPONSE,
    DNS_RESPONSE_LENGTH,
    ICMP,
    ICMPV6,
    PACKET,
    UDP,
    Rows,
)

if TYPE_CHECKING:
    from conversations import Array

MILLISECOND = 1_000_000
STREAM = 40  # packets of a media stream, one each 20 ms
NAME_SERVER = (10 << 24) + 1


def background(rng: np.random.Generator, begin: int, end: int, tcp_packets: int) -> Rows:
    """Packets of other protocols between two times (ns), about a tenth as many as there are of TCP."""
    parts = [
        *_look_ups(rng, begin, end, tcp_packets // 60),
        _streams(rng, begin, end, tcp_packets // 20 // STREAM),
        *_pings(rng, begin, end, tcp_packets // 300),
        *_resolutions(rng, begin, end, tcp_packets // 300),
    ]
    return np.concatenate(parts)


def _blank(rng: np.random.Generator, begin: int, end: int, count: int, protocol: int) -> Rows:
    packets = np.zeros(count, PACKET)
    packets["time"] = np.sort(rng.integers(begin, end, count))
    packets["protocol"] = protocol
    packets["version"] = 4
    packets["source"] = (10 << 24) + rng.integers(2, 3000, count)
    packets["destination"] = (198 << 24) + (18 << 16) + rng.integers(1, 5000, count)
    packets["identification"] = rng.integers(0, 65536, count)
    packets["seq"] = rng.integers(0, 65536, count)
    return packets


def _answers(rng: np.random.Generator, asked: Rows, shortest: int) -> Rows:
    """Each packet sent back by its receiver, at least `shortest` ns later."""
    packets = asked.copy()
    packets["time"] += shortest + rng.exponential(10 * MILLISECOND, len(asked)).astype(np.int64)
    for one, other in (("source", "destination"), ("source_port", "destination_port")):
        packets[one], packets[other] = asked[other], asked[one]
    packets["identification"] = rng.integers(0, 65536, len(asked))
    return packets


def _look_ups(rng: np.random.Generator, begin: int, end: int, count: int) -> tuple[Rows, Rows]:
    asked = _blank(rng, begin, end, count, UDP)
    asked["destination"] = NAME_SERVER
    asked["source_port"] = rng.integers(32768, 61000, count)
    asked["destination_port"] = 53
    asked["payload"] = DNS_QUERY
    asked["length"] = DNS_QUERY_LENGTH
    answered = _answers(rng, asked, MILLISECOND)
    answered["payload"] = DNS_RESPONSE
    answered["length"] = DNS_RESPONSE_LENGTH
    return asked, answered


def _streams(rng: np.random.Generator, begin: int, end: int, count: int) -> Rows:
    streams = _blank(rng, begin, end, count, UDP)
    streams["source_port"] = rng.integers(20000, 30000, count) & ~1
    streams["destination_port"] = rng.integers(20000, 30000, count) & ~1
    streams["version"] = np.where(rng.random(count) < 0.1, 6, 4)
    packets = np.repeat(streams, STREAM)
    index = np.tile(np.arange(STREAM), count)
    packets["time"] += index * 20 * MILLISECOND + rng.integers(0, 2 * MILLISECOND, len(packets))
    packets["identification"] += index.astype(np.uint16)
    packets["length"] = rng.integers(120, 1100, len(packets))
    return packets


def _pings(rng: np.random.Generator, begin: int, end: int, count: int) -> tuple[Rows, Rows]:
    asked = _blank(rng, begin, end, count, ICMP)
    asked["version"] = np.where(rng.random(count) < 0.1, 6, 4)
    asked["protocol"] = np.where(asked["version"] == 6, ICMPV6, ICMP)
    asked["source_port"] = asked["destination_port"] = rng.integers(1, 65536, count)
    asked["length"] = 56
    answered = _answers(rng, asked, 5 * MILLISECOND)
    answered["flags"] = 1
    return asked, answered


def _resolutions(rng: np.random.Generator, begin: int, end: int, count: int) -> tuple[Rows, Array]:
    asked = _blank(rng, begin, end, count, ARP)
    asked["destination"] = (10 << 24) + rng.integers(2, 3000, count)
    asked["flags"] = 1
    answered = _answers(rng, asked, MILLISECOND // 10)
    answered["flags"] = 2
    return asked, answered
