"""What is read of the members of a list is what the bytes say: TCP options, lying and cut ones, too."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.dissect.items import read_items
from synfin.dissect.table import dissect
from synfin.session import catalogue
from tests.packets import chunk_of, ethernet, ipv4, tcp

END, PAD = 0, 1
FIXED, HEADERS = 20, 54
"""Bytes of a TCP header before its options, and of all headers up to these."""

WANTED = {
    "tcp.options.mss": ("mss_val",),
    "tcp.options.wscale": ("wscale.shift",),
    "tcp.options.sack_perm": (),
    "tcp.options.timestamp": ("timestamp.tsval", "timestamp.tsecr"),
    "tcp.options.sack": (),
}
FORMS = (
    (2, 4, (slice(2, 4),)),
    (3, 3, (slice(2, 3),)),
    (4, 0, ()),
    (8, 10, (slice(2, 6), slice(6, 10))),
    (5, 0, ()),
)
"""The same by RFC 9293 3.1 and its kin: kind, length (0 for any), and where in the option the numbers are."""


def last_of(area: bytes, kind: int, length: int) -> int:
    """Where the last option of this kind and length begins, -1 if there is none."""
    at, found = 0, -1
    while at < len(area) and area[at] != END:
        if area[at] == PAD:
            at += 1
            continue
        size = area[at + 1] if at + 1 < len(area) else 0
        if size < 2 or at + size > len(area):
            break
        if area[at] == kind and length in (0, size):
            found = at
        at += size
    return found


def read(area: bytes) -> list[int]:
    """What `WANTED` names, positions counted from the area's begin."""
    told = []
    for kind, length, places in FORMS:
        at = last_of(area, kind, length)
        told += [int.from_bytes(area[at:][one], "big") if at >= 0 else -1 for one in places] or [at]
    return told


options = st.one_of(
    st.sampled_from([b"\x00", b"\x01", b"\x02\x04\x05\xb4", b"\x03\x03\x07", b"\x04\x02"]),
    st.sampled_from([b"\x08\x0a" + bytes(range(8)), b"\x05\x0a" + bytes(8), b"\x08\x04ab", b"\x03\x02"]),
    st.binary(max_size=5),
)
areas = st.lists(options, max_size=8).map(lambda parts: b"".join(parts)[:40])


@settings(deadline=None)
@given(st.lists(st.tuples(areas, st.integers(0, 12)), min_size=1, max_size=20))
def test_members_of_a_list_are_read_as_the_bytes_say(headers: list[tuple[bytes, int]]) -> None:
    frames, expected = [], []
    for area, cut in headers:
        filled = area.ljust((len(area) + 3) // 4 * 4, b"\0")
        kept = len(filled) - min(cut, len(filled))
        frames.append(ethernet(ipv4(tcp(options=area, flags=2), 6))[: HEADERS + kept])
        expected.append(read(filled[:kept]))
    table = dissect(chunk_of(frames), catalogue())
    rows = table.rows("tcp")
    found = read_items(rows, table.catalogue.plans["tcp.option"], WANTED)
    for positions in (2, 5):
        found[positions] -= np.where(found[positions] >= 0, rows.start + FIXED, 0)
    assert found.T.tolist() == expected
