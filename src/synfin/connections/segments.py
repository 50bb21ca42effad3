"""Every TCP header of a chunk as rows of plain columns: the form in which connections are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.basics.errors import DefinitionError
from synfin.basics.kernel import PART, kernel
from synfin.capture.chunk import NO_TIME
from synfin.connections.endpoints import SECRET, WORDS, port_class, put_key, scatter
from synfin.dissect.columns import places_of
from synfin.dissect.layers import HeaderRows, Sparse
from synfin.dissect.octets import eight, four, two
from synfin.dissect.walk import PARTIAL, Reason
from synfin.dissect.walk import QUOTED as COPIED

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Flags, Integers, Small, Values
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
    IDENT,
    HOPS,
) = range(ROWS := 16)
"""Rows of `Segments.matrix`."""

NUMBERS = ("flags", "seq_raw", "ack_raw", "window_size_value")
"""The fields that are its rows from `FLAGS` to `WINDOW`."""


class Segments:
    """One entry per TCP header that can be followed; int64.

    Attributes:
        headers: the layer they come from.
        chosen: which rows of the layer they are; None if all.
        matrix: (16, n) all that kernels look at: what follows here, in this order; two rows that `endpoints`
            describes; of the IP header around, its identification, -1 if it has none, and its time to live
            or hop limit, 0 if there is no IP header.
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
    matrix, keys, in_pieces = gathered(headers, NUMBERS)
    if layer.whole and not in_pieces:
        return Segments(headers, None, matrix, keys)
    lying = _lying(headers)
    matrix[LENGTH] = headers.values("len", -1)
    extent = np.where(lying, LYING, np.where(matrix[LENGTH] >= 0, WHOLE, UNMEASURED))
    _judge(matrix, np.where(layer.quoted, QUOTED, extent))
    if layer.whole:
        return Segments(headers, None, matrix, keys)
    chosen = np.flatnonzero(lying | (layer.end - layer.start >= LEAST_BYTES))
    return Segments(headers, chosen, matrix[:, chosen], keys[chosen])


def datagrams(table: PacketTable) -> Segments:
    """The UDP headers of a chunk, in packet order, as segments that have nothing of TCP."""
    headers = table.rows("udp")
    matrix, keys, _ = gathered(headers, ())
    _judge(matrix, np.full(len(headers), UNMEASURED))
    if headers.layer.whole:
        return Segments(headers, None, matrix, keys)
    chosen = np.flatnonzero(headers.is_whole)
    return Segments(headers, chosen, matrix[:, chosen], keys[chosen])


def _judge(matrix: Integers, extent: Integers) -> None:
    """Note how much of each segment can be judged, and what depends on that."""
    matrix[EXTENT] = extent
    matrix[LENGTH] = np.where(extent == WHOLE, matrix[LENGTH], 0)
    has_payload = (matrix[LENGTH] > 0).astype(np.int64)
    matrix[KIND] = matrix[FLAGS] & 0x1F | extent << EXTENT_AT | has_payload << HAS_PAYLOAD_AT


WIDEST = 1 << 16
"""Room for any field."""

PORTS = ("srcport", "dstport")
IP_FIELDS, IPV6_FIELDS = ("src", "dst", "flags.mf", "id", "ttl"), ("src", "dst", "hlim")

SAID, SEQ_AT, ACK_AT, WINDOW_AT, PORT, OTHER_PORT = range(6)
IPV4_ENDS, MORE, IDENT_AT, TTL_AT, IPV6_ENDS, LIMIT_AT = 6, 8, 9, 10, 11, 15
WIDTHS = (2, 4, 4, 2, 2, 2, 4, 4, 1, 2, 1, 8, 8, 8, 8, 1)
"""What `gather` reads, and how many bytes each is: `NUMBERS` and ports; of an IPv4 header both addresses,
whether more fragments follow, identification, time to live; of IPv6 both addresses, two words each, and
hop limit."""

NOWHERE = (0, 0, 0, 0)
"""The place of a field that the catalogue does not have."""


def gathered(headers: HeaderRows, numbers: tuple[str, ...]) -> tuple[Integers, Integers, bool]:
    """Look once at each header of a transport protocol, and at the IP header around it.

    Args:
        headers: all of them.
        numbers: `NUMBERS`, or nothing.

    Returns:
        `Segments.matrix`, as if no header were cut or a fragment's; between which endpoints each travels, see
        `endpoints`; and whether the packet of any of them is a fragment.

    Raises:
        DefinitionError: a field is not as wide as the specifications say.
    """
    table, layer, chunk = headers.table, headers.layer, headers.chunk
    known, names = table.catalogue.by_name, table.catalogue.program.names
    places = [
        *places_of(layer.protocol if numbers else None, NUMBERS),
        *places_of(layer.protocol, PORTS),
        *places_of(known.get("ip"), IP_FIELDS),
        *places_of(known.get("ipv6"), IPV6_FIELDS),
    ]
    places += [NOWHERE] * (len(WIDTHS) - len(places))
    if any(count not in (0, width) for (_, count, _, _), width in zip(places, WIDTHS, strict=True)):
        raise DefinitionError(f"{layer.protocol.name}: a field is not as wide as its specification says.")
    steps = np.array([names.index(one) if one in known else -1 for one in ("ip", "ipv6")], np.int64)
    matrix, keys = np.empty((ROWS, len(headers)), np.int64), np.empty((len(headers), WORDS), np.int64)
    in_pieces = gather(
        layer.packet,
        (layer.position, layer.start, layer.end, layer.limit, layer.flags),
        (table.found, steps),
        (chunk.data, np.array(places, np.int64)),
        (chunk.time, chunk.length, chunk.captured, chunk.first),
        (SECRET, keys, matrix),
    )
    has_fragments = "ipv6.fraghdr" in known and len(table.layer("ipv6.fraghdr")) > 0
    return matrix, keys, in_pieces or has_fragments


