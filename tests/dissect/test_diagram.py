"""Header diagrams are those of the RFCs, drawn from the definition, filled from the packet."""

from __future__ import annotations

import pytest

from synfin.basics.cells import cells
from synfin.basics.spans import plain
from synfin.dissect.definition import Field, Items, Lesson, Protocol, Words
from synfin.dissect.diagram import Diagram, header_diagram, packet_diagram
from synfin.dissect.kinds import Kind
from synfin.session import catalogue
from tests.packets import ethernet, ipv4, table_of, tcp, udp

OPTIONS_OF_A_SYN = bytes.fromhex("020405b40402080a0000000100000000010303 07".replace(" ", ""))
"""MSS 1460, SACK permitted, timestamps, NOP, window scale 7: as Linux sends them."""


def protocol(*fields: Field, **more: object) -> Protocol:
    return Protocol("toy", "Toy", "none", (), fields, **more)  # type: ignore[arg-type]


def text(diagram: Diagram) -> str:
    return "\n".join(plain(line) for line in diagram.lines())


def of(name: str, packet: bytes) -> Diagram:
    return packet_diagram(table_of([packet]), name, 0)


def test_udp_is_drawn_as_in_rfc_768() -> None:
    udp_header = protocol(
        Field("srcport", 16, "Source Port"),
        Field("dstport", 16, "Destination Port"),
        Field("length", 16, "Length"),
        Field("checksum", 16, "Checksum"),
    )
    assert text(header_diagram(udp_header)).split("\n") == [
        "      0                   1                   2                   3",
        "      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1",
        "     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+",
        "   0 |          Source Port          |       Destination Port        |",
        "     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+",
        "   4 |            Length             |           Checksum            |",
        "     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+",
    ]


def test_a_field_of_48_bits_goes_on_in_the_next_row() -> None:
    header = protocol(Field("dst", 48, "Destination", Kind.ETHER), Field("type", 16, "Type"))
    assert text(header_diagram(header)).split("\n")[2:] == [
        "     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+",
        "   0 |                          Destination                          |",
        "     +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+",
        "   4 |                               |             Type              |",
        "     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+",
    ]


def test_single_bits_are_named_downwards_with_three_letters() -> None:
    names = ("urg", "ack", "push", "reset", "syn", "fin")
    flags = Field(
        "flags", 8, "Flags", parts=(Field("res", 2, "Res"), *(Field(f"flags.{n}", 1, n) for n in names))
    )
    lines = text(header_diagram(protocol(flags))).split("\n")
    assert lines[3:6] == ["   0 |Res|U|A|P|R|S|F|", "     |   |R|C|S|S|Y|I|", "     |   |G|K|H|T|N|N|"]


def test_a_part_of_unknown_size_has_slanted_edges() -> None:
    header = protocol(Field("kind", 8, "Kind"), Field("rest", 0, "Data", Kind.BYTES, rest=True))
    row = text(header_diagram(header)).split("\n")[3]
    assert row.split() == ["0", "|", "Kind", "/", "Data", "…", "/"]
    assert len(row) == 70


def test_a_list_is_drawn_where_the_fixed_fields_end() -> None:
    header = protocol(Field("length", 32, "Length"), items=(Items("toy.option"),))
    assert "/                           Options …                           /" in text(header_diagram(header))


def test_of_alternatives_only_one_is_drawn_and_all_are_told() -> None:
    header = protocol(
        Field("kind", 32, "Kind"),
        Field("odd", 0, "Odd one", Kind.BYTES, when=(("kind", 2),), size_by="kind"),
        Field("usual", 32, "Usual one", when=(("kind", 1),)),
    )
    diagram = header_diagram(header)
    assert [(box.label, box.drawn) for box in diagram.boxes] == [
        ("Kind", True),
        ("Odd one", False),
        ("Usual one", True),
    ]
    assert "(kind = 1)" in text(diagram)
    assert "Odd one" not in text(diagram)


