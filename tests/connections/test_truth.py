"""Against Wireshark's numbers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from synfin.session import open_session

CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
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

needs_captures = pytest.mark.skipif(not CAPTURES.exists(), reason="needs ../shared/captures")
needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")


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
