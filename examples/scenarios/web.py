"""A page is asked for and served: what most scenarios use a connection for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recording.laboratory import HTTP, SERVER, read

if TYPE_CHECKING:
    import socket

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
    """Ask, answer and read the answer, over an open connection."""
    ours.sendall(request(host))
    read(theirs, len(request(host)))
    theirs.sendall(response(page))
    read(ours, len(response(page)))
