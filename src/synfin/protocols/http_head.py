"""Where the lines of an HTTP head are, which header fields they hold, and where the head ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.dissect.layers import HeaderRows, Located, Spans, Sparse
from synfin.protocols.http_values import KNOWN

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Flags, Integers, Small

MESSAGE = "http.message"
LAYER = "http.line"

FIRST, FIELD, END = range(3)
"""What a line is: the request or status line, a header field, the empty line."""

UNKNOWN = -1
NAMES = np.frombuffer("".join(KNOWN).encode(), np.uint8)
PLACES = np.cumsum([0] + [len(name) for name in KNOWN])
"""The names of the known header fields in lower case, one after the other, and where each begins."""

RESPONSE = b"HTTP/"


class Heads(NamedTuple):
    """What lies where in every HTTP head of a chunk.

    Attributes:
        lines: int64 (6, n): message, kind, first byte, end without the line break, end with it, which known
            header field; in byte order.
        values: int64, where the value of each line begins: behind the colon and blanks, or its end.
        ends: int64, for each message: one past the empty line, -1 if that is not in this packet.
    """

    lines: Integers
    values: Integers
    ends: Integers

    @classmethod
    def of(cls, rows: HeaderRows) -> Heads:
        """Of all rows of the layer `http.message`; worked out once per chunk."""
        kept = rows.table.kept
        if "http.heads" not in kept:
            start = rows.start.astype(np.int64)
            end = np.maximum(np.minimum(rows.limit, rows.captured_end), start)
            lines = np.empty((6, _count(start, end, rows.data)), np.int64)
            values = np.empty(lines.shape[1], np.int64)
            ends = np.empty(len(rows), np.int64)
            count = _find(start, end, rows.data, (NAMES, PLACES), (lines, values, ends))
            kept["http.heads"] = cls(lines[:, :count], values[:count], ends)
        found: Heads = kept["http.heads"]
        return found

    def of_kind(self, kind: int) -> Integers:
        """Which lines are of a kind."""
        return np.flatnonzero(self.lines[1] == kind)


def is_response(rows: HeaderRows) -> Flags:
    """True for messages that are answers."""
    at = rows.start.astype(np.int64)[:, None] + np.arange(len(RESPONSE))
    last = max(len(rows.data) - 1, 0)
    same = rows.data[np.minimum(at, last)] == np.frombuffer(RESPONSE, np.uint8)
    found: Flags = same.all(axis=1)
    return found


def lines(rows: HeaderRows) -> Located:
    """The lines behind the first: key 0 for header fields, 1 for the empty line."""
    message, kind, start, _, end, _ = Heads.of(rows).lines
    chosen = np.flatnonzero(kind != FIRST)
    return Located(message[chosen], (kind[chosen] == END).astype(np.int64), start[chosen], end[chosen])


def field_lines(rows: HeaderRows) -> tuple[Integers, Integers]:
    """The columns of `Heads.lines` and the values' places for the rows of the layer of header fields."""
    heads = Heads.of(rows.outer)
    chosen = heads.of_kind(FIELD)
    return heads.lines[:, chosen], heads.values[chosen]


