"""Token Ring, IEEE 802.5: seldom met but in old captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect.definition import Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows

LLC = 1
FRAME_TYPES = {0: "MAC", LLC: "LLC", 2: "Reserved"}
CONTROL = {
    0: "Normal buffer",
    1: "Express buffer",
    2: "Purge",
    3: "Claim Token",
    4: "Beacon",
    5: "Active Monitor Present",
    6: "Standby Monitor Present",
}
TOKEN_OR_FRAME = {0: "Token", 1: "Frame"}


def is_routed(rows: HeaderRows) -> Integers:
    """1 where a routing field follows; it is not read."""
    return np.asarray(rows.values("synfin.tr.routed") == 1, np.int64)


PROTOCOL = Protocol(
    name="tr",
    title="Token-Ring",
    reference="IEEE 802.5",
    follows=(("linktype", 6),),
    next_by=(Next("frame_type", "tr.frame_type"),),
    stop_when=("synfin.tr.routed",),
    short="TR",
    info="Token-Ring {frame_type:label}",
    source="src",
    destination="dst",
    fields=(
        Field(
            "ac",
            8,
            "Access Control",
            Kind.HEX,
            show="Access Control: {ac}, {frame:shown}",
            parts=(
                Field("priority", 3, "Priority"),
                Field("frame", 1, "Frame", Kind.BOOLEAN, TOKEN_OR_FRAME),
                Field("monitor_cnt", 1, "Monitor Count"),
                Field("priority_reservation", 3, "Priority Reservation"),
            ),
        ),
        Field(
            "fc",
            8,
            "Frame Control",
            Kind.HEX,
            show="Frame Control: {fc}, Frame Type: {frame_type:label}, Frame PCF: {frame_pcf:label}",
            parts=(
                Field("frame_type", 2, "Frame Type", names=FRAME_TYPES),
                Field("synfin.tr.reserved", 2, "Reserved", absolute=True, hidden=True),
                Field("frame_pcf", 4, "Frame PCF", names=CONTROL),
            ),
        ),
        Field("dst", 48, "Destination", Kind.ETHER, also=("addr",)),
        Field("synfin.tr.routed", 1, "Source routed", overlay=True, absolute=True, hidden=True),
        Field("src", 48, "Source", Kind.ETHER, overlay=True, hidden=True),
        Field("src", 48, "Source", Kind.ETHER, also=("addr",)),
        Computed("sr", "Source Routed", Kind.BOOLEAN, is_routed, bare=True),
    ),
)
