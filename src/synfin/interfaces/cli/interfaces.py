"""`synfin interfaces`: what can be captured here."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from synfin.basics.escape import for_terminal

if TYPE_CHECKING:
    from synfin.capture.live.interfaces import LocalInterface

TITLES = ("Name", "Up", "Capture", "Link type", "Addresses")


@click.command(name="interfaces", epilog="Example: synfin interfaces --format json")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="Form.")
def command(form: str) -> None:
    """List the interfaces of this machine: state, link type, addresses, and whether you may capture them."""
    from synfin.live import interfaces

    found = interfaces()
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
        return
    rows = [TITLES, *(_cells(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if any(each.reason == "not permitted" for each in found):
        click.echo("Not permitted: `synfin capture -i NAME` says what to do.", err=True)


def _cells(each: LocalInterface) -> tuple[str, ...]:
    cells = (
        each.name,
        "up" if each.is_up else "down",
        "yes" if each.is_permitted else each.reason,
        each.link,
        ", ".join(each.addresses),
    )
    return tuple(for_terminal(cell) for cell in cells)
