"""The table of connections as text: for people, as JSON, and as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.escape import for_terminal
from synfin.connections.partial import Partial
from synfin.connections.words import Words
from synfin.dissect import text
from synfin.engine.pipeline import in_order
from synfin.exports import grid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from synfin.basics.arrays import Values
    from synfin.connections.lean import Column
    from synfin.connections.summary import Connections
    from synfin.dissect.text import Text

    Write = Callable[[object], str]

AT_ONCE = 5000
"""Rows written at a time; no power of two, with which the cells of a row would compete for the same places of
the processor's cache."""

SPECIAL = frozenset(',"\r\n')
"""What has to be quoted in CSV (RFC 4180 2)."""

MICROSECONDS = 6
"""Decimals of the seconds that people are shown."""


def csv_rows(found: Connections) -> Iterator[bytes | memoryview]:
    """All columns, with their names first; nothing where a value is unknown."""
    yield (",".join(found.columns) + "\n").encode()
    yield from _rows(found, Form(_quoted, "", ["", *[","] * (len(found.columns) - 1)], "\n"))


def json_rows(found: Connections) -> Iterator[bytes | memoryview]:
    """A list of one object per connection, with all columns; null where a value is unknown."""
    first, *others = (f'"{name}": ' for name in found.columns)
    before = [",\n {" + first, *(", " + one for one in others)]
    yield b"["
    begun = False
    for made in _rows(found, Form(json.JSONEncoder(ensure_ascii=False).encode, "null", before, "}")):
        yield made if begun else made[1:]
        begun = True
    yield b"\n]\n"


class Form(NamedTuple):
    """How rows are written.

    Attributes:
        write: texts and truth values.
        unknown: what stands for an unknown value.
        before: what stands before each column.
        end: what stands after each row.
    """

    write: Write
    unknown: str
    before: list[str]
    end: str


def _rows(found: Connections, form: Form) -> Iterator[memoryview]:
    """All rows, some at a time."""
    columns = [values.used() if isinstance(values, Words) else values for values in found.columns.values()]
    made = grid.Grid(
        [_column(values, before, form) for values, before in zip(columns, form.before, strict=True)], form.end
    )

    def written(at: int) -> memoryview:
        rows = slice(at, at + AT_ONCE)
        return made.written(np.stack([_cells(values[rows]) for values in columns], dtype=np.int64))

    return in_order(range(0, len(found), AT_ONCE), written)


def _column(values: Column, before: str, form: Form) -> grid.Column:
    """How its cells are written: each different word is written once, numbers as they are."""
    words: Sequence[object] = (False, True, None)
    if isinstance(values, Words):
        words = values.texts
    elif not _is_truth(values):
        return grid.Column([before, before + form.unknown], is_number=True)
    return grid.Column(
        [before + (form.unknown if one is None else form.write(one)) for one in words], is_number=False
    )


def _cells(values: Column) -> Values:
    """Its cells, as the grid wants them."""
    if isinstance(values, Words):
        return values.codes
    if isinstance(values, Partial):
        return values.filled(2 if _is_truth(values) else grid.UNKNOWN)
    return values


def _is_truth(values: Values | Partial) -> bool:
    plain = values.values if isinstance(values, Partial) else values
    return plain.dtype == np.bool_


def _quoted(value: object) -> str:
    written = str(value)
    if SPECIAL.isdisjoint(written):
        return written
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow((written,))
    return out.getvalue()


def table(found: Connections) -> Iterator[bytes | memoryview]:
    """The main columns for people, aligned."""
    columns = _shown(found)
    widths = [max(len(title), _widest(cells)) for title, (cells, _) in zip(TITLES, columns, strict=True)]
    lefts = [left for _, left in columns]
    heads = (
        title.ljust(width) if left else title.rjust(width)
        for title, width, left in zip(TITLES, widths, lefts, strict=True)
    )
    yield (GAP.join(heads).rstrip() + "\n").encode()

    def lines(at: int) -> bytes:
        rows = np.arange(at, min(at + AT_ONCE, len(found)))
        *cells, last = (cell.take(rows) for cell, _ in columns)
        padded = [
            text.padded(cell, width, left=left)
            for cell, width, left in zip(cells, widths[:-1], lefts[:-1], strict=True)
        ]
        gap, end = (text.literal(word, len(rows)) for word in (GAP, "\n"))
        pieces = [piece for cell in padded for piece in (cell, gap)]
        return text.join([*pieces, last, end]).data.tobytes()

    yield from in_order(range(0, len(found), AT_ONCE), lines)


TITLES = (
    "#",
    "Client",
    "Server",
    "Start",
    "Duration",
    "Packets →",
    "←",
    "Bytes →",
    "←",
    "Handshake",
    "Closed",
    "State",
)
"""Columns of the table for people."""

GAP = "  "


def _shown(found: Connections) -> list[tuple[Text, bool]]:
    """The cells of each of `TITLES`, and whether they begin at the left."""
    start = found.numbers("start")
    begin = start.min(initial=start[0] if len(start) else 0)
    numbers = ("client_packets", "server_packets", "client_bytes", "server_bytes")
    words = ("handshake", "teardown", "conn_state")
    return [
        (text.decimal(found.numbers("number")), False),
        *((_endpoint(found, side), True) for side in ("client", "server")),
        (text.seconds(start - begin, MICROSECONDS), False),
        (text.seconds(found.numbers("duration"), MICROSECONDS), False),
        *((text.decimal(found.numbers(name)), False) for name in numbers),
        *((_worded(found.columns[name], for_terminal), True) for name in words),
    ]


def _endpoint(found: Connections, side: str) -> Text:
    """Address and port; an IPv6 address in brackets (RFC 3986 3.2.2)."""
    address = _worded(found.columns[f"{side}_address"], lambda word: f"[{word}]" if ":" in word else word)
    port = text.decimal(found.numbers(f"{side}_port"))
    return text.join([address, text.literal(":", len(port)), port])


def _worded(values: Column, write: Callable[[str], str]) -> Text:
    """A column of words; each different one is written once."""
    assert isinstance(values, Words)
    used = values.used()
    return text.from_list([write(one or "") for one in used.texts]).take(used.codes)


def _widest(cells: Text) -> int:
    return int(np.diff(cells.ends).max(initial=0))
