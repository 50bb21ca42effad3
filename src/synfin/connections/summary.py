"""One row per connection: everything that is told of it without looking at its packets again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.time import SECOND
from synfin.connections import milestones as m
from synfin.connections import sequence as q
from synfin.connections import tally as t
from synfin.connections.alike import alike
from synfin.connections.headline import headline
from synfin.connections.history import LENGTH
from synfin.connections.lean import joined, lean
from synfin.connections.ledger import CONFIDENCES, COUNTED, LIMITS, vantages
from synfin.connections.offers import Offer, unpacked
from synfin.connections.partial import Partial
from synfin.connections.quality import DROPS, END, LACKING, Quality, is_copied
from synfin.connections.round_trips import quantiles
from synfin.connections.sides import ROUND_TRIPS
from synfin.connections.state import FIRST_SENDER, INFERRED, NAMES, ROLE_SEEN, SIDE, State
from synfin.connections.verdicts import CONN_STATES, HANDSHAKES, SIDES, TEARDOWNS, VANTAGES, Observed
from synfin.connections.words import Words
from synfin.dissect import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.lean import Column
    from synfin.connections.ledger import Ledger
    from synfin.connections.observations import Observations

SOON = SECOND
"""Data not acknowledged for less than this when the capture ended was still on its way: RFC 6298 2 waits as
long before resending, if nothing is known of the path."""


@dataclass(frozen=True)
class Connections:
    """The table of connections.

    Attributes:
        columns: by name, one entry per connection: an array of integers or bool; `Partial` if some may be
            unknown; or `Words`. Maybe no more than the main ones, see `_outline`.
        beside: likewise, what an explanation needs but the table does not show: `client_isn`, `server_isn`
            (raw), `time_wait_holder` ("client", "server", "both").
        capture_end: time of the capture's last packet, nanoseconds since the epoch.
        packets: how many packets the capture has.
    """

    columns: Mapping[str, Column]
    beside: Mapping[str, Column]
    capture_end: int
    packets: int

    def __len__(self) -> int:
        """How many connections there are."""
        return len(self.columns["number"])

    def row(self, index: int) -> dict[str, object]:
        """One connection by column name, in plain Python values; None for what is unknown."""
        return _row(self.columns, index)

    def row_beside(self, index: int) -> dict[str, object]:
        """Likewise what stands beside the table."""
        return _row(self.beside, index)

    def rows(self) -> Iterator[dict[str, object]]:
        """All of them."""
        for at in range(0, len(self), ROWS_AT_ONCE):
            block = [values[at : at + ROWS_AT_ONCE].tolist() for values in self.columns.values()]
            for row in zip(*block, strict=True):
                yield dict(zip(self.columns, row, strict=True))

    def index_of(self, number: int) -> int:
        """Where the connection of this number stands.

        Raises:
            KeyError: there is none.
        """
        numbers = self.numbers("number")
        at = int(np.searchsorted(numbers, number))
        if at == len(self) or numbers[at] != number:
            raise KeyError(number)
        return at

    def numbers(self, name: str) -> Integers:
        """A column of numbers, 0 where they are unknown."""
        column = self.columns[name]
        assert not isinstance(column, Words)
        values = column.filled(0) if isinstance(column, Partial) else column
        return values.astype(np.int64)

    def taken(self, indexes: Values) -> Connections:
        """Only these rows: positions, or one truth value per row."""
        columns, beside = (
            {name: values[indexes] for name, values in part.items()} for part in (self.columns, self.beside)
        )
        return Connections(columns, beside, self.capture_end, self.packets)

    def weakened(self, dropped: int, *, is_cut: bool = False) -> Connections:
        """The same, if the capture lacks more than its packets show.

        Args:
            dropped: how many packets whoever captured lost: any connection may lack some of them, so that
                nobody knows what the network lost on the way.
            is_cut: whether the file is cut off: what was open may have gone on.
        """
        if "quality" not in self.columns:
            return self
        columns = dict(self.columns)
        teardown = columns["teardown"]
        assert isinstance(teardown, Words)
        is_open = np.array(
            [str(word).startswith(("still", "continues")) for word in teardown.texts], np.bool_
        )
        for word, lacks in (
            (DROPS, np.full(len(self), dropped > 0)),
            (END, is_open[teardown.codes] & is_cut),
        ):
            columns["quality"] = _with_word(columns["quality"], word, lacks)
        if dropped:
            columns |= {f"{side}_lost_before": _unknown(len(self)) for side in ("client", "server")}
        return Connections(columns, self.beside, self.capture_end, self.packets)


def _with_word(quality: Column, word: str, lacks: Flags) -> Column:
    """The words, with one more for some connections."""
    if not lacks.any():
        return quality
    assert isinstance(quality, Words)
    more = [f"{text}, {word}" if text else word for text in quality.texts]
    codes = np.where(lacks, quality.codes + len(quality.texts), quality.codes)
    return Words(codes, [*quality.texts, *more])


def _row(columns: Mapping[str, Column], index: int) -> dict[str, object]:
    return {name: values[index : index + 1].tolist()[0] for name, values in columns.items()}


ROWS_AT_ONCE = 1 << 12
"""Rows that become Python values at a time."""

AT_ONCE = 1 << 14
"""Rows of the table made at a time, so that what is looked at on the way takes little room."""


def summarise(observations: Observations) -> Connections:
    """The table of what was observed; connections known from quotations in ICMP errors alone are left out."""
    tallies = observations.tallies.state[: observations.count]
    chosen = np.flatnonzero(tallies[:, t.FIRST_PACKET])
    pieces = [
        _piece(_View(observations, chosen[at : at + AT_ONCE]))
        for at in range(0, max(len(chosen), 1), AT_ONCE)
    ]
    columns, beside = (
        {name: joined([piece[part].pop(name) for piece in pieces]) for name in tuple(pieces[0][part])}
        for part in (0, 1)
    )
    return Connections(columns, beside, observations.last_time, observations.packets)


def _piece(view: _View) -> tuple[dict[str, Column], dict[str, Column]]:
    """Some rows of the table, and what stands beside them."""
    first, last = view.tallies[:, t.FIRST], view.tallies[:, t.PREVIOUS]
    columns: dict[str, Column] = {"number": view.chosen}
    columns |= _endpoints(view)
    columns |= {"start": first, "duration": last - first}
    seen = observed(view)
    beside: dict[str, Column] = {}
    if view.observations.is_outline:
        columns |= _outline(view, seen)
    else:
        columns |= _everything(view, seen)
        columns["headline"] = headline(columns)
        beside = _beside(view, seen)
    lean_columns, lean_beside = (
        {name: lean(values) for name, values in part.items()} for part in (columns, beside)
    )
    return lean_columns, lean_beside


def _everything(view: _View, seen: Observed) -> dict[str, Column]:
    """The other columns."""
    quality = _quality(view, seen)
    columns: dict[str, Column] = {}
    for at, name in enumerate(("client", "server")):
        columns |= {f"{name}_{what}": values for what, values in _side(view, at, quality).items()}
    return columns | _outcomes(view, seen, quality)


def _beside(view: _View, seen: Observed) -> dict[str, Column]:
    """What an explanation needs, too."""
    return {
        "client_isn": Partial(seen.client[:, m.ISN] - 1, seen.client[:, m.ISN] > 0),
        "server_isn": Partial(seen.server[:, m.ISN] - 1, seen.server[:, m.ISN] > 0),
        "time_wait_holder": _time_wait_holder(view),
    }


SENT = (("packets", t.PACKETS), ("bytes", t.BYTES), ("payload_bytes", t.PAYLOAD))
"""What is counted of each side."""


def _outline(view: _View, seen: Observed) -> dict[str, Column]:
    """The other main columns."""
    sides = zip(("client", "server"), view.sides, strict=True)
    columns: dict[str, Column] = {
        f"{name}_{what}": view.counted(at, side) for name, side in sides for what, at in SENT
    }
    return columns | {
        "handshake": Words(seen.handshake, HANDSHAKES),
        "teardown": Words(seen.teardown, TEARDOWNS),
        "conn_state": Words(seen.conn_state, CONN_STATES),
    }


class _View:
    """The observations of the chosen connections, one row each."""

    def __init__(self, observations: Observations, chosen: Integers) -> None:
        self.observations = observations
        self.chosen = chosen
        self.row = np.arange(len(chosen))
        self.tallies = self.of(observations.tallies.state)
        self.roles = self.of(observations.states.roles).astype(np.int64)
        self.client = self.roles & SIDE
        self.sides = (self.client, 1 - self.client)
        self.sequences = self.of(observations.sequences.state)
        self.endpoints = self.of(observations.groups.endpoints)

    @property
    def ledger(self) -> Ledger:
        """What happened to the segments; an outline has none."""
        assert self.observations.ledger is not None
        return self.observations.ledger

    def of(self, state: Values) -> Values:
        """The rows of the chosen connections; not copied where none is left out."""
        first, last = (int(self.chosen[0]), int(self.chosen[-1])) if len(self.chosen) else (0, -1)
        is_all = last - first + 1 == len(self.chosen)
        part: Values = state[first : last + 1] if is_all else state[self.chosen]
        return part

    def of_side(self, state: Values, side: Integers) -> Values:
        """Of what is kept of both sides of these connections that of one."""
        return state.reshape(-1, *state.shape[2:]).take(2 * self.row + side, axis=0)

    def counted(self, column: int, side: Integers) -> Integers:
        """A column of the tally that there is for each side."""
        return np.where(side, self.tallies[:, column + 1], self.tallies[:, column])

    @cached_property
    def happened(self) -> tuple[Mapping[str, Integers], ...]:
        """What the ledger counted of the clients, and of the servers, by name."""
        return tuple(self.ledger.counted(self.chosen, side) for side in self.sides)


def _endpoints(view: _View) -> dict[str, Column]:
    words = view.endpoints
    version = words[:, 4] >> 32
    addresses = words[:, :4].reshape(-1, 2, 2)
    ports = np.stack((words[:, 4] >> 16 & 0xFFFF, words[:, 4] & 0xFFFF), axis=1)
    made: dict[str, Column] = {}
    for name, side in zip(("client", "server"), view.sides, strict=True):
        made[f"{name}_address"] = written_addresses(view.of_side(addresses, side), version)
        made[f"{name}_port"] = view.of_side(ports, side)
    made["role_confidence"] = Words((view.roles & ROLE_SEEN != 0).astype(np.int64), ("guessed", "seen"))
    return made


def written_addresses(words: Integers, version: Integers) -> Words:
    """Canonical text of addresses, each made once; `words` are two 64-bit words each."""
    codes, firsts = alike(np.column_stack((words, version)))
    is_four = version[firsts] == 4
    four, six = words[firsts[is_four], 1], words[firsts[~is_four]]
    place = np.where(is_four, np.cumsum(is_four), len(four) + np.cumsum(~is_four)) - 1
    octets = six.astype(">i8").view(np.uint8).reshape(-1, 16)
    return Words(place[codes], [*text.ipv4(four).to_list(), *text.ipv6(octets).to_list()])


def _side(view: _View, at: int, quality: Quality) -> dict[str, Column]:
    """What one side of each connection sent."""
    side, happened = view.sides[at], view.happened[at]
    sequences = view.of_side(view.sequences, side)
    offer: Offer = unpacked(view.of_side(view.of(view.observations.offers.state), side))
    packets = view.counted(t.PACKETS, side)
    states = view.of_side(view.of(view.observations.states.state), side)
    state = states.astype(np.int64) & (INFERRED - 1)
    open_since = sequences[:, q.ZERO_SINCE]
    still_zero = np.where(open_since, view.tallies[:, t.PREVIOUS] + 1 - open_since, 0)
    zero_window = sequences[:, q.ZERO_TIME] + np.maximum(still_zero, 0)
    columns: dict[str, Column] = {what: view.counted(column, side) for what, column in SENT}
    columns |= _resent(happened, packets > 0, quality)
    columns["duplicate_acks"] = np.maximum(sequences[:, q.DUPLICATES] - happened["copied_acks"], 0)
    columns["zero_window_ns"] = Partial(zero_window, quality.tells_times)
    columns |= _timed(view, side, quality)
    return columns | {
        "mss": Partial(offer.mss, offer.mss >= 0),
        "window_scale": Partial(offer.shift, offer.shift >= 0),
        "sack": Partial(offer.sack, offer.seen),
        "timestamps": Partial(offer.timestamps, offer.seen),
        "final_state": Words(state, NAMES.tolist()).where((packets > 0) & (state != State.UNKNOWN)),
    }


CAUSED = ("fast", "timeout", "after_timeout", "tail_loss_probe", "unclassified", "spurious")
"""Of `ledger.COUNTED` what only the other side's acknowledgments can tell."""


