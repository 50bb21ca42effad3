"""Many knocks, and nobody at the door."""

from __future__ import annotations

import random
import socket
import struct
import time
from typing import TYPE_CHECKING

from synfin.demo.frames import SYN
from synfin.demo.laboratory import CLIENT_MAC, HTTP, SERVER
from synfin.demo.scenario import Scenario
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

SOURCES = tuple(f"192.0.2.{host}" for host in range(101, 121))
"""Addresses on the link that nobody has."""


def run(laboratory: Laboratory) -> None:
    """Send SYNs with false source addresses, and look at what the server answers for a while."""
    laboratory.listener(backlog=16)
    laboratory.server.ip(
        *(f"neigh replace {source} lladdr {CLIENT_MAC} dev eth0 nud permanent" for source in SOURCES)
    )
    raw = laboratory.new_socket(laboratory.client, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    chance = random.Random(1)
    for source in SOURCES:
        raw.sendto(_syn(source, chance.randrange(1 << 32), chance.randrange(1024, 65536)), (SERVER, 0))
        time.sleep(0.01)
    time.sleep(1.4)


def _syn(source: str, number: int, port: int) -> bytes:
    """An IPv4 packet with a SYN; the kernel fills in length and checksum of the IP header."""
    ends = socket.inet_aton(source) + socket.inet_aton(SERVER)
    head = struct.pack(">HHIIBBHHH", port, HTTP, number, 0, 0x50, SYN, 65535, 0, 0)
    whole = ends + struct.pack(">HH", socket.IPPROTO_TCP, len(head)) + head
    total = sum(int.from_bytes(whole[at : at + 2], "big") for at in range(0, len(whole), 2))
    total = (total & 0xFFFF) + (total >> 16)
    total = ((total & 0xFFFF) + (total >> 16)) ^ 0xFFFF
    ip: bytes = struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_TCP, 0) + ends
    return ip + head[:16] + total.to_bytes(2, "big") + head[18:]


SCENARIO = Scenario(
    name="syn-flood",
    title=Words(
        "A small flood of SYNs from addresses that never answer: many connections half open.",
        "少量 SYN 洪水，来自永远不回应的地址：许多半开连接。",
    ),
    lesson=Words(
        "Each SYN costs the server memory and resent answers; many sources, one destination, no "
        "third segment.",
        "每个 SYN 都消耗服务器的内存，还要重发应答；来源很多，目标一个，没有第三个段。",
    ),
    run=run,
    at_server=True,
)
