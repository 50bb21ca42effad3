"""All folds in one go remember what each of them remembers on its own."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from synfin.connections.observations import Observations
from synfin.dissect.table import dissect
from synfin.session import catalogue, open_session
from tests.packets import chunk_of, ethernet, ipv4, tcp
from tests.truth.runs import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synfin.dissect.table import PacketTable

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.pcapng"))
RUNS = sorted(FOLDER.glob("*.pcap.gz"))[1::5]
FOLDS = (
    *("groups", "tallies", "completeness", "offers", "scales"),
    *("sequences", "milestones", "states", "histories", "ledger"),
)
CONNECTIONS = 3


def arrays(value: object, path: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """All arrays that something is made of, by where they are in it."""
    if isinstance(value, np.ndarray):
        return {path: value}
    inner: dict[str, object] = {}
    if isinstance(value, tuple):
        inner = {str(at): each for at, each in enumerate(value)}
    elif type(value).__module__.startswith("synfin."):
        inner = vars(value)
    return {name: found for key, one in inner.items() for name, found in arrays(one, f"{path}.{key}").items()}


def agree(tables: Iterable[PacketTable]) -> Observations:
    """Follow the tables in both ways; whatever is remembered must be the same."""
    apart, together = Observations(), Observations()
    for table in tables:
        apart.advance(table)
        together.take_in(table)
        table.kept.clear()
    assert (apart.count, apart.packets, apart.last_time) == (
        together.count,
        together.packets,
        together.last_time,
    )
    assert apart.ledger is not None
    assert together.ledger is not None
    together.ledger.settle()
    for fold in FOLDS:
        one, other = (arrays(getattr(each, fold), fold) for each in (apart, together))
        assert set(one) == set(other)
        assert one
        for name, values in one.items():
            if name in ("ledger.place", "ledger.counters", "ledger.episodes.state"):
                continue  # rows are given as connections are judged, which is in another order
            assert np.array_equal(values, other[name]), name
    ledgers = apart.ledger, together.ledger
    mine, theirs = (one.counters[one.place[: apart.count]] for one in ledgers)
    assert np.array_equal(mine, theirs)
    if len(apart.ledger.episodes.state):  # something was resent
        mine, theirs = (one.episodes.state[one.place[: apart.count]] for one in ledgers)
        assert np.array_equal(mine, theirs)
    return together


@pytest.mark.parametrize("path", [*EXAMPLES, *RUNS], ids=lambda path: path.name)
def test_captures_are_followed_the_same(path: Path) -> None:
    session = open_session(path)
    for size in (1 << 12, 1 << 22):
        agree(session.tables(size=size))


OPTIONS = (
    b"",
    b"\x02\x04\x05\xb4\x03\x03\x07\x01",
    b"\x04\x02\x03\x03\x0f\x01\x01\x01",
    b"\x08\x0a\x00\x00\x10\x00\x00\x00\x20\x00\x01\x01",
    b"\x01\x01\x05\x0a\x00\x00\x00\x10\x00\x00\x00\x20",
    b"\x05\x02\x22\x02\x02\x03\x00\x00",
)
"""What segments may carry: whole, unusual, and lying ones."""


def nonsense(seed: int, count: int) -> list[bytes]:
    """Segments of a few connections that nobody would send in this order."""
    chance = random.Random(seed)
    frames = []
    for _ in range(count):
        port, back = 1024 + chance.randrange(CONNECTIONS), chance.random() < 0.5
        segment = tcp(
            chance.randbytes(chance.choice((0, 0, 1, 40))),
            ports=(80, port) if back else (port, 80),
            seq=chance.choice((0, 1, 40, 80, 0xFFFF_FFFF, chance.randrange(1 << 8))),
            ack=chance.choice((0, 1, 41, 81, chance.randrange(1 << 8))),
            flags=chance.choice((2, 18, 16, 16, 16, 24, 17, 4, 20, 3, 0)),
            window=chance.choice((0, 512, 65535)),
            options=chance.choice(OPTIONS),
        )
        ends = ("192.0.2.80", "192.0.2.1") if back else ("192.0.2.1", "192.0.2.80")
        frame = ethernet(ipv4(segment, 6, source=ends[0], destination=ends[1]))
        frames.append(frame[: chance.choice((len(frame), len(frame), len(frame) - 4))])
    return frames


@pytest.mark.parametrize("seed", range(12))
def test_nonsense_is_followed_the_same(seed: int) -> None:
    frames, step = nonsense(seed, 300), 100
    chunks = [chunk_of(frames[at : at + step], first=at + 1) for at in range(0, len(frames), step)]
    known = catalogue()
    assert agree(dissect(chunk, known) for chunk in chunks).count >= CONNECTIONS
