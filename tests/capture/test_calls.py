"""Every port that a command uses is known, however short the use, and the command does not notice."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Self

import pytest

from synfin.capture.live.calls import Started, prepared
from synfin.capture.live.sockets import Listening, Port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60
TALK = """
import os, socket
def talk(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"hello")
        return connection.recv(9)
"""


class Server:
    """Answers every connection with a word and closes it; notes where each came from.

    Attributes:
        port: where it listens.
        callers: ports of those that called, in order.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.callers: list[int] = []
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, (_, port) = self._listener.accept()
            except OSError:
                return
            self.callers.append(port)
            with connection:
                connection.recv(9)
                connection.sendall(b"answer")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


@contextmanager
def begun(*command: str) -> Iterator[tuple[subprocess.Popen[bytes], Listening]]:
    """A command that has begun, and what is learnt of it."""
    started = prepared(command, interruptible=True)
    if started.calls is None:
        pytest.skip("this system does not hold calls")
    listening = Listening(started.calls)
    try:
        started.go()
        yield started.process, listening
    finally:
        started.process.kill()
        started.process.wait()
        listening.stop()


def ports_of(*command: str) -> tuple[int, set[Port]]:
    """Exit status of a command, and the ports it used."""
    with begun(*command) as (process, listening):
        status = process.wait(PATIENCE)
    return status, listening.ports


def python(*lines: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", TALK + "\n".join(lines))


def test_a_connection_that_is_over_at_once_is_known_every_time(server: Server) -> None:
    for _ in range(20):
        status, ports = ports_of(*python(f"talk({server.port}); os._exit(7)"))
        assert status == 7
        assert ports == {Port("tcp", server.callers[-1])}
    assert len(server.callers) == 20


def test_who_is_killed_in_the_midst_of_it_is_known(server: Server) -> None:
    for _ in range(10):
        status, ports = ports_of(*python(f"talk({server.port})", "os.kill(os.getpid(), 9)"))
        assert status == -signal.SIGKILL
        assert ports == {Port("tcp", server.callers[-1])}


def test_children_and_threads_are_known(server: Server) -> None:
    grandchild = (*python(f"talk({server.port})"),)
    status, ports = ports_of(
        *python(
            "import threading",
            f"child = os.fork() or (talk({server.port}), os._exit(0))",
            f"many = [threading.Thread(target=talk, args=[{server.port}]) for _ in range(8)]",
            "[each.start() for each in many]",
            f"os.spawnv(os.P_WAIT, '/bin/sh', ['sh', '-c', '\"$@\"; true', 'sh', *{grandchild!r}])",
            "[each.join() for each in many]",
            "os.waitpid(child, 0)",
        )
    )
    assert status == 0
    assert len(server.callers) == 10
    assert ports == {Port("tcp", port) for port in server.callers}


def test_one_socket_after_a_refusal_has_another_port(server: Server) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with begun(
            *python(
                "made = socket.socket()",
                f"made.connect_ex(('127.0.0.1', {port}))",
                "print(made.getsockname()[1])",
                f"made.connect(('127.0.0.1', {server.port}))",
                "made.send(b'x'), made.recv(9)",
            )
        ) as (process, listening):
            assert process.wait(PATIENCE) == 0
    assert Port("tcp", server.callers[0]) in listening.ports
    assert len(listening.ports) == 2


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("made = socket.socket(); made.bind(('127.0.0.1', 0)); made.listen()", "tcp"),
        ("made = socket.socket(); made.listen()", "tcp"),
        ("made = socket.socket(type=socket.SOCK_DGRAM); made.bind(('127.0.0.1', 0))", "udp"),
        ("made = socket.socket(type=socket.SOCK_DGRAM); made.connect(('127.0.0.1', 9))", "udp"),
        ("made = socket.socket(type=socket.SOCK_DGRAM); made.sendto(b'', ('127.0.0.1', 9))", "udp"),
        ("made = socket.socket(type=socket.SOCK_DGRAM); made.sendmsg([b''], [], 0, ('127.0.0.1', 9))", "udp"),
    ],
)
def test_every_way_to_a_port_is_known(line: str, kind: str, tmp_path: Path) -> None:
    answer = tmp_path / "port"
    status, ports = ports_of(*python(line, f"open({str(answer)!r}, 'w').write(str(made.getsockname()[1]))"))
    assert status == 0
    assert ports == {Port(kind, int(answer.read_text()))}


def test_what_has_no_port_goes_on_as_before(tmp_path: Path) -> None:
    at = str(tmp_path / "door")
    status, ports = ports_of(
        *python(
            "made = socket.socket(socket.AF_UNIX)",
            f"made.bind({at!r})",
            "made.listen()",
            f"socket.socket(socket.AF_UNIX).connect({at!r})",
            "failed = socket.socket().connect_ex(('240.0.0.1', 80))",
            "pair = socket.socketpair()",
            "pair[0].sendmsg([b'as ever'])",
            "os._exit(pair[1].recv(9) != b'as ever')",
        )
    )
    assert status == 0
    assert {port.protocol for port in ports} <= {"tcp"}  # where there is a default route, one was tried


def test_signals_and_the_exit_status_are_those_of_the_command() -> None:
    with begun("sleep", "600") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == -signal.SIGTERM
    pattern = f"SigIgn:.{'.' * 12}[02468ace]...$"  # without SIGPIPE, which Python ignores for itself
    status, _ = ports_of("grep", "-q", pattern, "/proc/self/status")
    assert status == 0


def test_a_program_that_is_not_there_is_an_error() -> None:
    started = prepared(["/nowhere/at/all"], interruptible=True)
    with pytest.raises(FileNotFoundError):
        started.go()
    if started.calls is not None:
        started.calls.close()


def test_where_calls_are_not_held_the_command_runs_all_the_same(server: Server) -> None:
    started = Started(python(f"os._exit(talk({server.port}) != b'answer')"), interruptible=True, held=False)
    assert started.calls is None
    started.go()
    assert started.process.wait(PATIENCE) == 0
