"""Captures passed on: packets saved to a file, and what tells whose they are taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synfin.operations.selection import chosen_tables, compiled

if TYPE_CHECKING:
    from synfin.capture.writing import Origin
    from synfin.operations.selection import Selection
    from synfin.session import Session


def save(session: Session, path: str, selection: Selection, form: str | None = None) -> int:
    """Write the packets wanted to a capture file; returns how many.

    Args:
        session: the capture.
        path: where to; the suffix decides the format unless `form` does.
        selection: which packets; of an anonymized capture by what they held before.
        form: "pcap", "nsecpcap" or "pcapng".

    Raises:
        ExportError: the format cannot hold these packets, or the file cannot be written.
    """
    from synfin.capture.writing import open_writer

    written = 0
    compiled(session, selection.filter)  # a bad one must not cost the file that is there
    writer = open_writer(path, form, session.capture, origin_of(session))
    try:
        for table, chosen, _ in chosen_tables(replace(session, rewrite=None), (), selection):
            rows = np.arange(len(table)) if chosen is None else np.flatnonzero(chosen)
            if len(rows):
                writer.write(session.rewrite(table) if session.rewrite else table.chunk, rows)
            written += len(rows)
    finally:
        writer.close()
    return written


def anonymized(session: Session, secret: str) -> Session:
    """The same capture without what tells whose it is: other addresses, no contents, no names, no remarks.

    Timing, sizes, ports, sequence numbers, options and time stamps stay, and so does every verdict.

    Args:
        session: the capture.
        secret: whoever knows it can tell which address became which; with the same one the same addresses
            become the same again.
    """
    from synfin.exports.anonymity.addresses import key_of
    from synfin.exports.anonymity.packets import anonymizer

    return replace(session, rewrite=anonymizer(key_of(secret)))


def origin_of(session: Session) -> Origin:
    """What the capture says of itself, as far as it is to be told."""
    from synfin.capture.nameless import Nameless

    return Nameless(session.capture) if session.rewrite else session.capture
