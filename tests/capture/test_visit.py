"""A visit shows everything from the ping to the last ACK, whatever the server does."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from synfin.basics.errors import EngineError
from synfin.capture.live.visit import Target, target_of
from synfin.live import explained_visit
from synfin.operations import open_session
from tests.capture.host import Host
from tests.conftest import ROOT

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


def test_a_visit_is_told_in_order() -> None:
    session = open_session(str(ROOT / "examples" / "page.pcapng"))
    with session.capture:
        story = explained_visit(session, 0, "192.0.2.80", lang="en", width=80)
    whole = story.sections[0]
    assert (whole.title, story.sections[1].key) == ("In order", "place")
    assert [sentence.key.removeprefix("visit.") for sentence in whole.sentences] == [
        *("arp", "ping", "handshake", "http", "fin")
    ]
    assert whole.sentences[0].text.endswith("(#1, #2). Without it no frame can be addressed.")


def test_a_page_and_a_closed_port_are_explained(host: Host, tmp_path: Path) -> None:
    code, out, err = host.synfin("watch", "http://127.0.0.1:8080/page", "-w", tmp_path / "visit.pcapng")
    assert code == 0, err
    assert "• GET /page: 200 OK, 2000 bytes" in err
    for seen in (
        "[SYN]",
        "[FIN, ACK]",
        "three-way handshake",
        "In order",
        "HTTP: the request",
        "Teardown (#",
    ):
        assert seen in out
    assert (tmp_path / "visit.pcapng").stat().st_size > 1000
    code, out, err = host.synfin("watch", "127.0.0.1:81")
    assert code == 0
    assert "Connection refused" in err
    assert " · refused" in out
