"""`synfin demo`: a scenario, played here and now, and explained."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from synfin.interfaces.cli.options import color_option, colored, lang_option, problems

if TYPE_CHECKING:
    from synfin.explain.language import Lang
    from synfin.operations import Demonstration

NOT_HERE = {
    "en": "{why} This is a shipped capture of an ordinary connection instead:",
    "zh": "{why} 下面改用随程序附带的一次普通连接的抓包：",
}
"""What is said where no hosts can be made."""

KEPT = {"en": "Kept: {paths}", "zh": "已保存：{paths}"}

SIDES = ("client", "server")


class Wanted(NamedTuple):
    """The options of the command, under their own names."""

    side: str | None
    output: Path | None
    listed: bool
    width: int | None
    lang: Lang
    color: str


@click.command(name="demo", epilog="Example: synfin demo lost-data -o lost.pcapng --lang zh")
@click.argument("scenario", default="normal")
@click.option("--list", "listed", is_flag=True, help="Only list the scenarios.")
@click.option("--at", "side", type=click.Choice(SIDES), help="Where to look [default: where it shows].")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the capture, and beside it the other side's and the truth.",
)
@click.option("--width", type=click.IntRange(min=72), help="Columns of the text [default: the terminal's].")
@lang_option
@color_option
def command(scenario: str, **options: Any) -> int:  # noqa: ANN401 - what click gives
    """Play a SCENARIO here and now, and explain what happened [default: normal].

    Two hosts of our own, which need no rights and reach nothing outside, talk with the kernel's real TCP over
    a link that loses, delays, doubles or changes what the scenario says. Both ends are captured. With -o,
    FILE is the capture of the side that shows it, and beside it are the other side's and the truth (JSON):
    what the link did to every segment, and what the kernels counted.
    """
    from synfin.operations import demonstrate, demonstrations

    wanted = Wanted(**options)
    if wanted.listed:
        for name, title in demonstrations(wanted.lang):
            click.echo(f"{name:24} {title}")
        return 0
    columns = wanted.width or max(shutil.get_terminal_size((100, 24)).columns, 72)
    with tempfile.TemporaryDirectory(prefix="synfin-demo-") as made:
        folder = Path(made)
        shown = demonstrate(scenario, folder, wanted.side or "", lang=wanted.lang, width=columns)
        _show(shown, wanted)
        if wanted.output is not None:
            _keep(shown, wanted.output, wanted.lang)
        code = problems(shown.session)
        shown.session.capture.close()
    return 5 if shown.refusal else code


def _show(shown: Demonstration, wanted: Wanted) -> None:
    """What happened, what to learn, and the explanation; the packets where there is no connection."""
    from synfin.interfaces.cli.style import print_lines

    if shown.refusal:
        click.echo(NOT_HERE[wanted.lang].format(why=f"synfin: {shown.refusal}"), err=True)
    else:
        for words in (shown.scenario.title, shown.scenario.lesson):
            click.echo(getattr(words, wanted.lang))
        click.echo()
    if shown.explanation is not None:
        print_lines(shown.explanation.lines(), color=colored(wanted.color))
    else:
        from synfin.operations import Selection, packet_list

        for lines in packet_list(shown.session, Selection()):
            click.echo(bytes(lines).decode("utf-8", "replace"), nl=False)


def _keep(shown: Demonstration, output: Path, lang: Lang) -> None:
    """Copy what was captured to where the user wants it."""
    kept = [output]
    shutil.copyfile(shown.path, output)
    if not shown.refusal:
        other = shown.path.with_name(f"{SIDES[shown.path.stem == 'client']}.pcapng")
        beside = output.with_name(f"{output.stem}.{other.stem}{output.suffix}")
        truth = output.with_name(f"{output.stem}.truth.json")
        shutil.copyfile(other, beside)
        shutil.copyfile(shown.path.with_name("truth.json"), truth)
        kept += [beside, truth]
    click.echo(KEPT[lang].format(paths=", ".join(str(path) for path in kept)), err=True)
