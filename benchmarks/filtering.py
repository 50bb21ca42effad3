"""A display filter over every packet, on one core, with synfin's Python interface.

    python benchmarks/filtering.py FILE [RUNS]

Prints, as JSON, packets, how many match, and the seconds of the fastest run; importing and compiling are not
counted. The seconds are of processor time, so that whatever else the machine does is not counted either.
"""

from __future__ import annotations

import json
import sys
import time

from contestants import FILTER

from synfin.filters.filter import compile_filter
from synfin.session import open_session


def matching(path: str) -> tuple[int, int]:
    """How many packets a capture has, and how many of them match."""
    session = open_session(path)
    wanted = compile_filter(FILTER, session.catalogue)
    packets = found = 0
    for table in session.enough_for(wanted.fields).tables():
        found += int(wanted.mask(table).sum())
        packets += len(table)
    return packets, found


def main() -> None:
    """Run the command."""
    path, runs = sys.argv[1], int((sys.argv[2:] or ["1"])[0])
    packets, found = matching(path)  # compiles, and warms the page cache
    took = []
    for _ in range(runs):
        started = time.process_time()
        matching(path)
        took.append(time.process_time() - started)
    print(json.dumps({"packets": packets, "found": found, "seconds": min(took)}))


if __name__ == "__main__":
    main()
