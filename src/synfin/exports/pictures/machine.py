"""State diagrams as SVG: the states where textbooks put them, and the way that a connection took, in bold."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

from synfin.basics.cells import NO_BREAK_SPACE, wrapped
from synfin.exports.pictures.mermaid import edge_label
from synfin.exports.pictures.svg import CELL, Picture, Point, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.explain.machine import Edge, Machine

WIDTH, HEIGHT = 560, 636
BEND = 34
"""How far lines that RFC 9293 does not draw swing out."""

NODE = (118, 34)
"""Size of a state's box."""

PLACES: dict[str, Point] = {
    "CLOSED": (280, 92),
    "LISTEN": (88, 168),
    "SYN_SENT": (472, 168),
    "SYN_RECEIVED": (88, 252),
    "ESTABLISHED": (280, 334),
    "FIN_WAIT_1": (88, 412),
    "CLOSE_WAIT": (472, 412),
    "FIN_WAIT_2": (88, 536),
    "CLOSING": (280, 490),
    "LAST_ACK": (472, 504),
    "TIME_WAIT": (280, 604),
    "CLOSED again": (472, 604),
}
"""The middle of each state's box; CLOSED stands at the beginning and at the end."""

LABELS: dict[tuple[str, str], tuple[float, float, float]] = {
    ("SYN_SENT", "SYN_RECEIVED"): (0.42, 0, -8),
    ("LISTEN", "SYN_SENT"): (0.5, 0, -7),
    ("FIN_WAIT_1", "TIME_WAIT"): (0.62, 16, 0),
    ("CLOSING", "TIME_WAIT"): (0.5, 36, 0),
    ("TIME_WAIT", "CLOSED"): (0.5, 0, -9),
    ("FIN_WAIT_1", "CLOSING"): (0.52, 18, -8),
    ("FIN_WAIT_1", "FIN_WAIT_2"): (0.55, 0, 4),
}
"""Where on its way a label stands, and how far beside; others stand in the middle."""

ENDS = frozenset({"LAST_ACK", "TIME_WAIT"})


def machines_svg(machines: Sequence[Machine]) -> str:
    """Both endpoints' diagrams side by side, as a file."""
    picture = Picture()
    for at, machine in enumerate(machines):
        picture.group(draw_machine(machine), (24 + at * (WIDTH + 24), 10))
    width = len(machines) * (WIDTH + 24) + 24
    y = HEIGHT + 26
    for text in wrapped(machines[0].legend, int(width / (12 * CELL)) - 8) if machines else ():
        picture.text((24, y), text, "legend")
        y += 17
    return picture.document((width, y + 4), " · ".join(machine.title for machine in machines))


def draw_machine(machine: Machine) -> Picture:
    """One endpoint's diagram, `WIDTH` × `HEIGHT`."""
    picture = Picture()
    picture.text((WIDTH / 2, 26), machine.title, "title", anchor="middle")
    picture.text((WIDTH / 2, 46), machine.endpoint, "number", anchor="middle")
    edges = sorted(machine.edges, key=lambda edge: bool(edge.moves))
    for edge in edges:
        _edge_line(picture, edge)
    _nodes(picture, machine)
    for edge in edges:
        _edge_text(picture, edge)
    return picture


def _nodes(picture: Picture, machine: Machine) -> None:
    inferred = {move.after: move.inferred for move in machine.way}
    starts = {move.before or move.after for move in machine.way[:1]}
    again = any(move.after == "CLOSED" and move.before for move in machine.way)
    for name in PLACES:
        state = name.removesuffix(" again")
        visited = state in inferred or state in starts
        if state == "CLOSED":
            visited = again if name != state else visited and (state in starts or not again)
        is_last = visited and machine.last == state and (name != "CLOSED" or not again)
        _node(picture, name, visited, (inferred.get(state, False), is_last))


def _node(picture: Picture, name: str, visited: bool, marks: tuple[bool, bool]) -> None:  # noqa: FBT001 - plain data
    x, y = PLACES[name]
    inferred, is_last = marks
    look = "node" + (" visited" if visited else "")
    look += (" inferred" if inferred and visited else "") + (" last" if is_last else "")
    picture.box((x - NODE[0] / 2, y - NODE[1] / 2), NODE, look, round_by=8)
    picture.text(
        (x, y + 4), name.removesuffix(" again"), "name visited" if visited else "name", anchor="middle"
    )


def _ends(edge: Edge) -> tuple[Point, Point]:
    """The middles of the boxes that an edge connects."""
    after = "CLOSED again" if edge.after == "CLOSED" else edge.after
    return PLACES[edge.before], PLACES[after]


def _edge_line(picture: Picture, edge: Edge) -> None:
    start, control, goal = _curve(edge)
    look = _look(edge)
    length = hypot(goal[0] - control[0], goal[1] - control[1]) or 1
    direction = ((goal[0] - control[0]) / length, (goal[1] - control[1]) / length)
    back = (goal[0] - direction[0] * 8, goal[1] - direction[1] * 8)
    picture.path(
        f"M{start[0]:.1f} {start[1]:.1f}Q{control[0]:.1f} {control[1]:.1f} {back[0]:.1f} {back[1]:.1f}",
        f"edge{look}",
    )
    picture.tip(goal, direction, f"edge-tip{' taken' if edge.moves else ''}", 11 if edge.moves else 8)


def _curve(edge: Edge) -> tuple[Point, Point, Point]:
    """Begin, control point and end of the line; what RFC 9293 does not draw goes round the others."""
    begin, end = _ends(edge)
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    if not edge.usual:
        length = hypot(end[0] - begin[0], end[1] - begin[1]) or 1
        middle = (
            middle[0] - (end[1] - begin[1]) / length * BEND,
            middle[1] + (end[0] - begin[0]) / length * BEND,
        )
    return _border(begin, middle), middle, _border(end, middle)


def _border(box: Point, towards: Point) -> Point:
    """Where the line from the middle of a box towards a point leaves it."""
    dx, dy = towards[0] - box[0], towards[1] - box[1]
    across = NODE[0] / 2 / abs(dx) if dx else float("inf")
    along = NODE[1] / 2 / abs(dy) if dy else float("inf")
    part = min(across, along, 1)
    return box[0] + dx * part, box[1] + dy * part


def _edge_text(picture: Picture, edge: Edge) -> None:
    start, control, goal = _curve(edge)
    part, aside, down = LABELS.get((edge.before, edge.after), (0.5, 0, 0))
    one, two, three = (1 - part) ** 2, 2 * part * (1 - part), part**2
    x = start[0] * one + control[0] * two + goal[0] * three + aside
    y = start[1] * one + control[1] * two + goal[1] * three + down
    text = edge_label(edge).replace(NO_BREAK_SPACE, " ")
    half = width_of(text, 10.5) / 2
    x = min(max(x, half + 2), WIDTH - half - 2)
    look = "edge-label halo" + (" taken" if edge.moves else "")
    lines = text.split(" / ")
    for at, line in enumerate(lines):
        picture.text((x, y + 4 + 12 * (at - (len(lines) - 1) / 2)), line, look, anchor="middle")


def _look(edge: Edge) -> str:
    if not edge.moves:
        return ""
    return " taken inferred" if all(move.inferred for move in edge.moves) else " taken"
