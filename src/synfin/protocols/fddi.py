"""FDDI, ISO 9314-2: a ring of glass fibre, met in old captures; its addresses have their bits reversed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Item, Next, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.dissect.text import Text

CLASSES = {
    0x0: "Void",
    0x4: "SMT",
    0x5: "Async LLC",
    0x6: "Implementor Async",
    0x8: "Nonrestricted Token",
    0xC: "MAC",
    0xD: "Sync LLC",
    0xE: "Implementor Sync",
}
ASYNCHRONOUS, SYNCHRONOUS = 0x5, 0xD
REVERSED = np.array([int(f"{octet:08b}"[::-1], 2) for octet in range(256)], np.int64)
"""Each octet with its last bit first."""


def address(rows: HeaderRows, name: str) -> Sparse:
    """An address in the order of bits that Ethernet uses."""
    present = np.flatnonzero(rows.has(name))
    wire = rows.values(name)[present]
    octets = [REVERSED[(wire >> shift) & 255] << shift for shift in range(0, 48, 8)]
    return Sparse(present, np.asarray(sum(octets), np.int64).reshape(-1))


def frame_name(rows: HeaderRows) -> Text:
    """What sort of frame it is."""
    return text.each(rows.values("fc"), _frame_name)


def _frame_name(control: int) -> str:
    if control >> 4 == ASYNCHRONOUS:
        return f"Async LLC frame, priority {control & 7}"
    return {SYNCHRONOUS: "Sync LLC frame", 4: "SMT frame", 12: "MAC frame"}.get(control >> 4, "Unknown frame")


def summary(rows: HeaderRows) -> Text:
    """The title and the sort of frame."""
    title = text.literal("Fiber Distributed Data Interface, ", len(rows))
    return text.join([title, frame_name(rows)])


def control_line(rows: HeaderRows) -> Text:
    """The control field and the sort of frame."""
    pieces = [text.literal("Frame Control: ", len(rows)), rows.text("fc"), text.literal(" (", len(rows))]
    return text.join([*pieces, frame_name(rows), text.literal(")", len(rows))])


def _address(name: str, label: str) -> tuple[Item, ...]:
    """An address: as it stood on the wire, and twice (as Wireshark has it) in the usual order of bits."""
    wire = f"synfin.fddi.{name}"
    read = partial(address, name=wire)
    return (
        Field(wire, 48, label, absolute=True, hidden=True),
        Computed(name, label, Kind.ETHER, read, also=("addr",), bare=True),
        Computed(name, label, Kind.ETHER, read, also=("addr",), hidden=True),
    )


PROTOCOL = Protocol(
    name="fddi",
    title="Fiber Distributed Data Interface",
    reference="ISO 9314-2",
    follows=(("linktype", 10),),
    next_by=(Next("fc.clf", "fddi.class"),),
    short="FDDI",
    summary=summary,
    info=frame_name,
    source="src",
    destination="dst",
    fields=(
        Field(
            "fc",
            8,
            "Frame Control",
            Kind.HEX,
            show=control_line,
            parts=(
                Field("fc.clf", 4, "Class/Length/Format", Kind.HEX, CLASSES, width=8),
                Field("fc.prio", 3, "Priority", overlay=True, skip=1, when=(("fc.clf", ASYNCHRONOUS),)),
                Field("synfin.fddi.rest", 4, "Rest", absolute=True, hidden=True),
            ),
        ),
        *_address("dst", "Destination"),
        *_address("src", "Source"),
    ),
)
