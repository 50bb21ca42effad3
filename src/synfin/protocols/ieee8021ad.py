"""Provider bridging, IEEE 802.1ad: the provider's tag before the customer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import ETHERTYPES
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.protocols.eth import tail_parts

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

SERVICE_TAG = 0x88A8
"""EtherType of the tag; two of them in a row are shown as one header with two identifiers."""

TYPES = range(1 << 16)


def is_stacked(rows: HeaderRows) -> Integers:
    """1 where another tag of the kind follows."""
    return np.asarray(rows.values("synfin.ieee8021ad.etype", missing=-1) == SERVICE_TAG, np.int64)


def summary(rows: HeaderRows) -> Text:
    """The identifiers."""
    inner = rows.rows_of("ieee8021ad.customer", rows.next_header())
    customer = rows.table.rows("ieee8021ad.customer").text("cvid").take(inner)
    both = text.join(
        [
            text.literal(", S-VID: ", len(rows)),
            rows.text("svid"),
            text.literal(", C-VID: ", len(rows)),
            customer,
        ]
    )
    one = text.join([text.literal(", ID: ", len(rows)), rows.text("id")])
    title = text.literal("IEEE 802.1ad", len(rows))
    tags = text.choose(rows.values("synfin.ieee8021ad.is_stacked") == 1, both, one)
    return text.join([title, text.where(rows.is_whole, tags)])


def column_protocol(rows: HeaderRows) -> Text:
    """A tag before nothing known is called by the type it names."""
    missing = text.where(~rows.has("ieee8021ah.etype"), text.literal("802.1ad", len(rows)))
    return text.join([rows.text("ieee8021ah.etype"), missing])


def column_info(rows: HeaderRows) -> Text:
    """What the type is called, or else the tag itself."""
    identifier = "cvid" if rows.layer.protocol.body else "synfin.ieee8021ad.id"
    tag = text.join(
        [
            text.literal("PRI: ", len(rows)),
            rows.text("priority"),
            text.literal("  DROP: ", len(rows)),
            rows.text("dei"),
            text.literal(" ID: ", len(rows)),
            rows.text(identifier),
        ]
    )
    kinds = rows.values("ieee8021ah.etype", missing=-1)
    known = np.isin(kinds, list(ETHERTYPES))
    return text.choose(known, text.named(kinds, ETHERTYPES), text.where(rows.has(identifier), tag))


PROTOCOLS = (
    Protocol(
        name="ieee8021ad",
        title="IEEE 802.1ad",
        reference="IEEE 802.1ad",
        follows=(("ethertype", SERVICE_TAG),),
        next_by=(
            Next("synfin.ieee8021ad.etype", "ieee8021ad.tag"),
            Next(
                "synfin.ieee8021ad.etype",
                "ethertype",
                through=(("ieee8021ah.etype", TYPES, "ethertype"),),
            ),
        ),
        short=column_protocol,
        summary=summary,
        info=column_info,
        fields=(
            Field("priority", 3, "Priority", container=16),
            Field("dei", 1, "DEI", container=16),
            Computed(
                "synfin.ieee8021ad.is_stacked",
                "Two tags",
                Kind.BOOLEAN,
                is_stacked,
                absolute=True,
                hidden=True,
            ),
            Field("id", 12, "ID", container=16, overlay=True, when=(("synfin.ieee8021ad.is_stacked", 0),)),
            Field("svid", 12, "ID", container=16, overlay=True, when=(("synfin.ieee8021ad.is_stacked", 1),)),
            Field("synfin.ieee8021ad.id", 12, "ID", absolute=True, hidden=True),
            Field(
                "ieee8021ah.etype",
                16,
                "Type",
                Kind.HEX,
                names=ETHERTYPES,
                overlay=True,
                absolute=True,
                when=(("synfin.ieee8021ad.is_stacked", 0),),
            ),
            Field("synfin.ieee8021ad.etype", 16, "Type", Kind.HEX, absolute=True, hidden=True),
            *tail_parts("", "ieee8021ah.trailer"),
        ),
    ),
    Protocol(
        name="ieee8021ad.customer",
        title="IEEE 802.1ad",
        reference="IEEE 802.1ad",
        follows=(("ieee8021ad.tag", SERVICE_TAG),),
        prefix="ieee8021ad",
        body=True,
        next_by=(Next("ieee8021ah.etype", "ethertype", through=(("ieee8021ah.etype", TYPES, "ethertype"),)),),
        short=column_protocol,
        info=column_info,
        fields=(
            Field("priority", 3, "Priority", container=16),
            Field("dei", 1, "DEI", container=16),
            Field("cvid", 12, "ID", container=16),
            Field("ieee8021ah.etype", 16, "Type", Kind.HEX, names=ETHERTYPES, absolute=True),
            *tail_parts("", "ieee8021ah.trailer"),
        ),
    ),
)
