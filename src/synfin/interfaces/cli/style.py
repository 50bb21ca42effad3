"""What each style looks like on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOOKS: dict[str, dict[str, object]] = {
    "title": {"bold": True},
    "heading": {"bold": True},
    "time": {"dim": True},
    "lane": {"dim": True},
    "endpoint": {"bold": True},
    "state": {"fg": "cyan"},
    "state.inferred": {"fg": "cyan", "dim": True},
    "arrow.syn": {"fg": "green"},
    "arrow.fin": {"fg": "yellow"},
    "arrow.reset": {"fg": "red"},
    "arrow.data": {"fg": "blue"},
    "arrow.ack": {"fg": "white"},
    "arrow.resent": {"fg": "magenta"},
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "flags": {"bold": True},
    "numbers": {"fg": "cyan"},
    "formula": {"dim": True},
    "bits": {"fg": "blue"},
    "mistake": {"fg": "yellow"},
    "option": {"dim": True},
    "note": {"fg": "yellow"},
    "silence": {"dim": True},
    "fold": {"dim": True},
    "frame": {"fg": "cyan"},
    "field": {"bold": True},
    "value": {"fg": "green"},
    "rule": {"dim": True},
    "unknown": {"italic": True, "dim": True},
    "normal": {"fg": "green"},
    "notable": {"fg": "yellow"},
    "client": {"fg": "red"},
    "server": {"fg": "blue"},
}
"""How `click.style` draws each style name; others are plain."""


def print_lines(lines: Iterable[Sequence[tuple[str, str]]], *, color: bool) -> None:
    """Print lines of (text, style) spans; without colours their trailing blanks are left out."""
    for line in lines:
        if color:
            click.echo("".join(click.style(text, **LOOKS.get(style, {})) for text, style in line), color=True)  # type: ignore[arg-type]
        else:
            click.echo("".join(text for text, _ in line).rstrip())
