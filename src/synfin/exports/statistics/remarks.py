"""What there is to remark: how often each is made, by severity, group and protocol."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synfin.dissect.definition import Fact, Group
from synfin.dissect.expert import SEVERITIES, TOPICS, Severity, Topic
from synfin.dissect.text import Text
from synfin.dissect.walk import Reason
from synfin.exports.statistics.table import Column, Table

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags
    from synfin.dissect.catalogue import Catalogue, Source
    from synfin.dissect.definition import Protocol
    from synfin.dissect.table import PacketTable

EXPERT, SEVERITY, GROUP, MESSAGE = (
    "_ws.expert",
    "_ws.expert.severity",
    "_ws.expert.group",
    "_ws.expert.message",
)
"""The field that is there once for each remark, and those that say what it is."""


MALFORMED = (Severity.ERROR.value, Topic.MALFORMED.value)
EXCEPTION = b"Malformed Packet (Exception occurred)"

FEW = 64
"""So many texts are counted one by one."""


class Remark(NamedTuple):
    """A remark, as often as it may be made."""

    severity: int
    group: int
    protocol: str
    summary: bytes


class Remarks:
    """Counts of remarks; a `Count`.

    Attributes:
        names: the marks that only packets before give rise to.
        counts: how often each was made.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.names = tuple(
            source.protocol.full_name(part)
            for source in catalogue.sources.get(EXPERT, ())
            for part in source.item.parts
            if isinstance(part, Fact)
        )
        self.counts: Counter[Remark] = Counter()

    def part(self, table: PacketTable, chosen: Flags | None) -> Counter[Remark]:
        """The remarks about one chunk's packets."""
        made = _malformed(table, chosen)
        for source in table.catalogue.sources.get(EXPERT, ()):
            made.update(_counted(table, source, chosen))
        return made

    def add(self, part: Counter[Remark]) -> None:
        """Add the next chunk's part."""
        self.counts.update(part)

    def table(self) -> Table:
        """The gravest first; of each severity the most frequent first."""
        ordered = sorted(self.counts.items(), key=lambda one: (-one[0].severity, -one[1], one[0]))
        remarks = [remark for remark, _ in ordered]
        return Table(
            (
                Column("severity", "text", [SEVERITIES[one.severity] for one in remarks]),
                Column("count", "count", [count for _, count in ordered]),
                Column("group", "text", [TOPICS[one.group] for one in remarks]),
                Column("protocol", "text", [one.protocol for one in remarks]),
                Column("summary", "text", [one.summary.decode("utf-8", "replace") for one in remarks]),
            )
        )


def _counted(table: PacketTable, source: Source, chosen: Flags | None) -> Counter[Remark]:
    """How often one remark is made in a chunk, by its summary; not about copies inside ICMP errors."""
    protocol, item = source
    parts = {part.name: part for part in item.parts if not isinstance(part, Group)}
    column = table.field_column(protocol.name, parts[SEVERITY])
    quoted = column.layer.quoted if column.rows is None else column.layer.quoted[column.rows]
    rows = np.flatnonzero(~quoted if chosen is None else chosen[column.packet] & ~quoted)
    if not len(rows):
        return Counter()
    severity, group = (
        int(np.asarray(table.field_column(protocol.name, parts[name]).values)[0])
        for name in (SEVERITY, GROUP)
    )
    messages = table.field_column(protocol.name, parts[MESSAGE]).values
    assert isinstance(messages, Text)
    called = short_name(table.catalogue, protocol)
    return Counter(
        {Remark(severity, group, called, words): count for words, count in distinct(messages.take(rows))}
    )


def _malformed(table: PacketTable, chosen: Flags | None) -> Counter[Remark]:
    """Headers that do not fit; of those that lie about their length there are remarks anyway."""
    packet, step, reason = table.stops[:3]
    counts = (reason == Reason.SHORT) & (True if chosen is None else chosen[packet])
    names, known = table.catalogue.program.names, table.catalogue.by_name
    made: Counter[Remark] = Counter()
    for number in step[counts].tolist():
        made[Remark(*MALFORMED, short_name(table.catalogue, known[names[number]]), EXCEPTION)] += 1
    return made


def short_name(catalogue: Catalogue, protocol: Protocol) -> str:
    """What a list calls the protocol; of an item, the one around it."""
    while protocol.name in catalogue.home:
        protocol, _ = catalogue.home[protocol.name]
    if isinstance(protocol.short, str) and protocol.short:
        return protocol.short
    return protocol.title if protocol.title.isalpha() else protocol.name.upper()


def distinct(texts: Text) -> list[tuple[bytes, int]]:
    """Each text once, in order of appearance, and how often it is there."""
    if len(texts) < FEW:
        return list(Counter(texts.raw(index) for index in range(len(texts))).items())
    import pyarrow as pa

    offsets, octets = pa.py_buffer(texts.ends), pa.py_buffer(texts.data)
    array = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(texts), [None, offsets, octets])
    return [(one["values"].as_py(), one["counts"].as_py()) for one in array.value_counts()]
