"""The terms of the field, once, in both languages; every text uses these words and no others for them."""

from __future__ import annotations

from typing import NamedTuple

from synfin.dissect.definition import Words


class Term(NamedTuple):
    """One term.

    Attributes:
        name: what it is called.
        meaning: one sentence that says what it is.
        section: where the standard defines it.
    """

    name: Words
    meaning: Words
    section: str


GLOSSARY: dict[str, Term] = {
    "segment": Term(
        Words("segment", "报文段"),
        Words(
            "What TCP hands to IP: one header and the bytes it carries.",
            "TCP 交给 IP 的数据单元：一个首部加上它携带的字节。",
        ),
        "RFC 9293 4",
    ),
    "isn": Term(
        Words("initial sequence number", "初始序号"),
        Words(
            "The number each side picks for its SYN; its first byte of data has the next one.",
            "每一端为自己的 SYN 选定的序号，第一个数据字节的序号是它加 1。",
        ),
        "RFC 9293 3.4.1",
    ),
    "sequence number": Term(
        Words("sequence number", "序号"),
        Words(
            "The number of a segment's first byte; bytes are counted, not segments.",
            "报文段中第一个字节的编号；编号的是字节，不是报文段。",
        ),
        "RFC 9293 3.1",
    ),
    "acknowledgment number": Term(
        Words("acknowledgment number", "确认号"),
        Words(
            "The next number the sender of it expects: all before it has arrived.",
            "确认方期望收到的下一个字节的序号，表示此前的字节都已收到。",
        ),
        "RFC 9293 3.1",
    ),
    "handshake": Term(
        Words("three-way handshake", "三次握手"),
        Words(
            "The segments in which both sides exchange and acknowledge their initial sequence numbers.",
            "双方交换并确认各自初始序号的三个报文段。",
        ),
        "RFC 9293 3.5",
    ),
    "teardown": Term(
        Words("teardown", "四次挥手"),
        Words(
            "The segments in which each direction is closed on its own: a FIN and its acknowledgment, twice.",
            "两个方向分别关闭：各有一个 FIN 和对它的确认。",
        ),
        "RFC 9293 3.6",
    ),
    "active closer": Term(
        Words("the side that closes first", "主动关闭方"),
        Words(
            "The sender of the first FIN; it is the one that ends in TIME_WAIT.",
            "先发送 FIN 的一方，最后由它进入 TIME_WAIT。",
        ),
        "RFC 9293 3.6",
    ),
    "passive closer": Term(
        Words("the side that closes second", "被动关闭方"),
        Words(
            "The receiver of the first FIN; it passes through CLOSE_WAIT.",
            "先收到 FIN 的一方，要经过 CLOSE_WAIT 状态。",
        ),
        "RFC 9293 3.6",
    ),
    "half-close": Term(
        Words("half-close", "半关闭"),
        Words(
            "One direction has ended with FIN, the other still carries data; legal.",
            "一个方向已用 FIN 结束，另一个方向仍可传送数据；这是合法的。",
        ),
        "RFC 9293 3.6.1",
    ),
    "half-open": Term(
        Words("half-open", "半打开"),
        Words(
            "One end believes in a connection that the other does not know (any more). Not a half-close.",
            "一端认为连接存在，另一端却没有（或不再有）这条连接。它与半关闭是两回事。",
        ),
        "RFC 9293 3.5.1",
    ),
    "syn queue": Term(
        Words("SYN queue", "半连接队列"),
        Words(
            "Where a server keeps connections whose SYN it has answered while their third segment is due.",
            "服务器存放半连接的地方：SYN 已经应答，第三次握手还没有到。",
        ),
        "RFC 4987 2",
    ),
    "accept queue": Term(
        Words("accept queue", "全连接队列"),
        Words(
            "Where complete connections wait until the program calls accept().",
            "已完成握手的连接在这里等待程序调用 accept()。",
        ),
        "",
    ),
    "syn cookie": Term(
        Words("SYN cookie", "SYN cookie"),
        Words(
            "An initial number that holds all a server must know of a SYN: it need not keep anything.",
            "把服务器需要记住的内容都编进初始序号，于是不必为 SYN 保存任何东西。",
        ),
        "RFC 4987 3.6",
    ),
    "fast retransmit": Term(
        Words("fast retransmit", "快速重传"),
        Words(
            "Sending again at once because acknowledgments tell that something is missing, without waiting "
            "for a timer.",
            "对方的确认表明缺了数据，于是不等定时器到期就立即重传。",
        ),
        "RFC 5681 3.2",
    ),
    "tail loss probe": Term(
        Words("tail loss probe", "尾部丢失探测"),
        Words(
            "Sending the last segment once more, when nothing follows it that could show whether it arrived.",
            "最后一个报文段之后没有数据能说明它是否到达，于是把它再发一次。",
        ),
        "RFC 8985 7",
    ),
    "simultaneous open": Term(
        Words("simultaneous open", "同时打开"),
        Words(
            "Both sides send SYN before either has seen the other's.",
            "双方都在收到对方的 SYN 之前发出了 SYN。",
        ),
        "RFC 9293 3.5",
    ),
    "simultaneous close": Term(
        Words("simultaneous close", "同时关闭"),
        Words(
            "Both sides send FIN before either has seen the other's.",
            "双方都在收到对方的 FIN 之前发出了 FIN。",
        ),
        "RFC 9293 3.6",
    ),
    "fast open": Term(
        Words("TCP Fast Open", "TCP 快速打开（TFO）"),
        Words(
            "Data in the SYN, allowed by a cookie from an earlier connection.",
            "凭以前连接中得到的 cookie，在 SYN 里就携带数据。",
        ),
        "RFC 7413",
    ),
    "mss": Term(
        Words("MSS", "MSS（最大报文段长度）"),
        Words(
            "The most data per segment that a side says it can take; announced, not negotiated.",
            "一端声明自己能接收的每个报文段的最大数据长度；是通告，不是协商。",
        ),
        "RFC 9293 3.7.1",
    ),
    "window": Term(
        Words("window", "窗口"),
        Words(
            "How many bytes beyond the acknowledgment number the receiver is ready to take.",
            "从确认号算起，接收方还愿意接收的字节数。",
        ),
        "RFC 9293 3.8.6",
    ),
    "window scale": Term(
        Words("window scaling", "窗口扩大"),
        Words(
            "A factor for the window field, fixed by the two SYNs; both must offer it.",
            "窗口字段的倍数，由两个 SYN 确定，双方都带该选项才生效。",
        ),
        "RFC 7323 2",
    ),
    "sack": Term(
        Words("SACK", "选择确认（SACK）"),
        Words(
            "The receiver lists the later pieces it already has, so that only the missing ones are resent.",
            "接收方列出已收到的不连续数据块，发送方只需重传缺失的部分。",
        ),
        "RFC 2018",
    ),
    "timestamps": Term(
        Words("timestamps", "时间戳"),
        Words(
            "A clock value in each segment and its echo; for the round-trip time and against old duplicates.",
            "每个报文段都带发送方的时钟值及对方时钟值的回显，用来测量往返时间、识别陈旧的重复报文段。",
        ),
        "RFC 7323 3",
    ),
    "rtt": Term(
        Words("RTT", "往返时间（RTT）"),
        Words(
            "From sending something to the arrival of its acknowledgment.",
            "从发出数据到收到对它的确认所用的时间。",
        ),
        "RFC 6298",
    ),
    "retransmission": Term(
        Words("retransmission", "重传"),
        Words("Bytes sent once more, as far as the capture shows.", "捕获中可见的、再次发送的字节。"),
        "RFC 9293 3.8.1",
    ),
    "delayed ack": Term(
        Words("delayed acknowledgment", "延迟确认"),
        Words(
            "A receiver may wait for a second segment, less than 0.5 s, and acknowledge both at once.",
            "接收方可以稍等（不到 0.5 秒）下一个报文段，再一并确认。",
        ),
        "RFC 9293 3.8.6.3",
    ),
    "keep-alive": Term(
        Words("keep-alive", "保活探测"),
        Words(
            "A segment with an old number on an idle connection, just to make the peer answer.",
            "在空闲连接上发送一个旧序号的报文段，只为让对方应答。",
        ),
        "RFC 9293 3.8.4",
    ),
    "zero window": Term(
        Words("zero window", "零窗口"),
        Words("The receiver's buffer is full: send nothing for now.", "接收方缓存已满，要求对方暂停发送。"),
        "RFC 9293 3.8.6",
    ),
    "rst": Term(
        Words("reset (RST)", "复位（RST）"),
        Words(
            "Ends a connection at once; data may be lost, nothing acknowledges it.",
            "立即终止连接；可能丢失数据，对它没有确认。",
        ),
        "RFC 9293 3.5.2",
    ),
    "TIME_WAIT": Term(
        Words("TIME_WAIT", "TIME_WAIT"),
        Words(
            "The side that closed first waits 2 MSL, to repeat the last ACK and to let old segments die.",
            "主动关闭方等待 2MSL：以便重发最后的确认，并让旧报文段在网络中消失。",
        ),
        "RFC 9293 3.6.1",
    ),
    "CLOSE_WAIT": Term(
        Words("CLOSE_WAIT", "CLOSE_WAIT"),
        Words(
            "The peer has closed; this side's own application has not called close() yet.",
            "对方已关闭，而本端应用程序还没有调用 close()。",
        ),
        "RFC 9293 3.6",
    ),
    "offload": Term(
        Words("segmentation offload", "分段卸载"),
        Words(
            "The network card cuts or joins segments, so a capture on the host shows larger ones.",
            "由网卡切分或合并报文段，所以主机上捕获到的比线路上的大。",
        ),
        "",
    ),
}
