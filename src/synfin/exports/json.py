"""Packets as JSON in the shape of `tshark -T json`: nested objects keyed by field names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.time import SECOND
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from synfin.basics.arrays import Flags
    from synfin.dissect.table import PacketTable
    from synfin.dissect.tree import Node

Pairs = list[tuple[str, object]]
"""The members of an object; names may come twice, as tshark writes them."""


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
    layers: Pairs = []
    for node in nodes:
        if raw:
            layers.append((f"{node.name}_raw", _raw(node, data)))
        layers.append((node.name, _members(node.children, data, raw) if node.children else node.value))
    return _packet(layers, time)


def _members(nodes: tuple[Node, ...], data: bytes, raw: bool) -> Pairs:  # noqa: FBT001 - internal
    members: Pairs = []
    for node in nodes:
        name = node.name or node.label
        if not node.name:
            members.append((name, _members(node.children, data, raw)))
            continue
        if raw and node.start >= 0:
            members.append((f"{name}_raw", _raw(node, data)))
        members.append((name, _value(node, data)))
        if node.children:
            members.append((f"{name}_tree", _members(node.children, data, raw)))
    return members


def _value(node: Node, data: bytes) -> str:
    if node.kind is Kind.PROTOCOL and node.start >= 0:
        return data[node.start : node.start + node.length].hex(":")
    return node.value


def _raw(node: Node, data: bytes) -> list[object]:
    start, length = max(node.start, 0), node.length
    if node.name == "frame":
        start, length = 0, len(data)
    return [data[start : start + length].hex(), start, length, 0, 1 if node.kind is Kind.PROTOCOL else 26]


def chosen_fields(table: PacketTable, names: Sequence[str], chosen: Flags | None) -> Iterator[str]:
    """Each packet's values of chosen fields as an object of lists."""
    columns = [table.texts(name) for name in names]
    values = [texts.to_list() for _, texts in columns]
    bounds = [np.searchsorted(packet, np.arange(len(table) + 1)).tolist() for packet, _ in columns]
    for index in range(len(table)) if chosen is None else np.flatnonzero(chosen).tolist():
        layers: Pairs = [
            (name, found)
            for name, value, bound in zip(names, values, bounds, strict=True)
            if (found := value[bound[index] : bound[index + 1]])
        ]
        yield _packet(layers, int(table.chunk.time[index]))


def _packet(layers: Pairs, time: int) -> str:
    day = datetime.fromtimestamp(max(time, 0) // SECOND, UTC)
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
    return json.dumps(value, ensure_ascii=False)
