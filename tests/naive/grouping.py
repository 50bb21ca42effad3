"""Which connection each TCP header belongs to, said as plainly as possible: one look at each, in order."""

from __future__ import annotations

from typing import NamedTuple

FIN, SYN, RST, ACK = 1, 2, 4, 16


class Header(NamedTuple):
    """What grouping looks at."""

    source: tuple[str, int]
    destination: tuple[str, int]
    flags: int
    seq: int
    ack: int
    quoted: bool = False


class Known(NamedTuple):
    """A header's connection, whether it is the first of it, and both sides' first numbers after it."""

    connection: int
    is_first: bool
    base: int | None
    peer_base: int | None


def grouped(headers: list[Header]) -> list[Known]:
    """The connection of each header."""
    newest: dict[frozenset[tuple[str, int]], int] = {}
    bases: list[dict[tuple[str, int], int]] = []
    known: list[Known] = []
    for header in headers:
        pair = frozenset((header.source, header.destination))
        of = newest.get(pair)
        asks = header.flags & SYN and not header.flags & ACK
        is_new = of is None
        if of is not None and header.source in bases[of] and bases[of][header.source] != header.seq:
            if asks:
                is_new = True
            elif header.flags & SYN:
                bases[of][header.source] = header.seq
        if is_new:
            of = newest[pair] = len(bases)
            bases.append({})
        assert of is not None
        if not header.quoted:
            first = header.seq if header.flags & SYN else (header.seq - 1) % 2**32
            bases[of].setdefault(header.source, first)
            if header.flags & ACK:
                bases[of].setdefault(header.destination, (header.ack - 1) % 2**32)
        known.append(Known(of, is_new, bases[of].get(header.source), bases[of].get(header.destination)))
    return known
