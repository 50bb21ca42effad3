"""A visit shows everything from the ping to the last ACK, whatever the server does."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from synfin.basics.errors import EngineError
from synfin.capture.live.visit import Target, target_of
from tests.capture.host import Host

if TYPE_CHECKING:
    from pathlib import Path

SERVE = """
import http.server
http.server.HTTPServer(("127.0.0.1", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
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


@pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("nsenter")),
    reason="visits only hosts of its own, which take Linux, unshare and nsenter",
)
def test_a_page_and_a_closed_port_are_explained(tmp_path: Path) -> None:
    with Host() as host:
        server = host.start(sys.executable, "-u", "-c", SERVE)
        while host.run("sh", "-c", "ss -Hltn sport = :8080 | grep -q .")[0]:
            assert server.poll() is None
        code, out, err = host.synfin(
            "watch", "http://127.0.0.1:8080/pyproject.toml", "-w", tmp_path / "visit.pcapng"
        )
        assert code == 0, err
        assert "• GET /pyproject.toml: 200 OK" in err
        for seen in ("[SYN]", "[FIN, ACK]", "three-way handshake", "Teardown (#"):
            assert seen in out
        assert (tmp_path / "visit.pcapng").stat().st_size > 1000
        code, out, err = host.synfin("watch", "127.0.0.1:81")
        assert code == 0
        assert "Connection refused" in err
        assert " · refused" in out
