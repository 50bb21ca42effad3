"""What looks odd to a learner and is not, with the reason; each said only where it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synfin.explain.handshake import unanswered
from synfin.explain.narrator import ACK, FIN, OTHER, SYN, Narrator, Sentence, check_of
from synfin.explain.teardown import after_the_first_fin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Segment

MOST_FRAMES = 6
"""Packets cited for one note; more of the same would only be longer."""


def normal(narrator: Narrator) -> tuple[Sentence, ...]:
    """The notes that apply."""
    return tuple(_notes(narrator))


def _notes(narrator: Narrator) -> Iterator[Sentence]:
    for key, sort, frames in (
        ("normal.fin_ack", "normal", _fins_with_ack(narrator)),
        ("normal.data_on_ack", "normal", _steps(narrator, "ack_with_data")),
        ("normal.cumulative", "normal", _cumulative(narrator)),
        (
            "normal.offload",
            "normal",
            [one.number for one in narrator.segments if _is_oversized(narrator, one)],
        ),
        ("normal.window_update", "normal", _noted(narrator, "window_update")),
        ("normal.keep_alive", "normal", _noted(narrator, "keep_alive")),
        ("normal.window_probe", "normal", _noted(narrator, "window_probe")),
        ("normal.half_close", "normal", [one.number for one in after_the_first_fin(narrator)]),
        ("normal.port_reuse", "normal", _noted(narrator, "port_reuse")),
        ("normal.syn_resent", "notable", unanswered(narrator)),
    ):
        if frames:
            yield narrator.sentence(key, frames[:MOST_FRAMES], sort)  # type: ignore[arg-type]


def _noted(narrator: Narrator, note: str) -> list[int]:
    return [segment.number for segment in narrator.noted(note)]


def _steps(narrator: Narrator, what: str) -> list[int]:
    steps = (*narrator.account.handshake, *narrator.account.teardown)
    return [step.number for step in steps if step.what == what]


def _fins_with_ack(narrator: Narrator) -> list[int]:
    """The FINs that open a teardown; one that also answers the peer's FIN is another matter."""
    numbers = {step.number for step in narrator.account.teardown if step.what == "fin"}
    return [
        one.number
        for one in narrator.segments
        if one.number in numbers and one.flags & (FIN | ACK) == FIN | ACK
    ]


def _cumulative(narrator: Narrator) -> list[int]:
    """Acknowledgments that cover several packets at once."""
    found = []
    for segment in narrator.segments:
        check = check_of(segment, "ack_of_data")
        if check is not None and check.holds and len(check.because) > 1:
            found.append(segment.number)
    return found


def _is_oversized(narrator: Narrator, segment: Segment) -> bool:
    """Whether it carries more than the other side said it takes in one segment."""
    limit = narrator.fact_of(OTHER[segment.sender], "mss")
    return limit is not None and segment.length > limit and not segment.flags & SYN
