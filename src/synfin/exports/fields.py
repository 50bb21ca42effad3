"""Chosen fields, one line per packet, as `tshark -T fields` writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from synfin.basics.errors import ExportError
from synfin.dissect import text
from synfin.dissect.writing import number_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synfin.basics.arrays import Bytes, Flags, Integers, Small
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text

NAMED_SEPARATORS = {"/t": "\t", "/s": " "}
QUOTES = {"d": '"', "s": "'", "n": ""}


@dataclass(frozen=True, slots=True)
class Layout:
    r"""How lines are laid out, by the letters of `tshark -E`.

    Attributes:
        header: first line with the field names.
        separator: between fields.
        occurrence: "f" first, "l" last, "a" all of a field's values.
        aggregator: between values of one field.
        quote: around each field that is there.
        escape: backspaces, tabs and what ends a line or page are written \b, \t, \n, \r, \f.
        bom: begin with a byte order mark.
        csv: the header is quoted as the fields are, and quotes inside texts are doubled (RFC 4180 2).
    """

    header: bool = False
    separator: str = "\t"
    occurrence: Literal["f", "l", "a"] = "a"
    aggregator: str = ","
    quote: str = ""
    escape: bool = True
    bom: bool = False
    csv: bool = False


def layout_of(options: Sequence[str], start: Layout | None = None) -> Layout:
    """The layout that `-E key=value` options describe; several may stand in one text, with commas.

    Raises:
        ExportError: an option or its value is unknown.
    """
    chosen: dict[str, Any] = {}
    for option in options:
        for one in _single_options(option):
            key, _, value = one.partition("=")
            if key not in _READERS:
                raise ExportError(f"-E {key}: no such option; there are {', '.join(sorted(_READERS))}.")
            try:
                chosen[key] = _READERS[key](value)
            except KeyError:
                raise ExportError(f"-E {one}: {key} is {MEANINGS[key]}.") from None
    given = start or Layout()
    return replace(given, **chosen)


def _single_options(option: str) -> list[str]:
    """Split "header=y,separator=," at the commas that begin another key=value."""
    parts: list[str] = []
    for piece in option.split(","):
        if parts and piece.split("=")[0] not in _READERS:
            parts[-1] += "," + piece
        else:
            parts.append(piece)
    return parts


def _character(value: str) -> str:
    value = NAMED_SEPARATORS.get(value, value)
    if len(value) != 1:
        raise KeyError(value)
    return value


YES_OR_NO = {"y": True, "n": False}

_READERS: Mapping[str, Callable[[str], object]] = {
    "header": YES_OR_NO.__getitem__,
    "separator": _character,
    "occurrence": {one: one for one in "fla"}.__getitem__,
    "aggregator": _character,
    "quote": QUOTES.__getitem__,
    "escape": YES_OR_NO.__getitem__,
    "bom": YES_OR_NO.__getitem__,
}
"""How each option's value is read; a KeyError means that it cannot be."""

MEANINGS = {
    "header": "y or n",
    "separator": "one character, /t for a tab or /s for a space",
    "occurrence": "f (first), l (last) or a (all)",
    "aggregator": "one character, /t for a tab or /s for a space",
    "quote": "d (double), s (single) or n (none)",
    "escape": "y or n",
    "bom": "y or n",
}
"""What each option may be."""


def heading(names: Sequence[str], layout: Layout) -> bytes:
    """What comes before the first packet: byte order mark and field names, as asked."""
    quote = layout.quote if layout.csv else ""
    line = layout.separator.join(f"{quote}{name}{quote}" for name in names) + "\n"
    return (b"\xef\xbb\xbf" if layout.bom else b"") + (line.encode() if layout.header else b"")


class Cells(NamedTuple):
    """One field of every packet of a chunk, ready to be written.

    Attributes:
        place: int64 per packet: where its text is, `text.ABSENT`, or `text.NUMBER`.
        texts: the texts.
        numbers: int64 per packet.
        form: how to write numbers, and with how many digits.
    """

    place: Integers
    texts: Text
    numbers: Integers
    form: tuple[int, int]


NOTHING = text.from_list([])


