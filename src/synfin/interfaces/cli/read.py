"""`synfin read`: what `tshark -r` does, with the same letters."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import open_files, problems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.operations import Selection
    from synfin.session import Session

TIME_FORMS = ("a", "ad", "adoy", "d", "dd", "e", "r", "u", "ud", "udoy")
FORMATS = ("text", "fields", "json", "csv", "tabs")


@click.command(
    name="read",
    epilog="Example: synfin read page.pcapng -T fields -e frame.number -e ip.src -e tcp.flags.str",
)
@click.argument("files", nargs=-1)
@click.option("-r", "more_files", multiple=True, metavar="FILE", help="Another capture to read (as in tshark).")
@click.option("-Y", "display_filter", default="", metavar="FILTER", help="Only packets that match.")
@click.option("-V", "details", is_flag=True, help="Show the detail tree of every packet.")
@click.option("-O", "only", metavar="PROTO,…", help="Show these protocols in full, the others as one line.")
@click.option("-x", "hexadecimal", is_flag=True, help="Show the bytes.")
@click.option("-c", "most", type=click.IntRange(min=1), default=None, help="Stop after reading N packets.")
@click.option("-w", "target", metavar="FILE", help="Write the packets to a capture file.")
@click.option("-F", "capture_format", metavar="FORMAT", help="Format of -w: pcap, nsecpcap, pcapng.")
@click.option("-T", "form", type=click.Choice(FORMATS), default="text", help="Form of the output.")
@click.option("-e", "names", multiple=True, metavar="FIELD", help="A field to print; may be repeated.")
@click.option("-E", "layout", multiple=True, metavar="KEY=VALUE", help="header, separator, occurrence, …")
@click.option("-t", "times", type=click.Choice(TIME_FORMS), default="r", help="What the Time column shows.")
@click.option("-d", "decode_as", multiple=True, metavar="TABLE==KEY,PROTO", help="Decode as.")
@click.option("-o", "preferences", multiple=True, metavar="NAME:VALUE", help="ip.check_checksum:TRUE and the like.")
@click.option("-n", "numeric", is_flag=True, help="No name resolution: always so.")
@click.option("-2", "two_passes", is_flag=True, help="Final values everywhere: always so.")
def command(
    files: tuple[str, ...],
    more_files: tuple[str, ...],
    decode_as: tuple[str, ...],
    preferences: tuple[str, ...],
    **wanted: object,
) -> int:
    """List the packets of capture FILES; "-" is standard input.

    The packet list has Wireshark's default columns. -T fields with -e prints chosen fields, byte for byte
    as `tshark -2 -n` does.
    """
    from synfin.operations import Selection, decode_rules, settings_of

    paths = (*more_files, *files)
    if not paths:
        raise click.UsageError("Name a capture file, or - for standard input.")
    session = open_files(paths, settings=settings_of(preferences), extra=decode_rules(decode_as))
    selection = Selection(str(wanted["display_filter"]), int(wanted["most"] or 0))  # type: ignore[call-overload]
    if wanted["target"]:
        _save(session, str(wanted["target"]), selection, wanted["capture_format"])
    else:
        _write(_output(session, selection, wanted))
    return problems(session)


def _save(session: Session, target: str, selection: Selection, form: object) -> None:
    from synfin.operations import save

    count = save(session, target, selection, None if form is None else str(form))
    click.echo(f"{count} packets written to {target}", err=True)


def _write(pieces: Iterable[bytes | memoryview]) -> None:
    out = sys.stdout.buffer
    for piece in pieces:
        out.write(piece)
    out.flush()


def _output(session: Session, selection: Selection, wanted: dict[str, object]) -> Iterable[bytes | memoryview]:
    from synfin import operations
    from synfin.exports.fields import Layout, layout_of

    form, times = str(wanted["form"]), str(wanted["times"])
    names = [str(name) for name in wanted["names"]]  # type: ignore[attr-defined]
    options = [str(option) for option in wanted["layout"]]  # type: ignore[attr-defined]
    only = tuple(str(wanted["only"]).split(",")) if wanted["only"] else ()
    if form == "fields" and not names:
        raise click.UsageError('"-T fields" needs at least one "-e FIELD".')
    if form == "csv":
        start = Layout(header=True, separator=",", quote='"')
        columns = names or [f"_ws.col.{title}" for title in operations.COLUMN_TITLES]
        return operations.packet_fields(session, columns, layout_of(options, start), selection, times)
    if form == "fields":
        return operations.packet_fields(session, names, layout_of(options), selection, times)
    if form == "json":
        return operations.packet_json(session, names, selection, raw=bool(wanted["hexadecimal"]))
    if wanted["details"] or only or wanted["hexadecimal"]:
        from synfin.interfaces.cli.details import details

        return details(session, selection, tree=bool(wanted["details"] or only), only=only, octets=bool(wanted["hexadecimal"]))
    return operations.packet_list(session, selection, times, "\t" if form == "tabs" else "")
