"""The four-layer model as SVG: one floor above the other, each protocol where it belongs, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.cells import NO_BREAK_SPACE, wrapped
from synfin.exports.pictures.svg import CELL, Picture

if TYPE_CHECKING:
    from synfin.explain.stack import Floor, Resident, Stack

WIDTH, LINE, PADDING, NAMES = 900, 17, 12, 210
"""Pixels; `NAMES` is how far the column of the layers' names goes."""


def stack_svg(stack: Stack) -> str:
    """The model as a file."""
    picture = Picture()
    inner, height = draw_stack(stack, WIDTH - 48)
    picture.group(inner, (24, 22))
    return picture.document((WIDTH, height + 34), stack.title)


def draw_stack(stack: Stack, width: float) -> tuple[Picture, float]:
    """The model and its height."""
    picture = Picture()
    picture.text((0, 14), stack.title, "title")
    y = 30.0
    for floor in stack.floors:
        y = _floor(picture, floor, y, width)
    for text in wrapped(stack.aside, int(width / (12 * CELL))):
        y += LINE
        picture.text((0, y + 6), text, "subtitle")
    return picture, y + 14


def _floor(picture: Picture, floor: Floor, y: float, width: float) -> float:
    left = wrapped(floor.duty, int((NAMES - 28) / (12 * CELL)))
    right: list[tuple[str, str]] = []
    for resident in floor.residents:
        right.append((_name(resident), "label"))
        room = int((width - NAMES - 30) / (12 * CELL))
        right += [(text, "remark") for text in wrapped(resident.why, room)] if resident.why else []
    height = max(LINE * (len(left) + 1), LINE * len(right)) + 2 * PADDING
    picture.box((0, y), (width, height), f"level level-{floor.level}", round_by=4)
    picture.text((14, y + PADDING + 13), floor.title, "endpoint")
    for at, text in enumerate(left):
        picture.text((14, y + PADDING + 13 + LINE * (at + 1)), text, "remark")
    for at, (text, look) in enumerate(right):
        picture.text((NAMES + (0 if look == "label" else 12), y + PADDING + 13 + LINE * at), text, look)
    return y + height + 4


def _name(resident: Resident) -> str:
    counted = f"  ×{resident.packets}" if resident.packets else ""
    return f"{resident.title} ({resident.name}){counted}".replace(NO_BREAK_SPACE, " ")
