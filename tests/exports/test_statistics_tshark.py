"""The numbers of `synfin stats` are those of tshark, as far as both know the protocols."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest

from synfin.connections.pairs import Kind as Layer
from synfin.operations import Counting, statistics
from synfin.session import open_session, protocols

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYERS: tuple[Layer, ...] = get_args(Layer)
TITLES = {"eth": "Ethernet", "ip": "IPv4", "ipv6": "IPv6", "tcp": "TCP", "udp": "UDP"}
INTERVAL = "0.25"
FILTER = "ip or arp"

QUESTIONS = (
    "expert",
    *(f"conv,{layer}" for layer in LAYERS),
    *(f"endpoints,{layer}" for layer in LAYERS),
    "io,phs",
    "plen,tree",
)
OVER_TIME = (f"io,stat,{INTERVAL}", f"io,stat,{INTERVAL},{FILTER}")

MOST_SECONDS = 10_000
"""Of captures that span more, tshark makes so many intervals that they do not fit into memory."""

NOT_COMPARED = {
    "suriverify__bug-6875-01__fuzz.pcap",  # its second packet is years older: tshark counts time backwards
    "pcapplusplus__microsecs_big_endian.pcap",  # tshark does not count packets of an unknown link type
    "libpcap__shb-option-too-long.pcapng",  # tshark does not open it
    "pcapng-test-generator__output_be__advanced__test102.pcapng",  # tshark makes intervals from 1970 on
    "pcapng-test-generator__output_le__difficult__test202.pcapng",  # the same
}
REASSEMBLED = {
    "packets__ip_frag_source.pcapng",
    "suriverify__defrag__bug-6887-defrag-ipv6-tcp__frag-ip-tcp.pcap",
}
"""Fragments, which tshark puts together: it counts what comes out."""

BEFORE_THE_FIRST = {"wireshark__many_interfaces.pcapng.1"}
"""Packets older than the first, which tshark counts to the first interval."""

APPLICATIONS = ("HTTP", "SSDP", "DNS", "LLMNR", "MDNS")
"""What tshark reads in the light of earlier packets, and of packets put together: compared field by field
elsewhere, and here left out of what is above TCP and UDP."""

MALFORMED_INSIDE = {"packets__icmp_traceroute.pcapng"}
"""Extensions of ICMP that tshark cannot read to their end, and synfin can."""

OPEN = Path(__file__).parents[3] / "shared" / "captures" / "open"
CAPTURES = [
    path
    for path in sorted(OPEN.glob("*.*"))
    if path.suffix != ".md" and path.name not in NOT_COMPARED | REASSEMBLED
]

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not CAPTURES, reason="../shared/captures is not here"),
    pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name),
]


@cache
def only_known_protocols(tshark: str) -> tuple[str, ...]:
    """Options that leave tshark the protocols that we have."""
    listed = subprocess.run([tshark, "-G", "protocols"], capture_output=True, check=True).stdout.decode()
    known = {one.name for one in protocols()}
    names = [line.split("\t")[2] for line in listed.splitlines()]
    return tuple(word for name in names if name not in known for word in ("--disable-protocol", name))


def told(tshark: str, path: Path) -> str:
    """What tshark says to all questions; what it takes for resent is dissected like the rest."""
    span = max((int(row["end"]) for row in rows(path, "io", interval=0)), default=0) // 10**9
    questions = (*QUESTIONS, *(OVER_TIME if span < MOST_SECONDS else ()))
    plain = ("-o", "tcp.analyze_sequence_numbers:FALSE")
    wanted = [f"-z{question}" for question in questions]
    command = [tshark, "-n", "-q", *only_known_protocols(tshark), *plain, "-r", str(path), *wanted]
    return subprocess.run(command, capture_output=True, check=False).stdout.decode("utf-8", "replace")


def test_numbers_are_those_of_tshark(tshark: str, path: Path) -> None:
    text = told(tshark, path)
    for layer in LAYERS:
        assert Counter(our_conversations(path, layer)) == Counter(their_conversations(text, layer))
        assert Counter(our_endpoints(path, layer)) == Counter(their_endpoints(text, layer))
    assert our_lengths(path) == their_lengths(text)
    if path.name not in MALFORMED_INSIDE:
        assert our_protocols(path) == their_protocols(text)
        assert our_remarks(path) == their_remarks(text)
    for selection in ("", FILTER) if path.name not in BEFORE_THE_FIRST else ():
        theirs = their_intervals(text, selection)
        assert not theirs or our_intervals(path, selection) == theirs  # of a single moment it makes none


def rows(path: Path, kind: str, selection: str = "", **how: Any) -> list[dict[str, Any]]:
    session = open_session(path)
    made = list(statistics(session, Counting(kind, **how), selection).rows())
    session.capture.close()
    return made


def block(text: str, title: str) -> list[str]:
    """The lines of a table, below its title."""
    lines = text.splitlines()
    begin = lines.index(title) + 1
    end = next((at for at in range(begin + 2, len(lines)) if lines[at].startswith("====")), len(lines))
    return lines[begin:end]


class Size(NamedTuple):
    """A number of bytes as tshark writes it: whole, or in thousands or millions."""

    number: int
    unit: str

    @classmethod
    def of(cls, count: int) -> Size:
        if count < 10_000:
            return cls(count, "bytes")
        return cls(count // 1000, "kB") if count < 10_000_000 else cls(count // 1_000_000, "MB")


def their_conversations(text: str, layer: Layer) -> Iterator[tuple[Any, ...]]:
    for line in block(text, f"{TITLES[layer]} Conversations"):
        if " <-> " not in line:
            continue
        a, _, b, *words = line.split()
        frames = [int(words[at]) for at in (0, 3, 6)]
        sizes = [Size(int(words[at]), words[at + 1]) for at in (1, 4, 7)]
        yield a, b, *frames, *sizes, words[9], words[10]


def seconds(nanoseconds: int) -> float:
    """As tshark adds them up."""
    return nanoseconds // 10**9 + nanoseconds % 10**9 / 1e9


def our_conversations(path: Path, layer: Layer) -> Iterator[tuple[Any, ...]]:
    for row in rows(path, "conversations", layer=layer):
        ends = [
            f"{row[f'{end}_address']}:{row[f'{end}_port']}" if f"{end}_port" in row else row[f"{end}_address"]
            for end in ("a", "b")
        ]
        yield (
            *ends,
            row["packets_b_to_a"],
            row["packets_a_to_b"],
            row["packets"],
            Size.of(row["bytes_b_to_a"]),
            Size.of(row["bytes_a_to_b"]),
            Size.of(row["bytes"]),
            f"{seconds(row['start']):.9f}",
            f"{seconds(row['start'] + row['duration']) - seconds(row['start']):.4f}",
        )


ENDPOINT = ("packets", "bytes", "packets_sent", "bytes_sent", "packets_received", "bytes_received")


def their_endpoints(text: str, layer: Layer) -> Iterator[tuple[str, ...]]:
    for line in block(text, f"{TITLES[layer]} Endpoints"):
        if re.match(r"\S+ +\d", line):
            yield tuple(line.split())


def our_endpoints(path: Path, layer: Layer) -> Iterator[tuple[str, ...]]:
    for row in rows(path, "endpoints", layer=layer):
        port = [str(row["port"])] if "port" in row else []
        yield row["address"], *port, *(str(row[name]) for name in ENDPOINT)


def their_protocols(text: str) -> dict[str, tuple[int, int]]:
    made: dict[str, tuple[int, int]] = {}
    names: list[str] = []
    for line in block(text, "Protocol Hierarchy Statistics"):
        found = re.fullmatch(r"( *)(\S+) +frames:(\d+) bytes:(\d+)", line)
        if found:
            names[len(found[1]) // 2 :] = [found[2]]
            made[":".join(names)] = int(found[3]), int(found[4])
    return up_to_transport(made)


def up_to_transport(counted: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Without what TCP and UDP carry."""
    return {path: both for path, both in counted.items() if not re.search(":(tcp|udp):", path)}


