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
        state: (2 * connections, STATE_WIDTH), both sides of each one after the other; updated.
        times: (connections, 2) time of the latest SYN, and from it to the first acknowledgment; updated.
        unacked: (n, 5) packet, first number, number after the last, time and the next newer segment of its
            side. Row 0 is none of them: it holds how many rows were ever used, and the first free one.
        out: (n, VERDICT_WIDTH) zeros, to be filled: bits of what is said; number of this duplicate ack and
            packet that it repeats; packet acknowledged, and time since; bytes in flight, bytes since the
            last push; time since the packet that is resent, and that packet.
    """
    for row in range(len(connection)):
        own = 2 * connection[row] + rows[row, SIDE]
        says = reuse(rows, row, state, own, unacked)
        if rows[row, EXTENT] == WHOLE:
            says |= compare(rows, row, state, own)
            note_repeats(rows, row, state, own, out, says)
            says |= unseen(rows, row, state, own ^ 1)
            size = rows[row, LENGTH] + (1 if rows[row, FLAGS] & (SYN | FIN) else 0)
            if size and not says & KEEP_ALIVE:
                says |= resent(rows, row, state, own, times[connection[row], FIRST_RTT])
            if says & RETRANSMISSION:
                note_timeout(rows, row, state, own, unacked, out)
            end = add(rows, row, state, own, unacked, size) if size else rows[row, SEQ]
            progress(rows, row, state, own, says, end)
            acknowledge(rows, row, state, own ^ 1, unacked, out)
            says |= measure_flight(rows, row, state, own, out)
            if says or out[row, ACKS]:
                says |= RECORD
        if rows[row, EXTENT] != LYING:
            says |= note_steps(rows, row, state, own, times)
        out[row, SAYS] = says


@kernel(plain_below=PART)
def reuse(rows: Integers, row: int, state: Integers, own: int, unacked: Integers) -> int:
    """What follows from a SYN on endpoints that were seen before."""
    role = rows[row, ROLE]
    if rows[row, FLAGS] & (SYN | ACK) == SYN and not role & CREATES:
        state[own, NEXT] = state[own, CONTIGUOUS]
    if not role & REUSES:
        return 0
    if not role & CREATES:
        measure_unacked(state, own, unacked, rows[row, BASE])
    return REUSED_PORTS if rows[row, EXTENT] == WHOLE else 0


@kernel(plain_below=PART)
def compare(rows: Integers, row: int, state: Integers, own: int) -> int:
    """What the segment's number, length and window say beside the numbers before."""
    peer = own ^ 1
    flags, length = rows[row, FLAGS], rows[row, LENGTH]
    ahead = distance(state[own, NEXT], rows[row, SEQ])
    if flags & ACK:
        state[peer, UNMEASURED_FLIGHT] = 0
    if length == 1 and ahead == 0 and state[peer, LAST_WINDOW] == 1:
        return PROBE
    says = 0
    if state[own, NEXT] != 0 and distance(rows[row, SEQ], state[own, NEXT]) < 0 and not flags & RST:
        says |= LOST
        state[own, UNMEASURED_FLIGHT] = 1
    if flags & (SYN | FIN | RST):
        return says
    if rows[row, WINDOW] == 0:
        says |= ZERO_WINDOW
    if length <= 1 and ahead == -1:
        says |= KEEP_ALIVE
    if length > 0:
        return says | fills_window(rows, row, state, peer)
    if ahead == 0 and rows[row, ACKED] == state[own, LAST_ACK]:
        says |= repeats(rows, row, state, own)
    return says


@kernel(plain_below=PART)
def fills_window(rows: Integers, row: int, state: Integers, peer: int) -> int:
    """Whether the payload ends just where the window does that the other side told last."""
    shift = rows[row, PEER_SHIFT]
    if shift == UNKNOWN:
        return 0
    if state[peer, UNSCALED] or shift < 0:
        shift = 0
    edge = state[peer, LAST_ACK] + ((state[peer, LAST_WINDOW] - 1) << shift)
    return WINDOW_FULL if (rows[row, SEQ] + rows[row, LENGTH] - edge) & 0xFFFFFFFF == 0 else 0


@kernel(plain_below=PART)
def repeats(rows: Integers, row: int, state: Integers, own: int) -> int:
    """What an acknowledgment is that says the same number again, without payload."""
    peer = own ^ 1
    window = rows[row, WINDOW]
    if window + 1 != state[own, LAST_WINDOW]:
        return WINDOW_UPDATE if window else 0
    if window == 0:
        return PROBE_ACK if state[peer, LAST_SAID] & PROBE else 0
    return KEEP_ALIVE_ACK if state[peer, LAST_SAID] & KEEP_ALIVE else DUPLICATE_ACK


@kernel(plain_below=PART)
def note_repeats(rows: Integers, row: int, state: Integers, own: int, out: Integers, says: int) -> None:
    """Count duplicate acknowledgments."""
    if says & DUPLICATE_ACK:
        state[own, REPEATS] = 1 if state[own, REPEATS] == UNCOUNTED else state[own, REPEATS] + 1
        out[row, DUPLICATES], out[row, DUPLICATE_OF] = state[own, REPEATS], state[own, ACK_PACKET]
    if rows[row, ACKED] != state[own, LAST_ACK]:
        state[own, ACK_PACKET], state[own, REPEATS] = rows[row, NUMBER], 0


