"""A header taught: its diagram, and each field with its bytes, value, meaning, standard and mistake."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.cells import NO_BREAK_SPACE, cells, packed, padded, wrapped
from synfin.basics.spans import Line, Span, plain
from synfin.dissect.diagram import Box, continued, header_diagram, packet_diagram
from synfin.dissect.drawing import VARIABLE
from synfin.dissect.walk import QUOTED, Reason
from synfin.explain.drawing import NARROWEST
from synfin.explain.encapsulation import Extent, encapsulation
from synfin.explain.explanation import LONGEST_TEXT
from synfin.explain.language import language
from synfin.explain.stack import level_of, stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synfin.basics.spans import Style
    from synfin.dissect.definition import Protocol, Words
    from synfin.dissect.diagram import Diagram
    from synfin.dissect.table import PacketTable
    from synfin.explain.encapsulation import Encapsulation
    from synfin.explain.language import Lang, Language
    from synfin.explain.stack import Stack

BYTES_COLUMN = 15
"""Columns for the place of a field: "12 bits 4-15"."""


@dataclass(frozen=True, slots=True)
class FieldLesson:
    """What there is to know of one field.

    Attributes:
        name: filter name, "" for bytes that no field claims.
        label: what the detail tree calls it.
        place: its bytes and bits in the header, "" where only a packet can tell.
        value: in this packet, "" without one.
        depth: how many fields it is a part of.
        item: the option that it belongs to, "" if none.
        opens: whether it is the option's first field.
        condition: when it is there at all, "" if always.
        meaning, unit, section, mistake: see `definition.Lesson`; "" where there is none.
    """

    name: str
    label: str
    place: str
    value: str
    depth: int
    item: str
    opens: bool
    condition: str
    meaning: str
    unit: str
    section: str
    mistake: str

    def to_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class HeaderLesson:
    """One header.

    Attributes:
        heading: which header it is, and where.
        diagram: the picture as data.
        fields: what to know of each field.
        lang, width: language and columns of the lines.
    """

    heading: str
    diagram: Diagram
    fields: tuple[FieldLesson, ...]
    lang: Lang
    width: int

    def lines(self) -> tuple[Line, ...]:
        """Heading, picture and fields in lines of styled spans."""
        return tuple(self._lines())

    def text(self) -> str:
        """The same as plain text, each line ended by a line feed."""
        return "".join(plain(line) + "\n" for line in self.lines())

    def _lines(self) -> Iterator[Line]:
        for text in wrapped(self.heading, self.width):
            yield (Span(text, "heading"),)
        picture = self.diagram.lines()
        if picture:
            yield ()
            yield from picture
        yield ()
        for field in self.fields:
            yield from _field_lines(field, language(self.lang), min(self.width, LONGEST_TEXT))

    def to_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "protocol": self.diagram.protocol,
            "title": self.diagram.title,
            "reference": self.diagram.reference,
            "heading": self.heading.replace(NO_BREAK_SPACE, " "),
            "first": self.diagram.first,
            "size": self.diagram.size,
            "diagram": [plain(line) for line in self.diagram.lines()],
            "fields": [field.to_json() for field in self.fields],
        }


@dataclass(frozen=True, slots=True)
class PacketLesson:
    """One packet, header by header.

    Attributes:
        title: which packet.
        encapsulation: its headers and their sizes, from outside inwards.
        nest: the same as a picture.
        stack: the layers that its headers belong to.
        headers: each header's lesson.
        troubles: what could not be read.
        width: columns of the lines.
    """

    title: str
    encapsulation: tuple[str, ...]
    nest: Encapsulation
    stack: Stack
    headers: tuple[HeaderLesson, ...]
    troubles: tuple[str, ...]
    width: int

    def lines(self) -> tuple[Line, ...]:
        """Everything in lines of styled spans."""
        made: list[Line] = [(Span(self.title, "title"),)]
        made += [(Span(text),) for text in packed(self.encapsulation, self.width, " + ")]
        room = min(self.width, LONGEST_TEXT)
        made += [(), *self.nest.lines(room)]
        for header in self.headers:
            made += [(), *header.lines()]
        made += [(), *self.stack.lines(room)]
        for trouble in self.troubles:
            made += [(), *((Span(text, "notable"),) for text in wrapped(trouble, self.width))]
        return tuple(made)

    def text(self) -> str:
        """The same as plain text, each line ended by a line feed."""
        return "".join(plain(line) + "\n" for line in self.lines())

    def to_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "title": self.title.replace(NO_BREAK_SPACE, " "),
            "encapsulation": [text.replace(NO_BREAK_SPACE, " ") for text in self.encapsulation],
            "nest": asdict(self.nest),
            "layers": asdict(self.stack),
            "headers": [header.to_json() for header in self.headers],
            "troubles": [text.replace(NO_BREAK_SPACE, " ") for text in self.troubles],
        }


def teach_header(protocol: Protocol, lang: Lang = "en", width: int = 100) -> HeaderLesson:
    """A protocol's header, from its definition alone.

    Args:
        protocol: any protocol.
        lang: the language of the lesson.
        width: columns of the terminal; below 72 it is taken as 72.
    """
    words = language(lang)
    diagram = header_diagram(protocol)
    parts = [part for part in (protocol.name, protocol.reference) if part]
    heading = words.say("lesson.header", title=protocol.title, parts=" · ".join(parts))
    return HeaderLesson(heading, diagram, _fields(diagram, words), lang, max(width, NARROWEST))


def teach_packet(table: PacketTable, index: int, lang: Lang = "en", width: int = 100) -> PacketLesson:
    """Every header of a packet, with its values.

    Args:
        table: the chunk it is in.
        index: which packet of the chunk.
        lang: the language of the lesson.
        width: columns of the terminal; below 72 it is taken as 72.
    """
    words, width = language(lang), max(width, NARROWEST)
    number = table.chunk.first + index
    wire, kept = int(table.chunk.length[index]), int(table.chunk.captured[index])
    key = "lesson.packet" if kept >= wire else "lesson.packet.cut"
    title = words.say(key, number=number, size=words.size(wire), kept=words.size(kept))
    headers = tuple(_headers(table, index, (lang, width)))
    return PacketLesson(
        title,
        _encapsulation(headers, kept, words),
        encapsulation(extents(table, index), wire, words),
        stack(_protocols(table, index), words),
        headers,
        tuple(_troubles(table, index, words)),
        width,
    )


def extents(table: PacketTable, index: int) -> list[Extent]:
    """Where the packet's headers lie, those in copies of other packets left out."""
    first = int(table.chunk.start[index])
    found: list[Extent] = []
    for name, row in _headers_of(table, index):
        layer = table.layer(name)
        if layer.flags[row] & QUOTED:
            break
        start, end, limit = (int(at[row]) - first for at in (layer.start, layer.end, layer.limit))
        if layer.protocol.body and found:
            found[-1] = replace(found[-1], end=max(found[-1].end, end))
        else:
            level = level_of(layer.protocol) or "link"
            found.append(Extent(name, layer.protocol.title, start, end, limit, level))
    return [one for one in found if one.end > one.start]


