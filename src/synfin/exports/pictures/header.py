"""Headers as SVG: rows of 32 bits, filled with a packet's values; and a whole packet, header by header."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from synfin.basics.cells import NO_BREAK_SPACE, cells, shortened, wrapped
from synfin.dissect.drawing import ROW, Cell, Drawing, placed
from synfin.exports.pictures.nest import draw_nest
from synfin.exports.pictures.stack import draw_stack
from synfin.exports.pictures.svg import CELL, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.dissect.diagram import Box, Diagram
    from synfin.explain.lesson import FieldLesson, HeaderLesson, PacketLesson

BIT, MARGIN, RULER = 27, 56, 40
WIDTH = MARGIN + 32 * BIT + 24
LABEL_LINE, TEXT_LINE, PADDING = 15, 14, 8


def header_svg(lesson: HeaderLesson) -> str:
    """One header as a file."""
    picture = Picture()
    y = _draw_header(picture, lesson, 30)
    return picture.document((WIDTH, y + 16), _plain(lesson.heading))


def packet_svg(lesson: PacketLesson) -> str:
    """A packet as a file: what is inside what, every header, and the layers they belong to."""
    picture = Picture()
    title = _plain(lesson.title)
    picture.text((24, 34), title, "title")
    nest, height = draw_nest(lesson.nest, WIDTH - 48)
    picture.group(nest, (24, 54))
    y = 54 + height + 34
    for header in lesson.headers:
        y = _draw_header(picture, header, y) + 34
    stack, height = draw_stack(lesson.stack, WIDTH - 48)
    picture.group(stack, (24, y - 10))
    return picture.document((WIDTH, y + height + 10), title)


def _draw_header(picture: Picture, lesson: HeaderLesson, y: float) -> float:
    """Heading and diagram from `y` on; returns where it ends."""
    for text in wrapped(_plain(lesson.heading), 100):
        picture.text((24, y), text, "title")
        y += 22
    boxes = placed(lesson.diagram.boxes)
    if not boxes:
        return y
    _ruler(picture, y)
    told = {field.name: field for field in lesson.fields if field.name}
    return _Rows(picture, lesson.diagram, told).draw(boxes, y + RULER)


def _ruler(picture: Picture, y: float) -> None:
    for bit in range(ROW):
        x = MARGIN + (bit + 0.5) * BIT
        if bit % 10 == 0:
            picture.text((x, y + 12), str(bit // 10), "ruler", anchor="middle")
        picture.text((x, y + 28), str(bit % 10), "ruler", anchor="middle")


class _Rows:
    """Draws the rows of one header."""

    def __init__(self, picture: Picture, diagram: Diagram, told: Mapping[str, FieldLesson]) -> None:
        self.picture = picture
        self.diagram = diagram
        self.told = told

    def draw(self, boxes: list[Box], y: float) -> float:
        drawing = Drawing(boxes)
        before = -1
        above = [-1] * ROW
        for row in sorted(drawing.rows):
            if before >= 0 and row > before + 1:
                self._rule(above, [-1] * ROW, y)
                above = [-1] * ROW
                x = MARGIN + 16 * BIT
                self.picture.text((x, y + 16), "⋮", "remark", anchor="middle")
                y += 24
            height = max(self._height(drawing, cell, row) for cell in drawing.rows[row])
            if row * ROW <= drawing.certain:
                self.picture.text(
                    (MARGIN - 10, y + height / 2 + 4), str(row * ROW // 8), "ruler", anchor="end"
                )
            for cell in drawing.rows[row]:
                self._cell(drawing, cell, row, (y, height))
            self._rule(above, drawing.owners(row), y)
            above = drawing.owners(row)
            y += height
            before = row
        self._rule(above, [-1] * ROW, y)
        return y

    def _rule(self, above: list[int], below: list[int], y: float) -> None:
        """The line between two rows, open where a box goes on."""
        differs = [a != b for a, b in zip(above, below, strict=True)]
        at = 0
        for is_drawn, bits in groupby(differs):
            count = len(list(bits))
            if is_drawn:
                self.picture.line((MARGIN + at * BIT, y), (MARGIN + (at + count) * BIT, y), "rule")
            at += count

    def _height(self, drawing: Drawing, cell: Cell, row: int) -> float:
        label, values = self._texts(drawing, cell, row)
        return max(len(label) * LABEL_LINE + len(values) * TEXT_LINE + PADDING * 2, 34)

    def _texts(self, drawing: Drawing, cell: Cell, row: int) -> tuple[list[str], list[tuple[str, str]]]:
        box = drawing.boxes[cell.box]
        if drawing.main[cell.box] != row:
            return [], []
        room = int(((cell.end - cell.begin) * BIT - 8) / (12.5 * CELL))
        if cell.end - cell.begin == 1:
            return [drawing.short_name(box)], [(box.raw, "bits")] if box.raw else []
        label = box.item if box.opens else box.label.replace(" (raw)", "")
        lines = wrapped(label, room) if label else []
        broken = any(cells(word) > room for word in label.split())
        if broken or len(lines) > 3:
            lines = [shortened(box.name.rpartition(".")[2].replace("_", " ").upper() or label, room)]
        if box.condition and not box.value:
            lines += [shortened(f"({box.condition})" if box.condition != "…" else "…", room)]
        return lines, self._values(box, room)

    def _values(self, box: Box, room: int) -> list[tuple[str, str]]:
        lines = [(box.raw, "bits")] if box.raw and cells(box.raw) <= room else []
        value = next((one for one in (box.value, box.plain) if one and cells(one) <= room), "")
        if not value and box.value:
            value = shortened(box.plain or box.value, room)
        if value and value != box.raw:
            lines.append((value, "value"))
        return lines

    def _cell(self, drawing: Drawing, cell: Cell, row: int, place: tuple[float, float]) -> None:
        box = drawing.boxes[cell.box]
        y, height = place
        x, width = MARGIN + cell.begin * BIT, (cell.end - cell.begin) * BIT
        is_set = box.bits == 1 and box.raw == "1"
        look = "box" + (" open" if box.condition and not box.value else "") + (" set" if is_set else "")
        self.picture.box((x, y), (width, height), look, hint=self._hint(box))
        for edge in (x, x + width):
            self.picture.line((edge, y), (edge, y + height), "rule open" if "open" in look else "rule")
        label, values = self._texts(drawing, cell, row)
        used = len(label) * LABEL_LINE + len(values) * TEXT_LINE
        at = y + (height - used) / 2 + 12
        for text in label:
            self.picture.text((x + width / 2, at), text, _label_look(is_set, width), anchor="middle")
            at += LABEL_LINE
        for text, style in values:
            self.picture.text((x + width / 2, at), text, style, anchor="middle")
            at += TEXT_LINE

    def _hint(self, box: Box) -> str:
        """What is shown when the pointer rests on a box: name, value, bytes, meaning, common mistake."""
        field = self.told.get(box.name)
        head = f"{box.label} = {box.value}" if box.value else box.label
        parts = [head, box.name]
        if field is not None:
            parts += [field.place, field.meaning, field.section, field.mistake]
        return "\n".join(part for part in parts if part)


def _label_look(is_set: bool, width: float) -> str:  # noqa: FBT001 - plain data
    look = "label" if width > BIT else "ruler"
    return f"{look} set-text" if is_set else look


def _plain(text: str) -> str:
    return text.replace(NO_BREAK_SPACE, " ")
