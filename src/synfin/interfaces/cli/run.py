"""`synfin run -- COMMAND`: what one command says over the network."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from synfin.basics.escape import for_terminal
from synfin.engine.memory import end_loading
from synfin.interfaces.cli.options import color_option, colored, lang_option, open_files

if TYPE_CHECKING:
    from synfin.explain.language import Lang


@click.command(
    name="run",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: synfin run -w page.pcapng -- curl -s http://example.com",
)
@click.option("-i", "device", default="", metavar="NAME", help="Interface [default: all].")
@click.option("-w", "path", default="", metavar="FILE", help="Keep what was captured.")
@lang_option
@color_option
@click.argument("command_line", metavar="-- COMMAND …", nargs=-1, required=True, type=click.UNPROCESSED)
def command(command_line: tuple[str, ...], device: str, path: str, lang: Lang, color: str) -> int:
    """Run COMMAND, capture what it and its processes say, list the packets and explain a connection.

    Which packets are its own is told by the local ports of its sockets: the kernel lets us look at each of
    them when it gets its port. Ends when COMMAND and all that it started have ended, and exits as COMMAND
    did. It runs without more rights than you have.
    """
    from synfin import live

    end_loading()
    with TemporaryDirectory() as folder:
        kept = path or str(Path(folder, "command.pcapng"))
        with live.open_everything(device) as wire:
            live.give_up_rights()
            done = live.run(command_line, wire, kept, _tell_step)
        _tell_step(
            f"{command_line[0]} ended with status {done.status}, after using {len(done.ports)} local ports"
        )
        for sentence in (*done.doubts, *wire.ended):
            click.echo(f"synfin: {sentence}", err=True)
        _tell(kept, lang, color)
    return done.status


def _tell_step(clause: str) -> None:
    click.echo(f"• {for_terminal(clause)}", err=True)


def _tell(path: str, lang: Lang, color: str) -> None:
    """List the packets, and explain the connection that shows most."""
    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import Selection, explain_connection, packet_list

    session = open_files([path])
    for lines in packet_list(session, Selection(), colored=colored(color)):
        sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()
    width = max(shutil.get_terminal_size((100, 24)).columns, 72)
    explained = explain_connection(session, lang=lang, width=width)
    if explained is None:
        click.echo("No TCP connection of its own was seen.", err=True)
    else:
        click.echo()
        print_lines(explained.lines(), color=colored(color))
