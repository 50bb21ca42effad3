"""What the command prints is what tshark 4.0 prints, line by line."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.parity.compare_output import LEFT_OUT, report, tallied, theirs

if TYPE_CHECKING:
    from pathlib import Path

CAPTURES = (
    "dfilter/arp.pcap",
    "dfilter/ipv6.pcap",
    "open/libpcap__filter__rarp_req_reply.pcapng",
    "open/packets__tcp_handshake.pcapng",
    "open/packets__tcp_refuseconnection.pcapng",
    "open/packets__tcp_teardown.pcapng",
    "open/tcpdump__tcp-handshake-nano.pcap",
)
"""Captures of protocols that are all in the catalogue."""

FORMS = (
    "list",
    "list -t ad",
    "list -t d",
    "list -t udoy",
    "tabs",
    "columns",
    "fields quoted",
    "fields last",
    "fields of some packets",
    "tree",
    "hex",
    "json",
    "json of some",
)
"""Of `-T json -x` the positions of derived fields differ; `docs/why/wireshark-differences.md` says so."""


@pytest.fixture(scope="module")
def everything(
    tshark: str,  # noqa: ARG001 - mergecap comes with it
    shared_captures: Path,
    examples: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """All these captures in one file, so that each program starts once for each form."""
    merged = tmp_path_factory.mktemp("merged") / "everything.pcapng"
    files = [*(shared_captures / name for name in CAPTURES), *sorted(examples.glob("*.pcapng"))]
    mergecap = shutil.which("mergecap")
    assert mergecap
    subprocess.run([mergecap, "-a", "-w", merged, *files], check=True)
    return merged


@pytest.mark.oracle
@pytest.mark.parametrize("form", FORMS)
def test_every_line_is_that_of_tshark(everything: Path, form: str) -> None:
    tallies = tallied([form], [everything], analysis=False)
    found = "\n".join(report(tallies, 10))
    assert tallies[form].packets > (40 if form == "fields of some packets" else 200), found
    assert tallies[form].equal == tallies[form].packets, found


@pytest.mark.oracle
def test_what_is_left_out_is_a_filter_that_tshark_understands(everything: Path) -> None:
    assert theirs(everything, ("-Y", LEFT_OUT, "-T", "fields", "-e", "frame.number")).split()
