"""Packets as they are shown: the list, chosen fields, detail trees and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.errors import FilterError
from synfin.exports import fields as field_lines
from synfin.exports import listing as list_lines
from synfin.operations.selection import (
    DETAIL_CHUNK,
    LIST_CHUNK,
    answers,
    chosen_tables,
    compiled,
    with_facts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synfin.basics.arrays import Small
    from synfin.dissect.text import Text
    from synfin.dissect.tree import Node
    from synfin.operations.selection import Chosen, Selection
    from synfin.session import Session

LIST_NAMES = (
    "tcp.info_prefix",
    "tcp.seq",
    "tcp.ack",
    "tcp.window_size",
    "tcp.flags.ace",
    "tcp.options.sack.block",
    "icmp.echo",
    "icmpv6.echo",
    "arp",
)
"""Fields and protocols whose facts the packet list shows; what else is known of a segment it does not."""

COLUMN_PREFIX = "_ws.col."
"""Columns of the packet list as fields: `_ws.col.Info` and so on."""

LIST_FIELDS = tuple(COLUMN_PREFIX + title for title in list_lines.COLUMNS)
"""The columns of the packet list as fields: `_ws.col.Info`."""


class Detail(NamedTuple):
    """One packet in full.

    Attributes:
        number: from 1.
        time: nanoseconds since the epoch.
        nodes: the detail tree.
        data: its captured bytes.
    """

    number: int
    time: int
    nodes: tuple[Node, ...]
    data: bytes


def packet_list(
    session: Session,
    selection: Selection,
    times: str = "r",
    separator: str = "",
    *,
    colored: bool = False,
    live: bool = False,
) -> Iterator[bytes]:
    """The packet list in Wireshark's default columns, as lines of text.

    Args:
        session: the capture.
        selection: which packets.
        times: the letters of `tshark -t`.
        separator: "" for columns of text, or the character between them.
        colored: each line in the colour of the first rule of `listing.COLORING` that it matches.
        live: each line as soon as its packet is there, with the facts as they are known by then.
    """
    session = session.following() if live else session
    rules = [compiled(session, rule) for rule, _ in list_lines.COLORING] if colored else []
    names = [*LIST_NAMES, *(name for rule in rules for name in with_facts(session, (), rule))]

    def work(piece: Chosen) -> bytes:
        masks = [rule.mask(piece.table) for rule in rules if rule is not None]
        colors = list_lines.colors(piece.table, masks) if colored else None
        made = list_lines.lines(piece.table, _times(piece, times), separator, colors)
        return list_lines.chosen_lines(made, piece.chosen)

    yield from answers(session, names, selection, work, size=LIST_CHUNK)


def packet_fields(
    session: Session, names: Sequence[str], layout: field_lines.Layout, selection: Selection, times: str = "r"
) -> Iterator[bytes | memoryview]:
    """Chosen fields, one line per packet, as `tshark -T fields` writes them.

    Args:
        session: the capture.
        names: field names, in order; `_ws.col.Info` and the like are columns of the list.
        layout: separators, quotes, occurrences.
        selection: which packets.
        times: form of the Time column, if asked for.

    Raises:
        FilterError: no such field, or a filter that cannot be understood.
    """
    known_fields(session, names)
    yield field_lines.heading(names, layout)
    columns = any(_column_title(name) for name in names)

    def work(piece: Chosen) -> memoryview:
        table, chosen, _ = piece
        shown = list_lines.columns(table, _times(piece, times)) if columns else {}
        everyone = np.arange(len(table), dtype=np.int32)
        cells = [
            field_lines.text_cells(everyone, shown[title], len(table), layout)
            if (title := _column_title(name))
            else field_lines.field_cells(table, name, layout)
            for name in names
        ]
        return field_lines.lines(cells, layout, chosen)

    yield from answers(session, _needed(names), selection, work, shows_all=columns)


def packet_details(session: Session, selection: Selection) -> Iterator[Detail]:
    """The detail tree of every packet wanted."""
    from synfin.dissect.tree import Trees

    everything = [protocol.name for protocol in session.catalogue.protocols]
    for table, chosen, _ in chosen_tables(session, everything, selection, size=DETAIL_CHUNK):
        trees = Trees(table)
        for index in range(len(table)) if chosen is None else np.flatnonzero(chosen).tolist():
            yield Detail(
                table.chunk.first + index,
                int(table.chunk.time[index]),
                trees.packet(index),
                table.chunk.packet(index),
            )


def packet_json(
    session: Session, names: Sequence[str], selection: Selection, times: str = "r", *, raw: bool = False
) -> Iterator[bytes]:
    """The packets as a JSON array, as `tshark -T json` writes it.

    Args:
        session: the capture.
        names: only these fields; none for the whole trees.
        selection: which packets.
        times: form of the Time column, if asked for.
        raw: with each header and field its bytes, too.

    Raises:
        FilterError: no such field, or a filter that cannot be understood.
    """
    from synfin.exports import json as json_lines

    if names:
        known_fields(session, names)
        packets = (
            packet
            for piece in chosen_tables(session, _needed(names), selection)
            for packet in json_lines.chosen_fields(piece.table, _texts(piece, names, times), piece.chosen)
        )
    else:
        details = packet_details(session, selection)
        packets = (json_lines.tree(one.nodes, one.data, raw=raw, time=one.time) for one in details)
    yield from json_lines.array(packets)


def known_fields(session: Session, names: Sequence[str]) -> None:
    """Make sure that each name is a field, a protocol or a column of the list.

    Raises:
        FilterError: one is not; the hint names the nearest.
    """
    from difflib import get_close_matches

    for name in names:
        if name in session.catalogue.fields or _column_title(name):
            continue
        columns = (COLUMN_PREFIX + title for title in list_lines.COLUMNS)
        near = get_close_matches(name, [*session.catalogue.fields, *columns], n=1)
        raise FilterError(
            f'No field is named "{name}".',
            hint=f"Did you mean {near[0]}?" if near else "Search: synfin fields WORDS",
        )


def _column_title(name: str) -> str:
    title = name.removeprefix(COLUMN_PREFIX)
    return title if title != name and title in list_lines.COLUMNS else ""


def _needed(names: Sequence[str]) -> list[str]:
    """The names, and, if any is a column of the list, what the list shows."""
    return [*names, *(LIST_NAMES if any(_column_title(name) for name in names) else ())]


def _texts(piece: Chosen, names: Sequence[str], times: str) -> dict[str, tuple[Small, Text]]:
    """Of each name its values as texts, and the packet of each."""
    columns = any(_column_title(name) for name in names)
    shown = list_lines.columns(piece.table, _times(piece, times)) if columns else {}
    everyone = np.arange(len(piece.table), dtype=np.int32)
    return {
        name: (everyone, shown[title]) if (title := _column_title(name)) else piece.table.texts(name)
        for name in names
    }


def _times(piece: Chosen, form: str) -> Text:
    """The Time column; deltas count from the packet before, or the one displayed before."""
    table = piece.table
    form = {"u": "a", "ud": "ad", "udoy": "adoy"}.get(form, form)
    time = table.chunk.time
    reference = np.full(len(table), table.clock.first, np.int64)
    if form == "d":
        reference = np.concatenate(([table.clock.previous], time[:-1]))
    elif form == "dd":
        shown = np.arange(len(table)) if piece.chosen is None else np.flatnonzero(piece.chosen)
        before = time[shown[:1]] if piece.displayed is None else [piece.displayed]
        reference[shown] = np.concatenate((before, time[shown]))[: len(shown)]
    return list_lines.times(table, form, reference)
