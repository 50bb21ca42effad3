"""Everything the page's script may show of packets, as plain values; texts that repeat are kept once."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from synfin.connections.account import Segment
from synfin.dissect.tree import Trees
from synfin.explain.encapsulation import encapsulation
from synfin.explain.language import language
from synfin.explain.lesson import diagrams, extents
from synfin.explain.narrator import flag_names
from synfin.explain.stack import held
from synfin.exports.listing import columns, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synfin.connections.account import Account
    from synfin.connections.course import Course
    from synfin.dissect.definition import Lesson
    from synfin.dissect.diagram import Diagram
    from synfin.dissect.table import PacketTable
    from synfin.dissect.tree import Node

ALL_BYTES, FEWEST_BYTES, MOST_BYTES = 400_000, 256, 2048
"""Bytes of packets in a page: in all, and of one packet at least and at most, the rest is left out."""

LONGEST_LABEL = 240
"""Characters of one line of the tree."""

RAW = "_raw"
"""The end of the name of a number as it stands in the header, where it is shown relative to another, too."""

DRAWN, OPENS, OPTIONAL = 1, 2, 4
"""Bits that say about a box: it has one of its own; it is an option's first; it may be absent."""


class Strings:
    """Texts by number, each kept once."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """The number of a text."""
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


class Facts:
    """Gathers what the page shows of an account's packets.

    Attributes:
        packets: one entry for each packet that is told.
        strings: their texts.
        lessons: by field name what there is to teach, in both languages.
        counts: by protocol, how many packets of the capture hold it, as far as the connection goes.
    """

    def __init__(self, account: Account) -> None:
        self._segments = {one.number: one for one in account.entries if isinstance(one, Segment)}
        first = min((one.time for one in self._segments.values()), default=0)
        self._start = first
        self._room = min(max(ALL_BYTES // max(len(self._segments), 1), FEWEST_BYTES), MOST_BYTES)
        self._found: set[int] = set()
        self.packets: list[dict[str, object]] = []
        self.strings = Strings()
        self.lessons: dict[str, dict[str, object]] = {}
        self.counts: Counter[str] = Counter()

    @property
    def numbers(self) -> set[int]:
        """Numbers of the packets that were found."""
        return self._found

    @property
    def last(self) -> int:
        """Number of the last packet that is told."""
        return max(self._segments, default=0)

    def gather(self, tables: Iterable[PacketTable]) -> None:
        """Take the packets from the capture's tables."""
        for table in tables:
            self.counts.update(held(table))
            first = table.chunk.first
            wanted = [number for number in self._segments if first <= number < first + len(table)]
            if wanted:
                self._take(table, wanted)
            if first + len(table) > self.last:
                return

    def _take(self, table: PacketTable, wanted: list[int]) -> None:
        trees = Trees(table)
        first = table.chunk.first
        reference = np.full(len(table), self._start, np.int64)
        shown = columns(table, times(table, "r", reference))
        infos = [shown["Info"][number - first] for number in wanted]
        for number, info in zip(wanted, infos, strict=True):
            self._found.add(number)
            self.packets.append(self._packet(table, trees, self._segments[number], info))

    def _packet(self, table: PacketTable, trees: Trees, segment: Segment, info: str) -> dict[str, object]:
        index = segment.number - table.chunk.first
        data = table.chunk.packet(index)
        drawn = diagrams(table, index)
        return {
            "n": segment.number,
            "t": (segment.time - self._start) / 1e9,
            "side": segment.sender,
            "flags": " ".join(flag_names(segment.flags)),
            "length": segment.length,
            "wire": int(table.chunk.length[index]),
            "kept": len(data),
            "info": info,
            "bytes": b64encode(data[: self._room]).decode(),
            "tree": list(self._lines(trees.packet(index), 0)),
            "headers": [self._header(diagram) for diagram, is_copy in drawn if not is_copy],
            "nest": self._nest(table, index),
        }

    def _lines(self, nodes: Iterable[Node], depth: int) -> Iterator[list[int]]:
        """The tree from top to bottom: depth, label, name, first byte, bytes.

        A number that is shown relative has the bytes of the raw one.
        """
        number = self.strings.number
        nodes = [node for node in nodes if not node.hidden]
        raw = {node.name.removesuffix(RAW): node for node in nodes if node.name.endswith(RAW)}
        for node in nodes:
            label = node.label if len(node.label) <= LONGEST_LABEL else node.label[:LONGEST_LABEL] + "…"
            at = raw.get(node.name, node) if node.start < 0 or not node.length else node
            yield [depth, number(label), number(node.name), at.start, at.length]
            yield from self._lines(node.children, depth + 1)

    def _header(self, diagram: Diagram) -> dict[str, object]:
        number = self.strings.number
        boxes = []
        for box in diagram.boxes:
            if box.lesson is not None and box.name not in self.lessons:
                self.lessons[box.name] = _lesson(box.lesson)
                self.lessons.setdefault(box.name.removesuffix(RAW), self.lessons[box.name])
            bits = DRAWN * box.drawn | OPENS * box.opens | OPTIONAL * bool(box.condition and not box.value)
            texts = (box.label, box.value, box.plain, box.raw, box.name, box.item)
            boxes.append([box.start, box.bits, bits, *(number(text) for text in texts)])
        return {
            "name": diagram.protocol,
            "title": number(diagram.title),
            "first": diagram.first,
            "size": diagram.size,
            "boxes": boxes,
        }

    def _nest(self, table: PacketTable, index: int) -> dict[str, object]:
        """The encapsulation, its titles in both languages."""
        found, wire = extents(table, index), int(table.chunk.length[index])
        english, chinese = (encapsulation(found, wire, language(lang)) for lang in ("en", "zh"))
        number = self.strings.number
        return {
            "parts": [
                [one.sort, one.name, number(one.title), number(other.title), one.size, one.level]
                for one, other in zip(english.parts, chinese.parts, strict=True)
            ],
            "units": [
                [number(one.title), number(other.title), one.size, one.first, one.last]
                for one, other in zip(english.units, chinese.units, strict=True)
            ],
        }


def _lesson(lesson: Lesson) -> dict[str, object]:
    """What to teach about a field, in both languages."""
    return {
        key: list(words) if words is not None else None
        for key, words in (("meaning", lesson.meaning), ("unit", lesson.unit), ("mistake", lesson.mistake))
    } | {"section": lesson.section}


def plots(course: Course) -> dict[str, object]:
    """What is drawn over time, in seconds; round trips in milliseconds, windows and numbers in bytes."""
    return {
        "bursts": [
            [one.number, one.time / 1e9, one.sender, one.first, one.last, one.kind] for one in course.bursts
        ],
        "rtt": [
            [one.number, one.time / 1e9, one.sender, one.took / 1e6, one.of] for one in course.round_trips
        ],
        "windows": [[one.number, one.time / 1e9, one.sender, one.size] for one in course.windows],
    }
