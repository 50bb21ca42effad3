"""Bytes that no protocol claims: shown, counted, never lost."""

from __future__ import annotations

from synfin.dissect.definition import Computed, Field, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows
from synfin.dissect import text


def length(rows: HeaderRows):  # noqa
    return rows.limit.astype("int64") - rows.start


PROTOCOL = Protocol(
    name="data",
    title="Data",
    reference="",
    follows=(),
    carries=False,
    fields=(
        Field("data", 0, "Data", Kind.BYTES, rest=True),
        Computed("len", "Length", Kind.UINT, length),
    ),
)
