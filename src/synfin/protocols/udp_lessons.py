"""What to teach about the fields of UDP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect.definition import Lesson, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTES = Words("bytes", "字节")
SECONDS = Words("seconds", "秒")
FORMAT = "RFC 768 Format"

LESSONS: Mapping[str, Lesson] = {
    "srcport": Lesson(
        Words(
            "Where answers should go. It is optional: 0 says that none are expected.",
            "回信该送到哪个端口。它可以不填：0 表示不指望回信。",
        ),
        "RFC 768 Fields",
    ),
    "dstport": Lesson(
        Words(
            "Which socket on the receiving host the message is for: 53 for DNS, 67 for a DHCP "
            "server, 443 for QUIC.",
            "消息交给接收方主机上的哪个套接字：DNS 是 53，DHCP 服务器是 67，QUIC 是 443。",
        ),
        "RFC 768 Fields",
        Words(
            "If nobody listens there, UDP itself stays silent; the host answers with ICMP, if at all.",
            "那里没有程序在听时，UDP 自己一声不响；最多由主机回一个 ICMP。",
        ),
    ),
    "length": Lesson(
        Words(
            "Bytes of this header and the message together: 8 at least.",
            "首部与消息合计的字节数，至少为 8。",
        ),
        "RFC 768 Fields",
        Words(
            "The header's 8 bytes are counted too: the message has 8 less.",
            "首部的 8 字节也算在内：消息要少 8 字节。",
        ),
        BYTES,
    ),
    "checksum": Lesson(
        Words(
            "Covers header, message and a pseudo-header with the IP addresses. Over IPv4 a sender "
            "may leave it "
            "out and write 0; over IPv6 it must not.",
            "覆盖首部、消息和含 IP 地址的伪首部。IPv4 上发送方可以不算而填 0，IPv6 上则不可以。",
        ),
        "RFC 768 Fields",
        Words(
            "0 means “no checksum”, not a sum of 0; such a sum is sent as 0xffff.",
            "0 表示“没有校验和”，而不是和为 0；和为 0 时要填 0xffff。",
        ),
    ),
    "checksum.status": Lesson(
        Words(
            "Whether the checksum was verified, and with what result.",
            "校验和是否验证过，结果如何。",
        ),
        "RFC 768 Fields",
    ),
    "checksum_calculated": Lesson(
        Words(
            "What the checksum should be, according to the captured bytes.", "按抓到的字节算出来的校验和。"
        ),
        "RFC 1071 1",
    ),
    "synfin.checksum.udp": Lesson(
        Words(
            "The checksum, always verified: good, bad, offloaded to the card, absent, or unverified "
            "because "
            "bytes are missing.",
            "总是验证的校验和：good 正确，bad 错误，offloaded 留给网卡，absent 没有，unverified 因缺"
            "字节而无法验证。",
        ),
        "RFC 768 Fields",
    ),
    "stream": Lesson(
        Words(
            "The number of this conversation within the capture: all datagrams between two addresses "
            "and ports.",
            "这段会话在抓包中的编号：同一对地址和端口之间的所有数据报。",
        ),
        "RFC 768 Introduction",
        Words(
            "UDP itself knows no connections; this is only how the capture is sorted.",
            "UDP 本身没有连接，这只是整理抓包的方式。",
        ),
    ),
    "time_relative": Lesson(
        Words("Time since the conversation's first datagram.", "距会话第一个数据报的时间。"), unit=SECONDS
    ),
    "time_delta": Lesson(
        Words("Time since the conversation's previous datagram.", "距会话上一个数据报的时间。"), unit=SECONDS
    ),
    "payload": Lesson(
        Words(
            "The message. What was sent as one datagram arrives as one, or not at all.",
            "消息本身。作为一个数据报发出的，要么整个到达，要么不到。",
        ),
        "RFC 768 Introduction",
        Words(
            "Nothing is repeated, reordered or held back: that is left to the program.",
            "不重传、不重排、不限速：这些都留给程序自己做。",
        ),
    ),
}
"""Lessons about the header, by field."""
