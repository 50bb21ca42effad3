"""What can be opened, what is said when it cannot, and the ways of reading again."""

import errno
import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from synfin.basics.errors import CaptureError
from synfin.capture.source import Capture, open_capture
from tests.capture.files import (
    capture_of,
    custom,
    enhanced,
    interface,
    option,
    packets_of,
    pcap_header,
    pcap_record,
    section,
)
from tests.naive import captures as naive

RECORDS = [pcap_record("<", i, i, bytes([i % 251] * (i % 90))) for i in range(3000)]
PCAP = pcap_header() + b"".join(RECORDS)
PARTS = [
    section("<") + custom("<", 1, b"a") + interface("<", options=option("<", 2, b"lo")) + interface("<"),
    *(enhanced("<", bytes([i]) * i, i, i % 2, options=option("<", 1, b"%d" % i)) for i in range(200)),
    custom("<", 2, b"b") + section(">") + interface(">", options=option(">", 9, b"\x09")),
    *(enhanced(">", bytes([i]) * i, i) + custom(">", 1, b"c") for i in range(100)),
]
PCAPNG = b"".join(PARTS)


class Pipe(io.RawIOBase):
    """Bytes that come a few at a time and only once."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._data.readinto(memoryview(buffer)[:1000])  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [b"", PCAP, PCAPNG], ids=["empty", "pcap", "pcapng"])
def test_every_way_of_naming_a_file_reads_the_same(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "name.txt"
    path.write_bytes(data)
    wanted = packets_of(capture_of(data).chunks())
    with path.open("rb") as file:
        for named in (path, str(path), file, io.BytesIO(data), Pipe(data)):
            with open_capture(named) as capture:  # type: ignore[arg-type]
                assert packets_of(capture.chunks()) == wanted
                assert capture.problems == []
                assert capture.packets == len(wanted)


def test_an_empty_file_is_an_empty_capture() -> None:
    capture = capture_of(b"")
    assert list(capture.chunks()) == []
    assert (capture.format, capture.interfaces, capture.problems) == ("empty", (), [])


def test_several_files_are_one_run() -> None:
    cut = pcap_header(">", network=101) + pcap_record(">", 1, 1, b"abc")[:-1]
    capture = capture_of(PCAP, cut, PCAPNG, b"", PCAP)
    packets = packets_of(capture.chunks(size=4000))
    assert len(packets) == 3000 + 0 + 402 + 3000
    assert [packet.data for packet in packets[-3000:]] == [packet.data for packet in naive.read_pcap(PCAP)]
    assert [each.section for each in capture.interfaces] == [1, 2, 3, 3, 3, 3, 4, 4, 5]
    assert [each.number for each in capture.sections] == [1, 2, 3, 4, 5]
    (problem,) = capture.problems
    assert (problem.offset, problem.packet) == (24, 3000)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"\x0a", b"\xd4\xc3\xb2", b"\0" * 100])
def test_what_is_no_capture_is_said_in_one_sentence(data: bytes) -> None:
    with pytest.raises(CaptureError, match=r"is not a capture file: it begins .*pcap, pcapng\.$") as caught:
        capture_of(data)
    assert caught.value.permitted


def test_files_of_other_programs_are_named() -> None:
    with pytest.raises(CaptureError, match="snoop"):
        capture_of(b"snoop\0\0\0" + bytes(40))


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no file") as caught:
        open_capture(tmp_path / "nothing.pcap")
    assert caught.value.path == str(tmp_path / "nothing.pcap")
    with pytest.raises(CaptureError, match="folder"):
        open_capture(tmp_path)
    with pytest.raises(CaptureError, match="cannot be opened"):
        open_capture("nul\0byte")


def test_files_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.pcap"
    path.write_bytes(PCAP)

    def refuse(*_: object) -> io.FileIO:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(io, "FileIO", refuse)  # the tests may run as root, who may read everything
    with pytest.raises(CaptureError, match="may not be read") as caught:
        open_capture(path)
    assert not caught.value.permitted


def test_an_error_of_the_system_keeps_what_was_read() -> None:
    class Failing(Pipe):
        def readinto(self, buffer: object) -> int:
            if self._data.tell() > 20_000:
                raise OSError(errno.EIO, "Input/output error")
            return super().readinto(buffer)

    capture = open_capture(Failing(PCAP))  # type: ignore[arg-type]
    packets = packets_of(capture.chunks())
    assert packets == naive.read_pcap(PCAP)[: len(packets)]
    assert len(packets) > 100
    (problem,) = capture.problems
    assert "Input/output error" in problem.message


def test_a_file_that_vanished_since_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "file.pcap"
    path.write_bytes(PCAP)
    with open_capture(path) as capture:
        assert sum(map(len, capture.chunks())) == 3000
        path.unlink()
        assert list(capture.chunks()) == []
        with pytest.raises(CaptureError, match="no file"):
            capture.packet(1)


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """A pipe in the place of standard input; what is written to it arrives there."""
    end, begin = os.pipe()
    with os.fdopen(end, "r") as reader, os.fdopen(begin, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", reader)
        yield writer


def test_standard_input_delivers_packets_as_they_come(standard_input: IO[bytes]) -> None:
    standard_input.write(pcap_header() + RECORDS[5] + RECORDS[6][:10])
    with open_capture("-") as capture:
        assert capture.size == -1
        chunks = capture.chunks()
        assert len(next(chunks)) == 1
        standard_input.write(RECORDS[6][10:] + RECORDS[7])
        assert len(next(chunks)) == 2
        standard_input.close()
        assert list(chunks) == []
        assert capture.problems == []


def test_standard_input_is_read_once_unless_kept(standard_input: IO[bytes]) -> None:
    feeding = threading.Thread(target=lambda: (standard_input.write(PCAPNG), standard_input.close()))
    feeding.start()
    with open_capture("-") as capture:
        assert sum(map(len, capture.chunks())) == 402
        with pytest.raises(CaptureError, match="only once"):
            capture.chunks()
        with pytest.raises(CaptureError, match="only once"):
            capture.packet(1)
    feeding.join()


def test_standard_input_that_is_kept_can_be_read_again(standard_input: IO[bytes]) -> None:
    feeding = threading.Thread(target=lambda: (standard_input.write(PCAPNG), standard_input.close()))
    feeding.start()
    with open_capture("-", keep=True) as capture:
        wanted = packets_of(capture.chunks(size=999))
        assert packets_of(capture.chunks()) == wanted
        assert capture.packet(17).packet(0) == wanted[16].data
    feeding.join()


@pytest.mark.parametrize("data", [PCAP, PCAPNG], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("passed", [0, 1, 100_000])
def test_one_packet_is_that_of_the_pass(data: bytes, passed: int) -> None:
    wanted = packets_of(capture_of(data).chunks())
    capture = capture_of(data, b"", data)
    for chunk, _ in zip(capture.chunks(size=3000), range(passed), strict=False):
        assert len(chunk)
    for number in (1, 2, 400, 201, 402, 203, 3, len(wanted), len(wanted) + 1, 2 * len(wanted)):
        one = capture.packet(number)
        packet = wanted[(number - 1) % len(wanted)]
        assert (one.first, len(one), one.packet(0), int(one.length[0])) == (
            number,
            1,
            packet.data,
            packet.length,
        )
        assert tuple(map(tuple, one.options.get(0, ()))) == packet.options
        again = one.interfaces[int(one.interface[0])]
        described = capture.interfaces[packet.interface]
        assert (again.name, again.number, again.digits) == (
            described.name,
            described.number,
            described.digits,
        )
    for missing in (0, -1, 2 * len(wanted) + 1):
        with pytest.raises(CaptureError, match="no packet"):
            capture.packet(missing)


def test_reading_again_does_not_change_what_is_known() -> None:
    capture = capture_of(PCAPNG)
    assert capture.interfaces == ()
    first = packets_of(capture.chunks())
    known = capture.interfaces, capture.sections, capture.kinds
    again = capture.chunks()
    assert len(next(again))
    assert (capture.interfaces, capture.sections, capture.kinds) == known
    capture.packet(300)
    assert packets_of(capture.chunks(size=100)) == first
    assert (capture.interfaces, capture.sections, capture.kinds) == known


def test_a_chunk_stays_while_the_promised_number_of_others_is_taken() -> None:
    wanted = [packet.data for packet in naive.read_pcap(PCAP)]
    chunks = list(zip(*[capture_of(PCAP).chunks(size=5000, buffers=3)] * 4, strict=False))
    assert len(chunks) > 5
    held = capture_of(PCAP).chunks(size=5000, buffers=3)
    for _ in range(5):
        four = [next(held) for _ in range(4)]
        for chunk in four:
            assert [chunk.packet(row) for row in range(len(chunk))] == wanted[chunk.first - 1 :][: len(chunk)]


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "file.pcap"
    path.write_bytes(PCAP)
    with open_capture(path) as capture:
        assert sum(map(len, capture.chunks(size=4000))) == 3000
        path.write_bytes(PCAP[:2000])
        with pytest.raises(CaptureError, match="has changed"):
            capture.packet(3000)


def test_no_input_is_an_empty_capture() -> None:
    with open_capture() as capture:
        assert isinstance(capture, Capture)
        assert list(capture.chunks()) == []
        assert capture.size == 0
