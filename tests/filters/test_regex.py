"""Patterns as PCRE writes them, matched by RE2 on bytes."""

from __future__ import annotations

import pytest

from synfin.basics.errors import FilterError
from synfin.filters.checking.regex import for_re2
from tests.filters.zoo import Animal, selected

TABLE = [
    # pattern, text of four bytes, whether it matches
    ("MEOW", b"meow", True),
    ("(?-i)MEOW", b"meow", False),
    ("(?-i:m)EOW", b"meow", True),
    ("^e", b"meow", False),
    ("w$", b"meow", True),
    ("w$", b"eow\n", True),
    ("w\\z", b"eow\n", False),
    ("w\\Z", b"eow\n", True),
    ("(?m)a$", b"xa\nb", True),
    ("a$", b"xa\nb", False),
    ("a.b", b"a\nb ", False),
    ("(?s)a.b", b"a\nb ", True),
    ("\\x00\\xff", b"\x00\xff  ", True),
    ("\\xff", b"\xfe   ", False),
    ("\\x{e9}", b"\xe9   ", True),
    ("\\xe9", b"\xc9   ", False),
    ("\\012", b"  \n ", True),
    ("[\\012]", b"  \n ", True),
    ("\\s\\S", b"ab\x0bc", True),
    ("[\\h]x", b"a\tx ", True),
    ("\\R", b"a\r\nb", True),
    ("\\N{4}", b"abcd", True),
    ("[[:digit:]]{2}", b"a42b", True),
    ("[]x]", b"a]bc", True),
    ("[^]x]", b"]x]x", False),
    ("a(?#comment)b", b"ab  ", True),
    ("(?<pair>ab)", b"ab  ", True),
    ("\\Qa.b\\E", b"a.b ", True),
    ("\\Qa.b\\E", b"axb ", False),
    ("\\ca", b"\x01   ", True),
    ("\\e\\[", b"\x1b[  ", True),
    ("", b"abcd", True),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), TABLE)
def test_matches(pattern: str, text: bytes, matches: bool) -> None:  # noqa: FBT001
    escaped = pattern.replace("\\", "\\\\")
    assert selected(f'zoo.fur matches "{escaped}"', [(Animal(fur=text),)]) == ([0] if matches else [])


IMPOSSIBLE = [
    "a(?=b)",
    "(?<!a)b",
    "(a)\\1",
    "(?>a)",
    "a++",
    "(?R)",
    "(*UTF)a",
    "\\Ga",
    "(?x) a",
    "a(",
    "[z-a]",
    "a\\",
    "*",
]


@pytest.mark.parametrize("pattern", IMPOSSIBLE)
def test_says_what_it_cannot_do(pattern: str) -> None:
    with pytest.raises(FilterError, match="Regex compilation error"):
        for_re2(pattern.encode())


@pytest.mark.parametrize("pattern", ["[(?=]", "\\(?=", "[+]+", "\\++", "[a\\]+]+", "a\\\\+"])
def test_what_only_looks_impossible_is_fine(pattern: str) -> None:
    assert for_re2(pattern.encode()).startswith("(?i)")


def test_bytes_that_are_no_text() -> None:
    assert selected('zoo.fur matches "\\xff\\x00"', [(Animal(fur=b"\xff\x00ab"),), (Animal(),)]) == [0]
