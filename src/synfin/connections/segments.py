"""Every TCP header of a chunk as rows of plain columns: the form in which connections are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.kernel import kernel
from synfin.capture.chunk import NO_TIME
from synfin.connections.endpoints import gather
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.dissect.walk import PARTIAL, Reason

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Small, Values
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
"""Bits of `tcp.flags` (RFC 9293 3.1)."""

NEVER = int(NO_TIME)

LEAST_BYTES = 16
"""Bytes of a header that must be there to follow its connection: up to and with the window."""

FARTHEST = 1 << 61
"""Times are kept within ± this many nanoseconds (73 years beyond 2262), so that differences fit 64 bits."""

QUOTED, UNMEASURED, WHOLE, LYING = 0, 1, 2, 3
"""How much of a segment can be judged: it is a quotation in an ICMP error; its payload cannot be measured
(a fragment, a header longer than its datagram); everything; its header states an impossible length."""


class Kinds(NamedTuple):
    """What a segment is, as far as a few bits say: five flags, whether it has payload, its extent.

    Whatever follows from these alone is worked out once for every kind, and looked up for each segment.
    """

    flags: Integers
    length: Integers
    extent: Integers


HAS_PAYLOAD_AT, EXTENT_AT, KIND_BITS = 5, 6, 8
_every = np.arange(1 << KIND_BITS)
EVERY_KIND = Kinds(_every & 0x1F, _every >> HAS_PAYLOAD_AT & 1, _every >> EXTENT_AT)
"""All kinds, by their numbers; the length is 1 where there is payload."""


(
    NUMBER,
    TIME,
    WIRE_LENGTH,
    CAPTURED,
    FLAGS,
    SEQ,
    ACK_NUMBER,
    WINDOW,
    LENGTH,
    EXTENT,
    KIND,
    SIDE,
    HASH,
    GUESS,
    AROUND,
) = range(ROWS := 15)
"""Rows of `Segments.matrix`."""

NUMBERS = ("flags", "seq_raw", "ack_raw", "window_size_value")
"""The fields that are its rows from `FLAGS` to `WINDOW`."""


class Segments:
    """One entry per TCP header that can be followed; int64.

    Attributes:
        headers: the layer they come from.
        chosen: which rows of the layer they are; None if all.
        matrix: (15, n) all that kernels look at: what follows here, in this order, and three rows more that
            `endpoints` describes.
        number: packet number, from 1.
        time: nanoseconds since the epoch, 0 for records without a time.
        wire_length, captured: bytes of the packet on the wire, and in the capture.
        flags: the 12 flag bits.
        seq, ack: raw numbers.
        window: the 16-bit field.
        length: payload bytes on the wire; 0 where they cannot be told.
        extent: `QUOTED`, `UNMEASURED`, `WHOLE` or `LYING`.
        kind: index into `EVERY_KIND`.
        side: 0 if sent by the lower of both endpoints, 1 if by the higher.
        keys: (n, 5): between which endpoints they travel, see `endpoints`.
    """

    def __init__(
        self, headers: HeaderRows, chosen: Integers | None, matrix: Integers, keys: Integers
    ) -> None:
        self.headers, self.chosen, self.matrix, self.keys = headers, chosen, matrix, keys
        self.number: Integers = matrix[NUMBER]
        self.time: Integers = matrix[TIME]
        self.wire_length: Integers = matrix[WIRE_LENGTH]
        self.captured: Integers = matrix[CAPTURED]
        self.flags: Integers = matrix[FLAGS]
        self.seq: Integers = matrix[SEQ]
        self.ack: Integers = matrix[ACK_NUMBER]
        self.window: Integers = matrix[WINDOW]
        self.length: Integers = matrix[LENGTH]
        self.extent: Integers = matrix[EXTENT]
        self.kind: Integers = matrix[KIND]
        self.side: Integers = matrix[SIDE]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.number)

    @property
    def rows(self) -> Integers:
        """The rows of the TCP layer that these segments are."""
        return np.arange(len(self)) if self.chosen is None else self.chosen

    def taken(self, rows: Integers) -> Segments:
        """Some of them, as if there were no others."""
        return Segments(self.headers, self.rows[rows], self.matrix[:, rows], self.keys[rows])

    def supply(self, name: str, values: Values | Text, present: Flags | None = None) -> None:
        """Give a fact of the protocol its values.

        Args:
            name: the fact's name in the protocol's definition.
            values: one per segment.
            present: where there is a value; None for everywhere.
        """
        supplied: Sparse | Values | Text
        if present is not None and not present.all():
            chosen = np.flatnonzero(present)
            kept = values[chosen] if isinstance(values, np.ndarray) else values.take(chosen)
            supplied = Sparse(self.rows[chosen], kept)
        else:
            supplied = values if self.chosen is None else Sparse(self.chosen, values)
        self.headers.table.supply(self.headers.layer.protocol.name, name, supplied)

    def supply_sequence(self, values: Integers) -> None:
        """Give `tcp.seq` its values; quotations too short to be followed show the number as it stands."""
        layer = self.headers.layer
        if self.chosen is None or not layer.quoted.any():
            self.supply("seq", values)
            return
        seq = self.headers.values("seq_raw", -1).copy()
        seq[self.chosen] = values
        shown = layer.quoted & (seq >= 0)
        shown[self.chosen] = True
        rows = np.flatnonzero(shown)
        self.headers.table.supply("tcp", "seq", Sparse(rows, seq[rows]))


def segments(table: PacketTable) -> Segments:
    """The TCP headers of a chunk, in packet order, quotations included; worked out once, then kept."""
    if "tcp segments" not in table.kept:
        table.kept["tcp segments"] = _segments(table)
    found: Segments = table.kept["tcp segments"]
    return found


def _segments(table: PacketTable) -> Segments:
    headers = table.rows("tcp")
    layer = headers.layer
    matrix = np.empty((ROWS, len(headers)), np.int64)
    keys, in_pieces = gather(headers, NUMBERS, matrix[FLAGS:])
    if layer.whole and not in_pieces:
        matrix[EXTENT] *= WHOLE  # no copy: everything can be judged
        return _placed(headers, None, matrix, keys)
    lying = _lying(headers)
    matrix[LENGTH] = headers.values("len", -1)
    extent = np.where(lying, LYING, np.where(matrix[LENGTH] >= 0, WHOLE, UNMEASURED))
    matrix[EXTENT] = np.where(layer.quoted, QUOTED, extent)
    if layer.whole:
        return _placed(headers, None, matrix, keys)
    chosen = np.flatnonzero(lying | (layer.end - layer.start >= LEAST_BYTES))
    return _placed(headers, chosen, matrix[:, chosen], keys[chosen])


def datagrams(table: PacketTable) -> Segments:
    """The UDP headers of a chunk, in packet order, as segments that have nothing of TCP."""
    headers = table.rows("udp")
    matrix = np.zeros((ROWS, len(headers)), np.int64)
    keys, _ = gather(headers, (), matrix[FLAGS:])
    matrix[EXTENT] = UNMEASURED
    if headers.layer.whole:
        return _placed(headers, None, matrix, keys)
    chosen = np.flatnonzero(headers.is_whole)
    return _placed(headers, chosen, matrix[:, chosen], keys[chosen])


def _placed(headers: HeaderRows, chosen: Integers | None, matrix: Integers, keys: Integers) -> Segments:
    """Segments of these rows, with what places them in time."""
    chunk = headers.chunk
    packet = headers.packet if chosen is None else headers.packet[chosen]
    complete(packet, (chunk.time, chunk.length, chunk.captured), chunk.first, matrix)
    return Segments(headers, chosen, matrix, keys)


@kernel
def complete(packet: Small, chunk: tuple[Integers, Integers, Integers], first: int, matrix: Integers) -> None:
    """Fill in what follows from a segment's packet, and its kind.

    Args:
        packet: index of each segment's packet in the chunk.
        chunk: time, length on the wire and captured length of every packet.
        first: number of the chunk's first packet.
        matrix: see `Segments.matrix`; the length is -1 where it cannot be told.
    """
    times, lengths, captured = chunk
    for row in range(len(packet)):
        at = packet[row]
        time = times[at]
        matrix[NUMBER, row] = at + first
        matrix[TIME, row] = 0 if time == NEVER else min(max(time, -FARTHEST), FARTHEST)
        matrix[WIRE_LENGTH, row] = lengths[at]
        matrix[CAPTURED, row] = captured[at]
        extent = matrix[EXTENT, row]
        length = matrix[LENGTH, row] if extent == WHOLE else 0
        matrix[LENGTH, row] = length
        kind = matrix[FLAGS, row] & 0x1F | extent << EXTENT_AT
        matrix[KIND, row] = kind | 1 << HAS_PAYLOAD_AT if length > 0 else kind


def _lying(headers: HeaderRows) -> Flags:
    """Which headers state a length that is impossible."""
    layer = headers.layer
    stops = headers.table.stops[:2, headers.table.stops[2] == Reason.LIES]
    packets = stops[0, np.isin(stops[1], headers.table.found[1, layer.position])]
    lying: Flags = ((layer.flags & PARTIAL) != 0) & np.isin(layer.packet, packets)
    return lying
