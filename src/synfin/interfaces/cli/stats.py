"""`synfin stats`: what a capture holds, counted."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from synfin.interfaces.cli.options import lang_option, open_files, output_file, problems, spare_capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.pairs import Kind as Layer
    from synfin.explain.language import Lang
    from synfin.exports.statistics.table import Table
    from synfin.session import Session

KINDS = ("records", "expert", "conversations", "endpoints", "io", "protocols", "lengths")
LAYERS = ("tcp", "udp", "ip", "ipv6", "eth")
SECOND = 1_000_000_000


def nanoseconds(context: click.Context, parameter: click.Parameter, value: str) -> int:  # noqa: ARG001 - click's signature
    """Nanoseconds of a number of seconds such as "0.1"."""
    try:
        exact = Decimal(value) * SECOND
    except InvalidOperation:
        raise click.BadParameter(f"{value!r} is no number of seconds.") from None
    if not exact.is_finite() or not 0 <= exact <= 1 << 62 or exact != int(exact):
        raise click.BadParameter(f"{value} is not a time of whole nanoseconds from 0.")
    return int(exact)


class Wanted(NamedTuple):
    """The options of the command, under their own names."""

    display_filter: str
    layer: Layer
    interval: int
    form: str
    output: str | None
    lang: Lang


@click.command(name="stats", epilog="Example: synfin stats page.pcapng conversations --type ip --format csv")
@click.argument("file")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("-Y", "display_filter", default="", metavar="FILTER", help="Only packets that match.")
@click.option(
    "--type",
    "layer",
    type=click.Choice(LAYERS),
    default="tcp",
    help="Whose conversations or endpoints [default: tcp].",
)
@click.option(
    "--interval",
    callback=nanoseconds,
    default="1",
    metavar="SECONDS",
    help="Of io, 0 for the whole capture [default: 1].",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    help="Form of the output.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of standard output.")
@lang_option
def command(file: str, kind: str, **options: Any) -> int:  # noqa: ANN401 - what click gives
    r"""Count what FILE holds, with the numbers of tshark.

    \b
    records        packets dissected to their end; those that stop, and why
    expert         remarks by severity, group and protocol   (tshark -z expert)
    conversations  packets and bytes between two ends        (-z conv,tcp)
    endpoints      packets and bytes of each end             (-z endpoints,tcp)
    io             packets and bytes over time               (-z io,stat,1)
    protocols      packets and bytes by path of headers      (-z io,phs)
    lengths        packets by their length                   (-z plen,tree)
    """
    from synfin.interfaces.cli.progress import progress

    wanted = Wanted(**options)
    session = open_files([file])
    spare_capture(wanted.output, session)
    with progress(session):
        counted = _counted(session, kind, wanted)
    with output_file(wanted.output) as out:
        headless = kind == "records" and wanted.form == "table"  # its rows say what they are
        for line in islice(_lines(counted, wanted), int(headless), None):
            out.write(line.encode())
    return problems(session)


def _counted(session: Session, kind: str, wanted: Wanted) -> Table:
    from synfin import operations

    if kind == "records":
        if wanted.display_filter:
            raise click.UsageError("records are all counted: -Y is not for them.")
        return operations.records_table(session)
    return operations.statistics(
        session, operations.Counting(kind, wanted.layer, wanted.interval), wanted.display_filter
    )


def _lines(counted: Table, wanted: Wanted) -> Iterator[str]:
    from synfin.exports.statistics.table import as_csv, as_json, text

    if wanted.form == "json":
        return as_json(counted)
    return as_csv(counted) if wanted.form == "csv" else text(counted, wanted.lang)
