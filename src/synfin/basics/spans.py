"""A line of output is a row of spans: text, and the name of the style in which an interface may show it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Style = Literal[
    "plain",
    "title",
    "heading",
    "rule",
    "field",
    "value",
    "bits",
    "frame",
    "time",
    "lane",
    "endpoint",
    "state",
    "state.inferred",
    "arrow.syn",
    "arrow.fin",
    "arrow.reset",
    "arrow.data",
    "arrow.ack",
    "arrow.resent",
    "flags",
    "numbers",
    "formula",
    "good",
    "bad",
    "option",
    "note",
    "silence",
    "fold",
    "normal",
    "notable",
    "unknown",
    "mistake",
    "client",
    "server",
]
"""What a span is; an interface gives each a colour, or none."""


class Span(NamedTuple):
    """A piece of a line in one style."""

    text: str
    style: Style = "plain"


Line = tuple[Span, ...]
"""One line of output, without its end."""


def plain(line: Line) -> str:
    """The line's text, without blanks at its end."""
    return "".join(span.text for span in line).rstrip(" ")
