"""`synfin stats`: what can be counted, in what forms."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from synfin.interfaces.cli.stats import KINDS, LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_table_json_and_csv_have_the_same_rows(synfin: Command, examples: Path, kind: str, lang: str) -> None:
    page = examples / "page.pcapng"
    table = synfin("stats", page, kind, "--lang", lang)
    told = json.loads(synfin("stats", page, kind, "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(synfin("stats", page, kind, "--format", "csv").out)))
    assert table.code == 0
    assert len(table.lines) - (kind != "records") == len(told) == len(rows) > 0
    assert [list(one) for one in told] == [list(one) for one in rows]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", ["conversations", "endpoints"])
def test_every_layer_has_its_talkers(synfin: Command, examples: Path, kind: str, layer: str) -> None:
    said = synfin("stats", examples / "page.pcapng", kind, "--type", layer, "--format", "json")
    assert said.code == 0
    assert bool(json.loads(said.out)) == (layer in ("tcp", "ip", "eth"))


def test_only_packets_that_match_are_counted(synfin: Command, examples: Path) -> None:
    said = synfin(
        "stats", examples / "page.pcapng", "endpoints", "--type", "eth", "-Y", "arp", "--format", "csv"
    )
    assert said.lines == [
        "address,packets,bytes,packets_sent,bytes_sent,packets_received,bytes_received",
        "02:00:00:00:00:10,2,84,1,42,1,42",
        "ff:ff:ff:ff:ff:ff,1,42,0,0,1,42",
        "02:00:00:00:00:80,1,42,1,42,0,0",
    ]


@pytest.mark.parametrize("interval", ["x", "-1", "NaN", "1e-12", "Infinity"])
def test_an_interval_is_a_time(synfin: Command, examples: Path, interval: str) -> None:
    said = synfin("stats", examples / "page.pcapng", "io", f"--interval={interval}")
    assert (said.code, said.out) == (2, "")
    assert interval in said.err


def test_records_are_not_filtered(synfin: Command, examples: Path) -> None:
    assert synfin("stats", examples / "page.pcapng", "records", "-Y", "tcp").code == 2
