"""Records what a kernel's TCP does over a link that loses, delays and copies segments at random.

    python examples/record_truth.py FOLDER --seeds 1 40       forty runs, each with parameters of its own
    python examples/record_truth.py FOLDER --seeds 7 8        the seventh again

Linux and root (or unshare(1)); two hosts in network namespaces of our own, nothing outside is touched.
Each run makes three files: what was captured at the client and at the server, and the truth: what the
link did with every segment, what the sending kernel says of the connection (TCP_INFO), and how its
counters (TcpExt) changed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synfin.demo.frames import LARGEST, Frame, open_frames, receive
from synfin.demo.laboratory import SERVER, Laboratory, Weather

if TYPE_CHECKING:
    from synfin.demo.namespace import Namespace

SNAP = 128
SO_RCVBUFFORCE, TCP_INFO, TCP_CONGESTION = 33, 11, 13  # asm-generic/socket.h, linux/tcp.h
LONGEST = 25.0
"""Seconds after which a run is given up."""

INFO = {"total_retrans": (100, 4), "segs_out": (136, 4), "min_rtt": (148, 4)} | {
    "data_segs_out": (156, 4),
    "busy_time": (168, 8),
    "rwnd_limited": (176, 8),
    "bytes_sent": (200, 8),
    "bytes_retrans": (208, 8),
    "dsack_dups": (216, 4),
    "reord_seen": (220, 4),
    "snd_mss": (16, 4),
}
"""Where struct tcp_info of linux/tcp.h has them."""


@dataclass(frozen=True)
class Parameters:
    """What happens in a run; probabilities from 0 to 1, times in milliseconds, sizes in bytes."""

    seed: int
    size: int
    rtt_ms: float
    loss: float
    ack_loss: float
    late: float
    late_ms: float
    dup: float
    burst: int
    sack: int
    timestamps: int
    cc: str
    gap_ms: float
    chunks: int
    reader_pause_ms: float
    jitter_ms: float
    spike_ms: float


def drawn(seed: int) -> Parameters:
    """The parameters that belong to a seed."""
    draw = random.Random(seed)
    short = draw.random() < 0.4
    return Parameters(
        seed=seed,
        size=draw.choice((3_000, 20_000, 60_000)) if short else draw.choice((200_000, 600_000, 1_000_000)),
        rtt_ms=draw.choice((2.0, 10.0, 20.0, 60.0, 150.0)),
        loss=draw.choice((0.0, 0.0, 0.005, 0.02, 0.05, 0.1)),
        ack_loss=draw.choice((0.0, 0.0, 0.02, 0.2)),
        late=draw.choice((0.0, 0.0, 0.01, 0.03)),
        late_ms=draw.choice((2.0, 6.0, 30.0)),
        dup=draw.choice((0.0, 0.0, 0.01)),
        burst=draw.choice((0, 0, 0, 5, 15)),
        sack=draw.choice((1, 1, 1, 0)),
        timestamps=draw.choice((1, 1, 0)),
        cc=draw.choice(("cubic", "cubic", "reno")),
        gap_ms=draw.choice((0.0, 60.0, 150.0)) if short else 0.0,
        chunks=draw.choice((1, 3, 8)) if short else 1,
        reader_pause_ms=draw.choice((0.0, 0.0, 0.0, 15.0)),
        jitter_ms=draw.choice((0.0, 0.0, 0.5)),
        spike_ms=draw.choice((0.0, 0.0, 0.0, 400.0)),
    )


class Fates:
    """Decides what becomes of each segment, and writes it down.

    Attributes:
        log: time, "c" or "s", raw seq, payload length, flags, what was done.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.log: list[tuple[float, str, int, int, int, str]] = []
        self._given = parameters
        self._draw = random.Random(parameters.seed ^ 0x5EED)
        self._lost_in_a_row = 0
        self._segments = 0
        self._spike_until = 0.0
        self._due = {"c": 0.0, "s": 0.0}

    def __call__(self, frame: Frame, now: float) -> tuple[float, ...]:
        """When the frame arrives, as often as it does."""
        data = frame.data
        if data[12:14] != b"\x08\x00" or data[23] != 6:
            return (now + self._given.rtt_ms / 2000,)
        at = 14 + 4 * (data[14] & 15)
        length = int.from_bytes(data[16:18], "big") - (at - 14) - 4 * (data[at + 12] >> 4)
        seq, flags = int.from_bytes(data[at + 4 : at + 8], "big"), data[at + 13] & 63
        who = "c" if frame.outgoing else "s"
        action, arrivals = self._fate(who, length, now)
        self.log.append((time.time(), who, seq, length, flags, action))
        return arrivals

    def _fate(self, who: str, length: int, now: float) -> tuple[str, tuple[float, ...]]:
        given, draw = self._given, self._draw
        due = now + given.rtt_ms / 2000 + draw.random() * given.jitter_ms / 1000
        if length == 0:
            is_lost = who == "c" and draw.random() < given.ack_loss
            return ("drop", ()) if is_lost else ("forward", (self._in_order(who, due),))
        self._segments += 1
        if given.burst and self._segments == 40:
            self._lost_in_a_row = given.burst
        if given.spike_ms and self._segments == 60:
            self._spike_until = now + given.spike_ms / 1000
        if self._lost_in_a_row:
            self._lost_in_a_row -= 1
            return "drop", ()
        if draw.random() < given.loss:
            return "drop", ()
        if now < self._spike_until:
            return "forward", (self._in_order(who, max(due, self._spike_until)),)
        if draw.random() < given.late:
            return "late", (due + given.late_ms / 1000,)
        due = self._in_order(who, due)
        if draw.random() < given.dup:
            return "dup", (due, due + draw.choice((1e-6, 1e-6, 0.003)))
        return "forward", (due,)

    def _in_order(self, who: str, due: float) -> float:
        """Then, or later so that nothing overtakes by jitter."""
        self._due[who] = max(self._due[who] + 1e-6, due)
        return self._due[who]