def test_a_packet_fills_the_boxes_with_its_values_and_small_fields_with_bits() -> None:
    drawn = text(of("ip", ethernet(ipv4(udp(), proto=17, ttl=63))))
    assert "| 0100  | 0101  |" in drawn
    assert "|      63       |   UDP (17)    |" in drawn
    assert "192.0.2.80" in drawn


def test_flags_show_their_bits() -> None:
    diagram = of("tcp", ethernet(ipv4(tcp(flags=0x12))))
    flags = {box.name: box.raw for box in diagram.boxes if box.bits == 1}
    assert {name for name, raw in flags.items() if raw == "1"} == {"tcp.flags.ack", "tcp.flags.syn"}
    assert "|0|0|0|0|1|0|0|1|0|" in text(diagram)


def test_options_are_boxes_of_the_header_they_stand_in() -> None:
    diagram = of("tcp", ethernet(ipv4(tcp(flags=2, options=OPTIONS_OF_A_SYN))))
    assert diagram.size == 40
    placed = {box.label: (box.start // 8, box.value) for box in diagram.boxes if box.item and not box.opens}
    assert placed["MSS Value"] == (22, "1460")
    assert placed["Shift count"] == (39, "7")
    assert [box.item for box in diagram.boxes if box.opens] == [
        "Maximum segment size",
        "SACK permitted",
        "Timestamps",
        "No-Operation (NOP)",
        "Window scale",
    ]


def test_a_long_field_is_drawn_by_its_ends() -> None:
    diagram = of("data", ethernet(ipv4(udp(bytes(100), ports=(40000, 9)), proto=17)))
    lines = text(diagram).split("\n")
    assert sum("⋮" in line for line in lines) == 1
    assert len(lines) < 10
    assert any(line.startswith("  96 ") for line in lines)


def test_a_cut_header_shows_what_there_is() -> None:
    packet = ethernet(ipv4(tcp(seq=7)))
    diagram = packet_diagram(table_of([packet[:44]], lengths=[len(packet)]), "tcp", 0)
    assert {box.name for box in diagram.boxes if box.drawn and box.name} >= {"tcp.srcport", "tcp.seq_raw"}
    assert "tcp.checksum" not in {box.name for box in diagram.boxes}
    assert diagram.size == 10


def test_another_reading_is_drawn_where_the_usual_one_does_not_apply() -> None:
    diagram = of("eth", ethernet(b"\x42\x42\x03" + bytes(43), kind=46))
    assert [box.name for box in diagram.boxes if box.drawn] == ["eth.dst", "eth.src", "eth.len"]


def test_lessons_travel_with_their_fields() -> None:
    lesson = Lesson(Words("What it is.", "是什么。"), "RFC 1")
    diagram = header_diagram(protocol(Field("kind", 8, "Kind"), lessons={"kind": lesson}))
    assert diagram.boxes[0].lesson == lesson


@pytest.mark.parametrize("name", [made.name for made in catalogue().protocols])
def test_every_protocol_of_the_catalogue_can_be_drawn(name: str) -> None:
    made = catalogue().by_name[name]
    lines = [plain(line) for line in header_diagram(made).lines()]
    assert all(cells(line) <= 70 for line in lines)
    assert all(line[5] in "+|/ " for line in lines)
    widths = {len(line) for line in lines[2:-1] if line.startswith("     +-") and "|" not in line}
    assert all((width - 5) % 2 == 1 for width in widths)
    fixed = sum(box.bits for box in header_diagram(made).boxes if box.drawn and not box.condition)
    assert fixed == made.minimum * 8


def test_a_hidden_field_gives_way_to_a_visible_reading_of_its_bits() -> None:
    solicitation = bytes.fromhex(
        "87001b0d00000000 20010db8000000000000000000000080 0101020000000010".replace(" ", "")
    )
    head = bytes.fromhex("6000000000203aff") + bytes(15) + b"\1" + bytes(15) + b"\2"
    boxes = of("icmpv6", ethernet(head + solicitation, kind=0x86DD)).boxes
    assert [box.label for box in boxes if box.start == 208 and box.drawn] == ["Link-layer address"]
