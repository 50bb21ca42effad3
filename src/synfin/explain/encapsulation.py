"""Which bytes of a packet are whose: payload within TCP within IP within Ethernet; what none holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synfin.basics.cells import cells, padded, shortened, wrapped
from synfin.basics.spans import Line, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synfin.explain.language import Language
    from synfin.explain.stack import Level

PREAMBLE, DELIMITER, CHECK = 7, 1, 4
"""Bytes of preamble, start frame delimiter and frame check sequence (IEEE 802.3 3.1.1)."""

SHORTEST = 60
"""Bytes of the shortest Ethernet frame without its check sequence (IEEE 802.3 4A.4.2)."""

Sort = Literal["unseen", "header", "payload", "padding"]
KNOWN_UNITS = {"eth": "frame", "ip": "datagram", "ipv6": "datagram", "tcp": "segment", "udp": "udp"}
"""Protocols whose unit has a name of its own, a text "nest.unit.…"."""

NARROWEST_CELL = 6


@dataclass(frozen=True, slots=True)
class Extent:
    """Where one header lies, in bytes from the first of the packet.

    Attributes:
        name: of the protocol.
        title: what the tree calls it.
        start, end: the header.
        limit: where the bytes end that it may speak for, on the wire.
        level: the layer it belongs to, see `stack.LEVELS`.
    """

    name: str
    title: str
    start: int
    end: int
    limit: int
    level: Level = "link"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of bytes that belongs to one protocol.

    Attributes:
        sort: what it is; "unseen" is on the wire and in no capture.
        name: the protocol, "" for what belongs to none.
        title: what it is called.
        size: bytes.
        level: the layer it belongs to.
    """

    sort: Sort
    name: str
    title: str
    size: int
    level: Level = "application"


@dataclass(frozen=True, slots=True)
class Unit:
    """What one layer hands to the next: some parts, side by side.

    Attributes:
        title: "frame", "IP datagram", "TCP segment", …
        size: bytes.
        first, last: index of its first and its last part.
    """

    title: str
    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Encapsulation:
    """The picture.

    Attributes:
        title: what it shows.
        parts: from the first byte on the wire to the last.
        units: from the outermost to the innermost.
        notes: what to know about it.
        unseen: the word for what is not captured.
    """

    title: str
    parts: tuple[Part, ...]
    units: tuple[Unit, ...]
    notes: tuple[str, ...]
    unseen: str

    def lines(self, width: int) -> tuple[Line, ...]:
        """The picture in lines of text."""
        return tuple(_Drawing(self, width).lines())


def encapsulation(extents: Sequence[Extent], wire: int, words: Language) -> Encapsulation:
    """The picture of one packet.

    Args:
        extents: its headers from outside inwards, copies of other packets' headers left out.
        wire: bytes of the packet on the wire, as far as the capture tells.
        words: the language.
    """
    named = [one for one in extents if one.name not in ("data", "raw")]
    bounds = [min(one.limit, wire) for one in named]
    if bounds:
        bounds[0] = wire
    parts = [Part("header", one.name, one.title, one.end - one.start, one.level) for one in named]
    inner = named[-1].end if named else 0
    limit = bounds[-1] if bounds else wire
    say = words.say
    if limit > inner:
        parts.append(Part("payload", "", say("nest.payload"), limit - inner))
    units = []
    for depth in range(len(named) - 1, 0, -1):
        units.append(
            Unit(_unit(named[depth], words), bounds[depth] - named[depth].start, depth, len(parts) - 1)
        )
        if bounds[depth - 1] > bounds[depth]:
            parts.append(Part("padding", "", say("nest.padding"), bounds[depth - 1] - bounds[depth]))
    if named:
        units.append(Unit(_unit(named[0], words), wire, 0, len(parts) - 1))
    return _on_the_wire(parts, units[::-1], (bool(named) and named[0].name == "eth", wire), words)


def frame_notes(words: Language) -> tuple[str, ...]:
    """Why no capture holds preamble, delimiter and check sequence."""
    return words.say("nest.why.ends"), words.say("nest.why.check")


