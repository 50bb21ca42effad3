"""The story of a connection: its title and, in the order in which it happened, the sections that tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synfin.explain.handshake import handshake
from synfin.explain.normal import normal
from synfin.explain.place import place
from synfin.explain.states import states
from synfin.explain.teardown import outcome_key, teardown
from synfin.explain.transfer import transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synfin.explain.narrator import Narrator, Sentence

CHAPTERS: tuple[tuple[str, Callable[[Narrator], tuple[Sentence, ...]]], ...] = (
    ("place", place),
    ("handshake", handshake),
    ("transfer", transfer),
    ("teardown", teardown),
    ("states", states),
    ("normal", normal),
)
"""Every section and what fills it; empty ones are left out."""

SEPARATOR = " · "
NO_DATA = frozenset({"refused", "rejected", "no_answer", "half_open", "reset", "bare_ack"})
"""Openings after which a transfer that did not happen needs no words."""


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences about one thing.

    Attributes:
        key: "place", "handshake", "transfer", "teardown", "states" or "normal".
        title: its heading.
        sentences: what is said, in order.
    """

    key: str
    title: str
    sentences: tuple[Sentence, ...]


def title(narrator: Narrator) -> tuple[str, ...]:
    """Two lines: which connection and what became of it; how long, how much, how far, what was lost."""
    say, row = narrator.language.say, narrator.account.row
    first = []
    if row.get("number") is not None:
        first.append(say("title.connection", number=row["number"]))
    route = say("title.route", client=narrator.endpoint("client"), server=narrator.endpoint("server"))
    first += [route, _beginning(narrator)]
    ending = _ending(narrator)
    if ending:
        first.append(ending)
    second = SEPARATOR.join(_measures(narrator))
    return (SEPARATOR.join(first), second) if second else (SEPARATOR.join(first),)


def _beginning(narrator: Narrator) -> str:
    """How it opened, or did not, and what was unusual about that."""
    say, steps = narrator.language.say, narrator.account.handshake
    done = {step.what for step in steps}
    if narrator.opening == "reset":
        sender = next((step.sender for step in reversed(steps) if step.what == "reset"), None)
        return (
            say("title.opening.reset", **narrator.sides(sender)) if sender else say("title.opening.unknown")
        )
    key = f"title.opening.{narrator.opening}"
    for happened, word in (
        (narrator.is_split, "split"),
        (narrator.opening == "retried" and "bare_ack" in done, "cleared"),
        (narrator.opening == "retried" and "refused" in done, "refused"),
        (narrator.opening == "not_seen" and bool(done), "partly"),
    ):
        if happened:
            return say(f"{key}.{word}")
    return say(key)


def _ending(narrator: Narrator) -> str:
    if narrator.opening in NO_DATA and not narrator.account.teardown:
        return ""
    say, first = narrator.language.say, narrator.account.row.get("closed_first")
    if narrator.closing == "reset":
        return _abort(narrator)
    outcome = outcome_key(narrator)
    unusual = outcome in ("closing.four.half", "closing.fin_unanswered.last")
    what = say(f"title.{outcome}" if unusual else f"title.closing.{narrator.closing}")
    if first in ("client", "server") and narrator.closing != "simultaneous":
        what = say("title.closed_by", what=what, side=say(f"ladder.{first}"))
    if any(step.what == "fin_again" for step in narrator.account.teardown):
        what = say("title.fin_again", what=what)
    return what


def _abort(narrator: Narrator) -> str:
    """Who sent the RST, and into what."""
    say = narrator.language.say
    reset = next((sentence for sentence in teardown(narrator) if sentence.key.startswith("step.reset")), None)
    if reset is None:
        return say("title.closing.unknown")
    sides = narrator.sides(narrator.by_number[reset.frames[0]].sender)
    key = reset.key.replace("step.reset.", "title.aborted.")
    return say(key, **sides) if narrator.language.knows(key) else say("title.aborted_by", **sides)


def _measures(narrator: Narrator) -> Iterator[str]:
    language, fact = narrator.language, narrator.fact
    duration = fact("duration")
    if duration:
        yield language.say("title.lasted", duration=language.duration(duration))
    sent = [
        narrator.fact_of(side, name) for side in ("client", "server") for name in ("payload_bytes", "packets")
    ]
    if None not in sent:
        client, client_packets, server, server_packets = (number or 0 for number in sent)
        yield language.say(
            "title.sent",
            client=language.size(client),
            server=language.size(server),
            client_packets=language.count("segment", client_packets),
            server_packets=language.count("segment", server_packets),
        )
    rtt = fact("handshake_rtt_ns")
    if rtt is not None:
        yield language.say("title.rtt", rtt=language.duration(rtt))
    resent = [fact("client_retransmissions"), fact("server_retransmissions")]
    if None not in resent:
        total = sum(number or 0 for number in resent)
        counted = language.count("segment", total)
        yield language.say("title.resent", count=counted) if total else language.say("title.resent.none")


def sections(narrator: Narrator) -> tuple[Section, ...]:
    """Every section that has something to say."""
    told = []
    for key, chapter in CHAPTERS:
        if key == "transfer" and narrator.opening in NO_DATA:
            continue
        sentences = chapter(narrator)
        if sentences:
            told.append(Section(key, _heading(narrator, key, sentences), sentences))
    return tuple(told)


def _heading(narrator: Narrator, key: str, sentences: tuple[Sentence, ...]) -> str:
    """The section's title; where it tells steps, with their packets."""
    words = narrator.language.say(f"section.{key}")
    steps = [sentence.frames[0] for sentence in sentences if sentence.step]
    if not steps:
        return words
    return narrator.language.say("section.steps", title=words, frames=narrator.language.frames(steps))
