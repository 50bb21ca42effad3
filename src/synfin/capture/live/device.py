"""What every way of capturing has in common: what is asked for, what is counted, what may go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

SNAPLEN = 262_144
"""Bytes kept of each packet unless the user says otherwise: all of any packet (as tshark)."""

BUFFER = 32 << 20
"""Bytes of the kernel's buffer: at 150,000 small packets a second it outlasts a pause of a second."""

LATENCY = 100
"""Milliseconds after which the kernel hands over a buffer that is not full."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to capture on one interface.

    Attributes:
        device: its name.
        filter: capture filter (pcap-filter(7)), "" for every packet.
        snaplen: bytes kept of each packet.
        promiscuous: also take packets for others, where the hardware can.
        buffer: bytes that the kernel may hold for us.
        source: "libpcap" or "socket"; "" for libpcap, or the packet socket where there is none.
    """

    device: str
    filter: str = ""
    snaplen: int = SNAPLEN
    promiscuous: bool = True
    buffer: int = BUFFER
    source: str = ""


class Counts(NamedTuple):
    """What the kernel counted since the device was opened.

    On the loopback interface Linux counts each packet twice, once each way, but hands it over once.

    Attributes:
        accepted: packets that passed the capture filter, whether or not there was room for them.
        dropped: those of them for which there was none.
        missed: packets that the interface itself lost, -1 if it does not say.
    """

    accepted: int = 0
    dropped: int = 0
    missed: int = -1


class Trouble(StrEnum):
    """What may go wrong with a device."""

    FORBIDDEN = "forbidden"
    MISSING = "missing"
    DOWN = "down"
    FILTER = "filter"
    BROKEN = "broken"


class DeviceError(Exception):
    """A device cannot be opened or read; `str()` is the system's own words. Never leaves this package."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


class Device(Protocol):
    """An interface that is being captured."""

    linktype: int

    def fileno(self) -> int:
        """What becomes readable when packets wait, -1 if nothing does."""

    def pour(self) -> int:
        """Write the packets that wait to the output, as a pcap file; how many they were.

        Raises:
            DeviceError: no more will come.
        """

    def counts(self) -> Counts:
        """The kernel's counters."""

    def close(self) -> None:
        """Let go of the device."""
