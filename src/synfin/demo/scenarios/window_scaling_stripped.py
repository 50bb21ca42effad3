"""A middlebox removes an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.demo.frames import SYN, segment_of
from synfin.demo.scenario import Scenario
from synfin.demo.web import BOOK, exchange
from synfin.dissect.definition import Words

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

NOP, SCALE = 1, 3
"""Kinds of TCP options."""


def run(laboratory: Laboratory) -> None:
    """Overwrite the option by no-operations in every SYN."""
    laboratory.link.rewrites = without_scaling
    exchange(laboratory, BOOK)


def without_scaling(frame: bytes) -> bytes:
    """The frame with its window scale option blotted out and its checksum put right (RFC 1624)."""
    segment = segment_of(frame)
    if segment is None or not segment.flags & SYN:
        return frame
    at, end = segment.at + 20, segment.at + (frame[segment.at + 12] >> 4) * 4
    while at < end and frame[at] != 0:
        if frame[at] == SCALE:
            return _patched(frame, at, segment.at)
        at += 1 if frame[at] == NOP else max(frame[at + 1], 2)
    return frame


def _patched(frame: bytes, at: int, header: int) -> bytes:
    changed = bytearray(frame)
    changed[at : at + 3] = bytes((NOP, NOP, NOP))
    place = header + 16
    total = int.from_bytes(frame[place : place + 2], "big") ^ 0xFFFF
    for word in range(header, len(frame) - 1, 2):
        old, new = (int.from_bytes(one[word : word + 2], "big") for one in (frame, changed))
        total += new + (old ^ 0xFFFF) if old != new else 0
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    changed[place : place + 2] = (total ^ 0xFFFF).to_bytes(2, "big")
    return bytes(changed)


SCENARIO = Scenario(
    name="window-scaling-stripped",
    title=Words(
        "A middlebox strips the window scale option from the SYN: windows stay below 64 KiB.",
        "中间设备删掉了 SYN 里的窗口扩大选项：窗口不超过 64 KiB。",
    ),
    lesson=Words(
        "Both ends must offer it; what the client sent is not what the server received. Compare "
        "both captures.",
        "双方都提出才算数；客户端发出的与服务器收到的不一样。请对比两侧的抓包。",
    ),
    run=run,
)
