"""What happens between opening and closing: loss and its repair, closed windows, silence."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from recording.laboratory import HTTP, SERVER, nth, read
from recording.scenario import Scenario

from scenarios.opening import close_both
from scenarios.web import fetch, request, response

if TYPE_CHECKING:
    from recording.laboratory import Laboratory

OPENED = r">S <S\. >\."
BOOK = b"".join(b"<p>Line %04d of a page that takes many segments to carry.\n" % line for line in range(300))


def lost_data(laboratory: Laboratory) -> None:
    """Lose the third segment of a long answer."""
    laboratory.link.loses = nth(3, lambda passing: not passing.from_client and passing.payload > 0)
    long_answer(laboratory)


def lost_tail(laboratory: Laboratory) -> None:
    """Lose the last segment of an answer: nothing comes after it that could tell the sender."""
    laboratory.link.loses = nth(1, lambda passing: not passing.from_client and 0 < passing.payload < 1448)
    long_answer(laboratory)


def lost_ack(laboratory: Laboratory) -> None:
    """Lose one of the client's acknowledgements: the next one says all that it said."""
    laboratory.link.loses = nth(3, lambda passing: passing.from_client and passing.payload == 0)
    long_answer(laboratory)


def long_answer(laboratory: Laboratory) -> None:
    """Fetch a page of a dozen segments."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=BOOK)
    close_both(ours, theirs)


def window_zero(laboratory: Laboratory) -> None:
    """Ask for a long page, and do not read it for a second and a half."""
    listener = laboratory.listener()
    ours = laboratory.new_socket(laboratory.client)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours.connect((SERVER, HTTP))
    theirs = laboratory.accept(listener)
    ours.sendall(request())
    read(theirs, len(request()))
    answer = response(BOOK[:12000])
    theirs.sendall(answer)
    time.sleep(1.5)
    read(ours, len(answer))
    close_both(ours, theirs)


def keep_alive(laboratory: Laboratory) -> None:
    """Fetch a page and fall silent for long enough to be asked twice whether we are still there."""
    ours, theirs = laboratory.connection()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    fetch(ours, theirs, page=BOOK[:500])
    time.sleep(2.5)
    close_both(ours, theirs)


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
        lost_data,
        rf"{OPENED}{FILLED}{CLOSED}",
        filters=("tcp.analysis.duplicate_ack && tcp.options.sack_le", "tcp.analysis.lost_segment"),
        at_server=True,
    ),
    Scenario(
        "lost-tail",
        "The last segment of an answer is lost: no later one can reveal it, a tail loss probe repairs it.",
        lost_tail,
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
        window_zero,
        rf"{OPENED}{FILLED}{CLOSED}",
        filters=("tcp.analysis.zero_window", "tcp.analysis.window_update"),
    ),
    Scenario(
        "keep-alive",
        "Silence: the server's keep-alives repeat the last number to ask if the client is still there.",
        keep_alive,
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
