"""How connections begin: the handshake, and everything that can come of a SYN."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from scenarios.example import Scenario
from synfin.demo.frames import ACK, SYN
from synfin.demo.laboratory import HTTP, SERVER, nth, read
from synfin.demo.scenarios import (
    filtered,
    lost_syn,
    lost_third_ack,
    normal,
    refused,
    simultaneous_open,
    time_wait_reuse,
)
from synfin.demo.web import SHORT, close_both, exchange, request, response

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

FETCHED = r">P\.\+ <\. (<P?\.\+ (>\. )?)+"
CLOSED = r">F\. <F\. >\."


def lost_syn_ack(laboratory: Laboratory) -> None:
    """Lose the first SYN ACK: the client cannot tell it from a lost SYN."""
    laboratory.link.loses = nth(1, lambda passing: passing.flags == SYN | ACK)
    exchange(laboratory)


def fast_open(laboratory: Laboratory) -> None:
    """Get a cookie with a first connection; send the request in the SYN of a second."""
    for host in (laboratory.client, laboratory.server):
        host.set("net/ipv4/tcp_fastopen", 3)
    listener = laboratory.listener()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 4)
    for _ in range(2):
        ours = laboratory.new_socket(laboratory.client)
        ours.settimeout(None)  # the system call itself is to wait
        ours.sendto(request(), socket.MSG_FASTOPEN, (SERVER, HTTP))
        theirs = laboratory.accept(listener)
        read(theirs, len(request()))
        theirs.sendall(response(SHORT))
        read(ours, len(response(SHORT)))
        close_both(ours, theirs)
        laboratory.settle()


EXCHANGED = rf"{FETCHED}{CLOSED}"

SCENARIOS = (
    Scenario(
        "page",
        "A whole visit: who has 192.0.2.80, ping, then a page over TCP, from the first SYN to the last ACK; "
        "the client closes, and the server's ACK and FIN travel together: three segments.",
        normal.run,
        rf">arp <arp >icmp <icmp >S <S\. >\. {EXCHANGED}",
        filters=("http.request", "http.response", "arp.opcode == 2", "icmp.type == 0"),
        neighbours_known=False,
    ),
    Scenario("refused", "Nobody listens on the port: RST ACK in answer to the SYN.", refused.run, r">S <R\."),
    Scenario(
        "no-answer",
        "A filter swallows the SYN: it is sent three times, after 1 s and 2 s more, and nothing comes back.",
        filtered.run,
        r">S >S >S",
        filters=("tcp.analysis.retransmission",),
    ),
    Scenario(
        "lost-syn",
        "The first SYN is lost on the link and sent again after a second.",
        lost_syn.run,
        rf">S >S <S\. >\. {EXCHANGED}",
    ),
    Scenario(
        "lost-syn-ack",
        "The first SYN ACK is lost before it reaches the client: there it looks just like a lost SYN, "
        "at the server it does not.",
        lost_syn_ack,
        r">S >S <S\. >\. [<>SP.+ ]+>F\. <F\. >\.",
        at_server=True,
    ),
    Scenario(
        "lost-third-ack",
        "The ACK that ends the handshake is lost: the server sends its SYN ACK again until it hears one.",
        lost_third_ack.run,
        rf">S <S\. >\. <S\. >\. {EXCHANGED}",
        at_server=True,
    ),
    Scenario(
        "simultaneous-open",
        "Both ends send a SYN before either hears of the other's: four segments, and no client or server.",
        simultaneous_open.run,
        r">S <S >S\. <S\. ([<>]\. )*>P\.\+ (<\. )?>F\. (<\. )*<F\. >\.",
        delay=0.05,
    ),
    Scenario(
        "fast-open",
        "TCP Fast Open: the first connection gets a cookie, the second sends it with the request in its SYN.",
        fast_open,
        rf">S <S\. {FETCHED}{CLOSED} >S\+ <S\. (>\. )?<P\.\+ (>\. )?{CLOSED}",
        filters=("tcp.options.tfo.request", "tcp.options.tfo.cookie && tcp.len > 0"),
    ),
    Scenario(
        "port-reuse",
        "Two connections, one after the other, from and to the same ports; the server closes first.",
        time_wait_reuse.run,
        rf"(>S <S\. >\. {FETCHED}<F\. >F\. <\. ?){{2}}",
        filters=("tcp.analysis.reused_ports",),
    ),
)