def _resent(happened: Mapping[str, Integers], sent: Flags, quality: Quality) -> dict[str, Column]:
    """What happened to the segments of one side, if it sent any."""
    known = dict.fromkeys(COUNTED[:-1], sent)
    known |= {f"retransmissions_{name}": sent & quality.tells_causes for name in CAUSED}
    known["lost_before"] = sent & quality.tells_lost_before
    known["lost_after"] = sent & quality.tells_causes
    return {name: Partial(happened[name], is_known) for name, is_known in known.items()}


RTT_QUANTILES = {"median": 50, "p95": 95}
"""Percent of the round trips that do not exceed what is told."""


def _timed(view: _View, side: Integers, quality: Quality) -> dict[str, Column]:
    """How long one side waited for acknowledgments, and what limited it."""
    followed = view.ledger.sendings
    which = 2 * view.chosen + side
    least, limited = followed.least_rtt(which), followed.limits(which)
    is_timed = (least > 0) & quality.tells_times
    is_limited = (limited.sum(axis=1) > 0) & quality.tells_limits
    columns: dict[str, Column] = {"rtt_min_ns": Partial(least, is_timed)}
    names, percents = zip(*RTT_QUANTILES.items(), strict=True)
    counted = followed.narrow[which, ROUND_TRIPS].astype(np.int64)
    for name, values in zip(names, quantiles(followed.histogram, counted, percents), strict=True):
        columns[f"rtt_{name}_ns"] = Partial(np.maximum(values, least), is_timed)
    for at, what in enumerate(LIMITS):
        columns[f"limited_by_{what}_ns"] = Partial(limited[:, at], is_limited)
    return columns


