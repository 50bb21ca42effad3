"""TCP"""

from synfin.dissect.definition import Field, Length, Protocol, Computed
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="tcp",
    title="Transmission Control Protocol",
    reference="RFC 9293",
    follows=(("ip.proto", 6),),
    header_length=Length((("hdr_len", 4),)),
    fields=(
        Field("srcport", 16, "Source Port", Kind.PORT, also=("port",)),
        Field("dstport", 16, "Destination Port", Kind.PORT, also=("port",)),
        Computed("len", "TCP Segment Len", Kind.UINT, lambda rows: (rows.limit - rows.end).astype("int64")),
        Field("seq_raw", 32, "Seq"),
        Field("ack_raw", 32, "Ack"),
        Field("hdr_len", 4, "Len"),
        Field("flags", 12, "Flags", Kind.HEX),
        Field("window_size_value", 16, "Window"),
        Field("checksum", 16, "Checksum", Kind.HEX),
        Field("urgent_pointer", 16, "Urgent Pointer"),
    ),
)
