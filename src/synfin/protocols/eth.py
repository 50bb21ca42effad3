"""Ethernet, IEEE 802.3: who on this link sends to whom, and what is inside."""

from synfin.dissect.definition import Field, Next, Protocol
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="eth",
    title="Ethernet II",
    reference="IEEE 802.3",
    follows=(("linktype", 1),),
    next_by=(Next("type", "ethertype", length_below=1536),),
    fields=(
        Field("dst", 48, "Destination", Kind.ETHER),
        Field("src", 48, "Source", Kind.ETHER),
        Field("type", 16, "Type", Kind.HEX),
    ),
)
