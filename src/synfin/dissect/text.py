"""Many short texts in one buffer: how values become characters without a Python loop per packet.

A `Text` is what Arrow calls a string array: all characters in one uint8 array, and where each text begins.
Every function here takes and returns whole columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, PLAIN_BELOW, kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synfin.basics.arrays import Bytes, Flags, Integers

DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
PAIRS = np.frombuffer(b"".join(b"%02d" % value for value in range(100)), np.uint8)
OCTETS = np.frombuffer(
    b"".join(bytes((len(str(value)),)) + str(value).encode().ljust(3, b"0") for value in range(256)), np.uint8
)
"""For each octet, how many decimal digits it has, and the digits."""
LETTERS = (DIGITS, PAIRS, OCTETS)

ABSENT, NUMBER = -1, -2
"""Where a line's field is instead of among the texts: nowhere, among the numbers."""
DECIMAL, HEXADECIMAL, IPV4, SECONDS, ETHER = range(5)
"""Forms in which `compose` writes numbers."""
WIDEST_NUMBER = 33
"""Bytes that a number may take in any form, and those that writing it may touch beyond its end."""

LONG_TEXT = 128
"""Bytes from which on a text is better handled for itself than by a loop over bytes."""

LONGEST_DECIMAL = 20
LONGEST_IPV6 = 45


@dataclass(frozen=True, slots=True)
class Text:
    """Texts, one after the other; text `i` is `data[ends[i] : ends[i + 1]]` (UTF-8).

    Attributes:
        data: uint8, all characters.
        ends: int64, one more than there are texts; `ends[0]` is where the first begins.
    """

    data: Bytes
    ends: Integers

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.ends) - 1

    def __getitem__(self, index: int) -> str:
        """One text, for people."""
        return self.raw(index).decode("utf-8", "replace")

    def raw(self, index: int) -> bytes:
        """One text as it is."""
        return self.data[self.ends[index] : self.ends[index + 1]].tobytes()

    def to_list(self) -> list[str]:
        """All texts as Python strings."""
        whole = self.data.tobytes()
        ends = self.ends.tolist()
        if whole.isascii():  # each byte is a character
            letters = whole.decode()
            return [letters[begin:end] for begin, end in pairwise(ends)]
        return [whole[begin:end].decode("utf-8", "replace") for begin, end in pairwise(ends)]

    def take(self, rows: Integers) -> Text:
        """The texts of these rows, in this order; row -1 gives the empty text."""
        ends = np.zeros(len(rows) + 1, np.int64)
        if not len(self):
            return Text(np.empty(0, np.uint8), ends)
        lengths = np.where(rows >= 0, self.ends[rows + 1] - self.ends[rows], 0)
        np.cumsum(lengths, out=ends[1:])
        data = np.empty(int(ends[-1]), np.uint8)
        _take(np.asarray(rows, np.int64), self.data, self.ends, data)
        return Text(data, ends)


def literal(text: str, count: int) -> Text:
    """The same text for every row."""
    raw = np.frombuffer(text.encode(), np.uint8)
    return Text(np.tile(raw, count), np.arange(count + 1, dtype=np.int64) * len(raw))


def from_list(texts: Sequence[str | bytes]) -> Text:
    """Python strings as a column; for few rows, or for the distinct values of a column."""
    raw = [text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text for text in texts]
    ends = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([len(one) for one in raw], out=ends[1:])
    return Text(np.frombuffer(b"".join(raw), np.uint8), ends)


def where(present: Flags, text: Text) -> Text:
    """The text where `present`, the empty text elsewhere."""
    if bool(present.all()):
        return text
    return text.take(np.where(present, np.arange(len(text)), -1))


def choose(present: Flags, one: Text, other: Text) -> Text:
    """`one` where `present`, `other` elsewhere."""
    return join([where(present, one), where(~present, other)])


def decimal(values: Integers) -> Text:
    """Whole numbers (int64) in decimal."""
    data = np.empty(len(values) * LONGEST_DECIMAL, np.uint8)
    ends = np.empty(len(values) + 1, np.int64)
    _decimal(values, data, ends, PAIRS)
    return Text(data[: ends[-1]], ends)


def unsigned(values: Integers) -> Text:
    """64-bit patterns (int64) as unsigned decimal."""
    if not bool((values < 0).any()):
        return decimal(values)
    return from_list([str(value) for value in values.astype(np.uint64).tolist()])


