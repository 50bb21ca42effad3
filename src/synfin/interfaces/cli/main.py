"""The command: finds the subcommand, runs it, and turns every error into one sentence and an exit code."""

from __future__ import annotations

import importlib
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synfin import __version__
from synfin.basics.errors import CaptureError, ExportError, FilterError, SynfinError
from synfin.engine.memory import begin_loading

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FOUND, USAGE, UNREADABLE, PARTLY, FORBIDDEN = 0, 1, 2, 3, 4, 5
"""Exit codes: done; something was found; bad usage or filter; no input; input read in part; not permitted."""

BUG, INTERRUPTED = 70, 130
"""Exit codes that other programs use, too: our own fault; stopped from the keyboard."""

SHOW_BUGS = "SYNFIN_TRACEBACK"
"""Environment variable with which a bug is shown in full."""

COMMANDS = {
    "capture": "Capture packets as they come.",
    "watch": "Visit a server, capture it and explain it.",
    "run": "Run a command, capture what it says and explain it.",
    "interfaces": "What can be captured here, and whether you may.",
    "read": "List, dissect, filter and save packets.",
    "connections": "One row per TCP connection.",
    "explain": "The story of one connection, from SYN to FIN.",
    "quiz": "Questions about your own capture, checked and explained.",
    "follow": "What both sides of a connection said, byte by byte.",
    "demo": "Make a connection of your own here, see it and have it explained.",
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
        """Their names, as they are to be learnt."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand of a name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"synfin.interfaces.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Their lines of help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: synfin explain examples/page.pcapng",
)
@click.version_option(__version__, prog_name="synfin")
@click.pass_context
def commands(context: click.Context) -> None:
    """See and understand TCP/IP: open captures, dissect every bit, explain every connection."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code instead of leaving."""
    _have_streams()
    begin_loading()
    try:
        code = _run(None if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return DONE
    except OSError as error:
        _forget_output()
        click.echo(f"synfin: {_unwritten(error)}", err=True)
        return FORBIDDEN if isinstance(error, PermissionError) else PARTLY
    return code


def _run(arguments: list[str] | None) -> int:
    try:
        result = commands.main(args=arguments, standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("synfin: stopped.", err=True)
        return INTERRUPTED
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except SynfinError as error:
        click.echo(sentence(error), err=True)
        return exit_code(error)
    except SystemExit:
        return DONE  # click's way of saying that whoever read the output has gone
    except OSError:
        raise
    except Exception as bug:  # noqa: BLE001 - the entry point: the one place where a bug becomes a sentence
        return _own_up(bug)
    return result if isinstance(result, int) else DONE


def _have_streams() -> None:
    """See that there is something to write to, and that no character makes writing fail."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - open as long as we run
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    _have_buffer()


def _have_buffer() -> None:
    """See that nothing is lost where Python was told not to buffer: a signal may cut a plain write short."""
    out = sys.stdout
    if out is sys.__stdout__ and isinstance(out, io.TextIOWrapper) and isinstance(out.buffer, io.RawIOBase):
        encoding, raw = out.encoding, out.detach()
        assert isinstance(raw, io.RawIOBase)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace")


def _forget_output() -> None:
    """Keep the interpreter from trying at exit, and complaining, to write what cannot be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(error: OSError) -> str:
    """What the operating system refused, as a sentence."""
    reason = error.strerror or str(error)
    if isinstance(error.filename, str):
        return f"{error.filename}: {reason}."
    return f"the output cannot be written: {reason}."


def _own_up(bug: Exception) -> int:
    """Say that something went wrong that nobody thought of, and how to tell us where."""
    if os.environ.get(SHOW_BUGS):
        raise bug
    click.echo(
        f"synfin: this is a bug in synfin: {type(bug).__name__}: {bug}\n"
        f"Set {SHOW_BUGS}=1, run it again, and please report what it prints.",
        err=True,
    )
    return BUG


def exit_code(error: SynfinError) -> int:
    """Which exit code stands for an error."""
    if isinstance(error, CaptureError | ExportError) and not error.permitted:
        return FORBIDDEN
    if isinstance(error, CaptureError):
        return UNREADABLE
    if isinstance(error, ExportError) and error.begun:
        return PARTLY
    return USAGE


def sentence(error: SynfinError) -> str:
    """What the user reads."""
    if isinstance(error, FilterError):
        from synfin.filters.filter import render_error

        return f"synfin: {render_error(error, error.source)}"
    return f"synfin: {error}"


if __name__ == "__main__":
    main()
