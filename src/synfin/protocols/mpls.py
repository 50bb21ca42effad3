"""MPLS labels, RFC 3032: what routers inside a provider's network forward by, instead of addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.dissect import text
from synfin.dissect.definition import Field, Next, Protocol
from synfin.dissect.kinds import Kind

if TYPE_CHECKING:
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

RESERVED = {
    0: "IPv4 Explicit-Null",
    1: "Router Alert",
    2: "IPv6 Explicit-Null",
    3: "Implicit-Null",
    7: "Entropy Label Indicator (ELI)",
    13: "Generic Associated Channel Label (GAL)",
    14: "OAM Alert",
}
"""RFC 3032 2.1, RFC 6790, RFC 5586, RFC 3429."""


FIRST_FREE = 16
"""The labels below mean something, RFC 3032 2.1."""


def label_line(rows: HeaderRows) -> Text:
    """The label, by name if it means something."""
    return text.each(rows.values("label"), _label_line)


def _label_line(label: int) -> str:
    if label < FIRST_FREE:
        return f"MPLS Label: {RESERVED.get(label, 'Unknown')} ({label})"
    return f"MPLS Label: {label} (0x{label:05x})"


def _called(label: int) -> str:
    return f"{label} ({RESERVED.get(label, 'Reserved - Unknown')})" if label < FIRST_FREE else str(label)


def summary(rows: HeaderRows) -> Text:
    """All four fields."""
    labels = text.each(rows.values("label"), _called)
    pieces = [text.literal("MultiProtocol Label Switching Header, Label: ", len(rows)), labels]
    for name, before in (("exp", ", Exp: "), ("bottom", ", S: "), ("ttl", ", TTL: ")):
        pieces += [text.literal(before, len(rows)), rows.text(name)]
    title = text.literal("MultiProtocol Label Switching Header", len(rows))
    return text.choose(rows.is_whole, text.join(pieces), title)


def label(name: str, path: str, follows: tuple[tuple[str, int], ...]) -> Protocol:
    """One entry of the label stack; `frame.protocols` names the stack once."""
    return Protocol(
        name=name,
        title="MultiProtocol Label Switching Header",
        reference="RFC 3032 2.1",
        follows=follows,
        prefix="mpls",
        path=path,
        next_by=(Next("bottom", "mpls.bottom"), Next("", "ip.version", peek=4)),
        short="MPLS",
        summary=summary,
        info="MPLS Label Switched Packet",
        fields=(
            Field("label", 20, "MPLS Label", Kind.DEC_HEX, RESERVED, width=32, container=32, show=label_line),
            Field("exp", 3, "MPLS Experimental Bits", width=32, container=32),
            Field("bottom", 1, "MPLS Bottom Of Label Stack", width=32, container=32),
            Field("ttl", 8, "MPLS TTL", width=32, container=32),
        ),
    )


PROTOCOLS = (
    label(
        "mpls",
        "mpls",
        (("ethertype", 0x8847), ("ethertype", 0x8848), ("gre.proto", 0x8847), ("ppp.protocol", 0x0281)),
    ),
    label("mpls.stacked", "-", (("mpls.bottom", 0),)),
)
