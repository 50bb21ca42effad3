"""802.1Q."""

from synfin.dissect.definition import Field, Next, Protocol
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="vlan",
    title="802.1Q Virtual LAN",
    reference="IEEE 802.1Q",
    follows=(("ethertype", 0x8100),),
    next_by=(Next("etype", "ethertype", length_below=1536),),
    fields=(
        Field("priority", 3, "Priority", container=16, width=16),
        Field("dei", 1, "DEI", Kind.BOOLEAN, container=16),
        Field("id", 12, "ID", container=16),
        Field("etype", 16, "Type", Kind.HEX),
    ),
)
