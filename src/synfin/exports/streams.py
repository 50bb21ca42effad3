"""What both sides of a connection said, as text, as a hex dump, as JSON, or as it was."""

from __future__ import annotations

import base64
import codecs
import io
import json
from typing import TYPE_CHECKING, Literal

from synfin.basics.escape import for_terminal
from synfin.basics.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synfin.connections.account import Side
    from synfin.connections.reassembly import Piece
    from synfin.connections.streams import Said

ARROWS: Mapping[Side, str] = {"client": "▶ ", "server": "◀ "}
"""What each line of a side begins with."""

NOTE = "! "
"""What a line begins with that nobody said."""

OCTETS_PER_LINE = 16

NOTES: Mapping[Literal["en", "zh"], Mapping[str, str]] = {
    "en": {
        "client": "client",
        "server": "server",
        "missing acknowledged": "{n} B missing: acknowledged in #{last}, but not in this capture",
        "missing cut": "{n} B missing: the capture cut #{last} off",
        "missing limit": "{n} B missing: too much waited for them, they are given up at #{last}",
        "missing end": "{n} B missing: they did not come; #{last} follows them",
        "resent": "#{last} resends {n} B",
        "resent known": "#{last} resends {n} B of #{first}",
        "conflict first": "conflict: {n} B of #{last} differ from #{first}, which is kept; dropped: {data}",
        "conflict last": "conflict: {n} B of #{first} differ from #{last}, which is kept; dropped: {data}",
        "late": "#{last} brings {n} B too late for their place at {offset}: {data}",
        "keep_alive": "#{last} keeps alive: 1 B that is no data",
        "reset": "#{last} resets and says why: {data}",
        "urgent": "#{last} has urgent data up to here",
    },
    "zh": {
        "client": "客户端",
        "server": "服务器",
        "missing acknowledged": "缺 {n} B：#{last} 已确认，但本次抓包中没有",
        "missing cut": "缺 {n} B：抓包截断了 #{last}",
        "missing limit": "缺 {n} B：等待它们的数据太多，在 #{last} 处放弃",
        "missing end": "缺 {n} B：一直没有出现；其后是 #{last}",
        "resent": "#{last} 重发 {n} B",
        "resent known": "#{last} 重发 #{first} 的 {n} B",
        "conflict first": "冲突：#{last} 的 {n} B 与 #{first} 不同，保留后者；丢弃：{data}",
        "conflict last": "冲突：#{first} 的 {n} B 与 #{last} 不同，保留后者；丢弃：{data}",
        "late": "#{last} 带来 {n} B，其位置 {offset} 已放弃，太迟了：{data}",
        "keep_alive": "#{last} 保活：1 B，不是数据",
        "reset": "#{last} 复位并说明原因：{data}",
        "urgent": "#{last} 的紧急数据到此为止",
    },
}
"""What is said about a piece, by its kind and its mark."""

MOST_SHOWN = 64
"""Bytes shown of a piece that is not in the stream."""


def note(piece: Piece, lang: Literal["en", "zh"]) -> str:
    """What there is to say about a piece that is not simply data; hostile bytes are escaped."""
    if piece.kind == "data":
        key = "urgent"
    else:
        key = " ".join((piece.kind, *(piece.marks if piece.kind in ("missing", "conflict") else ())))
    if piece.kind == "resent" and len(piece.frames) > 1:
        key = "resent known"
    shown = for_terminal(piece.data[:MOST_SHOWN].decode("utf-8", "backslashreplace"))
    data = f'"{shown}{"…" if len(piece.data) > MOST_SHOWN else ""}"'
    first, last = piece.frames[0], piece.frames[-1]
    return NOTES[lang][key].format(n=piece.length, first=first, last=last, offset=piece.offset, data=data)


def _needs_note(piece: Piece) -> bool:
    return piece.kind != "data" or "urgent" in piece.marks