def _unit(one: Extent, words: Language) -> str:
    known = KNOWN_UNITS.get(one.name)
    return words.say(f"nest.unit.{known}") if known else one.title


def _on_the_wire(
    parts: list[Part], units: list[Unit], frame: tuple[bool, int], words: Language
) -> Encapsulation:
    """With preamble, delimiter and check sequence around an Ethernet frame."""
    is_ethernet, wire = frame
    say = words.say
    notes = []
    if is_ethernet:
        before = [
            Part("unseen", "", say("nest.preamble"), PREAMBLE),
            Part("unseen", "", say("nest.delimiter"), DELIMITER),
        ]
        parts = [*before, *parts, Part("unseen", "", say("nest.check"), CHECK)]
        units = [Unit(one.title, one.size, one.first + 2, one.last + 2) for one in units]
        notes = list(frame_notes(words))
        if wire < SHORTEST:
            notes.append(say("nest.why.short", size=words.size(wire), least=words.size(SHORTEST)))
    if any(part.sort == "padding" for part in parts):
        notes.append(say("nest.why.padding"))
    return Encapsulation(say("nest.title"), tuple(parts), tuple(units), tuple(notes), say("nest.unseen"))


class _Drawing:
    """Draws cells side by side, and below them a brace for every unit."""

    def __init__(self, picture: Encapsulation, width: int) -> None:
        self.picture = picture
        self.width = width
        parts = picture.parts
        room = width - len(parts) - 1
        asked = [max(cells(part.title), cells(self._size(part)), NARROWEST_CELL) for part in parts]
        while sum(asked) > room and max(asked) > NARROWEST_CELL:
            asked[asked.index(max(asked))] -= 1
        spare = max(room - sum(asked), 0)
        for at, part in enumerate(parts):
            asked[at] += spare if part.sort == "payload" else 0
        self.widths = asked

    def _size(self, part: Part) -> str:
        return f"{part.size} B"

    def lines(self) -> Iterator[Line]:
        parts = self.picture.parts
        yield (Span(self.picture.title, "heading"),)
        yield ()
        rows = [wrapped(part.title, width)[:3] for part, width in zip(parts, self.widths, strict=True)]
        yield self._rule("┌", "┬", "┐")
        for at in range(max(len(row) for row in rows) if rows else 0):
            yield self._row([row[at] if at < len(row) else "" for row in rows], "field")
        yield self._row([self._size(part) for part in parts], "value")
        yield self._rule("└", "┴", "┘")
        for unit in self.picture.units:
            yield self._brace(unit)
        if any(part.sort == "unseen" for part in parts):
            yield self._row(["▲" if part.sort == "unseen" else "" for part in parts], "unknown", edge=" ")
            yield (Span(f"▲ {self.picture.unseen}", "unknown"),)
        for note in self.picture.notes:
            for at, text in enumerate(wrapped(note, self.width - 2)):
                yield (Span(("· " if at == 0 else "  ") + text, "plain"),)

    def _rule(self, left: str, middle: str, right: str) -> Line:
        return (Span(left + middle.join("─" * width for width in self.widths) + right, "rule"),)

    def _row(self, texts: Sequence[str], style: str, edge: str = "│") -> Line:
        spans = [Span(edge, "rule")]
        for text, width in zip(texts, self.widths, strict=True):
            spans.append(Span(padded(shortened(text, width), width, "^"), style))  # type: ignore[arg-type]
            spans.append(Span(edge, "rule"))
        return tuple(spans)

    def _brace(self, unit: Unit) -> Line:
        before = sum(self.widths[: unit.first]) + unit.first + 1
        inner = sum(self.widths[unit.first : unit.last + 1]) + unit.last - unit.first
        label = shortened(f" {unit.title} {unit.size} B ", inner)
        left = (inner - cells(label)) // 2
        return (
            Span(" " * (before - 1)),
            Span("└" + "─" * left, "rule"),
            Span(label, "field"),
            Span("─" * (inner - left - cells(label)) + "┘", "rule"),
        )
