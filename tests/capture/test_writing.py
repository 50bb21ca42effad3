"""What is written reads back as it was, with all that the capture said of itself."""

import gzip
import io
import sys
from dataclasses import replace
from pathlib import Path

import lz4.frame
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as some

from synfin.basics.errors import ExportError
from synfin.capture.chunk import Interface
from synfin.capture.source import Capture, open_capture
from synfin.capture.writing import open_writer, outputs
from tests.capture.files import (
    MICROSECONDS,
    block,
    capture_of,
    custom,
    enhanced,
    interface,
    names,
    option,
    packets_of,
    pcap_files,
    pcap_header,
    pcap_record,
    pcapng_files,
    read,
    secrets,
    section,
    simple,
    statistics,
)
from tests.naive.captures import Packet


def written(capture: Capture, format: str | None = None, size: int = 1 << 16) -> bytes:  # noqa: A002
    """All packets of a capture, in a file of that format."""
    file = io.BytesIO()
    with open_writer(file, format, capture) as writer:
        for chunk in capture.chunks(size=size):
            writer.write(chunk)
    return file.getvalue()


@given(pcap_files(), some.integers(40, 300))
def test_pcap_comes_back_in_any_format_that_can_hold_it(file: bytes, size: int) -> None:
    packets, capture = read(file)
    for format in ("pcap", "nsecpcap", "pcapng"):  # noqa: A001
        again, copy = read(written(capture_of(file), format, size))
        assert again == packets
        assert copy.problems == []
        assert copy.interfaces[0].linktype == capture.interfaces[0].linktype
        assert copy.interfaces[0].digits == (9 if format == "nsecpcap" else capture.interfaces[0].digits)


@given(pcapng_files(clocks=some.sampled_from((0, 3, 6, 9, 12, 0x8A, 0xA0))), some.integers(40, 700))
def test_pcapng_comes_back_whole(file: bytes, size: int) -> None:
    packets, capture = read(file)
    try:
        again, copy = read(written(capture_of(file), "pcapng", size))
    except ExportError as error:
        assert "before 1970" in str(error) or "cannot be held" in str(error)  # noqa: PT017
        return
    assert copy.problems == []
    assert whence(again, copy) == whence(packets, capture)  # sections without packets need not come back


def whence(packets: list[Packet], capture: Capture) -> list[tuple[Packet, Interface]]:
    """Packets, and the interfaces that they came from."""
    sections = sorted({capture.interfaces[packet.interface].section for packet in packets})
    return [
        (packet._replace(interface=0), replace(each, section=sections.index(each.section)))
        for packet in packets
        for each in [capture.interfaces[packet.interface]]
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_keeps_what_a_capture_says_of_itself(order: str) -> None:
    told = option(order, 2, b"eth0") + option(order, 11, b"\0tcp") + option(order, 9, b"\x09")
    counters = (
        option(order, 2, bytes(4) + b"\0\0\0\7") + option(order, 5, bytes(7) + b"\5") + option(order, 1, b"c")
    )
    file = (
        section(order, option(order, 1, b"remark") + option(order, 2, b"cpu") + option(order, 3, b"os"))
        + interface(order, 101, 96, told + option(order, 13, b"\4"))
        + secrets(order, 0x544C534B, b"CLIENT_RANDOM 1")
        + enhanced(order, b"one", 1, options=option(order, 1, b"first"))
        + interface(order, 1)
        + names(order, b"\1\2\3\4", b"host", b"alias")
        + enhanced(order, b"two", 2, 1, 70)
        + custom(order, 9, b"custom")
        + block(order, 9, b"__REALTIME_TIMESTAMP=1500000\nMESSAGE=1\n")
        + simple(order, b"simple")
        + statistics(order, 0, 99, counters)
        + section(order)
        + interface(order)
        + enhanced(order, b"three", 3)
    )
    packets, capture = read(file)
    again, copy = read(written(capture_of(file), "pcapng", 100))
    assert again == packets
    for said in ("interfaces", "names", "statistics", "secrets", "kinds", "comments"):
        assert getattr(copy, said) == getattr(capture, said)
        assert getattr(copy, said)
    for mine, theirs in zip(capture.sections, copy.sections, strict=True):
        assert (mine.hardware, mine.system, mine.comments) == (
            theirs.hardware,
            theirs.system,
            theirs.comments,
        )
        assert theirs.application.startswith("synfin ")


def test_only_the_chosen_packets_are_written_in_the_order_asked_for() -> None:
    file = section("<") + interface("<") + b"".join(enhanced("<", bytes([i]) * i, i) for i in range(20))
    capture = capture_of(file)
    for format in ("pcap", "pcapng"):  # noqa: A001
        out = io.BytesIO()
        with open_writer(out, format, capture) as writer:
            for chunk in capture.chunks():
                writer.write(chunk, np.array([7, 3, 12]))
                writer.write(chunk, np.array([], np.int64))
        assert writer.packets == 3
        assert [packet.data for packet in read(out.getvalue())[0]] == [bytes([i]) * i for i in (7, 3, 12)]


def test_a_single_packet_had_again_can_be_written() -> None:
    file = (
        section("<")
        + interface("<")
        + enhanced("<", b"a")
        + enhanced("<", b"b", options=option("<", 1, b"x"))
    )
    capture = capture_of(file)
    out = io.BytesIO()
    with open_writer(out, None, capture) as writer:
        writer.write(capture.packet(2))
    assert read(out.getvalue())[0] == [packets_of(capture.chunks())[1]]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            section("<") + interface("<") + interface("<", 9) + enhanced("<", b"") + enhanced("<", b"", 0, 1),
            "link type",
        ),
        (section("<") + custom("<", 1, b"x"), "is no packet"),
        (section("<") + interface("<") + enhanced("<", b"", 2**52), "1970 to 2106"),
    ],
)  # fmt: skip
def test_pcap_refuses_what_it_cannot_hold(file: bytes, said: str) -> None:
    with pytest.raises(ExportError, match=said):
        written(capture_of(file), "pcap")