@kernel(plain_below=PART)
def unseen(rows: Integers, row: int, state: Integers, peer: int) -> int:
    """Whether the segment acknowledges what is not in the capture; said once for each gap."""
    if not rows[row, FLAGS] & ACK or state[peer, CONTIGUOUS] == 0:
        return 0
    if distance(rows[row, ACKED], state[peer, CONTIGUOUS]) >= 0:
        return 0
    if distance(state[peer, NEXT], state[peer, CONTIGUOUS]) < 0:
        state[peer, CONTIGUOUS] = state[peer, NEXT]
        return ACKS_LOST
    says = RECORD if state[peer, REPEATS] else ACKS_LOST
    state[peer, REPEATS] = UNCOUNTED
    return says


@kernel(plain_below=PART)
def resent(rows: Integers, row: int, state: Integers, own: int, first_rtt: int) -> int:
    """What a segment is called that takes numbers which its side took before."""
    peer = own ^ 1
    seq, length, time = rows[row, SEQ], rows[row, LENGTH], rows[row, TIME]
    if length and state[peer, LAST_ACK] != 0 and distance(state[peer, LAST_ACK], seq + length) <= 0:
        return SPURIOUS
    ahead = distance(state[own, NEXT], seq)
    if state[own, NEXT] == 0 or ahead >= 0 or (ahead == -1 and length > 1):
        return 0
    is_asked_for = (state[peer, REPEATS] >= 2 or state[peer, REPEATS] == UNCOUNTED) and state[
        peer, LAST_ACK
    ] == seq
    if is_asked_for and below(time - state[peer, LAST_TIME], FAST_WITHIN):
        return FAST
    size = length + (1 if rows[row, FLAGS] & (SYN | FIN) else 0)
    within = first_rtt if first_rtt else REORDERED_WITHIN
    if below(time - state[own, NEXT_TIME], within) and (ahead + size) != 0:
        return OUT_OF_ORDER
    return RETRANSMISSION


@kernel(plain_below=PART)
def note_timeout(
    rows: Integers, row: int, state: Integers, own: int, unacked: Integers, out: Integers
) -> None:
    """Note since which packet a retransmission was waited for: the oldest that is not acknowledged."""
    packet, time = state[own, NEXT_PACKET], state[own, NEXT_TIME]
    if state[own, COUNT]:
        packet, time = unacked[state[own, OLDEST], PACKET], unacked[state[own, OLDEST], SENT]
    out[row, RTO], out[row, RTO_OF] = rows[row, TIME] - time, packet


@kernel(plain_below=PART)
def add(rows: Integers, row: int, state: Integers, own: int, unacked: Integers, size: int) -> int:
    """Remember a segment until it is acknowledged, if there is room; returns the number after it.

    Where there is none, Wireshark forgets that SYN and FIN take a number, too.
    """
    if state[own, COUNT] >= MOST_UNACKED:
        return int(rows[row, SEQ] + rows[row, LENGTH]) & EVERY_BIT
    at = unacked[0, FOLLOWING]
    if at:
        unacked[0, FOLLOWING] = unacked[at, FOLLOWING]
    else:
        unacked[0, PACKET] += 1
        at = unacked[0, PACKET]
    end = int(rows[row, SEQ] + size) & EVERY_BIT
    unacked[at, PACKET], unacked[at, SENT] = rows[row, NUMBER], rows[row, TIME]
    unacked[at, BEGIN], unacked[at, END], unacked[at, FOLLOWING] = rows[row, SEQ], end, 0
    if state[own, COUNT]:
        unacked[state[own, NEWEST], FOLLOWING] = at
    else:
        state[own, OLDEST] = at
    state[own, NEWEST] = at
    enclose(state, own, (rows[row, SEQ] - rows[row, BASE]) & EVERY_BIT, (end - rows[row, BASE]) & EVERY_BIT)
    return end


@kernel(plain_below=PART)
def enclose(state: Integers, own: int, low: int, high: int) -> None:
    """Take one more into the range of what is not acknowledged, counted from the side's first number."""
    state[own, COUNT] += 1
    if state[own, COUNT] == 1:
        state[own, ORDERED], state[own, LOW], state[own, HIGH] = 1 if low <= high else 0, low, high
        return
    is_next = state[own, HIGH] <= low <= high and high - state[own, LOW] < HALF
    state[own, ORDERED] = 1 if state[own, ORDERED] and is_next else 0
    state[own, LOW], state[own, HIGH] = min(state[own, LOW], low), max(state[own, HIGH], high)


@kernel(plain_below=PART)
def measure_unacked(state: Integers, own: int, unacked: Integers, base: int) -> None:
    """Work the range of what is not acknowledged out anew."""
    at, state[own, COUNT] = state[own, OLDEST] if state[own, COUNT] else 0, 0
    while at:
        enclose(state, own, (unacked[at, BEGIN] - base) & EVERY_BIT, (unacked[at, END] - base) & EVERY_BIT)
        at = unacked[at, FOLLOWING]


