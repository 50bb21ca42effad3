"""`synfin explain`: the story of one connection."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import click

from synfin.interfaces.cli.options import (
    anonymize_options,
    anonymous,
    color_option,
    colored,
    deliver,
    lang_option,
    open_files,
    output_option,
    problems,
)

if TYPE_CHECKING:
    from synfin.explain.language import Lang
    from synfin.session import Session


@click.command(name="explain", epilog="Example: synfin explain page.pcapng --format html -o page.html")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-n", "--connection", "number", type=click.IntRange(min=0), help="Which one, as tcp.stream counts."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "svg", "mermaid", "json"]),
    default="text",
    help="Form of the output.",
)
@click.option(
    "--picture",
    type=click.Choice(["ladder", "states", "layers"]),
    default="ladder",
    help="What svg, mermaid and text draw: the segments [default], the states of both endpoints, or the four "
    "layers with every protocol of the capture.",
)
@output_option
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@anonymize_options
@lang_option
@color_option
def command(
    files: tuple[str, ...],
    number: int | None,
    output: str | None,
    lang: Lang,
    **form: Any,  # noqa: ANN401 - what click gives
) -> int:
    """Explain one TCP connection of capture FILES: from its SYN to its last ACK.

    A ladder of its segments with their numbers, formulas and states; then handshake, transfer and teardown in
    words, each sentence with the packets that prove it. Without --connection, the most interesting one.

    As html it is one file that needs no network: the same in both languages, with every packet's tree, bytes
    and header diagrams, and plots over time.
    """
    session = open_files(files)
    session = anonymous(session, **{name: form.pop(name) for name in ("anonymize", "key", "key_file")})
    chosen, picture = str(form["form"]), str(form["picture"])
    width = form["width"]
    columns = int(width) if width else max(shutil.get_terminal_size((100, 24)).columns, 72)
    if picture == "layers":
        _show_layers(session, chosen, (lang, columns), output)
        return problems(session)
    made = _made(session, number, (chosen, picture), (lang, columns), (output, str(form["color"])))
    if not made:
        click.echo("There is no TCP connection in this capture.", err=True)
        return problems(session) or 1
    return problems(session)


def _made(
    session: Session,
    number: int | None,
    form: tuple[str, str],
    look: tuple[Lang, int],
    target: tuple[str | None, str],
) -> bool:
    """Write what was asked for; whether there was a connection to tell about."""
    import json

    from synfin.interfaces.cli.style import print_lines
    from synfin.operations import drawn_explanation, explain_connection, explanation_page

    (chosen, picture), (lang, columns), (output, color) = form, look, target
    if chosen == "html":
        page = explanation_page(session, number, lang=lang)
        if page is not None:
            deliver(page, output, session)
        return page is not None
    explained = explain_connection(session, number, lang=lang, width=columns)
    if explained is None:
        return False
    if chosen == "json":
        deliver(json.dumps(explained.to_json(), ensure_ascii=False, indent=2) + "\n", output, session)
    elif chosen == "text" and output is None:
        print_lines(explained.lines(), color=colored(color))
    elif chosen == "text":
        deliver(explained.text(), output, session)
    else:
        deliver(drawn_explanation(explained, picture, chosen), output, session)
    return True


def _show_layers(session: Session, form: str, look: tuple[Lang, int], output: str | None) -> None:
    """The four-layer model of the capture."""
    from synfin.operations import capture_layers, drawn_layers

    if form not in ("text", "svg"):
        raise click.UsageError("The layers are drawn as text or svg.")
    layers = capture_layers(session, look[0])
    text = drawn_layers(layers) if form == "svg" else layers.text(min(look[1], 110))
    deliver(text, output, session)
