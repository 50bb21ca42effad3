"""`synfin filter`: display filters in plain words."""

from __future__ import annotations

import click

from synfin.interfaces.cli.options import lang_option


@click.group(name="filter", epilog="Example: synfin filter explain 'ip.addr == 192.0.2.80 and tcp'")
def command() -> None:
    """Understand display filters."""


@command.command(
    name="explain", epilog="Example: synfin filter explain 'tcp.flags.syn == 1 and not tcp.flags.ack == 1'"
)
@click.argument("text", metavar="FILTER")
@lang_option
def explain(text: str, lang: str) -> None:
    """Say in one sentence what FILTER selects, and show how it is read."""
    from synfin.operations import filter_in_words

    answer = filter_in_words(text, lang)
    click.echo(answer.sentence)
    click.echo()
    click.echo(answer.tree)
    for warning in answer.warnings:
        click.echo(f"! {warning}", err=True)


@command.command(name="complete", epilog="Example: synfin filter complete 'tcp.fl'")
@click.argument("text", metavar="FILTER")
@click.option("--cursor", type=click.IntRange(min=0), help="Characters before the cursor [default: all].")
@click.option("-n", "most", type=click.IntRange(min=1), default=20, help="Rows at most [default: 20].")
def complete(text: str, cursor: int | None, most: int) -> None:
    """List how FILTER may go on: fields, operators, values; one per line, with what it is."""
    from synfin.operations import completions

    for found in completions(text, len(text) if cursor is None else cursor)[:most]:
        click.echo(f"{found.text}\t{found.kind}\t{found.meaning}")
