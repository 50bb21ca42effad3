"""What learners ask: each answer is there where it applies, in both languages, and not where it does not.

One table names for each question where its answer is told and where it must not be: the story of a
connection, what is taught of a packet, or the reference of fields; what no packet shows is in the tutorial.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synfin.explain.language import CATALOGUES
from synfin.explain.lesson import PacketLesson, teach_field, teach_header, teach_packet
from synfin.operations import explain_connection, open_session, taught_packet
from synfin.session import catalogue
from tests.packets import ethernet, ipv4, table_of, tcp, udp
from tests.scenarios.telling import accounts, explained

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.explain.explanation import Explanation
    from synfin.explain.language import Lang

ROOT = Path(__file__).parents[2]
LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


@dataclass(frozen=True)
class Story:
    """`synfin explain` of a scenario, or of a connection of an example ("page.pcapng 0"), says this sentence.

    `words`, English and Chinese, must be part of it, if given.
    """

    name: str
    key: str
    words: tuple[str, str] = ("", "")

    def said(self, lang: Lang) -> str:
        """What it says to that, "" if nothing."""
        told = story(self.name, lang)
        texts = [one.text for section in told.sections for one in section.sentences if one.key == self.key]
        return spaced(" ".join(texts))


@dataclass(frozen=True)
class Ladder:
    """The ladder of a scenario shows this text under an arrow."""

    name: str
    words: tuple[str, str]

    def said(self, lang: Lang) -> str:
        """What stands under its arrows."""
        steps = story(self.name, lang).ladder.steps
        return spaced(" · ".join(note.text for step in steps for note in getattr(step, "annotations", ())))


@dataclass(frozen=True)
class Packet:
    """`synfin packet FILE N` teaches this of a field; `name` is file and number, or a packet made here."""

    name: str
    field: str
    words: tuple[str, str]

    def said(self, lang: Lang) -> str:
        """What it teaches of the field, "" if the packet has none."""
        fields = [field for header in packet(self.name, lang).headers for field in header.fields]
        texts = [f"{one.meaning} {one.mistake}" for one in fields if one.name == self.field]
        return spaced(" ".join(texts))


@dataclass(frozen=True)
class Picture:
    """`synfin packet FILE N` says this text of the catalogue, with its nest or its four layers."""

    name: str
    key: str
    words: tuple[str, str] = ("", "")

    def said(self, lang: Lang) -> str:
        """The text, "" if it does not say it."""
        begin = CATALOGUES[lang][self.key].partition("{")[0][:40]
        said = spaced("".join(packet(self.name, lang).text().split()))
        return begin if spaced("".join(begin.split())) in said else ""


@dataclass(frozen=True)
class Reference:
    """`synfin fields NAME` explains a field that is worked out and stands in no header."""

    name: str
    words: tuple[str, str]

    def said(self, lang: Lang) -> str:
        """What it explains."""
        info = catalogue().fields[self.name]
        return " ".join(teach_field(catalogue().by_name[info.protocol], self.name, lang))


@dataclass(frozen=True)
class Header:
    """`synfin header PROTOCOL` teaches this."""

    name: str
    words: tuple[str, str]

    def said(self, lang: Lang) -> str:
        """Everything it teaches."""
        return " ".join(
            field.meaning + field.mistake
            for field in teach_header(catalogue().by_name[self.name], lang).fields
        )


Where = Story | Ladder | Packet | Picture | Reference | Header


@cache
def story(name: str, lang: Lang) -> Explanation:
    """The story of a scenario or of an example's connection."""
    if name in accounts():
        return explained(name, lang)
    file, _, number = name.partition(" ")
    found = explain_connection(open_session(str(ROOT / "examples" / file)), int(number), lang=lang, width=100)
    assert found is not None
    return found


COOKED = bytes.fromhex("0000 0001 0006 020000000010 0000 0800")

