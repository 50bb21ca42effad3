"""Everything a user can ask, one typed function each; every interface obtains its answers here."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

import numpy as np

from synfin.basics.errors import CaptureError, FilterError
from synfin.basics.time import SECOND
from synfin.capture.source import CHUNK_SIZE
from synfin.dissect.table import DISPLAYED_BEFORE, Settings
from synfin.engine.pipeline import in_order, pieces_in_flight, workers
from synfin.exports import fields as field_lines
from synfin.exports import listing as list_lines
from synfin.session import Session, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from synfin.basics.arrays import Flags, Integers, Small
    from synfin.capture.chunk import Chunk
    from synfin.capture.writing import Origin
    from synfin.connections.account import Account
    from synfin.connections.follower import Follower
    from synfin.connections.pairs import Kind as Layer
    from synfin.connections.reassembly import Policy
    from synfin.connections.streams import Said
    from synfin.connections.summary import Connections
    from synfin.demo.scenario import Scenario
    from synfin.dissect.table import Clock, PacketTable
    from synfin.dissect.text import Text
    from synfin.dissect.tree import Node
    from synfin.explain.explanation import Explanation
    from synfin.explain.language import Lang
    from synfin.explain.lesson import HeaderLesson, PacketLesson
    from synfin.explain.quiz.quiz import Quiz
    from synfin.explain.stack import Stack
    from synfin.exports.statistics.table import Count, Table
    from synfin.filters.complete import Completion
    from synfin.filters.filter import Filter

Answer = TypeVar("Answer")

LIST_NAMES = ("tcp", "tcp.options.sack.block", "udp", "icmp.echo", "icmpv6.echo", "arp")
"""Protocols whose facts the packet list shows."""

LIST_CHUNK = 1 << 20
"""Bytes of a chunk where every packet becomes a line with facts of all its layers."""

DETAIL_CHUNK = 1 << 18
"""Bytes of a chunk of which every packet's tree is made: its texts take a thousand times as much."""

COLUMN_PREFIX = "_ws.col."
"""Columns of the packet list as fields: `_ws.col.Info` and so on."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which packets are wanted.

    Attributes:
        filter: display filter, "" for all.
        most: stop after this many packets of the capture, 0 for none.
    """

    filter: str = ""
    most: int = 0


class Chosen(NamedTuple):
    """One chunk's packets, and which of them are wanted.

    Attributes:
        table: the packets.
        chosen: bool per packet; None for all.
        displayed: time of the packet wanted before the chunk's first, None if there is none.
    """

    table: PacketTable
    chosen: Flags | None
    displayed: int | None


def compiled(session: Session, text: str) -> Filter | None:
    """The display filter, or None for an empty one.

    Raises:
        FilterError: it cannot be understood.
    """
    if not text.strip():
        return None
    from synfin.filters.filter import compile_filter

    return compile_filter(text, session.catalogue)


def chosen_tables(
    session: Session,
    names: Sequence[str],
    selection: Selection,
    *,
    buffers: int = 2,
    size: int = CHUNK_SIZE,
) -> Iterator[Chosen]:
    """The capture's tables with the facts that `names` and the filter need, and the packets wanted."""
    wanted = compiled(session, selection.filter)
    previous: int | None = None
    tables = session.first(selection.most).tables_with(
        _with_facts(session, names, wanted), buffers=buffers, size=size
    )
    counts_displayed = _counts_displayed(names, wanted)
    for table in tables:
        made = Chosen(table, wanted.mask(table) if wanted is not None else None, previous)
        if counts_displayed and made.chosen is not None:
            table.kept[DISPLAYED_BEFORE] = _displayed_before(table.chunk.time, made.chosen, previous)
        yield made
        shown = np.arange(len(table)) if made.chosen is None else np.flatnonzero(made.chosen)
        if len(shown):
            previous = int(table.chunk.time[shown[-1]])


def _counts_displayed(names: Sequence[str], wanted: Filter | None) -> bool:
    """Whether something is asked for that depends on which packets are displayed."""
    return wanted is not None and not {"frame", "frame.time_delta_displayed"}.isdisjoint(names)


