"""Shapes: what decides where a packet's headers are, so that another one like it need not be walked.

Most packets of a capture have one of a few shapes, e.g. Ethernet, IPv4 without options, TCP with timestamps.
What the walk does is decided by some bits (types, header lengths), by keys that nobody claims (ports), and by
where the bytes end. A shape remembers these of a packet that was walked. A packet in which they are the same
has the same headers at the same places; only the ends, which total lengths may tell, are worked out anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, kernel
from synfin.dissect.octets import eight
from synfin.dissect.program import (
    BEGIN_FIRST,
    BEGIN_LAST,
    CARRIES,
    CONSTANT_FIRST,
    CONSTANT_LAST,
    NEXT_FIRST,
    NEXT_LAST,
    QUOTES,
    STOP_FIRST,
    STOP_LAST,
    TERM_FIRST,
    TERM_LAST,
    TOTAL,
    TOTAL_BIAS,
    TOTAL_SCALE,
    number,
)

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers, Shorts, Small

MOST_SHAPES, MOST_WORDS, MOST_LOOKUPS, MOST_HEADERS = 16, 8, 4, 8
"""What has more parts is walked; shapes beyond so many are not remembered."""

PARTS = 3
"""Columns of a part: of a word its offset from the packet's first byte, its mask and its value; of a key that
nobody claims the offset of its header, its row in the program's numbers, and where its family begins; of a
header its step, offset and size."""

ROOT, REACH, WORDS, LOOKUPS, HEADERS, HAS_DATA = range(6)
"""Columns of a shape: the first step; bytes that its words and headers are within; how many there are of each
sort of part; whether bytes behind the last header are data."""

FIRST_WORD = HAS_DATA + 1
FIRST_LOOKUP = FIRST_WORD + PARTS * MOST_WORDS
FIRST_HEADER = FIRST_LOOKUP + PARTS * MOST_LOOKUPS
WIDTH = FIRST_HEADER + PARTS * MOST_HEADERS
"""Columns of all shapes that are remembered; the parts stand one after the other."""

KNOWN, ORDER = 0, 1
"""In the order of shapes: how many there are, and from where on, the likeliest first."""


@kernel(plain_below=PART)
def recall(
    shapes: Integers,
    order: Integers,
    packet: tuple[Bytes, int, int, int, int, int],
    tables: tuple[Integers, Integers, Shorts, int],
    rows: Small,
    row: int,
) -> int:
    """Write the headers of a packet that has a shape which is remembered.

    Args:
        shapes: (MOST_SHAPES, WIDTH).
        order: see `KNOWN`; updated.
        packet: the chunk's bytes; the packet's index, first byte, end of what was captured, end on the wire
            and first step.
        tables: steps, numbers and keys of the program, and the step of what no protocol claims.
        rows: see `walk`.
        row: where to write.

    Returns:
        how many rows were written, 0 if it has none of these shapes.
    """
    for rank in range(order[KNOWN]):
        shape = order[ORDER + rank]
        if is_alike(shapes[shape], packet, tables):
            if rank:  # a step forward for what was needed
                order[ORDER + rank], order[ORDER + rank - 1] = order[ORDER + rank - 1], shape
            return lay_out(shapes[shape], packet, tables, rows, row)
    return 0


@kernel(plain_below=PART)
def is_alike(
    shape: Integers,
    packet: tuple[Bytes, int, int, int, int, int],
    tables: tuple[Integers, Integers, Shorts, int],
) -> bool:
    """Whether all that decides is the same."""
    data, _, at, _, _, root = packet
    _, numbers, keys, _ = tables
    if shape[ROOT] != root or at + shape[REACH] > len(data):
        return False
    for part in range(FIRST_WORD, FIRST_WORD + PARTS * shape[WORDS], PARTS):
        if eight(data, at + shape[part]) & shape[part + 1] != shape[part + 2]:
            return False
    for part in range(FIRST_LOOKUP, FIRST_LOOKUP + PARTS * shape[LOOKUPS], PARTS):
        if keys[shape[part + 2] + number(data, at + shape[part], numbers, shape[part + 1])] >= 0:
            return False
    return True


@kernel(plain_below=PART)
def lay_out(
    shape: Integers,
    packet: tuple[Bytes, int, int, int, int, int],
    tables: tuple[Integers, Integers, Shorts, int],
    rows: Small,
    row: int,
) -> int:
    """Write the headers of a shape, if they all fit; as `recall`."""
    data, index, begin, edge, limit, _ = packet
    steps, numbers, _, data_step = tables
    end = begin
    for header in range(shape[HEADERS]):
        part = FIRST_HEADER + PARTS * header
        step, at = shape[part], begin + shape[part + 1]
        end = at + shape[part + 2]
        if end > min(limit, edge):
            return 0
        if steps[step, TOTAL] >= 0:
            stated = number(data, at, numbers, steps[step, TOTAL])
            total = stated * steps[step, TOTAL_SCALE] + steps[step, TOTAL_BIAS]
            if stated and at + total < end:
                return 0
            if stated and at + total < limit:
                limit = at + total
        rows[0, row + header], rows[1, row + header], rows[2, row + header] = index, step, at
        rows[3, row + header], rows[4, row + header], rows[5, row + header] = end, limit, 0
    count = shape[HEADERS]
    if shape[HAS_DATA] and end < min(limit, edge):
        rows[0, row + count], rows[1, row + count], rows[2, row + count] = index, data_step, end
        rows[3, row + count], rows[4, row + count], rows[5, row + count] = end, limit, 0
        count += 1
    return int(count)


@kernel(plain_below=PART)
def learn(
    shape: Integers,
    packet: tuple[Bytes, int, int, int, int, int],
    tables: tuple[Integers, Integers, Integers, Integers, Integers, Integers, Shorts, int],
    rows: Small,
    between: tuple[int, int],
) -> bool:
    """Take the shape of a packet that was walked to its end.

    Args:
        shape: filled.
        packet: as `recall`.
        tables: steps, numbers, terms, stops, nexts, constants and keys of the program, and the step of what
            no protocol claims.
        rows: see `walk`.
        between: its rows: the first, and one past the last.

    Returns:
        whether it can be recalled by its shape: not if more decided than a shape remembers.
    """
    data, _, begin, _, _, root = packet
    steps, numbers, terms, halts, _, constants, _, data_step = tables
    shape[ROOT], shape[REACH], shape[WORDS], shape[LOOKUPS], shape[HEADERS] = root, 0, 0, 0, 0
    first, last = between
    if last - first > 1 and rows[1, last - 1] == data_step:
        last -= 1
    if last - first > MOST_HEADERS:
        return False
    for row in range(first, last):
        step, at = int(rows[1, row]), int(rows[2, row])
        if rows[3, row] == at or rows[5, row] or steps[step, QUOTES]:
            return False
        part = FIRST_HEADER + PARTS * shape[HEADERS]
        shape[part], shape[part + 1], shape[part + 2] = step, at - begin, rows[3, row] - at
        shape[HEADERS] += 1
        shape[REACH] = max(shape[REACH], rows[3, row] - begin)
        where = data, begin, at
        for halt in range(steps[step, STOP_FIRST], steps[step, STOP_LAST]):
            if number(data, at, numbers, halts[halt, 0]):
                return False
        is_demanded = demand_all(
            shape, where, numbers, halts, (steps[step, STOP_FIRST], steps[step, STOP_LAST])
        )
        of = steps[step, CONSTANT_FIRST], steps[step, CONSTANT_LAST]
        is_demanded &= demand_all(shape, where, numbers, constants, of)
        of = steps[step, TERM_FIRST], steps[step, TERM_LAST]
        is_demanded &= demand_all(shape, where, numbers, terms, of)
        following = int(rows[1, row + 1]) if row + 1 < last else -1
        if not is_demanded or not demand_next(shape, where, (step, following), tables):
            return False
    step = int(rows[1, last - 1])
    shape[HAS_DATA] = 1 if steps[step, CARRIES] and data_step >= 0 and step != data_step else 0
    return True


@kernel(plain_below=PART)
def demand_all(
    shape: Integers,
    where: tuple[Bytes, int, int],
    numbers: Integers,
    table: Integers,
    between: tuple[int, int],
) -> bool:
    """Have the numbers of these entries of a table be the same; whether there is room for that."""
    has_room = True
    for entry in range(between[0], between[1]):
        has_room = has_room and demand(shape, where, numbers[table[entry, 0]])
    return has_room


@kernel(plain_below=PART)
def demand(shape: Integers, where: tuple[Bytes, int, int], place: int) -> bool:
    """Have the bits of one number be the same; whether there is room for that.

    Args:
        shape: updated.
        where: the chunk's bytes, the first of the packet and of the header.
        place: see `pack`.
    """
    data, begin, at = where
    offset, count = at - begin + (place & 0xFFFF), (place >> 16) & 0xF
    bits = (place >> 26) << (64 - 8 * count + ((place >> 20) & 0x3F))
    part = FIRST_WORD + PARTS * (shape[WORDS] - 1)
    if shape[WORDS] and shape[part] <= offset and offset + count <= shape[part] + 8:
        down = 8 * (offset - shape[part])
        bits = bits >> down & ((1 << (64 - down)) - 1) if down else bits
    else:
        if shape[WORDS] == MOST_WORDS or begin + offset + 8 > len(data):
            return False
        shape[WORDS] += 1
        part += PARTS
        shape[part], shape[part + 1] = offset, 0
        shape[REACH] = max(shape[REACH], offset + 8)
    shape[part + 1] |= bits
    shape[part + 2] = eight(data, begin + shape[part]) & shape[part + 1]
    return True


@kernel(plain_below=PART)
def demand_next(
    shape: Integers,
    where: tuple[Bytes, int, int],
    steps_of: tuple[int, int],
    tables: tuple[Integers, Integers, Integers, Integers, Integers, Integers, Shorts, int],
) -> bool:
    """Have the same header follow, or none; `steps_of` is the step of this one and of what follows, or -1."""
    data, _, at = where
    step, following = steps_of
    steps, numbers, _, _, nexts, _, keys, _ = tables
    for candidate in range(steps[step, NEXT_FIRST], steps[step, NEXT_LAST]):
        first, is_length = nexts[candidate, 2], nexts[candidate, 3] < nexts[candidate, 4]
        if nexts[candidate, 1]:  # it stands behind the header
            return False
        key = number(data, at, numbers, nexts[candidate, 0])
        if nexts[candidate, 3] <= key < nexts[candidate, 4]:
            return False
        claimed = keys[first + key]
        if claimed >= 0 or is_length:
            if not demand(shape, where, numbers[nexts[candidate, 0]]):
                return False
        else:
            if shape[LOOKUPS] == MOST_LOOKUPS:
                return False
            part = FIRST_LOOKUP + PARTS * shape[LOOKUPS]
            shape[part], shape[part + 1], shape[part + 2] = at - where[1], nexts[candidate, 0], first
            shape[LOOKUPS] += 1
        if claimed >= 0:
            has_beginnings = steps[claimed, BEGIN_FIRST] != steps[claimed, BEGIN_LAST]
            return bool(claimed == following and not has_beginnings)
    return following < 0
