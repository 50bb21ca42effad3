"""Frame Relay, Q.922, with packets inside it as RFC 2427 says; addresses of two bytes, as they mostly are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from synfin.basics.registries import ETHERTYPES
from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.protocols.llc import COMMANDS, KINDS, organization

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

PADDING, SNAP, IPV4, IPV6 = 0x00, 0x80, 0xCC, 0x8E
NLPIDS = {PADDING: "NULL", SNAP: "SNAP", IPV4: "IPv4", IPV6: "IPv6"}
"""Network layer protocol identifiers, ISO/IEC TR 9577."""

TRUTH = {0: "False", 1: "True"}
COMMAND = {0: "Response", 1: "Command"}
LAST = {0: "More Follows", 1: "Last Octet"}


def circuit(rows: HeaderRows) -> Integers:
    """The number of the circuit, from its two parts."""
    return (rows.values("upper_dlci") << 4) | rows.values("second_dlci")


def command(rows: HeaderRows) -> Integers:
    """Which unnumbered command."""
    return (rows.values("control") >> 2) & 0x3B


def command_line(rows: HeaderRows) -> Text:
    """The command, drawn in its byte."""
    return text.each(rows.values("control"), _command_line)


def _command_line(control: int) -> str:
    bits = "".join(bit if place not in (3, 6, 7) else "." for place, bit in enumerate(f"{control:08b}"))
    number = (control >> 2) & 0x3B
    return f"{bits[:4]} {bits[4:]} = Command: {COMMANDS.get(number, 'Unknown')} (0x{number:02x})"


def payload(name: str, numbers: tuple[int, ...]) -> Protocol:
    """What one identifier of a network layer protocol leads to."""
    return Protocol(
        name=name,
        title="Frame Relay",
        reference="RFC 2427 4",
        follows=tuple(("fr.nlpid", number) for number in numbers),
        prefix="fr",
        body=True,
        next_by=(Next("", "ip.version", peek=4),),
        fields=(Field("nlpid", 8, "NLPID", Kind.HEX, NLPIDS),),
    )


PROTOCOLS = (
    Protocol(
        name="fr",
        title="Frame Relay",
        reference="ITU-T Q.922 A",
        follows=(("linktype", 107),),
        next_by=(Next("", "fr.nlpid", peek=8),),
        short="FR",
        info="DLCI: {dlci}",
        fields=(
            Field(
                "first_addr_octet",
                8,
                "First address octet",
                Kind.HEX,
                parts=(
                    Field("upper_dlci", 6, "Upper DLCI", Kind.HEX, show="Upper DLCI: {upper_dlci}"),
                    Field("cr", 1, "CR", Kind.BOOLEAN, COMMAND),
                    Field("ea", 1, "EA", Kind.BOOLEAN, LAST),
                ),
            ),
            Field(
                "second_addr_octet",
                8,
                "Second address octet",
                Kind.HEX,
                show="Second address octet: {second_addr_octet}, EA",
                parts=(
                    Field("second_dlci", 4, "Second DLCI", Kind.HEX),
                    Field("fecn", 1, "FECN", Kind.BOOLEAN, TRUTH),
                    Field("becn", 1, "BECN", Kind.BOOLEAN, TRUTH),
                    Field("de", 1, "DE", Kind.BOOLEAN, TRUTH),
                    Field("ea", 1, "EA", Kind.BOOLEAN, LAST),
                ),
            ),
            Computed("dlci", "DLCI", Kind.UINT, circuit, bare=True),
            Field(
                "control",
                8,
                "Control Field",
                Kind.HEX,
                show="Control field: U, func=UI ({control})",
                parts=(
                    Computed(
                        "control.u_modifier_cmd",
                        "Command",
                        Kind.HEX,
                        command,
                        COMMANDS,
                        width=8,
                        show=command_line,
                        bare=True,
                    ),
                    Field("synfin.fr.control", 6, "Control", absolute=True, hidden=True),
                    Field("control.ftype", 2, "Frame type", Kind.HEX, KINDS, width=8),
                ),
            ),
        ),
    ),
    Protocol(
        name="fr.padding",
        title="Frame Relay",
        reference="RFC 2427 4",
        follows=(("fr.nlpid", PADDING),),
        prefix="fr",
        body=True,
        next_by=(Next("", "fr.nlpid", peek=8),),
        fields=(Field("nlpid", 8, "NLPID", Kind.HEX, NLPIDS, show="Padding"),),
    ),
    Protocol(
        name="fr.snap",
        title="Frame Relay",
        reference="RFC 2427 4.1",
        follows=(("fr.nlpid", SNAP),),
        prefix="fr",
        body=True,
        next_by=(Next("snaptype", "ethertype"),),
        stop_when=("snap.oui",),
        fields=(
            Field("nlpid", 8, "NLPID", Kind.HEX, NLPIDS),
            Field("snap.oui", 24, "Organization Code", show=partial(organization, name="snap.oui")),
            Field("snaptype", 16, "Type", Kind.HEX, ETHERTYPES),
        ),
    ),
    payload("fr.ip", (IPV4, IPV6)),
)
