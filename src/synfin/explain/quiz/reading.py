"""What a reader typed, understood generously: separators, units, hexadecimal, spelling."""

from __future__ import annotations

import re
import unicodedata

from synfin.explain.narrator import CONGESTION_FLAGS, FLAG_NAMES

LONGEST = 200
"""Characters of an answer; more is no answer to anything asked here."""

_SEPARATORS = re.compile(r"(?<=[0-9])[\s,_'’](?=[0-9]{3}(?![0-9]))")
_NUMBER = re.compile(
    r"[#×x*+]?\s*(0x[0-9a-f]{1,16}|[0-9]{1,20}|2\s*(?:\^|\*\*)\s*[0-9]{1,2})\s*(?:[a-z]+|[个個]?字节|倍)?\.?"
)
_TIME = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(ns|us|µs|μs|ms|s|sec|seconds?|纳秒|微秒|毫秒|秒)?\.?")
_UNITS = {"ns": 1, "纳秒": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "微秒": 1_000, "ms": 1_000_000}
_UNITS |= {"毫秒": 1_000_000, "s": 1_000_000_000, "sec": 1_000_000_000, "秒": 1_000_000_000}
_UNITS |= {"second": 1_000_000_000, "seconds": 1_000_000_000}
_FLAG = re.compile("|".join(("push", *(name.lower() for _, name in (*FLAG_NAMES, *CONGESTION_FLAGS)))))
_NO_LETTERS = re.compile(r"[\s_\-#\"'“”‘’()\[\],;.!?，。、；！？（）]+")


def _normal(said: str) -> str:
    """Full-width characters made plain, in lower case."""
    return unicodedata.normalize("NFKC", said[:LONGEST]).strip().casefold()


def number_in(said: str) -> int | None:
    """The number: "1,460 B", "0x5b4", "ack = 84", "#9", "×128", "2^7"; None if it is none."""
    text = _SEPARATORS.sub("", _normal(said).rpartition("=")[2]).strip()
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    base, _, power = found[1].replace("**", "^").partition("^")
    return int(base) ** int(power) if power else int(base, 16 if base.startswith("0x") else 10)


def nanoseconds_in(said: str) -> tuple[int, ...]:
    """The times that may be meant: "20.9 ms", "20,9ms", "0.0209"; without a unit milliseconds or seconds."""
    text = _normal(said).removeprefix("~").removeprefix("≈").strip()
    text = _SEPARATORS.sub("", text) if "." in text else text.replace(",", ".")
    found = _TIME.fullmatch(text)
    if found is None:
        return ()
    units = (_UNITS[found[2]],) if found[2] else (_UNITS["ms"], _UNITS["s"])
    return tuple(round(float(found[1]) * unit) for unit in units)


def flags_in(said: str) -> int | None:
    """The flag bits: "SYN, ACK", "syn-ack", "SYN and ACK", "0x12"; None if there is anything else."""
    text = _normal(said)
    rest = re.sub(r"\b(?:and|plus)\b|[和与及]", " ", text)
    bits = {name.lower(): bit for bit, name in (*FLAG_NAMES, *CONGESTION_FLAGS)} | {"push": 8}
    found = _FLAG.findall(rest)
    if not found:
        return number_in(text)
    if re.sub(r"[\s,+/|&、\-\[\]]", "", _FLAG.sub("", rest)):
        return None
    return sum({bits[name] for name in found})


def word_in(said: str) -> str:
    """The bare word: "FIN-WAIT-1" and "fin wait 1" are one, "The client" and "client" are, too."""
    text = _normal(said).removeprefix("the ")
    return _NO_LETTERS.sub("", text)