def field_cells(table: PacketTable, name: str, layout: Layout) -> Cells:
    """The cells of a field: numbers stay numbers where each packet has at most one."""
    found = table.occurrences(name)
    if len(found.columns) == 1:
        column = found.columns[0]
        form = number_form(column)
        if form is not None and bool((found.packet[1:] != found.packet[:-1]).all()):
            place = np.full(len(table), text.ABSENT, np.int64)
            numbers = np.zeros(len(table), np.int64)
            place[found.packet] = text.NUMBER
            numbers[found.packet] = np.asarray(column.values)
            return Cells(place, NOTHING, numbers, form)
    return text_cells(*table.texts(name), len(table), layout)


def text_cells(packet: Small, texts: Text, count: int, layout: Layout) -> Cells:
    """The cells of texts, given the packet of each (ascending)."""
    shown = _escaped(texts, layout)
    place, one = _one_per_packet(packet, shown, count, layout)
    return Cells(place, one, np.zeros(count, np.int64), (0, 0))


def lines(cells: Sequence[Cells], layout: Layout, chosen: Flags | None = None) -> memoryview:
    """The lines of one chunk's packets.

    Args:
        cells: each field's.
        layout: how to lay them out.
        chosen: bool per packet, None for all.
    """
    count = len(cells[0].place)
    wanted = np.arange(count) if chosen is None else np.flatnonzero(chosen)
    firsts = np.cumsum([0] + [len(one.texts.ends) for one in cells])
    shifts = np.cumsum([0] + [len(one.texts.data) for one in cells])
    place = np.stack(
        [
            np.where(one.place >= 0, one.place + first, one.place)
            for one, first in zip(cells, firsts, strict=False)
        ]
    )
    ends = np.concatenate([one.texts.ends + shift for one, shift in zip(cells, shifts, strict=False)])
    marks = (
        np.frombuffer(layout.separator.encode(), np.uint8),
        np.frombuffer(layout.quote.encode(), np.uint8),
    )
    room = sum(_longest(one) for one in cells) + (len(marks[0]) + 2 * len(marks[1])) * len(cells) + 1
    out = np.empty(min(room * len(wanted), _total(cells, len(wanted), marks)) + text.WIDEST_NUMBER, np.uint8)
    size = text.compose(
        wanted,
        (place, np.stack([one.numbers for one in cells]), np.array([one.form for one in cells], np.int64)),
        (np.concatenate([one.texts.data for one in cells]), ends),
        marks,
        text.LETTERS,
        out,
    )
    return out.data[:size]


def _total(cells: Sequence[Cells], packets: int, marks: tuple[Bytes, ...]) -> int:
    """Bytes that all lines take at most, when every text is used once."""
    numbers = sum(text.WIDEST_NUMBER for one in cells if not len(one.texts)) * packets
    between = (len(marks[0]) + 2 * len(marks[1])) * len(cells) * packets
    return numbers + sum(len(one.texts.data) for one in cells) + between + packets


def _longest(cells: Cells) -> int:
    if not len(cells.texts):
        return text.WIDEST_NUMBER
    return int(np.diff(cells.texts.ends).max())


def _one_per_packet(packet: Small, texts: Text, count: int, layout: Layout) -> tuple[Integers, Text]:
    """Where each packet's text is (-1: none), after several of one packet have been made one."""
    place = np.full(count, -1, np.int64)
    if layout.occurrence == "f":
        place[packet[::-1]] = np.arange(len(packet))[::-1]
    elif layout.occurrence == "l" or len(packet) < 2 or bool((packet[1:] != packet[:-1]).all()):
        place[packet] = np.arange(len(packet))
    else:
        place[packet] = packet
        return place, text.gather(texts, packet.astype(np.int64), count, layout.aggregator)
    return place, texts


_ESCAPES = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r"}
"""What `tshark` writes instead of these characters, and of no others."""


def _escaped(texts: Text, layout: Layout) -> Text:
    """The texts as the layout wants them inside; ordinary ones stay the same."""
    table = dict(_ESCAPES) if layout.escape else {}
    if layout.csv and layout.quote:
        table[ord(layout.quote)] = layout.quote.encode() * 2
    if not any(bool((texts.data == octet).any()) for octet in table):
        return texts
    rows = [texts.raw(row) for row in range(len(texts))]
    return text.from_list([b"".join(table.get(octet, bytes((octet,))) for octet in row) for row in rows])
