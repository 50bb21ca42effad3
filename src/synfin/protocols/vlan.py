"""VLAN tags, IEEE 802.1Q: which virtual network of the wire a frame belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import ETHERTYPES
from synfin.dissect import text
from synfin.dissect.definition import Field, Lesson, Next, Protocol, Words
from synfin.dissect.kinds import Kind
from synfin.protocols.eth import LONGEST, length_parts, tail_parts

if TYPE_CHECKING:
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

PRIORITIES = {
    0: "Best Effort (default)",
    1: "Background",
    2: "Excellent Effort",
    3: "Critical Applications",
    4: "Video, < 100ms latency and jitter",
    5: "Voice, < 10ms latency and jitter",
    6: "Internetwork Control",
    7: "Network Control",
}
"""IEEE 802.1Q-2011 table I-2."""

ELIGIBLE = {0: "Ineligible", 1: "Eligible"}
TYPES = range(LONGEST + 1, 1 << 16)


def column_protocol(rows: HeaderRows) -> Text:
    """A tag before nothing known is called by the type it names."""
    named = text.where(rows.has("etype"), rows.text("etype"))
    return text.join([named, text.where(~rows.has("etype"), text.literal("VLAN", len(rows)))])


def column_info(rows: HeaderRows) -> Text:
    """What the type is called, or else the tag itself."""
    tag = text.join(
        [
            text.literal("PRI: ", len(rows)),
            rows.text("priority"),
            text.literal("  DEI: ", len(rows)),
            rows.text("dei"),
            text.literal("  ID: ", len(rows)),
            rows.text("id"),
        ]
    )
    kinds = rows.values("etype", missing=-1)
    known = np.isin(kinds, list(ETHERTYPES))
    return text.choose(known, text.named(kinds, ETHERTYPES), text.where(rows.has("id"), tag))


PROTOCOL = Protocol(
    name="vlan",
    title="802.1Q Virtual LAN",
    reference="IEEE 802.1Q",
    follows=(("ethertype", 0x8100), ("ethertype", 0x9100)),
    next_by=(Next("etype", "ethertype", length_below=LONGEST + 1, through=(("etype", TYPES, "ethertype"),)),),
    short=column_protocol,
    summary="802.1Q Virtual LAN, PRI: {priority}, DEI: {dei}, ID: {id}",
    info=column_info,
    fields=(
        Field("priority", 3, "Priority", names=PRIORITIES, width=16, container=16),
        Field("dei", 1, "DEI", Kind.BOOLEAN, names=ELIGIBLE, container=16),
        Field("id", 12, "ID", container=16),
        Field("len", 16, "Length", overlay=True, only=(range(LONGEST + 1),), parts=length_parts()),
        Field("etype", 16, "Type", Kind.HEX, names=ETHERTYPES, only=(TYPES,)),
        *tail_parts("len", "vlan.trailer"),
    ),
    lessons={
        "priority": Lesson(
            Words(
                "How urgent the frame is: higher goes first where queues form.",
                "帧的优先级：排队时数值大的先走。",
            ),
            "IEEE 802.1Q 9.6",
            Words(
                "1 (background) ranks below 0 (best effort), the default.",
                "1（后台流量）反而低于默认值 0（尽力而为）。",
            ),
        ),
        "dei": Lesson(
            Words(
                "Whether the frame may be dropped first when links are full.", "拥塞时是否可以优先丢弃该帧。"
            ),
            "IEEE 802.1Q 9.6",
            Words(
                "Before 2011 the same bit was CFI, the order of address bits.",
                "2011 年之前这一位叫 CFI，表示地址的比特序。",
            ),
        ),
        "id": Lesson(
            Words(
                "Which virtual network the frame belongs to, 1 to 4094.",
                "帧所属的虚拟局域网编号，1 到 4094。",
            ),
            "IEEE 802.1Q 9.6",
            Words(
                "0 names none: the tag then only carries a priority. Network cards often strip tags before "
                "a capture sees them.",
                "0 表示不属于任何 VLAN，标签只带优先级。网卡常常在抓包之前就把标签剥掉了。",
            ),
        ),
        "etype": Lesson(
            Words(
                "What follows the tag; the frame's own type says only 0x8100.",
                "标签之后的协议类型；帧自己的类型只写着 0x8100。",
            ),
            "IEEE 802.1Q 9.4",
        ),
    },
)
