"""The Configuration Test Protocol, Ethernet version 2.0: stations return or pass on what they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synfin.dissect import text
from synfin.dissect.definition import Computed, Field, Length, Protocol
from synfin.dissect.kinds import Kind
from synfin.dissect.layers import HeaderRows, Sparse

if TYPE_CHECKING:
    from synfin.dissect.text import Text

REPLY, FORWARD = 1, 2
FUNCTIONS = {REPLY: "Reply", FORWARD: "Forward Data"}

PARAMETERS = tuple({REPLY: 2, FORWARD: 6}.get(function, 0) for function in range(256))
"""Bytes that follow a function, by its lower byte."""


def relevant_function(rows: HeaderRows) -> Sparse:
    """The function that has not been carried out yet; known here only where it is the first."""
    first = np.flatnonzero((rows.values("skipcount", missing=-1) == 0) & rows.has("function"))
    return Sparse(first, rows.values("function")[first])


def info(rows: HeaderRows) -> Text:
    """What is to be done next."""
    functions = rows.values("relevant_function", missing=-1)
    return text.each(functions, _info)


def _info(function: int) -> str:
    if function < 0:
        return "No valid function found"
    return FUNCTIONS.get(function, f"Unknown function ({function})")


PROTOCOL = Protocol(
    name="loop",
    title="Configuration Test Protocol (loopback)",
    reference="The Ethernet, version 2.0, section 8",
    follows=(("ethertype", 0x9000),),
    short="LOOP",
    info=info,
    header_length=Length((("synfin.loop.function", 1),), bias=4, table=PARAMETERS),
    fields=(
        Field("synfin.loop.function", 8, "Function", overlay=True, skip=16, absolute=True, hidden=True),
        Field("skipcount", 16, "skipCount", little=True),
        Computed(
            "relevant_function",
            "Relevant function",
            Kind.UINT,
            relevant_function,
            FUNCTIONS,
            width=16,
            bare=True,
        ),
        Field("function", 16, "Function", names=FUNCTIONS, little=True),
        Field("receipt_number", 16, "Receipt number", little=True, when=(("function", REPLY),)),
        Field("forwarding_address", 48, "Forwarding address", Kind.ETHER, when=(("function", FORWARD),)),
    ),
)
