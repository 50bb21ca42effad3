"""`synfin read`: what `tshark -r` does, with the same letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from synfin.interfaces.cli.options import (
    anonymize_options,
    anonymous,
    color_option,
    colored,
    open_files,
    problems,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.operations import Selection
    from synfin.session import Session

TIME_FORMS = ("a", "ad", "adoy", "d", "dd", "e", "r", "u", "ud", "udoy")
FORMATS = ("text", "fields", "json", "csv", "tabs")
FIELD_FORMATS = ("fields", "json", "csv")


class Wanted(NamedTuple):
    """The options of the command, under their own names."""

    display_filter: str
    details: bool
    only: str
    octets: bool
    most: int
    target: str
    capture_format: str | None
    form: str
    names: tuple[str, ...]
    layout: tuple[str, ...]
    times: str
    color: str
    two_passes: bool

    @property
    def follows(self) -> bool:
        """Whether packets that come through a pipe are listed at once."""
        is_list = self.form in ("text", "tabs") and not (self.trees or self.octets or self.target)
        return is_list and not self.two_passes

    @property
    def trees(self) -> bool:
        """Whether detail trees are to be shown."""
        return self.details or bool(self.only)


@click.command(
    name="read",
    epilog="Example: synfin read page.pcapng -T fields -e frame.number -e ip.src -e tcp.flags.str",
)
@click.argument("files", nargs=-1)
@click.option(
    "-r", "more_files", multiple=True, metavar="FILE", help="Another capture to read (as in tshark)."
)
@click.option("-Y", "display_filter", default="", metavar="FILTER", help="Only packets that match.")
@click.option("-V", "details", is_flag=True, help="Show the detail tree of every packet.")
@click.option(
    "-O", "only", default="", metavar="PROTO,…", help="These protocols in full, the others as one line."
)
@click.option("-x", "octets", is_flag=True, help="Show the bytes (with -T json: of every field).")
@click.option("-c", "most", type=click.IntRange(min=1), metavar="N", help="Stop after reading N packets.")
@click.option(
    "-w", "target", default="", metavar="FILE", help="Write the packets to a capture file; - for stdout."
)
@click.option("-F", "capture_format", metavar="FORMAT", help="Format of -w: pcap, nsecpcap or pcapng.")
@click.option("-T", "form", type=click.Choice(FORMATS), default="text", help="Form of the output.")
@click.option("-e", "names", multiple=True, metavar="FIELD", help="A field to print; may be repeated.")
@click.option(
    "-E",
    "layout",
    multiple=True,
    metavar="KEY=VALUE",
    help="header=y, separator=/t, occurrence=f|l|a, aggregator=/s, quote=d|s|n, escape=n, bom=y.",
)
@click.option("-t", "times", type=click.Choice(TIME_FORMS), default="r", help="What the Time column shows.")
@click.option("-d", "decode_as", multiple=True, metavar="TABLE==KEY,PROTO", help="Decode as.")
@click.option(
    "-o", "preferences", multiple=True, metavar="NAME:VALUE", help="ip.check_checksum:TRUE and the like."
)
@click.option("-n", "numeric", is_flag=True, expose_value=False, help="No name resolution: always so.")
@click.option(
    "-2", "two_passes", is_flag=True, help="Final values everywhere: always so, but in lists of a pipe."
)
@anonymize_options
@color_option
def command(
    files: tuple[str, ...],
    more_files: tuple[str, ...],
    decode_as: tuple[str, ...],
    preferences: tuple[str, ...],
    most: int | None,
    **options: Any,  # noqa: ANN401 - what click gives
) -> int:
    """List the packets of capture FILES; "-" is standard input.

    The packet list has Wireshark's default columns. -T fields with -e prints chosen fields, byte for byte
    as `tshark -2 -n` does. -T csv has a line of titles and quotes every value.
    """
    from synfin.operations import Selection, decode_rules, settings_of

    sharing = {name: options.pop(name) for name in ("anonymize", "key", "key_file")}
    wanted = Wanted(most=most or 0, **options)
    paths = (*more_files, *files)
    if not paths:
        raise click.UsageError("Name a capture file, or - for standard input.")
    _check(wanted)
    session = open_files(
        paths, settings=settings_of(preferences), extra=decode_rules(decode_as), once=wanted.follows
    )
    if sharing["anonymize"] and not wanted.target:
        raise click.UsageError("--anonymize needs -w FILE: it makes a capture to be shared.")
    session = anonymous(session, **sharing)
    selection = Selection(wanted.display_filter, wanted.most)
    if wanted.target:
        _save(session, wanted, selection)
    else:
        write(_output(session, selection, wanted), session)
    return problems(session)


def _check(wanted: Wanted) -> None:
    """Refuse what cannot be meant, before anything is read."""
    from synfin.exports.fields import layout_of

    layout_of(wanted.layout)
    if wanted.form == "fields" and not wanted.names:
        raise click.UsageError('"-T fields" needs at least one "-e FIELD".')
    if wanted.names and wanted.form not in FIELD_FORMATS:
        raise click.UsageError(f'"-e" needs "-T {"|".join(FIELD_FORMATS)}".')


def _save(session: Session, wanted: Wanted, selection: Selection) -> None:
    from synfin.interfaces.cli.progress import progress
    from synfin.operations import save

    with progress(session):
        count = save(session, wanted.target, selection, wanted.capture_format)
    if wanted.target != "-":
        click.echo(f"{count} packets written to {wanted.target}", err=True)


def _output(session: Session, selection: Selection, wanted: Wanted) -> Iterable[bytes | memoryview]:
    from synfin import operations
    from synfin.exports.fields import Layout, layout_of

    if wanted.form == "csv":
        start = Layout(header=True, separator=",", quote='"', csv=True)
        names = wanted.names or operations.LIST_FIELDS
        layout = layout_of(wanted.layout, start)
        return operations.packet_fields(session, names, layout, selection, wanted.times)
    if wanted.form == "fields":
        layout = layout_of(wanted.layout)
        return operations.packet_fields(session, wanted.names, layout, selection, wanted.times)
    if wanted.form == "json":
        return operations.packet_json(session, wanted.names, selection, wanted.times, raw=wanted.octets)
    if wanted.trees or wanted.octets:
        from synfin.interfaces.cli.details import details

        only = tuple(wanted.only.split(",")) if wanted.only else ()
        return details(session, selection, tree=wanted.trees, only=only, octets=wanted.octets)
    separator = "\t" if wanted.form == "tabs" else ""
    use_color = not separator and colored(wanted.color)
    return operations.packet_list(
        session,
        selection,
        wanted.times,
        separator,
        colored=use_color,
        live=wanted.follows and session.capture.is_live,
    )
