"""TCP connections as they pass a capture point near the clients: one array operation per step of their life.

A connection is a row; its requests and responses are bursts; a burst goes out in flights of a growing
window (RFC 5681 3.1), each answered by acknowledgements; a flight may lose segments or have one overtaken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from wire import (
    ACK,
    FIN,
    HTTP_REQUEST,
    HTTP_RESPONSE,
    NO_OPTIONS,
    PACKET,
    PSH,
    RST,
    SACK,
    SYN,
    SYN_PLAIN,
    SYN_TIMESTAMPS,
    TCP,
    TIMESTAMPS,
    TIMESTAMPS_SACK,
    TLS,
    Rows,
)

Array = npt.NDArray[Any]

MICROSECOND, MILLISECOND, SECOND = 1_000, 1_000_000, 1_000_000_000
STARTS_PER_SECOND = 100
DELAYED_ACK = 40 * MILLISECOND
LOSS = 0.007  # per segment, the first of a run; with the runs' length about 1 % of segments are lost
OVERTAKEN = 0.002  # per segment
LOST_ACKS = 0.01
WINDOWS = np.array([10, 20, 40], np.int64)  # segments per round trip until the link is full
FULL_WINDOW = 64
LARGEST_BURST = 20_000  # segments

NORMAL, REFUSED, SILENT = range(3)
CLIENT_FIN, CLIENT_FIN_LATE_ANSWER, SERVER_FIN, CLIENT_RST, SERVER_RST, STAYS_OPEN = range(6)

CONNECTION = np.dtype(
    [
        ("start", "i8"),
        ("rtt", "i8"),
        ("near", "i8"),  # capture point to client and back; `rtt - near` to the server and back
        ("spacing", "i8"),  # between segments of one flight
        ("version", "u1"),
        ("vlan", "u2"),
        ("client", "u4"),
        ("server", "u4"),
        ("client_port", "u2"),
        ("server_port", "u2"),
        ("client_isn", "i8"),
        ("server_isn", "i8"),
        ("client_clock", "i8"),
        ("server_clock", "i8"),
        ("timestamps", "?"),
        ("segment", "i8"),  # payload bytes in a full segment
        ("syn_tries", "i8"),
        ("outcome", "u1"),
        ("closing", "u1"),
        ("exchanges", "i8"),
    ]
)


class Conversations:
    """An endless, reproducible supply of connections, in order of their start."""

    def __init__(self, rng: np.random.Generator, begin: int) -> None:
        self.rng = rng
        self.next_start = begin
        self._before: Rows = np.zeros(0, CONNECTION)

    def take(self, count: int) -> Rows:
        """All packets of the next `count` connections, ordered by time; none is before the first start."""
        connections = self._draw(count)
        packets, order = _packets(self.rng, connections)
        return packets[order]

    def _draw(self, count: int) -> Rows:
        rng = self.rng
        rows = np.zeros(count, CONNECTION)
        rows["start"] = self.next_start + np.cumsum(rng.exponential(SECOND / STARTS_PER_SECOND, count))
        self.next_start = int(rows["start"][-1])
        rows["rtt"] = np.clip(rng.lognormal(np.log(25), 1.0, count), 0.6, 250) * MILLISECOND
        rows["near"] = 200 * MICROSECOND + rows["rtt"] // 50
        wire_time = rng.choice([12, 25, 120, 300], count, p=[0.3, 0.3, 0.3, 0.1]) * MICROSECOND
        rows["spacing"] = np.minimum(wire_time, rows["rtt"] // (2 * FULL_WINDOW))
        rows["version"] = np.where(rng.random(count) < 0.1, 6, 4)
        rows["vlan"] = np.where(rng.random(count) < 0.08, rng.choice([10, 20, 30], count), 0)
        rows["client"] = (10 << 24) + rng.integers(2, 3000, count)
        rows["server"] = (198 << 24) + (18 << 16) + (rng.zipf(1.3, count) % 5000).astype(np.uint32)
        rows["client_port"] = rng.integers(32768, 61000, count)
        rows["server_port"] = rng.choice([443, 80, 5001], count, p=[0.65, 0.25, 0.1])
        for name in ("client_isn", "server_isn", "client_clock", "server_clock"):
            rows[name] = rng.integers(0, 2**32, count)
        rows["timestamps"] = rng.random(count) < 0.75
        rows["segment"] = np.where(rows["version"] == 4, 1460, 1440) - 12 * rows["timestamps"]
        rows["syn_tries"] = 1 + (rng.random(count) < 0.01)
        rows["outcome"] = rng.choice([NORMAL, REFUSED, SILENT], count, p=[0.96, 0.025, 0.015])
        rows["syn_tries"][rows["outcome"] == SILENT] = 4
        closings = [0.45, 0.15, 0.25, 0.06, 0.04, 0.05]
        rows["closing"] = rng.choice(len(closings), count, p=closings)
        rows["exchanges"] = np.minimum(rng.geometric(0.5, count), 12)
        rows["exchanges"][rows["outcome"] != NORMAL] = 0
        self._reuse_ports(rows)
        return rows

    def _reuse_ports(self, rows: Rows) -> None:
        """Let some connections have the addresses and ports of one of the batch before."""
        if len(self._before) == len(rows):
            again = np.flatnonzero(self.rng.random(len(rows)) < 0.01)
            for name in ("version", "vlan", "client", "server", "client_port", "server_port", "segment"):
                rows[name][again] = self._before[name][again]
            rows["timestamps"][again] = self._before["timestamps"][again]
        self._before = rows


def expand(counts: Array) -> tuple[Array, Array]:
    """Row i `counts[i]` times: the row numbers, and 0, 1, … within each row."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)


