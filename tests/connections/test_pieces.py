"""The table of connections is made some rows at a time, which changes nothing of what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.connections import summary
from synfin.operations import connection_table
from synfin.session import open_session

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.pcapng"))


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_pieces_make_the_same_table(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = connection_table(open_session(*EXAMPLES))
    monkeypatch.setattr(summary, "AT_ONCE", rows)
    pieces = connection_table(open_session(*EXAMPLES))
    assert list(pieces.rows()) == list(whole.rows())
    assert len(pieces) > 20
    for at in range(len(pieces)):
        assert pieces.row_beside(at) == whole.row_beside(at)
