"""A column of texts of which few are different: numbers into a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synfin.basics.arrays import Flags, Integers, Values


@dataclass(frozen=True, slots=True)
class Words:
    """One text per row, None where it is unknown.

    Attributes:
        codes: an integer per row, index into `texts`.
        texts: every different text once, and maybe None.
    """

    codes: Integers
    texts: Sequence[str | None]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.codes)

    def __getitem__(self, rows: Values | slice) -> Words:
        """Only these rows: positions, one truth value per row, or a slice."""
        return Words(self.codes[rows], self.texts)

    def tolist(self) -> list[str | None]:
        """The texts, row by row."""
        texts = self.texts
        return [texts[code] for code in self.codes.tolist()]

    def used(self) -> Words:
        """The same, without texts that no row has."""
        is_used = np.zeros(len(self.texts), np.bool_)
        is_used[self.codes] = True
        texts = [self.texts[code] for code in np.flatnonzero(is_used).tolist()]
        return Words((np.cumsum(is_used) - 1)[self.codes], texts)

    def where(self, known: Flags) -> Words:
        """The same, unknown where `known` is not."""
        return Words(np.where(known, self.codes, len(self.texts)), [*self.texts, None])


def stacked(parts: Sequence[Words]) -> Words:
    """The rows of the first, then those of the second, and so on; every different text once."""
    numbers: dict[str | None, int] = {}
    codes = []
    for part in parts:
        known = np.array([numbers.setdefault(one, len(numbers)) for one in part.texts], np.int32)
        codes.append(known[part.codes])
    return Words(np.concatenate(codes), list(numbers))
