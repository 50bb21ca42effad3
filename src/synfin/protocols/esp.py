"""Encapsulating Security Payload: everything after the first two words is encrypted."""

from synfin.dissect.definition import Field, Protocol
from synfin.dissect.kinds import Kind

PROTOCOL = Protocol(
    name="esp",
    title="Encapsulating Security Payload",
    reference="RFC 4303",
    follows=(("ip.proto", 50),),
    short="ESP",
    info="ESP (SPI={spi})",
    carries=False,
    fields=(
        Field("spi", 32, "ESP SPI", Kind.HEX_DEC),
        Field("sequence", 32, "ESP Sequence"),
    ),
)
