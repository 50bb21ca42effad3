"""Facts of Wireshark 4.0: filters, and what they select in small captures, or that they are errors."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from synfin.basics.errors import FilterError
from synfin.filters.filter import compile_filter
from synfin.filters.language.macros import read_macros
from synfin.session import Session, catalogue, folds, open_session

if TYPE_CHECKING:
    from synfin.dissect.table import PacketTable

SHARED = Path(__file__).parents[3] / "shared"
CASES = SHARED / "reference" / "dfilter_cases.json"
PROBES = SHARED / "reference" / "dfilter_probes.json"
ACCEPTED_FROM_LATER_VERSIONS = {"@ip.src == 0a:00:00:05"}
"""Errors in Wireshark 4.0 that later versions accept, and so do we."""

NEEDS = {
    "data": "sip",
    "data.data": "sip",
    "data.len > 0": "sip",
    'frame.protocols contains "sip"': "sip",
    "_ws.expert": "http",
    '_ws.expert.severity == "Chat"': "http",
    '_ws.expert.message contains "HEAD"': "http",
}
"""Filters that count on a protocol which they do not name."""

MACROS = """
"nfs","udp.port == 2049 or tcp.port == 2049"
"ip","ip.addr == $1 and udp.port == $2"
"""

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="needs ../shared/reference and ../shared/captures")


class Case(NamedTuple):
    """A filter and what is known of it.

    Attributes:
        frames: numbers of the first frames selected, or how many; None for an error, -1 if it compiles.
    """

    capture: str
    text: str
    frames: list[int] | int | None


class Unknown(Exception):  # noqa: N818 - it says what a fact is, and is no error
    """The filter or the capture needs something that we do not have."""


def facts() -> list[Case]:
    """All cases and probes."""
    if not CASES.exists():
        return []
    known = json.loads(CASES.read_text("utf-8"))
    wanted = {"fail": None, "compiles": -1}
    later = [one for one in known["later_versions"]["cases"] if "filter" in one]
    found = [
        Case(c["capture"], c["filter"], wanted.get(c["kind"], c.get("expected_count")))
        for c in [*known["cases"], *later]
    ]
    probes = json.loads(PROBES.read_text("utf-8"))
    return found + [Case(p["capture"], p["filter"], p.get("frames_first12")) for p in probes]


CAPTURES = sorted({case.capture for case in facts()})


@cache
def session(capture: str) -> Session:
    return open_session(SHARED / "captures" / "dfilter" / capture)


def selected(capture: str, text: str) -> list[int]:
    """Numbers of the frames a filter selects.

    Raises:
        Unknown: it needs a field or a link layer that we do not have.
    """
    try:
        filter_ = compile_filter(text, catalogue(), macros=read_macros(MACROS))
    except FilterError as error:
        if str(error).startswith("No such field: "):
            raise Unknown(str(error).removeprefix("No such field: ")) from error
        raise
    _refuse_missing_parts(text, filter_.fields)
    numbers: list[int] = []
    for table in session(capture).tables_with(filter_.fields):
        _refuse_unknown_link(table)
        numbers += (np.flatnonzero(filter_.mask(table)) + table.chunk.first).tolist()
    return numbers


def _refuse_missing_parts(text: str, names: frozenset[str]) -> None:
    if NEEDS.get(text, "frame") not in catalogue().by_name:
        raise Unknown(f"protocol {NEEDS[text]}")
    supplied = {name for fold in folds() for name in fold.facts | fold.final}
    for fact in sorted(session("http.pcap").facts_of(names & catalogue().sources.keys()) - supplied):
        raise Unknown(f"fact {fact}")
    if "tcp" in names and not catalogue().by_name["tcp"].open_ended:
        raise Unknown("TCP with its payload as bytes")


def _refuse_unknown_link(table: PacketTable) -> None:
    for interface in table.chunk.interfaces:
        if interface.linktype not in table.catalogue.roots:
            raise Unknown(f"link type {interface.linktype}")


def difference(case: Case) -> str:
    """What is wrong, "" if nothing.

    Raises:
        Unknown: as for `selected`; not where an error is expected anyway.
    """
    try:
        frames = selected(case.capture, case.text)
    except FilterError as error:
        return "" if case.frames is None else f"{case.text}: {error}"
    except Unknown:
        if case.frames is None:
            return ""
        raise
    if case.frames is None:
        return "" if case.text in ACCEPTED_FROM_LATER_VERSIONS else f"{case.text}: no error"
    if isinstance(case.frames, int):
        return "" if case.frames in (-1, len(frames)) else f"{case.text}: {len(frames)}, not {case.frames}"
    return (
        ""
        if frames[: len(case.frames)] == case.frames and (case.frames or not frames)
        else f"{case.text}: {frames}"
    )


@pytest.mark.parametrize("capture", CAPTURES)
def test_selects_what_wireshark_selects(capture: str) -> None:
    wrong = []
    for case in facts():
        if case.capture == capture:
            try:
                wrong.append(difference(case))
            except Unknown:
                continue
    assert [sentence for sentence in wrong if sentence] == []


def test_which_facts_cannot_be_tested_yet() -> None:
    missing: dict[str, int] = {}
    for case in facts():
        try:
            difference(case)
        except Unknown as error:
            missing[str(error)] = missing.get(str(error), 0) + 1
    assert sum(missing.values()) < len(facts()) / 2
    if missing:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(missing.items()))
        pytest.skip(f"{sum(missing.values())} of {len(facts())} facts need what we do not have: {listed}")


@pytest.mark.parametrize(
    "text", ["$private_ipv4(ip.src)", "${private_ipv4:ip.src}", "${private_ipv4;ip.src}"]
)
def test_macros_of_all_versions(text: str) -> None:
    assert selected("http.pcap", text) == [1]
