"""What was known when a segment came whose numbers were, or should have been, sent before: a row for each."""

from __future__ import annotations

(
    ROW,
    WHICH,
    SIDE,
    ORIGINAL,
    SINCE,
    QUIET,
    SIGNS,
    DUPS,
    PATH,
    LEAST_PATH,
    SENT,
    PROMPT,
    BRINGS,
    SINCE_GAP,
    ACKED_UP_TO,
    SENT_UP_TO,
    SINCE_ADVANCE,
    RTO,
) = range(EVENT := 18)
"""Columns: the row among the chunk's segments; connection and side; the packet that sent these numbers first,
0 if unseen; ns since they were last sent, -1 if unseen; ns since the sender last heard something new of the
other side, as the sender sees it; bits (below); duplicate acknowledgments; smoothed round trip of the whole
path, and the shortest, 0 if unknown; how often these numbers were sent before; the packet in which the sender
last heard something new; what the segment brings; ns since the capture first showed later numbers, -1 if it
did not; raw numbers up to which all was acknowledged and sent by then; ns since more was acknowledged, as the
sender sees it; the retransmission timeout, ns (RFC 6298 2 with the floor of Linux)."""

(
    IS_HEAD,
    IS_TAIL,
    SACKED_ABOVE,
    IS_SACKED,
    ALREADY_ACKED,
    WAS_UNDONE,
    SAME_IDENT,
    OTHER_IDENT,
    IDENT_TELLS,
    IDENT_LATER,
    STAMP_TELLS,
    STAMP_LATER,
    SYN_REPEATED,
    WINDOW_CLOSED,
    SACK_AGREED,
    ALL_ACKED,
    SAME_STAMP,
    OVERTAKES,
    WENT_UNSEEN,
    COPIED,
    OVERTAKEN,
    RESENT,
    ASKS,
    OPENS,
    CLOSES,
) = (1 << bit for bit in range(25))
NAMED_AFTER = OPENS | CLOSES
"""Bits of `SIGNS`. The segment begins at the lowest number not acknowledged; it ends at the highest; the
other side has SACKed numbers above it, or all of it, or acknowledged it; the episode's first resending was
shown to be needless; the IP identification is that of the latest sending of these numbers, or is another
one; the identification tells the order, and it was sent after all that was seen before; likewise by TSval;
the other side's SYN came again, too; the other side's window is closed; both SYNs permit SACK; everything is
acknowledged; same TSval as that sending; by its IP identification it was sent after numbers beyond its own
were sent first; the IP identifications show that as many segments as this went by unseen.

And what follows from all that: the network, or the capture, made it, for the sender sent it once; the network
delivered it after what was sent later; the sender sent these numbers before; it only asks for an
acknowledgment; it is a SYN; it is a FIN without data."""

KNOWN, REPORTED, NAMED, UNSEEN = 1, 2, 4, 8
"""Of a resent range: that it was needless is known, and a DSACK said so; it is named after its SYN or FIN;
the capture does not show the sending before it."""
