"""The walk as its definition reads: packet by packet, from the definitions themselves, in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synfin.dissect.definition import ANY, LENGTH_KEY, Field, Length, Protocol
from synfin.dissect.walk import MAX_DEPTH, PARTIAL, QUOTED, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Header(NamedTuple):
    """One header of one packet; positions count from the packet's first byte."""

    protocol: str
    start: int
    end: int
    limit: int
    flags: int


class Halt(NamedTuple):
    """Where and why a packet could not be followed."""

    protocol: str
    reason: Reason
    needed: int
    there: int


def value(packet: bytes, at: int, field: Field) -> int:
    """A field's bits as a number."""
    first, last = field.start // 8, (field.start + field.bits + 7) // 8
    word = int.from_bytes(packet[at + first : at + last], "big")
    return (word >> (last * 8 - field.start - field.bits)) & ((1 << field.bits) - 1)


def length(packet: bytes, at: int, protocol: Protocol, rule: Length) -> int:
    """What a length rule says of this header."""
    total = rule.bias
    for name, scale in rule.terms:
        number = value(packet, at, protocol.bit_field(name))
        total += rule.table[number] if rule.table else number * scale
    return total


def header_size(packet: bytes, at: int, protocol: Protocol) -> int:
    """How long the header says it is."""
    if protocol.header_length is None or not has_its_constants(packet, at, protocol):
        return protocol.minimum
    return length(packet, at, protocol, protocol.header_length)


def has_its_constants(packet: bytes, at: int, protocol: Protocol) -> bool:
    """Whether the fields that must have one value have it."""
    return all(value(packet, at, protocol.bit_field(name)) == due for name, due in protocol.constants)


def stated_total(packet: bytes, at: int, protocol: Protocol) -> int:
    """What the total length's field says; 0 is nothing."""
    assert protocol.total_length is not None
    return value(packet, at, protocol.bit_field(protocol.total_length.terms[0][0]))


def lying(packet: bytes, at: int, protocol: Protocol) -> Field | None:
    """The first field whose value cannot be true."""
    for name, due in protocol.constants:
        if value(packet, at, protocol.bit_field(name)) != due:
            return protocol.bit_field(name)
    size = header_size(packet, at, protocol)
    if protocol.header_length is not None and size < protocol.minimum:
        return protocol.bit_field(protocol.header_length.terms[0][0])
    total = protocol.total_length
    if (
        total is not None
        and stated_total(packet, at, protocol)
        and length(packet, at, protocol, total) < size
    ):
        return protocol.bit_field(total.terms[0][0])
    return None


def claims(protocols: Iterable[Protocol]) -> dict[tuple[str, int], Protocol]:
    """Which protocol claims each key of each family."""
    return {(family, key): protocol for protocol in protocols for family, key in protocol.follows}


def walk(  # noqa: C901 - it reads like the rules
    packet: bytes, wire_length: int, root: Protocol, protocols: Mapping[str, Protocol]
) -> tuple[list[Header], list[Halt]]:
    """Every header of one packet, and where it stopped."""
    known = claims(protocols.values())
    edge = len(packet)
    at, limit, flags = 0, max(wire_length, edge), 0
    headers: list[Header] = []
    protocol: Protocol | None = root
    while protocol is not None:
        if at >= limit and headers and not protocol.body:
            break
        room = min(limit, edge)
        size, reason = protocol.minimum, None
        if len(headers) == MAX_DEPTH:
            reason = Reason.DEEP
        elif at + size > room:
            reason = Reason.CUT if at + size <= limit else Reason.SHORT
        elif (lie := lying(packet, at, protocol)) is not None:
            reason, size = Reason.LIES, header_size(packet, at, protocol)
            limit = min(limit, at + (lie.start + lie.bits + 7) // 8)
            room = min(room, limit)
        else:
            size = header_size(packet, at, protocol)
            if at + size > room:
                reason = Reason.CUT if at + size <= limit else Reason.SHORT
        if reason is not None:
            headers.append(Header(protocol.name, at, max(at, room), limit, flags | PARTIAL))
            return headers, [Halt(protocol.name, reason, size, max(room - at, 0))]
        if protocol.total_length is not None and stated_total(packet, at, protocol):
            limit = min(limit, at + length(packet, at, protocol, protocol.total_length))
        headers.append(Header(protocol.name, at, at + size, limit, flags))
        following, limit = _next(packet, at, size, (limit, edge), protocol, known)
        if protocol.quotes:
            flags |= QUOTED
        if (
            following is None
            and protocol.carries
            and at + size < min(limit, edge)
            and protocol.name != "data"
        ):
            following = protocols["data"]
        at += size
        protocol = following
    return headers, []


def _next(
    packet: bytes,
    at: int,
    size: int,
    ends: tuple[int, int],
    protocol: Protocol,
    known: Mapping[tuple[str, int], Protocol],
) -> tuple[Protocol | None, int]:
    """What follows a header, and where it must end."""
    limit, edge = ends
    if any(value(packet, at, protocol.bit_field(name)) for name in protocol.stop_when):
        return None, limit
    if limit <= edge and any(value(packet, at, protocol.bit_field(name)) for name in protocol.stop_if_whole):
        return None, limit
    for rule in protocol.next_by:
        if rule.peek:
            if at + size >= min(limit, edge):
                return None, limit
            key = packet[at + size] >> (8 - rule.peek)
        else:
            key = value(packet, at, protocol.bit_field(rule.field))
        if rule.length_from <= key < rule.length_below:
            limit = min(limit, at + size + key)
            key = LENGTH_KEY
        found = known.get((rule.family, key)) or known.get((rule.family, ANY))
        inside = packet[at + size : min(limit, edge)]
        if found is not None and (not found.begins or inside.startswith(found.begins)):
            return found, limit
    return None, limit
