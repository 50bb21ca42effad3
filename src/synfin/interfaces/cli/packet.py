"""`synfin packet`: one packet, taught."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import (
    color_option,
    colored,
    deliver,
    lang_option,
    open_files,
    output_option,
    problems,
)

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(name="packet", epilog="Example: synfin packet page.pcapng 5 --lang zh")
@click.argument("file")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@click.option(
    "--format", "form", type=click.Choice(["text", "svg", "json"]), default="text", help="Form of the output."
)
@output_option
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@lang_option
@color_option
def command(file: str, number: int, lang: Lang, **form: str | int | None) -> int:
    """Teach packet N of FILE: header diagrams with its bits, and every field with its bytes and meaning."""
    import json

    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import drawn_packet, taught_packet

    session = open_files([file])
    columns = form["width"] or max(shutil.get_terminal_size((100, 24)).columns, 72)
    output = str(form["output"]) if form["output"] else None
    taught = taught_packet(session, number, lang=lang, width=int(columns))
    if form["form"] == "svg":
        deliver(drawn_packet(taught), output, session)
    elif form["form"] == "json":
        deliver(json.dumps(taught.to_json(), ensure_ascii=False, indent=2) + "\n", output, session)
    elif output:
        deliver(taught.text(), output, session)
    else:
        print_lines(taught.lines(), color=colored(str(form["color"])))
    return problems(session)
