"""How a connection opened and closed, in the words of the table: lines of logic over what was observed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synfin.basics.time import MILLISECOND
from synfin.connections import milestones as m

if TYPE_CHECKING:
    from synfin.basics.arrays import Flags, Integers

TELLING_SHARE = 10
"""A side that answers within this part of the handshake's time is where the capture was taken."""

TELLING_TIME = MILLISECOND
"""…and in any case it must answer within this time: a host does so unless it is very busy."""

SHORTEST_PATH = MILLISECOND // 2
"""Handshakes faster than this tell nothing: a host itself may take as long to answer as the path does."""

RESENT_IN_VAIN = 3
"""So many segments resent without any answer, at the end, count as a connection that timed out."""

HANDSHAKES = (
    "",
    "not seen",
    "complete",
    "complete after retries",
    "simultaneous open",
    "fast open",
    "refused",
    "rejected by ICMP",
    "no answer",
    "half-open",
    "reset during handshake",
    "answered with a bare ACK",
)
OPENED = ("not seen", "complete", "complete after retries", "simultaneous open", "fast open")
"""Handshakes after which data can flow."""
IS_OPENED = np.array([word in OPENED for word in HANDSHAKES])

TEARDOWNS = (
    "",
    "four segments",
    "three segments",
    "simultaneous",
    "half-closed, still open one way",
    "RST by client",
    "RST by server",
    "RST after both FINs",
    "FIN unanswered",
    "timed out",
    "still open when the capture ended",
    "continues past the capture",
)
CONN_STATES = (
    "OTH",
    "S0",
    "S1",
    "SF",
    "REJ",
    "S2",
    "S3",
    "RSTO",
    "RSTR",
    "RSTOS0",
    "RSTRH",
    "SH",
    "SHR",
)
SIDES = ("", "client", "server")
VANTAGES = ("unknown", "client", "server", "between", "same host")


