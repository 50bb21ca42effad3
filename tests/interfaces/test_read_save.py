"""`-w` writes the packets that match, and never costs anybody the file that was there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synfin.basics.errors import CaptureError, ExportError
from synfin.interfaces.cli.main import FORBIDDEN, exit_code
from tests.interfaces.files import SECOND, packet, pcapng

if TYPE_CHECKING:
    from tests.interfaces.conftest import Command

WHOLE = ("-T", "fields", "-e", "frame.comment", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "udp")


@pytest.mark.parametrize("suffix", ["pcapng", "pcapng.gz", "pcapng.zst", "pcapng.lz4"])
def test_comments_and_times_survive(synfin: Command, tmp_path: Path, suffix: str) -> None:
    file = pcapng(tmp_path, [packet(SECOND, b"first"), packet(None), packet(3 * SECOND, b"a", "雪".encode())])
    saved = tmp_path / f"saved.{suffix}"
    assert synfin("read", "-w", saved, file).code == 0
    assert synfin("read", *WHOLE, saved).out == synfin("read", *WHOLE, file).out


@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "pcapng"])
def test_the_form_can_be_chosen(synfin: Command, examples: Path, tmp_path: Path, form: str) -> None:
    saved = tmp_path / "saved"
    assert synfin("read", "-w", saved, "-F", form, examples / "page.pcapng").code == 0
    columns = ("-T", "fields", "-e", "_ws.col.Source", "-e", "_ws.col.Info", "-e", "frame.len")
    assert synfin("read", *columns, saved).out == synfin("read", *columns, examples / "page.pcapng").out


def test_standard_output_is_a_capture_file_too(program: Command, examples: Path) -> None:
    file = examples / "refused.pcapng"
    command = [sys.executable, "-m", "synfin", "read", "-w", "-", str(file)]
    made = subprocess.run(command, capture_output=True, check=True)
    assert made.stderr == b""
    assert program("read", "-", stdin=made.stdout) == program("read", file)


def test_only_packets_that_match_and_only_the_first(synfin: Command, examples: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.pcapng"
    said = synfin("read", "-w", saved, "-Y", "arp", "-c", "1", examples / "page.pcapng")
    assert said.err == f"1 packets written to {saved}\n"
    assert len(synfin("read", saved).lines) == 1


def test_the_capture_being_read_is_not_written_over(synfin: Command, tmp_path: Path) -> None:
    file = pcapng(tmp_path, [packet()])
    before = file.read_bytes()
    link = tmp_path / "link.pcapng"
    link.hardlink_to(file)
    for target in (file, link):
        said = synfin("read", "-w", target, file)
        assert said.code == 2
        assert "is the capture being read" in said.err
    assert file.read_bytes() == before


@pytest.mark.parametrize("mistake", [("-Y", "tcp.prt == 80"), ("-F", "pcapgn"), ("no-such-file",)])
def test_a_mistake_does_not_cost_the_file_that_was_there(
    synfin: Command, examples: Path, tmp_path: Path, mistake: tuple[str, ...]
) -> None:
    saved = tmp_path / "saved.pcapng"
    saved.write_bytes(b"precious")
    assert synfin("read", "-w", saved, *mistake, examples / "refused.pcapng").code in (2, 3)
    assert saved.read_bytes() == b"precious"


def test_a_file_that_was_there_is_replaced(synfin: Command, examples: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.pcapng"
    saved.write_bytes(b"x" * 100_000)
    synfin("read", "-w", saved, examples / "refused.pcapng")
    assert len(synfin("read", saved).lines) == 2


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="only Linux has a folder nobody may write to")
def test_a_folder_that_may_not_be_written_to(synfin: Command, examples: Path) -> None:
    said = synfin("read", "-w", "/sys/kernel/saved.pcap", examples / "refused.pcapng")
    assert said.code == FORBIDDEN
    assert said.err == "synfin: /sys/kernel/saved.pcap cannot be written: Permission denied.\n"


def test_what_only_a_permission_is_missing_for_has_an_exit_code_of_its_own() -> None:
    assert exit_code(CaptureError("no", permitted=False)) == FORBIDDEN
    assert exit_code(ExportError("no", permitted=False)) == FORBIDDEN


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_told(synfin: Command, examples: Path) -> None:
    said = synfin("read", "-w", "/dev/full", examples / "page.pcapng")
    assert said.code == 4
    assert said.err == "synfin: /dev/full cannot be written: No space left on device.\n"


@pytest.mark.skipif(os.name == "nt", reason="signals are those of Unix")
def test_the_keyboard_stops_it_without_a_word_too_many(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    running = subprocess.Popen(
        [sys.executable, "-m", "synfin", "read", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_DFL
        ),  # a shell's background jobs ignore it
    )
    with pipe.open("wb") as feed:  # opens when the other end is being read
        feed.write(b"\n\r\r\n")
        feed.flush()
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=20)
    assert running.returncode == 130
    assert messages.decode().strip() == "synfin: stopped."
