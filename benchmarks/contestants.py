"""Who is asked to do what: the same task for each program, in that program's own words."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = sys.executable
SYNFIN = (PYTHON, "-m", "synfin")
FIELDS = (
    *("frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ip.proto"),
    *("tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.flags", "tcp.len"),
)
ASKED = tuple(word for field in FIELDS for word in ("-e", field))
FILTER = "tcp.flags.syn == 1 && ip.ttl <= 64"
FILTERED = ("-Y", FILTER, "-T", "fields", "-e", "frame.number")
PART = 20_000
"""Packets for those who would take minutes over the quick capture."""

COLUMNS = "ten header columns in Python, one core"
TEXT = "ten fields of every packet, as text"
MATCHES = "a display filter in Python, one core"
FILTERING = "numbers of packets that match a display filter"
CONNECTIONS = "table of TCP connections"
COMPLETE = "complete table of TCP connections, as CSV"
LIST = "packet list, as text"


class Pace(Enum):
    """How much a program is given when there is no time to give all of them everything."""

    FAST = "the whole capture"
    SLOW = "the quick capture"
    SLOWEST = "the first packets of the quick capture"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program and its command for a task; FILE stands for the capture.

    Attributes:
        task: what it is to do.
        program: its name; rows of "synfin" are what the others are compared with.
        pace: how much it is given.
        command: program and arguments.
        needs: name of a Python package without which it cannot run, or "".
        in_process: a script of ours that times its own loop, on one core.
    """

    task: str
    program: str
    pace: Pace
    command: tuple[str, ...]
    needs: str = ""
    in_process: bool = False

    @property
    def is_installed(self) -> bool:
        """Whether it can run here."""
        package = not self.needs or importlib.util.find_spec(self.needs) is not None
        return package and shutil.which(self.command[0]) is not None

    def arguments(self, capture: Path, *, only_part: bool) -> list[str]:
        """Make the command for a capture."""
        words = [str(capture) if word == "FILE" else word for word in self.command]
        return [*words, str(PART)] if only_part else words


def _script(name: str) -> tuple[str, ...]:
    return PYTHON, str(HERE / name), "FILE"


CONVERSATIONS = ("tshark", "-n", "-r", "FILE", "-q", "-z", "conv,tcp")
TCPTRACE = ("tcptrace", "-n", "-b", "FILE")

CONTESTANTS = (
    Contestant(COLUMNS, "synfin", Pace.FAST, _script("columns.py"), "synfin", in_process=True),
    Contestant(COLUMNS, "dpkt", Pace.SLOW, _script("with_dpkt.py"), "dpkt", in_process=True),
    Contestant(COLUMNS, "scapy", Pace.SLOWEST, _script("with_scapy.py"), "scapy", in_process=True),
    Contestant(TEXT, "synfin", Pace.FAST, (*SYNFIN, "read", "FILE", "-T", "fields", *ASKED), "synfin"),
    Contestant(TEXT, "tshark", Pace.SLOW, ("tshark", "-n", "-r", "FILE", "-T", "fields", *ASKED)),
    Contestant(MATCHES, "synfin", Pace.FAST, _script("filtering.py"), "synfin", in_process=True),
    Contestant(FILTERING, "synfin", Pace.FAST, (*SYNFIN, "read", "FILE", *FILTERED), "synfin"),
    Contestant(FILTERING, "tshark", Pace.SLOW, ("tshark", "-n", "-r", "FILE", *FILTERED)),
    Contestant(CONNECTIONS, "synfin", Pace.FAST, (*SYNFIN, "connections", "FILE"), "synfin"),
    Contestant(CONNECTIONS, "tshark", Pace.SLOW, CONVERSATIONS),
    Contestant(CONNECTIONS, "tcptrace", Pace.FAST, TCPTRACE),
    Contestant(COMPLETE, "synfin", Pace.FAST, (*SYNFIN, "connections", "FILE", "--format", "csv"), "synfin"),
    Contestant(COMPLETE, "tshark", Pace.SLOW, CONVERSATIONS),
    Contestant(COMPLETE, "tcptrace", Pace.FAST, TCPTRACE),
    Contestant(LIST, "synfin", Pace.FAST, (*SYNFIN, "read", "FILE"), "synfin"),
    Contestant(LIST, "tshark", Pace.SLOW, ("tshark", "-n", "-r", "FILE")),
)
