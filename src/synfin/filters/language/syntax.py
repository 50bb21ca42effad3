"""What a filter says, as typed values: every node knows which characters it came from.

Spans take no part in equality, so that two spellings of one filter compare equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

Span = tuple[int, int]
"""First and one-past-last character."""


class Role(Enum):
    """What a bare word may stand for."""

    ANY = "a field if there is one of that name, else a literal"
    FIELD = "a field, because it was written with a leading dot"
    LITERAL = "a literal, because it looks like an address or began with a colon"


@dataclass(frozen=True, slots=True)
class Range:
    """One piece of a slice, or one run of layers.

    Attributes:
        start: first index; negative ones count from the end.
        length: how many, None if `last` says or the piece runs to the end.
        last: last index, included; None if `length` says or the piece runs to the end.
    """

    start: int
    length: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: a field, or a literal such as `80` or `10.0.0.0/8`."""

    text: str
    role: Role = Role.ANY
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted string; escapes are already replaced by the bytes they stand for."""

    value: bytes
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Character:
    """A character constant: a small number."""

    value: int
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Raw:
    """`@field`: the bytes of the packet behind a field."""

    of: Word
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Layered:
    """`field#2`: only what occurs in these layers of its protocol, counted from 1."""

    of: Word | Raw
    ranges: tuple[Range, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """`${field}`: the values of a field in the selected packet."""

    of: Word | Raw | Layered
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Sliced:
    """`operand[0:4]`: some of its bytes."""

    of: Operand
    ranges: tuple[Range, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: tuple[Operand, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`."""

    of: Operand
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right`, and so on: one of `+ - * / % &`."""

    operator: str
    left: Operand
    right: Operand
    span: Span = field(default=(0, 0), compare=False)


Operand = Word | Quoted | Character | Raw | Layered | Reference | Sliced | Call | Negative | Arithmetic


@dataclass(frozen=True, slots=True)
class Exists:
    """A bare operand: the field is there, or the value is not zero."""

    operand: Operand
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left == right` and its relatives.

    Attributes:
        operator: `== != === !== < <= > >= contains matches`.
        quantifier: "any", "all", or "" for the operator's own.
    """

    operator: str
    left: Operand
    right: Operand
    quantifier: str = ""
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Element:
    """A member of a set: one value, or all from `low` to `high`."""

    low: Operand
    high: Operand | None = None
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """`left in {elements}`, or `not in`."""

    left: Operand
    elements: tuple[Element, ...]
    negated: bool = False
    quantifier: str = ""
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """`not test`."""

    of: Test
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more tests."""

    of: tuple[Test, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more tests."""

    of: tuple[Test, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Always:
    """The empty filter: every packet."""

    span: Span = field(default=(0, 0), compare=False)


Test = Exists | Comparison | Membership | Not | And | Or | Always
Node = Test | Operand | Element
