"""Where the records of a DNS message are, and what its names say: never followed in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.dissect import text
from synfin.dissect.layers import HeaderRows, Located
from synfin.dissect.text import Text

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Flags, Integers
    from synfin.dissect.layers import Spans

HEADER = 12
QUESTION, RESOURCE = 4, 10
"""Bytes of a question and of a record behind its name."""

SHORTEST_RECORD = 1 + QUESTION
SECTIONS = 4
POINTER, EXTENDED = 0xC0, 0x40
"""The first bits of a label's length: a pointer to another place; a kind of label that nobody uses."""

LONGEST_NAME = 255
"""Characters after which a name is not followed any further (RFC 1035 3.1)."""

MOST_POINTERS = 64
"""Pointers after which a name is taken to run in circles."""

PLAIN, ROOT, LOOP = range(3)
SPECIAL = {ROOT: "<Root>", LOOP: "<Name contains a pointer that loops>"}
"""What is written for names without labels, and for those that never end."""


class Messages(NamedTuple):
    """What lies where in every DNS message of a chunk.

    Attributes:
        sections: int64 (4, n): message, section (0 to 3), first byte, one past the last; those with records.
        records: int64 (5, n): row of `sections`, section, first byte, end of the name, one past the last.
        ends: int64, for each message: one past its last record, -1 if they do not all fit.
    """

    sections: Integers
    records: Integers
    ends: Integers

    @classmethod
    def of(cls, rows: HeaderRows) -> Messages:
        """Of all rows of the layer `dns.message`; worked out once per chunk."""
        kept = rows.table.kept
        if "dns.messages" not in kept:
            kept["dns.messages"] = cls._found(rows)
        found: Messages = kept["dns.messages"]
        return found

    @classmethod
    def _found(cls, rows: HeaderRows) -> Messages:
        start = rows.start.astype(np.int64)
        end = np.maximum(np.minimum(rows.limit, rows.captured_end), start)
        room = int(np.maximum((end - start - HEADER) // SHORTEST_RECORD + 1, 0).sum())
        records = np.empty((5, room), np.int64)
        sections = np.empty((4, SECTIONS * len(rows)), np.int64)
        ends = np.empty(len(rows), np.int64)
        many, few = _find(start, end, rows.data, (sections, records, ends))
        return cls(sections[:, :few], records[:, :many], ends)


def sections(rows: HeaderRows) -> Located:
    """The sections of each message that have records."""
    message, section, start, end = Messages.of(rows).sections
    return Located(message, np.zeros_like(section), start, end)


def records(rows: HeaderRows) -> Located:
    """The records of each section: key 0 for questions, 1 for resource records."""
    section, number, start, _, end = Messages.of(around(rows)[0]).records
    return Located(section, (number > 0).astype(np.int64), start, end)


def record_places(rows: HeaderRows, *, questions: bool) -> Integers:
    """The columns of `Messages.records` for the rows of the layer of questions, or of resource records."""
    found = Messages.of(around(rows)[0]).records
    places: Integers = found[:, (found[1] == 0) == questions]
    return places


def is_incomplete(rows: HeaderRows) -> Flags:
    """True for messages whose records do not all fit."""
    incomplete: Flags = (Messages.of(rows).ends < 0) & rows.is_whole
    return incomplete


def around(rows: HeaderRows) -> tuple[HeaderRows, Integers]:
    """The headers that items are in, however deep, and which of them each item is in."""
    place = np.arange(len(rows))
    while rows.layer.outer is not None:
        place = rows.layer.position.astype(np.int64)[place]
        rows = rows.outer
    return rows, place


def names(rows: HeaderRows, chosen: Integers, spans: Spans) -> Text:
    """The names that begin at these bytes."""
    message, place = around(rows)
    which = place[chosen]
    base = message.start.astype(np.int64)[which]
    end = np.minimum(message.limit, message.captured_end).astype(np.int64)[which]
    kinds = np.empty(len(base), np.int64)
    ends = np.zeros(len(base) + 1, np.int64)
    _write(spans.start, (base, end), rows.data, (kinds, ends), np.empty(0, np.uint8))
    data = np.empty(int(ends[-1]), np.uint8)
    _write(spans.start, (base, end), rows.data, (kinds, ends), data)
    plain = Text(data, ends)
    return text.join([plain, text.named(kinds, SPECIAL, otherwise="")]) if kinds.any() else plain


def name_sizes(rows: HeaderRows, at: Integers) -> Integers:
    """Bytes that the names at these places take where they stand; what is there if they do not end."""
    end = np.minimum(rows.limit, rows.captured_end).astype(np.int64)
    sizes = np.empty(len(at), np.int64)
    _measure(at, end, rows.data, sizes)
    return sizes


@kernel(plain_below=PART)
def _skip(data: Bytes, at: int, end: int) -> int:
    """The first byte behind a name; -1 if it does not end before `end`."""
    while at < end:
        size = np.int64(data[at])
        if size == 0:
            return at + 1
        if size >= POINTER:
            return at + 2 if at + 2 <= end else -1
        if size >= EXTENDED:
            return -1
        at += 1 + int(size)
    return -1


@kernel
def _measure(at: Integers, end: Integers, data: Bytes, sizes: Integers) -> None:
    for row in range(len(at)):
        after = _skip(data, at[row], end[row])
        sizes[row] = (after if after >= 0 else max(end[row], at[row])) - at[row]


@kernel
def _find(
    start: Integers, end: Integers, data: Bytes, out: tuple[Integers, Integers, Integers]
) -> tuple[int, int]:
    """Fill the tables of `Messages`; how many records and sections there are."""
    sections, records, ends = out
    many, few = 0, 0
    for row in range(len(start)):
        at = start[row] + HEADER
        whole = at <= end[row]
        for section in range(SECTIONS):
            place = start[row] + 4 + 2 * section
            count = (np.int64(data[place]) << 8) | np.int64(data[place + 1]) if whole else np.int64(0)
            fixed = QUESTION if section == 0 else RESOURCE
            first, begun = at, many
            while count > 0 and whole:
                after = _skip(data, at, end[row])
                if after < 0 or after + fixed > end[row]:
                    whole = False
                    break
                size = np.int64(0)
                if section:
                    size = (np.int64(data[after + 8]) << 8) | np.int64(data[after + 9])
                stop = after + fixed + size
                whole = stop <= end[row]
                records[0, many], records[1, many], records[2, many] = few, section, at
                records[3, many], records[4, many] = after, min(stop, end[row])
                at = records[4, many]
                many += 1
                count -= 1
            if many > begun:
                sections[0, few], sections[1, few] = row, section
                sections[2, few], sections[3, few] = first, at
                few += 1
        ends[row] = at if whole else -1
    return many, few


@kernel
def _write(  # noqa: C901 - one flat loop
    at: Integers,
    bounds: tuple[Integers, Integers],
    data: Bytes,
    found: tuple[Integers, Integers],
    out: Bytes,
) -> None:
    """Follow each name; only measured while there is no room in `out`."""
    base, end = bounds
    kinds, ends = found
    used = 0
    for row in range(len(at)):
        place, begun, pointers = at[row], used, 0
        kinds[row] = PLAIN
        while place < end[row]:
            size = np.int64(data[place])
            if size >= POINTER:
                pointers += 1
                if place + 1 >= end[row]:
                    break
                if pointers > MOST_POINTERS:
                    kinds[row], used = LOOP, begun
                    break
                place = base[row] + (((size & 0x3F) << 8) | np.int64(data[place + 1]))
                continue
            if size == 0 and used == begun:
                kinds[row] = ROOT
            if size == 0 or size >= EXTENDED or used - begun + size > LONGEST_NAME:
                break
            stop = min(place + 1 + size, end[row])
            if used > begun:
                if len(out):
                    out[used] = 46
                used += 1
            for position in range(place + 1, stop):
                if len(out):
                    out[used] = data[position]
                used += 1
            place = stop
        ends[row + 1] = used
