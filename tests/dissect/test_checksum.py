"""The Internet checksum agrees with RFC 1071 and with its naive form, compiled or not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synfin.dissect import checksum
from synfin.dissect.checksum import GOOD, internet_checksum
from tests.naive.checksum import internet_checksum as naive


def test_the_example_of_rfc_1071() -> None:
    data = np.frombuffer(bytes.fromhex("0001f203f4f5f6f7"), np.uint8)
    assert internet_checksum(data, [0], [8]).tolist() == [0xDDF2]


def test_a_header_with_its_checksum_sums_to_all_ones() -> None:
    header = bytes.fromhex("4500003c1c4640004006b1e6ac100a63ac100a0c")
    data = np.frombuffer(header, np.uint8)
    assert internet_checksum(data, [0], [20]).tolist() == [GOOD]


def test_an_odd_last_byte_is_the_high_half_of_its_word() -> None:
    data = np.array([0x12, 0x34, 0x56], np.uint8)
    assert internet_checksum(data, [0, 2, 3], [3, 3, 1]).tolist() == [0x1234 + 0x5600, 0x5600, 0]


@given(st.lists(st.tuples(st.binary(max_size=64), st.integers(0, 1 << 40)), max_size=20))
def test_it_agrees_with_the_naive_sum(pieces: list[tuple[bytes, int]]) -> None:
    data = np.frombuffer(b"".join(octets for octets, _ in pieces), np.uint8)
    ends = np.cumsum([len(octets) for octets, _ in pieces], dtype=np.int64)
    starts = ends - [len(octets) for octets, _ in pieces]
    initial = np.array([first for _, first in pieces], np.int64)
    expected = [naive(octets, first) for octets, first in pieces]
    assert internet_checksum(data, starts, ends, initial).tolist() == expected


def test_compiled_and_plain_agree() -> None:
    data = np.random.default_rng(1).integers(0, 256, checksum.MUCH + 1001, dtype=np.uint8)
    starts = np.arange(0, 1000, 7)
    ends = np.full(len(starts), len(data))
    expected = [naive(data[start:].tobytes()) for start in starts[:3]]
    assert internet_checksum(data, starts, ends)[:3].tolist() == expected
