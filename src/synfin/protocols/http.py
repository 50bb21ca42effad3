"""HTTP/1.x, RFC 9112, as far as one packet holds it: first line, header fields, and what follows them."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Content, Field, Group, Items, Next, Protocol
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Located, Spans, Sparse
from synfin.protocols.http_head import (
    LAYER,
    MESSAGE,
    Heads,
    field_lines,
    first_lines,
    has_bad_name,
    is_response,
    lines,
    value_of,
    words,
)
from synfin.protocols.http_lessons import FIELD_LESSONS, LESSONS
from synfin.protocols.http_values import KNOWN, METHODS, STATUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Line
    from synfin.dissect.text import Text

PORTS = (80, 631, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8000, 8080, 8088, 11371)
SSDP = 1900

BEGINS = (b"HTTP/1.", *(f"{method} ".encode() for method in METHODS))
"""How a message begins; a segment that begins otherwise is from the middle of one."""

ANYWHERE = b"GHPD"
"""First letters of messages that are recognized on every port: GET, HEAD, HTTP, POST, PUT, DELETE…"""

NOTHING, TEXT_LINES, MEDIA, DATA = -1, 1, 2, 3
"""Keys of what follows a head."""

TEXT_TYPES = frozenset(
    {
        "text/plain",
        "text/html",
        "text/css",
        "text/javascript",
        "text/richtext",
        "text/enriched",
        "text/parameters",
        "application/x-javascript",
        "application/x-ns-proxy-autoconfig",
    }
)
"""Media types that are shown line by line."""

UNTYPED = ("", "application/octet-stream")
"""Types that say no more than that there are bytes."""

CODE_DIGITS = 3
WITHOUT_CONTENT = (204, 304)
NOTIFICATIONS = frozenset({"NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE"})


def _is_request(rows: HeaderRows) -> Flags:
    return ~is_response(rows)


def _is_notification(rows: HeaderRows) -> Flags:
    """True for messages of UPnP that tell rather than ask."""
    begin, end = words(rows)[0]
    said = _stretch(rows, Spans(begin, end - begin)).to_list()
    found: Flags = np.array([one in NOTIFICATIONS for one in said], np.bool_)
    return found


def _asks(rows: HeaderRows) -> Flags:
    return _is_request(rows) & ~_is_notification(rows)


def _word(rows: HeaderRows, which: int, where: Callable[[HeaderRows], Flags]) -> Sparse:
    """A part of the first line, of requests or of responses that have it."""
    begin, end = words(rows)[which]
    chosen = np.flatnonzero(where(rows) & (end > begin))
    return Sparse(chosen, Spans(begin[chosen], (end - begin)[chosen]))


def _part(
    name: str, label: str, which: int, where: Callable[[HeaderRows], Flags], **more: object
) -> Computed:
    return Computed(name, label, Kind.TEXT, partial(_word, which=which, where=where), bare=True, **more)  # type: ignore[arg-type]


def _mark(name: str, label: str, where: Callable[[HeaderRows], Flags]) -> Computed:
    def values(rows: HeaderRows) -> Sparse:
        chosen = np.flatnonzero(where(rows))
        return Sparse(chosen, np.ones(len(chosen), np.int64))

    return Computed(name, label, Kind.BOOLEAN, values, hidden=True)


def _stretch(rows: HeaderRows, spans: Spans) -> Text:
    return text.stretches(rows.data, *spans)


def _first_line(rows: HeaderRows) -> Text:
    return _stretch(rows, first_lines(rows))


def _code(rows: HeaderRows) -> Sparse:
    """The status code, where it is a number."""
    chosen, spans = _word(rows, 1, is_response)
    assert isinstance(spans, Spans)
    place = np.minimum(spans.start[:, None] + np.arange(CODE_DIGITS), max(len(rows.data) - 1, 0))
    digits = rows.data[place].astype(np.int64) - ord("0")
    good = ((digits >= 0) & (digits <= 9)).all(axis=1) & (spans.length >= CODE_DIGITS)
    return Sparse(chosen[good], (digits @ np.array([100, 10, 1]))[good])


def _description(rows: HeaderRows) -> Sparse:
    chosen, codes = _code(rows)
    assert isinstance(codes, np.ndarray)
    return Sparse(chosen, text.each(codes, lambda one: STATUS.get(one, f"Unknown ({one})")))


def _query_at(rows: HeaderRows) -> tuple[Integers, Integers, Integers]:
    """Requests whose URI has a "?": which, where that is, and where the URI ends."""
    chosen, spans = _word(rows, 1, _is_request)
    assert isinstance(spans, Spans)
    found = [one.find(b"?") for one in map(_stretch(rows, spans).raw, range(len(chosen)))]
    at = np.array(found, np.int64)
    there = np.flatnonzero(at >= 0)
    return chosen[there], (spans.start + at)[there], (spans.start + spans.length)[there]


def _path(rows: HeaderRows) -> Sparse:
    chosen, mark, _ = _query_at(rows)
    begin = words(rows)[1, 0, chosen]
    return Sparse(chosen, Spans(begin, mark - begin))


def _query(rows: HeaderRows) -> Sparse:
    chosen, mark, end = _query_at(rows)
    there = end > mark + 1
    return Sparse(chosen[there], Spans(mark[there] + 1, (end - mark - 1)[there]))


def _pieces(rows: HeaderRows, whole: Sparse, separator: bytes, *, strip: bool = False) -> Sparse:
    """A text cut at every separator: several values of each row."""
    chosen, spans = whole
    assert isinstance(spans, Spans)
    owners: list[int] = []
    starts: list[int] = []
    sizes: list[int] = []
    for row, at, size in zip(chosen.tolist(), spans.start.tolist(), spans.length.tolist(), strict=True):
        for piece in rows.data[at : at + size].tobytes().split(separator):
            blanks = len(piece) - len(piece.lstrip()) if strip else 0
            if len(piece) > blanks:
                owners.append(row)
                starts.append(at + blanks)
                sizes.append(len(piece) - blanks)
            at += len(piece) + len(separator)
    return Sparse(np.array(owners, np.int64), Spans(np.array(starts, np.int64), np.array(sizes, np.int64)))


def _parameters(rows: HeaderRows) -> Sparse:
    return _pieces(rows, _query(rows), b"&")


def _spread(rows: HeaderRows, found: Sparse) -> Text:
    """One text for every row, empty where there is none."""
    assert isinstance(found.values, Spans)
    place = np.full(len(rows), -1, np.int64)
    place[found.rows] = np.arange(len(found.rows))
    return _stretch(rows, found.values).take(place)


def _full_uri(rows: HeaderRows) -> Sparse:
    """Scheme and host before the URI, unless it has them itself."""
    host = value_of(rows, "host")
    begin, end = words(rows)[1]
    there = np.zeros(len(rows), np.bool_)
    there[host.rows] = True
    chosen = np.flatnonzero(there & _is_request(rows) & (end > begin))
    uri = _stretch(rows, Spans(begin, end - begin))
    last = max(len(rows.data) - 1, 0)
    first = rows.data[np.minimum(begin, last)]
    relative = (first == ord("/")) | (first == ord("*"))
    begin_of_method = words(rows)[0, 0]
    is_connect = rows.data[np.minimum(begin_of_method + 1, last)] == ord("O")
    is_connect &= rows.data[np.minimum(begin_of_method, last)] == ord("C")
    chosen = chosen[(relative | is_connect | (first == ord("h")))[chosen]]
    before = text.join([text.literal("http://", len(rows)), _spread(rows, host)])
    return Sparse(chosen, text.join([text.where(relative, before), uri]).take(chosen))


def _content_length(rows: HeaderRows) -> Integers:
    """What each message says of the length of its content; -1 where it says nothing."""
    stated = np.full(len(rows), -1, np.int64)
    chosen, spans = value_of(rows, "content-length")
    assert isinstance(spans, Spans)
    stated[chosen] = [_number(one) for one in _stretch(rows, spans).to_list()]
    return stated


def _number(digits: str) -> int:
    digits = digits.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else -1


def _is_encoded(rows: HeaderRows) -> Flags:
    """True where the content is compressed or in pieces."""
    encoded = np.zeros(len(rows), np.bool_)
    for name, plain in (("transfer-encoding", "identity"), ("content-encoding", "identity")):
        found = value_of(rows, name)
        assert isinstance(found.values, Spans)
        said = _stretch(rows, found.values).to_list()
        encoded[found.rows] |= np.array([one.strip().lower() != plain for one in said], np.bool_)
    return encoded


def _media_types(rows: HeaderRows) -> list[str]:
    """The type of each message's content, without parameters; "" if it has none."""
    said = _spread(rows, value_of(rows, "content-type")).to_list()
    return [one.partition(";")[0].strip() for one in said]


