"""A filter whose names, types and literals are known: what can be evaluated without asking again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from synfin.dissect.kinds import INTEGERS, Kind

if TYPE_CHECKING:
    from synfin.filters.language.syntax import Range


class Type(NamedTuple):
    """What sort of values an operand has.

    Attributes:
        kind: as in the catalogue.
        width: bits of integers.
        signed: whether an integer may be negative.
    """

    kind: Kind
    width: int = 0
    signed: bool = False

    @property
    def is_integer(self) -> bool:
        """Whether it takes part in integer arithmetic and comparison."""
        return self.kind in INTEGERS or self.kind is Kind.EUI64

    @property
    def code(self) -> str:
        """Wireshark's name of the type."""
        if self.kind is Kind.INT:
            return f"FT_INT{self.width}"
        if self.kind in INTEGERS and self.kind is not Kind.FRAME:
            return f"FT_UINT{self.width}"
        return _CODES[self.kind][0]

    @property
    def label(self) -> str:
        """What people call it."""
        if self.kind in INTEGERS and self.kind is not Kind.FRAME:
            octets = max(self.width // 8, 1)
            sign = "Signed" if self.kind is Kind.INT else "Unsigned"
            return f"{sign} integer ({octets} byte{'s' if octets > 1 else ''})"
        return _CODES[self.kind][1]


_CODES = {
    Kind.FRAME: ("FT_FRAMENUM", "Frame number"),
    Kind.BOOLEAN: ("FT_BOOLEAN", "Boolean"),
    Kind.ETHER: ("FT_ETHER", "Ethernet or other MAC address"),
    Kind.EUI64: ("FT_EUI64", "EUI64 address"),
    Kind.IPV4: ("FT_IPv4", "IPv4 address"),
    Kind.IPV6: ("FT_IPv6", "IPv6 address"),
    Kind.BYTES: ("FT_BYTES", "Sequence of bytes"),
    Kind.TEXT: ("FT_STRING", "Character string"),
    Kind.TIME: ("FT_ABSOLUTE_TIME", "Date and time"),
    Kind.DURATION: ("FT_RELATIVE_TIME", "Time offset"),
    Kind.DOUBLE: ("FT_DOUBLE", "Floating point (double-precision)"),
    Kind.NONE: ("FT_NONE", "Label"),
    Kind.PROTOCOL: ("FT_PROTOCOL", "Protocol"),
}

BYTES = Type(Kind.BYTES)
TEXT = Type(Kind.TEXT)
COUNT = Type(Kind.UINT, 32)


class Net(NamedTuple):
    """An address, or all addresses that share its first bits.

    Attributes:
        value: the address as a number, its host bits cleared.
        mask: ones where addresses are compared.
    """

    value: int
    mask: int


Value = int | float | bytes | Net
"""Numbers by their meaning, times in nanoseconds, hardware addresses as numbers, text and bytes as bytes."""


@dataclass(frozen=True, slots=True)
class Read:
    """All occurrences of a field.

    Attributes:
        name: its name in the catalogue.
        type: of its values; `BYTES` if `raw`.
        layers: only these layers of its protocol, () for all.
        raw: the packet's bytes behind it instead of its value.
    """

    name: str
    type: Type
    layers: tuple[Range, ...] = ()
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Fixed:
    """Values that do not depend on the packet: a literal, or what a reference held."""

    values: tuple[Value, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Slice:
    """Pieces of each value's bytes."""

    of: Operand
    ranges: tuple[Range, ...]
    type: Type = BYTES


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of its arguments."""

    function: str
    arguments: tuple[Operand, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Negate:
    """Minus."""

    of: Operand
    type: Type


@dataclass(frozen=True, slots=True)
class Combine:
    """Arithmetic: every value of the left with every value of the right."""

    operator: str
    left: Operand
    right: Operand
    type: Type


Operand = Read | Fixed | Slice | Apply | Negate | Combine


@dataclass(frozen=True, slots=True)
class Present:
    """The field occurs."""

    of: Read


@dataclass(frozen=True, slots=True)
class Nonzero:
    """Some value is neither zero nor empty."""

    of: Operand


@dataclass(frozen=True, slots=True)
class Compare:
    """Some pair (or every pair) of values fulfils the operator; false if a side is absent.

    Attributes:
        operator: one of `== != < <= > >= contains matches`.
        every: whether every pair must.
        pattern: what to match, ready for the regex engine; "" for other operators.
    """

    operator: str
    every: bool
    left: Operand
    right: Operand
    pattern: str = ""


class Member(NamedTuple):
    """One value, or all values from `low` to `high`."""

    low: Operand
    high: Operand | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """Some value is a member; `every`: there is one member that every value equals, as in Wireshark."""

    every: bool
    left: Operand
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The test fails."""

    of: Test


@dataclass(frozen=True, slots=True)
class Every:
    """All of these."""

    of: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these."""

    of: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Always:
    """Every packet."""


Test = Present | Nonzero | Compare | Within | Negation | Every | Either | Always