def _before_within(values: Array, group: Array) -> Array:
    """Sum of the values before each row, within its group; groups are consecutive rows."""
    total: Array = np.cumsum(values) - values
    return total - total[np.searchsorted(group, group)]


def _packets(rng: np.random.Generator, connections: Rows) -> tuple[Rows, Array]:
    """Packets of these connections, and the order that sorts them by time."""
    bursts = _bursts(rng, connections)
    flights = _flights(rng, connections, bursts)
    parts = [
        *_handshakes(connections),
        *_data(connections, flights),
        *_repairs(connections, flights),
        *_teardowns(rng, connections, bursts, flights),
    ]
    owner = np.concatenate([who for who, _ in parts])
    packets = np.concatenate([said for _, said in parts])
    bare = (packets["flags"] == ACK) & (packets["length"] == 0)
    kept = ~bare | (rng.random(len(packets)) >= LOST_ACKS)
    owner, packets = owner[kept], packets[kept]
    order = np.argsort(packets["time"], kind="stable")
    _number(packets, owner * 2 + (packets["source"] >> 24 != 10), order)
    return packets, order


def _number(packets: Rows, sender: Array, order: Array) -> None:
    """Give each sender's packets consecutive IP identifications."""
    grouped = order[np.argsort(sender[order], kind="stable")]
    ranked = sender[grouped]
    packets["identification"][grouped] = (
        np.arange(len(ranked)) - np.searchsorted(ranked, ranked) + ranked * 7919
    )


