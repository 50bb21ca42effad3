"""Ten header columns of every packet, on one core, with synfin's Python interface.

    python benchmarks/columns.py FILE [RUNS]

Prints, as JSON, packets and the seconds of the fastest run; importing and compiling are not counted.
"""

from __future__ import annotations

import json
import sys
import time

from synfin.session import open_session

COLUMNS = (
    "frame.number",
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "ip.proto",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.flags",
    "tcp.len",
)


def read_columns(path: str) -> int:
    """Read the ten columns of a capture, chunk by chunk; return how many packets there are."""
    packets = 0
    for table in open_session(path).enough_for(COLUMNS).tables():
        for name in COLUMNS:
            table.column(name)
        packets += len(table)
    return packets


def main() -> None:
    """Run the command."""
    path, runs = sys.argv[1], int((sys.argv[2:] or ["1"])[0])
    packets = read_columns(path)  # compiles, and warms the page cache
    took = []
    for _ in range(runs):
        started = time.perf_counter()
        read_columns(path)
        took.append(time.perf_counter() - started)
    print(json.dumps({"packets": packets, "seconds": min(took)}))


if __name__ == "__main__":
    main()