@kernel(plain_below=PART)
def progress(rows: Integers, row: int, state: Integers, own: int, says: int, end: int) -> None:
    """Note how far the segment's side has come; `end` is the number after it."""
    if not says & PROBE:
        if state[own, NEXT] == 0 or distance(end, state[own, NEXT]) < 0:
            state[own, NEXT], state[own, NEXT_PACKET], state[own, NEXT_TIME] = (
                end,
                rows[row, NUMBER],
                rows[row, TIME],
            )
        if state[own, CONTIGUOUS] == 0 or state[own, CONTIGUOUS] == rows[row, SEQ]:
            state[own, CONTIGUOUS] = state[own, NEXT]
    state[own, LAST_WINDOW], state[own, LAST_ACK] = rows[row, WINDOW] + 1, rows[row, ACKED]
    state[own, LAST_TIME], state[own, LAST_SAID] = rows[row, TIME], says


@kernel(plain_below=PART)
def acknowledge(
    rows: Integers, row: int, state: Integers, peer: int, unacked: Integers, out: Integers
) -> None:
    """Forget what the segment acknowledges, and note the oldest that ends just there.

    While numbers only went up, the rest need not be looked at once one is not acknowledged.
    """
    if not state[peer, COUNT]:
        return
    ack, base = rows[row, ACKED], rows[row, PEER_BASE]
    span = state[peer, HIGH] - state[peer, LOW]
    passed = distance((base + state[peer, LOW]) & EVERY_BIT, ack)
    in_order = state[peer, ORDERED] and passed - span >= -HALF
    before, at = 0, state[peer, OLDEST]
    while at:
        following = unacked[at, FOLLOWING]
        if distance(unacked[at, END], ack) >= 0:
            if unacked[at, END] == ack and out[row, ACKS] == 0:
                out[row, ACKS], out[row, RTT] = unacked[at, PACKET], rows[row, TIME] - unacked[at, SENT]
            remove(state, peer, unacked, before, at)
        else:
            if distance(unacked[at, BEGIN], ack) > 0:
                unacked[at, BEGIN] = ack
            if in_order:
                state[peer, LOW] = (unacked[at, BEGIN] - base) & EVERY_BIT
                return
            before = at
        at = following
    measure_unacked(state, peer, unacked, base)


@kernel(plain_below=PART)
def remove(state: Integers, own: int, unacked: Integers, before: int, at: int) -> None:
    """Take a segment out of its list; `before` is the next older one, 0 if it is the oldest."""
    if before:
        unacked[before, FOLLOWING] = unacked[at, FOLLOWING]
    else:
        state[own, OLDEST] = unacked[at, FOLLOWING]
    if state[own, NEWEST] == at:
        state[own, NEWEST] = before
    unacked[at, FOLLOWING] = unacked[0, FOLLOWING]
    unacked[0, FOLLOWING] = at
    state[own, COUNT] -= 1


@kernel(plain_below=PART)
def measure_flight(rows: Integers, row: int, state: Integers, own: int, out: Integers) -> int:
    """Count the bytes that are under way, and those since the last push."""
    peer = own ^ 1
    length, flags = rows[row, LENGTH], rows[row, FLAGS]
    if length == 0 or state[own, COUNT] == 0 or state[own, UNMEASURED_FLIGHT]:
        return 0
    flight = (state[own, HIGH] - state[own, LOW] - state[peer, LAST_SACKED]) & EVERY_BIT
    if flight < LARGEST_FLIGHT:
        out[row, FLIGHT] = max(flight - (1 if flags & (SYN | FIN) else 0), 0)
    state[own, PUSH_BYTES] = length if state[own, AFTER_PUSH] else state[own, PUSH_BYTES] + length
    state[own, AFTER_PUSH] = 1 if flags & PSH else 0
    out[row, PUSHED] = state[own, PUSH_BYTES]
    return RECORD


@kernel(plain_below=PART)
def note_steps(rows: Integers, row: int, state: Integers, own: int, times: Integers) -> int:
    """Note what SACK, the handshake and the closing tell later segments; a quotation tells it, too."""
    peer = own ^ 1
    flags = rows[row, FLAGS]
    state[own, LAST_SACKED] = rows[row, SACKED]
    if flags & SYN:
        state[own, UNSCALED] = 1
        if not flags & ACK:
            times[own >> 1, SYN_TIME] = rows[row, TIME]
    elif flags & ACK:
        state[own, UNSCALED] = 0
        if times[own >> 1, SYN_TIME] != 0 and times[own >> 1, FIRST_RTT] == 0:
            times[own >> 1, FIRST_RTT] = rows[row, TIME] - times[own >> 1, SYN_TIME]
    if not flags & FIN:
        return 0
    if not state[peer, CLOSES]:
        state[own, CLOSES] = 1
    return CLOSES_FIRST if state[own, CLOSES] else CLOSES_SECOND
