"""`synfin warmup`: compile every kernel now, so that nothing waits later."""

from __future__ import annotations

import click


@click.command(name="warmup", epilog="Example: synfin warmup")
def command() -> None:
    """Compile the kernels for this machine and keep them; about half a minute, once."""
    from synfin.operations import warm_up

    for done, total, name in warm_up():
        click.echo(f"{done:>3}/{total}  {name}", err=True)
