"""The notation of scenarios: one segment a line, what is expected beside it, and the table's row below.

    # Anything after a number sign is a remark.
    +0      > S   0:0    mss 1460, scale 7, sack ok      | client SYN_SENT, server LISTEN
    +.050   < S.  0:0    ack 1
    +0      > .   1:1    ack 1
    +0      > P.  1:101  ack 1                           | note retransmission
    +1      . nothing to do with it
    +0      < icmp                      # an ICMP error that quotes the other side's latest segment
    ---
    handshake: complete
    1.handshake: refused                # of the second connection

A line is: seconds since the line before; who sends (`>` the client, `<` the server, `.` somebody else); the
flags as tcpdump writes them (`S.` is SYN and ACK, `.` only ACK, `-` none); the first and one past the last
relative sequence number of the payload; then `ack N`, `win N`, `id N` (IP identification) and options in any
order, separated by commas or spaces; `sack 101:201/301:401` are blocks of relative numbers. `isn > 5000`
moves a side's initial sequence number on; `cut` on a line keeps only the headers; `offload` leaves its
checksum to the network card, `damaged` makes it wrong.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synfin.connections.follower import Follower
from synfin.dissect.table import PacketTable, dissect
from synfin.session import catalogue
from tests.packets import checksum, chunk_of, ethernet, ipv4, tcp, udp

if TYPE_CHECKING:
    from pathlib import Path

    from synfin.connections.summary import Connections

FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "-": 0}
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@dataclass(frozen=True)
class Expectation:
    """What stands after the bar: "client STATE", "server STATE", "note WORD", "connection N", "says WORD".

    "says" names everything that Wireshark's TCP analysis says of it, or "nothing"; "resends N" is the packet
    resent; and of the facts `synfin.*`: "cause WORD", "rule WORD", "lost WORD", "copies N" and others.
    """

    about: str
    value: str


@dataclass(frozen=True)
class Line:
    """One packet of the story."""

    time: int
    sender: str
    flags: int = 0
    first: int = 0
    last: int = 0
    ack: int | None = None
    window: int = 512
    options: bytes = b""
    is_icmp: bool = False
    isn: int | None = None
    is_cut: bool = False
    check: str = ""
    ident: int = 0x1234
    sack: tuple[tuple[int, int], ...] = ()
    expected: tuple[Expectation, ...] = ()


@dataclass(frozen=True)
class Setting:
    """Who talks, and with which numbers; a law may change it without changing any verdict."""

    client: str = "192.0.2.10"
    server: str = "192.0.2.80"
    ports: tuple[int, int] = (40000, 80)
    isns: tuple[int, int] = (1_000_000, 3_000_000)


@dataclass(frozen=True)
class Scenario:
    """A story and what is expected of it."""

    name: str
    lines: tuple[Line, ...]
    outcome: tuple[tuple[int, str, str], ...] = field(default=())

    def table(self, setting: Setting | None = None, *, begin: int = 0, end: int | None = None) -> PacketTable:
        """The packets from `begin` to `end`, dissected."""
        packets = list(_packets(self.lines, setting or Setting()))
        chosen = slice(begin, end)
        times = [line.time for line in self.lines if line.isn is None]
        chunk = chunk_of(
            [data for data, _ in packets[chosen]],
            lengths=[length for _, length in packets[chosen]],
            times=times[chosen],
            first=begin + 1,
        )
        return dissect(chunk, catalogue())

    def __len__(self) -> int:
        return sum(line.isn is None for line in self.lines)

    def followed(self, setting: Setting | None = None, *, cuts: tuple[int, ...] = ()) -> Connections:
        """The table of connections, the capture being read in pieces that end at `cuts`."""
        follower = Follower()
        edges = [0, *sorted(cuts), len(self)]
        for begin, end in itertools.pairwise(edges):
            if begin < end:
                follower.advance(self.table(setting, begin=begin, end=end))
        return follower.finish()


def read(path: Path) -> Scenario:
    """The scenario in a file."""
    story, _, outcome = path.read_text(encoding="utf-8").partition("\n---\n")
    return Scenario(path.stem, tuple(_lines(story)), tuple(_outcome(outcome)))


def _lines(story: str) -> list[Line]:
    lines: list[Line] = []
    time = START
    for text in story.splitlines():
        told, _, expected = text.partition("#")[0].partition("|")
        words = told.replace(",", " ").split()
        if not words:
            continue
        if words[0] == "isn":
            lines.append(Line(time, words[1], isn=int(words[2])))
            continue
        time += round(float(words[0]) * SECOND)
        lines.append(_line(time, words[1], words[2:], tuple(_expectations(expected))))
    return lines


def _line(time: int, sender: str, words: list[str], expected: tuple[Expectation, ...]) -> Line:
    if sender == "." or words[0] == "icmp":
        return Line(time, sender, is_icmp=sender != ".", expected=expected)
    flags = sum(FLAGS[letter] for letter in words[0])
    first, last = (int(edge) for edge in words[1].split(":"))
    values: dict[str, Any] = {}
    options = b""
    rest = iter(words[2:])
    for word in rest:
        if word == "ack":
            values["ack"] = int(next(rest))
        elif word == "win":
            values["window"] = int(next(rest))
        elif word == "id":
            values["ident"] = int(next(rest))
        elif word == "sack" and (blocks := next(rest)) != "ok":
            values["sack"] = tuple((int(a), int(b)) for a, b in (one.split(":") for one in blocks.split("/")))
        elif word == "sack":
            options += b"\x01\x01\x04\x02"
        elif word == "cut":
            values["is_cut"] = True
        elif word in ("offload", "damaged"):
            values["check"] = word
        else:
            options += _option(word, rest)
    return Line(time, sender, flags, first, last, options=options, expected=expected, **values)


def _option(word: str, rest: Any) -> bytes:
    match word:
        case "mss":
            return b"\x02\x04" + int(next(rest)).to_bytes(2, "big")
        case "scale":
            return b"\x01\x03\x03" + bytes((int(next(rest)),))
        case "ts":
            values = [int(next(rest)), int(next(rest))]
            return b"\x01\x01\x08\x0a" + b"".join(value.to_bytes(4, "big") for value in values)
        case "tfo":
            cookie = bytes.fromhex(next(rest).replace("request", ""))
            return bytes((34, 2 + len(cookie))) + cookie
    raise ValueError(word)


def _expectations(text: str) -> list[Expectation]:
    return [Expectation(*part.split()) for part in text.split(",") if part.strip()]


def _outcome(text: str) -> list[tuple[int, str, str]]:
    found = []
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            match = re.fullmatch(r"(?:(\d+)\.)?(\w+)", name.strip())
            assert match, line
            found.append((int(match[1] or 0), match[2], value.strip()))
    return found


def _packets(lines: tuple[Line, ...], setting: Setting) -> list[tuple[bytes, int]]:
    """The bytes kept of each packet, and its length."""
    isns = {">": setting.isns[0], "<": setting.isns[1]}
    latest: dict[str, bytes] = {}
    made: list[tuple[bytes, int]] = []
    for line in lines:
        if line.isn is not None:
            isns[line.sender] += line.isn
            continue
        if line.sender == ".":
            frame = ethernet(ipv4(udp(b"else"), 17, source="198.51.100.1", destination="198.51.100.2"))
        elif line.is_icmp:
            quoted = latest["<" if line.sender == ">" else ">"]
            frame = ethernet(_ip(b"\x03\x01\0\0\0\0\0\0" + quoted[:40], line.sender, setting, proto=1))
        else:
            segment = _checked(_segment(line, isns, setting), line, setting)
            latest[line.sender] = _ip(segment, line.sender, setting, ident=line.ident)
            frame = ethernet(latest[line.sender])
        payload = line.last - line.first
        kept = len(frame) - payload if line.is_cut else len(frame)
        made.append((frame[:kept], len(frame)))
    return made


def _segment(line: Line, isns: dict[str, int], setting: Setting) -> bytes:
    own, peer = (">", "<") if line.sender == ">" else ("<", ">")
    return tcp(
        b"x" * (line.last - line.first),
        ports=setting.ports if line.sender == ">" else setting.ports[::-1],
        seq=(isns[own] + line.first) & 0xFFFFFFFF,
        ack=0 if line.ack is None else (isns[peer] + line.ack) & 0xFFFFFFFF,
        flags=line.flags,
        window=line.window,
        options=line.options + _blocks(line, isns[peer]),
    )


def _checked(segment: bytes, line: Line, setting: Setting) -> bytes:
    """The segment with its checksum: right, damaged, or only begun, as a card is left to finish it."""
    ends = b"".join(bytes(int(part) for part in one.split(".")) for one in (setting.client, setting.server))
    pseudo = ends + b"\0\x06" + len(segment).to_bytes(2, "big")
    good = checksum(pseudo + segment)
    found = {"": good, "damaged": good ^ 1, "offload": checksum(pseudo) ^ 0xFFFF}[line.check]
    return segment[:16] + found.to_bytes(2, "big") + segment[18:]


def _blocks(line: Line, isn: int) -> bytes:
    """The SACK option, if there are blocks."""
    if not line.sack:
        return b""
    edges = b"".join(((isn + edge) & 0xFFFFFFFF).to_bytes(4, "big") for block in line.sack for edge in block)
    return b"\x01\x01\x05" + bytes((2 + len(edges),)) + edges


def _ip(payload: bytes, sender: str, setting: Setting, proto: int = 6, ident: int = 0x1234) -> bytes:
    source, destination = setting.client, setting.server
    if sender == "<":
        source, destination = destination, source
    return ipv4(payload, proto, source=source, destination=destination, ident=ident)
