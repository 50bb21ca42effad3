"""Chosen fields, one line per packet, as `tshark -T fields` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from synfin.basics.errors import ExportError
from synfin.basics.kernel import kernel
from synfin.dissect import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synfin.basics.arrays import Bytes, Flags, Integers, Small
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text

NAMED_SEPARATORS = {"/t": "\t", "/s": " "}
QUOTES = {"d": '"', "s": "'", "n": ""}


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines are laid out, by the letters of `tshark -E`.

    Attributes:
        header: first line with the field names.
        separator: between fields.
        occurrence: "f" first, "l" last, "a" all of a field's values.
        aggregator: between values of one field.
        quote: around each field that is there.
        escape: newlines, tabs, backslashes and unprintable characters in texts are written \\n, \\t, ….
        bom: begin with a byte order mark.
    """

    header: bool = False
    separator: str = "\t"
    occurrence: Literal["f", "l", "a"] = "a"
    aggregator: str = ","
    quote: str = ""
    escape: bool = True
    bom: bool = False


def layout_of(options: Sequence[str], start: Layout | None = None) -> Layout:
    """The layout that `-E key=value` options describe; several may stand in one text, with commas.

    Raises:
        ExportError: an option or its value is unknown.
    """
    chosen: dict[str, object] = {}
    for option in options:
        for one in _single_options(option):
            key, _, value = one.partition("=")
            if key not in _READERS:
                raise ExportError(f"-E {key}: no such option; there are {', '.join(sorted(_READERS))}.")
            chosen[key] = _READERS[key](value)
    given = start or Layout()
    return Layout(**{name: chosen.get(name, getattr(given, name)) for name in Layout.__slots__})


def _single_options(option: str) -> list[str]:
    """Split "header=y,separator=," at the commas that begin another key=value."""
    parts: list[str] = []
    for piece in option.split(","):
        if parts and piece.split("=")[0] not in _READERS:
            parts[-1] += "," + piece
        else:
            parts.append(piece)
    return parts


def _yes(value: str) -> bool:
    if value not in ("y", "n"):
        raise ExportError(f"-E …={value}: say y or n.")
    return value == "y"


def _character(value: str) -> str:
    value = NAMED_SEPARATORS.get(value, value)
    if len(value) != 1:
        raise ExportError("-E separator and aggregator take one character, /t for a tab or /s for a space.")
    return value


def _occurrence(value: str) -> str:
    if value not in ("f", "l", "a"):
        raise ExportError("-E occurrence takes f (first), l (last) or a (all).")
    return value


def _quote(value: str) -> str:
    if value not in QUOTES:
        raise ExportError("-E quote takes d (double), s (single) or n (none).")
    return QUOTES[value]


_READERS: Mapping[str, Callable[[str], object]] = {
    "header": _yes,
    "separator": _character,
    "occurrence": _occurrence,
    "aggregator": _character,
    "quote": _quote,
    "escape": _yes,
    "bom": _yes,
}


def heading(names: Sequence[str], layout: Layout) -> bytes:
    """What comes before the first packet: byte order mark and field names, as asked."""
    line = layout.separator.join(f"{layout.quote}{name}{layout.quote}" for name in names) + "\n"
    return (b"\xef\xbb\xbf" if layout.bom else b"") + (line.encode() if layout.header else b"")


def lines(
    columns: Sequence[tuple[Small, Text]], count: int, layout: Layout, chosen: Flags | None = None
) -> memoryview:
    """The lines of one chunk's packets.

    Args:
        columns: for each field its texts and the packet of each, ascending.
        count: packets in the chunk.
        layout: how to lay them out.
        chosen: bool per packet, None for all.
    """
    places, pieces = [], []
    for packet, texts in columns:
        shown = _escaped(texts) if layout.escape else texts
        place, one = _one_per_packet(packet, shown, count, layout)
        places.append(place)
        pieces.append(one)
    wanted = np.arange(count) if chosen is None else np.flatnonzero(chosen)
    return composed(pieces, places, wanted, layout)


def composed(
    pieces: Sequence[Text], places: Sequence[Integers], packets: Integers, layout: Layout
) -> memoryview:
    """Write the lines: for each packet, of each piece the text at its place (-1: none), separated."""
    shifts = np.cumsum([0] + [len(piece.data) for piece in pieces])
    firsts = np.cumsum([0] + [len(piece.ends) for piece in pieces])
    data = np.concatenate([piece.data for piece in pieces]) if pieces else np.empty(0, np.uint8)
    ends = np.concatenate([piece.ends + shift for piece, shift in zip(pieces, shifts[:-1], strict=True)])
    index = np.stack(
        [np.where(place >= 0, place + first, -1) for place, first in zip(places, firsts[:-1], strict=True)]
    )
    quote = np.frombuffer(layout.quote.encode(), np.uint8)
    separator = np.frombuffer(layout.separator.encode(), np.uint8)
    repeated = sum(_longest(piece) for piece in pieces)
    room = min(int(shifts[-1]) * max(1, len(packets)), repeated * len(packets))
    room += len(packets) * len(pieces) * (len(separator) + 2 * len(quote)) + len(packets)
    out = np.empty(room, np.uint8)
    size = _compose(packets, index, ends, data, (separator, quote), out)
    return memoryview(out)[:size]


def _longest(piece: Text) -> int:
    return int(np.diff(piece.ends).max()) if len(piece) else 0


def _one_per_packet(packet: Small, texts: Text, count: int, layout: Layout) -> tuple[Integers, Text]:
    """Where each packet's text is (-1: none), after several of one packet have been made one."""
    place = np.full(count, -1, np.int64)
    if layout.occurrence == "f":
        place[packet[::-1]] = np.arange(len(packet))[::-1]
    elif layout.occurrence == "l" or len(packet) < 2 or bool((packet[1:] != packet[:-1]).all()):
        place[packet] = np.arange(len(packet))
    else:
        place[packet] = packet
        return place, text.gather(texts, packet, count, layout.aggregator)
    return place, texts


def _escaped(texts: Text) -> Text:
    """Control characters and backslashes written as C does; nothing happens to ordinary texts."""
    if not bool(((texts.data < 32) | (texts.data == 92)).any()):
        return texts
    return text.from_list([_escape(texts.raw(row)) for row in range(len(texts))])


_ESCAPES = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r", 92: b"\\\\"}


def _escape(raw: bytes) -> bytes:
    return b"".join(
        _ESCAPES.get(octet, b"\\x%02x" % octet) if octet < 32 or octet == 92 else bytes((octet,))
        for octet in raw
    )


@kernel
def _compose(
    packets: Integers,
    index: Integers,
    ends: Integers,
    data: Bytes,
    marks: tuple[Bytes, Bytes],
    out: Bytes,
) -> int:
    separator, quote = marks
    at = 0
    for row in range(len(packets)):
        for piece in range(index.shape[0]):
            if piece:
                for position in range(len(separator)):
                    out[at] = separator[position]
                    at += 1
            where = index[piece, packets[row]]
            if where >= 0:
                for position in range(len(quote)):
                    out[at] = quote[position]
                    at += 1
                for position in range(ends[where], ends[where + 1]):
                    out[at] = data[position]
                    at += 1
                for position in range(len(quote)):
                    out[at] = quote[position]
                    at += 1
        out[at] = 10
        at += 1
    return at


def columns_of(table: PacketTable, names: Sequence[str]) -> list[tuple[Small, Text]]:
    """The texts of these fields in one chunk."""
    return [table.texts(name) for name in names]
