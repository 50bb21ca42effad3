"""A block ends in options, each a code, a length and a value (draft-ietf-opsawg-pcapng 3.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from synfin.capture.chunk import Option

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers

END_OF_OPTIONS = 0

CUSTOM_CODES = (2988, 2989, 19372, 19373)
"""Options that begin with a private enterprise number."""

VERDICT = 7

NO_NUMBERS: Mapping[int, str] = {}
INTERFACE_NUMBERS = {8: "q", 10: "i", 14: "q", 16: "q", 17: "q"}
PACKET_NUMBERS = {2: "i", 4: "q", 5: "q", 6: "i"}
STATISTICS_NUMBERS = {2: "ii", 3: "ii", 4: "q", 5: "q", 6: "q", 7: "q", 8: "q"}
"""Options whose values are numbers, by code: `i` stands for 4 bytes, `q` for 8."""

WIDTHS = {"i": 4, "q": 8}


MOST_OPTIONS = 1 << 12
"""How many of one block are believed."""


class OptionError(Exception):
    """A list of options contradicts itself; `str()` says how. Never leaves this package."""


def parse_options(area: bytes, *, is_big_endian: bool, numbers: Mapping[int, str]) -> tuple[Option, ...]:
    """The options in `area`, up to the end mark or, if there is none, all of it.

    Args:
        area: what lies between the fixed part of a block and its trailing length.
        is_big_endian: byte order of the section.
        numbers: which values are numbers; they come out little-endian.

    Raises:
        OptionError: an option reaches past the end of the area.
    """
    order = "big" if is_big_endian else "little"
    options: list[Option] = []
    at = 0
    while at < len(area):
        if at + 4 > len(area):
            raise OptionError(f"Only {len(area) - at} bytes are left for the header of an option.")
        code = int.from_bytes(area[at : at + 2], order)  # type: ignore[arg-type]
        length = int.from_bytes(area[at + 2 : at + 4], order)  # type: ignore[arg-type]
        at += 4
        if code == END_OF_OPTIONS:
            break
        if len(options) == MOST_OPTIONS:
            raise OptionError(f"The block has more than {MOST_OPTIONS} options, which no capture needs.")
        if at + length > len(area):
            raise OptionError(
                f"Option {code} claims {length} bytes, but {len(area) - at} are left in its block."
            )
        value = area[at : at + length]
        options.append(Option(code, little_endian(code, value, numbers) if is_big_endian else value))
        at += length + -length % 4
    return tuple(options)


def little_endian(code: int, value: bytes, numbers: Mapping[int, str]) -> bytes:
    """The value of an option of a big-endian section as a little-endian one would hold it."""
    if code in CUSTOM_CODES:
        return value[:4][::-1] + value[4:]
    if numbers is PACKET_NUMBERS and code == VERDICT and len(value) == 9:
        return value[:1] + value[:0:-1]
    widths = [WIDTHS[letter] for letter in numbers.get(code, "")]
    if sum(widths) != len(value):
        return value
    turned, at = b"", 0
    for width in widths:
        turned += value[at : at + width][::-1]
        at += width
    return turned


class PacketOptions(Mapping[int, tuple[Option, ...]]):
    """The options of the packets of one chunk that have any, taken apart when asked for.

    Args:
        data: the bytes of the chunk; what is needed of them is copied.
        rows: the packets that have options, ascending; begin, end: where those are in `data`.
        is_big_endian: byte order of each.
    """

    def __init__(
        self, data: Bytes, rows: Integers, begin: Integers, end: Integers, is_big_endian: Integers
    ) -> None:
        lengths = end - begin
        self._end = np.cumsum(lengths)
        self._begin = self._end - lengths
        self._rows = rows
        self._is_big_endian = is_big_endian
        positions = np.repeat(begin - self._begin, lengths) + np.arange(lengths.sum())
        self._data = data[positions]

    def __getitem__(self, row: int) -> tuple[Option, ...]:
        if row not in self:
            raise KeyError(row)
        place = int(np.searchsorted(self._rows, row))
        return parse_options(
            self._data[self._begin[place] : self._end[place]].tobytes(),
            is_big_endian=bool(self._is_big_endian[place]),
            numbers=PACKET_NUMBERS,
        )

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows.tolist())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: object) -> bool:
        if not isinstance(row, int | np.integer):
            return False
        place = int(np.searchsorted(self._rows, row))
        return place < len(self._rows) and bool(self._rows[place] == row)
