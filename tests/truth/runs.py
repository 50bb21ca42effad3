"""Reads the runs, and what synfin says of their packets."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synfin.connections.follower import Follower
from synfin.session import open_session

FOLDER = Path(__file__).parent / "runs"
SHARED = Path(__file__).parents[3] / "shared" / "captures" / "truth"
NAMES = sorted(path.name.partition(".")[0] for path in FOLDER.glob("*.truth.json.gz"))
NUMBERS = ("tcp.seq_raw", "tcp.len", "tcp.flags", "tcp.srcport", "frame.time_epoch")
WORDS = ("synfin.retransmission", "synfin.retransmission.trigger", "synfin.rule", "synfin.dsack")
SHARED_NAMES = sorted(path.name.partition(".")[0] for path in SHARED.glob("*.truth.json"))
SYN, FIN = 2, 1
PROBES = ("", "keep_alive", "zero_window_probe")


@dataclass(frozen=True)
class Packet:
    """One packet, as synfin sees it."""

    number: int
    seq: int
    size: int
    from_server: bool
    cause: str
    trigger: str
    rule: str
    dsack: str

    @property
    def is_resent(self) -> bool:
        """Whether synfin says that it was resent."""
        return self.cause not in PROBES


@dataclass(frozen=True)
class Run:
    """One run: the truth, and both captures' packets."""

    truth: dict[str, Any]
    at_sender: list[Packet]
    at_receiver: list[Packet]

    @property
    def sent_by_sender(self) -> list[Packet]:
        """The data sender's packets, captured there."""
        return [packet for packet in self.at_sender if packet.from_server]


def read(name: str, folder: Path = FOLDER) -> Run:
    """A run by its name."""
    sides = [packets(found(folder, f"{name}.{side}.pcap")) for side in ("server", "client")]
    return Run(truth(name, folder), *sides)


def truth(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What link and kernel say of a run."""
    path = found(folder, f"{name}.truth.json")
    whole: dict[str, Any] = json.loads(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    )
    return whole


def found(folder: Path, name: str) -> Path:
    """A file, or the compressed one."""
    return folder / name if (folder / name).exists() else folder / f"{name}.gz"


def row(name: str, side: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What the table of connections says of a run, captured at one side."""
    follower = Follower(supplies=False)
    for table in open_session(found(folder, f"{name}.{side}.pcap")).tables():
        follower.advance(table)
        table.kept.clear()
    (only,) = follower.finish().rows()
    return only


def kernels_total(truth: dict[str, Any]) -> int:
    """How many segments the sending kernel resent, handshake and close included."""
    kernel = truth["kernel"]
    return int(kernel.get("retrans_segs", kernel["total_retrans"]))


def packets(path: Path) -> list[Packet]:
    """The packets of a capture with one connection to a server's port."""
    made: list[Packet] = []
    server = 0
    for table in open_session(path).tables_with((*NUMBERS, *WORDS)):
        seq, length, flags, port, _ = (np.asarray(table.column(name)).tolist() for name in NUMBERS)
        words = {name: _worded(table, name) for name in WORDS}
        for row in range(len(seq)):
            if flags[row] & (SYN | 0x10) == SYN | 0x10:
                server = port[row]
            size = length[row] + bool(flags[row] & SYN) + bool(flags[row] & FIN)
            number = row + table.chunk.first
            told = [words[name].get(number, "") for name in WORDS]
            made.append(Packet(number, seq[row], size, port[row] == server, *told))
    return made


def _worded(table: Any, name: str) -> dict[int, str]:
    rows = (table.packet_of_row(name) + table.chunk.first).tolist()
    return dict(zip(rows, table.column(name).to_list(), strict=True))


@dataclass(frozen=True)
class Score:
    """How the verdict "resent" compares with what the link saw."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Score) -> Score:
        """Both together."""
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of those called resent that are."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of those resent that are called so."""
        return self.right / max(self.right + self.missed, 1)


def score(run: Run) -> Score:
    """Compare the packets that reached the receiver with the link's log."""
    arrivals = _arrivals(run.truth)
    total = Score()
    for packet in run.at_receiver:
        if packet.from_server and packet.size and arrivals[packet.seq, packet.size]:
            _, was_resent = arrivals[packet.seq, packet.size].pop(0)
            total += Score(
                int(packet.is_resent and was_resent),
                int(packet.is_resent and not was_resent),
                int(was_resent and not packet.is_resent),
            )
    return total


def _arrivals(truth: dict[str, Any]) -> defaultdict[tuple[int, int], list[tuple[float, bool]]]:
    """For each range of numbers when it arrived, and whether the sender had sent those numbers before."""
    late = truth["parameters"]["late_ms"] / 1000
    arrivals: defaultdict[tuple[int, int], list[tuple[float, bool]]] = defaultdict(list)
    base, reached = -1, 0
    for time, sender, seq, length, flags, action in truth["link"]:
        size = length + bool(flags & SYN) + bool(flags & FIN)
        if sender != "s" or not size:
            continue
        base = seq if base < 0 else base
        begin = (seq - base) % 2**32
        was_resent, reached = begin < reached, max(reached, begin + size)
        if action != "drop":
            arrivals[seq, size].append((time + (late if action == "late" else 0), was_resent))
        if action == "dup":
            arrivals[seq, size].append((time + 1e-6, False))  # the copy was not sent
    for times in arrivals.values():
        times.sort()
    return arrivals
