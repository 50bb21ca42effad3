"""What happens around one connection of a visit, in order: from the first question to the last segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synfin.explain.language import language
from synfin.explain.narrator import Sentence
from synfin.explain.story import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synfin.explain.language import Lang


class Stage(NamedTuple):
    """One thing that is asked and answered on the way.

    Attributes:
        key: of what is said of it: "visit.…", and "visit.….silent" where there is no answer.
        asked, answered: display filters; what is no question is no stage.
    """

    key: str
    asked: str
    answered: str


AROUND = (
    Stage("arp", "arp.opcode == 1", "arp.opcode == 2"),
    Stage("neighbor", "icmpv6.type == 135", "icmpv6.type == 136"),
    Stage("dns", "dns.flags.response == 0", "dns.flags.response == 1"),
    Stage("ping", "icmp.type == 8 || icmpv6.type == 128", "icmp.type == 0 || icmpv6.type == 129"),
)
"""What comes before a connection."""

WITHIN = (
    Stage(
        "handshake", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.flags.syn == 1 && tcp.flags.ack == 1"
    ),
    Stage("http", "http.request", "http.response"),
    Stage("fin", "tcp.flags.fin == 1", "tcp.flags.fin == 1"),
    Stage("reset", "tcp.flags.reset == 1", "tcp.flags.reset == 1"),
)
"""What it consists of."""

REFUSED = "visit.handshake.silent"
"""Said of a SYN that was not agreed to; an RST is the answer then, and no stage of its own."""


def visit(found: Callable[[str], Sequence[int]], number: int, host: str, lang: Lang) -> Section:
    """The stages of a visit, in the order in which they began.

    Args:
        found: the numbers of the packets that match a display filter.
        number: of the connection, as `tcp.stream` counts.
        host: as the visitor named it.
        lang: the reader's language.
    """
    say = language(lang)
    sentences: list[Sentence] = []
    for stage in (*AROUND, *(_of(stage, number) for stage in WITHIN)):
        asked, answered = found(stage.asked), found(stage.answered)
        is_refusal = stage.key == "reset" and REFUSED in (sentence.key for sentence in sentences)
        if not asked or is_refusal:
            continue
        key = f"visit.{stage.key}" if answered else f"visit.{stage.key}.silent"
        frames = tuple(sorted({*asked, *answered}))
        sort = "fact" if answered else "notable"
        text = say.say(key, frames=say.frames(frames), host=host)
        sentences.append(Sentence(key, text, frames, sort))  # type: ignore[arg-type]  # one of two words
    sentences.sort(key=lambda sentence: sentence.frames[0])
    return Section("visit", say.say("visit.title"), tuple(sentences))


def _of(stage: Stage, number: int) -> Stage:
    """The same, within one connection only."""
    asked, answered = (f"tcp.stream == {number} && ({each})" for each in (stage.asked, stage.answered))
    return Stage(stage.key, asked, answered)
