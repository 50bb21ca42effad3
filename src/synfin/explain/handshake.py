"""The handshake, step by step: who asked, who answered, the numbers, and what the options add up to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synfin.explain.narrator import (
    ACK,
    CWR,
    ECE,
    OTHER,
    RST,
    SYN,
    Narrator,
    Sentence,
    check_of,
    expected,
    formula,
)
from synfin.explain.outcome import ESTABLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synfin.connections.account import Check, Options, Segment, Side, Step

DEFAULT_MSS = {4: 536, 6: 1220}
"""What a side may send when the other announced no MSS, by IP version (RFC 9293 3.7.1)."""

TIMESTAMP_BYTES = 12
"""Room that the timestamp option takes in every segment: 10 bytes, padded to whole words (RFC 7323 3.2)."""

FIXED_HEADER, WORD = 20, 4
"""Bytes of a TCP header without options, and of the words that it is counted in."""

OPTION_SIZES = {0: 1, 1: 1, 2: 4, 3: 3, 4: 2, 8: 10}
"""Bytes of the options that have one size, by kind (RFC 9293 3.1, RFC 7323, RFC 2018)."""

OPTION_NAMES = {1: "nop", 2: "mss", 3: "wscale", 4: "sack_perm", 8: "timestamp"}
"""Key of what they are called; the end of the options is padding."""

TOLD_BY_A_STEP = frozenset({"reset", "bare_ack"})
"""Openings about which nothing is left to say after their last step."""

SIDES: tuple[Side, Side] = ("client", "server")


def handshake(narrator: Narrator) -> tuple[Sentence, ...]:
    """The steps, the outcome, and what was agreed."""
    agreed = _agreed(narrator) if narrator.opening in ESTABLISHED else ()
    return (*_steps(narrator), *_outcome(narrator), *agreed)


def _steps(narrator: Narrator) -> Iterator[Sentence]:
    previous: dict[str, Segment] = {}
    for step in sorted(narrator.account.handshake, key=lambda step: step.number):
        segment = narrator.segment_of(step)
        if segment is None:
            text = narrator.language.say(f"step.{step.what}", **narrator.sides(step.sender))
            yield Sentence(f"step.{step.what}", text, (step.number,), step=True)
            continue
        before = previous.get(step.sender)
        yield _told(narrator, step, segment, before)
        previous[step.sender] = segment


def _told(narrator: Narrator, step: Step, segment: Segment, before: Segment | None) -> Sentence:
    earlier = narrator.by_number.get(segment.resends, before)
    if earlier is None:
        step = replace(step, what=step.what.removesuffix("_again"))  # what it repeats is not told
    key = _key(narrator, step, segment)
    check = check_of(segment, "ack_of_syn", "ack_of_reset")
    asked = _last_from(narrator, OTHER[segment.sender], segment.number)
    return narrator.step(
        key,
        segment,
        isn=segment.seq_raw,
        seq=segment.seq_raw,
        ack=segment.ack_raw,
        sum=f"{formula(segment, check)} = {segment.ack_raw}" if check else segment.ack_raw,
        formula=formula(segment, check) if check else "?",
        expected=expected(segment, check) if check else "?",
        data=narrator.language.size(segment.length or (asked.length if asked else 0)),
        port=narrator.port(segment.sender),
        answered=asked.number if asked else segment.number,
        before=earlier.number if earlier else segment.number,
        after=narrator.language.duration(segment.time - earlier.time) if earlier else "?",
    )


def _key(narrator: Narrator, step: Step, segment: Segment) -> str:
    """The text for a step, by what is special about it."""
    check = check_of(segment, "ack_of_syn", "ack_of_reset")
    match step.what:
        case "syn":
            return _syn_key(narrator, segment)
        case "syn_again":
            return _syn_again_key(narrator, segment)
        case "syn_ack":
            return _syn_ack_key(narrator, segment, check)
        case "ack" | "ack_with_data":
            return _ack_key(narrator, step, check)
        case "refused":
            return _refused_key(narrator, step, check)
        case "reset":
            return _reset_key(narrator, segment)
    return f"step.{step.what}"


def _syn_key(narrator: Narrator, segment: Segment) -> str:
    if segment.sender == "server":
        return "step.syn.apart" if narrator.is_split else "step.syn.crossing"
    if not segment.length:
        return "step.syn"
    return "step.syn.payload" if segment.options.fast_open is None else "step.syn.data"


def _syn_again_key(narrator: Narrator, segment: Segment) -> str:
    """A repeated SYN, by what came back since the one before."""
    heard = _last_from(narrator, OTHER[segment.sender], segment.number)
    if heard is None:
        return "step.syn_again"
    if heard.flags & RST:
        return "step.syn_again.refused"
    return "step.syn_again" if heard.flags & SYN else "step.syn_again.cleared"


def _syn_ack_key(narrator: Narrator, segment: Segment, check: Check | None) -> str:
    if narrator.opening == "simultaneous":
        return "step.syn_ack.crossing"
    if check is None:
        return "step.syn_ack.alone"
    if not check.holds:
        return "step.syn_ack.wrong"
    brought = _last_from(narrator, OTHER[segment.sender], segment.number)
    if brought is None or not brought.length:
        return "step.syn_ack"
    return "step.syn_ack.data" if brought.length in check.addends[1:] else "step.syn_ack.declined"


def _ack_key(narrator: Narrator, step: Step, check: Check | None) -> str:
    if check is None:
        return "step.ack.alone"
    if not check.holds:
        return "step.ack.wrong"
    return "step.ack.crossing" if narrator.opening == "simultaneous" else f"step.{step.what}"


def _refused_key(narrator: Narrator, step: Step, check: Check | None) -> str:
    if check is None or not check.holds:
        return "step.refused.bare"
    earlier = [
        one for one in narrator.account.handshake if one.what == "refused" and one.number < step.number
    ]
    return "step.refused.again" if earlier else "step.refused"


def _reset_key(narrator: Narrator, segment: Segment) -> str:
    """Why the handshake was broken off, as far as the packet before shows."""
    answered = _last_from(narrator, OTHER[segment.sender], segment.number)
    if segment.sender == "server":
        return "step.reset.answerer"
    if answered is None:
        return "step.reset.given_up"
    if answered.flags & SYN:
        check = check_of(answered, "ack_of_syn")
        return "step.reset.stale" if check is not None and not check.holds else "step.reset.unwanted"
    return "step.reset.old" if segment.seq_raw == answered.ack_raw else "step.reset"


def _last_from(narrator: Narrator, side: Side, before: int) -> Segment | None:
    """The last segment of a side before a packet."""
    return next(
        (one for one in reversed(narrator.segments) if one.sender == side and one.number < before), None
    )


def unanswered(narrator: Narrator) -> list[int]:
    """The SYNs and SYN ACKs that were repeated because nothing came back."""
    repeats = [step for step in narrator.account.handshake if step.what in ("syn_again", "syn_ack_again")]
    found = [segment for step in repeats if (segment := narrator.segment_of(step)) is not None]
    return [
        one.number for one in found if one.flags & ACK or _syn_again_key(narrator, one) == "step.syn_again"
    ]


def _outcome(narrator: Narrator) -> Iterator[Sentence]:
    steps = narrator.account.handshake
    frames = [step.number for step in steps] or list(narrator.span[:1])
    if not frames or narrator.opening in TOLD_BY_A_STEP:
        return
    rtt = narrator.fact("handshake_rtt_ns")
    sort = {"not_seen": "unknown", "unknown": "unknown", "complete": "fact"}.get(narrator.opening, "notable")
    if narrator.opening in ("simultaneous", "fast_open"):
        sort = "normal"
    yield narrator.sentence(
        _outcome_key(narrator),
        frames,
        sort,  # type: ignore[arg-type]
        rtt=narrator.language.duration(rtt or 0),
        attempts=narrator.language.count("attempt", sum(step.what in ("syn", "syn_again") for step in steps)),
        repeats=narrator.language.count("segment", sum(step.what.endswith("_again") for step in steps)),
        took=narrator.language.duration(_time_between(narrator, frames)),
        quiet=narrator.language.duration(narrator.quiet),
        server=narrator.endpoint("server"),
    )


def _outcome_key(narrator: Narrator) -> str:
    """The text for how the connection began, by what is special about it."""
    done = {step.what for step in narrator.account.handshake}
    special = {
        "complete": (narrator.fact("handshake_rtt_ns") is None, "untimed"),
        "retried": ("bare_ack" in done, "cleared"),
        "simultaneous": (narrator.is_split, "split"),
        "no_answer": ("syn_again" not in done, "yet"),
        "not_seen": (bool(done), "partly"),
    }
    if narrator.opening == "retried" and "refused" in done:
        return "opening.retried.refused"
    is_special, word = special.get(narrator.opening, (False, ""))
    return f"opening.{narrator.opening}.{word}" if is_special else f"opening.{narrator.opening}"


def _time_between(narrator: Narrator, frames: list[int]) -> int:
    times = [narrator.by_number[number].time for number in frames if number in narrator.by_number]
    return max(times) - min(times) if times else 0


def _agreed(narrator: Narrator) -> Iterator[Sentence]:
    """What the options of both SYNs add up to; nothing if one of them was not captured."""
    offers = {side: _offer(narrator, side) for side in SIDES}
    client, server = offers["client"], offers["server"]
    if client is None or server is None:
        if narrator.opening != "not_seen":  # else the outcome has said so
            yield narrator.sentence("options.unknown", narrator.span[:1], "unknown")
        return
    frames = (client.number, server.number)
    yield from _header(narrator, client)
    yield from _segment_sizes(narrator, client, server)
    yield _window_scaling(narrator, client, server)
    features = (
        ("sack", client.options.sack_permitted, server.options.sack_permitted),
        ("timestamps", client.options.timestamps is not None, server.options.timestamps is not None),
    )
    on = [narrator.language.say(f"word.{name}") for name, *both in features if all(both)]
    off = [narrator.language.say(f"word.{name}") for name, *both in features if not all(both)]
    if on:
        yield narrator.sentence("options.on", frames, what=narrator.language.all_of(on))
    if off:
        yield narrator.sentence("options.off", frames, what=narrator.language.all_of(off))
    yield from _congestion_and_fast_open(narrator, client, server)


def _offer(narrator: Narrator, side: Side) -> Segment | None:
    return next((one for one in narrator.segments if one.sender == side and one.flags & SYN), None)


def _segment_sizes(narrator: Narrator, client: Segment, server: Segment) -> Iterator[Sentence]:
    frames = (client.number, server.number)
    size = narrator.language.size
    version = 6 if ":" in str(narrator.account.row.get("client_address", "")) else 4
    limits = [_limit(segment.options, version) for segment in (client, server)]
    if client.options.mss is not None and server.options.mss is not None:
        yield narrator.sentence("options.mss", frames, client=size(limits[0]), server=size(limits[1]))
    else:
        for segment, limit in zip((client, server), limits, strict=True):
            yield narrator.sentence(
                "options.mss.default" if segment.options.mss is None else "options.mss.one",
                (segment.number,),
                **narrator.sides(segment.sender),
                size=size(limit),
                version=version,
            )
    if client.options.timestamps and server.options.timestamps:
        client_room, server_room = (max(limit - TIMESTAMP_BYTES, 0) for limit in limits)
        key = "options.payload.same" if client_room == server_room else "options.payload"
        yield narrator.sentence(key, frames, client=size(client_room), server=size(server_room))


def _header(narrator: Narrator, syn: Segment) -> Iterator[Sentence]:
    """What the header of a SYN with options is made of, if each of them is known."""
    kinds = syn.options.kinds
    if not kinds or not set(kinds) <= OPTION_SIZES.keys():
        return
    language = narrator.language
    sizes = [(OPTION_NAMES.get(kind, ""), OPTION_SIZES[kind]) for kind in kinds]
    taken = sum(size for _, size in sizes)
    parts = [
        language.say("options.part.plain"),
        *(f"{language.say(f'options.name.{name}')} {size}" for name, size in sizes if name),
    ]
    padding = -taken % WORD + sum(size for name, size in sizes if not name)
    if padding:
        parts.append(language.say("options.part.padding", n=padding))
    total = language.size(FIXED_HEADER + taken + -taken % WORD)
    yield narrator.sentence(
        "options.header",
        (syn.number,),
        total=total,
        parts=" + ".join(parts),
        **narrator.sides(syn.sender),
    )


def _limit(options: Options, version: int) -> int:
    return DEFAULT_MSS[version] if options.mss is None else options.mss


def _window_scaling(narrator: Narrator, client: Segment, server: Segment) -> Sentence:
    shifts = {
        side: segment.options.window_scale for side, segment in (("client", client), ("server", server))
    }
    frames = (client.number, server.number)
    if shifts["client"] is not None and shifts["server"] is not None:
        return narrator.sentence(
            "options.window.on", frames, client=1 << shifts["client"], server=1 << shifts["server"]
        )
    offering = next(
        (segment.sender for segment in (client, server) if segment.options.window_scale is not None), None
    )
    if offering is None:
        return narrator.sentence("options.window.off", frames)
    return narrator.sentence("options.window.one", frames, **narrator.sides(offering))


def _congestion_and_fast_open(narrator: Narrator, client: Segment, server: Segment) -> Iterator[Sentence]:
    frames = (client.number, server.number)
    if client.flags & (ECE | CWR) == ECE | CWR:
        agreed = server.flags & ACK and server.flags & (ECE | CWR) == ECE
        yield narrator.sentence("options.ecn.on" if agreed else "options.ecn.off", frames)
    for segment in (client, server):
        cookie = segment.options.fast_open
        if cookie is None:
            continue
        if segment.sender == "server":
            key = "options.cookie.given"
        else:
            key = "options.cookie.shown" if cookie else "options.cookie.asked"
        yield narrator.sentence(key, (segment.number,), **narrator.sides(segment.sender))
