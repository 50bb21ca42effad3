"""A table of counts: named columns, and how they are written for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

import numpy as np

from synfin.basics.cells import cells, padded
from synfin.basics.escape import for_terminal
from synfin.basics.time import SECOND
from synfin.exports.statistics.headings import HEADINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from synfin.basics.arrays import Flags, Values
    from synfin.dissect.table import PacketTable

Unit = Literal["text", "count", "time", "average", "rate", "share"]
"""What a column holds: text, whole numbers, nanoseconds, an average, a rate, parts of one."""

Part = TypeVar("Part")


class Count(Protocol[Part]):
    """Something that is counted over a capture.

    Attributes:
        names: fields and protocols whose facts it needs.
    """

    names: tuple[str, ...]

    def part(self, table: PacketTable, chosen: Flags | None) -> Part:
        """What one chunk holds; needs no other chunk. Only packets that are `chosen`, None for all."""

    def add(self, part: Part) -> None:
        """Add the next chunk's part, in order."""

    def table(self) -> Table:
        """What was counted by now."""


class Column(NamedTuple):
    """One column: its name, its unit, one value per row; None where there is no value."""

    name: str
    unit: Unit
    values: Sequence[Any] | Values


@dataclass(frozen=True)
class Table:
    """The answer to a question about a capture.

    Attributes:
        columns: all of the same length.
        depth: how deep each row stands in a tree; empty if they are no tree.
    """

    columns: tuple[Column, ...]
    depth: tuple[int, ...] = ()

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.columns[0].values)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows by column name, in plain Python values."""
        names = [column.name for column in self.columns]
        values = (
            column.values.tolist() if isinstance(column.values, np.ndarray) else column.values
            for column in self.columns
        )
        return (dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))


def _share(value: float) -> str:
    return f"{value * 100:.2f} %"


def _seconds(nanoseconds: int) -> str:
    whole, rest = divmod(abs(nanoseconds), SECOND)
    return f"{'-' if nanoseconds < 0 else ''}{whole}.{rest:09d}"


WRITTEN: Mapping[Unit, Callable[[Any], str]] = {
    "text": lambda value: for_terminal(str(value)),
    "count": str,
    "time": _seconds,
    "average": "{:.2f}".format,
    "rate": "{:.4f}".format,
    "share": _share,
}
"""How people read each unit; times in seconds."""

INDENT = "  "
GAP = "  "
SAMPLE = 10_000
"""Rows that decide how wide the columns are; what is wider in later rows sticks out."""


def text(table: Table, lang: Literal["en", "zh"]) -> Iterator[str]:
    """The table for people, line by line: text to the left, numbers to the right."""
    titles = tuple(HEADINGS[lang][column.name] for column in table.columns)
    sample = list(islice(_written(table), SAMPLE))
    widths = [
        max(cells(title), *(cells(row[at]) for row in sample)) if sample else cells(title)
        for at, title in enumerate(titles)
    ]
    aligned = ["<" if column.unit == "text" else ">" for column in table.columns]
    yield _line(titles, widths, aligned)
    for row in _written(table):
        yield _line(row, widths, aligned)


def _written(table: Table) -> Iterator[tuple[str, ...]]:
    units = [column.unit for column in table.columns]
    for index, row in enumerate(table.rows()):
        made = [
            "" if value is None else WRITTEN[unit](value)
            for unit, value in zip(units, row.values(), strict=True)
        ]
        if table.depth:
            made[0] = INDENT * table.depth[index] + made[0]
        yield tuple(made)


def _line(row: Sequence[str], widths: Sequence[int], aligned: Sequence[str]) -> str:
    placed = (padded(cell, width, align) for cell, width, align in zip(row, widths, aligned, strict=True))
    return GAP.join(placed).rstrip() + "\n"


def as_json(table: Table) -> Iterator[str]:
    """A JSON array of one object per row; times in nanoseconds."""
    begun = False
    yield "["
    for row in table.rows():
        yield (",\n " if begun else "\n ") + json.dumps(row, ensure_ascii=False)
        begun = True
    yield "\n]\n"


def as_csv(table: Table) -> Iterator[str]:
    """A line of names, then one per row (RFC 4180); times in nanoseconds."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows():
        yield line.getvalue()
        line.seek(0)
        line.truncate()
        writer.writerow(["" if value is None else value for value in row.values()])
    yield line.getvalue()
