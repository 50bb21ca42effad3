"""Detail trees and hex dumps are laid out as tshark lays them out, and safe to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interfaces.files import SECOND, packet, pcapng

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

DUMP = [
    "0000  02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00   ..............E.",
    "0010  00 21 12 34 40 00 40 11 a4 3d c0 00 02 0a c0 00   .!.4@.@..=......",
    "0020  02 50 9c 40 9c 41 00 0d 00 00 68 65 6c 6c 6f      .P.@.A....hello",
]


def test_a_hex_dump_has_sixteen_bytes_a_line_and_a_blank_line_after_each_packet(
    synfin: Command, tmp_path: Path
) -> None:
    file = pcapng(tmp_path, [packet(), packet()])
    assert synfin("read", "-x", file).lines == [*DUMP, "", *DUMP, ""]


def test_bytes_that_nobody_claims_are_dumped_in_their_place(synfin: Command, tmp_path: Path) -> None:
    lines = synfin("read", "-V", pcapng(tmp_path, [packet()])).lines
    assert lines[-6:] == [
        "Data (5 bytes)",
        "",
        "0000  68 65 6c 6c 6f                                    hello",
        "    Data: 68656c6c6f",
        "    [Length: 5]",
        "",
    ]


def test_with_a_dump_of_the_packet_the_tree_needs_none(synfin: Command, tmp_path: Path) -> None:
    lines = synfin("read", "-V", "-x", pcapng(tmp_path, [packet()])).lines
    assert lines[-8:-5] == ["Data (5 bytes)", "    Data: 68656c6c6f", "    [Length: 5]"]
    assert lines[-5:] == ["", *DUMP, ""]


def test_some_protocols_in_full_and_the_others_as_a_line(synfin: Command, examples: Path) -> None:
    lines = synfin("read", "-O", "ip", "-c", "1", examples / "refused.pcapng").lines
    tops = [line.split(",")[0].split(":")[0] for line in lines if line and not line.startswith(" ")]
    assert tops == ["Frame 1", "Ethernet II", "Internet Protocol Version 4", "Transmission Control Protocol"]
    assert "    Time to Live: 64" in lines
    assert "    Source Port: 55838" not in lines


def test_what_a_terminal_would_obey_is_shown_instead(synfin: Command, tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07 \x1b[2J\u202egnp.exe\u2066 \r\n".encode()
    file = pcapng(tmp_path, [packet(SECOND, hostile)], interface=b"eth\x1b[31m0")
    said = synfin("read", "-V", file)
    assert "    \\x1b]0;owned\\a \\x1b[2J\\u{202e}gnp.exe\\u{2066} \\r\\n" in said.lines
    assert set(said.out) & set("\x1b\x07\r\u202e\u2066") == set()
