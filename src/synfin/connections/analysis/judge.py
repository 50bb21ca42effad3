"""Each segment is compared with what both sides sent before, in the order of Wireshark's own tests.

The order decides what a segment is called: a probe of a closed window is never a retransmission, a segment
that the other side acknowledged already is "spurious" before anything else. Wireshark takes 0 for "not
known" of numbers and times, and so does this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.kernel import PART, kernel
from synfin.connections.group import CREATES, REUSES
from synfin.connections.scaling import UNKNOWN
from synfin.connections.segments import ACK, FIN, LYING, PSH, RST, SYN, WHOLE

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers

(
    REUSED_PORTS,
    RETRANSMISSION,
    FAST,
    SPURIOUS,
    OUT_OF_ORDER,
    LOST,
    ACKS_LOST,
    WINDOW_UPDATE,
    WINDOW_FULL,
    KEEP_ALIVE,
    KEEP_ALIVE_ACK,
    DUPLICATE_ACK,
    PROBE,
    ZERO_WINDOW,
    PROBE_ACK,
    RECORD,
    CLOSES_FIRST,
    CLOSES_SECOND,
) = (1 << bit for bit in range(18))
"""What is said of a segment, as bits: first those that `tcp.analysis.flags` stands for, in the order in
which Wireshark names them; then that there is something to show at all, and who closed."""

FLAGGED = RECORD - 1

SIDE, FLAGS, SEQ, ACKED, LENGTH, WINDOW, TIME, NUMBER, EXTENT, ROLE, PEER_SHIFT, SACKED, BASE, PEER_BASE = (
    range(14)
)
SEGMENT_WIDTH = PEER_BASE + 1
"""Columns of a segment."""

(
    SAYS,
    DUPLICATES,
    DUPLICATE_OF,
    ACKS,
    RTT,
    FLIGHT,
    PUSHED,
    RTO,
    RTO_OF,
) = range(9)
VERDICT_WIDTH = RTO_OF + 1
"""Columns of a verdict; see `judge`."""

(
    NEXT,
    NEXT_PACKET,
    NEXT_TIME,
    CONTIGUOUS,
    LAST_ACK,
    LAST_TIME,
    LAST_SAID,
    LAST_WINDOW,
    ACK_PACKET,
    REPEATS,
    UNMEASURED_FLIGHT,
    PUSH_BYTES,
    AFTER_PUSH,
    UNSCALED,
    CLOSES,
    LAST_SACKED,
    OLDEST,
    NEWEST,
    COUNT,
    ORDERED,
    LOW,
    HIGH,
) = range(22)
STATE_WIDTH = HIGH + 1
"""What is remembered of a side; see `Judge.state`."""

SYN_TIME, FIRST_RTT = 0, 1
"""What is remembered of a connection."""

PACKET, BEGIN, END, SENT, FOLLOWING = range(5)
"""Columns of an unacknowledged segment."""

MOST_UNACKED = 10_000
"""Segments that are remembered of a side until they are acknowledged; as many as Wireshark remembers."""

UNCOUNTED = -1
"""Instead of a number of repetitions: an acknowledgment of what is not in the capture came between."""

FAST_WITHIN = 20_000_000
REORDERED_WITHIN = 3_000_000
"""Nanoseconds; the second if the handshake's round trip is not known."""

LARGEST_FLIGHT = 2_000_000_000
EVERY_BIT = 0xFFFFFFFF
HALF = 1 << 31
SIGN = -(1 << 63)


