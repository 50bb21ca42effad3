"""Compares every field of the catalogue with `tshark -2 -n -T fields -E occurrence=a`, packet by packet.

    python tests/parity/compare.py                        # all captures of ../shared/captures/{open,dfilter}
    python tests/parity/compare.py --protocols ip,icmp a.pcap
    python tests/parity/compare.py --fields tcp.seq a.pcap

Prints one row per file and field that differs, with the first packets, and exits 1 if any is not among
the differences that `docs/why/wireshark-differences.md` explains (`--known FILE`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from synfin.basics.errors import CaptureError
from synfin.dissect.kinds import Kind
from synfin.exports.fields import Layout, cells_of, lines
from synfin.session import Session, open_session

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT.parent / "shared" / "captures"
SEPARATOR = "\x1f"
AGGREGATOR = "\x1e"
FIELDS_AT_A_TIME = 150


class Difference(NamedTuple):
    """One field that differs in one file."""

    file: str
    field: str
    packets: int
    first: int
    ours: str
    theirs: str


def capture_files() -> list[Path]:
    """The captures to compare by default."""
    found = [path for folder in ("open", "dfilter") for path in sorted((CAPTURES / folder).glob("*"))]
    return [path for path in found if path.suffix not in (".md", "") and "SHA256" not in path.name]


def tshark_fields() -> frozenset[str]:
    """Every field and protocol name that the installed tshark knows."""
    made = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, check=True)
    return frozenset(line.split("\t")[2] for line in made.stdout.splitlines() if line[:1] in "FP")


def comparable(session: Session, protocols: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Catalogue names that tshark knows too, of these protocols (all if none are named)."""
    known = tshark_fields()
    names = [
        info.name
        for info in session.catalogue.fields.values()
        if info.kind is not Kind.PROTOCOL and info.name in known
    ]
    if fields:
        return [name for name in names if name in fields]
    return [
        name
        for name in names
        if not protocols or any(name.startswith(f"{protocol}.") for protocol in protocols)
    ]


def theirs(path: Path, names: Sequence[str]) -> list[list[str]]:
    """One list of texts per packet, by tshark."""
    command = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a"]
    command += ["-E", f"separator={SEPARATOR}", "-E", f"aggregator={AGGREGATOR}"]
    for name in names:
        command += ["-e", name]
    made = subprocess.run(command, capture_output=True, check=False)
    return [line.split(SEPARATOR) for line in made.stdout.decode("utf-8", "replace").split("\n")[:-1]]


def ours(session: Session, names: Sequence[str]) -> list[list[str]]:
    """The same by synfin."""
    layout = Layout(separator=SEPARATOR, aggregator=AGGREGATOR)
    made = b""
    for table in session.tables_with(names):
        made += bytes(lines(cells_of(table, names, layout), layout))
    return [line.split(SEPARATOR) for line in made.decode("utf-8", "replace").split("\n")[:-1]]


def differences(path: Path, protocols: Sequence[str], fields: Sequence[str]) -> Iterator[Difference]:
    """The fields that differ in one file."""
    try:
        session = open_session(path)
    except CaptureError as error:
        yield Difference(path.name, "(opening)", 0, 0, str(error), "")
        return
    names = comparable(session, protocols, fields)
    for begin in range(0, len(names), FIELDS_AT_A_TIME):
        some = names[begin : begin + FIELDS_AT_A_TIME]
        mine, other = ours(session, some), theirs(path, some)
        if len(mine) != len(other):
            yield Difference(path.name, "(packets)", abs(len(mine) - len(other)), 0, str(len(mine)), str(len(other)))
        for index, name in enumerate(some):
            wrong = [
                number
                for number, (a, b) in enumerate(zip(mine, other, strict=False), 1)
                if a[index : index + 1] != b[index : index + 1]
            ]
            if wrong:
                a, b = mine[wrong[0] - 1][index], other[wrong[0] - 1]
                there = b[index] if index < len(b) else "(line broken)"
                yield Difference(path.name, name, len(wrong), wrong[0], a, there)


def main(arguments: Iterable[str] | None = None) -> int:
    """Compare and print; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--protocols", default="")
    parser.add_argument("--fields", default="")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    files = chosen.files or capture_files()
    total = 0
    for path in files:
        for found in differences(
            path, [p for p in chosen.protocols.split(",") if p], [f for f in chosen.fields.split(",") if f]
        ):
            total += 1
            mine, other = (value.replace(AGGREGATOR, ",")[:60] for value in (found.ours, found.theirs))
            print(  # noqa: T201 - a command
                f"{found.file[:44]:44} {found.field:34} {found.packets:6} packets, "
                f"first #{found.first}: {mine!r} ≠ {other!r}"
            )
    print(f"{total} differences in {len(files)} files")  # noqa: T201 - a command
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