def _displayed_before(time: Integers, chosen: Flags, previous: int | None) -> Integers:
    """For each packet the time of the chosen one before it; its own if there is none."""
    rows = np.flatnonzero(chosen)
    before = np.searchsorted(rows, np.arange(len(time)))
    known = np.concatenate(([0 if previous is None else previous], time[rows]))[before]
    return np.where((before > 0) | (previous is not None), known, time)


def _with_facts(session: Session, names: Sequence[str], wanted: Filter | None) -> list[str]:
    """The names whose facts are needed; of protocols, a filter only asks whether they are there."""
    asked = wanted.fields if wanted is not None else ()
    return [*names, *(name for name in asked if name in session.catalogue.sources)]


def _answers(
    session: Session,
    names: Sequence[str],
    selection: Selection,
    work: Callable[[Chosen], Answer],
    *,
    shows_all: bool = True,
    size: int = CHUNK_SIZE,
) -> Iterator[Answer]:
    """`work` of every chunk, in order, on all cores.

    Where no fact is needed, chunks know nothing of each other and are dissected side by side, too.

    Args:
        session: the capture.
        names: fields and protocols whose facts are needed.
        selection: which packets.
        work: what to do with each chunk.
        shows_all: whether more of each packet is shown than these names tell.
        size: bytes of a chunk.
    """
    threads = 1 if session.is_following else workers()
    buffers = pieces_in_flight(threads) + 2
    wanted = compiled(session, selection.filter)
    if _counts_displayed(names, wanted) or session.facts_of(_with_facts(session, names, wanted)):
        tables = chosen_tables(session, names, selection, buffers=buffers, size=size)
        return in_order(tables, work, threads=threads)

    shown = [*names, *(wanted.fields if wanted is not None else ())]
    enough = session if shows_all else session.enough_for(shown)

    def whole(piece: tuple[Chunk, Clock]) -> Answer:
        table = enough.dissected(*piece)
        return work(Chosen(table, wanted.mask(table) if wanted is not None else None, None))

    pieces = session.first(selection.most).timed_chunks(buffers=buffers, size=size)
    return in_order(pieces, whole, threads=threads)


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

    yield from _answers(session, _needed(names), selection, work, shows_all=columns)


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

    def work(piece: Chosen) -> bytes:
        masks = [rule.mask(piece.table) for rule in rules if rule is not None]
        colors = list_lines.colors(piece.table, masks) if colored else None
        made = list_lines.lines(piece.table, _times(piece, times), separator, colors)
        return list_lines.chosen_lines(made, piece.chosen)

    yield from _answers(session, LIST_NAMES, selection, work, size=LIST_CHUNK)


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


class Records(NamedTuple):
    """Every record of a capture, accounted for.

    Attributes:
        records: packets in the file.
        dissected: those whose every header was followed to its end.
        stopped: those with a header that is cut, malformed or lying.
        reasons: how many stops of each sort: (protocol, reason, count), most first.
    """

    records: int
    dissected: int
    stopped: int
    reasons: tuple[tuple[str, str, int], ...]


def records(session: Session) -> Records:
    """Count what was dissected and what stopped; `records = dissected + stopped` always."""
    from collections import Counter

    from synfin.dissect.walk import Reason

    total = stopped = dissected = 0
    reasons: Counter[tuple[str, str]] = Counter()
    names = session.catalogue.program.names
    for table in session.tables():
        broken = np.zeros(len(table), np.bool_)
        broken[table.stops[0]] = True
        total += len(table)
        stopped += int(np.count_nonzero(broken))
        dissected += int(np.count_nonzero(~broken))
        pairs, counts = np.unique(table.stops[1:3], axis=1, return_counts=True)
        for (step, reason), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            reasons[names[step], Reason(reason).words] += count
    ordered = tuple((name, why, count) for (name, why), count in reasons.most_common())
    return Records(total, dissected, stopped, ordered)


