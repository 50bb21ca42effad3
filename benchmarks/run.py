"""Measures synfin and the programs one would use instead, side by side, and prints tables.

    python benchmarks/run.py            slow programs read the quick capture: about ten minutes
    python benchmarks/run.py --full     everybody reads the full capture
    python benchmarks/run.py --quick    everybody reads the quick capture

Captures are generated when they are not there. Each time is the best of several runs, of a whole process
with start-up and output to a file, except for the columns in Python, where each script times its own loop.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from contestants import CONTESTANTS, FILTER, FILTERING, PART, PYTHON, SYNFIN, Contestant, Pace
from measurement import Measurement, Watch

HERE = Path(__file__).parent
DATA = HERE / "data"
PACKETS = {"full.pcap": 5_000_000, "quick.pcap": 200_000, "ten.pcap": 10}
PAGE = HERE.parent / "examples" / "page.pcapng"
Row = tuple[str, ...]
TABLE = ("what", "program", "packets", "seconds", "packets/s", "peak MB", "synfin is")


def capture(name: str) -> Path:
    """Find one of the benchmark captures, or generate it."""
    path = DATA / name
    if not path.exists():
        command = [PYTHON, str(HERE / "generate.py"), "--packets", str(PACKETS[name]), "--output", str(path)]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return path


def race(watch: Watch, everybody: str) -> list[Row]:
    """Let every contestant do its task; return the rows of a table.

    Args:
        watch: measures.
        everybody: the capture that all of them read; "" for each as much as its pace allows.
    """
    rows: list[Row] = []
    to_beat: dict[str, float] = {}
    for contestant in CONTESTANTS:
        print(f"{contestant.program}: {contestant.task} …", file=sys.stderr)
        packets, measured = _measure(watch, contestant, everybody)
        if measured.failure:
            rows.append((contestant.task, contestant.program, measured.failure, *[""] * 4))
            continue
        rate = packets / measured.seconds
        compared = ""
        if contestant.program == "synfin":
            to_beat[contestant.task] = rate
        elif contestant.task in to_beat:
            compared = f"{to_beat[contestant.task] / rate:.1f} × as fast"
        numbers = (
            f"{packets:,}",
            f"{measured.seconds:.2f}",
            f"{rate:,.0f}",
            f"{measured.peak_bytes / 1e6:.0f}",
        )
        rows.append((contestant.task, contestant.program, *numbers, compared))
    return rows


def _measure(watch: Watch, contestant: Contestant, everybody: str) -> tuple[int, Measurement]:
    """How many packets a contestant read, and what that took."""
    if not contestant.is_installed:
        return 0, Measurement(0, 0, failure="not installed")
    name = everybody or ("full.pcap" if contestant.pace is Pace.FAST else "quick.pcap")
    part = contestant.pace is Pace.SLOWEST and not everybody
    measured = watch.best(
        contestant.arguments(capture(name), only_part=part),
        one_core=contestant.in_process,
        own_clock=contestant.in_process,
    )
    return measured.packets or (PART if part else PACKETS[name]), measured


def agreement() -> str:
    """Say whether synfin and tshark print the same lines for the display filter, on the quick capture."""
    path = capture("quick.pcap")
    both = [one for one in CONTESTANTS if one.task == FILTERING and one.is_installed]
    commands = [one.arguments(path, only_part=False) for one in both]
    said = [subprocess.run(command, capture_output=True, check=True).stdout for command in commands]
    if len(said) < len(("synfin", "tshark")):
        return "tshark is not installed: what the display filter selects is not compared."
    if said[0] != said[1]:
        raise SystemExit("synfin and tshark do not print the same for the display filter.")
    return f"For the display filter both print the same {len(said[0].splitlines()):,} lines ({FILTER})."


def start_up(watch: Watch) -> list[Row]:
    """Measure how long a reader waits for small things; return the rows of a table."""
    small, quick = capture("ten.pcap"), capture("quick.pcap")
    commands = {
        "synfin --help": ("--help",),
        "packet list of 10 packets": ("read", str(small)),
        "explanation of one connection": ("explain", str(PAGE)),
        "connections of 200 000 packets": ("connections", str(quick)),
    }
    rows: list[Row] = []
    for name, words in commands.items():
        print(f"{name} …", file=sys.stderr)
        warm = watch.best([*SYNFIN, *words])
        with tempfile.TemporaryDirectory() as empty:
            cold = watch.once([*SYNFIN, *words], {"NUMBA_CACHE_DIR": empty})
        rows.append((name, *(one.failure or f"{one.seconds:.2f}" for one in (warm, cold))))
    return rows


def show(header: Row, rows: list[Row]) -> None:
    """Print a table, as Markdown."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, tuple("-" * width for width in widths), *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    print()


def _version(*command: str) -> str:
    """First line of what a program says of itself."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{command[0]} not installed"
    return (said.stdout or said.stderr).strip().partition("\n")[0]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--full", action="store_const", const="full.pcap", dest="everybody", help="5 M packets for all"
    )
    size.add_argument(
        "--quick", action="store_const", const="quick.pcap", dest="everybody", help="200 k packets for all"
    )
    parser.add_argument("--runs", type=int, default=3, help="the best of how many (default: %(default)s)")
    given = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    watch = Watch(DATA, given.runs)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(f"Python {platform.python_version()}, {machine}, best of {given.runs}")
    print(f"{_version(*SYNFIN, '--version')} · {_version('tshark', '--version')}\n")
    print(agreement() + "\n")
    show(TABLE, race(watch, given.everybody or ""))
    show(("start-up of synfin", "seconds", "with an empty kernel cache"), start_up(watch))


if __name__ == "__main__":
    main()
