"""How tests look at one dissected packet: a field's values, a header's lines, its row in the packet list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect.listing import listing
from synfin.dissect.tree import Trees
from tests.packets import ETHERNET, table_of

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable
    from synfin.dissect.tree import Node


def read(octets: str | bytes, linktype: int = ETHERNET, length: int = 0) -> PacketTable:
    """One packet, given as hexadecimal digits (blanks are ignored) or bytes; `length` on the wire."""
    packet = octets if isinstance(octets, bytes) else bytes.fromhex(octets)
    return table_of([packet], linktype=linktype, lengths=[length or len(packet)])


def value(table: PacketTable, name: str) -> str:
    """All occurrences of a field, with commas, as `-T fields` writes them."""
    return ",".join(table.texts(name)[1].to_list())


def lines(table: PacketTable, name: str, packet: int = 0) -> list[str]:
    """The tree below one header, indented by blanks, as `-V` writes it."""
    return [line for node in Trees(table).packet(packet) if node.name == name for line in _shown(node, 0)]


def _shown(node: Node, depth: int) -> list[str]:
    below = [line for child in node.children if not child.hidden for line in _shown(child, depth + 1)]
    return ["    " * depth + node.label, *below]


def row(table: PacketTable, packet: int = 0) -> tuple[str, str, str, str]:
    """Source, destination, protocol and info."""
    made = listing(table)
    return made.source[packet], made.destination[packet], made.protocol[packet], made.info[packet]
