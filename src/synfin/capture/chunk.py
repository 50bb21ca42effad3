"""A chunk is a piece of a capture: bytes, and where in them each packet lies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.basics.arrays import Bytes, Integers, Small

NO_TIME = np.iinfo(np.int64).min
"""The time of a record that carries none (pcapng Simple Packet Blocks)."""

UNKNOWN_LINKTYPE = -1
"""The link type of records that are no packets: pcapng custom blocks, journal entries, system events."""


class Option(NamedTuple):
    """One pcapng option: its code and value, without padding.

    Numbers in the values of standard options are little-endian, whatever the byte order of the file.
    """

    code: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Interface:
    """Where packets were captured: one Interface Description Block, or the whole of a pcap file.

    Attributes:
        linktype: LINKTYPE_ number that tells the first header of its packets, or `UNKNOWN_LINKTYPE`.
        section: number of the pcapng section it belongs to, from 1; each pcap file counts as a section.
        number: its number within that section, from 0; -1 for records that belong to no interface.
        snaplen: bytes kept of each packet at most, 0 for no limit.
        name: e.g. "eth0"; "" when the file does not say.
        description: "" when the file does not say.
        digits: decimal digits after the second that its timestamps have (6 or 9 in pcap), at most 9.
        fcs_length: bytes of frame check sequence at the end of each packet, -1 when unknown.
        is_described: False in pcap files, which tell nothing of interfaces and sections: tshark then shows
            neither `frame.interface_id` nor `frame.section_number`.
        options: every other option, in file order; an if_tsoffset among them is in the times already.
    """

    linktype: int
    section: int = 1
    number: int = 0
    snaplen: int = 0
    name: str = ""
    description: str = ""
    digits: int = 6
    fcs_length: int = -1
    is_described: bool = True
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive packets of one capture, in file order. All arrays have one entry per packet.

    The bytes of packet `i` are `data[start[i] : start[i] + captured[i]]`. `data` may be a buffer that
    the source fills again later: what must outlive the next chunks has to be copied out.

    Attributes:
        data: uint8, the bytes; also holds record headers and the like between the packets.
        start: int64, where each packet's first byte is in `data`.
        captured: int64, bytes kept of the packet (`frame.cap_len`).
        length: int64, bytes it had on the wire (`frame.len`); usually >= captured, but files may lie.
        time: int64, nanoseconds since the epoch (UTC), `NO_TIME` where the record has none; times that
            64 bits cannot hold become the nearest that they can.
        interface: int32, index into `Capture.interfaces`.
        offset: int64, where the packet's record begins in the (decompressed) file, in bytes.
        first: number of the first packet, counted from 1 over the whole run.
        interfaces: the interfaces known so far; `interface` indexes it.
        options: pcapng options of single packets (comments, flags, drop counts), by index in this chunk.
    """

    data: Bytes
    start: Integers
    captured: Integers
    length: Integers
    time: Integers
    interface: Small
    offset: Integers
    first: int
    interfaces: tuple[Interface, ...]
    options: Mapping[int, tuple[Option, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many packets it holds."""
        return len(self.start)

    def head(self, most: int) -> Chunk:
        """Its first packets, maybe none."""
        if most >= len(self):
            return self
        kept = slice(max(most, 0))
        return replace(
            self,
            start=self.start[kept],
            captured=self.captured[kept],
            length=self.length[kept],
            time=self.time[kept],
            interface=self.interface[kept],
            offset=self.offset[kept],
            options={index: options for index, options in self.options.items() if index < most},
        )

    def packet(self, index: int) -> bytes:
        """The captured bytes of one packet, copied out."""
        start = int(self.start[index])
        return self.data[start : start + int(self.captured[index])].tobytes()
