"""Capture files, built byte by byte; and what they hold once read, as plain values to compare."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from hypothesis import strategies as some

from synfin.capture.chunk import NO_TIME, Chunk
from synfin.capture.source import Capture, open_capture
from tests.naive.captures import Packet

if TYPE_CHECKING:
    from collections.abc import Iterable

MICROSECONDS, NANOSECONDS, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34

orders = some.sampled_from("<>")
packet_bytes = some.binary(max_size=70)


def pcap_header(
    order: str = "<", magic: int = MICROSECONDS, network: int = 1, version: tuple[int, int] = (2, 4)
) -> bytes:
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, 65535, network)


def pcap_record(order: str, seconds: int, fraction: int, data: bytes, more: int = 0, extra: int = 0) -> bytes:
    """A record; the packet had `more` bytes on the wire, its header has `extra` ones of some variant."""
    return struct.pack(order + "IIII", seconds, fraction, len(data), len(data) + more) + bytes(extra) + data


@some.composite
def pcap_files(draw: some.DrawFn, most: int = 12) -> bytes:
    order = draw(orders)
    magic = draw(some.sampled_from((MICROSECONDS, NANOSECONDS)))
    second = some.integers(0, 2**32 - 1)
    fraction = some.integers(0, 10**6 - 1)
    packets = draw(
        some.lists(some.tuples(second, fraction, packet_bytes, some.integers(0, 9)), max_size=most)
    )
    return pcap_header(order, magic) + b"".join(pcap_record(order, *packet) for packet in packets)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str, options: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1) + options)


def interface(order: str, linktype: int = 1, snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, snaplen) + options)


def enhanced(
    order: str, data: bytes, ticks: int = 0, number: int = 0, more: int = 0, options: bytes = b""
) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) + more)
    return block(order, 6, head + data + bytes(-len(data) % 4) + options)


def obsolete(order: str, data: bytes, ticks: int = 0, number: int = 0) -> bytes:
    head = struct.pack(
        order + "HHIIII", number, 0xFFFF, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)
    )
    return block(order, 2, head + data)


def simple(order: str, data: bytes, more: int = 0) -> bytes:
    return block(order, 3, struct.pack(order + "I", len(data) + more) + data)


def names(order: str, address: bytes, *texts: bytes) -> bytes:
    value = address + b"".join(text + b"\0" for text in texts)
    record = (
        struct.pack(order + "HH", 1 if len(address) == 4 else 2, len(value)) + value + bytes(-len(value) % 4)
    )
    return block(order, 4, record + bytes(4))


def statistics(order: str, number: int, ticks: int, options: bytes = b"") -> bytes:
    return block(order, 5, struct.pack(order + "III", number, ticks >> 32, ticks & 0xFFFFFFFF) + options)


def secrets(order: str, kind: int, data: bytes) -> bytes:
    return block(order, 10, struct.pack(order + "II", kind, len(data)) + data)


def custom(order: str, enterprise: int, data: bytes, kind: int = 0xBAD) -> bytes:
    return block(order, kind, struct.pack(order + "I", enterprise) + data)


resolutions = some.sampled_from((0, 3, 6, 9, 12, 19, 20, 127, 0x80, 0x8A, 0xA0, 0xBF, 0xC0, 0xFF))


@some.composite
def packet_options(draw: some.DrawFn, order: str) -> bytes:
    chosen = draw(some.lists(some.sampled_from((1, 2, 4, 6, 2988)), max_size=3))
    sizes = {2: 4, 4: 8, 6: 4}
    area = b""
    for code in chosen:
        size = sizes.get(code)
        area += option(order, code, draw(some.binary(min_size=size or 5, max_size=size or 9)))
    return area + bytes(4) if area and draw(some.booleans()) else area


@some.composite
def sections(draw: some.DrawFn, *, clocks: some.SearchStrategy[int] = resolutions) -> bytes:
    """A section with interfaces of several clocks, and packets of every kind among other blocks."""
    order = draw(orders)
    file = section(order)
    count = draw(some.integers(1, 3))
    for _ in range(count):
        offset = draw(some.sampled_from((0, 0, -1, 1_000_000)))
        clock = option(order, 9, bytes([draw(clocks)])) + option(order, 14, struct.pack(order + "q", offset))
        file += interface(order, snaplen=draw(some.sampled_from((0, 40))), options=clock)
    for _ in range(draw(some.integers(0, 8))):
        data = draw(some.binary(max_size=40))
        ticks = draw(some.one_of(some.integers(0, 2**40), some.integers(0, 2**64 - 1)))
        number = draw(some.integers(0, count - 1))
        kind = draw(some.sampled_from("eeeosx"))
        if kind == "e":
            file += enhanced(
                order, data, ticks, number, draw(some.integers(0, 9)), draw(packet_options(order))
            )
        elif kind == "o":
            file += obsolete(order, data, ticks, number)
        elif kind == "s":
            file += simple(order, data)
        else:
            file += block(order, 0x1234, data)
    return file


def pcapng_files(*, clocks: some.SearchStrategy[int] = resolutions) -> some.SearchStrategy[bytes]:
    return some.lists(sections(clocks=clocks), min_size=1, max_size=3).map(b"".join)


FIRST, LAST = -(2**63) // 10**9, 2**63 // 10**9


def clamped(time: int | None) -> int | None:
    """A time that 64 bits of nanoseconds surely hold; far outside, only the direction counts."""
    if time is None or FIRST + 3 < time // 10**9 < LAST - 3:
        return time
    return 10**30 if time > 0 else -(10**30)


def packets_of(chunks: Iterable[Chunk]) -> list[Packet]:
    """What the chunks hold, packet by packet; the numbers of packets must be in order."""
    found: list[Packet] = []
    for chunk in chunks:
        assert chunk.first == len(found) + 1
        for row in range(len(chunk)):
            time = int(chunk.time[row])
            found.append(
                Packet(
                    None if time == NO_TIME else time,
                    int(chunk.length[row]),
                    chunk.packet(row),
                    int(chunk.interface[row]),
                    tuple((each.code, each.value) for each in chunk.options.get(row, ())),
                )
            )
    return found


def capture_of(*files: bytes, keep: bool = False) -> Capture:
    return open_capture(*map(io.BytesIO, files), keep=keep)


def read(file: bytes, size: int = 1 << 16) -> tuple[list[Packet], Capture]:
    """All packets of a file, and the capture after reading them."""
    capture = capture_of(file)
    return packets_of(capture.chunks(size=size)), capture


def times_clamped(packets: list[Packet]) -> list[Packet]:
    return [packet._replace(time=clamped(packet.time)) for packet in packets]


def without_options(packets: list[Packet]) -> list[Packet]:
    return [packet._replace(options=()) for packet in packets]