def observed(view: _View) -> Observed:
    """What the verdicts rest on."""
    client, server = view.sides
    sequences, milestones = view.sequences, view.of(view.observations.milestones.state)
    outstanding = [
        (sequences[:, side, q.NEXT] > 0)
        & (sequences[:, 1 - side, q.ACKED] > 0)
        & (q.gap(sequences[:, 1 - side, q.ACKED], sequences[:, side, q.NEXT]) > 0)
        for side in (0, 1)
    ]
    words = view.endpoints
    was_going_on = view.observations.last_time - view.tallies[:, t.PREVIOUS] < SOON
    return Observed(
        client=view.of_side(milestones, client),
        server=view.of_side(milestones, server),
        client_packets=view.counted(t.PACKETS, client),
        server_packets=view.counted(t.PACKETS, server),
        in_vain=np.maximum(sequences[:, 0, q.UNANSWERED], sequences[:, 1, q.UNANSWERED]),
        is_outstanding=(outstanding[0] | outstanding[1]) & was_going_on,
        is_same_host=(words[:, 0] == words[:, 2]) & (words[:, 1] == words[:, 3]),
    )


def _outcomes(view: _View, seen: Observed, quality: Quality) -> dict[str, Column]:
    """How it went, in words."""
    is_timed = seen.is_timed & quality.tells_times
    bits = view.of(view.observations.completeness.state).astype(np.int64)
    return {
        "handshake": Words(seen.handshake, HANDSHAKES),
        "teardown": Words(seen.teardown, TEARDOWNS),
        "closed_first": Words(seen.closed_first, SIDES),
        "handshake_rtt_ns": Partial(seen.handshake_rtt, is_timed),
        "handshake_client_ns": Partial(seen.to_client, is_timed),
        "handshake_server_ns": Partial(seen.to_server, is_timed),
        "completeness": bits[:, 0] | bits[:, 1],
        "conn_state": Words(seen.conn_state, CONN_STATES),
        "history": _histories(view),
        "vantage": Words(seen.vantage, VANTAGES),
        "vantage_confidence": _vantage_confidence(view, seen),
        "quality": quality.words,
    }


