"""Compressed captures read like plain ones; damage keeps what came before it."""

import bz2
import gzip
import io
import tracemalloc
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from synfin.basics.errors import CaptureError
from synfin.capture.source import open_capture
from tests.capture.files import capture_of, pcap_header, pcap_record, read
from tests.naive import captures as naive

RECORDS = [pcap_record("<", i, i, bytes([i % 251] * (i % 50)) + bytes([i * 7 % 256])) for i in range(300)]
FILE = pcap_header() + b"".join(RECORDS)
PACKETS = naive.read_pcap(FILE)


def frames(data: bytes, compress: Callable[[bytes], bytes]) -> bytes:
    """Several members or frames, one behind the other."""
    return b"".join(compress(data[at : at + 5000]) for at in range(0, len(data), 5000))


COMPRESSIONS = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "lz4": lz4.frame.compress,
}
every = pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=list(COMPRESSIONS))


@every
def test_packets_are_those_of_the_plain_file(compress: Callable[[bytes], bytes]) -> None:
    for packed in (compress(FILE), frames(FILE, compress)):
        packets, capture = read(packed)
        assert packets == PACKETS
        assert capture.problems == []
        assert capture.size == len(packed)
        assert capture.position == len(packed)


@every
def test_a_file_cut_anywhere_keeps_what_was_whole(compress: Callable[[bytes], bytes]) -> None:
    packed = frames(FILE, compress)
    longest = 0
    for end in range(len(packed) // 2, len(packed), 13):
        try:
            packets, capture = read(packed[:end])
        except CaptureError as error:  # nothing was left: no capture
            assert "cut short" in str(error)  # noqa: PT017
            continue
        assert packets == PACKETS[: len(packets)]
        assert len(capture.problems) <= 1  # none where a member ends
        longest = max(longest, len(packets))
    assert longest > 200


@every
def test_broken_data_ends_the_file_and_is_told(compress: Callable[[bytes], bytes]) -> None:
    packed = bytearray(frames(FILE, compress))
    for at in range(len(packed) // 2, len(packed) // 2 + 20):
        packed[at] ^= 0x5A
    packets, capture = read(bytes(packed))
    assert packets == PACKETS[: len(packets)]
    (problem,) = capture.problems
    assert problem.packet == len(packets)
    assert "broken" in problem.message


def test_gzip_files_may_be_padded_with_zeros() -> None:
    packets, capture = read(gzip.compress(FILE) + bytes(512))
    assert packets == PACKETS
    assert capture.problems == []


def test_garbage_behind_the_end_is_told() -> None:
    packets, capture = read(gzip.compress(FILE) + b"garbage")
    assert packets == PACKETS
    assert len(capture.problems) == 1


def test_compressed_twice_is_no_capture() -> None:
    with pytest.raises(CaptureError, match="not a capture file"):
        capture_of(gzip.compress(gzip.compress(FILE)))
    with pytest.raises(CaptureError, match="bzip2"):
        capture_of(bz2.compress(FILE))


@every
def test_a_bomb_takes_little_memory(compress: Callable[[bytes], bytes]) -> None:
    large = pcap_record("<", 2, 2, bytes(1 << 18))
    bomb = compress(pcap_header(network=220) + pcap_record("<", 1, 1, bytes(100 << 20)) + 160 * large)
    assert len(bomb) < 2 << 20
    with open_capture(io.BytesIO(bomb)) as capture:
        chunks = capture.chunks()
        assert len(next(chunks)) == 1  # 100 MiB, for that is what it says
        tracemalloc.start()
        count = sum(len(chunk) for chunk in chunks)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 160
    assert peak < 60 << 20


@every
def test_one_packet_can_be_had_again(compress: Callable[[bytes], bytes]) -> None:
    for keep in (False, True):
        with capture_of(compress(FILE), keep=keep) as capture:
            for number in (300, 1, 77, 78, 299):
                assert capture.packet(number).packet(0) == PACKETS[number - 1].data
