"""One row per connection: everything that is told of it without looking at its packets again."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synfin.basics.time import SECOND
from synfin.connections import milestones as m
from synfin.connections import sequence as q
from synfin.connections import tally as t
from synfin.connections.offers import Offer, unpacked
from synfin.connections.state import FIRST_SENDER, INFERRED, NAMES, ROLE_SEEN, SIDE, State
from synfin.connections.verdicts import (
    CONN_STATES,
    HANDSHAKES,
    SIDES,
    TEARDOWNS,
    VANTAGES,
    Observed,
    worded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synfin.basics.arrays import Flags, Integers, Values
    from synfin.connections.observations import Observations

NOT_YET = (
    "retransmissions_fast",
    "retransmissions_timeout",
    "retransmissions_tail_loss_probe",
    "retransmissions_spurious",
    "reordered",
    "rtt_min_ns",
    "rtt_median_ns",
    "rtt_p95_ns",
)
"""Columns of each side that need the causes of resending, or its times: unknown until those are followed."""


DROPS = "drops"
"""What the quality says of connections in a capture from which packets are missing, nobody knows which."""

SOON = SECOND
"""Data not acknowledged for less than this when the capture ended was still on its way: RFC 6298 2 waits as
long before resending, if nothing is known of the path."""


@dataclass(frozen=True)
class Connections:
    """The table of connections.

    Attributes:
        columns: by name, an array with one entry per connection: int64 or bool, masked where unknown; text
            as an object array, None where unknown.
        beside: likewise, what an explanation needs but the table does not show: `client_isn`, `server_isn`
            (raw), `time_wait_holder` ("client", "server", "both").
        capture_end: time of the capture's last packet, nanoseconds since the epoch.
        packets: how many packets the capture has.
    """

    columns: Mapping[str, Values]
    beside: Mapping[str, Values]
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
        return (self.row(index) for index in range(len(self)))

    def index_of(self, number: int) -> int:
        """Where the connection of this number stands.

        Raises:
            KeyError: there is none.
        """
        at = int(np.searchsorted(self.columns["number"], number))
        if at == len(self) or self.columns["number"][at] != number:
            raise KeyError(number)
        return at

    def taken(self, indexes: Values) -> Connections:
        """Only these rows: positions, or one truth value per row."""
        columns, beside = (
            {name: values[indexes] for name, values in part.items()} for part in (self.columns, self.beside)
        )
        return Connections(columns, beside, self.capture_end, self.packets)

    def weakened(self, dropped: int) -> Connections:
        """The same, if whoever captured lost so many packets: any connection may lack some of them."""
        if not dropped:
            return self
        quality = [f"{words}, {DROPS}" if words else DROPS for words in self.columns["quality"].tolist()]
        columns = {**self.columns, "quality": np.array(quality, object)}
        return Connections(columns, self.beside, self.capture_end, self.packets)


def _row(columns: Mapping[str, Values], index: int) -> dict[str, object]:
    return {name: values[index : index + 1].tolist()[0] for name, values in columns.items()}


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
        {name: _joined([piece[part].pop(name) for piece in pieces]) for name in tuple(pieces[0][part])}
        for part in (0, 1)
    )
    return Connections(columns, beside, observations.last_time, observations.packets)


def _joined(parts: list[Values]) -> Any:  # noqa: ANN401 - numpy.ma has no types to speak of
    """One column from its pieces."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], np.ma.MaskedArray):
        return np.ma.concatenate(parts)  # type: ignore[no-untyped-call]
    return np.concatenate(parts)


def _piece(view: _View) -> tuple[dict[str, Values], dict[str, Values]]:
    """Some rows of the table, and what stands beside them."""
    first, last = view.tallies[:, t.FIRST], view.tallies[:, t.PREVIOUS]
    columns: dict[str, Values] = {"number": view.chosen}
    columns |= _endpoints(view)
    columns |= {"start": first, "duration": last - first}
    for name, side in (("client", view.client), ("server", 1 - view.client)):
        columns |= {f"{name}_{what}": values for what, values in _side(view, side).items()}
    seen = observed(view)
    columns |= _outcomes(view, seen)
    beside: dict[str, Values] = {
        "client_isn": _known(seen.client[:, m.ISN] - 1, seen.client[:, m.ISN] > 0),
        "server_isn": _known(seen.server[:, m.ISN] - 1, seen.server[:, m.ISN] > 0),
        "time_wait_holder": _time_wait_holder(view),
    }
    return columns, beside


