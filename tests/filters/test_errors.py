"""Errors that teach: what is wrong, where, and what was probably meant."""

from __future__ import annotations

import pytest

from synfin.basics.errors import FilterError
from synfin.filters.filter import compile_filter, render_error
from synfin.session import catalogue
from tests.filters.zoo import understood, zoo

TABLE = [
    # what the user wrote; the characters marked; a piece of the message; a piece of the hint
    ("zoo.lefd == 80", "zoo.lefd", "No such field: zoo.lefd", "Did you mean zoo.left"),
    ("ZOO.Left == 80", "ZOO.Left", "No such field", "Did you mean zoo.left?"),
    ("zoo.left == 80 and len(zoo.lefd) == 2", "zoo.lefd", "No such field", "zoo.left"),
    ("zoo.lefd[0] == 1", "zoo.lefd", "No such field", "zoo.left"),
    ("zoo.lefd + 1 == 1", "zoo.lefd", "No such field", "zoo.left"),
    ("lizard", "lizard", "No such field: lizard", ""),
    ("zoo.left = 80", "=", '"=" was unexpected', "`==`"),
    ('zoo.home == "10.0.0.1"', '"10.0.0.1"', "cannot be converted from a string", "without quotes: 10.0.0.1"),
    ('zoo.left == "80"', '"80"', "cannot be converted from a string", "without quotes: 80"),
    ("zoo & zoo.kind == 1", "zoo & zoo.kind", "FT_PROTOCOL cannot &", "&&"),
    ("zoo.kind == 1 & zoo", "1 & zoo", "not of compatible types", "&&"),
    ("zoo AND zoo", "AND", "unexpected", "lower case"),
    ("zoo xor zoo", "xor", "unexpected", "(a or b) and not (a and b)"),
    (
        "80 == zoo.left",
        "80",
        'Left side of "==" expression must be a field or function, not 80.',
        "field first",
    ),
    ("2 + 3 == zoo.left", "2 + 3", "Constant arithmetic expression on the LHS is invalid.", "field first"),
    ("(zoo.legs + 1) > 4", ">", "unexpected", "braces"),
    ("zoo.left in {80 443}", "443", '"443" was unexpected', "commas"),
    ("zoo.left in {}", "}", "unexpected", ""),
    ("zoo.legs == 68-1", "68-1", "not a valid number", "blank before"),
    ("zoo.legs == 300", "300", "too big for this field, maximum 255.", ""),
    ("zoo.heat == 40000", "40000", "maximum 32767.", ""),
    ("zoo.legs == 99999999999999999999", "99999999999999999999", "integer overflow", ""),
    ("zoo.kind == Cow", "Cow", "cannot be found among the possible values for zoo.kind", '"Cat"'),
    ("zoo.kind == zoo", "zoo.kind == zoo", "not of compatible types", "names a field"),
    ("zoo.home == 10.0.0.1/33", "10.0.0.1/33", "should be <= 32, not 33", ""),
    ("zoo.far == fe80::/129", "fe80::/129", "should be <= 128, not 129", ""),
    ("zoo.home == 300.1.1.1", "300.1.1.1", "not a valid hostname or IPv4 address", ""),
    ("zoo.tag == 00:01", "00:01", "too few bytes", "eth.addr[0:3]"),
    ("zoo.fur == 1x", "1x", "not a valid byte string", "double quotes"),
    ("zoo.wild == 1", "zoo.wild", "(type=Label) cannot participate in == comparison.", "write just zoo.wild"),
    ("zoo.legs contains 4", "zoo.legs", "cannot participate in contains", "string(zoo.legs)"),
    ("zoo.legs[0] == 4", "zoo.legs[0]", "cannot be sliced", "@zoo.legs"),
    ("zoo.call matches meow", "meow", "requires a double quoted string", 'Write "meow"'),
    ('zoo.call matches "("', '"("', "Regex compilation error", ""),
    ('zoo.call matches "a(?=b)"', '"a(?=b)"', "look-around", "linear"),
    ('zoo.call matches "(a)\\\\1"', '"(a)\\\\1"', "back references", "linear"),
    ('zoo.call == "\\q"', "\\q", "not a valid character escape", "raw string"),
    ('zoo.call == "abc', '"abc', "final quote was missing", ""),
    ("zoo.legs == 'ab'", "'ab'", "too long to be a valid character constant", "double quotes"),
    ("zoo.legs == ''", "''", "Empty character constant.", ""),
    ("zoo.fur[0:0] == 1", "[0:0]", "length 0 isn't positive", ""),
    ("zoo.fur[-1-2] == 1", "[-1-2]", "different signs", ""),
    ("zoo.fur[4-2] == 1", "[4-2]", "greater or equal", ""),
    ("zoo.fur[a] == 1", "[a]", '"a" is not a valid number.', ""),
    ("zoo.fur[1", "[1", "right bracket was missing", ""),
    ("zoo.legs # four", "# ", 'Expected digit or "[", not " "', "no comments"),
    ("nosuch(zoo.legs)", "nosuch(zoo.legs)", "Function 'nosuch' does not exist", ""),
    ("leng(zoo.legs) == 1", "leng(zoo.legs)", "does not exist", "len()"),
    ("len() == 1", "len()", "needs at least 1 arguments", ""),
    ("len(zoo.legs, zoo.legs) == 1", "len(zoo.legs, zoo.legs)", "can only accept 1 arguments", ""),
    ('upper(zoo.legs) == "A"', "zoo.legs", "Only string type fields", ""),
    (
        "max(zoo.left, zoo.legs) == 1",
        "zoo.legs",
        "must have the same type (expected FT_UINT16, got FT_UINT8)",
        "",
    ),
    ('string(zoo.call) == "a"', "zoo.call", 'String conversion for field "zoo.call" is not supported', ""),
    ("zoo.fur[0] in {1}", "zoo.fur[0]", "Only a field may be tested for membership", ""),
    ("any zoo", "", "Unexpected end of filter", ""),
    ("zoo and", "", "Unexpected end of filter", ""),
    ("(zoo", "", "Unexpected end of filter", ""),
    ("()", ")", "unexpected", ""),
    ("${nothing}", "${nothing}", "macro 'nothing' does not exist", "private_ipv4"),
    ("${private_ipv4}", "${private_ipv4}", "expecting 1 instead of 0", ""),
    ("zoo and ${private_ipv4:zoo.lefd}", "${private_ipv4:zoo.lefd}", "No such field: zoo.lefd", "zoo.left"),
    ("zoo.home == ${zoo.home", "${zoo.home", "end of filter in the middle of a macro", ""),
    ("zoo.age == 1.1234567891", "1.1234567891", "not a valid time", "nine decimals"),
]


