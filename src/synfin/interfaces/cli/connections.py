"""`synfin connections`: one row per TCP connection."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import open_files, output_file, problems, spare_capture

if TYPE_CHECKING:
    from synfin.connections.summary import Connections


@click.command(
    name="connections", epilog="Example: synfin connections page.pcapng -Y 'tcp.port == 80' --format json"
)
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-Y", "display_filter", default="", metavar="FILTER", help="Connections with a packet that matches."
)
@click.option("--all-packets", is_flag=True, help="With -Y: every packet has to match.")
@click.option("--sort", metavar="COLUMN", help="Order by a column; -COLUMN for the largest first.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table", help="Form."
)
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of standard output.")
def command(
    files: tuple[str, ...],
    display_filter: str,
    all_packets: bool,  # noqa: FBT001 - click's way
    sort: str | None,
    form: str,
    output: str | None,
) -> int:
    """One row for each TCP connection in capture FILES: who, when, how much, how it began and ended.

    The table for people shows the main columns; json, csv and parquet have all of them.
    """
    from synfin.operations import connection_lines, connection_table, sorted_by

    session = open_files(files)
    spare_capture(output, session)
    main_only = form == "table" and not sort
    found = connection_table(session, display_filter, all_packets=all_packets, main_only=main_only)
    if sort:
        found = sorted_by(found, sort)
    if form == "parquet":
        _parquet(found, output)
        return problems(session)
    with output_file(output) as out:
        for lines in connection_lines(found, form):
            out.write(lines)
    return problems(session)


def _parquet(found: Connections, output: str | None) -> None:
    from synfin.operations import write_parquet

    if not output and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for terminals; name a file with -o.")
    write_parquet(found, output or sys.stdout.buffer)
