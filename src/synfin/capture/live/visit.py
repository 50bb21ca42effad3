"""A visit is one conversation with a server, held on purpose so that it can be captured and looked at."""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import time
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from synfin.basics.errors import EngineError, ExportError
from synfin.capture.live.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.capture.live.wire import Wire

PORTS = {"http": 80, "https": 443}
PATIENCE = 5.0
"""Seconds that each step may take."""

GRACE, SILENCE = 5.0, 0.7
"""Seconds to wait for the end of a closed connection at most, and without a packet."""

MOST_BODY = 1 << 20
"""Bytes of an answer that are fetched."""

ECHO_REQUEST, ECHO_REQUEST_V6 = 8, 128


class Target(NamedTuple):
    """Whom to visit.

    Attributes:
        scheme: "http", "https", or "" to connect and no more.
        host: name or address.
        port: TCP port.
        path: what to fetch.
    """

    scheme: str
    host: str
    port: int
    path: str


def target_of(text: str) -> Target:
    """Whom a URL or HOST[:PORT] means; a host without a port is asked for its page.

    Raises:
        EngineError: it is neither.
    """
    scheme, separator, _ = text.partition("://")
    parts = urlsplit(text if separator else f"//{text}")
    scheme = scheme if separator else ""
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not parts.hostname or port == -1 or scheme not in ("", *PORTS):
        raise EngineError(f"{text} is no http or https URL and no HOST:PORT.")
    if not scheme and port is None:
        scheme = "http"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, parts.hostname, port or PORTS[scheme], path)


def addresses(target: Target) -> list[str]:
    """The addresses of the host, as the system's resolver orders them.

    Raises:
        EngineError: it has none.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EngineError(f"{target.host} has no address: {reason}.") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def reachable(target: Target) -> tuple[str, str]:
    """The first address of the host to which there is a way, after the address of this machine on it.

    Raises:
        EngineError: the host has no address, or there is no way to any.
    """
    reason = ""
    for address in addresses(target):
        with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:  # UDP: connecting sends nothing
            try:
                probe.connect((address, target.port))
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            return str(probe.getsockname()[0]), address
    raise EngineError(f"There is no way to {target.host}: {reason}.")


class Visit:
    """One conversation, step by step.

    Args:
        target: whom to visit.
        address: of the host.

    Attributes:
        local_port: our TCP port, 0 while there is none.
    """

    def __init__(self, target: Target, address: str) -> None:
        self.local_port = 0
        self._target = target
        self._address = address

    def steps(self) -> Iterator[str]:
        """Hold it; yields what came of each step, as a clause."""
        yield self._resolved()
        yield self._pinged()
        begin = time.monotonic()
        try:
            with socket.socket(_family(self._address), socket.SOCK_STREAM) as connection:
                connection.settimeout(PATIENCE)
                connection.bind(("::" if ":" in self._address else "0.0.0.0", 0))  # noqa: S104 - not a listener
                self.local_port = int(connection.getsockname()[1])
                connection.connect((self._address, self._target.port))
                yield f"connected to port {self._target.port} after {_milliseconds(begin)}"
                if self._target.scheme:
                    yield self._fetched(connection)
            yield "closed"
        except (OSError, http.client.HTTPException) as error:
            yield f"failed after {_milliseconds(begin)}: {getattr(error, 'strerror', None) or error}"

    def _resolved(self) -> str:
        """Ask once more, now that it is captured."""
        return f"{self._target.host} is {', '.join(addresses(self._target))}"

    def _pinged(self) -> str:
        is_6 = ":" in self._address
        protocol = socket.IPPROTO_ICMPV6 if is_6 else socket.IPPROTO_ICMP
        message = bytes([ECHO_REQUEST_V6 if is_6 else ECHO_REQUEST, 0, 0, 0, 0, 0, 0, 1]) + os.urandom(48)
        begin = time.monotonic()
        try:
            with socket.socket(_family(self._address), socket.SOCK_DGRAM, protocol) as echo:
                echo.connect((self._address, 0))
                echo.send(message)
                if not select.select([echo], [], [], 1.0)[0]:
                    return "no answer to a ping within a second"
                echo.recv(1 << 16)
        except PermissionError:
            return "no ping: not permitted here (net.ipv4.ping_group_range)"
        except OSError as error:
            return f"no ping: {error.strerror or error}"
        return f"a ping was answered after {_milliseconds(begin)}"

    def _fetched(self, connection: socket.socket) -> str:
        target = self._target
        request = http.client.HTTPConnection(target.host, target.port, timeout=PATIENCE)
        request.sock = connection
        if target.scheme == "https":
            request.sock = ssl.create_default_context().wrap_socket(connection, server_hostname=target.host)
        with request.sock:
            headers = {"Connection": "close", "User-Agent": "synfin", "Accept": "*/*"}
            request.request("GET", target.path, headers=headers)
            answer = request.getresponse()
            body = answer.read(MOST_BODY)
        return f"GET {target.path}: {answer.status} {answer.reason}, {len(body)} bytes"


def watched(visit: Visit, wire: Wire, path: str) -> Iterator[str]:
    """Hold a visit while its packets are written to a file; yields what came of each step.

    Args:
        visit: the conversation.
        wire: what is captured meanwhile; stopped when all is quiet again.
        path: of the file.

    Raises:
        ExportError: the file cannot be written.
    """
    with recorded(wire, path):
        yield from visit.steps()
    yield f"{wire.packets} packets captured, {wire.dropped} dropped"


@contextmanager
def recorded(wire: Wire, path: str) -> Iterator[None]:
    """Write what is captured to a file while the block runs, and until all is quiet again; stops the wire.

    Raises:
        ExportError: the file cannot be written.
    """
    failures: list[ExportError] = []
    with Recording(path, wire) as recording:
        writer = Thread(target=_record, args=(wire, recording, failures))
        writer.start()
        try:
            yield
            _wait_for_silence(wire)
        finally:
            wire.stop()
            writer.join()
    if failures:
        raise failures[0]


def _record(wire: Wire, recording: Recording, failures: list[ExportError]) -> None:
    try:
        for batch in wire.batches():
            recording.take(batch)
    except ExportError as error:
        failures.append(error)


def _wait_for_silence(wire: Wire) -> None:
    """Wait for what a closed connection still has to say."""
    end = time.monotonic() + GRACE
    seen, since = -1, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < SILENCE:
        if wire.packets != seen:
            seen, since = wire.packets, time.monotonic()
        time.sleep(0.05)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _milliseconds(begin: float) -> str:
    return f"{(time.monotonic() - begin) * 1000:.1f} ms"
