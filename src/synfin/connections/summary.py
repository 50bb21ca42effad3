"""One row per connection: everything that is told of it without looking at its packets again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.time import SECOND
from synfin.connections import milestones as m
from synfin.connections import sequence as q
from synfin.connections import tally as t
from synfin.connections.headline import headline
from synfin.connections.lean import joined, lean
from synfin.connections.ledger import CONFIDENCES, COUNTED, LIMITS, vantages
from synfin.connections.offers import Offer, unpacked
from synfin.connections.partial import Partial
from synfin.connections.quality import DROPS, END, LACKING, Quality, is_copied
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
        """A column of numbers."""
        values = self.columns[name]
        assert isinstance(values, np.ndarray)
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
        open_texts = [word for word in TEARDOWNS if word.startswith(("still", "continues"))]
        open_ones = np.array([word in open_texts for word in self.columns["teardown"].tolist()], np.bool_)
        for word, lacks in ((DROPS, np.full(len(self), dropped > 0)), (END, open_ones & is_cut)):
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

AT_ONCE = 1 << 16
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
    for name, side in (("client", view.client), ("server", 1 - view.client)):
        columns |= {f"{name}_{what}": values for what, values in _side(view, side, quality).items()}
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
    sides = (("client", view.client), ("server", 1 - view.client))
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
        self.milestones = self.of(observations.milestones.state)
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

    def counted(self, column: int, side: Integers) -> Integers:
        """A column of the tally that there is for each side."""
        values: Integers = self.tallies[self.row, column + side]
        return values


def _endpoints(view: _View) -> dict[str, Column]:
    words = view.endpoints
    version = words[:, 4] >> 32
    ports = np.stack((words[:, 4] >> 16 & 0xFFFF, words[:, 4] & 0xFFFF), axis=1)
    made: dict[str, Column] = {}
    for name, side in (("client", view.client), ("server", 1 - view.client)):
        address = words[view.row[:, None], 2 * side[:, None] + [0, 1]]
        made[f"{name}_address"] = written_addresses(address, version)
        made[f"{name}_port"] = ports[view.row, side]
    made["role_confidence"] = Words((view.roles & ROLE_SEEN != 0).astype(np.int64), ("guessed", "seen"))
    return made


def written_addresses(words: Integers, version: Integers) -> Words:
    """Canonical text of addresses, each made once; `words` are two 64-bit words each."""
    codes = np.empty(len(words), np.int64)
    four, six = np.flatnonzero(version == 4), np.flatnonzero(version == 6)
    numbers, codes[four] = np.unique(words[four, 1], return_inverse=True)
    order = six[np.lexsort(words[six].T)]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    codes[order] = np.cumsum(is_new) - 1 + len(numbers)
    octets = words[order[is_new]].astype(">i8").view(np.uint8).reshape(-1, 16)
    return Words(codes, [*text.ipv4(numbers).to_list(), *text.ipv6(octets).to_list()])


def _side(view: _View, side: Integers, quality: Quality) -> dict[str, Column]:
    """What one side of each connection sent."""
    sequences, states = view.sequences[view.row, side], view.observations.states.state[view.chosen]
    offer: Offer = unpacked(view.observations.offers.state[view.chosen][view.row, side])
    packets = view.counted(t.PACKETS, side)
    state = states[view.row, side].astype(np.int64) & (INFERRED - 1)
    open_since = sequences[:, q.ZERO_SINCE]
    still_zero = np.where(open_since, view.tallies[:, t.PREVIOUS] + 1 - open_since, 0)
    zero_window = sequences[:, q.ZERO_TIME] + np.maximum(still_zero, 0)
    columns: dict[str, Column] = {what: view.counted(at, side) for what, at in SENT}
    columns |= _resent(view, side, quality)
    copied = view.ledger.counted("copied_acks", view.chosen, side)
    columns["duplicate_acks"] = np.maximum(sequences[:, q.DUPLICATES] - copied, 0)
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


def _resent(view: _View, side: Integers, quality: Quality) -> dict[str, Column]:
    """What happened to the segments of one side."""
    sent = view.counted(t.PACKETS, side) > 0
    known = dict.fromkeys(COUNTED[:-1], sent)
    known |= {f"retransmissions_{name}": sent & quality.tells_causes for name in CAUSED}
    known["lost_before"] = sent & quality.tells_lost_before
    known["lost_after"] = sent & quality.tells_causes
    return {
        name: Partial(view.ledger.counted(name, view.chosen, side), is_known)
        for name, is_known in known.items()
    }


def _timed(view: _View, side: Integers, quality: Quality) -> dict[str, Column]:
    """How long one side waited for acknowledgments, and what limited it."""
    followed = view.ledger.sendings
    which = 2 * view.chosen + side
    least, limited = followed.least_rtt(which), followed.limits(which)
    is_timed = (least > 0) & quality.tells_times
    is_limited = (limited.sum(axis=1) > 0) & quality.tells_limits
    columns: dict[str, Column] = {"rtt_min_ns": Partial(least, is_timed)}
    for name, percent in (("median", 50), ("p95", 95)):
        longest = np.maximum(followed.rtt_quantile(which, percent), least)
        columns[f"rtt_{name}_ns"] = Partial(longest, is_timed)
    for at, what in enumerate(LIMITS):
        columns[f"limited_by_{what}_ns"] = Partial(limited[:, at], is_limited)
    return columns


def observed(view: _View) -> Observed:
    """What the verdicts rest on."""
    client, server = view.client, 1 - view.client
    sequences = view.sequences
    outstanding = [
        (sequences[:, side, q.NEXT] > 0)
        & (sequences[:, 1 - side, q.ACKED] > 0)
        & (q.gap(sequences[:, 1 - side, q.ACKED], sequences[:, side, q.NEXT]) > 0)
        for side in (0, 1)
    ]
    words = view.endpoints
    was_going_on = view.observations.last_time - view.tallies[:, t.PREVIOUS] < SOON
    return Observed(
        client=view.milestones[view.row, client],
        server=view.milestones[view.row, server],
        client_packets=view.counted(t.PACKETS, client),
        server_packets=view.counted(t.PACKETS, server),
        in_vain=sequences[:, :, q.UNANSWERED].max(axis=1, initial=0),
        is_outstanding=(outstanding[0] | outstanding[1]) & was_going_on,
        is_same_host=(words[:, 0] == words[:, 2]) & (words[:, 1] == words[:, 3]),
    )


def _outcomes(view: _View, seen: Observed, quality: Quality) -> dict[str, Column]:
    """How it went, in words."""
    is_timed = seen.is_timed & quality.tells_times
    bits = view.observations.completeness.state[view.chosen].astype(np.int64)
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
    letters = view.observations.histories.letters[view.chosen]
    swapped = np.where((letters > 0) & (view.client == 1)[:, None], letters ^ 0x20, letters)
    flipped = (view.roles & FIRST_SENDER != 0) != (view.client == 1)
    flips = np.where(flipped, ord("^"), ord("="))[:, None].astype(np.uint8)
    texts = np.concatenate((flips, swapped), axis=1).view(f"S{letters.shape[1] + 1}").reshape(-1)
    distinct, codes = np.unique(texts, return_inverse=True)
    return Words(codes.reshape(-1), [one.decode("ascii").removeprefix("=") for one in distinct.tolist()])


def _vantage_confidence(view: _View, seen: Observed) -> Words:
    """How sure the place of capture is."""
    known = view.ledger.sendings.hops
    hops = [known[2 * view.chosen + side].astype(np.int64) for side in (view.client, 1 - view.client)]
    _, sure = vantages(seen, *hops)
    return Words(sure, CONFIDENCES)


def _quality(view: _View, seen: Observed) -> Quality:
    one_way = (seen.client_packets == 0) | (seen.server_packets == 0)
    heard = (seen.client[:, m.CONFIRMS] > 0) | (seen.server[:, m.CONFIRMS] > 0) | ~seen.asked
    lacks = view.tallies[:, t.LACKS]
    missed: Flags = view.sequences[:, :, q.MISSED].sum(axis=1) > 0
    copied, joined = np.zeros((2, len(view.row)), np.bool_)
    for side in (view.client, 1 - view.client):
        copies = view.ledger.counted("duplicates", view.chosen, side)
        copied |= is_copied(copies, view.counted(t.PACKETS, side))
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
    states = view.observations.states.state[view.chosen].astype(np.int64) & (INFERRED - 1)
    waits = (states == State.TIME_WAIT).astype(np.int64)
    client, server = waits[view.row, view.client], waits[view.row, 1 - view.client]
    return Words(client + 2 * server, (None, "client", "server", "both"))


def _unknown(rows: int) -> Partial:
    """A column of which nothing is known."""
    return Partial(np.zeros(rows, np.int64), np.zeros(rows, np.bool_))
