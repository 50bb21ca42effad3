"""What TCP and UDP share: a payload, and a checksum that also covers a pseudo-header (RFC 9293 3.1)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.checksum import GOOD, internet_checksum
from synfin.dissect.layers import Spans

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.table import PacketTable
    from synfin.dissect.text import Text

MOST_BETWEEN = 16
"""Extension headers looked past between a transport header and the IP header that carries it."""

FRAGMENT_HEADER = "ipv6.fraghdr"


class Verdict(IntEnum):
    """What comes of verifying a checksum."""

    BAD = 0
    GOOD = 1
    UNVERIFIED = 2  # not all of the bytes are there
    ABSENT = 3  # the sender did without (UDP over IPv4)
    ILLEGAL = 4  # the sender did without where it must not
    OFFLOADED = 5  # the sender left the rest of the sum to its network card


SHOWN = {verdict: verdict.name.lower() for verdict in Verdict}
"""What `synfin.checksum.*` says."""


STATUS = {verdict.value: verdict.name.capitalize() for verdict in Verdict if verdict < Verdict.ABSENT} | {
    Verdict.ABSENT.value: "Not present",
    Verdict.ILLEGAL.value: "Illegal",
}
"""What values of `checksum.status` are called."""


def verdict_text(verdicts: Integers) -> Text:
    """The words for verdicts (int64, values of `Verdict`)."""
    return text.from_list([SHOWN[verdict] for verdict in Verdict]).take(verdicts)


def has_fragments(table: PacketTable) -> bool:
    """Whether any datagram of the chunk came in pieces."""
    names = table.catalogue.program.names
    if FRAGMENT_HEADER in names and len(table.layer(FRAGMENT_HEADER)):
        return True
    return "ip" in names and bool(table.rows("ip").values("flags.mf").any())


class Carrier:
    """The IP header directly around each header of a layer.

    Attributes:
        ip, ipv6: int64, row of that layer which carries the header, -1 if it is not in it.
        fragmented: True where it carries a fragment only.
    """

    def __init__(self, rows: HeaderRows) -> None:
        table = rows.table
        steps = {name: index for index, name in enumerate(table.catalogue.program.names)}
        networks = [steps[name] for name in ("ip", "ipv6") if name in steps]
        at = rows.previous_header()
        self.fragmented = np.zeros(len(rows), np.bool_)
        for _ in range(MOST_BETWEEN):
            step = np.where(at >= 0, table.found[1, at], -1)
            beyond = np.flatnonzero((at >= 0) & ~np.isin(step, networks))
            if not len(beyond):
                break
            self._note_fragments(table, beyond, at)
            before = np.maximum(at[beyond] - 1, 0)
            same = (at[beyond] > 0) & (table.found[0, before] == table.found[0, at[beyond]])
            at[beyond] = np.where(same, before, -1)
        self.ip = _rows_of(rows, "ip", at)
        self.ipv6 = _rows_of(rows, "ipv6", at)
        if bool((self.ip >= 0).any()):
            ip = table.rows("ip")
            part = (ip.values("flags.mf") != 0) | (ip.values("frag_offset") != 0)
            self.fragmented |= (self.ip >= 0) & part[self.ip]

    def _note_fragments(self, table: PacketTable, beyond: Integers, at: Integers) -> None:
        if FRAGMENT_HEADER not in table.catalogue.program.names or not len(table.layer(FRAGMENT_HEADER)):
            return
        fragments = table.rows(FRAGMENT_HEADER)
        row = fragments.rows_of(FRAGMENT_HEADER, at[beyond])
        part = (fragments.values("more") != 0) | (fragments.values("offset") != 0)
        self.fragmented[beyond] |= (row >= 0) & part[row]

    def sums(self, rows: HeaderRows, protocol: int, length: Integers) -> Integers:
        """int64: the unfolded sum of each pseudo-header's words; -1 where there is no IP header.

        Args:
            rows: the headers that this was made for.
            protocol: IP protocol number.
            length: int64, bytes of header and payload.
        """
        sums = np.full(len(rows), -1, np.int64)
        inside = np.flatnonzero(self.ip >= 0)
        if len(inside):
            ip = rows.table.rows("ip")
            ends = _words(ip.values("src")) + _words(ip.values("dst"))
            sums[inside] = ends[self.ip[inside]]
        inside = np.flatnonzero(self.ipv6 >= 0)
        if len(inside):
            ends = _address_words(rows.table, "src") + _address_words(rows.table, "dst")
            sums[inside] = ends[self.ipv6[inside]]
        return np.where(sums >= 0, sums + protocol + _words(length), -1)


def _rows_of(rows: HeaderRows, name: str, at: Integers) -> Integers:
    if name not in rows.table.catalogue.by_name:
        return np.full(len(at), -1, np.int64)
    return rows.rows_of(name, at)


def _words(values: Integers) -> Integers:
    """The sum of the two halves of 32-bit numbers."""
    return (values >> 16) + (values & 0xFFFF)


def _address_words(table: PacketTable, name: str) -> Integers:
    """The sum of the eight words of each IPv6 header's address; 0 where it was not captured."""
    column = table.item_column("ipv6", name)
    assert isinstance(column.values, np.ndarray)
    words = column.values.reshape(-1, 8, 2).astype(np.int64)
    sums: Integers = (words[:, :, 0] * 256 + words[:, :, 1]).sum(axis=1)
    if column.rows is None:
        return sums
    whole = np.zeros(len(column.layer), np.int64)
    whole[column.rows] = sums
    return whole


