"""Finds fields by words: what `synfin fields WORDS` answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.filters.checking.checked import Type
from synfin.filters.checking.names import value_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.dissect.catalogue import Catalogue, FieldInfo

EXAMPLES = 4
"""Names of values that are shown of a field."""


def search_fields(words: str | Iterable[str], catalogue: Catalogue) -> list[FieldInfo]:
    """Fields in whose name, label or names of values every word occurs, the best first.

    Args:
        words: in one string or several; upper and lower case are the same; none gives every field.
        catalogue: the fields there are.
    """
    wanted = (words if isinstance(words, str) else " ".join(words)).casefold().split()
    ranked = [(_rank(info, wanted), info.name, info) for info in catalogue.fields.values()]
    return [info for rank, _, info in sorted(ranked, key=lambda one: one[:2]) if rank >= 0]


def _rank(info: FieldInfo, wanted: list[str]) -> int:
    """0 is best; -1 if some word does not occur."""
    name, label = info.name.casefold(), info.label.casefold()
    worst = 0
    for word in wanted:
        if word == name:
            rank = 0
        elif name.startswith(word) or name.endswith("." + word):
            rank = 1
        elif word in name:
            rank = 2
        elif word in label:
            rank = 3
        elif any(word in value.casefold() for value in info.names.values()):
            rank = 4
        else:
            return -1
        worst = max(worst, rank)
    return worst


def type_label(info: FieldInfo) -> str:
    """What sort of values a field has, in words: "Unsigned integer (2 bytes)"."""
    return Type(info.kind, info.width).label


def value_examples(info: FieldInfo, catalogue: Catalogue) -> tuple[str, ...]:
    """A few values with their names: `6 (TCP)`."""
    return tuple(f"{value} ({name})" for value, name in list(value_names(info, catalogue).items())[:EXAMPLES])
