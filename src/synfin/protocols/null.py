"""BSD loopback: four bytes that name the address family, in the byte order of whoever captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import ETHERTYPES
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

FAMILIES = {
    2: "IP",
    7: "OSI",
    16: "Appletalk",
    23: "Netware IPX/SPX",
    24: "IPv6",
    28: "IPv6",
    30: "IPv6",
}
"""AF_ numbers; that of IPv6 differs between NetBSD, FreeBSD and Darwin."""

LAST_FAMILY = 1500
"""Greater numbers are EtherTypes."""

FAMILY, SWAPPED_FAMILY, TYPE, SWAPPED_TYPE = range(4)


def reading(rows: HeaderRows) -> Integers:
    """How to read the four bytes: in the order that gives a small number, as a family or a type."""
    value = rows.values("synfin.null.header", missing=0)
    octets = [(value >> shift) & 255 for shift in (24, 16, 8, 0)]
    swapped = octets[3] << 24 | octets[2] << 16 | octets[1] << 8 | octets[0]
    is_swapped = value >> 16 != 0
    small = np.where(is_swapped, swapped, value)
    is_type = (small > LAST_FAMILY) & (small >> 16 == 0)
    return np.where(is_type, TYPE, FAMILY) + np.where(is_swapped, 1, 0)


def no_address(rows: HeaderRows) -> Text:
    """What the packet list shows where a link layer has no addresses."""
    return text.literal("N/A", len(rows))


PROTOCOL = Protocol(
    name="null",
    title="Null/Loopback",
    reference="LINKTYPE_NULL, LINKTYPE_LOOP",
    follows=(("linktype", 0), ("linktype", 108)),
    next_by=(
        Next("synfin.null.first", "null.family"),
        Next("synfin.null.last", "null.family"),
        Next("synfin.null.type", "ethertype"),
    ),
    short="N/A",
    info="Null/Loopback",
    source="synfin.null.address",
    destination="synfin.null.address",
    fields=(
        Field("synfin.null.first", 8, "First byte", overlay=True, absolute=True, hidden=True),
        Field("synfin.null.last", 8, "Last byte", overlay=True, skip=24, absolute=True, hidden=True),
        Computed(
            "synfin.null.reading", "Byte order and kind", Kind.UINT, reading, absolute=True, hidden=True
        ),
        Field("family", 32, "Family", names=FAMILIES, overlay=True, when=(("synfin.null.reading", FAMILY),)),
        Field(
            "family",
            32,
            "Family",
            names=FAMILIES,
            overlay=True,
            little=True,
            when=(("synfin.null.reading", SWAPPED_FAMILY),),
        ),
        Field(
            "type",
            16,
            "Type",
            Kind.HEX,
            names=ETHERTYPES,
            overlay=True,
            skip=16,
            when=(("synfin.null.reading", TYPE),),
        ),
        Field(
            "type",
            16,
            "Type",
            Kind.HEX,
            names=ETHERTYPES,
            overlay=True,
            little=True,
            when=(("synfin.null.reading", SWAPPED_TYPE),),
        ),
        Field("synfin.null.type", 16, "Type", overlay=True, skip=16, absolute=True, hidden=True),
        Field("synfin.null.header", 32, "Header", absolute=True, hidden=True),
        Computed("synfin.null.address", "Address", Kind.TEXT, no_address, absolute=True, hidden=True),
    ),
)
