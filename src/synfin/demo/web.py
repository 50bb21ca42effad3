"""A page is asked for and served: what most scenarios use a connection for."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from synfin.demo.laboratory import HTTP, SERVER, read

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

SHORT = b"<!DOCTYPE html><title>From SYN to FIN</title><p>Hello, and goodbye.\n"
BOOK = b"".join(b"<p>Line %04d of a page that takes many segments to carry.\n" % line for line in range(300))

PAGE = (Path(__file__).parent / "page.html").read_bytes()
REQUEST = b"GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: synfin-example\r\nAccept: text/html\r\n\r\n"


def request(host: str = SERVER) -> bytes:
    """Ask for the page."""
    assert HTTP == 80, "another port would have to be named in the Host line"
    return REQUEST % (f"[{host}]" if ":" in host else host).encode()


def response(page: bytes = PAGE) -> bytes:
    """Answer with a page."""
    head = b"HTTP/1.1 200 OK\r\nServer: synfin-example\r\nContent-Type: text/html; charset=utf-8\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(page) + page


def fetch(ours: socket.socket, theirs: socket.socket, *, host: str = SERVER, page: bytes = PAGE) -> None:
    """Ask, answer and read the answer when all of it is there, over an open connection."""
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(response(page)))
    ours.sendall(request(host))
    read(theirs, len(request(host)))
    theirs.sendall(response(page))
    read(ours, len(response(page)))


def close_both(ours: socket.socket, theirs: socket.socket) -> None:
    """Close the client's side, and then, on hearing of it, the server's."""
    ours.close()
    theirs.recv(1)
    theirs.close()


def narrow_connection(laboratory: Laboratory) -> tuple[socket.socket, socket.socket, bytes]:
    """Both ends of a connection, and an answer for which the client has no room and which it did not read."""
    listener = laboratory.listener()
    ours = laboratory.new_socket(laboratory.client)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours.connect((SERVER, HTTP))
    theirs = laboratory.accept(listener)
    ours.sendall(request())
    read(theirs, len(request()))
    answer = response(BOOK[:12000])
    theirs.sendall(answer)
    return ours, theirs, answer


def exchange(laboratory: Laboratory, page: bytes = SHORT) -> None:
    """Open, fetch a page, close."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=page)
    close_both(ours, theirs)


def ping(laboratory: Laboratory, size: int = 56) -> None:
    """Send one echo request of this many bytes and wait for the reply."""
    pinger = laboratory.new_socket(laboratory.client, kind=socket.SOCK_DGRAM, protocol=socket.IPPROTO_ICMP)
    header = bytes([8, 0, 0, 0, 0, 0, 0, 1])  # echo request 1; the kernel fills in checksum and identifier
    pinger.sendto(header + bytes(at % 256 for at in range(size)), (SERVER, 0))
    pinger.recv(65535)
