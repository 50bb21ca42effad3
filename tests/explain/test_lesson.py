"""A lesson tells every field of a header: where it is, what it is worth, what it means."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import pytest

from synfin.basics.cells import cells
from synfin.dissect.definition import Field, Lesson, Protocol, Words
from synfin.explain.lesson import teach_header, teach_packet
from synfin.session import catalogue
from tests.packets import ethernet, ipv4, table_of, tcp

if TYPE_CHECKING:
    from synfin.explain.language import Lang

LESSON = Lesson(
    Words("How long it is.", "有多长。"),
    "RFC 1 2.3",
    Words("It does not count itself.", "它不包括自己。"),
    Words("bytes", "字节"),
)
TOY = Protocol(
    "toy",
    "Toy Protocol",
    "RFC 1",
    (),
    (Field("length", 16, "Length"), Field("flag", 1, "Flag"), Field("rest", 15, "Rest")),
    lessons={"length": LESSON},
)


def test_a_field_is_told_with_place_meaning_unit_section_and_mistake() -> None:
    assert teach_header(TOY, "en", 72).text().split("\n")[-6:-1] == [
        " 0-1            Length                                        toy.length",
        "                How long it is. (in bytes; RFC 1 2.3)",
        "                Common mistake: It does not count itself.",
        " 2 bit 0        Flag                                            toy.flag",
        " 2-3 bit 1-15   Rest                                            toy.rest",
    ]


def test_the_same_in_chinese() -> None:
    text = teach_header(TOY, "zh", 72).text()
    assert "有多长。（单位：字节；RFC 1 2.3）" in text
    assert "常见误解：它不包括自己。" in text
    assert " 2-3 位 1-15" in text


def test_a_packet_is_taught_from_outside_inwards() -> None:
    packet = ethernet(ipv4(tcp(b"hello", seq=7)))
    lesson = teach_packet(table_of([packet], lengths=[]), 0)
    assert [header.diagram.protocol for header in lesson.headers] == ["eth", "ip", "tcp", "data"]
    assert [header.diagram.first for header in lesson.headers] == [0, 14, 34, 54]
    assert lesson.encapsulation[0].replace("\u00a0", " ").startswith("14 B ")
    fields = {field.name: field for header in lesson.headers for field in header.fields}
    assert (fields["tcp.seq_raw"].place, fields["tcp.seq_raw"].value) == ("4-7", "7")


def test_a_cut_packet_says_what_is_missing() -> None:
    packet = ethernet(ipv4(tcp(b"hello")))
    lesson = teach_packet(table_of([packet[:40]], lengths=[len(packet)]), 0)
    assert "of which 40" in lesson.title.replace("\u00a0", " ")
    assert len(lesson.troubles) == 1


def test_padding_belongs_to_no_header() -> None:
    packet = ethernet(ipv4(tcp())) + bytes(6)
    lesson = teach_packet(table_of([packet]), 0)
    assert lesson.encapsulation[-1].replace("\u00a0", " ") == "6 B other bytes"


def test_a_quoted_packet_is_called_one() -> None:
    packet = ethernet(ipv4(b"\3\1\0\0\0\0\0\0" + ipv4(tcp()), proto=1))
    headings = [header.heading for header in teach_packet(table_of([packet]), 0).headers]
    assert sum("quoted" in heading for heading in headings) == 2


@pytest.mark.parametrize("name", [made.name for made in catalogue().protocols])
def test_every_lesson_keeps_to_the_width(name: str) -> None:
    languages: tuple[Lang, ...] = ("en", "zh")
    for lang, width in product(languages, (72, 120)):
        lines = teach_header(catalogue().by_name[name], lang, width).text().split("\n")
        assert max(cells(line) for line in lines) <= width


def test_json_holds_plain_values_only() -> None:
    made = teach_packet(table_of([ethernet(ipv4(tcp(b"hello")))]), 0, "zh", 80).to_json()
    assert json.loads(json.dumps(made))["headers"][1]["fields"][0]["name"] == "ip.version"


def test_a_message_is_taught_with_the_header_that_it_continues() -> None:
    packet = ethernet(ipv4(b"\x08\0\0\0\0\1\0\2" + bytes(8), proto=1))
    icmp = teach_packet(table_of([packet]), 0).headers[2]
    assert icmp.diagram.protocol == "icmp"
    fields = {field.name: field for field in icmp.fields}
    assert (fields["icmp.type"].place, fields["icmp.ident"].place) == ("0", "4-5")
