"""Finds every header of every packet by following the compiled definitions; knows no protocol.

The definitions become a `Program` of integer tables, and one loop interprets it. What it cannot follow
it writes down as a *stop*: which header, why, how many bytes were needed and how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import DefinitionError
from synfin.basics.kernel import PART, kernel
from synfin.dissect.definition import ANY, LENGTH_KEY, Field, Length, Next, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synfin.basics.arrays import Bytes, Integers, Shorts, Small

MAX_DEPTH = 64
"""Headers followed in one packet; more is a stop, so that no packet can make the walk long."""

WIDEST_KEY = 16
"""Bits of the widest key: each family is a table with one entry per possible key."""


class Reason(IntEnum):
    """Why a walk stopped before the packet was explained."""

    CUT = 1  # the capture kept fewer bytes than the header has
    SHORT = 2  # the enclosing length leaves too little room for the header
    LIES = 3  # the header states a length below its own minimum
    DEEP = 4  # more than MAX_DEPTH headers

    @property
    def words(self) -> str:
        """For people, and for the filter field `stop.reason`."""
        return {
            Reason.CUT: "cut by snapshot length",
            Reason.SHORT: "does not fit",
            Reason.LIES: "length field lies",
            Reason.DEEP: "too many headers",
        }[self]


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

FARTHEST = (1 << 31) - 1
"""No header speaks for bytes beyond this one of a chunk: positions are 32 bits wide."""

COUNTS = 3
"""Where in `walk`'s progress the number of rows of each step stands."""

# Flags of a header row.
QUOTED = 1
PARTIAL = 2


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


@kernel(plain_below=PART)
def begins(data: Bytes, at: int, room: int, texts: Bytes, places: Integers, which: tuple[int, int]) -> bool:
    """Whether the bytes from `at` to `room` begin with one of these texts."""
    for text in range(which[0], which[1]):
        first, last = places[text, 0], places[text, 1]
        if at + last - first > room:
            continue
        same = True
        for position in range(first, last):
            if data[at + position - first] != texts[position]:
                same = False
                break
        if same:
            return True
    return False


