"""`--anonymize` as its user meets it: what is written, who learns the key, and what is refused."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interfaces.conftest import Command

USAGE, UNREADABLE = 2, 3


def addresses(synfin: Command, capture: Path) -> set[str]:
    return set(synfin("read", capture, "-T", "fields", "-e", "ip.src").out.split())


def test_a_capture_is_written_with_other_addresses(synfin: Command, examples: Path, tmp_path: Path) -> None:
    out = tmp_path / "shared.pcapng"
    said = synfin("read", examples / "page.pcapng", "-w", out, "--anonymize", "--key", "words")
    assert (said.code, said.out, said.err) == (0, "", f"18 packets written to {out}\n")
    made = addresses(synfin, out)
    assert len(made) == 2
    assert not made & addresses(synfin, examples / "page.pcapng")
    before, after = (synfin("connections", one).out for one in (examples / "page.pcapng", out))
    assert before.splitlines()[1].split()[3:] == after.splitlines()[1].split()[3:]


def test_packets_are_chosen_by_what_they_really_hold(synfin: Command, examples: Path, tmp_path: Path) -> None:
    out = tmp_path / "shared.pcapng"
    chosen = ("-Y", "ip.src == 192.0.2.80 and http")
    said = synfin("read", examples / "page.pcapng", *chosen, "-w", out, "--anonymize", "--key", "words")
    assert said.err.startswith("1 packets written")
    assert "HTTP" not in synfin("read", out).out


def test_a_key_made_by_chance_is_told_and_works_again(
    synfin: Command, examples: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "1.pcapng", tmp_path / "2.pcapng"
    said = synfin("read", examples / "page.pcapng", "-w", first, "--anonymize")
    key = said.err.partition("--key ")[2].split()[0]
    synfin("read", examples / "page.pcapng", "-w", second, "--anonymize", "--key", key)
    assert first.read_bytes() == second.read_bytes()


def test_a_key_file_is_made_once_for_its_owner_alone(synfin: Command, examples: Path, tmp_path: Path) -> None:
    key, made = tmp_path / "key", [tmp_path / "1.pcapng", tmp_path / "2.pcapng"]
    for out in made:
        said = synfin("read", examples / "page.pcapng", "-w", out, "--anonymize", "--key-file", key)
        assert (said.code, "--key" in said.err) == (0, False)
    assert made[0].read_bytes() == made[1].read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_page_is_made_without_addresses_and_contents(
    synfin: Command, examples: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    arguments = ("--format", "html", "--lang", "en", "-o", out, "--anonymize", "--key", "words")
    assert synfin("explain", examples / "page.pcapng", *arguments).code == 0
    page = out.read_text("utf-8")
    assert "192.0.2." not in page
    assert "GET /" not in page
    assert "closed normally in three segments" in page


def test_a_story_is_told_without_addresses(synfin: Command, examples: Path) -> None:
    said = synfin("explain", examples / "page.pcapng", "--lang", "en", "--anonymize", "--key", "words")
    assert "192.0.2." not in said.out
    assert "TIME_WAIT" in said.out


@pytest.mark.parametrize(
    "wrong",
    [
        ("--anonymize",),
        ("-w", "x.pcap", "--key", "words"),
        ("-w", "x.pcap", "--anonymize", "--key", "words", "--key-file", "key"),
    ],
)
def test_what_makes_no_sense_is_refused(
    synfin: Command, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert synfin("read", examples / "page.pcapng", *wrong).code == USAGE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\xff"])
def test_a_file_that_holds_no_key_is_refused(
    synfin: Command, examples: Path, tmp_path: Path, content: bytes
) -> None:
    key, out = tmp_path / "key", tmp_path / "out.pcap"
    key.write_bytes(content)
    said = synfin("read", examples / "page.pcapng", "-w", out, "--anonymize", "--key-file", key)
    assert said.code == UNREADABLE
    assert str(key) in said.err
    assert not out.exists()


def test_a_key_file_that_cannot_be_made_is_named(synfin: Command, examples: Path, tmp_path: Path) -> None:
    key = tmp_path / "no" / "key"
    said = synfin("explain", examples / "page.pcapng", "--anonymize", "--key-file", key)
    assert said.code == USAGE
    assert str(key) in said.err
