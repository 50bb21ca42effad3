"""UDP"""

from synfin.dissect.definition import Field, Length, Protocol
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="udp",
    title="User Datagram Protocol",
    reference="RFC 768",
    follows=(("ip.proto", 17),),
    total_length=Length((("length", 1),)),
    fields=(
        Field("srcport", 16, "Source port"),
        Field("dstport", 16, "Destination port"),
        Field("length", 16, "Length of header and payload"),
        Field("checksum", 16, "Checksum, 0 if not used"),
    ),
)