@dataclass(frozen=True)
class Observed:
    """What was seen of some connections; one entry for each of them.

    Attributes:
        client, server: int64 (n, milestones.WIDTH): the milestones of each side.
        client_packets, server_packets: how many packets each sent.
        in_vain: the most that one side resent since the other was last heard.
        is_outstanding: whether data was not acknowledged when the capture ended.
        is_same_host: whether both addresses are the same host's.
    """

    client: Integers
    server: Integers
    client_packets: Integers
    server_packets: Integers
    in_vain: Integers
    is_outstanding: Flags
    is_same_host: Flags

    @cached_property
    def asked(self) -> Flags:
        """The client's SYN was seen."""
        return self.client[:, m.SYN_PACKET] > 0

    @cached_property
    def answered(self) -> Flags:
        """The server's SYN with ACK was seen."""
        return self.server[:, m.ANSWER] > 0

    @cached_property
    def is_opened(self) -> Flags:
        """Data could flow."""
        flags: Flags = IS_OPENED[self.handshake]
        return flags

    @cached_property
    def handshake(self) -> Integers:
        """Index into `HANDSHAKES`."""
        client, server = self.client, self.server
        both_asked = self.asked & (server[:, m.SYN_PACKET] > 0)
        either_reset = (client[:, m.RST_PACKET] > 0) | (server[:, m.RST_PACKET] > 0)
        confirmed = client[:, m.CONFIRMS] > 0
        goes_on = confirmed | (self.answered & (server[:, m.CONFIRMS] > 0))
        silent = self.server_packets == 0
        crossed = (
            both_asked
            & ((client[:, m.ANSWER] > 0) | (client[:, m.CONFIRMS] > 0))
            & (self.answered | (server[:, m.CONFIRMS] > 0))
        )
        retried = (client[:, m.SYNS] > 1) | (server[:, m.ANSWERS] > 1)
        return _first_that_holds(
            HANDSHAKES,
            {
                "not seen": ~self.asked,
                "simultaneous open": crossed,
                "fast open": goes_on & (client[:, m.SYN_DATA] > 0) & (server[:, m.TAKES_DATA] > 0),
                "complete after retries": goes_on & retried,
                "complete": goes_on,
                "refused": ~self.answered & (server[:, m.RST_PACKET] > 0) & (server[:, m.STRAY] == 0),
                "answered with a bare ACK": ~self.answered & (server[:, m.STRAY] > 0),
                "reset during handshake": either_reset,
                "half-open": self.answered,
                "rejected by ICMP": silent & (client[:, m.UNREACHABLE] > 0),
                "no answer": silent,
            },
        )

    @cached_property
    def both_closed(self) -> Flags:
        """Both sides' FINs were seen."""
        return (self.client[:, m.FIN_PACKET] > 0) & (self.server[:, m.FIN_PACKET] > 0)

    @cached_property
    def is_aborted(self) -> Flags:
        """A RST came before both FINs were there."""
        last_fin = np.maximum(self.client[:, m.FIN_PACKET], self.server[:, m.FIN_PACKET])
        reset, _ = self._aborts
        return (reset > 0) & (~self.both_closed | (reset < last_fin))

    @cached_property
    def is_reset_by_client(self) -> Flags:
        """The client sent the first RST."""
        return _earlier(self.client[:, m.RST_PACKET], self.server[:, m.RST_PACKET])[1]

    @cached_property
    def _aborts(self) -> tuple[Integers, Flags]:
        """The first RST that concerns this very connection, and whether the client sent it."""
        return _earlier(self.client[:, m.ABORTS], self.server[:, m.ABORTS])

    @cached_property
    def is_closed_by_client(self) -> Flags:
        """The client sent the first FIN."""
        return _earlier(self.client[:, m.FIN_PACKET], self.server[:, m.FIN_PACKET])[1]

    @cached_property
    def teardown(self) -> Integers:
        """Index into `TEARDOWNS`; 0 for connections that never opened."""
        by_client, fins, takes = self.is_closed_by_client, m.FIN_PACKET, m.TAKES_FIN
        first_fin, second_fin = _in_order(by_client, self.client[:, fins], self.server[:, fins])
        first_takes, second_takes = _in_order(by_client, self.client[:, takes], self.server[:, takes])
        one_closed = first_fin > 0
        taken, crossing = second_takes > 0, ~_up_to(second_takes, second_fin)
        all_taken = taken & (first_takes > 0)
        reset, reset_by_client = self._aborts
        merged = second_takes == second_fin
        return _first_that_holds(
            TEARDOWNS,
            {
                "": ~self.is_opened & ~one_closed,
                "RST by client": self.is_aborted & reset_by_client,
                "RST by server": self.is_aborted,
                "RST after both FINs": self.both_closed & (reset > 0),
                "simultaneous": self.both_closed & all_taken & crossing,
                "three segments": self.both_closed & all_taken & merged,
                "four segments": self.both_closed & all_taken,
                "half-closed, still open one way": one_closed & taken & ~self.both_closed,
                "FIN unanswered": one_closed,
                "timed out": self.in_vain >= RESENT_IN_VAIN,
                "continues past the capture": self.is_outstanding,
                "still open when the capture ended": np.ones(len(self.client), np.bool_),
            },
        )

    @cached_property
    def closed_first(self) -> Integers:
        """Index into `SIDES`: who sent the first FIN or RST of a connection that was open."""
        reset, reset_by_client = self._aborts
        fin, fin_by_client = _earlier(self.client[:, m.FIN_PACKET], self.server[:, m.FIN_PACKET])
        by_client = np.where(_earlier(fin, reset)[1], fin_by_client, reset_by_client)
        is_closed = (self.is_opened | (fin > 0)) & ((fin > 0) | (reset > 0))
        return np.where(is_closed, np.where(by_client, 1, 2), 0)

    @cached_property
    def conn_state(self) -> Integers:
        """Index into `CONN_STATES`: Zeek's word; established is what had SYN and SYN-ACK, or went on."""
        established = (self.asked & self.answered) | (self.asked & self.is_opened)
        only_answer = ~self.asked & self.answered
        reset = (self.client[:, m.RST_PACKET] > 0) | (self.server[:, m.RST_PACKET] > 0)
        abort, abort_by_client = self._aborts
        reset, by_client = (
            np.where(self.is_opened, abort > 0, reset),  # what cleared an earlier connection is over then
            np.where(self.is_opened, abort_by_client, self.is_reset_by_client),
        )
        aborted = reset & ~(self.both_closed & ~self.is_aborted)
        by_server = aborted & ~by_client
        client_fin, server_fin = self.client[:, m.FIN_PACKET] > 0, self.server[:, m.FIN_PACKET] > 0
        return _first_that_holds(
            CONN_STATES,
            {
                "REJ": by_server & self.asked & ~established,
                "RSTRH": by_server & only_answer & (self.client_packets == 0),
                "RSTR": by_server,
                "RSTOS0": aborted & by_client & self.asked & ~self.answered & ~self.is_opened,
                "RSTO": aborted & by_client,
                "SF": self.both_closed,
                "S2": client_fin & established,
                "SH": client_fin & self.asked,
                "S3": server_fin & established,
                "SHR": server_fin & only_answer,
                "S1": established,
                "S0": self.asked & (self.server_packets == 0),
                "OTH": np.ones(len(self.client), np.bool_),
            },
        )

    @cached_property
    def to_server(self) -> Integers:
        """Nanoseconds from the SYN that was answered to the first answer, as seen at the capture point."""
        return self.server[:, m.ANSWER_TIME] - self.client[:, m.SYN_TIME]

    @cached_property
    def to_client(self) -> Integers:
        """Nanoseconds from the last answer to its confirmation."""
        return self.client[:, m.CONFIRM_TIME] - self.server[:, m.LAST_ANSWER_TIME]

    @cached_property
    def is_timed(self) -> Flags:
        """All three segments of the handshake were seen, so that its time can be told."""
        confirmed = self.client[:, m.CONFIRMS] > self.server[:, m.ANSWER]
        return (
            self.asked & self.answered & confirmed & (self.server[:, m.ANSWER] > self.client[:, m.SYN_PACKET])
        )

    @cached_property
    def handshake_rtt(self) -> Integers:
        """Nanoseconds of the round trip from the capture point to both sides; where `is_timed`."""
        return self.to_server + self.to_client

    @cached_property
    def vantage(self) -> Integers:
        """Index into `VANTAGES`: where the capture was taken, from who answers at once.

        Told only by a handshake whose three segments came once each, the third without data (a program
        that waits before it sends must not look like a long way).
        """
        client, server = self.client, self.server
        plain = self.is_timed & (client[:, m.SYNS] == 1) & (server[:, m.ANSWERS] == 1)
        plain &= (client[:, m.CONFIRM_DATA] == 0) & (self.to_server >= 0) & (self.to_client >= 0)
        plain &= self.handshake_rtt >= SHORTEST_PATH
        at_once = np.minimum(TELLING_TIME, self.handshake_rtt // TELLING_SHARE)
        return _first_that_holds(
            VANTAGES,
            {
                "same host": self.is_same_host,
                "client": plain & (self.to_client < at_once),
                "server": plain & (self.to_server < at_once),
                "between": plain,
            },
        )


def _first_that_holds(words: tuple[str, ...], tests: dict[str, Flags]) -> Integers:
    """For each connection the index of the first word whose test holds, 0 if none does."""
    return np.select(list(tests.values()), [words.index(word) for word in tests], 0).astype(np.int64)


def _in_order(by_client: Flags, client: Integers, server: Integers) -> tuple[Integers, Integers]:
    """What belongs to the side that closed first, and to the other."""
    return np.where(by_client, client, server), np.where(by_client, server, client)


def _earlier(one: Integers, other: Integers) -> tuple[Integers, Flags]:
    """The lower of two packet numbers, 0 meaning none; and whether it is the first of both."""
    is_one = (one > 0) & ((other == 0) | (one <= other))
    return np.where(is_one, one, other), is_one


def _up_to(one: Integers, other: Integers) -> Flags:
    """Whether packet `one` is there, and not later than `other`."""
    return (one > 0) & (one <= other)
