"""All there is to tell about one connection: its row of the table, its segments, and what each obeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Side = Literal["client", "server"]
"""Who sent something: the side that opened the connection, or the other."""


@dataclass(frozen=True, slots=True)
class Options:
    """The TCP options of one segment; None or empty where the segment has no such option.

    Attributes:
        mss: maximum segment size announced, bytes (RFC 9293 3.7.1).
        window_scale: shift count as sent (RFC 7323 2).
        sack_permitted: SACK-permitted (RFC 2018 2).
        sack: raw left and right edges of the blocks, in the order of the segment (RFC 2018 3).
        timestamps: TSval and TSecr (RFC 7323 3).
        fast_open: cookie, b"" for a request (RFC 7413 2).
        kinds: every option kind in order, NOP and EOL included.
    """

    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    timestamps: tuple[int, int] | None = None
    fast_open: bytes | None = None
    kinds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of sequence arithmetic, with this packet's numbers.

    Attributes:
        rule: which rule: "ack_of_syn" (ack = peer's ISN + 1), "seq_after_syn" (seq = own ISN + 1),
            "ack_of_fin" (ack = peer's FIN seq + payload + 1), "seq_continues" (seq = where this side's
            previous data ended), "ack_of_data" (ack = seq + payload of what it acknowledges),
            "ack_of_reset" (ack of a refusing RST = SYN's seq + payload + 1).
        expected: raw number the rule asks for.
        found: raw number in the packet.
        addends: the numbers whose sum (modulo 2**32) is `expected`, first the raw base, e.g. (X, 1).
        because: packet numbers that the addends come from.
    """

    rule: str
    expected: int
    found: int
    addends: tuple[int, ...] = ()
    because: tuple[int, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the packet obeys the rule."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class Segment:
    """One packet of the connection.

    Attributes:
        number: packet number in the capture, from 1.
        time: nanoseconds since the epoch.
        sender: which side sent it.
        flags: the 12 flag bits (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256).
        seq_raw, ack_raw: numbers in the header.
        seq, ack: the same, relative to each side's first; ack is None without the ACK flag.
        length: payload bytes on the wire.
        window_raw: the 16-bit field.
        window: bytes it stands for, None when the scaling is not known.
        options: the options.
        state: RFC 9293 state of client and server after this packet, by side.
        inferred: whether each state is only inferred (the packet was seen at one place, not at both ends).
        checks: rules that apply to this packet.
        notes: what stands out: "retransmission", "out_of_order", "gap_before", "keep_alive",
            "zero_window", "duplicate_ack", "window_update", "port_reuse", "fast_open", "copy" (the sender
            sent it once), "resent_unseen" (what was sent first never came by here), "checksum_offload" (left
            to the network card), "bad_checksum", ….
        resends: packet number of the original, 0 if none.
        cause: why its sender sent it again, a word of `causes.CAUSES`; "" for what was sent once.
        copy_of: packet number of the one that the network, or the capture, made a copy of; 0 if none.
        wire_length: bytes of the whole packet on the wire.
    """

    number: int
    time: int
    sender: Side
    flags: int
    seq_raw: int
    ack_raw: int
    seq: int
    ack: int | None
    length: int
    window_raw: int
    window: int | None
    options: Options
    state: Mapping[Side, str]
    inferred: Mapping[Side, bool]
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    resends: int = 0
    wire_length: int = 0
    cause: str = ""
    copy_of: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """Segments in the middle of a long connection that are only summed up.

    Attributes:
        first, last: packet numbers of the first and last of them.
        segments: how many, by sender.
        payload: their payload bytes, by sender.
        start, end: times of the first and last, nanoseconds since the epoch.
    """

    first: int
    last: int
    segments: Mapping[Side, int]
    payload: Mapping[Side, int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step of a handshake or teardown.

    Attributes:
        what: "syn", "syn_again", "syn_ack", "syn_ack_again", "ack", "ack_with_data", "refused",
            "unreachable", "reset", "bare_ack", "fin", "fin_again", "fin_and_ack", "ack_of_fin",
            "ack_of_fin_again", "reset_after_fin".
        number: the packet.
        sender: who sent it.
    """

    what: str
    number: int
    sender: Side


@dataclass(frozen=True, slots=True)
class Account:
    """Everything an explanation may use; it narrates this and computes nothing.

    Attributes:
        row: the connection's row of the table by column name (`product.md`, Tables), unknown is None.
            Besides those: `client_isn`, `server_isn` (raw, None if not seen), `capture_end` (ns),
            `time_wait_holder` ("client", "server", "both", None), `messages` (packets of the capture).
        entries: its segments in capture order, the middle of a long connection summed up.
        handshake: the steps of the handshake, in order.
        teardown: the steps of the teardown, in order.
        silences: longest times without a packet: (nanoseconds, packet before, packet after), longest first.
    """

    row: Mapping[str, object]
    entries: tuple[Segment | Skipped, ...]
    handshake: tuple[Step, ...]
    teardown: tuple[Step, ...]
    silences: tuple[tuple[int, int, int], ...] = field(default=())

    def segment(self, number: int) -> Segment:
        """The segment in packet `number`.

        Raises:
            KeyError: it is not among the entries.
        """
        for entry in self.entries:
            if isinstance(entry, Segment) and entry.number == number:
                return entry
        raise KeyError(number)
