"""Each protocol has its layer, each byte its owner; what no capture holds is shown as that."""

from __future__ import annotations

import pytest

from synfin.basics.cells import cells
from synfin.basics.spans import plain
from synfin.explain.encapsulation import CHECK, DELIMITER, PREAMBLE, Encapsulation, encapsulation
from synfin.explain.language import Lang, language
from synfin.explain.lesson import extents, teach_packet
from synfin.explain.stack import LEVELS, REMARKS, level_of, stack
from synfin.session import catalogue
from tests.packets import ethernet, ipv4, table_of, tcp, udp

KNOWN = catalogue().by_name


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("eth", "link"),
        ("arp", "link"),
        ("vlan", "link"),
        ("ppp", "link"),
        ("llc", "link"),
        ("sll", "link"),
        ("ip", "internet"),
        ("ipv6", "internet"),
        ("icmp", "internet"),
        ("icmpv6", "internet"),
        ("igmp", "internet"),
        ("ipv6.fraghdr", "internet"),
        ("tcp", "transport"),
        ("udp", "transport"),
        ("vxlan", "application"),
        ("data", "application"),
        ("frame", None),
    ],
)
def test_a_protocol_belongs_to_its_layer(name: str, level: str | None) -> None:
    assert level_of(KNOWN[name]) == level


def test_every_protocol_that_may_be_met_has_a_layer() -> None:
    homeless = {one.name for one in catalogue().walked if not one.body and level_of(one) is None}
    assert homeless == {"frame", "pkt_comment", "raw"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_arp_comes_with_its_answer(lang: Lang) -> None:
    made = stack([KNOWN["arp"], KNOWN["eth"]], language(lang), {"arp": 2})
    link = made.floors[LEVELS.index("link")]
    arp = next(one for one in link.residents if one.name == "arp")
    assert arp.packets == 2
    assert "RFC\u00a0826" in arp.why
    assert "RFC 826" in made.text(90)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [72, 100])
def test_the_text_keeps_to_its_width(lang: Lang, width: int) -> None:
    every = stack([KNOWN[name] for name in REMARKS], language(lang))
    frame = ethernet(ipv4(tcp(b"hello"))) + b"\0" * 10
    pictures = (every.lines(width), nest(frame, lang).lines(width))
    assert max(cells(plain(line)) for lines in pictures for line in lines) <= width


def nest(packet: bytes, lang: Lang = "en", wire: int = 0) -> Encapsulation:
    table = table_of([packet], lengths=[wire or len(packet)])
    return encapsulation(extents(table, 0), wire or len(packet), language(lang))


def sizes(made: Encapsulation) -> list[tuple[str, int]]:
    return [(part.name or part.sort, part.size) for part in made.parts]


def test_the_parts_of_a_frame_are_all_its_bytes_and_three_that_are_never_captured() -> None:
    made = nest(ethernet(ipv4(tcp(b"hello, world"))))
    assert sizes(made) == [
        ("unseen", PREAMBLE), ("unseen", DELIMITER), ("eth", 14), ("ip", 20), ("tcp", 20), ("payload", 12),
        ("unseen", CHECK),
    ]  # fmt: skip
    assert [(unit.title, unit.size) for unit in made.units] == [
        ("Ethernet frame", 66), ("IP datagram", 52), ("TCP segment", 32),
    ]  # fmt: skip


def test_padding_is_no_payload() -> None:
    made = nest(ethernet(ipv4(tcp())) + b"\0" * 6)
    assert sizes(made)[-2:] == [("padding", 6), ("unseen", CHECK)]
    assert ("payload", 6) not in sizes(made)
    assert any("IP's total length" in note for note in made.notes)


def test_a_frame_captured_before_it_was_filled_up_is_called_short() -> None:
    short, long = nest(ethernet(ipv4(tcp()))), nest(ethernet(ipv4(tcp(b"x" * 60))))
    assert any("60\u00a0B without FCS" in note for note in short.notes)
    assert not any("60\u00a0B without FCS" in note for note in long.notes)


def test_of_a_cut_packet_the_bytes_on_the_wire_count() -> None:
    whole = ethernet(ipv4(tcp(b"x" * 100)))
    assert ("payload", 100) in sizes(nest(whole[:60], wire=len(whole)))


def test_what_a_program_says_has_its_own_part() -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    parts = nest(ethernet(ipv4(tcp(request)))).parts
    assert [(part.name, part.size, part.level) for part in parts if part.sort == "header"] == [
        ("eth", 14, "link"), ("ip", 20, "internet"), ("tcp", 20, "transport"),
        ("http", len(request), "application"),
    ]  # fmt: skip


def test_without_ethernet_there_is_no_preamble() -> None:
    packet = ipv4(udp(b"dns?"), proto=17)
    table = table_of([packet], linktype=101)
    made = encapsulation(extents(table, 0), len(packet), language("en"))
    assert not any(part.sort == "unseen" for part in made.parts)


def test_a_copy_of_another_packet_is_payload_of_the_message_that_quotes_it() -> None:
    message = ethernet(ipv4(b"\3\1\0\0\0\0\0\0" + ipv4(tcp()), proto=1))
    assert [part.name for part in nest(message).parts if part.sort == "header"] == ["eth", "ip", "icmp"]


def test_the_lesson_of_a_packet_shows_both() -> None:
    told = teach_packet(table_of([ethernet(ipv4(tcp(b"hello")))]), 0).text()
    assert "preamble" in told
    assert "Four layers" in told
