"""The TCP options with which Riverbed appliances find each other; observed formats, no public standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Items, Protocol, Shape
from synfin.dissect.kinds import Kind
from synfin.protocols.tcp_options import at_length, only, option

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.definition import Item
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

FAMILY = "tcp.option.rvbd"
(
    QUERY,
    RESPONSE,
    INTERNAL,
    TRACE,
    QUERY_SH,
    RESPONSE_SH,
    QUERY_INFO,
    RESPONSE_INFO,
    INFO_SH,
    INFO_SID,
    RESET,
) = range(11)

TYPES = (
    "Probe Query",
    "Probe Response",
    "Probe Internal",
    "Probe Trace",
    "Probe Query SH",
    "Probe Response SH",
    "Probe Query Info",
    "Probe Response Info",
    "Probe Query Info SH",
    "Probe Query Info Store ID",
    "Probe Reset",
)
"""What each type of probe is called."""

UNNAMED = len(TYPES)
VERSION_2 = 2


def _types(rows: HeaderRows) -> Integers:
    """The type in each probe option, `UNNAMED` where it has none that is known."""
    types = np.full(len(rows), UNNAMED, np.int64)
    for body in BODIES:
        bodies = rows.table.rows(body.name)
        types[bodies.layer.position] = bodies.values("type1" if body.names("type1") else "type2")
    return types


def _probe_summary(rows: HeaderRows) -> Text:
    title = text.from_list([f"TCP Option - Riverbed Probe: {name}" for name in (*TYPES, "Probe Unknown")])
    return text.join([title.take(_types(rows)), *(_more(rows, body) for body in BODIES)])


def _more(rows: HeaderRows, body: Protocol) -> Text:
    """What some bodies add to the line of the option around them; empty for the others."""
    place = np.full(len(rows), -1, np.int64)
    bodies = rows.table.rows(body.name)
    if body in (ASKS, ANSWERS):
        place[bodies.layer.position] = np.where(bodies.is_whole, np.arange(len(bodies)), -1)
    count = len(bodies)
    if body is ASKS:
        words = text.join([text.literal(", CSH IP: ", count), bodies.text("prober")])
    elif body is ANSWERS:
        peer = [
            text.literal(", Server Steelhead: ", count),
            bodies.text("proxy.ip"),
            text.literal(":", count),
        ]
        words = text.join([*peer, bodies.text("proxy.port")])
    else:
        words = text.literal("", count)
    return words.take(place)


def _version_2(rows: HeaderRows) -> Integers:
    return np.full(len(rows), VERSION_2, np.int64)


def _first_version(name: str, types: tuple[int, ...], *fields: Item) -> Protocol:
    """A body of version 1: the low half of its first byte is odd."""
    return Protocol(
        name=f"tcp.options.rvbd.probe.{name}",
        title="Riverbed Probe",
        reference="",
        follows=tuple((FAMILY, kind << 4 | version) for kind in types for version in range(1, 16, 2)),
        prefix="tcp.options.rvbd.probe",
        body=True,
        fields=(Field("type1", 4, "Type"), Field("version", 4, "Version"), *fields),
        path="-",
    )


def _second_version(name: str, types: tuple[int, ...], *fields: Item) -> Protocol:
    """A body of version 2: the last bit of its first byte is not set."""
    return Protocol(
        name=f"tcp.options.rvbd.probe.{name}",
        title="Riverbed Probe",
        reference="",
        follows=tuple((FAMILY, kind << 1) for kind in types),
        prefix="tcp.options.rvbd.probe",
        body=True,
        fields=(
            Field("type2", 7, "Type"),
            Field("version_raw", 1, "Version", show="Version: 2"),
            Computed("version", "Version", Kind.UINT, _version_2, width=8, hidden=True),
            *fields,
        ),
        path="-",
    )


def _bit(name: str, label: str, place: int) -> Field:
    return Field(name, 1, label, Kind.BOOLEAN, overlay=True, skip=place)


def _query_flags() -> Field:
    return Field(
        "flags",
        8,
        "Probe Flags",
        Kind.HEX,
        parts=(_bit("flags.notcfe", "Not CFE", 5), _bit("flags.last", "Last Notify", 7)),
    )


_RESERVED = Field("reserved", 8, "Reserved", Kind.HEX)
_PROBER = Field("prober", 32, "CSH IP", Kind.IPV4)
_PROXY = (Field("proxy.ip", 32, "SSH IP", Kind.IPV4), Field("proxy.port", 16, "SSH Port"))
_CLIENT = Field("client.ip", 32, "Client IP", Kind.IPV4)

ASKS = _first_version(
    "asks",
    (QUERY, TRACE, QUERY_SH),
    _RESERVED,
    _PROBER,
    Field("appli_ver", 16, "Application Version"),
)
ANSWERS = _first_version("answers", (RESPONSE,), _RESERVED, _PROBER, *_PROXY)

BODIES = (
    ASKS,
    ANSWERS,
    _first_version("internal", (INTERNAL,)),
    _first_version("relays", (RESPONSE_SH,), _RESERVED, _PROBER, _CLIENT, *_PROXY),
    _first_version("others", (QUERY_INFO, RESPONSE_INFO, INFO_SH, INFO_SID, RESET), _RESERVED, _PROBER),
    _second_version("plain", (QUERY, RESPONSE, INTERNAL, TRACE, QUERY_SH, RESPONSE_SH)),
    _second_version("informs", (QUERY_INFO,), _query_flags()),
    _second_version(
        "informed",
        (RESPONSE_INFO,),
        Field(
            "flags",
            8,
            "Probe Flags",
            Kind.HEX,
            parts=(
                _bit("flags.probe", "Disable Probe Cache on CSH", 3),
                _bit("flags.ssl", "SSL Enabled", 6),
                _bit("flags.server", "SSH outer to server established", 7),
            ),
        ),
    ),
    _second_version("client", (INFO_SH,), _query_flags(), _CLIENT),
    _second_version("store", (INFO_SID,), _query_flags(), Field("storeid", 32, "CFE Store ID")),
    _second_version("reset", (RESET,), Field("flags", 8, "Probe Flags", Kind.HEX)),
)

PROBE = option(
    "rvbd.probe",
    (76,),
    summary=_probe_summary,
    reference="",
    items=(Items(FAMILY, Shape.ONE, key_bits=8),),
)

TRANSPARENCY_LENGTH = 16
_AT = at_length(TRANSPARENCY_LENGTH)


def _transparency(rows: HeaderRows) -> Text:
    count = len(rows)
    flow = text.join(
        [
            text.literal(" ", count),
            rows.text("rvbd.trpy.src.ip"),
            text.literal(":", count),
            rows.text("rvbd.trpy.src.port"),
            text.literal(" -> ", count),
            rows.text("rvbd.trpy.dst.ip"),
            text.literal(":", count),
            rows.text("rvbd.trpy.dst.port"),
        ]
    )
    title = text.literal("TCP Option - Riverbed Transparency", count)
    return text.join([title, text.where(rows.has("rvbd.trpy.dst.port"), flow)])


def _flag(name: str, label: str, place: int, names: dict[int, str] | None = None) -> Field:
    return Field(
        f"rvbd.trpy.flags.{name}",
        1,
        label,
        Kind.BOOLEAN,
        names or {},
        container=16,
        when=_AT,
        overlay=True,
        skip=place,
    )


TRANSPARENCY = option(
    "rvbd.trpy",
    (78,),
    (
        Field(
            "rvbd.trpy.flags",
            16,
            "Transparency Options",
            Kind.HEX,
            when=_AT,
            parts=(
                _flag("fw_rst_probe", "Enable FW traversal feature", 5),
                _flag("fw_rst_inner", "Enable Inner FW feature on All FWs", 6),
                _flag("fw_rst", "Enable Transparency FW feature on All FWs", 7),
                _flag("chksum", "Reserved", 13),
                _flag("oob", "Out of band connection", 14),
                _flag("mode", "Transparency Mode", 15, {0: "Full Transparency", 1: "Port Transparency"}),
            ),
        ),
        Field("rvbd.trpy.src.ip", 32, "Src SH IP Addr", Kind.IPV4, when=_AT),
        Field("rvbd.trpy.dst.ip", 32, "Dst SH IP Addr", Kind.IPV4, when=_AT),
        Field("rvbd.trpy.src.port", 16, "Src SH Inner Port", when=_AT),
        Field("rvbd.trpy.dst.port", 16, "Dst SH Inner Port", when=_AT),
    ),
    length=only(TRANSPARENCY_LENGTH),
    summary=_transparency,
    reference="",
)

SIGNS = {QUERY: "S+, ", RESPONSE: "SA+, ", TRACE: "S#, ", QUERY_SH: "S+, "}


def sign(rows: HeaderRows) -> Text:
    """What stands before the ports of a segment with one of these options: "S+, ", "TRPY, "."""
    place = np.zeros(len(rows), np.int64)
    probes, flows = rows.table.rows(PROBE.name), rows.table.rows(TRANSPARENCY.name)
    if not len(probes) and not len(flows):
        return text.literal("", len(rows))
    if len(probes):
        types = _types(probes)
        first_version = np.zeros(len(probes), np.bool_)
        for body in (ASKS, ANSWERS):
            bodies = rows.table.rows(body.name)
            first_version[bodies.layer.position] = bodies.is_whole
        place[probes.layer.position] = np.where(first_version, types + 1, 0)
    if len(flows):
        place[flows.layer.position] = UNNAMED + 1
    words = ["", *(SIGNS.get(kind, "") for kind in range(UNNAMED)), "TRPY, "]
    return text.from_list(words).take(place)


PROTOCOLS = (PROBE, TRANSPARENCY, *BODIES)
