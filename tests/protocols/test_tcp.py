"""TCP's header: every field, its lines in the tree, its line in the packet list."""

from __future__ import annotations

import numpy as np
import pytest

from synfin.dissect.definition import Field
from synfin.dissect.layers import Sparse
from synfin.dissect.listing import listing
from synfin.dissect.table import PacketTable, Settings, dissect
from synfin.dissect.tree import Node, Trees
from synfin.protocols.tcp import flag_letters, flag_words
from synfin.session import catalogue
from tests.packets import checksum, chunk_of, ethernet, ipv4, table_of, tcp

OPTIONS_OF_A_SYN = bytes.fromhex("020405b40402080a00000001000000000103 0307".replace(" ", ""))


def one(segment: bytes, *, captured: int | None = None) -> PacketTable:
    packet = ethernet(ipv4(segment))
    return table_of([packet[:captured]], lengths=[len(packet)])


def values(table: PacketTable, name: str) -> list[str]:
    return table.texts(name)[1].to_list()


def shown(nodes: tuple[Node, ...], depth: int = 0) -> list[str]:
    lines = []
    for node in nodes:
        if not node.hidden:
            lines += ["  " * depth + node.label, *shown(node.children, depth + 1)]
    return lines


def tree(table: PacketTable) -> list[str]:
    return shown(tuple(node for node in Trees(table).packet(0) if node.name == "tcp"))


def info(table: PacketTable) -> str:
    return listing(table).info[0]


def checked(segment: bytes, stated: int | None = None) -> bytes:
    """The segment with its right checksum between the addresses of `ipv4`, or with a stated one."""
    pseudo = bytes((192, 0, 2, 10, 192, 0, 2, 80, 0, 6)) + len(segment).to_bytes(2, "big")
    right = checksum(pseudo + segment)
    return segment[:16] + (right if stated is None else stated).to_bytes(2, "big") + segment[18:]


def test_every_field_of_a_plain_segment() -> None:
    table = one(tcp(b"GET /", ports=(50123, 80), seq=1000, ack=2000, flags=0x018, window=501))
    expected = {
        "tcp.srcport": "50123",
        "tcp.dstport": "80",
        "tcp.len": "5",
        "tcp.seq_raw": "1000",
        "tcp.ack_raw": "2000",
        "tcp.hdr_len": "20",
        "tcp.flags": "0x0018",
        "tcp.flags.push": "1",
        "tcp.flags.ack": "1",
        "tcp.flags.syn": "0",
        "tcp.flags.str": "·······AP···",
        "tcp.window_size_value": "501",
        "tcp.checksum": "0x0000",
        "tcp.checksum.status": "2",
        "tcp.urgent_pointer": "0",
        "tcp.payload": "474554202f",
    }
    assert {name: values(table, name) for name in expected} == {
        name: [value] for name, value in expected.items()
    }
    assert values(table, "tcp.port") == ["50123", "80"]


def test_the_tree_of_a_plain_segment() -> None:
    assert tree(one(tcp(b"GET /", ports=(50123, 80), seq=1000, ack=2000, flags=0x018, window=501))) == [
        "Transmission Control Protocol, Src Port: 50123, Dst Port: 80, Seq: 1000, Ack: 2000, Len: 5",
        "  Source Port: 50123",
        "  Destination Port: 80",
        "  [TCP Segment Len: 5]",
        "  Sequence Number (raw): 1000",
        "  Acknowledgment number (raw): 2000",
        "  0101 .... = Header Length: 20 bytes (5)",
        "  Flags: 0x018 (PSH, ACK)",
        "    000. .... .... = Reserved: Not set",
        "    ...0 .... .... = Accurate ECN: Not set",
        "    .... 0... .... = Congestion Window Reduced: Not set",
        "    .... .0.. .... = ECN-Echo: Not set",
        "    .... ..0. .... = Urgent: Not set",
        "    .... ...1 .... = Acknowledgment: Set",
        "    .... .... 1... = Push: Set",
        "    .... .... .0.. = Reset: Not set",
        "    .... .... ..0. = Syn: Not set",
        "    .... .... ...0 = Fin: Not set",
        "    [TCP Flags: ·······AP···]",
        "  Window: 501",
        "  Checksum: 0x0000 [unverified]",
        "  [Checksum Status: Unverified]",
        "  Urgent Pointer: 0",
        "  TCP payload (5 bytes)",
    ]


def test_the_packet_list_says_raw_numbers_until_somebody_follows_the_connection() -> None:
    table = one(tcp(seq=1000, ack=2000))
    assert info(table) == "40000 → 80 [ACK] Seq=1000 Ack=2000 Win=512 Len=0"
    first = np.zeros(1, np.int64)
    table = one(tcp(seq=1000, ack=2000))
    for name, value in (("seq", 1), ("ack", 7), ("window_size", 65536)):
        table.supply("tcp", name, Sparse(first, np.array([value])))
    assert info(table) == "40000 → 80 [ACK] Seq=1 Ack=7 Win=65536 Len=0"


def test_a_syn_says_its_options_in_their_order_and_no_ack() -> None:
    table = one(tcp(flags=0x002, seq=7, window=64240, options=OPTIONS_OF_A_SYN))
    assert info(table) == "40000 → 80 [SYN] Seq=7 Win=64240 Len=0 MSS=1460 SACK_PERM TSval=1 TSecr=0 WS=128"
    assert tree(table)[0].endswith("Dst Port: 80, Seq: 7, Len: 0")


def test_urgent_data_is_said() -> None:
    segment = tcp(b"abc", flags=0x030)
    assert info(one(segment[:18] + b"\0\2" + segment[20:])).endswith(
        "[ACK, URG] Seq=0 Ack=0 Win=512 Urg=2 Len=3"
    )


