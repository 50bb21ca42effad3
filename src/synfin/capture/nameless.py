"""What a capture says of itself, without what tells whose it is: no names, remarks, hashes or keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.capture.chunk import Interface, Option
    from synfin.capture.metadata import Names, RecordKind, Secrets, Section, Statistics
    from synfin.capture.writing import Origin

PACKET_FLAGS, PACKET_DROPS = 2, 4
"""Options of packets that stay: direction and the like; how many were lost before it."""

TIME_OFFSET = 14
"""The option of interfaces that stays: what the times are counted from."""


REMARK = "Anonymized: addresses replaced, contents zeroed, names and remarks left out, checksums mended."
"""What the file says of itself instead, so that nobody takes it for what it is not."""


class Nameless:
    """A capture whose statements name nobody; its packets are as they are."""

    def __init__(self, capture: Origin) -> None:
        self._capture = capture

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections, without the programs and systems that wrote them, with a remark that says so."""
        return tuple(
            replace(one, hardware="", system="", application="", comments=(REMARK,), options=())
            for one in self._capture.sections
        )

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces, without names, addresses and filters."""
        return tuple(nameless(one) for one in self._capture.interfaces)

    @property
    def names(self) -> tuple[Names, ...]:
        """None."""
        return ()

    @property
    def statistics(self) -> tuple[Statistics, ...]:
        """The counters."""
        return tuple(replace(one, options=()) for one in self._capture.statistics)

    @property
    def secrets(self) -> tuple[Secrets, ...]:
        """None."""
        return ()

    @property
    def kinds(self) -> tuple[RecordKind, ...]:
        """Kinds of records that are no packets."""
        return self._capture.kinds


def nameless(interface: Interface) -> Interface:
    """An interface of which only is told how to read its packets."""
    kept = tuple(option for option in interface.options if option.code == TIME_OFFSET)
    return replace(interface, name="", description="", options=kept)


def nameless_options(options: Iterable[Option]) -> tuple[Option, ...]:
    """Of a packet's options those that name nobody."""
    return tuple(option for option in options if option.code in (PACKET_FLAGS, PACKET_DROPS))
