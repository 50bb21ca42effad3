"""Multipath TCP's option (RFC 8684, and RFC 6824 for version 0): one body for each subtype."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import ANY, Computed, Field, Items, Protocol, Shape
from synfin.dissect.expert import Severity, Topic, remark
from synfin.dissect.kinds import Kind
from synfin.protocols.tcp_lessons import MPTCP_LESSONS
from synfin.protocols.tcp_options import FAMILY, KIND, KINDS, LENGTH, at_length, said

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.definition import Item, Line
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text

PREFIX = "tcp.options.mptcp"
SUBTYPE_FAMILY = "tcp.option.mptcp"
TITLE = "Multipath Transmission Control Protocol"

SUBTYPES = {
    0: "Multipath Capable",
    1: "Join Connection",
    2: "Data Sequence Signal",
    3: "Add Address",
    4: "Remove Address",
    5: "Change Subflow Priority",
    6: "TCP Fallback",
    7: "Fast Close",
    8: "TCP Reset",
}

REASONS = {
    0: "Unspecified error",
    1: "MPTCP-specific error",
    2: "Lack of resources",
    3: "Administratively prohibited",
    4: "Too much outstanding data",
    5: "Unacceptable performance",
    6: "Middlebox interference",
}

WARNING = (Severity.WARNING, Topic.PROTOCOL)

EVERY_LOW_HALF = range(16)


def body(name: str, subtype: int, *fields: Item, low: tuple[int, ...] | range = EVERY_LOW_HALF) -> Protocol:
    """The definition of one subtype's body.

    Args:
        name: its name below "mptcp".
        subtype: high half of the first byte.
        fields: what follows the subtype.
        low: which values of the low half it is for.
    """
    return Protocol(
        name=f"mptcp.{name}",
        title=SUBTYPES[subtype],
        reference="RFC 8684 3",
        follows=tuple((SUBTYPE_FAMILY, subtype << 4 | half) for half in low),
        prefix=PREFIX,
        body=True,
        fields=(_subtype(overlay=True), *fields),
        lessons=MPTCP_LESSONS.get(name, {}),
        path="-",
    )


def _subtype(*, overlay: bool) -> Field:
    return Field("subtype", 4, "Multipath TCP subtype", names=SUBTYPES, overlay=overlay)


def bit(name: str, label: str, place: int, when: tuple[tuple[str, int], ...] = ()) -> Field:
    """One bit of a byte of flags, `place` bits after its first, shown as a number."""
    return Field(name, 1, label, overlay=True, skip=place, when=when)


def flags(*bits: Field | Computed, when: tuple[tuple[str, int], ...] = (), show: Line = "") -> Field:
    """A byte of flags."""
    return Field("flags", 8, "Multipath TCP flags", Kind.HEX, parts=bits, when=when, show=show)


def algorithms(rows: HeaderRows) -> Integers:
    """The bits of MP_CAPABLE that name a cryptographic algorithm, -1 where they were not captured."""
    values = rows.values("flags", missing=-1)
    return np.where(values >= 0, values & 0x3F, -1)


HMAC_SHA = 1


def _capable(name: str, low: tuple[int, ...], *specific: Field) -> Protocol:
    """MP_CAPABLE in the versions whose numbers are `low`, with the flags that are specific to them."""
    return body(
        name,
        0,
        Field("version", 4, "Multipath TCP version", overlay=True, skip=4),
        FIRST,
        flags(
            bit("checksumreq.flags", "Checksum required", 0),
            bit("extensibility.flag", "Extensibility", 1),
            *specific,
            remark(
                "mptcp.connection.missing_algorithm",
                WARNING,
                "No crypto algorithm specified",
                lambda rows: algorithms(rows) == 0,
                absolute=True,
            ),
            remark(
                "mptcp.connection.unsupported_algorithm",
                WARNING,
                "Unsupported algorithm",
                lambda rows: algorithms(rows) > HMAC_SHA,
                absolute=True,
            ),
        ),
        Field("sendkey", 64, "Sender's Key", optional=True),
        Field("recvkey", 64, "Receiver's Key", optional=True),
        Field("datalvllen", 16, "Data-level Length", optional=True),
        Field("checksum", 16, "Checksum", Kind.HEX, optional=True),
        low=low,
    )


FIRST = Field("first", 8, "Subtype and the half after it", hidden=True)

CAPABLE_0 = _capable(
    "capable_0",
    (0, *range(2, 16)),
    bit("sha1.flag", "Use HMAC-SHA1", 7),
    Field("reserved.flag", 5, "Reserved", Kind.HEX, overlay=True, skip=2),
)
CAPABLE = _capable(
    "capable",
    (1,),
    bit("nomoresubflows.flag", "Do not attempt to establish new subflows to this address and port", 2),
    bit("sha256.flag", "Use HMAC-SHA256", 7),
    Field("reserved.flag", 4, "Reserved", Kind.HEX, overlay=True, skip=3),
)

JOIN_SYN, JOIN_SYN_ACK, JOIN_ACK = at_length(12), at_length(16), at_length(24)
"""MP_JOIN has one form for each segment of the handshake, and the length tells which."""


def _join(form: tuple[tuple[str, int], ...]) -> tuple[Field, ...]:
    return (
        flags(bit("backup.flag", "Backup flag", 7, form), when=form),
        Field("addrid", 8, "Address ID", when=form),
    )


def _reserved(when: tuple[tuple[str, int], ...] = ()) -> Field:
    """The twelve bits after the subtype, within the word that holds both."""
    return Field(
        "reserved", 12, "Reserved", Kind.HEX, width=16, container=16, overlay=True, skip=4, when=when
    )


def _first_word(when: tuple[tuple[str, int], ...] = ()) -> tuple[Field, Field]:
    return _reserved(when), Field("first_word", 16, "Subtype and reserved bits", hidden=True, when=when)


JOIN = body(
    "join",
    1,
    *_join(JOIN_SYN),
    Field("recvtok", 32, "Receiver's Token", when=JOIN_SYN),
    Field("sendrand", 32, "Sender's Random Number", when=JOIN_SYN),
    *_join(JOIN_SYN_ACK),
    Field("sendtrunchmac", 64, "Sender's Truncated HMAC", when=JOIN_SYN_ACK),
    Field("sendrand", 32, "Sender's Random Number", when=JOIN_SYN_ACK),
    *_first_word(JOIN_ACK),
    Field("sendhmac", 160, "Sender's HMAC", Kind.BYTES, when=JOIN_ACK),
)

ACKS, ACKS_64 = ("dataackpresent.flag", 1), "dataack8.flag"
MAPS, MAPS_64 = ("dseqnpresent.flag", 1), "dseqn8.flag"

SIGNAL = body(
    "dss",
    2,
    FIRST,
    flags(
        bit("datafin.flag", "DATA_FIN", 3),
        bit(MAPS_64, "Data Sequence Number is 8 octets", 4),
        bit(
            "dseqnpresent.flag",
            "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present",
            5,
        ),
        bit(ACKS_64, "Data ACK is 8 octets", 6),
        bit("dataackpresent.flag", "Data ACK is present", 7),
    ),
    Field("rawdataack", 32, "Original MPTCP Data ACK", width=64, when=(ACKS, (ACKS_64, 0))),
    Field(
        "rawdataack",
        64,
        "Original MPTCP Data ACK",
        when=(ACKS, (ACKS_64, 1)),
        show="Original MPTCP Data ACK: {rawdataack} (64bits)",
    ),
    Field(
        "rawdataseqno",
        32,
        "Data Sequence Number",
        width=64,
        when=(MAPS, (MAPS_64, 0)),
        show="Data Sequence Number: {rawdataseqno}  (32bits version)",
    ),
    Field(
        "rawdataseqno",
        64,
        "Data Sequence Number",
        when=(MAPS, (MAPS_64, 1)),
        show="Data Sequence Number: {rawdataseqno}  (64bits version)",
    ),
    Field("subflowseqno", 32, "Subflow Sequence Number", when=(MAPS,)),
    Field("datalvllen", 16, "Data-level Length", when=(MAPS,)),
    Field("checksum", 16, "Checksum", Kind.HEX, when=(MAPS,), optional=True),
)

IPV4 = Field("ipv4", 32, "Advertised IPv4 Address", Kind.IPV4)
IPV6 = Field("ipv6", 128, "Advertised IPv6 Address", Kind.IPV6)
PORT = Field("port", 16, "Advertised port")
ADDRESS_ID = Field("addrid", 8, "Address ID")
HMAC = Field("addaddrtrunchmac", 64, "Truncated HMAC")

FORMS = {
    8: (IPV4,),
    10: (IPV4, PORT),
    16: (IPV4, HMAC),
    18: (IPV4, PORT, HMAC),
    20: (IPV6,),
    22: (IPV6, PORT),
    28: (IPV6, HMAC),
    30: (IPV6, PORT, HMAC),
}
"""What ADD_ADDR of version 1 holds after the address's number, by the option's length."""

IP_VERSION = Field("ipver", 4, "IP version", overlay=True, skip=4)
OPTIONAL_PORT = replace(PORT, optional=True)

ADD_IPV4 = body("add_ipv4", 3, IP_VERSION, FIRST, ADDRESS_ID, IPV4, OPTIONAL_PORT, low=(4,))
ADD_IPV6 = body("add_ipv6", 3, IP_VERSION, FIRST, ADDRESS_ID, IPV6, OPTIONAL_PORT, low=(6,))
ADD = body(
    "add",
    3,
    bit("echo", "Echo", 7),
    FIRST,
    ADDRESS_ID,
    *(replace(field, when=at_length(length)) for length, form in FORMS.items() for field in form),
    low=(*range(4), 5, *range(7, 16)),
)

REMOVED_FAMILY = "tcp.option.mptcp.removed"
BEFORE_REMOVED = 3


def _removed(rows: HeaderRows) -> Integers:
    return np.maximum(rows.values(LENGTH) - BEFORE_REMOVED, 0)


REMOVE = Protocol(
    name="mptcp.remove",
    title=SUBTYPES[4],
    reference="RFC 8684 3.4.2",
    follows=tuple((SUBTYPE_FAMILY, 4 << 4 | half) for half in EVERY_LOW_HALF),
    prefix=PREFIX,
    body=True,
    fields=(
        _subtype(overlay=True),
        FIRST,
        Computed(
            "mptcp.rm_addr.count",
            "Number of removed addresses",
            Kind.UINT,
            _removed,
            width=8,
            absolute=True,
        ),
    ),
    items=(Items(REMOVED_FAMILY, Shape.SIZED),),
    path="-",
)

REMOVED = Protocol(
    name="mptcp.removed",
    title="Removed address",
    reference="RFC 8684 3.4.2",
    follows=((REMOVED_FAMILY, ANY),),
    prefix=PREFIX,
    body=True,
    fields=(ADDRESS_ID,),
    path="-",
)

PRIORITY = body(
    "priority",
    5,
    flags(bit("backup.flag", "Backup flag", 7)),
    replace(ADDRESS_ID, optional=True),
)

FALLBACK = body(
    "fallback",
    6,
    *_first_word(),
    Field("rawdataseqno", 64, "Data Sequence Number"),
)

FAST_CLOSE = body(
    "fast_close",
    7,
    *_first_word(),
    Field("recvkey", 64, "Receiver's Key"),
)

RESET_FLAGS = (("flag_U", "Flag U"), ("flag_V", "Flag V"), ("flag_W", "Flag W"), ("flag_T", "Transient"))


def _reset_flags(rows: HeaderRows) -> Text:
    def spelled(value: int) -> str:
        names = [label for place, (_, label) in enumerate(RESET_FLAGS) if value & (8 >> place)]
        return ", ".join((f"Multipath TCP flags: 0x{value:02x}", *names))

    return text.from_list([spelled(value) for value in range(256)]).take(rows.values("flags"))


RESET = body(
    "reset",
    8,
    flags(
        *(
            Field(f"{name}.flag", 1, label, Kind.BOOLEAN, overlay=True, skip=4 + place, container=4)
            for place, (name, label) in enumerate(RESET_FLAGS)
        ),
        show=_reset_flags,
    ),
    Field("rst_reason", 8, "TCPRST Reason", Kind.HEX, REASONS),
)

OTHER = Protocol(
    name="mptcp.other",
    title="Unknown",
    reference="RFC 8684 3",
    follows=((SUBTYPE_FAMILY, ANY),),
    prefix=PREFIX,
    body=True,
    fields=(_subtype(overlay=True), FIRST),
    path="-",
)

NAMED = (
    CAPABLE_0,
    CAPABLE,
    JOIN,
    SIGNAL,
    ADD_IPV4,
    ADD_IPV6,
    ADD,
    REMOVE,
    PRIORITY,
    FALLBACK,
    FAST_CLOSE,
    RESET,
)


def _summary(rows: HeaderRows) -> Text:
    """The title with the subtype's name."""
    titles = [TITLE, *(f"{TITLE}: {one.title}" for one in NAMED), f"{TITLE}: Unknown ("]
    which = np.zeros(len(rows), np.int64)
    for number, one in enumerate(NAMED, 1):
        which[rows.table.layer(one.name).position] = number
    others = rows.table.rows(OTHER.name)
    which[others.layer.position] = len(NAMED) + 1
    place = np.full(len(rows), -1, np.int64)
    place[others.layer.position] = np.arange(len(others))
    unknown = said(others, others.values("subtype"), ")").take(place)
    return text.join([text.from_list(titles).take(which), unknown])


PROTOCOL = Protocol(
    name="mptcp",
    title=TITLE,
    reference="RFC 8684",
    follows=((FAMILY, 30),),
    prefix=PREFIX,
    short="MPTCP",
    fields=(
        Field(KIND, 8, "Kind", names=KINDS, absolute=True),
        Field(LENGTH, 8, "Length", absolute=True),
    ),
    items=(Items(SUBTYPE_FAMILY, Shape.ONE, key_bits=8),),
    summary=_summary,
)

PROTOCOLS = (*NAMED, REMOVED, OTHER)
