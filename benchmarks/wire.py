"""Packets become bytes here: every header of the generated capture is written by this module alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]
"""Structured rows, most of them of dtype `PACKET`."""
Block = npt.NDArray[np.uint8]
"""Bytes: one row per packet, `RECORD` of them, of which each packet uses the first few."""

SNAPLEN = 128
RECORD_HEADER = 16
RECORD = RECORD_HEADER + SNAPLEN
SMALLEST_FRAME = 60  # IEEE 802.3 3.2.8, without the frame check sequence

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ARP, ICMP, TCP, UDP, ICMPV6 = 0, 1, 6, 17, 58

PACKET = np.dtype(
    [
        ("time", "i8"),  # ns since the capture began
        ("protocol", "u1"),  # ARP or an IP protocol number
        ("version", "u1"),  # 4 or 6
        ("vlan", "u2"),  # 0: no tag
        ("source", "u4"),  # the IPv4 address, or the last four bytes of the IPv6 address
        ("destination", "u4"),
        ("source_port", "u2"),
        ("destination_port", "u2"),
        ("identification", "u2"),
        ("flags", "u1"),
        ("window", "u2"),
        ("seq", "u4"),
        ("ack", "u4"),
        ("options", "u1"),  # a number of OPTION_BYTES
        ("mss", "u2"),
        ("timestamp", "u4"),
        ("timestamp_echo", "u4"),
        ("sack_left", "u4"),
        ("sack_right", "u4"),
        ("payload", "u1"),  # a number of PAYLOADS
        ("length", "u2"),  # of the payload
    ]
)

NO_OPTIONS, SYN_PLAIN, SYN_TIMESTAMPS, TIMESTAMPS, SACK, TIMESTAMPS_SACK = range(6)
OPTION_BYTES = (0, 12, 20, 12, 12, 24)

OPAQUE, TLS, HTTP_REQUEST, HTTP_RESPONSE, DNS_QUERY, DNS_RESPONSE = range(6)
_NAME = b"\x03www\x07example\x00\x00\x01\x00\x01"
_ADDRESS = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc6\x12\x00\x50"
PAYLOADS: dict[int, bytes] = {
    TLS: b"\x17\x03\x03\x40\x18",
    HTTP_REQUEST: b"GET /fin HTTP/1.1\r\nCookie: syn=",  # goes on beyond what is captured
    HTTP_RESPONSE: b"HTTP/1.1 200 OK\r\nServer: a\r\n\r\n",
    DNS_QUERY: b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + _NAME,
    DNS_RESPONSE: b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + _NAME + _ADDRESS,
}
DNS_QUERY_LENGTH = 2 + len(PAYLOADS[DNS_QUERY])
DNS_RESPONSE_LENGTH = 2 + len(PAYLOADS[DNS_RESPONSE])

FILE_HEADER = np.array([0xA1B2C3D4, 0x00040002, 0, 0, SNAPLEN, 1], "<u4").tobytes()  # microseconds, Ethernet


def encode(packets: Rows, epoch: int) -> bytes:
    """Make the packets records of a little-endian microsecond pcap file, in the order given.

    Args:
        packets: rows of `PACKET`.
        epoch: second since 1970 at which `time` is 0.
    """
    records = np.zeros((len(packets), RECORD), np.uint8)
    captured = np.zeros(len(packets), np.int64)
    shapes = packets["protocol"].astype(np.int64) * 32 + packets["options"] * 4
    shapes += (packets["version"] == 6) * 2 + (packets["vlan"] > 0)
    for shape in np.unique(shapes):
        rows = np.flatnonzero(shapes == shape)
        records[rows], captured[rows] = _encode_alike(packets[rows], epoch)
    return records[np.arange(RECORD) < (RECORD_HEADER + captured)[:, None]].tobytes()


def _encode_alike(packets: Rows, epoch: int) -> tuple[Block, npt.NDArray[np.int64]]:
    """Make records, and say the captured lengths, of packets that have the same headers."""
    block = np.zeros((len(packets), RECORD), np.uint8)
    network = RECORD_HEADER + (18 if packets["vlan"][0] else 14)
    if packets["protocol"][0] == ARP:
        end = _put_arp(block, network, packets)
    else:
        end = _put_ip(block, network, packets)
    _put_ethernet(block, packets)
    original = np.maximum(end - RECORD_HEADER, SMALLEST_FRAME)
    captured = np.minimum(original, SNAPLEN)
    header = np.empty((len(packets), 4), "<u4")
    header[:, 0] = epoch + packets["time"] // 1_000_000_000
    header[:, 1] = packets["time"] // 1_000 % 1_000_000
    header[:, 2] = captured
    header[:, 3] = original
    block[:, :RECORD_HEADER] = header.view(np.uint8)
    return block, captured


def _put(block: Block, at: int, value: Any, width: int = 2) -> None:  # noqa: ANN401 - a number or an array
    """Write big-endian numbers of 1, 2 or 4 bytes at byte `at` of every row."""
    numbers = np.broadcast_to(np.asarray(value), len(block)).astype(f">u{width}")
    block[:, at : at + width] = numbers.view(np.uint8).reshape(-1, width)


def _put_ethernet(block: Block, packets: Rows) -> None:
    for at, address in ((22, packets["source"]), (16, packets["destination"])):
        inside = address >> 24 == 10
        _put(block, at, 0x0200)
        _put(block, at + 2, np.where(inside, address, 1), 4)
    ethertype = 0x0800 if packets["version"][0] == 4 else 0x86DD
    if packets["protocol"][0] == ARP:
        ethertype = 0x0806
    at = 28
    if packets["vlan"][0]:
        _put(block, at, 0x8100)
        _put(block, at + 2, packets["vlan"])
        at += 4
    _put(block, at, ethertype)


def _put_arp(block: Block, at: int, packets: Rows) -> npt.NDArray[np.int64]:
    """RFC 826; `flags` is the operation, 1 request or 2 reply."""
    for offset, value, width in ((0, 1, 2), (2, 0x0800, 2), (4, 0x0604, 2), (6, packets["flags"], 2)):
        _put(block, at + offset, value, width)
    _put(block, at + 8, 0x0200)
    _put(block, at + 10, packets["source"], 4)
    _put(block, at + 14, packets["source"], 4)
    _put(block, at + 18, np.where(packets["flags"] == 2, 0x0200, 0))
    _put(block, at + 20, np.where(packets["flags"] == 2, packets["destination"], 0), 4)
    _put(block, at + 24, packets["destination"], 4)
    return np.full(len(packets), at + 28, np.int64)


def _put_ip(block: Block, at: int, packets: Rows) -> npt.NDArray[np.int64]:
    """Write an IP header and what follows; return where in its row each packet would end if not cut."""
    protocol, version = int(packets["protocol"][0]), int(packets["version"][0])
    transport = at + (20 if version == 4 else 40)
    header = {TCP: 20 + OPTION_BYTES[packets["options"][0]], UDP: 8}.get(protocol, 8)
    size = header + packets["length"].astype(np.int64)
    hops = np.where(packets["source"] >> 24 == 10, 64, 56 - packets["source"] % 9)
    if version == 4:
        _put_ipv4(block, at, packets, size + 20, hops)
    else:
        _put_ipv6(block, at, packets, size, hops)
    _put_payload(block, transport + header, packets)
    block *= np.arange(RECORD) < (transport + size)[:, None]
    put = {TCP: _put_tcp, UDP: _put_udp}.get(protocol, _put_echo)
    checksum = put(block, transport, packets)
    total = _sum(block, transport, RECORD)
    if protocol != ICMP:  # RFC 9293 3.1, RFC 768, RFC 4443 2.3: the pseudo-header
        total += _sum(block, transport - (8 if version == 4 else 32), transport)
        total += _swapped(size) + _swapped(np.int64(protocol))
    _put_sum(block, checksum, total)
    return transport + size


def _put_ipv4(block: Block, at: int, packets: Rows, size: Any, hops: Any) -> None:  # noqa: ANN401
    _put(block, at, 0x4500)
    _put(block, at + 2, size)
    _put(block, at + 4, packets["identification"])
    _put(block, at + 6, 0x4000)  # do not fragment
    _put(block, at + 8, hops, 1)
    _put(block, at + 9, packets["protocol"], 1)
    _put(block, at + 12, packets["source"], 4)
    _put(block, at + 16, packets["destination"], 4)
    _put_sum(block, at + 10, _sum(block, at, at + 20))


def _put_ipv6(block: Block, at: int, packets: Rows, size: Any, hops: Any) -> None:  # noqa: ANN401
    _put(block, at, 0x60000000 | (packets["source_port"].astype(np.uint32) << 3), 4)  # a flow label
    _put(block, at + 4, size)
    _put(block, at + 6, packets["protocol"], 1)
    _put(block, at + 7, hops, 1)
    for place, address in ((at + 8, packets["source"]), (at + 24, packets["destination"])):
        _put(block, place, 0x20010DB8, 4)  # RFC 3849: documentation
        _put(block, place + 12, address, 4)


def _put_tcp(block: Block, at: int, packets: Rows) -> int:
    """Write TCP headers; return where the checksum goes."""
    options = int(packets["options"][0])
    _put(block, at, packets["source_port"])
    _put(block, at + 2, packets["destination_port"])
    _put(block, at + 4, packets["seq"], 4)
    _put(block, at + 8, packets["ack"], 4)
    _put(block, at + 12, (20 + OPTION_BYTES[options]) << 2, 1)
    _put(block, at + 13, packets["flags"], 1)
    _put(block, at + 14, packets["window"])
    place = at + 20
    if options in (SYN_PLAIN, SYN_TIMESTAMPS):
        _put(block, place, 0x0204)
        _put(block, place + 2, packets["mss"])
    if options == SYN_PLAIN:
        _put(block, place + 4, 0x01030307, 4)
        _put(block, place + 8, 0x01010402, 4)
    elif options == SYN_TIMESTAMPS:
        _put(block, place + 4, 0x0402080A, 4)
        _put_timestamps(block, place + 8, packets)
        _put(block, place + 16, 0x01030307, 4)
    elif options in (TIMESTAMPS, TIMESTAMPS_SACK):
        _put(block, place, 0x0101080A, 4)
        _put_timestamps(block, place + 4, packets)
        place += 12
    if options in (SACK, TIMESTAMPS_SACK):
        _put(block, place, 0x0101050A, 4)
        _put(block, place + 4, packets["sack_left"], 4)
        _put(block, place + 8, packets["sack_right"], 4)
    return at + 16


def _put_timestamps(block: Block, at: int, packets: Rows) -> None:
    _put(block, at, packets["timestamp"], 4)
    _put(block, at + 4, packets["timestamp_echo"], 4)


def _put_udp(block: Block, at: int, packets: Rows) -> int:
    """Write UDP headers; return where the checksum goes."""
    _put(block, at, packets["source_port"])
    _put(block, at + 2, packets["destination_port"])
    _put(block, at + 4, packets["length"] + np.uint16(8))
    return at + 6


def _put_echo(block: Block, at: int, packets: Rows) -> int:
    """Write ICMP or ICMPv6 echo headers (`flags` 1: reply); return where the checksum goes."""
    request, reply = (8, 0) if packets["protocol"][0] == ICMP else (128, 129)
    _put(block, at, np.where(packets["flags"] == 1, reply, request), 1)
    _put(block, at + 4, packets["source_port"])  # identifier
    _put(block, at + 6, packets["seq"] & 0xFFFF)
    return at + 2


_NOISE = np.random.default_rng(1).integers(0, 256, (4096, SNAPLEN), np.uint8)
_NOISE[:, 0] = 0x40 | _NOISE[:, 0] & 0x3F  # so that ciphertext never looks like the start of a TLS record
_PROSE = ord("a") + _NOISE % 26


def _put_payload(block: Block, at: int, packets: Rows) -> None:
    """Fill the rest of each row with bytes that look encrypted, or with the text that `payload` names."""
    place = packets["seq"] // 7 + packets["identification"]
    block[:, at:] = _NOISE[place % len(_NOISE), : RECORD - at]
    readable = np.flatnonzero((packets["source_port"] == 80) | (packets["destination_port"] == 80))
    block[readable, at:] = _PROSE[place[readable] % len(_PROSE), : RECORD - at]
    for kind, whole in PAYLOADS.items():
        rows = np.flatnonzero(packets["payload"] == kind)
        begin = at + 2 * (kind in (DNS_QUERY, DNS_RESPONSE))  # before it: the transaction number
        text = whole[: RECORD - begin]
        block[rows, begin : begin + len(text)] = np.frombuffer(text, np.uint8)
        if begin > at:
            transaction = packets["seq"][rows].astype(">u2")
            block[rows, at:begin] = transaction.view(np.uint8).reshape(-1, 2)


def _sum(block: Block, begin: int, end: int) -> npt.NDArray[np.uint32]:
    """Sum of the little-endian words of each row: the ones' complement sum does not mind (RFC 1071 2B)."""
    words = block.view("<u2")[:, begin // 2 : end // 2]
    total: npt.NDArray[np.uint32] = words.sum(axis=1, dtype=np.uint32)
    return total


def _swapped(number: Any) -> Any:  # noqa: ANN401 - a number or an array
    return ((number & 0xFF) << 8 | number >> 8).astype(np.uint32)


def _put_sum(block: Block, at: int, total: npt.NDArray[np.uint32]) -> None:
    """Write the complement of the folded sum (RFC 1071 1)."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    block[:, at : at + 2] = (~total).astype("<u2").view(np.uint8).reshape(-1, 2)
