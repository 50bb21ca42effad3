"""What to teach about the fields of IPv4 and IPv6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect.definition import Lesson, Words

if TYPE_CHECKING:
    from collections.abc import Mapping


def lesson(meaning: tuple[str, str], section: str, mistake: tuple[str, str] | None = None) -> Lesson:
    """A lesson of pairs of English and Chinese."""
    return Lesson(Words(*meaning), section, Words(*mistake) if mistake else None)


IP: Mapping[str, Lesson] = {
    "version": lesson(("Always 4 in this header.", "本首部中恒为 4。"), "RFC 791 3.1"),
    "hdr_len": Lesson(
        Words("Where the header ends and the payload begins.", "首部到哪里为止，载荷从哪里开始。"),
        "RFC 791 3.1",
        Words(
            "The four bits count words of 4 bytes: 5 means 20 bytes, 15 means 60, the longest.",
            "这 4 位以 4 字节为单位：5 表示 20 字节，最大 15 表示 60 字节。",
        ),
        Words("bytes", "字节"),
    ),
    "dsfield": lesson(
        (
            "How routers should treat the packet: six bits of priority, two of congestion.",
            "路由器该怎样对待这个包：6 位区分服务，2 位拥塞通知。",
        ),
        "RFC 2474, RFC 3168",
        (
            "Old books call this byte Type of Service; that meaning was replaced in 1998.",
            "旧教材把它叫作“服务类型”（ToS），这一含义 1998 年已被取代。",
        ),
    ),
    "dsfield.dscp": lesson(
        ("The class of service the packet asks for.", "数据包请求的服务等级。"), "RFC 2474 3"
    ),
    "dsfield.ecn": lesson(
        (
            "Whether the ends can react to congestion marks; both bits set: a router marked the packet.",
            "两端是否支持拥塞通知；两位全为 1 说明途中有路由器打上了拥塞标记。",
        ),
        "RFC 3168 5",
    ),
    "len": Lesson(
        Words("Bytes of header and payload together.", "首部与载荷合计的字节数。"),
        "RFC 791 3.1",
        Words(
            "It tells the payload's true length: a frame of 60 bytes may carry only 40 bytes of IP, the rest "
            "is Ethernet padding. 0 means the network card was to cut and fill in (segmentation offload).",
            "载荷的真实长度要由它来算：60 字节的帧里可能只有 40 字节 IP，其余是以太网填充。"
            "值为 0 说明长度本该由网卡在分段时填写。",
        ),
        Words("bytes", "字节"),
    ),
    "id": lesson(
        ("Says which fragments belong together.", "用来辨认哪些分片属于同一个数据报。"),
        "RFC 791 3.1, RFC 6864",
        (
            "It is no packet counter: with Don't Fragment set it means nothing and may always be 0.",
            "它不是包序号：不允许分片时它没有意义，可以一直是 0。",
        ),
    ),
    "flags": lesson(
        ("Whether the packet may be cut, and whether more pieces follow.", "能不能分片，后面还有没有分片。"),
        "RFC 791 3.1",
    ),
    "flags.rb": lesson(("Must be 0.", "必须为 0。"), "RFC 791 3.1"),
    "flags.df": lesson(
        (
            "Routers must not cut the packet; one that cannot pass it on sends back an ICMP error.",
            "不许路由器分片；太大转发不了时，路由器回一个 ICMP 差错。",
        ),
        "RFC 791 3.1, RFC 1191",
        (
            "It is normal on TCP packets: that is how the path's MTU is found, and TCP keeps its segments "
            "small enough by the MSS. In IPv6 routers never cut packets.",
            "TCP 包带这个标志很正常：路径 MTU 发现靠的就是它，而 TCP 按 MSS 控制报文段大小，"
            "本来就不需要分片。IPv6 的路由器从不分片。",
        ),
    ),
    "flags.mf": lesson(
        ("More fragments of the same datagram follow.", "同一数据报后面还有分片。"),
        "RFC 791 3.1",
        (
            "The last fragment has it clear, so a fragment is recognised by this bit or a non-zero offset.",
            "最后一个分片的这一位是 0，所以要看这一位或偏移是否非零，才能判断是不是分片。",
        ),
    ),
    "frag_offset": Lesson(
        Words("Where this piece belongs in the whole datagram.", "这一片在原数据报中的位置。"),
        "RFC 791 3.1",
        Words(
            "The field counts units of 8 bytes: 185 is byte 1480; so every fragment but the last carries a "
            "multiple of 8. Only the fragment at 0 has the ports.",
            "字段以 8 字节为单位：185 就是第 1480 字节；所以除最后一片外，每片的数据长度都是 8 的倍数。"
            "只有偏移为 0 的分片才带端口号。",
        ),
        Words("units of 8 bytes", "8 字节"),
    ),
    "ttl": Lesson(
        Words(
            "How many more routers may pass the packet on; the one that makes it 0 drops it and says so.",
            "还能经过多少个路由器；减到 0 的那一跳丢弃它，并发 ICMP 超时。",
        ),
        "RFC 791 3.1, RFC 1812 5.3.1",
        Words(
            "It counts hops, not seconds. Senders start at 64, 128 or 255: the distance is an estimate.",
            "它数的是跳数，不是秒。初值多为 64、128 或 255，由此推算的距离只是估计。",
        ),
        Words("hops", "跳"),
    ),
    "proto": lesson(
        (
            "What the payload is: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6.",
            "载荷是什么：1 是 ICMP，6 是 TCP，17 是 UDP，58 是 ICMPv6。",
        ),
        "RFC 791 3.1",
    ),
    "checksum": lesson(
        (
            "Guards the header alone, and changes at every hop since the Time to Live does. IPv6 has none.",
            "只保护首部；TTL 每跳都变，所以它也每跳重算。IPv6 没有首部校验和。",
        ),
        "RFC 791 3.1, RFC 1071",
        (
            "Wrong or 0 in packets captured on their own sender: the network card fills it in afterwards.",
            "在发送方本机抓到的包里它可能是错的或为 0：真正的值要到网卡才填。",
        ),
    ),
    "src": lesson(
        (
            "Who sent the packet, or so it says: nobody checks on the way.",
            "发送方地址；途中没有谁核对它的真假。",
        ),
        "RFC 791 3.1",
    ),
    "dst": lesson(
        (
            "Where the packet is to go; it stays the same at every hop, unlike the MAC address.",
            "目的地址；与 MAC 地址不同，它一路不变（NAT 除外）。",
        ),
        "RFC 791 3.1",
    ),
}

IPV6: Mapping[str, Lesson] = {
    "version": lesson(("Always 6 in this header.", "本首部中恒为 6。"), "RFC 8200 3"),
    "tclass": lesson(
        (
            "How routers should treat the packet, as IPv4's byte of the same use.",
            "路由器该怎样对待这个包，与 IPv4 中同样用途的字节一致。",
        ),
        "RFC 8200 7, RFC 2474",
    ),
    "tclass.dscp": IP["dsfield.dscp"],
    "tclass.ecn": IP["dsfield.ecn"],
    "flow": lesson(
        (
            "The same for all packets of one flow: routers keep them on one path without looking inside.",
            "同一条流的包取同一个值，路由器不看里面就能让它们走同一条路。",
        ),
        "RFC 6437",
    ),
    "plen": Lesson(
        Words(
            "Bytes after this header, extension headers included.", "本首部之后的字节数，扩展首部也算在内。"
        ),
        "RFC 8200 3",
        Words(
            "Unlike IPv4's total length it does not count the header itself; 0 means a jumbogram or offload.",
            "与 IPv4 的总长度不同，它不含首部本身；0 表示巨型包，或长度留给网卡去填。",
        ),
        Words("bytes", "字节"),
    ),
    "nxt": lesson(
        (
            "What comes next: TCP (6), UDP (17), ICMPv6 (58), or an extension header, which names its own.",
            "后面是什么：TCP（6）、UDP（17）、ICMPv6（58），或者扩展首部，它又有自己的“下一个首部”。",
        ),
        "RFC 8200 4",
    ),
    "hlim": Lesson(
        Words("How many more routers may pass the packet on.", "还能经过多少个路由器。"),
        "RFC 8200 3",
        Words(
            "It is IPv4's Time to Live under an honest name. Neighbour Discovery demands 255.",
            "就是 IPv4 的 TTL，名字更贴切。邻居发现要求它等于 255。",
        ),
        Words("hops", "跳"),
    ),
    "src": lesson(("Who sent the packet.", "发送方地址。"), "RFC 8200 3"),
    "dst": lesson(
        (
            "Where the packet is to go, or its next waypoint if a routing header follows.",
            "目的地址；有路由首部时是下一个途经点。",
        ),
        "RFC 8200 3",
    ),
}
