"""Finds every header of every packet by following the compiled definitions; knows no protocol.

The definitions become a `Program` of integer tables, and one loop interprets it. What it cannot follow
it writes down as a *stop*: which header, why, how many bytes were needed and how many there were.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, kernel
from synfin.dissect.definition import LENGTH_KEY
from synfin.dissect.program import (
    BEGIN_FIRST,
    BEGIN_LAST,
    BIAS,
    BODY,
    CARRIES,
    CONSTANT_FIRST,
    CONSTANT_LAST,
    HAS_LENGTH,
    MINIMUM,
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
from synfin.dissect.shapes import KNOWN, MOST_SHAPES, ORDER, learn, recall

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers, Shorts, Small

MAX_DEPTH = 64
"""Headers followed in one packet; more is a stop, so that no packet can make the walk long."""


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


FARTHEST = (1 << 31) - 1
"""No header speaks for bytes beyond this one of a chunk: positions are 32 bits wide."""

COUNTS = 3
"""Where in `walk`'s progress the number of rows of each step stands."""

# Flags of a header row.
QUOTED = 1
PARTIAL = 2


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
    found: tuple[Small, Small, Integers, Integers],
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
        found: rows int32 (6, capacity): packet, step, start, end, limit, flags;
            stops int32 (6, capacity): packet, step, reason, bytes needed, bytes there, limiting step;
            and what is remembered of packets before, see `shapes`.
        progress: int64: next packet, rows written, stops written; and how many rows of each step; updated.

    Returns:
        whether all packets are done; if not, call again with room for more.
    """
    steps, numbers, terms, sizes, halts, nexts, constants, keys, beginnings, texts = tables
    data, captured, length, interface, interfaces = packets
    rows, stops, shapes, order = found
    row, stop = progress[1], progress[2]
    for packet in range(progress[0], len(start)):
        if row + MAX_DEPTH + 1 > rows.shape[1] or stop + 1 > stops.shape[1]:
            progress[0], progress[1], progress[2] = packet, row, stop
            return False
        at, edge = start[packet], start[packet] + captured[packet]
        limit = max(start[packet] + length[packet], edge)  # a length below what was captured is a lie
        limit = min(max(limit - interfaces[1, interface[packet]], at), FARTHEST)
        step, limited_by, flags = interfaces[0, interface[packet]], np.int64(-1), np.int64(0)
        like = data, packet, at, edge, limit, step
        recalled = recall(shapes, order, like, (steps, numbers, keys, data_step), rows, row)
        if recalled:
            for header in range(row, row + recalled):
                progress[COUNTS + rows[1, header]] += 1
            row += recalled
            continue
        depth, first, stopped = 0, row, stop
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
        if order[KNOWN] < MOST_SHAPES and stop == stopped and row > first:
            all_tables = steps, numbers, terms, halts, nexts, constants, keys, data_step
            if learn(shapes[order[KNOWN]], like, all_tables, rows, (first, row)):
                order[ORDER + order[KNOWN]] = order[KNOWN]
                order[KNOWN] += 1
    progress[0], progress[1], progress[2] = len(start), row, stop
    return True


# Numba reads plain integers, not members of an enumeration.
CUT, SHORT, LIES, DEEP = int(Reason.CUT), int(Reason.SHORT), int(Reason.LIES), int(Reason.DEEP)
