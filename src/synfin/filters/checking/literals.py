"""How the text of a literal becomes a value of the type it is compared with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from synfin.basics.errors import FilterError
from synfin.basics.time import SECOND
from synfin.dissect.kinds import Kind
from synfin.filters.checking.checked import Net, Type, Value
from synfin.filters.language.syntax import Character, Quoted, Span, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.dissect.catalogue import FieldInfo

_INTEGER = re.compile(r"0[xX][0-9A-Fa-f]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*")
_LIKE_INTEGER = re.compile(r"[0-9]+")
_HEX = "(?:[0-9A-Fa-f]{2}|[0-9A-Fa-f](?=[:.-]|$))"
_OCTETS = re.compile(rf":?{_HEX}(?:[:.-]?{_HEX})*")
_OCTET = re.compile("[0-9A-Fa-f]{1,2}")
_DURATION = re.compile(r"([0-9]+)(?:\.([0-9]{0,9}))?")
_ISO = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?",
)
_NAMED = re.compile(r"\s*([A-Za-z]{3})\s+(\d{1,2}),\s*(\d{4})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONE = re.compile(r"(?:(Z)|([+-])(\d{2}):?(\d{2}))?\s*(?:UTC|GMT)?\s*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ETHER_OCTETS = 6
LONGEST_NAME = 100
"""Characters of a text that are compared with the names of values."""


def literal(
    node: Word | Quoted | Character, wanted: Type, field: FieldInfo | None, *, partial: bool = False
) -> Value:
    """The value of a literal.

    Args:
        node: the literal.
        wanted: type of what it is compared with.
        field: the field it is compared with, for the names of its values; None if that is no plain field.
        partial: a part of a value will do (`contains`).

    Raises:
        FilterError: it is no value of this type.
    """
    if wanted.kind in (Kind.TEXT, Kind.BYTES, Kind.PROTOCOL):
        return _as_bytes(node, wanted)
    if isinstance(node, Character):
        return _from_character(node, wanted)
    text = node.text if isinstance(node, Word) else node.value.decode("utf-8", "replace")
    if isinstance(node, Quoted) and wanted.kind is not Kind.TIME:
        return _from_names(text, wanted, field, node.span)
    if wanted.is_integer or wanted.kind is Kind.BOOLEAN:
        return _number_or_name(text, wanted, field, node.span)
    if wanted.kind is Kind.ETHER:
        return _ether(text, node.span, partial=partial)
    convert = _CONVERSIONS.get(wanted.kind)
    if convert is None:
        raise FilterError(f"{wanted.label} cannot be compared with {text}.", span=node.span)
    return convert(text, node.span)


def _as_bytes(node: Word | Quoted | Character, wanted: Type) -> bytes:
    if isinstance(node, Quoted):
        return node.value
    if isinstance(node, Character):
        return bytes([node.value])
    if wanted.kind is Kind.TEXT:
        return node.text.encode()
    return octets(node.text, node.span)


def _from_character(node: Character, wanted: Type) -> Value:
    if wanted.is_integer or wanted.kind is Kind.BOOLEAN:
        return node.value
    raise FilterError(f"{wanted.label} cannot be converted from a character.", span=node.span)


# Numbers


def _number_or_name(text: str, wanted: Type, field: FieldInfo | None, span: Span) -> int:
    if wanted.kind is Kind.BOOLEAN and text.casefold() in ("true", "false"):
        return int(text.casefold() == "true")
    names = _names(wanted, field)
    if not _INTEGER.fullmatch(text):
        if names:
            return _from_names(text, wanted, field, span)
        raise FilterError(f'"{text}" is not a valid number.', span=span, hint=_number_hint(text))
    return integer(text, wanted, span)


def integer(text: str, wanted: Type, span: Span) -> int:
    """A C integer (0x…, 0b…, octal with a leading 0) within the limits of a type."""
    lower = text.lower()
    base = (
        16 if lower.startswith("0x") else 2 if lower.startswith("0b") else 8 if lower.startswith("0") else 10
    )
    value = int(lower[2:] if base in (16, 2) else lower, base)
    if value >= 1 << 64:
        raise FilterError(f'"{text}" causes an integer overflow.', span=span)
    width = wanted.width if wanted.is_integer and wanted.width else 64
    most = (1 << (width - 1 if wanted.kind is Kind.INT else width)) - 1
    if value > most:
        raise FilterError(f'"{text}" too big for this field, maximum {most}.', span=span)
    return value


def _number_hint(text: str) -> str:
    if "-" in text.strip("-") and _LIKE_INTEGER.match(text):
        return "A minus needs a blank before it: words may contain hyphens."
    if text.startswith("0") and text.isdigit():
        return "A leading zero means octal."
    if _LIKE_INTEGER.match(text):
        return "Whole numbers are decimal, 0x… hexadecimal, 0b… binary, or octal with a leading 0."
    return ""


def _names(wanted: Type, field: FieldInfo | None) -> dict[str, int]:
    """What the values of a field are called, in lower case; the first value of each name."""
    if field is None or wanted.kind is Kind.PORT or not (wanted.is_integer or wanted.kind is Kind.BOOLEAN):
        return {}
    return {name.casefold(): value for value, name in reversed(list(field.names.items()))}


def _from_names(text: str, wanted: Type, field: FieldInfo | None, span: Span) -> int:
    names = _names(wanted, field)
    if not names or field is None:
        raise FilterError(
            f'{wanted.label} cannot be converted from a string ("{text}").',
            span=span,
            hint=_unquoting_hint(text, wanted),
        )
    if text.casefold() in names:
        return names[text.casefold()]
    raise FilterError(
        f'"{text}" cannot be found among the possible values for {field.name}.',
        span=span,
        hint=_known_names(text, field),
    )


def _unquoting_hint(text: str, wanted: Type) -> str:
    if wanted.kind in (Kind.IPV4, Kind.IPV6, Kind.ETHER, Kind.EUI64):
        return f"Addresses stand without quotes: {text}"
    if wanted.is_integer and _INTEGER.fullmatch(text):
        return f"Numbers stand without quotes: {text}"
    return ""


def _known_names(text: str, field: FieldInfo) -> str:
    import difflib

    names = list(dict.fromkeys(field.names.values()))
    near = difflib.get_close_matches(text[:LONGEST_NAME], names, 3, 0.5) or names[:3]
    more = ", …" if len(names) > len(near) else ""
    return "Its values are called " + ", ".join(f'"{name}"' for name in near) + more


# Addresses and bytes


def octets(text: str, span: Span) -> bytes:
    """Bytes in hexadecimal, perhaps with `: - .` between them; `0xNN` and `0bNNNNNNNN` are single bytes."""
    if re.fullmatch("0[xX][0-9A-Fa-f]{2}", text):
        return bytes([int(text, 16)])
    if re.fullmatch("0[bB][01]{8}", text):
        return bytes([int(text, 2)])
    if not _OCTETS.fullmatch(text):
        hint = "Text needs double quotes; bytes are hexadecimal, as in 47:45:54."
        raise FilterError(f'"{text}" is not a valid byte string.', span=span, hint=hint)
    return bytes(int(octet, 16) for octet in _OCTET.findall(text))


def _ether(text: str, span: Span, *, partial: bool) -> int | bytes:
    value = octets(text, span) if _OCTETS.fullmatch(text) else b""
    if not value:
        raise FilterError(f'"{text}" is not a valid hostname or Ethernet address.', span=span)
    if partial:
        return value
    if len(value) != ETHER_OCTETS:
        problem = "few" if len(value) < ETHER_OCTETS else "many"
        raise FilterError(
            f'"{text}" contains too {problem} bytes to be a valid Ethernet address.',
            span=span,
            hint="Compare its first bytes with a slice: eth.addr[0:3] == 00:09:6b"
            if problem == "few"
            else "",
        )
    return int.from_bytes(value, "big")


def _eui64(text: str, span: Span) -> int:
    if _INTEGER.fullmatch(text):
        return integer(text, Type(Kind.EUI64, 64), span)
    value = octets(text, span)
    if len(value) != 8:
        raise FilterError(f'"{text}" is not a valid EUI-64 address.', span=span)
    return int.from_bytes(value, "big")


def _ipv4(text: str, span: Span) -> Net:
    address, _, prefix = text.partition("/")
    try:
        value = int(IPv4Address(address))
    except AddressValueError:
        hint = "Names of hosts are not looked up; write the address as four numbers from 0 to 255."
        raise FilterError(
            f'"{address}" is not a valid hostname or IPv4 address.', span=span, hint=hint
        ) from None
    return _net(value, 32, prefix, span, "Netmask bits in a CIDR IPv4 address should be <= 32, not")


def _ipv6(text: str, span: Span) -> Net:
    address, _, prefix = text.partition("/")
    try:
        value = int(IPv6Address(address))
    except AddressValueError:
        raise FilterError(f'"{address}" is not a valid hostname or IPv6 address.', span=span) from None
    return _net(value, 128, prefix, span, "Prefix in a IPv6 address should be <= 128, not")


def _net(value: int, width: int, prefix: str, span: Span, problem: str) -> Net:
    bits = int(prefix) if prefix else width
    if bits > width:
        raise FilterError(f"{problem} {bits}", span=span)
    mask = ((1 << width) - 1) ^ ((1 << (width - bits)) - 1)
    return Net(value & mask, mask)


# Times


def _duration(text: str, span: Span) -> int:
    match = _DURATION.fullmatch(text)
    if not match or int(match.group(1)) >= 1 << 33:
        hint = "Durations are seconds with at most nine decimals, as in 0.000001."
        raise FilterError(f'"{text}" is not a valid time.', span=span, hint=hint)
    return int(match.group(1)) * SECOND + int((match.group(2) or "").ljust(9, "0"))


def _double(text: str, span: Span) -> float:
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass
    raise FilterError(f'"{text}" is not a valid floating-point number.', span=span)


def _time(text: str, span: Span) -> int:
    """Nanoseconds since the epoch; times without a zone are UTC, as they are shown."""
    match = _NAMED.match(text) or _ISO.match(text)
    if not match:
        raise _no_time(text, span)
    year, month, day, *clock = match.groups()
    if match.re is _NAMED:
        name, day, year = year, month, day
        month = str(_MONTHS.index(name.lower()) + 1) if name.lower() in _MONTHS else "0"
    hour, minute, second = (int(part or 0) for part in clock)
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
        raise _no_time(text, span)
    if hour > 23 or minute > 59 or second > 60:
        raise FilterError(
            "Unexpected data after time value.", span=span, hint="Hours go to 23, minutes to 59."
        )
    try:
        moment = datetime(int(year), int(month), 1, tzinfo=UTC) - _EPOCH
    except ValueError:
        raise _no_time(text, span) from None
    moment += timedelta(days=int(day) - 1, hours=hour, minutes=minute, seconds=second)
    fraction, shift = _after_seconds(text[match.end() :], span, has_seconds=clock[-1] is not None)
    return (moment.days * 86400 + moment.seconds - shift) * SECOND + fraction


def _after_seconds(rest: str, span: Span, *, has_seconds: bool) -> tuple[int, int]:
    """Nanoseconds of the fraction, and seconds that the zone is ahead of UTC."""
    fraction = ""
    if rest.startswith("."):
        if not has_seconds:
            raise FilterError("Subsecond precision requires a seconds field.", span=span)
        fraction = re.match("[0-9]*", rest[1:]).group()  # type: ignore[union-attr]  # may be empty, always matches
        if not fraction and rest[1:].strip():
            raise FilterError("Subseconds value is not a number.", span=span)
        rest = rest[1 + len(fraction) :]
    zone = _ZONE.fullmatch(rest)
    if not zone:
        hint = "A zone is written Z, UTC or as an offset such as +02:00."
        raise FilterError("Unexpected data after time value.", span=span, hint=hint)
    _, sign, hours, minutes = zone.groups()
    shift = (int(hours) * 60 + int(minutes)) * 60 if sign else 0
    return int(fraction[:9].ljust(9, "0")), -shift if sign == "-" else shift


def _no_time(text: str, span: Span) -> FilterError:
    example = 'Example: "Nov 12, 1999 08:55:44.123" or "2011-07-04 12:34:56"'
    return FilterError(f'"{text}" is not a valid absolute time. {example}', span=span)


_CONVERSIONS: dict[Kind, Callable[[str, Span], Value]] = {
    Kind.EUI64: _eui64,
    Kind.IPV4: _ipv4,
    Kind.IPV6: _ipv6,
    Kind.TIME: _time,
    Kind.DURATION: _duration,
    Kind.DOUBLE: _double,
}
