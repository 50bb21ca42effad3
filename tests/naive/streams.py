"""One side's stream put in order as plainly as possible: a dictionary of places, a byte each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Came(NamedTuple):
    """Payload that came: its place, the bytes captured, how many were cut off."""

    begin: int
    data: bytes
    cut: int = 0


class Acked(NamedTuple):
    """The other side has everything before this place."""

    place: int


@dataclass
class Heard:
    """What is known by now: places of bytes told, missing, late; conflicts as event, place, byte."""

    keeps_last: bool
    told: dict[int, int] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    late: dict[int, int] = field(default_factory=dict)
    conflicts: set[tuple[int, int, int]] = field(default_factory=set)
    keep_alives: list[int] = field(default_factory=list)
    waiting: dict[int, int | None] = field(default_factory=dict)
    expected: int = 0
    newest: int = 0
    acked: int = -1

    def came(self, number: int, event: Came) -> None:
        octets = [*event.data, *[None] * event.cut]
        last = len(octets) == 1 and event.begin == self.newest - 1 and self.expected == self.newest
        if last and (self.acked < 0 or self.acked >= self.newest):
            self.keep_alives.append(number)
            return
        self.newest = max(self.newest, event.begin + len(octets))
        for place, byte in enumerate(octets, event.begin):
            if place >= self.expected:
                self.wait(number, place, byte)
            elif byte is not None:
                self.again(number, place, byte)

    def again(self, number: int, place: int, byte: int) -> None:
        if place in self.missing or place < 0:
            self.missing.discard(place)
            self.late[place] = byte
        elif self.told.get(place, self.late.get(place, byte)) != byte:
            self.conflicts.add((number, place, byte))

    def wait(self, number: int, place: int, byte: int | None) -> None:
        other = self.waiting.get(place)
        if other is not None and byte is not None and other != byte:
            self.conflicts.add((number, place, other if self.keeps_last else byte))
        if other is None or (byte is not None and self.keeps_last):
            self.waiting[place] = byte

    def acknowledged(self, place: int) -> None:
        self.acked = max(self.acked, place)
        if self.acked == 1 and self.newest == 0:
            self.expected = self.newest = 1

    def tell(self) -> None:
        while self.expected in self.waiting:
            byte = self.waiting.pop(self.expected)
            if byte is None:
                self.missing.add(self.expected)
            else:
                self.told[self.expected] = byte
            self.expected += 1

    def give_up(self, place: int) -> None:
        self.missing.update(range(self.expected, place))
        self.expected = place
        self.tell()


def heard(events: list[Came | Acked], policy: str) -> Heard:
    """Take the events one by one, numbered from 0, and each byte of theirs one by one."""
    made = Heard(policy == "last")
    for number, event in enumerate(events):
        if isinstance(event, Acked):
            made.acknowledged(event.place)
        else:
            made.came(number, event)
        made.tell()
        while made.waiting and min(made.waiting) <= made.acked:
            made.give_up(min(made.waiting))
    while made.waiting:
        made.give_up(min(made.waiting))
    if made.acked > made.expected + 1:
        made.give_up(made.acked)
    return made