@kernel(plain_below=PART)
def distance(origin: int, number: int) -> int:
    """As `synfin.basics.sequence.distance`, for single numbers."""
    return ((number - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel(plain_below=PART)
def below(time: int, limit: int) -> bool:
    """Whether `time < limit`, both taken for unsigned: an earlier packet is a very late one."""
    return (time ^ SIGN) < (limit ^ SIGN)


@kernel(plain_below=512)
def judge(
    connection: Integers, rows: Integers, state: Integers, times: Integers, unacked: Integers, out: Integers
) -> None:
    """Say of each segment what Wireshark says.

    Args:
        connection: of each segment.
        rows: (n, SEGMENT_WIDTH) side, flags, seq, ack, payload length, window field, time, packet number,
            extent, role in the grouping, shift count of the other side, sum of its first three SACK blocks,
            first numbers of both sides.
        state: (connections, 2, STATE_WIDTH); updated.
        times: (connections, 2) time of the latest SYN, and from it to the first acknowledgment; updated.
        unacked: (n, 5) packet, first number, number after the last, time and the next newer segment of its
            side. Row 0 is none of them: it holds how many rows were ever used, and the first free one.
        out: (n, VERDICT_WIDTH) zeros, to be filled: bits of what is said; number of this duplicate ack and
            packet that it repeats; packet acknowledged, and time since; bytes in flight, bytes since the
            last push; time since the packet that is resent, and that packet.
    """
    for row in range(len(connection)):
        segment, found = rows[row], out[row]
        own = state[connection[row], segment[SIDE]]
        peer = state[connection[row], 1 - segment[SIDE]]
        says = reuse(segment, own, unacked)
        if segment[EXTENT] == WHOLE:
            says |= compare(segment, own, peer)
            note_repeats(segment, own, found, says)
            says |= unseen(segment, peer)
            size = segment[LENGTH] + (1 if segment[FLAGS] & (SYN | FIN) else 0)
            if size and not says & KEEP_ALIVE:
                says |= resent(segment, own, peer, times[connection[row], FIRST_RTT])
            if says & RETRANSMISSION:
                note_timeout(segment, own, unacked, found)
            end = add(segment, own, unacked, size) if size else segment[SEQ]
            progress(segment, own, says, end)
            acknowledge(segment, peer, unacked, found)
            says |= measure_flight(segment, own, peer, found)
            if says or found[ACKS]:
                says |= RECORD
        if segment[EXTENT] != LYING:
            says |= note_steps(segment, own, peer, times[connection[row]])
        found[SAYS] = says


@kernel(plain_below=PART)
def reuse(segment: Integers, own: Integers, unacked: Integers) -> int:
    """What follows from a SYN on endpoints that were seen before."""
    role = segment[ROLE]
    if segment[FLAGS] & (SYN | ACK) == SYN and not role & CREATES:
        own[NEXT] = own[CONTIGUOUS]
    if not role & REUSES:
        return 0
    if not role & CREATES:
        measure_unacked(own, unacked, segment[BASE])
    return REUSED_PORTS if segment[EXTENT] == WHOLE else 0


@kernel(plain_below=PART)
def compare(segment: Integers, own: Integers, peer: Integers) -> int:
    """What the segment's number, length and window say beside the numbers before."""
    flags, length = segment[FLAGS], segment[LENGTH]
    ahead = distance(own[NEXT], segment[SEQ])
    if flags & ACK:
        peer[UNMEASURED_FLIGHT] = 0
    if length == 1 and ahead == 0 and peer[LAST_WINDOW] == 1:
        return PROBE
    says = 0
    if own[NEXT] != 0 and distance(segment[SEQ], own[NEXT]) < 0 and not flags & RST:
        says |= LOST
        own[UNMEASURED_FLIGHT] = 1
    if flags & (SYN | FIN | RST):
        return says
    if segment[WINDOW] == 0:
        says |= ZERO_WINDOW
    if length <= 1 and ahead == -1:
        says |= KEEP_ALIVE
    if length > 0:
        return says | fills_window(segment, peer)
    if ahead == 0 and segment[ACKED] == own[LAST_ACK]:
        says |= repeats(segment, own, peer)
    return says


@kernel(plain_below=PART)
def fills_window(segment: Integers, peer: Integers) -> int:
    """Whether the payload ends just where the window does that the other side told last."""
    shift = segment[PEER_SHIFT]
    if shift == UNKNOWN:
        return 0
    if peer[UNSCALED] or shift < 0:
        shift = 0
    edge = peer[LAST_ACK] + ((peer[LAST_WINDOW] - 1) << shift)
    return WINDOW_FULL if (segment[SEQ] + segment[LENGTH] - edge) & 0xFFFFFFFF == 0 else 0


@kernel(plain_below=PART)
def repeats(segment: Integers, own: Integers, peer: Integers) -> int:
    """What an acknowledgment is that says the same number again, without payload."""
    window = segment[WINDOW]
    if window + 1 != own[LAST_WINDOW]:
        return WINDOW_UPDATE if window else 0
    if window == 0:
        return PROBE_ACK if peer[LAST_SAID] & PROBE else 0
    return KEEP_ALIVE_ACK if peer[LAST_SAID] & KEEP_ALIVE else DUPLICATE_ACK


@kernel(plain_below=PART)
def note_repeats(segment: Integers, own: Integers, found: Integers, says: int) -> None:
    """Count duplicate acknowledgments."""
    if says & DUPLICATE_ACK:
        own[REPEATS] = 1 if own[REPEATS] == UNCOUNTED else own[REPEATS] + 1
        found[DUPLICATES], found[DUPLICATE_OF] = own[REPEATS], own[ACK_PACKET]
    if segment[ACKED] != own[LAST_ACK]:
        own[ACK_PACKET], own[REPEATS] = segment[NUMBER], 0


@kernel(plain_below=PART)
def unseen(segment: Integers, peer: Integers) -> int:
    """Whether the segment acknowledges what is not in the capture; said once for each gap."""
    if not segment[FLAGS] & ACK or peer[CONTIGUOUS] == 0:
        return 0
    if distance(segment[ACKED], peer[CONTIGUOUS]) >= 0:
        return 0
    if distance(peer[NEXT], peer[CONTIGUOUS]) < 0:
        peer[CONTIGUOUS] = peer[NEXT]
        return ACKS_LOST
    says = RECORD if peer[REPEATS] else ACKS_LOST
    peer[REPEATS] = UNCOUNTED
    return says


@kernel(plain_below=PART)
def resent(segment: Integers, own: Integers, peer: Integers, first_rtt: int) -> int:
    """What a segment is called that takes numbers which its side took before."""
    seq, length, time = segment[SEQ], segment[LENGTH], segment[TIME]
    if length and peer[LAST_ACK] != 0 and distance(peer[LAST_ACK], seq + length) <= 0:
        return SPURIOUS
    ahead = distance(own[NEXT], seq)
    if own[NEXT] == 0 or ahead >= 0 or (ahead == -1 and length > 1):
        return 0
    is_asked_for = (peer[REPEATS] >= 2 or peer[REPEATS] == UNCOUNTED) and peer[LAST_ACK] == seq
    if is_asked_for and below(time - peer[LAST_TIME], FAST_WITHIN):
        return FAST
    size = length + (1 if segment[FLAGS] & (SYN | FIN) else 0)
    within = first_rtt if first_rtt else REORDERED_WITHIN
    if below(time - own[NEXT_TIME], within) and (ahead + size) != 0:
        return OUT_OF_ORDER
    return RETRANSMISSION


@kernel(plain_below=PART)
def note_timeout(segment: Integers, own: Integers, unacked: Integers, found: Integers) -> None:
    """Note since which packet a retransmission was waited for: the oldest that is not acknowledged."""
    packet, time = own[NEXT_PACKET], own[NEXT_TIME]
    if own[COUNT]:
        packet, time = unacked[own[OLDEST], PACKET], unacked[own[OLDEST], SENT]
    found[RTO], found[RTO_OF] = segment[TIME] - time, packet


@kernel(plain_below=PART)
def add(segment: Integers, own: Integers, unacked: Integers, size: int) -> int:
    """Remember a segment until it is acknowledged, if there is room; returns the number after it.

    Where there is none, Wireshark forgets that SYN and FIN take a number, too.
    """
    if own[COUNT] >= MOST_UNACKED:
        return int(segment[SEQ] + segment[LENGTH]) & EVERY_BIT
    at = unacked[0, FOLLOWING]
    if at:
        unacked[0, FOLLOWING] = unacked[at, FOLLOWING]
    else:
        unacked[0, PACKET] += 1
        at = unacked[0, PACKET]
    end = int(segment[SEQ] + size) & EVERY_BIT
    unacked[at, PACKET], unacked[at, SENT] = segment[NUMBER], segment[TIME]
    unacked[at, BEGIN], unacked[at, END], unacked[at, FOLLOWING] = segment[SEQ], end, 0
    if own[COUNT]:
        unacked[own[NEWEST], FOLLOWING] = at
    else:
        own[OLDEST] = at
    own[NEWEST] = at
    enclose(own, (segment[SEQ] - segment[BASE]) & EVERY_BIT, (end - segment[BASE]) & EVERY_BIT)
    return end


@kernel(plain_below=PART)
def enclose(own: Integers, low: int, high: int) -> None:
    """Take one more into the range of what is not acknowledged, counted from the side's first number."""
    own[COUNT] += 1
    if own[COUNT] == 1:
        own[ORDERED], own[LOW], own[HIGH] = 1 if low <= high else 0, low, high
        return
    is_next = own[HIGH] <= low <= high and high - own[LOW] < HALF
    own[ORDERED] = 1 if own[ORDERED] and is_next else 0
    own[LOW], own[HIGH] = min(own[LOW], low), max(own[HIGH], high)


@kernel(plain_below=PART)
def measure_unacked(own: Integers, unacked: Integers, base: int) -> None:
    """Work the range of what is not acknowledged out anew."""
    at, own[COUNT] = own[OLDEST] if own[COUNT] else 0, 0
    while at:
        enclose(own, (unacked[at, BEGIN] - base) & EVERY_BIT, (unacked[at, END] - base) & EVERY_BIT)
        at = unacked[at, FOLLOWING]


@kernel(plain_below=PART)
def progress(segment: Integers, own: Integers, says: int, end: int) -> None:
    """Note how far the segment's side has come; `end` is the number after it."""
    if not says & PROBE:
        if own[NEXT] == 0 or distance(end, own[NEXT]) < 0:
            own[NEXT], own[NEXT_PACKET], own[NEXT_TIME] = end, segment[NUMBER], segment[TIME]
        if own[CONTIGUOUS] == 0 or own[CONTIGUOUS] == segment[SEQ]:
            own[CONTIGUOUS] = own[NEXT]
    own[LAST_WINDOW], own[LAST_ACK] = segment[WINDOW] + 1, segment[ACKED]
    own[LAST_TIME], own[LAST_SAID] = segment[TIME], says


@kernel(plain_below=PART)
def acknowledge(segment: Integers, peer: Integers, unacked: Integers, found: Integers) -> None:
    """Forget what the segment acknowledges, and note the oldest that ends just there.

    While numbers only went up, the rest need not be looked at once one is not acknowledged.
    """
    if not peer[COUNT]:
        return
    ack, base = segment[ACKED], segment[PEER_BASE]
    span = peer[HIGH] - peer[LOW]
    passed = distance((base + peer[LOW]) & EVERY_BIT, ack)
    in_order = peer[ORDERED] and passed - span >= -HALF
    before, at = 0, peer[OLDEST]
    while at:
        following = unacked[at, FOLLOWING]
        if distance(unacked[at, END], ack) >= 0:
            if unacked[at, END] == ack and found[ACKS] == 0:
                found[ACKS], found[RTT] = unacked[at, PACKET], segment[TIME] - unacked[at, SENT]
            remove(peer, unacked, before, at)
        else:
            if distance(unacked[at, BEGIN], ack) > 0:
                unacked[at, BEGIN] = ack
            if in_order:
                peer[LOW] = (unacked[at, BEGIN] - base) & EVERY_BIT
                return
            before = at
        at = following
    measure_unacked(peer, unacked, base)


@kernel(plain_below=PART)
def remove(own: Integers, unacked: Integers, before: int, at: int) -> None:
    """Take a segment out of its list; `before` is the next older one, 0 if it is the oldest."""
    if before:
        unacked[before, FOLLOWING] = unacked[at, FOLLOWING]
    else:
        own[OLDEST] = unacked[at, FOLLOWING]
    if own[NEWEST] == at:
        own[NEWEST] = before
    unacked[at, FOLLOWING] = unacked[0, FOLLOWING]
    unacked[0, FOLLOWING] = at
    own[COUNT] -= 1


@kernel(plain_below=PART)
def measure_flight(segment: Integers, own: Integers, peer: Integers, found: Integers) -> int:
    """Count the bytes that are under way, and those since the last push."""
    length, flags = segment[LENGTH], segment[FLAGS]
    if length == 0 or own[COUNT] == 0 or own[UNMEASURED_FLIGHT]:
        return 0
    flight = (own[HIGH] - own[LOW] - peer[LAST_SACKED]) & EVERY_BIT
    if flight < LARGEST_FLIGHT:
        found[FLIGHT] = max(flight - (1 if flags & (SYN | FIN) else 0), 0)
    own[PUSH_BYTES] = length if own[AFTER_PUSH] else own[PUSH_BYTES] + length
    own[AFTER_PUSH] = 1 if flags & PSH else 0
    found[PUSHED] = own[PUSH_BYTES]
    return RECORD


@kernel(plain_below=PART)
def note_steps(segment: Integers, own: Integers, peer: Integers, times: Integers) -> int:
    """Note what SACK, the handshake and the closing tell later segments; a quotation tells it, too."""
    flags = segment[FLAGS]
    own[LAST_SACKED] = segment[SACKED]
    if flags & SYN:
        own[UNSCALED] = 1
        if not flags & ACK:
            times[SYN_TIME] = segment[TIME]
    elif flags & ACK:
        own[UNSCALED] = 0
        if times[SYN_TIME] != 0 and times[FIRST_RTT] == 0:
            times[FIRST_RTT] = segment[TIME] - times[SYN_TIME]
    if not flags & FIN:
        return 0
    if not peer[CLOSES]:
        own[CLOSES] = 1
    return CLOSES_FIRST if own[CLOSES] else CLOSES_SECOND
