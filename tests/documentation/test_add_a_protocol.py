"""The page that tells how to add a protocol: its example, put into a folder, is seen everywhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import synfin.protocols
from synfin.basics.collect import collect
from synfin.basics.errors import DefinitionError
from synfin.dissect.catalogue import Catalogue
from synfin.dissect.definition import Protocol
from synfin.dissect.listing import listing
from synfin.dissect.tree import Trees
from synfin.explain.lesson import teach_header
from tests.packets import ethernet, ipv4, table_of, udp

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable

PAGE = Path(__file__).parents[2] / "docs" / "do" / "add-a-protocol.md"
BEACON = bytes.fromhex("21 00 01 2c")  # version 2, kind 1, count 300


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """All protocols, and the page's own from a folder beside them."""
    example = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert example is not None
    folder = tmp_path / "more_protocols"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "beacon.py").write_text(example[1], "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    package = __import__("more_protocols")
    added = collect(package, Protocol)
    for name in ("more_protocols", "more_protocols.beacon"):
        sys.modules.pop(name)
    return Catalogue.of((*collect(synfin.protocols, Protocol), *added))


@pytest.fixture
def table(catalogue: Catalogue) -> PacketTable:
    """One packet of it."""
    return table_of([ethernet(ipv4(udp(BEACON, ports=(40000, 7777)), 17))], using=catalogue)


def test_it_is_in_the_list(table: PacketTable) -> None:
    shown = listing(table)
    assert (shown.protocol[0], shown.info[0]) == ("BEACON", "Goodbye 300")


def test_it_is_in_the_tree(table: PacketTable) -> None:
    node = Trees(table).packet(0)[-1]
    assert node.label == "Beacon Protocol, Count: 300"
    assert [child.label for child in node.children] == [
        "0010 .... = Version: 2",
        ".... 0001 = Kind: Goodbye (1)",
        "Reserved: 0",
        "Count: 300",
    ]
    assert (node.start, node.length) == (42, 4)


def test_its_fields_can_be_asked_for(table: PacketTable) -> None:
    assert table.texts("beacon.count")[1].to_list() == ["300"]
    assert table.texts("beacon.kind")[1].to_list() == ["1"]


def test_it_can_be_filtered(table: PacketTable) -> None:
    from synfin.filters.filter import compile_filter

    assert compile_filter("beacon.count > 299 and beacon.kind == Goodbye", table.catalogue).mask(table).all()
    assert not compile_filter("beacon.version == 3", table.catalogue).mask(table).any()


def test_its_diagram_is_drawn(catalogue: Catalogue) -> None:
    drawn = teach_header(catalogue.by_name["beacon"], "en", 100).text()
    assert "Version" in drawn
    assert "Count" in drawn
    assert "How many beacons this host has sent." in drawn


def test_two_files_that_claim_one_key_are_refused(catalogue: Catalogue) -> None:
    beacon = catalogue.by_name["beacon"]
    other = Protocol("other", "Other", "", follows=beacon.follows, fields=())
    with pytest.raises(DefinitionError, match=r"beacon and other both follow udp\.port 7777"):
        Catalogue.of((*catalogue.protocols, other))


def test_a_definition_of_odd_bits_is_refused() -> None:
    from synfin.dissect.definition import Field

    with pytest.raises(DefinitionError, match="12 bits, not whole bytes"):
        Protocol("odd", "Odd", "", follows=(), fields=(Field("a", 12, "A"),))


def test_modules_may_hold_nothing_of_the_sort(tmp_path: Path) -> None:
    package = ModuleType("nothing")
    package.__path__ = [str(tmp_path)]
    assert collect(package, Protocol) == ()
