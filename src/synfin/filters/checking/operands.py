"""Operands to checked operands: fields are looked up, literals take the type of what they stand beside."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple, assert_never

from synfin.basics.errors import FilterError
from synfin.dissect.kinds import INTEGERS, Kind
from synfin.filters.checking import checked
from synfin.filters.checking.checked import BYTES, COUNT, TEXT, Fixed, Read, Type, Value
from synfin.filters.checking.functions import FUNCTIONS, NUMERIC, WRITABLE
from synfin.filters.checking.literals import literal
from synfin.filters.checking.names import value_names
from synfin.filters.language import syntax
from synfin.filters.language.printing import operand_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synfin.dissect.catalogue import FieldInfo
    from synfin.filters.checking.names import Names

SLICEABLE = frozenset({Kind.IPV4, Kind.IPV6, Kind.ETHER, Kind.BYTES, Kind.TEXT, Kind.PROTOCOL})
MASKABLE = INTEGERS | {Kind.EUI64, Kind.IPV4, Kind.IPV6, Kind.ETHER, Kind.BYTES}
ADDABLE = INTEGERS | {Kind.EUI64, Kind.DOUBLE, Kind.DURATION}
FACTORS = INTEGERS | {Kind.DOUBLE}
ALLOWED = {"&": MASKABLE, "+": ADDABLE, "-": ADDABLE, "*": FACTORS, "/": FACTORS, "%": INTEGERS}
"""Kinds that each arithmetic operator takes."""


BITWISE = "`&` works on bits; tests are joined by `&&` or `and`."


class Selected(NamedTuple):
    """One value of a field in the selected packet.

    Attributes:
        value: a number, address as a number, or bytes; as `checked.Value`, without masks.
        layer: number of the layer it occurs in, from 1.
        layers: how many layers of its protocol the packet has.
    """

    value: int | float | bytes
    layer: int = 1
    layers: int = 1


class Wanted(NamedTuple):
    """What a literal is to become."""

    type: Type
    field: FieldInfo | None = None
    partial: bool = False


class Typeless(FilterError):  # noqa: N818 - it says what a literal is, and is handled like one
    """A literal stands where nothing says of which type it is."""

    def __init__(self, node: syntax.Operand) -> None:
        super().__init__(
            f"{operand_text(node)} stands where a field is needed.",
            span=node.span,
            hint="Put the field first.",
        )


class Operands:
    """Checks the operands of one filter.

    Args:
        names: the fields there are.
        references: values of fields in the selected packet, for `${field}`.
    """

    def __init__(self, names: Names, references: Mapping[str, Sequence[Selected]]) -> None:
        self._names = names
        self._references = references

    def operand(self, node: syntax.Operand, wanted: Wanted | None) -> checked.Operand:
        """The checked form of an operand.

        Args:
            node: the operand.
            wanted: what a literal is to become; None where a field is needed.

        Raises:
            Typeless: it has only literals, and nothing is wanted.
            FilterError: with the span of what is wrong.
        """
        match node:
            case syntax.Word():
                return self._word(node, wanted)
            case syntax.Quoted() | syntax.Character():
                return self._literal(node, wanted)
            case syntax.Raw() | syntax.Layered():
                return self._field(node)
            case syntax.Reference():
                return self._reference(node)
            case syntax.Sliced():
                return self._slice(node)
            case syntax.Call():
                return self._call(node, wanted)
            case syntax.Negative():
                return self._negative(node, wanted)
            case syntax.Arithmetic():
                return self._arithmetic(node, wanted)
            case _:
                assert_never(node)

    def _word(self, node: syntax.Word, wanted: Wanted | None) -> checked.Operand:
        if self._names.find(node) is not None:
            return self._field(node)
        if node.role is syntax.Role.FIELD:
            raise FilterError(
                f'"{node.text}" is not a valid protocol or protocol field.',
                span=node.span,
                hint=self._names.did_you_mean(node.text),
            )
        try:
            return self._literal(node, wanted)
        except Typeless:
            raise
        except FilterError as error:
            is_name = "." in node.text and node.text[0].isalpha()
            raise FilterError(
                str(error),
                span=error.span,
                hint=error.hint or (self._names.did_you_mean(node.text) if is_name else ""),
            ) from None

    def _literal(
        self, node: syntax.Word | syntax.Quoted | syntax.Character, wanted: Wanted | None
    ) -> checked.Operand:
        if wanted is None:
            raise Typeless(node)
        value = literal(node, wanted.type, wanted.field, partial=wanted.partial)
        is_part = isinstance(value, bytes) and wanted.type.kind is Kind.ETHER
        return Fixed((value,), BYTES if is_part else wanted.type)

    def _field(self, node: syntax.Word | syntax.Raw | syntax.Layered) -> Read:
        ranges: tuple[syntax.Range, ...] = ()
        if isinstance(node, syntax.Layered):
            ranges, node = node.ranges, node.of
        raw = isinstance(node, syntax.Raw)
        word = node.of if isinstance(node, syntax.Raw) else node
        info = self._names.find(word)
        if info is None:
            raise self._names.missing(word, f'"{word.text}" is not a valid protocol or protocol field.')
        self._names.used.add(info.name)
        return Read(info.name, BYTES if raw else type_of(info), ranges, raw)

    def _reference(self, node: syntax.Reference) -> Fixed:
        used = set(self._names.used)
        read = self._field(node.of)
        self._names.used = used  # only the selected packet needs it
        chosen = [
            selected.value
            for selected in self._references.get(read.name, ())
            if not read.layers or any(in_range(selected.layer, selected.layers, one) for one in read.layers)
        ]
        return Fixed(tuple(_as_value(value, read.type) for value in chosen), read.type)

    def _slice(self, node: syntax.Sliced) -> checked.Slice:
        try:
            of = self.operand(node.of, None)
        except Typeless:
            problem = f"Range is not supported for entity {operand_text(node.of)}"
            raise self._names.unknown_in(node.of) or FilterError(problem, span=node.span) from None
        if of.type.kind not in SLICEABLE:
            subject = f'"{operand_text(node.of)}" is a {of.type.label}'
            problem = f"{subject} and cannot be sliced into a sequence of bytes."
            hint = f"Its bytes in the packet: @{operand_text(node.of)}" if isinstance(of, Read) else ""
            raise FilterError(problem, span=node.span, hint=hint)
        return checked.Slice(of, node.ranges)

    def _negative(self, node: syntax.Negative, wanted: Wanted | None) -> checked.Operand:
        of = self.operand(node.of, wanted)
        if of.type.kind not in ADDABLE:
            raise FilterError(f"{of.type.code} cannot -.", span=node.span)
        signed = of.type._replace(signed=True)
        if isinstance(of, Fixed):
            return Fixed(tuple(-value for value in of.values if isinstance(value, int | float)), signed)
        return checked.Negate(of, signed)

    def _arithmetic(self, node: syntax.Arithmetic, wanted: Wanted | None) -> checked.Operand:
        for side in (node.left, node.right):
            if isinstance(side, syntax.Quoted | syntax.Character):
                problem = f"{operand_text(side)} is not a valid arithmetic operand."
                raise FilterError(problem, span=side.span)
        left = self.operand(node.left, wanted)
        if left.type.kind not in ALLOWED[node.operator]:
            problem = f"{left.type.code} cannot {node.operator}."
            raise FilterError(problem, span=node.span, hint=BITWISE if node.operator == "&" else "")
        right = self.operand(node.right, self.wanted(left, node.left))
        if not is_compatible(left.type, right.type):
            error = incompatible(node.left, node.right)
            raise FilterError(str(error), span=error.span, hint=BITWISE) if node.operator == "&" else error
        if right.type.kind not in ALLOWED[node.operator]:
            raise FilterError(f"{right.type.code} cannot {node.operator}.", span=node.span)
        if isinstance(left, Fixed) and isinstance(right, Fixed):
            known = _known(node.operator, left, right)
            if known is not None:
                return known
        return checked.Combine(node.operator, left, right, left.type)

    # Functions

    def _call(self, node: syntax.Call, wanted: Wanted | None) -> checked.Operand:
        function = FUNCTIONS.get(node.function)
        if function is None:
            near = difflib.get_close_matches(node.function, FUNCTIONS, 1, 0.5)
            hint = f"Did you mean {near[0]}()?" if near else f"There are: {', '.join(FUNCTIONS)}."
            raise FilterError(f"Function '{node.function}' does not exist", span=node.span, hint=hint)
        if not node.arguments:
            raise FilterError(f"Function {node.function} needs at least 1 arguments.", span=node.span)
        if function.most is not None and len(node.arguments) > function.most:
            problem = f"Function {node.function} can only accept {function.most} arguments."
            raise FilterError(problem, span=node.span)
        if node.function in ("max", "min"):
            return self._extreme(node, wanted)
        if node.function == "abs":
            argument = self.operand(node.arguments[0], wanted)
            if argument.type.kind not in NUMERIC:
                problem = f"'{operand_text(node.arguments[0])}' is not a valid argument to 'abs'()"
                raise FilterError(problem, span=node.arguments[0].span)
            return checked.Apply("abs", (argument,), argument.type)
        return self._of_one_field(node)

    def _extreme(self, node: syntax.Call, wanted: Wanted | None) -> checked.Operand:
        """`max` and `min`: all arguments have the type of the first that brings one."""
        own: checked.Operand | None = None
        for argument in node.arguments:
            try:
                own = self.operand(argument, None)
                break
            except Typeless:
                continue
        if own is not None:
            wanted = self.wanted(own, node.arguments[0])
        arguments = tuple(self.operand(argument, wanted) for argument in node.arguments)
        first = arguments[0].type
        for given, checked_argument in zip(node.arguments, arguments, strict=True):
            if checked_argument.type.code != first.code:
                problem = (
                    f"Arguments to '{node.function}' must have the same type "
                    f"(expected {first.code}, got {checked_argument.type.code})"
                )
                raise FilterError(problem, span=given.span)
        if first.kind is Kind.NONE:
            raise FilterError(f"{operand_text(node.arguments[0])} has no value.", span=node.span)
        return checked.Apply(node.function, arguments, first)

    def _of_one_field(self, node: syntax.Call) -> checked.Operand:
        name, given = node.function, node.arguments[0]
        try:
            argument = self.operand(given, None)
        except Typeless:
            unknown = self._names.unknown_in(given)
            if unknown:
                raise unknown from None
            argument = None
        is_field = isinstance(argument, Read) and not isinstance(given, syntax.Reference)
        if name in ("upper", "lower"):
            if argument is None or not is_field or argument.type.kind is not Kind.TEXT:
                problem = f"Only string type fields can be used as parameter for {name}()"
                raise FilterError(problem, span=given.span)
            return checked.Apply(name, (argument,), TEXT)
        if argument is None or not (is_field or (name == "len" and isinstance(argument, checked.Slice))):
            raise FilterError(f"Only fields can be used as parameter for {name}()", span=given.span)
        if name == "string" and argument.type.kind not in WRITABLE:
            problem = f'String conversion for field "{operand_text(given)}" is not supported'
            raise FilterError(problem, span=given.span)
        return checked.Apply(name, (argument,), TEXT if name == "string" else COUNT)

    def wanted(self, operand: checked.Operand, node: syntax.Operand, *, partial: bool = False) -> Wanted:
        """What a literal beside this operand must become."""
        info = (
            self._names.catalogue.fields.get(operand.name)
            if isinstance(operand, Read) and not operand.raw
            else None
        )
        if isinstance(operand, checked.Combine | checked.Negate):
            inner = operand.left if isinstance(operand, checked.Combine) else operand.of
            info = self.wanted(inner, node).field
        if info is not None:
            info = info._replace(names=value_names(info, self._names.catalogue))
        return Wanted(operand.type, info, partial)


def _known(operator: str, left: Fixed, right: Fixed) -> Fixed | None:
    """The result for two whole numbers; None if it is none, or does not fit."""
    if not left.type.is_integer or len(left.values) != 1 or len(right.values) != 1:
        return None
    one, other = left.values[0], right.values[0]
    if not isinstance(one, int) or not isinstance(other, int) or (operator in "/%" and other == 0):
        return None
    match operator:
        case "+":
            value = one + other
        case "-":
            value = one - other
        case "*":
            value = one * other
        case "&":
            value = one & other
        case _:
            quotient = (
                abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
            )  # towards zero, as in C
            value = quotient if operator == "/" else one - quotient * other
    width = max(left.type.width, 32)
    fits = -(1 << (width - 1)) <= value < 1 << width
    return Fixed((value,), left.type) if fits else None


def type_of(info: FieldInfo) -> Type:
    """The type of a field's values."""
    return Type(info.kind, info.width, signed=info.kind is Kind.INT)


