"""Wireshark's TCP analysis the obvious way: one conversation, segment by segment, with lists for lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLOSING = SYN | FIN | RST
TIMED = 20_000_000
REORDERED = 3_000_000
MOST = 10_000


class Segment(NamedTuple):
    """A segment: who sends it (0 or 1), and what its header says; SACK blocks as their sizes."""

    sender: int
    flags: int
    seq: int
    ack: int
    length: int
    window: int
    time: int
    sacked: tuple[int, ...] = ()


@dataclass
class Unacked:
    packet: int
    seq: int
    end: int
    time: int


@dataclass
class Side:
    base: int | None = None
    next: int = 0
    next_packet: int = 0
    next_time: int = 0
    contiguous: int = 0
    ack: int = 0
    ack_time: int = 0
    marks: frozenset[str] = frozenset()
    window: int | None = None
    ack_packet: int = 0
    repeats: int = 0
    flight_known: bool = True
    pushed: int = 0
    was_push: bool = False
    sacked: int = 0
    closes: bool = False
    unacked: list[Unacked] = field(default_factory=list)


@dataclass
class Verdict:
    """What is said of a segment; numbers are there only where they are shown."""

    marks: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)


def diff(a: int, b: int) -> int:
    """A - b, as a signed number of 32 bits."""
    return (a - b + 2**31) % 2**32 - 2**31


def elapsed(time: int, since: int) -> int:
    """Nanoseconds since then, as an unsigned number."""
    return (time - since) % 2**64


def analysed(segments: list[Segment]) -> list[Verdict]:
    """The verdicts about one conversation without window scaling."""
    sides = (Side(), Side())
    times = {"syn": 0, "rtt": 0, "unscaled": 0}
    return [
        _judged(number, one, sides[one.sender], sides[1 - one.sender], times)
        for number, one in enumerate(segments, 1)
    ]


def _judged(packet: int, s: Segment, own: Side, peer: Side, times: dict[str, int]) -> Verdict:
    verdict = Verdict()
    size = s.length + bool(s.flags & (SYN | FIN))
    _begin(s, own, peer, times)
    marks = _compared(s, own, peer) | _fills(s, own, peer, times)
    _count(packet, s, own, verdict, marks)
    marks |= _unseen(s, peer)
    if size and "keep_alive" not in marks:
        marks |= _resent(s, size, own, peer, times["rtt"])
    _wait(s, own, verdict, marks)
    _progress(packet, s, size, own, marks)
    _acknowledge(s, peer, verdict)
    _measure(s, own, peer, verdict)
    own.sacked = sum(s.sacked[:3])
    _time(s, times)
    if s.flags & FIN:
        own.closes |= not peer.closes
        marks.add("fin_active" if own.closes else "fin_passive")
    if marks & {"fast_retransmission", "spurious_retransmission"}:
        marks.add("retransmission")
    verdict.marks = frozenset(marks)
    return verdict


def _begin(s: Segment, own: Side, peer: Side, times: dict[str, int]) -> None:
    if s.flags & (SYN | ACK) == SYN and own.base is not None:
        own.next = own.contiguous
    if own.base is None:
        own.base = s.seq if s.flags & SYN else s.seq - 1
    if peer.base is None and s.flags & ACK:
        peer.base = s.ack - 1
    if s.flags & ACK:
        peer.flight_known = True
    if s.flags & SYN:
        times["unscaled"] = 1


def _fills(s: Segment, own: Side, peer: Side, times: dict[str, int]) -> set[str]:
    is_probe = s.length == 1 and s.seq == own.next and peer.window == 0
    if not times["unscaled"] or not s.length or s.flags & CLOSING or is_probe:
        return set()
    window = 0xFFFFFFFF if peer.window is None else peer.window
    return {"window_full"} if diff(s.seq + s.length, peer.ack + window) == 0 else set()


def _count(packet: int, s: Segment, own: Side, verdict: Verdict, marks: set[str]) -> None:
    if "duplicate_ack" in marks:
        own.repeats = 1 if own.repeats == -1 else own.repeats + 1
        verdict.numbers |= {"duplicate_ack_num": own.repeats, "duplicate_ack_frame": own.ack_packet}
    if s.ack != own.ack:
        own.ack_packet, own.repeats = packet, 0


def _wait(s: Segment, own: Side, verdict: Verdict, marks: set[str]) -> None:
    if "retransmission" in marks:
        oldest = own.unacked[0] if own.unacked else Unacked(own.next_packet, 0, 0, own.next_time)
        if s.time != oldest.time:
            verdict.numbers |= {"rto": s.time - oldest.time, "rto_frame": oldest.packet}


def _progress(packet: int, s: Segment, size: int, own: Side, marks: set[str]) -> None:
    end = (s.seq + s.length) % 2**32
    if size and len(own.unacked) < MOST:
        end = (s.seq + size) % 2**32
        own.unacked.append(Unacked(packet, s.seq, end, s.time))
    if "zero_window_probe" not in marks:
        if diff(end, own.next) > 0 or own.next == 0:
            own.next, own.next_packet, own.next_time = end, packet, s.time
        if own.contiguous in (0, s.seq):
            own.contiguous = own.next
    own.window, own.ack, own.ack_time, own.marks = s.window, s.ack, s.time, frozenset(marks)


def _time(s: Segment, times: dict[str, int]) -> None:
    if s.flags & (SYN | ACK) == SYN:
        times["syn"] = s.time
    elif s.flags & (SYN | ACK) == ACK and times["syn"] and not times["rtt"]:
        times["rtt"] = s.time - times["syn"]


def _compared(s: Segment, own: Side, peer: Side) -> set[str]:
    if s.length == 1 and s.seq == own.next and peer.window == 0:
        return {"zero_window_probe"}
    marks = set()
    if own.next != 0 and diff(s.seq, own.next) > 0 and not s.flags & RST:
        marks.add("lost_segment")
        own.flight_known = False
    if s.flags & CLOSING:
        return marks
    if s.window == 0:
        marks.add("zero_window")
    if s.length in (0, 1) and diff(s.seq, own.next) == -1:
        marks.add("keep_alive")
    repeats = s.length == 0 and s.seq == own.next and s.ack == own.ack
    if repeats and s.window and s.window != own.window:
        marks.add("window_update")
    elif repeats and s.window and "keep_alive" in peer.marks:
        marks.add("keep_alive_ack")
    elif repeats and s.window:
        marks.add("duplicate_ack")
    elif repeats and own.window == 0 and "zero_window_probe" in peer.marks:
        marks.add("zero_window_probe_ack")
    return marks


def _unseen(s: Segment, peer: Side) -> set[str]:
    if not s.flags & ACK or not peer.contiguous or diff(s.ack, peer.contiguous) <= 0:
        return set()
    if diff(peer.next, peer.contiguous) > 0:
        peer.contiguous = peer.next
        return {"ack_lost_segment"}
    first = peer.repeats == 0
    peer.repeats = -1
    return {"ack_lost_segment"} if first else set()


def _resent(s: Segment, size: int, own: Side, peer: Side, rtt: int) -> set[str]:
    if s.length and peer.ack and diff(s.seq + s.length, peer.ack) <= 0:
        return {"spurious_retransmission"}
    is_old = own.next != 0 and diff(s.seq, own.next) < 0
    if not is_old or (s.length > 1 and diff(s.seq, own.next) == -1):
        return set()
    asked = (peer.repeats >= 2 or peer.repeats == -1) and peer.ack == s.seq
    if asked and elapsed(s.time, peer.ack_time) < TIMED:
        return {"fast_retransmission"}
    if elapsed(s.time, own.next_time) < (rtt % 2**64 or REORDERED) and diff(s.seq + size, own.next) != 0:
        return {"out_of_order"}
    return {"retransmission"}


def _acknowledge(s: Segment, peer: Side, verdict: Verdict) -> None:
    kept = []
    for one in peer.unacked:
        if s.ack == one.end and "acks_frame" not in verdict.numbers:
            verdict.numbers["acks_frame"] = one.packet
            if s.time != one.time:
                verdict.numbers["ack_rtt"] = s.time - one.time
        if diff(one.end, s.ack) > 0:
            if diff(s.ack, one.seq) > 0:
                one.seq = s.ack
            kept.append(one)
    peer.unacked = kept


def _measure(s: Segment, own: Side, peer: Side, verdict: Verdict) -> None:
    if not s.length or not own.unacked or not own.flight_known or own.base is None:
        return
    base = own.base
    span = max((one.end - base) % 2**32 for one in own.unacked)
    span -= min((one.seq - base) % 2**32 for one in own.unacked)
    flight = (span - peer.sacked) % 2**32
    own.pushed = s.length if own.was_push else own.pushed + s.length
    own.was_push = bool(s.flags & PSH)
    if flight < 2_000_000_000:
        flight -= bool(s.flags & (SYN | FIN))
        if flight > 0:
            verdict.numbers |= {"bytes_in_flight": flight, "push_bytes_sent": own.pushed}
