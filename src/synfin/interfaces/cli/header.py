"""`synfin header`: a protocol's header, from its definition."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import color_option, colored, deliver, lang_option, output_option

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(name="header", epilog="Example: synfin header tcp --lang zh")
@click.argument("protocol")
@click.option(
    "--format", "form", type=click.Choice(["text", "svg", "json"]), default="text", help="Form of the output."
)
@output_option
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@lang_option
@color_option
def command(protocol: str, lang: Lang, **form: str | int | None) -> None:
    """Draw the header of PROTOCOL as its specification does, and list its fields."""
    import json

    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import drawn_header, taught_header

    columns = form["width"] or max(shutil.get_terminal_size((100, 24)).columns, 72)
    output = str(form["output"]) if form["output"] else None
    taught = taught_header(protocol, lang=lang, width=int(columns))
    if form["form"] == "svg":
        deliver(drawn_header(taught), output)
    elif form["form"] == "json":
        deliver(json.dumps(taught.to_json(), ensure_ascii=False, indent=2) + "\n", output)
    elif output:
        deliver(taught.text(), output)
    else:
        print_lines(taught.lines(), color=colored(str(form["color"])))
