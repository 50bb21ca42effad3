"""Writes the benchmark capture: the same seed gives the same file, byte for byte, in bounded memory.

    python benchmarks/generate.py                    benchmarks/data/full.pcap, 5 000 000 packets, 600 MB
    python benchmarks/generate.py --packets 200000   benchmarks/data/quick.pcap, 24 MB

It begins in the middle of things: connections that started up to a minute earlier are already under way.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from background import background
from conversations import SECOND, Conversations
from wire import FILE_HEADER, PACKET, Rows, encode

DATA = Path(__file__).parent / "data"
FULL, QUICK = 5_000_000, 200_000
EPOCH = 1_767_225_600  # 2026-01-01 00:00:00 UTC
WARM_UP = 30 * SECOND
CONNECTIONS_AT_ONCE = 1_000
PACKETS_AT_ONCE = 16_384


def generate(path: Path, packets: int, seed: int = 1) -> None:
    """Write a capture of exactly this many packets.

    Args:
        path: a pcap file, replaced when it exists.
        packets: how many.
        seed: of everything that is random.
    """
    rng = np.random.default_rng(seed)
    conversations = Conversations(rng, -WARM_UP)
    waiting: Rows = np.zeros(0, PACKET)
    left = packets
    with path.open("wb") as out:
        out.write(FILE_HEADER)
        while left:
            begin = conversations.next_start
            said = conversations.take(CONNECTIONS_AT_ONCE)
            now = conversations.next_start  # no later batch has a packet before this
            waiting = np.concatenate([waiting, said, background(rng, begin, now, len(said))])
            waiting = waiting[waiting["time"] >= 0]
            waiting = waiting[np.argsort(waiting["time"], kind="stable")]
            ready = min(left, int(np.searchsorted(waiting["time"], now)))
            for first in range(0, ready, PACKETS_AT_ONCE):
                out.write(encode(waiting[first : min(first + PACKETS_AT_ONCE, ready)], EPOCH))
            waiting = waiting[ready:]
            left -= ready


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packets", type=int, default=FULL, help="how many (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed, another capture (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, help="where to (default: in benchmarks/data)")
    given = parser.parse_args()
    names = {FULL: "full.pcap", QUICK: "quick.pcap"}
    path: Path = given.output or DATA / names.get(given.packets, f"{given.packets}.pcap")
    path.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    generate(path, given.packets, given.seed)
    took = time.perf_counter() - started
    print(f"{path}: {given.packets:,} packets, {path.stat().st_size / 1e6:,.0f} MB, in {took:.1f} s")


if __name__ == "__main__":
    main()
