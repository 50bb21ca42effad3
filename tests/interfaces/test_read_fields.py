"""`-T fields`, `-T csv` and `-T json` write what tshark writes, whatever the texts hold."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.interfaces.files import SECOND, packet, pcapng

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

FIELDS = ("-T", "fields", "-e", "frame.comment", "-e", "udp.port", "-e", "tcp.port")


@pytest.fixture
def remarks(tmp_path: Path) -> Path:
    """A capture whose packets bear remarks that are hard to print."""
    comments = ((b"plain",), (b"one", b"two"), (b'"quoted"\tand\nbroken',), ("雪 ☃".encode(),), (b"",), ())
    return pcapng(tmp_path, [packet(SECOND, *each) for each in comments])


def test_values_of_one_field_stand_together_and_absent_ones_leave_a_gap(
    synfin: Command, remarks: Path
) -> None:
    said = synfin("read", *FIELDS, remarks)
    assert said.lines == [
        "plain\t40000,40001\t",
        "one,two\t40000,40001\t",
        '"quoted"\\tand\\nbroken\t40000,40001\t',
        "雪 ☃\t40000,40001\t",
        "\t40000,40001\t",
        "\t40000,40001\t",
    ]


def test_quotes_are_around_what_is_there_even_if_it_is_empty(synfin: Command, remarks: Path) -> None:
    said = synfin("read", *FIELDS, "-E", "quote=d", "-E", "separator=;", remarks)
    assert said.lines[0] == '"plain";"40000,40001";'
    assert said.lines[4] == '"";"40000,40001";'
    assert said.lines[5] == ';"40000,40001";'


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("occurrence=f",), "one\t40000\t"),
        (("occurrence=l",), "two\t40001\t"),
        (("aggregator=/s", "separator=|"), "one two|40000 40001|"),
        (("separator=/s",), "one,two 40000,40001 "),
        (("quote=s", "aggregator=;"), "'one;two'\t'40000;40001'\t"),
        (("separator=,,quote=d",), '"one,two","40000,40001",'),
    ],
)
def test_the_layout_letters_lay_out_the_line(
    synfin: Command, remarks: Path, options: tuple[str, ...], expected: str
) -> None:
    letters = [part for option in options for part in ("-E", option)]
    assert synfin("read", *FIELDS, *letters, remarks).lines[1] == expected


def test_a_header_names_the_fields_without_quotes_after_the_byte_order_mark(
    synfin: Command, remarks: Path
) -> None:
    said = synfin("read", *FIELDS, "-E", "header=y", "-E", "bom=y", "-E", "quote=d", remarks)
    assert said.lines[0] == "\ufeffframe.comment\tudp.port\ttcp.port"


def test_nothing_is_escaped_if_nobody_wants_it(synfin: Command, remarks: Path) -> None:
    said = synfin("read", *FIELDS, "-E", "escape=n", remarks)
    assert '"quoted"\tand\nbroken\t40000' in said.out


def test_columns_of_the_list_are_fields_too(synfin: Command, examples: Path) -> None:
    titles = ("No.", "Time", "Source", "Destination", "Protocol", "Length")
    names = [part for title in titles for part in ("-e", f"_ws.col.{title}")]
    said = synfin("read", "-T", "fields", *names, examples / "page.pcapng")
    assert said.lines[4] == "5\t0.242338904\t192.0.2.10\t192.0.2.80\tTCP\t74"


def test_csv_can_be_read_by_other_programs(synfin: Command, remarks: Path) -> None:
    said = synfin("read", "-T", "csv", *FIELDS[2:], "-E", "escape=n", remarks)
    rows = list(csv.reader(io.StringIO(said.out)))
    assert rows[0] == ["frame.comment", "udp.port", "tcp.port"]
    assert rows[3] == ['"quoted"\tand\nbroken', "40000,40001", ""]


def test_csv_without_fields_is_the_packet_list(synfin: Command, examples: Path) -> None:
    rows = list(csv.reader(io.StringIO(synfin("read", "-T", "csv", examples / "page.pcapng").out)))
    titles = ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info")
    assert rows[0] == [f"_ws.col.{title}" for title in titles]
    assert rows[1][4:] == ["ARP", "42", "Who has 192.0.2.80? Tell 192.0.2.10"]


def test_json_nests_what_the_tree_nests_and_tells_hidden_names(synfin: Command, examples: Path) -> None:
    packets = json.loads(synfin("read", "-T", "json", examples / "refused.pcapng").out)
    layers = packets[0]["_source"]["layers"]
    assert list(layers) == ["frame", "eth", "ip", "tcp"]
    assert layers["ip"]["ip.flags_tree"]["ip.flags.df"] == "1"
    assert list(layers["tcp"])[:3] == ["tcp.srcport", "tcp.dstport", "tcp.port"]
    assert layers["tcp"]["tcp.options_tree"]["tcp.options.mss"] == "02:04:05:b4"
    assert layers["tcp"]["tcp.options_tree"]["tcp.options.mss_tree"]["tcp.options.mss_val"] == "1460"


def test_json_of_some_fields_lists_their_values(synfin: Command, examples: Path) -> None:
    said = synfin("read", "-T", "json", "-e", "ip.addr", "-e", "udp.port", examples / "refused.pcapng")
    first = json.loads(said.out)[0]["_source"]["layers"]
    assert first == {"ip.addr": ["192.0.2.10", "192.0.2.80"]}


def test_json_with_bytes_tells_where_each_value_stands(synfin: Command, examples: Path) -> None:
    said = synfin("read", "-T", "json", "-x", examples / "refused.pcapng")
    ip = json.loads(said.out)[0]["_source"]["layers"]["ip"]
    assert ip["ip.ttl_raw"] == ["40", 22, 1, 0, 4]
    assert ip["ip.flags_tree"]["ip.flags.df_raw"] == ["1", 20, 1, 0x40, 2]


def test_json_escapes_what_must_not_stand_in_it(synfin: Command, tmp_path: Path) -> None:
    hostile = b'\x01"\\</script>\n'
    said = synfin("read", "-T", "json", pcapng(tmp_path, [packet(SECOND, hostile)]))
    assert '"\\u0001\\"\\\\<\\/script>\\n"' in said.out
    comments = json.loads(said.out)[0]["_source"]["layers"]["pkt_comment"]
    assert comments["frame.comment"] == hostile.decode()


def test_an_empty_capture_is_an_empty_array(synfin: Command, tmp_path: Path) -> None:
    assert json.loads(synfin("read", "-T", "json", pcapng(tmp_path, [])).out) == []
