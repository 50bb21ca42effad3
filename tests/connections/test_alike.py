"""Rows that are alike bear the same number, in the order in which they first appear."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synfin.connections.alike import alike, number
from synfin.connections.endpoints import SECRET

words = st.sampled_from((0, 1, -1, 1 << 32, -(2**63), 2**63 - 1))


@given(st.lists(st.tuples(words, words, words), max_size=60))
def test_it_agrees_with_a_list(rows: list[tuple[int, int, int]]) -> None:
    distinct = list(dict.fromkeys(rows))
    table = np.array(rows, np.int64).reshape(-1, 3)
    numbers, firsts = alike(table)
    assert numbers.tolist() == [distinct.index(row) for row in rows]
    assert firsts.tolist() == [rows.index(row) for row in distinct]

    slots, out = np.zeros(256, np.int32), (np.empty_like(numbers), np.empty_like(numbers))
    assert number.compiled(table, slots, out, SECRET) == len(distinct)
    assert out[0].tolist() == numbers.tolist()
    assert out[1][: len(distinct)].tolist() == firsts.tolist()
