"""Columns of byte strings, compared, searched and cut without making an object of any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.dissect.text import Text, stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Bytes, Flags, Integers
    from synfin.dissect.layers import Spans
    from synfin.filters.language.syntax import Range

SPARSE = 4
"""A buffer this many times longer than the strings in it is not searched as a whole."""


class Octets(NamedTuple):
    """Byte strings: string `i` is `data[start[i] : start[i] + length[i]]`; they may overlap.

    Attributes:
        data: uint8, a buffer.
        start: int64, first byte of each.
        length: int64, bytes of each, never negative.
    """

    data: Bytes
    start: Integers
    length: Integers

    def take(self, rows: Integers | Flags) -> Octets:
        """The strings of these rows."""
        return Octets(self.data, self.start[rows], self.length[rows])

    def list(self) -> list[bytes]:
        """All strings as Python objects, for the few that need it."""
        whole = self.data.tobytes()
        pairs = zip(self.start.tolist(), self.length.tolist(), strict=True)
        return [whole[start : start + length] for start, length in pairs]


def of_spans(data: Bytes, spans: Spans) -> Octets:
    """Stretches of the chunk's bytes."""
    return Octets(data, spans.start, np.maximum(spans.length, 0))


def of_text(text: Text) -> Octets:
    """Texts as their bytes."""
    return Octets(text.data, text.ends[:-1], np.diff(text.ends))


def of_numbers(values: Integers, width: int) -> Octets:
    """Numbers as big-endian bytes, `width` (at most 8) of each."""
    data = np.ascontiguousarray(values, dtype=np.int64).astype(">i8").view(np.uint8)
    return Octets(data, np.arange(len(values)) * 8 + 8 - width, np.full(len(values), width, np.int64))


def of_rows(rows: Bytes) -> Octets:
    """The rows of an array (n, width)."""
    count, width = rows.shape
    data = np.ascontiguousarray(rows).reshape(-1)
    return Octets(data, np.arange(count, dtype=np.int64) * width, np.full(count, width, np.int64))


def text_of(octets: Octets) -> Text:
    """Copied, one after the other."""
    return stretches(octets.data, octets.start, octets.length)


def stacked(parts: Sequence[Octets]) -> Octets:
    """The strings of the first, then of the second, and so on."""
    if len(parts) == 1:
        return parts[0]
    if all(part.data is parts[0].data for part in parts):
        data, shifts = parts[0].data, np.zeros(len(parts), np.int64)
    else:
        data = np.concatenate([part.data for part in parts])
        shifts = np.cumsum([0] + [len(part.data) for part in parts[:-1]])
    start = np.concatenate([part.start + shift for part, shift in zip(parts, shifts, strict=True)])
    return Octets(data, start, np.concatenate([part.length for part in parts]))


def equal(octets: Octets, wanted: bytes) -> Flags:
    """True for strings that are exactly this one."""
    rows = np.flatnonzero(octets.length == len(wanted))
    for offset, byte in enumerate(wanted):
        if not len(rows):
            break
        rows = rows[octets.data[octets.start[rows] + offset] == byte]
    found = np.zeros(len(octets.start), np.bool_)
    found[rows] = True
    return found


def order(octets: Octets, other: bytes, *, by_length: bool) -> Integers:
    """-1, 0 or 1 for each string that is less than, equal to or greater than this one.

    Args:
        octets: the strings.
        other: the one they are compared with.
        by_length: the shorter is the lesser, as for bytes; otherwise as in a dictionary, as for text.
    """
    sign = np.sign(octets.length - len(other))
    undecided = np.flatnonzero(sign == 0) if by_length else np.arange(len(sign))
    for offset, byte in enumerate(other):
        undecided = undecided[octets.length[undecided] > offset]
        if not len(undecided):
            break
        here = octets.data[octets.start[undecided] + offset].astype(np.int64) - byte
        differs = here != 0
        sign[undecided[differs]] = np.sign(here[differs])
        undecided = undecided[~differs]
    return sign


def contains(octets: Octets, needle: bytes) -> Flags:
    """True for strings in which this one occurs; the empty string occurs nowhere."""
    if not needle or not len(octets.start):
        return np.zeros(len(octets.start), np.bool_)
    if int(octets.length.sum()) * SPARSE < len(octets.data):
        octets = of_text(text_of(octets))
    hits = _occurrences(octets.data, needle)
    first = np.searchsorted(hits, octets.start)
    inside = first < len(hits)
    found = np.zeros(len(octets.start), np.bool_)
    last = octets.start[inside] + octets.length[inside] - len(needle)
    found[inside] = hits[first[inside]] <= last
    return found


