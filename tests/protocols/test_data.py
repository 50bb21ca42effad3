"""Bytes that no protocol claims."""

from __future__ import annotations

from tests.packets import ethernet
from tests.protocols.reading import lines, read, value


def test_lines_of_data() -> None:
    assert lines(read(ethernet(b"abc", kind=0x88B5)), "data") == [
        "Data (3 bytes)",
        "    Data: 616263",
        "    [Length: 3]",
    ]


def test_one_byte() -> None:
    assert lines(read(ethernet(b"a", kind=0x88B5)), "data")[0] == "Data (1 byte)"


def test_much_data_is_shortened() -> None:
    assert lines(read(ethernet(b"a" * 40, kind=0x88B5)), "data")[1] == "    Data: " + "61" * 36 + "…"


def test_only_what_was_captured_counts() -> None:
    table = read(ethernet(b"abc", kind=0x88B5), length=100)
    assert (value(table, "data.data"), value(table, "data.len")) == ("616263", "3")


def test_what_was_not_captured_is_no_data() -> None:
    table = read(ethernet(b"", kind=0x88B5), length=100)
    assert value(table, "frame.protocols") == "eth"
