"""The command: finds the subcommand, runs it, and turns every error into one sentence and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from synfin import __version__
from synfin.basics.errors import CaptureError, FilterError, SynfinError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FOUND, USAGE, UNREADABLE, PARTLY, FORBIDDEN = 0, 1, 2, 3, 4, 5
"""Exit codes: done; something was found; bad usage or filter; no input; input read in part; not permitted."""

COMMANDS = {
    "read": "List, dissect, filter and save packets.",
    "connections": "One row per TCP connection.",
    "explain": "The story of one connection, from SYN to FIN.",
    "packet": "One packet, taught bit by bit.",
    "header": "A protocol's header: diagram and fields.",
    "stats": "Count what a capture holds.",
    "fields": "Search the field reference.",
    "filter": "Explain a display filter in plain words.",
    "warmup": "Compile the kernels now, so that nothing waits later.",
}
"""Every subcommand and its one line of help; the module of the same name is imported when it is used."""


class Commands(click.Group):
    """Subcommands that are imported only when somebody uses them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"synfin.interfaces.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: synfin explain examples/page.pcapng",
)
@click.version_option(__version__, prog_name="synfin")
def commands() -> None:
    """See and understand TCP/IP: open captures, dissect every bit, explain every connection."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code instead of leaving."""
    try:
        result = commands.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except BrokenPipeError:
        # Whoever read our output has enough; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except SynfinError as error:
        click.echo(sentence(error), err=True)
        return exit_code(error)
    except OSError as error:
        click.echo(f"synfin: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
        return FORBIDDEN if isinstance(error, PermissionError) else UNREADABLE
    return result if isinstance(result, int) else DONE


def exit_code(error: SynfinError) -> int:
    """Which exit code stands for an error."""
    if isinstance(error, CaptureError):
        return UNREADABLE if error.permitted else FORBIDDEN
    return USAGE


def sentence(error: SynfinError) -> str:
    """What the user reads."""
    if isinstance(error, FilterError):
        from synfin.filters.filter import render_error

        return f"synfin: {render_error(error, error.source)}"
    return f"synfin: {error}"


if __name__ == "__main__":
    main()
