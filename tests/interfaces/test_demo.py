"""`synfin demo`: lists, explains, keeps, and says so where it may not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from synfin.demo.scenario import scenarios
from synfin.interfaces.cli.main import run
from tests.demo.test_scenarios import hosts_can_be_made

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("lang", "word"), [("en", "Nobody listens"), ("zh", "端口上没有人监听")])
def test_the_list_in_both_languages(lang: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--list", "--lang", lang]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in scenarios())
    assert word in printed


def test_a_scenario_is_explained_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not hosts_can_be_made():
        pytest.skip("needs Linux and the right to make namespaces")
    assert run(["demo", "refused", "-o", str(tmp_path / "kept.pcapng"), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Nobody listens on the port: RST in answer to the SYN.\n")
    assert "RST" in printed
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"kept.pcapng", "kept.server.pcapng", "kept.truth.json"}


def test_fragments_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    if not hosts_can_be_made():
        pytest.skip("needs Linux and the right to make namespaces")
    assert run(["demo", "fragmentation", "--lang", "en"]) == 0
    assert "Fragmented IP protocol" in capsys.readouterr().out


def test_where_it_may_not_it_says_so_and_explains_a_shipped_capture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert run(["demo", "--lang", "en"]) == 5
    printed = capsys.readouterr()
    assert "No hosts can be made here" in printed.err
    assert "This is a shipped capture" in printed.err
    assert "SYN" in printed.out


def test_an_unknown_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "nothing"]) == 3
    assert "There is no scenario 'nothing'" in capsys.readouterr().err
