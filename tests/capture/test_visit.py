"""A visit shows everything from the ping to the last ACK, whatever the server does."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from synfin.basics.errors import EngineError
from synfin.capture.live.errand import filter_of
from synfin.capture.live.sockets import Port
from synfin.capture.live.visit import Target, target_of
from tests.capture.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = """
import http.server

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(bytes(2000))

server = http.server.HTTPServer(("127.0.0.1", 8080), Page)
print("serving")
server.serve_forever()
"""

FETCH = """
import socket, sys, time
with socket.create_connection(("127.0.0.1", 8080)) as opened:
    opened.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    answer = b""
    while more := opened.recv(65536):
        answer += more
    time.sleep(0.3)
print(len(answer.partition(b"\\r\\n\\r\\n")[2]), flush=True)
sys.exit(7)
"""
"""Looked at every few milliseconds, a socket that is open for longer is seen for certain."""


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://example.com", Target("http", "example.com", 80, "/")),
        ("https://example.com/a?b=c", Target("https", "example.com", 443, "/a?b=c")),
        ("example.com", Target("http", "example.com", 80, "/")),
        ("example.com:22", Target("", "example.com", 22, "/")),
        ("http://[::1]:8080/x", Target("http", "::1", 8080, "/x")),
    ],
)
def test_a_target_is_a_url_or_a_host(text: str, target: Target) -> None:
    assert target_of(text) == target


@pytest.mark.parametrize("text", ["", "ftp://example.com", "example.com:high", "http://"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(EngineError):
        target_of(text)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with a web server on port 8080."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("visits only hosts of its own, which take Linux, unshare and nsenter")
    with Host() as made:
        server = made.start(sys.executable, "-u", "-c", SERVE)
        assert server.stdout is not None
        assert server.stdout.readline() == "serving\n"
        yield made


def test_a_filter_is_made_of_the_ports() -> None:
    ports = frozenset({Port("tcp", 80), Port("tcp", 443), Port("udp", 53)})
    assert filter_of(ports) == "tcp.port in {80, 443} || udp.port in {53}"
    assert filter_of(frozenset()) == ""


def test_a_command_is_captured_alone_and_ends_as_it_did(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "command.pcapng"
    noise = host.send_meanwhile(100_000, rate=200)
    code, out, err = host.synfin("run", "-w", path, "--", sys.executable, "-c", FETCH)
    noise.kill()
    assert code == 7, err
    assert "2000" in out.splitlines()[0]
    assert "[SYN]" in out
    assert "three-way handshake" in out
    code, out, _ = host.synfin("read", path, "-Y", "not tcp.port == 8080")
    assert (code, out) == (0, "")


def test_a_command_that_is_not_there_is_told_of(host: Host) -> None:
    code, _, err = host.synfin("run", "--", "/nowhere/at/all")
    assert (code, "/nowhere/at/all cannot be run: No such file or directory." in err) == (2, True)


def test_a_page_and_a_closed_port_are_explained(host: Host, tmp_path: Path) -> None:
    code, out, err = host.synfin("watch", "http://127.0.0.1:8080/page", "-w", tmp_path / "visit.pcapng")
    assert code == 0, err
    assert "• GET /page: 200 OK, 2000 bytes" in err
    for seen in ("[SYN]", "[FIN, ACK]", "three-way handshake", "Teardown (#"):
        assert seen in out
    assert (tmp_path / "visit.pcapng").stat().st_size > 1000
    code, out, err = host.synfin("watch", "127.0.0.1:81")
    assert code == 0
    assert "Connection refused" in err
    assert " · refused" in out
