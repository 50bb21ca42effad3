"""`synfin packet`: one packet, taught."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import color_option, colored, lang_option, open_files, problems

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(name="packet", epilog="Example: synfin packet page.pcapng 5 --lang zh")
@click.argument("file")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@lang_option
@color_option
def command(file: str, number: int, width: int | None, lang: Lang, color: str) -> int:
    """Teach packet N of FILE: header diagrams with its bits, and every field with its bytes and meaning."""
    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import taught_packet

    session = open_files([file])
    columns = width or max(shutil.get_terminal_size((100, 24)).columns, 72)
    print_lines(taught_packet(session, number, lang=lang, width=columns).lines(), color=colored(color))
    return problems(session)