class _View:
    """The observations of the chosen connections, one row each."""

    def __init__(self, observations: Observations, chosen: Integers) -> None:
        self.observations = observations
        self.chosen = chosen
        self.row = np.arange(len(chosen))
        self.tallies = observations.tallies.state[chosen]
        self.roles = observations.states.roles[chosen].astype(np.int64)
        self.client = self.roles & SIDE
        self.milestones = observations.milestones.state[chosen]
        self.sequences = observations.sequences.state[chosen]
        self.endpoints = observations.groups.endpoints[chosen]

    def counted(self, column: int, side: Integers) -> Integers:
        """A column of the tally that there is for each side."""
        values: Integers = self.tallies[self.row, column + side]
        return values


def _endpoints(view: _View) -> dict[str, Values]:
    words = view.endpoints
    version = words[:, 4] >> 32
    ports = np.stack((words[:, 4] >> 16 & 0xFFFF, words[:, 4] & 0xFFFF), axis=1)
    made: dict[str, Values] = {}
    for name, side in (("client", view.client), ("server", 1 - view.client)):
        address = words[view.row[:, None], 2 * side[:, None] + [0, 1]]
        made[f"{name}_address"] = written_addresses(address, version)
        made[f"{name}_port"] = ports[view.row, side]
    made["role_confidence"] = worded(("guessed", "seen"), (view.roles & ROLE_SEEN != 0).astype(np.int64))
    return made


def written_addresses(words: Integers, version: Integers) -> Values:
    """Canonical text of addresses, each made once; `words` are two 64-bit words each."""
    texts = np.empty(len(words), object)
    four = np.flatnonzero(version == 4)
    numbers, index = np.unique(words[four, 1], return_inverse=True)
    texts[four] = _written([_dotted(number) for number in numbers.tolist()])[index]
    six = np.flatnonzero(version == 6)
    pairs, index = np.unique(words[six], axis=0, return_inverse=True)
    whole = [(high & LOW_HALF) << 64 | (low & LOW_HALF) for high, low in pairs.tolist()]
    texts[six] = _written([str(ipaddress.IPv6Address(number)) for number in whole])[index.reshape(-1)]
    return texts


def _dotted(number: int) -> str:
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


LOW_HALF = 0xFFFFFFFFFFFFFFFF


def _written(texts: list[str]) -> Values:
    return np.array([*texts, None], object)[:-1]


def _side(view: _View, side: Integers) -> dict[str, Values]:
    """What one side of each connection sent."""
    sequences, states = view.sequences[view.row, side], view.observations.states.state[view.chosen]
    offer: Offer = unpacked(view.observations.offers.state[view.chosen][view.row, side])
    packets = view.counted(t.PACKETS, side)
    state = states[view.row, side].astype(np.int64) & (INFERRED - 1)
    open_since = sequences[:, q.ZERO_SINCE]
    still_zero = np.where(open_since, view.tallies[:, t.PREVIOUS] + 1 - open_since, 0)
    columns: dict[str, Values] = {
        "packets": packets,
        "bytes": view.counted(t.BYTES, side),
        "payload_bytes": view.counted(t.PAYLOAD, side),
        "retransmissions": sequences[:, q.RESENT],
        "duplicate_acks": sequences[:, q.DUPLICATES],
        "zero_window_ns": sequences[:, q.ZERO_TIME] + np.maximum(still_zero, 0),
        "mss": _known(offer.mss, offer.mss >= 0),
        "window_scale": _known(offer.shift, offer.shift >= 0),
        "sack": _known(offer.sack, offer.seen),
        "timestamps": _known(offer.timestamps, offer.seen),
        "final_state": _or_none(NAMES[state], (packets > 0) & (state != State.UNKNOWN)),
    }
    unknown = _known(np.zeros(len(packets), np.int64), np.zeros(len(packets), np.bool_))
    columns |= dict.fromkeys(NOT_YET, unknown)
    return {name: columns[name] for name in SIDE_COLUMNS}