def _protocols(table: PacketTable, index: int) -> Iterator[Protocol]:
    """The protocols of a packet, each once."""
    for name in dict.fromkeys(name for name, _ in _headers_of(table, index)):
        yield table.catalogue.by_name[name]


def _headers_of(table: PacketTable, index: int) -> Iterator[tuple[str, int]]:
    """Layer and row of each header of the packet, from outside inwards."""
    names = table.catalogue.program.names
    first, last = np.searchsorted(table.found[0], (index, index + 1)).tolist()
    for at in range(first, last):
        name = names[table.found[1, at]]
        yield name, int(np.searchsorted(table.layer(name).position, at))


def _headers(table: PacketTable, index: int, form: tuple[Lang, int]) -> Iterator[HeaderLesson]:
    """The lessons of a packet's headers."""
    for diagram, is_copy in diagrams(table, index):
        yield _header(diagram, is_copy, form)


def diagrams(table: PacketTable, index: int) -> list[tuple[Diagram, bool]]:
    """The pictures of a packet's headers, a body's with the header that it continues.

    With each, whether it lies in a copy of another packet.
    """
    found: list[tuple[Diagram, bool]] = []
    for name, row in _headers_of(table, index):
        layer = table.layer(name)
        diagram = packet_diagram(table, name, row)
        before = found[-1][0] if found else None
        if layer.protocol.body and before is not None and before.first + before.size == diagram.first:
            found[-1] = (continued(before, diagram), found[-1][1])
        else:
            found.append((diagram, bool(layer.flags[row] & QUOTED)))
    return found


def _header(diagram: Diagram, is_copy: bool, form: tuple[Lang, int]) -> HeaderLesson:  # noqa: FBT001 - plain data
    lang, width = form
    words = language(lang)
    size = _extent(diagram)
    heading = words.say(
        "lesson.quoted" if is_copy else "lesson.layer",
        title=diagram.title,
        first=diagram.first,
        last=diagram.first + size - 1,
        size=words.size(size),
    )
    return HeaderLesson(heading, diagram, _fields(diagram, words), lang, width)


