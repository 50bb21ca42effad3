"""Accounts of connections made by hand, one for each way in which a connection begins, runs and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synfin.connections.account import Account, Check, Options, Segment, Skipped, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.connections.account import Side

MODULUS = 1 << 32
MS = 1_000_000
EPOCH = 1_700_000_000_000_000_000
BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
OTHER: dict[Side, Side] = {"client": "server", "server": "client"}

ALL_OPTIONS = Options(mss=1460, window_scale=7, sack_permitted=True, timestamps=(1, 0), kinds=(2, 4, 8, 1, 3))
PADDED_OPTIONS = Options(
    mss=1460, window_scale=6, sack_permitted=True, timestamps=(1, 0), kinds=(2, 1, 3, 1, 1, 8, 4, 0)
)
NO_OPTIONS = Options()
STAMPED = Options(timestamps=(2, 1), kinds=(1, 1, 8))


@dataclass
class Talk:
    """Writes down a conversation segment by segment, counting sequence numbers as TCP does.

    Attributes:
        isn: raw initial sequence number of each side.
        row: the connection's row, filled in as the talk goes.
    """

    isn: dict[Side, int] = field(default_factory=lambda: {"client": 2187655216, "server": 901337412})
    row: dict[str, object] = field(default_factory=dict)
    entries: list[Segment | Skipped] = field(default_factory=list)
    handshake: list[Step] = field(default_factory=list)
    teardown: list[Step] = field(default_factory=list)
    silences: list[tuple[int, int, int]] = field(default_factory=list)
    number: int = 0
    next_seq: dict[Side, int] = field(default_factory=lambda: {"client": 0, "server": 0})
    closed_at: dict[Side, int] = field(default_factory=dict)
    unacked: dict[Side, list[tuple[int, int, int]]] = field(
        default_factory=lambda: {"client": [], "server": []}
    )
    states: dict[Side, str] = field(default_factory=lambda: {"client": "CLOSED", "server": "LISTEN?"})

    scaling_known: bool = True

    def send(
        self,
        side: Side,
        flags: str,
        at_ms: float,
        *,
        length: int = 0,
        ack: int | None = None,
        seq: int | None = None,
        step: str = "",
        client: str = "",
        server: str = "",
        options: Options = STAMPED,
        window: int = 502,
        notes: tuple[str, ...] = (),
        resends: int = 0,
        checks: tuple[Check, ...] | None = None,
    ) -> Segment:
        """One segment; `client` and `server` are their states afterwards, with "?" if only inferred."""
        self.number += 1
        other = OTHER[side]
        bits = sum(BITS[flag] for flag in flags.split())
        seq = self.next_seq[side] if seq is None else seq
        if bits & 16 and ack is None:
            ack = self.next_seq[other]
        for one, state in (("client", client), ("server", server)):
            if state:
                self.states[one] = state  # type: ignore[index]
        scaled = window << 7 if options.mss is None and self.row.get("client_window_scale") == 7 else window
        segment = Segment(
            number=self.number,
            time=EPOCH + int(at_ms * MS),
            sender=side,
            flags=bits,
            seq_raw=(self.isn[side] + seq) % MODULUS,
            ack_raw=(self.isn[other] + ack) % MODULUS if ack is not None else 0,
            seq=seq,
            ack=ack,
            length=length,
            window_raw=window,
            window=scaled if self.scaling_known else None,
            options=options,
            state={one: state.rstrip("?") for one, state in self.states.items()},
            inferred={one: state.endswith("?") for one, state in self.states.items()},
            checks=self._checks(side, bits, seq, ack) if checks is None else checks,
            notes=notes,
            resends=resends,
            wire_length=66 + length,
        )
        taken = length + bool(bits & 2) + bool(bits & 1)
        if taken and not resends:
            self.unacked[side].append((self.number, seq, taken))
        if bits & 1:
            self.closed_at.setdefault(side, seq + length)
        self.next_seq[side] = max(self.next_seq[side], seq + taken)
        self.entries.append(segment)
        if step:
            handshake = {
                "syn",
                "syn_again",
                "syn_ack",
                "syn_ack_again",
                "ack",
                "ack_with_data",
                "refused",
                "bare_ack",
            }
            steps = self.handshake if step in handshake or step == "reset_early" else self.teardown
            steps.append(Step(step.removesuffix("_early"), self.number, side))
        return segment

    def _checks(self, side: Side, bits: int, seq: int, ack: int | None) -> tuple[Check, ...]:
        other, checks = OTHER[side], []
        if seq == 1 and not bits & 2 and not self._sent_before(side):
            origin = self.isn[side]
            checks.append(
                Check("seq_after_syn", (origin + 1) % MODULUS, (origin + seq) % MODULUS, (origin, 1))
            )
        if ack is None:
            return tuple(checks)
        origin = self.isn[other]
        found = (origin + ack) % MODULUS
        covered = [entry for entry in self.unacked[other] if entry[1] + entry[2] <= ack]
        self.unacked[other] = [entry for entry in self.unacked[other] if entry not in covered]
        because = tuple(number for number, _, _ in covered)
        if bits & 4 and not self.row.get("handshake", "").startswith("complete"):  # type: ignore[attr-defined]
            checks.append(Check("ack_of_reset", (origin + 1) % MODULUS, found, (origin, 1), (1,)))
        elif covered and covered[0][1] == 0:
            checks.append(Check("ack_of_syn", (origin + 1) % MODULUS, found, (origin, 1), because))
        elif other in self.closed_at and ack == self.closed_at[other] + 1 and covered:
            last = covered[-1]
            base = (origin + last[1]) % MODULUS
            checks.append(Check("ack_of_fin", found, found, (base, last[2] - 1, 1), because))
        elif covered:
            last = max(covered, key=lambda entry: entry[1] + entry[2])
            base = (origin + last[1]) % MODULUS
            checks.append(Check("ack_of_data", (base + last[2]) % MODULUS, found, (base, last[2]), because))
        return tuple(checks)

    def _sent_before(self, side: Side) -> bool:
        return any(
            isinstance(entry, Segment) and entry.sender == side and not entry.flags & 2
            for entry in self.entries
        )

    def silence(self, milliseconds: int, before: int, after: int) -> None:
        """A pause between two packets."""
        self.silences.append((milliseconds * MS, before, after))

    def account(self, **row: object) -> Account:
        """The account, its row filled with the sums."""
        segments = [entry for entry in self.entries if isinstance(entry, Segment)]
        full: dict[str, object] = {
            "number": 0,
            "client_address": "192.0.2.10",
            "client_port": 51578,
            "server_address": "192.0.2.80",
            "server_port": 80,
            "role_confidence": "seen",
            "start": segments[0].time,
            "duration": segments[-1].time - segments[0].time,
            "vantage": "client",
            "quality": "",
            "client_isn": self.isn["client"],
            "server_isn": self.isn["server"],
            "client_retransmissions": 0,
            "server_retransmissions": 0,
            "messages": self.number,
            "capture_end": segments[-1].time + 500 * MS,
            "time_wait_holder": None,
            "closed_first": None,
            "teardown": None,
            "handshake_rtt_ns": None,
        }
        for side in ("client", "server"):
            own = [one for one in segments if one.sender == side]
            full[f"{side}_packets"] = len(own)
            full[f"{side}_payload_bytes"] = sum(one.length for one in own)
        return Account(
            {**full, **self.row, **row},
            tuple(self.entries),
            tuple(self.handshake),
            tuple(self.teardown),
            tuple(self.silences),
        )


def opened(answer_ms: float = 20.312, third_ms: float = 20.333, **row: object) -> Talk:
    """A talk that begins with a complete handshake, by default captured at the client."""
    talk = Talk(
        row={"handshake": "complete", "handshake_rtt_ns": 20_333_000, "client_mss": 1460, "server_mss": 1460}
    )
    talk.row.update(client_window_scale=7, server_window_scale=7, client_sack=True, server_sack=True)
    talk.row.update(client_timestamps=True, server_timestamps=True, **row)
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server",
        "SYN ACK",
        answer_ms,
        step="syn_ack",
        server="SYN_RECEIVED",
        options=ALL_OPTIONS,
        window=65160,
    )
    talk.send("client", "ACK", third_ms, step="ack", client="ESTABLISHED", server="ESTABLISHED?")
    return talk


def asked_and_answered(answer_ms: float = 20.312, third_ms: float = 20.333) -> Talk:
    """The same, then a request and an answer in three segments, acknowledged at once."""
    talk = opened(answer_ms, third_ms)
    talk.send("client", "PSH ACK", 20.401, length=74)
    talk.send("server", "ACK", 41.007)
    talk.send("server", "ACK", 43.550, length=1448)
    talk.send("server", "ACK", 43.552, length=1448)
    talk.send("server", "PSH ACK", 43.553, length=1448)
    talk.send("client", "ACK", 43.571)
    return talk


def three_segments() -> Account:
    talk = asked_and_answered()
    talk.send("client", "FIN ACK", 1223.410, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "FIN ACK", 1243.702, step="fin_and_ack", client="TIME_WAIT", server="LAST_ACK")
    talk.send("client", "ACK", 1243.720, step="ack_of_fin", server="CLOSED?")
    talk.silence(1180, 9, 10)
    return talk.account(
        teardown="three segments (ACK and FIN merged)",
        closed_first="client",
        time_wait_holder="client",
        server_rtt_min_ns=18_000,
        server_rtt_median_ns=19_000,
        client_rtt_min_ns=20_606_000,
        client_rtt_median_ns=20_606_000,
    )


def four_segments() -> Account:
    """The server closes first; captured at the server."""
    talk = asked_and_answered(answer_ms=0.025)
    talk.send("server", "FIN ACK", 60, step="fin", server="FIN_WAIT_1", client="CLOSE_WAIT?")
    talk.send("client", "ACK", 80, step="ack_of_fin", server="FIN_WAIT_2", client="CLOSE_WAIT")
    talk.send("client", "FIN ACK", 95, step="fin", client="LAST_ACK", server="TIME_WAIT?")
    talk.send("server", "ACK", 95.01, step="ack_of_fin", server="TIME_WAIT", client="CLOSED?")
    return talk.account(
        teardown="four segments", closed_first="server", time_wait_holder="server", vantage="server"
    )


def simultaneous_close() -> Account:
    talk = opened(answer_ms=12.5)
    talk.send("client", "FIN ACK", 100, step="fin", client="FIN_WAIT_1")
    talk.send("server", "FIN ACK", 101, step="fin", ack=1, server="FIN_WAIT_1", client="CLOSING")
    talk.send("client", "ACK", 101.02, step="ack_of_fin", server="CLOSING?")
    talk.send("server", "ACK", 121, step="ack_of_fin", client="TIME_WAIT", server="TIME_WAIT?")
    return talk.account(
        teardown="simultaneous", closed_first="client", time_wait_holder="both", vantage="between"
    )


def half_closed() -> Account:
    talk = asked_and_answered(answer_ms=0.02, third_ms=0.03)
    talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "ACK", 80, step="ack_of_fin", client="FIN_WAIT_2", server="CLOSE_WAIT")
    talk.send("server", "PSH ACK", 90, length=500)
    talk.send("client", "ACK", 90.02)
    return talk.account(
        teardown="half-closed, still open one way", closed_first="client", vantage="same host"
    )


def reset_by_server() -> Account:
    talk = asked_and_answered()
    talk.send("server", "RST ACK", 300, step="reset", client="CLOSED", server="CLOSED")
    return talk.account(teardown="RST by server", vantage=None)


def reset_after_late_data() -> Account:
    """The client closed, the server sent more, the client answers RST."""
    talk = asked_and_answered()
    talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "PSH ACK", 80, length=1000, client="FIN_WAIT_2", server="CLOSE_WAIT")
    talk.send("client", "RST", 80.02, step="reset", client="CLOSED", server="CLOSED?")
    return talk.account(teardown="RST by client", closed_first="client")


def reset_after_own_fin() -> Account:
    talk = opened()
    talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("client", "RST ACK", 61, step="reset", client="CLOSED", server="CLOSED?")
    return talk.account(teardown="RST by client", closed_first="client")


def reset_instead_of_fin() -> Account:
    talk = opened()
    talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "RST ACK", 81, step="reset", client="CLOSED", server="CLOSED")
    return talk.account(teardown="RST by server", closed_first="client")


def reset_after_both_fins() -> Account:
    talk = asked_and_answered()
    talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "FIN ACK", 80, step="fin_and_ack", client="TIME_WAIT", server="LAST_ACK")
    talk.send("client", "RST", 80.02, step="reset_after_fin", client="CLOSED", server="CLOSED?")
    return talk.account(teardown="RST after both FINs (harmless)", closed_first="client")


def reset_after_late_answer() -> Account:
    """The client closed, the server still answers and closes; each of its segments is answered with RST."""
    talk = opened()
    talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "PSH ACK", 80, length=31, client="FIN_WAIT_2", server="CLOSE_WAIT")
    talk.send("server", "FIN ACK", 80.1, step="fin", server="LAST_ACK", client="TIME_WAIT")
    talk.send("client", "RST", 80.2, step="reset_after_fin", client="CLOSED", server="CLOSED?")
    talk.send("client", "RST", 80.3, step="reset_after_fin")
    return talk.account(teardown="RST after both FINs", closed_first="client")


def fin_unanswered() -> Account:
    talk = asked_and_answered()
    fin = talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("client", "FIN ACK", 270, step="fin_again", seq=fin.seq, resends=10, notes=("retransmission",))
    talk.send("client", "FIN ACK", 690, step="fin_again", seq=fin.seq, resends=10, notes=("retransmission",))
    return talk.account(teardown="FIN unanswered", closed_first="client", client_retransmissions=2)


def fin_repeated() -> Account:
    """The last ACK was lost: the FIN comes again and is acknowledged again; the first FIN brought data."""
    talk = opened()
    talk.send("server", "PSH FIN ACK", 60, length=200, step="fin", server="FIN_WAIT_1", client="CLOSE_WAIT?")
    talk.send("client", "ACK", 80, step="ack_of_fin", server="FIN_WAIT_2", client="CLOSE_WAIT")
    fin = talk.send("client", "FIN ACK", 95, step="fin", client="LAST_ACK", server="TIME_WAIT?")
    talk.send("server", "ACK", 95.01, step="ack_of_fin", server="TIME_WAIT", client="CLOSED?")
    talk.send("client", "FIN ACK", 300, step="fin_again", seq=fin.seq, resends=6, notes=("retransmission",))
    talk.send("server", "ACK", 300.01, step="ack_of_fin_again", checks=())
    return talk.account(
        teardown="four segments", closed_first="server", time_wait_holder="server", client_retransmissions=1
    )


def fin_badly_acknowledged() -> Account:
    """The ACK after the FIN does not cover it."""
    talk = opened()
    fin = talk.send("client", "FIN ACK", 60, step="fin", client="FIN_WAIT_1")
    check = Check("ack_of_fin", fin.seq_raw + 1, fin.seq_raw, (fin.seq_raw, 0, 1), (fin.number,))
    talk.send("server", "ACK", 80, step="ack_of_fin", ack=1, checks=(check,))
    return talk.account(teardown=None)


def still_open() -> Account:
    return asked_and_answered().account(teardown="still open when the capture ended")


def continues() -> Account:
    return asked_and_answered().account(teardown="continues past the capture")


def timed_out() -> Account:
    talk = asked_and_answered()
    first = talk.send("client", "PSH ACK", 100, length=10)
    for at in (300, 700, 1500):
        talk.send(
            "client", "PSH ACK", at, length=10, seq=first.seq, resends=first.number, notes=("retransmission",)
        )
    talk.silence(800, 12, 13)
    return talk.account(teardown="timed out (retransmissions without answer)", client_retransmissions=3)


def refused() -> Account:
    talk = Talk(row={"handshake": "refused (RST)"}, states={"client": "CLOSED", "server": "CLOSED?"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server",
        "RST ACK",
        20,
        seq=0,
        step="refused",
        client="CLOSED",
        server="CLOSED",
        options=NO_OPTIONS,
        window=0,
    )
    return talk.account(server_isn=None)


def refused_without_proof() -> Account:
    talk = Talk(row={"handshake": "refused (RST)"}, states={"client": "CLOSED", "server": "CLOSED?"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server", "RST", 20, seq=0, step="refused", server="CLOSED", options=NO_OPTIONS, window=0, checks=()
    )
    return talk.account(server_isn=None, vantage="same host")


def rejected_by_icmp() -> Account:
    talk = Talk(row={"handshake": "rejected by ICMP"}, states={"client": "CLOSED"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.handshake.append(Step("unreachable", 2, "server"))
    return talk.account(server_isn=None)


def no_answer() -> Account:
    talk = Talk(row={"handshake": "no answer"}, states={"client": "CLOSED"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    for at in (1028, 3044, 7236):
        talk.send(
            "client",
            "SYN",
            at,
            seq=0,
            step="syn_again",
            options=ALL_OPTIONS,
            window=64240,
            resends=1,
        )
    talk.silences = [(4192 * MS, 3, 4), (2016 * MS, 2, 3), (1028 * MS, 1, 2)]
    return talk.account(server_isn=None, vantage=None)


def retried() -> Account:
    talk = Talk(row={"handshake": "complete after retries", "handshake_rtt_ns": 20 * MS})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send("client", "SYN", 1028, seq=0, step="syn_again", options=ALL_OPTIONS, window=64240, resends=1)
    talk.send(
        "server", "SYN ACK", 1048, step="syn_ack", server="SYN_RECEIVED", options=ALL_OPTIONS, window=65160
    )
    talk.send("client", "ACK", 1048.02, step="ack", client="ESTABLISHED", server="ESTABLISHED?")
    talk.silence(1028, 1, 2)
    return talk.account(teardown="still open when the capture ended", client_mss=1460, server_mss=1460)


def lost_third_ack() -> Account:
    """The server repeats its SYN ACK until data brings the acknowledgment."""
    talk = Talk(row={"handshake": "complete after retries"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server", "SYN ACK", 0.02, step="syn_ack", server="SYN_RECEIVED", options=ALL_OPTIONS, window=65160
    )
    talk.send(
        "server", "SYN ACK", 1010, seq=0, step="syn_ack_again", options=ALL_OPTIONS, window=65160, resends=2
    )
    talk.send(
        "client",
        "PSH ACK",
        1030,
        length=74,
        step="ack_with_data",
        client="ESTABLISHED?",
        server="ESTABLISHED",
    )
    talk.send("server", "ACK", 1030.01)
    return talk.account(teardown="still open when the capture ended", vantage="server")


def half_open() -> Account:
    talk = Talk(row={"handshake": "half-open (SYN-ACK never acknowledged)"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server", "SYN ACK", 0.02, step="syn_ack", server="SYN_RECEIVED", options=ALL_OPTIONS, window=65160
    )
    talk.send(
        "server", "SYN ACK", 1010, seq=0, step="syn_ack_again", options=ALL_OPTIONS, window=65160, resends=2
    )
    return talk.account(vantage="server")


def simultaneous_open() -> Account:
    talk = Talk(row={"handshake": "simultaneous open"}, states={"client": "CLOSED", "server": "CLOSED?"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server",
        "SYN",
        1,
        step="syn",
        server="SYN_SENT",
        client="SYN_RECEIVED",
        options=ALL_OPTIONS,
        window=64240,
    )
    talk.send(
        "client", "SYN ACK", 1.02, seq=0, ack=1, step="syn_ack", server="SYN_RECEIVED?", options=ALL_OPTIONS
    )
    talk.send(
        "server",
        "SYN ACK",
        21,
        seq=0,
        ack=1,
        step="syn_ack",
        client="ESTABLISHED",
        server="ESTABLISHED?",
        options=ALL_OPTIONS,
    )
    origin = talk.isn["server"]
    check = Check("ack_of_syn", origin + 1, origin + 1, (origin, 1), (2,))
    talk.send("client", "ACK", 21.1, step="ack", checks=(check,))
    return talk.account(teardown="still open when the capture ended")


def fast_open() -> Account:
    talk = Talk(row={"handshake": "fast open", "client_mss": 1460, "server_mss": 1400})
    with_cookie = Options(
        mss=1460, sack_permitted=True, timestamps=(1, 0), fast_open=bytes.fromhex("1122334455667788")
    )
    given = Options(mss=1400, sack_permitted=True, timestamps=(1, 0), fast_open=b"\x11\x22\x33\x44")
    talk.send(
        "client",
        "SYN",
        0,
        length=100,
        step="syn",
        client="SYN_SENT",
        options=with_cookie,
        window=64240,
        notes=("fast_open",),
    )
    origin = talk.isn["client"]
    check = Check("ack_of_syn", origin + 101, origin + 101, (origin, 1, 100), (1,))
    talk.send(
        "server",
        "SYN ACK",
        20,
        step="syn_ack",
        server="SYN_RECEIVED",
        options=given,
        window=65160,
        checks=(check,),
    )
    talk.send("client", "ACK", 20.02, step="ack", client="ESTABLISHED", server="ESTABLISHED?")
    return talk.account(teardown="still open when the capture ended")


def syn_with_data() -> Account:
    """Data in the SYN without Fast Open, left unacknowledged by the SYN ACK."""
    talk = Talk(row={"handshake": "complete", "handshake_rtt_ns": 20 * MS})
    talk.send(
        "client", "SYN", 0, length=100, step="syn", client="SYN_SENT", options=PADDED_OPTIONS, window=64240
    )
    origin = talk.isn["client"]
    check = Check("ack_of_syn", origin + 1, origin + 1, (origin, 1), (1,))
    talk.send(
        "server",
        "SYN ACK",
        20,
        ack=1,
        step="syn_ack",
        server="SYN_RECEIVED",
        options=ALL_OPTIONS,
        checks=(check,),
    )
    talk.send("client", "ACK", 20.02, seq=1, step="ack", client="ESTABLISHED", server="ESTABLISHED?")
    return talk.account(teardown="still open when the capture ended")


def fast_open_asked() -> Account:
    """The client asks for a cookie and offers ECN; the server has neither options nor ECN."""
    talk = Talk(row={"handshake": "complete", "handshake_rtt_ns": 20 * MS})
    asking = Options(mss=1460, window_scale=7, sack_permitted=True, fast_open=b"")
    talk.send("client", "SYN ECE CWR", 0, step="syn", client="SYN_SENT", options=asking, window=64240)
    talk.send("server", "SYN ACK", 20, step="syn_ack", server="SYN_RECEIVED", options=NO_OPTIONS, window=8192)
    talk.send(
        "client", "ACK", 20.02, step="ack", client="ESTABLISHED", server="ESTABLISHED?", options=NO_OPTIONS
    )
    return talk.account(teardown="still open when the capture ended", client_mss=1460, server_mss=None)


def plain_and_ecn() -> Account:
    """No window scaling on either side, ECN agreed, IPv6."""
    talk = Talk(row={"handshake": "complete", "handshake_rtt_ns": 20 * MS})
    offer = Options(mss=1440)
    talk.send("client", "SYN ECE CWR", 0, step="syn", client="SYN_SENT", options=offer, window=64240)
    talk.send("server", "SYN ACK ECE", 20, step="syn_ack", server="SYN_RECEIVED", options=offer, window=8192)
    talk.send(
        "client", "ACK", 20.02, step="ack", client="ESTABLISHED", server="ESTABLISHED?", options=NO_OPTIONS
    )
    return talk.account(
        teardown="still open when the capture ended",
        client_address="2001:db8::10",
        server_address="2001:db8::80",
        vantage=None,
    )


def wrong_syn_ack() -> Account:
    """An answer to some other SYN, and the reset that it deserves."""
    talk = Talk(row={"handshake": "reset during handshake"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    origin = talk.isn["client"]
    check = Check("ack_of_syn", origin + 1, origin + 700, (origin, 1), (1,))
    talk.send(
        "server",
        "SYN ACK",
        20,
        ack=700,
        step="syn_ack",
        server="SYN_RECEIVED",
        options=ALL_OPTIONS,
        window=65160,
        checks=(check,),
    )
    talk.send("client", "RST", 20.02, seq=700, step="reset_early", server="LISTEN?", checks=())
    return talk.account()


def wrong_third_ack() -> Account:
    talk = Talk(row={"handshake": None})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send(
        "server", "SYN ACK", 20, step="syn_ack", server="SYN_RECEIVED", options=ALL_OPTIONS, window=65160
    )
    origin = talk.isn["server"]
    check = Check("ack_of_syn", origin + 1, origin + 9, (origin, 1), (2,))
    talk.send("client", "ACK", 20.02, ack=9, step="ack", checks=(check,))
    return talk.account()


def bare_ack() -> Account:
    talk = Talk(row={"handshake": "answered with a bare ACK (old incarnation)"})
    talk.send(
        "client",
        "SYN",
        0,
        step="syn",
        client="SYN_SENT",
        options=ALL_OPTIONS,
        window=64240,
        notes=("port_reuse",),
    )
    talk.send("server", "ACK", 20, seq=5000, ack=90000, step="bare_ack", server="ESTABLISHED?", checks=())
    return talk.account()


def syn_not_captured() -> Account:
    """The capture begins with the SYN ACK."""
    talk = Talk(row={"handshake": "complete"}, states={"client": "SYN_SENT?", "server": "SYN_RECEIVED"})
    talk.next_seq["client"] = 1
    talk.send("server", "SYN ACK", 0, step="syn_ack", options=ALL_OPTIONS, window=65160, checks=())
    talk.send("client", "ACK", 0.02, step="ack", client="ESTABLISHED", server="ESTABLISHED?")
    return talk.account(teardown="still open when the capture ended", client_isn=None, quality=("handshake",))


def syn_ack_not_captured() -> Account:
    """Only what the client sent was captured; its SYN has an MSS, as far as that goes."""
    talk = Talk(row={"handshake": "complete"}, states={"client": "CLOSED"})
    talk.send("client", "SYN", 0, step="syn", client="SYN_SENT", options=ALL_OPTIONS, window=64240)
    talk.send("client", "ACK", 20, ack=1, step="ack", client="ESTABLISHED", checks=())
    return talk.account(
        teardown="still open when the capture ended", server_isn=None, quality=("one_direction",)
    )


def midstream() -> Account:
    """No SYN: roles guessed, windows without a scale, one side's packets missing."""
    talk = Talk(
        row={"handshake": "not seen (capture began later)"},
        states={"client": "ESTABLISHED?", "server": "ESTABLISHED?"},
    )
    talk.next_seq = {"client": 1, "server": 1}
    talk.scaling_known = False
    talk.row["teardown"] = "continues past the capture"
    talk.send("client", "PSH ACK", 0, length=300)
    talk.send("client", "PSH ACK", 30, length=200)
    talk.send("client", "ACK", 31, window=0, notes=("zero_window",))
    talk.send("client", "ACK", 31.5, window=20, notes=("window_update",))
    talk.send("client", "PSH ACK", 32, length=100, seq=1, notes=("retransmission",))
    return talk.account(
        role_confidence="guessed",
        client_isn=None,
        server_isn=None,
        quality=(
            "handshake",
            "one_direction",
            "packets",
            "bytes",
            "order",
            "drops",
            "single copies",
            "segments",
            "end",
            "a \x1b[31mred\x1b[0m herring",
        ),
        vantage="between",
        client_retransmissions=1,
    )