def _histories(view: _View) -> Words:
    """Zeek's letters; "^" first where the first packet seen came from the server."""
    letters = view.of(view.observations.histories.letters)
    texts = np.zeros((len(letters), WHOLE_WORDS * 8), np.uint8)
    is_flipped = (view.roles & FIRST_SENDER != 0) != (view.client == 1)
    texts[:, 0] = np.where(is_flipped, ord("^"), ord("="))
    texts[:, 1 : 1 + LENGTH] = letters ^ ((letters > 0) & (view.client == 1)[:, None]) * np.uint8(0x20)
    codes, firsts = alike(texts.view(np.int64))
    distinct = texts[firsts].view(f"S{texts.shape[1]}")[:, 0]
    return Words(codes, [one.decode("ascii").removeprefix("=") for one in distinct.tolist()])


WHOLE_WORDS = 1 + LENGTH // 8
"""64-bit words that a history and what stands before it fit into."""


def _vantage_confidence(view: _View, seen: Observed) -> Words:
    """How sure the place of capture is."""
    known = view.ledger.sendings.hops
    hops = [known[2 * view.chosen + side].astype(np.int64) for side in view.sides]
    _, sure = vantages(seen, *hops)
    return Words(sure, CONFIDENCES)


def _quality(view: _View, seen: Observed) -> Quality:
    one_way = (seen.client_packets == 0) | (seen.server_packets == 0)
    heard = (seen.client[:, m.CONFIRMS] > 0) | (seen.server[:, m.CONFIRMS] > 0) | ~seen.asked
    lacks = view.tallies[:, t.LACKS]
    missed: Flags = (view.sequences[:, 0, q.MISSED] | view.sequences[:, 1, q.MISSED]) > 0
    copied, joined = np.zeros((2, len(view.row)), np.bool_)
    for side, happened in zip(view.sides, view.happened, strict=True):
        copied |= is_copied(happened["duplicates"], view.counted(t.PACKETS, side))
        joined |= view.ledger.sendings.is_joined(2 * view.chosen + side)
    tests: tuple[Flags, ...] = (
        ~seen.asked | (seen.is_opened & ~seen.answered & (seen.server[:, m.SYN_PACKET] == 0)),
        one_way & heard,
        missed,
        (lacks & t.CUT) != 0,
        (lacks & t.BACKWARDS) != 0,
        copied,
        joined,
    )
    return Quality(dict(zip(LACKING, tests, strict=True)), (lacks & t.STEPPED) != 0)


def _time_wait_holder(view: _View) -> Words:
    """Who is in TIME_WAIT at the end: the sender of the first FIN, or both after a simultaneous close."""
    states = view.of(view.observations.states.state).astype(np.int64) & (INFERRED - 1)
    waits = (states == State.TIME_WAIT).astype(np.int64)
    client, server = (view.of_side(waits, side) for side in view.sides)
    return Words(client + 2 * server, (None, "client", "server", "both"))


def _unknown(rows: int) -> Partial:
    """A column of which nothing is known."""
    return Partial(np.zeros(rows, np.int64), np.zeros(rows, np.bool_))