def _as_value(value: float | bytes, wanted: Type) -> Value:
    """A reference's value, as a literal of that type would be."""
    widths = {Kind.IPV4: 32, Kind.IPV6: 128}
    if wanted.kind in widths:
        number = int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)
        return checked.Net(number, (1 << widths[wanted.kind]) - 1)
    return value


def in_range(number: int, count: int, piece: syntax.Range) -> bool:
    """Whether a layer's number lies in a range of layers; negative numbers count from the last."""
    start = piece.start if piece.start >= 0 else count + 1 + piece.start
    if piece.last is not None:
        return start <= number <= (piece.last if piece.last >= 0 else count + 1 + piece.last)
    return start <= number and (piece.length is None or number < start + piece.length)


def is_compatible(left: Type, right: Type) -> bool:
    """Whether values of both types can be compared or combined."""
    families = (frozenset({Kind.BYTES, Kind.ETHER}),)
    if left.kind is right.kind:
        return True
    if left.is_integer and (right.is_integer or right.kind is Kind.BOOLEAN):
        return True
    return any(left.kind in family and right.kind in family for family in families)


def incompatible(left: syntax.Operand, right: syntax.Operand) -> FilterError:
    """The error for two operands whose types do not agree."""
    hint = ""
    if isinstance(right, syntax.Word):
        hint = f"{right.text} names a field; for a value of that name write it in quotes or in another case."
    return FilterError(
        f"{operand_text(left)} and {operand_text(right)} are not of compatible types.",
        span=(left.span[0], right.span[1]),
        hint=hint,
    )
