"""Random filters over the zoo, as syntax, and random animals."""

from __future__ import annotations

from hypothesis import strategies as st

from synfin.filters.language.syntax import (
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
    Role,
    Sliced,
    Test,
    Word,
)
from tests.filters.zoo import Animal, Packet

ORDERS = ("==", "!=", "===", "!==", "<", "<=", ">", ">=")
INTEGERS = ("zoo.legs", "zoo.left", "zoo.right", "zoo.paw", "zoo.heat", "zoo.kind", "zoo.habits", "zoo.cage")
SMALL = st.integers(0, 9).map(str)
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.0.0/24", "10.0.0.0/30", "192.168.1.1", "0.0.0.0/0")
FAR = ("2001:db8::1", "2001:db8::/32", "fe80::1", "::/0", "::1")
TAGS = ("00:00:5e:00:53:01", "02:00:00:00:00:02")
CALLS = ("meow", "WOOF", "hoot", "oo  ")
FURS = (b"\0\0\0\0", b"\1\2\3\4", b"\1\2\3\5", b"\xff\0\0\1")

animals = st.builds(
    Animal,
    kind=st.integers(1, 3),
    legs=st.integers(0, 9),
    habits=st.sampled_from([0, 0x80, 0x40, 0xC1]),
    left=st.sampled_from([0, 4, 80, 65535]),
    right=st.sampled_from([0, 4, 80, 443]),
    heat=st.sampled_from([-32768, -5, 0, 4, 20]),
    cage=st.sampled_from([0, 7, 80, 2**63 - 1]),
    home=st.sampled_from(["10.0.0.1", "10.0.0.2", "192.168.1.1"]),
    den=st.sampled_from(["10.0.0.1", "10.0.0.9"]),
    far=st.sampled_from(["2001:db8::1", "fe80::1", "::1", "2001:db8:0:0:8000::1"]),
    tag=st.sampled_from(TAGS),
    fur=st.sampled_from(FURS),
    call=st.sampled_from(CALLS),
)
packets: st.SearchStrategy[Packet] = st.lists(animals, max_size=3)
captures: st.SearchStrategy[list[Packet]] = st.lists(packets, min_size=1, max_size=6)

ranges = st.builds(
    lambda start, length, last: (
        Range(start, None if last else length, start + last if last and start >= 0 else None)
        if start >= 0 or not last
        else Range(start, length)
    ),
    st.integers(-5, 5),
    st.one_of(st.none(), st.integers(1, 5)),
    st.one_of(st.none(), st.integers(1, 4)),
)
quantifiers = st.sampled_from(["", "any", "all"])


def field(*names: str) -> st.SearchStrategy[Operand]:
    """One of these fields, sometimes only in some layers, sometimes with a leading dot."""
    word = st.builds(Word, st.sampled_from(names), st.sampled_from([Role.ANY, Role.ANY, Role.FIELD]))
    layered = st.builds(Layered, word, st.lists(ranges, min_size=1, max_size=2).map(tuple))
    return st.one_of(word, word, layered)


def literal(*texts: str) -> st.SearchStrategy[Operand]:
    """One of these words, in the role that the lexer gives it."""
    return st.sampled_from(texts).map(
        lambda text: Word(text, Role.LITERAL if ":" in text or text.count(".") == 3 else Role.ANY)
    )


plain_numbers: st.SearchStrategy[Operand] = st.one_of(
    st.builds(Word, SMALL),
    st.builds(Word, st.sampled_from(["80", "0x4", "0b100", "04"])),
    st.builds(Negative, st.builds(Word, SMALL)),
)
numbers = st.one_of(plain_numbers, st.builds(Character, st.sampled_from([4, 80, 39, 34, 92])))


def arithmetic(left: st.SearchStrategy[Operand]) -> st.SearchStrategy[Operand]:
    """Sums, products and masks of integers, a field first."""
    right = st.one_of(plain_numbers, field(*INTEGERS))
    one = st.builds(Arithmetic, st.sampled_from("+-*/%&"), left, right)
    return st.one_of(one, st.builds(Arithmetic, st.sampled_from("+-*/%&"), one, right))


