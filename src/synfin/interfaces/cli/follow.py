"""`synfin follow`: what both sides of a connection said."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from synfin.interfaces.cli.options import (
    color_option,
    colored,
    lang_option,
    open_files,
    output_file,
    problems,
    spare_capture,
)
from synfin.interfaces.cli.style import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synfin.basics.spans import Span
    from synfin.connections.reassembly import Policy
    from synfin.connections.streams import Said
    from synfin.explain.language import Lang
    from synfin.operations import Dialogue


class Wanted(NamedTuple):
    """The options of the command, under their own names."""

    form: str
    side: str
    policy: Policy
    output: str | None
    lang: Lang
    color: str


@click.command(
    name="follow", epilog="Example: synfin follow page.pcapng 0 --side server --format raw -o page"
)
@click.argument("file")
@click.argument("number", metavar="N", type=click.IntRange(min=0))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "hex", "raw", "json"]),
    default="text",
    help="Form of the output.",
)
@click.option(
    "--side", type=click.Choice(["client", "server", "both"]), default="both", help="Who is to be heard."
)
@click.option(
    "--keep",
    "policy",
    type=click.Choice(["first", "last"]),
    default="first",
    help="Which copy is kept of bytes that differ.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of standard output.")
@lang_option
@color_option
def command(file: str, number: int, **options: Any) -> int:  # noqa: ANN401 - what click gives
    """Follow TCP connection N of capture FILE, as tcp.stream counts: what each side sent, in order.

    text and hex mark what the client said with ▶, what the server said with ◀, and what is not so simple
    with "!": bytes missing, sent again, in conflict, urgent. json has every piece with its packets and
    marks. raw is the bytes alone; what is missing in them is told on standard error.

    Of bytes that differ while they wait for what is before them, --keep decides which copy stays; what is
    complete by then stays in any case.
    """
    from synfin.operations import followed_streams

    wanted = Wanted(**options)
    if wanted.form == "raw" and not wanted.output and sys.stdout.isatty():
        raise click.UsageError("Raw bytes are not for terminals; name a file with -o.")
    session = open_files([file])
    spare_capture(wanted.output, session)
    dialogue = followed_streams(session, number, wanted.policy)
    said = (one for one in dialogue.said if wanted.side in ("both", one.side))
    with output_file(wanted.output) as out:
        if wanted.form == "json":
            _json(said, out)
        elif wanted.form == "raw":
            _raw(said, wanted.lang, out)
        else:
            _show(dialogue, said, wanted, out)
    return problems(session)


def _show(dialogue: Dialogue, said: Iterable[Said], wanted: Wanted, out: IO[bytes]) -> None:
    from synfin.exports import streams

    color = colored(wanted.color) and not wanted.output
    draw = streams.text if wanted.form == "text" else streams.hex_dump
    for spans in (streams.heading(dialogue.client, dialogue.server, wanted.lang), draw(said, wanted.lang)):
        for octets in _drawn(spans, color=color):
            out.write(octets)


def _drawn(spans: Iterable[Span], *, color: bool) -> Iterator[bytes]:
    for words, style in spans:
        looks = LOOKS.get(style) if color else None
        shown = click.style(words, **looks) if looks else words  # type: ignore[arg-type]
        yield shown.encode("utf-8", "backslashreplace")


def _json(said: Iterable[Said], out: IO[bytes]) -> None:
    from synfin.exports.streams import as_json

    for text in as_json(said):
        out.write(text.encode("ascii"))


def _raw(said: Iterable[Said], lang: Lang, out: IO[bytes]) -> None:
    from synfin.exports.streams import note

    for side, piece in said:
        if piece.kind == "data":
            out.write(piece.data)
        elif piece.kind == "missing":
            click.echo(f"synfin: {side}, {piece.offset}: {note(piece, lang)}", err=True)