def hexadecimal(values: Integers, digits: int, prefix: str = "0x") -> Text:
    """Whole numbers in lower-case hexadecimal of at least `digits` digits (more if a value needs them)."""
    widest = 16
    data = np.empty(len(values) * (widest + len(prefix)), np.uint8)
    ends = np.empty(len(values) + 1, np.int64)
    _hexadecimal(values, digits, np.frombuffer(prefix.encode(), np.uint8), data, ends, DIGITS)
    return Text(data[: ends[-1]], ends)


def ipv4(values: Integers) -> Text:
    """IPv4 addresses as dotted decimal."""
    data = np.empty(len(values) * 15 + 2, np.uint8)
    ends = np.empty(len(values) + 1, np.int64)
    _ipv4(values, data, ends, OCTETS)
    return Text(data[: ends[-1]], ends)


def ipv6(values: Bytes) -> Text:
    """IPv6 addresses (uint8 (n, 16)) in canonical form, RFC 5952."""
    data = np.empty(len(values) * LONGEST_IPV6, np.uint8)
    ends = np.empty(len(values) + 1, np.int64)
    _ipv6(values.reshape(-1), data, ends, DIGITS, OCTETS)
    return Text(data[: ends[-1]], ends)


def ether(values: Integers, octets: int = 6) -> Text:
    """Hardware addresses as lower-case octets with colons."""
    width = octets * 3 - 1
    data = np.empty(len(values) * width + 1, np.uint8)
    _ether(values, octets, data, DIGITS)
    return Text(data[: len(values) * width], np.arange(len(values) + 1, dtype=np.int64) * width)


def seconds(nanoseconds: Integers, digits: int = 9) -> Text:
    """Nanoseconds as seconds with this many decimals, cut, not rounded: "-0.015985000"."""
    data = np.empty(len(nanoseconds) * (LONGEST_DECIMAL + 3) + 2, np.uint8)
    ends = np.empty(len(nanoseconds) + 1, np.int64)
    _seconds(nanoseconds, digits, data, ends, PAIRS)
    return Text(data[: ends[-1]], ends)