NAME_BYTES = np.zeros(256, np.int64)
NAME_BYTES[list(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] = 1
"""1 for what the name of a header field may consist of (RFC 9110 5.6.2: token)."""
COLON = ord(":")


def has_bad_name(rows: HeaderRows) -> Flags:
    """Which header fields have a name with something in it that is not allowed, a blank for example."""
    bad = np.zeros(len(rows), np.bool_)
    _check_names(rows.start, rows.end, rows.data, NAME_BYTES, bad)
    return bad


@kernel
def _check_names(start: Small, end: Small, data: Bytes, allowed: Integers, bad: Flags) -> None:
    """Look at each line up to its first colon; a line may begin with one."""
    for row in range(len(start)):
        for position in range(start[row], end[row]):
            if data[position] == COLON:
                break
            if allowed[data[position]] == 0:
                bad[row] = True
                break


def first_lines(rows: HeaderRows) -> Spans:
    """The request or status line of each message, with its line break."""
    heads = Heads.of(rows)
    chosen = heads.of_kind(FIRST)
    _, _, start, _, end, _ = heads.lines[:, chosen]
    return Spans(start, end - start)


def words(rows: HeaderRows) -> Integers:
    """int64 (3, 2, n): begin and end of the three parts of each first line; the last takes the rest."""
    heads = Heads.of(rows)
    _, _, start, stop, _, _ = heads.lines[:, heads.of_kind(FIRST)]
    found = np.empty((3, 2, len(rows)), np.int64)
    _split(start, stop, rows.data, found)
    return found


def value_of(rows: HeaderRows, name: str) -> Sparse:
    """The value of the first header field of this name, for the messages that have it."""
    heads = Heads.of(rows)
    chosen = np.flatnonzero((heads.lines[1] == FIELD) & (heads.lines[5] == list(KNOWN).index(name)))
    message, first = np.unique(heads.lines[0, chosen], return_index=True)
    chosen = chosen[first]
    return Sparse(message, Spans(heads.values[chosen], heads.lines[3, chosen] - heads.values[chosen]))


@kernel
def _count(start: Integers, end: Integers, data: Bytes) -> int:
    """How many lines there may be at most: as many as line feeds, and one unfinished in each message."""
    count = 0
    for row in range(len(start)):
        for position in range(start[row], end[row]):
            if data[position] == 10:
                count += 1
        count += 1
    return count


@kernel(plain_below=PART)
def _known(data: Bytes, start: int, stop: int, names: Bytes, places: Integers) -> int:
    """Which known header field has this name in any case; UNKNOWN if none has."""
    for name in range(len(places) - 1):
        if places[name + 1] - places[name] != stop - start:
            continue
        same = True
        for offset in range(stop - start):
            letter = np.int64(data[start + offset])
            if 65 <= letter <= 90:
                letter += 32
            if letter != np.int64(names[places[name] + offset]):
                same = False
                break
        if same:
            return name
    return -1


@kernel
def _find(
    start: Integers,
    end: Integers,
    data: Bytes,
    known: tuple[Bytes, Integers],
    out: tuple[Integers, Integers, Integers],
) -> int:
    """Fill the tables of `Heads`; how many lines there are."""
    names, places = known
    lines, values, ends = out
    count = 0
    for row in range(len(start)):
        at, kind = start[row], 0
        ends[row] = -1
        while at < end[row] and kind < 2:
            stop, colon = at, np.int64(-1)
            while stop < end[row] and data[stop] != 10:
                if colon < 0 and data[stop] == 58:
                    colon = stop
                stop += 1
            after = min(stop + 1, end[row])
            if after > stop and stop > at and data[stop - 1] == 13:
                stop -= 1
            kind = 0 if at == start[row] else 1
            if stop == at and kind:
                kind = 2
                ends[row] = after
            lines[0, count], lines[1, count], lines[2, count] = row, kind, at
            lines[3, count], lines[4, count], lines[5, count] = stop, after, -1
            values[count] = stop
            if kind == 1 and colon >= 0:
                lines[5, count] = _known(data, at, int(colon), names, places)
                value = colon + 1
                while value < stop and (data[value] == 32 or data[value] == 9):
                    value += 1
                values[count] = value
            at = after
            count += 1
    return count


@kernel
def _split(start: Integers, stop: Integers, data: Bytes, found: Integers) -> None:
    for row in range(len(start)):
        at = start[row]
        for word in range(3):
            while at < stop[row] and data[at] == 32:
                at += 1
            found[word, 0, row] = at
            while at < stop[row] and (word == 2 or data[at] != 32):
                at += 1
            found[word, 1, row] = at
