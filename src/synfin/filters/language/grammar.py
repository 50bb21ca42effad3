"""Tokens to syntax: a Pratt parser for arithmetic inside a recursive descent for logic.

Precedence, lowest first: `||`, `&&`, `!`, comparison, `&`, `+ -`, `* / %`, sign. Parentheses group tests,
braces group arithmetic.
"""

from __future__ import annotations

import re

from synfin.basics.errors import FilterError
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
    Operand,
    Or,
    Quoted,
    Range,
    Raw,
    Reference,
    Role,
    Sliced,
    Span,
    Test,
    Word,
)
from synfin.filters.language.tokens import Lexeme, Token, tokens

COMPARISONS = frozenset({"==", "!=", "===", "!==", "~=", "<", "<=", ">", ">=", "contains", "matches"})
BINDING = {"&": 1, "+": 2, "-": 2, "*": 3, "/": 3, "%": 3}
MAX_DEPTH = 100
"""How deeply tests and arithmetic may be nested; far more than people write, and bounded."""

MAX_INT = 2**31 - 1
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RANGE = re.compile(r"\s*(-?\w+)?\s*(?:(:)\s*(-?\w+)?|(-)\s*(-?\w+))?\s*\Z")
_ROLES = {Lexeme.WORD: Role.ANY, Lexeme.FIELD: Role.FIELD, Lexeme.LITERAL: Role.LITERAL}
HINTS = {
    "=": "Comparison is written `==`.",
    "|": "Tests are joined by `||` or `or`; there is no bitwise or.",
    "^": "There is no `^`; for one or the other but not both write `(a or b) and not (a and b)`.",
    "xor": "There is no `xor`; write `(a or b) and not (a and b)`.",
    "AND": "Write it in lower case: `and`.",
    "OR": "Write it in lower case: `or`.",
    "NOT": "Write it in lower case: `not`.",
    "IN": "Write it in lower case: `in`.",
    "&": "`&` is bitwise; tests are joined by `&&` or `and`.",
    ";": "Only arguments of macros are separated by `;`.",
}


def parse(text: str) -> Test:
    """The syntax of a filter whose macros are already expanded.

    Raises:
        FilterError: it is no filter, or it is nested too deeply.
    """
    return Parser(tokens(text)).whole()