class Verification:
    """The checksum of each transport header, verified.

    Attributes:
        verdict: int64, values of `Verdict`; GOOD, BAD, UNVERIFIED or OFFLOADED.
        expected: int64, what the checksum field should say; -1 where that is not known.
    """

    def __init__(self, rows: HeaderRows, protocol: int, ends: Integers) -> None:
        """Verify the checksums of a layer whose field is called "checksum".

        Args:
            rows: the headers.
            protocol: IP protocol number.
            ends: int64, one past the last byte each checksum covers, on the wire.
        """
        carrier = Carrier(rows)
        length = ends - rows.start
        pseudo = carrier.sums(rows, protocol, length)
        known = (pseudo >= 0) & rows.has("checksum") & (ends <= rows.captured_end) & (length > 0)
        known &= ~carrier.fragmented & ~rows.layer.quoted
        stated = rows.values("checksum")
        chosen = np.flatnonzero(known)
        sums = internet_checksum(rows.data, rows.start[chosen], ends[chosen], pseudo[chosen])
        right = sums == GOOD
        # What is missing from all ones belongs into the field: subtract the field, then complement.
        others = sums + (GOOD - stated[chosen])
        others = (others & 0xFFFF) + (others >> 16)
        without_length = pseudo[chosen] - _words(length[chosen])
        partial = (stated[chosen] == _folded(pseudo[chosen])) | (stated[chosen] == _folded(without_length))
        self.verdict = np.full(len(rows), int(Verdict.UNVERIFIED), np.int64)
        self.verdict[chosen] = np.where(
            right, Verdict.GOOD, np.where(partial, Verdict.OFFLOADED, Verdict.BAD)
        )
        self.expected = np.full(len(rows), -1, np.int64)
        self.expected[chosen] = np.where(right, stated[chosen], GOOD - others)


def _folded(sums: Integers) -> Integers:
    for _ in range(2):
        sums = (sums & 0xFFFF) + (sums >> 16)
    return sums


def payload(rows: HeaderRows) -> tuple[Integers, Spans]:
    """Which rows have captured bytes after their header that it speaks for, and those bytes."""
    begin = rows.end.astype(np.int64)
    end = np.minimum(rows.limit, rows.captured_end)
    chosen = np.flatnonzero(rows.is_whole & (end > begin))
    return chosen, Spans(begin[chosen], (end - begin)[chosen])


def byte_count(numbers: Integers) -> Text:
    """The numbers with their unit: "1 byte", "2 bytes"."""
    units = text.from_list([" bytes", " byte"]).take((numbers == 1).astype(np.int64))
    return text.join([text.decimal(numbers), units])


def value_or(rows: HeaderRows, name: str, fallback: str) -> Integers:
    """Values of a fact, or, where nobody supplied it, of a field of the header."""
    known: Flags = rows.has(name)
    return np.where(known, rows.values(name), rows.values(fallback))