def content_spans(rows: HeaderRows) -> Spans:
    """The content of each message, as far as this packet has it."""
    heads = Heads.of(rows)
    end = np.minimum(rows.limit, rows.captured_end).astype(np.int64)
    start = np.where(heads.ends >= 0, heads.ends, end)
    stated = _content_length(rows)
    silent = np.where(is_response(rows), end - start, np.where(_is_encoded(rows), end - start, 0))
    size = np.where(stated >= 0, np.minimum(stated, end - start), silent)
    code = rows.values("response.code", missing=0)
    size[np.isin(code, WITHOUT_CONTENT) | ((code >= 100) & (code < 200))] = 0
    return Spans(start, size)


def _content(rows: HeaderRows) -> Located:
    """What follows each head."""
    start, size = content_spans(rows)
    key = np.where(size > 0, DATA, NOTHING)
    plain = np.flatnonzero((size > 0) & ~_is_encoded(rows))
    if len(plain):
        kinds = _spread(rows, value_of(rows, "content-type")).take(plain).to_list()
        key[plain] = [_key_of(kind) for kind in kinds]
    return Located(np.arange(len(rows)), key, start, start + size)


@lru_cache(maxsize=1024)
def _key_of(content_type: str) -> int:
    """What content of a type is shown as."""
    kind = content_type.partition(";")[0].strip()
    return DATA if kind in UNTYPED else TEXT_LINES if kind.lower() in TEXT_TYPES else MEDIA


