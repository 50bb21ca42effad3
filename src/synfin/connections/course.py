"""The course of one connection over time: what it sent, its round trips, its windows, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synfin.connections.account import Segment, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Account, Side

FIN, SYN, RST = 1, 2, 4
ANSWERED_BY = ("ack_of_data", "ack_of_syn", "ack_of_fin")
"""Rules whose packet is the first to acknowledge another."""

NEAR = {"client": ("client", "same host"), "server": ("server", "same host")}
"""Vantages at which what reaches a side has been captured at that side."""


@dataclass(frozen=True, slots=True)
class Burst:
    """The bytes of one segment on their way.

    Attributes:
        number: the packet.
        time: nanoseconds since the connection's first packet.
        sender: which side.
        first, last: relative numbers of its first byte and of the one after its last.
        kind: "data", "resent" or "ack" (no bytes; `first` = `last` = the number acknowledged).
    """

    number: int
    time: int
    sender: Side
    first: int
    last: int
    kind: str


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """From a segment to its acknowledgment, as seen from where the capture was made.

    Attributes:
        number: the packet that acknowledges.
        of: the packet that is acknowledged; it was sent once only (Karn, RFC 6298 3).
        sender: who sent that.
        time: of the acknowledgment, nanoseconds since the connection's first packet.
        took: nanoseconds.
    """

    number: int
    of: int
    sender: Side
    time: int
    took: int


@dataclass(frozen=True, slots=True)
class Window:
    """How much a side was ready to take.

    Attributes:
        number: the packet.
        time: nanoseconds since the connection's first packet.
        sender: whose window it is.
        size: bytes, scaled.
    """

    number: int
    time: int
    sender: Side
    size: int


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that can be drawn over time.

    Attributes:
        bursts: in capture order; only of segments that are told one by one.
        round_trips: likewise.
        windows: likewise; only where the scaling is known.
    """

    bursts: tuple[Burst, ...]
    round_trips: tuple[RoundTrip, ...]
    windows: tuple[Window, ...]


def course(account: Account) -> Course:
    """The course of an account's connection."""
    segments = told(account)
    start = segments[0].time if segments else 0
    return Course(
        tuple(burst for one in segments for burst in _bursts(one, start)),
        tuple(_round_trips(segments, start)),
        tuple(
            Window(one.number, one.time - start, one.sender, one.window)
            for one in segments
            if one.window is not None and not one.flags & RST
        ),
    )


def told(account: Account) -> list[Segment]:
    """The segments that are told one by one, in capture order."""
    return [entry for entry in account.entries if isinstance(entry, Segment)]


def _bursts(one: Segment, start: int) -> Iterator[Burst]:
    if one.length:
        kind = "resent" if one.resends or "retransmission" in one.notes else "data"
        yield Burst(one.number, one.time - start, one.sender, one.seq, one.seq + one.length, kind)
    if one.ack is not None and not one.flags & (SYN | RST):
        yield Burst(one.number, one.time - start, one.sender, one.ack, one.ack, "ack")


def _round_trips(segments: list[Segment], start: int) -> Iterator[RoundTrip]:
    by_number = {one.number: one for one in segments}
    repeated = {one.resends for one in segments if one.resends}
    repeated |= {one.number for one in segments if one.resends or "retransmission" in one.notes}
    for one in segments:
        for check in one.checks:
            of = by_number.get(check.because[-1]) if check.because else None
            if of is None or check.rule not in ANSWERED_BY or not check.holds or of.number in repeated:
                continue
            yield RoundTrip(one.number, of.number, of.sender, one.time - start, one.time - of.time)


def lost(account: Account) -> frozenset[int]:
    """Packets that were lost behind the place of capture, or whose acknowledgment was, as far as it shows.

    Such a packet was sent again before any acknowledgment of it was seen, nobody reported afterwards that it
    had arrived twice (D-SACK, RFC 2883), and it was not captured at its receiver.
    """
    segments = told(account)
    by_number = {one.number: one for one in segments}
    gaps = [entry.first for entry in account.entries if isinstance(entry, Skipped)]
    vantage = account.row.get("vantage")
    found = set()
    for again in segments:
        original = by_number.get(again.resends)
        if (
            original is None
            or again.cause == "spurious"
            or any(original.number < gap < again.number for gap in gaps)
        ):
            continue
        receiver = "server" if original.sender == "client" else "client"
        if vantage not in NEAR[receiver] and not _arrived(original, again, segments):
            found.add(original.number)
    return frozenset(found)


def _arrived(original: Segment, again: Segment, segments: list[Segment]) -> bool:
    """Whether an acknowledgment of the original came before it was repeated, or a D-SACK at any time."""
    taken = (
        1 if original.flags & SYN else original.length + bool(original.flags & FIN)
    )  # data may be declined
    end = original.seq + taken
    for one in segments:
        if one.sender == original.sender or one.ack is None or one.number < original.number:
            continue
        if one.number < again.number and one.ack >= end:
            return True
        if _reports_twice(one, original):
            return True
    return False


def _reports_twice(one: Segment, original: Segment) -> bool:
    """Whether the first SACK block lies below the acknowledgment and holds the segment's first byte."""
    if not one.options.sack or not original.length:
        return False
    left, right = one.options.sack[0]
    into = (original.seq_raw - left) % (1 << 32)
    below = (one.ack_raw - right) % (1 << 32) < 1 << 31
    return below and into < (right - left) % (1 << 32)