class Capture(threading.Thread):
    """Keeps what passes an interface.

    Attributes:
        frames: the beginnings of the frames; `lengths`: how long they were.
    """

    def __init__(self, host: Namespace, interface: str) -> None:
        super().__init__(daemon=True)
        self.frames: list[Frame] = []
        self.lengths: list[int] = []
        self._source = open_frames(host, interface)
        self._source.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
        self._source.settimeout(0.05)
        self._ends = False

    def run(self) -> None:
        """Keep frames until `stop`."""
        while not self._ends:
            try:
                frame = receive(self._source)
            except TimeoutError:
                continue
            if frame is not None:
                self.frames.append(frame._replace(data=frame.data[:SNAP]))
                self.lengths.append(len(frame.data))

    def stop(self) -> None:
        """Keep no more."""
        self._ends = True
        self.join()
        self._source.close()

    def pcap(self) -> bytes:
        """As a file: microseconds, Ethernet."""
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP, 1)]
        for frame, length in zip(self.frames, self.lengths, strict=True):
            seconds, rest = divmod(frame.time, 1_000_000_000)
            parts += [struct.pack("<IIII", seconds, rest // 1000, len(frame.data), length), frame.data]
        return b"".join(parts)


def send(out: socket.socket, given: Parameters) -> None:
    """Send everything in chunks, and wait between them."""
    share = given.size // given.chunks
    for _ in range(given.chunks):
        out.sendall(bytes(share))
        if given.gap_ms:
            time.sleep(given.gap_ms / 1000)


def take(source: socket.socket, given: Parameters) -> None:
    """Read everything, and pause as a slow program does."""
    while source.recv(LARGEST):
        if given.reader_pause_ms:
            time.sleep(given.reader_pause_ms / 1000)


def info(sender: socket.socket) -> dict[str, int]:
    """What the kernel says of the connection."""
    raw = sender.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 256)
    return {name: int.from_bytes(raw[at : at + size], "little") for name, (at, size) in INFO.items()}


def run(given: Parameters) -> tuple[bytes, bytes, dict[str, Any]]:
    """One run: both captures and the truth."""
    with Laboratory(Weather(given.rtt_ms / 2000)) as laboratory:
        for host in (laboratory.client, laboratory.server):
            host.set("net/ipv4/tcp_sack", given.sack)
            host.set("net/ipv4/tcp_timestamps", given.timestamps)
            host.set("net/ipv4/tcp_no_metrics_save", 1)
        fates = Fates(given)
        laboratory.link.impairs = fates
        captures = [Capture(host, "eth0") for host in (laboratory.client, laboratory.server)]
        for capture in captures:
            capture.start()
        before = laboratory.server.counters()
        kernel = _transfer(laboratory, given)
        time.sleep(0.5 + 4 * given.rtt_ms / 1000)
        after = laboratory.server.counters()
        for capture in captures:
            capture.stop()
    changed = {
        name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)
    }
    kernel["retrans_segs"] = changed.get("TcpRetransSegs", 0)
    truth = {
        "parameters": asdict(given),
        "sender": "server",
        "kernel": kernel,
        "counters": {
            name.removeprefix("TcpExt"): value
            for name, value in changed.items()
            if name.startswith("TcpExtTCP")
        },
        "link_columns": ["time", "from", "seq", "len", "flags", "action"],
        "link": fates.log,
    }
    return captures[0].pcap(), captures[1].pcap(), truth


def _transfer(laboratory: Laboratory, given: Parameters) -> dict[str, int]:
    listener = laboratory.listener(SERVER)
    listener.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, given.cc.encode())
    client = laboratory.new_socket(laboratory.client)
    if given.reader_pause_ms:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_000)
    client.settimeout(LONGEST)
    client.connect((SERVER, 80))
    listener.settimeout(LONGEST)
    server = laboratory.accept(listener)
    server.settimeout(LONGEST)
    client.sendall(b"GET")
    server.recv(3)
    reader = threading.Thread(target=take, args=(client, given), daemon=True)
    reader.start()
    try:
        send(server, given)
        server.shutdown(socket.SHUT_WR)
        reader.join(LONGEST)
    except TimeoutError:
        pass
    client.close()
    time.sleep(0.05 + 3 * given.rtt_ms / 1000)
    return info(server)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs=2, default=(1, 9), metavar=("FIRST", "END"))
    given = parser.parse_args()
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv])
    given.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(*given.seeds):
        parameters = drawn(seed)
        client, server, truth = run(parameters)
        name = given.folder / f"run{seed}"
        name.with_suffix(".client.pcap").write_bytes(client)
        name.with_suffix(".server.pcap").write_bytes(server)
        name.with_suffix(".truth.json").write_text(json.dumps(truth), encoding="utf-8")
        sys.stdout.write(f"{parameters} {truth['kernel']} {truth['counters']}\n")


if __name__ == "__main__":
    main()
