"""Logical link control, IEEE 802.2, with SNAP: what is in a frame that has a length for a type."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.registries import ETHERTYPES
from synfin.dissect import text
from synfin.dissect.definition import (
    LENGTH_KEY,
    Computed,
    Field,
    Length,
    Next,
    Protocol,
)
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Names
    from synfin.dissect.text import Text

    Compute = Callable[[HeaderRows], Sparse]

INFORMATION, SUPERVISORY, ALSO_INFORMATION, UNNUMBERED = range(4)
"""The last two bits of the control field; any even number is information."""

SAPS = {
    0x00: "NULL LSAP",
    0x01: "NULL LSAP",
    0x02: "LLC Sub-Layer Management",
    0x04: "SNA Path Control",
    0x06: "TCP/IP",
    0x08: "SNA",
    0x0C: "SNA",
    0x0E: "PROWAY (IEC955) Network Management and Initialization",
    0x10: "NetWare (unofficial?)",
    0x14: "ISO Network Layer (OSLAN 1)",
    0x18: "Texas Instruments",
    0x20: "ISO Network Layer (unofficial?)",
    0x34: "ISO Network Layer (unofficial?)",
    0x42: "Spanning Tree BPDU",
    0x4E: "EIA RS-511 Manufacturing Message Service",
    0x54: "ISO Network Layer (OSLAN 2)",
    0x7E: "ISO 8208 (X.25 over 802.2)",
    0x7F: "ISO 802.2",
    0x80: "XNS",
    0x82: "BACnet",
    0x86: "Nestar",
    0x8E: "PROWAY (IEC955) Active Station List Maintenance",
    0x98: "ARP",
    0xAA: "SNAP",
    0xB4: "HP JetDirect Printer",
    0xBA: "Banyan Vines",
    0xBC: "Banyan Vines",
    0xE0: "NetWare",
    0xF0: "NetBIOS",
    0xF4: "IBM Net Management",
    0xF8: "HP Extended LLC",
    0xFA: "Ungermann-Bass",
    0xFC: "Remote Program Load",
    0xFE: "ISO Network Layer",
    0xFF: "Global LSAP",
}
"""Link service access points."""

KINDS = {INFORMATION: "Information frame", SUPERVISORY: "Supervisory frame", UNNUMBERED: "Unnumbered frame"}
SUPERVISION = {0: "Receiver ready", 1: "Receiver not ready", 2: "Reject", 3: "Selective reject"}
SUPERVISION_SHORT = {0: "RR", 1: "RNR", 2: "REJ", 3: "SREJ"}
COMMANDS = {
    0x00: "Unnumbered Information",
    0x01: "Set Initialization Mode",
    0x03: "Set Asynchronous Response Mode",
    0x08: "Unnumbered Poll",
    0x0B: "Set Asynchronous Balanced Mode",
    0x10: "Disconnect",
    0x13: "Set Asynchronous Response Mode Extended",
    0x18: "Unnumbered Acknowledge",
    0x1B: "Set Asynchronous Balanced Mode Extended",
    0x20: "Set Normal Response Mode",
    0x21: "Frame reject",
    0x23: "Reset",
    0x2B: "Exchange identification",
    0x31: "Configure",
    0x33: "Set Normal Response Mode Extended",
    0x38: "Test",
    0x3B: "Beacon",
}
RESPONSES = COMMANDS | {
    0x01: "Request Initialization Mode",
    0x03: "Disconnected mode",
    0x10: "Request Disconnect",
}
COMMANDS_SHORT = {
    0x00: "UI",
    0x01: "SIM",
    0x03: "SARM",
    0x08: "UP",
    0x0B: "SABM",
    0x10: "DISC",
    0x13: "SARME",
    0x18: "UA",
    0x1B: "SABME",
    0x20: "SNRM",
    0x21: "FRMR",
    0x23: "RSET",
    0x2B: "XID",
    0x31: "CFGR",
    0x33: "SNRME",
    0x38: "TEST",
    0x3B: "BCN",
}
RESPONSES_SHORT = COMMANDS_SHORT | {0x01: "RIM", 0x03: "DM", 0x10: "RD"}

ORGANIZATIONS = {
    0x000000: "Officially Xerox, but 0:0:0:0:0:0 is more common",
    0x00000C: "Cisco Systems, Inc",
    0x0000F8: "Digital Equipment Corporation",
    0x0080C2: "IEEE",
    0x00005E: "ICANN, IANA Department",
    0x080007: "Apple, Inc.",
}
"""Those that give SNAP packets identifiers of their own, and are met in practice."""

LONGEST_ORGANIZATION = 21
"""Letters of an organization's name in the tree."""