@pytest.mark.parametrize(("text", "marked", "message", "hint"), TABLE, ids=[row[0] for row in TABLE])
def test_says_what_is_wrong_and_where(text: str, marked: str, message: str, hint: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text, zoo())
    begin, end = caught.value.span
    assert message in str(caught.value)
    assert text[begin:end] == marked
    assert hint in caught.value.hint


CAPTURE_FILTERS = [
    ("host 1.2.3.4 and tcp port 80", "ip.addr == 1.2.3.4 && tcp.port == 80"),
    ("tcp port 80 or tcp port 443", "tcp.port == 80 || tcp.port == 443"),
    ("dst host 1.2.3.4", "ip.dst == 1.2.3.4"),
    ("src 1.2.3.4", "ip.src == 1.2.3.4"),
    ("net 10.1", "ip.addr == 10.1.0.0/16"),
    ("net 192.168.0.0/16 and not tcp port 22", "ip.addr == 192.168.0.0/16 && !(tcp.port == 22)"),
    ("tcp portrange 6000-6008", "tcp.port in {6000 .. 6008}"),
    ("ether src host 00:11:22:33:44:55", "eth.src == 00:11:22:33:44:55"),
    ("host ::1", "ipv6.addr == ::1"),
    (
        "tcp src port 80 and (src host 1.1.1.1 or dst host 2.2.2.2)",
        "tcp.srcport == 80 && (ip.src == 1.1.1.1 || ip.dst == 2.2.2.2)",
    ),
]


@pytest.mark.parametrize(("text", "meant"), CAPTURE_FILTERS)
def test_translates_capture_filters(text: str, meant: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text, catalogue())
    assert caught.value.hint == f"This is a capture filter (BPF). As a display filter: {meant}"
    assert compile_filter(meant, catalogue()).fields


def test_shows_the_line_a_caret_and_the_hint() -> None:
    text = "zoo and\nzoo.left = 80"
    with pytest.raises(FilterError) as caught:
        understood(text)
    assert render_error(caught.value, text) == (
        '"=" was unexpected in this context.\n'
        "  zoo.left = 80\n"
        "           ^\n"
        "Hint: Comparison is written `==`."
    )  # fmt: skip


def test_the_caret_stands_below_wide_characters() -> None:
    text = 'zoo.call == "猫头鹰" and zoo.lefd'
    with pytest.raises(FilterError) as caught:
        understood(text)
    _, line, marker, _ = render_error(caught.value, text).splitlines()
    assert line.endswith("zoo.lefd")
    assert marker.index("^") == line.index("zoo.lefd") + 3  # three characters of two cells each


def test_long_lines_and_control_characters_are_tamed() -> None:
    text = "zoo or " * 1000 + "\x1b[31m" + "zoo or " * 1000
    with pytest.raises(FilterError) as caught:
        understood(text)
    lines = render_error(caught.value, text).splitlines()
    assert len(lines[1]) < 170
    assert all(len(line) < 1010 and line.isprintable() for line in lines)


WARNINGS = [
    ("zoo.place != 10.0.0.1", "several values"),
    ("zoo.home != 10.0.0.1", ""),
    ("zoo.place == 10.0.0.1", ""),
    ("zoo.place ~= 10.0.0.1", "deprecated"),
]


@pytest.mark.parametrize(("text", "piece"), WARNINGS)
def test_warns_without_refusing(text: str, piece: str) -> None:
    warnings = understood(text).warnings
    assert piece in " ".join(warnings)
    assert bool(warnings) == bool(piece)
