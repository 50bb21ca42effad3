"""`synfin warmup`: compile every kernel now, so that nothing waits later."""

from __future__ import annotations

import click


@click.command(name="warmup", epilog="Example: synfin warmup")
def command() -> None:
    """Compile the kernels for this machine and keep them; about half a minute, once."""
    from synfin.operations import warm_up

    for what in warm_up():
        click.echo(f"preparing {what} …", err=True)
    click.echo("ready", err=True)
