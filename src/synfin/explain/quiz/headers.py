"""Questions about the headers of single packets: how long they are, and where a field stands."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from synfin.explain.lesson import diagrams
from synfin.explain.narrator import FIN, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synfin.dissect.diagram import Box, Diagram
    from synfin.dissect.table import PacketTable
    from synfin.explain.narrator import Narrator
    from synfin.explain.quiz.examiner import Examiner
    from synfin.explain.quiz.question import Question

FIELDS = (
    ("eth", "eth.type"),
    ("ip", "ip.ttl"),
    ("ip", "ip.proto"),
    ("ip", "ip.src"),
    ("ipv6", "ipv6.hlim"),
    ("ipv6", "ipv6.nxt"),
    ("tcp", "tcp.dstport"),
    ("tcp", "tcp.seq_raw"),
    ("tcp", "tcp.window_size_value"),
    ("tcp", "tcp.checksum"),
)
"""Fields whose place is asked for; each begins with a byte."""

LENGTHS = (("tcp_header", "tcp", "tcp.hdr_len"), ("ip_header", "ip", "ip.hdr_len"))
"""Fields that count words of 32 bits, and the kinds of questions about them."""

FIXED = 20
"""Bytes of a TCP or IPv4 header without options (RFC 9293 3.1, RFC 791 3.1)."""

CARRIED = (
    ("ethertype", "eth", "eth.type", ("ip", "ipv6")),
    ("protocol", "ip", "ip.proto", ("tcp",)),
    ("next_header", "ipv6", "ipv6.nxt", ("tcp",)),
)
"""Kind of question, header, its field that says what it carries, and what it has to be followed by."""

MOST_SHOWN = 6


def shown_packets(narrator: Narrator) -> tuple[int, ...]:
    """The packets whose headers are asked about: of each kind of segment the first."""
    chosen: dict[object, int] = {}
    for segment in narrator.segments:
        what = (segment.sender, segment.flags & (SYN | FIN), bool(segment.length))
        chosen.setdefault(what, segment.number)
    return tuple(sorted(chosen.values())[:MOST_SHOWN])


def pictures(tables: Iterable[PacketTable], numbers: tuple[int, ...]) -> dict[int, tuple[Diagram, ...]]:
    """The headers of packets, those in copies of other packets left out.

    Args:
        tables: the chunks that hold them, in order; each is needed only until the next comes.
        numbers: of the packets, rising.
    """
    found: dict[int, tuple[Diagram, ...]] = {}
    for table in tables:
        first = table.chunk.first
        for number in numbers:
            if first <= number < first + len(table):
                drawn = diagrams(table, number - first)
                found[number] = tuple(diagram for diagram, is_copy in drawn if not is_copy)
        if numbers and first + len(table) > numbers[-1]:
            break
    return found


def headers(examiner: Examiner) -> Iterator[Question]:
    """What can be asked about the packets that are shown."""
    for number, drawn in examiner.pictures.items():
        named = {one.protocol: one for one in drawn}
        if len(named) < len(drawn) or "tcp" not in named:
            continue  # one header within another of its kind: which is meant would be a riddle
        yield from _lengths(examiner, number, named)
        yield from _offsets(examiner, number, named)
        yield from _carried(examiner, number, drawn)
        yield from _payload(examiner, number, named)


def _box(diagram: Diagram | None, name: str) -> Box | None:
    if diagram is None:
        return None
    return next((box for box in diagram.boxes if box.name == name and box.plain), None)


def _lengths(examiner: Examiner, number: int, named: dict[str, Diagram]) -> Iterator[Question]:
    for kind, protocol, name in LENGTHS:
        box = _box(named.get(protocol), name)
        if box is None or not box.raw or int(box.plain) < FIXED:
            continue
        words, size = int(box.raw, 2), int(box.plain)
        rest = size - FIXED
        key = "options" if rest else "plain"
        yield examiner.question(
            kind,
            number,
            examiner.size(size),
            (number,),
            (examiner.slip(words, "words"),),
            number=number,
            words=words,
            bits=box.raw,
            more=examiner.language.say(f"quiz.rest.{key}", rest=examiner.language.size(rest)),
        )


def _offsets(examiner: Examiner, number: int, named: dict[str, Diagram]) -> Iterator[Question]:
    for protocol, name in FIELDS:
        diagram = named.get(protocol)
        box = _box(diagram, name)
        if box is None or diagram is None:
            continue
        inside = box.start // 8
        at = diagram.first + inside
        slips = [examiner.slip(inside, "inside", title=diagram.title)] if diagram.first else []
        slips.append(examiner.slip(at + 1, "from_zero"))
        yield examiner.question(
            "offset",
            f"{number} {name}",
            examiner.number(at),
            (number,),
            tuple(slips),
            number=number,
            label=box.label,
            name=name,
            title=diagram.title,
            first=diagram.first,
            inside=inside,
            value=box.value,
        )


def _carried(examiner: Examiner, number: int, drawn: tuple[Diagram, ...]) -> Iterator[Question]:
    for outer, inner in pairwise(drawn):
        for kind, protocol, name, followers in CARRIED:
            box = _box(outer, name)
            if outer.protocol != protocol or inner.protocol not in followers or box is None:
                continue
            yield examiner.question(
                kind,
                f"{number} {name}",
                examiner.value(int(box.plain, 0), box.plain),
                (number,),
                number=number,
                label=box.label,
                name=name,
                shown=box.value,
                outer=outer.title,
                inner=inner.title,
            )


def _payload(examiner: Examiner, number: int, named: dict[str, Diagram]) -> Iterator[Question]:
    """How much data is left when the headers are taken off: from IP's length, never from the frame's."""
    segment = examiner.narrator.by_number[number]
    whole = _box(named.get("ip"), "ip.len") or _box(named.get("ipv6"), "ipv6.plen")
    header, outer = _box(named.get("tcp"), "tcp.hdr_len"), _box(named.get("ip"), "ip.hdr_len")
    if whole is None or header is None or not segment.length:
        return
    parts = [int(box.plain) for box in (outer, header) if box is not None]
    if int(whole.plain) - sum(parts) != segment.length:
        return  # offloaded, or with other headers between
    formula = " − ".join(str(part) for part in (int(whole.plain), *parts))
    slips = [examiner.slip(int(whole.plain), "payload_ip")]
    slips += [examiner.slip(segment.wire_length, "payload_frame")] if segment.wire_length else []
    yield examiner.question(
        "payload",
        number,
        examiner.size(segment.length),
        (number,),
        tuple(slips),
        number=number,
        label=whole.label,
        name=whole.name,
        formula=f"{formula} = {segment.length}",
    )
