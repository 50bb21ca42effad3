"""Each behaviour occurs in real captures as often as Wireshark finds it there."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from synfin.filters.filter import compile_filter
from synfin.session import catalogue, open_session

CAPTURES = Path(__file__).parents[3] / "shared" / "captures"
LIST = CAPTURES / "behaviours.tsv"

NEEDS_OTHER_PROTOCOLS = {"_ws.malformed"}
"""Filters that count what dissectors of other protocols find."""

pytestmark = pytest.mark.skipif(not LIST.exists(), reason="needs ../shared/captures")


class Behaviour(NamedTuple):
    """What happens, in which file, and which packets show it: how many, and some of them."""

    name: str
    file: str
    filter: str
    packets: int
    some: tuple[int, ...]


def behaviours() -> list[Behaviour]:
    """Those for which there is a filter and a count."""
    if not LIST.exists():
        return []
    with LIST.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [
        Behaviour(
            row["behaviour"],
            row["file"],
            row["display_filter"],
            int(row["tshark_4.0.17_count"]),
            tuple(int(number) for number in row["first_frames"].split(",") if number),
        )
        for row in rows
        if row["tshark_4.0.17_count"] and row["display_filter"] not in NEEDS_OTHER_PROTOCOLS
    ]


@pytest.mark.parametrize("behaviour", behaviours(), ids=lambda one: f"{one.name}: {one.file}")
def test_it_occurs_as_often_as_wireshark_finds_it(behaviour: Behaviour) -> None:
    wanted = compile_filter(behaviour.filter, catalogue())
    found: list[int] = []
    for table in open_session(CAPTURES / "open" / behaviour.file).tables_with(wanted.fields):
        found += (np.flatnonzero(wanted.mask(table)) + table.chunk.first).tolist()
    assert len(found) == behaviour.packets
    assert set(behaviour.some) <= set(found)
