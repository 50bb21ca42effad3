"""What happens between opening and closing: loss and its repair, closed windows, silence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from scenarios.example import Scenario
from synfin.demo.laboratory import nth
from synfin.demo.scenarios import keep_alive, lost_data, tail_loss, zero_window
from synfin.demo.web import BOOK, close_both, exchange, fetch

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

OPENED = r">S <S\. >\."


def lost_ack(laboratory: Laboratory) -> None:
    """Lose one of the client's acknowledgements: the next one says all that it said."""
    laboratory.link.loses = nth(3, lambda passing: passing.from_client and passing.payload == 0)
    exchange(laboratory, BOOK)


def two_requests(laboratory: Laboratory) -> None:
    """Fetch two pages over one connection, and close."""
    ours, theirs = laboratory.connection()
    for page in (BOOK[:2000], BOOK[:500]):
        fetch(ours, theirs, page=page)
        time.sleep(0.3)
    close_both(ours, theirs)


FILLED = r"( [<>]P?\.\+?)+"
CLOSED = r" >F\. <F\. >\."

SCENARIOS = (
    Scenario(
        "lost-data",
        "The third segment of an answer is lost: duplicate ACKs with SACK blocks, fast retransmission.",
        lost_data.run,
        rf"{OPENED}{FILLED}{CLOSED}",
        filters=("tcp.analysis.duplicate_ack && tcp.options.sack_le", "tcp.analysis.lost_segment"),
        at_server=True,
    ),
    Scenario(
        "lost-tail",
        "The last segment of an answer is lost: no later one can reveal it, a tail loss probe repairs it.",
        tail_loss.run,
        rf"{OPENED}{FILLED}{CLOSED}",
        at_server=True,
    ),
    Scenario(
        "lost-ack",
        "An acknowledgement is lost and nothing happens: the next one covers it.",
        lost_ack,
        rf"{OPENED}{FILLED}{CLOSED}",
        at_server=True,
    ),
    Scenario(
        "window-zero",
        "A reader that does not read: the window shrinks to zero, the server probes, the window opens again.",
        zero_window.run,
        rf"{OPENED}{FILLED}{CLOSED}",
        filters=("tcp.analysis.zero_window", "tcp.analysis.window_update"),
    ),
    Scenario(
        "keep-alive",
        "Silence: the server's keep-alives repeat the last number to ask if the client is still there.",
        keep_alive.run,
        rf"{OPENED}{FILLED}( <\. >\.){{2}}{CLOSED}",
        filters=("tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack"),
    ),
    Scenario(
        "two-requests",
        "Two requests over one connection.",
        two_requests,
        rf"{OPENED}{FILLED}{CLOSED}",
        filters=("http.request && tcp.seq > 1",),
    ),
)
