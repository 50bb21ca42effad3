"""IPv6"""

from synfin.dissect.definition import Field, Length, Next, Protocol
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="ipv6",
    title="Internet Protocol Version 6",
    reference="RFC 8200",
    follows=(
        ("ethertype", 0x86DD),
        ("ip.proto", 41),
        ("ip.version", 6),
        ("linktype", 229),
        ("null.family", 24),
        ("null.family", 28),
        ("null.family", 30),
        ("ppp.protocol", 0x0057),
        ("gre.proto", 0x86DD),
    ),
    total_length=Length((("plen", 1),), bias=40),
    next_by=(Next("nxt", "ip.proto"),),
    fields=(
        Field("version", 4, "Version"),
        Field("tclass", 8, "Class"),
        Field("flow", 20, "Flow"),
        Field("plen", 16, "Payload Length"),
        Field("nxt", 8, "Next"),
        Field("hlim", 8, "HL"),
        Field("src", 128, "Source Address", Kind.IPV6, also=("addr",)),
        Field("dst", 128, "Destination Address", Kind.IPV6, also=("addr",)),
    ),
)
