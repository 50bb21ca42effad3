"""What happened in a connection, in a few letters: the `history` of Zeek's connection log.

Upper case: the originator did it; lower case: the responder. s SYN, h SYN with ACK, a bare ACK, d data,
f FIN, r RST, g missing bytes acknowledged, t data resent, w zero window, i FIN with RST, q SYN with FIN or
RST. Each is written when it first happens; g, t and w again the tenth, hundredth, … time. Bad checksums (c)
are not looked for: offloading makes them on every sending host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import PART, RARE, kernel
from synfin.connections.group import Grouping, grown
from synfin.connections.segments import (
    ACK,
    EVERY_KIND,
    FIN,
    KIND,
    RST,
    SIDE,
    SYN,
    WHOLE,
    Kinds,
    Segments,
)
from synfin.connections.sequence import ACKS_UNSEEN, EVERYTHING, OLD, ZERO_WINDOW

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers, Values

LETTERS = b"SHADFRIQTWG"
S, H, A, D, F, R, I, Q, T, W, G = (1 << bit for bit in range(len(LETTERS)))  # noqa: E741 - Zeek's letter
REPEATED = (T, W, G)
LENGTH = 40
"""Letters kept for one connection; what comes later is not told."""


class Histories:
    """The letters of every connection.

    Attributes:
        letters: uint8 (capacity, LENGTH), 0 where nothing is written yet; upper case for side 0.
        noted: uint16 (capacity, 2) bits written already, for each side; uint32 (capacity, 6) how often each
            of T, W, G happened on each.
    """

    def __init__(self) -> None:
        self.letters: Values = np.zeros((0, LENGTH), np.uint8)
        self.noted: tuple[Values, Values] = np.zeros((0, 2), np.uint16), np.zeros((0, 6), np.uint32)

    def make_room(self, count: int) -> None:
        """Make sure that so many connections fit."""
        self.letters = grown(self.letters, count)
        seen, times = self.noted
        self.noted = grown(seen, count), grown(times, count)

    def advance(self, segments: Segments, grouping: Grouping, brings: Integers, count: int) -> None:
        """Write down the next chunk.

        Args:
            segments: its segments.
            grouping: their connections.
            brings: see `Sequences.advance`.
            count: how many connections there are.
        """
        self.make_room(count)
        write(grouping.connection, segments.matrix, brings, HAPPENINGS, self.noted, self.letters)


def main_letter(segments: Kinds) -> Integers:
    """What the flags and the payload say; of several flags only the combination counts, as in Zeek."""
    flags = segments.flags
    happened = np.where(segments.length > 0, D, np.where(flags & ACK, A, 0))
    happened = np.where(flags & FIN, F, happened)
    happened = np.where(flags & RST, np.where(flags & FIN, I, R), happened)
    odd = (flags & (FIN | RST)) != 0
    happened = np.where(flags & SYN, np.where(odd, Q, np.where(flags & ACK, H, S)), happened)
    return np.where(segments.extent == WHOLE, happened, 0)


MAIN = main_letter(EVERY_KIND)
POSSIBLE = np.where(EVERY_KIND.length > 0, T | W | G, W | G)
_brings = np.arange(EVERYTHING)
MORE = np.where(_brings & OLD, T, 0) | np.where(_brings & ZERO_WINDOW, W, 0)
MORE |= np.where(_brings & ACKS_UNSEEN, G, 0)
HAPPENINGS = (MAIN, POSSIBLE.astype(np.int64), MORE.astype(np.int64))
"""Letters for each kind of segment; which others it can have; and which it has by what it brings."""


@kernel
def write(
    connection: Integers,
    rows: Integers,
    brings: Integers,
    happenings: tuple[Integers, Integers, Integers],
    noted: tuple[Values, Values],
    letters: Values,
) -> None:
    """Write a letter for each thing that happens for the first time, or for a round number of times.

    Args:
        connection: of each segment.
        rows: see `Segments.matrix`.
        brings: see `Sequences.advance`.
        happenings: `HAPPENINGS`.
        noted: see `Histories`; updated.
        letters: see `Histories`; updated.
    """
    for row in range(len(connection)):
        write_down(rows, (row, connection[row], brings[row]), happenings, noted, letters)


@kernel(plain_below=PART)
def write_down(
    rows: Integers,
    about: tuple[int, int, int],
    happenings: tuple[Integers, Integers, Integers],
    noted: tuple[Values, Values],
    letters: Values,
) -> None:
    """Write what happens with one segment; `about` is its row, its connection, and what it brings."""
    row, of, brings = about
    main, possible, more = happenings
    seen, times = noted
    by, kind = rows[SIDE, row], rows[KIND, row]
    bits = main[kind] | (more[brings] & possible[kind])
    if bits & ~np.int64(seen[of, by]) != 0 or bits >= T:
        write_letters(bits, of, by, seen, times, letters)


@kernel(plain_below=RARE)
def write_letters(bits: int, of: int, by: int, seen: Values, times: Values, letters: Values) -> None:
    """Write a letter for each of these bits that is due."""
    for letter in range(NUMBER):
        bit = 1 << letter
        if not bits & bit:
            continue
        who = 1 - by if bit == G else by  # the gap is in what the other side sent
        is_due = np.int64(seen[of, who]) & bit == 0
        if bit >= T:
            place = 3 * who + letter - FIRST_REPEATED
            times[of, place] += 1
            is_due = is_round(int(times[of, place]))
        if is_due:
            seen[of, who] = np.int64(seen[of, who]) | bit
            append(letters[of], CODES[letter] + (LOWER if who else 0))


@kernel(plain_below=PART)
def is_round(times: int) -> bool:
    """Whether a number is a power of ten."""
    power = 1
    while power < times:
        power *= 10
    return power == times


@kernel(plain_below=PART)
def append(letters: Values, code: int) -> None:
    """Write a letter after the others, if there is room."""
    for at in range(LENGTH):
        if letters[at] == 0:
            letters[at] = code
            break


NUMBER, FIRST_REPEATED, LOWER = len(LETTERS), LETTERS.index(b"T"), 32
CODES = tuple(LETTERS)
