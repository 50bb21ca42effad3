"""What only a packet's past (or future) can tell is folded over the chunks, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable


class Fold(Protocol):
    """Follows packets from chunk to chunk and supplies the columns of `Fact`s.

    Attributes:
        facts: full names of the facts that `advance` supplies.
        final: full names of those that need the whole capture, which `supply_final` supplies.
    """

    facts: frozenset[str]
    final: frozenset[str]

    def advance(self, table: PacketTable) -> None:
        """Take the next chunk, and supply its facts."""

    def supply_final(self, table: PacketTable) -> None:
        """Supply the facts that needed the whole capture; chunks come a second time, in the same order."""
