"""TCP's options: what each holds, its line, what it adds to the packet list; and wrong lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synfin.dissect.listing import listing
from synfin.dissect.tree import Node, Trees
from tests.packets import ethernet, ipv4, table_of, tcp

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable

EACH = [
    ("020405b4", "tcp.options.mss_val=1460", "TCP Option - Maximum segment size: 1460 bytes", " MSS=1460"),
    (
        "030307",
        "tcp.options.wscale.multiplier=128",
        "TCP Option - Window scale: 7 (multiply by 128)",
        " WS=128",
    ),
    ("0402", "tcp.option_len=2", "TCP Option - SACK permitted", " SACK_PERM"),
    ("050a0000044c000004b0", "tcp.options.sack.count=1", "TCP Option - SACK 1100-1200", " SLE=1100 SRE=1200"),
    (
        "05120000044c000004b000000514 00000578",
        "tcp.options.sack.left_raw=1100,1300",
        "TCP Option - SACK 1100-1200 1300-1400",
        " SLE=1100 SRE=1200 SLE=1300 SRE=1400",
    ),
    ("060600000007", "tcp.options.echo_value=7", "TCP Option - Echo: 7", " ECHO=7"),
    ("070600000009", "tcp.options.echo_value=9", "TCP Option - Echo: 9", " ECHO=9"),
    (
        "080a0000000100000002",
        "tcp.options.timestamp.tsecr=2",
        "TCP Option - Timestamps: TSval 1, TSecr 2",
        " TSval=1 TSecr=2",
    ),
    ("0c0600000004", "tcp.options.cc_value=4", "TCP Option - CC", " CC=4"),
    ("1312" + "ab" * 16, "tcp.options.md5.digest=" + "ab" * 16, "TCP Option - TCP MD5 signature", " MD5"),
    (
        "1404ff05",
        "tcp.options.scps.vector=0xff",
        "TCP Option - SCPS capabilities",
        " SCPS[BETS, SNACK1, SNACK2, COMP, NLTS, RESERVED] Connection ID=5",
    ),
    ("150600100003", "tcp.options.snack.size=3", "TCP Option - Selective Negative Acknowledgment", ""),
    ("1602", "tcp.option_kind=22,0,0", "TCP Option - SCPS record boundary", ""),
    ("1702", "tcp.option_kind=23,0,0", "TCP Option - SCPS corruption experienced", ""),
    ("1b082533abcdef01", "tcp.options.qs.rate=5", "TCP Option - Quick-Start", " QSresp=1.28 Mbit/s"),
    ("1c048010", "tcp.options.user_to_granularity=1", "TCP Option - User Timeout", " USER_TO=16"),
    ("1d080102cdcdcdcd", "tcp.options.ao.mac=cdcdcdcd", "TCP Option - TCP AO", "TCP AO"),
    ("2206aabbccdd", "tcp.options.tfo.cookie=aabbccdd", "TCP Option - TCP Fast Open", " TFO=C"),
    ("2202", "tcp.options.tfo.request=1", "TCP Option - TCP Fast Open", " TFO=R"),
    ("fe08f989aabbccdd", "tcp.options.tfo.cookie=aabbccdd", "TCP Option - Experimental: Fast Open", " TFO=C"),
    (
        "fd06a1b2c3d4",
        "tcp.options.experimental.data=c3d4",
        "TCP Option - Experimental: Unknown",
        " ExID=A1B2",
    ),
    (
        "fd0500ac14",
        "tcp.options.tarr.rate=10",
        "TCP Option - Experimental: TCP ACK Rate Request 10",
        " TARR=10",
    ),
    (
        "ac0b010203040506070809",
        "tcp.options.acc_ecn.eceb=263430",
        "TCP Option - Accurate ECN (Order 0): EE0B 66051, ECEB 263430, EE1B 460809",
        " EE0B=66051 ECEB=263430 EE1B=460809",
    ),
    (
        "ae08010203040506",
        "tcp.options.acc_ecn.ee1b=66051",
        "TCP Option - Accurate ECN (Order 1): EE1B 66051, ECEB 263430",
        " EE1B=66051 ECEB=263430",
    ),
    ("ac02", "tcp.option_len=2", "TCP Option - Accurate ECN", " AccECN"),
    (
        "fe0aacc1010203040506",
        "tcp.options.acc_ecn.eceb=263430",
        "TCP Option - Experimental: Accurate ECN - Order 1: Accurate ECN (Order 1): EE1B 66051, ECEB 263430",
        " EE1B=66051 ECEB=263430",
    ),
    (
        "4c1011010a0000010a0000021e780000",
        "tcp.options.rvbd.probe.proxy.port=7800",
        "TCP Option - Riverbed Probe: Probe Response, Server Steelhead: 10.0.0.2:7800",
        "",
    ),
    (
        "4e1000010a0000010a0000021e780050",
        "tcp.options.rvbd.trpy.flags.mode=1",
        "TCP Option - Riverbed Transparency 10.0.0.1:7800 -> 10.0.0.2:80",
        "",
    ),
    ("4604aabb", "tcp.options.unknown.payload=aabb", "TCP Option - Unknown", ""),
]
"""Option, one of its fields, its line in the tree, what it adds to the packet list."""

WRONG = [
    ("020505b400", "TCP Option - Maximum segment size", "option length should be 4"),
    ("030407", "TCP Option - Window scale", "option length should be 3"),
    ("0809000000010000000200", "TCP Option - Timestamps", "option length should be 10"),
    ("1d0301", "TCP Option - TCP AO", "option length should be >= than 4"),
    ("fe03aa", "TCP Option - Experimental", "option length 3 smaller than 4"),
    ("ac04010200", "TCP Option - Accurate ECN", "option length should be 2, 5, 8, or 11 instead of 4"),
]
"""Option of a length it may not have, its line, the remark."""

BROKEN = [
    ("02000000", "Maximum segment size (with too-short option length = 0 bytes)"),
    ("02010000", "Maximum segment size (with too-short option length = 1 byte)"),
    ("02ff05b4", "Maximum segment size (option length = 255 bytes says option goes past end of options)"),
    ("01010108", "Timestamps (length byte past end of options)"),
]
"""Options that do not fit, and what is said of them."""


def with_options(options: str, flags: int = 0x010) -> PacketTable:
    return table_of([ethernet(ipv4(tcp(flags=flags, options=bytes.fromhex(options))))])


def values(table: PacketTable, name: str) -> str:
    return ",".join(table.texts(name)[1].to_list())


def lines(table: PacketTable) -> list[str]:
    def below(node: Node) -> list[str]:
        return [node.label, *(line for child in node.children for line in below(child))]

    return [line for node in Trees(table).packet(0) for line in below(node)]


@pytest.mark.parametrize(("option", "field", "line", "info"), EACH)
def test_every_option(option: str, field: str, line: str, info: str) -> None:
    table = with_options(option)
    name, expected = field.split("=", 1)
    assert values(table, name) == expected
    assert line in lines(table)
    assert listing(table).info[0].split("Len=0")[1] == info


@pytest.mark.parametrize(("option", "line", "remark"), WRONG)
def test_an_option_of_the_wrong_length_is_named_but_not_read(option: str, line: str, remark: str) -> None:
    table = with_options(option)
    assert values(table, "tcp.option.len.invalid").startswith("1")
    assert {line, f"[{remark}]", f"[Expert Info (Note/Sequence): {remark}]"} <= set(lines(table))
    assert listing(table).info[0].split("Len=0")[1] in ("", "TCP AO")


@pytest.mark.parametrize(("options", "line"), BROKEN)
def test_an_option_that_does_not_fit_ends_the_list(options: str, line: str) -> None:
    table = with_options(options)
    assert line in lines(table)
    assert values(table, "tcp.option.len.invalid") == "1"
    assert values(table, "tcp.options.mss_val") == ""


def test_the_line_of_the_options_names_them_in_their_order() -> None:
    table = with_options("0101050a0000044c000004b046020000")
    assert (
        "Options: (16 bytes), No-Operation (NOP), No-Operation (NOP), SACK, Unknown (0x46), "
        "End of Option List (EOL), End of Option List (EOL)" in lines(table)
    )


def test_zeros_to_the_end_are_each_an_end_but_anything_else_after_it_is_not_read() -> None:
    assert values(with_options("00000000"), "tcp.option_kind") == "0,0,0,0"
    assert values(with_options("00000000"), "tcp.non_zero_bytes_after_eol") == ""
    assert values(with_options("000102ff"), "tcp.option_kind") == "0"
    assert values(with_options("000102ff"), "tcp.non_zero_bytes_after_eol") == "1"
    assert "Non-zero header padding" in lines(with_options("000102ff"))


def test_four_nops_in_one_word_are_remarked_on() -> None:
    assert values(with_options("01010101"), "tcp.nop") == "1"
    assert values(with_options("010101020405b400"), "tcp.nop") == ""
    assert values(with_options("0101080a00000001000000020101"), "tcp.nop") == ""


def test_a_syn_should_say_its_segment_size_and_others_should_not() -> None:
    assert values(with_options("04020101", flags=0x002), "tcp.options.mss.absent") == "1"
    assert values(with_options("020405b4", flags=0x002), "tcp.options.mss.absent") == ""
    assert values(with_options("020405b4", flags=0x010), "tcp.options.mss.present") == "1"


def test_a_shift_beyond_14_is_taken_as_14() -> None:
    table = with_options("03030f00")
    assert values(table, "tcp.options.wscale.multiplier") == "16384"
    assert values(table, "tcp.options.wscale.shift.invalid") == "1"


def test_a_cookie_in_a_syn_is_remarked_on() -> None:
    assert values(with_options("2206aabbccdd", flags=0x002), "tcp.analysis.tfo_syn") == "1"
    assert values(with_options("2206aabbccdd", flags=0x010), "tcp.analysis.tfo_syn") == ""


def test_half_a_block_is_no_block() -> None:
    table = with_options("050b0000044c000004b000")
    assert values(table, "tcp.options.sack.count") == "1"
    assert values(table, "tcp.suboption_malformed") == "1"
    assert listing(table).info[0].endswith("SLE=1100 SRE=1200")


def test_a_first_block_that_is_acknowledged_or_inside_the_second_is_a_duplicate() -> None:
    def marked(blocks: str, ack: int) -> str:
        options = bytes((5, 2 + len(blocks) // 2)) + bytes.fromhex(blocks)
        return values(table_of([ethernet(ipv4(tcp(ack=ack, options=options)))]), "tcp.options.sack.dsack")

    assert marked("0000044c000004b0", ack=1200) == "1"
    assert marked("0000044c000004b0", ack=1100) == ""
    assert marked("0000044c000004b0" + "000003e800000578", ack=900) == "1"
    assert marked("0000044c000004b0" + "0000051400000578", ack=900) == ""
