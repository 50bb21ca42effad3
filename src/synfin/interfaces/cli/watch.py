"""`synfin watch`: visit a server, and see the whole of it, from the first packet to the last."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from synfin.basics.escape import for_terminal
from synfin.interfaces.cli.options import color_option, colored, lang_option, open_files, problems

if TYPE_CHECKING:
    from synfin.capture.live.visit import Target
    from synfin.explain.language import Lang


@click.command(name="watch", epilog="Example: synfin watch http://example.com -w example.pcapng")
@click.argument("target", metavar="URL|HOST[:PORT]")
@click.option(
    "-i", "device", default="", metavar="NAME", help="Interface [default: the one that leads there]."
)
@click.option("-w", "path", default="", metavar="FILE", help="Keep what was captured.")
@lang_option
@color_option
def command(target: str, device: str, path: str, lang: Lang, color: str) -> int:
    """Visit a server while capturing, then list the packets and explain the connection.

    The name is resolved, the host is pinged once, the page fetched (http, https) or the port connected to,
    and the connection closed; capturing ends when all is quiet. What happened is told in order: ARP, DNS,
    ping, handshake, request, response and teardown.
    """
    from synfin.live import visit_target

    meant = visit_target(target)
    with TemporaryDirectory() as folder:
        kept = path or str(Path(folder, "visit.pcapng"))
        port = _visit(meant, device, kept)
        return _tell(kept, meant.host, port, lang, color)


def _visit(target: Target, device: str, path: str) -> int:
    """Visit and capture; the TCP port that was ours."""
    from synfin import live

    visit, wire = live.open_visit(target, device)
    with wire:
        live.give_up_rights()
        for step in live.watched(visit, wire, path):
            click.echo(f"• {for_terminal(step)}", err=True)
    for sentence in wire.ended:
        click.echo(f"synfin: {sentence}", err=True)
    return visit.local_port


def _tell(path: str, host: str, port: int, lang: Lang, color: str) -> int:
    """List the packets, and tell what happened in order, above all in the connection from our port."""
    from synfin.interfaces.cli.style import print_lines
    from synfin.live import connection_from, explained_visit
    from synfin.operations import Selection, packet_list

    session = open_files([path])
    for lines in packet_list(session, Selection(), colored=colored(color)):
        sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()
    number = connection_from(session, port)
    if number is None:
        click.echo("No TCP connection was seen.", err=True)
        return problems(session) or 1
    width = max(shutil.get_terminal_size((100, 24)).columns, 72)
    click.echo()
    story = explained_visit(session, number, for_terminal(host), lang=lang, width=width)
    print_lines(story.lines(), color=colored(color))
    return problems(session)
