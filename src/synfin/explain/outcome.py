"""The words of the connection table for how a connection began and ended, as keys of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OPENINGS = {
    "complete": "complete",
    "complete after retries": "retried",
    "simultaneous open": "simultaneous",
    "fast open": "fast_open",
    "refused": "refused",
    "rejected by ICMP": "rejected",
    "no answer": "no_answer",
    "half-open": "half_open",
    "reset during handshake": "reset",
    "answered with a bare ACK": "bare_ack",
    "not seen": "not_seen",
}
"""Key of each handshake outcome; a remark in parentheses after the outcome is no part of it."""

CLOSINGS = {
    "four segments": "four",
    "three segments": "three",
    "simultaneous": "simultaneous",
    "half-closed, still open one way": "half_closed",
    "RST by client": "reset",
    "RST by server": "reset",
    "RST after both FINs": "reset_after_fins",
    "FIN unanswered": "fin_unanswered",
    "timed out": "timed_out",
    "still open when the capture ended": "still_open",
    "continues past the capture": "continues",
}
"""Key of each teardown outcome."""

ESTABLISHED = frozenset({"complete", "retried", "simultaneous", "fast_open", "not_seen"})
"""Openings after which data can flow and a teardown can be expected."""

UNKNOWN = "unknown"
"""Key of an outcome that the table leaves open."""


def opening(row: Mapping[str, object]) -> str:
    """How the connection began."""
    return _key(row.get("handshake"), OPENINGS)


def closing(row: Mapping[str, object]) -> str:
    """How it ended."""
    return _key(row.get("teardown"), CLOSINGS)


def _key(word: object, keys: Mapping[str, str]) -> str:
    if not isinstance(word, str):
        return UNKNOWN
    return keys.get(word.partition(" (")[0], UNKNOWN)
