"""Every scenario is played on the real kernel, and its story told as what it is."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from synfin.basics.errors import CaptureError
from synfin.demo.frames import segment_of
from synfin.demo.scenario import scenarios
from synfin.demo.scenarios.window_scaling_stripped import without_scaling
from synfin.operations import Demonstration, demonstrate
from tests.packets import checksum, ethernet, ipv4, tcp

if TYPE_CHECKING:
    from pathlib import Path

STORIES = {
    "normal": {"opening.complete", "closing.three", "transfer.nothing_resent"},
    "refused": {"step.refused", "opening.refused"},
    "filtered": {"step.syn_again", "opening.no_answer"},
    "server-reset": {"step.reset.abort", "closing.time_wait.none"},
    "half-close": {"closing.four.half", "normal.half_close"},
    "simultaneous-close": {"step.fin.crossing", "closing.simultaneous", "closing.time_wait.both"},
    "simultaneous-open": {"step.syn.crossing", "opening.simultaneous"},
    "three-segment-close": {"step.fin_and_ack", "closing.three"},
    "lost-syn": {"step.syn_again", "opening.retried"},
    "lost-third-ack": {"step.syn_ack_again", "opening.retried"},
    "lost-data": {"opening.complete", "closing.three"},
    "tail-loss": {"opening.complete", "closing.three"},
    "timeout": {"opening.complete", "closing.three"},
    "reordering": {"opening.complete", "transfer.nothing_resent"},
    "duplicates": {"opening.complete", "closing.three"},
    "zero-window": {"transfer.zero_window", "normal.window_update"},
    "slow-reader": {"normal.window_update", "transfer.nothing_resent"},
    "slow-server": {"silence.broken", "transfer.nothing_resent"},
    "nagle-delayed-ack": {"opening.complete", "transfer.nothing_resent"},
    "keep-alive": {"normal.keep_alive"},
    "close-wait-leak": {"closing.half_closed", "closing.close_wait"},
    "time-wait-reuse": {"normal.port_reuse"},
    "mtu-black-hole": {"opening.complete"},
    "accept-queue-overflow": {"step.syn_again", "opening.no_answer"},
    "window-scaling-stripped": {"opening.complete", "options.window.one"},
    "syn-flood": {"step.syn_ack_again", "opening.half_open"},
    "fragmentation": set(),
}
"""Sentences that each story must have, whatever else it says."""

RESENDS = ("lost-syn", "lost-third-ack", "lost-data", "tail-loss", "timeout", "mtu-black-hole")


@cache
def hosts_can_be_made() -> bool:
    """Whether this machine lets us make namespaces."""
    asked = subprocess.run(
        [sys.executable, "-c", "from synfin.demo.rights import enter; enter()"],
        check=False,
        capture_output=True,
    )
    return asked.returncode == 0


def played(name: str, folder: Path) -> Demonstration:
    """A scenario, played; skips where no hosts can be made."""
    if not hosts_can_be_made():
        pytest.skip("needs Linux and the right to make namespaces")
    shown = demonstrate(name, folder, lang="en", width=80)
    assert shown.refusal == ""
    return shown


def keys(shown: Demonstration) -> set[str]:
    if shown.explanation is None:
        return set()
    return {sentence.key for section in shown.explanation.sections for sentence in section.sentences}


def test_every_scenario_has_a_story_here() -> None:
    assert set(STORIES) == set(scenarios())


@pytest.mark.parametrize("name", STORIES)
def test_its_story_is_told(name: str, tmp_path: Path) -> None:
    shown = played(name, tmp_path)
    assert STORIES[name] <= keys(shown)
    assert (shown.explanation is None) == (name == "fragmentation")
    assert shown.truth is not None
    link = shown.truth["link"]
    assert isinstance(link, list)
    fates = {passage["fate"] for passage in link}
    assert ("drop" in fates) == (name in (*RESENDS, "filtered"))
    assert ("late" in fates) == (name == "reordering")
    assert ("duplicate" in fates) == (name == "duplicates")
    assert ("rewritten" in fates) == (name == "window-scaling-stripped")


@pytest.mark.parametrize("name", RESENDS)
def test_the_kernel_counts_what_was_resent(name: str, tmp_path: Path) -> None:
    truth = played(name, tmp_path).truth
    assert truth is not None
    counters = truth["counters"]
    assert isinstance(counters, dict)
    assert sum(side.get("TcpRetransSegs", 0) for side in counters.values()) >= 1


def test_a_full_queue_is_counted_by_the_server(tmp_path: Path) -> None:
    truth = played("accept-queue-overflow", tmp_path).truth
    assert truth is not None
    counters = truth["counters"]
    assert isinstance(counters, dict)
    assert counters["server"]["TcpExtListenOverflows"] >= 1


MEASURED = ("transfer.rtt", "silence.", "place.", "normal.cumulative")
"""Sentences that depend on how fast this machine is."""


def test_the_same_seed_gives_the_same_verdict(tmp_path: Path) -> None:
    stories = []
    for turn in ("first", "second"):
        folder = tmp_path / turn
        folder.mkdir()
        said = keys(played("lost-third-ack", folder))
        stories.append({key for key in said if not key.startswith(MEASURED)})
    assert stories[0] == stories[1]


def test_both_ends_and_the_truth_are_written(tmp_path: Path) -> None:
    played("refused", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"client.pcapng", "server.pcapng", "truth.json"}
    assert json.loads((tmp_path / "truth.json").read_text())["scenario"] == "refused"


def test_there_is_no_such_scenario(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="There is no scenario 'nothing'"):
        demonstrate("nothing", tmp_path, lang="en", width=80)


def test_where_no_hosts_can_be_made_a_shipped_capture_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    shown = demonstrate("lost-data", tmp_path, lang="en", width=80)
    assert shown.refusal.startswith("No hosts can be made here")
    assert shown.truth is None
    assert "opening.complete" in keys(shown)


def test_the_window_scale_option_is_blotted_out_and_the_checksum_put_right() -> None:
    options = bytes.fromhex("020405b4 01 030307 00000000")
    segment = tcp(flags=0x02, options=options)
    pseudo = bytes((192, 0, 2, 10, 192, 0, 2, 80, 0, 6)) + len(segment).to_bytes(2, "big")
    good = checksum(pseudo + segment).to_bytes(2, "big")
    frame = ethernet(ipv4(segment[:16] + good + segment[18:]))
    changed = without_scaling(frame)
    found = segment_of(changed)
    assert found is not None
    assert changed[found.at + 20 :].startswith(bytes.fromhex("020405b4 01 010101 00"))
    assert checksum(pseudo + changed[found.at :]) == 0
    assert without_scaling(frame[: found.at + 13] + b"\x10" + frame[found.at + 14 :])[-8:] == frame[-8:]
