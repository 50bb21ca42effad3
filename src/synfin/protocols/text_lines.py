"""Content that is text, shown line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Field, Items, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Located
from synfin.protocols.http import TEXT_LINES
from synfin.protocols.media import content_types

if TYPE_CHECKING:
    from synfin.basics.arrays import Integers
    from synfin.dissect.text import Text

FAMILY = "text.line"


def lines(rows: HeaderRows) -> Located:
    """Every line, with its line break."""
    owners: list[Integers] = []
    starts: list[Integers] = []
    ends: list[Integers] = []
    end = np.minimum(rows.limit, rows.captured_end)
    for row, (first, last) in enumerate(zip(rows.start.tolist(), end.tolist(), strict=True)):
        breaks = np.flatnonzero(rows.data[first:last] == ord("\n")) + first + 1
        stops = breaks if len(breaks) and breaks[-1] == last else np.append(breaks, last)
        ends.append(stops)
        starts.append(np.concatenate(([first], stops[:-1])))
        owners.append(np.full(len(stops), row))
    nothing = np.empty(0, np.int64)
    owner = np.concatenate([nothing, *owners])
    return Located(
        owner, np.zeros_like(owner), np.concatenate([nothing, *starts]), np.concatenate([nothing, *ends])
    )


def summary(rows: HeaderRows) -> Text:
    """Of which type, and how many lines."""
    count = np.bincount(lines(rows).row, minlength=len(rows))
    return text.join(
        [
            text.literal("Line-based text data: ", len(rows)),
            content_types(rows, parameters=False),
            text.each(count, lambda size: f" ({size} lines)"),
        ]
    )


PROTOCOL = Protocol(
    name="data-text-lines",
    title="Line-based text data",
    reference="RFC 2046 4.1",
    follows=(("http.content", TEXT_LINES),),
    carries=False,
    open_ended=True,
    summary=summary,
    items=(Items(FAMILY, locate=lines),),
    fields=(),
)

LINE = Protocol(
    name="data-text-lines.lines",
    title="Line",
    reference="RFC 2046 4.1",
    prefix="data-text-lines",
    path="-",
    body=True,
    follows=((FAMILY, 0),),
    fields=(Field("line", 0, "Line", Kind.TEXT, rest=True, show="{line}"),),
)

PROTOCOLS = (LINE,)
