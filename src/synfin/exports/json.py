"""Packets as JSON in the shape of `tshark -T json`: nested objects keyed by field names."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.time import SECOND
from synfin.capture.chunk import NO_TIME
from synfin.dissect.catalogue import width_of
from synfin.dissect.definition import Computed, Fact, Field, Group
from synfin.dissect.kinds import INTEGERS, Kind
from synfin.dissect.template import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synfin.basics.arrays import Flags, Small
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text
    from synfin.dissect.tree import Node

Pairs = list[tuple[str, object]]
"""The members of an object; names may come twice, as tshark writes them."""

UNSIGNED = {8: 4, 16: 5, 24: 6, 32: 7, 40: 8, 48: 9, 56: 10, 64: 11}
SIGNED = {8: 12, 16: 13, 24: 14, 32: 15, 40: 16, 48: 17, 56: 18, 64: 19}
"""Wireshark's numbers of its integer types, by their bits."""

TYPES = {
    Kind.NONE: 0,
    Kind.PROTOCOL: 1,
    Kind.BOOLEAN: 2,
    Kind.DOUBLE: 23,
    Kind.TIME: 24,
    Kind.DURATION: 25,
    Kind.TEXT: 26,
    Kind.ETHER: 29,
    Kind.BYTES: 30,
    Kind.IPV4: 32,
    Kind.IPV6: 33,
    Kind.FRAME: 35,
    Kind.EUI64: 38,
}
"""Wireshark's numbers of its other types."""

UNMASKED = {"ip.version", "ip.hdr_len", "tcp.hdr_len"}
"""Parts of bytes that Wireshark declares without a mask: the whole byte is their raw value."""

HIDDEN_THERE_TOO = re.compile(
    r"(_resolved|\.oui|host|\.version|linkaddr(_eui64)?|\.(src|dst)|expert\.message)$"
)
"""Names of hidden fields that are in tshark's objects, too. The others are ours, or tshark makes them only
when they are asked for by name."""


def array(packets: Iterable[str]) -> Iterator[bytes]:
    """Objects, each already text, as one array."""
    yield b"["
    begun = False
    for packet in packets:
        yield (b",\n" if begun else b"\n") + packet.encode("utf-8", "replace")
        begun = True
    yield b"\n]\n"


def tree(nodes: tuple[Node, ...], data: bytes, *, raw: bool, time: int) -> str:
    """One packet's detail tree as an object."""
    return _packet(_members(nodes, data if raw else None), time)


def _members(nodes: tuple[Node, ...], data: bytes | None) -> Pairs:
    """Each node's raw bytes (if there is `data`), its value, and the members below it."""
    members: Pairs = []
    for node in nodes:
        if node.hidden and not _is_there(node):
            continue
        key = node.name or _heading(node)
        has_value = node.kind not in (Kind.NONE, Kind.PROTOCOL) and node.name != "_ws.expert"
        if data is not None and node.name and (raw := _raw(node, data)):
            members.append((f"{key}_raw", raw))
        if has_value:
            members.append((key, node.value))
        if node.children:
            members.append((f"{key}_tree" if has_value else key, _members(node.children, data)))
        elif not has_value:
            members.append((key, node.label.strip("[]") if node.kind is Kind.PROTOCOL else ""))
    return members


def _is_there(node: Node) -> bool:
    """Whether a hidden node is in tshark's object: another name of a visible field, or hidden there, too."""
    is_hidden_itself = isinstance(node.item, Field | Computed | Fact) and node.item.hidden
    is_named = not is_hidden_itself or HIDDEN_THERE_TOO.search(node.name) is not None
    return node.kind is not Kind.PROTOCOL and is_named


def _heading(node: Node) -> str:
    """The line of a group, without the brackets of generated ones."""
    is_generated = isinstance(node.item, Group) and node.item.generated
    return node.label[1:-1] if is_generated else node.label


def _raw(node: Node, data: bytes) -> list[object]:
    """What Wireshark tells of a node's place: hexadecimal value, first byte, bytes, bit mask, type."""
    start, length = (0, len(data)) if node.name == "frame" else (node.start, node.length)
    if start < 0 or length <= 0:
        return []
    value, mask = data[start : start + length].hex(), 0
    if isinstance(node.item, Field) and node.name not in UNMASKED:
        mask = _mask(node.item)
        value = f"{int(node.value, 0) // node.item.scale:X}" if mask else value
    return [value, start, length, mask, _type(node)]


def _mask(item: Field) -> int:
    """The bits of a field in the word around it; 0 for fields of whole bytes."""
    first, container = word(item)
    if (item.bits % 8 == 0 and item.bits == container) or not (
        item.kind in INTEGERS or item.kind is Kind.BOOLEAN
    ):
        return 0
    return ((1 << item.bits) - 1) << (container - first - item.bits)


def _type(node: Node) -> int:
    if node.kind in TYPES or node.item is None or isinstance(node.item, Group):
        return TYPES.get(node.kind, 0)
    return (SIGNED if node.kind is Kind.INT else UNSIGNED).get(width_of(node.item), 0)


def chosen_fields(
    table: PacketTable, fields: Mapping[str, tuple[Small, Text]], chosen: Flags | None
) -> Iterator[str]:
    """Each packet's values of chosen fields as an object of lists.

    Args:
        table: the packets.
        fields: by name, the index of each value's packet (ascending), and the values.
        chosen: bool per packet, None for all.
    """
    values = {name: texts.to_list() for name, (_, texts) in fields.items()}
    bounds = {
        name: np.searchsorted(packet, np.arange(len(table) + 1)).tolist()
        for name, (packet, _) in fields.items()
    }
    for index in range(len(table)) if chosen is None else np.flatnonzero(chosen).tolist():
        layers: Pairs = [
            (name, found)
            for name, bound in bounds.items()
            if (found := values[name][bound[index] : bound[index + 1]])
        ]
        yield _packet(layers, int(table.chunk.time[index]))


def _packet(layers: Pairs, time: int) -> str:
    day = datetime.fromtimestamp(0 if time == NO_TIME else time // SECOND, UTC)
    whole: Pairs = [
        ("_index", f"packets-{day:%Y-%m-%d}"),
        ("_type", "doc"),
        ("_score", None),
        ("_source", [("layers", layers)]),
    ]
    return "  " + _written(whole, 1)


def _written(value: object, depth: int) -> str:
    if isinstance(value, list) and (not value or isinstance(value[0], tuple)):
        return _between("{", [f"{_text(k)}: {_written(v, depth + 1)}" for k, v in value], "}", depth)
    if isinstance(value, list):
        return _between("[", [_written(one, depth + 1) for one in value], "]", depth)
    return _text(value)


def _between(opening: str, members: list[str], closing: str, depth: int) -> str:
    if not members:
        return opening + closing
    inner, outer = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    return opening + inner + ("," + inner).join(members) + outer + closing


def _text(value: object) -> str:
    """A string, number or null; "</" is broken up so that the text may stand in a web page."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
