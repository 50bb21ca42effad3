"""What holds for every filter: it means what the naive twin says, survives printing, and obeys logic."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.basics.errors import FilterError
from synfin.filters.complete import complete
from synfin.filters.filter import render_error
from synfin.filters.language.grammar import parse
from synfin.filters.language.printing import printed, tree
from synfin.filters.language.syntax import And, Comparison, Not, Or, Test
from synfin.filters.words import in_words
from tests.filters.strategies import captures, integers, numbers, packets, single_tests, tests
from tests.filters.zoo import Animal, Packet, table, understood, zoo
from tests.naive.filters import holds


def mask(test: Test, capture: list[Packet]) -> list[bool]:
    return [bool(one) for one in understood(printed(test)).mask(table(capture))]


@settings(max_examples=200, deadline=None)
@given(tests, captures)
def test_means_what_the_naive_twin_says(test: Test, capture: list[Packet]) -> None:
    meaning = understood(printed(test)).test
    assert mask(test, capture) == [
        holds(meaning, [animal.values() for animal in packet]) for packet in capture
    ]


@settings(max_examples=200, deadline=None)
@given(tests)
def test_parsing_what_is_printed_gives_the_same(test: Test) -> None:
    assert parse(printed(test)) == test


@settings(max_examples=50, deadline=None)
@given(tests)
def test_the_tree_has_a_line_for_every_part(test: Test) -> None:
    lines = tree(test)
    assert lines
    assert all(line.strip() for line in lines)


@settings(max_examples=100, deadline=None)
@given(tests, captures)
def test_not_not(test: Test, capture: list[Packet]) -> None:
    assert mask(Not(Not(test)), capture) == mask(test, capture)


@settings(max_examples=100, deadline=None)
@given(single_tests, single_tests, captures)
def test_de_morgan(one: Test, other: Test, capture: list[Packet]) -> None:
    assert mask(Not(And((one, other))), capture) == mask(Or((Not(one), Not(other))), capture)
    assert mask(Not(Or((one, other))), capture) == mask(And((Not(one), Not(other))), capture)


@settings(max_examples=100, deadline=None)
@given(integers, numbers, st.sampled_from(["==", "<", ">="]), captures)
def test_de_morgan_with_quantifiers(
    left: object, right: object, operator: str, capture: list[Packet]
) -> None:
    """Not every value fulfils a relation where some value fulfils the opposite one, if there is a value."""
    opposite = {"==": "!=", "<": ">=", ">=": "<"}[operator]
    signed = Comparison("==", left, left)  # type: ignore[arg-type]  # there is a value
    every = mask(And((Comparison(operator, left, right, "all"), signed)), capture)  # type: ignore[arg-type]
    some = mask(Comparison(opposite, left, right, "any"), capture)  # type: ignore[arg-type]
    assert not any(one and other for one, other in zip(every, some, strict=True))


@settings(max_examples=60, deadline=None)
@given(tests, st.lists(packets, min_size=2, max_size=8), st.data())
def test_where_chunks_end_never_matters(test: Test, capture: list[Packet], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(capture) - 1))
    filter_ = understood(printed(test))
    halves = [filter_.mask(table(part)) for part in (capture[:cut], capture[cut:])]
    assert np.array_equal(np.concatenate(halves), filter_.mask(table(capture)))


PIECES = st.sampled_from(
    """
    zoo zoo.paw zoo.call zoo.home zoo.fur zoo.far zoo.wild nothing . .. : :: 10.0.0.1 fe80::1/64 01:02 80
    0x -5 == != === ~= < in not { } [ ] [0:2] [-1] # #1 #[ @ $ ${ ${zoo.paw} ${private_ipv4: ; , + - * / % &
    ( ) any all and or contains matches len( max( string( count( xor ^ = ! é 猫 \x00 "a" "\\ r"x" 'c'
    """.split()  # noqa: SIM905
)
texts = st.one_of(
    st.lists(PIECES, max_size=12).map(" ".join),
    st.lists(PIECES, max_size=8).map("".join),
    st.text(max_size=20),
)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    try:
        filter_ = understood(text)
    except FilterError as error:
        raised = error
    else:
        assert len(filter_.mask(table([(Animal(),), ()]))) == 2
        assert in_words(filter_)
        assert parse(printed(filter_.syntax)) == filter_.syntax
        return
    begin, end = raised.span
    assert 0 <= begin <= end <= len(text) + 1
    assert render_error(raised, text)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=8).map(" ".join), st.integers(0, 60))
def test_completion_never_fails(text: str, cursor: int) -> None:
    for one in complete(text, cursor, zoo()):
        assert 0 <= one.begin <= one.end <= max(len(text), cursor)
