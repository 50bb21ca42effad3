"""What may come next: continuations of a filter at the cursor, for shells and input fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import FilterError
from synfin.dissect.kinds import Kind
from synfin.filters.checking.check import SEARCHABLE
from synfin.filters.checking.checked import Type
from synfin.filters.checking.functions import FUNCTIONS
from synfin.filters.checking.names import value_names
from synfin.filters.language.grammar import COMPARISONS
from synfin.filters.language.tokens import Lexeme, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.dissect.catalogue import Catalogue, FieldInfo

MOST = 200
"""Completions at most."""

ORDERED = frozenset(Kind) - {Kind.NONE, Kind.PROTOCOL, Kind.BOOLEAN, Kind.BYTES}
MEANINGS = {
    "==": "equal to",
    "!=": "not equal to any value",
    ">": "greater than",
    ">=": "greater than or equal to",
    "<": "less than",
    "<=": "less than or equal to",
    "in": "one of a set",
    "contains": "contains these bytes or this text",
    "matches": "matches a regular expression",
    "and": "both tests",
    "or": "at least one of the tests",
    "not": "the test fails",
}
_EXAMPLES = {
    Kind.IPV4: ("192.0.2.1", "192.0.2.0/24"),
    Kind.IPV6: ("2001:db8::1", "2001:db8::/32"),
    Kind.ETHER: ("00:00:5e:00:53:01",),
    Kind.TIME: ('"2026-01-31 12:00:00"',),
    Kind.DURATION: ("0.001",),
    Kind.TEXT: ('"…"',),
    Kind.BYTES: ("00:ff",),
}
"""Forms of literals, from the ranges set aside for documentation."""


class Completion(NamedTuple):
    """One way to go on.

    Attributes:
        text: what replaces the characters from `begin` to `end`.
        begin: first character that is replaced.
        end: one past the last; the cursor.
        kind: "field", "protocol", "operator", "value", "function".
        meaning: what it is, for people.
    """

    text: str
    begin: int
    end: int
    kind: str
    meaning: str


def complete(text: str, cursor: int, catalogue: Catalogue) -> list[Completion]:
    """Continuations of the text up to the cursor; of what is being written, else of what may follow.

    Args:
        text: the filter so far.
        cursor: characters before the cursor.
        catalogue: the fields there are.
    """
    before = text[: max(cursor, 0)]
    try:
        found = tokens(before)[:-1]
    except FilterError:
        return []  # inside a string, or after something broken
    word, begin = "", len(before)
    if found and found[-1].end == len(before) and found[-1].kind in (Lexeme.WORD, Lexeme.LITERAL):
        word, begin = found[-1].text, found[-1].begin
        found = found[:-1]
    elif before.endswith(".") and found and found[-1].text == ".":
        begin = found[-2].begin if len(found) > 1 and found[-2].end == found[-1].begin else begin
        word = before[begin:]
        found = found[:-2]
    offered = _offered(found, word, catalogue)
    matching = (one for one in offered if one[0].casefold().startswith(word.casefold()) and one[0] != word)
    return [
        Completion(name, begin, len(before), kind, meaning) for name, kind, meaning in _first(matching, MOST)
    ]


def _first(given: Iterator[tuple[str, str, str]], most: int) -> Iterator[tuple[str, str, str]]:
    for _, one in zip(range(most), given, strict=False):
        yield one


def _offered(before: list[Token], word: str, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """All that may stand after these tokens: text, kind and meaning."""
    last = before[-1] if before else None
    field = _compared_field(before, catalogue)
    if field is not None:
        yield from _values(field, catalogue)
        if word:
            yield from _fields(word, catalogue)
    elif last is None or (last.kind is Lexeme.OPERATOR and last.text not in (")", "}")):
        yield from _fields(word, catalogue)
        if last is None or last.text in ("&&", "||", "(", "!"):
            yield "not", "operator", MEANINGS["not"]
        for name, function in FUNCTIONS.items():
            yield f"{name}(", "function", function.meaning
    elif last.text in catalogue.fields and not _is_value(before):
        yield from _operators(catalogue.fields[last.text])
    else:
        yield from ((name, "operator", MEANINGS[name]) for name in ("and", "or"))


def _compared_field(before: list[Token], catalogue: Catalogue) -> FieldInfo | None:
    """The field to whose right a value is expected, if one is."""
    at = len(before) - 1
    while at >= 0 and before[at].text in ("{", ",", "..", "+", "-"):  # inside a set
        at -= 2 if before[at].text in (",", "..") else 1
    if at < 1 or before[at].kind is not Lexeme.OPERATOR or before[at].text not in (*COMPARISONS, "in"):
        return None
    at -= 1
    if before[at].text == "!":
        at -= 1
    while at > 0 and before[at].kind in (Lexeme.LAYERS, Lexeme.RANGES):
        at -= 1
    return catalogue.fields.get(before[at].text)


def _is_value(before: list[Token]) -> bool:
    """Whether the last token is the right side of a comparison."""
    return len(before) > 1 and before[-2].kind is Lexeme.OPERATOR and before[-2].text in COMPARISONS


def _fields(word: str, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Fields that begin so; while no dot is written, protocols first, and only they if nothing is written."""
    start = word.casefold()
    infos = [info for info in catalogue.fields.values() if info.name.casefold().startswith(start)]
    if not word:
        infos = [info for info in infos if info.kind is Kind.PROTOCOL]
    for info in sorted(infos, key=lambda one: (one.name.count(".") if "." not in word else 0, one.name)):
        is_protocol = info.kind is Kind.PROTOCOL
        meaning = info.label if is_protocol else f"{info.label} · {Type(info.kind, info.width).label}"
        yield info.name, "protocol" if is_protocol else "field", meaning


def _operators(field: FieldInfo) -> Iterator[tuple[str, str, str]]:
    names = ["and", "or"]
    if field.kind not in (Kind.NONE, Kind.PROTOCOL):
        names = ["==", "!=", *([">", ">=", "<", "<="] if field.kind in ORDERED else []), "in", *names]
    if field.kind in SEARCHABLE:
        names = (
            ["contains", "matches", *names]
            if field.kind is Kind.PROTOCOL
            else [*names[:-2], "contains", "matches", *names[-2:]]
        )
    for name in names:
        yield name, "operator", MEANINGS[name]


def _values(field: FieldInfo, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    names = value_names(field, catalogue)
    for value, name in names.items():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        yield f'"{quoted}"', "value", str(value)
    for value, name in names.items():
        yield str(value), "value", name
    for example in _EXAMPLES.get(field.kind, ()):
        yield example, "value", "form of a value"
