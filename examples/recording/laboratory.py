"""A client and a server joined by a link of ours, on which we decide the fate of every single frame.

    client 192.0.2.10 ── eth0 ══ link ══ eth0 ── server 192.0.2.80

Nothing here is connected to anything else: no route, no uplink, no name server.
"""

from __future__ import annotations

import heapq
import select
import socket
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Self

from recording.frames import Frame, Segment, open_frames, receive, segment_of
from recording.namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

CLIENT, SERVER = "192.0.2.10", "192.0.2.80"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8::80"
CLIENT_MAC, SERVER_MAC = "02:00:00:00:00:10", "02:00:00:00:00:80"
HTTP = 80
IPV4, IPV6, STREAM = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM


class Passing(NamedTuple):
    """A TCP segment that enters the link."""

    from_client: bool
    flags: int
    payload: int  # bytes


class Link:
    """Carries frames both ways, each after `delay` seconds, except those that `loses` picks.

    Attributes:
        impairs: instead of `loses`, says for each frame and the present time (`time.monotonic`) when it
            arrives: not at all (no time), once, or as often as there are times.
        passed: every frame it has carried; those of the client are `outgoing`.
    """

    def __init__(self, hub: Namespace, delay: float) -> None:
        self.delay = delay
        self.loses: Callable[[Passing], bool] = lambda _: False
        self.impairs: Callable[[Frame, float], Sequence[float]] | None = None
        self.passed: list[Frame] = []
        self._sides = (open_frames(hub, "client"), open_frames(hub, "server"))
        self._stop, self._stopper = socket.socketpair()
        self._waiting: list[tuple[float, int, socket.socket, bytes]] = []
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        order = 0
        while True:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                _, _, out, data = heapq.heappop(self._waiting)
                out.send(data)
            rest = self._waiting[0][0] - now if self._waiting else 1.0
            ready, _, _ = select.select([*self._sides, self._stop], [], [], max(rest, 0))
            if self._stop in ready:
                return
            for side in ready:
                order += 1
                self._take(side, order)

    def _take(self, side: socket.socket, order: int) -> None:
        frame = receive(side)
        if frame is None or frame.outgoing:
            return
        from_client = side is self._sides[0]
        carried = frame._replace(outgoing=from_client)
        for due in self._arrivals(carried):
            self.passed.append(carried)
            heapq.heappush(self._waiting, (due, order, self._sides[from_client], frame.data))

    def _arrivals(self, frame: Frame) -> Sequence[float]:
        now = time.monotonic()
        if self.impairs:
            return self.impairs(frame, now)
        segment: Segment | None = segment_of(frame.data)
        return () if segment and self.loses(Passing(frame.outgoing, *segment)) else (now + self.delay,)

    def close(self) -> None:
        """Stop carrying."""
        self._stopper.send(b".")
        self._thread.join()
        for end in (*self._sides, self._stop, self._stopper):
            end.close()


class Laboratory:
    """Two hosts and a link, made for one recording and gone after it."""

    def __init__(self, *, delay: float = 0.010, neighbours_known: bool = True) -> None:
        self.client, self.server, hub = Namespace(), Namespace(), Namespace()
        self._hosts = (self.client, self.server, hub)
        sides = (
            (self.client, "client", CLIENT_MAC, CLIENT),
            (self.server, "server", SERVER_MAC, SERVER),
        )
        for host, name, mac, address in sides:
            host.ip(
                f"link add eth0 address {mac} type veth peer name {name} netns {hub.path}",
                "link set eth0 addrgenmode none",
                "link set lo up",
                f"addr add {address}/24 dev eth0",
                "link set eth0 up",
            )
            hub.ip(f"link set {name} addrgenmode none", f"link set {name} up")
            host.switch_off_offloads("eth0")
            host.set("net/ipv4/ping_group_range", "0 0")
        if neighbours_known:
            self.client.ip(f"neigh replace {SERVER} lladdr {SERVER_MAC} dev eth0 nud permanent")
            self.server.ip(f"neigh replace {CLIENT} lladdr {CLIENT_MAC} dev eth0 nud permanent")
        self.link = Link(hub, delay)
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.link.close()
        for each in self._open:
            each.close()
        for host in self._hosts:
            host.close()

    def enable_ipv6(self) -> None:
        """Give both hosts an IPv6 address."""
        for host, address in ((self.client, CLIENT6), (self.server, SERVER6)):
            host.set("net/ipv6/conf/all/disable_ipv6", 0)
            host.ip(f"addr add {address}/64 dev eth0 nodad")

    def new_socket(
        self, host: Namespace, family: int = IPV4, kind: int = STREAM, protocol: int = 0
    ) -> socket.socket:
        """A socket on one of the hosts, closed at the latest with the laboratory."""
        made = host.new_socket(family, kind, protocol)
        self._open.append(made)
        return made

    def listener(self, address: str = SERVER, port: int = HTTP) -> socket.socket:
        """A listening socket on the server."""
        made = self.new_socket(self.server, IPV6 if ":" in address else IPV4)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(4)
        return made

    def connection(self, address: str = SERVER) -> tuple[socket.socket, socket.socket]:
        """Open a connection; return the client's socket and the server's."""
        listener = self.listener(address)
        ours = self.new_socket(self.client, listener.family)
        ours.connect((address, HTTP))
        return ours, self.accept(listener)

    def accept(self, listener: socket.socket) -> socket.socket:
        """Accept a connection on the server."""
        theirs, _ = listener.accept()
        theirs.settimeout(4)
        self._open.append(theirs)
        return theirs

    def settle(self) -> None:
        """Wait until all that is on its way has arrived and been answered."""
        time.sleep(4 * self.link.delay + 0.06)


def read(source: socket.socket, count: int) -> bytes:
    """Read exactly this many bytes, or up to the end of the stream."""
    received = b""
    while len(received) < count and (more := source.recv(count - len(received))):
        received += more
    return received


def nth(wanted: int, test: Callable[[Passing], bool]) -> Callable[[Passing], bool]:
    """Pick the `wanted`-th segment, from 1, that passes a test."""
    seen = 0

    def picks(passing: Passing) -> bool:
        nonlocal seen
        seen += test(passing)
        return test(passing) and seen == wanted

    return picks
