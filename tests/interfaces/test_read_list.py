"""`synfin read` lists packets as tshark does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synfin.operations import Selection, open_session, packet_list, packets
from tests.interfaces.files import MICROSECOND, SECOND, packet, pcapng

if TYPE_CHECKING:
    from tests.interfaces.conftest import Command


def times(said: list[str]) -> list[str]:
    """The Time column of a list of UDP packets between two addresses."""
    return [line[6:].split("   192.0.2.10")[0].strip() for line in said]


def test_the_columns_stand_where_tshark_puts_them(synfin: Command, examples: Path) -> None:
    said = synfin("read", examples / "page.pcapng")
    assert said.code == 0
    assert said.lines[0] == (
        "    1 0.000000000 02:00:00:00:00:10 → ff:ff:ff:ff:ff:ff ARP 42 Who has 192.0.2.80? Tell 192.0.2.10"
    )
    assert said.lines[4].startswith(
        "    5 0.242338904   192.0.2.10 → 192.0.2.80   TCP 74 55836 → 80 [SYN] Seq=0 Win=64240 "
    )


def test_tabs_separate_the_same_columns(synfin: Command, examples: Path) -> None:
    said = synfin("read", "-T", "tabs", examples / "page.pcapng")
    assert said.lines[4].split("\t")[:6] == [
        "    5",
        "0.242338904",
        "  192.0.2.10",
        "→",
        "192.0.2.80  ",
        "TCP",
    ]


def test_count_stops_the_capture(synfin: Command, examples: Path) -> None:
    assert len(synfin("read", "-c", "3", examples / "page.pcapng").lines) == 3


def test_several_files_are_one_run(synfin: Command, examples: Path) -> None:
    files = (examples / "refused.pcapng", examples / "reset.pcapng")
    both = synfin("read", *files).lines
    each = [len(synfin("read", file).lines) for file in files]
    assert len(both) == sum(each)
    assert both[-1].startswith(f"{sum(each):5} ")


def test_standard_input_is_a_file_like_others(program: Command, examples: Path) -> None:
    file = examples / "refused.pcapng"
    assert program("read", "-", stdin=file.read_bytes()) == program("read", file)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("r", ["0.000000", "1.500000", "-0.250000", "86400.000001"]),
        ("d", ["0.000000", "1.500000", "-1.750000", "86400.250001"]),
        ("e", ["100.000000", "101.500000", "99.750000", "86500.000001"]),
        ("a", ["00:01:40.000000", "00:01:41.500000", "00:01:39.750000", "00:01:40.000001"]),
        ("ud", ["1970-01-01 00:01:40.000000", "1970-01-01 00:01:41.500000"]),
        ("adoy", ["1970/001 00:01:40.000000"]),
    ],
)
def test_the_time_column_has_every_form(
    synfin: Command, tmp_path: Path, form: str, expected: list[str]
) -> None:
    moments = (
        100 * SECOND,
        101 * SECOND + SECOND // 2,
        99 * SECOND + 3 * SECOND // 4,
        86500 * SECOND + MICROSECOND,
    )
    file = pcapng(tmp_path, [packet(time) for time in moments])
    assert times(synfin("read", "-t", form, file).lines)[: len(expected)] == expected


def test_a_packet_without_a_time_has_an_empty_one(synfin: Command, tmp_path: Path) -> None:
    file = pcapng(tmp_path, [packet(SECOND), packet(None), packet(3 * SECOND)])
    assert times(synfin("read", file).lines) == ["0.000000", "", "2.000000"]


def test_times_before_the_epoch_are_dates_too(synfin: Command, tmp_path: Path) -> None:
    file = pcapng(tmp_path, [packet(0)], seconds_offset=-1)
    assert times(synfin("read", "-t", "ad", file).lines) == ["1969-12-31 23:59:59.000000"]


def test_deltas_between_displayed_packets_skip_the_others(synfin: Command, tmp_path: Path) -> None:
    file = pcapng(tmp_path, [packet(second * SECOND) for second in range(4)])
    said = synfin("read", "-t", "dd", "-Y", "frame.number != 2", file)
    assert times(said.lines) == ["0.000000", "2.000000", "1.000000"]


def test_colours_are_for_those_who_want_them(synfin: Command, examples: Path) -> None:
    file = examples / "refused.pcapng"
    plain = synfin("read", file)
    assert "\x1b" not in plain.out
    colored = synfin("read", "--color", "always", file)
    assert colored.lines[-1].startswith("\x1b[31m")  # the reset
    assert all(line.endswith("\x1b[0m") for line in colored.lines)
    assert [line.split("m", 1)[1].removesuffix("\x1b[0m") for line in colored.lines] == plain.lines


def test_no_color_is_obeyed(synfin: Command, examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in synfin("read", "--color", "auto", examples / "refused.pcapng").out


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "examples").glob("*.pcapng")), ids=lambda path: path.stem
)
def test_it_shows_what_it_would_if_everything_were_followed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(path)
    with session.capture:
        plain, colored = (b"".join(packet_list(session, Selection(), colored=each)) for each in (False, True))
        monkeypatch.setattr(packets, "LIST_NAMES", tuple(session.catalogue.by_name))
        assert b"".join(packet_list(session, Selection())) == plain
        assert b"".join(packet_list(session, Selection(), colored=True)) == colored
