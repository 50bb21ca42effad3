"""The ten fields of every packet in a loop, as one writes it with dpkt.

python benchmarks/with_dpkt.py FILE [PACKETS]
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import dpkt


def read_fields(path: str, most: int | None) -> int:
    """Read the fields; return how many packets there were."""
    number = 0
    with Path(path).open("rb") as file:
        for number, (seconds, data) in enumerate(itertools.islice(dpkt.pcap.Reader(file), most), 1):
            fields_of(number, seconds, data)
    return number


def fields_of(number: int, seconds: float, data: bytes) -> tuple[Any, ...]:
    """Dissect a packet and take its fields."""
    ip = dpkt.ethernet.Ethernet(data).data
    if isinstance(ip, dpkt.ip.IP):
        protocol, length = ip.p, ip.len - ip.hl * 4
    elif isinstance(ip, dpkt.ip6.IP6):
        protocol, length = ip.nxt, ip.plen
    else:
        return number, seconds
    tcp = ip.data
    if not isinstance(tcp, dpkt.tcp.TCP):
        return number, seconds, ip.src, ip.dst, protocol
    return (
        *(number, seconds, ip.src, ip.dst, protocol),
        *(tcp.sport, tcp.dport, tcp.seq, tcp.flags, length - tcp.off * 4),
    )


if __name__ == "__main__":
    started = time.perf_counter()
    packets = read_fields(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else None)
    print(json.dumps({"packets": packets, "seconds": time.perf_counter() - started}))
