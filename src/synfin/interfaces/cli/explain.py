"""`synfin explain`: the story of one connection."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import color_option, colored, lang_option, open_files, problems

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(name="explain", epilog="Example: synfin explain page.pcapng --connection 0 --lang zh")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-n", "--connection", "number", type=click.IntRange(min=0), help="Which one, as tcp.stream counts."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output."
)
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@lang_option
@color_option
def command(
    files: tuple[str, ...], number: int | None, form: str, width: int | None, lang: Lang, color: str
) -> int:
    """Explain one TCP connection of capture FILES: from its SYN to its last ACK.

    A ladder of its segments with their numbers, formulas and states; then handshake, transfer and teardown in
    words, each sentence with the packets that prove it. Without --connection, the most interesting one.
    """
    import json

    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import explain_connection

    session = open_files(files)
    columns = width or max(shutil.get_terminal_size((100, 24)).columns, 72)
    explained = explain_connection(session, number, lang=lang, width=columns)
    if explained is None:
        click.echo("There is no TCP connection in this capture.", err=True)
        return problems(session) or 1
    if form == "json":
        click.echo(json.dumps(explained.to_json(), ensure_ascii=False, indent=2))
    else:
        print_lines(explained.lines(), color=colored(color))
    return problems(session)