def records_table(session: Session) -> Table:
    """The same as a table: all, those dissected, those stopped, and below these each reason."""
    from synfin.exports.statistics.table import Column, Table

    counted = records(session)
    reasons = [(f"{protocol} {why}", count) for protocol, why, count in counted.reasons]
    rows = [
        ("records", counted.records),
        ("dissected", counted.dissected),
        ("stopped", counted.stopped),
        *reasons,
    ]
    items, counts = zip(*rows, strict=True)
    return Table(
        (Column("item", "text", items), Column("count", "count", counts)), (0, 0, 0, *[1] * len(reasons))
    )


class Counting(NamedTuple):
    """What is to be counted.

    Attributes:
        kind: one of `STATISTICS`.
        layer: of conversations and endpoints: "eth", "ip", "ipv6", "tcp" or "udp".
        interval: of packets over time: nanoseconds, 0 for one interval that holds all.
    """

    kind: str
    layer: Layer = "tcp"
    interval: int = SECOND


STATISTICS = ("expert", "conversations", "endpoints", "io", "protocols", "lengths")
"""What can be counted of chosen packets."""


def statistics(session: Session, wanted: Counting, selection: str = "") -> Table:
    """Count what a capture holds.

    Args:
        session: the capture.
        wanted: what to count.
        selection: only packets that match this display filter.

    Raises:
        FilterError: the filter cannot be understood.
    """
    count = _count(session, wanted)

    def work(piece: Chosen) -> object:
        return count.part(piece.table, piece.chosen)

    for part in _answers(session, count.names, Selection(selection), work):
        count.add(part)
    return count.table()


def _count(session: Session, wanted: Counting) -> Count[Any]:
    """What counts this."""
    from synfin.exports.statistics.hierarchy import Hierarchy
    from synfin.exports.statistics.intervals import Intervals
    from synfin.exports.statistics.lengths import Lengths
    from synfin.exports.statistics.remarks import Remarks
    from synfin.exports.statistics.talkers import Conversations, Talkers

    makers: dict[str, Callable[[], Count[Any]]] = {
        "expert": lambda: Remarks(session.catalogue),
        "conversations": lambda: Conversations(wanted.layer),
        "endpoints": lambda: Talkers(wanted.layer),
        "io": lambda: Intervals(wanted.interval),
        "protocols": Hierarchy,
        "lengths": Lengths,
    }
    return makers[wanted.kind]()


def save(session: Session, path: str, selection: Selection, form: str | None = None) -> int:
    """Write the packets wanted to a capture file; returns how many.

    Args:
        session: the capture.
        path: where to; the suffix decides the format unless `form` does.
        selection: which packets; of an anonymized capture by what they held before.
        form: "pcap", "nsecpcap" or "pcapng".

    Raises:
        ExportError: the format cannot hold these packets, or the file cannot be written.
    """
    from synfin.capture.writing import open_writer

    written = 0
    compiled(session, selection.filter)  # a bad one must not cost the file that is there
    writer = open_writer(path, form, session.capture, origin_of(session))
    try:
        for table, chosen, _ in chosen_tables(replace(session, rewrite=None), (), selection):
            rows = np.arange(len(table)) if chosen is None else np.flatnonzero(chosen)
            if len(rows):
                writer.write(session.rewrite(table) if session.rewrite else table.chunk, rows)
            written += len(rows)
    finally:
        writer.close()
    return written


def anonymized(session: Session, secret: str) -> Session:
    """The same capture without what tells whose it is: other addresses, no contents, no names, no remarks.

    Timing, sizes, ports, sequence numbers, options and time stamps stay, and so does every verdict.

    Args:
        session: the capture.
        secret: whoever knows it can tell which address became which; with the same one the same addresses
            become the same again.
    """
    from synfin.exports.anonymity.addresses import key_of
    from synfin.exports.anonymity.packets import anonymizer

    return replace(session, rewrite=anonymizer(key_of(secret)))