class Parser:
    """Reads tokens from left to right; one method per grammatical form."""

    def __init__(self, given: list[Token]) -> None:
        self._tokens = given
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        """The test that all tokens make."""
        if self.is_done:
            return Always()
        test = self._either()
        if not self.is_done:
            raise self._unexpected()
        return test

    @property
    def is_done(self) -> bool:
        """Whether every token has been read."""
        return self._next.kind is Lexeme.END

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, *operators: str) -> bool:
        return self._next.kind is Lexeme.OPERATOR and self._next.text in operators

    def _accept(self, operator: str) -> bool:
        if self._is(operator):
            self._at += 1
            return True
        return False

    def _expect(self, operator: str) -> Token:
        if not self._is(operator):
            raise self._unexpected()
        return self._take()

    def _unexpected(self) -> FilterError:
        token = self._next
        span = (token.begin, max(token.end, token.begin + 1))
        if token.kind is Lexeme.END:
            return FilterError(
                "Unexpected end of filter expression.", span=span, hint="Something is missing here."
            )
        written = _written(token)
        hint = HINTS.get(written, "")
        if token.text in COMPARISONS and self._at and self._tokens[self._at - 1].text == ")":
            hint = "Parentheses group tests; arithmetic is grouped by braces: `{tcp.len + 1} > 100`."
        elif token.kind in (Lexeme.WORD, Lexeme.LITERAL, Lexeme.STRING) and not hint:
            hint = "Two tests are joined by `and` or `or`; members of a set are separated by commas."
        return FilterError(f'"{written}" was unexpected in this context.', span=span, hint=hint)

    def _deeper(self, levels: int = 1) -> None:
        self._depth += levels
        if self._depth > MAX_DEPTH:
            token = self._next
            raise FilterError(
                f"The filter is nested more than {MAX_DEPTH} levels deep.",
                span=(token.begin, token.end),
                hint="Long lists need no nesting: join tests with `or`, or write `field in {a, b, c}`.",
            )

    def _span_from(self, begin: int) -> Span:
        return begin, self._tokens[self._at - 1].end

    # Logic

    def _either(self) -> Test:
        begin = self._next.begin
        parts = [self._every()]
        while self._accept("||"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Or(tuple(parts), self._span_from(begin))

    def _every(self) -> Test:
        begin = self._next.begin
        parts = [self._negation()]
        while self._accept("&&"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts), self._span_from(begin))

    def _negation(self) -> Test:
        begins: list[int] = []
        while self._is("!"):
            begins.append(self._take().begin)
            self._deeper()
        test = self._test()
        for begin in reversed(begins):
            test = Not(test, self._span_from(begin))
        self._depth -= len(begins)
        return test

    def _test(self) -> Test:
        if self._is("("):
            self._take()
            self._deeper()
            test = self._either()
            self._expect(")")
            self._depth -= 1
            return test
        begin = self._next.begin
        quantifier = self._take().text if self._is("any", "all") else ""
        left = self._arithmetic(0)
        if self._is_comparison():
            return self._comparisons(left, quantifier, begin)
        if quantifier:
            raise self._unexpected()
        return Exists(left, self._span_from(begin))

    def _is_comparison(self) -> bool:
        if self._is("!"):  # `not in`
            after = self._tokens[self._at + 1]
            return after.kind is Lexeme.OPERATOR and after.text == "in"
        return self._is("in", *COMPARISONS)

    def _comparisons(self, left: Operand, quantifier: str, begin: int) -> Test:
        """`a < b <= c` is `a < b and b <= c`."""
        chain: list[Test] = []
        while self._is_comparison():
            if self._is("in", "!"):
                chain.append(self._membership(left, quantifier, begin))
                break
            token = self._take()
            bare = token.text in ("contains", "matches")
            right = self.entity() if bare else self._arithmetic(0)
            operator = "!==" if token.text == "~=" else token.text
            span = (left.span[0] if chain else begin, self._span_from(begin)[1])
            chain.append(Comparison(operator, left, right, quantifier, span))
            left = right
            if bare:
                break
        return chain[0] if len(chain) == 1 else And(tuple(chain), self._span_from(begin))

    def _membership(self, left: Operand, quantifier: str, begin: int) -> Membership:
        negated = self._accept("!")
        self._expect("in")
        self._expect("{")
        elements = [self._element()]
        while self._accept(","):
            elements.append(self._element())
        self._expect("}")
        return Membership(left, tuple(elements), negated, quantifier, self._span_from(begin))

    def _element(self) -> Element:
        begin = self._next.begin
        low = self._signed()
        high = self._signed() if self._accept("..") else None
        return Element(low, high, self._span_from(begin))

    # Arithmetic

    def _arithmetic(self, weakest: int) -> Operand:
        """Operands joined by operators that bind more tightly than `weakest`."""
        begin = self._next.begin
        left = self._grouped()
        joined = 0
        while self._next.kind is not Lexeme.END and self._operator_strength() > weakest:
            operator = "&" if self._next.text == "bitand" else self._next.text
            self._take()
            self._deeper()
            joined += 1
            right = self._arithmetic(BINDING[operator])
            left = Arithmetic(operator, left, right, self._span_from(begin))
        self._depth -= joined
        return left

    def _operator_strength(self) -> int:
        if self._next.kind is Lexeme.OPERATOR:
            return BINDING.get(self._next.text, 0)
        is_word = self._next.kind is Lexeme.WORD and self._next.text == "bitand"  # its name from 4.4 on
        return BINDING["&"] if is_word else 0

    def _grouped(self) -> Operand:
        if not self._is("{"):
            return self._signed()
        self._take()
        self._deeper()
        operand = self._arithmetic(0)
        self._expect("}")
        self._depth -= 1
        return operand

    def _signed(self) -> Operand:
        begin = self._next.begin
        if self._accept("-"):
            return Negative(self.entity(), self._span_from(begin))
        self._accept("+")
        return self.entity()

    def entity(self) -> Operand:
        """A field, literal, call or slice."""
        begin = self._next.begin
        entity = self._plain_entity()
        while self._next.kind is Lexeme.RANGES:
            self._deeper()
            ranges = _ranges(self._take())
            entity = Sliced(entity, ranges, self._span_from(begin))
        return entity

    def _plain_entity(self) -> Operand:
        token = self._next
        span = (token.begin, token.end)
        if token.kind is Lexeme.STRING:
            return Quoted(self._take().value, span)
        if token.kind is Lexeme.CHARACTER:
            return Character(self._take().value[0], span)
        if token.kind is Lexeme.REFERENCE:
            return Reference(_referred(self._take()), span)
        if self._is("@"):
            return self._layered(self._raw())
        if token.kind not in _ROLES:
            raise self._unexpected()
        self._take()
        if self._is("(") and _FUNCTION.match(token.text):
            return self._call(token)
        return self._layered(Word(token.text, _ROLES[token.kind], span))

    def _raw(self) -> Raw:
        begin = self._take().begin
        if self._next.kind not in (Lexeme.WORD, Lexeme.FIELD):
            raise self._unexpected()
        token = self._take()
        return Raw(Word(token.text, _ROLES[token.kind], (token.begin, token.end)), (begin, token.end))

    def _layered(self, of: Word | Raw) -> Word | Raw | Layered:
        if self._next.kind is not Lexeme.LAYERS:
            return of
        ranges = _ranges(self._take())
        return Layered(of, ranges, self._span_from(of.span[0]))

    def _call(self, name: Token) -> Call:
        self._expect("(")
        self._deeper(levels=2)  # calls take twice the stack of parentheses
        arguments: list[Operand] = []
        if not self._is(")"):
            arguments.append(self._arithmetic(0))
            while self._accept(","):
                arguments.append(self._arithmetic(0))
        self._expect(")")
        self._depth -= 2
        return Call(name.text, tuple(arguments), self._span_from(name.begin))


