"""A client and a server joined by a link of ours, on which we decide the fate of every single frame.

    client 192.0.2.10 ── eth0 ══ link ══ eth0 ── server 192.0.2.80

Nothing here is connected to anything else: no route, no uplink, no name server.
"""

from __future__ import annotations

import heapq
import random
import select
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Self

from synfin.demo.frames import Frame, Segment, open_frames, receive, segment_of
from synfin.demo.namespace import PATIENCE, TCP_INFO_SIZE, Namespace, Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

CLIENT, SERVER = "192.0.2.10", "192.0.2.80"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8::80"
CLIENT_MAC, SERVER_MAC = "02:00:00:00:00:10", "02:00:00:00:00:80"
HTTP = 80
INFO = (
    *("state", "ca_state", "retransmits", "probes", "backoff", "options", "scales", "limited"),
    *("rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets"),
    *("last_data_sent", "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu", "rcv_ssthresh"),
    *("rtt", "rttvar", "snd_ssthresh", "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space"),
    "total_retrans",
)
"""The first fields of struct tcp_info (linux/tcp.h), times in microseconds or milliseconds as there."""

TICK = 0.01
"""Seconds after which the link looks at the clock at the latest."""

IPV4, IPV6, STREAM = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM


class Passing(NamedTuple):
    """A frame that enters the link; `flags` and the rest are 0 where it is no TCP segment."""

    from_client: bool
    flags: int = 0
    payload: int = 0  # bytes
    size: int = 0  # bytes of the frame
    is_tcp: bool = True


class Passage(NamedTuple):
    """What the link did with a TCP segment: a line of its log.

    Attributes:
        time: when it came, ns since 1970.
        from_client: which way it went.
        seq, flags, payload: of the segment.
        fate: "forward", "drop", "late", "duplicate" or "rewritten".
    """

    time: int
    from_client: bool
    seq: int
    flags: int
    payload: int
    fate: str


class Weather(NamedTuple):
    """What a link does to frames by chance, the same chance for the same seed.

    Attributes:
        delay: seconds one way.
        loss: the share of frames that it loses.
        rate: bytes per second that it carries each way; 0 for no limit.
        seed: of the chance.
    """

    delay: float = 0.010
    loss: float = 0.0
    rate: int = 0
    seed: int = 1


def never(_: Passing) -> bool:
    """Pick nothing."""
    return False


class Link:
    """Carries frames both ways, each after a delay, except those that something else is decided for.

    Attributes:
        loses: picks segments that are lost.
        holds: picks segments that come later than they should.
        doubles: picks segments that arrive twice.
        rewrites: changes a frame on its way (a meddling middlebox).
        impairs: instead of all these, says for each frame and the present time (`time.monotonic`) when it
            arrives: not at all (no time), once, or as often as there are times.
        passed: every frame it has carried; those of the client are `outgoing`.
        log: what became of every TCP segment.
        late: seconds that it was ever late, at most: how busy this machine was with other things.
    """

    def __init__(self, hub: Namespace, weather: Weather) -> None:
        self.weather = weather
        self.loses: Callable[[Passing], bool] = never
        self.holds: Callable[[Passing], bool] = never
        self.hold = 0.0
        self.doubles: Callable[[Passing], bool] = never
        self.rewrites: Callable[[bytes], bytes] = bytes
        self.impairs: Callable[[Frame, float], Sequence[float]] | None = None
        self.passed: list[Frame] = []
        self.log: list[Passage] = []
        self.late = 0.0
        self._chance = random.Random(weather.seed)
        self._free = [0.0, 0.0]
        self._sides = (open_frames(hub, "client"), open_frames(hub, "server"))
        self._stop, self._stopper = socket.socketpair()
        self._waiting: list[tuple[float, int, socket.socket, bytes]] = []
        self._order = 0
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @property
    def delay(self) -> float:
        """Seconds one way."""
        return self.weather.delay

    def _carry(self) -> None:
        while True:
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                due, _, out, data = heapq.heappop(self._waiting)
                out.send(data)
                self.late = max(self.late, now - due)
            rest = min(max(self._waiting[0][0] - now, 0), TICK) if self._waiting else TICK
            ready, _, _ = select.select([*self._sides, self._stop], [], [], rest)
            if not ready:
                self.late = max(self.late, time.monotonic() - now - rest)
            if self._stop in ready:
                return
            for side in ready:
                self._take(side)

    def _take(self, side: socket.socket) -> None:
        frame = receive(side)
        if frame is None or frame.outgoing:
            return
        from_client = side is self._sides[0]
        if self.impairs:
            carried = frame._replace(outgoing=from_client)
            for due in self.impairs(carried, time.monotonic()):
                self.passed.append(carried)
                self._arrive(due, from_client, frame.data)
            return
        segment: Segment | None = segment_of(frame.data)
        passing = Passing(from_client, size=len(frame.data), is_tcp=False)
        if segment:
            passing = Passing(from_client, segment.flags, segment.payload, len(frame.data))
        data, fate, delays = self._decide(frame.data, passing)
        if segment:
            self.log.append(
                Passage(frame.time, from_client, segment.seq, segment.flags, segment.payload, fate)
            )
        for delay in delays:
            self._send(data, from_client, delay)
        if delays:
            self.passed.append(Frame(frame.time, from_client, data))

    def _decide(self, data: bytes, passing: Passing) -> tuple[bytes, str, tuple[float, ...]]:
        """What becomes of a frame: its bytes, one word, and after which delays it arrives."""
        weather = self.weather
        unlucky = bool(weather.loss) and self._chance.random() < weather.loss
        if unlucky or self.loses(passing):
            return data, "drop", ()
        if self.holds(passing):
            return data, "late", (weather.delay + self.hold,)
        if self.doubles(passing):
            return data, "duplicate", (weather.delay, weather.delay + 0.001)
        changed = self.rewrites(data)
        return changed, "forward" if changed == data else "rewritten", (weather.delay,)

    def _send(self, data: bytes, from_client: bool, delay: float) -> None:  # noqa: FBT001 - a side
        """Have a frame arrive at the other side, when those before it are through."""
        begin = max(time.monotonic(), self._free[from_client])
        busy = len(data) / self.weather.rate if self.weather.rate else 0.0
        self._free[from_client] = begin + busy
        self._arrive(begin + busy + delay, from_client, data)

    def _arrive(self, due: float, from_client: bool, data: bytes) -> None:  # noqa: FBT001 - a side
        self._order += 1
        heapq.heappush(self._waiting, (due, self._order, self._sides[from_client], data))

    def close(self) -> None:
        """Stop carrying."""
        self._stopper.send(b".")
        self._thread.join()
        for end in (*self._sides, self._stop, self._stopper):
            end.close()