MADE: dict[str, Callable[[Lang], PacketLesson]] = {
    "padded": lambda lang: teach_packet(table_of([ethernet(ipv4(tcp())) + bytes(6)]), 0, lang),
    "raw": lambda lang: teach_packet(table_of([ipv4(tcp())], linktype=101), 0, lang),
    "cooked": lambda lang: teach_packet(table_of([COOKED + ipv4(tcp())], linktype=113), 0, lang),
    "unknown payload": lambda lang: teach_packet(
        table_of([ethernet(ipv4(udp(b"?" * 9, ports=(40000, 40001)), 17))]), 0, lang
    ),
}
"""Packets that no example holds."""


@cache
def packet(name: str, lang: Lang) -> PacketLesson:
    """What is taught of a packet."""
    if name in MADE:
        return MADE[name](lang)
    file, _, number = name.partition(" ")
    return taught_packet(open_session(str(ROOT / "examples" / file)), int(number), lang=lang, width=100)


def spaced(text: str) -> str:
    """The text with plain blanks."""
    return text.replace("\u00a0", " ")


SYN, ANSWER, GET = "page.pcapng 5", "page.pcapng 6", "page.pcapng 8"
PAGE = "page.pcapng 0"
ARP, ECHO = "page.pcapng 1", "page.pcapng 3"
DATAGRAM = "icmp-unreachable.pcapng 1"
FRAGMENT, SIX = "fragments.pcapng 4", "ipv6.pcapng 1"
COMPLETE, OPEN = "handshake/complete", "midstream/data_only"

