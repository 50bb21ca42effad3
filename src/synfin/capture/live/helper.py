"""The only process with rights: it opens one device, gives up every right, and passes packets on.

It is started with a request as JSON. Packets go to standard output as a pcap file with nanoseconds; what
there is to say goes to another descriptor, a line of JSON each: "ready" once, "counts" now and then, and
"trouble" if there is any. It ends when its standard input does. It needs the standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from typing import Any

from synfin.capture.live import libpcap, privileges
from synfin.capture.live.device import LATENCY, Device, DeviceError, Request, Trouble
from synfin.capture.live.packet_socket import SocketDevice

STDIN, STDOUT = 0, 1
FLAGS_OF, NAME_SIZE, UP = 0x8913, 16, 1  # SIOCGIFFLAGS, IFNAMSIZ, IFF_UP
COUNTING = 0.2
"""Seconds between two looks at the kernel's counters."""

PATIENCE = 200
"""Milliseconds to wait for packets before looking at the counters."""


def main(words: list[str]) -> int:
    """Capture as the request says.

    Args:
        words: the descriptor to report to, and the request (JSON; a list of requests only tries them).
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they speak to who started us
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody reads any more: nothing is left to do
    report, asked = int(words[0]), json.loads(words[1])
    if isinstance(asked, list):
        for each in asked:
            _tell(report, _tried(Request(**each)))
        return 0
    request = Request(**asked)
    state = State(request.device)
    try:
        device = opened(request, STDOUT)
        _lock_up()
    except DeviceError as error:
        _tell(report, {"trouble": error.trouble, "message": str(error)})
        return 1
    except privileges.PrivilegeError as error:
        _tell(report, {"trouble": Trouble.BROKEN, "message": str(error)})
        return 1
    _tell(report, {"ready": device.linktype})
    try:
        _pass_on(device, state, report)
    except DeviceError as error:
        _tell(report, {"counts": device.counts()})
        _tell(report, {"trouble": error.trouble, "message": str(error)})
    return 0


def opened(request: Request, output: int) -> Device:
    """The device of a request, by the way of capturing that there is.

    Raises:
        DeviceError: it cannot be opened.
    """
    pcap = None if request.source == "socket" else libpcap.library()
    if pcap is not None:
        return libpcap.PcapDevice(pcap, request, output)
    if request.source == "libpcap" or sys.platform != "linux":
        raise DeviceError(Trouble.BROKEN, "libpcap is not installed")
    return SocketDevice(request, output)


class State:
    """Whether an interface is still there and up, which libpcap does not always notice on Linux.

    Args:
        device: its name; one that the system has no number for, such as "any", is always up.
    """

    def __init__(self, device: str) -> None:
        self._door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._asked = struct.pack("256s", device.encode()[:15])
        is_real = device in (name for _, name in socket.if_nameindex())
        self._is_known = sys.platform == "linux" and is_real

    def check(self) -> None:
        """See that it is up.

        Raises:
            DeviceError: it is not.
        """
        if not self._is_known:
            return
        try:
            (flags,) = struct.unpack_from("H", fcntl.ioctl(self._door, FLAGS_OF, self._asked), NAME_SIZE)
        except OSError:
            raise DeviceError(Trouble.DOWN, "the interface is gone") from None
        if not flags & UP:
            raise DeviceError(Trouble.DOWN, "the interface went down")


def _tried(request: Request) -> dict[str, Any]:
    try:
        device = opened(request, -1)
    except DeviceError as error:
        return {"trouble": error.trouble, "message": str(error)}
    device.close()
    return {"ready": device.linktype}


def _lock_up() -> None:
    privileges.give_up(privileges.invoker() or privileges.User(privileges.NOBODY, privileges.NOBODY))
    privileges.withdraw()


def _pass_on(device: Device, state: State, report: int) -> None:
    poll = select.poll()
    poll.register(STDIN, select.POLLIN)
    poll.register(device.fileno(), select.POLLIN)
    told, due = device.counts(), 0.0
    while True:
        events = dict(poll.poll(PATIENCE))
        device.pour()
        if time.monotonic() > due:
            due = time.monotonic() + COUNTING
            state.check()
            counts = device.counts()
            if counts != told:
                _tell(report, {"counts": counts})
                told = counts
        if STDIN in events:
            break
    _drain(device)
    _tell(report, {"counts": device.counts()})


def _drain(device: Device) -> None:
    """Pass on what the kernel still holds, which it hands over after its own time; and no more."""
    poll = select.poll()
    poll.register(device.fileno(), select.POLLIN)
    end = time.monotonic() + 2 * LATENCY / 1000
    while (left := end - time.monotonic()) > 0:
        poll.poll(left * 1000)
        device.pour()


def _tell(report: int, said: dict[str, Any]) -> None:
    os.write(report, json.dumps(said).encode() + b"\n")