def origin_of(session: Session) -> Origin:
    """What the capture says of itself, as far as it is to be told."""
    from synfin.capture.nameless import Nameless

    return Nameless(session.capture) if session.rewrite else session.capture


def connection_table(
    session: Session, selection: str = "", *, all_packets: bool = False, main_only: bool = False
) -> Connections:
    """The table of TCP connections, one row each, in the order of their first packets.

    Args:
        session: the capture.
        selection: only connections of which one packet matches this display filter.
        all_packets: only those of which every packet does.
        main_only: only the columns that the table for people shows.

    Raises:
        FilterError: the filter cannot be understood.
    """
    from synfin.connections.follower import Follower

    wanted = compiled(session, selection)
    names = _with_facts(session, (), wanted)
    follower = Follower(supplies=bool(session.facts_of(names)), main_only=main_only)
    if wanted is None:
        for table in prepared_tables(session):
            follower.advance(table)
            table.kept.clear()  # it refers back to the table: memory is freed at once, not some day
        return _finished(follower, session)
    matching, others = set[int](), set[int]()
    for table in session.tables_with([*names, "tcp.stream"]):
        mask = wanted.mask(table)
        follower.advance(table)
        packet, numbers = table.packet_of_row("tcp.stream"), table.column("tcp.stream")
        assert isinstance(numbers, np.ndarray)
        matching.update(np.unique(numbers[mask[packet]]).tolist())
        others.update(np.unique(numbers[~mask[packet]]).tolist())
    kept = np.array(sorted(matching - others if all_packets else matching), np.int64)
    found = _finished(follower, session)
    return found.taken(np.isin(found.numbers("number"), kept))


def _finished(follower: Follower, session: Session) -> Connections:
    """The table, with what the whole file tells of its quality."""
    follower.dropped, follower.is_cut = session.capture.dropped, bool(session.capture.problems)
    return follower.finish()


def prepared_tables(session: Session, packets: tuple[int, int] | None = None) -> Iterator[PacketTable]:
    """The capture's tables in order, dissected side by side, ready to be followed one after the other.

    Args:
        session: the capture.
        packets: only chunks with packets from the first to the second of these; None for all.
    """
    from synfin.connections.segments import segments

    first, last = packets or (0, sys.maxsize)

    def wanted() -> Iterator[tuple[Chunk, Clock]]:
        for chunk, clock in session.timed_chunks(buffers=pieces_in_flight(threads) + 2):
            if chunk.first > last:
                return
            if chunk.first + len(chunk) > first:
                yield chunk, clock

    def prepare(piece: tuple[Chunk, Clock]) -> PacketTable:
        table = only_tcp.dissected(*piece)
        segments(table)
        return table

    threads, only_tcp = workers(), session.leading_to("tcp")
    return in_order(wanted(), prepare, threads=threads, caller_works=True)


def explain_connection(
    session: Session, number: int | None = None, *, lang: Lang, width: int
) -> Explanation | None:
    """The story of one connection; None if the capture has no TCP connection.

    Args:
        session: the capture.
        number: which one, as `tcp.stream` counts; None for the one that shows most.
        lang: the reader's language.
        width: columns of its lines.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.explain.explanation import explain

    told = connection_account(session, number)
    return explain(told, lang, width) if told is not None else None


def connection_account(session: Session, number: int | None = None) -> Account | None:
    """The facts of one connection, as `explain_connection` tells them.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.connections.chronicle import account, stretch
    from synfin.connections.follower import Follower

    follower = Follower(supplies=False)
    for table in prepared_tables(session):
        follower.advance(table)
        table.kept.clear()
    found = _finished(follower, session)
    if not len(found):
        return None
    if number is None:
        number = shows_most(found)
    _known_connection(found, number)
    return account(follower, number, prepared_tables(session, stretch(follower, number)))


