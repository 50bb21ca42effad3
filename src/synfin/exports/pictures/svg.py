"""An SVG picture of few shapes: text is escaped, looks are in one style sheet, nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from synfin.basics.cells import cells

if TYPE_CHECKING:
    from collections.abc import Iterable

Point = tuple[float, float]

CELL = 0.57
"""Width of a column of text, in parts of the font size: a little more than most fonts take on average."""


@cache
def style_sheet() -> str:
    """The looks of all pictures, light and dark."""
    folder = files("synfin.exports.pictures")
    return "".join((folder / name).read_text("utf-8") for name in ("palette.css", "picture.css"))


def width_of(text: str, size: float = 13) -> float:
    """About how wide a text is."""
    return cells(text) * size * CELL


@dataclass
class Picture:
    """What is drawn so far.

    Attributes:
        pieces: SVG elements as text.
    """

    pieces: list[str] = field(default_factory=list)

    def text(self, at: Point, text: str, look: str = "", *, anchor: str = "start", turn: float = 0) -> None:
        """One line of text; `anchor` is start, middle or end of it."""
        attributes = f' x="{at[0]:g}" y="{at[1]:g}"'
        attributes += f' class="{look}"' if look else ""
        attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
        attributes += f' transform="rotate({turn:.2f} {at[0]:g} {at[1]:g})"' if turn else ""
        self.pieces.append(f"<text{attributes}>{clean(text)}</text>")

    def spans(self, at: Point, spans: Iterable[tuple[str, str]], *, anchor: str = "start") -> None:
        """One line of texts in several looks."""
        inner = "".join(
            f'<tspan class="{look}">{clean(text)}</tspan>' if look else clean(text) for text, look in spans
        )
        self.pieces.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" text-anchor="{anchor}" xml:space="preserve">{inner}</text>'
        )

    def line(self, start: Point, end: Point, look: str) -> None:
        """A straight line."""
        self.pieces.append(
            f'<line x1="{start[0]:g}" y1="{start[1]:g}" x2="{end[0]:g}" y2="{end[1]:g}" class="{look}"/>'
        )

    def path(self, path: str, look: str) -> None:
        """A line or a shape by its path data."""
        self.pieces.append(f'<path d="{path}" class="{look}"/>')

    def box(self, corner: Point, size: Point, look: str, *, round_by: float = 0, hint: str = "") -> None:
        """A rectangle; `hint` is what is shown when the pointer rests on it."""
        corners = f' rx="{round_by:g}"' if round_by else ""
        shape = (
            f'<rect x="{corner[0]:g}" y="{corner[1]:g}" width="{size[0]:g}" height="{size[1]:g}"'
            f'{corners} class="{look}"'
        )
        self.pieces.append(f"{shape}><title>{clean(hint)}</title></rect>" if hint else f"{shape}/>")

    def tip(self, end: Point, direction: Point, look: str, size: float = 9) -> None:
        """The tip of an arrow that ends at `end`, coming along `direction` (of length 1)."""
        (x, y), (dx, dy) = end, direction
        back = (x - dx * size, y - dy * size)
        half = size * 0.42
        left = (back[0] - dy * half, back[1] + dx * half)
        right = (back[0] + dy * half, back[1] - dx * half)
        self.path(f"M{x:.1f} {y:.1f}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}Z", look)

    def group(self, other: Picture, offset: Point) -> None:
        """Another picture, moved."""
        self.pieces.append(f'<g transform="translate({offset[0]:g} {offset[1]:g})">')
        self.pieces += other.pieces
        self.pieces.append("</g>")

    def inline(self, size: Point, title: str) -> str:
        """The picture as an element of a page that has the style sheet."""
        return (
            f'<svg class="picture" viewBox="0 0 {size[0]:g} {size[1]:g}" role="img" '
            f'aria-label="{clean(title)}">{"".join(self.pieces)}</svg>'
        )

    def document(self, size: Point, title: str) -> str:
        """The picture as a file of its own."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" width="{size[0]:g}" '
            f'height="{size[1]:g}" viewBox="0 0 {size[0]:g} {size[1]:g}" role="img">\n'
            f"<title>{clean(title)}</title>\n<style>\n{style_sheet()}</style>\n"
            f'<rect width="100%" height="100%" class="paper"/>\n' + "\n".join(self.pieces) + "\n</svg>\n"
        )


def clean(text: str) -> str:
    """Text that stays text in XML and HTML: escaped, and without characters that XML forbids."""
    kept = "".join(one for one in text if one in "\t\n" or (one >= " " and not _is_forbidden(ord(one))))
    return escape(kept)


def _is_forbidden(code: int) -> bool:
    """Whether XML 1.0 has no such character (section 2.2), or it controls the text around it."""
    return 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code in BIDI


BIDI = frozenset({*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C})
"""Characters that turn the direction of the text around them (UAX #9)."""