def _extent(diagram: Diagram) -> int:
    """Bytes that the header's fields take; the layer's end does not count what a field to the end holds."""
    ends = [box.start + box.bits for box in diagram.boxes if box.drawn]
    return max([diagram.size, *((end + 7) // 8 for end in ends)])


def _encapsulation(headers: Sequence[HeaderLesson], kept: int, words: Language) -> tuple[str, ...]:
    """Such as "14 B Ethernet", "20 B Internet Protocol Version 4", …, and what no header claims."""
    texts = []
    end = 0
    for header in headers:
        size = _extent(header.diagram)
        texts.append(words.say("lesson.layer.size", size=words.size(size), title=header.diagram.title))
        end = header.diagram.first + size
    if kept > end:
        texts.append(
            words.say("lesson.layer.size", size=words.size(kept - end), title=words.say("lesson.rest"))
        )
    return tuple(texts)


def _troubles(table: PacketTable, index: int, words: Language) -> Iterator[str]:
    names = table.catalogue.program.names
    for _, step, reason, needed, there, _ in table.stops[:, table.stops[0] == index].T.tolist():
        title = table.catalogue.by_name[names[step]].title
        key = "lesson.cut" if reason == Reason.CUT else "lesson.malformed"
        yield words.say(key, title=title, needed=words.size(needed), there=words.size(there))


def _fields(diagram: Diagram, words: Language) -> tuple[FieldLesson, ...]:
    before = ("", *(box.item for box in diagram.boxes))
    return tuple(
        replace(_field(box, words), opens=box.opens or box.item != item)
        for box, item in zip(diagram.boxes, before, strict=False)
    )


def _field(box: Box, words: Language) -> FieldLesson:
    at = ("en", "zh").index(words.code)

    def said(text: Words | None) -> str:
        return "" if text is None else text[at]

    lesson = box.lesson
    condition = ""
    if box.condition and not box.value:
        key = "lesson.variable" if box.condition == VARIABLE else "lesson.condition"
        condition = words.say(key, condition=box.condition)
    return FieldLesson(
        name=box.name,
        label=box.label or words.say("lesson.unclaimed"),
        place=_place(box, words),
        value=box.value,
        depth=box.depth,
        item=box.item,
        opens=box.opens,
        condition=condition,
        meaning=said(lesson.meaning) if lesson else "",
        unit=said(lesson.unit) if lesson else "",
        section=lesson.section if lesson else "",
        mistake=said(lesson.mistake) if lesson else "",
    )


def teach_field(protocol: Protocol, name: str, lang: Lang = "en") -> tuple[str, ...]:
    """What there is to know of a field, whether it has bits or is worked out; nothing if there is no lesson.

    Args:
        protocol: declares it.
        name: its filter name.
        lang: the language of the lesson.
    """
    lessons = (
        one for key, one in protocol.lessons.items() if protocol.full_name(protocol.field(key)) == name
    )
    lesson = next(lessons, None)
    if lesson is None:
        return ()
    words = language(lang)
    box = Box(name, "", -1, 0, lesson=lesson)
    return tuple(text for text, _ in _told(_field(box, words), words))


def _place(box: Box, words: Language) -> str:
    """Its bytes in the header, "0-1"; with its bits in the first byte where it is no whole bytes."""
    if box.start < 0:
        return ""
    first = box.start // 8
    if not box.bits:
        return f"{first}-"
    last = (box.start + box.bits - 1) // 8
    whole = f"{first}" if last == first else f"{first}-{last}"
    if box.start % 8 == 0 and box.bits % 8 == 0:
        return whole
    bit = box.start - first * 8
    bits = f"{bit}" if box.bits == 1 else f"{bit}-{bit + box.bits - 1}"
    return words.say("lesson.bits", bytes=whole, bits=bits)


def _field_lines(field: FieldLesson, words: Language, width: int) -> Iterator[Line]:
    if field.opens and field.item:
        yield (Span(" " * (BYTES_COLUMN + 1)), Span(field.item, "field"))
    depth = field.depth + (1 if field.item else 0)
    head = f" {padded(field.place, BYTES_COLUMN)}" + "  " * depth
    label = f"{field.label} = " if field.value else field.label
    yield from _head_lines(head, (label, field.value), field.name, width)
    indent = " " * cells(head)
    for text, style in _told(field, words):
        for line in wrapped(text, width - cells(indent)):
            yield (Span(indent), Span(line, style))


def _head_lines(head: str, said: tuple[str, str], name: str, width: int) -> Iterator[Line]:
    """Place, label and value, and at the right edge the filter name, where there is room for it."""
    label, value = said
    room = width - cells(head)
    first, *rest = wrapped(label + value, room)
    gap = room - cells(first) - cells(name)
    tail = (Span(" " * gap), Span(name, "frame")) if gap >= 2 and not rest else ()
    split = len(label) if first.startswith(label) else len(first)
    yield (Span(head, "frame"), Span(first[:split], "field"), Span(first[split:], "value"), *tail)
    for text in rest:
        yield (Span(" " * cells(head)), Span(text, "value"))
    if not tail and name:
        yield (Span(" " * max(width - cells(name), 0)), Span(name, "frame"))


def _told(field: FieldLesson, words: Language) -> Iterator[tuple[str, Style]]:
    """Meaning with unit and section, condition, common mistake; only those there are."""
    remarks = [
        text
        for text in (words.say("lesson.unit", unit=field.unit) if field.unit else "", field.section)
        if text
    ]
    aside = words.say("lesson.aside", text=words.say("lesson.aside.and").join(remarks)) if remarks else ""
    if field.meaning:
        yield field.meaning + aside, "plain"
    if field.condition:
        yield field.condition, "unknown"
    if field.mistake:
        yield words.say("lesson.mistake", text=field.mistake), "mistake"
