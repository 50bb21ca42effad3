"""The definitions as a program of integer tables, which the walk interprets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import DefinitionError
from synfin.basics.kernel import PART, kernel
from synfin.dissect.definition import ANY, Field, Length, Next, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synfin.basics.arrays import Bytes, Integers, Shorts

WIDEST_KEY = 16
"""Bits of the widest key: each family is a table with one entry per possible key."""


# Columns of Program.steps; positions of numbers are rows of Program.numbers, -1 for none.
(
    MINIMUM,
    HAS_LENGTH,
    BIAS,
    TERM_FIRST,
    TERM_LAST,
    TOTAL,
    TOTAL_SCALE,
    TOTAL_BIAS,
    STOP_FIRST,
    STOP_LAST,
    NEXT_FIRST,
    NEXT_LAST,
    QUOTES,
    CARRIES,
    CONSTANT_FIRST,
    CONSTANT_LAST,
    BODY,
    BEGIN_FIRST,
    BEGIN_LAST,
) = range(19)

# A number's place is packed into one integer, so that the loop fetches it at once:
# byte offset from the header (16 bits), bytes (4), right shift (6), mask (the rest).
BYTE_BITS, COUNT_BITS, SHIFT_BITS = 16, 4, 6


@dataclass(frozen=True, slots=True)
class Program:
    """The definitions as integer tables.

    Attributes:
        names: protocol of each step.
        steps: int64 (protocols, 19), see the column names above.
        numbers: int64 (n,): where each number stands in its header, see `pack`.
        terms: int64 (n, 3): number, scale, first entry in `sizes` or -1.
        sizes: int64: the tables of lengths that follow no linear rule.
        stops: int64 (n, 2): number, 1 if it stops only a wholly captured rest.
        nexts: int64 (n, 5): number, 1 if it is read after the header, first entry in `keys`, and the values
            from which and below which it is a length.
        constants: int64 (n, 2): number, the value it must have.
        keys: int16: for each family, the step that each key leads to, -1 for none.
        beginnings: int64 (n, 2): where in `texts` each beginning that some protocol insists on stands.
        texts: uint8: all beginnings, one after the other.
        families: where each family's entries in `keys` begin, and how many.
        data: the step of what no protocol claims.
        roots: linktype → step of the first header.
    """

    names: tuple[str, ...]
    steps: Integers
    numbers: Integers
    terms: Integers
    sizes: Integers
    stops: Integers
    nexts: Integers
    constants: Integers
    keys: Shorts
    beginnings: Integers
    texts: Bytes
    families: Mapping[str, tuple[int, int]]
    data: int


def compile_program(protocols: Sequence[Protocol], extra: Sequence[tuple[str, int, str]] = ()) -> Program:
    """Turn definitions into the walk's tables.

    Args:
        protocols: all of them; one named "data" takes what no other claims.
        extra: decode-as rules: (family, key, protocol name), stronger than the definitions.

    Raises:
        DefinitionError: two protocols claim one key, or a definition names what does not exist.
    """
    return _Compiler(protocols, extra).program()


class _Compiler:
    """Collects the tables of one `Program`."""

    def __init__(self, protocols: Sequence[Protocol], extra: Sequence[tuple[str, int, str]]) -> None:
        self.protocols = tuple(protocols)
        self.extra = extra
        self.step_of = {protocol.name: index for index, protocol in enumerate(protocols)}
        self.numbers: list[int] = []
        self.terms: list[tuple[int, int, int]] = []
        self.sizes: list[int] = []
        self.stops: list[tuple[int, int]] = []
        self.nexts: list[tuple[int, int, int, int, int]] = []
        self.constants: list[tuple[int, int]] = []
        self.beginnings: list[bytes] = []
        self.keys: list[Shorts] = []
        self.families: dict[str, tuple[int, int]] = {}
        self.claimed = {family for one in protocols for family, _ in one.follows}
        self.claimed |= {family for family, _, _ in extra}

    def program(self) -> Program:
        self._place_families()
        steps = np.array([self._step(protocol) for protocol in self.protocols], np.int64)
        self._claim_keys()
        return Program(
            names=tuple(self.step_of),
            steps=steps.reshape(-1, BEGIN_LAST + 1),
            numbers=np.array(self.numbers, np.int64),
            terms=np.array(self.terms, np.int64).reshape(-1, 3),
            sizes=np.array(self.sizes, np.int64),
            stops=np.array(self.stops, np.int64).reshape(-1, 2),
            nexts=np.array(self.nexts, np.int64).reshape(-1, 5),
            constants=np.array(self.constants, np.int64).reshape(-1, 2),
            keys=np.concatenate(self.keys) if self.keys else np.empty(0, np.int16),
            beginnings=self._places_of_beginnings(),
            texts=np.frombuffer(b"".join(self.beginnings), np.uint8),
            families=self.families,
            data=self.step_of.get("data", -1),
        )

    def _places_of_beginnings(self) -> Integers:
        ends = np.cumsum([0] + [len(text) for text in self.beginnings])
        return np.stack((ends[:-1], ends[1:]), axis=1).astype(np.int64)

    def _place_families(self) -> None:
        """Give each key space its stretch of `keys`, as wide as the widest field that reads it."""
        widths: dict[str, int] = {}
        for protocol in self.protocols:
            for following in protocol.next_by:
                width = following.peek or protocol.bit_field(following.field).bits
                if width > WIDEST_KEY:
                    raise DefinitionError(
                        f"{protocol.name}: a key of {width} bits is wider than {WIDEST_KEY}."
                    )
                widths[following.family] = max(widths.get(following.family, 0), width)
        first = 0
        for family, width in widths.items():
            self.families[family] = (first, 1 << width)
            self.keys.append(np.full(1 << width, -1, np.int16))
            first += 1 << width

    def _claim_keys(self) -> None:
        tables = dict(zip(self.families, self.keys, strict=True))
        claims = [(family, key, p.name) for p in self.protocols for family, key in p.follows]
        owners: dict[tuple[str, int], str] = {}
        for family, key, name in claims:
            if (family, key) in owners:
                raise DefinitionError(f"{owners[family, key]} and {name} both follow {family} {key}.")
            owners[family, key] = name
        for family, key, name in [*claims, *self.extra]:
            if family not in tables:
                continue  # an option family, or one whose parent is not among these protocols
            if key == ANY:
                tables[family][tables[family] < 0] = self.step_of[name]
            elif 0 <= key < len(tables[family]):
                tables[family][key] = self.step_of[name]

    def _step(self, protocol: Protocol) -> list[int]:
        step = [0] * (BEGIN_LAST + 1)
        step[MINIMUM] = protocol.minimum
        length = protocol.header_length
        step[HAS_LENGTH] = length is not None
        step[TERM_FIRST] = len(self.terms)
        if length is not None:
            step[BIAS] = length.bias
            self._add_terms(protocol, length)
        step[TERM_LAST] = len(self.terms)
        step[TOTAL] = -1
        if protocol.total_length is not None:
            ((name, scale),) = protocol.total_length.terms
            step[TOTAL] = self._number(protocol.bit_field(name))
            step[TOTAL_SCALE], step[TOTAL_BIAS] = scale, protocol.total_length.bias
        step[STOP_FIRST] = len(self.stops)
        self.stops += [(self._number(protocol.bit_field(name)), 0) for name in protocol.stop_when]
        self.stops += [(self._number(protocol.bit_field(name)), 1) for name in protocol.stop_if_whole]
        step[STOP_LAST] = len(self.stops)
        step[NEXT_FIRST] = len(self.nexts)
        self.nexts += [
            self._next(protocol, following)
            for following in protocol.next_by
            if following.family in self.claimed or following.length_below
        ]
        step[NEXT_LAST] = len(self.nexts)
        step[QUOTES], step[CARRIES] = protocol.quotes, protocol.carries
        step[CONSTANT_FIRST] = len(self.constants)
        self.constants += [
            (self._number(protocol.bit_field(name)), value) for name, value in protocol.constants
        ]
        step[CONSTANT_LAST] = len(self.constants)
        step[BODY] = protocol.body
        step[BEGIN_FIRST] = len(self.beginnings)
        self.beginnings += protocol.begins
        step[BEGIN_LAST] = len(self.beginnings)
        return step

    def _add_terms(self, protocol: Protocol, length: Length) -> None:
        table = -1
        if length.table:
            table = len(self.sizes)
            self.sizes += length.table
        for name, scale in length.terms:
            self.terms.append((self._number(protocol.bit_field(name)), scale, table))

    def _next(self, protocol: Protocol, following: Next) -> tuple[int, int, int, int, int]:
        if following.peek:
            number = self._number(Field("key", following.peek, ""))
        else:
            number = self._number(protocol.bit_field(following.field))
        first = self.families[following.family][0]
        return number, bool(following.peek), first, following.length_from, following.length_below

    def _number(self, wanted: Field) -> int:
        """The row of `numbers` for a field whose position does not vary."""
        if wanted.before or wanted.little:
            raise DefinitionError(f"{wanted.name}: the walk needs fields at a fixed place, big-endian.")
        first, last = wanted.start // 8, (wanted.start + wanted.bits + 7) // 8
        shift = last * 8 - wanted.start - wanted.bits
        self.numbers.append(pack(first, last - first, shift, (1 << wanted.bits) - 1))
        return len(self.numbers) - 1


def pack(offset: int, count: int, shift: int, mask: int) -> int:
    """Where a number stands: byte offset from its header, bytes, right shift and mask, in one integer."""
    return (
        offset
        | count << BYTE_BITS
        | shift << (BYTE_BITS + COUNT_BITS)
        | mask << (BYTE_BITS + COUNT_BITS + SHIFT_BITS)
    )


@kernel(plain_below=PART)
def number(data: Bytes, at: int, places: Integers, row: int) -> int:
    """The value of one small big-endian field of the header at `at`."""
    place = places[row]
    first = at + (place & 0xFFFF)
    count = (place >> 16) & 0xF
    value = np.int64(data[first])
    if count > 1:
        for position in range(first + 1, first + count):
            value = (value << 8) | np.int64(data[position])
    return int((value >> ((place >> 20) & 0x3F)) & (place >> 26))