@kernel
def gather(
    packet: Small,
    layer: tuple[Small, Small, Small, Small, Small],
    walked: tuple[Small, Integers],
    bytes_at: tuple[Bytes, Integers],
    records: tuple[Integers, Integers, Integers, int],
    out: tuple[Integers, Integers, Integers],
) -> bool:
    """Everything that is looked at of each header, in one go.

    Args:
        packet: index of each header's packet in the chunk.
        layer: position, start, end, limit and flags of each header.
        walked: the rows that the walk found; the steps of IPv4 and IPv6.
        bytes_at: the chunk's bytes; (16, 4) where the fields stand, see `WIDTHS` and `places_of`.
        records: time, length on the wire and captured length of every packet; number of the first.
        out: `SECRET`; (n, 5) keys and `Segments.matrix`, filled.

    Returns:
        whether any IPv4 header around says that more fragments follow.
    """
    position, start, end, limit, flags = layer
    found, steps = walked
    data, places = bytes_at
    times, lengths, captured, first = records
    secret, keys, matrix = out
    in_pieces = False
    for row in range(len(packet)):
        at, own, time = start[row], packet[row], times[packet[row]]
        room = end[row] - at if flags[row] & PARTIAL else WIDEST
        matrix[NUMBER, row] = own + first
        matrix[TIME, row] = 0 if time == NEVER else min(max(time, -FARTHEST), FARTHEST)
        matrix[WIRE_LENGTH, row], matrix[CAPTURED, row] = lengths[own], captured[own]
        matrix[FLAGS, row] = short(data, at, places, SAID, room)
        matrix[SEQ, row] = long(data, at, places, SEQ_AT, room)
        matrix[ACK_NUMBER, row] = long(data, at, places, ACK_AT, room)
        matrix[WINDOW, row] = short(data, at, places, WINDOW_AT, room)
        extent = QUOTED if flags[row] & COPIED else WHOLE
        length = limit[row] - end[row] if extent == WHOLE else 0
        matrix[LENGTH, row], matrix[EXTENT, row] = length, extent
        kind = matrix[FLAGS, row] & 0x1F | extent << EXTENT_AT
        matrix[KIND, row] = kind | 1 << HAS_PAYLOAD_AT if length > 0 else kind

        around, version = position[row] - 1, 0
        while around >= 0 and found[0, around] == own and version == 0:
            version = 4 if found[1, around] == steps[0] else 6 if found[1, around] == steps[1] else 0
            around -= 1
        ip = int(found[2, around + 1])
        matrix[IDENT, row] = short(data, ip, places, IDENT_AT, WIDEST) if version == 4 else -1
        hops = LIMIT_AT if version == 6 else TTL_AT
        matrix[HOPS, row] = octet(data, ip, places, hops) if version else 0
        if version == 4 and octet(data, ip, places, MORE):
            in_pieces = True
        port, other_port = short(data, at, places, PORT, room), short(data, at, places, OTHER_PORT, room)
        source = (*address(data, ip, places, version, 0), port)
        destination = (*address(data, ip, places, version, 1), other_port)
        side = 1 if put_key(keys, row, source, destination, 6 if version == 6 else 4) else 0
        matrix[SIDE, row], matrix[HASH, row] = side, scatter(keys, row, secret)
        matrix[GUESS, row] = side if port_class(other_port) <= port_class(port) else 1 - side
    return in_pieces


@kernel(plain_below=PART)
def short(data: Bytes, at: int, places: Integers, field: int, room: int) -> int:
    """A field within two bytes of the header at `at`, 0 if the header has no room for it."""
    offset = places[field, 0]
    if offset + 2 > room:
        return 0
    return int((two(data, at + offset) >> places[field, 2]) & places[field, 3])


@kernel(plain_below=PART)
def long(data: Bytes, at: int, places: Integers, field: int, room: int) -> int:
    """A field within four bytes, likewise."""
    offset = places[field, 0]
    if offset + 4 > room:
        return 0
    return int(four(data, at + offset) & places[field, 3])


@kernel(plain_below=PART)
def octet(data: Bytes, at: int, places: Integers, field: int) -> int:
    """A field within one byte."""
    return int((data[at + places[field, 0]] >> places[field, 2]) & places[field, 3])


@kernel(plain_below=PART)
def address(data: Bytes, at: int, places: Integers, version: int, which: int) -> tuple[int, int]:
    """Both words of the source (0) or destination (1) of an IP header; 0 where there is none."""
    if version == 4:
        return 0, long(data, at, places, IPV4_ENDS + which, WIDEST)
    if version == 6:
        first = at + places[IPV6_ENDS + 2 * which, 0]
        return eight(data, first), eight(data, first + 8)
    return 0, 0


def _lying(headers: HeaderRows) -> Flags:
    """Which headers state a length that is impossible."""
    layer = headers.layer
    stops = headers.table.stops[:2, headers.table.stops[2] == Reason.LIES]
    packets = stops[0, np.isin(stops[1], headers.table.found[1, layer.position])]
    lying: Flags = ((layer.flags & PARTIAL) != 0) & np.isin(layer.packet, packets)
    return lying