TABLE: dict[int, tuple[tuple[Where, ...], tuple[Where, ...]]] = {
    # the handshake
    1: (
        (Story(COMPLETE, "normal.three_steps", ("an old SYN", "迟到的旧 SYN")), Story(COMPLETE, "step.ack")),
        (Story("handshake/refused", "normal.three_steps"), Story("handshake/half_open", "step.ack")),
    ),
    2: (
        (
            Story(COMPLETE, "normal.three_steps", ("That would be four", "本来需要四步")),
            Story("handshake/simultaneous_open", "opening.simultaneous"),
        ),
        (Story("handshake/simultaneous_open", "normal.three_steps"), Story(COMPLETE, "opening.simultaneous")),
    ),
    3: (
        (Story(COMPLETE, "step.syn", ("takes one number", "占用一个序号")),),
        (Story(OPEN, "step.syn"),),
    ),
    4: (
        (
            Story(COMPLETE, "step.ack", ("ack = Y + 1", "确认号 = Y + 1")),
            Ladder(COMPLETE, ("seq = X + 1", "seq = X + 1")),
        ),
        (
            Story("handshake/half_open", "step.ack"),
            Ladder("handshake/half_open", ("seq = X + 1", "seq = X + 1")),
        ),
    ),
    5: (
        (
            Story("handshake/fast_open 1", "step.syn.data"),
            Story("handshake/fast_open_data_without_cookie", "step.syn.payload", ("legal", "合法")),
            Packet(SYN, "tcp.flags.syn", ("may carry data", "可以携带数据")),
        ),
        (
            Story(COMPLETE, "step.syn.data"),
            Story(COMPLETE, "step.syn.payload"),
            Packet(DATAGRAM, "tcp.flags.syn", ("", "")),
        ),
    ),
    6: (
        (
            Story(COMPLETE, "normal.numbers", ("guess", "猜不到")),
            Packet(SYN, "tcp.seq_raw", ("earlier connection do not fit", "旧连接的报文段")),
        ),
        (Story(OPEN, "normal.numbers"),),
    ),
    7: (
        (
            Story(COMPLETE, "step.syn", ("shown as 0", "显示为 0")),
            Packet(SYN, "tcp.seq_raw", ("relative", "相对序号")),
            Reference("tcp.seq", ("relative number", "相对序号")),
            Story(
                OPEN,
                "opening.not_seen",
                ("relative numbers count from the first packet", "从见到的第一个数据包数起"),
            ),
        ),
        (Story(COMPLETE, "opening.not_seen"), Story(OPEN, "step.syn")),
    ),
    8: (
        (
            Story("handshake/syn_lost_twice", "step.syn_again"),
            Story("handshake/syn_ack_lost", "step.syn_ack_again"),
            Story("handshake/third_segment_lost_for_good", "step.ack_with_data"),
            Story("handshake/syn_lost_twice", "normal.syn_resent", ("RFC 6298", "RFC 6298")),
        ),
        (
            Story(COMPLETE, "step.syn_again"),
            Story(COMPLETE, "step.syn_ack_again"),
            Story(COMPLETE, "normal.syn_resent"),
        ),
    ),
    9: (
        (
            Story("handshake/half_open", "opening.half_open", ("SYN queue", "半连接队列")),
            Story(COMPLETE, "normal.kernel", ("accept queue", "全连接队列")),
        ),
        (Story(COMPLETE, "opening.half_open"), Story(PAGE, "normal.kernel")),
    ),
    10: (
        (Story(COMPLETE, "normal.kernel", ("operating system over there answers", "对方的操作系统有应答")),),
        (Story(PAGE, "normal.kernel"), Story("handshake/refused", "normal.kernel")),
    ),
    11: (
        (
            Story("handshake/refused", "step.refused", ("X + 1", "X + 1")),
            Story(
                "handshake/no_answer",
                "opening.no_answer",
                ("a refusal would have been an RST", "若是被拒绝，会收到 RST"),
            ),
        ),
        (Story(COMPLETE, "step.refused"), Story("handshake/refused", "opening.no_answer")),
    ),
    12: (
        (Story("handshake/half_open", "opening.half_open", ("SYN cookie", "SYN cookie")),),
        (Story(COMPLETE, "opening.half_open"),),
    ),
    # options
    13: (
        (
            Story(PAGE, "options.mss", ("announced, not negotiated", "不是协商")),
            Story("handshake/fast_open", "options.mss.default", ("536", "536")),
            Story(PAGE, "options.payload.same", ("1448", "1448")),
            Packet(SYN, "tcp.options.mss_val", ("1220 (IPv6)", "1220（IPv6）")),
        ),
        (
            Story("handshake/fast_open", "options.mss"),
            Story(PAGE, "options.mss.default"),
            Packet(GET, "tcp.options.mss_val", ("", "")),
        ),
    ),
    14: (
        (
            Story(COMPLETE, "options.window.on", ("except in the SYNs", "SYN 自身的窗口不扩大")),
            Ladder(COMPLETE, ("512 × 128 = 65536", "512 × 128 = 65536")),
            Reference("tcp.window_size", ("scale is unknown", "倍数无从得知")),
            Packet(SYN, "tcp.options.wscale.shift", ("both SYNs", "两边的 SYN")),
        ),
        (
            Story("handshake/fast_open", "options.window.on"),
            Packet(GET, "tcp.options.wscale.shift", ("", "")),
        ),
    ),
    15: (
        (
            Packet(SYN, "tcp.option_kind", ("what has arrived beyond a gap", "空缺之后又收到了什么")),
            Packet(
                "lost-data.pcapng 11",
                "tcp.options.sack.right_raw",
                ("One past the last byte", "最后一个字节的下一个"),
            ),
            Reference("tcp.options.sack.dsack_le", ("arrived twice", "收到了两次")),
            Story("resent/spurious_by_dsack", "transfer.repeats", ("it had arrived", "早已到达")),
        ),
        (Packet(GET, "tcp.options.sack.right_raw", ("", "")), Story(PAGE, "transfer.repeats")),
    ),
    16: (
        (
            Packet(SYN, "tcp.options.timestamp.tsval", ("PAWS", "PAWS")),
            Packet(SYN, "tcp.options.timestamp.tsval", ("no time of day", "不是钟表时间")),
            Packet(SYN, "tcp.options.timestamp.tsecr", ("round trip", "往返时间")),
        ),
        (Packet("refused.pcapng 2", "tcp.options.timestamp.tsval", ("", "")),),
    ),
    17: (
        (
            Packet(SYN, "tcp.option_kind", ("Fills a byte", "占一个字节")),
            Header("tcp.options.eol", ("End of the options", "选项到此为止")),
        ),
        (Packet("refused.pcapng 2", "tcp.option_kind", ("", "")),),
    ),
    18: (
        (
            Story(
                PAGE,
                "options.header",
                ("40 B: 20 without options + MSS 4 + SACK permitted 2", "固定部分 20 + MSS 4"),
            ),
        ),
        (Story("handshake/fast_open", "options.header"), Story(OPEN, "options.header")),
    ),
    # arithmetic
    19: (
        (
            Packet(GET, "tcp.ack_raw", ("next byte", "下一个字节")),
            Story(COMPLETE, "step.syn_ack", ("the next number I expect", "我期望的下一个序号")),
            Reference("tcp.ack", ("next byte", "下一个字节")),
        ),
        (Packet(DATAGRAM, "tcp.ack_raw", ("", "")), Story("handshake/no_answer", "step.syn_ack")),
    ),
    20: (
        (
            Packet(GET, "tcp.ack_raw", ("“ack = seq + 1” holds only", "“ack = seq + 1”只对")),
            Ladder(PAGE, ("1 + 83 = 84", "1 + 83 = 84")),
        ),
        (Packet(DATAGRAM, "tcp.ack_raw", ("", "")),),
    ),
    21: (
        (Packet(GET, "tcp.seq_raw", ("bytes, not packets", "字节而不是包")),),
        (Packet(DATAGRAM, "tcp.seq_raw", ("", "")),),
    ),
    22: (
        (Story(COMPLETE, "normal.same_seq", ("takes no number", "不占用序号")),),
        (
            Story("handshake/seen_from_between", "normal.same_seq"),
            Story("handshake/third_segment_lost", "normal.same_seq"),
        ),
    ),
    23: (
        (
            Story("analysis/window_full", "normal.cumulative", ("0.5", "0.5")),
            Packet(GET, "tcp.ack_raw", ("many segments", "许多个报文段")),
        ),
        (Story("teardown/four_segments_by_server", "normal.cumulative"),),
    ),
    24: (
        (
            Packet(GET, "tcp.flags.push", ("no border between messages", "不是消息边界")),
            Story(PAGE, "normal.stream", ("stream of bytes", "字节流")),
        ),
        (Packet(DATAGRAM, "tcp.flags.push", ("", "")), Story(COMPLETE, "normal.stream")),
    ),
    25: (
        (Packet(GET, "tcp.flags.urg", ("new programs should not use", "新程序不应再用")),),
        (Packet(DATAGRAM, "tcp.flags.urg", ("", "")),),
    ),
    26: (
        (
            Story("resent/fast", "transfer.repeats", ("fast retransmit", "快速重传")),
            Story("resent/timeout", "transfer.repeats", ("retransmission timer", "重传定时器")),
            Story("resent/fast", "transfer.duplicate_ack", ("three in a row", "连续三个")),
            Story("resent/spurious_by_time", "transfer.repeats", ("without need", "多余")),
            Reference("synfin.retransmission", ("tail_loss_probe", "tail_loss_probe")),
        ),
        (Story(PAGE, "transfer.repeats"), Story(PAGE, "transfer.duplicate_ack")),
    ),
    # the teardown
    27: (
        (
            Story("teardown/four_segments", "closing.four", ("Two directions", "两个方向")),
            Story("teardown/four_segments", "step.ack_of_fin", ("may go on sending", "还可以继续发送")),
        ),
        (
            Story("teardown/three_segments", "closing.four"),
            Story("teardown/three_segments", "step.ack_of_fin"),
        ),
    ),
    28: (
        (Story("teardown/three_segments", "closing.three", ("no fault", "不是故障")),),
        (Story("teardown/four_segments", "closing.three"), Story("teardown/simultaneous", "closing.three")),
    ),
    29: (
        (
            Story(
                "teardown/four_segments",
                "closing.four",
                ("until the program over there closed", "要等对方的程序也调用 close()"),
            ),
        ),
        (Story("teardown/three_segments", "closing.four"),),
    ),
    30: (
        (
            Story(PAGE, "normal.fin_ack", ("says nothing about the FIN", "与这个 FIN 无关")),
            Packet("page.pcapng 16", "tcp.flags.ack", ("acknowledges earlier data", "此前的数据")),
        ),
        (Story(COMPLETE, "normal.fin_ack"),),
    ),
    31: (
        (
            Story(
                "teardown/three_segments",
                "closing.time_wait",
                ("The client closed first", "客户端是主动关闭方"),
            ),
            Story(
                "teardown/four_segments_by_server",
                "closing.time_wait",
                ("The server closed first", "服务器是主动关闭方"),
            ),
        ),
        (Story("reset/by_client", "closing.time_wait"), Story("teardown/still_open", "closing.time_wait")),
    ),
    32: (
        (Story(PAGE, "closing.time_wait", ("until old segments have died out", "旧报文段在网络中消失")),),
        (Story("reset/by_client", "closing.time_wait"),),
    ),
    33: (
        (
            Story(
                "teardown/half_closed", "closing.close_wait", ("has not called close()", "没有调用 close()")
            ),
        ),
        (
            Story("teardown/three_segments", "closing.close_wait"),
            Story("teardown/half_closed", "closing.time_wait"),
        ),
    ),
    34: (
        (Story("teardown/half_closed", "closing.close_wait", ("in FIN_WAIT_2", "在 FIN_WAIT_2")),),
        (Story("teardown/half_closed_for_long", "closing.close_wait"),),
    ),
    35: (
        (
            Story(
                "teardown/half_closed", "closing.half_closed", ("not the same as half-open", "与半打开不同")
            ),
            Story("teardown/half_closed_for_long", "closing.four.half"),
            Story("reset/forgotten", "step.reset.forgotten", ("half-open connection", "半打开连接")),
        ),
        (
            Story("teardown/four_segments", "closing.half_closed"),
            Story("reset/by_server", "step.reset.forgotten"),
        ),
    ),
    36: (
        (
            Story("teardown/simultaneous", "closing.simultaneous", ("CLOSING", "CLOSING")),
            Story("teardown/simultaneous", "closing.time_wait.both"),
        ),
        (Story("teardown/four_segments", "closing.simultaneous"),),
    ),
    37: (
        (
            Story(
                "reset/by_server",
                "step.reset.abort",
                ("data still on its way is lost", "还在途中的数据会丢失"),
            ),
            Packet("reset.pcapng 6", "tcp.flags.reset", ("Unlike FIN", "与 FIN 不同")),
            Story("reset/by_server", "closing.time_wait.none"),
        ),
        (
            Story("teardown/three_segments", "step.reset.abort"),
            Story("teardown/three_segments", "closing.time_wait.none"),
        ),
    ),
    38: (
        (
            Story("reset/late_data", "step.reset.late_data", ("data was lost", "数据已丢失")),
            Story("unread-data.pcapng 0", "step.reset.abort", ("data unread", "数据未读")),
        ),
        (Story("reset/by_server", "step.reset.late_data"),),
    ),
    39: (
        (
            Story("teardown/fin_with_data", "step.fin.data", ("takes one sequence number", "占用一个序号")),
            Ladder("teardown/fin_with_data", ("1 + 100 + 1 = 102", "1 + 100 + 1 = 102")),
        ),
        (Story("teardown/still_open", "step.fin"),),
    ),
    40: (
        (
            Story("teardown/last_ack_lost", "closing.time_wait.again"),
            Story("teardown/last_ack_lost", "step.fin_again.acked"),
        ),
        (
            Story("teardown/three_segments", "closing.time_wait.again"),
            Story("teardown/fin_repeated", "step.fin_again.acked"),
        ),
    ),
    # the link
    41: (
        (Picture(SYN, "nest.why.ends"), Picture(SYN, "nest.why.check")),
        (Picture("raw", "nest.why.ends"), Picture("raw", "nest.why.check")),
    ),
    42: (
        (Picture("refused.pcapng 2", "nest.why.short"), Picture("padded", "nest.why.padding")),
        (Picture(GET, "nest.why.short"), Picture(GET, "nest.why.padding")),
    ),
    43: (
        (
            Picture(SYN, "stack.aside"),
            Reference("frame.number", ("the capturing program noted it", "抓包程序记下来的")),
        ),
        (Reference("ip.ttl", ("the capturing program noted it", "抓包程序记下来的")),),
    ),
    44: (
        (
            Packet(SYN, "eth.type", ("Up to 1500", "不大于 1500")),
            Packet(SYN, "eth.type", ("0x8035 RARP", "0x8035 是 RARP")),
        ),
        (Packet("raw", "eth.type", ("", "")),),
    ),
    45: (
        (Packet(SYN, "eth.dst", ("usually the router", "通常是路由器")), Picture(SYN, "stack.why.eth")),
        (Packet("raw", "eth.dst", ("", "")), Picture("raw", "stack.why.eth")),
    ),
    46: (
        (
            Packet(SYN, "eth.src", ("All zeros on Linux's loopback", "回环接口上全是 0")),
            Packet("cooked", "sll.src.eth", ("There is no destination", "没有目的地址")),
        ),
        (Packet(SYN, "sll.src.eth", ("", "")), Packet("cooked", "eth.src", ("", ""))),
    ),
    47: (
        (Packet("vlan.pcapng 3", "vlan.id", ("often strip tags", "把标签剥掉")),),
        (Packet(SYN, "vlan.id", ("", "")),),
    ),
    48: (
        (
            Picture(ARP, "stack.why.arp"),
            Packet(ARP, "arp.proto.type", ("no IP filter finds it", "都看不到它")),
            Packet(ARP, "arp.opcode", ("RARP", "RARP")),
        ),
        (Picture(SYN, "stack.why.arp"), Packet(SYN, "arp.opcode", ("", ""))),
    ),
    49: (
        (Packet(ARP, "arp.dst.hw_mac", ("before the first packet", "第一个包之前")),),
        (Packet(SYN, "arp.dst.hw_mac", ("", "")),),
    ),
    # the network
    50: (
        (
            Packet(SYN, "ip.hdr_len", ("5 means 20 bytes", "5 表示 20 字节")),
            Packet(SYN, "tcp.hdr_len", ("5 in this field means 20 bytes", "5 表示 20 字节")),
        ),
        (Packet(SIX, "ip.hdr_len", ("", "")), Packet(DATAGRAM, "tcp.hdr_len", ("", ""))),
    ),
    51: (
        (
            Packet(
                FRAGMENT, "ip.frag_offset", ("units of 8 bytes: 185 is byte 1480", "185 就是第 1480 字节")
            ),
            Packet(FRAGMENT, "ip.frag_offset", ("has the ports", "才带端口号")),
        ),
        (Packet(SIX, "ip.frag_offset", ("", "")),),
    ),
    52: (
        (Packet(SYN, "ip.flags.df", ("path's MTU", "路径 MTU 发现")),),
        (Packet(SIX, "ip.flags.df", ("", "")),),
    ),
    53: ((Packet(SYN, "ip.id", ("may always be 0", "可以一直是 0")),), (Packet(SIX, "ip.id", ("", "")),)),
    54: ((Packet(SYN, "ip.ttl", ("64, 128 or 255", "64、128 或 255")),), (Packet(ARP, "ip.ttl", ("", "")),)),
    55: ((Packet(SYN, "ip.proto", ("58 ICMPv6", "58 是 ICMPv6")),), (Packet(ARP, "ip.proto", ("", "")),)),
    56: (
        (Packet(SYN, "ip.dsfield", ("Type of Service", "服务类型")),),
        (Packet(ARP, "ip.dsfield", ("", "")),),
    ),
    57: (
        (
            Packet(SYN, "ip.checksum", ("IPv6 has none", "IPv6 没有首部校验和")),
            Packet(SYN, "tcp.checksum", ("pseudo-header", "伪首部")),
        ),
        (Packet(SIX, "ip.checksum", ("", "")), Packet(ARP, "tcp.checksum", ("", ""))),
    ),
    # what looks wrong
    58: (
        (
            Story("window/larger_than_the_mss", "normal.offload", ("TSO", "TSO")),
            Reference("frame.len", ("offloading", "分段卸载")),
        ),
        (Story(PAGE, "normal.offload"),),
    ),
    59: (
        (
            Packet(SYN, "tcp.checksum", ("the network card fills them in afterwards", "网卡随后才填上")),
            Story(
                "window/checksums_left_to_the_card",
                "normal.checksum_offload",
                ("On the wire they are right", "到了线路上它们是正确的"),
            ),
            Story("window/checksums_wrong", "transfer.bad_checksum", ("damaged on the way", "途中损坏")),
        ),
        (
            Packet(ARP, "tcp.checksum", ("", "")),
            Story(PAGE, "normal.checksum_offload"),
            Story(PAGE, "transfer.bad_checksum"),
            Story("window/checksums_wrong", "normal.checksum_offload"),
            Story("window/checksums_left_to_the_card", "transfer.bad_checksum"),
        ),
    ),
    60: (
        (Packet(ARP, "eth.dst.ig", ("Behind a switch", "交换机后面")),),
        (Packet("raw", "eth.dst.ig", ("", "")),),
    ),
    62: (
        (
            Story("resent/copies", "transfer.copies", ("mirror port", "镜像")),
            Reference("synfin.duplicate", ("the sender sent it once", "只发过一次")),
        ),
        (Story(PAGE, "transfer.copies"), Story("resent/timeout", "transfer.copies")),
    ),
    63: (
        (
            Story(
                "midstream/acked_but_missing", "transfer.acks_unseen", ("it missed them", "漏掉它们的是捕获")
            ),
            Story("loss/lost_before_the_capture", "transfer.gap_before", ("not captured", "没有捕获到")),
        ),
        (Story(PAGE, "transfer.acks_unseen"), Story(PAGE, "transfer.gap_before")),
    ),
    64: (
        (
            Story(
                "resent/late",
                "transfer.out_of_order",
                ("identification, timestamps or timing", "IP 标识、时间戳或间隔"),
            ),
            Story("resent/late", "transfer.resent_unseen"),
            Reference("synfin.rule", ("rule that the verdict rests on", "判断所依据的规则")),
        ),
        (Story("resent/timeout", "transfer.out_of_order"), Story("resent/timeout", "transfer.resent_unseen")),
    ),
    65: (
        (Packet("unknown payload", "data.data", ("TLS", "TLS")),),
        (Packet(GET, "data.data", ("", "")),),
    ),
    66: (
        (
            Story(
                PAGE,
                "normal.stream",
                ("TCP segment of a reassembled PDU", "TCP segment of a reassembled PDU"),
            ),
            Reference("tcp.segment_data", ("share of a longer message", "那一份")),
        ),
        (Story(COMPLETE, "normal.stream"),),
    ),
    67: (
        (Packet("unknown payload", "data.data", ("-d tcp.port==8888,http", "-d tcp.port==8888,http")),),
        (Packet(GET, "data.data", ("", "")),),
    ),
    69: (
        (
            Packet(SYN, "tcp.flags", ("CWR 0x80", "CWR 0x80")),
            Packet(SYN, "tcp.flags", ("0x014 an RST with ACK", "0x014 是带 ACK 的 RST")),
        ),
        (Packet(DATAGRAM, "tcp.flags", ("", "")),),
    ),
    70: (
        (
            Packet(SYN, "eth.type", ("more significant byte comes first", "高位字节在前")),
            Reference("frame.cap_len", ("byte order of the machine", "写文件的机器的字节序")),
        ),
        (Packet("raw", "eth.type", ("", "")),),
    ),
}
"""By question: where its answer is told, and where it must not be."""

OF_NO_PACKET = {
    61: "whether one may capture shows before there is any packet: refusal and tutorial say what to do",
    68: "filters are what a user writes, not what was captured: the tutorial shows both kinds",
}
"""Questions that no capture can answer, with the reason; the tutorial answers them."""


def test_every_question_has_its_row() -> None:
    assert set(TABLE) | set(OF_NO_PACKET) == set(range(1, 71))
    assert not set(TABLE) & set(OF_NO_PACKET)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("number", TABLE)
def test_the_answer_is_told_where_it_applies(number: int, lang: Lang) -> None:
    for where in TABLE[number][0]:
        said = where.said(lang)
        assert said, where
        assert where.words[LANGUAGES.index(lang)] in said, where


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("number", TABLE)
def test_the_answer_is_not_told_where_it_does_not_apply(number: int, lang: Lang) -> None:
    told, not_told = TABLE[number]
    assert not_told
    for where in not_told:
        said = where.said(lang)
        words = where.words[LANGUAGES.index(lang)]
        assert words not in said if words else not said, where
    assert {type(where) for where in not_told} <= {type(where) for where in told}
