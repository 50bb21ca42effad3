"""Content of a type that nobody here reads: which type, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Field, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Spans
from synfin.protocols.http import MEDIA
from synfin.protocols.http_head import MESSAGE, value_of

if TYPE_CHECKING:
    from synfin.dissect.text import Text


def content_types(rows: HeaderRows, *, parameters: bool) -> Text:
    """The type of each content, as the message around it says."""
    messages = rows.table.rows(MESSAGE)
    found = value_of(messages, "content-type")
    assert isinstance(found.values, Spans)
    said = text.stretches(rows.data, *found.values).to_list()
    if not parameters:
        said = [one.partition(";")[0].strip() for one in said]
    place = np.full(len(messages) + 1, -1, np.int64)
    place[found.rows] = np.arange(len(said))
    around = rows.rows_of(MESSAGE, rows.previous_header())
    return text.from_list(said).take(place[around])


def line(rows: HeaderRows) -> Text:
    """The type and the number of bytes."""
    size = np.minimum(rows.limit, rows.captured_end).astype(np.int64) - rows.start
    return text.join(
        [
            text.literal("Media type: ", len(rows)),
            content_types(rows, parameters=True),
            text.each(size, lambda octets: f" ({octets} byte{'' if octets == 1 else 's'})"),
        ]
    )


PROTOCOL = Protocol(
    name="media",
    title="Media Type",
    reference="RFC 2046",
    follows=(("http.content", MEDIA),),
    carries=False,
    fields=(Field("type", 0, "Media type", Kind.BYTES, rest=True, show=line),),
)