def losses() -> Account:
    """A segment is lost, the receiver repeats its ACK with SACK, the sender resends."""
    talk = opened()
    talk.send("client", "PSH ACK", 21, length=74)
    lost = talk.send("server", "ACK", 42, length=1448)
    talk.send("server", "ACK", 42.1, length=1448, notes=("gap_before",))
    edge = (talk.isn["server"] + lost.seq + 1448) % MODULUS
    sack = Options(timestamps=(2, 1), sack=((edge, edge + 1448),))
    talk.send("client", "ACK", 42.2, ack=lost.seq, options=sack, notes=("duplicate_ack",), checks=())
    talk.send("server", "ACK", 63, length=1448, seq=lost.seq, resends=lost.number, notes=("retransmission",))
    talk.send("server", "ACK", 63.1, length=1448, seq=lost.seq + 2896, notes=("out_of_order",))
    wrong = Check("seq_continues", talk.isn["server"] + 5, talk.isn["server"] + 4, (talk.isn["server"] + 5,))
    talk.send("server", "ACK", 63.2, length=1, seq=4, checks=(wrong,))
    talk.send("client", "ACK", 63.3, notes=("zero_window",), window=0)
    talk.send("server", "ACK", 300.0, seq=talk.next_seq["server"] - 1, notes=("keep_alive",))
    origin = talk.isn["server"]
    twice = Options(timestamps=(2, 1), sack=((origin + 4344, origin + 4345),))
    talk.send("client", "ACK", 463.3, notes=("window_update",), window=501, options=twice)
    talk.send("server", "ACK", 500.0, length=4000)
    talk.send("client", "ACK", 500.1, notes=("acks_unseen",))
    talk.send("server", "ACK", 60_500.0, length=0, seq=talk.next_seq["server"] - 1, notes=("keep_alive",))
    talk.send("client", "ACK", 60_500.1)
    talk.silence(60_000, 15, 16)
    talk.silence(236, 11, 12)
    return talk.account(
        teardown="still open when the capture ended",
        server_retransmissions=1,
        client_zero_window_ns=400 * MS,
    )


