"""What was lost, how long round trips took: only where the packets show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from synfin.connections.course import course, lost, told
from synfin.operations import connection_account, open_session
from tests.explain import accounts

if TYPE_CHECKING:
    from pathlib import Path

    from synfin.connections.account import Account


def account_of(examples: Path, name: str) -> Account:
    account = connection_account(open_session(str(examples / f"{name}.pcapng")), 0)
    assert account is not None
    return account


def repeated(account: Account) -> set[int]:
    return {one.resends for one in told(account) if one.resends}


def test_a_syn_that_had_to_be_repeated_was_lost(examples: Path) -> None:
    assert lost(account_of(examples, "lost-syn")) == {1}


def test_the_server_saw_what_it_sent_and_what_never_came_back(examples: Path) -> None:
    account = account_of(examples, "lost-data.server")
    assert lost(account) == repeated(account)


def test_what_was_acknowledged_before_it_was_repeated_was_not_lost(examples: Path) -> None:
    account = account_of(examples, "lost-third-ack")
    assert repeated(account)  # the server repeated its SYN ACK, which had reached the client
    assert lost(account) == frozenset()


def test_what_was_captured_at_its_receiver_was_not_lost(examples: Path) -> None:
    account = account_of(examples, "lost-data.server")
    at_the_client = replace(account, row={**account.row, "vantage": "client"})
    assert lost(account)
    assert lost(at_the_client) == frozenset()


@pytest.mark.parametrize("name", ["page", "four-segments", "half-close", "keep-alive"])
def test_nothing_is_lost_where_nothing_was_repeated(examples: Path, name: str) -> None:
    assert lost(account_of(examples, name)) == frozenset()


def test_a_round_trip_is_measured_from_what_was_sent_once(examples: Path) -> None:
    account = account_of(examples, "page")
    found = course(account).round_trips
    first = found[0]
    assert (first.of, first.number, first.sender) == (5, 6, "client")
    assert first.took == account.segment(6).time - account.segment(5).time
    assert all(one.took == account.segment(one.number).time - account.segment(one.of).time for one in found)


def test_karn_a_repeated_segment_measures_nothing(examples: Path) -> None:
    found = course(account_of(examples, "lost-syn")).round_trips
    assert all(one.of not in (1, 2) for one in found)


def test_bursts_end_to_end_are_what_was_sent() -> None:
    made = course(accounts.three_segments())
    sent = [one for one in made.bursts if one.kind == "data" and one.sender == "server"]
    assert [(one.first, one.last) for one in sent] == [(1, 1449), (1449, 2897), (2897, 4345)]
    assert [one.last for one in made.bursts if one.kind == "ack" and one.sender == "client"][-1] >= 4345


def test_windows_are_those_of_the_packets(examples: Path) -> None:
    account = account_of(examples, "window-zero")
    windows = course(account).windows
    assert any(one.size == 0 for one in windows)
    assert all(account.segment(one.number).window == one.size for one in windows)
