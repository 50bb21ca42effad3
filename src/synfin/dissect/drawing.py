"""Draws boxes in rows of 32 bits, as the RFCs draw headers: rules, a ruler, bytes counted at the left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synfin.basics.cells import cells, padded, shortened, wrapped
from synfin.basics.spans import Line, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synfin.basics.spans import Style
    from synfin.dissect.diagram import Box

ROW = 32
"""Bits in a row."""

MOST_ROWS = 4
"""Rows of one field that are drawn; of longer ones only the first and the last."""

MARGIN = 5
"""Columns before each row, for the number of its first byte."""

VARIABLE = "…"
"""The condition of what is there as far as there is room for it."""

MOST_LABEL_LINES = 3


def draw(boxes: Sequence[Box]) -> Iterator[Line]:
    """The picture, 70 columns wide; nothing if no box is drawn."""
    found = placed(boxes)
    if found:
        yield from Drawing(found).lines()


def placed(boxes: Sequence[Box]) -> list[Box]:
    """The drawn boxes in order, each with a place; one of unknown size takes the rest of a row."""
    made: list[Box] = []
    at = 0
    for box in sorted(
        (box for box in boxes if box.drawn), key=lambda box: box.start if box.start >= 0 else 1 << 40
    ):
        start = box.start if box.start >= 0 else at
        bits = box.bits or (-start % ROW or ROW)
        if bits < ROW // 4 and not box.bits:
            bits += ROW
        made.append(replace(box, start=max(start, at), bits=bits))
        at = max(start, at) + bits
    return made


@dataclass(frozen=True, slots=True)
class Cell:
    """The part of a box that lies in one row: columns `begin` to `end`, counted in bits."""

    box: int
    begin: int
    end: int

    @property
    def width(self) -> int:
        """Columns between its edges."""
        return 2 * (self.end - self.begin) - 1


_BREAK: Line = (Span(" " * MARGIN), Span("/" + padded("⋮", 2 * ROW - 1, "^") + "/", "rule"))
"""Stands for rows left out of a box."""


class Drawing:
    """Draws boxes that are placed one after the other.

    Attributes:
        boxes: as `placed` returns them.
        certain: the bit up to which every place is known.
        rows: the cells of every row that is drawn.
        main: for each box the row in which its text stands.
    """

    def __init__(self, boxes: list[Box]) -> None:
        self.boxes = boxes
        self.certain = min(
            (box.start for box in boxes if _is_open(box)), default=boxes[-1].start + boxes[-1].bits
        )
        self.rows = self._rows()
        self.main = self._main()

    def lines(self) -> Iterator[Line]:
        """The picture, from the ruler down."""
        yield _ruler("".join(f"{bit // 10 if bit % 10 == 0 else ' '} " for bit in range(ROW)))
        yield _ruler("".join(f"{bit % 10} " for bit in range(ROW)))
        above: list[int] = [-1] * ROW
        for row in sorted(self.rows):
            if row and row - 1 not in self.rows:
                yield _BREAK
            else:
                yield self._separator(above, self.owners(row))
            yield from self._content(row)
            above = self.owners(row)
        yield self._separator(above, [-1] * ROW)

    def short_name(self, box: Box) -> str:
        """What a box of one bit is called."""
        return _letters(box.name)

    def _rows(self) -> dict[int, list[Cell]]:
        """The cells of every row that is drawn; the middle of long boxes is left out."""
        rows: dict[int, list[Cell]] = {}
        for index, box in enumerate(self.boxes):
            first, last = box.start // ROW, (box.start + box.bits - 1) // ROW
            for row in range(first, last + 1) if last - first < MOST_ROWS else (first, last):
                begin = max(box.start - row * ROW, 0)
                end = min(box.start + box.bits - row * ROW, ROW)
                rows.setdefault(row, []).append(Cell(index, begin, end))
        return rows

    def _main(self) -> dict[int, int]:
        """For each box the row in which its text stands: where it is widest."""
        main: dict[int, tuple[int, int]] = {}
        for row, row_cells in sorted(self.rows.items()):
            for cell in row_cells:
                if cell.width > main.get(cell.box, (-1, 0))[0]:
                    main[cell.box] = (cell.width, row)
        return {box: row for box, (_, row) in main.items()}

    def owners(self, row: int) -> list[int]:
        """Which box each bit of a row belongs to, -1 for none."""
        owners = [-1] * ROW
        for cell in self.rows[row]:
            owners[cell.begin : cell.end] = [cell.box] * (cell.end - cell.begin)
        return owners

    def _separator(self, above: list[int], below: list[int]) -> Line:
        """The rule between two rows; open where a box goes on."""
        drawn = [a != b for a, b in zip(above, below, strict=True)]
        line = ""
        for bit in range(ROW + 1):
            left, right = bit > 0 and drawn[bit - 1], bit < ROW and drawn[bit]
            edge = any(_is_edge(owners, bit) for owners in (above, below))
            line += "+" if left or right or edge else " "
            if bit < ROW:
                line += "-" if drawn[bit] else " "
        return (Span(" " * MARGIN), Span(line.rstrip(), "rule"))

    def _content(self, row: int) -> Iterator[Line]:
        """The text between the rules: labels at the top, values at the bottom."""
        row_cells = self.rows[row]
        texts = [self._text(cell, row) for cell in row_cells]
        height = max(len(label) + len(value) for label, value in texts)
        height = max(height, 1)
        for line in range(height):
            known = line == 0 and row * ROW <= self.certain
            head = f"{row * ROW // 8:>{MARGIN - 1}} " if known else " " * MARGIN
            spans = [Span(head, "frame")]
            for cell, (label, value) in zip(row_cells, texts, strict=True):
                edge = "/" if _is_open(self.boxes[cell.box]) else "|"
                spans.append(Span(edge, "rule"))
                spans.append(_piece(label, value, line, (height, cell.width)))
            last = row_cells[-1]
            spans.append(Span("/" if _is_open(self.boxes[last.box]) else "|", "rule"))
            yield tuple(spans)

    def _text(self, cell: Cell, row: int) -> tuple[list[str], list[tuple[str, Style]]]:
        """Label lines and value lines of a cell; empty but in the box's main row."""
        box = self.boxes[cell.box]
        if self.main[cell.box] != row:
            return [], []
        label = _label_lines(box, cell.width)
        if box.condition and not box.value:
            label = _with_condition(label, box.condition, cell.width)
        return label, _value_lines(box, cell.width)


