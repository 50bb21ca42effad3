"""What to teach about the fields of ICMP and ICMPv6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect.definition import Lesson, Words
from synfin.protocols.ip_lessons import lesson

if TYPE_CHECKING:
    from collections.abc import Mapping


ICMP: Mapping[str, Lesson] = {
    "type": lesson(
        ("What kind of message this is.", "这是哪一种报文。"),
        "RFC 792",
        (
            "ICMP has no ports, and is no transport: `ping` needs neither TCP nor UDP.",
            "ICMP 没有端口，也不是传输层协议：ping 既不用 TCP 也不用 UDP。",
        ),
    ),
    "code": lesson(("Which variant of that kind.", "该类报文的具体原因。"), "RFC 792"),
    "checksum": lesson(("Guards the whole message.", "保护整个报文。"), "RFC 792"),
}

ICMP_MESSAGES: Mapping[str, Mapping[str, Lesson]] = {
    "unreachable": {
        "mtu": lesson(
            (
                "The largest packet that the next hop takes; the sender should send no larger ones this way.",
                "下一跳能通过的最大包长；发送方以后走这条路不应超过它。",
            ),
            "RFC 1191 4",
            (
                "Firewalls that drop all ICMP drop this too: large packets vanish while small ones pass, "
                "and connections hang after the handshake.",
                "防火墙若把 ICMP 一律丢掉，也会丢掉它：小包能过，大包消失，连接握手成功后就卡住。",
            ),
        ),
    },
    "redirect": {
        "redir_gw": lesson(
            ("The better first router for this destination.", "去往该目的地更合适的第一跳路由器。"), "RFC 792"
        ),
    },
    "problem": {
        "pointer": lesson(
            (
                "Which byte of the quoted header is wrong, counted from 0.",
                "被引用首部中出错的是第几个字节，从 0 数起。",
            ),
            "RFC 792",
        ),
    },
}

ECHO: Mapping[str, Lesson] = {
    "ident": lesson(
        (
            "Which `ping` is asking: replies bring it back unchanged.",
            "区分是哪个 ping 发的；回显应答原样带回。",
        ),
        "RFC 792",
        (
            "Shown twice because some systems write it the other way round; only one reading makes sense.",
            "显示两次，是因为有的系统按相反的字节序填写；两种读法只有一种有意义。",
        ),
    ),
    "seq": lesson(
        (
            "Counts the requests of one `ping`; a missing number is a lost packet.",
            "同一个 ping 的第几次请求；缺了号就是丢了包。",
        ),
        "RFC 792",
    ),
    "resp_in": lesson(("The packet that answers this one.", "应答在哪个包里。"), ""),
    "resp_to": lesson(("The packet that this one answers.", "这是对哪个包的应答。"), ""),
    "resptime": lesson(
        (
            "From request to reply at the place of capture: the round trip only if captured at the asker.",
            "抓包处看到的请求与应答的间隔；只有在请求方抓包，它才是往返时间。",
        ),
        "",
    ),
}

ICMPV6: Mapping[str, Lesson] = {
    "type": lesson(
        (
            "What kind of message this is: below 128 an error, from 128 on information.",
            "报文种类：128 以下是差错，128 起是信息类。",
        ),
        "RFC 4443 2.1",
        (
            "Not optional, as IPv4's is often treated: without it hosts find no neighbours or routers.",
            "它不像 IPv4 的 ICMP 那样常被当作可有可无：没有它，主机既找不到邻居也找不到路由器。",
        ),
    ),
    "code": lesson(("Which variant of that kind.", "该类报文的具体原因。"), "RFC 4443 2.1"),
    "checksum": lesson(
        (
            "Guards the message and, unlike ICMP's, the addresses of the packet too.",
            "除报文外还保护 IPv6 地址，这点与 ICMP 不同。",
        ),
        "RFC 4443 2.3",
    ),
}

ECHO_V6: Mapping[str, Lesson] = {
    "echo.identifier": lesson(
        (
            "Which `ping` is asking: replies bring it back unchanged.",
            "区分是哪个 ping 发的；回显应答原样带回。",
        ),
        "RFC 4443 4.1",
    ),
    "echo.sequence_number": lesson(
        ("Counts the requests of one `ping`.", "同一个 ping 的第几次请求。"), "RFC 4443 4.1"
    ),
}

ICMPV6_MESSAGES: Mapping[str, Mapping[str, Lesson]] = {
    "too_big": {
        "mtu": lesson(
            (
                "The largest packet that the next hop takes; the sender must send no larger ones this way.",
                "下一跳能通过的最大包长；发送方走这条路不得再超过它。",
            ),
            "RFC 4443 3.2",
            (
                "Dropping all ICMPv6 at a firewall breaks IPv6: routers cannot fragment for the sender.",
                "防火墙把 ICMPv6 一律丢掉会弄坏 IPv6：路由器不能替发送方分片，只能靠这个报文通知。",
            ),
        )
    },
    "ra": {
        "nd.ra.flag.m": lesson(
            ("Addresses are to be had by DHCPv6.", "地址要用 DHCPv6 获取。"), "RFC 4861 4.2"
        ),
        "nd.ra.flag.o": lesson(
            (
                "Other things, such as name servers, are to be had by DHCPv6.",
                "DNS 等其他信息要用 DHCPv6 获取。",
            ),
            "RFC 4861 4.2",
        ),
        "nd.ra.router_lifetime": Lesson(
            Words(
                "How long it may serve as default router; 0: not at all.",
                "它还能当多久默认路由器；0 表示不当。",
            ),
            "RFC 4861 4.2",
            None,
            Words("seconds", "秒"),
        ),
    },
    "ns": {
        "nd.ns.target_address": lesson(
            (
                "Whose link-layer address is wanted: the question that ARP asks for IPv4.",
                "想知道谁的链路层地址：相当于 IPv4 里 ARP 的提问。",
            ),
            "RFC 4861 4.3",
            (
                "From the unspecified address :: it asks nothing but whether the address is free.",
                "若源地址是 ::，它并不是要地址，而是在检查这个地址有没有人用。",
            ),
        )
    },
    "na": {
        "nd.na.flag.s": lesson(("This answers a solicitation.", "这是对邻居请求的应答。"), "RFC 4861 4.4"),
        "nd.na.flag.o": lesson(
            ("Overrides what neighbours remember.", "可以覆盖邻居已缓存的地址。"), "RFC 4861 4.4"
        ),
        "nd.na.target_address": lesson(("Whose address is told.", "所通告的是谁的地址。"), "RFC 4861 4.4"),
    },
}
