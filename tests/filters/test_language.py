"""The grammar: precedence, spellings, and texts that are made to break parsers."""

from __future__ import annotations

import time

import pytest

from synfin.basics.errors import FilterError
from synfin.filters.language.grammar import parse
from synfin.filters.language.printing import printed, tree
from tests.filters.zoo import Animal, selected, understood

PRINTED = [
    ("a and b or c", "a && b || c"),
    ("a or b and c", "a || b && c"),
    ("(a or b) and c", "(a || b) && c"),
    ("not a == 1", "!(a == 1)"),
    ("! a and b", "!a && b"),
    ("a eq 1 and b ne 2", "a == 1 && b != 2"),
    ("a any_eq 1 or a all_ne 2 or a all_eq 3 or a any_ne 4", "a == 1 || a != 2 || a === 3 || a !== 4"),
    ("a gt 1 and a ge 1 and a lt 1 and a le 1", "a > 1 && a >= 1 && a < 1 && a <= 1"),
    ("a ~ \"x\"", 'a matches "x"'),
    ("a & b == c + 1", "a & b == c + 1"),
    ("a + b * c - d == 1", "a + b * c - d == 1"),
    ("{a + b} * c == 1", "{a + b} * c == 1"),
    ("a - {b - c} == 1", "a - {b - c} == 1"),
    ("a & b + 1 == c", "a & b + 1 == c"),
    ("a < b <= c", "a < b && b <= c"),
    ("a in{1..2,3}", "a in {1 .. 2, 3}"),
    ("a not in {1}", "a not in {1}"),
    ("all a in {-1 .. +2}", "all a in {-1 .. 2}"),
    ("a[0:2,-1] == .b[1-3]", "a[0:2,-1] == .b[1-3]"),
    ("a#2 == ${b#[1]}", "a#[2] == ${b#[1]}"),
    ("@a == :01", "@a == :01"),
    ("a == r\"\\d\"", 'a == "\\x5cd"'),
    ("a == 'x' or a == '\\n'", "a == 'x' || a == '\\x0a'"),
    ("f ( a , b ) == 1", "f(a, b) == 1"),
    ("a == $b", "a == ${b}"),
    ("a bitand 2 == 2", "a & 2 == 2"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "plain"), PRINTED)
def test_is_printed_in_its_plainest_spelling(text: str, plain: str) -> None:
    assert printed(parse(text)) == plain
    assert parse(plain) == parse(text)


def test_the_tree_shows_what_binds_to_what() -> None:
    assert tree(parse("!(a in {1, 2 .. 3}) and b + 1 == 2 or c")) == [
        "or",
        "├─ and",
        "│  ├─ not",
        "│  │  └─ in",
        "│  │     ├─ a",
        "│  │     ├─ 1",
        "│  │     └─ 2 .. 3",
        "│  └─ ==",
        "│     ├─ +",
        "│     │  ├─ b",
        "│     │  └─ 1",
        "│     └─ 2",
        "└─ exists: c",
    ]


DEEP = 10_000
NESTED = {
    "parentheses": "(" * DEEP + "zoo" + ")" * DEEP,
    "open parentheses": "(" * DEEP,
    "negations": "!" * DEEP + "zoo",
    "words of negation": "not " * DEEP + "zoo",
    "braces": "{" * DEEP + "zoo.legs" + "}" * DEEP + " == 1",
    "sums": "zoo.legs" + " + 1" * DEEP + " == 1",
    "calls": "max(" * DEEP + "zoo.legs" + ")" * DEEP + " == 1",
    "slices": "zoo.fur" + "[0:1]" * DEEP + " == 1",
    "signs": "zoo.legs == " + "- " * DEEP + "1",
    "sets": "zoo.legs in " + "{" * DEEP,
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_deep_nesting_is_a_clear_error(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(FilterError):
        understood(text)
    assert time.monotonic() - begun < 2


LONG = {
    "or": " or ".join(["zoo.legs == 9"] * DEEP),
    "and": " and ".join(["zoo.legs == 4"] * DEEP),
    "a chain": " == ".join(["zoo.legs"] * DEEP),
    "a set": "zoo.left in {" + ", ".join(str(number) for number in range(DEEP)) + "}",
    "ranges": "zoo.left in {" + ", ".join(f"{number} .. {number}" for number in range(300)) + "}",
    "blanks": " " * 1_000_000 + "zoo",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_filters_are_answered(text: str) -> None:
    begun = time.monotonic()
    assert isinstance(selected(text, [(Animal(),)]), list)
    assert time.monotonic() - begun < 10


HOSTILE = ["(a+)+$", "(a|a)*b", "(.*)*x", "(x+x+)+y", "([a-zA-Z]+)*$", "(a?){50}a{50}", ".*.*.*.*=.*"]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_hostile_patterns_take_linear_time(pattern: str) -> None:
    filter_text = f'zoo.call matches "{pattern}" or frame contains "q"'.replace(' or frame contains "q"', "")
    begun = time.monotonic()
    assert isinstance(selected(filter_text, [(Animal(call="aaaa"),)] * 50), list)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "pattern", ["a{2000}", "(" * 5000, "[" * 50_000, "((a{100}){100}){100}", "(([ab]{0,30}){0,30}c)"]
)
def test_patterns_too_large_are_errors(pattern: str) -> None:
    with pytest.raises(FilterError, match="Regex compilation error"):
        understood(f'zoo.call matches "{pattern}"')
