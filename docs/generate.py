"""Makes the generated parts of the documentation: reference pages, and the output of every example.

    python docs/generate.py            write them
    python docs/generate.py --check    write nothing; exit 1 and name what is stale

In every Markdown file a block fenced as `console` is executed: each line that begins with "$ " is run by
bash in the repository's root, and what follows it must be what it prints.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
KNOW = ROOT / "docs" / "know"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
SECONDS_PER_EXAMPLE = 60


def executed(block: str) -> str:
    """The same commands with what they print now."""
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{_printed(line[2:])}" for line in commands)


def _printed(command: str) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "100"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS_PER_EXAMPLE,
        check=False,
    )
    printed = done.stdout.decode()
    return printed if not printed or printed.endswith("\n") else printed + "\n"


def with_examples(text: str) -> str:
    """A Markdown text with the output of its examples renewed."""
    return BLOCK.sub(lambda match: executed(match[0]), text)


def markdown_files() -> list[Path]:
    """Every Markdown file whose examples are executed."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path for path in files if "_build" not in path.parts)


def protocol_pages() -> Iterator[tuple[Path, str]]:
    """One page for each protocol with a header of its own: diagram, fields, where it is found."""
    from synfin.explain.lesson import teach_header
    from synfin.session import catalogue

    known = catalogue()
    named = [protocol for protocol in known.protocols if not protocol.body]
    for protocol in named:
        taught = teach_header(protocol, "en", 110).text().rstrip()
        follows = ", ".join(f"`{family}` {key}" for family, key in protocol.follows) or "nothing"
        yield (
            KNOW / "protocols" / f"{protocol.name.replace('.', '-')}.md",
            f"# {protocol.title}\n\n`{protocol.name}` · {protocol.reference or 'no specification'} · "
            f"follows {follows}\n\n```text\n{taught}\n```\n",
        )
    entries = "\n".join(f"{one.name.replace('.', '-')}" for one in named)
    yield (
        KNOW / "protocols" / "index.md",
        "# Protocols\n\nEvery header synfin knows, drawn from the definitions that also read it.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n",
    )


def command_page() -> tuple[Path, str]:
    """The help of every subcommand."""
    import click

    from synfin.interfaces.cli.main import COMMANDS, commands

    parts = ["# Commands\n\nWhat `--help` says, for every subcommand.\n"]
    parent = click.Context(commands, info_name="synfin", terminal_width=100, max_content_width=100)
    for name in COMMANDS:
        command = commands.get_command(parent, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=parent, terminal_width=100)
        parts.append(f"## synfin {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return KNOW / "commands.md", "\n".join(parts)


def column_page() -> tuple[Path, str]:
    """The columns of the table of connections."""
    from synfin.connections.meanings import OF_CONNECTIONS, OF_SIDES
    from synfin.connections.quality import DROPS, END, LACKING

    parts = [
        "# Columns of the table of connections\n",
        "Times are nanoseconds, lengths bytes; what is not known, or what the capture cannot tell, is null "
        "in JSON and Parquet and empty in CSV. The table for people has the main columns only.\n",
    ]
    for title, columns, prefix in (
        ("A connection has once", OF_CONNECTIONS, ""),
        ("For each side, `client_…` and `server_…`: what it sent", OF_SIDES, "…_"),
    ):
        rows = "\n".join(f"| `{prefix}{name}` | {meaning} |" for name, meaning in columns.items())
        parts.append(f"## {title}\n\n| column | meaning |\n|---|---|\n{rows}\n")
    words = ", ".join(f"`{word}`" for word in (*LACKING, DROPS, END))
    parts.append(
        f"What `quality` may name: {words}; [](../why/capture-quality.md) tells what each forbids.\n"
    )
    return KNOW / "connections.md", "\n".join(parts)


def generated() -> Iterator[tuple[Path, str]]:
    """Every file that is made, or has parts that are, with what it should say."""
    made = [*protocol_pages(), command_page(), column_page()]
    yield from made
    written = {path for path, _ in made}
    for path in markdown_files():
        if path not in written:
            yield path, with_examples(path.read_text("utf-8"))


def main() -> int:
    """Write or check; 1 if something is stale."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    stale = []
    for path, text in generated():
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(path)
        if not chosen.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for path in stale:
        print(f"{'stale' if chosen.check else 'written'}: {path.relative_to(ROOT)}")
    return 1 if stale and chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
