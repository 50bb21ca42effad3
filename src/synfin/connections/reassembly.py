"""What one side of a connection said, put in order: every byte once, and whatever is not so simple marked.

Bytes are told as soon as everything before them is. What waits out of order is bounded, and so is what is
remembered to compare other copies with; no segment costs more than its own bytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["data", "missing", "resent", "conflict", "late", "keep_alive", "reset"]
"""What a piece is.

data: bytes of the stream, each once and in order. missing: bytes that the capture does not have. resent:
bytes that came before. conflict: bytes that differ from the other copy, and were dropped for it. late: bytes
that came after they had been given up, or before the first byte known. keep_alive: the octet that only asks
for an answer (RFC 9293 3.8.4). reset: what a RST says beside the stream (RFC 9293 3.5.3). Only data is the
stream.
"""

Policy = Literal["first", "last"]
"""Which copy of a byte is kept of several that wait out of order; what has been told stays in any case."""

MOST_WAITING = 8 << 20
"""Bytes of one side that wait for what is missing before them; beyond, it is given up. Receive buffers of
Linux grow to 6 MiB (tcp_rmem), and no more can wait at a receiver."""

PER_WAIT = 256
"""Bytes that each waiting piece costs besides its own, so that many small ones are bounded, too."""

MOST_HOLES = 1024
"""Places given up that are remembered; older ones count as told."""

COMPARED = 1 << 18
"""Bytes told last that other copies are compared with, at least (at most twice as many)."""


class Piece(NamedTuple):
    """A part of what one side said.

    Attributes:
        kind: what it is.
        offset: of its first byte in the stream, from 0; in a connection whose beginning was not captured,
            from the first byte that any packet speaks of. Negative before that.
        length: how many bytes.
        data: the bytes; of "resent" and "missing" none.
        frames: the packet that brought it; where it meets another copy, the packet of that copy before it; of
            "missing" the packet that shows so.
        time: of the last of `frames`, nanoseconds since the epoch.
        marks: "out_of_order": it waited for what is before it. "urgent": it holds the last urgent byte. Of
            what is missing: "acknowledged" although not captured; "cut" by the snapshot length; "limit", too
            much waited for it; "end", it was still awaited when the capture ended. Of conflicts: "first" or
            "last", the copy that was kept.
    """

    kind: Kind
    offset: int
    length: int
    data: bytes
    frames: tuple[int, ...]
    time: int
    marks: tuple[str, ...] = ()


class Part(NamedTuple):
    """Payload of one segment, or what is left of it.

    Attributes:
        begin: its place in the stream.
        length: bytes on the wire.
        data: those that were captured; or, of bytes that were not, none.
        frame: packet number.
        time: nanoseconds since the epoch.
        urgent: place of the last urgent byte, -1 if it has none.
    """

    begin: int
    length: int
    data: bytes
    frame: int
    time: int
    urgent: int = -1

    @property
    def end(self) -> int:
        """Where it ends in the stream."""
        return self.begin + self.length

    def between(self, begin: int, end: int) -> Part:
        """What lies between two places."""
        begin, end = max(begin, self.begin), min(end, self.end)
        return self._replace(
            begin=begin, length=end - begin, data=self.data[begin - self.begin : end - self.begin]
        )


def _begin(part: Part) -> int:
    return part.begin


def _end(part: Part) -> int:
    return part.end


class Past:
    """What was told last, to compare other copies with, and which places were given up.

    Attributes:
        begin: place of the first byte remembered.
        holes: the newest places that were given up, as (begin, end), ascending.
    """

    def __init__(self) -> None:
        self.begin = 0
        self.holes: list[tuple[int, int]] = []
        self._bytes = bytearray()
        self._ends, self._frames = array("q"), array("q")

    def add(self, data: bytes, frame: int) -> None:
        """Remember the bytes told next."""
        self._bytes += data
        self._ends.append(self.begin + len(self._bytes))
        self._frames.append(frame)
        if len(self._bytes) > 2 * COMPARED:
            self._forget(len(self._bytes) - COMPARED)

    def skip(self, length: int, frame: int) -> None:
        """Remember that the next bytes are not known."""
        end = self.begin + len(self._bytes) + length
        self.holes.append((end - length, end))
        del self.holes[:-MOST_HOLES]
        if length > COMPARED:
            self.begin = end
            del self._bytes[:], self._ends[:], self._frames[:]
        else:
            self.add(bytes(length), frame)

    def _forget(self, count: int) -> None:
        del self._bytes[:count]
        self.begin += count
        told = bisect_right(self._ends, self.begin)
        del self._ends[:told], self._frames[:told]

    def known(self, begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """The places as stretches: begin, end, whether their bytes were told."""
        if begin < min(0, end):
            yield begin, min(0, end), False
            begin = 0
        at = bisect_right(self.holes, begin, key=lambda hole: hole[1])
        while begin < end:
            hole = self.holes[at] if at < len(self.holes) else (end, end)
            if begin < hole[0]:
                yield begin, min(hole[0], end), True
            if max(begin, hole[0]) < min(hole[1], end):
                yield max(begin, hole[0]), min(hole[1], end), False
            begin = max(begin, hole[1])
            at += 1

    def copy(self, begin: int, end: int) -> bytes:
        """The bytes told at these places, none of what is not remembered any more."""
        return bytes(self._bytes[max(begin - self.begin, 0) : max(end - self.begin, 0)])

    def frame(self, place: int) -> tuple[int, ...]:
        """The packet that brought the byte, if it is remembered."""
        if place < self.begin:
            return ()
        return (self._frames[bisect_right(self._ends, place)],)

    def fill(self, part: Part) -> None:
        """Remember bytes that came after they had been given up."""
        if part.begin < 0:
            return
        at = bisect_right(self.holes, part.begin, key=lambda hole: hole[1])
        begin, end = self.holes[at]
        rest = ((begin, part.begin), (part.begin + len(part.data), end))
        self.holes[at : at + 1] = [hole for hole in rest if hole[0] < hole[1]]
        known = part.data[max(self.begin - part.begin, 0) :]
        at = max(part.begin - self.begin, 0)
        self._bytes[at : at + len(known)] = known


class Direction:
    """Puts what one side says in order.

    Attributes:
        expected: place of the next byte; everything before it was told, or given up.
        newest: the end of what was sent so far.
        acknowledged: place up to which the other side has acknowledged, -1 before it has.
    """

    def __init__(self, policy: Policy = "first", most_waiting: int = MOST_WAITING) -> None:
        self.expected = self.newest = 0
        self.acknowledged = -1
        self._began = False
        self._fin: int | None = None
        self._last_ack = (0, 0)
        self._policy: Policy = policy
        self._most = most_waiting
        self._past = Past()
        self._waiting: list[Part] = []
        self._cost = 0

    def take(self, part: Part) -> Iterator[Piece]:
        """Payload of the next segment."""
        begin, end = part.begin, part.end
        if self._only_asks(part):
            yield _piece("keep_alive", part)
            return
        self.newest = max(self.newest, end)
        if begin < self.expected:
            yield from self._old(part.between(begin, self.expected))
            part = part.between(self.expected, end)
        if part.length <= 0:
            return
        if part.begin == self.expected and not self._waiting:
            yield from self._told(part)
            return
        captured = part.begin + len(part.data)
        for each in (part.between(part.begin, captured), part.between(captured, end)):
            if each.length:
                yield from self._insert(each)
        yield from self._settle((part.frame, part.time))

    def _only_asks(self, part: Part) -> bool:
        """Whether it repeats the last number, all else having been acknowledged: RFC 9293 3.8.4."""
        if part.length != 1:
            return False
        if part.begin == self._fin:
            return True
        is_last = part.begin == self.newest - 1 and self.expected == self.newest
        return is_last and (self.acknowledged < 0 or self.acknowledged >= self.newest)

    def note_syn(self) -> None:
        """The side's first number was captured: every place from 0 on is a byte."""
        self._began = True

    def note_fin(self, place: int) -> None:
        """The side says nothing from this place on."""
        self._fin = place

    def acknowledge(self, place: int, frame: int, time: int) -> Iterator[Piece]:
        """The other side has everything before this place."""
        if place > self.acknowledged:
            self.acknowledged, self._last_ack = place, (frame, time)
            if place == 1 and self.newest == 0 and not self._began:
                self.expected = self.newest = 1  # what we took for the beginning was a keep-alive, or a FIN
                self._past.begin = 1
            if self._waiting and place > self.expected:
                yield from self._settle((frame, time))

    def finish(self) -> Iterator[Piece]:
        """Tell what still waits, and what is known to be missing at the end."""
        while self._waiting:
            first = self._waiting[0]
            yield from self._give_up(first.begin, (first.frame, first.time), "end")
            yield from self._drain(None)
        end = self.acknowledged if self._fin is None else min(self.acknowledged, self._fin)
        maybe_fin = 1 if self._fin is None else 0
        if end > self.expected + maybe_fin:
            yield from self._give_up(end, self._last_ack, "acknowledged")

    def _old(self, part: Part) -> Iterator[Piece]:
        """Bytes at places that were told or given up before."""
        stretches = list(self._past.known(part.begin, part.end))  # before filling changes them
        for begin, end, known in stretches:
            here = part.between(begin, end)
            if known:
                yield from self._again(here)
            elif here.data:
                self._past.fill(here)
                yield _piece("late", here._replace(length=len(here.data)))

    def _again(self, part: Part) -> Iterator[Piece]:
        """Bytes that were told before."""
        other = self._past.frame(part.begin)
        yield Piece("resent", part.begin, part.length, b"", (*other, part.frame), part.time)
        begin = max(part.begin, self._past.begin)
        copy = self._past.copy(begin, part.begin + len(part.data))
        differing = _difference(part.data[begin - part.begin :], copy)
        if differing is not None:
            first, last = differing
            rejected = part.between(begin + first, begin + last + 1)
            frames = (*self._past.frame(rejected.begin), part.frame)
            yield Piece(
                "conflict", rejected.begin, rejected.length, rejected.data, frames, part.time, ("first",)
            )

    def _told(self, part: Part, *, waited: bool = False) -> Iterator[Piece]:
        """The next bytes, in order at last."""
        captured = len(part.data)
        if captured:
            self._past.add(part.data, part.frame)
            self.expected += captured
            marks: tuple[str, ...] = ("out_of_order",) if waited else ()
            if part.begin <= part.urgent < part.begin + captured:
                marks += ("urgent",)
            frames = (part.frame,)
            yield Piece("data", part.begin, captured, part.data, frames, part.time, marks)
        if part.length > captured:
            yield from self._give_up(part.end, (part.frame, part.time), "cut")

    def _give_up(self, end: int, shown_by: tuple[int, int], why: str) -> Iterator[Piece]:
        """Bytes up to a place are not there."""
        length = end - self.expected
        if length > 0:
            frame, time = shown_by
            yield Piece("missing", self.expected, length, b"", (frame,), time, (why,))
            self._past.skip(length, frame)
            self.expected = end

    def _settle(self, shown_by: tuple[int, int]) -> Iterator[Piece]:
        """Tell what is complete; give up what the other side has and we do not, and what is too much."""
        yield from self._drain(shown_by[0])
        while self._waiting:
            begin = self._waiting[0].begin
            if begin <= self.acknowledged:
                yield from self._give_up(begin, self._last_ack, "acknowledged")
            elif self._cost > self._most:
                yield from self._give_up(begin, shown_by, "limit")
            else:
                return
            yield from self._drain(shown_by[0])

    def _drain(self, frame: int | None) -> Iterator[Piece]:
        """Tell what waited for nothing but what has just come; what packet `frame` brought did not wait."""
        count = 0
        for part in self._waiting:
            if part.begin != self.expected:
                break
            count += 1
            self._cost -= len(part.data) + PER_WAIT
            yield from self._told(part, waited=part.frame != frame)
        del self._waiting[:count]

    def _insert(self, part: Part) -> Iterator[Piece]:
        """Have a part wait, either all captured or not at all, and say where it meets others."""
        first = bisect_right(self._waiting, part.begin, key=_end)
        last = bisect_left(self._waiting, part.end, key=_begin)
        others = self._waiting[first:last]
        if not others:
            self._waiting.insert(first, part)
            self._cost += len(part.data) + PER_WAIT
            return
        wins = [self._is_better(part, other) for other in others]
        for other, is_better in zip(others, wins, strict=True):
            yield from self._meet(part, other, is_better=is_better)
        made = [others[0].between(others[0].begin, part.begin)] if wins[0] else []
        place = part.begin
        for other, is_better in zip(others, wins, strict=True):
            if not is_better:
                made += [part.between(place, other.begin), other]
                place = other.end
        made.append(part.between(place, part.end))
        made += [others[-1].between(part.end, others[-1].end)] if wins[-1] else []
        made = [one for one in made if one.length > 0]
        self._waiting[first:last] = made
        self._cost += sum(len(one.data) + PER_WAIT for one in made)
        self._cost -= sum(len(one.data) + PER_WAIT for one in others)

    def _is_better(self, part: Part, other: Part) -> bool:
        """Whether a part replaces one that waits: captured bytes beat others, then the policy decides."""
        if bool(part.data) != bool(other.data):
            return bool(part.data)
        return self._policy == "last" and bool(part.data)

    def _meet(self, part: Part, other: Part, *, is_better: bool) -> Iterator[Piece]:
        """Two copies of the same places: the part that comes and one that waits."""
        here, there = part.between(other.begin, other.end), other.between(part.begin, part.end)
        frames = (other.frame, part.frame)
        if here.length and (there.data or not here.data):
            yield Piece("resent", here.begin, here.length, b"", frames, part.time)
        differing = _difference(here.data, there.data) if here.data and there.data else None
        if differing is not None:
            rejected = (there if is_better else here).between(
                here.begin + differing[0], here.begin + differing[1] + 1
            )
            kept = "last" if is_better else "first"
            yield Piece(
                "conflict", rejected.begin, rejected.length, rejected.data, frames, part.time, (kept,)
            )


def _piece(kind: Kind, part: Part) -> Piece:
    return Piece(kind, part.begin, part.length, part.data, (part.frame,), part.time)


def _difference(one: bytes, other: bytes) -> tuple[int, int] | None:
    """Where two copies first and last differ, as far as both go; None if they do not."""
    size = min(len(one), len(other))
    one, other = one[:size], other[:size]
    if one == other:
        return None
    differing = np.flatnonzero(np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8))
    return int(differing[0]), int(differing[-1])
