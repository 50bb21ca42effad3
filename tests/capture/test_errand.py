"""A command is captured alone, whatever else goes on, and ends as it would have."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from synfin.capture.live.errand import filter_of
from synfin.capture.live.sockets import Port
from tests.capture.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = """
import socket
listener = socket.create_server(("127.0.0.1", 8080), backlog=64)
print("serving")
while True:
    connection, _ = listener.accept()
    with connection:
        connection.recv(9)
        connection.sendall(b"answer")
"""

CALL = """
import os, socket, sys
with socket.create_connection(("127.0.0.1", 8080)) as connection:
    connection.sendall(sys.argv[1].encode())
    answer = connection.recv(9)
"""

NOISE = """
import socket, time
while True:
    with socket.create_connection(("127.0.0.1", 8080)) as connection:
        connection.sendall(b"noise")
        connection.recv(9)
    time.sleep(0.02)
"""

FORBID = """
import ctypes, os, platform, sys
from synfin.capture.live.calls import ALLOW, EQUAL, LOAD, MACHINES, NUMBER, RETURN, Program
steps = [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 1, MACHINES[platform.machine()].install),
         (RETURN, 0, 0, 0x50026), (RETURN, 0, 0, ALLOW)]
assert ctypes.CDLL(None).prctl(22, ctypes.c_ulong(2), ctypes.byref(Program.of(steps)), 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-m", "synfin", *sys.argv[1:]])
"""
"""Runs our program where seccomp(2) is not there: PR_SET_SECCOMP, SECCOMP_RET_ERRNO, ENOSYS."""


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with a server on port 8080."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("runs commands only on hosts of its own, which take Linux, unshare and nsenter")
    with Host() as made:
        server = made.start(sys.executable, "-u", "-c", SERVE)
        assert server.stdout is not None
        assert server.stdout.readline() == "serving\n"
        yield made


def said_in(host: Host, path: Path) -> list[str]:
    """What was said in each connection of a capture, however often a busy machine had to send it."""
    _, rows, _ = host.synfin("connections", path, "--format", "json")
    return [host.synfin("follow", path, str(row["number"]), "--format", "raw")[1] for row in json.loads(rows)]


def test_a_filter_is_made_of_the_ports() -> None:
    ports = frozenset({Port("tcp", 80), Port("tcp", 443), Port("udp", 53)})
    assert filter_of(ports) == "tcp.port in {80, 443} || udp.port in {53}"
    assert filter_of(frozenset()) == ""


def test_a_command_is_captured_alone_and_ends_as_it_did(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "command.pcapng"
    host.start(sys.executable, "-c", NOISE)
    for status in (7, 0):
        call = (sys.executable, "-c", f"{CALL}\nprint(answer)\nos._exit({status})", "hello")
        code, out, err = host.synfin("run", "-w", path, "--", *call)
        assert code == status, err
        assert "after using 1 local ports" in err
        assert "[SYN]" in out
        assert "three-way handshake" in out
        assert said_in(host, path) == ["helloanswer"]


def test_what_it_leaves_running_belongs_to_it(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "command.pcapng"
    script = 'exec 2>/dev/null; (sleep 1; exec "$@") & exit 3'
    code, _, err = host.synfin(
        "run", "-w", path, "--", "sh", "-c", script, "sh", sys.executable, "-c", CALL, "late"
    )
    assert code == 3, err
    assert "of its processes still run; Ctrl-C ends the capture without them" in err
    assert said_in(host, path) == ["lateanswer"]


def test_a_request_to_end_is_passed_on_to_it(host: Host) -> None:
    process = host.start(
        sys.executable, "-m", "synfin", "run", "--", "sh", "-c", "sleep 30 >/dev/null 2>&1 & echo begun; wait"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    assert "still run" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, err
    assert "sh ended with status 143, after using 0 local ports" in err
    assert "No TCP connection of its own was seen." in out + err


def test_a_command_that_is_not_there_is_told_of(host: Host) -> None:
    code, _, err = host.synfin("run", "--", "/nowhere/at/all")
    assert (code, "/nowhere/at/all cannot be run: No such file or directory." in err) == (2, True)


def test_where_calls_cannot_be_held_its_sockets_are_looked_for(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "command.pcapng"
    slow = f"{CALL}\nimport time\nwith socket.create_connection(('127.0.0.1', 8080)): time.sleep(2)"
    call = (sys.executable, "-c", slow, "hello")
    code, _, err = host.run(sys.executable, "-c", FORBID, "run", "-w", path, "--", *call)
    assert code == 0, err
    assert "those open for a few milliseconds only may be missing" in err
    assert path.stat().st_size > 500
