"""What sort of value a field holds: how it is kept, compared and written."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """The type of a field's values, named after what a reader sees.

    Columns keep UINT, HEX, PORT, BOOLEAN, FRAME and ETHER and IPV4 as int64 (64-bit numbers by their bit
    pattern), times as int64 nanoseconds, IPV6 as rows of 16 bytes, BYTES and TEXT as `Spans` or `Text`,
    NONE and PROTOCOL without values: they are present or not.
    """

    UINT = "unsigned integer"
    HEX = "unsigned integer, written 0x…"
    HEX_DEC = "unsigned integer, written 0x… (and decimal in the tree)"
    DEC_HEX = "unsigned integer, written decimal (and 0x… in the tree)"
    INT = "signed integer"
    PORT = "port number"
    BOOLEAN = "true or false"
    FRAME = "packet number"
    ETHER = "Ethernet address"
    EUI64 = "EUI-64 address"
    IPV4 = "IPv4 address"
    IPV6 = "IPv6 address"
    BYTES = "bytes"
    TEXT = "text"
    TIME = "date and time"
    DURATION = "duration"
    DOUBLE = "floating-point number"
    NONE = "mark, present or not"
    PROTOCOL = "protocol"


INTEGERS = frozenset({Kind.UINT, Kind.HEX, Kind.HEX_DEC, Kind.DEC_HEX, Kind.INT, Kind.PORT, Kind.FRAME})
"""Kinds that are whole numbers to a reader."""

HEXADECIMAL = frozenset({Kind.HEX, Kind.HEX_DEC})
"""Kinds that are written 0x… when only the value is wanted."""
