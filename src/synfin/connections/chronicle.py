"""Retells one connection from a second pass over its capture, in bounded memory."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.connections import milestones as m
from synfin.connections import tally as t
from synfin.connections.account import Account, Options, Segment, Side, Skipped
from synfin.connections.checks import Past, Rules
from synfin.connections.fates import NEEDLESS_IF_TOLD, Fate, fates, needless
from synfin.connections.group import CREATES, REUSES
from synfin.connections.observations import Observations, Seen
from synfin.connections.options import described, options_of
from synfin.connections.relative import relative_ack, relative_seq
from synfin.connections.scaling import STORED, UNKNOWN
from synfin.connections.segments import ACK, FIN, QUOTED, RST, SYN, segments
from synfin.connections.sequence import (
    ACKS_UNSEEN,
    DUPLICATE_ACK,
    GAP,
    KEEP_ALIVE,
    LATE,
    OLD,
    WINDOW_UPDATE,
    ZERO_WINDOW,
)
from synfin.connections.state import INFERRED, NAMES, SIDE, State
from synfin.connections.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synfin.basics.arrays import Flags, Integers
    from synfin.connections.follower import Follower
    from synfin.dissect.table import PacketTable

ALL_TOLD = 300
"""A connection of no more segments is told whole."""

BEGINNING, END, MOST_MARKED, MOST_OUTSTANDING = 60, 30, 100, 100
"""Of a longer one: so many segments at its beginning and end, so many that open, close or break it, and so
many that stand out otherwise."""

MOST_SILENCES = 5

NOTES = {
    OLD: "retransmission",
    LATE: "out_of_order",
    GAP: "gap_before",
    KEEP_ALIVE: "keep_alive",
    ZERO_WINDOW: "zero_window",
    DUPLICATE_ACK: "duplicate_ack",
    WINDOW_UPDATE: "window_update",
    ACKS_UNSEEN: "acks_unseen",
}
CHECKSUM_NOTES = {"offloaded": ("checksum_offload",), "bad": ("bad_checksum",)}
"""Notes by what `synfin.checksum.tcp` says."""

STANDS_OUT = OLD | LATE | GAP | KEEP_ALIVE | ZERO_WINDOW | ACKS_UNSEEN


def account(follower: Follower, number: int, tables: Iterable[PacketTable]) -> Account:
    """Everything about one connection.

    Args:
        follower: has followed the capture to its end.
        number: of the connection, as `tcp.stream`.
        tables: the chunks' tables again, in order, those between the packets of `stretch` at least; each is
            needed only until the next comes.

    Raises:
        KeyError: there is no such connection.
    """
    connections = follower.finish()
    index = connections.index_of(number)
    row = {**connections.row(index), **connections.row_beside(index)}
    chronicle = Chronicle(follower.observations, number, row)
    for table in tables:
        chronicle.advance(table)
        if chronicle.is_over:
            break
    more = {"capture_end": connections.capture_end, "messages": connections.packets}
    return Account(
        row={**row, **more},
        entries=tuple(chronicle.entries()),
        handshake=tuple(sorted(chronicle.steps.handshake, key=lambda step: step.number)),
        teardown=tuple(chronicle.steps.teardown),
        silences=tuple(chronicle.silences),
    )


def stretch(follower: Follower, number: int) -> tuple[int, int]:
    """The first and the last packet that matter to a connection; others of its endpoints count, too."""
    seen = follower.observations
    firsts = seen.tallies.state[_same_ends(seen, number), t.FIRST_PACKET]
    return int(firsts.min()), int(seen.tallies.state[number, t.LAST_PACKET])


def _same_ends(seen: Observations, number: int) -> Integers:
    """Connections between the endpoints of this one, up to it."""
    ends = seen.groups.endpoints[: number + 1]
    return np.flatnonzero((ends == ends[number]).all(axis=1))


@dataclass
class Told:
    """A segment that may be told.

    Attributes:
        ordinal: its place among all segments of the connection, from 0.
        segment: what is told.
        so_far: segments by client and server, payload by client and server, up to and with this one.
        before, after: packet number and time of the segments around it, (0, 0) if there is none.
    """

    ordinal: int
    segment: Segment
    so_far: tuple[int, ...]
    before: tuple[int, int]
    after: tuple[int, int] = (0, 0)


class Chronicle:
    """What is gathered of one connection.

    Attributes:
        steps: of handshake and teardown.
        silences: the longest times without a packet: nanoseconds, packet before, packet after.
        is_over: whether its last packet has come.
    """

    def __init__(self, first: Observations, number: int, row: Mapping[str, object]) -> None:
        self._ends = first.groups.endpoints[number].copy()
        self._number = len(_same_ends(first, number)) - 1  # only segments between its endpoints are followed
        self._client = int(first.states.roles[number]) & SIDE
        self._bases = first.groups.bases[number]
        self._shifts = first.scales.state[number].astype(np.int64) - STORED
        self._last = int(first.tallies.state[number, t.LAST_PACKET])
        self._vantage = row.get("vantage")
        noted = first.milestones.state[number]
        sides: dict[Side, int] = {"client": self._client, "server": 1 - self._client}
        self._milestones: dict[Side, list[int]] = {side: noted[at].tolist() for side, at in sides.items()}
        self._marks = np.unique(noted[:, [m.CONFIRMS, m.STRAY, m.TAKES_FIN]])
        self._again = Observations()
        self._past = Past()
        self._rules = Rules(self._milestones, self._past)
        self._kept: list[Told] = []
        self._tail: deque[Told] = deque(maxlen=END)
        self._latest: Told | None = None
        self._before = (0, 0)
        self._totals = np.zeros(4, np.int64)
        self._count = self._marked = self._outstanding = 0
        self._needless: set[int] = set()
        self.steps = Steps(self._milestones)
        self.silences: list[tuple[int, int, int]] = []
        self.is_over = False

    def advance(self, table: PacketTable) -> None:
        """Take the next chunk."""
        every = segments(table)
        self.is_over = self.is_over or bool(len(every) and every.number[-1] >= self._last)
        between = np.flatnonzero((every.keys == self._ends).all(axis=1))
        seen = self._again.advance(table, every.taken(between))
        found = seen.segments
        mine = seen.grouping.connection == self._number
        for at in np.flatnonzero(mine & (found.extent == QUOTED))[:MOST_MARKED].tolist():
            side: Side = "client" if found.side[at] == self._client else "server"
            self.steps.add_unreachable(int(found.number[at]), side)
        at_rows = np.flatnonzero(mine & (found.extent != QUOTED))
        if len(at_rows):
            self._take(seen, at_rows)

    def _take(self, seen: Seen, rows: Integers) -> None:
        found = seen.segments
        by_client = found.side[rows] == self._client
        taken = found.length + ((found.flags & SYN) != 0) + ((found.flags & FIN) != 0)
        columns = (found.seq, taken, found.length, found.number, found.flags, found.ack)
        first = self._past.add(np.stack((by_client.astype(np.int64), *(column[rows] for column in columns))))
        self._note_silences(found.time[rows], found.number[rows])
        length = found.length[rows]
        each = np.stack((by_client, ~by_client, by_client * length, ~by_client * length), axis=1)
        so_far = self._totals + np.cumsum(each, axis=0)
        around = list(zip(found.number[rows].tolist(), found.time[rows].tolist(), strict=True))
        if self._latest is not None and self._latest.ordinal == self._count - 1:
            self._latest.after = around[0]
        if seen.told is not None:
            self._needless |= needless(seen.told, rows)
        chosen, is_kept = self._choice(seen, rows)
        for at, segment in zip(
            chosen.tolist(), self._segments(seen, rows[chosen], chosen + first), strict=True
        ):
            before = around[at - 1] if at else self._before
            after = around[at + 1] if at + 1 < len(around) else (0, 0)
            told = Told(self._count + at, segment, tuple(so_far[at].tolist()), before, after)
            (self._kept if is_kept[at] else self._tail).append(told)
            self._latest = told
            self.steps.add(segment)
        self._before, self._totals = around[-1], so_far[-1]
        self._count += len(rows)

    def _choice(self, seen: Seen, rows: Integers) -> tuple[Integers, Flags]:
        """Which of these segments may be told, and which of them are sure to."""
        found = seen.segments
        ordinal = self._count + np.arange(len(rows))
        flags, brings = found.flags[rows], seen.brings[rows]
        marked = ((flags & (SYN | FIN | RST)) != 0) | np.isin(found.number[rows], self._marks)
        marked &= self._marked + np.cumsum(marked) <= MOST_MARKED
        outstanding = (brings & STANDS_OUT) != 0
        outstanding &= self._outstanding + np.cumsum(outstanding) <= MOST_OUTSTANDING
        self._marked += int(marked.sum())
        self._outstanding += int(outstanding.sum())
        is_kept = marked | outstanding | (ordinal < ALL_TOLD)
        return np.flatnonzero(is_kept | (np.arange(len(rows)) >= len(rows) - END)), is_kept

    def _note_silences(self, times: Integers, numbers: Integers) -> None:
        if self._before[0]:
            times, numbers = np.append(self._before[1], times), np.append(self._before[0], numbers)
        lengths = np.diff(times)
        for at in np.argsort(-lengths, kind="stable")[:MOST_SILENCES].tolist():
            if lengths[at] > 0:
                self.silences.append((int(lengths[at]), int(numbers[at]), int(numbers[at + 1])))
        self.silences = sorted(self.silences, key=lambda one: (-one[0], one[1]))[:MOST_SILENCES]

    def _segments(self, seen: Seen, rows: Integers, positions: Integers) -> Iterator[Segment]:
        """The told form of these rows; `positions` is where they stand in the past."""
        found = seen.segments
        peer_base = self._bases[1 - found.side]
        seq, ack = relative_seq(found, self._bases[found.side]), relative_ack(found, peer_base)
        headers = options_of(found.headers.table, found.rows[rows])
        options, checked = described(headers), headers.checksums()
        became = fates(seen.told, rows) if seen.told is not None else {}
        for row, position, option, checksum in zip(
            rows.tolist(), positions.tolist(), options, checked, strict=True
        ):
            flags, brings = int(found.flags[row]), int(seen.brings[row])
            fate = became.get(row, Fate())
            is_again = brings & OLD and not fate.copy_of
            sender: Side = "client" if found.side[row] == self._client else "server"
            states: dict[Side, int] = {
                "client": int(seen.client_state[row]),
                "server": int(seen.server_state[row]),
            }
            yield Segment(
                number=int(found.number[row]),
                time=int(found.time[row]),
                sender=sender,
                flags=flags,
                seq_raw=int(found.seq[row]),
                ack_raw=int(found.ack[row]),
                seq=int(seq[row]),
                ack=int(ack[row]) if flags & ACK else None,
                length=int(found.length[row]),
                window_raw=int(found.window[row]),
                window=self._window(int(found.window[row]), flags, int(found.side[row])),
                options=option,
                state={side: str(NAMES[state & (INFERRED - 1)]) for side, state in states.items()},
                inferred={side: self._is_inferred(side, state) for side, state in states.items()},
                checks=self._rules.checks(position, brings),
                notes=(
                    *_notes(brings, flags, int(seen.grouping.role[row]), option, fate),
                    *CHECKSUM_NOTES.get(checksum, ()),
                ),
                resends=self._past.original(position) if is_again else 0,
                wire_length=int(found.wire_length[row]),
                cause=fate.cause,
                copy_of=fate.copy_of,
            )

    def _is_inferred(self, side: Side, state: int) -> bool:
        """Whether nothing shows that the side is there; that it listens, only its answer could show."""
        listens = state & (INFERRED - 1) == State.LISTEN
        return bool(state & INFERRED) and (side != self._vantage or listens)

    def _window(self, raw: int, flags: int, side: int) -> int | None:
        shift = int(self._shifts[side])
        if flags & SYN or shift < UNKNOWN:
            return raw
        return None if shift == UNKNOWN else raw << shift

    def entries(self) -> Iterator[Segment | Skipped]:
        """What is told, in order, the rest summed up."""
        told = self._kept + [one for one in self._tail if one.ordinal >= self._count - END]
        told.sort(key=lambda one: one.ordinal)
        if self._count > ALL_TOLD:
            told = [one for one in told if self._is_worth_it(one)]
        last: Told | None = None
        for one in told:
            if last is not None and one.ordinal > last.ordinal + 1:
                yield _skipped(last, one)
            yield self._with_final_cause(one.segment)
            last = one

    def _with_final_cause(self, segment: Segment) -> Segment:
        """The segment, its cause put right by what its receiver reported later."""
        if segment.number in self._needless and segment.cause in NEEDLESS_IF_TOLD:
            return replace(segment, cause="spurious")
        return segment

    def _is_worth_it(self, one: Told) -> bool:
        segment = one.segment
        is_mark = segment.flags & (SYN | FIN | RST) or segment.number in self._marks
        plain = {"duplicate_ack", "window_update", *itertools.chain(*CHECKSUM_NOTES.values())}
        at_an_end = one.ordinal < BEGINNING or one.ordinal >= self._count - END
        return bool(at_an_end or is_mark or set(segment.notes) - plain)


def _skipped(last: Told, one: Told) -> Skipped:
    """What lies between two told segments."""
    own = (one.segment.sender == "client", one.segment.sender == "server")
    counts = [one.so_far[at] - last.so_far[at] - own[at] for at in (0, 1)]
    payload = [one.so_far[at + 2] - last.so_far[at + 2] - own[at] * one.segment.length for at in (0, 1)]
    return Skipped(
        first=last.after[0],
        last=one.before[0],
        segments={"client": counts[0], "server": counts[1]},
        payload={"client": payload[0], "server": payload[1]},
        start=last.after[1],
        end=one.before[1],
    )


def _notes(brings: int, flags: int, role: int, options: Options, fate: Fate) -> tuple[str, ...]:
    notes = fate.corrected([note for bit, note in NOTES.items() if brings & bit])
    if role & REUSES and role & CREATES:
        notes.append("port_reuse")
    if flags & SYN and options.fast_open is not None:
        notes.append("fast_open")
    return tuple(notes)
