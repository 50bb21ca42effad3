"""Tests to checked tests: both sides of a comparison must agree, and be able to take part in it.

Nothing here knows a field: all names come from the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from synfin.basics.errors import FilterError
from synfin.dissect.kinds import Kind
from synfin.filters.checking import checked
from synfin.filters.checking.checked import BYTES, Fixed, Read
from synfin.filters.checking.functions import WRITABLE
from synfin.filters.checking.names import Names
from synfin.filters.checking.operands import (
    SLICEABLE,
    Operands,
    Typeless,
    Wanted,
    incompatible,
    is_compatible,
)
from synfin.filters.checking.regex import for_re2
from synfin.filters.language import syntax
from synfin.filters.language.printing import operand_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synfin.dissect.catalogue import Catalogue
    from synfin.filters.checking.operands import Selected

SEARCHABLE = frozenset({Kind.ETHER, Kind.BYTES, Kind.TEXT, Kind.PROTOCOL})
"""Kinds in which `contains` and `matches` look."""

OPERATORS = {"===": ("==", True), "!==": ("!=", False), "!=": ("!=", True)}
"""Operators whose quantifier is not "some pair": the comparison, and whether every pair must fulfil it."""

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Checker:
    """Checks one filter; afterwards `fields` and `warnings` say what it found.

    Args:
        catalogue: the fields there are.
        references: values of fields in the selected packet, for `${field}`.
    """

    def __init__(self, catalogue: Catalogue, references: Mapping[str, Sequence[Selected]]) -> None:
        self._names = Names(catalogue)
        self._operands = Operands(self._names, references)

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields that the filter needs."""
        return frozenset(self._names.used)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what may not be meant."""
        return tuple(self._names.warnings)

    def test(self, node: syntax.Test) -> checked.Test:
        """The checked form of a test.

        Raises:
            FilterError: with the span of what is wrong.
        """
        match node:
            case syntax.Always():
                return checked.Always()
            case syntax.Not(of=inner):
                return checked.Negation(self.test(inner))
            case syntax.And(of=parts):
                return checked.Every(tuple(self.test(part) for part in parts))
            case syntax.Or(of=parts):
                return checked.Either(tuple(self.test(part) for part in parts))
            case syntax.Exists():
                return self._exists(node)
            case syntax.Comparison():
                return self._comparison(node)
            case syntax.Membership():
                return self._membership(node)
            case _:
                assert_never(node)

    def _exists(self, node: syntax.Exists) -> checked.Test:
        operand = node.operand
        if isinstance(operand, syntax.Word) and self._names.find(operand) is None:
            raise self._names.missing(
                operand, f"{operand_text(operand)} is neither a field nor a protocol name."
            )
        if isinstance(operand, syntax.Quoted | syntax.Character | syntax.Reference) or _is_constant(operand):
            raise FilterError(
                f"{operand_text(operand)} is neither a field nor a protocol name.",
                span=node.span,
                hint="A value alone is no test; compare it with a field.",
            )
        found = self._operands.operand(operand, None)
        return checked.Present(found) if isinstance(found, Read) and not found.raw else checked.Nonzero(found)

    def _comparison(self, node: syntax.Comparison) -> checked.Test:
        operator, every = OPERATORS.get(node.operator, (node.operator, False))
        if node.quantifier:
            every = node.quantifier == "all"
        if node.operator == "matches":
            return self._matches(node, every=every)
        try:
            left = self._left(node.left, node.operator)
        except Typeless:
            return self._turned(node, operator, every=every)
        self._refuse_incomparable(node.left, left, node.operator)
        contains = node.operator == "contains"
        right = self._operands.operand(node.right, self._operands.wanted(left, node.left, partial=contains))
        left, right = self._compatible((node.left, left), (node.right, right))
        if contains and left.type.kind is Kind.ETHER:
            left = checked.Slice(left, (syntax.Range(0),))
        if node.operator == "!=":
            self._warn_of_several(node)
        return checked.Compare(operator, every, left, right)

    def _turned(self, node: syntax.Comparison, operator: str, *, every: bool) -> checked.Test:
        """The left side has only literals inside functions: their type comes from the right."""
        problem = self._names.unknown_in(node.left) or FilterError(
            "Constant arithmetic expression on the LHS is invalid.",
            span=node.left.span,
            hint="Put the field first.",
        )
        if not isinstance(node.left, syntax.Call):
            raise problem
        try:
            right = self._operands.operand(node.right, None)
            left = self._operands.operand(node.left, self._operands.wanted(right, node.right))
        except FilterError:
            raise problem from None
        self._refuse_incomparable(node.right, right, node.operator)
        return checked.Compare(MIRRORED.get(operator, operator), every, right, left)

    def _matches(self, node: syntax.Comparison, *, every: bool) -> checked.Test:
        left = self._left(node.left, node.operator)
        self._refuse_incomparable(node.left, left, "matches")
        if not isinstance(node.right, syntax.Quoted):
            raise FilterError(
                "Matches requires a double quoted string on the right side.",
                span=node.right.span,
                hint=f'Write "{operand_text(node.right)}".',
            )
        try:
            pattern = for_re2(node.right.value)
        except FilterError as error:
            raise FilterError(str(error), span=node.right.span, hint=error.hint) from None
        if left.type.kind is Kind.ETHER:
            left = checked.Slice(left, (syntax.Range(0),))
        return checked.Compare("matches", every, left, Fixed((node.right.value,), BYTES), pattern)

    def _membership(self, node: syntax.Membership) -> checked.Test:
        if not isinstance(node.left, syntax.Word | syntax.Layered | syntax.Raw | syntax.Reference):
            raise FilterError(
                "Only a field may be tested for membership in a set.",
                span=node.left.span,
                hint="Join comparisons with `or` instead.",
            )
        left = self._left(node.left, "in")
        self._refuse_incomparable(node.left, left, "==")
        wanted = self._operands.wanted(left, node.left)
        members = tuple(
            checked.Member(
                self._element(element.low, (node.left, left), wanted),
                None if element.high is None else self._element(element.high, (node.left, left), wanted),
            )
            for element in node.elements
        )
        every = node.quantifier == "all" and not node.negated  # `not in` is never weakened by `all`
        test = checked.Within(every, left, members)
        return checked.Negation(test) if node.negated else test

    def _element(
        self, node: syntax.Operand, left: tuple[syntax.Operand, checked.Operand], wanted: Wanted
    ) -> checked.Operand:
        if isinstance(node, syntax.Sliced):
            raise FilterError("A slice may not appear inside a set.", span=node.span)
        return self._compatible(left, (node, self._operands.operand(node, wanted)))[1]

    def _left(self, node: syntax.Operand, operator: str) -> checked.Operand:
        """A left side: it must bring its own type."""
        if isinstance(node, syntax.Word) and self._names.find(node) is None:
            problem = (
                f'Left side of "{operator}" expression must be a field or function, not {operand_text(node)}.'
            )
            raise self._names.missing(node, problem)
        if isinstance(node, syntax.Quoted | syntax.Character):
            problem = (
                f'Left side of "{operator}" expression must be a field or function, not {operand_text(node)}.'
            )
            raise FilterError(problem, span=node.span, hint="Put the field first.")
        return self._operands.operand(node, None)

    def _warn_of_several(self, node: syntax.Comparison) -> None:
        if isinstance(node.left, syntax.Word) and not node.quantifier:
            name = node.left.text
            if len(self._names.catalogue.sources.get(name, ())) > 1:
                self._names.warn(
                    f"{name} has several values per packet; `!=` is true if none of them equals, "
                    f"as in Wireshark 3.6 and later. For `some value differs` write `!==`."
                )

    def _refuse_incomparable(self, node: syntax.Operand, operand: checked.Operand, operator: str) -> None:
        kinds = SEARCHABLE if operator in ("contains", "matches") else frozenset(Kind) - {Kind.NONE}
        if operand.type.kind not in kinds:
            hint = ""
            if operand.type.kind is Kind.NONE:
                hint = f"It is there or not; write just {operand_text(node)}"
            elif operand.type.kind in WRITABLE and isinstance(operand, Read):
                hint = f"Search its text: string({operand_text(node)}) {operator} …"
            subject = f"{operand_text(node)} (type={operand.type.label})"
            problem = f"{subject} cannot participate in {operator} comparison."
            raise FilterError(problem, span=node.span, hint=hint)

    def _compatible(
        self, left: tuple[syntax.Operand, checked.Operand], right: tuple[syntax.Operand, checked.Operand]
    ) -> tuple[checked.Operand, checked.Operand]:
        """Both sides in a form in which they can be compared; a slice makes the other side bytes too."""
        (left_node, one), (right_node, other) = left, right
        if isinstance(other, Fixed) and not isinstance(right_node, syntax.Reference):
            return one, other
        sliced = isinstance(one, checked.Slice) or isinstance(other, checked.Slice)
        if sliced:
            return _as_bytes(left_node, one), _as_bytes(right_node, other)
        if not is_compatible(one.type, other.type):
            raise incompatible(left_node, right_node)
        if one.type.kind is not other.type.kind and Kind.ETHER in (one.type.kind, other.type.kind):
            return _as_bytes(left_node, one), _as_bytes(right_node, other)
        return one, other


def _is_constant(node: syntax.Operand) -> bool:
    match node:
        case syntax.Quoted() | syntax.Character():
            return True
        case syntax.Word(role=role):
            return role is syntax.Role.LITERAL
        case syntax.Negative(of=of):
            return _is_constant(of)
        case _:
            return False


def _as_bytes(node: syntax.Operand, operand: checked.Operand) -> checked.Operand:
    if isinstance(operand, checked.Slice):
        return operand
    if operand.type.kind not in SLICEABLE:
        subject = f'"{operand_text(node)}" is a {operand.type.label}'
        raise FilterError(f"{subject} and cannot be converted into a sequence of bytes.", span=node.span)
    return checked.Slice(operand, (syntax.Range(0),))
