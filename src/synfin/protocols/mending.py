"""When bytes change, checksums change along, and say of the new bytes what they said of the old ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect.checksum import GOOD, internet_checksum
from synfin.dissect.columns import located
from synfin.dissect.table import PacketTable
from synfin.protocols import gre, icmp, icmp_extensions, icmpv6, igmp, ip
from synfin.protocols.transport import Carrier, Verdict, Verification

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Bytes, Integers
    from synfin.dissect.layers import HeaderRows

TCP, UDP, ICMPV6 = 6, 17, 58
"""IP protocol numbers, part of the pseudo-headers."""


@dataclass(frozen=True, slots=True)
class Mending:
    """One checksum.

    Attributes:
        protocol: whose header it is in.
        field: its name below the prefix.
        due: for each header what it should say; -1 where that cannot be verified.
        number: of the protocol in the pseudo-header, 0 if there is none.
        whole: whether all that follows is covered, too, not only the header.
        length: name of the field that the pseudo-header takes its length from; "" for all that follows.
        zero_is_none: 0 says that there is no checksum.
        zero_is_left: a wrong 0 says that it is left to the network card.
    """

    protocol: str
    due: Callable[[HeaderRows], Integers]
    number: int = 0
    field: str = "checksum"
    whole: bool = True
    length: str = ""
    zero_is_none: bool = False
    zero_is_left: bool = False


def _transport(number: int) -> Callable[[HeaderRows], Integers]:
    return lambda rows: Verification(rows, number, rows.limit.astype(np.int64)).expected


MENDINGS = (
    Mending("ip", ip.CHECKSUM.due, whole=False, zero_is_left=True),
    Mending("icmp.extension", icmp_extensions.CHECKSUM.due, field="ext.checksum", zero_is_none=True),
    Mending("tcp", _transport(TCP), TCP),
    Mending("udp", _transport(UDP), UDP, length="length", zero_is_none=True),
    Mending("icmp", icmp.CHECKSUM.due),
    Mending("icmpv6", icmpv6.CHECKSUM.due, ICMPV6),
    Mending("igmp", igmp.CHECKSUM.due),
    Mending("gre", gre.due),
)
"""Every checksum, those first that others cover most often."""

SEALS = frozenset(f"tcp.options.mptcp.{name}" for name in ("checksum", "addaddrtrunchmac", "sendtrunchmac"))
"""Numbers made of what goes, which nobody can verify afterwards; something could be guessed from them."""

MOST_ROUNDS = 8
"""Checksums within checksums that are mended; what is around more of them may stay wrong."""


def mend(table: PacketTable, data: Bytes) -> None:
    """Write into changed bytes the checksums that they should have.

    What was right is right again, what was wrong is wrong by as much, and what a sender left to its network
    card is left to it again. What could not be verified (a packet that was cut, a fragment, a quotation) gets
    the checksum of what is there, as if zeros followed: nothing of the bytes that went stays in it.

    Args:
        table: the packets as they were.
        data: uint8, the chunk's bytes as they are to be; the same headers at the same places.
    """
    for _ in range(_rounds(table)):
        changed = PacketTable(
            replace(table.chunk, data=data),
            table.catalogue,
            table.clock,
            table.settings,
            table.found,
            table.stops,
        )
        for mending in MENDINGS:
            if len(table.layer(mending.protocol)):
                _mend(mending, table.rows(mending.protocol), changed.rows(mending.protocol), data)


def _rounds(table: PacketTable) -> int:
    """How many times all have to be mended until those within others have come to rest."""
    covering = [table.layer(one.protocol).packet for one in MENDINGS if one.whole]
    nested = int(np.bincount(np.concatenate(covering), minlength=1).max())
    return min(max(nested, 1), MOST_ROUNDS)


def _mend(mending: Mending, old: HeaderRows, new: HeaderRows, data: Bytes) -> None:
    stated = old.values(mending.field, missing=-1)
    was, now = mending.due(old), mending.due(new)
    verified = (was >= 0) & (now >= 0)
    made = np.where(verified, _sum(stated, _sum(now, GOOD - was)), _unverified(mending, new))
    if mending.number in (TCP, UDP):
        made = _left_to_the_card(mending, (old, new), stated, made)
    was_right = verified & (stated == was)
    made = np.where(was_right, now, made)
    if mending.zero_is_none or mending.zero_is_left:
        made = np.where(made == 0, GOOD, made)
        made = np.where((stated == 0) & (mending.zero_is_none | ~was_right), 0, made)
    _write(mending, old, made, data)


def _sum(one: Integers, other: Integers) -> Integers:
    """The sum in one's complement."""
    total = one + other
    folded: Integers = (total & GOOD) + (total >> 16)
    return folded


def _unverified(mending: Mending, rows: HeaderRows) -> Integers:
    """The checksum over what was captured, as if zeros followed."""
    end = np.minimum(rows.limit if mending.whole else rows.end, rows.captured_end)
    pseudo = np.zeros(len(rows), np.int64)
    if mending.number:
        length = rows.values(mending.length) if mending.length else (rows.limit - rows.start).astype(np.int64)
        pseudo = np.maximum(Carrier(rows).sums(rows, mending.number, length), 0)
    sums = internet_checksum(rows.data, rows.start, end, pseudo)
    return GOOD - _sum(sums, GOOD - rows.values(mending.field))


def _left_to_the_card(
    mending: Mending, rows: tuple[HeaderRows, HeaderRows], stated: Integers, made: Integers
) -> Integers:
    """What is made of checksums that are only the sum of the pseudo-header."""
    old = rows[0]
    length = (old.limit - old.start).astype(np.int64)
    left = Verification(old, mending.number, old.limit.astype(np.int64)).verdict == Verdict.OFFLOADED
    was, now = (Carrier(one).sums(one, mending.number, length) for one in rows)
    return np.where(left, _sum(stated, _sum(now % GOOD, GOOD - was % GOOD)), made)


def _write(mending: Mending, rows: HeaderRows, made: Integers, data: Bytes) -> None:
    protocol = rows.layer.protocol
    first, _, present = located(rows, protocol.bit_field(mending.field))
    at, values = first[present] // 8, made[present]
    data[at] = values >> 8
    data[at + 1] = values & 0xFF
