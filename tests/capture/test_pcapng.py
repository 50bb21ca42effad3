"""pcapng files hold what was put in: packets of every kind of block, and all that is said besides."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synfin.basics.errors import CaptureError
from synfin.capture.chunk import NO_TIME, UNKNOWN_LINKTYPE, Interface, Option
from synfin.capture.formats.pcapng import index_packets, options_are_sound
from synfin.capture.metadata import TLS_KEY_LOG, Names, RecordKind, Secrets, Statistics, comments
from tests.capture.files import (
    block,
    capture_of,
    custom,
    enhanced,
    interface,
    names,
    option,
    packets_of,
    pcapng_files,
    read,
    secrets,
    section,
    simple,
    statistics,
    times_clamped,
    without_options,
)
from tests.naive import captures as naive

BOTH = pytest.mark.parametrize("order", ["<", ">"])


@given(pcapng_files(), some.integers(1, 600))
def test_reading_agrees_with_the_naive_reader_whatever_the_size_of_chunks(file: bytes, size: int) -> None:
    packets, capture = read(file, size)
    assert without_options(times_clamped(packets)) == without_options(times_clamped(naive.read_pcapng(file)))
    assert capture.problems == []


@given(pcapng_files())
def test_the_options_of_packets_are_the_same_in_either_byte_order(file: bytes) -> None:
    packets, _ = read(file)
    for packet, wanted in zip(packets, naive.read_pcapng(file), strict=True):
        assert [code for code, _ in packet.options] == [code for code, _ in wanted.options]
        assert all(
            sorted(a) == sorted(b) for (_, a), (_, b) in zip(packet.options, wanted.options, strict=True)
        )


@BOTH
def test_numbers_in_options_come_out_little_endian(order: str) -> None:
    numbers = (
        option(order, 2, struct.pack(order + "I", 5))
        + option(order, 4, struct.pack(order + "Q", 6))
        + option(order, 7, b"\1" + struct.pack(order + "Q", 7))
        + option(order, 2988, struct.pack(order + "I", 32473) + b"text")
        + option(order, 1, "größer".encode())
    )
    file = section(order) + interface(order) + enhanced(order, b"x", options=numbers)
    (chunk,) = capture_of(file).chunks()
    assert chunk.options[0] == (
        Option(2, b"\5\0\0\0"),
        Option(4, b"\6" + bytes(7)),
        Option(7, b"\1\7" + bytes(7)),
        Option(2988, struct.pack("<I", 32473) + b"text"),
        Option(1, "größer".encode()),
    )
    assert comments(chunk.options[0]) == ("größer",)
    assert list(chunk.options) == [0]
    assert 1 not in chunk.options


@BOTH
def test_interfaces_are_numbered_per_section(order: str) -> None:
    told = option(order, 2, b"eth0\0rest") + option(order, 3, b"\xffport") + option(order, 13, b"\4")
    speed = option(order, 8, struct.pack(order + "Q", 10**9))
    part = (
        section(order)
        + interface(order, 1, 96, told + speed)
        + interface(order, 101, options=option(order, 9, b"\x09"))
    )
    packets, capture = read(part + part + enhanced(order, b"", ticks=7, number=1))
    speed_read = (Option(8, (10**9).to_bytes(8, "little")),)
    first = Interface(1, 1, 0, 96, "eth0", "\N{REPLACEMENT CHARACTER}port", 6, 4, options=speed_read)
    second = Interface(101, 1, 1, digits=9)
    assert capture.interfaces[:2] == (first, second)
    assert [(each.section, each.number) for each in capture.interfaces] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert packets == [naive.Packet(7, 0, b"", 3)]


@BOTH
def test_what_a_file_says_besides_packets(order: str) -> None:
    header = b"".join(
        option(order, code, text)
        for code, text in ((1, b"one"), (2, b"cpu"), (3, b"os"), (4, b"app"), (1, b"two"))
    )
    counters = option(order, 2, struct.pack(order + "II", 0, 5)) + option(
        order, 4, struct.pack(order + "Q", 77)
    )
    file = (
        section(order, header)
        + interface(order)
        + names(order, b"\x0a\0\0\1", b"a.example", b"b.example")
        + names(order, bytes(16), b"six")
        + statistics(order, 0, 9, counters + option(order, 1, b"note"))
        + secrets(order, TLS_KEY_LOG, b"CLIENT_RANDOM")
        + statistics(order, 5, 9)  # of no interface: not worth a word
    )
    packets, capture = read(file)
    assert (packets, capture.problems) == ([], [])
    (said,) = capture.sections
    assert (said.comments, said.hardware, said.system, said.application) == (
        ("one", "two"),
        "cpu",
        "os",
        "app",
    )
    assert capture.comments == ("one", "two")
    assert capture.names == (
        Names(1, b"\x0a\0\0\1", ("a.example", "b.example")),
        Names(1, bytes(16), ("six",)),
    )
    assert capture.statistics == (
        Statistics(0, 9000, start=5000, received=77, options=(Option(1, b"note"),)),
    )
    assert capture.secrets == (Secrets(1, TLS_KEY_LOG, b"CLIENT_RANDOM"),)


@BOTH
def test_records_that_are_no_packets_take_numbers(order: str) -> None:
    entry = b"__REALTIME_TIMESTAMP=1500000\nMESSAGE=hello\n"
    event = struct.pack(order + "HQQIH", 3, 123, 4, 26, 5) + b"args"
    file = (
        section(order)
        + custom(order, 32473, b"mine")
        + interface(order)
        + enhanced(order, b"packet")
        + block(order, 9, entry)
        + custom(order, 1, b"yours", 0x40000BAD)
        + block(order, 0x204, event)
        + custom(order, 32473, b"more")
    )
    (chunk,) = capture_of(file).chunks()
    capture = capture_of(file)
    assert [packet.data for packet in packets_of(capture.chunks())] == [
        b"mine", b"packet", entry, b"yours\0\0\0", b"args", b"more",
    ]  # fmt: skip
    assert chunk.time.tolist() == [NO_TIME, 0, 1_500_000_000, NO_TIME, 123, NO_TIME]
    assert [chunk.interfaces[index].number for index in chunk.interface] == [-1, 0, -1, -1, -1, -1]
    assert chunk.interfaces[0].linktype == UNKNOWN_LINKTYPE
    assert chunk.interface[0] == chunk.interface[5]
    assert capture.kinds == (
        RecordKind(0, 0xBAD, 32473),
        RecordKind(2, 9),
        RecordKind(3, 0x40000BAD, 1),
        RecordKind(4, 0x204),
    )
    assert [kind.may_copy for kind in capture.kinds] == [True, True, False, True]


def test_simple_packets_are_cut_to_the_snaplen_of_the_first_interface() -> None:
    file = section("<") + interface("<", snaplen=4) + block("<", 3, struct.pack("<I", 9) + b"abcd")
    packets, capture = read(file)
    assert packets == [naive.Packet(None, 9, b"abcd", 0)]
    assert capture.problems == []


HEAD = section("<") + interface("<")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (enhanced("<", b"abcd", number=7), "interface 7"),
        (section("<") + simple("<", b"x"), "interface 0"),
        (enhanced("<", b"abcd")[:-4] + struct.pack("<I", 99), "do not match"),
        (block("<", 6, struct.pack("<IIIII", 0, 0, 0, 300_000, 300_000) + bytes(300_000)), "300000 bytes"),
        (block("<", 6, struct.pack("<IIIII", 0, 0, 0, 30, 30) + bytes(8)), "30 bytes"),
        (enhanced("<", b"abcd", options=option("<", 2, b"abc")), "option 2 has 3 bytes"),
        (enhanced("<", b"abcd", options=struct.pack("<HH", 1, 99)), "claims 99 bytes"),
        (struct.pack("<II", 6, 8) + bytes(20), "claims 8 bytes"),
        (struct.pack("<II", 6, 1 << 30) + bytes(20), "claims 1073741824 bytes"),
        (struct.pack("<II", 0x0A0D0D0A, 28) + b"abcd" + bytes(16), "byte order"),
        (section("<", version=(2, 0)), "version 2.0"),
        (interface("<", options=struct.pack("<HH", 2, 99)), "claims 99 bytes"),
        (block("<", 4, struct.pack("<HH", 1, 99)), "claims 99 bytes"),
        (block("<", 4, struct.pack("<HHH", 1, 2, 0)), "too few"),
        (block("<", 10, struct.pack("<II", 1, 99)), "99 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_ends_the_file_there_and_is_told(broken: bytes, said: str) -> None:
    before = HEAD + enhanced("<", b"whole")
    packets, capture = read(before + broken + HEAD + enhanced("<", b"after"))
    assert [packet.data for packet in packets] == [b"whole"]
    (problem,) = capture.problems
    assert problem.packet == 1
    assert problem.offset >= len(before)
    assert (problem.offset - len(before)) in (0, len(section("<")))
    assert said in problem.message


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_file_cut_anywhere_keeps_all_whole_packets_and_says_where_it_ends(order: str) -> None:
    blocks = [
        section(order, option(order, 4, b"writer")),
        interface(order),
        enhanced(order, b"abc", options=option(order, 1, b"remark")),
        names(order, b"\1\2\3\4", b"name"),
        simple(order, b"abcdef"),
        section("<"),
        interface("<"),
        enhanced("<", b"end"),
    ]
    whole = b"".join(blocks)
    ends = [sum(map(len, blocks[:count])) for count in range(len(blocks) + 1)]
    packets = naive.read_pcapng(whole)
    for end in range(4, len(whole) + 1):
        begin = max(each for each in ends if each <= end)
        count = sum(ends[index + 1] <= end for index in (2, 4, 7))
        found, capture = read(whole[:end])
        assert found == packets[:count]
        assert [problem.offset for problem in capture.problems] == ([] if begin == end else [begin])


def test_what_only_looks_like_pcapng_is_no_capture() -> None:
    with pytest.raises(CaptureError, match="byte order"):
        capture_of(b"\n\r\r\n" + bytes(30))
    with pytest.raises(CaptureError, match=r"version 9\.0"):
        capture_of(section("<", version=(9, 0)))


@given(some.binary(max_size=40), some.booleans())
def test_options_that_the_kernel_finds_sound_can_be_taken_apart(area: bytes, big: bool) -> None:  # noqa: FBT001
    area += bytes(-len(area) % 4)
    data = np.frombuffer(area, np.uint8)
    if len(data) and options_are_sound.plain(data, 0, len(data), int(big)):
        naive.options(area, ">" if big else "<")


def test_compiled_and_plain_indexing_agree() -> None:
    blocks = [section(">"), interface(">"), interface(">", options=option(">", 9, b"\x09"))]
    for i in range(9000):
        area = option(">", 2, struct.pack(">I", i)) if i % 3 == 0 else b""
        blocks.append(enhanced(">", bytes([i % 256]) * (i % 90), 10**15 + i, i % 2, i % 4, area))
    file = b"".join(blocks)
    assert len(file) > 600_000
    fast, capture = read(file, 1 << 21)
    assert capture.problems == []
    assert fast == read(file, 1 << 14)[0]
    assert without_options(fast) == without_options(naive.read_pcapng(file))
    found = np.empty((9000, 9), np.int64)
    limits = np.array([[0, 1 << 18, 0], [0, 1 << 18, 1]])
    data = np.frombuffer(file[len(b"".join(blocks[:3])) :], np.uint8)
    assert index_packets(data, 0, 0, found, limits, 1)[:2] == (9000, len(data))