@pytest.mark.parametrize(
    ("flags", "words", "letters"),
    [
        (0x000, "<None>", "············"),
        (0x012, "SYN, ACK", "·······A··S·"),
        (0x0C2, "SYN, ECE, CWR", "····CE····S·"),
        (0xFFF, "FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE, Reserved", "RRRACEUAPRSF"),
        (0xD010, "ACK, ACE=5", "···-5-·A····"),
    ],
)
def test_flags_are_named_from_the_last_and_written_from_the_first(
    flags: int, words: str, letters: str
) -> None:
    assert (flag_words(flags), flag_letters(flags)) == (words, letters)


@pytest.mark.parametrize(
    ("flags", "mark", "remark"),
    [
        (0x002, "tcp.connection.syn", "Chat/Sequence): Connection establish request (SYN): server port 80]"),
        (0x012, "tcp.connection.synack", "Connection establish acknowledge (SYN+ACK): server port 40000]"),
        (0x011, "tcp.connection.fin", "Chat/Sequence): Connection finish (FIN)]"),
        (0x004, "tcp.connection.rst", "Warning/Sequence): Connection reset (RST)]"),
    ],
)
def test_flags_that_change_the_connection_are_remarked_on(flags: int, mark: str, remark: str) -> None:
    table = one(tcp(flags=flags))
    assert values(table, mark) == ["1"]
    assert any(line.endswith(remark) for line in tree(table))
    assert values(one(tcp(flags=0x010)), mark) == []


def test_an_acknowledgment_number_without_its_flag_is_remarked_on() -> None:
    table = one(tcp(flags=0x002, ack=99))
    assert values(table, "tcp.ack.nonzero") == ["1"]
    assert values(one(tcp(flags=0x002)), "tcp.ack.nonzero") == []


def test_an_urgent_pointer_without_its_flag_is_remarked_on() -> None:
    segment = tcp()
    table = one(segment[:18] + b"\0\7" + segment[20:])
    assert values(table, "tcp.urgent_pointer.non_zero") == ["1"]
    assert values(table, "_ws.expert.severity") == ["4194304"]


def test_a_reset_may_say_why() -> None:
    table = one(tcp(b"No TCP/IP", flags=0x004))
    assert values(table, "tcp.reset_cause") == ["No TCP/IP"]
    assert values(table, "tcp.payload") == []


def test_a_header_shorter_than_itself_is_bogus() -> None:
    segment = bytearray(tcp(b"abcd", seq=5))
    segment[12] = 3 << 4
    table = one(bytes(segment))
    assert values(table, "tcp.bogus_header_length") == ["1"]
    assert values(table, "tcp.flags") == []
    assert info(table) == "40000 → 80, bogus TCP header length (12, must be at least 20)"
    assert "    [Expert Info (Error/Protocol): Bogus TCP header length (12, must be at least 20)]" in tree(
        table
    )


def test_a_header_longer_than_its_packet_is_short() -> None:
    segment = bytearray(tcp(b"abcd"))
    segment[12] = 15 << 4
    table = one(bytes(segment))
    assert values(table, "tcp.short_segment") == ["1"]
    assert values(table, "tcp.len") == []


@pytest.mark.parametrize("kept", range(14 + 20 + 1, 14 + 20 + 40))
def test_of_a_cut_header_there_is_what_was_captured(kept: int) -> None:
    table = one(tcp(flags=0x002, seq=77, options=OPTIONS_OF_A_SYN), captured=kept)
    for name, end in (
        ("srcport", 2),
        ("seq_raw", 8),
        ("flags", 14),
        ("checksum", 18),
        ("urgent_pointer", 20),
    ):
        assert len(values(table, f"tcp.{name}")) == (kept >= 34 + end)
    assert len(values(table, "tcp.options.mss_val")) == (kept >= 34 + 24)
    assert tree(table)


def test_checksums_are_verified_when_asked_for_and_always_under_our_own_name() -> None:
    segment = tcp(b"hello", flags=0x018)
    packets = [ethernet(ipv4(checked(segment))), ethernet(ipv4(checked(segment, 0x1234)))]
    unasked = table_of(packets)
    assert values(unasked, "tcp.checksum.status") == ["2", "2"]
    assert values(unasked, "tcp.checksum_calculated") == []
    assert values(unasked, "synfin.checksum.tcp") == ["good", "bad"]
    asked = dissect(chunk_of(packets), catalogue(), settings=Settings(check_tcp=True))
    assert values(asked, "tcp.checksum.status") == ["1", "0"]
    assert len(set(values(asked, "tcp.checksum_calculated"))) == 1
    assert (
        listing(asked).info[1] == "40000 → 80 [PSH, ACK] Seq=0 Ack=0 Win=512 [TCP CHECKSUM INCORRECT] Len=5"
    )


def test_a_sum_left_to_the_network_card_is_no_error() -> None:
    segment = tcp(b"hello", flags=0x018)
    pseudo = bytes((192, 0, 2, 10, 192, 0, 2, 80, 0, 6)) + len(segment).to_bytes(2, "big")
    partial = ~checksum(pseudo) & 0xFFFF
    assert values(one(checked(segment, partial)), "synfin.checksum.tcp") == ["offloaded"]


def test_a_cut_segment_cannot_be_verified() -> None:
    table = one(checked(tcp(b"hello" * 20)), captured=60)
    assert values(table, "synfin.checksum.tcp") == ["unverified"]


def test_every_field_of_the_header_has_a_lesson_in_both_languages() -> None:
    protocol = catalogue().by_name["tcp"]
    bits = [item.name for item in protocol.every if isinstance(item, Field)]
    assert set(bits) <= set(protocol.lessons)
    assert all(lesson.meaning.en and lesson.meaning.zh for lesson in protocol.lessons.values())
