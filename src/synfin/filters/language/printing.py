"""Syntax back to text: parsing what is printed gives the same syntax again."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from synfin.filters.language.grammar import BINDING
from synfin.filters.language.syntax import (
    Always,
    And,
    Arithmetic,
    Call,
    Character,
    Comparison,
    Element,
    Exists,
    Layered,
    Membership,
    Negative,
    Not,
    Or,
    Quoted,
    Range,
    Raw,
    Reference,
    Role,
    Sliced,
    Word,
)

if TYPE_CHECKING:
    from synfin.filters.language.syntax import Node, Operand, Test

PLAIN = frozenset(range(0x20, 0x7F)) - {0x22, 0x27, 0x5C}
"""Bytes that stand for themselves between quotes."""


def printed(node: Test) -> str:
    """The filter as text, in symbols (`&&`, `==`) with as few brackets as its meaning allows."""
    match node:
        case Always():
            return ""
        case Not(of=inner):
            simple = isinstance(inner, Not) or (isinstance(inner, Exists) and isinstance(inner.operand, Word))
            return f"!{printed(inner)}" if simple else f"!({printed(inner)})"
        case And(of=parts):
            return " && ".join(
                f"({printed(part)})" if isinstance(part, And | Or) else printed(part) for part in parts
            )
        case Or(of=parts):
            return " || ".join(
                f"({printed(part)})" if isinstance(part, Or) else printed(part) for part in parts
            )
        case Exists(operand=operand):
            return operand_text(operand)
        case Comparison(operator=operator, left=left, right=right, quantifier=quantifier):
            return f"{_quantified(quantifier)}{operand_text(left)} {operator} {operand_text(right)}"
        case Membership(left=left, elements=elements, negated=negated, quantifier=quantifier):
            word = "not in" if negated else "in"
            members = ", ".join(_member(element) for element in elements)
            return f"{_quantified(quantifier)}{operand_text(left)} {word} {{{members}}}"
        case _:
            assert_never(node)


def operand_text(node: Operand) -> str:
    """An operand as text."""
    match node:
        case Word(text=text, role=role):
            return f".{text}" if role is Role.FIELD else text
        case Quoted(value=value):
            return f'"{_escaped(value)}"'
        case Character(value=value):
            return f"'{_escaped(bytes([value]))}'"
        case Raw(of=word):
            return f"@{operand_text(word)}"
        case Layered(of=of, ranges=ranges) | Sliced(of=of, ranges=ranges):
            return f"{operand_text(of)}{'#' if isinstance(node, Layered) else ''}[{_ranges(ranges)}]"
        case Reference(of=of):
            return f"${{{operand_text(of)}}}"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(operand_text(argument) for argument in arguments)})"
        case Negative(of=of):
            return f"-{operand_text(of)}"
        case Arithmetic(operator=operator, left=left, right=right):
            strength = BINDING[operator]
            return f"{_grouped(left, strength)} {operator} {_grouped(right, strength + 1)}"
        case _:
            assert_never(node)


def tree(node: Node) -> list[str]:
    """The syntax as an indented tree, one line per node, for people."""
    lines: list[str] = []
    waiting: list[tuple[Node, str, str]] = [(node, "", "")]
    while waiting:
        here, lead, below = waiting.pop()
        title, children = _title(here)
        lines.append(lead + title)
        for index, child in reversed(list(enumerate(children))):
            is_last = index == len(children) - 1
            waiting.append(
                (child, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  "))
            )
    return lines


def _title(node: Node) -> tuple[str, tuple[Node, ...]]:
    match node:
        case Not(of=inner):
            return "not", (inner,)
        case And(of=parts):
            return "and", parts
        case Or(of=parts):
            return "or", parts
        case Comparison(operator=operator, left=left, right=right, quantifier=quantifier):
            return f"{_quantified(quantifier)}{operator}", (left, right)
        case Membership(left=left, elements=elements, negated=negated, quantifier=quantifier):
            return f"{_quantified(quantifier)}{'not in' if negated else 'in'}", (left, *elements)
        case Exists(operand=operand):
            return f"exists: {operand_text(operand)}", ()
        case Element():
            return _member(node), ()
        case Arithmetic(operator=operator, left=left, right=right):
            return operator, (left, right)
        case Always():
            return "every packet", ()
        case _:
            return operand_text(node), ()


def _quantified(quantifier: str) -> str:
    return f"{quantifier} " if quantifier else ""


def _member(element: Element) -> str:
    low = operand_text(element.low)
    return low if element.high is None else f"{low} .. {operand_text(element.high)}"


def _grouped(node: Operand, strength: int) -> str:
    text = operand_text(node)
    if isinstance(node, Arithmetic) and BINDING[node.operator] < strength:
        return f"{{{text}}}"
    return text


def _ranges(ranges: tuple[Range, ...]) -> str:
    return ",".join(_range(piece) for piece in ranges)


def _range(piece: Range) -> str:
    if piece.last is not None:
        return f"{piece.start}-{piece.last}"
    if piece.length is None:
        return f"{piece.start}:"
    return str(piece.start) if piece.length == 1 else f"{piece.start}:{piece.length}"


def _escaped(value: bytes) -> str:
    return "".join(chr(byte) if byte in PLAIN else f"\\x{byte:02x}" for byte in value)
