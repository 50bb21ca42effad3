"""`synfin connections`: one row per TCP connection."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING

import click

from synfin.basics.escape import for_terminal
from synfin.interfaces.cli.options import open_files, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synfin.connections.summary import Connections

Row = dict[str, object]

TITLES = (
    "#",
    "Client",
    "Server",
    "Start",
    "Duration",
    "Packets →",
    "←",
    "Bytes →",
    "←",
    "Handshake",
    "Closed",
    "State",
)
"""Columns of the table for people."""

LEFT = frozenset({"Client", "Server", "Handshake", "Closed", "State"})


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
    from synfin.operations import connection_table, sorted_by

    session = open_files(files)
    found = connection_table(session, display_filter, all_packets=all_packets)
    if sort:
        found = sorted_by(found, sort)
    if form == "parquet":
        _parquet(found, output)
        return problems(session)
    with click.open_file(output or "-", "w", encoding="utf-8", atomic=bool(output)) as out:
        for line in {"table": _table, "json": _json, "csv": _csv}[form](found):
            out.write(line)
    return problems(session)


def _parquet(found: Connections, output: str | None) -> None:
    from synfin.operations import write_parquet

    if not output and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for terminals; name a file with -o.")
    write_parquet(found, output or sys.stdout.buffer)


def _json(found: Connections) -> Iterator[str]:
    yield "["
    begun = False
    for row in found.rows():
        yield (",\n " if begun else "\n ") + json.dumps(row, ensure_ascii=False)
        begun = True
    yield "\n]\n"


class _Line:
    """What `csv` writes to: keeps the last line."""

    text = ""

    def write(self, text: str) -> None:
        """Take a line."""
        self.text = text


def _csv(found: Connections) -> Iterator[str]:
    line = _Line()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(found.columns)
    yield line.text
    for row in found.rows():
        writer.writerow(["" if value is None else value for value in row.values()])
        yield line.text


def _table(found: Connections) -> Iterator[str]:
    from synfin.operations import first_time

    begin = first_time(found)
    cells = [tuple(_cells(row, begin)) for row in found.rows()]
    widths = [
        max(len(title), *(len(row[at]) for row in cells)) if cells else len(title)
        for at, title in enumerate(TITLES)
    ]
    yield _joined(TITLES, widths)
    for row in cells:
        yield _joined(row, widths)


def _joined(cells: tuple[str, ...], widths: list[int]) -> str:
    placed = (
        cell.ljust(width) if title in LEFT else cell.rjust(width)
        for cell, width, title in zip(cells, widths, TITLES, strict=True)
    )
    return "  ".join(placed).rstrip() + "\n"


def _cells(row: Mapping[str, object], begin: int) -> Iterator[str]:
    yield str(row["number"])
    for side in ("client", "server"):
        address = str(row[f"{side}_address"])
        yield f"[{address}]:{row[f'{side}_port']}" if ":" in address else f"{address}:{row[f'{side}_port']}"
    for name in ("start", "duration"):
        nanoseconds = row[name]
        assert isinstance(nanoseconds, int)
        yield f"{(nanoseconds - begin if name == 'start' else nanoseconds) / 1e9:.6f}"
    for name in ("client_packets", "server_packets", "client_bytes", "server_bytes"):
        yield str(row[name])
    for name in ("handshake", "teardown", "conn_state"):
        yield for_terminal(str(row[name] or ""))
