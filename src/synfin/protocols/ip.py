"""IPv4"""

from synfin.dissect.definition import Field, Length, Next, Protocol
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="ip",
    title="Internet Protocol Version 4",
    reference="RFC 791",
    follows=(("ethertype", 0x0800), ("ip.proto", 4)),
    header_length=Length((("ihl", 4),)),
    total_length=Length((("len", 1),)),
    next_by=(Next("proto", "ip.proto"),),
    stop_when=("frag_offset",),
    stop_if_whole=("flags.mf",),
    fields=(
        Field("version", 4, "Version"),
        Field("ihl", 4, "Header Length"),
        Field("dsfield", 8, "DS", Kind.HEX),
        Field("len", 16, "Total Length"),
        Field("id", 16, "Identification", Kind.HEX_DEC),
        Field("flags", 3, "Flags", Kind.HEX, parts=(Field("flags.rb", 1, "R"),Field("flags.df", 1, "DF"),Field("flags.mf", 1, "MF"))),
        Field("frag_offset", 13, "Fragment Offset"),
        Field("ttl", 8, "TTL"),
        Field("proto", 8, "Protocol"),
        Field("checksum", 16, "Checksum", Kind.HEX),
        Field("src", 32, "Source Address", Kind.IPV4, also=("addr",)),
        Field("dst", 32, "Destination Address", Kind.IPV4, also=("addr",)),
    ),
)
