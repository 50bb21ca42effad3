"""Packets, headers and layers, taught and drawn, and questions about a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.errors import FilterError
from synfin.operations.connections import connection_account, prepared_tables

if TYPE_CHECKING:
    from synfin.explain.language import Lang
    from synfin.explain.lesson import HeaderLesson, PacketLesson
    from synfin.explain.quiz.quiz import Quiz
    from synfin.explain.stack import Stack
    from synfin.session import Session


def taught_packet(session: Session, number: int, *, lang: Lang, width: int) -> PacketLesson:
    """One packet, taught: its headers drawn with its bits, every field with its meaning.

    Args:
        session: the capture.
        number: from 1.
        lang: the reader's language.
        width: columns.

    Raises:
        FilterError: the capture has no such packet.
    """
    from synfin.explain.lesson import teach_packet

    packets = 0
    for table in session.tables_with(session.catalogue.by_name):
        packets += len(table)
        if table.chunk.first <= number < table.chunk.first + len(table):
            return teach_packet(table, number - table.chunk.first, lang, width)
    raise FilterError(
        f"There is no packet {number} in this capture.",
        hint=f"They are numbered 1 to {packets}." if packets else "",
    )


def drawn_packet(lesson: PacketLesson) -> str:
    """A packet's layers and headers as SVG."""
    from synfin.exports.pictures.header import packet_svg

    return packet_svg(lesson)


def taught_header(name: str, *, lang: Lang, width: int) -> HeaderLesson:
    """A protocol's header, drawn and explained from its definition.

    Raises:
        FilterError: there is no such protocol.
    """
    from difflib import get_close_matches

    from synfin.explain.lesson import teach_header
    from synfin.session import catalogue

    known = catalogue().by_name
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        raise FilterError(f'No protocol is named "{name}".', hint=hint)
    return teach_header(known[name], lang, width)


def drawn_header(lesson: HeaderLesson) -> str:
    """A header's diagram as SVG."""
    from synfin.exports.pictures.header import header_svg

    return header_svg(lesson)


def capture_layers(session: Session, lang: Lang) -> Stack:
    """The four-layer model with every protocol of the capture in its layer, and how many packets hold it."""
    from collections import Counter

    from synfin.explain.language import language
    from synfin.explain.stack import held, stack

    counted: Counter[str] = Counter()
    for table in session.tables():
        counted.update(held(table))
    found = [one for one in session.catalogue.protocols if counted[one.name]]
    return stack(found, language(lang), counted)


def drawn_layers(layers: Stack) -> str:
    """The four-layer model as SVG."""
    from synfin.exports.pictures.stack import stack_svg

    return stack_svg(layers)


def made_questions(
    session: Session, number: int | None = None, *, lang: Lang, choice: tuple[int, int]
) -> Quiz | None:
    """Questions about one connection; None if the capture has no TCP connection.

    Args:
        session: the capture.
        number: which connection, None for the one that shows most.
        lang: the reader's language.
        choice: how many at most, and the seed that chooses and mixes them.

    Raises:
        FilterError: there is no connection of this number.
    """
    from pathlib import Path

    from synfin.explain.language import language
    from synfin.explain.narrator import Narrator
    from synfin.explain.quiz.headers import pictures, shown_packets
    from synfin.explain.quiz.quiz import made_quiz

    told = connection_account(session, number)
    if told is None:
        return None
    shown = shown_packets(Narrator(told, language(lang)))
    drawn = pictures(prepared_tables(session, (shown[0], shown[-1])), shown) if shown else {}
    capture = ", ".join(Path(path).name for path in session.capture.paths)
    return made_quiz(told, drawn, capture, lang, choice)