def our_protocols(path: Path) -> dict[str, tuple[int, int]]:
    return up_to_transport({row["path"]: (row["packets"], row["bytes"]) for row in rows(path, "protocols")})


def their_lengths(text: str) -> list[list[str]]:
    lines = block(text, "Packet Lengths:")
    return [line[19:].replace("and greater", "").split() for line in lines if re.match(r"( \d|Packet)", line)]


def our_lengths(path: Path) -> list[list[str]]:
    return [list(_length_cells(row)) for row in rows(path, "lengths")]


def _length_cells(row: dict[str, Any]) -> Iterator[str]:
    """As tshark writes them: "-" where nothing was counted, no rate where no time passed."""
    yield str(row["count"])
    sizes = (f"{row['average'] or 0:.2f}", str(row["shortest"]), str(row["longest"]))
    yield from sizes if row["count"] else ("-", "-", "-")
    if row["rate"] is not None:
        yield f"{row['rate']:.4f}"
    yield "100%" if row["range"] == "all" else f"{100 * row['share']:.2f}%"
    bursts = (f"{row['burst_rate'] or 0:.4f}", f"{(row['burst_start'] or 0) / 1e9:.3f}")
    yield from bursts if row["count"] else ("-", "-")


def their_intervals(text: str, selection: str) -> set[tuple[float, int, int]]:
    title = f"| Col 1: {selection or 'Frames and bytes'}"
    found = re.findall(
        r"^\| *(-?[\d.]+) <> +\S+ +\| +(\d+) \| +(\d+) \|$",
        text.partition(title)[2].partition("\n===")[0],
        re.MULTILINE,
    )
    return {(float(begin), int(packets), int(octets)) for begin, packets, octets in found if int(packets)}


