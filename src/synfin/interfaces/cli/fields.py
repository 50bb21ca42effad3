"""`synfin fields`: search the field reference."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import lang_option

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(name="fields", epilog="Example: synfin fields tcp.window_size")
@click.argument("words", nargs=-1)
@click.option("-n", "most", type=click.IntRange(min=1), default=40, help="Rows at most [default: 40].")
@lang_option
def command(words: tuple[str, ...], most: int, lang: Lang) -> int:
    """Fields whose name, label or value names contain all WORDS, the nearest first; a few are explained."""
    from synfin.basics.cells import wrapped
    from synfin.operations import search

    found = search(words, lang=lang)
    width = max((len(info.name) for info in found[:most]), default=0)
    room = min(shutil.get_terminal_size((100, 24)).columns, 110) - 4
    for info in found[:most]:
        examples = f"  e.g. {', '.join(info.examples)}" if info.examples else ""
        click.echo(f"{info.name:<{width}}  {info.kind}  {info.label}{examples}")
        for text in info.lesson:
            for line in wrapped(text, room):
                click.echo(f"    {line}")
    if len(found) > most:
        click.echo(f"… and {len(found) - most} more; add a word, or -n {len(found)}", err=True)
    return 0 if found else 1