class Demonstration(NamedTuple):
    """A scenario that was played, or that this machine does not let us play.

    Attributes:
        scenario: what it is and what to learn from it.
        session: the capture that shows it.
        explanation: of its connection; None if there is no TCP in it.
        path: the capture's file.
        truth: what the link did and what the kernels counted; None if `refusal`.
        refusal: why a shipped capture is shown instead, "" if it was played.
    """

    scenario: Scenario
    session: Session
    explanation: Explanation | None
    path: Path
    truth: dict[str, object] | None
    refusal: str


def demonstrate(name: str, folder: Path, side: str = "", *, lang: Lang, width: int) -> Demonstration:
    """Play a scenario on hosts of its own and explain what was captured.

    Args:
        name: which one.
        folder: where the captures of both ends and the truth are written.
        side: "client" or "server"; "" for the side that shows it.
        lang: the reader's language.
        width: columns of its lines.

    Raises:
        CaptureError: there is no such scenario, or it did not end.
    """
    from importlib.resources import files

    from synfin.demo.stage import scenario_named, stage

    scenario = scenario_named(name)
    truth, refusal, number = None, "", scenario.connection
    path = folder / f"{side or ('server' if scenario.at_server else 'client')}.pcapng"
    try:
        truth = stage(scenario, folder)
    except CaptureError as error:
        if error.permitted:
            raise
        refusal, path, number = str(error), folder / "shipped.pcapng", None
        path.write_bytes((files("synfin.capture") / "sample.pcapng").read_bytes())
    session = open_session(str(path))
    return Demonstration(
        scenario, session, explain_connection(session, number, lang=lang, width=width), path, truth, refusal
    )


def demonstrations(lang: Lang) -> list[tuple[str, str]]:
    """The scenarios: names and titles."""
    from synfin.demo.scenario import scenarios

    return [(name, getattr(scenario.title, lang)) for name, scenario in scenarios().items()]


def _known_connection(found: Connections, number: int) -> int:
    """The place of a connection in the table.

    Raises:
        FilterError: there is none of this number.
    """
    try:
        return found.index_of(number)
    except KeyError:
        hint = f"They are numbered 0 to {found.numbers('number')[-1]}." if len(found) else ""
        raise FilterError(f"There is no connection {number} in this capture.", hint=hint) from None


class Dialogue(NamedTuple):
    """What both sides of a connection said.

    Attributes:
        client, server: address and port of each.
        said: the pieces of their streams, in the order in which they became known; to be read once.
    """

    client: tuple[str, int]
    server: tuple[str, int]
    said: Iterator[Said]


def followed_streams(session: Session, number: int, policy: Policy = "first") -> Dialogue:
    """The byte streams of one TCP connection, put in order.

    Args:
        session: the capture.
        number: which connection, as `tcp.stream` counts.
        policy: which of two differing copies is kept while both wait for what is before them.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.connections.follower import Follower
    from synfin.connections.streams import said

    follower = Follower(supplies=False)
    for table in prepared_tables(session):
        follower.advance(table)
        table.kept.clear()
    found = _finished(follower, session)
    row = found.row(_known_connection(found, number))
    client, server = (
        (str(row[f"{side}_address"]), int(str(row[f"{side}_port"]))) for side in ("client", "server")
    )
    return Dialogue(client, server, said(follower, number, session.tables(), policy))


def explanation_page(session: Session, number: int | None = None, *, lang: Lang) -> str | None:
    """The story of one connection as a page of HTML that needs nothing else; None without a connection.

    Args:
        session: the capture.
        number: which connection, None for the one that shows most.
        lang: the language that is shown first; the page holds both.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.exports.page.page import made_page

    told = connection_account(session, number)
    if told is None:
        return None

    def tables(last: int) -> Iterator[PacketTable]:
        return session.first(last).tables_with(session.catalogue.by_name, size=DETAIL_CHUNK)

    return made_page(told, tables, session.catalogue.by_name, lang, is_anonymized=session.rewrite is not None)


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


