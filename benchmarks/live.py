"""How many packets a second a capture to a file takes, and what that costs.

    python benchmarks/live.py [PACKETS A SECOND] [SECONDS] [--json]

Makes a network namespace (as root, or where the system lets ordinary users), floods its loopback interface
with numbered datagrams of 64 bytes by sendmmsg(2), and compares what was sent with what is in the file.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from synfin.capture.source import open_capture

NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000
AT_ONCE = 512
SIZE = 64
PAYLOAD = 42
"""Where it begins in a frame: behind Ethernet, IPv4 and UDP headers."""


class _Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("pieces", ctypes.POINTER(_Piece)),
        ("piece_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


class Measured(NamedTuple):
    """What came of a flood.

    Attributes:
        sent: datagrams.
        rate: of them a second.
        found: packets in the file.
        in_order: whether they are exactly those that were sent.
        dropped: what the capture says of itself.
        writing, capturing: processor time of the two processes, seconds, after the start.
    """

    sent: int
    rate: float
    found: int
    in_order: bool
    dropped: int
    writing: float
    capturing: float


def flood(sender: socket.socket, rate: float, seconds: float) -> int:
    """Send numbered datagrams; returns how many."""
    libc = ctypes.CDLL(None)
    payloads = np.zeros((AT_ONCE, SIZE // 8), "<u8")
    pieces = [_Piece(payloads.ctypes.data + SIZE * row, SIZE) for row in range(AT_ONCE)]
    messages = (_Message * AT_ONCE)()
    for message, piece in zip(messages, pieces, strict=True):
        message.header.pieces, message.header.piece_count = ctypes.pointer(piece), 1
    sent, begin = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < seconds:
        due = int(elapsed * rate) - sent
        if due > 0:
            payloads[:, 0] = np.arange(sent, sent + AT_ONCE)
            sent += max(libc.sendmmsg(sender.fileno(), messages, min(due, AT_ONCE), 0), 0)
        else:
            time.sleep(0.0002)
    return sent


def processor_time(process: int) -> float:
    """Seconds that a process has used, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def numbers(path: Path) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The numbers of the datagrams in a file."""
    with open_capture(str(path)) as capture:
        found = [
            chunk.data[chunk.start[:, None] + np.arange(PAYLOAD, PAYLOAD + 8)].view("<i8").ravel()
            for chunk in capture.chunks()
        ]
    return np.concatenate([np.empty(0, np.int64), *found])


def measured(rate: float, seconds: float, path: Path) -> Measured:
    """Flood this network namespace while it is captured to a file."""
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 9999))
        sender.connect(receiver.getsockname())
        command = [sys.executable, "-m", "synfin", "capture", "-i", "lo", "-w", str(path)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        process.stderr.readline()  # it is on
        before = processor_time(process.pid)
        sent = flood(sender, rate, seconds)
        time.sleep(1)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        used, helping = processor_time(process.pid) - before, processor_time(int(children[0]))
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    found = numbers(path)
    dropped = re.search(r"(\d+) dropped", said)
    return Measured(
        sent,
        sent / seconds,
        len(found),
        np.array_equal(found, np.arange(sent)),
        int(dropped[1]) if dropped else -1,
        used,
        helping,
    )


def main() -> None:
    """Measure once, and print it."""
    given = [word for word in sys.argv[1:] if word != "--json"]
    rate, seconds = (float(word) for word in (*given, *("160000", "5")[len(given) :]))
    if ctypes.CDLL(None).unshare(NEW_NETWORK | (0 if os.geteuid() == 0 else NEW_USER)):
        sys.exit("Network namespaces are not permitted here.")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        seen = measured(rate, seconds, Path(folder, "flood.pcapng"))
    if "--json" in sys.argv:
        print(json.dumps(seen._asdict()))
        return
    order = "all, in order" if seen.in_order else "NOT what was sent"
    print(
        f"sent {seen.sent} at {seen.rate:.0f}/s; in the file {seen.found} ({order}); {seen.dropped} dropped"
    )
    million = 1e6 / max(seen.sent, 1)
    print(
        f"processor time: writing {seen.writing:.2f} s, capturing {seen.capturing:.2f} s: "
        f"{100 * (seen.writing + seen.capturing) / seconds:.0f} % of a core, "
        f"{million * (seen.writing + seen.capturing):.2f} s per million packets"
    )


if __name__ == "__main__":
    main()