def functions(*names: str) -> st.SearchStrategy[Operand]:
    """Functions that give integers."""
    counted = st.builds(
        Call, st.sampled_from(["len", "count"]), field("zoo.paw", "zoo.call", "zoo.place").map(lambda f: (f,))
    )
    same = st.builds(
        Call,
        st.sampled_from(["max", "min"]),
        st.tuples(field("zoo.left", "zoo.paw"), field("zoo.right", "zoo.paw")),
    )
    return st.one_of(counted, same, st.builds(Call, st.just("abs"), field(*names).map(lambda f: (f,))))


integers = st.one_of(field(*INTEGERS), arithmetic(field(*INTEGERS)), functions("zoo.heat", "zoo.legs"))
texts = st.one_of(
    field("zoo.call"),
    st.builds(Call, st.sampled_from(["upper", "lower"]), field("zoo.call").map(lambda f: (f,))),
    st.builds(Call, st.just("string"), field("zoo.legs", "zoo.heat", "zoo.paw").map(lambda f: (f,))),
)
strings = st.one_of(st.sampled_from([b"meow", b"o", b"4", b"OO", b'"\\']), st.binary(max_size=3)).map(Quoted)
slices = st.builds(
    Sliced,
    field("zoo.fur", "zoo.call", "zoo.home", "zoo.tag", "zoo.far"),
    st.lists(ranges, min_size=1, max_size=2).map(tuple),
)
octets = literal("01:02", "00:00", "0a:00", "01:02:03:04", "00:00:00:00")


def compared(
    left: st.SearchStrategy[Operand], right: st.SearchStrategy[Operand], *operators: str
) -> st.SearchStrategy[Test]:
    """Comparisons."""
    return st.builds(Comparison, st.sampled_from(operators or ORDERS), left, right, quantifiers)


def members(left: st.SearchStrategy[Operand], right: st.SearchStrategy[Operand]) -> st.SearchStrategy[Test]:
    """Memberships in small sets."""
    element = st.builds(Element, right, st.one_of(st.none(), right))
    return st.builds(
        Membership, left, st.lists(element, min_size=1, max_size=4).map(tuple), st.booleans(), quantifiers
    )


single_tests: st.SearchStrategy[Test] = st.one_of(
    st.builds(Exists, st.one_of(field("zoo", "zoo.wild", "zoo.paw"), arithmetic(field(*INTEGERS)), slices)),
    compared(integers, st.one_of(numbers, field(*INTEGERS))),
    compared(field("zoo.habits.tame"), literal("True", "FALSE", "0", "2")),
    compared(field("zoo.place", "zoo.home"), st.one_of(literal(*ADDRESSES), field("zoo.den", "zoo.place"))),
    compared(field("zoo.far"), st.one_of(literal(*FAR), field("zoo.far"))),
    compared(field("zoo.tag"), st.one_of(literal(*TAGS), field("zoo.tag"))),
    compared(texts, st.one_of(strings, field("zoo.call")), *ORDERS, "contains"),
    compared(texts, st.sampled_from([b"o+", b"^m", b"[A-Z]{2}", b"4$", b"(?-i:W)"]).map(Quoted), "matches"),
    compared(field("zoo.fur"), st.one_of(octets, strings, field("zoo.fur")), *ORDERS, "contains"),
    compared(slices, st.one_of(octets, strings, slices), *ORDERS, "contains"),
    compared(field("zoo.weight"), literal("5.0", "0.25")),
    compared(field("zoo.age"), literal("0.4", "0.25")),
    members(field(*INTEGERS), st.one_of(numbers, field(*INTEGERS))),
    members(field("zoo.place"), literal(*ADDRESSES)),
    members(field("zoo.call"), strings),
)


def _joined(inner: st.SearchStrategy[Test]) -> st.SearchStrategy[Test]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(And, several), st.builds(Or, several))


tests: st.SearchStrategy[Test] = st.recursive(single_tests, _joined, max_leaves=5)
