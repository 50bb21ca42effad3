"""What carries TCP, and what else the network says: IPv6, VLANs, ICMP, fragments."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from scenarios.example import Scenario
from scenarios.opening import EXCHANGED
from synfin.demo.laboratory import CLIENT6, HTTP, IPV6, SERVER, SERVER6
from synfin.demo.scenarios import fragmentation
from synfin.demo.web import close_both, exchange, fetch

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

UNREACHABLE = "198.51.100.9"


def ipv6(laboratory: Laboratory) -> None:
    """Ping and fetch the page over IPv6."""
    laboratory.enable_ipv6()
    pinger = laboratory.new_socket(laboratory.client, IPV6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6)
    pinger.bind((CLIENT6, 0))
    pinger.sendto(bytes([128, 0, 0, 0, 0, 0, 0, 1]) + bytes(range(56)), (SERVER6, 0))
    pinger.recv(1500)
    ours, theirs = laboratory.connection(SERVER6)
    fetch(ours, theirs, host=SERVER6)
    close_both(ours, theirs)


def icmp_unreachable(laboratory: Laboratory) -> None:
    """Ask for a closed UDP port, for a network that the server will not forward to, and ping in fragments."""
    ours = laboratory.new_socket(laboratory.client, kind=socket.SOCK_DGRAM)
    ours.connect((SERVER, 9))
    ours.send(b"Is anybody there?")
    with suppress(ConnectionRefusedError):
        ours.recv(100)
    laboratory.server.set("net/ipv4/ip_forward", 1)
    laboratory.server.ip("route add prohibit 198.51.100.0/24")
    laboratory.client.ip(f"route add 198.51.100.0/24 via {SERVER}")
    with suppress(OSError):
        laboratory.new_socket(laboratory.client).connect((UNREACHABLE, HTTP))


SCENARIOS = (
    Scenario(
        "ipv6",
        "The same over IPv6: neighbour solicitation instead of ARP, ICMPv6 echo, a page over TCP.",
        ipv6,
        rf"([<>]icmp )*>icmp <icmp ([<>]icmp )*>S <S\. >\. {EXCHANGED}( [<>]icmp)*",
        filters=("icmpv6.type == 135", "icmpv6.type == 129", "ipv6 && http.response"),
    ),
    Scenario(
        "vlan",
        "Everything in VLAN 10, as seen on a trunk: four bytes of IEEE 802.1Q tag in every frame.",
        exchange,
        rf">vlan <vlan >S <S\. >\. {EXCHANGED}",
        trunk=10,
        neighbours_known=False,
        filters=("vlan.id == 10 && tcp.flags.syn == 1", "vlan && arp"),
    ),
    Scenario(
        "icmp-unreachable",
        "What ICMP says of packets that cannot be delivered: a closed UDP port, then a SYN to a network that "
        "the router must not forward to; each answer quotes the packet it is about.",
        icmp_unreachable,
        r">udp <icmp >S <icmp",
        filters=("icmp.type == 3 && icmp.code == 3", "icmp.type == 3 && icmp.code == 13 && tcp"),
    ),
    Scenario(
        "fragments",
        "A ping of 3592 bytes: three IPv4 fragments each way.",
        fragmentation.run,
        r">icmp <icmp( >icmp){3}( <icmp){3}",
        filters=("ip.flags.mf == 1 && ip.frag_offset > 0",),
    ),
)
