"""How many packets a second a capture to a file takes, and what that costs.

    python benchmarks/live.py [PACKETS A SECOND] [SECONDS]

Makes a network namespace (as root, or where the system lets ordinary users), floods its loopback interface
with datagrams of 64 bytes by sendmmsg(2), and compares what was sent with what is in the file.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synfin.capture.source import open_capture

NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000
AT_ONCE = 512


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


def flood(sender: socket.socket, rate: float, seconds: float) -> int:
    """Send; returns how many datagrams."""
    libc = ctypes.CDLL(None)
    payload = ctypes.create_string_buffer(b"x" * 64, 64)
    piece = _Piece(ctypes.addressof(payload), 64)
    messages = (_Message * AT_ONCE)()
    for message in messages:
        message.header.pieces, message.header.piece_count = ctypes.pointer(piece), 1
    sent, begin = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < seconds:
        due = int(elapsed * rate) - sent
        if due > 0:
            sent += libc.sendmmsg(sender.fileno(), messages, min(due, AT_ONCE), 0)
        else:
            time.sleep(0.0002)
    return sent


def processor_time(process: int) -> float:
    """Seconds that a process has used, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure once, and print it."""
    rate, seconds = (float(word) for word in (*sys.argv[1:], *("160000", "5")[len(sys.argv) - 1 :]))
    if ctypes.CDLL(None).unshare(NEW_NETWORK | (0 if os.geteuid() == 0 else NEW_USER)):
        sys.exit("Network namespaces are not permitted here.")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder, socket.socket(type=socket.SOCK_DGRAM) as receiver:
        path = Path(folder, "flood.pcapng")
        command = [sys.executable, "-m", "synfin", "capture", "-i", "lo", "-w", str(path)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        process.stderr.readline()
        before = processor_time(process.pid)
        receiver.bind(("127.0.0.1", 9999))
        with socket.socket(type=socket.SOCK_DGRAM) as sender:
            sender.connect(receiver.getsockname())
            sent = flood(sender, rate, seconds)
        time.sleep(1)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        used, helping = processor_time(process.pid) - before, processor_time(int(children[0]))
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1].splitlines()[0]
        with open_capture(path) as capture:
            found = sum(len(chunk) for chunk in capture.chunks())
    print(f"sent {sent} at {sent / seconds:.0f}/s; in the file {found}; {said}")
    print(f"processor time after its start: {used:.2f} s, the capturing process {helping:.2f} s")


if __name__ == "__main__":
    main()