TYPES, IDENTIFIERS = 0, 1
SPACES = {
    0x000000: TYPES,
    0x0000F8: TYPES,
    0x00000C: 2,
    0x080007: 3,
    0x00005E: 4,
    0x001958: 5,
}
"""Which names the identifiers of an organization bear: EtherTypes, its own, or none."""

CISCO = {
    0x0102: "DRiP",
    0x0104: "Port Aggregation Protocol",
    0x0105: "MLS Hello",
    0x010B: "PVSTP+",
    0x010C: "VLAN Bridge",
    0x0111: "UDLD",
    0x2000: "CDP",
    0x2001: "CGMP",
    0x2003: "VTP",
    0x2004: "DTP",
    0x200A: "STP Uplink Fast",
    0x9999: "Unknown",
}
BLUETOOTH = {
    1: "AMP-C ACL data",
    2: "AMP-C activity report",
    3: "AMP-C security frame",
    4: "AMP-C link supervision request",
    5: "AMP-C link supervision reply",
}


def frame_kind(rows: HeaderRows) -> Integers:
    """Information, supervisory or unnumbered."""
    low = rows.values("synfin.llc.format", missing=INFORMATION)
    return np.where(low == ALSO_INFORMATION, INFORMATION, low)


def is_response(rows: HeaderRows) -> Flags:
    """Whether the frame answers a command."""
    return np.asarray(rows.values("ssap.cr") == 1)


def control(rows: HeaderRows) -> Integers:
    """The control field, of whichever size."""
    return np.maximum(rows.values("control", missing=0), 0)


def _of_kind(rows: HeaderRows, kind: int) -> Flags:
    return np.asarray((frame_kind(rows) == kind) & rows.has("control"))


def sequence(rows: HeaderRows, shift: int, kind: int) -> Sparse:
    """A number of 7 bits from the control field of one kind of frame."""
    chosen = np.flatnonzero(_of_kind(rows, kind))
    return Sparse(chosen, (control(rows)[chosen] >> shift) & 127)


def poll(rows: HeaderRows, kind: int, *, final: bool) -> Sparse:
    """The bit that asks for an answer at once, or in a response says that this is it; shown where set."""
    is_set = ((control(rows) >> (4 if kind == UNNUMBERED else 8)) & 1) == 1
    is_final = is_response(rows) & (kind != INFORMATION)  # information always polls
    chosen = np.flatnonzero(is_set & (is_final == final) & _of_kind(rows, kind))
    return Sparse(chosen, np.ones(len(chosen), np.int64))


def modifier(rows: HeaderRows, *, response: bool) -> Sparse:
    """Which unnumbered command or response."""
    chosen = np.flatnonzero(_of_kind(rows, UNNUMBERED) & (is_response(rows) == response))
    return Sparse(chosen, (control(rows)[chosen] >> 2) & 0x3B)


def supervision(rows: HeaderRows) -> Sparse:
    """Which supervisory frame."""
    chosen = np.flatnonzero(_of_kind(rows, SUPERVISORY))
    return Sparse(chosen, (control(rows)[chosen] >> 2) & 3)


def kind_of(rows: HeaderRows, kind: int) -> Sparse:
    """The kind of frame, of those that are of this one."""
    chosen = np.flatnonzero(_of_kind(rows, kind))
    return Sparse(chosen, np.full(len(chosen), kind, np.int64))


