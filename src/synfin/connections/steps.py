"""The numbered steps of a handshake and of a teardown, told from single packets as they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synfin.connections import milestones as m
from synfin.connections.account import Side, Step
from synfin.connections.segments import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synfin.connections.account import Segment

MOST_STEPS = 60
"""Steps told of each: a SYN may be resent without end."""

OTHER: Mapping[Side, Side] = {"client": "server", "server": "client"}


@dataclass
class Steps:
    """The steps told so far.

    Attributes:
        milestones: for each side its row of `Milestones.state`, as a whole capture shows it.
        handshake, teardown: the steps, in order.
    """

    milestones: Mapping[Side, list[int]]
    handshake: list[Step] = field(default_factory=list)
    teardown: list[Step] = field(default_factory=list)
    _repeated: dict[Side, bool] = field(default_factory=lambda: {"client": False, "server": False})

    def add(self, segment: Segment) -> None:
        """Look at the next segment; those that are no step change nothing."""
        if segment.copy_of:
            return
        opening, closing = self._opening(segment), self._closing(segment)
        if opening and len(self.handshake) < MOST_STEPS:
            self.handshake.append(Step(opening, segment.number, segment.sender))
        if closing and len(self.teardown) < MOST_STEPS:
            self.teardown.append(Step(closing, segment.number, segment.sender))

    def add_unreachable(self, number: int, quoted: Side) -> None:
        """An ICMP error quotes a segment of this side."""
        if not self._is_open(number) and len(self.handshake) < MOST_STEPS:
            self.handshake.append(Step("unreachable", number, OTHER[quoted]))

    def _is_open(self, number: int) -> bool:
        """Whether the handshake was over before this packet, or was never seen."""
        confirmed = self.milestones["client"][m.CONFIRMS]
        was_asked = any(self.milestones[side][m.SYN_PACKET] for side in OTHER)
        return not was_asked or 0 < confirmed < number

    def _opening(self, segment: Segment) -> str:
        own = self.milestones[segment.sender]
        if segment.flags & RST:
            if self._is_open(segment.number):
                return ""
            has_answered = any(0 < own[at] < segment.number for at in (m.ANSWER, m.STRAY))
            refuses = segment.sender == "server" and not has_answered
            return "refused" if refuses else "reset"
        if segment.flags & SYN:
            word, first = ("syn_ack", own[m.ANSWER]) if segment.flags & ACK else ("syn", own[m.SYN_PACKET])
            return word if segment.number == first else f"{word}_again"
        if segment.number == own[m.STRAY]:
            return "bare_ack"
        if segment.number == own[m.CONFIRMS] and self._completes(segment.sender):
            return "ack_with_data" if segment.length else "ack"
        return ""

    def _completes(self, side: Side) -> bool:
        """Whether this side's acknowledgment completes the handshake: of a SYN with ACK, or both asked.

        A side that acknowledges with its own SYN has no more to say.
        """
        if 0 < self.milestones[side][m.ANSWER] < self.milestones[side][m.CONFIRMS]:
            return False
        other = self.milestones[OTHER[side]]
        both_asked = all(self.milestones[one][m.SYN_PACKET] for one in OTHER)
        own_syn = self.milestones[side][m.ISN]
        return bool(own_syn or other[m.ANSWER]) and (side == "client" or both_asked)

    def _closing(self, segment: Segment) -> str:
        side = segment.sender
        own, peer = self.milestones[side], self.milestones[OTHER[side]]
        number = segment.number
        if segment.flags & RST:
            after_both = all(0 < self.milestones[one][m.FIN_PACKET] < number for one in OTHER)
            return ("reset_after_fin" if after_both else "reset") if self._is_open(number) else ""
        if segment.flags & FIN:
            self._repeated[side] = number != own[m.FIN_PACKET]
            if self._repeated[side]:
                return "fin_again"
            return "fin_and_ack" if number == own[m.TAKES_FIN] else "fin"
        if number == own[m.TAKES_FIN]:
            return "ack_of_fin"
        if self._repeated[OTHER[side]] and not segment.length and 0 < own[m.TAKES_FIN] < number:
            self._repeated[OTHER[side]] = False
            return "ack_of_fin_again" if peer[m.FINS] > 1 else ""
        return ""
