"""What to teach about the fields of an HTTP message."""

from __future__ import annotations

from synfin.dissect.definition import Lesson, Words

LESSONS = {
    "request.method": Lesson(
        Words("What the client wants done: GET fetches, POST sends.", "客户端要做什么：GET 取，POST 送。"),
        "RFC 9110 9",
    ),
    "request.uri": Lesson(
        Words("Which resource of the server it is about.", "针对服务器上的哪个资源。"),
        "RFC 9112 3.2",
        Words(
            "The host is usually not in it; it is in the header field Host.",
            "通常不含主机名；主机名写在 Host 首部里。",
        ),
    ),
    "request.version": Lesson(
        Words("The version of HTTP that the client speaks.", "客户端使用的 HTTP 版本。"), "RFC 9112 2.3"
    ),
    "response.version": Lesson(
        Words("The version of HTTP that the server speaks.", "服务器使用的 HTTP 版本。"), "RFC 9112 2.3"
    ),
    "response.code": Lesson(
        Words(
            "How it went: 2xx done, 3xx look elsewhere, 4xx the client's fault, 5xx the server's.",
            "结果如何：2xx 成功，3xx 请去别处，4xx 客户端有误，5xx 服务器有误。",
        ),
        "RFC 9110 15",
        Words(
            "404 is an answer: the connection and the server work.",
            "404 也是应答：说明连接和服务器都正常。",
        ),
    ),
    "response.phrase": Lesson(
        Words("The same for people; programs ignore it.", "写给人看的说明，程序不理会它。"), "RFC 9112 4"
    ),
    "file_data": Lesson(
        Words(
            "The content of the message, as far as this packet has it.", "报文的内容，仅限这个包里的部分。"
        ),
        "RFC 9112 6",
        Words(
            "A message may go over many segments, and TCP does not mark where one ends.",
            "一个报文可以跨很多段，TCP 不标出报文的边界。",
        ),
    ),
}

FIELD_LESSONS = {
    "host": Lesson(
        Words(
            "Which of the sites behind this address is meant.",
            "同一地址上可能有多个网站，这里说明要的是哪一个。",
        ),
        "RFC 9110 7.2",
    ),
    "user_agent": Lesson(
        Words("Which program asks.", "发出请求的程序。"),
        "RFC 9110 10.1.5",
        Words("Anyone may write anything here; it proves nothing.", "可以随意填写，不能当作证据。"),
    ),
    "connection": Lesson(
        Words(
            "Whether the connection stays open for the next request (keep-alive) or not (close).",
            "连接是留给下一个请求（keep-alive），还是用完就关（close）。",
        ),
        "RFC 9110 7.6.1",
        Words(
            "HTTP/1.1 keeps it open unless told otherwise; this has nothing to do with TCP keep-alive.",
            "HTTP/1.1 默认保持连接；这与 TCP 的 keep-alive 无关。",
        ),
    ),
    "content_length_header": Lesson(
        Words(
            "How long the content is; so the receiver knows where the message ends.",
            "内容有多长；接收方据此知道报文到哪里结束。",
        ),
        "RFC 9110 8.6",
        None,
        Words("bytes", "字节"),
    ),
    "transfer_encoding": Lesson(
        Words(
            "chunked: the content comes in pieces, each with its length, for its size is not known yet.",
            "chunked 表示内容分块发送，每块自带长度，因为事先不知道总长。",
        ),
        "RFC 9112 6.1",
    ),
    "content_type": Lesson(Words("What the content is.", "内容是什么类型。"), "RFC 9110 8.3"),
    "content_encoding": Lesson(
        Words("How the content is compressed.", "内容用什么方式压缩。"), "RFC 9110 8.4"
    ),
    "location": Lesson(
        Words("Where to ask instead, or where the new resource is.", "应该改去哪里，或新资源在哪里。"),
        "RFC 9110 10.2.2",
    ),
    "set_cookie": Lesson(
        Words(
            "What the client should send with every later request.", "要求客户端以后每次请求都带上的内容。"
        ),
        "RFC 6265 4.1",
    ),
    "cookie": Lesson(
        Words("What the server asked the client to send along.", "服务器先前要求客户端带上的内容。"),
        "RFC 6265 4.2",
    ),
}