SIDE_COLUMNS = (
    "packets",
    "bytes",
    "payload_bytes",
    "retransmissions",
    *NOT_YET[:5],
    "duplicate_acks",
    "zero_window_ns",
    *NOT_YET[5:],
    "mss",
    "window_scale",
    "sack",
    "timestamps",
    "final_state",
)
"""In the order of the table."""


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


def _outcomes(view: _View, seen: Observed) -> dict[str, Values]:
    """How it went, in words."""
    bits = view.observations.completeness.state[view.chosen].astype(np.int64)
    return {
        "handshake": worded(HANDSHAKES, seen.handshake),
        "teardown": worded(TEARDOWNS, seen.teardown),
        "closed_first": worded(SIDES, seen.closed_first),
        "handshake_rtt_ns": _known(seen.handshake_rtt, seen.is_timed),
        "completeness": bits[:, 0] | bits[:, 1],
        "conn_state": worded(CONN_STATES, seen.conn_state),
        "history": _histories(view),
        "vantage": worded(VANTAGES, seen.vantage),
        "quality": _quality(view, seen),
        "headline": np.full(len(view.row), None, object),
    }


def _histories(view: _View) -> Values:
    """Zeek's letters; "^" first where the first packet seen came from the server."""
    letters = view.observations.histories.letters[view.chosen]
    swapped = np.where((letters > 0) & (view.client == 1)[:, None], letters ^ 0x20, letters)
    flipped = (view.roles & FIRST_SENDER != 0) != (view.client == 1)
    texts = np.ascontiguousarray(swapped).view(f"S{letters.shape[1]}").reshape(-1)
    distinct, index = np.unique(texts, return_inverse=True)
    words = np.array([text.decode("ascii") for text in distinct.tolist()] or [""], object)[index.reshape(-1)]
    return np.where(flipped, "^" + words, words) if len(words) else words


LACKING = ("handshake", "one direction", "packets", "bytes", "order")
"""What a capture of a connection may lack: the handshake, one of the directions, packets that were
acknowledged, ends of packets, the order in time."""


def _quality(view: _View, seen: Observed) -> Values:
    one_way = (seen.client_packets == 0) | (seen.server_packets == 0)
    heard = (seen.client[:, m.CONFIRMS] > 0) | (seen.server[:, m.CONFIRMS] > 0) | ~seen.asked
    lacks = view.tallies[:, t.LACKS]
    missed: Flags = view.sequences[:, :, q.MISSED].sum(axis=1) > 0
    tests: tuple[Flags, ...] = (
        ~seen.asked | (seen.is_opened & ~seen.answered & (seen.server[:, m.SYN_PACKET] == 0)),
        one_way & heard,
        missed,
        (lacks & t.CUT) != 0,
        (lacks & t.BACKWARDS) != 0,
    )
    which = sum(
        (test.astype(np.int64) << bit for bit, test in enumerate(tests)), np.zeros(len(seen.client), np.int64)
    )
    words = [
        ", ".join(word for bit, word in enumerate(LACKING) if code >> bit & 1)
        for code in range(1 << len(LACKING))
    ]
    return np.array(words, object)[which]


def _time_wait_holder(view: _View) -> Values:
    """Who is in TIME_WAIT at the end: the sender of the first FIN, or both after a simultaneous close."""
    states = view.observations.states.state[view.chosen].astype(np.int64) & (INFERRED - 1)
    waits = states == State.TIME_WAIT
    client, server = waits[view.row, view.client], waits[view.row, 1 - view.client]
    holders: Values = np.array([None, "client", "server", "both"], object)
    holder: Values = holders[client + 2 * server]
    return holder


def _or_none(texts: Values, known: Flags) -> Values:
    """Texts that are None where `known` is not."""
    made = np.full(len(texts), None, object)
    made[known] = texts[known]
    return made


def _known(values: Values, known: Flags) -> Any:  # noqa: ANN401 - numpy.ma has no types to speak of
    """Values that are unknown where `known` is not."""
    return np.ma.masked_array(values, ~known)