def drawn_explanation(explained: Explanation, picture: str, form: str) -> str:
    """One picture of an explanation as a file.

    Args:
        explained: the explanation.
        picture: "ladder" or "states".
        form: "svg" or "mermaid".
    """
    from synfin.exports.pictures import ladder, machine, mermaid

    if form == "mermaid":
        if picture == "states":
            return mermaid.machines_mermaid(explained.machines)
        return mermaid.ladder_mermaid(explained.ladder, explained.title)
    if picture == "states":
        return machine.machines_svg(explained.machines)
    return ladder.ladder_svg(explained.ladder, explained.title)


def drawn_header(lesson: HeaderLesson) -> str:
    """A header's diagram as SVG."""
    from synfin.exports.pictures.header import header_svg

    return header_svg(lesson)


def drawn_packet(lesson: PacketLesson) -> str:
    """A packet's layers and headers as SVG."""
    from synfin.exports.pictures.header import packet_svg

    return packet_svg(lesson)


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


def shows_most(found: Connections) -> int:
    """The connection to explain when nobody says which: begun and ended before our eyes, and the busiest."""
    begun = np.array([word != "not seen" for word in found.columns["handshake"].tolist()])
    going_on = ("", "still open when the capture ended", "continues past the capture")
    ended = np.array([word not in going_on for word in found.columns["teardown"].tolist()])
    packets, numbers = (
        found.numbers("client_packets") + found.numbers("server_packets"),
        found.numbers("number"),
    )
    return int(numbers[np.lexsort((-numbers, packets, ended, begun))[-1]])


def warm_up() -> Iterator[str]:
    """Compile every kernel for this machine and keep it; yields what is being prepared, step by step."""
    from importlib.resources import as_file, files

    from synfin.basics.kernel import compile_always

    compile_always()
    with as_file(files("synfin.capture") / "sample.pcapng") as sample:
        session = open_session(sample)
        yield "packet lists"
        list(packet_list(session, Selection()))
        yield "fields"
        names = [name for name in session.catalogue.fields if name in session.catalogue.sources]
        list(packet_fields(session, names, field_lines.Layout(), Selection()))
        yield "display filters"
        wanted = "ip.addr == 192.0.2.80 and tcp.port in {80, 443} and frame contains 47:45:54"
        list(packet_list(session, Selection(wanted)))
        yield "detail trees"
        list(packet_details(session, Selection()))
        yield "connections"
        explain_connection(session, lang="en", width=100)
        yield "sharing"
        list(anonymized(session, "").timed_chunks())


def sorted_by(found: Connections, column: str) -> Connections:
    """The connections in the order of a column; "-name" for the largest first, unknown values last.

    Raises:
        FilterError: there is no such column.
    """
    name = column.removeprefix("-")
    if name not in found.columns:
        raise FilterError(f'No column is named "{name}".', hint=f"There are {', '.join(found.columns)}.")
    values: list[Any] = found.columns[name].tolist()
    known = [index for index, value in enumerate(values) if value is not None]
    unknown = [index for index, value in enumerate(values) if value is None]
    known.sort(key=values.__getitem__, reverse=column.startswith("-"))
    return found.taken(np.array(known + unknown, np.int64))


def connection_lines(found: Connections, form: str) -> Iterator[bytes]:
    """The table of connections as text: "table", "json" or "csv"."""
    from synfin.exports import connections

    return {"table": connections.table, "json": connections.json_rows, "csv": connections.csv_rows}[form](
        found
    )