def _file_data(rows: HeaderRows) -> Sparse:
    start, size = content_spans(rows)
    chosen = np.flatnonzero((size > 0) & ~_is_encoded(rows))
    return Sparse(chosen, Spans(start[chosen], size[chosen]))


def _file_data_line(rows: HeaderRows) -> Text:
    sizes = content_spans(rows).length
    return text.each(sizes, lambda size: f"File Data: {size} byte{'' if size == 1 else 's'}")


def _info(rows: HeaderRows) -> Text:
    """The first line, and what sort of content follows."""
    heads = Heads.of(rows)
    _, _, start, stop, _, _ = heads.lines[:, heads.of_kind(0)]
    line = _stretch(rows, Spans(start, stop - start))
    size, encoded = content_spans(rows).length, _is_encoded(rows)
    kinds = text.from_list(["" if kind in UNTYPED else f" ({kind})" for kind in _media_types(rows)])
    return text.join([line, text.literal(" ", len(rows)), text.where((size > 0) & ~encoded, kinds)])


def _keyed(rows: HeaderRows, name: str) -> tuple[Integers, Spans]:
    """The lines with a known header field, and the values."""
    found, values = field_lines(rows)
    chosen = np.flatnonzero(found[5] == list(KNOWN).index(name))
    return chosen, Spans(values[chosen], found[3, chosen] - values[chosen])


def _value(rows: HeaderRows, name: str) -> Sparse:
    return Sparse(*_keyed(rows, name))


def _whole_line(rows: HeaderRows) -> Text:
    return _stretch(rows, Spans(rows.start.astype(np.int64), (rows.end - rows.start).astype(np.int64)))


def _lines_of(rows: HeaderRows, *, known: bool, kind: str) -> Sparse:
    """Whole lines: of one kind of messages, those with a known header field or the others."""
    found, _ = field_lines(rows)
    is_wanted = {"request": _asks, "response": is_response, "notification": _is_notification}[kind]
    wanted = is_wanted(rows.outer)[found[0]]
    chosen = np.flatnonzero(wanted & ((found[5] >= 0) == known))
    return Sparse(chosen, Spans(found[2, chosen], (found[4] - found[2])[chosen]))


def _has_bad_name(rows: HeaderRows, kind: str) -> Flags:
    """Header fields with an illegal name, in one kind of messages."""
    wanted = {"request": _asks, "response": is_response, "notification": _is_notification}[kind]
    said: Flags = wanted(rows.outer)[field_lines(rows)[0][0]]
    return has_bad_name(rows) & said


def _bad_name(kind: str) -> Computed:
    return remark(
        "bad_header_name",
        (Severity.WARNING, Topic.PROTOCOL),
        "Illegal characters found in header name",
        partial(_has_bad_name, kind=kind),
    )


def _line_fields() -> tuple[Computed, ...]:
    """The whole lines by name: shown where the header field has no name of its own."""
    return tuple(
        Computed(
            f"{name}.line",
            f"{name.capitalize()} line",
            Kind.TEXT,
            partial(_lines_of, known=known, kind=name),
            bare=True,
            hidden=known,
            show=_whole_line,
            parts=() if known else (_bad_name(name),),
        )
        for name in ("request", "response", "notification")
        for known in (False, True)
    )


def _length_value(rows: HeaderRows) -> Sparse:
    chosen, spans = _keyed(rows, "content-length")
    numbers = np.array([_number(one) for one in _stretch(rows, spans).to_list()], np.int64)
    there = numbers >= 0
    return Sparse(chosen[there], numbers[there])


def _cookies(rows: HeaderRows) -> Sparse:
    return _pieces(rows, _value(rows, "cookie"), b";", strip=True)