def test_an_empty_capture_is_written_as_a_valid_file() -> None:
    for file in (b"", pcap_header(network=101), section("<") + interface("<", 101)):
        for format in ("pcap", "pcapng"):  # noqa: A001
            packets, copy = read(written(capture_of(file), format))
            assert (packets, copy.problems) == ([], [])
            if file:
                assert copy.interfaces[0].linktype == 101


@pytest.mark.parametrize(
    ("name", "format", "wanted"),
    [
        ("a.pcap", None, "pcap"),
        ("a.cap", None, "pcap"),
        ("a.pcapng", None, "pcapng"),
        ("a.pcap.gz", None, "pcap"),
        ("a.b", None, "pcapng"),
        ("a.pcap", "pcapng", "pcapng"),
        ("a.pcapng", "nsecpcap", "nsecpcap"),
    ],
)
def test_the_format_is_given_or_told_by_the_suffix(
    name: str, format: str | None, wanted: str, tmp_path: Path  # noqa: A002
) -> None:  # fmt: skip
    capture = capture_of(pcap_header() + pcap_record("<", 1, 2, b"x"))
    with open_writer(tmp_path / name, format, capture) as writer:
        writer.write(next(capture.chunks()))
    with open_capture(tmp_path / name) as copy:
        assert copy.format == wanted
        assert len(packets_of(copy.chunks())) == 1


def test_pcap_has_nanoseconds_if_the_packets_have_them(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    capture = capture_of(
        section("<") + interface("<", options=option("<", 9, b"\x09")) + enhanced("<", b"", 123)
    )
    with open_writer(path, None, capture) as writer:
        writer.write(next(capture.chunks()))
    with open_capture(path) as copy:
        assert copy.format == "nsecpcap"
        assert [packet.time for packet in packets_of(copy.chunks())] == [123]


@pytest.mark.parametrize(
    ("suffix", "unpack"),
    [
        (".gz", gzip.decompress),
        (".lz4", lz4.frame.decompress),
        (".zst", zstandard.ZstdDecompressor().stream_reader),
    ],
)
def test_the_suffix_compresses(suffix: str, unpack: object, tmp_path: Path) -> None:
    file = pcap_header() + pcap_record("<", 1, 2, b"x" * 50)
    capture = capture_of(file)
    path = tmp_path / f"out.pcap{suffix}"
    with open_writer(path, None, capture) as writer:
        writer.write(next(capture.chunks()))
    plain = unpack(path.read_bytes())  # type: ignore[operator]
    plain = plain if isinstance(plain, bytes) else plain.read()
    assert plain[24:] == file[24:]
    with open_capture(path) as copy:
        assert len(packets_of(copy.chunks())) == 1


def test_requests_that_cannot_be_met(tmp_path: Path) -> None:
    path = tmp_path / "in.pcap"
    path.write_bytes(pcap_header())
    with open_capture(path) as capture:
        with pytest.raises(ExportError, match="no capture format 'snoop'"):
            open_writer(tmp_path / "out", "snoop", capture)
        with pytest.raises(ExportError, match="being read"):
            open_writer(path, None, capture)
        with pytest.raises(ExportError, match="cannot be written"):
            open_writer(tmp_path / "missing" / "out.pcap", None, capture)
    assert path.read_bytes() == pcap_header()
    assert {"pcap", "nsecpcap", "pcapng"} <= set(outputs())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_an_error_of_the_export() -> None:
    capture = capture_of(pcap_header() + pcap_record("<", 1, 2, b"x" * 5000))
    (chunk,) = capture.chunks()
    writer = open_writer("/dev/full", "pcap", capture)
    with pytest.raises(ExportError, match="cannot be written"):
        writer.write(chunk, np.zeros(100, np.int64))
    with pytest.raises(ExportError, match="cannot be written"):
        writer.close()


def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    class Out:
        buffer = io.BytesIO()

    monkeypatch.setattr(sys, "stdout", Out)
    capture = capture_of(pcap_header() + pcap_record("<", 1, 2, b"x"))
    with open_writer("-", "pcap", capture) as writer:
        writer.write(next(capture.chunks()))
    assert int.from_bytes(Out.buffer.getvalue()[:4], "little") == MICROSECONDS


def test_compiled_and_plain_layout_agree() -> None:
    records = [pcap_record("<", i, i % 10**6, bytes([i % 256]) * (i % 400)) for i in range(9000)]
    file = pcap_header() + b"".join(records)
    assert len(file) > 1 << 20
    assert (
        written(capture_of(file), "pcap", 1 << 22)[24:]
        == written(capture_of(file), "pcap", 1 << 13)[24:]
        == file[24:]
    )
    assert written(capture_of(file), "pcapng", 1 << 22) == written(capture_of(file), "pcapng", 1 << 13)