def clock(nanoseconds: Integers, digits: int) -> Text:
    """Nanoseconds since midnight as "13:55:31.300000"."""
    minutes = nanoseconds // 60_000_000_000
    parts = []
    for value in (minutes // 60, minutes % 60):
        parts += [padded(decimal(value), 2, left=False, fill="0"), literal(":", len(nanoseconds))]
    width = 2 + bool(digits) + digits
    return join([*parts, padded(seconds(nanoseconds % 60_000_000_000, digits), width, left=False, fill="0")])


def padded(texts: Text, width: int, *, left: bool, fill: str = " ") -> Text:
    """Texts filled up to a width in characters of one byte each; longer ones stay as they are."""
    lengths = np.diff(texts.ends)
    missing = np.maximum(width - lengths, 0)
    blanks = Text(np.full(int(missing.sum()), ord(fill), np.uint8), np.concatenate(([0], np.cumsum(missing))))
    return join([texts, blanks] if left else [blanks, texts])


def octets(data: Bytes, start: Integers, length: Integers, separator: str = "") -> Text:
    """Stretches of a buffer as lower-case hexadecimal, with a separator of at most one character."""
    gap = len(separator)
    lengths = np.maximum(length * (2 + gap) - gap, 0)
    ends = np.zeros(len(start) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    if len(start) < PLAIN_BELOW or int(ends[-1]) > LONG_TEXT * len(start):
        pieces = [
            one.hex(separator).encode() if gap else one.hex().encode() for one in _cut(data, start, length)
        ]
        return Text(np.frombuffer(b"".join(pieces), np.uint8), ends)
    written = np.empty(int(ends[-1]), np.uint8)
    _octets(start, length, data, ord(separator or "\0"), written, DIGITS)
    return Text(written, ends)


def stretches(data: Bytes, start: Integers, length: Integers) -> Text:
    """Stretches of a buffer as they are."""
    ends = np.zeros(len(start) + 1, np.int64)
    np.cumsum(length, out=ends[1:])
    if len(start) < PLAIN_BELOW or int(ends[-1]) > LONG_TEXT * len(start):
        return Text(np.frombuffer(b"".join(_cut(data, start, length)), np.uint8), ends)
    copied = np.empty(int(ends[-1]), np.uint8)
    _stretches(start, length, data, copied)
    return Text(copied, ends)


def _cut(data: Bytes, start: Integers, length: Integers) -> list[bytes]:
    """The stretches of a buffer, each for itself: the quickest way for few or long ones."""
    spans = zip(start.tolist(), length.tolist(), strict=True)
    return [data[begin : begin + max(size, 0)].tobytes() for begin, size in spans]


def named(values: Integers, names: dict[int, str], otherwise: str = "Unknown") -> Text:
    """What each value is called."""
    distinct, rows = np.unique(values, return_inverse=True)
    return from_list([names.get(int(value), otherwise) for value in distinct]).take(rows)


def each(values: Integers, say: Callable[[int], str]) -> Text:
    """What a function says of each value; it is asked once for every different one."""
    distinct, rows = np.unique(values, return_inverse=True)
    return from_list([say(int(value)) for value in distinct]).take(rows)


def stack(texts: Sequence[Text]) -> Text:
    """The rows of the first, then those of the second, and so on."""
    sizes = np.cumsum([0] + [int(one.ends[-1] - one.ends[0]) for one in texts])
    ends = [one.ends[:-1] - one.ends[0] + size for one, size in zip(texts, sizes, strict=False)]
    data = np.concatenate([one.data[one.ends[0] : one.ends[-1]] for one in texts])
    return Text(data, np.concatenate([*ends, sizes[-1:]]))


def join(pieces: Sequence[Text]) -> Text:
    """The pieces of each row, one after the other."""
    count = len(pieces[0])
    shifts = np.cumsum([0] + [len(piece.data) for piece in pieces[:-1]])
    ends = np.stack([piece.ends + shift for piece, shift in zip(pieces, shifts, strict=True)])
    gathered = np.concatenate([piece.data for piece in pieces])
    total = int(sum(int(piece.ends[-1] - piece.ends[0]) for piece in pieces))
    data = np.empty(total, np.uint8)
    joined = np.empty(count + 1, np.int64)
    _join(joined, gathered, ends, data)
    return Text(data, joined)


def gather(text: Text, group: Integers, groups: int, separator: str) -> Text:
    """Texts of the same group (ascending numbers) joined by a separator: one text per group, maybe empty."""
    data = np.empty(len(text.data) + len(text) * len(separator.encode()), np.uint8)
    ends = np.empty(groups + 1, np.int64)
    _gather(
        np.asarray(group, np.int64),
        text.data,
        text.ends,
        np.frombuffer(separator.encode(), np.uint8),
        data,
        ends,
    )
    return Text(data[: ends[-1]], ends)


@kernel
def _take(rows: Integers, data: Bytes, ends: Integers, out: Bytes) -> None:
    at = 0
    for row in rows:
        if row >= 0:
            for position in range(ends[row], ends[row + 1]):
                out[at] = data[position]
                at += 1


@kernel(plain_below=PART)
def put_decimal(out: Bytes, at: int, value: int, pairs: Bytes) -> int:
    """Write a whole number in decimal, two digits at a time from the last; where it ends."""
    if value < 0:
        out[at] = 45
        at += 1
        value = -value
    size = 1
    rest = value
    while rest >= 1000:
        size += 3
        rest //= 1000
    size = size + (rest >= 10) + (rest >= 100)
    position = at + size
    while value >= 10:
        pair = value % 100
        value //= 100
        position -= 2
        out[position] = pairs[2 * pair]
        out[position + 1] = pairs[2 * pair + 1]
    if position > at:
        out[at] = 48 + value
    return at + size


@kernel(plain_below=PART)
def put_hexadecimal(out: Bytes, at: int, value: int, digits: int, letters: Bytes) -> int:
    """Write a whole number in hexadecimal of at least so many digits; where it ends."""
    size = digits
    while size < 16 and (value >> (4 * size)) != 0:
        size += 1
    for nibble in range(size - 1, -1, -1):
        out[at] = letters[(value >> (4 * nibble)) & 15]
        at += 1
    return at


@kernel(plain_below=PART)
def put_ipv4(out: Bytes, at: int, value: int, octets: Bytes) -> int:
    """Write an IPv4 address; `octets` holds, for each octet, its length and its three characters."""
    for shift in (24, 16, 8, 0):
        place = ((value >> shift) & 255) * 4
        size = int(octets[place])
        out[at] = octets[place + 1]
        out[at + 1] = octets[place + 2]
        out[at + 2] = octets[place + 3]
        at += size
        if shift:
            out[at] = 46
            at += 1
    return at


@kernel(plain_below=PART)
def put_seconds(out: Bytes, at: int, value: int, digits: int, pairs: Bytes) -> int:
    """Write nanoseconds as seconds with up to nine decimals; where it ends."""
    if value < 0:
        out[at] = 45
        at += 1
        value = -value
    at = put_decimal(out, at, value // 1_000_000_000, pairs)
    if digits:
        out[at] = 46
        fraction = value % 1_000_000_000 * 10
        for position in range(9, 0, -2):
            pair = fraction % 100
            fraction //= 100
            if position <= digits:
                out[at + position] = pairs[2 * pair]
            if position < digits:
                out[at + position + 1] = pairs[2 * pair + 1]
        at += digits + 1
    return at


@kernel(plain_below=PART)
def put_ether(out: Bytes, at: int, value: int, octets: int, letters: Bytes) -> int:
    """Write a hardware address as octets with colons; where it ends."""
    for octet in range(octets - 1, -1, -1):
        part = (value >> (8 * octet)) & 255
        out[at] = letters[part >> 4]
        out[at + 1] = letters[part & 15]
        out[at + 2] = 58
        at += 3
    return at - 1


@kernel
def compose(  # noqa: C901 - one flat loop over fields and forms
    packets: Integers,
    places: tuple[Integers, Integers, Integers],
    texts: tuple[Bytes, Integers],
    marks: tuple[Bytes, Bytes],
    letters: tuple[Bytes, Bytes, Bytes],
    out: Bytes,
) -> int:
    """Write one line per packet: of each field its text or number, between separators and in quotes.

    Args:
        packets: int64, which packets.
        places: int64 (fields, packets): where in the texts, or `ABSENT`, or `NUMBER`; int64
            (fields, packets): the numbers; int64 (fields, 2): their form and digits.
        texts: all texts of all fields, and where each ends.
        marks: separator and quote.
        letters: `DIGITS`, `PAIRS`, `OCTETS`.
        out: long enough for everything.

    Returns:
        bytes written.
    """
    place, numbers, forms = places
    data, ends = texts
    separator, quote = marks
    digits, pairs, octets = letters
    at = 0
    for row in range(len(packets)):
        packet = packets[row]
        for field in range(place.shape[0]):
            if field:
                for position in range(len(separator)):
                    out[at] = separator[position]
                    at += 1
            where = place[field, packet]
            if where == ABSENT:
                continue
            for position in range(len(quote)):
                out[at] = quote[position]
                at += 1
            if where >= 0:
                for position in range(ends[where], ends[where + 1]):
                    out[at] = data[position]
                    at += 1
            else:
                value, form = numbers[field, packet], forms[field, 0]
                if form == DECIMAL:
                    at = put_decimal(out, at, value, pairs)
                elif form == HEXADECIMAL:
                    out[at] = 48
                    out[at + 1] = 120
                    at = put_hexadecimal(out, at + 2, value, forms[field, 1], digits)
                elif form == IPV4:
                    at = put_ipv4(out, at, value, octets)
                elif form == SECONDS:
                    at = put_seconds(out, at, value, forms[field, 1], pairs)
                else:
                    at = put_ether(out, at, value, forms[field, 1], digits)
            for position in range(len(quote)):
                out[at] = quote[position]
                at += 1
        out[at] = 10
        at += 1
    return at


@kernel
def _decimal(values: Integers, out: Bytes, ends: Integers, pairs: Bytes) -> None:
    at = 0
    ends[0] = 0
    for row in range(len(values)):
        at = put_decimal(out, at, values[row], pairs)
        ends[row + 1] = at


@kernel
def _hexadecimal(
    values: Integers, digits: int, prefix: Bytes, out: Bytes, ends: Integers, letters: Bytes
) -> None:
    at = 0
    ends[0] = 0
    for row in range(len(values)):
        for position in range(len(prefix)):
            out[at] = prefix[position]
            at += 1
        at = put_hexadecimal(out, at, values[row], digits, letters)
        ends[row + 1] = at


@kernel
def _ipv4(values: Integers, out: Bytes, ends: Integers, octets: Bytes) -> None:
    at = 0
    ends[0] = 0
    for row in range(len(values)):
        at = put_ipv4(out, at, values[row], octets)
        ends[row + 1] = at


@kernel
def _ipv6(values: Bytes, out: Bytes, ends: Integers, letters: Bytes, octets: Bytes) -> None:  # noqa: C901 - one loop
    """Groups without leading zeros; the longest run of two or more zero groups becomes "::".

    An IPv4 address in the last two groups, alone or mapped (::ffff:0:0/96), is written with dots.
    """
    at = 0
    ends[0] = 0
    for row in range(len(values) // 16):
        best, best_length, run = -1, 1, 0
        for group in range(8):
            place = row * 16 + group * 2
            run = run + 1 if values[place] == 0 and values[place + 1] == 0 else 0
            if run > best_length:
                best, best_length = group - run + 1, run
        mapped = np.int64(values[row * 16 + 10]) == 255 and np.int64(values[row * 16 + 11]) == 255
        dotted = best == 0 and (best_length == 6 or (best_length == 5 and mapped))
        group = 0
        while group < 8:
            if group == 6 and dotted:
                address = np.int64(0)
                for place in range(row * 16 + 12, row * 16 + 16):
                    address = (address << 8) | np.int64(values[place])
                at = put_ipv4(out, at, int(address), octets)
                break
            if group == best:
                out[at] = 58
                at += 1
                if best == 0:
                    out[at] = 58
                    at += 1
                group += best_length
                continue
            place = row * 16 + group * 2
            value = (np.int64(values[place]) << 8) | np.int64(values[place + 1])
            size = 1 + (value >= 0x10) + (value >= 0x100) + (value >= 0x1000)
            for nibble in range(size - 1, -1, -1):
                out[at] = letters[(value >> (4 * nibble)) & 15]
                at += 1
            group += 1
            if group < 8:
                out[at] = 58
                at += 1
        ends[row + 1] = at


@kernel
def _ether(values: Integers, octets: int, out: Bytes, letters: Bytes) -> None:
    at = 0
    for row in range(len(values)):
        at = put_ether(out, at, values[row], octets, letters)


@kernel
def _seconds(nanoseconds: Integers, digits: int, out: Bytes, ends: Integers, pairs: Bytes) -> None:
    at = 0
    ends[0] = 0
    for row in range(len(nanoseconds)):
        at = put_seconds(out, at, nanoseconds[row], digits, pairs)
        ends[row + 1] = at


@kernel
def _octets(
    start: Integers, length: Integers, data: Bytes, separator: int, out: Bytes, letters: Bytes
) -> None:
    at = 0
    for row in range(len(start)):
        for position in range(length[row]):
            if position and separator:
                out[at] = separator
                at += 1
            value = np.int64(data[start[row] + position])
            out[at] = letters[value >> 4]
            out[at + 1] = letters[value & 15]
            at += 2


@kernel
def _stretches(start: Integers, length: Integers, data: Bytes, out: Bytes) -> None:
    at = 0
    for row in range(len(start)):
        for position in range(start[row], start[row] + length[row]):
            out[at] = data[position]
            at += 1


@kernel
def _join(joined: Integers, data: Bytes, ends: Integers, out: Bytes) -> None:
    at = 0
    joined[0] = 0
    for row in range(len(joined) - 1):
        for piece in range(ends.shape[0]):
            for position in range(ends[piece, row], ends[piece, row + 1]):
                out[at] = data[position]
                at += 1
        joined[row + 1] = at


@kernel
def _gather(
    group: Integers, data: Bytes, ends: Integers, separator: Bytes, out: Bytes, joined: Integers
) -> None:
    at, row = 0, 0
    joined[0] = 0
    for number in range(len(joined) - 1):
        first = True
        while row < len(group) and group[row] == number:
            if not first:
                for position in range(len(separator)):
                    out[at] = separator[position]
                    at += 1
            for position in range(ends[row], ends[row + 1]):
                out[at] = data[position]
                at += 1
            first = False
            row += 1
        joined[number + 1] = at
