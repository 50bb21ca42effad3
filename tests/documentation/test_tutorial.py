"""Every command of the tutorial is executed, on a host of its own that has a web server for a neighbour."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synfin.operations import open_session
from tests.capture.host import PATIENCE, Host

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = {
    "en": ROOT / "docs" / "learn" / "capture-a-page.md",
    "zh": ROOT / "docs" / "learn" / "capture-a-page.zh-CN.md",
}
EXAMPLE = ROOT / "examples" / "page.pcapng"

SERVE = """
import http.server

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<p>Hello</p>\\n" * 200)

server = http.server.HTTPServer(("192.0.2.80", 80), Page)
print("serving", flush=True)
server.serve_forever()
"""

PING = """
import socket, sys
door = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
door.settimeout(60)
door.sendto(bytes.fromhex("0800f7fd00010001"), (sys.argv[-1], 0))
door.recv(2000)
"""
"""For machines that have no ping."""

CURL = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[-1]).read().decode())
"""
"""For machines that have no curl."""


def blocks(page: Path, language: str) -> list[list[str]]:
    """The commands of each block fenced with this word."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line.startswith(("$ ", "^C"))] for block in found]


def plain(command: str) -> str:
    """A command as it is in either language."""
    return re.sub(r" --lang (en|zh)| \| .*", "", command)


@pytest.mark.parametrize("language", ["sh", "console"])
def test_both_languages_give_the_same_commands(language: str) -> None:
    english, chinese = (
        [[plain(line) for line in block] for block in blocks(PAGES[lang], language)] for lang in ("en", "zh")
    )
    assert english == chinese
    assert len(english) >= 3


@pytest.mark.parametrize("lang", PAGES)
def test_the_tables_show_every_byte_of_the_packet(lang: str) -> None:
    rows = re.findall(r"^\| `([0-9a-f ]+)` \|", PAGES[lang].read_text("utf-8"), re.MULTILINE)
    table = next(iter(open_session(str(EXAMPLE)).tables_with(())))
    begin = int(table.chunk.start[4])
    packet = table.chunk.data[begin : begin + int(table.chunk.captured[4])].tobytes()
    assert bytes.fromhex(" ".join(rows)) == packet


@pytest.mark.parametrize("lang", PAGES)
def test_the_numbers_told_are_those_of_the_example(lang: str) -> None:
    text = PAGES[lang].read_text("utf-8")
    table = next(iter(open_session(str(EXAMPLE)).tables_with(("tcp",))))
    numbers = table.rows("tcp").values("seq_raw", 0)
    for isn in (int(numbers[0]), int(numbers[1])):
        assert f"= {isn}" in text
        assert f"+ 1 = {isn + 1}" in text


@pytest.mark.parametrize(
    ("lang", "answers"),
    [
        (
            "en",
            ("Capturing is not permitted", "*capture filter*", "*display filter*", "A switch sends a frame"),
        ),
        ("zh", ("没有抓包权限", "*捕获过滤器*", "*显示过滤器*", "交换机只把帧送到")),
    ],
)
def test_what_no_packet_can_answer_is_answered_here(lang: str, answers: tuple[str, ...]) -> None:
    text = PAGES[lang].read_text("utf-8")
    assert [words for words in answers if words not in text] == []


class Neighbours(Host):
    """A host 192.0.2.10 with `eth0`, and at its other end 192.0.2.80, which serves a page."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._programs()
        self.server = self.start("unshare", "-n", "sh", "-c", "echo up; exec sleep 3600")
        assert self.server.stdout is not None
        assert self.server.stdout.readline() == "up\n", self.server.communicate()[1]
        there = self._inside_of(self.server)
        for command in (
            "ip link add eth0 type veth peer name other",
            f"ip link set other netns {there}",
            "ip link set eth0 addrgenmode none",
            "ip addr add 192.0.2.10/24 dev eth0",
            "ip link set eth0 up",
            f"nsenter -t {there} -n ip link set other addrgenmode none",
            f"nsenter -t {there} -n ip addr add 192.0.2.80/24 dev other",
            f"nsenter -t {there} -n ip link set other up",
        ):
            code, _, err = self.run(*command.split())
            assert code == 0, f"{command}: {err}"
        web = self.start("nsenter", "-t", str(there), "-n", sys.executable, "-c", SERVE)
        assert web.stdout is not None
        assert web.stdout.readline() == "serving\n"

    def _inside_of(self, process: subprocess.Popen[str]) -> int:
        """The process itself: `nsenter` and `unshare` become what they start."""
        return process.pid

    def _programs(self) -> None:
        """A folder with the programs that the page names, for the search path."""
        own = {"synfin": "-m synfin", "ping": f"-c {shlex.quote(PING)}", "curl": f"-c {shlex.quote(CURL)}"}
        for name, arguments in own.items():
            if name == "synfin" or shutil.which(name) is None:
                program = self.folder / name
                program.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
                program.chmod(0o755)

    def begin(self, command: str) -> subprocess.Popen[str]:
        """Start what a line says."""
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        inside = f"cd {shlex.quote(str(self.folder))}; exec {command}"
        return self.start("sh", "-c", inside, environment={"PATH": path, "LC_ALL": "C.UTF-8"})

    def execute(self, block: list[str]) -> None:
        """Run a block: a capture goes on until ^C, everything else to its end."""
        capture: subprocess.Popen[str] | None = None
        for line in block:
            command = line.removeprefix("$ ")
            if command.startswith("synfin capture"):
                capture = self.begin(command)
                assert capture.stderr is not None
                assert capture.stderr.readline().startswith("Capturing on ")
            elif command == "^C":
                assert capture is not None
                self._wait_until_closed()
                capture.send_signal(signal.SIGINT)
                _, err = capture.communicate(timeout=PATIENCE)
                assert capture.returncode == 0, err
            else:
                made = self.begin(command)
                out, err = made.communicate(timeout=PATIENCE)
                assert made.returncode == 0, f"{command}: {out}{err}"

    def _wait_until_closed(self) -> None:
        """Until the page's connection is gone, and the capture has had the time to take its last packet."""
        end = time.monotonic() + PATIENCE
        while "192.0.2.80" in self.run("ss", "-Htn", "state", "connected", "exclude", "time-wait")[1]:
            assert time.monotonic() < end
            time.sleep(0.05)
        time.sleep(0.5)


@pytest.fixture
def neighbours(tmp_path: Path) -> Iterator[Neighbours]:
    with Neighbours(tmp_path) as made:
        yield made


@pytest.mark.parametrize("lang", PAGES)
def test_every_live_command_does_what_the_page_says(neighbours: Neighbours, lang: str) -> None:
    for block in blocks(PAGES[lang], "sh"):
        neighbours.execute(block)
    made = {path.name for path in neighbours.folder.iterdir()}
    assert {
        "page.pcapng",
        "watched.pcapng",
        "page.html",
        "ladder.svg",
        "questions.md",
        "solutions.md",
    } <= made
    for block in blocks(PAGES[lang], "console"):
        for line in block:
            own = line.removeprefix("$ ").replace("examples/page.pcapng", "page.pcapng")
            made_by = neighbours.begin(f"sh -c {shlex.quote(own)}")
            out, err = made_by.communicate(timeout=PATIENCE)
            assert made_by.returncode == 0, f"{own}: {err}"
            assert out, own
    listed = neighbours.begin("synfin read page.pcapng").communicate(timeout=PATIENCE)[0]
    for said in ("Who has 192.0.2.80?", "Echo (ping) request", "[SYN]", "GET / HTTP/1.1", "[FIN, ACK]"):
        assert said in listed
