"""Exit codes and sentences: nothing a user does ends in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "examples" / "page.pcapng"


def synfin(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit code, output and messages of the command."""
    done = subprocess.run(
        [sys.executable, "-m", "synfin", *map(str, arguments)], input=stdin, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("read", "no-such-file.pcap"), 3, "no-such-file.pcap"),
        (("read", ROOT), 3, "folder"),
        (("read", ROOT / "README.md"), 3, "README.md"),
        (("read", PAGE, "-Y", "tcp.prt == 80"), 2, "Did you mean"),
        (("read", PAGE, "-Y", "tcp.port = 80"), 2, "=="),
        (("read", PAGE, "-Y", "host 192.0.2.80"), 2, "ip.addr == 192.0.2.80"),
        (("read", PAGE, "-T", "fields"), 2, "-e"),
        (("read", PAGE, "-T", "fields", "-e", "ip.sr"), 2, "ip.sr"),
        (("read", PAGE, "-E", "occurrence=x", "-T", "fields", "-e", "ip.src"), 2, "occurrence"),
        (("read", PAGE, "-c", "0"), 2, "0"),
        (("explain", PAGE, "--connection", "7"), 2, "no connection 7"),
        (("explain", ROOT / "examples" / "fragments.pcapng"), 1, "no TCP connection"),
        (("packet", PAGE, "99"), 2, "no packet 99"),
        (("header", "tpc"), 2, "Did you mean tcp"),
        (("connections", PAGE, "--sort", "size"), 2, "size"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_a_bad_request_is_one_clear_sentence(arguments: tuple[str, ...], code: int, says: str) -> None:
    found, _, messages = synfin(*arguments)
    assert found == code, messages
    assert says in messages
    assert "Traceback" not in messages


def test_a_file_that_ends_too_early_is_read_in_part(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(PAGE.read_bytes()[:-7])
    code, output, messages = synfin("read", cut)
    assert code == 4
    assert len(output.splitlines()) == 17
    assert "byte" in messages


def test_an_empty_file_is_an_empty_capture(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.touch()
    assert synfin("read", empty) == (0, "", "")


def test_standard_input_is_a_file_like_any_other() -> None:
    assert synfin("read", "-", "-2", stdin=PAGE.read_bytes())[1] == synfin("read", PAGE)[1]


def test_output_has_a_buffer_even_where_python_was_told_to_have_none() -> None:
    script = "import io, sys; from synfin.interfaces.cli.main import run; run(['header', 'udp']); "
    script += "print(isinstance(sys.stdout.buffer, io.BufferedWriter), sys.stdout.errors)"
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=unbuffered, capture_output=True, text=True)
    assert done.stdout.splitlines()[0].startswith("User Datagram Protocol")
    assert done.stdout.splitlines()[-1] == "True backslashreplace"


def test_every_record_is_accounted_for() -> None:
    code, output, _ = synfin("stats", PAGE, "records")
    counted = dict(line.split() for line in output.splitlines()[:3])
    assert code == 0
    assert int(counted["records"]) == int(counted["dissected"]) + int(counted["stopped"]) == 18


def test_saved_packets_are_read_back_the_same(tmp_path: Path) -> None:
    saved = tmp_path / "tcp.pcapng"
    assert synfin("read", PAGE, "-Y", "tcp", "-w", saved)[0] == 0
    fields = ("-T", "fields", "-e", "frame.time_epoch", "-e", "tcp.seq_raw", "-e", "frame.interface_name")
    assert synfin("read", saved, *fields)[1] == synfin("read", PAGE, "-Y", "tcp", *fields)[1]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m synfin read {PAGE} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_one_clear_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synfin", "read", str(PAGE)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode not in (0, 1)
    assert b"Traceback" not in done.stderr
    assert b"No space left" in done.stderr


WRITTEN = [("connections", PAGE), ("connections", PAGE, "--format", "csv"), ("stats", PAGE, "records")]
WRITTEN += [("follow", PAGE, "0", "--format", "raw")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are not known here")
@pytest.mark.parametrize("arguments", WRITTEN)
def test_what_is_no_plain_file_is_written_to_not_replaced(arguments: tuple[str, ...], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        code, _, messages = synfin(*arguments, "-o", pipe)
        assert code == 0, messages
        assert reader.stdout is not None
        assert reader.stdout.read().decode() == synfin(*arguments)[1]
    assert pipe.is_fifo()


@pytest.mark.parametrize("arguments", [*WRITTEN, ("connections", PAGE, "--format", "parquet")])
def test_a_result_does_not_take_the_place_of_its_capture(arguments: tuple[str, ...], tmp_path: Path) -> None:
    capture = tmp_path / "page.pcapng"
    capture.write_bytes(PAGE.read_bytes())
    command, _, *options = arguments
    code, _, messages = synfin(command, capture, *options, "-o", capture)
    assert (code, "is the capture being read" in messages) == (2, True), messages
    assert capture.read_bytes() == PAGE.read_bytes()


HEAVY = ("numpy", "numba", "pyarrow", "rich")


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [(("--help",), ()), (("read", "--help"), ()), (("read", str(PAGE)), ("numpy",))],
)
def test_little_work_loads_little(arguments: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    script = (
        "import sys; from synfin.interfaces.cli.main import run; run(sys.argv[1:]); "
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    loaded = done.stderr.strip().splitlines()[-1]
    assert loaded == str([name for name in HEAVY if name in allowed])
