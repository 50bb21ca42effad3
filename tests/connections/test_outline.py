"""The table for people has fewer columns, made in one go; they say what the complete table says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synfin.operations import connection_table
from synfin.session import open_session
from tests.truth.runs import FOLDER

if TYPE_CHECKING:
    from synfin.connections.summary import Connections

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.pcapng"))
RUNS = sorted(FOLDER.glob("*.pcap.gz"))[::5]


def agree(outline: Connections, complete: Connections) -> None:
    """Whatever the outline has, the complete table has, too."""
    assert 10 < len(outline.columns) < len(complete.columns)
    for name, values in outline.columns.items():
        assert values.tolist() == complete.columns[name].tolist(), name


@pytest.mark.parametrize("path", [*EXAMPLES, *RUNS], ids=lambda path: path.name)
def test_the_outline_says_what_the_complete_table_says(path: Path) -> None:
    outline, complete = (connection_table(open_session(path), main_only=only) for only in (True, False))
    agree(outline, complete)
    assert len(outline) == len(complete)


def test_a_filter_leaves_the_same_connections_in_both() -> None:
    path = next(path for path in EXAMPLES if path.name == "page.pcapng")
    outline, complete = (
        connection_table(open_session(path), "tcp.port == 80", main_only=only) for only in (True, False)
    )
    agree(outline, complete)