def long_transfer() -> Account:
    """Ten thousand segments, of which the account tells the ends."""
    talk = opened()
    talk.send("client", "PSH ACK", 21, length=74)
    talk.send("server", "ACK", 42, length=1448)
    first = talk.number + 1
    talk.number += 9_990
    start, end = EPOCH + 43 * MS, EPOCH + 3_723_000 * MS
    talk.entries.append(
        Skipped(
            first,
            talk.number,
            {"client": 3330, "server": 6660},
            {"client": 0, "server": 9_643_680},
            start,
            end,
        )
    )
    talk.next_seq["server"] += 9_643_680
    talk.unacked["server"].clear()
    talk.send("client", "ACK", 3_723_100)
    talk.send("client", "FIN ACK", 3_723_101, step="fin", client="FIN_WAIT_1", server="CLOSE_WAIT?")
    talk.send("server", "FIN ACK", 3_723_121, step="fin_and_ack", client="TIME_WAIT", server="LAST_ACK")
    talk.send("client", "ACK", 3_723_121.02, step="ack_of_fin", server="CLOSED?")
    talk.silence(250_000, 700, 701)
    talk.silence(300, 5, 6)
    return talk.account(
        teardown="three segments (ACK and FIN merged)",
        closed_first="client",
        time_wait_holder="client",
        client_packets=3336,
        server_packets=6664,
        server_payload_bytes=9_645_128,
    )


SCENARIOS: dict[str, Callable[[], Account]] = {
    make.__name__: make
    for make in (
        three_segments,
        four_segments,
        simultaneous_close,
        half_closed,
        reset_by_server,
        reset_after_late_data,
        reset_after_own_fin,
        reset_instead_of_fin,
        reset_after_both_fins,
        reset_after_late_answer,
        fin_unanswered,
        fin_repeated,
        fin_badly_acknowledged,
        still_open,
        continues,
        timed_out,
        refused,
        refused_without_proof,
        rejected_by_icmp,
        no_answer,
        retried,
        lost_third_ack,
        half_open,
        simultaneous_open,
        fast_open,
        syn_with_data,
        fast_open_asked,
        plain_and_ecn,
        wrong_syn_ack,
        wrong_third_ack,
        bare_ack,
        syn_not_captured,
        syn_ack_not_captured,
        midstream,
        losses,
        long_transfer,
    )
}
