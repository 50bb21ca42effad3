"""Compares every field of the catalogue with `tshark -2 -n -T fields -E occurrence=a`, packet by packet.

    python tests/parity/compare.py                        # all captures of ../shared/captures/{open,dfilter}
    python tests/parity/compare.py --protocols ip,icmp a.pcap
    python tests/parity/compare.py --fields tcp.seq a.pcap

Prints one row per file and field that differs, with the first packets, and exits 1 if any is not among
the differences that `docs/why/wireshark-differences.md` explains (`--known FILE`).
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import subprocess
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import CaptureError
from synfin.dissect.kinds import Kind
from synfin.exports.fields import Layout, field_cells, lines
from synfin.session import Session, open_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT.parent / "shared" / "captures"
SEPARATOR = "\x1f"
AGGREGATOR = "\x1e"
FIELDS_AT_A_TIME = 150
ANY_BYTES = ("http.file_data",)
"""Fields whose texts may hold the separators, too: each is compared for itself."""


class Difference(NamedTuple):
    """One field that differs in one file.

    Attributes:
        file, field: where.
        packets: numbers of the packets that differ.
        ours, theirs: the first of them.
    """

    file: str
    field: str
    packets: tuple[int, ...]
    ours: str
    theirs: str


class Reason(NamedTuple):
    """A row of the table of explained differences: patterns of fields, and for which packets."""

    fields: tuple[str, ...]
    packets: str


CUT_AT = 205
"""Characters from which on tshark cuts a remark, or its heading and it: both are cut at 240 bytes."""

Features = Mapping[str, frozenset[int]]
"""For each sort of packets that the table may name, the numbers of those in a file."""

TSHARK_SAYS = {
    "fragments": "ip.fragments or ip.reassembled_in or ip.flags.mf == 1"
    " or ip.frag_offset > 0 or ipv6.fraghdr",
    "put together": "tcp.segments",
    "encoded": "http.transfer_encoding or http.content_encoding",
    "malformed": "_ws.malformed",
    "repeated queries": '_ws.expert.message matches "^DNS (query|response) retransmission"',
    "payload not shown": 'tcp.payload and not data and frame.protocols matches "tcp$"',
}
"""Sorts of packets, as display filters for tshark."""


def is_explained(found: Difference, table: Sequence[Reason], features: Features) -> bool:
    """Whether each packet of a difference is one for which some row of the table expects it."""
    expected: set[int] = set()
    for reason in table:
        if any(fnmatch(found.field, pattern) for pattern in reason.fields):
            if reason.packets in ("all", found.file):
                return True
            expected |= features.get(reason.packets, frozenset())
    return bool(found.packets) and set(found.packets) <= expected


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
        made += bytes(lines([field_cells(table, name, layout) for name in names], layout))
    return [line.split(SEPARATOR) for line in made.decode("utf-8", "replace").split("\n")[:-1]]


def reasons(path: Path) -> list[Reason]:
    """The table of explained differences in a Markdown file."""
    rows = [
        line.strip("| \n").split("|")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    return [
        Reason(tuple(re.findall("`([^`]+)`", fields)), packets.strip(" `")) for fields, packets, *_ in rows
    ]


def packets(path: Path, condition: str) -> frozenset[int]:
    """The packets for which a display filter holds in tshark."""
    command = ["tshark", "-2", "-n", "-r", str(path), "-Y", condition, "-T", "fields", "-e", "frame.number"]
    made = subprocess.run(command, capture_output=True, check=False, text=True)
    return frozenset(int(number) for number in made.stdout.split())


def features_of(path: Path, session: Session) -> Features:
    """Which packets of a file have what synfin leaves out, or does otherwise."""
    features = {sort: packets(path, condition) for sort, condition in TSHARK_SAYS.items()}
    known = {protocol.path for protocol in session.catalogue.protocols} | {"ethertype"}
    named = theirs(path, ["frame.number", "frame.protocols"])
    features["other protocols"] = frozenset(
        int(number) for number, protocols in named if set(protocols.split(":")) - known
    )
    features |= of_messages(path)
    return features


def of_messages(path: Path) -> Features:
    """Packets in which tshark finds several HTTP messages, or what it calls the continuation of one."""
    told = theirs(path, ["frame.number", "http.chat", "_ws.col.Info", "_ws.expert.message"])
    several = frozenset(int(number) for number, chats, *_ in told if AGGREGATOR in chats)
    middle = frozenset(int(number) for number, _, info, _ in told if "Continuation" in info)
    told_nothing = "http and not http.request and not http.response and not http.notification"
    middle |= packets(path, told_nothing)
    remarks = {int(number): said.split(AGGREGATOR) for number, *_, said in told}
    long = frozenset(number for number, said in remarks.items() if any(len(one) >= CUT_AT for one in said))
    return {"several messages": several, "continuations": middle, "long first lines": long}


def batches(names: Sequence[str]) -> list[list[str]]:
    """The fields to ask for at a time."""
    plain = [name for name in names if name not in ANY_BYTES]
    made = [plain[begin : begin + FIELDS_AT_A_TIME] for begin in range(0, len(plain), FIELDS_AT_A_TIME)]
    return made + [[name] for name in names if name in ANY_BYTES]


def differences(path: Path, protocols: Sequence[str], fields: Sequence[str]) -> Iterator[Difference]:
    """The fields that differ in one file."""
    try:
        session = open_session(path)
    except CaptureError as error:
        yield Difference(path.name, "(opening)", (), str(error), "")
        return
    for some in batches(comparable(session, protocols, fields)):
        mine, other = ours(session, some), theirs(path, some)
        if len(mine) != len(other):
            yield Difference(path.name, "(packets)", (), str(len(mine)), str(len(other)))
        for index, name in enumerate(some):
            wrong = [
                number
                for number, (a, b) in enumerate(zip(mine, other, strict=False), 1)
                if a[index : index + 1] != b[index : index + 1]
            ]
            if wrong:
                a, b = mine[wrong[0] - 1][index], other[wrong[0] - 1]
                there = b[index] if index < len(b) else "(line broken)"
                yield Difference(path.name, name, tuple(wrong), a, there)


def main(arguments: Iterable[str] | None = None) -> int:
    """Compare and print; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--protocols", default="")
    parser.add_argument("--fields", default="")
    parser.add_argument("--known", type=Path, help="Markdown file with the table of explained differences")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    files = chosen.files or capture_files()
    table = reasons(chosen.known) if chosen.known else []
    compare = partial(compared, _words(chosen.protocols), _words(chosen.fields), table)
    unexplained = explained = 0
    with multiprocessing.get_context("spawn").Pool() as pool:
        for differing, expected in pool.imap(compare, files):
            explained += expected
            unexplained += len(differing)
            for found in differing:
                _print(found)
    print(f"{unexplained} differences in {len(files)} files, and {explained} that the documentation explains")
    return 1 if unexplained else 0


def compared(
    protocols: Sequence[str], fields: Sequence[str], table: Sequence[Reason], path: Path
) -> tuple[list[Difference], int]:
    """The differences of one file that nothing explains, and how many the table does."""
    found = list(differences(path, protocols, fields))
    if not found or not table:
        return found, 0
    features = features_of(path, open_session(path))
    unexplained = [one for one in found if not is_explained(one, table, features)]
    return unexplained, len(found) - len(unexplained)


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _print(found: Difference) -> None:
    mine, other = (value.replace(AGGREGATOR, ",")[:60] for value in (found.ours, found.theirs))
    first = found.packets[0] if found.packets else 0
    where = f"{found.file[:44]:44} {found.field:34} {len(found.packets):6} packets"
    print(f"{where}, first #{first}: {mine!r} ≠ {other!r}")


if __name__ == "__main__":
    sys.exit(main())
