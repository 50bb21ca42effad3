"""What a capture file says besides packets: one frozen value per statement, in file order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.capture.chunk import Interface, Option

COMMENT = 1
"""Code of the option that every pcapng block may carry, any number of times: a remark for people."""


class Problem(NamedTuple):
    """Something wrong in a capture, found while reading it.

    Attributes:
        path: the file as the user named it, "-" for standard input.
        offset: byte in the (decompressed) file where it begins.
        packet: how many packets of the run were delivered before it.
        message: what is wrong, one sentence.
    """

    path: str
    offset: int
    packet: int
    message: str


@dataclass(frozen=True, slots=True)
class Section:
    """One pcapng section (Section Header Block), or one whole pcap file.

    Attributes:
        number: from 1 over the whole run.
        path: the file it is in.
        format: "pcap", "nsecpcap", "pcapng" and so on.
        is_big_endian: byte order of its numbers.
        hardware, system, application: what wrote it, "" when not said.
        comments: remarks on the whole section.
        options: every other option of the block, in file order.
    """

    number: int
    path: str
    format: str
    is_big_endian: bool = False
    hardware: str = ""
    system: str = ""
    application: str = ""
    comments: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one address, from a Name Resolution Block: 4 bytes of IPv4 or 16 of IPv6 address."""

    section: int
    address: bytes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the capturing program counted, from an Interface Statistics Block; -1 for what it does not say.

    Attributes:
        interface: index into `Capture.interfaces`.
        time: nanoseconds since the epoch when it was written; start, end: of the capture, likewise.
        received, dropped: packets by the interface.
        accepted: packets that matched the capture filter.
        system_dropped: packets lost by the operating system.
        delivered: packets given to the program.
        options: every other option of the block, comments included.
    """

    interface: int
    time: int
    start: int = -1
    end: int = -1
    received: int = -1
    dropped: int = -1
    accepted: int = -1
    system_dropped: int = -1
    delivered: int = -1
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys for decryption, from a Decryption Secrets Block.

    Attributes:
        section: number of its section.
        kind: registered type, e.g. `TLS_KEY_LOG`.
        data: as it stood in the file.
        options: of the block.
    """

    section: int
    kind: int
    data: bytes = field(repr=False)
    options: tuple[Option, ...] = ()


TLS_KEY_LOG = 0x544C534B
SSH_KEY_LOG = 0x5353484B
WIREGUARD_KEY_LOG = 0x57474B4C
ZIGBEE_NETWORK_KEY = 0x5A4E574B
ZIGBEE_SUPPORT_KEY = 0x5A415053


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record that is no packet but takes a packet number, as in Wireshark.

    Attributes:
        interface: index into `Capture.interfaces` of what stands in for an interface of such records.
        block: type of the pcapng block: a custom block, a journal entry, a system event.
        enterprise: private enterprise number of a custom block, -1 for others.
    """

    interface: int
    block: int
    enterprise: int = -1

    @property
    def may_copy(self) -> bool:
        """Whether a program that does not understand the record may copy it to another file."""
        return self.block != CUSTOM_NOT_COPIED


CUSTOM = 0x0000_0BAD
CUSTOM_NOT_COPIED = 0x4000_0BAD
JOURNAL_ENTRY = 0x0000_0009


def comments(options: Iterable[Option]) -> tuple[str, ...]:
    """The comments among the options of a block; bytes that are not UTF-8 are replaced."""
    return tuple(text(option.value) for option in options if option.code == COMMENT)


def text(value: bytes) -> str:
    """A text of a capture file: UTF-8, up to the first NUL if there is one; never to be trusted."""
    return value.split(b"\0", 1)[0].decode("utf-8", "replace")


def is_packet(interface: Interface) -> bool:
    """False for what stands in for an interface where a record belongs to none."""
    return interface.number >= 0
