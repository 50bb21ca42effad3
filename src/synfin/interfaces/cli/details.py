"""Detail trees and hex dumps as text, laid out as tshark does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.basics.escape import for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.dissect.tree import Node
    from synfin.operations import Selection
    from synfin.session import Session

INDENT = "    "
OCTETS_PER_LINE = 16

UNCLAIMED = "data"
"""Name of the protocol that stands for bytes without one."""


def details(
    session: Session, selection: Selection, *, tree: bool, only: tuple[str, ...], octets: bool
) -> Iterator[bytes]:
    """Each packet's tree (or, of protocols not among `only`, one line) and its bytes."""
    from synfin.operations import packet_details

    for packet in packet_details(session, selection):
        blocks = []
        if tree:
            data = b"" if octets else packet.data
            lines = [line for node in packet.nodes for line in _lines(node, 0, only, data)]
            blocks.append("".join(f"{line}\n" for line in lines))
        if octets:
            blocks.append("".join(f"{line}\n" for line in hex_dump(packet.data)))
        yield ("\n".join(blocks) + "\n").encode("utf-8", "replace")


def _lines(node: Node, depth: int, only: tuple[str, ...], data: bytes) -> Iterator[str]:
    """The node's line and those below it; what no protocol claims is dumped, if `data` is given."""
    if node.hidden:
        return
    yield INDENT * depth + for_terminal(node.label)
    if depth == 0 and only and node.name not in only:
        return
    if node.name == UNCLAIMED and data:
        yield ""
        yield from hex_dump(data[node.start : node.start + node.length])
    for child in node.children:
        yield from _lines(child, depth + 1, only, data)


def hex_dump(data: bytes) -> Iterator[str]:
    """Offset, sixteen octets, and the same as ASCII with dots for what cannot be printed."""
    for offset in range(0, len(data), OCTETS_PER_LINE):
        row = data[offset : offset + OCTETS_PER_LINE]
        octets = " ".join(f"{octet:02x}" for octet in row)
        letters = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        yield f"{offset:04x}  {octets:<47}   {letters}"
