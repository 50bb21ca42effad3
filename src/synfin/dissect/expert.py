"""Remarks about a packet: a mark to filter by, and the line of the tree that says why it is there."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Fact
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import Sparse
from synfin.dissect.template import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from synfin.basics.arrays import Flags, Integers
    from synfin.dissect.definition import Line
    from synfin.dissect.layers import HeaderRows
    from synfin.dissect.text import Text


class Severity(Enum):
    """How much a remark matters: the value of `_ws.expert.severity`."""

    COMMENT = 0x100000
    CHAT = 0x200000
    NOTE = 0x400000
    WARNING = 0x600000
    ERROR = 0x800000


class Topic(Enum):
    """What a remark is about: the value of `_ws.expert.group`."""

    CHECKSUM = 0x01000000
    SEQUENCE = 0x02000000
    RESPONSE = 0x03000000
    REQUEST = 0x04000000
    UNDECODED = 0x05000000
    REASSEMBLE = 0x06000000
    MALFORMED = 0x07000000
    DEBUG = 0x08000000
    PROTOCOL = 0x09000000
    SECURITY = 0x0A000000
    COMMENT = 0x0B000000
    DECRYPTION = 0x0C000000
    ASSUMPTION = 0x0D000000
    DEPRECATED = 0x0E000000


SEVERITIES = {severity.value: severity.name.capitalize() for severity in Severity}
TOPICS = {topic.value: topic.name.capitalize() for topic in Topic}


def remark(
    name: str,
    about: tuple[Severity, Topic],
    message: str,
    where: Callable[[HeaderRows], Flags],
    line: Line = "",
    *,
    absolute: bool = False,
) -> Computed:
    """A remark that one packet alone gives rise to.

    Args:
        name: the mark's name below the protocol's prefix.
        about: how much it matters, and what it is about.
        message: what the mark is called.
        where: which rows of the layer it applies to.
        line: what the tree says, if that differs from row to row; as `Field.show`.
        absolute: `name` is the whole name.
    """

    def present(rows: HeaderRows) -> Sparse:
        return Sparse(np.flatnonzero(where(rows)), None)

    mark = Computed(name, message, Kind.NONE, present, show=line, absolute=absolute)
    return _expert(mark, about, line or message, present)


def follow_up(
    name: str,
    about: tuple[Severity, Topic],
    message: str,
    line: Line = "",
    *,
    absolute: bool = False,
    because: str = "",
) -> Computed:
    """A remark that other packets give rise to: whoever follows them supplies the mark (a `Fact`).

    All arguments are those of `remark`, and `because`: the fact that gives rise to it, if that is not the
    mark itself.
    """

    def present(rows: HeaderRows) -> Sparse:
        return Sparse(np.flatnonzero(rows.has(because or name)), None)

    mark: Computed | Fact = Fact(name, message, Kind.NONE, show=line, absolute=absolute)
    if because:
        mark = Computed(name, message, Kind.NONE, present, show=line, absolute=absolute, needs=(because,))
    return _expert(mark, about, line or message, present)


def _expert(
    mark: Computed | Fact,
    about: tuple[Severity, Topic],
    message: Line,
    present: Callable[[HeaderRows], Sparse],
) -> Computed:
    severity, topic = about
    needs = (mark.name,) if isinstance(mark, Fact) else mark.needs
    called = SEVERITIES[severity.value], TOPICS[topic.value]

    def heading(rows: HeaderRows) -> Text:
        return text.join(
            [text.literal(f"Expert Info ({'/'.join(called)}): ", len(rows)), fill(rows, message)]
        )

    def messages(rows: HeaderRows) -> Sparse:
        chosen = present(rows).rows
        return Sparse(chosen, fill(rows, message).take(chosen))

    def constant(value: int) -> Callable[[HeaderRows], Sparse]:
        def values(rows: HeaderRows) -> Sparse:
            chosen: Integers = present(rows).rows
            return Sparse(chosen, np.full(len(chosen), value, np.int64))

        return values

    details = (
        ("severity", f"Severity level: {called[0]}", severity.value, SEVERITIES),
        ("group", f"Group: {called[1]}", topic.value, TOPICS),
    )

    def headings(rows: HeaderRows) -> Sparse:
        chosen = present(rows).rows
        return Sparse(chosen, heading(rows).take(chosen))

    return Computed(
        "_ws.expert",
        "Expert Info",
        Kind.TEXT,
        headings,
        show=heading,
        absolute=True,
        needs=needs,
        parts=(
            mark,
            Computed(
                "_ws.expert.message", "Message", Kind.TEXT, messages, hidden=True, absolute=True, needs=needs
            ),
            *(
                Computed(
                    f"_ws.expert.{part}",
                    part.capitalize(),
                    Kind.UINT,
                    constant(value),
                    names,
                    show=shown,
                    absolute=True,
                    needs=needs,
                )
                for part, shown, value, names in details
            ),
        ),
    )
