"""pcap files of every variant hold what was put in, however they are cut and wherever they end."""

import struct
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synfin.basics.errors import CaptureError
from tests.capture.files import (
    MICROSECONDS,
    MODIFIED,
    NANOSECONDS,
    capture_of,
    packets_of,
    pcap_files,
    pcap_header,
    pcap_record,
    read,
)
from tests.naive import captures as naive

FIVE = [pcap_record("<", 1_000 + i, i, bytes([i]) * (20 + i), more=i) for i in range(5)]


@given(pcap_files(), some.integers(1, 400))
def test_reading_agrees_with_the_naive_reader_whatever_the_size_of_chunks(file: bytes, size: int) -> None:
    packets, capture = read(file, size)
    assert packets == naive.read_pcap(file)
    assert capture.problems == []


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "extra", "name"),
    [
        (MICROSECONDS, 0, "pcap"),
        (NANOSECONDS, 0, "nsecpcap"),
        (MICROSECONDS, 8, "rh6_1pcap"),
        (MICROSECONDS, 4, "nokiapcap"),
        (MODIFIED, 8, "modpcap"),
        (MODIFIED, 12, "suse6_3pcap"),
    ],
)
def test_variants_are_told_by_their_records(order: str, magic: int, extra: int, name: str) -> None:
    records = [pcap_record(order, 1_000_000_000 + i, 500 + i, bytes(50 + i), extra=extra) for i in range(5)]
    file = pcap_header(order, magic) + b"".join(records)
    packets, capture = read(file)
    assert capture.format == name
    assert packets == naive.read_pcap(file, 16 + extra)
    assert capture.sections[0].is_big_endian == (order == ">")


@pytest.mark.parametrize("magic", [0x1C0001AC, 0x1C0001AB])
def test_ixia_files_have_four_more_bytes_of_header(magic: int) -> None:
    file = pcap_header("<", magic) + struct.pack("<I", 999) + b"".join(FIVE)
    packets, capture = read(file)
    assert [len(packet.data) for packet in packets] == [20, 21, 22, 23, 24]
    assert capture.problems == []


@pytest.mark.parametrize(("network", "linktype"), [(6, 1), (9, 6), (15, 10), (24, 0)])
def test_aix_files_have_nanoseconds_and_interface_types(network: int, linktype: int) -> None:
    record = struct.pack(">IIII", 5, 123_456_789, 30, 20) + bytes(
        20
    )  # of version 2.2: lengths the other way round
    packets, capture = read(pcap_header(">", network=network, version=(2, 2)) + record)
    assert (packets[0].time, packets[0].length, len(packets[0].data)) == (5_123_456_789, 30, 20)
    assert capture.format == "aixpcap"
    assert capture.interfaces[0].linktype == linktype
    assert capture.interfaces[0].digits == 9


@pytest.mark.parametrize(
    ("version", "lengths"),
    [((2, 2), (9, 6)), ((543, 0), (9, 6)), ((2, 3), (9, 6)), ((2, 3), (6, 9)), ((3, 0), (6, 9))],
)
def test_old_versions_have_the_lengths_the_other_way_round(
    version: tuple[int, int], lengths: tuple[int, int]
) -> None:
    file = pcap_header("<", version=version) + struct.pack("<IIII", 1, 2, *lengths) + bytes(6)
    packets, capture = read(file)
    assert (len(packets[0].data), packets[0].length) == (6, 9)
    assert capture.problems == []


def test_fractions_beyond_a_second_count_on() -> None:
    packets, _ = read(pcap_header() + b"".join([pcap_record("<", 10, 1_500_000, b"x")] * 3))
    assert packets[0].time == 11_500_000_000


def test_the_link_type_field_tells_the_frame_check_sequence() -> None:
    _, capture = read(pcap_header(network=1 | 0x0400_0000 | 2 << 28) + FIVE[0])
    assert (capture.interfaces[0].linktype, capture.interfaces[0].fcs_length) == (1, 4)
    assert capture.problems == []


def test_reserved_bits_in_the_link_type_are_told_and_the_packets_kept() -> None:
    packets, capture = read(pcap_header(network=0x0001_0001) + FIVE[0])
    assert len(packets) == 1
    assert [problem.offset for problem in capture.problems] == [20]


def test_any_link_type_is_read() -> None:
    packets, capture = read(pcap_header(network=9999) + FIVE[0])
    assert len(packets) == 1
    assert capture.interfaces[0].linktype == 9999


ENDS = list(accumulate(map(len, FIVE), initial=24))


@pytest.mark.parametrize("end", [*range(4, ENDS[1] + 1), *range(ENDS[3], ENDS[-1] + 1)])
def test_a_file_cut_anywhere_keeps_all_whole_packets_and_says_where_it_ends(end: int) -> None:
    packets, capture = read((pcap_header() + b"".join(FIVE))[:end])
    whole = sum(end >= each for each in ENDS[1:])
    assert len(packets) == whole
    if end in ENDS:
        assert capture.problems == []
    else:
        (problem,) = capture.problems
        assert problem.offset == (ENDS[whole] if end > 24 else 0)
        assert problem.packet == whole
        assert "cut short" in problem.message


def test_with_one_record_to_judge_by_a_cut_file_may_be_a_whole_one_of_a_variant() -> None:
    packets, capture = read(
        (pcap_header() + b"".join(FIVE))[: ENDS[1] + 4]
    )  # Wireshark's verdict is the same
    assert (capture.format, len(packets)) == ("nokiapcap", 1)
    assert capture.problems == []


def test_a_record_that_cannot_be_ends_the_file() -> None:
    whole = pcap_header() + b"".join(FIVE)
    packets, capture = read(whole + struct.pack("<IIII", 1, 2, 300_000, 300_000) + bytes(400_000))
    assert len(packets) == 5
    (problem,) = capture.problems
    assert problem.offset == len(whole)
    assert "300000 bytes" in problem.message


def test_usb_transfers_may_be_larger() -> None:
    packets, capture = read(pcap_header(network=220) + pcap_record("<", 1, 2, bytes(300_000)))
    assert len(packets[0].data) == 300_000
    assert capture.problems == []


def test_a_version_that_never_was_is_no_capture() -> None:
    with pytest.raises(CaptureError, match=r"version 1\.4"):
        capture_of(pcap_header(version=(1, 4)) + FIVE[0])


def test_compiled_and_plain_indexing_agree() -> None:
    records = [pcap_record("<", i, i % 10**6, bytes([i % 256]) * (i % 90), more=i % 3) for i in range(14_000)]
    file = pcap_header() + b"".join(records)
    assert len(file) > 800_000
    fast = packets_of(capture_of(file).chunks())
    assert fast == packets_of(capture_of(file).chunks(size=1 << 14)) == naive.read_pcap(file)
