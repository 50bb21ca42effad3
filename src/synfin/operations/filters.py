"""Display filters in words, how they go on, and the fields they may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.explain.language import Lang
    from synfin.filters.complete import Completion


class FilterAnswer(NamedTuple):
    """A display filter, explained.

    Attributes:
        sentence: what it selects, in one sentence.
        tree: how it is read, as indented lines.
        warnings: what may not be meant.
    """

    sentence: str
    tree: str
    warnings: tuple[str, ...]


def filter_in_words(text: str, lang: str) -> FilterAnswer:
    """Say what a display filter selects.

    Raises:
        FilterError: it cannot be understood.
    """
    from synfin.filters.filter import compile_filter
    from synfin.filters.words import in_words
    from synfin.session import catalogue

    made = compile_filter(text, catalogue())
    return FilterAnswer(in_words(made, lang), "\n".join(made.tree()), tuple(made.warnings))


def completions(text: str, cursor: int) -> list[Completion]:
    """How a display filter may go on at the cursor (characters before it): fields, operators, values."""
    from synfin.filters.complete import complete
    from synfin.session import catalogue

    return complete(text, cursor, catalogue())


FEW_FIELDS = 6
"""If a search finds no more, each is explained."""


class FoundField(NamedTuple):
    """A field of the reference, ready to be shown.

    Attributes:
        name: its filter name.
        kind: its type, in words.
        label: what the tree calls it.
        examples: values it may have.
        lesson: its meaning and the common mistake, in the reader's language; empty if there is none, or if
            many fields were found.
    """

    name: str
    kind: str
    label: str
    examples: tuple[str, ...]
    lesson: tuple[str, ...]


def search(words: Sequence[str], *, lang: Lang = "en") -> list[FoundField]:
    """Fields of the reference whose name, label or value names contain all words, the nearest first."""
    from synfin.explain.lesson import teach_field
    from synfin.filters.search import search_fields, type_label, value_examples
    from synfin.session import catalogue

    known = catalogue()
    found = search_fields(words, known)
    return [
        FoundField(
            info.name,
            type_label(info),
            info.label,
            value_examples(info, known),
            teach_field(known.by_name[info.protocol], info.name, lang) if len(found) <= FEW_FIELDS else (),
        )
        for info in found
    ]
