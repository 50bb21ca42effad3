"""Packets for tests: bytes made from the values that matter, and chunks made from bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.capture.chunk import Chunk, Interface
from synfin.dissect.table import PacketTable, dissect
from synfin.session import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.dissect.catalogue import Catalogue

ETHERNET, RAW = 1, 101


def chunk_of(
    packets: Sequence[bytes],
    *,
    lengths: Sequence[int] = (),
    times: Sequence[int] = (),
    linktype: int = ETHERNET,
    first: int = 1,
) -> Chunk:
    """A chunk of these packets, a millisecond apart unless `times` (ns) says otherwise."""
    sizes = np.array([len(packet) for packet in packets], np.int64)
    ends = np.cumsum(sizes)
    return Chunk(
        data=np.frombuffer(b"".join(packets), np.uint8),
        start=ends - sizes,
        captured=sizes,
        length=np.array(lengths, np.int64) if lengths else sizes.copy(),
        time=np.array(times or [index * 1_000_000 for index in range(len(packets))], np.int64),
        interface=np.zeros(len(packets), np.int32),
        offset=ends - sizes,
        first=first,
        interfaces=(Interface(linktype),),
    )


def table_of(
    packets: Sequence[bytes],
    *,
    lengths: Sequence[int] = (),
    linktype: int = ETHERNET,
    using: Catalogue | None = None,
) -> PacketTable:
    """The same, dissected."""
    return dissect(chunk_of(packets, lengths=lengths, linktype=linktype), using or catalogue())


def ethernet(payload: bytes, kind: int = 0x0800) -> bytes:
    """An Ethernet II frame from 02:00:00:00:00:01 to 02:00:00:00:00:02."""
    return bytes.fromhex("020000000002020000000001") + kind.to_bytes(2, "big") + payload


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total = sum(int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(
    payload: bytes,
    proto: int = 6,
    *,
    source: str = "192.0.2.10",
    destination: str = "192.0.2.80",
    ttl: int = 64,
    ident: int = 0x1234,
) -> bytes:
    """An IPv4 packet with a good header checksum."""
    addresses = b"".join(bytes(int(part) for part in one.split(".")) for one in (source, destination))
    head = b"\x45\0" + b"".join(number.to_bytes(2, "big") for number in (20 + len(payload), ident, 0x4000))
    head += bytes((ttl, proto))
    good = checksum(head + b"\0\0" + addresses)
    return head + good.to_bytes(2, "big") + addresses + payload


def tcp(
    payload: bytes = b"",
    *,
    ports: tuple[int, int] = (40000, 80),
    seq: int = 0,
    ack: int = 0,
    flags: int = 0x10,
    window: int = 512,
    options: bytes = b"",
) -> bytes:
    """A TCP segment; its checksum is left 0."""
    words = (20 + len(options) + 3) // 4
    head = ports[0].to_bytes(2, "big") + ports[1].to_bytes(2, "big") + seq.to_bytes(4, "big")
    head += ack.to_bytes(4, "big") + ((words << 12) | flags).to_bytes(2, "big") + window.to_bytes(2, "big")
    return head + b"\0\0\0\0" + options.ljust(words * 4 - 20, b"\0") + payload


def udp(payload: bytes = b"", *, ports: tuple[int, int] = (40000, 53)) -> bytes:
    """A UDP datagram without a checksum."""
    size = (8 + len(payload)).to_bytes(2, "big")
    return ports[0].to_bytes(2, "big") + ports[1].to_bytes(2, "big") + size + b"\0\0" + payload
