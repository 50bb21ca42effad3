"""Looks up the names of fields, and says what may have been meant when there is none."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from synfin.basics.errors import FilterError
from synfin.dissect.definition import Field
from synfin.dissect.kinds import Kind
from synfin.dissect.template import SET, TRUTH
from synfin.filters.language.syntax import Arithmetic, Call, Negative, Role, Sliced, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.dissect.catalogue import Catalogue, FieldInfo
    from synfin.filters.language.syntax import Operand

RETIRED = {"bootp": "dhcp", "ssl": "tls"}
"""Old protocol names that filters on the web still use."""

ALIKE = 0.75
"""How similar a name must be to be suggested, 1 for the same."""

LONGEST_NAME = 100
"""Characters of a word that is compared with all names."""


class Names:
    """The fields of a catalogue, and which of them a filter has used.

    Args:
        catalogue: the fields there are.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.used: set[str] = set()
        self.warnings: list[str] = []

    def find(self, word: Word) -> FieldInfo | None:
        """The field a word names, if it names one; also by its retired name."""
        if word.role is Role.LITERAL:
            return None
        fields = self.catalogue.fields
        if word.text in fields:
            return fields[word.text]
        first, dot, rest = word.text.partition(".")
        renamed = RETIRED.get(first, first) + dot + rest
        if renamed == word.text or renamed not in fields:
            return None
        self.warn(f"Filter contains deprecated tokens: {word.text} is now called {renamed}.")
        return fields[renamed]

    def warn(self, sentence: str) -> None:
        """Tell the user, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def missing(self, word: Word, problem: str) -> FilterError:
        """The error for a word that should name a field; `problem` is for words that cannot."""
        if not could_be_name(word):
            return FilterError(problem, span=word.span, hint="Put the field first.")
        return FilterError(f"No such field: {word.text}", span=word.span, hint=self.did_you_mean(word.text))

    def did_you_mean(self, name: str) -> str:
        """A hint with fields of similar names, "" if there are none."""
        near = nearest(name, self.catalogue) if len(name) <= LONGEST_NAME else []
        return f"Did you mean {' or '.join(near)}?" if near else ""

    def unknown_in(self, node: Operand) -> FilterError | None:
        """The error for the leftmost word of an operand that looks like the name of a field and is none."""
        waiting: list[Operand] = [node]
        while waiting:
            here = waiting.pop()
            match here:
                case Word():
                    if could_be_name(here) and self.find(here) is None:
                        return self.missing(here, "")
                case Sliced(of=of) | Negative(of=of):
                    waiting.append(of)
                case Call(arguments=arguments):
                    waiting += reversed(arguments)
                case Arithmetic(left=left, right=right):
                    waiting += (right, left)
                case _:
                    continue
        return None


def value_names(info: FieldInfo, catalogue: Catalogue) -> Mapping[int, str]:
    """What the values of a field are called; truth values always have names."""
    if info.names or info.kind is not Kind.BOOLEAN:
        return info.names
    sources = catalogue.sources.get(info.name, ())
    return SET if sources and isinstance(sources[0].item, Field) else TRUTH


def could_be_name(word: Word) -> bool:
    """Whether a word looks like the name of a field."""
    return word.role is not Role.LITERAL and (word.text[:1].isalpha() or word.text.startswith("_"))


def nearest(name: str, catalogue: Catalogue, count: int = 3) -> list[str]:
    """Names of fields that look like this one, the likeliest first."""
    folded: dict[str, str] = {}
    for known in catalogue.fields:
        folded.setdefault(known.casefold(), known)
    if name.casefold() in folded:
        return [folded[name.casefold()]]
    return [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, count, ALIKE)]
