"""Raw IP: no link-layer header at all; the first four bits tell the version."""

from synfin.dissect.definition import Computed, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.protocols.null import no_address

PROTOCOL = Protocol(
    name="raw",
    title="Raw packet data",
    reference="LINKTYPE_RAW",
    follows=(("linktype", 12), ("linktype", 14), ("linktype", 101)),
    next_by=(Next("", "ip.version", peek=4),),
    short="N/A",
    info="Raw packet data",
    source="synfin.raw.address",
    destination="synfin.raw.address",
    fields=(Computed("synfin.raw.address", "Address", Kind.TEXT, no_address, absolute=True, hidden=True),),
)
