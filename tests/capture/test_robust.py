"""Whatever a file holds, reading it ends, never raises, and accounts for every byte."""

import gzip
import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from synfin.basics.errors import CaptureError, ExportError
from synfin.capture.formats import pcapng
from synfin.capture.source import open_capture
from synfin.capture.writing import open_writer
from tests.capture.files import (
    block,
    custom,
    enhanced,
    interface,
    names,
    option,
    pcap_header,
    pcap_record,
    secrets,
    section,
    simple,
    statistics,
)

SEEDS = (
    pcap_header() + b"".join(pcap_record("<", 1 + i, i, bytes([i]) * 30) for i in range(12)),
    pcap_header(">", 0xA1B2CD34) + b"".join(pcap_record(">", 1, i, bytes(20), extra=8) for i in range(5)),
    b"".join(
        section(order, option(order, 1, b"remark"))
        + interface(order, 1, 60, option(order, 2, b"eth0") + option(order, 9, b"\x8a"))
        + names(order, b"\1\2\3\4", b"host")
        + enhanced(order, b"x" * 30, 5, options=option(order, 1, b"no") + option(order, 2, b"1234"))
        + secrets(order, 1, b"key")
        + simple(order, b"y" * 20)
        + custom(order, 7, b"custom")
        + block(order, 9, b"__REALTIME_TIMESTAMP=15\nMESSAGE=something\n")
        + statistics(order, 0, 9, option(order, 4, bytes(8)))
        + enhanced(order, b"z" * 20, 2**63)
        for order in "<>"
    ),
)


@some.composite
def mutants(draw: some.DrawFn) -> bytes:
    """A file with bytes changed, moved, doubled, or cut off; lengths are changed most."""
    data = bytearray(draw(some.sampled_from(SEEDS)))
    for _ in range(draw(some.integers(1, 6))):
        at = draw(some.integers(0, len(data) - 1))
        kind = draw(some.integers(0, 4))
        if kind == 0:
            data[at] = draw(some.integers(0, 255))
        elif kind == 1:
            data[at : at + 4] = draw(
                some.sampled_from((bytes(4), b"\xff" * 4, b"\0\0\0\x80", b"\x0c\0\0\0", b"\0\0\4\0"))
            )
        elif kind == 2:
            del data[at : at + draw(some.integers(1, 9))]
        elif kind == 3:
            data[at:at] = data[: draw(some.integers(1, 60))]
        else:
            del data[at + 4 :]
        if not data:
            return b"\n"
    return bytes(data)


def examine(data: bytes) -> None:
    """Read everything that can be read, again as single packets, and write it."""
    try:
        capture = open_capture(io.BytesIO(data))
    except CaptureError:
        return
    out = io.BytesIO()
    packets = 0
    with capture, open_writer(out, "pcapng", capture) as writer:
        for chunk in capture.chunks(size=200):
            packets += len(chunk)
            assert ((chunk.start >= 0) & (chunk.start + chunk.captured <= len(chunk.data))).all()
            assert (np.diff(chunk.offset) > 0).all()
            assert ((chunk.interface >= 0) & (chunk.interface < len(chunk.interfaces))).all()
            for row, options in chunk.options.items():
                assert options is not None
                assert 0 <= row < len(chunk)
            try:
                writer.write(chunk)
            except ExportError:
                packets = -1
                break
        if packets < 0:
            return
        assert len(capture.problems) <= 2
        for number in {1, packets} - {0}:
            assert capture.packet(number).first == number if packets else True
    again = open_capture(io.BytesIO(out.getvalue()))
    assert sum(map(len, again.chunks())) == packets
    assert again.problems == []


@settings(max_examples=400)
@given(mutants())
def test_mutants_are_survived(data: bytes) -> None:
    examine(data)


@settings(max_examples=100)
@given(mutants())
def test_compressed_mutants_are_survived(data: bytes) -> None:
    packed = bytearray(gzip.compress(data))
    packed[len(packed) // 2] ^= 1
    examine(bytes(packed))


@pytest.mark.parametrize(
    "flood",
    [
        section("<") + interface("<") * 150_000 + enhanced("<", b"x", number=149_999),
        (section("<") + interface("<")) * 60_000,
        section("<") + b"".join(custom("<", i, b"") for i in range(50_000)),
        section("<") + names("<", b"\1\2\3\4", b"a") * 100_000,
        section("<") + interface("<", options=option("<", 1, b"") * 100_000),
        section("<") + interface("<") + enhanced("<", b"x", options=option("<", 1, b"") * 100_000),
        section("<") + interface("<") + enhanced("<", b"") * 100_000 + b"\0" * 100_000,
    ],
    ids=["interfaces", "sections", "kinds", "names", "options", "packet options", "empty packets"],
)
def test_floods_take_time_in_proportion(flood: bytes) -> None:
    begin = time.process_time()
    with open_capture(io.BytesIO(flood)) as capture:
        for _ in capture.chunks():
            pass
    assert time.process_time() - begin < 30
    assert len(capture.interfaces) <= 1 << 18


def test_what_is_said_besides_packets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcapng, "MOST_SAYINGS", 1000)
    with open_capture(io.BytesIO(section("<") + interface("<") * 2000)) as capture:
        assert list(capture.chunks()) == []
    (problem,) = capture.problems
    assert "no capture needs so many" in problem.message
    assert len(capture.interfaces) == 999
