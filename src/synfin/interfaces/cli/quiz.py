"""`synfin quiz`: questions about the reader's own capture, asked, checked and explained."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from synfin.interfaces.cli.options import (
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
    from synfin.explain.quiz.quiz import Quiz
    from synfin.session import Session

WIDEST = 100
"""Columns after which questions are wrapped however wide the terminal."""

MOST_SEEDS = 10_000


@click.command(name="quiz", epilog="Example: synfin quiz page.pcapng --seed 7 --sheet sheet.md --key key.md")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-n", "--connection", "number", type=click.IntRange(min=0), help="Which one, as tcp.stream counts."
)
@click.option(
    "--count", type=click.IntRange(1, 200), default=10, help="At most so many questions [default: 10]."
)
@click.option(
    "--seed", type=click.IntRange(min=0), help="Choose and mix them as this number says [default: by chance]."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Ask, or write all as JSON."
)
@output_option
@click.option(
    "--sheet", metavar="FILE", help="Ask nothing: write the questions for handing out, as Markdown."
)
@click.option("--key", metavar="FILE", help="Ask nothing: write the same questions with their solutions.")
@lang_option
@color_option
def command(
    files: tuple[str, ...], number: int | None, output: str | None, lang: Lang, **form: str | int | None
) -> int:
    """Ask about one TCP connection of capture FILES, check each answer, and explain it with packets.

    Asked is only what this capture can answer: initial numbers, the next acknowledgment, header lengths, the
    place of a byte, windows, who closes first, who is left waiting. Answers may be written as you like: 1,460
    or 1460 B or 0x5b4; SYN-ACK or 0x12; client or its address. Without --connection, the connection that
    shows most. A teacher exports the same questions with --sheet and their solutions with --key.
    """
    import secrets

    from synfin.operations import made_questions

    seed = form["seed"] if form["seed"] is not None else secrets.randbelow(MOST_SEEDS)
    session = open_files(files)
    quiz = made_questions(session, number, lang=lang, choice=(int(form["count"] or 0), int(seed)))
    if quiz is None or not quiz.questions:
        click.echo("There is no TCP connection in this capture to ask about.", err=True)
        return problems(session) or 1
    papers = [(form["sheet"], quiz.sheet), (form["key"], quiz.key)]
    for path, text in papers:
        if path is not None:
            deliver(text(), str(path), session)
    if form["form"] == "json":
        _write_json(quiz, output, session)
    elif not any(path for path, _ in papers):
        if output is not None:
            raise click.UsageError("Questions are asked, not written: use --sheet, --key or --format json.")
        _ask(quiz, color=colored(str(form["color"])))
    return problems(session)


def _write_json(quiz: Quiz, output: str | None, session: Session) -> None:
    import json

    deliver(json.dumps(quiz.to_json(), ensure_ascii=False, indent=2) + "\n", output, session)


def _ask(quiz: Quiz, *, color: bool) -> None:
    """Ask one question after the other until the answers end."""
    from synfin.basics.escape import for_terminal
    from synfin.interfaces.cli.style import print_lines

    width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    print_lines(quiz.beginning(width), color=color)
    answered = right = 0
    for at in range(len(quiz.questions)):
        print_lines(quiz.question(at, width), color=color)
        click.echo("> ", nl=False)
        said = sys.stdin.readline()
        if not said:
            click.echo()
            break
        if not sys.stdin.isatty():
            click.echo(for_terminal(said.rstrip("\r\n")))
        verdict = quiz.verdict(at, said, width)
        print_lines(verdict.lines, color=color)
        answered += 1
        right += verdict.is_right
    print_lines(quiz.end(answered, right, width), color=color)
