"""`synfin fields`: search the field reference."""

from __future__ import annotations

import click

NAMES_SHOWN = 3


@click.command(name="fields", epilog="Example: synfin fields tcp window")
@click.argument("words", nargs=-1)
@click.option("-n", "most", type=click.IntRange(min=1), default=40, help="Rows at most [default: 40].")
def command(words: tuple[str, ...], most: int) -> int:
    """Fields whose name, label or value names contain all WORDS, the nearest first."""
    from synfin.operations import search

    found = search(words)
    width = max((len(info.name) for info in found[:most]), default=0)
    for info in found[:most]:
        names = ", ".join(f"{value} {called}" for value, called in list(info.names.items())[:NAMES_SHOWN])
        more = " …" if len(info.names) > NAMES_SHOWN else ""
        click.echo(
            f"{info.name:<{width}}  {info.kind.value}  {info.label}{f'  ({names}{more})' if names else ''}"
        )
    if len(found) > most:
        click.echo(f"… and {len(found) - most} more; add a word, or -n {len(found)}", err=True)
    return 0 if found else 1
