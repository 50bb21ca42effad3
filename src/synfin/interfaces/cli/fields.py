"""`synfin fields`: search the field reference."""

from __future__ import annotations

import click


@click.command(name="fields", epilog="Example: synfin fields tcp window")
@click.argument("words", nargs=-1)
@click.option("-n", "most", type=click.IntRange(min=1), default=40, help="Rows at most [default: 40].")
def command(words: tuple[str, ...], most: int) -> int:
    """Fields whose name, label or value names contain all WORDS, the nearest first."""
    from synfin.operations import search

    found = search(words)
    width = max((len(info.name) for info in found[:most]), default=0)
    for info in found[:most]:
        examples = f"  e.g. {', '.join(info.examples)}" if info.examples else ""
        click.echo(f"{info.name:<{width}}  {info.kind}  {info.label}{examples}")
    if len(found) > most:
        click.echo(f"… and {len(found) - most} more; add a word, or -n {len(found)}", err=True)
    return 0 if found else 1