def _credentials(rows: HeaderRows, name: str) -> Sparse:
    """User and password of the basic scheme, which only encodes them (RFC 7617)."""
    chosen, spans = _keyed(rows, name)
    owners: list[int] = []
    said: list[bytes] = []
    for row, value in zip(chosen.tolist(), _stretch(rows, spans).to_list(), strict=True):
        scheme, _, coded = value.partition(" ")
        if scheme.lower() == "basic":
            try:
                said.append(base64.b64decode(coded.strip(), validate=True))
            except (binascii.Error, ValueError):
                continue
            owners.append(row)
    return Sparse(np.array(owners, np.int64), text.from_list(said))


BELOW = {
    "content-length": (Computed("content_length", "Content length", Kind.UINT, _length_value, width=64),),
    "cookie": (Computed("cookie_pair", "Cookie pair", Kind.TEXT, _cookies, bare=True),),
} | {
    name: (Computed("authbasic", "Credentials", Kind.TEXT, partial(_credentials, name=name), bare=True),)
    for name in ("authorization", "proxy-authorization")
}
"""What is shown below single header fields."""

HEADER_FIELDS = tuple(
    Computed(
        field,
        label,
        Kind.TEXT,
        partial(_value, name=name),
        bare=True,
        show=_whole_line,
        parts=BELOW.get(name, ()),
    )
    for name, (field, label) in KNOWN.items()
)

LINE = Protocol(
    name=LAYER,
    title="Header field",
    reference="RFC 9112 5",
    prefix="http",
    path="-",
    body=True,
    follows=((LAYER, 0),),
    lessons=FIELD_LESSONS,
    fields=(*HEADER_FIELDS, *_line_fields()),
)

END = Protocol(
    name="http.end",
    title="End of the head",
    reference="RFC 9112 2.1",
    prefix="http",
    path="-",
    body=True,
    follows=((LAYER, 1),),
    fields=(Field("head_end", 0, "End of the head", Kind.TEXT, rest=True, show="{head_end}"),),
)


def _always(rows: HeaderRows) -> Flags:
    return np.ones(len(rows), np.bool_)


REQUEST_LINE = (
    _part("request.method", "Request Method", 0, _is_request),
    _part(
        "request.uri",
        "Request URI",
        1,
        _is_request,
        parts=(
            Computed("request.uri.path", "Request URI Path", Kind.TEXT, _path, bare=True),
            Computed(
                "request.uri.query",
                "Request URI Query",
                Kind.TEXT,
                _query,
                bare=True,
                parts=(
                    Computed(
                        "request.uri.query.parameter",
                        "Request URI Query Parameter",
                        Kind.TEXT,
                        _parameters,
                        bare=True,
                    ),
                ),
            ),
        ),
    ),
    _part("request.version", "Request Version", 2, _is_request),
)
STATUS_LINE = (
    _part("response.version", "Response Version", 0, is_response),
    Computed("response.code", "Status Code", Kind.UINT, _code, width=16, bare=True),
    Computed("response.code.desc", "Status Code Description", Kind.TEXT, _description),
    _part("response.phrase", "Response Phrase", 2, is_response),
)

BODY = Protocol(
    name=MESSAGE,
    title="HTTP",
    reference="RFC 9112",
    follows=((MESSAGE, ANY),),
    prefix="http",
    body=True,
    info=_info,
    carries=False,
    items=(Items(LAYER, locate=lines),),
    content=Content("http.content", _content),
    lessons=LESSONS,
    fields=(
        Group(
            "",
            show=_first_line,
            parts=(
                remark("chat", (Severity.CHAT, Topic.SEQUENCE), "Formatted text", _always, _first_line),
                *REQUEST_LINE,
                *STATUS_LINE,
            ),
        ),
        Group("", holds=LAYER),
        _mark("request", "Request", _asks),
        _mark("notification", "Notification", _is_notification),
        _mark("response", "Response", is_response),
        Computed("request.full_uri", "Full request URI", Kind.TEXT, _full_uri),
        Computed("file_data", "File Data", Kind.TEXT, _file_data, bare=True, show=_file_data_line),
    ),
)


def _protocol(name: str, title: str, short: Line, follows: tuple[tuple[str, int], ...]) -> Protocol:
    """One of the protocols whose messages these are."""
    return Protocol(
        name=name,
        title=title,
        reference="RFC 9112",
        short=short,
        begins=BEGINS,
        follows=follows,
        fields=(),
        next_by=(Next("", MESSAGE, peek=8),),
        open_ended=True,
    )


PROTOCOLS = (
    BODY,
    LINE,
    END,
    _protocol(
        "http",
        "Hypertext Transfer Protocol",
        "HTTP",
        (*(("tcp.port", port) for port in PORTS), *(("tcp.begins", letter) for letter in ANYWHERE)),
    ),
    _protocol("ssdp", "Simple Service Discovery Protocol", "SSDP", (("udp.port", SSDP),)),
)
