"""Packets of which only that stays which a header declares as a number or a flag; addresses are replaced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.kernel import kernel
from synfin.capture.nameless import nameless, nameless_options
from synfin.dissect.columns import located
from synfin.dissect.definition import Field
from synfin.dissect.kinds import Kind
from synfin.explain.stack import level_of
from synfin.exports.anonymity.addresses import Scrambler, scramblers
from synfin.protocols.mending import SEALS, mend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.basics.arrays import Bytes, Flags, Integers
    from synfin.capture.chunk import Chunk
    from synfin.dissect.definition import Protocol
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable

CARRIERS = frozenset({"link", "internet", "transport"})
"""Layers whose headers stay; what programs say to each other goes."""

CONTENTS = frozenset({Kind.BYTES, Kind.TEXT, Kind.NONE, Kind.PROTOCOL})
"""Kinds of fields that may hold anything, and so nothing of them stays."""

GOES, STAYS, FOLLOWS = range(3)
"""What becomes of a header: nothing stays; its numbers do; as with the header that it continues."""


@dataclass
class Anonymizer:
    """Makes packets fit to be shared.

    Attributes:
        scramblers: what replaces each kind of address.
    """

    scramblers: dict[Kind, Scrambler]

    def __call__(self, table: PacketTable) -> Chunk:
        """A chunk's packets without addresses and contents, with checksums that say what they said."""
        data = self._data(table)
        mend(table, data)
        chunk = table.chunk
        told = {row: nameless_options(options) for row, options in chunk.options.items()}
        return replace(
            chunk,
            data=data,
            interfaces=tuple(nameless(one) for one in chunk.interfaces),
            options={row: options for row, options in told.items() if options},
        )

    def _data(self, table: PacketTable) -> Bytes:
        """The bytes, with zeros for what goes."""
        whole = table.chunk.data
        begins, ends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        addresses: dict[Kind, list[Integers]] = {kind: [] for kind in self.scramblers}
        for rows, stays in _kept_layers(table):
            for item in _declared(rows.layer.protocol):
                first, bits = _places(rows, item, stays)
                if item.kind in self.scramblers:
                    addresses[item.kind].append(first // 8)
                elif item.kind not in CONTENTS:
                    begins.append(first // 8)
                    ends.append((first + bits + 7) // 8)
        data = np.zeros_like(whole)
        keep(np.concatenate(begins), np.concatenate(ends), whole, data)
        for kind, places in addresses.items():
            if places:
                at = np.concatenate(places)[:, None] + np.arange(self.scramblers[kind].size)
                data[at] = self.scramblers[kind].replaced(whole[at])
        return data


@kernel
def keep(begins: Integers, ends: Integers, data: Bytes, out: Bytes) -> None:
    """Copy stretches of bytes to where they were."""
    for row in range(len(begins)):
        for at in range(begins[row], ends[row]):
            out[at] = data[at]


def anonymizer(key: bytes) -> Anonymizer:
    """What replaces addresses as this key says."""
    return Anonymizer(scramblers(key))


def _declared(protocol: Protocol) -> Iterator[Field]:
    """The fields of a header that are bits, but for those that seal what goes."""
    for item in protocol.every:
        if isinstance(item, Field) and protocol.full_name(item) not in SEALS:
            yield item


def _places(rows: HeaderRows, item: Field, stays: Flags) -> tuple[Integers, Integers]:
    """First bit and number of bits of a field in the headers that stay."""
    first, bits, present = located(rows, item)
    chosen = present & stays & (first + bits <= rows.captured_end * 8)
    return first[chosen], bits[chosen]


def _kept_layers(table: PacketTable) -> Iterator[tuple[HeaderRows, Flags]]:
    """The layers of which something stays, and which of their headers; items in them, too."""
    kept = _kept(table)
    found: dict[str, Flags] = {}

    def stays(protocol: Protocol) -> Flags:
        if protocol.name not in found:
            home = table.catalogue.home.get(protocol.name)
            around = kept if home is None else stays(home[0])
            is_there = around.any()  # lists in headers of which nothing stays are not even looked for
            found[protocol.name] = around[table.layer(protocol.name).position] if is_there else around[:0]
        return found[protocol.name]

    for protocol in table.catalogue.protocols:
        if not protocol.every_packet and stays(protocol).any():
            yield table.rows(protocol.name), stays(protocol)


def _kept(table: PacketTable) -> Flags:
    """For each header that the walk found, whether something of it stays."""
    packet, step = table.found[0], table.found[1]
    fates = np.array([_fate(table.catalogue.by_name[name]) for name in table.catalogue.program.names])
    fate = fates[step]
    heads = np.where(fate == FOLLOWS, -1, np.arange(len(fate)))
    begins = np.flatnonzero(np.diff(packet, prepend=-1) != 0)
    heads[begins] = np.maximum(heads[begins], begins)
    stays: Flags = fate[np.maximum.accumulate(heads)] == STAYS
    last = np.full(len(table), -1, np.int64)
    last[packet[stays]] = np.flatnonzero(stays)  # of several the last is noted
    stays |= np.arange(len(fate)) <= last[packet]  # what carries a header that stays, stays
    return stays


def _fate(protocol: Protocol) -> int:
    if protocol.body:
        return FOLLOWS
    return STAYS if level_of(protocol) in CARRIERS else GOES
