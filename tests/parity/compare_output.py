"""Compares what `synfin read` prints with what `tshark -2 -n` prints, form by form, line by line.

    python tests/parity/compare_output.py                    # all forms, all captures of ../shared/captures
    python tests/parity/compare_output.py --forms tree,json a.pcap
    python tests/parity/compare_output.py --show 20          # the twenty commonest differences of each form

Only packets count all of whose protocols are in synfin's catalogue, and of their lines all but those that
`EXPLAINED` tells why they differ. Prints, for each form, how many packets and lines are identical, and what
differs most often, with a packet to look at.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from synfin.session import protocols
from tests.parity.compare import capture_files

NEVER_IN_THE_CATALOGUE = {"ethertype", "_ws.short", "_ws.malformed"}
"""Words of `frame.protocols` that stand for no protocol of anybody's."""

LINES_SHOWN = 200
"""Characters of a differing line that are printed."""

EXPLAINED = {
    r"oui_resolved": "synfin has no list of who makes network cards",
    r'"synfin\.|\(RFC 9293\): ': "what synfin knows beyond Wireshark",
}
"""Lines that only one of the two prints, and why."""

LEFT_OUT = (
    "icmp.type in {3..5, 11, 12} or icmpv6.type in {1..4}"
    " or tcp.analysis.flags or tcp.analysis.tfo_ack or tcp.analysis.tfo_ignored"
    " or tcp.connection.fin_active or tcp.connection.fin_passive or tcp.fin_retransmission"
    " or tcp.segment_data or ip.flags.mf == 1 or ip.frag_offset > 0 or ipv6.fraghdr"
    ' or (tcp.payload and not data and frame.protocols matches "tcp$")'
)
"""For tshark: packets with a quotation, packets of which TCP analysis says something, and those that it
puts together with others."""

NOT_IN_FULL = " or http or dns"
"""And packets whose details tell what tshark knows from others: which request this is the answer of."""

OURS = [
    re.escape(item.label)
    for protocol in protocols()
    for item in protocol.every
    if item.name.startswith("synfin.") and item.label
]
"""What the tree calls values that only synfin knows."""

UNCOUNTED = re.compile("|".join([*EXPLAINED, rf"^ *\[({'|'.join(OURS)})(: .*)?\]$"]))

ANALYSIS = re.compile(r"\[SEQ/ACK analysis\]|\"tcp\.analysis\": |\"tcp\.analysis_raw\": ")
NOTES = re.compile(r"\[TCP (?!segment)[^]]*\] ")
"""What Wireshark's TCP analysis adds: a branch of the tree, and notes before the Info text."""

Split = Callable[[str], list[list[str]]]


def by_line(output: str) -> list[list[str]]:
    """One line per packet."""
    return [[line] for line in output.split("\n")[:-1]]


def by_tree(output: str) -> list[list[str]]:
    """A packet's block begins with its frame, or with the remarks about it."""
    packets: list[list[str]] = []
    begins = True
    for line in output.split("\n")[:-1]:
        is_first = line.startswith("Packet comments") or (
            line.startswith("Frame ")
            and ": " in line
            and not (packets and packets[-1][0] == "Packet comments" and begins)
        )
        if is_first:
            packets.append([])
            begins = line.startswith("Packet comments")
        elif line.startswith("Frame "):
            begins = False
        if not packets:
            packets.append([])
        packets[-1].append(line)
    return packets


def by_blank_line(output: str) -> list[list[str]]:
    """Hex dumps: a blank line ends each packet."""
    return [block.split("\n") for block in output.split("\n\n")[:-1]]


def by_object(output: str) -> list[list[str]]:
    """A packet's object of a JSON array, without the commas between its members."""
    packets: list[list[str]] = []
    for line in output.split("\n"):
        if line == "  {":
            packets.append([])
        if packets and line not in ("]", ""):
            packets[-1].append(line.removesuffix(","))
    return packets


@dataclass(frozen=True)
class Form:
    """One way of calling both programs: the arguments, and how to tell packets apart in the output."""

    arguments: tuple[str, ...]
    split: Split = by_line


def chosen(*names: str) -> tuple[str, ...]:
    """`-e` for each name."""
    return tuple(part for name in names for part in ("-e", name))


