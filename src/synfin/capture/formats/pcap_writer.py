"""A pcap file holds packets of one link type, with one resolution of time."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.errors import ExportError
from synfin.capture.chunk import NO_TIME
from synfin.capture.clock import SECOND
from synfin.capture.format import LARGEST_PACKET
from synfin.capture.writing import Output, lay_out

if TYPE_CHECKING:
    from synfin.basics.arrays import Bytes, Integers
    from synfin.capture.chunk import Chunk, Interface
    from synfin.capture.writing import Origin

MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
ETHERNET = 1
LAST_SECOND = (1 << 32) - 1


class PcapBody:
    """Makes a little-endian pcap file; the first packets decide what is in its header.

    Args:
        capture: where the packets come from.
        digits: 6 or 9 after the second; None: 9 if an interface known by then has more than 6. Finer times
            that come later are rounded down.
    """

    def __init__(self, capture: Origin, digits: int | None) -> None:
        self._capture = capture
        self._digits = digits
        self._header: tuple[int, int] | None = None  # what every interface must have: link type, FCS

    def records(self, chunk: Chunk, rows: Integers) -> list[Bytes]:
        """As `Body.records`."""
        interface = chunk.interface[rows]
        begun: list[Bytes] = []
        for index in np.unique(interface).tolist():
            row = int(rows[np.argmax(interface == index)])
            begun += self._admit(chunk.interfaces[index], chunk.interfaces, chunk.first + row)
        time = np.where(chunk.time[rows] == NO_TIME, 0, chunk.time[rows])
        seconds = time // SECOND
        wrong = (seconds < 0) | (seconds > LAST_SECOND)
        if wrong.any():
            number = chunk.first + int(rows[np.argmax(wrong)])
            raise ExportError(
                f"The time of packet {number} cannot be held by pcap (1970 to 2106); write pcapng instead."
            )
        captured = chunk.captured[rows]
        heads = np.empty((len(rows), 4), "<u4")
        heads[:, 0] = seconds
        heads[:, 1] = (time - seconds * SECOND) // 10 ** (9 - (self._digits or 6))
        heads[:, 2] = captured
        heads[:, 3] = chunk.length[rows]
        start = chunk.start[rows]
        none = np.zeros_like(start)
        out = np.empty(int(captured.sum()) + heads.nbytes, np.uint8)
        spans = np.stack([start, start + captured, none, none], axis=1)
        lay_out(chunk.data, spans, heads.view(np.uint8), np.empty(0, np.uint8), out)
        return [*begun, out]

    def end(self) -> list[Bytes]:
        """As `Body.end`: an empty capture is a header."""
        return self.begin()

    def counters(self) -> list[Bytes]:
        """As `Body.counters`: pcap has no place for them."""
        return []

    def begin(self) -> list[Bytes]:
        """As `Body.begin`."""
        if self._header:
            return []
        known = [each for each in self._capture.interfaces if each.number >= 0]
        return [self._begin(known[0] if known else None, tuple(known))]

    def _admit(self, interface: Interface, known: tuple[Interface, ...], number: int) -> list[Bytes]:
        """Whether packets of this interface may come in; the file header if they are the first."""
        if interface.number < 0:
            raise ExportError(f"Packet {number} is a pcapng record that is no packet; write pcapng instead.")
        if self._header is None:
            return [self._begin(interface, known)]
        if self._header != (interface.linktype, max(interface.fcs_length, 0)):
            raise ExportError(
                f"Packet {number} has another link type ({interface.linktype}) than those before it "
                f"({self._header[0]}), which pcap cannot hold; write pcapng instead."
            )
        return []

    def _begin(self, interface: Interface | None, known: tuple[Interface, ...]) -> Bytes:
        if self._digits is None:
            self._digits = 9 if any(each.digits > 6 for each in known) else 6
        magic = NANOSECONDS if self._digits > 6 else MICROSECONDS
        linktype = interface.linktype if interface else ETHERNET
        fcs_length = max(interface.fcs_length, 0) if interface else 0
        self._header = linktype, fcs_length
        network = linktype | (0x0400_0000 | fcs_length // 2 << 28 if fcs_length else 0)
        snaplen = (interface.snaplen if interface else 0) or LARGEST_PACKET
        return np.frombuffer(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, network), np.uint8)


OUTPUTS = (
    Output("pcap", (".pcap", ".cap", ".dmp"), partial(PcapBody, digits=None)),
    Output("nsecpcap", (), partial(PcapBody, digits=9)),
)
