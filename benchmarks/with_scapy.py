"""The ten fields of every packet in a loop, as one writes it with scapy.

python benchmarks/with_scapy.py FILE [PACKETS]
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.utils import PcapReader

if TYPE_CHECKING:
    from scapy.packet import Packet


def read_fields(path: str, most: int | None) -> int:
    """Read the fields; return how many packets there were."""
    number = 0
    with PcapReader(path) as packets:
        for number, packet in enumerate(itertools.islice(packets, most), 1):
            fields_of(number, packet)
    return number


def fields_of(number: int, packet: Packet) -> tuple[Any, ...]:
    """Take the fields of a packet that scapy has dissected."""
    if IP in packet:
        ip = packet[IP]
        protocol, length = ip.proto, ip.len - ip.ihl * 4
    elif IPv6 in packet:
        ip = packet[IPv6]
        protocol, length = ip.nh, ip.plen
    else:
        return number, packet.time
    if TCP not in packet:
        return number, packet.time, ip.src, ip.dst, protocol
    tcp = packet[TCP]
    return (
        *(number, packet.time, ip.src, ip.dst, protocol),
        *(tcp.sport, tcp.dport, tcp.seq, int(tcp.flags), length - tcp.dataofs * 4),
    )


if __name__ == "__main__":
    started = time.perf_counter()
    read = read_fields(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else None)
    print(json.dumps({"packets": read, "seconds": time.perf_counter() - started}))
