"""What the blocks of a pcapng file say that are no packets, one function for each kind of block."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.capture.chunk import Interface, Option
from synfin.capture.clock import Clock
from synfin.capture.formats.pcapng_options import (
    INTERFACE_NUMBERS,
    NO_NUMBERS,
    STATISTICS_NUMBERS,
    OptionError,
    parse_options,
)
from synfin.capture.metadata import COMMENT, Names, Secrets, Section, Statistics, text

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ((1, 0), (1, 2))
ADDRESS_BYTES = {1: 4, 2: 16}
"""Length of the address in a name resolution record, by its type."""
MOST_SECRETS = 1 << 30
MOST_NAMES = 1 << 16


class BlockError(Exception):
    """A block contradicts itself or the ones before it; `str()` says how. Never leaves this package."""


class Block(NamedTuple):
    """One block other than its framing."""

    kind: int
    body: bytes
    is_big_endian: bool

    def number(self, at: int, width: int) -> int:
        """An unsigned number of `width` bytes."""
        return int.from_bytes(self.body[at : at + width], "big" if self.is_big_endian else "little")

    def stamp(self, at: int) -> int:
        """A timestamp, in ticks: the upper half comes first in either byte order."""
        return self.number(at, 4) << 32 | self.number(at + 4, 4)

    def options(self, at: int, numbers: Mapping[int, str] = NO_NUMBERS) -> tuple[Option, ...]:
        """The options from `at` to the end of the body."""
        try:
            return parse_options(self.body[at:], is_big_endian=self.is_big_endian, numbers=numbers)
        except OptionError as error:
            raise BlockError(str(error)) from None


def read_section(block: Block, number: int, path: str) -> Section:
    """A Section Header Block (4.1)."""
    version = block.number(4, 2), block.number(6, 2)
    if version not in VERSIONS:
        raise BlockError(f"The section is of pcapng version {version[0]}.{version[1]}; only 1.0 is known.")
    options = block.options(16)
    return Section(
        number,
        path,
        "pcapng",
        is_big_endian=block.is_big_endian,
        hardware=_text(options, 2),
        system=_text(options, 3),
        application=_text(options, 4),
        comments=tuple(text(option.value) for option in options if option.code == COMMENT),
        options=_others(options, 1, 2, 3, 4),
    )


def read_interface(block: Block, section: int, number: int) -> tuple[Interface, Clock]:
    """An Interface Description Block (4.2)."""
    options = block.options(8, INTERFACE_NUMBERS)
    clock = Clock(
        resolution=_first(options, 9, b"\6")[0],
        offset=int.from_bytes(_first(options, 14, bytes(8)), "little", signed=True),
    )
    interface = Interface(
        block.number(0, 2),
        section=section,
        number=number,
        snaplen=block.number(4, 4),
        name=_text(options, 2),
        description=_text(options, 3),
        digits=clock.digits,
        fcs_length=_first(options, 13, b"\xff")[0] if _first(options, 13, b"\xff") != b"\xff" else -1,
        options=_others(options, 2, 3, 9, 13),
    )
    return interface, clock


def read_names(block: Block, section: int) -> list[Names]:
    """A Name Resolution Block (4.5)."""
    found: list[Names] = []
    at = 0
    while at + 4 <= len(block.body):
        kind, length = block.number(at, 2), block.number(at + 2, 2)
        at += 4
        if kind == 0:
            break
        if len(found) == MOST_NAMES:
            raise BlockError(f"The block has more than {MOST_NAMES} names.")
        if at + length > len(block.body):
            raise BlockError(
                f"A name claims {length} bytes, but {len(block.body) - at} are left in its block."
            )
        width = ADDRESS_BYTES.get(kind)
        value = block.body[at : at + length]
        if width and length < width:
            raise BlockError(f"A name has {length} bytes, too few for the address it belongs to.")
        if width:
            names = value[width:].removesuffix(b"\0").split(b"\0")
            found.append(Names(section, value[:width], tuple(text(name) for name in names)))
        at += length + -length % 4
    block.options(at)
    return found


def read_statistics(block: Block, interface: int, clock: Clock) -> Statistics:
    """An Interface Statistics Block (4.6)."""
    options = block.options(12, STATISTICS_NUMBERS)

    def time(ticks: int) -> int:
        return int(clock.nanoseconds(np.array([ticks], np.uint64))[0])

    def moment(code: int) -> int:
        value = _first(options, code, b"")
        halves = int.from_bytes(value[:4], "little"), int.from_bytes(value[4:], "little")
        return time(halves[0] << 32 | halves[1]) if len(value) == 8 else -1

    def count(code: int) -> int:
        value = _first(options, code, b"")
        return int.from_bytes(value, "little") if len(value) == 8 else -1

    return Statistics(
        interface,
        time(block.stamp(4)),
        start=moment(2),
        end=moment(3),
        received=count(4),
        dropped=count(5),
        accepted=count(6),
        system_dropped=count(7),
        delivered=count(8),
        options=_others(options, 2, 3, 4, 5, 6, 7, 8),
    )


def read_secrets(block: Block, section: int) -> Secrets:
    """A Decryption Secrets Block (4.7)."""
    length = block.number(4, 4)
    if length > MOST_SECRETS or 8 + length > len(block.body):
        raise BlockError(f"The secrets claim {length} bytes; {len(block.body) - 8} are there.")
    return Secrets(
        section, block.number(0, 4), block.body[8 : 8 + length], block.options(8 + length + -length % 4)
    )


def _first(options: tuple[Option, ...], code: int, default: bytes) -> bytes:
    """The value of the first option of this code that is not empty."""
    return next((option.value for option in options if option.code == code and option.value), default)


def _text(options: tuple[Option, ...], code: int) -> str:
    return text(_first(options, code, b""))


def _others(options: tuple[Option, ...], *codes: int) -> tuple[Option, ...]:
    return tuple(option for option in options if option.code not in codes)
