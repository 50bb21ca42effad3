"""How connections begin: the handshake, and everything that can come of a SYN."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from recording.frames import ACK, SYN
from recording.laboratory import CLIENT, HTTP, SERVER, nth, read
from recording.scenario import Scenario

from scenarios.web import fetch, request, response

if TYPE_CHECKING:
    from recording.laboratory import Laboratory

SHORT = b"<!DOCTYPE html><title>From SYN to FIN</title><p>Hello, and goodbye.\n"
FETCHED = r">P\.\+ <\. (<P?\.\+ (>\. )?)+"
CLOSED = r">F\. <F\. >\."


def page(laboratory: Laboratory) -> None:
    """Ping the server, fetch its page, keep the connection for a second, close it."""
    ping(laboratory)
    time.sleep(0.2)
    ours, theirs = laboratory.connection()
    fetch(ours, theirs)
    time.sleep(1)
    ours.close()
    theirs.recv(1)
    theirs.close()


def ping(laboratory: Laboratory) -> None:
    """Send one echo request and wait for the reply."""
    pinger = laboratory.new_socket(laboratory.client, kind=socket.SOCK_DGRAM, protocol=socket.IPPROTO_ICMP)
    header = bytes([8, 0, 0, 0, 0, 0, 0, 1])  # echo request 1; the kernel fills in checksum and identifier
    pinger.sendto(header + bytes(range(56)), (SERVER, 0))
    pinger.recv(1500)


def refused(laboratory: Laboratory) -> None:
    """Knock where nobody listens."""
    with suppress(ConnectionRefusedError):
        laboratory.new_socket(laboratory.client).connect((SERVER, HTTP))


def no_answer(laboratory: Laboratory) -> None:
    """Knock where a filter swallows everything; the retries wait twice as long each time."""
    laboratory.client.set("net/ipv4/tcp_syn_linear_timeouts", 0)
    laboratory.link.loses = lambda passing: passing.from_client
    ours = laboratory.new_socket(laboratory.client)
    ours.settimeout(3.5)
    with suppress(TimeoutError):
        ours.connect((SERVER, HTTP))


def lost_syn(laboratory: Laboratory) -> None:
    """Lose the first SYN."""
    laboratory.link.loses = nth(1, lambda passing: passing.flags == SYN)
    exchange(laboratory)


def lost_syn_ack(laboratory: Laboratory) -> None:
    """Lose the first SYN ACK: the client cannot tell it from a lost SYN."""
    laboratory.link.loses = nth(1, lambda passing: passing.flags == SYN | ACK)
    exchange(laboratory)


def lost_third_ack(laboratory: Laboratory) -> None:
    """Lose the ACK that ends the handshake, with a client that has nothing to say yet."""
    laboratory.link.loses = nth(1, lambda passing: passing.flags == ACK)
    listener = laboratory.listener()
    ours = laboratory.new_socket(laboratory.client)
    ours.connect((SERVER, HTTP))
    theirs = laboratory.accept(listener)
    fetch(ours, theirs, page=SHORT)
    close_both(ours, theirs)


def exchange(laboratory: Laboratory) -> None:
    """Open, fetch a short page, close."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=SHORT)
    close_both(ours, theirs)


def close_both(ours: socket.socket, theirs: socket.socket) -> None:
    """Close the client's side, and then, on hearing of it, the server's."""
    ours.close()
    theirs.recv(1)
    theirs.close()


def simultaneous_open(laboratory: Laboratory) -> None:
    """Both ends connect to each other before either hears of it."""
    ours, theirs = laboratory.new_socket(laboratory.client), laboratory.new_socket(laboratory.server)
    ours.bind((CLIENT, 5000))
    theirs.bind((SERVER, 5001))
    for each, peer in ((ours, (SERVER, 5001)), (theirs, (CLIENT, 5000))):
        each.settimeout(0)
        with suppress(BlockingIOError):
            each.connect(peer)
    laboratory.settle()
    for each in (ours, theirs):
        each.settimeout(4)
    ours.sendall(b"We called each other at the same moment.\n")
    theirs.recv(100)
    close_both(ours, theirs)


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


def port_reuse(laboratory: Laboratory) -> None:
    """Connect twice from the same port; the server still has the first connection in TIME_WAIT."""
    listener = laboratory.listener()
    for _ in range(2):
        ours = laboratory.new_socket(laboratory.client)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind((CLIENT, 50000))
        ours.connect((SERVER, HTTP))
        theirs = laboratory.accept(listener)
        fetch(ours, theirs, page=SHORT)
        close_both(theirs, ours)
        time.sleep(0.3)


EXCHANGED = rf"{FETCHED}{CLOSED}"

SCENARIOS = (
    Scenario(
        "page",
        "A whole visit: who has 192.0.2.80, ping, then a page over TCP, from the first SYN to the last ACK; "
        "the client closes, and the server's ACK and FIN travel together: three segments.",
        page,
        rf">arp <arp >icmp <icmp >S <S\. >\. {EXCHANGED}",
        filters=("http.request", "http.response", "arp.opcode == 2", "icmp.type == 0"),
        neighbours_known=False,
    ),
    Scenario("refused", "Nobody listens on the port: RST ACK in answer to the SYN.", refused, r">S <R\."),
    Scenario(
        "no-answer",
        "A filter swallows the SYN: it is sent three times, after 1 s and 2 s more, and nothing comes back.",
        no_answer,
        r">S >S >S",
        filters=("tcp.analysis.retransmission",),
    ),
    Scenario(
        "lost-syn",
        "The first SYN is lost on the link and sent again after a second.",
        lost_syn,
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
        lost_third_ack,
        rf">S <S\. >\. <S\. >\. {EXCHANGED}",
        at_server=True,
    ),
    Scenario(
        "simultaneous-open",
        "Both ends send a SYN before either hears of the other's: four segments, and no client or server.",
        simultaneous_open,
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
        port_reuse,
        rf"(>S <S\. >\. {FETCHED}<F\. >F\. <\. ?){{2}}",
        filters=("tcp.analysis.reused_ports",),
    ),
)