class Laboratory:
    """Two hosts and a link, made for one recording and gone after it."""

    def __init__(self, weather: Weather | None = None, *, neighbours_known: bool = True) -> None:
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
        self.link = Link(hub, weather or Weather())
        self._open: list[Remembered] = []

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

    def be_patient(self) -> None:
        """Have both hosts wait longer before they resend.

        Where nothing is lost nothing shall be resent, even if this machine is so busy that the link carries
        a frame late.
        """
        for host, address in ((self.client, CLIENT), (self.server, SERVER)):
            host.set("net/ipv4/tcp_early_retrans", 0)
            network = address.rpartition(".")[0] + ".0/24"
            host.ip(f"route change {network} dev eth0 scope link src {address} proto kernel rto_min 600ms")

    def enable_ipv6(self) -> None:
        """Give both hosts an IPv6 address."""
        for host, address in ((self.client, CLIENT6), (self.server, SERVER6)):
            host.set("net/ipv6/conf/all/disable_ipv6", 0)
            host.ip(f"addr add {address}/64 dev eth0 nodad")

    def new_socket(
        self, host: Namespace, family: int = IPV4, kind: int = STREAM, protocol: int = 0
    ) -> Remembered:
        """A socket on one of the hosts, closed at the latest with the laboratory."""
        made = host.new_socket(family, kind, protocol)
        self._open.append(made)
        return made

    def listener(self, address: str = SERVER, port: int = HTTP, backlog: int = 4) -> socket.socket:
        """A listening socket on the server, which keeps so many connections waiting."""
        made = self.new_socket(self.server, IPV6 if ":" in address else IPV4)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(backlog)
        return made

    def connection(self, address: str = SERVER) -> tuple[socket.socket, socket.socket]:
        """Open a connection; return the client's socket and the server's."""
        listener = self.listener(address)
        ours = self.new_socket(self.client, listener.family)
        ours.connect((address, HTTP))
        return ours, self.accept(listener)

    def accept(self, listener: socket.socket) -> socket.socket:
        """Accept a connection on the server."""
        accepted, _ = listener.accept()
        theirs = Remembered(fileno=accepted.detach())
        theirs.settimeout(PATIENCE)
        self._open.append(theirs)
        return theirs

    def states(self) -> list[dict[str, int]]:
        """What the kernels know, or knew at the end, of each TCP socket: the beginning of its `TCP_INFO`."""
        for each in self._open:
            each.remember()
        known = [each.state for each in self._open if len(each.state) == TCP_INFO_SIZE]
        return [dict(zip(INFO, struct.unpack("=8B24I", state), strict=True)) for state in known]

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