SOME = chosen(
    "frame.number",
    "frame.time",
    "eth.addr",
    "ip.src",
    "ip.flags",
    "ip",
    "tcp.port",
    "udp.port",
    "tcp.flags.str",
)
DISPLAYED = chosen("frame.number", "frame.time_delta", "frame.time_delta_displayed")
COLUMNS = chosen(
    *(f"_ws.col.{title}" for title in ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"))
)

FORMS = {
    "list": Form(()),
    **{
        f"list -t {form}": Form(("-t", form))
        for form in ("a", "ad", "adoy", "d", "dd", "e", "u", "ud", "udoy")
    },
    "tabs": Form(("-T", "tabs")),
    "columns": Form(("-T", "fields", *COLUMNS)),
    "fields": Form(("-T", "fields", *SOME)),
    "fields quoted": Form(
        ("-T", "fields", *SOME, "-E", "quote=d", "-E", "separator=,", "-E", "aggregator=/s")
    ),
    "fields first": Form(("-T", "fields", *SOME, "-E", "occurrence=f", "-E", "quote=s")),
    "fields last": Form(("-T", "fields", *SOME, "-E", "occurrence=l", "-E", "separator=/s")),
    "fields of some packets": Form(("-T", "fields", *DISPLAYED, "-Y", "tcp.flags.syn == 1")),
    "tree": Form(("-V",), by_tree),
    "tree of some": Form(("-O", "ip,tcp,icmp,arp"), by_tree),
    "hex": Form(("-x",), by_blank_line),
    "tree and hex": Form(("-V", "-x"), by_tree),
    "json": Form(("-T", "json"), by_object),
    "json of some": Form(("-T", "json", *SOME), by_object),
    "json with bytes": Form(("-T", "json", "-x"), by_object),
}


def without_analysis(lines: list[str]) -> list[str]:
    """The lines without what TCP analysis adds."""
    kept = []
    depth = -1
    for line in lines:
        own = len(line) - len(line.lstrip())
        if depth >= 0 and (own > depth or line.strip() in ("}", "]")):
            depth = depth if own > depth else -1
            continue
        depth = own if ANALYSIS.search(line) else -1
        if depth < 0:
            kept.append(NOTES.sub("", line))
    return kept


@dataclass
class Tally:
    """What was found of one form."""

    packets: int = 0
    equal: int = 0
    lines: int = 0
    equal_lines: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def compare(self, where: str, ours: list[str], theirs: list[str]) -> None:
        """Count one packet."""
        ours, theirs = ([line for line in lines if not UNCOUNTED.search(line)] for lines in (ours, theirs))
        self.packets += 1
        self.lines += len(theirs)
        if ours == theirs:
            self.equal += 1
            self.equal_lines += len(theirs)
            return
        for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
            if kind == "equal":
                self.equal_lines += b - a
                continue
            for sign, line in [("-", line) for line in ours[a:b]] + [("+", line) for line in theirs[c:d]]:
                pattern = sign + re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", line)
                self.differences[pattern] += 1
                self.examples.setdefault(pattern, f"{sign} {where}: {line}")


def printed(program: list[str], path: Path, arguments: Iterable[str]) -> str:
    """What a program says about a file."""
    command = [*program, *arguments, "-r", str(path)]
    return subprocess.run(command, capture_output=True, check=False).stdout.decode("utf-8", "replace")


def ours(path: Path, arguments: Iterable[str]) -> str:
    """By synfin."""
    return printed([sys.executable, "-m", "synfin", "read"], path, arguments)


def theirs(path: Path, arguments: Iterable[str]) -> str:
    """By tshark."""
    return printed(["tshark", "-2", "-n"], path, arguments)


def known_packets(path: Path, left_out_by: str) -> list[bool]:
    """Of each packet, whether the catalogue has all of its protocols, and nothing about it is left out."""
    known = {protocol.path for protocol in protocols()} | NEVER_IN_THE_CATALOGUE
    numbers = ("-T", "fields", "-e", "frame.number")
    left_out = theirs(path, ("-Y", left_out_by, *numbers)).split() if left_out_by else ()
    return [
        set(line.split(":")) <= known and str(number) not in left_out
        for number, line in enumerate(
            theirs(path, ("-T", "fields", "-e", "frame.protocols")).split("\n")[:-1], 1
        )
    ]


def tallied(names: Iterable[str], files: Iterable[Path], *, analysis: bool) -> dict[str, Tally]:
    """Every form over every file, with or without what TCP analysis adds."""
    tallies = {name: Tally() for name in names}
    for path in files:
        listed, drawn = (
            known_packets(path, "" if analysis else LEFT_OUT + more) for more in ("", NOT_IN_FULL)
        )
        for name, tally in tallies.items():
            form = FORMS[name]
            known = drawn if name.startswith(("tree", "json")) else listed
            mine, other = (form.split(say(path, form.arguments)) for say in (ours, theirs))
            if len(mine) != len(other):
                tally.differences[f"packets in {path.name}: {len(mine)} ≠ {len(other)}"] += 1
            for number, (is_known, a, b) in enumerate(zip(known, mine, other, strict=False), 1):
                if is_known and not analysis:
                    tally.compare(f"{path.name} #{number}", without_analysis(a), without_analysis(b))
                elif is_known:
                    tally.compare(f"{path.name} #{number}", a, b)
    return tallies


def report(tallies: dict[str, Tally], shown: int) -> Iterator[str]:
    """One line per form, and its commonest differences."""
    for name, tally in tallies.items():
        packets, lines = f"{tally.equal} of {tally.packets}", f"{tally.equal_lines} of {tally.lines}"
        yield f"{name:16} {packets:>18} packets, {lines:>20} lines"
        for pattern, count in tally.differences.most_common(shown):
            yield f"    {count:6} {tally.examples.get(pattern, pattern)[:LINES_SHOWN]}"


def main(arguments: list[str] | None = None) -> int:
    """Compare and print; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--show", type=int, default=5, metavar="N")
    parser.add_argument("--without-analysis", action="store_true", help="leave out what TCP analysis adds")
    given = parser.parse_args(arguments)
    tallies = tallied(
        given.forms.split(","), given.files or capture_files(), analysis=not given.without_analysis
    )
    for line in report(tallies, given.show):
        sys.stdout.write(f"{line}\n")
    return int(any(tally.equal < tally.packets for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
