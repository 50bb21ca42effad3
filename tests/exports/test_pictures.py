"""Pictures are well-formed, show what the layout says, and keep captured text text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from synfin.explain.explanation import Explanation, explain
from synfin.explain.ladder import Arrow
from synfin.explain.lesson import teach_header, teach_packet
from synfin.exports.pictures.header import header_svg, packet_svg
from synfin.exports.pictures.ladder import ladder_svg
from synfin.exports.pictures.machine import PLACES, machines_svg
from synfin.exports.pictures.mermaid import ladder_mermaid, machines_mermaid, safe
from synfin.exports.pictures.stack import stack_svg
from synfin.exports.pictures.svg import style_sheet
from synfin.session import catalogue
from tests.explain import accounts
from tests.explain.accounts import SCENARIOS
from tests.packets import ethernet, ipv4, table_of, tcp

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</svg><script>alert(1)</script>\x00\x1b[31m\u202e\"'&"


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)


def texts(document: str) -> str:
    return " ".join("".join(one.itertext()) for one in parsed(document).iter(f"{SVG}text"))


def explained(scenario: str, lang: str = "en") -> Explanation:
    return explain(SCENARIOS[scenario](), lang)  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_can_be_drawn(scenario: str, lang: str) -> None:
    told = explained(scenario, lang)
    drawn = texts(ladder_svg(told.ladder, told.title))
    for step in told.ladder.steps:
        if isinstance(step, Arrow):
            assert " ".join(step.flags) in drawn
            for note in step.annotations:
                assert all(piece in drawn for piece in note.text.replace("\u00a0", " ").split(" ")[:1])
    parsed(machines_svg(told.machines))


def test_nothing_is_drawn_outside_the_picture() -> None:
    told = explained("three_segments")
    for document in (ladder_svg(told.ladder, told.title), machines_svg(told.machines)):
        root = parsed(document)
        width, height = (float(root.attrib[name]) for name in ("width", "height"))
        for one in root.iter(f"{SVG}rect"):
            if one.attrib["width"] != "100%":
                assert 0 <= float(one.attrib["x"]) <= width
                assert float(one.attrib["y"]) + float(one.attrib["height"]) <= height


def test_a_lost_segment_ends_in_a_cross_and_a_repeated_one_is_dashed() -> None:
    told = explained("retried")
    document = ladder_svg(told.ladder, told.title)
    assert (
        document.count('class="cross"')
        == sum(1 for step in told.ladder.steps if isinstance(step, Arrow) and step.fate == "lost")
        > 0
    )
    assert "look-resent" in document
    assert re.search(r"\.look-resent \{[^}]*stroke-dasharray", style_sheet())


def test_an_overtaken_segment_is_drawn_steeper() -> None:
    told = explained("losses")
    late = [step for step in told.ladder.steps if isinstance(step, Arrow) and step.fate == "late"]
    assert ladder_svg(told.ladder, told.title).count(" late") == len(late)


@pytest.mark.parametrize("protocol", [one.name for one in catalogue().protocols])
def test_every_header_can_be_drawn(protocol: str) -> None:
    parsed(header_svg(teach_header(catalogue().by_name[protocol])))


def test_a_packet_is_drawn_with_its_values() -> None:
    taught = teach_packet(table_of([ethernet(ipv4(tcp(b"hello")))]), 0)
    drawn = texts(packet_svg(taught))
    for word in ("192.0.2.10", "preamble", "Ethernet frame", "payload", "Four layers"):
        assert word in drawn
    parsed(stack_svg(taught.stack))


def test_captured_text_stays_text() -> None:
    told = explained("three_segments")
    named = replace(told.ladder, endpoints={"client": HOSTILE, "server": HOSTILE})
    root = parsed(ladder_svg(named, (HOSTILE,)))
    assert not list(root.iter(f"{SVG}script"))
    assert "\u202e" not in ladder_svg(named, (HOSTILE,))
    parsed(machines_svg([replace(one, endpoint=HOSTILE) for one in told.machines]))
    for line in ladder_mermaid(named, (HOSTILE,)).splitlines():
        assert "<script" not in line
        assert "\x1b" not in line


def test_mermaid_text_cannot_end_its_line_or_begin_a_directive() -> None:
    assert safe("a;b#c%%{init}\n-->") == "a#59;b#35;c#37;#37;#123;init#125;#10;--#62;"


def test_mermaid_shows_every_arrow_once() -> None:
    told = explained("losses")
    lines = ladder_mermaid(told.ladder, told.title).splitlines()
    arrows = [step for step in told.ladder.steps if isinstance(step, Arrow)]
    shown = [line for line in lines if re.match(r" *(client|server)--?(>>|x)(client|server):", line)]
    assert len(shown) == len(arrows)


def test_mermaid_states_hold_both_ways() -> None:
    told = explain(accounts.three_segments(), "en")
    text = machines_mermaid(told.machines)
    assert "class client_TIME_WAIT last" in text
    assert "class server_CLOSED last" in text


def test_every_state_has_a_place() -> None:
    told = explain(accounts.three_segments(), "en")
    assert {name.removesuffix(" again") for name in PLACES} == set(told.machines[0].states)


def test_pictures_fetch_nothing() -> None:
    told = explained("three_segments")
    document = ladder_svg(told.ladder, told.title)
    assert re.findall(r"(?:href|src|url\()[^>]*", document) == []


INKS = ("ink", "soft", "syn", "fin", "reset", "data", "ack", "resent", "good", "bad", "client", "server")
PAIRS = [
    *((ink, paper) for ink in INKS for paper in ("paper", "panel")),
    ("state", "state-fill"),
    ("state", "paper"),
    ("mark-ink", "mark"),
    *(
        (ink, level)
        for ink in ("ink", "soft", "data")
        for level in ("link", "internet", "transport", "application")
    ),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS)
def test_contrast_is_aa(pair: tuple[str, str], scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    light, _, dark = style_sheet().partition("@media (prefers-color-scheme: dark)")
    colors = dict(re.findall(r"--([\w-]+): (#\w{6})", light if scheme == "light" else dark))
    one, other = sorted((luminance(colors[name]) for name in pair), reverse=True)
    assert (one + 0.05) / (other + 0.05) >= 4.5


def luminance(color: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
