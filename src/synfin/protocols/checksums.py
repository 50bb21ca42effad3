"""A checksum over a whole message (RFC 1071): verified, shown, and remarked upon when it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.checksum import GOOD, internet_checksum
from synfin.dissect.definition import Computed
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import Sparse
from synfin.protocols.transport import STATUS, Verdict, verdict_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers, Small
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

VERIFIED: dict[int, str] = {Verdict.GOOD: " [correct]", Verdict.UNVERIFIED: " [unverified]"}


def sums_to(rows: HeaderRows, end: Integers | Small, whole: Flags) -> Integers:
    """The one's-complement sum from each header's first byte up to `end`; -1 where that is not `whole`."""
    sums = internet_checksum(rows.data, rows.start, np.where(whole, end, rows.start))
    return np.where(whole, sums, -1)


@dataclass(frozen=True, slots=True)
class Checksum:
    """How one protocol's checksum is verified.

    Attributes:
        sums: for each header the one's-complement sum of all that the checksum covers, itself included;
            -1 where not all of it is there.
        name: the field's name below the protocol's prefix.
        zero_is_none: 0 says that there is no checksum.
    """

    sums: Callable[[HeaderRows], Integers]
    name: str = "checksum"
    zero_is_none: bool = False

    def verdict(self, rows: HeaderRows) -> Integers:
        """int64: values of `Verdict`."""
        sums = self.sums(rows)
        found = np.where(sums == GOOD, Verdict.GOOD, Verdict.BAD)
        found = np.where(sums < 0, Verdict.UNVERIFIED, found).astype(np.int64)
        if self.zero_is_none:
            found[rows.values(self.name, missing=1) == 0] = Verdict.ABSENT
        return found

    def due(self, rows: HeaderRows) -> Integers:
        """int64: what the field should hold; -1 where that cannot be told."""
        sums = self.sums(rows)
        without = sums + (rows.values(self.name) ^ GOOD)
        without = np.where(sums == 0, 0, (without & GOOD) + (without >> 16))
        return np.where(sums < 0, -1, without ^ GOOD)

    def line(self, rows: HeaderRows) -> Text:
        """The tree line: the checksum and whether it is right."""
        found, count = self.verdict(rows), len(rows)
        should = text.join(
            [
                text.literal(" incorrect, should be ", count),
                text.hexadecimal(np.maximum(self.due(rows), 0), 4),
            ]
        )
        stated = text.join(
            [
                text.literal("Checksum: ", count),
                rows.text(self.name),
                text.named(found, VERIFIED, otherwise=""),
                text.where(found == Verdict.BAD, should),
                text.where(rows.layer.quoted, text.literal(" [in ICMP error packet]", count)),
            ]
        )
        return text.choose(found == Verdict.ABSENT, text.literal("[Checksum: [missing]]", count), stated)

    def is_bad(self, rows: HeaderRows) -> Flags:
        """Whether it was verified and is wrong."""
        bad: Flags = rows.has(self.name) & (self.verdict(rows) == Verdict.BAD)
        return bad

    def bad_line(self, rows: HeaderRows) -> Text:
        """What it should be."""
        return text.join(
            [
                text.literal("Bad checksum [should be ", len(rows)),
                text.hexadecimal(np.maximum(self.due(rows), 0), 4),
                text.literal("]", len(rows)),
            ]
        )

    def remark(self, mark: str, severity: Severity) -> Computed:
        """The remark that it is wrong.

        Args:
            mark: the mark's name below the protocol's prefix.
            severity: how much that matters to Wireshark.
        """
        return remark(mark, (severity, Topic.CHECKSUM), "Bad checksum", self.is_bad, self.bad_line)

    def status(self) -> Computed:
        """The field that says what came of verifying it."""

        def values(rows: HeaderRows) -> Sparse:
            shown = np.flatnonzero(rows.has(self.name))
            return Sparse(shown, self.verdict(rows)[shown])

        name = f"{self.name}.status"
        return Computed(
            name, "Checksum Status", Kind.UINT, values, STATUS, show=f"Checksum Status: {{{name}:label}}"
        )

    def judgement(self, protocol: str) -> Computed:
        """The same in a word, as `synfin.checksum.<protocol>`."""

        def words(rows: HeaderRows) -> Sparse:
            there = np.flatnonzero(rows.has(self.name))
            return Sparse(there, verdict_text(self.verdict(rows)[there]))

        name = f"synfin.checksum.{protocol}"
        return Computed(name, "Checksum verified", Kind.TEXT, words, hidden=True, absolute=True)
