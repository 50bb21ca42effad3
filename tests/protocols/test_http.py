"""HTTP: request and status lines, header fields, and the content behind them, as far as one packet has it."""

from __future__ import annotations

import struct

import pytest

from tests.packets import ethernet, ipv4
from tests.protocols.reading import lines, read, row, value


def segment(content: bytes, port: int = 80, *, answer: bool = False) -> bytes:
    """A TCP segment with this payload, to or from a port."""
    ports = (port, 40000) if answer else (40000, port)
    return ethernet(ipv4(struct.pack(">HHIIBBHHH", *ports, 1, 1, 0x50, 0x18, 1000, 0, 0) + content, 6))


GET = b"GET /a?x=1&y=2 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: me\r\nX-Other: 1\r\n\r\n"
OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Length: 17\r\n\r\n"
    b"<html>\n<p>x</p>\r\n"
)


def test_a_request() -> None:
    table = read(segment(GET))
    assert row(table)[2:] == ("HTTP", "GET /a?x=1&y=2 HTTP/1.1 ")
    assert value(table, "frame.protocols") == "eth:ethertype:ip:tcp:http"
    assert value(table, "http.request.full_uri") == "http://example.com/a?x=1&y=2"
    assert value(table, "http.request.line") == "Host: example.com\r\n,User-Agent: me\r\n,X-Other: 1\r\n"
    assert value(table, "http.request.uri.query.parameter") == "x=1,y=2"
    assert lines(table, "http") == [
        "Hypertext Transfer Protocol",
        "    GET /a?x=1&y=2 HTTP/1.1\r\n",
        "        [Expert Info (Chat/Sequence): GET /a?x=1&y=2 HTTP/1.1\r\n]",
        "            [GET /a?x=1&y=2 HTTP/1.1\r\n]",
        "            [Severity level: Chat]",
        "            [Group: Sequence]",
        "        Request Method: GET",
        "        Request URI: /a?x=1&y=2",
        "            Request URI Path: /a",
        "            Request URI Query: x=1&y=2",
        "                Request URI Query Parameter: x=1",
        "                Request URI Query Parameter: y=2",
        "        Request Version: HTTP/1.1",
        "    Host: example.com\r\n",
        "    User-Agent: me\r\n",
        "    X-Other: 1\r\n",
        "    \r\n",
        "    [Full request URI: http://example.com/a?x=1&y=2]",
    ]


def test_a_response_and_its_text() -> None:
    table = read(segment(OK, answer=True))
    assert row(table)[2:] == ("HTTP", "HTTP/1.1 200 OK  (text/html)")
    assert value(table, "frame.protocols") == "eth:ethertype:ip:tcp:http:data-text-lines"
    assert value(table, "http.response.code") == "200"
    assert value(table, "http.file_data") == "<html>\n<p>x</p>\r\n"
    assert lines(table, "http")[-4:] == [
        "    Content-Length: 17\r\n",
        "        [Content length: 17]",
        "    \r\n",
        "    File Data: 17 bytes",
    ]
    assert lines(table, "data-text-lines") == [
        "Line-based text data: text/html (2 lines)",
        "    <html>\n",
        "    <p>x</p>\r\n",
    ]


@pytest.mark.parametrize(
    ("head", "content", "protocols", "info"),
    [
        (b"200 OK\r\nContent-Type: image/x-foo", b"abc", "http:media", "200 OK  (image/x-foo)"),
        (b"200 OK\r\nContent-Length: 3", b"abc", "http:data", "200 OK "),
        (b"200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip", b"abc", "http:data", "200 OK "),
        (b"304 Not Modified\r\nContent-Length: 30", b"", "http", "304 Not Modified "),
        (b"204 No Content", b"", "http", "204 No Content "),
    ],
)
def test_content(head: bytes, content: bytes, protocols: str, info: str) -> None:
    table = read(segment(b"HTTP/1.1 " + head + b"\r\n\r\n" + content, answer=True))
    assert value(table, "frame.protocols") == "eth:ethertype:ip:tcp:" + protocols
    assert row(table)[3] == f"HTTP/1.1 {info}"


@pytest.mark.parametrize(
    ("request_line", "uri"),
    [
        ("GET http://proxy.test/x HTTP/1.0", "http://proxy.test/x"),
        ("CONNECT example.com:443 HTTP/1.1", "example.com:443"),
        ("OPTIONS * HTTP/1.1", "http://h.test*"),
    ],
)
def test_full_uri(request_line: str, uri: str) -> None:
    table = read(segment(f"{request_line}\r\nHost: h.test\r\n\r\n".encode()))
    assert value(table, "http.request.full_uri") == uri


def test_cookies_and_passwords() -> None:
    table = read(segment(b"GET / HTTP/1.1\r\nCookie: a=1; b=2\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n"))
    assert value(table, "http.cookie_pair") == "a=1,b=2"
    assert value(table, "http.authbasic") == "user:pass"
    broken = read(segment(b"GET / HTTP/1.1\r\nAuthorization: Basic ====\r\n\r\n"))
    assert value(broken, "http.authbasic") == ""


def test_a_segment_from_the_middle_of_a_message_is_data() -> None:
    table = read(segment(b"and so on, GET / HTTP/1.1\r\n\r\n", answer=True))
    assert value(table, "frame.protocols") == "eth:ethertype:ip:tcp:data"
    assert row(table)[2] == "TCP"


def test_a_message_on_any_port() -> None:
    assert row(read(segment(GET, 12345)))[2] == "HTTP"
    assert row(read(segment(b"OPTIONS sip:a SIP/2.0\r\n\r\n", 12345)))[2] == "TCP"


def test_lines_without_carriage_returns() -> None:
    table = read(segment(b"GET / HTTP/1.1\nHost: lf.test\n\n"))
    assert value(table, "http.host") == "lf.test"


@pytest.mark.parametrize("kept", range(15, len(OK)))
def test_a_message_that_is_cut_is_shown_as_far_as_it_goes(kept: int) -> None:
    table = read(segment(OK[:kept], answer=True))
    assert value(table, "http.response.code") == "200"
    assert lines(table, "http")[0] == "Hypertext Transfer Protocol"
    if kept > OK.index(b"<"):
        assert value(table, "http.file_data") == OK[OK.index(b"<") : kept].decode()


def test_status_codes_that_are_none() -> None:
    table = read(segment(b"HTTP/1.1 abc Odd\r\n\r\n", answer=True))
    assert value(table, "http.response.code") == ""
    table = read(segment(b"HTTP/1.1 299 Odd\r\n\r\n", answer=True))
    assert value(table, "http.response.code.desc") == "Success - Others"


def test_discovery_over_udp() -> None:
    content = b"M-SEARCH * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nMX:3\r\n\r\n"
    table = read(ethernet(ipv4(struct.pack(">HHHH", 40000, 1900, 8 + len(content), 0) + content, 17)))
    assert row(table)[2:] == ("SSDP", "M-SEARCH * HTTP/1.1 ")
    assert value(table, "frame.protocols") == "eth:ethertype:ip:udp:ssdp"
    assert value(table, "http.host") == "239.255.255.250:1900"
