"""Tables of connections are written a grid at a time: as if every cell were written by Python itself."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.exports.connections import csv_rows, json_rows
from synfin.exports.grid import UNKNOWN, Column, Grid, write
from tests.scenarios.language import read

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*/*.txt"))

WORDS = ("", "a", "naïve", "two words, quoted", "x" * 40)
NUMBERS = st.one_of(st.just(UNKNOWN), st.integers(0, 9), st.integers(-(2**63) + 1, 2**63 - 1))


def naive(column: Column, cell: int) -> str:
    """One cell."""
    if not column.is_number:
        return column.texts[cell]
    before, unknown = column.texts
    return unknown if cell == UNKNOWN else f"{before}{cell}"


@given(st.lists(st.tuples(NUMBERS, st.integers(0, len(WORDS) - 1), NUMBERS), max_size=30))
def test_rows_are_their_cells_one_after_the_other(rows: list[tuple[int, int, int]]) -> None:
    columns = [Column(["#", "?"], is_number=True), Column(WORDS, is_number=False)]
    columns.append(Column([", é: ", ""], is_number=True))
    cells = np.array(rows, np.int64).reshape(-1, len(columns)).T.copy()
    expected = "".join("".join(map(naive, columns, row)) + "\r\n" for row in rows).encode()
    assert bytes(Grid(columns, "\r\n").written(cells)) == expected
    with pytest.MonkeyPatch.context() as context:
        context.setattr("synfin.exports.grid.write", write.compiled)
        assert bytes(Grid(columns, "\r\n").written(cells)) == expected


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_what_is_written_says_what_the_table_says(path: Path) -> None:
    found = read(path).followed()
    rows = list(found.rows())
    assert json.loads(b"".join(json_rows(found))) == rows
    head, *lines = csv.reader(io.StringIO(b"".join(csv_rows(found)).decode()))
    assert head == list(found.columns)
    assert lines == [["" if value is None else str(value) for value in row.values()] for row in rows]