def write_parquet(found: Connections, target: str | BinaryIO) -> None:
    """Write the connections as a Parquet file; unknown values are null."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {name: pa.array(values.tolist()) for name, values in found.columns.items()}
    parquet.write_table(pa.table(columns), target, compression="zstd")


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


LIST_FIELDS = tuple(COLUMN_PREFIX + title for title in list_lines.COLUMNS)
"""The columns of the packet list as fields: `_ws.col.Info`."""

DECODE_TABLES = ("tcp.port", "udp.port", "ethertype", "ip.proto")
"""Key spaces that `decode_rules` may change."""


def decode_rules(rules: Sequence[str]) -> tuple[tuple[str, int, str], ...]:
    """Decode-as rules such as "udp.port==8472,vxlan" as (family, key, protocol).

    Raises:
        FilterError: a rule names an unknown table or protocol, or no number.
    """
    from difflib import get_close_matches

    from synfin.session import catalogue

    names = [protocol.name for protocol in catalogue().walked if not protocol.body] if rules else []
    made = []
    for rule in rules:
        table, _, rest = rule.partition("==")
        key, _, name = rest.partition(",")
        if table not in DECODE_TABLES:
            raise FilterError(
                f'-d {rule}: no table "{table}".', hint=f"There are {', '.join(DECODE_TABLES)}."
            )
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
            raise FilterError(f'-d {rule}: no protocol "{name}".', hint=hint)
        if not key.isdecimal():
            raise FilterError(f'-d {rule}: "{key}" is no number.', hint="Say e.g. udp.port==8472,vxlan")
        made.append((table, int(key), name))
    return tuple(made)


PREFERENCES = {
    "ip.check_checksum": "check_ip",
    "tcp.check_checksum": "check_tcp",
    "udp.check_checksum": "check_udp",
    "tcp.relative_sequence_numbers": "relative",
}
"""Wireshark's names of the settings there are."""


def settings_of(preferences: Sequence[str]) -> Settings:
    """Settings from Wireshark preferences such as "ip.check_checksum:TRUE".

    Raises:
        FilterError: no such preference, or a value that is neither TRUE nor FALSE.
    """
    chosen = {}
    for preference in preferences:
        name, _, value = preference.partition(":")
        if name not in PREFERENCES or value.upper() not in ("TRUE", "FALSE"):
            known = ", ".join(PREFERENCES)
            raise FilterError(
                f"-o {preference}: not a setting of synfin.", hint=f"NAME:TRUE or :FALSE, of {known}"
            )
        chosen[PREFERENCES[name]] = value.upper() == "TRUE"
    return Settings(**chosen)


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


class FilterAnswer(NamedTuple):
    """A display filter, explained.

    Attributes:
        sentence: what it selects, in one sentence.
        tree: how it is read, as indented lines.
        warnings: what may not be meant.
    """

    sentence: str
    tree: str
    warnings: tuple[str, ...]


def filter_in_words(text: str, lang: str) -> FilterAnswer:
    """Say what a display filter selects.

    Raises:
        FilterError: it cannot be understood.
    """
    from synfin.filters.filter import compile_filter
    from synfin.filters.words import in_words
    from synfin.session import catalogue

    made = compile_filter(text, catalogue())
    return FilterAnswer(in_words(made, lang), "\n".join(made.tree()), tuple(made.warnings))


FEW_FIELDS = 6
"""If a search finds no more, each is explained."""


class FoundField(NamedTuple):
    """A field of the reference, ready to be shown.

    Attributes:
        name: its filter name.
        kind: its type, in words.
        label: what the tree calls it.
        examples: values it may have.
        lesson: its meaning and the common mistake, in the reader's language; empty if there is none, or if
            many fields were found.
    """

    name: str
    kind: str
    label: str
    examples: tuple[str, ...]
    lesson: tuple[str, ...]


def search(words: Sequence[str], *, lang: Lang = "en") -> list[FoundField]:
    """Fields of the reference whose name, label or value names contain all words, the nearest first."""
    from synfin.explain.lesson import teach_field
    from synfin.filters.search import search_fields, type_label, value_examples
    from synfin.session import catalogue

    known = catalogue()
    found = search_fields(words, known)
    return [
        FoundField(
            info.name,
            type_label(info),
            info.label,
            value_examples(info, known),
            teach_field(known.by_name[info.protocol], info.name, lang) if len(found) <= FEW_FIELDS else (),
        )
        for info in found
    ]


def completions(text: str, cursor: int) -> list[Completion]:
    """How a display filter may go on at the cursor (characters before it): fields, operators, values."""
    from synfin.filters.complete import complete
    from synfin.session import catalogue

    return complete(text, cursor, catalogue())


__all__ = ["Chosen", "Detail", "Records", "Selection", "open_session"]
