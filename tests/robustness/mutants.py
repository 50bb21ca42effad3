"""Changes capture files at random and demands that each is survived within a bound of time and memory.

    python tests/robustness/mutants.py --mutants 2000 [--seed 1] [FILES]

Every mutant is opened, walked, listed, drawn as trees and followed; every record must be accounted for.
Prints one line at the end, and the seed and file of each mutant that failed; exits 1 if any did.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from synfin.basics.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
SECONDS_PER_MUTANT = 20
"""Of processor time, so that a busy machine fails nothing."""

SECONDS_OF_WAITING = 300
"""Of any time: whoever waits for something that never comes uses no processor."""

MEMORY_BYTES = 3 << 30
LARGEST_SAMPLE = 20_000
TREES_PER_CHUNK = 20


class Outcome(NamedTuple):
    """What became of one mutant; `failure` is "" if it was survived."""

    file: str
    seed: int
    packets: int
    refused: bool
    failure: str


def samples() -> list[Path]:
    """Small captures: our examples and, where it is there, the shared collection."""
    found = sorted((ROOT / "examples").glob("*.pcap*"))
    shared = ROOT.parent / "shared" / "captures" / "open"
    found += [path for path in sorted(shared.glob("*.pcap*")) if path.stat().st_size <= LARGEST_SAMPLE]
    return found


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Change, insert, remove, repeat or cut some bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not changed:
            break
        at = chance.randrange(len(changed))
        size = chance.choice((1, 1, 1, 2, 4, 32))
        kind = chance.randrange(6)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at : at + size] = chance.randbytes(size)
        elif kind == 2:
            changed[at:at] = chance.randbytes(size)
        elif kind == 3:
            del changed[at : at + size]
        elif kind == 4:
            changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
        else:
            del changed[at:]
    return bytes(changed)


def exercise(path: Path) -> int:
    """Do with a capture all that a user could; returns how many packets it had.

    Raises:
        AssertionError: a record is not accounted for.
    """
    from synfin.dissect.tree import Trees
    from synfin.operations import Selection, packet_list, records
    from synfin.session import open_session

    session = open_session(path)
    counted = records(session)
    assert counted.records == counted.dissected + counted.stopped
    names = [name for name in session.catalogue.fields if name in session.catalogue.sources]
    packets = 0
    for table in session.tables_with(list(session.catalogue.by_name)):
        packets += len(table)
        for name in names:
            table.texts(name)
        trees = Trees(table)
        for index in range(min(len(table), TREES_PER_CHUNK)):
            assert trees.packet(index)
    lines = b"".join(packet_list(session, Selection()))
    assert lines.count(b"\n") >= packets == counted.records
    return packets


def trial(task: tuple[Path, int]) -> Outcome:
    """Make one mutant and try it."""
    path, seed = task
    data = mutate(path.read_bytes(), random.Random(f"{path.name} {seed}"))
    for end in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(end, _too_long)
    with tempfile.TemporaryDirectory() as folder:
        mutant = Path(folder) / path.name
        mutant.write_bytes(data)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_PER_MUTANT)
        signal.alarm(SECONDS_OF_WAITING)
        try:
            return Outcome(path.name, seed, exercise(mutant), refused=False, failure="")
        except CaptureError:
            return Outcome(path.name, seed, 0, refused=True, failure="")
        except BaseException:
            return Outcome(path.name, seed, 0, refused=False, failure=traceback.format_exc(limit=-3))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)


def _too_long(*_: object) -> None:
    raise TimeoutError


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants on all cores; 1 if any was not survived."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    files = chosen.files or samples()
    tasks = [(files[index % len(files)], chosen.seed + index) for index in range(chosen.mutants)]
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), _limit) as pool:
        outcomes = pool.map(trial, tasks, chunksize=10)
    failed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failed[:20]:
        print(f"{outcome.file} seed {outcome.seed}:\n{outcome.failure}")
    packets = sum(outcome.packets for outcome in outcomes)
    refused = sum(outcome.refused for outcome in outcomes)
    print(
        f"{len(outcomes)} mutants of {len(files)} files: {packets} packets accounted for, "
        f"{refused} refused with a sentence, {len(failed)} failed"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
