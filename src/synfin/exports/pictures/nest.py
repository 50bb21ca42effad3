"""Payload within TCP within IP within Ethernet as SVG: nested bars over a row of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.cells import wrapped
from synfin.exports.pictures.svg import CELL, Picture, width_of

if TYPE_CHECKING:
    from synfin.explain.encapsulation import Encapsulation, Part

ROW_HEIGHT, BRACE, LINE = 62, 30, 17
SMALLEST = 62


def draw_nest(nest: Encapsulation, width: float) -> tuple[Picture, float]:
    """The picture and its height."""
    picture = Picture()
    picture.text((0, 14), nest.title, "label")
    top = 30.0
    edges = _edges(nest, width)
    for at, part in enumerate(nest.parts):
        _part(picture, part, (edges[at], top), edges[at + 1] - edges[at])
    y = top + ROW_HEIGHT
    for unit in nest.units:
        left, right = edges[unit.first] + 2, edges[unit.last + 1] - 2
        label = f"{unit.title} · {unit.size} B"
        middle, half = (left + right) / 2, width_of(label, 13.5) / 2 + 6
        inner = (max(middle - half, left), min(middle + half, right))
        picture.path(f"M{left:g} {y + 4:g}v10H{inner[0]:g}M{right:g} {y + 4:g}v10H{inner[1]:g}", "brace")
        picture.text((middle, y + 19), label, "label", anchor="middle")
        y += BRACE
    if any(part.sort == "unseen" for part in nest.parts):
        picture.box((0, y + 10), (18, 12), "unseen")
        picture.text((26, y + 20), nest.unseen, "subtitle")
        y += 26
    for note in nest.notes:
        for at, text in enumerate(wrapped(note, int(width / (12 * CELL)) - 2)):
            y += LINE
            picture.text((0 if at == 0 else 10, y + 4), f"· {text}" if at == 0 else text, "subtitle")
    return picture, y + 10


def _edges(nest: Encapsulation, width: float) -> list[float]:
    """Where the parts begin and end; the payload takes what the others leave."""
    asked = [
        max(
            *(width_of(word, 13.5) + 16 for word in part.title.split()),
            width_of(part.title, 13.5) / 2 + 16,
            SMALLEST,
        )
        for part in nest.parts
    ]
    elastic = [at for at, part in enumerate(nest.parts) if part.sort == "payload"]
    spare = width - sum(asked)
    for at in elastic or range(len(asked)):
        asked[at] += spare / len(elastic or asked)
    edges = [0.0]
    for one in asked:
        edges.append(edges[-1] + one)
    return edges


def _part(picture: Picture, part: Part, corner: tuple[float, float], width: float) -> None:
    look = "unseen" if part.sort in ("unseen", "padding") else f"level level-{part.level}"
    picture.box((corner[0] + 1, corner[1]), (width - 2, ROW_HEIGHT), look, round_by=3, hint=part.title)
    lines = wrapped(part.title, max(int((width - 8) / (12.5 * CELL)), 4))[:3]
    y = corner[1] + (ROW_HEIGHT - 15 * (len(lines) + 1)) / 2 + 12
    middle = corner[0] + width / 2
    for text in lines:
        picture.text((middle, y), text, "label", anchor="middle")
        y += 15
    picture.text((middle, y), f"{part.size} B", "value", anchor="middle")
