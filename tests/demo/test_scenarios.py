"""Every scenario is played on the real kernel, and its story told as what it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from synfin.basics.errors import CaptureError
from synfin.demo.frames import segment_of
from synfin.demo.recording import LATEST
from synfin.demo.scenario import scenarios
from synfin.demo.scenarios.window_scaling_stripped import without_scaling
from synfin.operations import Demonstration, connection_table, demonstrate
from tests.packets import checksum, ethernet, ipv4, tcp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Stage = Callable[[str], Demonstration]

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


VERDICTS = {
    "normal": ("complete", "three segments", "client"),
    "refused": ("refused", "", ""),
    "filtered": ("no answer", "", ""),
    "server-reset": ("complete", "RST by server", "server"),
    "half-close": ("complete", "four segments", "client"),
    "simultaneous-close": ("complete", "simultaneous", "client"),
    "simultaneous-open": ("simultaneous open", "three segments", "client"),
    "three-segment-close": ("complete", "three segments", "client"),
    "lost-syn": ("complete after retries", "three segments", "client"),
    "lost-third-ack": ("complete after retries", "three segments", "client"),
    "lost-data": ("complete", "three segments", "client"),
    "tail-loss": ("complete", "three segments", "client"),
    "timeout": ("complete", "three segments", "client"),
    "reordering": ("complete", "three segments", "client"),
    "duplicates": ("complete", "three segments", "client"),
    "zero-window": ("complete", "three segments", "client"),
    "slow-reader": ("complete", "three segments", "client"),
    "slow-server": ("complete", "three segments", "client"),
    "nagle-delayed-ack": ("complete", "three segments", "client"),
    "keep-alive": ("complete", "three segments", "client"),
    "close-wait-leak": ("complete", "half-closed, still open one way", "client"),
    "time-wait-reuse": ("complete", "three segments", "server"),
    "mtu-black-hole": ("complete", "timed out", ""),
    "accept-queue-overflow": ("no answer", "", ""),
    "window-scaling-stripped": ("complete", "three segments", "client"),
    "syn-flood": ("half-open", "", ""),
}
"""How each connection opened, how it closed, and who closed first."""

CAUSES = {
    "lost-third-ack": {"timeout"},
    "lost-data": {"fast"},
    "tail-loss": {"tail_loss_probe"},
    "timeout": {"tail_loss_probe", "timeout"},
    "mtu-black-hole": {"timeout"},
    "syn-flood": {"timeout"},
}
"""Why the server sent segments again."""


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
    assert shown.truth is not None
    late = shown.truth["late"]
    assert isinstance(late, float)
    if late > LATEST:
        pytest.skip(f"this machine is too busy: every time something was {late * 1000:.0f} ms late")
    return shown


def verdict(shown: Demonstration) -> tuple[str, str, str, set[str]]:
    """How the connection opened and closed, who closed first, and why the server sent segments again."""
    table, row = connection_table(shown.session), shown.scenario.connection or 0
    opened, closed, first = (
        str(table.columns[name].tolist()[row]) for name in ("handshake", "teardown", "closed_first")
    )
    kinds = ("fast", "timeout", "tail_loss_probe", "spurious")
    counts = {kind: table.columns[f"server_retransmissions_{kind}"].tolist()[row] for kind in kinds}
    return opened, closed, first, {kind for kind, count in counts.items() if count}


def keys(shown: Demonstration) -> set[str]:
    if shown.explanation is None:
        return set()
    return {sentence.key for section in shown.explanation.sections for sentence in section.sentences}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Plays a scenario when it is asked for, and no more than once."""

    @cache
    def shown(name: str) -> Demonstration:
        return played(name, tmp_path_factory.mktemp(name))

    return shown


def counters(shown: Demonstration) -> dict[str, dict[str, int]]:
    """What the kernels of both hosts counted."""
    assert shown.truth is not None
    counted = shown.truth["counters"]
    assert isinstance(counted, dict)
    return counted


def test_every_scenario_has_a_story_and_a_verdict_here() -> None:
    assert set(STORIES) == set(scenarios()) == {*VERDICTS, "fragmentation"}


@pytest.mark.parametrize("name", STORIES)
def test_its_story_is_told(name: str, stage: Stage) -> None:
    shown = stage(name)
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


@pytest.mark.parametrize("name", VERDICTS)
def test_its_verdict_is_right(name: str, stage: Stage) -> None:
    assert verdict(stage(name)) == (*VERDICTS[name], CAUSES.get(name, set()))


@pytest.mark.parametrize("name", RESENDS)
def test_the_kernel_counts_what_was_resent(name: str, stage: Stage) -> None:
    assert sum(side.get("TcpRetransSegs", 0) for side in counters(stage(name)).values()) >= 1


def test_a_full_queue_is_counted_by_the_server(stage: Stage) -> None:
    assert counters(stage("accept-queue-overflow"))["server"]["TcpExtListenOverflows"] >= 1


MEASURED = ("transfer.rtt", "silence.", "place.", "normal.cumulative")
"""Sentences that depend on how fast this machine is."""


@pytest.mark.parametrize(
    ("name", "times"),
    [
        *[("lost-data", 4), ("tail-loss", 2), ("timeout", 2), ("lost-third-ack", 1), ("half-close", 1)],
        *[("reordering", 2), ("duplicates", 2), ("zero-window", 2), ("slow-reader", 1), ("syn-flood", 1)],
    ],
)
def test_the_same_seed_gives_the_same_verdict(name: str, times: int, stage: Stage, tmp_path: Path) -> None:
    first = stage(name)
    for _ in range(times):
        again = played(name, tmp_path)
        assert verdict(again) == verdict(first)
        assert certain(again) == certain(first)


def certain(shown: Demonstration) -> set[str]:
    """The sentences that do not depend on how fast this machine is."""
    return {key for key in keys(shown) if not key.startswith(MEASURED)}


def test_both_ends_and_the_truth_are_written(tmp_path: Path) -> None:
    played("refused", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"client.pcapng", "server.pcapng", "truth.json"}
    assert json.loads((tmp_path / "truth.json").read_text())["scenario"] == "refused"


def test_there_is_no_such_scenario(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="There is no scenario 'nothing'"):
        demonstrate("nothing", tmp_path, lang="en", width=80)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_where_no_hosts_can_be_made_a_shipped_capture_is_explained(lang: str) -> None:
    if not hosts_can_be_made() or not shutil.which("setpriv"):
        pytest.skip("needs Linux, setpriv, and the right to make a namespace in which there is none")
    alone = (
        'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"'
    )
    command = ["unshare", "-Ur", "sh", "-c", alone, "sh"]
    done = subprocess.run(
        [*command, sys.executable, "-m", "synfin", "demo", "lost-data", "--lang", lang],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 5
    assert "synfin: No hosts can be made here: this system does not let users make namespaces" in done.stderr
    label = {
        "en": "This is a shipped capture of an ordinary connection instead",
        "zh": "随程序附带的一次普通连接",
    }
    assert label[lang] in done.stderr
    assert "192.0.2.80:80" in done.stdout
    assert scenarios()["lost-data"].title.en not in done.stdout


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
