"""A column of numbers of which some are unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers, Values


@dataclass(frozen=True, slots=True)
class Partial:
    """One number or truth value per row, None where it is unknown.

    Attributes:
        values: integers or bool; what stands where they are unknown means nothing.
        is_known: bool per row.
    """

    values: Values
    is_known: Flags

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.values)

    def __getitem__(self, rows: Values | slice) -> Partial:
        """Only these rows: positions, one truth value per row, or a slice."""
        return Partial(self.values[rows], self.is_known[rows])

    def tolist(self) -> list[int | bool | None]:
        """The values, row by row."""
        values = self.values.astype(object)
        values[~self.is_known] = None
        made: list[int | bool | None] = values.tolist()
        return made

    def filled(self, unknown: int) -> Integers:
        """The values, and this where they are unknown."""
        if self.is_known.all():
            return self.values
        return np.where(self.is_known, self.values, np.int64(unknown))
