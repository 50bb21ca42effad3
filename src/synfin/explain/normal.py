"""What looks odd to a learner and is not, with the reason; each said only where it happened."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from synfin.explain.handshake import TIMESTAMP_BYTES, unanswered
from synfin.explain.narrator import ACK, FIN, OTHER, PSH, RST, SYN, Narrator, Sentence, check_of
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
    yield from _of_the_handshake(narrator)
    yield from _of_numbers(narrator)
    for key, sort, frames in (
        ("normal.fin_ack", "normal", _fins_with_ack(narrator)),
        ("normal.data_on_ack", "normal", _steps(narrator, "ack_with_data")),
        ("normal.cumulative", "normal", _cumulative(narrator)),
        (
            "normal.offload",
            "normal",
            [one.number for one in narrator.segments if _is_oversized(narrator, one)],
        ),
        ("normal.checksum_offload", "normal", [one.number for one in unfinished(narrator)]),
        ("normal.window_update", "normal", _noted(narrator, "window_update")),
        ("normal.keep_alive", "normal", _noted(narrator, "keep_alive")),
        ("normal.window_probe", "normal", _noted(narrator, "window_probe")),
        ("normal.half_close", "normal", [one.number for one in after_the_first_fin(narrator)]),
        ("normal.port_reuse", "normal", _noted(narrator, "port_reuse")),
        ("normal.syn_resent", "notable", unanswered(narrator)),
    ):
        if frames:
            yield narrator.sentence(key, frames[:MOST_FRAMES], sort)  # type: ignore[arg-type]


def _of_the_handshake(narrator: Narrator) -> Iterator[Sentence]:
    """Why three segments, why these numbers, and what a handshake does not show."""
    steps = {step.what: step.number for step in reversed(narrator.account.handshake)}
    third = steps.get("ack") or steps.get("ack_with_data")
    if narrator.opening not in ("complete", "retried") or not third or not {"syn", "syn_ack"} <= steps.keys():
        return
    frames = [steps["syn"], steps["syn_ack"], third]
    yield narrator.sentence("normal.three_steps", frames, "normal", shared=steps["syn_ack"])
    if narrator.fact("client_isn") and narrator.fact("server_isn"):
        yield narrator.sentence("normal.numbers", frames[:2], "normal")
    if narrator.fact_of("server", "payload_bytes") == 0:
        yield narrator.sentence("normal.kernel", frames, "normal")


def _of_numbers(narrator: Narrator) -> Iterator[Sentence]:
    """The first bare ACK after which its sender goes on with the same number; the first message in pieces."""
    for one, following in _followed(narrator):
        if not one.length and not one.flags & (SYN | FIN | RST) and one.seq == following.seq:
            numbers = (one.number, following.number)
            yield narrator.sentence("normal.same_seq", numbers, "normal", first=numbers[0], next=numbers[1])
            break
    for one, following in _followed(narrator):
        limit = narrator.fact_of(OTHER[one.sender], "mss")
        room = (limit or 0) - (TIMESTAMP_BYTES if one.options.timestamps else 0)
        is_full = limit is not None and one.length >= room and not one.flags & (SYN | PSH)
        if is_full and following.length and following.seq == one.seq + one.length:
            numbers = (one.number, following.number)
            yield narrator.sentence("normal.stream", numbers, "normal", first=numbers[0])
            break


def _followed(narrator: Narrator) -> Iterator[tuple[Segment, Segment]]:
    """Each segment with the next that the same side sent for the first time."""
    for side in OTHER:
        own = [one for one in narrator.segments if one.sender == side and not one.resends]
        yield from itertools.pairwise(own)


def unfinished(narrator: Narrator) -> tuple[Segment, ...]:
    """Segments whose checksum the sender's own network card was still to fill in when they were captured.

    Those whose sum is only begun; and wrong ones that the host sent on which the capture was taken.
    """
    vantage = narrator.account.row.get("vantage")
    at_home = {"client": {"client"}, "server": {"server"}, "same host": {"client", "server"}}
    own = at_home.get(str(vantage), set())
    found = (*narrator.noted("checksum_offload"), *narrator.noted("bad_checksum"))
    return tuple(one for one in found if "checksum_offload" in one.notes or one.sender in own)


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
