"""The packet list as text: one line per packet, in the columns and widths of `tshark`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.escape import for_terminal
from synfin.basics.time import DAY, SECOND
from synfin.capture.chunk import NO_TIME
from synfin.dissect import text
from synfin.dissect.listing import listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text

COLUMNS = ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info")
"""Titles of the columns."""

NUMBER_WIDTH, TIME_WIDTH, ADDRESS_WIDTH = 5, 10, 12


def columns(table: PacketTable, times: Text) -> dict[str, Text]:
    """The seven columns of every packet, by title."""
    shown = listing(table)
    number = text.decimal(np.arange(table.chunk.first, table.chunk.first + len(table), dtype=np.int64))
    values = (
        number,
        times,
        shown.source,
        shown.destination,
        shown.protocol,
        text.decimal(table.chunk.length),
        shown.info,
    )
    return dict(zip(COLUMNS, values, strict=True))


def lines(table: PacketTable, times: Text, separator: str = "", colors: Text | None = None) -> Text:
    """One line per packet, with its newline; fit for a terminal whatever the packets hold.

    Args:
        table: the packets.
        times: what the Time column shows.
        separator: "" for a blank; otherwise the character between the columns.
        colors: what switches each line's colour on, if it is to have one.
    """
    number, time, *words = columns(table, times).values()
    source, destination, *rest = (printable(one) for one in words)
    pieces = [
        text.padded(number, NUMBER_WIDTH, left=False),
        text.padded(time, TIME_WIDTH, left=False),
        text.padded(source, ADDRESS_WIDTH, left=False),
        text.literal("→", len(table)),
        text.padded(destination, ADDRESS_WIDTH, left=True),
        *rest,
    ]
    between = text.literal(separator or " ", len(table))
    spread = [one for piece in pieces for one in (piece, between)][:-1]
    if colors is not None:
        spread = [colors, *spread, text.literal(PLAIN, len(table))]
    return text.join([*spread, text.literal("\n", len(table))])


def printable(texts: Text) -> Text:
    """The texts with all that a terminal would obey written as escapes."""
    data = texts.data
    high = np.count_nonzero(data >= 128)
    arrows = (data[:-2] == ARROW[0]) & (data[1:-1] == ARROW[1]) & (data[2:] == ARROW[2]) if high else data[:0]
    is_plain = high == len(ARROW) * np.count_nonzero(arrows)
    if is_plain and not bool(((data < 32) | (data == 127)).any()):
        return texts
    return text.from_list([for_terminal(one) for one in texts.to_list()])


ARROW = "→".encode()
"""The only character beyond ASCII that is in most packets' lines."""

PLAIN = "\x1b[0m"
COLORING = (
    (
        "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive"
        " && !tcp.analysis.keep_alive_ack",
        "\x1b[91m",
    ),
    ("icmp.type in {3..5, 11} || icmpv6.type in {1..4}", "\x1b[92m"),
    ("arp", "\x1b[33m"),
    ("icmp || icmpv6", "\x1b[35m"),
    ("tcp.flags.reset == 1", "\x1b[31m"),
    ("tcp.flags.syn == 1 || tcp.flags.fin == 1", "\x1b[1m"),
    ("tcp", "\x1b[34m"),
    ("udp", "\x1b[36m"),
)
"""Display filters, and what switches on the colour of packets that match; the first that does counts."""


def colors(table: PacketTable, masks: Sequence[Flags]) -> Text:
    """What switches each packet's colour on.

    Args:
        table: the packets.
        masks: of each rule of `COLORING`, which packets match.
    """
    chosen = np.full(len(table), -1, np.int64)
    for rule in reversed(range(len(masks))):
        chosen[masks[rule]] = rule
    return text.from_list([code for _, code in COLORING]).take(chosen)


def times(table: PacketTable, form: str, reference: Integers) -> Text:
    """What the Time column shows; always in UTC, for captures do not say where they were taken.

    Args:
        table: the packets.
        form: the letters of `tshark -t` without the `u` variants: a, ad, adoy, d, dd, e, r.
        reference: int64 per packet, nanoseconds: what relative forms count from; `NO_TIME` counts as 1970.
    """
    time = table.chunk.time
    known = time != NO_TIME
    digits = np.array([interface.digits for interface in table.chunk.interfaces] or [6])[
        table.chunk.interface
    ]
    start = np.where(reference == NO_TIME, 0, reference)
    return text.where(known, _by_digits(np.where(known, time, 0), digits, form, start))


def _by_digits(time: Integers, digits: Integers, form: str, reference: Integers) -> Text:
    kinds = np.unique(digits).tolist()
    made = [_formed(time, int(kind), form, reference) for kind in kinds]
    if len(made) == 1:
        return made[0]
    place = np.arange(len(time)) + np.searchsorted(kinds, digits) * len(time)
    return text.stack(made).take(place)


def _formed(time: Integers, digits: int, form: str, reference: Integers) -> Text:
    if form == "e":
        return text.seconds(time, digits)
    if form in ("r", "d", "dd"):
        return text.seconds(time - reference, digits)
    clock = text.clock(time % DAY, digits)
    if form == "a":
        return clock
    return text.join([_dates(time // DAY, form), text.literal(" ", len(time)), clock])


def _dates(days: Integers, form: str) -> Text:
    """Dates of whole days since the epoch; each distinct day is written once."""
    distinct, rows = np.unique(days, return_inverse=True)
    pattern = "%Y/%j" if form == "adoy" else "%Y-%m-%d"
    return text.from_list([_date(int(day), pattern) for day in distinct]).take(rows)


def _date(day: int, pattern: str) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(day * DAY // SECOND, UTC).strftime(pattern)


def chosen_lines(made: Text, chosen: Flags | None) -> bytes:
    """The lines of the chosen packets."""
    return (made if chosen is None else made.take(np.flatnonzero(chosen))).data.tobytes()
