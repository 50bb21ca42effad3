"""`synfin stats`: what a capture holds, counted."""

from __future__ import annotations

import click

from synfin.interfaces.cli.options import open_files, problems


@click.command(name="stats", epilog="Example: synfin stats page.pcapng records")
@click.argument("file")
@click.argument("kind", type=click.Choice(["records"]))
def command(file: str, kind: str) -> int:  # noqa: ARG001 - one kind so far
    """Count what FILE holds. records: packets dissected to their end, and those that stop, and why."""
    from synfin.interfaces.cli.progress import progress
    from synfin.operations import records

    session = open_files([file])
    with progress(session):
        counted = records(session)
    click.echo(f"records    {counted.records:>12}")
    click.echo(f"dissected  {counted.dissected:>12}")
    click.echo(f"stopped    {counted.stopped:>12}")
    for protocol, reason, count in counted.reasons:
        click.echo(f"  {protocol + ' ' + reason:<32} {count:>8}")
    return problems(session)