def heading(client: tuple[str, int], server: tuple[str, int], lang: Literal["en", "zh"]) -> Iterator[Span]:
    """Whom each arrow stands for."""
    whose: Mapping[Side, tuple[str, int]] = {"client": client, "server": server}
    for side, (address, port) in whose.items():
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        yield Span(f"{ARROWS[side]}{NOTES[lang][side]} {place}", side)
        yield Span("\n")
    yield Span("\n")


def text(said: Iterable[Said], lang: Literal["en", "zh"]) -> Iterator[Span]:
    """As text for a terminal: UTF-8, all else escaped, each line with its side's arrow.

    Lines end as they were said (CR LF or LF); notes stand on lines of their own.

    Yields:
        spans; a span that ends a line is a line feed of its own.
    """
    page = _Page()
    for side, piece in said:
        if piece.kind == "data":
            yield from page.say(side, piece.data)
        if _needs_note(piece):
            yield from page.note(side, note(piece, lang))
    yield from page.finish()


class _Page:
    """Where on the page we are: who speaks, and whether the line has begun."""

    def __init__(self) -> None:
        self._speaks: Side | None = None
        self._decoders = {side: _decoder() for side in ARROWS}

    def say(self, side: Side, data: bytes, *, final: bool = False) -> Iterator[Span]:
        said = self._decoders[side].decode(data, final)
        if said and self._speaks != side:
            yield from self.end_line()
        for line in _lines(said):
            kept = line.rstrip("\n")
            ends = kept != line
            if ends:
                kept = kept.removesuffix("\r")
            if self._speaks is None:
                yield Span(ARROWS[side], side)
            yield Span(for_terminal(kept), side)
            self._speaks = side
            if ends:
                yield from self.end_line()

    def note(self, side: Side, words: str) -> Iterator[Span]:
        yield from self.say(side, b"", final=True)
        yield from self.end_line()
        yield Span(NOTE + ARROWS[side], "note")
        yield Span(words, "note")
        yield Span("\n")

    def end_line(self) -> Iterator[Span]:
        if self._speaks is not None:
            yield Span("\n")
        self._speaks = None

    def finish(self) -> Iterator[Span]:
        for side in ARROWS:
            yield from self.say(side, b"", final=True)
        yield from self.end_line()


def _lines(said: str) -> Iterator[str]:
    """The text in lines that end with a line feed, and no other character."""
    begin = 0
    while begin < len(said):
        end = said.find("\n", begin) + 1 or len(said)
        yield said[begin:end]
        begin = end


def _decoder() -> io.IncrementalNewlineDecoder:
    """UTF-8 in pieces; a CR is held back until what follows it is known."""
    octets = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    return io.IncrementalNewlineDecoder(octets, translate=False)


def hex_dump(said: Iterable[Said], lang: Literal["en", "zh"]) -> Iterator[Span]:
    """Sixteen octets a line, with their offset in the stream of their side."""
    for side, piece in said:
        if piece.kind == "data":
            for begin in range(0, piece.length, OCTETS_PER_LINE):
                row = piece.data[begin : begin + OCTETS_PER_LINE]
                letters = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
                shown = f"{ARROWS[side]}{piece.offset + begin:08x}  {row.hex(' '):<47}   {letters}"
                yield Span(shown, side)
                yield Span("\n")
        if _needs_note(piece):
            yield Span(f"{NOTE}{ARROWS[side]}{note(piece, lang)}", "note")
            yield Span("\n")


def raw(said: Iterable[Said]) -> Iterator[bytes]:
    """The bytes of the stream, and nothing else."""
    return (piece.data for _, piece in said if piece.kind == "data")


def as_json(said: Iterable[Said]) -> Iterator[str]:
    """A JSON array of all pieces; times in nanoseconds since the epoch, bytes in Base64 (RFC 4648 4)."""
    begun = False
    yield "["
    for side, piece in said:
        made = {
            "side": side,
            "kind": piece.kind,
            "offset": piece.offset,
            "length": piece.length,
            "frames": piece.frames,
            "time": piece.time,
            "marks": piece.marks,
            "bytes": base64.b64encode(piece.data).decode("ascii"),
        }
        yield (",\n " if begun else "\n ") + json.dumps(made)
        begun = True
    yield "\n]\n"
