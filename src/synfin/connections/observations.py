"""All that is remembered of every connection, brought forward chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from synfin.capture.chunk import NO_TIME
from synfin.connections.clues import clues
from synfin.connections.completeness import BITS, Completeness
from synfin.connections.fused import everything, outline
from synfin.connections.group import Grouping, Groups
from synfin.connections.history import HAPPENINGS, Histories
from synfin.connections.ledger import Ledger, Told
from synfin.connections.milestones import Milestones
from synfin.connections.offers import Offers
from synfin.connections.scaling import Scales
from synfin.connections.segments import Segments, segments
from synfin.connections.sendings import room
from synfin.connections.sequence import Sequences
from synfin.connections.state import States
from synfin.connections.tally import Tallies

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.table import PacketTable


class Seen(NamedTuple):
    """What became known of the segments of one chunk; see the modules that the entries come from."""

    segments: Segments
    grouping: Grouping
    since_first: Integers
    since_previous: Integers
    completeness: Integers
    shift: Integers
    brings: Integers
    does: Integers
    client_state: Integers
    server_state: Integers
    by_server: Integers
    told: Told | None


class Observations:
    """What is remembered.

    Attributes:
        is_outline: whether only the main columns are wanted; then no more is followed than they need.
        ledger: what happened to the segments; None if that is not followed.
        packets: how many packets there were.
        last_time: the latest time of any packet, nanoseconds since the epoch; 0 before the first.
    """

    def __init__(self, *, is_outline: bool = False) -> None:
        """Begin with nothing; following all that happens takes three times as long as the outline."""
        self.is_outline = is_outline
        self.ledger = None if is_outline else Ledger()
        self.packets = 0
        self.last_time = 0
        self.groups = Groups()
        self.tallies = Tallies()
        self.completeness = Completeness()
        self.offers = Offers()
        self.scales = Scales()
        self.sequences = Sequences()
        self.milestones = Milestones()
        self.states = States()
        self.histories = Histories()

    @property
    def count(self) -> int:
        """How many connections there are."""
        return self.groups.count

    def advance(self, table: PacketTable, found: Segments | None = None) -> Seen:
        """Take in the next chunk, or only `found` of its segments."""
        self._note_time(table)
        found = segments(table) if found is None else found
        grouping = self.groups.advance(found)
        count = self.groups.count
        since_first, since_previous = self.tallies.advance(found, grouping, count)
        bits = self.completeness.advance(found, grouping, count)
        offered = self.offers.advance(found, grouping, count)
        shift, _ = self.scales.advance(found, grouping, offered, count)
        brings = self.sequences.advance(found, grouping, count)
        told = None
        if self.ledger:
            told = self.ledger.advance(found, grouping, brings, (shift, offered), count)
        does = self.milestones.advance(found, grouping, count)
        states = self.states.advance(found, grouping, does, count)
        self.histories.advance(found, grouping, brings, count)
        return Seen(found, grouping, since_first, since_previous, bits, shift, brings, does, *states, told)

    def take_in(self, table: PacketTable) -> None:
        """Take in the next chunk for the table alone: quicker than `advance`, which tells of each segment."""
        self._note_time(table)
        found = segments(table)
        grouping = self.groups.advance(found)
        count = self.groups.count
        for fold in (self.tallies, self.milestones, self.states):
            fold.make_room(count)
        self.sequences.make_room(len(found), count)
        counted = self.tallies.state, self.sequences.state, self.sequences.holes
        noted = self.milestones.state, self.milestones.phase
        known = self.states.state, self.states.roles
        about = grouping.role, found.matrix
        if self.ledger is None:
            outline(grouping.connection, about, counted, noted, self.states.tables, known)
            return
        self.ledger.make_room(len(found), count)
        for more in (self.completeness, self.scales, self.histories):
            more.make_room(count)
        offered = self.offers.advance(found, grouping, count)
        self.ledger.sendings.note_hops(grouping.connection, offered)
        marks, out = clues(found), room(len(found))
        told = everything(
            grouping.connection,
            about,
            ((offered.packed, offered.scales), (marks.stamps, marks.sacks, marks.blocks)),
            (self.states.tables, BITS, HAPPENINGS),
            (
                (counted, noted, known, self.ledger.sendings.kept),
                (self.scales.state, self.completeness.state),
                (self.histories.noted, self.histories.letters),
            ),
            out,
        )
        self.ledger.keep(out.first(*told))

    def _note_time(self, table: PacketTable) -> None:
        latest = int(table.chunk.time.max(initial=NO_TIME))  # which is below all others
        if latest != NO_TIME:
            self.last_time = max(self.last_time, latest) if self.packets else latest
        self.packets += len(table)