def _written(token: Token) -> str:
    """The token as the user wrote it, or nearly so."""
    if token.kind is Lexeme.LAYERS:
        return "#"
    if token.kind is Lexeme.RANGES:
        return "["
    spelled = {"&&": "and", "||": "or", "!": "not"}
    if token.kind is Lexeme.OPERATOR and token.end - token.begin != len(token.text):
        return spelled.get(token.text, token.text)
    return token.text


def _referred(token: Token) -> Word | Raw | Layered:
    """What a reference names: `field`, `@field`, `field#2`."""
    inner = Parser(tokens(token.text))
    operand = inner.entity() if token.text else None
    if not isinstance(operand, Word | Raw | Layered) or not inner.is_done:
        raise FilterError(f"${{{token.text}}} names no field.", span=(token.begin, token.end))
    return operand


def _ranges(token: Token) -> tuple[Range, ...]:
    """The pieces between brackets (or the single layer number)."""
    return tuple(_range(piece, token) for piece in token.text.split(","))


def _range(text: str, token: Token) -> Range:
    span = (token.begin, token.end)
    match = _RANGE.match(text)
    if not match or not text.strip():
        raise FilterError(
            f'"{text}" is not a valid range.', span=span, hint="Write [5], [0:4], [0-3], [:4] or [-2:]."
        )
    first, colon, length, hyphen, last = match.groups()
    written = text.strip()
    start = _number(first, span) if first else 0
    if hyphen:
        if not first:
            raise FilterError(f'"{text}" is not a valid range.', span=span)
        return _checked(start, _number(last, span), written, span)
    if not colon:
        return Range(start, length=1)
    if length is None:
        return Range(start)
    count = _number(length, span)
    if count <= 0:
        raise FilterError(f"Range {written} isn't valid because length {count} isn't positive", span=span)
    return Range(start, length=count)


def _checked(start: int, last: int, written: str, span: Span) -> Range:
    if (start < 0) != (last < 0):
        problem = f"Range {written} isn't valid because {start} and {last} have different signs"
        raise FilterError(problem, span=span)
    if start >= last:
        problem = f"Range {written} isn't valid because {start} is greater or equal than {last}"
        raise FilterError(problem, span=span)
    return Range(start, last=last)


def _number(text: str, span: Span) -> int:
    """A C integer: decimal, 0x… or octal with a leading zero."""
    digits = text.lstrip("-")
    try:
        value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits.startswith("0") else 10)
    except ValueError:
        raise FilterError(f'"{text}" is not a valid number.', span=span) from None
    if value > MAX_INT or "_" in digits:
        raise FilterError(f'"{text}" causes an integer overflow.', span=span)
    return -value if text.startswith("-") else value
