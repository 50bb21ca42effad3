"""Files of many origins read as tshark 4.0 reads them, and it opens what we write."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from synfin.capture.chunk import NO_TIME, UNKNOWN_LINKTYPE
from synfin.capture.linktypes import encapsulation
from synfin.capture.metadata import comments
from synfin.capture.source import Capture, open_capture
from synfin.capture.writing import open_writer

CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
FILES = sorted(
    path
    for folder in ("open", "dfilter")
    for path in (CAPTURES / folder).glob("*")
    if path.suffix != ".md" and path.name != "SHA256SUMS"
)
needs_captures = pytest.mark.skipif(not FILES, reason="../shared/captures is not here")
pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")

FIELDS = (
    "time_epoch",
    "len",
    "cap_len",
    "interface_id",
    "interface_name",
    "section_number",
    "comment",
    "encap_type",
)
OVERFLOWN = "suriverify__bug-6875-01__fuzz.pcap"
"""Its second packet has 4,211,277 microseconds after the second; tshark's 32 bits of nanoseconds overflow."""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def tshark(path: Path) -> tuple[list[list[str]], str]:
    """The fields of each packet, and what else it has to say."""
    fields = [word for field in FIELDS for word in ("-e", f"frame.{field}")]
    answer = run("tshark", "-n", "-r", path, "-T", "fields", *fields)
    return [line.split("\t") for line in answer.stdout.splitlines()], answer.stderr


def finds_fault(complaint: str) -> bool:
    return "cut short" in complaint or "damaged" in complaint


def synfin(path: Path) -> tuple[list[list[str]], Capture]:
    """The same fields as tshark prints.

    In the second and later sections tshark 4.0 prints the name of the interface that has the number in the
    first one; here that is done too, so that all else can be compared.
    """
    rows = []
    with open_capture(path) as capture:
        for chunk in capture.chunks():
            described = [each for each in chunk.interfaces if each.number >= 0]
            for row in range(len(chunk)):
                interface = chunk.interfaces[int(chunk.interface[row])]
                time = int(chunk.time[row])
                has_number = interface.is_described and interface.number >= 0
                is_packet = interface.linktype != UNKNOWN_LINKTYPE
                rows.append(
                    [
                        "" if time == NO_TIME else f"{time // 10**9}.{time % 10**9:09d}",
                        str(chunk.length[row]),
                        str(chunk.captured[row]),
                        str(interface.number) if has_number else "",
                        shown(described[interface.number].name or "unknown") if has_number else "",
                        str(interface.section) if interface.is_described else "",
                        shown(",".join(comments(chunk.options.get(row, ())))),
                        str(encapsulation(interface.linktype).number) if is_packet else "",
                    ]
                )
    return rows, capture


def shown(text: str) -> str:
    """Text as tshark prints it in a column."""
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


@needs_captures
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_packets_are_those_of_tshark(path: Path) -> None:
    ours, capture = synfin(path)
    theirs, complaint = tshark(path)
    if path.name == OVERFLOWN:
        assert theirs[1][0].startswith("-")
        theirs[1][0] = ours[1][0]
    assert ours == theirs
    assert bool(capture.problems) == finds_fault(complaint)


@needs_captures
@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("pcap", "pcap"),
        ("nsecpcap", "nsecpcap"),
        ("modpcap", "modpcap"),
        ("nokiapcap", "nokiapcap"),
        ("rh6_1pcap", "rh6_1pcap"),
        ("suse6_3pcap", "suse6_3pcap"),
        ("pcapng", "pcapng"),
    ],
)
def test_variants_that_editcap_writes_are_read(variant: str, name: str, tmp_path: Path) -> None:
    source = CAPTURES / "open" / "ndpi__ethereum.pcap"
    path = tmp_path / "variant"
    assert run("editcap", "-F", variant, source, path).returncode == 0
    ours, capture = synfin(path)
    assert (capture.format, capture.problems) == (name, [])
    assert ours == tshark(path)[0]
    assert [row[:3] for row in ours] == [row[:3] for row in synfin(source)[0]]


@needs_captures
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_we_write_is_opened_without_complaint(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pcapng"
    with open_capture(path) as capture, open_writer(copy, None, capture) as writer:
        for chunk in capture.chunks():
            writer.write(chunk)
    summary = run("capinfos", copy)
    assert (summary.returncode, finds_fault(summary.stderr)) == (0, False)
    ours, read_back = synfin(copy)
    theirs, complaint = tshark(copy)
    assert ours == theirs
    assert not finds_fault(complaint)
    assert read_back.problems == []
    described = [index for index in range(len(FIELDS)) if FIELDS[index][:9] not in ("interface", "section_n")]
    before = synfin(path)[0]
    assert [[row[index] for index in described] for row in ours] == [
        [row[index] for index in described] for row in before
    ]
    if capture.format == "pcapng":
        assert ours == before


def test_a_pcap_file_that_we_write_is_opened_without_complaint(tmp_path: Path) -> None:
    from tests.capture.files import capture_of, pcap_header, pcap_record

    source = capture_of(pcap_header() + b"".join(pcap_record("<", i, i, bytes(60), more=i) for i in range(5)))
    for format in ("pcap", "nsecpcap"):  # noqa: A001
        copy = tmp_path / f"copy.{format}"
        with open_writer(copy, format, source) as writer:
            for chunk in source.chunks():
                writer.write(chunk)
        answer = run("capinfos", "-c", "-t", copy)
        assert "Number of packets:   5" in answer.stdout
        assert answer.stderr == ""
        assert [row[0] for row in tshark(copy)[0]] == [f"{i}.{i * 1000:09d}" for i in range(5)]
