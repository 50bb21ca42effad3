"""`synfin follow`: what both sides said, harmless on a terminal, and byte for byte where it is wanted so."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.interfaces.files import SECOND, packet, pcapng
from tests.packets import ethernet, ipv4, tcp

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

SYN, PSH, ACK = 2, 8, 16


def segment(payload: bytes, *, by_client: bool, seq: int, ack: int, flags: int = ACK | PSH) -> bytes:
    ends, ports = ("192.0.2.10", "192.0.2.80"), (40000, 80)
    if not by_client:
        ends, ports = ends[::-1], ports[::-1]
    return ethernet(
        ipv4(tcp(payload, ports=ports, seq=seq, ack=ack, flags=flags), source=ends[0], destination=ends[1])
    )


HOSTILE = b"\x1b]0;owned\x07 \xff\xe2\x80\xae\xe9\x9b\xaa\r\nnext"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A request, an answer with hostile bytes, a gap."""
    frames = [
        segment(b"", by_client=True, seq=0, ack=0, flags=SYN),
        segment(b"", by_client=False, seq=100, ack=1, flags=SYN | ACK),
        segment(b"GET /\n", by_client=True, seq=1, ack=101),
        segment(HOSTILE[:12], by_client=False, seq=101, ack=7),
        segment(HOSTILE[12:], by_client=False, seq=113, ack=7),
        segment(b"end", by_client=False, seq=101 + len(HOSTILE) + 10, ack=7),
        segment(b"", by_client=True, seq=7, ack=101 + len(HOSTILE) + 13, flags=ACK),
    ]
    return pcapng(tmp_path, [packet(SECOND, data=one) for one in frames])


def test_text_shows_hostile_bytes_as_text(synfin: Command, talk: Path) -> None:
    said = synfin("follow", talk, "0")
    assert said.code == 0
    assert said.lines == [
        "▶ client 192.0.2.10:40000",
        "◀ server 192.0.2.80:80",
        "",
        "▶ GET /",
        r"◀ \x1b]0;owned\a \xff\u{202e}雪",
        "◀ next",
        "! ◀ 10 B missing: acknowledged in #7, but not in this capture",
        "◀ end",
    ]


def test_sides_differ_in_colour_and_in_their_mark(synfin: Command, talk: Path) -> None:
    said = synfin("follow", talk, "0", "--color", "always")
    assert "\x1b[31m▶ \x1b[0m\x1b[31mGET /\x1b[0m" in said.out
    assert "\x1b[34m◀ \x1b[0m\x1b[34mend\x1b[0m" in said.out


def test_hex_counts_from_the_beginning_of_each_stream(synfin: Command, talk: Path) -> None:
    said = synfin("follow", talk, "0", "--format", "hex", "--side", "server", "--lang", "zh")
    assert said.lines[3].startswith("◀ 00000000  1b 5d 30 3b 6f 77 6e 65 64 07 20 ff")
    assert said.lines[4].startswith("◀ 0000000c  e2 80 ae")
    assert "! ◀ 缺 10 B：#7 已确认，但本次抓包中没有" in said.lines


def test_raw_is_the_bytes_and_the_gap_is_told_beside(synfin: Command, talk: Path, tmp_path: Path) -> None:
    said = synfin("follow", talk, "0", "--format", "raw", "--side", "server", "-o", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == HOSTILE + b"end"
    assert "server, 24: 10 B missing" in said.err


def test_json_has_every_piece_with_its_place_packets_and_marks(synfin: Command, talk: Path) -> None:
    pieces = json.loads(synfin("follow", talk, "0", "--format", "json").out)
    assert [(one["side"], one["kind"], one["offset"], one["frames"], one["marks"]) for one in pieces] == [
        ("client", "data", 0, [3], []),
        ("server", "data", 0, [4], []),
        ("server", "data", 12, [5], []),
        ("server", "missing", 24, [7], ["acknowledged"]),
        ("server", "data", 34, [6], ["out_of_order"]),
    ]
    assert base64.b64decode(pieces[2]["bytes"]) == HOSTILE[12:]
    assert pieces[0]["time"] == SECOND


def test_there_must_be_such_a_connection(synfin: Command, talk: Path) -> None:
    said = synfin("follow", talk, "1")
    assert said.code == 2
    assert "There is no connection 1 in this capture." in said.err
    assert "They are numbered 0 to 0." in said.err


def test_a_pipe_is_followed_like_a_file(program: Command, talk: Path) -> None:
    assert program("follow", "-", "0", stdin=talk.read_bytes()) == program("follow", talk, "0")