def _part(
    name: str, label: str, bits: tuple[int, int], values: Compute, names: Names | None = None, digits: int = 0
) -> Computed:
    """A part of the control field, drawn in its word, which stands least significant byte first.

    Args:
        name: its name below "llc.control.".
        label: what the tree calls it.
        bits: how many bits there are to its right, and the mask of its value.
        values: its values.
        names: what they are called.
        digits: hexadecimal digits of the number behind the name; 0 for the bare name or number.
    """
    shift, mask = bits

    def line(rows: HeaderRows) -> Text:
        width = np.where(frame_kind(rows) == UNNUMBERED, 8, 16)
        return text.each(control(rows) * 32 + width, lambda one: said(one // 32, one % 32))

    def said(word: int, width: int) -> str:
        return f"{_drawing(word, shift, mask, width)} = {label}: {called((word >> shift) & mask)}"

    def called(value: int) -> str:
        if names is None:
            return str(value)
        known = names.get(value, "Unknown")
        return f"{known} (0x{value:0{digits}x})" if digits else known

    return Computed(
        f"control.{name}",
        label,
        Kind.HEX if digits else Kind.UINT,
        values,
        names or {},
        width=8 if digits == 2 else 16,
        show=line,
        bare=True,
    )


def _drawing(value: int, shift: int, mask: int, bits: int) -> str:
    """A word of which only the bits under the mask are shown."""
    drawing = "".join(
        str((value >> place) & 1) if (mask << shift >> place) & 1 else "."
        for place in range(bits - 1, -1, -1)
    )
    return " ".join(drawing[at : at + 4] for at in range(0, bits, 4))


def control_words(rows: HeaderRows) -> Text:
    """The control field in words: "U, func=UI", "S F, func=RR, N(R)=1"."""
    key = (control(rows) << 3) | (is_response(rows).astype(np.int64) << 2) | frame_kind(rows)
    return text.each(key, lambda one: _control_words(one >> 3, one & 3, bool(one & 4)))


def _control_words(value: int, kind: int, response: bool) -> str:  # noqa: FBT001 - a fact about the frame
    if kind == UNNUMBERED:
        called = (RESPONSES_SHORT if response else COMMANDS_SHORT).get((value >> 2) & 0x3B, "Unknown")
        mark = (" F" if response else " P") if value & 0x10 else ""
        return f"U{mark}, func={called}"
    if kind == SUPERVISORY:
        mark = (" F" if response else " P") if value & 0x100 else ""
        return f"S{mark}, func={SUPERVISION_SHORT[(value >> 2) & 3]}, N(R)={value >> 9}"
    return f"I{' P' if value & 0x100 else ''}, N(R)={value >> 9}, N(S)={(value >> 1) & 127}"


def control_line(rows: HeaderRows) -> Text:
    """The control field in words and digits."""
    digits = np.where(frame_kind(rows) == UNNUMBERED, 2, 4)
    numbers = text.each(control(rows) * 8 + digits, lambda one: f" (0x{one // 8:0{one % 8}X})")
    return text.join([text.literal("Control field: ", len(rows)), control_words(rows), numbers])


def sap_name(rows: HeaderRows, name: str) -> Text:
    """What an access point is called, its last bit apart."""
    return text.each(rows.values(name) & 0xFE, lambda one: SAPS.get(one, f"0x{one:02x}"))


def sap_line(rows: HeaderRows, name: str) -> Text:
    """What an access point is called, without a number."""
    called = text.named(rows.values(name, missing=0) & 0xFE, SAPS)
    return text.join([text.literal("SAP: ", len(rows)), called])


def info(rows: HeaderRows) -> Text:
    """The control field in words, and between which access points."""
    ends = text.join(
        [
            text.literal("; DSAP ", len(rows)),
            sap_name(rows, "dsap"),
            text.named(rows.values("dsap.ig"), {0: " Individual", 1: " Group"}),
            text.literal(", SSAP ", len(rows)),
            sap_name(rows, "ssap"),
            text.named(rows.values("ssap.cr"), {0: " Command", 1: " Response"}),
        ]
    )
    return text.where(rows.is_whole, text.join([control_words(rows), ends]))


def organization(rows: HeaderRows, name: str = "oui") -> Text:
    """The organization's code and, if known, name."""
    return text.each(rows.values(name), _organization)


def _organization(code: int) -> str:
    octets = ":".join(f"{(code >> shift) & 255:02x}" for shift in (16, 8, 0))
    name = ORGANIZATIONS.get(code, "")
    behind = f" ({name})"[: LONGEST_ORGANIZATION + 2] if name else ""
    return f"Organization Code: {octets}{behind}"


def space(rows: HeaderRows) -> Integers:
    """Which names the identifier bears."""
    codes = rows.values("oui", missing=-1)
    spaces = np.full(len(rows), IDENTIFIERS, np.int64)
    for code, one in SPACES.items():
        spaces[codes == code] = one
    return spaces


def snap_info(rows: HeaderRows) -> Text:
    """The organization and the identifier."""
    header = rows.table.rows("llc")
    words = control_words(header).take(rows.rows_of("llc", rows.previous_header()))
    behind = text.join(
        [
            text.each(
                rows.values("oui"),
                lambda code: f"; SNAP, OUI 0x{code:06X} ({ORGANIZATIONS.get(code, 'Unknown')}), PID 0x",
            ),
            text.each(rows.values("synfin.llc.identifier"), lambda one: f"{one:04X}"),
        ]
    )
    return text.join([words, text.where(rows.is_whole, behind)])


def _control_parts(kind: int) -> tuple[Computed, ...]:
    """What the control field of one kind of frame consists of, from its first bit."""
    polls = partial(poll, kind=kind, final=False)
    ends = partial(poll, kind=kind, final=True)
    is_short = kind == UNNUMBERED
    numbers = (
        _part("n_r", "N(R)", (9, 127), partial(sequence, shift=9, kind=kind)),
        _part("n_s", "N(S)", (1, 127), partial(sequence, shift=1, kind=kind)),
    )
    before = {INFORMATION: numbers, SUPERVISORY: numbers[:1], UNNUMBERED: ()}
    after = {
        INFORMATION: (),
        SUPERVISORY: (_part("s_ftype", "Supervisory frame type", (2, 3), supervision, SUPERVISION, 1),),
        UNNUMBERED: (
            _part("u_modifier_cmd", "Command", (2, 0x3B), partial(modifier, response=False), COMMANDS, 2),
            _part("u_modifier_resp", "Response", (2, 0x3B), partial(modifier, response=True), RESPONSES, 2),
        ),
    }
    mask = 1 if kind == INFORMATION else 3
    last = _part("ftype", "Frame type", (0, mask), partial(kind_of, kind=kind), KINDS, 1)
    return (
        *before[kind],
        _part("p", "Poll", (4 if is_short else 8, 1), polls, {1: "Set"}),
        _part("f", "Final", (4 if is_short else 8, 1), ends, {1: "Set"}),
        *after[kind],
        replace(last, width=8 if is_short else 16),
    )


def _identifier(name: str, label: str, one: int, names: Names | None = None) -> Field:
    return Field(name, 16, label, Kind.HEX, names or {}, overlay=True, when=(("synfin.llc.space", one),))


PROTOCOLS = (
    Protocol(
        name="llc",
        title="Logical-Link Control",
        reference="IEEE 802.2",
        follows=(
            ("ethertype", LENGTH_KEY),
            ("ethertype", 0x8870),
            ("linktype", 100),
            ("sll.ltype", 4),
            ("fddi.class", 0x5),
            ("fddi.class", 0xD),
            ("tr.frame_type", 1),
        ),
        header_length=Length((("synfin.llc.format", 1),), table=(4, 4, 4, 3)),
        next_by=(Next("synfin.llc.control", "llc.control"), Next("dsap", "llc.dsap")),
        short="LLC",
        info=info,
        fields=(
            Field("synfin.llc.format", 2, "Format", overlay=True, skip=22, absolute=True, hidden=True),
            Field(
                "dsap",
                8,
                "DSAP",
                Kind.HEX,
                SAPS,
                parts=(
                    Field("dsap.sap", 7, "SAP", show=partial(sap_line, name="dsap")),
                    Field("dsap.ig", 1, "IG Bit", Kind.BOOLEAN, {0: "Individual", 1: "Group"}),
                ),
            ),
            Field(
                "ssap",
                8,
                "SSAP",
                Kind.HEX,
                SAPS,
                parts=(
                    Field("ssap.sap", 7, "SAP", show=partial(sap_line, name="ssap")),
                    Field("ssap.cr", 1, "CR Bit", Kind.BOOLEAN, {0: "Command", 1: "Response"}),
                ),
            ),
            Computed("synfin.llc.kind", "Kind of frame", Kind.UINT, frame_kind, absolute=True, hidden=True),
            Field(
                "control",
                8,
                "Control",
                Kind.HEX,
                width=16,
                overlay=True,
                when=(("synfin.llc.kind", UNNUMBERED),),
                show=control_line,
                parts=_control_parts(UNNUMBERED),
            ),
            *(
                Field(
                    "control",
                    16,
                    "Control",
                    Kind.HEX,
                    little=True,
                    overlay=True,
                    when=(("synfin.llc.kind", kind),),
                    show=control_line,
                    parts=_control_parts(kind),
                )
                for kind in (INFORMATION, SUPERVISORY)
            ),
            Field("synfin.llc.control", 8, "Control", absolute=True, hidden=True),
        ),
    ),
    Protocol(
        name="llc.snap",
        title="Logical-Link Control",
        reference="IEEE 802",
        follows=(("llc.dsap", 0xAA),),
        prefix="llc",
        body=True,
        short="LLC",
        info=snap_info,
        next_by=(Next("synfin.llc.identifier", "ethertype"),),
        stop_when=("oui",),
        fields=(
            Field("oui", 24, "Organization Code", show=organization),
            Computed("synfin.llc.space", "Kind of identifier", Kind.UINT, space, absolute=True, hidden=True),
            _identifier("type", "Type", TYPES, ETHERTYPES),
            _identifier("pid", "Protocol ID", IDENTIFIERS),
            _identifier("cisco_pid", "PID", 2, CISCO),
            _identifier("apple_atalk_pid", "PID", 3, {0x809B: "AppleTalk"}),
            _identifier("iana_pid", "PID", 4),
            _identifier("bluetooth_pid", "PID", 5, BLUETOOTH),
            Field("synfin.llc.identifier", 16, "Identifier", absolute=True, hidden=True),
        ),
    ),
)