def our_intervals(path: Path, selection: str) -> set[tuple[float, int, int]]:
    made = rows(path, "io", selection, interval=int(float(INTERVAL) * 1e9))
    return {(row["start"] / 1e9, row["packets"], row["bytes"]) for row in made}


SEVERITIES = {"Errors": "Error", "Warns": "Warning", "Notes": "Note", "Chats": "Chat", "Comments": "Comment"}
ANALYSIS = re.compile(
    "This frame |Duplicate ACK|TCP (keep-alive|window|Zero Window)|ACK to a TCP|Previous segment"
    "|ACKed segment|New fragment overlaps|A new tcp session|TCP SYN-ACK"
)
"""What only following a connection remarks, which is switched off here or is about reassembly."""

PASSES_ON = {"Ethertype": "Ethernet"}
"""What tshark calls it when a part of Ethernet remarks something."""

Remarked = Counter[tuple[str, ...]]


def their_remarks(text: str) -> Remarked:
    made: Remarked = Counter()
    severity = ""
    for line in text.splitlines():
        if line.startswith("Filter:"):
            severity = ""  # another table
        if title := re.fullmatch(r"(\w+) \(\d+\)", line):
            severity = SEVERITIES[title[1]]
        found = re.fullmatch(r" +(\d+) +(\w+) +(\S.*?)  (\S.*)", line)
        if found and severity and not ANALYSIS.match(found[4]):
            protocol = PASSES_ON.get(found[3], found[3])
            if protocol not in APPLICATIONS:
                made[severity, found[2], protocol, found[4].strip()] += int(found[1])
    return made


def our_remarks(path: Path) -> Remarked:
    made: Remarked = Counter()
    for row in rows(path, "expert"):
        if not ANALYSIS.match(row["summary"]) and row["protocol"] not in APPLICATIONS:
            made[row["severity"], row["group"], row["protocol"], row["summary"].strip()] += row["count"]
    return made