def _occurrences(data: Bytes, needle: bytes) -> Integers:
    """Where in the buffer the needle begins, ascending."""
    count = len(data) - len(needle) + 1
    if count <= 0:
        return np.empty(0, np.int64)
    begins = data[:count] == needle[0]
    if len(needle) > 1:
        begins &= data[1 : count + 1] == needle[1]
    hits = np.flatnonzero(begins)
    for offset in range(2, len(needle)):
        if not len(hits):
            break
        hits = hits[data[hits + offset] == needle[offset]]
    return hits


def matches(octets: Octets, pattern: str) -> Flags:
    """True for strings in which an RE2 pattern for Latin-1 matches somewhere."""
    import pyarrow.compute as pc

    return np.asarray(
        pc.match_substring_regex(_arrow(octets), pattern).to_numpy(zero_copy_only=False), np.bool_
    )


def _arrow(octets: Octets) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    text = text_of(octets)
    buffers = [None, pa.py_buffer(text.ends), pa.py_buffer(np.ascontiguousarray(text.data))]
    return pa.Array.from_buffers(pa.large_binary(), len(text), buffers)


def ranks(octets: Octets, *, by_length: bool) -> Integers:
    """A number for each string, so that numbers compare as the strings do."""
    encoded = _arrow(octets).dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    if by_length:
        ordered = sorted(range(len(distinct)), key=lambda index: (len(distinct[index]), distinct[index]))
    else:
        ordered = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(distinct), np.int64)
    rank[ordered] = np.arange(len(distinct))
    ranked: Integers = rank[encoded.indices.to_numpy(zero_copy_only=False)]
    return ranked


def pieces(octets: Octets, ranges: Sequence[Range]) -> Octets:
    """The named pieces of each string, one after the other.

    A piece that does not wholly fit, and all pieces after it, contribute nothing.
    """
    alive = np.ones(len(octets.start), np.bool_)
    cut: list[Octets] = []
    for piece in ranges:
        first, length = _extent(octets.length, piece)
        alive &= (first >= 0) & (length > 0) & (first + length <= octets.length)
        cut.append(Octets(octets.data, octets.start + np.where(alive, first, 0), np.where(alive, length, 0)))
    if len(cut) == 1:
        return cut[0]
    from synfin.dissect.text import join

    return of_text(join([text_of(one) for one in cut]))


def _extent(length: Integers, piece: Range) -> tuple[Integers, Integers]:
    """First byte and size of a piece in strings of these lengths."""
    first = np.full(len(length), piece.start) if piece.start >= 0 else length + piece.start
    if piece.last is not None:
        last = np.full(len(length), piece.last) if piece.last >= 0 else length + piece.last
        return first, last - first + 1
    return first, length - first if piece.length is None else np.full(len(length), piece.length)


def masked(octets: Octets, mask: bytes) -> Octets:
    """Each string and the mask, bit by bit, as far as both go."""
    length = np.minimum(octets.length, len(mask))
    text = stretches(octets.data, octets.start, length)
    begins = np.repeat(text.ends[:-1], length)
    bits = np.frombuffer(mask or b"\0", np.uint8)
    return Octets(text.data & bits[np.arange(len(text.data)) - begins], text.ends[:-1], length)


def both(left: Octets, right: Octets) -> Octets:
    """Each string of the left and that of the right, bit by bit, as far as both go."""
    length = np.minimum(left.length, right.length)
    one = stretches(left.data, left.start, length)
    other = stretches(right.data, right.start, length)
    return Octets(one.data & other.data, one.ends[:-1], length)


def nonzero(octets: Octets) -> Flags:
    """True for strings with some byte that is not zero."""
    found = np.zeros(len(octets.start), np.bool_)
    if len(octets.start):
        _nonzero(octets.start, octets.length, octets.data, found)
    return found


@kernel
def _nonzero(start: Integers, length: Integers, data: Bytes, found: Flags) -> None:
    for row in range(len(start)):
        for position in range(start[row], start[row] + length[row]):
            if data[position] != 0:
                found[row] = True
                break


def in_case(octets: Octets, *, upper: bool) -> Octets:
    """ASCII letters in upper or lower case."""
    text = text_of(octets)
    first, last, change = (97, 122, 0xDF) if upper else (65, 90, 0xFF)
    letters = (text.data >= first) & (text.data <= last)
    changed = np.where(letters, text.data & change if upper else text.data | 0x20, text.data)
    return Octets(changed.astype(np.uint8), text.ends[:-1], np.diff(text.ends))
