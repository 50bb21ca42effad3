"""How connections end: politely in several ways, or not."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

from recording.laboratory import read
from recording.scenario import Scenario

from scenarios.opening import FETCHED, SHORT, close_both
from scenarios.web import fetch, request, response

if TYPE_CHECKING:
    from recording.laboratory import Laboratory

OPENED = r">S <S\. >\."


def four_segments(laboratory: Laboratory) -> None:
    """Close the client's side; let the server's program notice half a second later."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=SHORT)
    ours.close()
    time.sleep(0.5)
    theirs.close()


def server_closes(laboratory: Laboratory) -> None:
    """Let the server close as soon as it has answered, as HTTP/1.0 servers do."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=SHORT)
    close_both(theirs, ours)


def half_close(laboratory: Laboratory) -> None:
    """Say goodbye with the request; the server answers in two parts all the same."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    ours.shutdown(socket.SHUT_WR)
    read(theirs, 1000)
    answer = response()
    theirs.sendall(answer[:1000])
    time.sleep(0.5)
    theirs.sendall(answer[1000:])
    theirs.close()
    read(ours, len(answer) + 1)
    ours.close()


def simultaneous_close(laboratory: Laboratory) -> None:
    """Both ends close before either hears of it."""
    ours, theirs = laboratory.connection()
    fetch(ours, theirs, page=SHORT)
    laboratory.settle()
    ours.close()
    theirs.close()


def reset(laboratory: Laboratory) -> None:
    """Let the server throw the connection away instead of closing it (SO_LINGER with no time)."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    read(theirs, len(request()))
    laboratory.settle()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()


def unread_data(laboratory: Laboratory) -> None:
    """Let the server close without having read the request: the kernel must say that data was lost."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    laboratory.settle()
    theirs.close()


def rst_after_fin(laboratory: Laboratory) -> None:
    """Close the client's side altogether while the server still wants to answer."""
    ours, theirs = laboratory.connection()
    ours.sendall(request())
    read(theirs, len(request()))
    ours.close()
    laboratory.settle()
    theirs.sendall(response(SHORT))
    theirs.close()


SCENARIOS = (
    Scenario(
        "four-segments",
        "The teardown of the books: FIN, ACK; half a second later the server's program closes too: FIN, ACK.",
        four_segments,
        rf"{OPENED} {FETCHED}>F\. <\. <F\. >\.",
    ),
    Scenario(
        "server-closes",
        "The server closes first, right after its answer, and so it is the server that waits in TIME_WAIT.",
        server_closes,
        rf"{OPENED} {FETCHED}<F\. >F\. <\.",
    ),
    Scenario(
        "half-close",
        "The client says FIN right after its request; the server goes on for half a second, then FIN.",
        half_close,
        rf"{OPENED} >P\.\+ >F\. (<\. )+(<P?\.\+ (>\. )?)+<F(P)?\.\+? >\.",
    ),
    Scenario(
        "simultaneous-close",
        "Both ends send a FIN before either hears of the other's: the FINs cross, both ends are in CLOSING.",
        simultaneous_close,
        rf"{OPENED} {FETCHED}>F\. <F\. >\. <\.",
        delay=0.05,
    ),
    Scenario(
        "reset",
        "The server aborts: RST ACK instead of FIN, what was not delivered is thrown away.",
        reset,
        rf"{OPENED} >P\.\+ <\. <R\.",
    ),
    Scenario(
        "unread-data",
        "The server's program closes without reading the request: RST instead of FIN (RFC 2525 2.17).",
        unread_data,
        rf"{OPENED} >P\.\+ <\. <R\.",
    ),
    Scenario(
        "rst-after-fin",
        "The client has closed altogether when the server's answer and FIN arrive: RST, nobody will read it.",
        rst_after_fin,
        rf"{OPENED} >P\.\+ (<\. )?>F\. (<\. )+<P\.\+ (>R <F\. >R|<F\. >R >R)",
    ),
)