def _is_open(box: Box) -> bool:
    """Whether more or less of it may be there than is drawn."""
    return box.condition != "" and not box.value


def _is_edge(owners: list[int], bit: int) -> bool:
    left = owners[bit - 1] if bit > 0 else -1
    right = owners[bit] if bit < ROW else -1
    return left != right


def _ruler(text: str) -> Line:
    return (Span(" " * (MARGIN + 1)), Span(text.rstrip(), "rule"))


def _piece(label: list[str], value: list[tuple[str, Style]], line: int, room: tuple[int, int]) -> Span:
    """What a cell shows in one of its lines."""
    height, width = room
    from_below = line - (height - len(value))
    if from_below >= 0 and value:
        text, style = value[from_below]
        return Span(padded(text, width, "^"), style)
    text = label[line] if line < len(label) else ""
    return Span(padded(text, width, "^"), "field")


def _label_lines(box: Box, width: int) -> list[str]:
    """The label as it fits: whole, in several lines, by its short name, or letter by letter."""
    if width == 1:
        return list(_letters(box.name))
    if box.opens:
        lines = wrapped(box.item, width)
        return lines if len(lines) <= MOST_LABEL_LINES else [shortened(box.item, width)]
    label = box.label.replace(" (raw)", "")
    if cells(label) <= width:
        return [label]
    lines = wrapped(label, width)
    whole = all(word in label.split() for line in lines for word in line.split())
    if len(lines) <= MOST_LABEL_LINES and whole:
        return lines
    short = box.name.rpartition(".")[2].replace("_", " ").upper()
    return [short if cells(short) <= width else short[:MOST_LABEL_LINES]]


def _with_condition(label: list[str], condition: str, width: int) -> list[str]:
    """The label with what its box depends on, in the same line or below, if it fits."""
    if condition == VARIABLE:
        return [*label[:-1], f"{label[-1]} {VARIABLE}"] if label and cells(label[-1]) + 2 <= width else label
    return [*label, f"({condition})"] if cells(condition) + 2 <= width else label


def _letters(name: str) -> str:
    """Three letters for a single bit, as the RFCs abbreviate: ACK, PSH (push), RST (reset), DF."""
    short = name.rpartition(".")[2].upper()
    consonants = short[:1] + "".join(letter for letter in short[1:] if letter not in "AEIOU_")
    return short if len(short) <= MOST_LABEL_LINES else consonants[:MOST_LABEL_LINES]


def _value_lines(box: Box, width: int) -> list[tuple[str, Style]]:
    """The value as it fits, below its bits if it is no whole bytes."""
    lines: list[tuple[str, Style]] = []
    if box.raw and cells(box.raw) <= width:
        lines.append((box.raw, "bits"))
    if width == 1:
        return lines
    fitting = next((text for text in (box.value, box.plain) if text and cells(text) <= width), "")
    if not fitting and box.value and not lines:
        fitting = shortened(box.plain or box.value, width)
    if fitting and fitting != box.raw:
        lines.append((fitting, "value"))
    return lines