def _say(connections: Rows, by_server: Array, time: Array, numbers: tuple[Any, Any], flags: Any) -> Rows:  # noqa: ANN401
    """Make one packet per row of `connections`, which is that of its connection.

    Args:
        connections: rows of `CONNECTION`.
        by_server: who sends.
        time: when it passes the capture point, ns.
        numbers: bytes the sender has sent before this packet and received so far, SYN not counted.
        flags: TCP flags.
    """
    said = np.zeros(len(connections), PACKET)
    said["protocol"] = TCP
    said["time"] = time
    for name in ("version", "vlan"):
        said[name] = connections[name]
    said["source"] = np.where(by_server, connections["server"], connections["client"])
    said["destination"] = np.where(by_server, connections["client"], connections["server"])
    said["source_port"] = np.where(by_server, connections["server_port"], connections["client_port"])
    said["destination_port"] = np.where(by_server, connections["client_port"], connections["server_port"])
    said["flags"] = flags
    acknowledges = said["flags"] & ACK > 0
    said["seq"] = (
        np.where(by_server, connections["server_isn"], connections["client_isn"]) + 1 + numbers[0]
    ) & 0xFFFFFFFF
    peer = np.where(by_server, connections["client_isn"], connections["server_isn"])
    said["ack"] = np.where(acknowledges, (peer + 1 + numbers[1]) & 0xFFFFFFFF, 0)
    said["window"] = np.minimum(502 + (np.zeros(len(said), np.int64) + numbers[1]) // 4096, 4000)
    said["options"] = np.where(connections["timestamps"], TIMESTAMPS, NO_OPTIONS)
    heard = time - np.where(by_server, connections["rtt"] - connections["near"], connections["near"])
    own = np.where(by_server, connections["server_clock"], connections["client_clock"])
    other = np.where(by_server, connections["client_clock"], connections["server_clock"])
    said["timestamp"] = (own + time // MILLISECOND) & 0xFFFFFFFF
    said["timestamp_echo"] = np.where(acknowledges, (other + heard // MILLISECOND) & 0xFFFFFFFF, 0)
    return said


def _opening(connections: Rows) -> Array:
    """How long after the first SYN the one that gets an answer is sent: RFC 6298 2.1, doubled each time."""
    return np.where(connections["outcome"] == SILENT, 0, (2 ** (connections["syn_tries"] - 1) - 1) * SECOND)


def _handshakes(connections: Rows) -> list[tuple[Array, Rows]]:
    """SYN, its repetitions, and what follows: SYN ACK and ACK, a RST, or nothing."""
    row, attempt = expand(connections["syn_tries"])
    time = connections["start"][row] + (2**attempt - 1) * SECOND
    syn = _syn(connections[row], np.zeros(len(row), bool), time, SYN)
    answered = connections["start"] + _opening(connections) + connections["rtt"] - connections["near"]
    normal = np.flatnonzero(connections["outcome"] == NORMAL)
    refused = np.flatnonzero(connections["outcome"] == REFUSED)
    agreed = connections[normal]
    server = np.ones(len(normal), bool)
    syn_ack = _syn(agreed, server, answered[normal], SYN | ACK)
    ack = _say(agreed, ~server, answered[normal] + agreed["near"], (0, 0), ACK)
    # a RST in answer to a SYN: seq 0, ack covers the SYN (RFC 9293 3.10.7.1)
    rst = _say(connections[refused], np.ones(len(refused), bool), answered[refused], (0, 0), RST | ACK)
    rst["seq"], rst["options"], rst["window"] = 0, NO_OPTIONS, 0
    return [(row, syn), (normal, syn_ack), (normal, ack), (refused, rst)]


def _syn(connections: Rows, by_server: Array, time: Array, flags: int) -> Rows:
    said = _say(connections, by_server, time, (-1, 0), flags)
    said["options"] = np.where(connections["timestamps"], SYN_TIMESTAMPS, SYN_PLAIN)
    said["mss"] = np.where(connections["version"] == 4, 1460, 1440)
    said["window"] = np.where(by_server, 65160, 64240)
    return said


def _bursts(rng: np.random.Generator, connections: Rows) -> dict[str, Array]:
    """Draw requests and responses, alternating: who speaks, how much, and how long it thought before."""
    connection, index = expand(2 * connections["exchanges"])
    by_server = index % 2 == 1
    count = len(connection)
    requested = rng.lognormal(np.log(450), 0.8, count)
    answered = rng.lognormal(np.log(5_000), 1.9, count)
    huge = rng.random(count) < 0.0011
    answered[huge] *= 200
    requested[huge] *= 2_000
    largest = LARGEST_BURST * connections["segment"][connection]
    size = np.clip(np.where(by_server, answered, requested), 1, largest).astype(np.int64)
    thought = np.where(
        by_server, rng.lognormal(np.log(8), 1.2, count), rng.lognormal(np.log(120), 1.6, count)
    )
    thought[index == 0] = rng.lognormal(np.log(0.2), 0.5, count)[index == 0]
    return {
        "connection": connection,
        "by_server": by_server,
        "size": size,
        "pause": (np.minimum(thought, 30_000) * MILLISECOND).astype(np.int64),
        "sent": _before_within(np.where(by_server, 0, size), connection) * ~by_server
        + _before_within(np.where(by_server, size, 0), connection) * by_server,
        "heard": _before_within(np.where(by_server, 0, size), connection) * by_server
        + _before_within(np.where(by_server, size, 0), connection) * ~by_server,
    }


def _flights(rng: np.random.Generator, connections: Rows, bursts: dict[str, Array]) -> dict[str, Array]:
    """Cut bursts into what goes out in one round trip; say what becomes of it, when it starts and ends."""
    of_burst = connections[bursts["connection"]]
    segments = -(-bursts["size"] // of_burst["segment"])
    ends = np.cumsum(WINDOWS)
    slow = np.searchsorted(ends, segments) + 1
    rounds = np.where(segments <= ends[-1], slow, len(WINDOWS) + -(-(segments - ends[-1]) // FULL_WINDOW))
    burst, turn = expand(rounds)
    begins = (
        np.append(0, ends)[np.minimum(turn, len(WINDOWS))] + np.maximum(turn - len(WINDOWS), 0) * FULL_WINDOW
    )
    windows = np.append(WINDOWS, FULL_WINDOW)[np.minimum(turn, len(WINDOWS))]
    count = np.minimum(windows, segments[burst] - begins)
    of_flight = of_burst[burst]
    flights = {name: bursts[name][burst] for name in ("connection", "by_server", "heard")}
    first = bursts["sent"][burst] + begins * of_flight["segment"]
    last = np.minimum(first + count * of_flight["segment"], (bursts["sent"] + bursts["size"])[burst])
    is_last = turn == rounds[burst] - 1
    flights |= {"count": count, "first": first, "last": last, "is_last": is_last, "is_first": turn == 0}
    flights |= _troubles(rng, count, flights["by_server"])
    _time(connections, bursts, burst, flights)
    return flights


def _troubles(rng: np.random.Generator, count: Array, by_server: Array) -> dict[str, Array]:
    """Draw what the network does to flights: `lost` segments from `hole` on, or `hole` overtaken.

    A capture near the clients does not see what was lost on its way from a server.
    """
    rows = len(count)
    draw = rng.random(rows)
    lossy = draw < LOSS * count
    late = ~lossy & (draw > 1 - OVERTAKEN * count) & (count >= 4)
    hole = np.minimum((rng.random(rows) * count).astype(np.int64), count - np.where(late, 3, 1))
    runs = np.minimum(rng.choice([1, 2, 3], rows, p=[0.75, 0.15, 0.10]), count - hole)
    return {
        "hole": np.where(lossy | late, hole, count),
        "lost": np.where(lossy, runs, 0),
        "unseen": rng.random(rows) < np.where(by_server, 0.85, 0.1),
        "overtaken": np.where(late, rng.integers(1, 3, rows), 0),
    }


def _time(connections: Rows, bursts: dict[str, Array], burst: Array, flights: dict[str, Array]) -> None:
    """Add `start`, `repair` (when lost segments are sent again) and `end` to the flights."""
    of = connections[flights["connection"]]
    count, spacing, rtt = flights["count"], of["spacing"], of["rtt"]
    whole = (count - 1) * spacing
    after_hole = count - flights["hole"] - flights["lost"]
    third = (flights["hole"] + flights["lost"] + 2) * spacing  # its acknowledgement is the third duplicate
    repair = np.where(after_hole >= 3, third + rtt, whole + rtt + 200 * MILLISECOND)
    lossy = flights["lost"] > 0
    took = np.where(lossy, repair + flights["lost"] * spacing, whole + (flights["overtaken"] > 0) * spacing)
    to_other_side = np.where(flights["by_server"], of["near"], rtt - of["near"])
    next_pause = np.append(bursts["pause"][1:], 0)[burst]
    wait = np.where(flights["is_last"], to_other_side + next_pause, rtt)
    opened = connections["start"] + _opening(connections) + connections["rtt"]
    first_pause = bursts["pause"][np.searchsorted(bursts["connection"], flights["connection"])]
    start = _before_within(took + wait, flights["connection"])
    flights["start"] = opened[flights["connection"]] + first_pause + start
    flights["repair"] = flights["start"] + repair
    flights["end"] = flights["start"] + took
    flights["answered_soon"] = flights["is_last"] & (next_pause < DELAYED_ACK)


def _data(connections: Rows, flights: dict[str, Array]) -> list[tuple[Array, Rows]]:
    """Send the segments of every flight past the capture point, and the acknowledgements they cause."""
    row, index = expand(flights["count"])
    f = {name: column[row] for name, column in flights.items()}
    c = connections[f["connection"]]
    late = (f["overtaken"] > 0) & (index == f["hole"])
    moved = np.where(late, f["overtaken"], 0) * c["spacing"] + late * c["spacing"] // 2
    time = f["start"] + index * c["spacing"] + moved
    at = f["first"] + index * c["segment"]
    end = np.minimum(at + c["segment"], f["last"])
    in_hole = (index >= f["hole"]) & (index < f["hole"] + f["lost"])
    seen = ~(in_hole & f["unseen"])
    closing = f["is_last"] & (index == f["count"] - 1)
    said = _say(c, f["by_server"], time, (at, f["heard"]), np.where(closing, PSH | ACK, ACK))
    said["length"] = end - at
    opening = f["is_first"] & (index == 0)
    plain = np.where(f["by_server"], HTTP_RESPONSE, HTTP_REQUEST)
    said["payload"] = opening * (np.where(c["server_port"] == 443, TLS, plain) * (c["server_port"] != 5001))
    said["payload"][end - at < 80] = 0

    resumed = f["hole"] + np.where(f["overtaken"] > 0, 1, f["lost"])
    until = np.where(f["overtaken"] > 0, f["hole"] + f["overtaken"], f["count"] - 1)
    duplicate = (index >= resumed) & (index <= until) & (f["hole"] < f["count"])
    final = index == np.minimum(f["hole"], f["count"]) - 1
    waits = (index == f["count"] - 1) & (index % 2 == 0) & ~duplicate & ~late & f["is_last"]
    sends = ~in_hole & (duplicate | late | (index % 2 == 1) | final | (index == f["count"] - 1))
    sends &= ~(waits & f["answered_soon"])
    hole_at = f["first"] + f["hole"] * c["segment"]
    number = np.where(duplicate, hole_at, np.where(late, f["first"] + (until + 1) * c["segment"], end))
    block = (f["first"] + resumed * c["segment"], end)
    ack = _acknowledge(c, f, time + waits * DELAYED_ACK, np.minimum(number, f["last"]), duplicate, block)
    return [(f["connection"][seen], said[seen]), (f["connection"][sends], ack[sends])]


def _acknowledge(
    c: Rows, f: dict[str, Array], time: Array, number: Array, sacks: Array, block: tuple[Array, Array]
) -> Rows:
    """Answer segments that pass at `time` with bare ACKs up to `number`, and where `sacks`, of `block`."""
    by_server = ~f["by_server"]
    back = np.where(by_server, c["rtt"] - c["near"], c["near"])
    ack = _say(c, by_server, time + back, (f["heard"], number), ACK)
    isn = np.where(by_server, c["client_isn"], c["server_isn"])
    ack["sack_left"] = (isn + 1 + block[0]) & 0xFFFFFFFF
    ack["sack_right"] = (isn + 1 + block[1]) & 0xFFFFFFFF
    ack["options"][sacks & c["timestamps"]] = TIMESTAMPS_SACK
    ack["options"][sacks & ~c["timestamps"]] = SACK
    return ack


def _repairs(connections: Rows, flights: dict[str, Array]) -> list[tuple[Array, Rows]]:
    """Lost segments sent again, and the acknowledgements that close the hole."""
    row, index = expand(flights["lost"])
    f = {name: column[row] for name, column in flights.items()}
    c = connections[f["connection"]]
    time = f["repair"] + index * c["spacing"]
    at = f["first"] + (f["hole"] + index) * c["segment"]
    end = np.minimum(at + c["segment"], f["last"])
    said = _say(c, f["by_server"], time, (at, f["heard"]), ACK)
    said["flags"][f["is_last"] & (end == f["last"])] |= PSH
    said["length"] = end - at
    beyond = f["first"] + (f["hole"] + f["lost"]) * c["segment"]
    closes = index == f["lost"] - 1
    sacks = ~closes & (beyond < f["last"])
    ack = _acknowledge(c, f, time, np.where(closes, f["last"], end), sacks, (beyond, f["last"]))
    return [(f["connection"], said), (f["connection"], ack)]


def _teardowns(
    rng: np.random.Generator, connections: Rows, bursts: dict[str, Array], flights: dict[str, Array]
) -> list[tuple[Array, Rows]]:
    """FIN and its answers in three or four segments, a RST, or nothing."""
    who = np.flatnonzero((connections["outcome"] == NORMAL) & (connections["closing"] != STAYS_OPEN))
    c = connections[who]
    last = np.searchsorted(flights["connection"], who, side="right") - 1
    sent = np.bincount(bursts["connection"], bursts["size"] * ~bursts["by_server"], len(connections))[who]
    answered = np.bincount(bursts["connection"], bursts["size"] * bursts["by_server"], len(connections))[who]
    server_first = np.isin(c["closing"], (SERVER_FIN, SERVER_RST))
    aborts = np.isin(c["closing"], (CLIENT_RST, SERVER_RST))
    pause = (np.minimum(rng.lognormal(np.log(150), 1.5, len(who)), 20_000) * MILLISECOND).astype(np.int64)
    begin = flights["end"][last] + c["rtt"] + DELAYED_ACK + pause
    own = np.where(server_first, answered, sent).astype(np.int64)
    other = np.where(server_first, sent, answered).astype(np.int64)
    first = _say(c, server_first, begin, (own, other), np.where(aborts, RST | ACK, FIN | ACK))
    first["window"][aborts] = 0
    first["options"][aborts] = NO_OPTIONS
    to_peer = np.where(server_first, c["near"], c["rtt"] - c["near"])
    late = c["closing"] == CLIENT_FIN_LATE_ANSWER
    answer_time = begin + to_peer + late * 30 * MILLISECOND
    only_ack = _say(c, ~server_first, begin + to_peer, (other, own + 1), ACK)
    answer = _say(c, ~server_first, answer_time, (other, own + 1), FIN | ACK)
    end = _say(c, server_first, answer_time + c["rtt"] - to_peer, (own + 1, other + 1), ACK)
    return [
        (who, first),
        (who[late], only_ack[late]),
        (who[~aborts], answer[~aborts]),
        (who[~aborts], end[~aborts]),
    ]
