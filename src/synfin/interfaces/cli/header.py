"""`synfin header`: a protocol's header, from its definition."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import color_option, colored, lang_option

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(name="header", epilog="Example: synfin header tcp --lang zh")
@click.argument("protocol")
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@lang_option
@color_option
def command(protocol: str, width: int | None, lang: Lang, color: str) -> None:
    """Draw the header of PROTOCOL as its specification does, and list its fields."""
    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import taught_header

    columns = width or max(shutil.get_terminal_size((100, 24)).columns, 72)
    print_lines(taught_header(protocol, lang=lang, width=columns).lines(), color=colored(color))
