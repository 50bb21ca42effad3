"""A tap is one interface and the process that captures it, seen from the program that asked for it."""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synfin.capture.format import Reading, open_format
from synfin.capture.live.device import Counts, DeviceError, Trouble
from synfin.capture.reader import chunk_of
from synfin.capture.stream import Memory, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.capture.chunk import Chunk
    from synfin.capture.format import Decoder
    from synfin.capture.live.device import Request

START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from synfin.capture.live.helper import main; sys.exit(main(sys.argv[2:]))"
)
"""What the interpreter of the capturing process runs, which otherwise knows nothing but its own library."""

HELPER = "synfin-helper"
"""An interpreter beside ours of this name has the rights to capture (`setcap cap_net_raw=ep`)."""

SET_PIPE_SIZE = 1031
PIPE_SIZE = 1 << 20
PIECE = 1 << 20
FILE_HEADER = 24
GRACE = 5.0
"""Seconds that a process may take to open its device, and to end."""


class Tap:
    """One interface being captured.

    Args:
        request: what to capture.

    Attributes:
        request: as given.
        linktype: LINKTYPE_ number of its packets.
        counts: what the kernel counted, as last told.
        trouble: why it ended by itself, None while all is well.

    Raises:
        DeviceError: the device cannot be opened.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.counts = Counts()
        self.trouble: DeviceError | None = None
        self._reports = b""
        ours, theirs = os.pipe()
        self._report = ours
        os.set_blocking(ours, False)
        try:
            self._process = _start(theirs, asdict(request))
        finally:
            os.close(theirs)
        assert self._process.stdout is not None
        self._data = self._process.stdout
        _enlarge(self._data.fileno())
        self._ahead = b""
        self._buffer = np.empty(PIECE, np.uint8)
        self._offset = 0
        self._reading = Reading()
        self._decoder = self._opened()
        self.linktype = self._reading.interfaces[0].linktype

    def fileno(self) -> int:
        """What becomes readable when packets wait, or have come to their end."""
        return self._data.fileno()

    def take(self) -> Chunk | None:
        """The packets that wait, maybe none that is whole; None at the end.

        The chunk is valid until the next; it is waited for only if nothing is readable.
        """
        kept = len(self._ahead)
        buffer = self._buffer
        buffer[:kept] = np.frombuffer(self._ahead, np.uint8)
        got = os.readv(self._data.fileno(), [memoryview(buffer[kept:].data)])
        self.listen()
        if not got:
            self._say_why()
            return None
        data = buffer[: kept + got]
        decoded = self._decoder.decode(data, self._offset)
        chunk = chunk_of(decoded, data, self._offset, self._reading)
        self._ahead = data[decoded.used :].tobytes()
        self._offset += decoded.used
        return chunk

    def stop(self) -> None:
        """Ask for the end; what was captured by now still comes."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def close(self) -> None:
        """End at once."""
        self.stop()
        self._data.close()
        os.close(self._report)
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def listen(self) -> None:
        """Hear what the process reports."""
        for said in self._heard():
            if "counts" in said:
                self.counts = Counts(*said["counts"])
            elif "trouble" in said:
                self.trouble = DeviceError(Trouble(said["trouble"]), said["message"])

    def _say_why(self) -> None:
        """See that an end nobody asked for has a reason."""
        try:
            status = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            status = -1
        self.listen()
        if status and self.trouble is None:
            message = "the process that captures has ended unexpectedly"
            self.trouble = DeviceError(Trouble.BROKEN, message)

    def _opened(self) -> Decoder:
        """Wait until the device is open, and read the file header that comes before the packets."""
        self._wait()
        while len(self._ahead) < FILE_HEADER and (got := os.read(self._data.fileno(), FILE_HEADER)):
            self._ahead += got
        decoder = open_format(Stream(Memory(self._ahead), self.request.device), self._reading)[1]
        assert decoder is not None
        return decoder

    def _wait(self) -> None:
        end = time.monotonic() + GRACE
        while time.monotonic() < end:
            select.select([self._report], [], [], 0.1)
            for said in self._heard():
                if "ready" in said:
                    return
                if "trouble" in said:
                    self.close()
                    raise DeviceError(Trouble(said["trouble"]), said["message"])
            if self._process.poll() is not None:
                break
        self.close()
        raise DeviceError(Trouble.BROKEN, "the process that captures does not start")

    def _heard(self) -> list[dict[str, Any]]:
        """The whole lines reported since the last call."""
        try:
            while piece := os.read(self._report, 1 << 16):
                self._reports += piece
        except BlockingIOError:
            pass
        *lines, self._reports = self._reports.split(b"\n")
        return [json.loads(line) for line in lines]


def tried(requests: Sequence[Request]) -> list[int | DeviceError]:
    """Of each device its link type, or why it cannot be captured."""
    ours, theirs = os.pipe()
    with open(ours, "rb") as report:  # noqa: PTH123 - a descriptor
        try:
            process = _start(theirs, [asdict(each) for each in requests])
        finally:
            os.close(theirs)
        lines = report.read().splitlines()
    process.communicate()
    answers: list[int | DeviceError] = []
    for line in lines:
        said = json.loads(line)
        ready = said.get("ready")
        answers.append(ready if ready is not None else DeviceError(Trouble(said["trouble"]), said["message"]))
    missing = DeviceError(Trouble.BROKEN, "the process that captures does not start")
    return [*answers, *[missing] * (len(requests) - len(answers))]


def interpreter() -> str:
    """The interpreter for the capturing process: one with rights of its own, if there is one we may run."""
    special = helper_path()
    return str(special) if os.access(special, os.X_OK) else sys.executable


def helper_path() -> Path:
    """Where an interpreter with rights is looked for."""
    return Path(sys.executable).parent / HELPER


def _start(report: int, asked: object) -> subprocess.Popen[bytes]:
    package = Path(__file__).parents[3]
    command = [interpreter(), "-I", "-S", "-c", START, str(package), str(report), json.dumps(asked)]
    return subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, pass_fds=[report]
    )


def _enlarge(pipe: int) -> None:
    """Make a pipe as large as an ordinary user may, where pipes have a size."""
    try:
        fcntl.fcntl(pipe, SET_PIPE_SIZE, PIPE_SIZE)
    except OSError:
        return
