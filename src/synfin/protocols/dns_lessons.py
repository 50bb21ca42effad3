"""What to teach about the fields of a DNS message."""

from __future__ import annotations

from synfin.dissect.definition import Lesson, Words

LESSONS = {
    "id": Lesson(
        Words(
            "Ties an answer to its question: the answer repeats the number.",
            "把应答与查询对应起来：应答原样带回这个编号。",
        ),
        "RFC 1035 4.1.1",
        Words(
            "It is no sequence number; it is chosen at random, so that answers are hard to forge.",
            "它不是序号，而是随机选取的，为的是让人难以伪造应答。",
        ),
    ),
    "flags": Lesson(
        Words("What kind of message it is, and how it was answered.", "报文的类型，以及查询结果如何。"),
        "RFC 1035 4.1.1",
    ),
    "flags.response": Lesson(
        Words("0 in a question, 1 in an answer.", "查询为 0，应答为 1。"), "RFC 1035 4.1.1"
    ),
    "flags.opcode": Lesson(
        Words(
            "What the message is for; 0, a question, nearly always.", "报文的用途；几乎总是 0，即普通查询。"
        ),
        "RFC 1035 4.1.1",
    ),
    "flags.authoritative": Lesson(
        Words(
            "The answer comes from a server that is in charge of the name, not from a cache.",
            "应答来自负责该域名的服务器，而不是缓存。",
        ),
        "RFC 1035 4.1.1",
    ),
    "flags.truncated": Lesson(
        Words(
            "The answer did not fit into a datagram; the client should ask again over TCP.",
            "应答太长，一个数据报装不下；客户端应改用 TCP 再问一次。",
        ),
        "RFC 2181 9",
        Words(
            "It does not mean that the network lost something: the server cut the answer itself.",
            "这不是网络丢了数据，而是服务器自己截短了应答。",
        ),
    ),
    "flags.recdesired": Lesson(
        Words(
            "The client wants the server to ask the other servers for it.",
            "客户端希望服务器替它去问别的服务器。",
        ),
        "RFC 1035 4.1.1",
    ),
    "flags.recavail": Lesson(
        Words("The server is willing to do so.", "服务器愿意代为查询。"), "RFC 1035 4.1.1"
    ),
    "flags.authenticated": Lesson(
        Words(
            "The server has verified the signatures (DNSSEC).",
            "服务器已经验证过签名（DNSSEC）。",
        ),
        "RFC 4035 3.2.3",
        Words(
            "The bit itself is not signed: it is worth as much as the path to the server.",
            "这一位本身没有签名：到服务器的路径可信，它才可信。",
        ),
    ),
    "flags.checkdisable": Lesson(
        Words(
            "The client verifies signatures itself and takes unverified answers.",
            "客户端自己验证签名，未经验证的应答也接受。",
        ),
        "RFC 4035 3.2.2",
    ),
    "flags.rcode": Lesson(
        Words(
            "How it went; 0 if all is well, 3 if there is no such name.",
            "结果如何：0 表示成功，3 表示域名不存在。",
        ),
        "RFC 1035 4.1.1",
        Words(
            "0 without an answer is no error: the name exists, but has no record of that type.",
            "结果为 0 却没有应答记录并不是出错：域名存在，只是没有这种类型的记录。",
        ),
    ),
    "count.queries": Lesson(
        Words("How many questions follow; one in practice.", "后面有几个问题；实际上总是一个。"),
        "RFC 1035 4.1.1",
    ),
    "count.answers": Lesson(
        Words("How many records answer the question.", "回答问题的记录有几条。"), "RFC 1035 4.1.1"
    ),
    "count.auth_rr": Lesson(
        Words(
            "How many records name the servers in charge, or the zone that has no answer.",
            "有几条记录指出负责的服务器，或给出查无结果的区域。",
        ),
        "RFC 1035 4.1.1",
    ),
    "count.add_rr": Lesson(
        Words(
            "How many records are added unasked: addresses of servers, and the extensions (OPT).",
            "附带的记录有几条：服务器地址，以及扩展信息（OPT）。",
        ),
        "RFC 1035 4.1.1",
    ),
}

QUESTION_LESSONS = {
    "qry.name": Lesson(
        Words("The name asked about.", "要查询的域名。"),
        "RFC 1035 4.1.2",
        Words(
            "The dots are not in the packet: each label is preceded by its length.",
            "报文里没有点号：每一段前面是它的长度。",
        ),
    ),
    "qry.type": Lesson(
        Words(
            "What is wanted: an address (A, AAAA), a mail server (MX)…",
            "要查什么：地址（A、AAAA）、邮件服务器（MX）等。",
        ),
        "RFC 1035 3.2.2",
    ),
}

RECORD_LESSONS = {
    "resp.ttl": Lesson(
        Words("How long the record may be kept.", "这条记录可以缓存多久。"),
        "RFC 2181 8",
        Words(
            "It has nothing to do with the TTL of IP, which counts routers.",
            "它与 IP 的 TTL 无关，后者数的是路由器。",
        ),
        Words("seconds", "秒"),
    ),
    "resp.len": Lesson(
        Words("How long the data behind it is.", "其后数据的长度。"),
        "RFC 1035 4.1.3",
        None,
        Words("bytes", "字节"),
    ),
    "rr.udp_payload_size": Lesson(
        Words(
            "The largest message over UDP that the sender takes; without it, 512 bytes.",
            "发送方能接收的最大 UDP 报文；没有这一项时为 512 字节。",
        ),
        "RFC 6891 6.2.3",
        None,
        Words("bytes", "字节"),
    ),
}
