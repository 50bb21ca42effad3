"""How connections end: politely in several ways, or not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from scenarios.example import Scenario
from scenarios.opening import FETCHED
from synfin.demo.laboratory import read
from synfin.demo.scenarios import half_close, server_reset, simultaneous_close
from synfin.demo.web import SHORT, close_both, fetch, request, response

if TYPE_CHECKING:
    from synfin.demo.laboratory import Laboratory

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
        half_close.run,
        rf"{OPENED} >P\.\+ >F\. (<\. )+(<P?\.\+ (>\. )?)+<F(P)?\.\+? >\.",
    ),
    Scenario(
        "simultaneous-close",
        "Both ends send a FIN before either hears of the other's: the FINs cross, both ends are in CLOSING.",
        simultaneous_close.run,
        rf"{OPENED} {FETCHED}>F\. <F\. >\. <\.",
        delay=0.05,
    ),
    Scenario(
        "reset",
        "The server aborts: RST ACK instead of FIN, what was not delivered is thrown away.",
        server_reset.run,
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