@kernel(plain_below=1 << 16)
def walk(  # noqa: C901, PLR0915 - one flat loop; helpers would cost a third (docs/why/one-walk.md)
    start: Integers,
    packets: tuple[Bytes, Integers, Integers, Small, Integers],
    tables: tuple[
        Integers, Integers, Integers, Integers, Integers, Integers, Integers, Shorts, Integers, Bytes
    ],
    data_step: int,
    found: tuple[Small, Small],
    progress: Integers,
) -> bool:
    """Write a row for every header, and one for every stop, until done or until a table is full.

    Args:
        start: first byte of every packet.
        packets: the chunk's bytes; how many were captured of every packet, its length on the wire, its
            interface; (2, interfaces) root step and length of the frame check sequence of these.
        tables: steps, numbers, terms, sizes, stops, nexts, constants, keys, beginnings and texts of the
            `Program`.
        data_step: the step of what no protocol claims.
        found: rows int32 (6, capacity): packet, step, start, end, limit, flags; and
            stops int32 (6, capacity): packet, step, reason, bytes needed, bytes there, limiting step.
        progress: int64: next packet, rows written, stops written; and how many rows of each step; updated.

    Returns:
        whether all packets are done; if not, call again with room for more.
    """
    steps, numbers, terms, sizes, halts, nexts, constants, keys, beginnings, texts = tables
    data, captured, length, interface, interfaces = packets
    rows, stops = found
    row, stop = progress[1], progress[2]
    for packet in range(progress[0], len(start)):
        if row + MAX_DEPTH + 1 > rows.shape[1] or stop + 1 > stops.shape[1]:
            progress[0], progress[1], progress[2] = packet, row, stop
            return False
        at, edge = start[packet], start[packet] + captured[packet]
        limit = max(start[packet] + length[packet], edge)  # a length below what was captured is a lie
        limit = min(max(limit - interfaces[1, interface[packet]], at), FARTHEST)
        step, limited_by, flags = interfaces[0, interface[packet]], np.int64(-1), np.int64(0)
        depth = 0
        while step >= 0:
            if at >= limit and depth and not steps[step, BODY]:
                break  # nothing is there, nothing is missing
            size, reason, lie, total = steps[step, MINIMUM], 0, np.int64(-1), np.int64(-1)
            room = min(limit, edge)
            if depth == MAX_DEPTH:
                reason = DEEP
            elif at + size > room:
                reason = CUT if at + size <= limit else SHORT
            else:
                for constant in range(steps[step, CONSTANT_FIRST], steps[step, CONSTANT_LAST]):
                    if (
                        lie < 0
                        and number(data, at, numbers, constants[constant, 0]) != constants[constant, 1]
                    ):
                        lie = constants[constant, 0]
                if lie < 0 and steps[step, HAS_LENGTH]:
                    size = steps[step, BIAS]
                    for term in range(steps[step, TERM_FIRST], steps[step, TERM_LAST]):
                        value = number(data, at, numbers, terms[term, 0])
                        size += (
                            sizes[terms[term, 2] + value] if terms[term, 2] >= 0 else value * terms[term, 1]
                        )
                    if size < steps[step, MINIMUM]:
                        lie = terms[steps[step, TERM_FIRST], 0]
                if lie < 0 and steps[step, TOTAL] >= 0:
                    stated = number(data, at, numbers, steps[step, TOTAL])
                    total = stated * steps[step, TOTAL_SCALE] + steps[step, TOTAL_BIAS]
                    if stated and total < size:
                        lie = steps[step, TOTAL]
                    elif not stated:
                        total = np.int64(-1)
                if lie >= 0:
                    reason = LIES
                    room = min(room, at + (numbers[lie] & 0xFFFF) + ((numbers[lie] >> 16) & 0xF))
                    limit = min(limit, room)  # what it says after its lie is not believed
                elif at + size > room:
                    reason = CUT if at + size <= limit else SHORT
            if reason:
                rows[0, row], rows[1, row], rows[2, row] = packet, step, at
                rows[3, row], rows[4, row], rows[5, row] = max(at, room), limit, flags | PARTIAL
                stops[0, stop], stops[1, stop], stops[2, stop] = packet, step, reason
                stops[3, stop], stops[4, stop], stops[5, stop] = size, max(room - at, 0), limited_by
                progress[COUNTS + step] += 1
                row, stop = row + 1, stop + 1
                break
            if total >= 0 and at + total < limit:
                limit, limited_by = at + total, step
            rows[0, row], rows[1, row], rows[2, row] = packet, step, at
            rows[3, row], rows[4, row], rows[5, row] = at + size, limit, flags
            progress[COUNTS + step] += 1
            row, depth = row + 1, depth + 1
            opaque = False
            for halt in range(steps[step, STOP_FIRST], steps[step, STOP_LAST]):
                if number(data, at, numbers, halts[halt, 0]) and (halts[halt, 1] == 0 or limit <= edge):
                    opaque = True
            following = np.int64(-1)
            if not opaque:
                for candidate in range(steps[step, NEXT_FIRST], steps[step, NEXT_LAST]):
                    place = at
                    if nexts[candidate, 1]:
                        place = at + size
                        if place >= min(limit, edge):
                            break
                    key = number(data, place, numbers, nexts[candidate, 0])
                    if nexts[candidate, 3] <= key < nexts[candidate, 4]:
                        if at + size + key < limit:
                            limit, limited_by = at + size + key, step
                        key = LENGTH_KEY
                    following = np.int64(keys[nexts[candidate, 2] + key])
                    if following >= 0:
                        which = (steps[following, BEGIN_FIRST], steps[following, BEGIN_LAST])
                        if which[0] == which[1]:
                            break
                        if begins(data, at + size, min(limit, edge), texts, beginnings, which):
                            break
                        following = np.int64(-1)
            if steps[step, QUOTES]:
                flags |= QUOTED
            if following < 0 and steps[step, CARRIES] and at + size < min(limit, edge):
                following = np.int64(data_step if step != data_step else -1)
            at += size
            step = following
    progress[0], progress[1], progress[2] = len(start), row, stop
    return True


# Numba reads plain integers, not members of an enumeration.
CUT, SHORT, LIES, DEEP = int(Reason.CUT), int(Reason.SHORT), int(Reason.LIES), int(Reason.DEEP)
