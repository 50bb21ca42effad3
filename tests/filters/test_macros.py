"""Macros are replaced before parsing, wherever they stand but in strings."""

from __future__ import annotations

import pytest

from synfin.basics.errors import FilterError
from synfin.filters.language.macros import expanded, read_macros

MACROS = {
    "web": "tcp.port == 80",
    "both": "($1 == $2 or $2 == $1)",
    "outer": "${both:$1;x} and ${web}",
    "endless": "${endless}",
    "bomb": "${bomb2} ${bomb2}",
    **{f"bomb{depth}": f"${{bomb{depth + 1}}} ${{bomb{depth + 1}}}" for depth in range(2, 32)},
}

TABLE = [
    ("${web}", "tcp.port == 80"),
    ("$web()", "tcp.port == 80"),
    ("${web:}", "tcp.port == 80"),
    ("a and ${both:b;c} or d", "a and (b == c or c == b) or d"),
    ("${both;b;c}", "(b == c or c == b)"),
    ("$both(b, c)", "(b == c or c == b)"),
    ("${both:b\\;1;c}", "(b;1 == c or c == b;1)"),
    ("${outer:y}", "(y == x or x == y) and tcp.port == 80"),
    ('a == "${web}"', 'a == "${web}"'),
    ("a == ${ip.src}", "a == ${ip.src}"),
]


@pytest.mark.parametrize(("text", "result"), TABLE)
def test_are_replaced(text: str, result: str) -> None:
    assert expanded(text, MACROS, lambda name: name == "ip.src").text == result


ERRORS = [
    ("a and ${nothing}", "macro 'nothing' does not exist", (6, 16)),
    ("${both:a}", "wrong number of arguments for macro 'both', expecting 2 instead of 1", (0, 9)),
    ("${web:a}", "expecting 0 instead of 1", (0, 8)),
    ("${both:;a}", "null argument", (0, 10)),
    ("$both(a,)", "null argument", (0, 9)),
    ("${no such}", "invalid character in macro name", (0, 10)),
    ("${web", "end of filter in the middle of a macro expression", (0, 5)),
    ("a or ${endless}", "too much nesting in macros", (5, 15)),
    ("${bomb}", "too long", (0, 7)),
]


@pytest.mark.parametrize(("text", "message", "span"), ERRORS)
def test_errors_mark_the_call(text: str, message: str, span: tuple[int, int]) -> None:
    with pytest.raises(FilterError) as caught:
        expanded(text, MACROS, lambda _: False)
    assert message in str(caught.value)
    assert caught.value.span == span


def test_spans_lead_back_to_what_the_user_wrote() -> None:
    expansion = expanded("aa and ${web} or bb", MACROS, lambda _: False)
    assert expansion.text == "aa and tcp.port == 80 or bb"
    assert expansion.original((0, 2)) == (0, 2)
    assert expansion.original((7, 15)) == (7, 13)
    assert expansion.original((25, 27)) == (17, 19)


def test_files_of_all_versions() -> None:
    lines = (
        "# comment",
        '"web","tcp.port == 80"',
        '"name" http.host == "a"',
        "ip($1 addr,$2 port) ip.addr == $1",
        '"q","a == ""b"""',
    )
    assert read_macros("\n".join(lines)) == {
        "web": "tcp.port == 80",
        "name": 'http.host == "a"',
        "ip": "ip.addr == $1",
        "q": 'a == "b"',
    }
