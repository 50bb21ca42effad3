"""The table of connections as text: for people, as JSON, and as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from synfin.basics.escape import for_terminal
from synfin.connections.words import Words
from synfin.dissect import text
from synfin.engine.pipeline import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from synfin.basics.arrays import Flags, Values
    from synfin.connections.summary import Column, Connections
    from synfin.dissect.text import Text

    Write = Callable[[object], str]

AT_ONCE = 1 << 13
"""Rows written at a time."""

SPECIAL = frozenset(',"\r\n')
"""What has to be quoted in CSV (RFC 4180 2)."""

MICROSECONDS = 6
"""Decimals of the seconds that people are shown."""


def csv_rows(found: Connections) -> Iterator[bytes]:
    """All columns, with their names first; nothing where a value is unknown."""
    yield (",".join(found.columns) + "\n").encode()
    yield from in_order(_parts(found), _csv_lines)


def json_rows(found: Connections) -> Iterator[bytes]:
    """A list of one object per connection, with all columns; null where a value is unknown."""
    yield b"["
    begun = False
    for made in in_order(_parts(found), _json_lines):
        yield made if begun else made[1:]
        begun = True
    yield b"\n]\n"


def _csv_lines(part: Mapping[str, Column]) -> bytes:
    cells = [_cells(values, _quoted, "") for values in part.values()]
    return _lines(cells, [""] + [","] * (len(cells) - 1), "\n")


def _json_lines(part: Mapping[str, Column]) -> bytes:
    cells = [_cells(values, _as_json, "null") for values in part.values()]
    before = [("{" if first else ", ") + f'"{name}": ' for first, name in _first_marked(part)]
    return _lines(cells, [",\n " + before[0], *before[1:]], "}")


def _parts(found: Connections) -> Iterator[Mapping[str, Column]]:
    for at in range(0, len(found), AT_ONCE):
        yield {name: values[at : at + AT_ONCE] for name, values in found.columns.items()}


def _first_marked(part: Mapping[str, Column]) -> Iterator[tuple[bool, str]]:
    return ((at == 0, name) for at, name in enumerate(part))


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _quoted(value: object) -> str:
    written = str(value)
    if not SPECIAL.intersection(written):
        return written
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow((written,))
    return out.getvalue()


def _cells(values: Column, write: Write, unknown: str) -> Text:
    """A column's values as texts: each different one is written once, numbers as they are."""
    if isinstance(values, Words):
        values = values.used()
        return text.from_list([unknown if one is None else write(one) for one in values.texts]).take(
            values.codes
        )
    plain, hidden = _parted(values)
    if plain.dtype == np.bool_:
        made = text.from_list([write(truth) for truth in (False, True)]).take(plain.astype(np.int64))
    else:
        made = text.decimal(plain.astype(np.int64))
    if not hidden.any():
        return made
    both = text.stack([made, text.from_list([unknown])])
    return both.take(np.where(hidden, len(plain), np.arange(len(plain))))


def _parted(values: Any) -> tuple[Values, Flags]:  # noqa: ANN401 - numpy.ma has no types to speak of
    """The values themselves, and where they are unknown."""
    return np.ma.getdata(values), np.ma.getmaskarray(values)


def _lines(cells: list[Text], before: list[str], end: str) -> bytes:
    """One text per row: its cells, each after its literal, and the end."""
    rows = len(cells[0])
    pieces = [
        one for word, cell in zip(before, cells, strict=True) for one in (text.literal(word, rows), cell)
    ]
    return text.join([*pieces, text.literal(end, rows)]).data.tobytes()


def table(found: Connections) -> Iterator[bytes]:
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
        return _lines([*padded, last], ["", *[GAP] * len(padded)], "\n")

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
        *((_cells(found.columns[name], lambda word: for_terminal(str(word)), ""), True) for name in words),
    ]


def _endpoint(found: Connections, side: str) -> Text:
    """Address and port; an IPv6 address in brackets (RFC 3986 3.2.2)."""
    address = _cells(
        found.columns[f"{side}_address"], lambda word: f"[{word}]" if ":" in str(word) else str(word), ""
    )
    port = text.decimal(found.numbers(f"{side}_port"))
    return text.join([address, text.literal(":", len(port)), port])


def _widest(cells: Text) -> int:
    return int(np.diff(cells.ends).max(initial=0))
