"""TCP connections followed: their table, the facts of one, and what both sides said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from synfin.basics.errors import FilterError
from synfin.engine.pipeline import in_order, in_turns, pieces_in_flight, workers
from synfin.operations.selection import compiled, with_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synfin.capture.chunk import Chunk
    from synfin.connections.account import Account
    from synfin.connections.follower import Follower
    from synfin.connections.reassembly import Policy
    from synfin.connections.streams import Said
    from synfin.connections.summary import Connections
    from synfin.dissect.table import Clock, PacketTable
    from synfin.session import Session


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
    if wanted is None:
        return _finished(followed(session, main_only=main_only), session)
    names = with_facts(session, (), wanted)
    follower = Follower(supplies=bool(session.facts_of(names)), main_only=main_only)
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


def prepared_tables(session: Session, packets: tuple[int, int]) -> Iterator[PacketTable]:
    """Some of the capture's tables in order, dissected side by side, ready to be followed one by one.

    Args:
        session: the capture.
        packets: only chunks with packets from the first to the second of these.
    """
    first, last = packets
    threads = workers()

    def wanted() -> Iterator[tuple[Chunk, Clock]]:
        for chunk, clock in session.timed_chunks(buffers=pieces_in_flight(threads) + 2):
            if chunk.first > last:
                return
            if chunk.first + len(chunk) > first:
                yield chunk, clock

    return in_order(wanted(), _preparing(session), threads=threads)


def _preparing(session: Session, *, main_only: bool = False) -> Callable[[tuple[Chunk, Clock]], PacketTable]:
    """What makes a chunk's table, and all that needs no other chunk of what following needs."""
    from synfin.connections.clues import clues
    from synfin.connections.offers import said
    from synfin.connections.segments import segments

    only_tcp = session.leading_to("tcp")

    def prepare(piece: tuple[Chunk, Clock]) -> PacketTable:
        table = only_tcp.dissected(*piece)
        found = segments(table)
        if not main_only:
            said(found)
            clues(found)
        return table

    return prepare


MOST_THREADS, OUTLINE_THREADS = 3, 5
"""While one thread follows a chunk, two can prepare others, four if only the main columns are wanted: more
threads would only wait, and keep chunks in memory."""


def followed(session: Session, *, main_only: bool = False) -> Follower:
    """Every connection of a capture, followed to its end; `main_only`: no more than the main columns need."""
    from synfin.connections.follower import Follower

    follower = Follower(supplies=False, main_only=main_only)

    def follow(table: PacketTable) -> None:
        follower.advance(table)
        table.kept.clear()  # it refers back to the table: memory is freed at once, not some day

    prepare = _preparing(session, main_only=main_only)
    threads = min(workers(), OUTLINE_THREADS if main_only else MOST_THREADS)
    if session.capture.size < 0:  # a pipe may keep whoever reads it waiting: nobody but the caller
        pieces = session.timed_chunks(buffers=pieces_in_flight(threads) + 2)
        for table in in_order(pieces, prepare, threads=threads):
            follow(table)
    else:
        pieces = session.timed_chunks(buffers=pieces_in_flight(threads) + 1)
        in_turns(pieces, prepare, follow, threads=threads)
    return follower


def _finished(follower: Follower, session: Session) -> Connections:
    """The table, with what the whole file tells of its quality."""
    follower.dropped, follower.is_cut = session.capture.dropped, bool(session.capture.problems)
    return follower.finish()


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


def connection_lines(found: Connections, form: str) -> Iterator[bytes | memoryview]:
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


def connection_account(session: Session, number: int | None = None) -> Account | None:
    """The facts of one connection, as `explain_connection` tells them.

    Raises:
        FilterError: there is no connection of this number.
    """
    from synfin.connections.chronicle import account, stretch

    follower = followed(session)
    found = _finished(follower, session)
    if not len(found):
        return None
    if number is None:
        number = shows_most(found)
    _known_connection(found, number)
    return account(follower, number, prepared_tables(session, stretch(follower, number)))


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
    from synfin.connections.streams import said

    follower = followed(session, main_only=True)
    found = _finished(follower, session)
    row = found.row(_known_connection(found, number))
    client, server = (
        (str(row[f"{side}_address"]), int(str(row[f"{side}_port"]))) for side in ("client", "server")
    )
    return Dialogue(client, server, said(follower, number, session.tables(), policy))


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
