"""Against what is known from elsewhere: a kernel's own counters, and Wireshark's numbers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synfin.connections.follower import Follower
from synfin.session import open_session

CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
TRUTHS = sorted((CAPTURES / "truth").glob("*.truth.json"))
FACTS = (
    "tcp.stream",
    "tcp.seq",
    "tcp.ack",
    "tcp.nxtseq",
    "tcp.window_size",
    "tcp.window_size_scalefactor",
    "tcp.completeness",
    "tcp.time_relative",
    "tcp.time_delta",
    "tcp.options.sack_le",
    "tcp.options.sack.dsack_re",
)
COMPARED = (
    "tcptrace__fast_reuse.dmp.gz",
    "pcapplusplus__example2.pcap",
    "ndpi__fuzz-2006-09-29-28586.pcap",
    "wireshark__tcp-badsegments.pcap",
    "libtrace__sll.pcap.gz",
)

needs_captures = pytest.mark.skipif(not TRUTHS, reason="needs ../shared/captures")
needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")


def rows(path: Path) -> list[dict[str, Any]]:
    follower = Follower(supplies=False)
    for table in open_session(path).tables():
        follower.advance(table)
    return list(follower.finish().rows())


@needs_captures
@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name.partition(".")[0])
def test_the_sender_resent_as_many_segments_as_its_kernel_says(truth: Path) -> None:
    told = json.loads(truth.read_text(encoding="utf-8"))
    sender = told["sender"]
    (row,) = rows(truth.with_name(truth.name.replace(".truth.json", f".{sender}.pcap")))
    assert row[f"{sender}_retransmissions"] == told["kernel"]["total_retrans"]
    assert row["vantage"] == sender
    assert row["handshake"] == "complete"


@needs_captures
@needs_tshark
@pytest.mark.parametrize("name", COMPARED)
def test_every_fact_is_the_one_that_wireshark_shows(name: str) -> None:
    path = CAPTURES / "open" / name
    found: dict[tuple[int, str], list[int]] = {}
    for table in open_session(path).tables_with(FACTS):
        for fact in FACTS:
            packets = (table.packet_of_row(fact) + table.chunk.first).tolist()
            for packet, value in zip(packets, np.asarray(table.column(fact)).tolist(), strict=True):
                found.setdefault((packet, fact), []).append(value)
    assert found == shown_by_tshark(path)


def shown_by_tshark(path: Path) -> dict[tuple[int, str], list[int]]:
    fields = [word for fact in FACTS for word in ("-e", fact)]
    command = ["tshark", "-2", "-n", "-r", str(path), "-Y", "tcp", "-T", "fields", "-E", "occurrence=a"]
    done = subprocess.run(
        [*command, "-e", "frame.number", *fields], capture_output=True, text=True, check=False
    )
    shown: dict[tuple[int, str], list[int]] = {}
    for line in done.stdout.splitlines():
        number, *columns = line.split("\t")
        for fact, text in zip(FACTS, columns, strict=True):
            if text:
                shown[int(number), fact] = [_number(fact, one) for one in text.split(",")]
    return shown


def _number(fact: str, text: str) -> int:
    """An integer, or a time in nanoseconds from its decimal form."""
    if "time" not in fact:
        return int(text)
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    seconds, fraction = text.split(".")
    return sign * (int(seconds) * 1_000_000_000 + int(fraction))
