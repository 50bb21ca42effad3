"""What to teach about the fields of TCP and of its main options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect.definition import Lesson, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTES = Words("bytes", "字节")
WORDS = Words("32-bit words", "32 位字（4 字节）")
SECONDS = Words("seconds", "秒")

HEADER_FORMAT = "RFC 9293 3.1"

LESSONS: Mapping[str, Lesson] = {
    "srcport": Lesson(
        Words(
            "Which program's socket on the sending host this segment comes from. A client usually takes a "
            "temporary port from a high range for each connection.",
            "发送方主机上是哪个程序的套接字发出了这个报文段。客户端通常为每条连接临时取一个高位端口。",
        ),
        HEADER_FORMAT,
        Words(
            "A port alone does not name a connection: only both addresses and both ports together do.",
            "单独一个端口并不能标识一条连接，两端的地址加上两端的端口才行。",
        ),
    ),
    "dstport": Lesson(
        Words(
            "Which socket on the receiving host it is for. Servers wait at well-known ports: 80 for HTTP, "
            "443 for HTTPS, 22 for SSH.",
            "要交给接收方主机上的哪个套接字。服务器守在众所周知的端口上：HTTP 是 80，HTTPS 是 443，"
            "SSH 是 22。",
        ),
        HEADER_FORMAT,
        Words(
            "A port number is only a convention: whatever runs on port 80 need not be HTTP.",
            "端口号只是约定：跑在 80 端口上的不一定就是 HTTP。",
        ),
    ),
    "stream": Lesson(
        Words(
            "The number of the connection within this capture, counted from 0. It is not in the "
            "packet; a new "
            "SYN with another initial number on the same addresses and ports begins a new one.",
            "这条连接在本次抓包中的编号，从 0 数起。它不在报文里；同样的地址和端口上出现初始序号不同"
            "的新 SYN，就算一条新连接。",
        ),
        "RFC 9293 3.3.1",
    ),
    "completeness": Lesson(
        Words(
            "How much of a connection's life the capture contains: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, "
            "16 FIN, "
            "32 RST, added up.",
            "抓包里包含了连接一生中的哪些部分：1 为 SYN，2 为 SYN-ACK，4 为 ACK，8 为数据，16 为 FIN"
            "，32 为 RST，相加而成。",
        ),
        "RFC 9293 3.3.2",
        Words(
            "It speaks of what was captured, not of what happened: a capture begun late is always "
            "incomplete.",
            "它说的是抓到了什么，而不是发生了什么：抓包开始得晚，就必然不完整。",
        ),
    ),
    "len": Lesson(
        Words(
            "Bytes of payload in this segment: the IP datagram's length minus the IP and TCP "
            "headers. TCP has "
            "no length field of its own.",
            "这个报文段带了多少字节数据：IP 数据报长度减去 IP 首部和 TCP 首部。TCP 自己没有长度字段。",
        ),
        "RFC 9293 3.1",
        Words(
            "Padding that Ethernet adds to short frames is not payload; that is why the length comes "
            "from IP.",
            "以太网给短帧补的填充不是数据，所以长度要由 IP 首部算出来。",
        ),
        BYTES,
    ),
    "seq": Lesson(
        Words(
            "The number of this segment's first byte, counted from the sender's initial number, so "
            "that the "
            "first byte of data is 1.",
            "本报文段第一个字节的序号，从发送方的初始序号数起，于是第一个数据字节是 1。",
        ),
        "RFC 9293 3.4",
        Words(
            "This is the relative number; the one on the wire is some 32-bit value. A SYN does not really "
            "have sequence number 0.",
            "这是相对序号；线上传的是另一个 32 位数。SYN 的序号并不真的是 0。",
        ),
        BYTES,
    ),
    "seq_raw": Lesson(
        Words(
            "The number of this segment's first byte as it is on the wire. In a SYN it is the "
            "initial sequence "
            "number, chosen so that nobody can guess it and segments of an earlier connection do not fit.",
            "本报文段第一个字节的序号，就是线上传的值。在 SYN 里它是初始序号，取得让人猜不到，"
            "也让旧连接的报文段对不上号。",
        ),
        "RFC 9293 3.4.1",
        Words(
            "It counts bytes, not packets, and starts again at 0 after 4 294 967 295. Packet lists show it "
            "relative to the initial number; a SYN's 0 is not what is on the wire.",
            "它数的是字节而不是包；数到 4294967295 之后又从 0 开始。数据包列表里显示的是相对序号，"
            "SYN 的 0 并不是线上传的值。",
        ),
        BYTES,
    ),
    "nxtseq": Lesson(
        Words(
            "The number that the sender's next new byte will have: sequence number plus payload, "
            "plus one for "
            "a SYN or a FIN. An answer that acknowledges everything carries exactly this number.",
            "发送方下一个新字节的序号：序号加数据长度，有 SYN 或 FIN 再加一。把这些都确认掉的应答，带"
            "的正是这个数。",
        ),
        "RFC 9293 3.4",
        Words(
            "It is worked out, not transmitted.",
            "这个值是算出来的，报文里没有。",
        ),
        BYTES,
    ),
    "ack": Lesson(
        Words(
            "The number of the next byte the sender of this segment expects: everything before it "
            "has arrived. "
            "Counted from the other side's initial number.",
            "发出本报文段的一方期待的下一个字节的序号：在它之前的都已收到。从对方的初始序号数起。",
        ),
        "RFC 9293 3.4",
        Words(
            "It is not the number of the segment being acknowledged, and “ack = seq + 1” holds only for "
            "SYN, FIN or a single byte.",
            "它不是“被确认的那个报文段的序号”；“ack = seq + 1”只对 SYN、FIN 或单个字节成立。",
        ),
        BYTES,
    ),
    "ack_raw": Lesson(
        Words(
            "The number of the next byte that the sender of this segment expects, as it is on the wire: "
            "everything before it has arrived. It means something only with the ACK flag set.",
            "发出本报文段的一方期待的下一个字节的序号（线上传的原值）：在它之前的都已收到。只有 ACK 标志"
            "置位时才有意义。",
        ),
        "RFC 9293 3.1",
        Words(
            "It is not the number of the segment being acknowledged, and “ack = seq + 1” holds only for "
            "SYN, FIN or a single byte. One acknowledgment may confirm many segments at once.",
            "它不是“被确认的那个报文段的序号”；“ack = seq + 1”只对 SYN、FIN 或单个字节成立。一个 ACK 可以"
            "一次确认许多个报文段。",
        ),
        BYTES,
    ),
    "hdr_len": Lesson(
        Words(
            "Where the data begins: the length of the header. The 4 bits count 32-bit words, from 5 "
            "(20 bytes, "
            "no options) to 15 (60 bytes).",
            "数据从哪里开始，即首部有多长。这 4 位以 32 位字计数，从 5（20 字节，无选项）到 15（60 字节）。",
        ),
        HEADER_FORMAT,
        Words(
            "A 5 in this field means 20 bytes, not 5.",
            "字段里的 5 表示 20 字节，而不是 5 字节。",
        ),
        WORDS,
    ),
    "flags": Lesson(
        Words(
            "Control bits: what this segment does besides carrying data. FIN is 0x01, SYN 0x02, RST 0x04, "
            "PSH 0x08, ACK 0x10, URG 0x20, ECE 0x40, CWR 0x80; added up, 0x002 is a SYN, 0x012 SYN-ACK, "
            "0x010 an ACK, 0x018 data pushed, 0x011 a FIN with ACK, 0x014 an RST with ACK.",
            "控制位：这个报文段除了带数据还做什么。FIN 是 0x01，SYN 0x02，RST 0x04，PSH 0x08，ACK 0x10，"
            "URG 0x20，ECE 0x40，CWR 0x80；相加之后，0x002 是 SYN，0x012 是 SYN-ACK，0x010 是 ACK，"
            "0x018 是推送的数据，0x011 是带 ACK 的 FIN，0x014 是带 ACK 的 RST。",
        ),
        HEADER_FORMAT,
    ),
    "flags.res": Lesson(
        Words(
            "Three bits without a meaning yet; senders set them to 0 and receivers ignore them.",
            "还没有含义的三位；发送方置 0，接收方不理会。",
        ),
        HEADER_FORMAT,
    ),
    "flags.ae": Lesson(
        Words(
            "Accurate ECN: in the SYN it asks for exact congestion feedback; later it is one of the "
            "three bits "
            "that count congestion marks. Earlier it was called NS.",
            "精确 ECN：在 SYN 里表示请求精确的拥塞反馈；之后是用来计数拥塞标记的三位之一。以前叫 NS。",
        ),
        "RFC 9293 6",
    ),
    "flags.cwr": Lesson(
        Words(
            "Congestion window reduced: the sender tells that it has slowed down after the "
            "receiver's ECN-Echo.",
            "拥塞窗口已减小：发送方告知，收到对方的 ECN-Echo 后自己已经放慢。",
        ),
        "RFC 3168 6.1",
        Words(
            "In a SYN, together with ECE, it is not about congestion: it offers to use ECN.",
            "在 SYN 里与 ECE 一起出现时与拥塞无关，只是表示愿意使用 ECN。",
        ),
    ),
    "flags.ece": Lesson(
        Words(
            "ECN-Echo: the receiver saw a packet that a router had marked as having met congestion.",
            "ECN 回显：接收方收到了被路由器打上拥塞标记的包。",
        ),
        "RFC 3168 6.1",
        Words(
            "In SYN and SYN-ACK it belongs to the negotiation of ECN.",
            "在 SYN 和 SYN-ACK 里，它属于 ECN 的协商。",
        ),
    ),
    "flags.ace": Lesson(
        Words(
            "With Accurate ECN agreed, AE, CWR and ECE together are a counter of packets marked by routers.",
            "商定使用精确 ECN 后，AE、CWR、ECE 三位合起来就是被路由器标记的包的计数。",
        ),
        "draft-ietf-tcpm-accurate-ecn",
    ),
    "flags.urg": Lesson(
        Words(
            "The urgent pointer is valid. An old mechanism that new programs should not use.",
            "紧急指针有效。这是旧机制，新程序不应再用。",
        ),
        "RFC 9293 3.8.5",
        Words(
            "It does not make a segment travel faster, and there is no separate “out-of-band” channel.",
            "它不会让报文段走得更快，也不存在单独的“带外”通道。",
        ),
    ),
    "flags.ack": Lesson(
        Words(
            "The acknowledgment number is valid. Set in every segment but the first SYN (and some RSTs).",
            "确认号有效。除了最初的 SYN（和某些 RST）之外，每个报文段都置位。",
        ),
        HEADER_FORMAT,
        Words(
            "The ACK in a “FIN, ACK” acknowledges earlier data, not the FIN that travels with it.",
            "“FIN, ACK”里的 ACK 确认的是此前的数据，而不是同一报文段里的 FIN。",
        ),
    ),
    "flags.push": Lesson(
        Words(
            "Deliver what has arrived to the program now; usually set at the end of what it wrote at once.",
            "请把已到的数据马上交给程序；通常在一次写入的末尾置位。",
        ),
        "RFC 9293 3.9.1.2",
        Words(
            "It is no border between messages: TCP has none; one send() need not be one segment.",
            "它不是消息边界：TCP 没有边界，一次 send（） 不等于一个报文段。",
        ),
    ),
    "flags.reset": Lesson(
        Words(
            "The connection ends at once: nobody listens there, the segment makes no sense, or a "
            "program gave up.",
            "连接立即终止：那里没有程序在听，或报文段不合理，或程序放弃了连接。",
        ),
        "RFC 9293 3.5.2",
        Words(
            "Unlike FIN it may lose data, is never acknowledged, and leaves nobody in TIME-WAIT.",
            "与 FIN 不同：它可能丢数据，不会被确认，也不会让谁进入 TIME-WAIT。",
        ),
    ),
    "flags.syn": Lesson(
        Words(
            "Synchronize: the sender announces its initial sequence number. It takes one sequence "
            "number itself, "
            "so that it can be acknowledged and repeated like data.",
            "同步：发送方宣布自己的初始序号。SYN 本身占一个序号，这样它就能像数据一样被确认和重传。",
        ),
        "RFC 9293 3.5",
        Words(
            "A SYN may carry data; TCP Fast Open does so.",
            "SYN 可以携带数据，TCP Fast Open 就是这么做的。",
        ),
    ),
    "flags.fin": Lesson(
        Words(
            "The sender has no more data; it still receives. It takes one sequence number, so it is "
            "acknowledged.",
            "发送方不再有数据要发，但仍然接收。FIN 占一个序号，所以会被确认。",
        ),
        "RFC 9293 3.6",
        Words(
            "A FIN closes one direction only; the other may go on for as long as it likes.",
            "FIN 只关闭一个方向，另一个方向想继续多久就多久。",
        ),
    ),
    "flags.str": Lesson(
        Words(
            "The twelve flag bits as letters, a dot for each that is not set.",
            "十二个标志位写成字母，没有置位的写成点。",
        ),
        HEADER_FORMAT,
    ),
    "window_size_value": Lesson(
        Words(
            "How many bytes, from the acknowledged one on, this side is ready to take, as the 16 "
            "bits say it; to "
            "be multiplied by the scale both sides agreed on.",
            "从确认号算起，本方还愿意接收多少字节，即 16 位字段的原值；还要乘以双方商定的倍数。",
        ),
        "RFC 9293 3.8.6",
        Words(
            "It is the receiver's buffer, not the congestion window, which is never transmitted. In a SYN "
            "or SYN-ACK it is never multiplied.",
            "这是接收缓冲的余量，不是拥塞窗口；拥塞窗口从不在线上传。SYN 和 SYN-ACK 里的窗口从不乘倍数。",
        ),
    ),
    "window_size": Lesson(
        Words(
            "The window in bytes: the field times the scale. In SYN and SYN-ACK it is never scaled.",
            "以字节计的窗口：字段值乘以倍数。SYN 和 SYN-ACK 里的窗口从不缩放。",
        ),
        "RFC 7323 2",
        Words(
            "If the capture lacks the handshake the scale is unknown, and this is only the raw field.",
            "抓包里没有握手时，倍数无从得知，这里就只是字段原值。",
        ),
        BYTES,
    ),
    "window_size_scalefactor": Lesson(
        Words(
            "What the window field is multiplied by: -1 if the handshake was not captured, -2 if one "
            "side did "
            "not offer scaling.",
            "窗口字段要乘的倍数：-1 表示没有抓到握手，-2 表示有一方没有提出缩放。",
        ),
        "RFC 7323 2",
    ),
    "checksum": Lesson(
        Words(
            "Covers header, payload and a pseudo-header with the IP addresses, so that a segment "
            "delivered to "
            "the wrong host is noticed too.",
            "覆盖首部、数据以及含有 IP 地址的伪首部，所以送错主机的报文段也能发现。",
        ),
        "RFC 9293 3.1",
        Words(
            "Wrong checksums on everything this host sends are normal in a capture: the network card fills "
            "them in afterwards.",
            "本机发出的包校验和都不对，在抓包里很正常：是网卡随后才填上的。",
        ),
    ),
    "checksum.status": Lesson(
        Words(
            "Whether the checksum was verified, and with what result. Unverified is the default.",
            "校验和是否验证过，结果如何。默认不验证。",
        ),
        "RFC 9293 3.1",
    ),
    "checksum_calculated": Lesson(
        Words(
            "What the checksum should be, according to the captured bytes.", "按抓到的字节算出来的校验和。"
        ),
        "RFC 1071 1",
    ),
    "synfin.checksum.tcp": Lesson(
        Words(
            "The checksum, always verified: good, bad, offloaded (the card was to finish it), or "
            "unverified "
            "because bytes are missing.",
            "总是验证的校验和：good 正确，bad 错误，offloaded 留给网卡完成，unverified 因缺字节而无法验证。",
        ),
        "RFC 9293 3.1",
    ),
    "urgent_pointer": Lesson(
        Words(
            "With URG set: where the urgent data ends, counted from the sequence number.",
            "URG 置位时：紧急数据在哪里结束，从序号算起。",
        ),
        "RFC 9293 3.8.5",
        Words(
            "It points to the end of the urgent data, not to its beginning, and not just to one byte.",
            "它指向紧急数据的末尾，不是开头，也不是仅仅一个字节。",
        ),
        BYTES,
    ),
    "options": Lesson(
        Words(
            "Up to 40 bytes after the fixed 20: a kind, a length and a value each, filled up to whole words.",
            "固定 20 字节之后最多 40 字节：每个选项由种类、长度和值组成，补齐到整字。",
        ),
        "RFC 9293 3.1",
        Words(
            "Most are negotiated: they count only if both SYNs carried them.",
            "大多数选项要协商：两边的 SYN 都带了才算数。",
        ),
    ),
    "payload": Lesson(
        Words(
            "The piece of the byte stream that this segment carries.",
            "这个报文段携带的那一段字节流。",
        ),
        "RFC 9293 2.2",
        Words(
            "Segments are not messages: the receiver sees one stream, however it was cut.",
            "报文段不是消息：接收方看到的是一条流，不管它是怎么切开的。",
        ),
    ),
    "time_relative": Lesson(
        Words("Time since the first packet of this connection.", "距这条连接第一个包的时间。"),
        unit=SECONDS,
    ),
    "time_delta": Lesson(
        Words(
            "Time since the previous packet of this connection, whoever sent it.",
            "距这条连接上一个包的时间，不论是谁发的。",
        ),
        unit=SECONDS,
    ),
    "segment_data": Lesson(
        Words(
            "This segment's share of a longer message that an application protocol puts together.",
            "由应用层协议拼起来的较长消息中，本报文段的那一份。",
        ),
        "RFC 9293 2.2",
    ),
    "analysis.ack_rtt": Lesson(
        Words(
            "Time from the segment to the acknowledgment that names it, as seen where the capture was made.",
            "从报文段到确认它的 ACK 之间的时间，以抓包点所见为准。",
        ),
        "RFC 6298 2",
        Words(
            "Captured at the receiver it is nearly zero: the way to the sender and back is missing.",
            "在接收方抓包时它几乎为零：缺了往返发送方的那段路。",
        ),
        SECONDS,
    ),
    "analysis.initial_rtt": Lesson(
        Words(
            "Time from the SYN to the ACK that completes the handshake: a first estimate of the round trip.",
            "从 SYN 到完成握手的 ACK 之间的时间：对往返时间的第一个估计。",
        ),
        "RFC 6298 2",
        unit=SECONDS,
    ),
    "analysis.bytes_in_flight": Lesson(
        Words(
            "Bytes sent and not yet acknowledged, as far as the capture shows.",
            "抓包所见，已发出而尚未被确认的字节数。",
        ),
        "RFC 9293 3.8.6",
        unit=BYTES,
    ),
    "synfin.retransmission": Lesson(
        Words(
            "Why the sender sent these numbers again: fast (acknowledgments told that something is missing), "
            "tail_loss_probe (the last segment, to make the other side speak), timeout, spurious (it had "
            "arrived), syn, fin; or keep_alive, zero_window_probe; unclassified if the capture cannot tell.",
            "发送方为什么再次发送这些序号：fast（确认告诉它缺了什么）、tail_loss_probe（重发最后一段，促使对方"
            "回应）、timeout（超时）、spurious（其实已经到达）、syn、fin；或者 keep_alive、"
            "zero_window_probe；抓包说不清时为 unclassified。",
        ),
        "RFC 5681 3.2, RFC 6298, RFC 8985",
        Words(
            "Copies made by the network are not resent; see synfin.duplicate.",
            "网络造成的副本不算重发，见 synfin.duplicate。",
        ),
    ),
    "synfin.retransmission.trigger": Lesson(
        Words(
            "What made the sender send again, whether that was needed or not; after_timeout: a timer ran out "
            "before, and the sender goes on with what else is missing.",
            "是什么让发送方重发，不论是否必要；after_timeout 表示先前超时，发送方接着重发其余缺失的内容。",
        ),
        "RFC 5681 3.2, RFC 6298, RFC 8985",
    ),
    "synfin.retransmits": Lesson(
        Words("The frame that sent these numbers first.", "最先发送这些序号的帧。"),
        "RFC 9293 3.8",
        Words(
            "Absent if the first sending was lost before the place of capture.",
            "如果首次发送在到达抓包点之前就丢了，则没有此项。",
        ),
    ),
    "synfin.rule": Lesson(
        Words("The rule that the verdict rests on, by name.", "判断所依据的规则的名称。"),
    ),
    "synfin.proof": Lesson(
        Words(
            "The frame that the verdict rests on: what the sender heard last before it resent, or what "
            "showed later that resending was needless.",
            "判断所依据的帧：发送方重发之前最后听到的消息，或者后来证明重发多余的那一帧。",
        ),
    ),
    "synfin.lost": Lesson(
        Words(
            "Where the earlier sending was lost: before the place of capture (it was never seen here) or "
            "after.",
            "上一次发送丢在哪里：before 表示在抓包点之前（此处从未见过），after 表示在抓包点之后。",
        ),
        "",
        Words(
            "After may also mean that only its acknowledgment was lost.",
            "after 也可能只是它的确认丢了。",
        ),
    ),
    "synfin.duplicate": Lesson(
        Words(
            "The frame of which this is a copy made by the network or by the capture: the sender sent it "
            "once.",
            "本帧是哪一帧的副本；副本由网络或抓包造成，发送方只发过一次。",
        ),
        "RFC 791 3.1",
        Words(
            "Known by the same IP identification, which a sender changes when it resends.",
            "依据是 IP 标识相同；发送方重发时会换一个标识。",
        ),
    ),
    "synfin.reordered": Lesson(
        Words(
            "The network delivered this segment after later ones, by so much; it was sent once.",
            "网络把本报文段送到得比后发的还晚，晚了这么久；它只发过一次。",
        ),
        "RFC 4737",
        unit=SECONDS,
    ),
    "synfin.dsack": Lesson(
        Words(
            "The receiver reports that something arrived twice: a needless_retransmission, or a copy.",
            "接收方报告有内容到达了两次：多余的重发（needless_retransmission），或者副本（copy）。",
        ),
        "RFC 2883",
    ),
    "synfin.dsack.frame": Lesson(
        Words("The resent frame that had arrived before.", "内容早已到达的那个重发帧。"),
        "RFC 2883, RFC 3708",
    ),
    "synfin.eifel": Lesson(
        Words(
            "This acknowledgment echoes a time before that frame was resent: the first sending had arrived.",
            "这个确认回显的时间早于该帧的重发：首次发送已经到达。",
        ),
        "RFC 3522",
    ),
    "synfin.rtt": Lesson(
        Words(
            "Time from the segment to its acknowledgment: from the place of capture to the receiver and "
            "back.",
            "从报文段到它的确认之间的时间：从抓包点到接收方再回来。",
        ),
        "RFC 6298 3",
        Words(
            "Never measured on numbers sent twice, unless the timestamp tells which sending is meant.",
            "不用发送过两次的序号来测，除非时间戳说明是哪一次发送。",
        ),
        SECONDS,
    ),
    "synfin.rtt.source": Lesson(
        Words(
            "How the round trip is known: karn (the numbers were sent once) or timestamps.",
            "往返时间如何得知：karn（序号只发送过一次）或 timestamps（时间戳）。",
        ),
        "RFC 6298 3, RFC 7323 4.1",
    ),
    "synfin.delayed_ack": Lesson(
        Words(
            "The receiver waited so long for another segment before it acknowledged this one.",
            "接收方为等下一段而推迟确认了这么久。",
        ),
        "RFC 9293 3.8.6.3",
        unit=SECONDS,
    ),
    "synfin.flight": Lesson(
        Words(
            "Bytes on their way after this segment: sent, neither acknowledged nor reported by SACK.",
            "本报文段之后在途的字节数：已发出，既未被确认，也未被 SACK 报告。",
        ),
        "RFC 6675 4",
        unit=BYTES,
    ),
    "synfin.vantage": Lesson(
        Words(
            "Where the capture was taken: at the client, the server, between them, or on the same host as "
            "both.",
            "在哪里抓的包：客户端、服务器、两者之间，或者两端同在的主机。",
        ),
        "",
        Words(
            "Inferred from who answers at once in the handshake.",
            "根据握手中谁立即应答推断。",
        ),
    ),
    "synfin.vantage.confidence": Lesson(
        Words("How sure that is: possible, likely, proven.", "把握有多大：possible、likely、proven。"),
    ),
    "synfin.state.client": Lesson(
        Words(
            "The state of the side that opened the connection, after this segment, as its own TCP "
            "would name it.",
            "在这个报文段之后，发起连接的一方所处的状态，即它自己的 TCP 会说的状态。",
        ),
        "RFC 9293 3.3.2",
        Words(
            "States are not transmitted; they are inferred from what was captured at one place.",
            "状态不在线上传，是根据在一处抓到的内容推断的。",
        ),
    ),
    "synfin.state.server": Lesson(
        Words(
            "The state of the side that was called, after this segment.",
            "在这个报文段之后，被连接的一方所处的状态。",
        ),
        "RFC 9293 3.3.2",
    ),
}
"""Lessons about the header, by field."""

RESET_LESSONS: Mapping[str, Lesson] = {
    "reset_cause": Lesson(
        Words(
            "Text that some systems put into a reset to say why.",
            "有些系统放进 RST 里说明原因的文字。",
        ),
        "RFC 9293 3.5.3",
    ),
}
"""Lessons about what a reset carries."""

_KIND = Lesson(
    Words("Which option this is.", "这是哪一种选项。"),
    "RFC 9293 3.2",
)
_LENGTH = Lesson(
    Words("Bytes of this option, kind and length included.", "本选项的字节数，含种类和长度这两个字节。"),
    "RFC 9293 3.2",
    unit=BYTES,
)
_HEAD = {"tcp.option_kind": _KIND, "tcp.option_len": _LENGTH}

_LEFT_EDGE = Lesson(
    Words(
        "First byte of a piece that has arrived beyond a gap.",
        "空缺之后已经收到的那一段的第一个字节。",
    ),
    "RFC 2018 3",
    Words(
        "What is missing lies before this, from the acknowledgment number on.",
        "缺的部分在它之前，从确认号开始。",
    ),
    BYTES,
)
_RIGHT_EDGE = Lesson(
    Words(
        "One past the last byte of that piece.",
        "那一段最后一个字节的下一个序号。",
    ),
    "RFC 2018 3",
    Words(
        "The byte with this number has not arrived.",
        "序号等于它的那个字节还没有收到。",
    ),
    BYTES,
)

OPTION_LESSONS: Mapping[str, Mapping[str, Lesson]] = {
    "eol": {
        "tcp.option_kind": Lesson(
            Words("End of the options; the rest is filled with zeros.", "选项到此为止，剩下的用零补齐。"),
            "RFC 9293 3.2",
        )
    },
    "nop": {
        "tcp.option_kind": Lesson(
            Words(
                "Fills a byte, so that the option after it begins where it is easy to read.",
                "占一个字节，让后面的选项从便于读取的位置开始。",
            ),
            "RFC 9293 3.2",
        )
    },
    "mss": {
        **_HEAD,
        "mss_val": Lesson(
            Words(
                "The largest payload, without IP and TCP headers, that the sender of this option can "
                "receive: on "
                "Ethernet 1460 over IPv4, 1440 over IPv6.",
                "发出这个选项的一方能接收的最大数据长度，不含 IP 和 TCP 首部：以太网上 IPv4 为 1460，"
                "IPv6 为 1440。",
            ),
            "RFC 9293 3.7.1",
            Words(
                "It is announced, not negotiated: both sides may name different sizes. Without it "
                "536 (IPv4) or "
                "1220 (IPv6) holds.",
                "它是各自通告，不是协商：两边可以不同。没有它时按 536（IPv4）或 1220（IPv6）。",
            ),
            BYTES,
        ),
    },
    "wscale": {
        **_HEAD,
        "wscale.shift": Lesson(
            Words(
                "By how many bits the window fields that this side sends are to be shifted, at most 14.",
                "这一方发出的窗口字段要左移多少位，最多 14。",
            ),
            "RFC 7323 2.2",
            Words(
                "Used only if both SYNs carry it; the window in a SYN itself is never shifted.",
                "两边的 SYN 都带了才生效；SYN 本身的窗口从不移位。",
            ),
        ),
        "wscale.multiplier": Lesson(
            Words("The same as a factor: 2 to the power of the shift.", "同样的意思写成倍数：2 的移位次方。"),
            "RFC 7323 2.2",
        ),
    },
    "sack_perm": {
        **_HEAD,
        "tcp.option_kind": Lesson(
            Words(
                "Its sender can make sense of SACK blocks: reports of what has arrived beyond a gap.",
                "发送方懂得 SACK 块，即关于“空缺之后又收到了什么”的报告。",
            ),
            "RFC 2018 2",
            Words(
                "Used only if both SYNs carry it, and never to be seen in any later segment.",
                "两边的 SYN 都带了才启用；以后的报文段里不会再出现这个选项。",
            ),
        ),
    },
    "sack": {
        **_HEAD,
        "sack.count": Lesson(
            Words("How many blocks the option reports.", "选项里报告了几块。"),
            "RFC 2018 3",
        ),
        "sack.dsack_le": Lesson(
            Words(
                "Where a block begins that arrived twice: the sender repeated it without need.",
                "收到了两次的那一块从哪里开始：发送方白白重传了它。",
            ),
            "RFC 2883 4",
            unit=BYTES,
        ),
        "sack.dsack_re": Lesson(
            Words("Where the block that arrived twice ends.", "收到了两次的那一块在哪里结束。"),
            "RFC 2883 4",
            unit=BYTES,
        ),
    },
    "sack.block": {
        "sack_le": _LEFT_EDGE,
        "sack_re": _RIGHT_EDGE,
        "sack.left_raw": _LEFT_EDGE,
        "sack.right_raw": _RIGHT_EDGE,
    },
    "timestamp": {
        **_HEAD,
        "timestamp.tsval": Lesson(
            Words(
                "The sender's clock when it sent this segment, in ticks of its own choice, often "
                "milliseconds. It serves to measure round trips, and to recognise segments so old that their "
                "numbers fit again (PAWS).",
                "发送方发出本报文段时自己的时钟读数，刻度自定，常为毫秒。用来测量往返时间，也用来识别"
                "序号回绕之后又“对得上号”的旧报文段（PAWS）。",
            ),
            "RFC 7323 3.2",
            Words(
                "It is no time of day, and the clocks of both sides have nothing to do with each other.",
                "它不是钟表时间，两边的时钟也互不相干。",
            ),
        ),
        "timestamp.tsecr": Lesson(
            Words(
                "The latest timestamp received from the other side, sent back so that it can measure "
                "the round trip.",
                "把最近从对方收到的时间戳送回去，对方据此测量往返时间。",
            ),
            "RFC 7323 3.2",
            Words(
                "Valid only with ACK; in a first SYN it is 0.",
                "只在 ACK 置位时有效；最初的 SYN 里为 0。",
            ),
        ),
    },
    "md5": {
        **_HEAD,
        "md5.digest": Lesson(
            Words(
                "A digest over header, data and a shared secret, mostly between BGP routers; "
                "obsoleted by TCP-AO.",
                "对首部、数据和共享密钥算出的摘要，多见于 BGP 路由器之间；已由 TCP-AO 取代。",
            ),
            "RFC 2385 2",
        ),
    },
    "user_to": {
        **_HEAD,
        "user_to_granularity": Lesson(
            Words("Whether the timeout counts minutes or seconds.", "超时值按分钟还是按秒计。"),
            "RFC 5482 3",
        ),
        "user_to_val": Lesson(
            Words(
                "How long the sender waits for acknowledgments before it gives the connection up.",
                "发送方等多久没有确认就放弃连接。",
            ),
            "RFC 5482 3",
        ),
    },
    "ao": {
        **_HEAD,
        "ao.keyid": Lesson(
            Words("Which key the code below was made with.", "下面的认证码用的是哪把密钥。"), "RFC 5925 2.2"
        ),
        "ao.rnextkeyid": Lesson(
            Words("Which key the other side should use next.", "请对方接下来使用哪把密钥。"), "RFC 5925 2.2"
        ),
        "ao.mac": Lesson(
            Words(
                "The code that proves the segment comes from who knows the key.",
                "证明报文段出自知道密钥的一方的认证码。",
            ),
            "RFC 5925 2.2",
        ),
    },
    "tfo": {
        **_HEAD,
        "tfo.request": Lesson(
            Words(
                "The client asks for a cookie that lets a later SYN carry data.",
                "客户端索取一个 cookie，以便以后的 SYN 能携带数据。",
            ),
            "RFC 7413 4.1.1",
        ),
        "tfo.cookie": Lesson(
            Words(
                "Proof that the client was here before: with it, data in the SYN is delivered at once.",
                "证明客户端以前来过：凭它，SYN 里的数据可以立即交付。",
            ),
            "RFC 7413 4.1.1",
            Words(
                "It does not encrypt or identify anybody; it only shows that the address can be reached.",
                "它既不加密也不标识身份，只说明这个地址是通的。",
            ),
        ),
    },
    "acc_ecn": _HEAD,
    "experimental": {
        **_HEAD,
        "experimental.exid": Lesson(
            Words(
                "Which experiment the option belongs to, so that several can share one kind.",
                "选项属于哪个实验，这样多个实验可以共用一个种类。",
            ),
            "RFC 6994 3",
        ),
    },
}
"""Lessons about the options, by option and field."""

MPTCP_LESSONS: Mapping[str, Mapping[str, Lesson]] = {
    "capable": {
        "subtype": Lesson(
            Words(
                "What this Multipath TCP option is about; here: may this connection use several paths?",
                "这个多路径 TCP 选项的用途；此处为：这条连接可否使用多条路径?",
            ),
            "RFC 8684 3.1",
        ),
        "sendkey": Lesson(
            Words(
                "The sender's key; from it both sides derive the token that later paths name the "
                "connection by.",
                "发送方的密钥；双方由它导出令牌，后来的路径用令牌指明是哪条连接。",
            ),
            "RFC 8684 3.1",
        ),
        "recvkey": Lesson(Words("The other side's key, sent back.", "把对方的密钥送回去。"), "RFC 8684 3.1"),
    },
    "join": {
        "recvtok": Lesson(
            Words(
                "Which connection this new path joins: a hash of the receiver's key.",
                "这条新路径要加入哪条连接：接收方密钥的散列。",
            ),
            "RFC 8684 3.2",
        ),
        "addrid": Lesson(
            Words(
                "A number for the sender's address, which survives address translation.",
                "发送方地址的编号，经过地址转换也不变。",
            ),
            "RFC 8684 3.2",
        ),
    },
    "dss": {
        "rawdataack": Lesson(
            Words(
                "Next byte expected of the whole connection, over all its paths.",
                "整条连接（所有路径合起来）期待的下一个字节。",
            ),
            "RFC 8684 3.3.2",
        ),
        "rawdataseqno": Lesson(
            Words(
                "Number of the first byte within the whole connection, not within this path.",
                "首字节在整条连接中的序号，而不是在这条路径中的序号。",
            ),
            "RFC 8684 3.3.1",
        ),
        "subflowseqno": Lesson(
            Words(
                "Number of the same byte on this path, counted from its SYN.",
                "同一字节在本路径上的序号，从该路径的 SYN 数起。",
            ),
            "RFC 8684 3.3.1",
        ),
        "datalvllen": Lesson(
            Words("How many bytes this mapping covers.", "这条映射覆盖多少字节。"),
            "RFC 8684 3.3.1",
            unit=BYTES,
        ),
    },
}
"""Lessons about Multipath TCP, by subtype and field."""
