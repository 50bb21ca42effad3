"""What must not change the table of connections: the format of the file, the unit of its times, its size."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from synfin.connections.follower import Follower
from synfin.operations import Selection, save
from synfin.session import open_session
from tests.packets import chunk_of, ethernet, ipv4, tcp
from tests.truth.runs import FOLDER, NAMES, packets

if TYPE_CHECKING:
    from pathlib import Path

    from synfin.capture.chunk import Chunk

MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
RUNS = NAMES[::6]
WORDS_AT = (0, 4, 8, 12)


def rows(path: Path, size: int = 1 << 22) -> list[dict[str, object]]:
    follower = Follower(supplies=False)
    for table in open_session(path).tables(size=size):
        follower.advance(table)
        table.kept.clear()
    return list(follower.finish().rows())


def plain(name: str, folder: Path) -> Path:
    path = folder / f"{name}.pcap"
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.server.pcap.gz").read_bytes()))
    return path


def in_nanoseconds(path: Path) -> Path:
    """The same capture, its times told in nanoseconds."""
    whole = bytearray(path.read_bytes())
    order: Literal["little", "big"] = (
        "little" if int.from_bytes(whole[:4], "little") == MICROSECONDS else "big"
    )
    whole[:4] = NANOSECONDS.to_bytes(4, order)
    at = 24
    while at < len(whole):
        _, fraction, kept, _ = (int.from_bytes(whole[at + word : at + word + 4], order) for word in WORDS_AT)
        whole[at + 4 : at + 8] = (fraction * 1000).to_bytes(4, order)
        at += 16 + kept
    made = path.with_suffix(".ns.pcap")
    made.write_bytes(whole)
    return made


@pytest.mark.parametrize("name", RUNS)
def test_the_format_and_the_unit_of_time_change_nothing(name: str, tmp_path: Path) -> None:
    path = plain(name, tmp_path)
    expected, told = rows(path), packets(path)
    assert len(expected) == 1
    assert any(packet.is_resent for packet in told) or not expected[0]["server_retransmissions"]
    converted = tmp_path / "converted.pcapng"
    save(open_session(path), str(converted), Selection())
    for other in (converted, in_nanoseconds(path)):
        assert rows(other) == expected
        assert packets(other) == told


BYTES_PER_CONNECTION = 1500


def flood(count: int, *, first: int) -> Chunk:
    """SYNs of as many addresses, each answered, none confirmed."""
    frames = []
    for at in range(first, first + count):
        address = f"10.{at >> 16 & 255}.{at >> 8 & 255}.{at & 255}"
        syn = tcp(ports=(1024 + at % 50_000, 80), seq=at * 7919, flags=2, options=b"\x02\x04\x05\xb4")
        answer = tcp(
            ports=(80, 1024 + at % 50_000), seq=at, ack=at * 7919 + 1, flags=18, options=b"\x02\x04\x05\xb4"
        )
        frames.append(ethernet(ipv4(syn, 6, source=address, destination="192.0.2.80")))
        frames.append(ethernet(ipv4(answer, 6, source="192.0.2.80", destination=address)))
    return chunk_of(frames, first=2 * first + 1)


def test_a_half_open_connection_takes_little_memory() -> None:
    from synfin.dissect.table import dissect
    from synfin.session import catalogue

    follower, count, step = Follower(supplies=False), 6000, 2000
    for first in range(0, count, step):
        follower.advance(dissect(flood(step, first=first), catalogue()))
    observations = follower.observations
    ledger = observations.ledger
    assert ledger is not None
    assert observations.count == count
    sendings = ledger.sendings
    folds = [one for one in vars(observations).values() if hasattr(one, "__dict__")]
    parts = [each for fold in folds for each in vars(fold).values()]
    rows = [(each, 1) for part in parts for each in (part if isinstance(part, tuple) else (part,))]
    rows += [(each, 2) for each in (sendings.wide, sendings.narrow, sendings.limited, sendings.hops)]
    kept = sum(
        each[0].nbytes * many for each, many in rows if isinstance(each, np.ndarray) and len(each) >= count
    )
    pool = sendings.pool[0, 0] * sendings.pool[0].nbytes / count
    assert 500 < kept + pool <= BYTES_PER_CONNECTION
    found = follower.finish()
    assert set(found.columns["handshake"].tolist()) == {"half-open"}
    assert set(found.columns["headline"].tolist()) == {"half-open"}
    assert found.numbers("client_retransmissions").sum() == 0
