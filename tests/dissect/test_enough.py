"""Headers that nobody asks about may stay data, and no answer changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.exports.fields import Layout
from synfin.operations import Selection, packet_fields
from synfin.session import Session, catalogue, open_session

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.pcapng"))


def left_out(*names: str) -> set[str]:
    known = catalogue()
    return known.by_name.keys() - known.enough_for(names).by_name.keys()


def test_messages_of_applications_are_left_out_unless_they_are_asked_about() -> None:
    assert "http" in left_out("ip.src", "tcp.dstport", "frame.number")
    assert "tcp.options.mss" not in left_out("ip.src")
    for name in ("http", "http.host", "data-text-lines", "data.len", "frame.protocols", "_ws.col.Info"):
        assert left_out("ip.src", name) == set(), name


def test_what_leads_to_a_protocol_is_what_can_stand_around_it() -> None:
    kept = catalogue().leading_to(frozenset({"tcp"})).by_name
    assert {
        "eth",
        "vlan",
        "ip",
        "ipv6",
        "gre",
        "icmp",
        "udp",
        "vxlan",
        "tcp.options.sack.block",
    } <= kept.keys()
    assert not {"arp", "igmp", "dns", "http"} & kept.keys()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_same_values_come_out(path: Path) -> None:
    names = ["frame.number", "eth.padding", "ip.src", "tcp.len", "tcp.payload", "udp.length", "icmp.type"]
    few = told(path, names)
    assert few == [line.rpartition("\t")[0] for line in told(path, [*names, "frame.protocols"])]
    assert few


def told(path: Path, names: list[str]) -> list[str]:
    with open_session(path).capture as capture:
        text = b"".join(packet_fields(Session(capture), names, Layout(), Selection()))
    return text.decode().splitlines()
